// Writes src/processors/redaction/scan/scan-module.generated.ts: `node scripts/wasm/build-scan-module.ts`.
import { writeFileSync } from 'node:fs'
import * as layout from '../../src/processors/redaction/scan/scan-layout.ts'
import { webAssembly } from '../../src/processors/redaction/scan/web-assembly.ts'
import { assembleModule, type Code, choose, i32, i64, Locals, v128, when, whileLoop } from './assembler.ts'
import { firstLook, isLiteral, lookAt } from './first-look.ts'

// scan(length, base, mode) -> count: looks at `length` bytes of input and writes (base + offset) << 2 | kind for each
// candidate: signs and literals to one list, whose length it returns, runs to another, whose length it stores. `mode` has
// the bits of the layout: candidates that the first look rules out are left out, nothing stands before, nothing behind.
//
// The loops over blocks of 64 bytes have no jump that depends on them. One lists signs and literals; the other, apart because
// both together have more constants than there are registers, the blocks in which a run may become one of seven or seventeen:
// few, and what exactly is in them is told afterwards. Nothing is kept between calls.
const locals = new Locals({ length: 'i32', base: 'i32', mode: 'i32' })
for (const name of ['isLooked', 'at', 'out', 'runsOut', 'read', 'readEnd', 'address', 'kind', 'folded', 'factor']) {
  locals.declare(name, 'i32')
}
for (const name of ['offset', 'lanes', 'unbroken', 'flags', 'blocksOut', 'blocksRead', 'reachEnd'])
  locals.declare(name, 'i32')
const masks = [
  'other',
  'digits',
  'tokens',
  'any',
  'bit',
  'bits',
  'digit',
  'separator',
  'token',
  'run',
  'longRun',
  'found',
]
for (const name of masks) locals.declare(name, 'i64')
const tables = [0, 1, 2, 3].flatMap(place => [`low${place}`, `high${place}`])
for (const name of ['bytes', 'lows', 'highs', 'classes', 'numbers', 'lastNumbers', 'hit', ...tables]) {
  locals.declare(name, 'v128')
}
for (const place of [0, 1, 2]) locals.declare(`last${place}`, 'v128')
for (const name of ['lows', 'highs', 'hits']) for (const i of [0, 1]) locals.declare(`${name}${i}`, 'v128')
for (const i of [0, 1, 2, 3]) locals.declare(`breaks${i}`, 'v128')

const get = (name: string) => locals.get(name)
const set = (name: string, value: Code) => locals.set(name, value)
/** Constants are read from memory once: as literals the compiler would rebuild them at each use. */
const constants = ['lowNibbles', 'lowTable', 'highTable', 'toTokens', 'signs', 'numberMask', 'numberBits']
constants.push('breakFlip', 'breakLimit')
for (const name of constants) locals.declare(name, 'v128')
/** The compiler makes it of nothing, where others would have to be built at each use. */
const zero = v128.splat(0)
const lowNibbles = get('lowNibbles')
const number = i32.const
const long = (value: number | bigint) => i64.const(BigInt(value))

const nibbles: Code = [
  ...set('lows', v128.and(get('bytes'), lowNibbles)),
  ...set('highs', v128.and(v128.shrU16(get('bytes'), 4), lowNibbles)),
]
/** The four-byte literals: a bucket's bit survives where all four places agree, at the literal's last byte. */
const bucketsOf = (place: number) =>
  v128.and(v128.swizzle(get(`low${place}`), get('lows')), v128.swizzle(get(`high${place}`), get('highs')))

function gather(name: string, i: number, bits: Code): Code {
  const placed = i === 0 ? i64.extendU(bits) : i64.shl(i64.extendU(bits), long(16 * i))
  return set(name, i === 0 ? placed : i64.or(get(name), placed))
}

/** By four bytes in a row: whether all may be of a number, from 0x20 to 0x3f. */
const numberLanes = v128.eq32(v128.and(get('bytes'), get('numberMask')), get('numberBits'))
/**
 * Bytes below 0x30 but for `-`, and from 0x80: what ends a run of tokens is among them, or among a few others that are not.
 * One bit flipped takes `-` away from `.` and `/`.
 */
