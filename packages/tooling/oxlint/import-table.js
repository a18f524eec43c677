/** Who may import whom (docs/ARCHITECTURE.md prints the same table; a test compares them).
 *  may: our packages that its source files may import. never: modules of others that would break what the package is for. */
export const IMPORT_TABLE = {
  protocol: { folder: 'packages/protocol', may: [], never: ['node:', 'pg', 'graphql', 'react'] },
  domain: { folder: 'packages/domain', may: ['protocol'], never: ['node:fs', 'node:net', 'node:http', 'node:child_process', 'pg', '@prisma/', 'graphql', 'react'] },
  db: { folder: 'packages/db', may: ['protocol'], never: ['graphql', 'react'] },
  engine: { folder: 'packages/engine', may: ['domain', 'db', 'protocol'], never: ['node:http', 'node:https', 'graphql', '@pothos/', 'ws', 'react'] },
  worker: { folder: 'packages/worker', may: ['protocol'], never: ['pg', '@prisma/', 'react'] },
  outbound: { folder: 'packages/outbound', may: [], never: ['pg', '@prisma/', 'graphql', 'react'] },
  webhooks: { folder: 'packages/webhooks', may: ['protocol', 'outbound'], never: ['pg', '@prisma/', 'graphql', 'react'] },
  testkit: { folder: 'packages/testkit', may: ['domain', 'db', 'engine', 'protocol', 'worker', 'webhooks'], never: ['react'] },
  tooling: { folder: 'packages/tooling', may: [], never: [] },
  runner: { folder: 'apps/runner', may: ['worker', 'outbound', 'protocol'], never: ['pg', '@prisma/', 'react'] },
  'control-plane': { folder: 'apps/control-plane', may: ['engine', 'db', 'domain', 'webhooks', 'outbound', 'protocol'], never: ['react'] },
  dashboard: { folder: 'apps/dashboard', may: ['protocol'], never: ['pg', '@prisma/', '@pothos/', 'graphql-yoga'] },
  e2e: { folder: 'e2e', may: ['testkit/world', 'worker', 'protocol'], never: ['pg', '@prisma/'] },
}

/** Folders inside a package, lowest first: a file imports from its own folder and from those before it. */
export const FOLDER_ORDERS = [
  { package: 'engine', order: ['src/sql/', 'src/apply-moves.ts', 'src/commands/', 'src/services/'] },
  { package: 'dashboard', order: ['src/graphql/', 'src/ui/', 'src/features/', 'src/pages/', 'src/app/'] },
]

/** Folders whose subfolders do not know each other: no feature imports another feature. */
export const SEPARATE_SUBFOLDERS = [{ package: 'dashboard', folder: 'src/features/' }]

/** Pairs that the order alone would allow. */
export const NEVER_FOLDERS = [{ package: 'dashboard', from: 'src/ui/', to: 'src/graphql/', why: 'presentational parts know no GraphQL' }]

/** Files that one other file may import and nobody else: the statement behind the door (INV-3). */
export const ONLY_IMPORTERS = [{ package: 'engine', file: 'src/sql/move-sql.ts', by: 'src/apply-moves.ts' }]
