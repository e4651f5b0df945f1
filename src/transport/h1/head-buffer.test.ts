import t from 'tap'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { HeadBuffer } from './head-buffer.ts'
import { parseHead } from './request-head.ts'

function headOf(length: string, rest = 'x-a: 1\r\n'): Buffer {
  return Buffer.from(`POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n${rest}\r\n`, 'latin1')
}

/** A buffer that has seen `first`, as a connection leaves it. */
function primed(first: Buffer, bytesMax = 4096) {
  const buffer = new HeadBuffer(bytesMax)
  buffer.push(first, 0, first.length)
  const head = parseHead(first.toString('latin1'), 20)
  buffer.vary(head.lengthStart, head.lengthEnd)
  return { buffer, head }
}

t.test('the last head is known again with another length, and nothing else', async t => {
  const { buffer, head } = primed(headOf('17'))
  for (const digits of ['17', '0', '9', '100', '123456789012345']) {
    const next = Buffer.concat([Buffer.from('before'), headOf(digits), Buffer.from('body')])
    t.equal(buffer.matchLast(next, 6, next.length), next.length - 4, digits)
    t.equal(buffer.digits, Number(digits))
    t.same(head.withLength(buffer.digits).values, parseHead(headOf(digits).toString('latin1'), 20).values)
  }
  for (const digits of ['', '017', '+1', '1 ', '1,1', '0x1', '1234567890123456', '1\r\ncontent-length: 2']) {
    const next = headOf(digits)
    t.equal(buffer.matchLast(next, 0, next.length), -1, JSON.stringify(digits))
  }
  const longer = headOf('17', 'x-a: 1\r\nx-b: 2\r\n')
  t.equal(buffer.matchLast(longer, 0, longer.length), -1)
  t.equal(buffer.matchLast(headOf('17'), 0, headOf('17').length - 1), -1, 'all of it must be there')
})

t.test('a head that grows above the limit with its length is not known', async t => {
  const first = headOf('1')
  const { buffer } = primed(first, first.length + 1)
  t.equal(buffer.matchLast(headOf('22'), 0, first.length + 1), first.length + 1)
  t.equal(buffer.matchLast(headOf('333'), 0, first.length + 2), -1)
})

t.test('a head without a length is known only byte for byte', async t => {
  const { buffer, head } = primed(Buffer.from('GET / HTTP/1.1\r\nhost: 1\r\n\r\n'))
  t.equal(head.contentLength, -1)
  t.equal(buffer.matchLast(Buffer.from('GET / HTTP/1.1\r\nhost: 1\r\n\r\n'), 0, 27), 27)
  t.equal(buffer.matchLast(Buffer.from('GET / HTTP/1.1\r\nhost: 2\r\n\r\n'), 0, 27), -1)
})

t.test('whatever is known again means what the parser would have read', async t => {
  const random = new SeededRandom(41)
  let known = 0
  for (let round = 0; round < 4000; round++) {
    const { buffer, head } = primed(headOf(String(random.below(2000))))
    let next = headOf(String(random.below(200_000)))
    for (let i = random.below(3); i > 0; i--) {
      const at = random.below(next.length)
      // Mostly around the length, where a mistake would be.
      const near = random.chance(0.7) ? head.lengthStart - 2 + random.below(10) : at
      const kind = random.below(3)
      const byte = Buffer.from([random.chance(0.7) ? random.pick([0x30, 0x31, 0x39, 0x20, 13, 10]) : random.below(256)])
      next = Buffer.concat([
        next.subarray(0, near),
        kind === 0 ? Buffer.alloc(0) : byte,
        next.subarray(near + (kind < 2 ? 1 : 0)),
      ])
    }
    const headEnd = buffer.matchLast(next, 0, next.length)
    if (headEnd < 0) continue
    known++
    const expected = parseHead(next.subarray(0, headEnd).toString('latin1'), 20)
    const found = head.withLength(buffer.digits)
    const same = JSON.stringify({ ...expected, lengthStart: 0, lengthEnd: 0 })
    if (JSON.stringify({ ...found, lengthStart: 0, lengthEnd: 0 }) !== same || headEnd !== next.length) {
      t.fail(`round ${round}: ${JSON.stringify(next.toString('latin1'))}`)
    }
  }
  t.ok(known > 500 && known < 3900, `${known} known`)
})
