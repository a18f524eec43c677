/** The started system and those who use it: for tests through public doors. */
export { actorWith, createActor, type Actor, type ActorRole, type NewFlow, type Submitter } from './actors.ts'
export { findBrowser, pictureFolder, type Browser } from './browser.ts'
export { freePort } from './free-port.ts'
export { ask, GraphQlFailure } from './graphql-http.ts'
export { openSocket, type LiveSocket, type Stream } from './live-socket.ts'
export { startWorld, type Part, type World, type WorldOptions } from './start-world.ts'
export { until } from './until.ts'
