export * from './pool.ts'
export * from './transact.ts'
