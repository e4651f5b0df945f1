import { keyEnds, keyMiddles } from '../../src/processors/redaction/prefilter-keys.ts'
import { tailEnds } from '../../src/processors/redaction/prefilter-phrases.ts'
import * as layout from '../../src/processors/redaction/scan/scan-layout.ts'
import {
  type Code,
  call,
  choose,
  type FunctionSettings,
  giveBack,
  i32,
  select,
  v128,
  when,
  whileLoop,
} from './assembler.ts'
import {
  all,
  any,
  at,
  between,
  bitIn,
  bitsAt,
  byteAt,
  contextPlace,
  dropIf,
  fold,
  has,
  hash16,
  isByte,
  isTrue,
  keepIf,
  knownNameLength,
  locals,
  number,
  placeOf,
  word,
} from './look-parts.ts'
import { digits, token } from './look-runs.ts'

// The first look at candidates, in the scanner itself: what `Prefilter` rules out cheaply is not even listed. Each function
// takes the address of a candidate and says 1 where `Prefilter` has to look, 0 where it would say no. They read at most
// `edgeBytes` to either side, those of signs and literals `nearBytes`. A test holds them to `Prefilter`: they may let more through, never less.

/** The index of a function that others here call. */
const nameIndex = 5

/** The letters of three bytes, five bits each: an index into the table of endings. */
function threeLetters(address: Code, offset: number): Code {
  const one = (back: number) =>
    select(
      has(bitsAt(address, offset - back), layout.lookLetter),
      i32.and(byteAt(address, offset - back), number(31)),
      number(0),
    )
  return i32.or(i32.or(i32.shl(one(3), number(10)), i32.shl(one(2), number(5))), one(1))
}
const endingOf = (address: Code, offset: number): Code => i32.load8(threeLetters(address, offset), layout.lettersOffset)

/** No letter before it, one alone (a length, the end of an escape or a colour), or a capital. */
const mayBeginWord = (address: Code, offset: number): Code =>
  any(
    i32.isZero(has(bitsAt(address, offset - 1), layout.lookLetter)),
    i32.isZero(has(bitsAt(address, offset - 2), layout.lookLetter)),
    i32.ltU(byteAt(address, offset), number(0x61)),
  )

/** Whether four folded bytes, or three with nothing before them, are one of the literals. */
export const isLiteral = (value: Code, factor: Code): Code =>
  i32.eq(
    i32.load(i32.shl(i32.shrU(i32.mul(value, factor), number(layout.literalShift)), number(2)), layout.literalsOffset),
    value,
  )

/** What leads on in keys, by the last folded byte before the tag and by the folded literal. */
function endsByLast(): Map<number, Map<number, (string | undefined)[]>> {
  const byLast = new Map<number, Map<number, (string | undefined)[]>>()
  for (const [end, before] of keyEnds) {
    const folded = Buffer.from(`${end}\x12`, 'latin1').readInt32LE(0) | 0x20202020
    const last = (folded >>> 16) & 0xff
    if (!byLast.has(last)) byLast.set(last, new Map())
    const ends = byLast.get(last)!
    ends.set(folded, [...(ends.get(folded) ?? []), before])
  }
  return byLast
}

