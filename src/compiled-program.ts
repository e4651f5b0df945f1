import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cachedDataVersionTag } from 'node:v8'
import { Script } from 'node:vm'

/**
 * Stands for `program.ts` in the bundle: runs the program with what V8 compiled of it in an earlier start. Node's own compile
 * cache holds what V8 compiles when it first sees a file, which is a tenth of the functions that a start calls; made a moment
 * after a start, compiled code holds them all. Together with one file in place of thirty it is a third of the start.
 */

/** By then the start is over, and V8 has thrown nothing away yet. */
const saveAfterMs = 900

/** Of the bundle; V8 itself only compares the length of the source. */
declare const programId: string

const program = fileURLToPath(new URL('./program.cjs', import.meta.url))
const folder = dirname(program)
/** Beside the program, as an image holds it; or where this user may write. */
const cacheFolders = [folder, process.env['NODE_COMPILE_CACHE'] ?? ''].filter(path => path !== '')
const cacheName = `program-${programId}-${cachedDataVersionTag().toString(16)}.compiled`

type Program = (
  exports: object,
  require: undefined,
  module: { exports: object },
  filename: string,
  dirname: string,
  url: string,
) => void

const wrapped = readFileSync(program, 'latin1')
const module = { exports: {} as Program }
if (process.sourceMapsEnabled) runMapped()
else runCompiled()
module.exports({}, undefined, { exports: {} }, program, folder, import.meta.url)

function runCompiled(): void {
  const cachedData = readCompiled()
  const script = new Script(wrapped, { filename: program, cachedData })
  module.exports = script.runInThisContext() as Program
  if (cachedData === undefined || script.cachedDataRejected === true)
    setTimeout(() => save(script), saveAfterMs).unref()
}

/** Node maps what it loads as a module only. */
function runMapped(): void {
  const { Module } = process.getBuiltinModule('node:module')
  const mapped = new Module(program) as NodeModule & { _compile(text: string, filename: string): void }
  mapped._compile(`module.exports = ${wrapped}`, program)
  module.exports = mapped.exports
}

function readCompiled(): Buffer | undefined {
  for (const path of cacheFolders) {
    try {
      return readFileSync(join(path, cacheName))
    } catch {
      // The next place, or no compiled code.
    }
  }
  return undefined
}

/** Where nothing can be written, nothing is: the next start compiles again. */
function save(script: Script): void {
  const target = cacheFolders.at(-1) ?? folder
  try {
    mkdirSync(target, { recursive: true })
    const draft = join(target, `${cacheName}.${process.pid}`)
    writeFileSync(draft, script.createCachedData())
    renameSync(draft, join(target, cacheName))
    // Of earlier builds and other versions of Node, and of those that were killed here.
    for (const name of readdirSync(target)) {
      if (/^program-.*\.compiled/.test(name) && name !== cacheName) rmSync(join(target, name), { force: true })
    }
  } catch {
    // A read-only disk, a full one, another user's folder.
  }
}
