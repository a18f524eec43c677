import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { FOLDER_ORDERS, IMPORT_TABLE, NEVER_FOLDERS, ONLY_IMPORTERS, SEPARATE_SUBFOLDERS } from './import-table.js'
import { isTestFile, ROOT } from './places.js'

const SCOPE = '@sluice/'

/** Imports point one way only: between packages by IMPORT_TABLE, inside a package by FOLDER_ORDERS. */
export const importDirections = {
  create(context) {
    const home = placeOf(context.filename)
    if (!home) return {}
    const look = source => {
      if (!source || typeof source.value !== 'string') return
      const wrong = wrongWith(home, source.value, context.filename)
      if (wrong) context.report({ node: source, message: wrong })
    }
    return {
      ImportDeclaration: node => look(node.source),
      ExportNamedDeclaration: node => look(node.source),
      ExportAllDeclaration: node => look(node.source),
      ImportExpression: node => look(node.source),
    }
  },
}

function wrongWith(home, specifier, filename) {
  if (specifier.startsWith('.')) return isSetUp(filename) ? null : wrongPath(home, resolve(dirname(filename), specifier))
  if (specifier.startsWith(SCOPE)) return wrongPackage(home, specifier.slice(SCOPE.length), filename)
  if (isTestFile(filename)) return null
  const banned = IMPORT_TABLE[home.name].never.find(name => isModule(specifier, name))
  return banned ? `${home.name} must not import ${specifier} (packages/tooling/oxlint/import-table.js)` : null
}

function wrongPackage(home, target, filename) {
  const name = target.split('/')[0]
  if (name === home.name || IMPORT_TABLE[home.name].may.some(allowed => allowed === name || allowed === target)) return null
  if (name === 'testkit' && isTestFile(filename)) return null
  if (name === 'tooling' && isSetUp(filename)) return null
  return `${home.name} may import ${listed(IMPORT_TABLE[home.name].may)}, not ${SCOPE}${target} (packages/tooling/oxlint/import-table.js)`
}

function wrongPath(home, target) {
  const there = placeOf(target)
  if (!there || there.name !== home.name) {
    return home.name === 'tooling' ? null : `a path out of ${home.name} goes around its manifest: import a package by its name`
  }
  return wrongOrder(home, there) ?? wrongSibling(home, there) ?? wrongPair(home, there) ?? wrongImporter(home, there)
}

function wrongOrder(home, there) {
  const rule = FOLDER_ORDERS.find(one => one.package === home.name)
  if (!rule) return null
  const from = rule.order.findIndex(folder => home.path.startsWith(folder))
  const to = rule.order.findIndex(folder => there.path.startsWith(folder))
  return from >= 0 && to > from ? `${rule.order[from]} must not import ${rule.order[to]}: ${rule.order.join(' <- ')}` : null
}

function wrongSibling(home, there) {
  const rule = SEPARATE_SUBFOLDERS.find(one => one.package === home.name && home.path.startsWith(one.folder) && there.path.startsWith(one.folder))
  if (!rule) return null
  const noun = place => place.path.slice(rule.folder.length).split('/').slice(0, -1)[0]
  return !noun(there) || noun(home) === noun(there) ? null : `${rule.folder}${noun(home)} must not import ${rule.folder}${noun(there)}: features do not know each other`
}

function wrongPair(home, there) {
  const rule = NEVER_FOLDERS.find(one => one.package === home.name && home.path.startsWith(one.from) && there.path.startsWith(one.to))
  return rule ? `${rule.from} must not import ${rule.to}: ${rule.why}` : null
}

function wrongImporter(home, there) {
  const rule = ONLY_IMPORTERS.find(one => one.package === home.name && one.file === there.path && one.by !== home.path)
  return rule && !isTestFile(home.path) ? `${rule.file} is imported by ${rule.by} and by nothing else` : null
}

/** The package a file belongs to and its path inside it; null outside of all. */
function placeOf(file) {
  const path = relative(ROOT, file).replaceAll('\\', '/')
  for (const [name, { folder }] of Object.entries(IMPORT_TABLE)) {
    if (path.startsWith(`${folder}/`)) return { name, path: path.slice(folder.length + 1) }
  }
  return null
}

/** What builds and tests a package is not part of it. */
const isSetUp = filename => /(\.config\.ts|[/\\]build\.mjs)$/.test(filename)

const isModule = (specifier, name) =>
  name.endsWith(':') || name.endsWith('/') ? specifier.startsWith(name) : specifier === name || specifier.startsWith(`${name}/`) || (name === 'graphql' && specifier.startsWith('graphql-'))

const listed = names => (names.length === 0 ? 'nothing of ours' : names.join(', '))

/** An index that re-exports is a second name for everything; only what package.json exports may be one. */
export const noReexportingIndex = {
  create(context) {
    const home = placeOf(context.filename)
    if (!home || !/(^|\/)index\.tsx?$/.test(home.path) || isEntry(home)) return {}
    const report = node => { if (node.source) context.report({ node, message: 'only a package entry re-exports: import from the file that defines it' }) }
    return { ExportAllDeclaration: report, ExportNamedDeclaration: report }
  },
}

function isEntry(home) {
  const manifest = join(ROOT, IMPORT_TABLE[home.name].folder, 'package.json')
  if (!existsSync(manifest)) return false
  return Object.values(JSON.parse(readFileSync(manifest, 'utf8')).exports ?? {}).includes(`./${home.path}`)
}
