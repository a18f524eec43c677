// npm test: on a fresh clone installs and generates, then checks, builds and runs every test. The last line says `N passed, N failed`,
// where each check that is no test of its own (types, lint, generated files, the build) counts as one. With --without-tests only the checks.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ROOT, install, requireNode } from './install.mjs'
import { turbo } from './turbo.mjs'

/** What holds without running a test; each shows what it printed only when it fails. */
const CHECKS = [
  { name: 'types', run: () => turbo(['typecheck', '--continue=always']) },
  { name: 'lint', run: () => tool('oxlint', 'bin/oxlint', []) },
  { name: 'documents and invariants', run: () => script('scripts/checks/all.ts') },
  { name: 'configuration is printed', run: () => script('scripts/print-configuration.ts', '--check') },
  { name: 'GraphQL schema is printed', run: () => npm('run', 'print-schema', '--workspace=@sluice/control-plane', '--', '--check') },
  { name: 'GraphQL documents are typed', run: () => npm('run', 'check', '--workspace=@sluice/dashboard') },
  { name: 'build', run: () => turbo(['build']) },
]

requireNode()
install()
process.chdir(ROOT)
const reports = mkdtempSync(path.join(tmpdir(), 'sluice-reports-'))
const count = { passed: 0, failed: 0 }
const failures = []

if (turbo(['client']) !== 0) fail('the Prisma client is generated')
for (const check of CHECKS) await (await check.run() === 0 ? pass(check.name) : fail(check.name))
if (!process.argv.includes('--without-tests')) {
  await runTests({ name: 'unit and integration tests', args: ['vitest', 'vitest.mjs', 'run', '--reporter=default', '--reporter=json'], read: vitestReport })
  await runTests({ name: 'browser tests', cwd: 'e2e', args: ['@playwright/test', 'cli.js', 'test', '--reporter=list,json'], read: playwrightReport })
}
rmSync(reports, { recursive: true })

if (failures.length > 0) console.log(`\nFailed:\n${failures.map(each => `  ${each}`).join('\n')}`)
console.log(`\n${count.passed} passed, ${count.failed} failed`)
process.exit(count.failed === 0 ? 0 : 1)

function pass(name) {
  count.passed += 1
  console.log(`ok      ${name}`)
}

function fail(name) {
  count.failed += 1
  failures.push(name)
  console.log(`FAILED  ${name}`)
}

/** Runs a test program, and counts by its own report. One that fails without a failed test, or without a report, is a failure itself. */
async function runTests({ name, cwd = '.', args: [packageName, bin, ...args], read }) {
  console.log(`\n${name}`)
  const report = path.join(reports, `${packageName.replaceAll('/', '-')}.json`)
  const given = packageName === 'vitest' ? [...args, `--outputFile.json=${report}`] : args
  const code = await node([path.join(ROOT, 'node_modules', packageName, bin), ...given], { cwd, env: { PLAYWRIGHT_JSON_OUTPUT_FILE: report }, quiet: false })
  const outcome = readReport(report, read)
  count.passed += outcome.passed
  count.failed += outcome.failed.length
  failures.push(...outcome.failed)
  if (code !== 0 && outcome.failed.length === 0) fail(name)
}

function readReport(file, read) {
  try {
    return read(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return { passed: 0, failed: [] }
  }
}

/** A file that could not even be loaded has no tests in the report, and counts as one failure. */
function vitestReport({ testResults }) {
  const tests = testResults.flatMap(file => file.assertionResults)
  const broken = testResults.filter(file => file.status === 'failed' && !file.assertionResults.some(test => test.status === 'failed'))
  return {
    passed: tests.filter(test => test.status === 'passed').length,
    failed: [...tests.filter(test => test.status === 'failed').map(test => test.fullName), ...broken.map(file => path.relative(ROOT, file.name))],
  }
}

function playwrightReport({ suites, errors = [] }) {
  const specs = suites.flatMap(function all(suite) {
    return [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(all)]
  })
  const ran = specs.filter(spec => spec.tests.some(test => test.status !== 'skipped'))
  return {
    passed: ran.filter(spec => spec.ok).length,
    failed: [...ran.filter(spec => !spec.ok).map(spec => spec.title), ...errors.map(error => error.message?.split('\n')[0] ?? 'browser tests')],
  }
}

function script(file, ...args) {
  return tool('tsx', 'dist/cli.mjs', [file, ...args])
}

function tool(packageName, bin, args) {
  return node([path.join(ROOT, 'node_modules', packageName, bin), ...args], { quiet: true })
}

function npm(...args) {
  return runProcess('npm', ['--silent', ...args], { quiet: true, shell: process.platform === 'win32' })
}

function node(args, o) {
  return runProcess(process.execPath, args, o)
}

/** Resolves to the exit code. */
function runProcess(program, args, { quiet, cwd = '.', env = {}, shell = false }) {
  return new Promise(done => {
    const child = spawn(program, args, { cwd, shell, env: { ...process.env, ...env }, stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'] })
    let said = ''
    for (const stream of quiet ? [child.stdout, child.stderr] : []) stream.on('data', part => (said += String(part)))
    child.on('error', error => (said += error.message))
    child.on('close', code => {
      if (code !== 0) process.stdout.write(said)
      done(code ?? 1)
    })
  })
}
