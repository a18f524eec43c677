export { cloneDatabase, type Clone } from './clone.ts'
export { eventually } from './eventually.ts'
export { startTestServer, type TestServer } from './template.ts'