/** A literal's last byte: whether it is one, with what tells frequent harmless words from the ones meant. */
function literal(): FunctionSettings {
  const { own, get, set } = locals(['raw', 'folded', 'factor'])
  const p = get('p')
  const inTable = (value: Code): Code => isLiteral(value, get('factor'))
  const isWord = (text: string): Code => i32.eq(get('folded'), number(word(text) | 0x20202020))
  const next = byteAt(p, 1)
  const goesOn = (offset: number, text: string): Code =>
    i32.eq(i32.or(i32.load(at(p, offset)), number(0x20202020)), number(word(text)))
  /** The word that ends before `p`, by its last letters: no server, peer or the like. */
  const isHome = (): Code => {
    const isLast = (character: string) => isByte(fold(byteAt(p, -1)), character)
    const isNot = (offset: number, character: string) =>
      i32.ne(fold(byteAt(p, offset)), number(character.charCodeAt(0)))
    return any(
      isLast('g'),
      isLast('y'),
      all(isLast('l'), isNot(-3, 'c')),
      all(isLast('t'), isByte(fold(byteAt(p, -2)), 'n'), any(isNot(-3, 'e'), isNot(-5, 'l'))),
      all(isLast('e'), isNot(-2, 'c'), isNot(-2, 't')),
      all(isLast('r'), isNot(-3, 'v'), isNot(-3, 'e')),
    )
  }
  /** By its last letter: whether that stands before the end of a key, maybe with one sign between. */
  const isBehindKey = (before: string | undefined): Code => {
    if (before === undefined) return number(1)
    const isNoLetter = i32.isZero(has(bitsAt(p, -4), layout.lookLetter))
    if (before === '') return any(isNoLetter, i32.ltU(byteAt(p, -3), number(0x61)))
    const isLast = (offset: number) => isByte(fold(byteAt(p, offset)), before.at(-1)!)
    return any(isLast(-4), all(isNoLetter, isLast(-5)))
  }
  const body = [
    ...set('raw', i32.load(at(p, -3))),
    ...set('folded', i32.or(get('raw'), number(0x20202020))),
    ...set('factor', i32.load(number(layout.factorOffset))),
    ...when(isByte(byteAt(p), '~'), giveBack(isByte(fold(byteAt(p, -1)), 'q'))),
    ...when(i32.isZero(inTable(get('folded'))), dropIf(i32.isZero(inTable(i32.and(get('folded'), number(-256)))))),
    // Ends of keys, with the tag of the value behind.
    ...when(isByte(byteAt(p), '\x12'), [
      ...when(isWord('ess\x12'), [
        ...dropIf(i32.ne(i32.or(i32.load(at(p, -7)), number(0x20202020)), number(word('addr')))),
        ...set('p', at(p, -7)),
        ...when(i32.isZero(has(bitsAt(p, -1), layout.lookLetter)), set('p', at(p, -1))),
        ...giveBack(isHome()),
      ]),
      ...[...endsByLast()].flatMap(([last, ends]) =>
        when(
          i32.eq(fold(byteAt(p, -1)), number(last)),
          [...ends].flatMap(([end, befores]) =>
            when(i32.eq(get('folded'), number(end)), giveBack(any(...befores.map(isBehindKey)))),
          ),
        ),
      ),
      ...giveBack(number(1)),
    ]),
    ...when(isByte(byteAt(p), ' '), [
      ...when(isWord('orn '), giveBack(isByte(fold(byteAt(p, -4)), 'b'))),
      // Mac OS
      ...dropIf(
        all(
          isWord('mac '),
          i32.eq(i32.or(i32.load16(p, 1), number(0x2020)), number(0x736f)),
          i32.isZero(has(bitsAt(p, 3), layout.lookLetter)),
        ),
      ),
      ...giveBack(i32.isZero(has(bitsAt(p, -4), layout.lookLetter))),
    ]),
    // The most frequent ones first.
    ...when(isWord('name'), [
      ...dropIf(has(bitsAt(p, 1), layout.lookLetter)),
      // Over one sign to the word before.
      ...set('p', at(p, -3)),
      ...when(i32.isZero(has(bitsAt(p, -1), layout.lookLetter)), set('p', at(p, -1))),
      ...keepIf(has(endingOf(p, 0), layout.lettersPerson)),
      ...giveBack(all(isByte(fold(byteAt(p, -1)), 'r'), isTrue(has(endingOf(p, -1), layout.lettersPerson)))),
    ]),
    ...when(isWord('oken'), giveBack(i32.ne(fold(next), number(0x73)))),
    ...when(isWord('veri'), giveBack(goesOn(1, 'fica'))),
    ...when(isWord('nfir'), giveBack(goesOn(1, 'mati'))),
    ...when(isWord('rity'), giveBack(goesOn(-7, 'secu'))),
    ...when(isWord('nsur'), giveBack(goesOn(1, 'ance'))),
    ...when(isWord('ni n'), [
      ...dropIf(has(bitsAt(p, -4), layout.lookLetter)),
      ...giveBack(any(isByte(fold(next), 'u'), isByte(fold(next), 'o'))),
    ]),
    ...when(isWord('piry'), giveBack(goesOn(-5, 'expi'))),
    ...when(any(isWord('y_co'), isWord('n_co')), giveBack(isByte(fold(next), 'd'))),
    ...when(
      isWord('nino'),
      giveBack(i32.isZero(i32.or(has(bitsAt(p, 1), layout.lookLetter), has(bitsAt(p, -4), layout.lookLetter)))),
    ),
    ...keyMiddles.flatMap(([literal, before]) =>
      before === '' || literal === 'n_ca' || literal === 'ncar'
        ? []
        : when(isWord(literal), giveBack(isByte(fold(byteAt(p, -4)), before))),
    ),
    ...when(i32.eq(byteAt(p), number(0x91)), giveBack(isTrue(has(bitsAt(p, 1), layout.lookDigit)))),
    ...when(isWord('5432'), giveBack(isByte(next, ':'))),
    // Paths: /home/, /Users, \Users; and \x40.
    ...when(any(isByte(byteAt(p, -3), '/'), isByte(byteAt(p, -3), '\\')), [
      ...giveBack(
        choose(
          isByte(byteAt(p), 'm'),
          i32.eq(get('raw'), number(word('/hom'))),
          any(isByte(byteAt(p, -2), 'U'), isByte(byteAt(p, -2), 'x')),
        ),
      ),
    ]),
    ...when(isWord('egin'), giveBack(isByte(byteAt(p), 'N'))),
    ...when(any(isWord('u003'), isWord('u004')), giveBack(isByte(byteAt(p, -4), '\\'))),
    ...when(any(isWord('c_ad'), isWord('c-ad')), giveBack(isByte(fold(byteAt(p, -4)), 'a'))),
    ...when(isWord('2fho'), giveBack(goesOn(1, 'me%2'))),
    ...when(isWord('stre'), giveBack(isByte(fold(next), 'e'))),
    ...when(isWord('pike'), giveBack(isByte(fold(next), 'y'))),
    ...when(
      i32.eq(i32.shrU(get('folded'), number(8)), number(word('\0key') >>> 8)),
      giveBack(i32.isZero(has(bitsAt(p, 1), layout.lookLetter))),
    ),
    ...number(1),
  ]
  return { locals: own, body }
}

