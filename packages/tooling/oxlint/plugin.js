import { importDirections, noReexportingIndex } from './import-directions.js'
import { noPrismaWrites, oneDoorForStatus } from './writes.js'

/** Our own rules. Written in JavaScript because oxlint loads them on a Node without type stripping. */
export default {
  meta: { name: 'sluice' },
  rules: {
    'import-directions': importDirections,
    'no-prisma-writes': noPrismaWrites,
    'no-reexporting-index': noReexportingIndex,
    'one-door-for-status': oneDoorForStatus,
  },
}
