const WRITES = new Set([
  'create', 'createMany', 'createManyAndReturn', 'update', 'updateMany', 'updateManyAndReturn', 'upsert', 'delete', 'deleteMany',
  '$executeRaw', '$executeRawUnsafe', '$transaction',
])

/** A resolver calls a command; it does not write. Seen as prisma.model.verb(…) or prisma.$verb(…). */
export const noPrismaWrites = {
  create(context) {
    return {
      CallExpression({ callee }) {
        if (callee.type !== 'MemberExpression' || !WRITES.has(callee.property.name)) return
        const owner = callee.object.type === 'MemberExpression' ? [callee.object, callee.object.object] : [callee.object]
        if (owner.some(isPrisma)) context.report({ node: callee.property, message: 'GraphQL files read; a write is a command of @sluice/engine' })
      },
    }
  },
}

const isPrisma = node => /prisma$/i.test(node.type === 'Identifier' ? node.name : (node.property?.name ?? ''))

/** INV-3: an SQL text that sets flow.status stands behind the door and nowhere else. */
export const oneDoorForStatus = {
  create(context) {
    const look = (node, text) => {
      if (setsStatus(text)) context.report({ node, message: 'flow.status is written by apply-moves (sql/move-sql.ts) and by nothing else (INV-3)' })
    }
    return {
      TemplateLiteral: node => look(node, node.quasis.map(part => part.value.raw).join(' ? ')),
      Literal: node => { if (typeof node.value === 'string') look(node, node.value) },
    }
  },
}

const SET_CLAUSE = /\bUPDATE\s+(?:ONLY\s+)?"?flow"?\s+(?:AS\s+)?(?:\w+\s+)?SET\b(.*?)(?:\bFROM\b|\bWHERE\b|\bRETURNING\b|;|$)/gis
const STATUS_COLUMN = /(?:^|,|\()\s*"?status"?\s*(?:=|,|\))/i

const setsStatus = text => [...text.matchAll(SET_CLAUSE)].some(([, clause]) => STATUS_COLUMN.test(clause))