/** `:`, `=`, `>`, `@` and `%`. */
function sign(): FunctionSettings {
  const { own, get, set } = locals(['byte', 'next', 'last', 'limit', 'colons', 'ends'], ['bytes'])
  const p = get('p')
  const equals = (byte: number): Code => v128.eq8(get('bytes'), v128.splat(byte))
  /** Whether an `@` comes before all that ends a URL, or nothing ends it within 48 bytes. */
  const isMailboxInUrl: Code = [
    ...set('last', at(p, 3)),
    ...set('limit', at(p, 3 + 48)),
    ...whileLoop(i32.ltU(get('last'), get('limit')), [
      ...set('bytes', v128.load(get('last'))),
      ...set(
        'ends',
        v128.bitmask8(
          [0x22, 0x27, 0x60, 0x3c, 0x3e, 0x40].map(equals).reduce(v128.or, v128.ltU8(get('bytes'), v128.splat(0x21))),
        ),
      ),
      ...when(get('ends'), giveBack(isByte(byteAt(i32.add(get('last'), i32.ctz(get('ends')))), '@'))),
      ...set('last', at(get('last'), 16)),
    ]),
    ...giveBack(number(1)),
  ]
  const body = [
    ...set('byte', byteAt(p)),
    ...set('next', byteAt(p, 1)),
    ...when(isByte(get('byte'), '@'), [
      ...dropIf(i32.leU(byteAt(p, -1), number(0x20))),
      ...giveBack(
        any(
          isTrue(has(bitsAt(p, 1), layout.lookToken)),
          i32.geU(get('next'), number(0x80)),
          isByte(get('next'), '.'),
          isByte(get('next'), '/'),
          isByte(get('next'), '('),
        ),
      ),
    ]),
    // %3A, %3D and %25, as `isEncodedSign` has them.
    ...when(isByte(get('byte'), '%'), [
      ...set('last', fold(byteAt(p, 2))),
      ...when(isByte(get('next'), '3'), [
        ...keepIf(isByte(get('last'), 'd')),
        ...giveBack(
          all(
            isByte(get('last'), 'a'),
            i32.isZero(i32.eq(i32.and(i32.load(at(p, 3)), number(0xdfffff)), number(word('%2F\0')))),
          ),
        ),
      ]),
      ...giveBack(
        all(
          isByte(get('next'), '2'),
          isByte(get('last'), '5'),
          isTrue(has(bitsAt(p, 3), layout.lookHex)),
          isTrue(has(bitsAt(p, 4), layout.lookHex)),
        ),
      ),
    ]),
    ...when(isByte(get('byte'), ':'), [
      ...when(i32.eq(i32.load16(p, 1), number(0x2f2f)), [
        // Of other schemes than those of the web credentials count that a limit cut off.
        ...set('next', i32.or(i32.load16(at(p, -2)), number(0x2020))),
        ...keepIf(
          i32.isZero(any(...['tp', 'ps', 'ws', 'ss'].map(two => i32.eq(get('next'), number(word(`${two}\0\0`)))))),
        ),
        ...set('next', byteAt(p, 1)),
        ...isMailboxInUrl,
      ]),
      ...keepIf(any(isByte(get('next'), '/'), isByte(get('next'), '\\'))),
      // Two colons, or five and more between hex digits.
      ...when(any(isByte(get('next'), ':'), isTrue(has(bitsAt(p, 1), layout.lookHex))), [
        ...set('last', p),
        ...set('limit', at(p, 60)),
        ...whileLoop(
          [
            ...set('byte', byteAt(get('last'))),
            ...all(
              i32.ltU(get('last'), get('limit')),
              any(isByte(get('byte'), ':'), isTrue(has(i32.load8(get('byte'), layout.bytesOffset), layout.lookHex))),
            ),
          ],
          [
            ...when(isByte(get('byte'), ':'), [
              ...set('colons', at(get('colons'), 1)),
              ...keepIf(i32.eq(i32.load16(get('last')), number(0x3a3a))),
            ]),
            ...set('last', at(get('last'), 1)),
          ],
        ),
        ...keepIf(i32.gtU(get('colons'), number(4))),
      ]),
      ...set('byte', byteAt(p)),
    ]),
    ...keepIf(all(isByte(get('byte'), '='), isByte(get('next'), '%'))),
    // The name before it.
    ...set('last', p),
    ...set('limit', at(p, -12)),
    ...whileLoop(
      all(isTrue(has(bitsAt(get('last'), -1), layout.lookBetween)), i32.gtU(get('last'), get('limit'))),
      set('last', at(get('last'), -1)),
    ),
    // X-Hub-Signature-256
    ...when(
      all(
        any(isByte(byteAt(get('last'), -1), '-'), isByte(byteAt(get('last'), -1), '_')),
        isTrue(has(bitsAt(get('last')), layout.lookDigit)),
      ),
      set('last', at(get('last'), -1)),
    ),
    ...when(call(nameIndex, get('last')), [
      ...set('limit', knownNameLength(get('last'))),
      ...keepIf(i32.isZero(get('limit'))),
      // What ends a name of several words: the one before counts, too.
      ...when(isByte(byteAt(i32.sub(get('last'), get('limit')), -1), ' '), [
        ...set('next', i32.or(i32.load(at(get('last'), -4)), number(0x20202020))),
        ...keepIf(
          any(
            ...tailEnds.map(end => i32.eq(get('next'), number(word(end)))),
            i32.eq(i32.shrU(get('next'), number(8)), number(word('\0 no') >>> 8)),
          ),
        ),
      ]),
    ]),
    ...number(0),
  ]
  return { locals: own, body }
}

