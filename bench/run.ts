// Runs the benches of single functions, one process each: `npm run bench -- REGEX` takes those whose path matches.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [pattern = '', ...rest] = process.argv.slice(2)
const files = globSync('bench/**/*.bench.ts', { cwd: root })
  .filter(file => new RegExp(pattern).test(file))
  .sort()
if (files.length === 0) {
  console.error(`bench: no bench matches ${pattern}`)
  process.exit(2)
}
for (const file of files) {
  console.log(`\n${file}`)
  const { status } = spawnSync(process.execPath, [join(root, file), ...rest], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
