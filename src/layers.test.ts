import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

/** Lowest first. A file imports its own unit and lower layers, never a sibling and never upward. */
const layers: readonly (readonly string[])[] = [
  // Time is an input of everything else.
  ['clock'],
  ['wire', 'config', 'workers', 'storage'],
  ['pdata', 'transport', 'telemetry'],
  ['component'],
  ['exporter-helper', 'receiver-helper', 'processor-helper', 'model-calls', 'testkit'],
  // The Collector's language of conditions and statements.
  ['ottl'],
  ['receivers', 'processors', 'exporters', 'connectors', 'extensions', 'service'],
  ['cli', 'components.ts'],
  ['program.ts', 'compiled-program.ts', 'stage-worker.ts', 'shortcut-chains.fuzz.ts'],
  // Loads the program when V8 is ready for it.
  ['main.ts'],
]
/** Each folder in these is a unit of its own. */
const families = ['receivers', 'processors', 'exporters', 'connectors', 'extensions']

const root = dirname(fileURLToPath(import.meta.url))
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts') && !path.endsWith('.d.ts') && path !== 'layers.test.ts')
  .sort()

interface Import {
  readonly from: string
  readonly to: string
}

const imports: Import[] = files.flatMap(from => {
  const text = readFileSync(join(root, from), 'utf8')
  const pattern =
    /^(?:import|export)\s+(?:type\s+)?(?:[^'"\n;]|\n(?!import|export))*?from\s+'(\.[^']*)'|^import\s+'(\.[^']*)'|\bimport\('(\.[^']*)'\)/gm
  return [...text.matchAll(pattern)].map(match => ({
    from,
    to: relative(root, join(root, dirname(from), match[1] ?? match[2] ?? match[3] ?? '')),
  }))
})

function layerOf(path: string): number {
  const top = path.split('/')[0] ?? ''
  return layers.findIndex(names => names.includes(top))
}

function unitOf(path: string): string {
  const [top = '', second = ''] = path.split('/')
  return families.includes(top) ? `${top}/${second}` : top
}

function isTest(path: string): boolean {
  return /\.(test|fuzz|oracle)\.ts$/.test(path) || path.startsWith('testkit/')
}

/** Why an import is not allowed; undefined where it is. */
function violation({ from, to }: Import): string | undefined {
  const inside = !to.startsWith('..')
  if (!inside) return to === '../package.json' || isTest(from) || /\.(json|proto)$/.test(to) ? undefined : 'leaves src/'
  if (unitOf(from) === unitOf(to)) return undefined
  if (to.startsWith('testkit/')) return isTest(from) ? undefined : 'only tests import the testkit'
  if (layerOf(to) < 0) return 'that folder has no layer'
  // A test may look at whatever its subject is given in the running agent.
  if (isTest(from)) return undefined
  return layerOf(to) < layerOf(from) ? undefined : 'not a lower layer'
}

t.test('every file belongs to a layer', async t => {
  t.same(
    files.filter(file => layerOf(file) < 0 && !isTest(file)),
    [],
  )
})

t.test('a file imports its own unit and lower layers only', async t => {
  t.ok(imports.length > 100, 'imports were found')
  const bad = imports.flatMap(found => {
    const why = violation(found)
    return why === undefined ? [] : `${found.from} imports ${found.to}: ${why}`
  })
  t.same(bad, [])
})

// Not for a type alone either: what loads would be fine, but neither file could be read without the other.
t.test('no file imports itself through others', async t => {
  const next = new Map<string, string[]>()
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to])
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, path: readonly string[]) => {
    const at = path.indexOf(file)
    if (at >= 0) cycles.push([...path.slice(at), file].join(' -> '))
    if (at >= 0 || done.has(file)) return
    for (const imported of next.get(file) ?? []) visit(imported, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  t.same(cycles, [])
})

t.test('no file has outgrown one reader', async t => {
  const lineMax = 650
  const long = files.flatMap(file => {
    if (file.endsWith('.generated.ts')) return []
    const lineCount = readFileSync(join(root, file), 'utf8').split('\n').length
    return lineCount > lineMax ? `${file} has ${lineCount} lines, at most ${lineMax}` : []
  })
  t.same(long, [])
})

t.test('every listed component says what it is and calls its conformance suite', async t => {
  const listed = [...readFileSync(join(root, 'components.ts'), 'utf8').matchAll(/'\.\/(.*)\/factory\.ts'/g)]
  t.ok(listed.length > 0)
  for (const [, folder = ''] of listed) {
    t.ok(readdirSync(join(root, folder)).includes('README.md'), `${folder} has a README`)
    t.ok(files.includes(`${folder}/factory.test.ts`), `${folder} calls its conformance suite`)
  }
})