/** Whether what ends before `p` may be a name that means something. */
function nameEnd(): FunctionSettings {
  const { own, get, set } = locals(['byte', 'next', 'last', 'limit'])
  const body = [
    ...set('last', get('p')),
    ...set('byte', byteAt(get('last'), -1)),
    // The end of a colour.
    ...when(isByte(get('byte'), 'm'), [
      ...set('next', byteAt(get('last'), -2)),
      ...keepIf(any(between(get('next'), 0x30, 0x39), isByte(get('next'), ';'), isByte(get('next'), '['))),
    ]),
    // Words of other scripts: the end of a character of several bytes, or one letter behind that.
    ...set('next', byteAt(get('last'), -2)),
    ...keepIf(
      any(
        all(between(get('byte'), 0x80, 0xbf), i32.geU(get('next'), number(0x80))),
        all(
          between(get('next'), 0x80, 0xbf),
          isTrue(has(bitsAt(get('last'), -1), layout.lookLetter)),
          i32.geU(byteAt(get('last'), -3), number(0x80)),
        ),
      ),
    ),
    ...dropIf(i32.isZero(has(bitsAt(get('last'), -1), layout.lookLetter))),
    ...set('byte', endingOf(get('last'), 0)),
    ...keepIf(has(get('byte'), layout.lettersEnd)),
    ...when(has(get('byte'), layout.lettersFour), [
      ...keepIf(i32.isZero(has(bitsAt(get('last'), -4), layout.lookLetter))),
      ...set('next', hash16(i32.and(i32.load(at(get('last'), -4)), number(0x1f1f1f1f)))),
      ...keepIf(bitIn(layout.foursOffset, get('next'))),
    ]),
    ...when(has(get('byte'), layout.lettersThree), keepIf(mayBeginWord(get('last'), -3))),
    ...when(has(get('byte'), layout.lettersTwo), keepIf(mayBeginWord(get('last'), -2))),
    ...dropIf(i32.isZero(has(get('byte'), layout.lettersMore))),
    ...set('limit', at(get('last'), -10)),
    ...whileLoop(all(isTrue(has(bitsAt(get('last'), -1), layout.lookLetter)), i32.gtU(get('last'), get('limit'))), [
      ...set('last', at(get('last'), -1)),
      ...keepIf(
        all(
          i32.ltU(byteAt(get('last')), number(0x61)),
          i32.geU(byteAt(get('last'), -1), number(0x61)),
          isTrue(has(bitsAt(get('last'), -1), layout.lookLetter)),
        ),
      ),
    ]),
    ...any(
      i32.eq(get('last'), get('limit')),
      isTrue(has(bitsAt(get('last'), -1), layout.lookToken)),
      isByte(byteAt(get('last'), -1), '.'),
    ),
  ]
  return { locals: own, body }
}

