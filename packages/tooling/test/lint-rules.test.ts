import { beforeAll, describe, expect, test } from 'vitest'
import { type Finding, lintPlanted } from './planted.ts'

/** One line per forbidden thing: where it is planted, what it says, which rule answers. */
const FORBIDDEN: [title: string, file: string, text: string, rule: string][] = [
  ['domain importing the database', 'packages/domain/src/planted.ts', "import { pool } from '@sluice/db'\nexport const x = pool\n", 'import-directions'],
  ['domain doing I/O', 'packages/domain/src/planted.ts', "import { readFile } from 'node:fs/promises'\nexport const x = readFile\n", 'import-directions'],
  ['the engine importing GraphQL', 'packages/engine/src/planted.ts', "import { parse } from 'graphql'\nexport const x = parse\n", 'import-directions'],
  ['SQL importing a command', 'packages/engine/src/sql/planted.ts', "import { x } from '../commands/finish-flow.ts'\nexport const y = x\n", 'import-directions'],
  ['the door importing a service', 'packages/engine/src/apply-moves.ts', "import { x } from './services/promoter.ts'\nexport const y = x\n", 'import-directions'],
  ['a command going around the door', 'packages/engine/src/commands/planted.ts', "import { writeMoves } from '../sql/move-sql.ts'\nexport const y = writeMoves\n", 'import-directions'],
  ['a path into another package', 'packages/engine/src/planted.ts', "import { x } from '../../db/src/pool.ts'\nexport const y = x\n", 'import-directions'],
  ['source importing the testkit', 'packages/engine/src/planted.ts', "import { x } from '@sluice/testkit/db'\nexport const y = x\n", 'import-directions'],
  ['the dashboard importing the engine', 'apps/dashboard/src/pages/planted.ts', "import { x } from '@sluice/engine'\nexport const y = x\n", 'import-directions'],
  ['ui importing a feature', 'apps/dashboard/src/ui/planted.ts', "import { x } from '../features/flow/status.ts'\nexport const y = x\n", 'import-directions'],
  ['ui importing GraphQL', 'apps/dashboard/src/ui/planted.ts', "import { x } from '../graphql/client.ts'\nexport const y = x\n", 'import-directions'],
  ['a feature importing another', 'apps/dashboard/src/features/flow/planted.ts', "import { x } from '../lane/pause.ts'\nexport const y = x\n", 'import-directions'],
  ['a page importing the app', 'apps/dashboard/src/pages/planted.ts', "import { x } from '../app/router.ts'\nexport const y = x\n", 'import-directions'],
  ['a journey importing the engine', 'e2e/planted.ts', "import { x } from '@sluice/engine'\nexport const y = x\n", 'import-directions'],
  ['the environment outside the config', 'apps/control-plane/src/planted.ts', "export const x = process.env['PORT']\n", 'no-process-env'],
  ['Prisma outside packages/db', 'apps/control-plane/src/planted.ts', "import { PrismaClient } from '@prisma/client'\nexport const x = PrismaClient\n", 'no-restricted-imports'],
  ['an unsafe raw query', 'packages/engine/src/planted.ts', "declare const prisma: { $queryRawUnsafe(q: string): unknown }\nexport const x = () => prisma.$queryRawUnsafe('select 1')\n", 'no-restricted-properties'],
  ['a write through Prisma in a resolver', 'apps/control-plane/src/graphql/planted.ts', "declare const ctx: { prisma: { lane: { update(a: object): Promise<void> } } }\nexport const x = () => ctx.prisma.lane.update({})\n", 'no-prisma-writes'],
  ['a default export', 'packages/engine/src/planted.ts', 'export default function planted() {}\n', 'no-default-export'],
  ['an index that re-exports', 'packages/engine/src/sql/index.ts', "export * from './flow.ts'\n", 'no-reexporting-index'],
  ['a second writer of status (INV-3)', 'packages/engine/src/sql/planted.ts', "export const x = `UPDATE flow SET title = 'a', status = 'FAILED' WHERE id = $1`\n", 'one-door-for-status'],
  ['any', 'packages/engine/src/planted.ts', 'export const x = (y: any) => y\n', 'no-explicit-any'],
  ['a promise nobody waits for', 'packages/engine/src/planted.ts', 'export const x = () => { Promise.resolve(1) }\n', 'no-floating-promises'],
]

const ALLOWED: Record<string, string> = {
  'packages/engine/src/commands/planted.ts': "import { x } from '../sql/flow.ts'\nimport { y } from '@sluice/domain'\nexport const z = [x, y]\n",
  'packages/engine/src/planted.test.ts': "import { x } from '@sluice/testkit/db'\nexport const y = x\n",
  'packages/engine/src/index.ts': "export { x } from './commands/planted.ts'\n",
  'packages/engine/src/sql/flow.ts': "export const x = `UPDATE flow SET title = 'a' WHERE status = 'FAILED'`\n",
  'apps/control-plane/src/config.ts': "export const x = process.env['PORT']\n",
  'apps/dashboard/src/pages/planted.ts': "import { x } from '../features/flow/status.ts'\nexport const y = x\n",
  'e2e/planted.ts': "import { x } from '@sluice/testkit/world'\nexport const y = x\n",
}

/** Every forbidden thing gets a file of its own, so that one run of the linter answers for all. */
const planted = FORBIDDEN.map(([title, file, text, rule], index) => ({ title, file: file.replace('planted', `planted-${index}`), text, rule }))

describe('the lint rules', () => {
  let found: Finding[] = []
  beforeAll(async () => {
    found = await lintPlanted(Object.fromEntries(planted.map(one => [one.file, one.text])))
  })

  test.each(planted)('$title is refused', ({ file, rule }) => {
    const rules = found.filter(one => one.file.endsWith(file)).map(one => one.rule)
    expect(rules.join(' ')).toContain(rule)
  })

  test('what the table allows is not refused', async () => {
    expect(await lintPlanted(ALLOWED)).toEqual([])
  })
})