const breaks = v128.ltS8(v128.xor(get('bytes'), get('breakFlip')), get('breakLimit'))
/** One bit by four bytes in a row: whether none of them is a break. Only zero narrows to zero. */
const unbroken = (...of: readonly [Code, Code, Code, Code]) =>
  v128.bitmask8(v128.eq8(v128.narrow16(v128.narrow32(of[0], of[1]), v128.narrow32(of[2], of[3])), zero))

/**
 * Signs and literals of two vectors, place by place of the literals: so the tables of one place and what is known of both
 * vectors fit into the registers that there are.
 */
function literalStep(first: number): Code {
  const vectors = [first, first + 1]
  return [
    ...vectors.flatMap(i => [
      ...set('bytes', v128.load(get('at'), 16 * i)),
      ...set(`lows${i - first}`, v128.and(get('bytes'), lowNibbles)),
      ...set(`highs${i - first}`, v128.and(v128.shrU16(get('bytes'), 4), lowNibbles)),
    ]),
    ...[3, 2, 1, 0].flatMap(place =>
      vectors.flatMap(i => {
        const hit = v128.and(
          v128.swizzle(get(`low${place}`), get(`lows${i - first}`)),
          v128.swizzle(get(`high${place}`), get(`highs${i - first}`)),
        )
        if (place === 3) return set(`hits${i - first}`, hit)
        return [
          ...set('hit', hit),
          ...set(
            `hits${i - first}`,
            v128.and(get(`hits${i - first}`), v128.window(get(`last${place}`), get('hit'), 13 + place)),
          ),
          ...set(`last${place}`, get('hit')),
        ]
      }),
    ),
    ...vectors.flatMap(i =>
      gather(
        'other',
        i,
        v128.bitmask8(
          v128.eq8(
            // No two signs have the same low half.
            v128.or(
              get(`hits${i - first}`),
              v128.eq8(v128.swizzle(get('signs'), get(`lows${i - first}`)), v128.load(get('at'), 16 * i)),
            ),
            zero,
          ),
        ),
      ),
    ),
  ]
}

function runStep(i: number): Code {
  return [
    ...set('bytes', v128.load(get('at'), 16 * i)),
    ...set(`breaks${i}`, breaks),
    ...(i < 3
      ? set('numbers', v128.or(get('numbers'), numberLanes))
      : [...set('lastNumbers', numberLanes), ...set('numbers', v128.or(get('numbers'), get('lastNumbers')))]),
  ]
}

const hasDigits = 1
const hasTokens = 2
/**
 * Lists the block where a run may be reported in it. Of seven places of a number four begin at an address that four divides;
 * they are reported one byte late, so the last four of the block before count, too. Of seventeen of a token three times four do.
 */
const noteBlock: Code = [
  ...set('unbroken', unbroken(get('breaks0'), get('breaks1'), get('breaks2'), get('breaks3'))),
  ...set('lanes', i32.or(i32.shrU(get('lanes'), number(16)), i32.shl(get('unbroken'), number(16)))),
  ...set(
    'flags',
    i32.or(
      i32.ne(v128.bitmask32(get('numbers')), number(0)),
      i32.shl(
        i32.gtU(
          i32.and(i32.and(get('lanes'), i32.shrU(get('lanes'), number(1))), i32.shrU(get('lanes'), number(2))),
          number(0x1fff),
        ),
        number(1),
      ),
    ),
  ),
  ...i32.store(get('blocksOut'), i32.or(get('at'), get('flags'))),
  ...set('blocksOut', i32.add(get('blocksOut'), i32.shl(i32.ne(get('flags'), number(0)), number(2)))),
  ...set('numbers', v128.window(get('lastNumbers'), zero, 12)),
]

const bitOf = (name: string) => i32.wrap(i64.and(i64.shrU(get(name), get('bit')), long(1)))
const address = get('address')
/** Whether everything that a first look may read is there: the end of the piece before is, of the piece behind nothing. */
const isInReach = (edge: number) => i32.ltU(address, i32.sub(get('reachEnd'), number(edge)))
const candidateAt = (kind: Code) => i32.or(i32.shl(i32.add(address, get('offset')), number(2)), kind)
const dropFirst = (name: string) => set(name, i64.and(get(name), i64.sub(get(name), long(1))))
const storeAddress = (place: number) =>
  i32.store(get('out'), i32.add(get('at'), i32.wrap(i64.ctz(get('bits')))), 4 * place)