/** The length of the name that ends before `p`, where that is known to mean nothing; otherwise 0. */
function knownName(): FunctionSettings {
  const { own, get, set } = locals(['length', 'place'], ['bytes'])
  const p = get('p')
  const bytes = get('bytes')
  const table = (index: number) => v128.load(number(layout.constantsOffset), 16 * index)
  const classes = v128.and(
    v128.swizzle(table(layout.lowTableIndex), v128.and(bytes, v128.splat(15))),
    v128.swizzle(table(layout.highTableIndex), v128.and(v128.shrU16(bytes, 4), v128.splat(15))),
  )
  const isName = v128.or(
    v128.addSaturatedU8(classes, v128.splat(0x80 - layout.classTokenMin)),
    v128.eq8(bytes, v128.splat('.'.charCodeAt(0))),
  )
  const isNameAt = (place: Code): Code => v128.allTrue8(v128.eq8(bytes, v128.load(place, layout.namesOffset)))
  const body = [
    ...set('bytes', v128.load(at(p, -16))),
    ...set('length', i32.clz(i32.xor(i32.shl(v128.bitmask8(isName), number(16)), number(-1)))),
    ...dropIf(i32.gtU(i32.sub(get('length'), number(1)), number(layout.nameBytesMax - 1))),
    // Behind what is no text the first byte of a name may be a length, behind a backslash the end of an escape.
    ...set('place', byteAt(i32.sub(p, get('length')), -1)),
    ...dropIf(any(isByte(get('place'), '\\'), i32.isZero(between(get('place'), 0x20, 0x7f)))),
    ...set('bytes', v128.and(bytes, v128.load(get('length'), layout.nameMaskOffset))),
    ...set('place', i32.shl(placeOf(bytes, layout.namePlaceShift), number(4))),
    ...i32.mul(get('length'), i32.or(isNameAt(get('place')), isNameAt(i32.xor(get('place'), number(16))))),
  ]
  return { locals: own, body }
}

/**
 * The same as of a literal; where it is nothing in a key, or in a name as most names of telemetry are, the bytes around it are
 * remembered: all that was looked at lies in them.
 */
function learningLiteral(): FunctionSettings {
  const { own, get, set } = locals(['isLeft', 'place'], ['bytes'])
  const p = get('p')
  const isInKey = isByte(byteAt(p), '\x12')
  const isName = i32.eq(i32.or(i32.load(at(p, -3)), number(0x20202020)), number(word('name')))
  const body = [
    ...set('bytes', v128.load(at(p, -layout.contextReach))),
    ...set('place', contextPlace(get('bytes'))),
    ...dropIf(v128.allTrue8(v128.eq8(get('bytes'), v128.load(get('place'), layout.contextsOffset)))),
    ...set('isLeft', lookAt.literal(p)),
    ...when(
      all(i32.isZero(get('isLeft')), any(isInKey, isName)),
      v128.store(get('place'), get('bytes'), layout.contextsOffset),
    ),
    ...get('isLeft'),
  ]
  return { locals: own, body }
}

export const firstLook = (): readonly FunctionSettings[] => [
  literal(),
  sign(),
  digits(),
  token(),
  nameEnd(),
  knownName(),
  learningLiteral(),
]
/** Indexes of the functions, where they stand behind `scan`. */
export const lookAt = {
  literal: (p: Code) => call(1, p),
  learningLiteral: (p: Code) => call(7, p),
  sign: (p: Code) => call(2, p),
  digits: (p: Code) => call(3, p),
  token: (p: Code) => call(4, p),
}
