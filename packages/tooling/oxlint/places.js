import { fileURLToPath } from 'node:url'

/** The repository: this file lies in packages/tooling/oxlint. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Tests and what only tests import. */
export const isTestFile = file =>
  /\.(test|spec|bench)\.tsx?$/.test(file) || /[/\\](test|tests|fixtures)[/\\]/.test(file) || /vitest\.[a-z-]+(\.ts)$/.test(file)