/** Notes the addresses of signs and literals. Two at once, whether there are any or not: a block seldom has more. */
const noteOthers: Code = [
  ...set('bits', i64.xor(get('other'), long(-1))),
  ...set('readEnd', i32.add(get('out'), i32.shl(i32.wrap(i64.popcnt(get('bits'))), number(2)))),
  ...storeAddress(0),
  ...dropFirst('bits'),
  ...storeAddress(1),
  ...dropFirst('bits'),
  ...when(i64.isNotZero(get('bits')), [
    ...set('out', i32.add(get('out'), number(8))),
    ...whileLoop(i64.isNotZero(get('bits')), [
      ...storeAddress(0),
      ...dropFirst('bits'),
      ...set('out', i32.add(get('out'), number(4))),
    ]),
  ]),
  ...set('out', get('readEnd')),
]
/** Goes through the list of addresses and writes it again: `body` stores at `out` and moves it. */
const rewrite = (body: Code): Code => [
  ...set('readEnd', get('out')),
  ...set('read', number(layout.outputOffset)),
  ...set('out', get('read')),
  ...whileLoop(i32.ltU(get('read'), get('readEnd')), [
    ...set('address', i32.load(get('read'))),
    ...set('read', i32.add(get('read'), number(4))),
    ...body,
  ]),
]
/** Stores `value` and keeps it where `isKept`, 0 or 1, says so: without a jump that nobody can foresee. */
const keepIf = (isKept: Code, value: Code): Code => [
  ...i32.store(get('out'), value),
  ...set('out', i32.add(get('out'), i32.shl(isKept, number(2)))),
]
const isSign = i32.load8(i32.load8(address), layout.signsOffset)
const isNear = isInReach(layout.nearBytes)
/** Signs and whole literals stay; what only looks like one to the buckets goes. Then each is looked at. */
const lookAtOthers: Code = [
  ...rewrite([
    ...set('folded', i32.or(i32.load(i32.sub(address, number(3))), number(0x20202020))),
    ...keepIf(
      i32.or(
        isSign,
        i32.or(isLiteral(get('folded'), get('factor')), isLiteral(i32.and(get('folded'), number(-256)), get('factor'))),
      ),
      address,
    ),
  ]),
  ...rewrite(
    when(
      choose(isNear, choose(isSign, lookAt.sign(address), lookAt.learningLiteral(address)), number(1)),
      keepIf(number(1), candidateAt(number(0))),
    ),
  ),
]
/** `%` is a candidate only of a first look: elsewhere texts are decoded first. */
const takeOthers = rewrite(keepIf(i32.ne(i32.load8(address), number(0x25)), candidateAt(number(0))))

/** Sets `classes` for the vector of 16 bytes that stands `place` vectors behind the block's first. */
const classify = (place: number): Code => [
  ...set('bytes', v128.load(i32.sub(get('at'), number(32)), 32 + 16 * place)),
  ...nibbles,
  ...set('classes', v128.and(v128.swizzle(get('lowTable'), get('lows')), v128.swizzle(get('highTable'), get('highs')))),
]
const digitBits = v128.bitmask8(get('classes'))
const separatorBits = v128.bitmask8(v128.shl16(get('classes'), layout.separatorShift))
const tokenBits = v128.bitmask8(v128.addSaturatedU8(get('classes'), get('toTokens')))
/** Narrows `name` down to the places at which `count` more before them are set, too. */
const reachBack = (name: string, count: number) => set(name, i64.and(get(name), i64.shl(get(name), long(count))))
/** Whether the byte before the block may be a digit or a separator, as all from 0x20 to 0x3f may. */
const mayGoOn = i32.ltU(i32.sub(i32.load8(i32.sub(get('at'), number(1))), number(0x20)), number(0x20))
/** Behind the seventh place in a row that is a digit or bridges two of them: `found`. */
const digitRuns: Code = [
  ...set(
    'run',
    i64.or(
      i64.shl(get('digit'), long(1)),
      i64.and(i64.shl(get('separator'), long(1)), i64.and(i64.shl(get('digit'), long(2)), get('digit'))),
    ),
  ),
  ...[1, 2, 3].flatMap(count => reachBack('run', count)),
  ...set('found', i64.and(get('run'), i64.xor(i64.shl(get('run'), long(1)), long(-1)))),
]
/** The seventeenth of tokens in a row: `found`. */
const tokenRuns: Code = [
  ...set('run', get('token')),
  ...[1, 2, 4, 8].flatMap(count => reachBack('run', count)),
  ...set('run', i64.and(get('run'), i64.shl(get('token'), long(16)))),
  ...set('found', i64.and(get('run'), i64.xor(i64.shl(get('run'), long(1)), long(-1)))),
]
/**
 * Digits of the block, as far as they are in runs that begin in it: what stands before the block is taken for the byte before
 * it, of which no run is made. Where one may go on from there, the first 48 bytes are looked at again, with 16 more before them.
 */
