// Writes src/processors/redaction/scan/scan-module.generated.ts: `node scripts/wasm/build-scan-module.ts`.
import { writeFileSync } from 'node:fs'
import * as layout from '../../src/processors/redaction/scan/scan-layout.ts'
import { webAssembly } from '../../src/processors/redaction/scan/web-assembly.ts'
import { assembleModule, type Code, choose, i32, i64, Locals, v128, when, whileLoop } from './assembler.ts'
import { firstLook, isLiteral, lookAt } from './first-look.ts'

// scan(length, base, mode) -> count: looks at `length` bytes of input and writes (base + offset) << 2 | kind for each
// candidate: signs and literals to one list, whose length it returns, runs to another, whose length it stores. `mode` has
// the bits of the layout: candidates that the first look rules out are left out, nothing stands before, nothing behind.
const locals = new Locals({ length: 'i32', base: 'i32', mode: 'i32' })
for (const name of [
  'isLooked',
  'at',
  'out',
  'runsOut',
  'read',
  'readEnd',
  'address',
  'kind',
  'folded',
  'factor',
  'offset',
]) {
  locals.declare(name, 'i32')
}
const masks = ['digit', 'separator', 'token', 'other']
/** Masks of the block before that are kept in memory between calls. */
const carried = ['digit', 'separator', 'e1', 'e2', 'e4', 'e7', 'token', 't2', 't4', 't8', 't17'].map(name => `${name}P`)
for (const name of [
  ...masks,
  ...carried,
  'e1',
  'e2',
  'e4',
  'e7',
  't2',
  't4',
  't8',
  't17',
  'digits',
  'tokens',
  'any',
  'bit',
  'bits',
]) {
  locals.declare(name, 'i64')
}
const tables = [0, 1, 2, 3].flatMap(place => [`low${place}`, `high${place}`])
for (const name of ['bytes', 'classes', 'lows', 'highs', ...tables]) locals.declare(name, 'v128')
for (const i of [0, 1, 2]) for (const when of ['', 'P']) locals.declare(`hit${i}${when}`, 'v128')
locals.declare('hit3', 'v128')

const get = (name: string) => locals.get(name)
const set = (name: string, value: Code) => locals.set(name, value)
/** Constants are read from memory once: as literals the compiler would rebuild them at each use. */
const constants = ['zero', 'lowNibbles', 'lowTable', 'highTable', 'toTokens', 'triggerBits', 'percents']
for (const name of constants) locals.declare(name, 'v128')
const zero = get('zero')
const lowNibbles = get('lowNibbles')

const nibbles: Code = [
  ...set('lows', v128.and(get('bytes'), lowNibbles)),
  ...set('highs', v128.and(v128.shrU16(get('bytes'), 4), lowNibbles)),
]
/** The four-byte literals: a bucket's bit survives where all four places agree, at the literal's last byte. */
const bucketsOf = (place: number) =>
  v128.and(v128.swizzle(get(`low${place}`), get('lows')), v128.swizzle(get(`high${place}`), get('highs')))

function gather(name: string, i: number, bits: Code): Code {
  const placed = i === 0 ? i64.extendU(bits) : i64.shl(i64.extendU(bits), i64.const(BigInt(16 * i)))
  return set(name, i === 0 ? placed : i64.or(get(name), placed))
}

function vectorStep(i: number): Code {
  return [
    ...set('bytes', v128.load(get('at'), 16 * i)),
    ...nibbles,
    ...set(
      'classes',
      v128.and(v128.swizzle(get('lowTable'), get('lows')), v128.swizzle(get('highTable'), get('highs'))),
    ),
    ...[0, 1, 2, 3].flatMap(place => set(`hit${place}`, bucketsOf(place))),
    ...gather('digit', i, v128.bitmask8(get('classes'))),
    ...v128.store(i32.const(layout.classesOffset), get('classes'), 16 * i),
    ...gather('token', i, v128.bitmask8(v128.addSaturatedU8(get('classes'), get('toTokens')))),
    ...gather(
      'other',
      i,
      v128.bitmask8(
        v128.eq8(
          v128.or(
            v128.or(v128.and(get('classes'), get('triggerBits')), v128.eq8(get('bytes'), get('percents'))),
            v128.and(
              v128.and(get('hit3'), v128.window(get('hit2P'), get('hit2'), 15)),
              v128.and(v128.window(get('hit1P'), get('hit1'), 14), v128.window(get('hit0P'), get('hit0'), 13)),
            ),
          ),
          zero,
        ),
      ),
    ),
    ...[0, 1, 2].flatMap(place => set(`hit${place}P`, get(`hit${place}`))),
  ]
}

/** `name` moved `count` places towards later bytes, with the last bits of the block before. */
const later = (name: string, count: number) =>
  i64.or(i64.shl(get(name), i64.const(BigInt(count))), i64.shrU(get(`${name}P`), i64.const(BigInt(64 - count))))
const invert = (value: Code) => i64.xor(value, i64.const(-1n))

