// Writes the table of keys into the README of every component, from its declaration. Without --write it only says which
// READMEs differ. The list of diagnostic codes in docs/ is written along with them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { components } from '../src/components.ts'
import { problemsPage } from '../src/config/problems-page.ts'
import { withKeyTable } from '../src/config/readme-table.ts'

const source = join(dirname(fileURLToPath(import.meta.url)), '..', 'src')
const isWriting = process.argv.includes('--write')
const only = process.argv.slice(2).filter(argument => !argument.startsWith('-'))
let differing = 0

for (const { kind, type, config } of await components.loadAll()) {
  if (only.length > 0 && !only.includes(type)) continue
  const path = join(source, `${kind}s`, type.replaceAll('_', '-'), 'README.md')
  const before = existsSync(path) ? readFileSync(path, 'utf8') : `# ${type}\n`
  const after = withKeyTable(before, config)
  if (after === before) continue
  differing++
  console.log(`${isWriting ? 'wrote' : 'differs:'} ${path}`)
  if (isWriting) writeFileSync(path, after)
}
const page = join(source, '..', 'docs', 'problems.md')
if (isWriting) writeFileSync(page, problemsPage())
else if (!existsSync(page) || readFileSync(page, 'utf8') !== problemsPage()) differing++

if (differing > 0 && !isWriting) process.exitCode = 1