const findDigits: Code = [
  ...[0, 1, 2, 3].flatMap(place => [
    ...classify(place),
    ...gather('digit', place, digitBits),
    ...gather('separator', place, separatorBits),
  ]),
  ...digitRuns,
  ...set('digits', get('found')),
  ...when(mayGoOn, [
    ...set('bit', get('digit')),
    ...set('bits', get('separator')),
    ...classify(-1),
    ...set('digit', i64.or(i64.shl(get('bit'), long(16)), i64.extendU(digitBits))),
    ...set('separator', i64.or(i64.shl(get('bits'), long(16)), i64.extendU(separatorBits))),
    ...digitRuns,
    ...set('digits', i64.or(i64.shrU(get('found'), long(16)), i64.and(get('digits'), long(-1n << 48n)))),
  ]),
]
/** Tokens of the block: of a window that begins 32 bytes before it the first half, the rest of its own bytes. */
const findTokens: Code = [
  ...[-2, -1, 0, 1].flatMap(place => [...classify(place), ...gather('token', place + 2, tokenBits)]),
  ...tokenRuns,
  ...set('tokens', i64.shrU(get('found'), long(32))),
  ...set('token', i64.shrU(get('token'), long(32))),
  ...[2, 3].flatMap(place => [...classify(place), ...gather('token', place, tokenBits)]),
  ...tokenRuns,
  ...set('tokens', i64.or(get('tokens'), i64.and(get('found'), long(-1n << 32n)))),
]

const kindOfRun = i32.or(bitOf('digits'), i32.shl(bitOf('tokens'), number(1)))
/** Of all literals only this one is made of digits and separators, as what stands before the end of a number's run is. */
const isEncodedAt = i32.eq(
  i32.and(i32.load(i32.sub(address, number(2))), number(0xffffff)),
  number(Buffer.from('%40\0').readInt32LE(0)),
)
/**
 * The run's kind, after the first look. Where a run is nothing, a literal may still end: `Prefilter` looks for one at every
 * candidate, also for such as only another bucket has.
 */
const runVerdict: Code = [
  ...set('kind', kindOfRun),
  ...when(i32.and(get('isLooked'), isInReach(layout.edgeBytes)), [
    ...when(
      i32.and(get('kind'), number(1)),
      when(i32.isZero(lookAt.digits(address)), set('kind', i32.and(get('kind'), number(2)))),
    ),
    ...when(
      i32.and(get('kind'), number(2)),
      when(i32.isZero(lookAt.token(address)), set('kind', i32.and(get('kind'), number(1)))),
    ),
    ...when(
      i32.isZero(get('kind')),
      when(choose(bitOf('tokens'), lookAt.literal(address), isEncodedAt), set('kind', kindOfRun)),
    ),
  ]),
  ...get('kind'),
]

/** Goes through the blocks that were listed. */
const findRuns: Code = [
  ...set('blocksRead', number(layout.blocksOffset)),
  ...whileLoop(i32.ltU(get('blocksRead'), get('blocksOut')), [
    ...set('flags', i32.load(get('blocksRead'))),
    ...set('blocksRead', i32.add(get('blocksRead'), number(4))),
    ...set('at', i32.and(get('flags'), number(-64))),
    ...set('digits', long(0)),
    ...set('tokens', long(0)),
    ...when(i32.and(get('flags'), number(hasDigits)), findDigits),
    ...when(i32.and(get('flags'), number(hasTokens)), findTokens),
    ...set('any', i64.or(get('digits'), get('tokens'))),
    ...whileLoop(i64.isNotZero(get('any')), [
      ...set('bit', i64.ctz(get('any'))),
      ...dropFirst('any'),
      ...set('address', i32.add(get('at'), i32.wrap(get('bit')))),
      ...when(runVerdict, [
        ...i32.store(get('runsOut'), candidateAt(get('kind'))),
        ...set('runsOut', i32.add(get('runsOut'), number(4))),
      ]),
    ]),
  ]),
]

