export { EmbeddedUnavailable, FolderInUse, MajorDiffers } from './errors.ts'
export { claim, disclaim, type Owned } from './ownership.ts'
export { gone, isAlive, processStart, signal } from './processes.ts'
export { isEmbeddedFolder, setAsideOtherMajor, startEmbedded, type Embedded, type EmbeddedOptions } from './start.ts'
