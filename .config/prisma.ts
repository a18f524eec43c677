import { defineConfig } from 'prisma/config'

export default defineConfig({
  schema: '../prisma/schema.prisma',
  migrations: { path: '../prisma/migrations' },
  // Only development commands connect (migrate diff, status); the server never reads this file.
  datasource: { url: process.env['DATABASE_URL'] ?? 'postgresql://postgres@127.0.0.1:5432/sluice' },
})
