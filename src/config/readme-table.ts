import type { ConfigDeclaration } from './declare.ts'
import { markdownTable } from './describe.ts'

const begin = '<!-- keys: written by scripts/readme-tables.ts -->'
const end = '<!-- end of keys -->'

/**
 * The README with the table of keys that its declaration gives: between the marks where it has them, else in the place of
 * a hand-written table of keys, else as a section before the metrics.
 */
export function withKeyTable(readme: string, declaration: ConfigDeclaration<unknown>): string {
  const table = `${begin}\n\n${markdownTable(declaration)}\n${end}`
  const marked = /<!-- keys[^>]*-->[\s\S]*?<!-- end of keys -->/
  if (marked.test(readme)) return readme.replace(marked, () => table)
  const written = /^\| *`?(?:key|Key)`? *\|.*\n\|[-| :]+\|\n(?:\|.*\n)+/m
  if (written.test(readme)) return readme.replace(written, () => `${table}\n`)
  const metrics = readme.search(/^## Metrics/m)
  if (metrics === -1) return `${readme.trimEnd()}\n\n## Keys\n\n${table}\n`
  return `${readme.slice(0, metrics)}## Keys\n\n${table}\n\n${readme.slice(metrics)}`
}