const runs: Code = [
  ...set('other', invert(get('other'))),
  // A run of digits with single separators bridged, seen one byte late: the separator needs the byte behind it. Without a
  // digit here, or at the end of the block before, there is none, nor anything to carry over.
  ...['separator', 'e1', 'e2', 'e4', 'e7', 'digits'].flatMap(name => set(name, i64.const(0n))),
  ...when(i64.isNotZero(i64.or(get('digit'), i64.shrU(get('digitP'), i64.const(62n)))), [
    ...[0, 1, 2, 3].flatMap(i => [
      ...set('classes', v128.load(i32.const(layout.classesOffset), 16 * i)),
      ...gather('separator', i, v128.bitmask8(v128.shl16(get('classes'), layout.separatorShift))),
    ]),
    ...set('e1', i64.or(later('digit', 1), i64.and(later('separator', 1), i64.and(later('digit', 2), get('digit'))))),
    ...set('e2', i64.and(get('e1'), later('e1', 1))),
    ...set('e4', i64.and(get('e2'), later('e2', 2))),
    ...set('e7', i64.and(get('e4'), later('e4', 3))),
    ...set('digits', i64.and(get('e7'), invert(later('e7', 1)))),
  ]),
  ...set('t2', i64.and(get('token'), later('token', 1))),
  ...set('t4', i64.and(get('t2'), later('t2', 2))),
  ...set('t8', i64.and(get('t4'), later('t4', 4))),
  ...set('t17', i64.and(get('t8'), later('t8', 8))),
  ...set('tokens', i64.const(0n)),
  ...when(i64.isNotZero(get('t17')), [
    // Sixteen in a row that end here, and the one before them.
    ...set('t17', i64.and(get('t17'), later('token', 16))),
    ...set('tokens', i64.and(get('t17'), invert(later('t17', 1)))),
  ]),
  ...carried.flatMap(name => set(name, get(name.slice(0, -1)))),
  ...set('any', i64.or(get('digits'), get('tokens'))),
]

const bitOf = (name: string) => i32.wrap(i64.and(i64.shrU(get(name), get('bit')), i64.const(1n)))
const address = get('address')
/** Whether everything that a first look may read is in this piece. */
const isInReach = (edge: number) =>
  i32.ltU(
    i32.sub(address, i32.const(layout.inputOffset + edge)),
    i32.sub(get('length'), i32.const(layout.inputOffset + 2 * edge)),
  )
const candidateAt = (kind: Code) => i32.or(i32.shl(i32.add(address, get('offset')), i32.const(2)), kind)
const dropFirst = set('bits', i64.and(get('bits'), i64.sub(get('bits'), i64.const(1n))))
const storeAddress = (place: number) =>
  i32.store(get('out'), i32.add(get('at'), i32.wrap(i64.ctz(get('bits')))), 4 * place)
/** Notes the addresses of signs and literals. Two at once, whether there are any or not: a block seldom has more. */
const noteOthers: Code = [
  ...set('bits', get('other')),
  ...storeAddress(0),
  ...dropFirst,
  ...storeAddress(1),
  ...dropFirst,
  ...set('readEnd', i32.add(get('out'), i32.shl(i32.wrap(i64.popcnt(get('other'))), i32.const(2)))),
  ...when(i64.isNotZero(get('bits')), [
    ...set('out', i32.add(get('out'), i32.const(8))),
    ...whileLoop(i64.isNotZero(get('bits')), [
      ...storeAddress(0),
      ...dropFirst,
      ...set('out', i32.add(get('out'), i32.const(4))),
    ]),
  ]),
  ...set('out', get('readEnd')),
]
/** Goes through the list of addresses and writes it again: `body` stores at `out` and moves it. */
const rewrite = (body: Code): Code => [
  ...set('readEnd', get('out')),
  ...set('read', i32.const(layout.outputOffset)),
  ...set('out', get('read')),
  ...whileLoop(i32.ltU(get('read'), get('readEnd')), [
    ...set('address', i32.load(get('read'))),
    ...set('read', i32.add(get('read'), i32.const(4))),
    ...body,
  ]),
]
/** Stores `value` and keeps it where `isKept`, 0 or 1, says so: without a jump that nobody can foresee. */
const keepIf = (isKept: Code, value: Code): Code => [
  ...i32.store(get('out'), value),
  ...set('out', i32.add(get('out'), i32.shl(isKept, i32.const(2)))),
]
const isSign = i32.load8(i32.load8(address), layout.signsOffset)
const isNear = isInReach(layout.nearBytes)
/** Signs and whole literals stay; what only looks like one to the buckets goes. Then each is looked at. */
const lookAtOthers: Code = [
  ...rewrite([
    ...set('folded', i32.or(i32.load(i32.sub(address, i32.const(3))), i32.const(0x20202020))),
    ...keepIf(
      i32.or(
        i32.or(isSign, i32.isZero(isNear)),
        i32.or(
          isLiteral(get('folded'), get('factor')),
          isLiteral(i32.and(get('folded'), i32.const(-256)), get('factor')),
        ),
      ),
      address,
    ),
  ]),
  ...rewrite(
    when(
      choose(isNear, choose(isSign, lookAt.sign(address), lookAt.literal(address)), i32.const(1)),
      keepIf(i32.const(1), candidateAt(i32.const(0))),
    ),
  ),
]
/** `%` is a candidate only of a first look: elsewhere texts are decoded first. */
const takeOthers = rewrite(keepIf(i32.ne(i32.load8(address), i32.const(0x25)), candidateAt(i32.const(0))))

