export { EmbeddedUnavailable, FolderInUse, MajorDiffers } from './errors.ts'
export { gone, isAlive, processStart, signal } from './processes.ts'
export { startEmbedded, type Embedded, type EmbeddedOptions } from './start.ts'
