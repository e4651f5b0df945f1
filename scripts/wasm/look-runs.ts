import * as layout from '../../src/processors/redaction/scan/scan-layout.ts'
import { wireBytes } from '../../src/wire/wire-type.ts'
import { type Code, choose, type FunctionSettings, giveBack, i32, v128, when, whileLoop } from './assembler.ts'
import {
  all,
  any,
  at,
  between,
  bitIn,
  bitsAt,
  byteAt,
  dropIf,
  has,
  hash16,
  isByte,
  isTrue,
  keepIf,
  knownNameLength,
  locals,
  number,
  word,
} from './look-parts.ts'

// The first look at runs of digits and of token bytes.

/** A run of digits and single separators, one byte behind its seventh place. */
export function digits(): FunctionSettings {
  const { own, get, set } = locals(
    [
      ...['from', 'to', 'limit', 'byte', 'bits', 'dots', 'others', 'octet', 'shortOctet', 'big', 'before', 'start'],
      ...['a', 'b', 'shortA', 'isPlain', 'digits', 'points', 'count'],
    ],
    ['bytes'],
  )
  const from = get('from')
  const to = get('to')
  const count = (name: string): Code => set(name, at(get(name), 1))
  const tenfold = (name: string): Code => i32.add(i32.mul(get(name), number(10)), i32.sub(get('byte'), number(0x30)))
  const isDigitAt = (address: Code, offset = 0): Code => has(bitsAt(address, offset), layout.lookDigit)
  const length = i32.sub(to, from)
  const isMasked = (index: number): Code => i32.load8(number(layout.maskedOffset + index))
  /** Whether addresses that begin so are of a class that is left alone. */
  const isLeftAlone = (a: Code, b: Code): Code =>
    any(
      all(
        any(
          i32.eq(a, number(10)),
          all(i32.eq(a, number(192)), i32.eq(b, number(168))),
          all(i32.eq(a, number(172)), between(b, 16, 31)),
        ),
        i32.isZero(isMasked(0)),
      ),
      all(i32.eq(a, number(127)), i32.isZero(isMasked(1))),
      all(i32.eq(a, number(0)), i32.isZero(isMasked(2))),
    )
  /** A private address, all of its sixteen bytes at once: it is frequent, and which digits it has nobody foresees. */
  const isPlainPrivate: Code = [
    ...set('bytes', v128.load(from)),
    ...set('digits', v128.bitmask8(v128.ltU8(v128.sub8(get('bytes'), v128.splat(0x30)), v128.splat(10)))),
    ...set('points', v128.bitmask8(v128.eq8(get('bytes'), v128.splat(0x2e)))),
    ...set('count', i32.ctz(i32.xor(i32.or(get('digits'), get('points')), number(-1)))),
    ...set('points', i32.and(get('points'), i32.sub(i32.shl(number(1), get('count')), number(1)))),
    ...all(
      get('isPlain'),
      i32.isZero(isMasked(0)),
      i32.ltU(get('count'), number(16)),
      i32.eq(i32.popcnt(get('points')), number(3)),
      i32.isZero(i32.and(get('points'), i32.shrU(get('points'), number(1)))),
      i32.isZero(has(bitsAt(i32.add(from, i32.sub(get('count'), number(1)))), layout.lookJoint)),
      i32.isZero(has(bitsAt(i32.add(from, get('count'))), layout.lookJoint)),
      i32.isZero(isByte(get('before'), '+')),
      any(
        i32.eq(i32.and(i32.load(from), number(0xffffff)), number(word('10.\0'))),
        all(i32.eq(i32.load(from), number(word('192.'))), i32.eq(i32.load(from, 4), number(word('168.')))),
        all(
          i32.eq(i32.load(from), number(word('172.'))),
          isByte(byteAt(from, 6), '.'),
          between(
            i32.add(i32.mul(byteAt(from, 4), number(10)), byteAt(from, 5)),
            0x30 * 10 + 0x30 + 16,
            0x30 * 10 + 0x30 + 31,
          ),
        ),
      ),
    ),
  ]
  const isDateFrom = (offset: number): Code =>
    all(
      isByte(byteAt(from, offset), '2'),
      isByte(byteAt(from, offset + 1), '0'),
      i32.eq(byteAt(from, offset + 4), byteAt(from, offset + 7)),
      i32.isZero(isDigitAt(from, offset + 4)),
      i32.isZero(isDigitAt(to)),
    )
  /** 415.555.2671 and 536.22.8713 */
  const isDotted = (offset: number): Code =>
    all(
      isByte(byteAt(from, offset + 3), '.'),
      any(
        all(isByte(byteAt(from, offset + 7), '.'), isDigitAt(from, offset + 11)),
        all(isByte(byteAt(from, offset + 6), '.'), isDigitAt(from, offset + 10)),
      ),
    )
  const body = [
    // A candidate is the seventh place of its run, one byte late.
    ...set('from', at(get('p'), -layout.digitRunMin)),
    ...set('before', byteAt(from, -1)),
    // The first digit may be a length, with the end of a tag before it.
    ...set(
      'isPlain',
      all(
        i32.ne(i32.and(get('before'), number(7)), number(wireBytes)),
        i32.ltU(get('before'), number(0x80)),
        i32.ltU(byteAt(from, -2), number(0x80)),
      ),
    ),
    ...dropIf(isPlainPrivate),
    ...set('to', from),
    ...set('limit', at(from, 40)),
    ...whileLoop(
      [
        ...set('byte', byteAt(to)),
        ...set('bits', i32.load8(get('byte'), layout.bytesOffset)),
        ...all(
          i32.ltU(to, get('limit')),
          any(has(get('bits'), layout.lookDigit), all(isTrue(has(get('bits'), layout.lookJoint)), isDigitAt(to, 1))),
        ),
      ],
      [
        ...when(has(get('bits'), layout.lookDigit), [
          ...set('octet', tenfold('octet')),
          ...when(i32.gtU(to, from), set('shortOctet', tenfold('shortOctet'))),
        ]),
        ...when(i32.isZero(has(get('bits'), layout.lookDigit)), [
          ...when(isByte(get('byte'), '.'), [
            ...count('dots'),
            ...when(i32.eq(get('dots'), number(1)), [...set('a', get('octet')), ...set('shortA', get('shortOctet'))]),
            ...when(i32.eq(get('dots'), number(2)), set('b', get('octet'))),
            ...set('big', i32.or(get('big'), i32.gtU(get('octet'), number(255)))),
          ]),
          ...when(i32.isZero(isByte(get('byte'), '.')), count('others')),
          ...set('octet', number(0)),
          ...set('shortOctet', number(0)),
        ]),
        ...set('to', at(to, 1)),
      ],
    ),
    ...when(all(i32.eq(get('dots'), number(3)), i32.isZero(get('others')), i32.leU(length, number(16))), [
      // Chrome/126.0.0.0
      ...when(all(isByte(get('before'), '/'), isTrue(has(bitsAt(from, -2), layout.lookLetter))), [
        ...set('start', at(from, -1)),
        ...set('limit', at(from, -32)),
        ...whileLoop(
          all(isTrue(has(bitsAt(get('start'), -1), layout.lookToken)), i32.gtU(get('start'), get('limit'))),
          set('start', at(get('start'), -1)),
        ),
        ...keepIf(i32.eq(get('start'), get('limit'))),
        ...dropIf(i32.isZero(isByte(byteAt(get('start'), -1), '/'))),
      ]),
      ...keepIf(get('big')),
      ...giveBack(
        i32.isZero(all(isLeftAlone(get('a'), get('b')), any(get('isPlain'), isLeftAlone(get('shortA'), get('b'))))),
      ),
    ]),
    // claude-sonnet-4-20250514: a name with a date in it.
    ...when(all(isByte(get('before'), '-'), isTrue(has(bitsAt(from, -2), layout.lookLetter))), [
      ...set('start', to),
      ...whileLoop(all(i32.gtU(get('start'), from), isDigitAt(get('start'), -1)), set('start', at(get('start'), -1))),
      ...dropIf(
        all(
          between(i32.sub(to, get('start')), 8, 10),
          i32.leU(i32.sub(get('start'), from), number(3)),
          isByte(byteAt(get('start')), '2'),
          isByte(byteAt(get('start'), 1), '0'),
          i32.leU(byteAt(get('start'), 4), number(0x31)),
          i32.leU(byteAt(get('start'), 6), number(0x33)),
        ),
      ),
    ]),
    // Decimal numbers and versions.
    ...when(
      all(
        isTrue(get('dots')),
        i32.ltU(get('dots'), number(3)),
        i32.isZero(get('others')),
        i32.ltU(i32.sub(length, get('dots')), number(20)),
        any(...[0, 1, 2, 3, 4, 5, 6].map(offset => isByte(byteAt(from, offset), '.'))),
      ),
      giveBack(
        any(
          ...[')', '%', '+'].map(one => isByte(get('before'), one)),
          all(isByte(get('before'), ' '), isByte(byteAt(from, -2), ')')),
          isDotted(0),
          isDotted(1),
          ...[0, 1].map(offset =>
            all(
              isByte(byteAt(from, offset + 2), '.'),
              isByte(byteAt(from, offset + 7), '.'),
              isDigitAt(from, offset + 11),
            ),
          ),
          // 12.345.678 and 1112.22.333
          all(isByte(byteAt(to, -4), '.'), any(isByte(byteAt(to, -8), '.'), isByte(byteAt(to, -7), '.'))),
        ),
      ),
    ),
    ...keepIf(isByte(get('before'), '%')),
    ...dropIf(all(i32.eq(length, number(10)), isDateFrom(0))),
    ...dropIf(all(i32.eq(length, number(11)), isDateFrom(1))),
    ...number(1),
  ]
  return { locals: own, body }
}