const kindOfRun = i32.or(bitOf('digits'), i32.shl(bitOf('tokens'), i32.const(1)))
/**
 * The run's kind, after the first look. Where a run is nothing, a literal may still end: `Prefilter` looks for one at every
 * candidate, also for such as only another bucket has.
 */
const runVerdict: Code = [
  ...set('kind', kindOfRun),
  ...when(i32.and(get('isLooked'), isInReach(layout.edgeBytes)), [
    ...when(
      i32.and(get('kind'), i32.const(1)),
      when(i32.isZero(lookAt.digits(address)), set('kind', i32.and(get('kind'), i32.const(2)))),
    ),
    ...when(
      i32.and(get('kind'), i32.const(2)),
      when(i32.isZero(lookAt.token(address)), set('kind', i32.and(get('kind'), i32.const(1)))),
    ),
    ...when(i32.isZero(get('kind')), when(lookAt.literal(address), set('kind', kindOfRun))),
  ]),
  ...get('kind'),
]

const noteRuns: Code = whileLoop(i64.isNotZero(get('any')), [
  ...set('bit', i64.ctz(get('any'))),
  ...set('any', i64.and(get('any'), i64.sub(get('any'), i64.const(1n)))),
  ...set('address', i32.add(get('at'), i32.wrap(get('bit')))),
  ...when(runVerdict, [
    ...i32.store(get('runsOut'), candidateAt(get('kind'))),
    ...set('runsOut', i32.add(get('runsOut'), i32.const(4))),
  ]),
])

const state = i32.const(layout.stateOffset)
const body: Code = [
  ...set('isLooked', i32.and(get('mode'), i32.const(layout.modeLook))),
  ...when(i32.and(get('mode'), i32.const(layout.modeFirst)), [
    ...carried.flatMap((_, i) => i64.store(state, i64.const(0n), 8 * i)),
    ...v128.store(i32.const(layout.inputOffset - 16), v128.splat(0)),
  ]),
  // The last piece is looked at with one byte behind its end: runs of digits are reported one byte late.
  ...when(i32.and(get('mode'), i32.const(layout.modeLast)), [
    ...[0, 1, 2, 3].flatMap(i => v128.store(get('length'), v128.splat(0), layout.inputOffset + 16 * i)),
    ...i32.store(get('length'), i32.const(0), layout.inputOffset + 64),
    ...set('length', i32.add(get('length'), i32.const(1))),
  ]),
  ...tables.flatMap((name, i) => set(name, v128.load(i32.const(layout.tablesOffset), 16 * i))),
  ...constants.flatMap((name, i) => set(name, v128.load(i32.const(layout.constantsOffset), 16 * i))),
  ...carried.flatMap((name, i) => set(name, i64.load(state, 8 * i))),
  ...set('bytes', v128.load(i32.const(layout.inputOffset - 16))),
  ...nibbles,
  ...[0, 1, 2].flatMap(place => set(`hit${place}P`, bucketsOf(place))),
  ...set('at', i32.const(layout.inputOffset)),
  ...set('out', i32.const(layout.outputOffset)),
  ...set('runsOut', i32.const(layout.runsOffset)),
  ...set('length', i32.add(get('length'), i32.const(layout.inputOffset))),
  ...set('offset', i32.sub(get('base'), i32.const(layout.inputOffset))),
  ...set('factor', i32.load(i32.const(layout.factorOffset))),
  ...whileLoop(i32.ltU(get('at'), get('length')), [
    ...[0, 1, 2, 3].flatMap(vectorStep),
    ...runs,
    ...noteOthers,
    ...noteRuns,
    ...set('at', i32.add(get('at'), i32.const(64))),
  ]),
  ...carried.flatMap((name, i) => i64.store(state, get(name), 8 * i)),
  ...when(get('isLooked'), lookAtOthers),
  ...when(i32.isZero(get('isLooked')), takeOthers),
  ...i32.store(
    i32.const(layout.runsCountOffset),
    i32.shrU(i32.sub(get('runsOut'), i32.const(layout.runsOffset)), i32.const(2)),
  ),
  ...i32.shrU(i32.sub(get('out'), i32.const(layout.outputOffset)), i32.const(2)),
]

const module = assembleModule({
  memoryPages: layout.memoryPages,
  functionName: 'scan',
  functions: [{ locals, body }, ...firstLook],
})
const target = new URL('../../src/processors/redaction/scan/scan-module.generated.ts', import.meta.url)
const text = Buffer.from(module).toString('base64')
const lines = text.match(/.{1,100}/g)!.map(line => `  '${line}',`)
writeFileSync(
  target,
  `// Made by scripts/wasm/build-scan-module.ts: ${module.length} bytes of WebAssembly.\nexport const scanModule = [\n${lines.join('\n')}\n].join('')\n`,
)
console.log(`${module.length} bytes`, webAssembly.validate(module))
