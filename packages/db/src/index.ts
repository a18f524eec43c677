export * from './observe.ts'
export * from './pool.ts'
export * from './transact.ts'
