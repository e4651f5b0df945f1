// Writes src/processors/redaction/scan/factor-module.generated.ts: `node scripts/wasm/build-factor-module.ts`.
import { writeFileSync } from 'node:fs'
import * as layout from '../../src/processors/redaction/scan/factor-layout.ts'
import { webAssembly } from '../../src/processors/redaction/scan/web-assembly.ts'
import { assembleModule, type Code, i32, i64, Locals, v128, when, whileLoop } from './assembler.ts'

// find(length, base) -> count: looks at `length` bytes of input and writes base + offset for each byte at which four bytes
// in a row end that are all of the same bucket.
const locals = new Locals({ length: 'i32', base: 'i32' })
for (const name of ['at', 'out', 'blockOffset']) locals.declare(name, 'i32')
for (const name of ['mask']) locals.declare(name, 'i64')
const places = [0, 1, 2, 3]
const blocks = [0, 1, 2, 3]
for (const place of places) for (const name of ['low', 'high', 'hit']) locals.declare(`${name}${place}`, 'v128')
for (const place of [0, 1, 2]) locals.declare(`hit${place}P`, 'v128')
for (const block of blocks) locals.declare(`found${block}`, 'v128')
for (const name of ['bytes', 'lows', 'highs', 'zero', 'lowNibbles']) locals.declare(name, 'v128')
const get = (name: string) => locals.get(name)
const set = (name: string, value: Code) => locals.set(name, value)

const nibbles: Code = [
  ...set('lows', v128.and(get('bytes'), get('lowNibbles'))),
  ...set('highs', v128.and(v128.shrU16(get('bytes'), 4), get('lowNibbles'))),
]
const hitOf = (place: number): Code =>
  v128.and(v128.swizzle(get(`low${place}`), get('lows')), v128.swizzle(get(`high${place}`), get('highs')))

const vectorStep = (block: number): Code => [
  ...set('bytes', v128.load(get('at'), 16 * block)),
  ...nibbles,
  ...places.flatMap(place => set(`hit${place}`, hitOf(place))),
  ...set(
    `found${block}`,
    v128.and(
      v128.and(get('hit3'), v128.window(get('hit2P'), get('hit2'), 15)),
      v128.and(v128.window(get('hit1P'), get('hit1'), 14), v128.window(get('hit0P'), get('hit0'), 13)),
    ),
  ),
  ...[0, 1, 2].flatMap(place => set(`hit${place}P`, get(`hit${place}`))),
]

const maskOf = (block: number): Code =>
  i64.shl(i64.extendU(v128.bitmask8(v128.eq8(get(`found${block}`), get('zero')))), i64.const(BigInt(16 * block)))
const drain: Code = [
  ...set(
    'mask',
    i64.xor(
      blocks.map(maskOf).reduce((all, one) => i64.or(all, one)),
      i64.const(-1n),
    ),
  ),
  ...set('blockOffset', i32.add(get('at'), i32.sub(get('base'), i32.const(layout.inputOffset)))),
  ...whileLoop(i64.isNotZero(get('mask')), [
    ...i32.store(get('out'), i32.add(get('blockOffset'), i32.wrap(i64.ctz(get('mask'))))),
    ...set('out', i32.add(get('out'), i32.const(4))),
    ...set('mask', i64.and(get('mask'), i64.sub(get('mask'), i64.const(1n)))),
  ]),
]

const body: Code = [
  ...places.flatMap(place => [
    ...set(`low${place}`, v128.load(i32.const(layout.tablesOffset), 32 * place)),
    ...set(`high${place}`, v128.load(i32.const(layout.tablesOffset), 32 * place + 16)),
  ]),
  ...set('lowNibbles', v128.splat(0x0f)),
  ...set('bytes', v128.load(i32.const(layout.inputOffset - 16))),
  ...nibbles,
  ...[0, 1, 2].flatMap(place => set(`hit${place}P`, hitOf(place))),
  ...set('at', i32.const(layout.inputOffset)),
  ...set('out', i32.const(layout.outputOffset)),
  ...set('length', i32.add(get('length'), i32.const(layout.inputOffset))),
  ...whileLoop(i32.ltU(get('at'), get('length')), [
    ...blocks.flatMap(vectorStep),
    ...when(v128.anyTrue(blocks.map(block => get(`found${block}`)).reduce((all, one) => v128.or(all, one))), drain),
    ...set('at', i32.add(get('at'), i32.const(64))),
  ]),
  ...i32.shrU(i32.sub(get('out'), i32.const(layout.outputOffset)), i32.const(2)),
]

const module = assembleModule({
  memoryPages: layout.memoryPages,
  functionName: 'find',
  functions: [{ locals, body }],
})
const target = new URL('../../src/processors/redaction/scan/factor-module.generated.ts', import.meta.url)
const lines = Buffer.from(module)
  .toString('base64')
  .match(/.{1,100}/g)!
  .map(line => `  '${line}',`)
writeFileSync(
  target,
  `// Made by scripts/wasm/build-factor-module.ts: ${module.length} bytes of WebAssembly.\nexport const factorModule = [\n${lines.join('\n')}\n].join('')\n`,
)
console.log(`${module.length} bytes`, webAssembly.validate(module))