/** A run of token bytes, at its seventeenth. Those with two capitals are for `Prefilter`; most have none. */
export function token(): FunctionSettings {
  const { own, get, set } = locals(
    [
      ...['from', 'to', 'first', 'limit', 'before', 'next', 'byte', 'bits', 'words', 'digits', 'uppers', 'dashes'],
      ...['tokens', 'letters', 'smalls', 'starts', 'marks'],
    ],
    ['classes0', 'classes1'],
  )
  const p = get('p')
  const from = get('from')
  const to = get('to')
  const first = get('first')
  const count = (name: string, more: Code = number(1)): Code => set(name, i32.add(get(name), more))
  const beforeIs = (...signs: string[]): Code => any(...signs.map(one => isByte(get('before'), one)))
  const isOpened = beforeIs('"', "'", '`', '(', '{', '<', '\t')
  const isNameByte = (byte: Code): Code =>
    any(isTrue(has(i32.load8(byte, layout.bytesOffset), layout.lookToken)), isByte(byte, '.'))
  const isUpperAt = (offset: number): Code => isTrue(has(bitsAt(from, offset), layout.lookUpper))
  /** One bit per byte of the 32 from `from` on, from what `signBit` makes the top bit of each. */
  const maskOf = (signBit: (half: number) => Code): Code =>
    i32.or(v128.bitmask8(signBit(0)), i32.shl(v128.bitmask8(signBit(1)), number(16)))
  const nibblesOf = (half: number): Code => {
    const bytes = v128.load(from, 16 * half)
    const table = (index: number) => v128.load(number(layout.constantsOffset), 16 * index)
    return v128.and(
      v128.swizzle(table(layout.lowTableIndex), v128.and(bytes, v128.splat(15))),
      v128.swizzle(table(layout.highTableIndex), v128.and(v128.shrU16(bytes, 4), v128.splat(15))),
    )
  }
  const classes = (half: number): Code => get(`classes${half}`)
  const classMask = (shift: number): Code =>
    maskOf(half => (shift === 0 ? classes(half) : v128.shl16(classes(half), shift)))
  const equalMask = (character: string): Code =>
    maskOf(half => v128.eq8(v128.load(from, 16 * half), v128.splat(character.charCodeAt(0))))
  const within = (name: string): Code => set(name, i32.and(get(name), get('tokens')))
  /** Of a run shorter than 32 bytes, everything that the loop would count. */
  const countAtOnce: Code = [
    ...set('digits', classMask(0)),
    ...set('letters', i32.or(classMask(layout.classLettersShift), classMask(layout.classLettersShift + 1))),
    ...set(
      'smalls',
      maskOf(half => v128.shl16(v128.load(from, 16 * half), 2)),
    ),
    ...set('dashes', classMask(layout.classDashShift)),
    ...set('to', i32.ctz(i32.xor(get('tokens'), number(-1)))),
    ...set('tokens', i32.sub(i32.shl(number(1), get('to')), number(1))),
    // Where a word may begin, or one byte later, a vendor's prefix may.
    ...set('starts', i32.xor(i32.or(get('digits'), get('letters')), number(-1))),
    ...set('starts', i32.or(i32.shl(get('starts'), number(1)), number(1))),
    ...set('starts', i32.or(get('starts'), i32.shl(get('starts'), number(1)))),
    ...['starts', 'digits', 'letters', 'dashes'].flatMap(within),
    ...whileLoop(get('starts'), [
      ...set('next', hash16(i32.and(i32.load(i32.add(from, i32.ctz(get('starts')))), number(0xffffff)))),
      ...keepIf(bitIn(layout.startsOffset, get('next'))),
      ...set('starts', i32.and(get('starts'), i32.sub(get('starts'), number(1)))),
    ]),
    ...set('uppers', i32.and(get('letters'), i32.xor(get('smalls'), number(-1)))),
    ...set('bits', i32.and(equalMask('J'), get('tokens'))),
    ...keepIf(i32.gtU(i32.popcnt(get('bits')), number(1))),
    ...when(get('bits'), keepIf(i32.eq(i32.load16(at(i32.add(from, i32.ctz(get('bits'))), -2)), number(0x7965)))),
    ...when(i32.gtU(i32.popcnt(get('uppers')), number(1)), keepIf(i32.and(equalMask('A'), get('tokens')))),
    ...set('uppers', i32.popcnt(get('uppers'))),
    ...set('dashes', i32.popcnt(get('dashes'))),
    ...set('to', i32.add(from, get('to'))),
  ]
  const body = [
    ...set('from', at(p, 1 - layout.tokenRunMin)),
    ...set('before', byteAt(from, -1)),
    // The length of an attribute's or a body's text, with the tags and the length around it before it.
    ...when(
      all(
        isByte(byteAt(from, -2), '\n'),
        i32.eq(byteAt(from, -3), i32.add(get('before'), number(2))),
        any(isByte(byteAt(from, -4), '\x12'), isByte(byteAt(from, -4), '*')),
      ),
      set('before', number(0)),
    ),
    // Escapes and colours: what stands behind them is told apart elsewhere.
    ...keepIf(beforeIs('%', '\\', '[', ';')),
    ...set('first', from),
    ...when(beforeIs('.'), set('first', at(from, -24))),
    ...when(beforeIs('/', '+'), [
      ...set('limit', at(from, -48)),
      ...whileLoop(
        all(
          any(
            isTrue(has(bitsAt(first, -1), layout.lookToken)),
            isByte(byteAt(first, -1), '/'),
            isByte(byteAt(first, -1), '+'),
          ),
          i32.gtU(first, get('limit')),
        ),
        set('first', at(first, -1)),
      ),
    ]),
    // Escapes in or before what was taken along: a word begins behind each.
    ...set('byte', byteAt(first, -1)),
    ...keepIf(isEscape(get('byte'))),
    ...set('to', first),
    ...set('limit', at(p, 112)),
    ...when(i32.eq(first, from), [
      ...[0, 1].flatMap(half => set(`classes${half}`, nibblesOf(half))),
      ...set(
        'tokens',
        maskOf(half => v128.addSaturatedU8(classes(half), v128.splat(0x80 - layout.classTokenMin))),
      ),
      ...when(i32.ne(get('tokens'), number(-1)), countAtOnce),
    ]),
    // To go on behind a run that was counted is to stop at once.
    ...whileLoop(
      [
        ...set('byte', byteAt(to)),
        ...set('bits', i32.load8(get('byte'), layout.bytesOffset)),
        ...any(i32.ltU(to, from), isTrue(has(get('bits'), layout.lookToken))),
      ],
      [
        ...keepIf(all(i32.ltU(to, from), isEscape(get('byte')))),
        // Where a word may begin, a vendor's prefix may; what was taken along may begin within an escape.
        ...when(any(i32.ltU(get('words'), number(2)), all(i32.ltU(first, from), i32.ltU(to, at(first, 16)))), [
          ...set('next', hash16(i32.and(i32.load(to), number(0xffffff)))),
          ...keepIf(bitIn(layout.startsOffset, get('next'))),
        ]),
        ...set('words', choose(has(get('bits'), layout.lookDigit | layout.lookLetter), at(get('words'), 1), number(0))),
        ...when(i32.geU(to, from), [
          ...count('digits', i32.and(get('bits'), number(layout.lookDigit))),
          ...count('uppers', isTrue(has(get('bits'), layout.lookUpper))),
          ...count('dashes', isByte(get('byte'), '-')),
          ...keepIf(all(isByte(get('byte'), 'e'), i32.eq(i32.load16(to, 1), number(0x4a79)))),
        ]),
        ...set('marks', i32.or(get('marks'), isByte(get('byte'), 'A'))),
        ...keepIf(all(i32.gtU(get('uppers'), number(1)), i32.ltU(first, from))),
        ...keepIf(i32.eq(to, get('limit'))),
        ...set('to', at(to, 1)),
      ],
    ),
    // Capitals: a mark of Azure's, which has an A in it, the beginning of an account number, words in a few turns or in quotes.
    ...when(i32.gtU(get('uppers'), number(1)), [
      ...keepIf(get('marks')),
      ...keepIf(any(isByte(byteAt(to), '+'), isByte(byteAt(to), '/'))),
      ...keepIf(any(...[0, 1, 2].map(offset => all(isUpperAt(offset), isUpperAt(offset + 1))))),
      ...when(i32.isZero(get('digits')), keepIf(any(i32.gtU(get('uppers'), number(2)), isOpened))),
    ]),
    // Pairs of hex with dashes between them.
    ...keepIf(all(i32.geU(get('dashes'), number(5)), i32.leU(i32.sub(to, from), number(26)))),
    ...dropIf(i32.isZero(get('digits'))),
    ...keepIf(beforeIs(' ', '+', '~')),
    // Behind a quote or a bracket the word before counts; one that was learned, and before which no other stands, says nothing.
    ...when(isOpened, [
      ...set('first', from),
      ...set('limit', at(from, -8)),
      ...whileLoop(
        all(
          i32.gtU(first, get('limit')),
          i32.geU(byteAt(first, -1), number(0x20)),
          i32.isZero(isNameByte(byteAt(first, -1))),
        ),
        set('first', at(first, -1)),
      ),
      ...keepIf(isByte(byteAt(first, -1), ' ')),
      ...when(isNameByte(byteAt(first, -1)), [
        ...set('words', knownNameLength(first)),
        ...keepIf(any(i32.isZero(get('words')), isByte(byteAt(i32.sub(first, get('words')), -1), ' '))),
      ]),
    ]),
    ...set('byte', byteAt(to)),
    ...keepIf(any(isByte(get('byte'), '%'), isByte(get('byte'), '~'))),
    // Behind the point more, or a part as long as the first one of Discord's tokens; otherwise it is a sentence's, or a length.
    ...when(
      isByte(get('byte'), '.'),
      keepIf(any(isTrue(has(bitsAt(to, 1), layout.lookToken)), between(i32.sub(to, from), 23, 31))),
    ),
    ...keepIf(any(...[6, 5, 4].map(back => isUs(at(to, -back))))),
    ...keepIf(all(isByte(byteAt(to, -9), '-'), isByte(byteAt(to, -18), '-'))),
    ...keepIf(i32.eq(i32.load(at(to, -4)), number(word('_mmk')))),
    // A hash of a password: a dollar sign before it.
    ...when(has(i32.load8(get('before'), layout.bytesOffset), layout.lookHashSign), [
      ...set('first', from),
      ...set('limit', at(from, -160 + 64)),
      ...whileLoop(
        all(isTrue(has(bitsAt(first, -1), layout.lookHashSign | layout.lookToken)), i32.gtU(first, get('limit'))),
        [...keepIf(isByte(byteAt(first, -1), '$')), ...set('first', at(first, -1))],
      ),
      ...keepIf(i32.eq(first, get('limit'))),
    ]),
    ...when(
      beforeIs(':'),
      giveBack(
        any(
          all(...[-2, -3, -4, -5].map(offset => has(bitsAt(from, offset), layout.lookDigit))),
          i32.eq(i32.load16(from), number(0x4141)),
        ),
      ),
    ),
    ...when(beforeIs('/'), [
      ...set('first', at(from, -64)),
      ...whileLoop(i32.ltU(first, from), [
        ...set('byte', i32.load(first)),
        ...keepIf(any(...['slac', 'webh'].map(one => i32.eq(get('byte'), number(word(one)))))),
        ...set('byte', i32.or(get('byte'), number(0x20202020))),
        ...keepIf(any(...['rese', 'magi'].map(one => i32.eq(get('byte'), number(word(one)))))),
        ...set('first', at(first, 1)),
      ]),
    ]),
    ...number(0),
  ]
  return { locals: own, body }
}

/** `-us`, as at the end of Mailchimp's keys. */
const isUs = (address: Code): Code => i32.eq(i32.and(i32.load(address), number(0xffffff)), number(word('-us\0')))

const isEscape = (byte: Code): Code => any(...['%', '\\', '[', ';'].map(one => isByte(byte, one)))
