import { extname } from 'node:path'
import { contentOf, filesBelow, folderInside } from './checkout.ts'
import { textOf, type Sample } from './sample.ts'

const LANGUAGE_OF: Record<string, string> = {
  '.ts': 'TypeScript', '.mts': 'TypeScript', '.cts': 'TypeScript', '.tsx': 'TypeScript', '.js': 'JavaScript', '.mjs': 'JavaScript', '.cjs': 'JavaScript',
  '.jsx': 'JavaScript', '.json': 'JSON', '.md': 'Markdown', '.sql': 'SQL', '.prisma': 'Prisma', '.graphql': 'GraphQL', '.css': 'CSS', '.html': 'HTML',
  '.yml': 'YAML', '.yaml': 'YAML', '.toml': 'TOML', '.sh': 'Shell', '.py': 'Python', '.go': 'Go', '.rs': 'Rust', '.java': 'Java', '.rb': 'Ruby',
  '.ex': 'Elixir', '.exs': 'Elixir', '.c': 'C', '.h': 'C', '.svg': 'SVG', '.txt': 'Text',
}
const OTHER = 'Other'
const NEWLINE = 10

/** Files and lines by language, most lines first. Lines are not counted where the language is not known: it may be a picture. */
export const languages: Sample = async ({ place, input, progress, pace }) => {
  const name = textOf(input, 'folder', '.')
  const { paths, links } = await filesBelow(place, await folderInside(place, name))
  const totals = new Map<string, { files: number; lines: number }>()
  for (const [i, path] of paths.entries()) {
    const language = LANGUAGE_OF[extname(path).toLowerCase()] ?? OTHER
    const total = totals.get(language) ?? { files: 0, lines: 0 }
    totals.set(language, { files: total.files + 1, lines: total.lines + (language === OTHER ? 0 : await linesOf(place, path)) })
    progress((100 * (i + 1)) / paths.length, `${i + 1} of ${paths.length} files`)
    await pace(i + 1, paths.length)
  }
  await pace(1, 1)
  const table = [...totals].map(([language, total]) => ({ language, ...total })).sort((a, b) => b.lines - a.lines || b.files - a.files)
  return { folder: name, files: paths.length, lines: table.reduce((sum, row) => sum + row.lines, 0), linksNotFollowed: links, languages: table }
}

/** As `wc -l`, and one more for a last line without its end. */
async function linesOf(checkout: string, path: string): Promise<number> {
  const content = await contentOf(checkout, path)
  if (!content) return 0
  let lines = 0
  let last = NEWLINE
  for await (const piece of content) {
    for (const byte of piece) if (byte === NEWLINE) lines++
    last = piece.at(-1) ?? last
  }
  return last === NEWLINE ? lines : lines + 1
}