/** Zeros for as much as anything here reads beyond the ends. */
const clear = (address: Code, offset: number): Code =>
  Array.from({ length: layout.edgeBytes / 16 }, (_, i) => v128.store(address, v128.splat(0), offset + 16 * i)).flat()

const body: Code = [
  ...set('isLooked', i32.and(get('mode'), number(layout.modeLook))),
  ...when(i32.and(get('mode'), number(layout.modeFirst)), clear(number(0), layout.inputOffset - layout.edgeBytes)),
  ...set('reachEnd', i32.add(get('length'), number(layout.inputOffset))),
  // The last piece is looked at with one byte behind its end: runs of digits are reported one byte late.
  ...when(i32.and(get('mode'), number(layout.modeLast)), [
    ...clear(get('length'), layout.inputOffset),
    ...set('length', i32.add(get('length'), number(1))),
    ...set('reachEnd', number(-1)),
  ]),
  ...tables.flatMap((name, i) => set(name, v128.load(number(layout.tablesOffset), 16 * i))),
  ...constants.flatMap((name, i) => set(name, v128.load(number(layout.constantsOffset), 16 * i))),
  // What the bytes before the piece would have left behind.
  ...set('bytes', v128.load(number(layout.inputOffset - 16))),
  ...nibbles,
  ...[0, 1, 2].flatMap(place => set(`last${place}`, bucketsOf(place))),
  ...set('numbers', v128.window(numberLanes, zero, 12)),
  ...set('breaks0', breaks),
  ...set('lanes', i32.shl(unbroken(get('breaks0'), get('breaks0'), get('breaks0'), get('breaks0')), number(16))),
  ...set('at', number(layout.inputOffset)),
  ...set('out', number(layout.outputOffset)),
  ...set('blocksOut', number(layout.blocksOffset)),
  ...set('runsOut', number(layout.runsOffset)),
  ...set('length', i32.add(get('length'), number(layout.inputOffset))),
  ...set('offset', i32.sub(get('base'), number(layout.inputOffset))),
  ...set('factor', i32.load(number(layout.factorOffset))),
  ...whileLoop(i32.ltU(get('at'), get('length')), [
    ...[0, 2].flatMap(literalStep),
    ...noteOthers,
    ...set('at', i32.add(get('at'), number(64))),
  ]),
  ...set('at', number(layout.inputOffset)),
  ...whileLoop(i32.ltU(get('at'), get('length')), [
    ...[0, 1, 2, 3].flatMap(runStep),
    ...noteBlock,
    ...set('at', i32.add(get('at'), number(64))),
  ]),
  ...when(get('isLooked'), lookAtOthers),
  ...when(i32.isZero(get('isLooked')), takeOthers),
  ...findRuns,
  ...i32.store(number(layout.runsCountOffset), i32.shrU(i32.sub(get('runsOut'), number(layout.runsOffset)), number(2))),
  ...i32.shrU(i32.sub(get('out'), number(layout.outputOffset)), number(2)),
]

const module = assembleModule({
  memoryPages: layout.memoryPages,
  functionName: 'scan',
  functions: [{ locals, body }, ...firstLook()],
})
const target = new URL('../../src/processors/redaction/scan/scan-module.generated.ts', import.meta.url)
const text = Buffer.from(module).toString('base64')
const lines = text.match(/.{1,100}/g)!.map(line => `  '${line}',`)
writeFileSync(
  target,
  `// Made by scripts/wasm/build-scan-module.ts: ${module.length} bytes of WebAssembly.\nexport const scanModule = [\n${lines.join('\n')}\n].join('')\n`,
)
console.log(`${module.length} bytes`, webAssembly.validate(module))
