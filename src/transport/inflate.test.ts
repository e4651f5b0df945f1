import { deflateSync, gzipSync, constants as zlibConstants, zstdCompressSync } from 'node:zlib'
import SnappyJS from 'snappyjs'
import t from 'tap'
import { compress, compressSync } from './compress.ts'
import {
  type ContentEncoding,
  contentEncoding,
  defaultInflateLimits,
  type InflateLimits,
  inflate,
  spareBytes,
} from './inflate.ts'
import { InflateError } from './inflate-error.ts'

const text = Buffer.from('telemetry stays bytes '.repeat(2000))
const noise = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7919 + (i >> 3) * 31) & 255))

/** Grants up to a number of bytes and remembers what it granted. */
class Room {
  granted = 0
  readonly bytesMax: number
  constructor(bytesMax = Number.POSITIVE_INFINITY) {
    this.bytesMax = bytesMax
  }
  reserve(moreBytes: number): boolean {
    if (this.granted + moreBytes > this.bytesMax) return false
    this.granted += moreBytes
    return true
  }
  async reserveSoon(moreBytes: number): Promise<boolean> {
    return this.reserve(moreBytes)
  }
}

async function failure(encoding: ContentEncoding, bytes: Uint8Array, limits = defaultInflateLimits, room = new Room()) {
  try {
    await inflate(encoding, bytes, limits, room)
    return 'none'
  } catch (error) {
    return error instanceof InflateError ? error.kind : `threw ${error}`
  }
}

t.test('every encoding comes back as it went in, small and large, sync and off the thread', async t => {
  for (const encoding of ['identity', 'gzip', 'deflate', 'zstd', 'snappy', 'x-snappy-framed', 'lz4'] as const) {
    for (const original of [Buffer.alloc(0), Buffer.from('a'), noise, text, Buffer.concat(Array(60).fill(noise))]) {
      const room = new Room()
      const halves = [original.subarray(0, original.length >> 1), original.subarray(original.length >> 1)]
      const body = Buffer.concat(await compress(encoding, halves))
      const out = await inflate(contentEncoding(encoding)!, body, defaultInflateLimits, room)
      t.ok(original.equals(out), `${encoding} of ${original.length} bytes`)
      if (encoding !== 'identity') t.ok(room.granted >= original.length, 'memory was reserved before it was used')
    }
  }
})

t.test('a body that says its length takes memory once, and hardly more than that', async t => {
  const original = Buffer.concat(Array(200).fill(noise))
  const { allocUnsafe } = Buffer
  const taken: number[] = []
  Buffer.allocUnsafe = size => {
    if (size >= original.length) taken.push(size)
    return allocUnsafe(size)
  }
  t.teardown(() => {
    Buffer.allocUnsafe = allocUnsafe
  })
  for (const [encoding, body] of [
    ['gzip', gzipSync(original)],
    ['zstd', zstdCompressSync(original, { params: { [zlibConstants.ZSTD_c_contentSizeFlag]: 1 } })],
  ] as const) {
    taken.length = 0
    const out = await inflate(encoding, body, defaultInflateLimits, new Room())
    t.equal(out.length, original.length)
    t.equal(out.buffer.byteLength, original.length + spareBytes)
    t.same(taken, [original.length + spareBytes], encoding)
  }
})

t.test('an independent snappy reads ours and ours reads its', async t => {
  for (const original of [noise, text, Buffer.from('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')]) {
    t.ok(original.equals(SnappyJS.uncompress(compressSync('snappy', original))))
    const theirs = SnappyJS.compress(original)
    t.ok(original.equals(await inflate('snappy', theirs, defaultInflateLimits, new Room())))
  }
  t.ok(compressSync('snappy', text).length < text.length / 10, 'and it does compress')
})

t.test(
  'frames of the lz4 command are read: block checksums, blocks that depend on each other, more than one',
  async t => {
    // `lz4 -c -9 -BD -BX` of `telemetry stays bytes ` twenty times.
    const theirs = 'BCJNGHRAvSIAAAD/B3RlbGVtZXRyeSBzdGF5cyBieXRlcyAWAP+LUHl0ZXMgX05n1AAAAADv4OkH'
    const frame = Buffer.from(theirs, 'base64')
    const expected = 'telemetry stays bytes '.repeat(20)
    t.equal(Buffer.from(await inflate('lz4', frame, defaultInflateLimits, new Room())).toString(), expected)
    const skippable = Buffer.from([0x52, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9])
    const both = await inflate('lz4', Buffer.concat([frame, skippable, frame]), defaultInflateLimits, new Room())
    t.equal(Buffer.from(both).toString(), expected + expected)
    for (let offset = 0; offset < frame.length; offset++) {
      const damaged = Buffer.from(frame)
      damaged[offset]! ^= 0x10
      const kind = await failure('lz4', damaged)
      if (kind !== 'malformed' && kind !== 'too_large') t.fail(`a flipped bit at ${offset}: ${kind}`)
    }
  },
)

t.test('gzip members one after the other are one body, zeros may pad it, anything else may not follow', async t => {
  const member = gzipSync(text)
  const both = await inflate('gzip', Buffer.concat([member, member]), defaultInflateLimits, new Room())
  t.equal(both.length, text.length * 2)
  t.equal(await failure('gzip', Buffer.concat([member, Buffer.alloc(7)])), 'none')
  t.equal(await failure('gzip', Buffer.concat([member, Buffer.from('x')])), 'malformed')
  t.equal(await failure('gzip', Buffer.concat([member, Buffer.alloc(3), Buffer.from('garbage')])), 'malformed')
  for (const [encoding, body] of [
    ['deflate', deflateSync(text)],
    ['zstd', zstdCompressSync(text)],
    ['snappy', compressSync('snappy', text)],
    ['snappy', compressSync('x-snappy-framed', text)],
    ['lz4', compressSync('lz4', text)],
  ] as const) {
    t.equal(await failure(encoding, Buffer.concat([body, Buffer.from('x')])), 'malformed', `${encoding} and one byte`)
  }
})

t.test('bytes cut off or changed are refused as malformed by every codec', async t => {
  for (const encoding of ['gzip', 'deflate', 'zstd', 'snappy', 'x-snappy-framed', 'lz4'] as const) {
    const body = compressSync(encoding, noise)
    for (const length of [0, 1, 5, body.length >> 1, body.length - 1]) {
      const read = contentEncoding(encoding)!
      t.equal(await failure(read, body.subarray(0, length)), 'malformed', `${encoding} cut to ${length}`)
    }
  }
  for (const encoding of ['gzip', 'deflate', 'x-snappy-framed', 'lz4'] as const) {
    const body = Buffer.from(compressSync(encoding, noise))
    body[body.length - 6]! ^= 1
    t.equal(await failure(contentEncoding(encoding)!, body), 'malformed', `${encoding} with a flipped bit`)
  }
})

t.test('the size after decompression is limited while inflating, exactly', async t => {
  const limits: InflateLimits = { bytesMax: text.length, ratioMax: 1e9, ratioFreeBytes: 0 }
  const oneLess = { ...limits, bytesMax: text.length - 1 }
  for (const encoding of ['gzip', 'deflate', 'zstd', 'snappy', 'x-snappy-framed', 'lz4'] as const) {
    const body = compressSync(encoding, text)
    t.equal(await failure(contentEncoding(encoding)!, body, limits), 'none', `${encoding} at the limit`)
    t.equal(await failure(contentEncoding(encoding)!, body, oneLess), 'too_large', `${encoding} one above`)
  }
})

t.test('a bomb is stopped by its ratio long before the size limit', async t => {
  const bomb = Buffer.alloc(64 * 1024 * 1024)
  const limits = { ...defaultInflateLimits, bytesMax: 1024 * 1024 * 1024 }
  for (const encoding of ['gzip', 'deflate', 'zstd', 'lz4'] as const) {
    const body = compressSync(encoding, bomb)
    const room = new Room()
    t.equal(await failure(encoding, body, limits, room), 'too_large', encoding)
    t.ok(room.granted <= Math.max(1024 * 1024, body.length * 200), `${encoding} reserved ${room.granted}`)
  }
  t.equal(await failure('gzip', gzipSync(Buffer.alloc(1024 * 1024))), 'none', 'a megabyte is free of the ratio')
})

t.test('a length that the bytes only claim costs no more than the limits and is not believed', async t => {
  const low = gzipSync(text)
  low.writeUInt32LE(1, low.length - 4)
  t.equal(await failure('gzip', low), 'malformed', 'gzip checks its length')
  const declared = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0])
  t.equal(await failure('snappy', declared), 'too_large', 'four gigabytes in seven bytes')
  const two = Buffer.concat([gzipSync(text), gzipSync(Buffer.from('short'))])
  const out = await inflate('gzip', two, defaultInflateLimits, new Room())
  t.equal(out.length, text.length + 5, 'the last member claims five bytes for all')
})

t.test('a zstd window above 8 MiB is refused before it is allocated', async t => {
  const params = { [zlibConstants.ZSTD_c_windowLog]: 24, [zlibConstants.ZSTD_c_contentSizeFlag]: 0 }
  const wide = zstdCompressSync(Buffer.alloc(20 * 1024 * 1024, text), { params })
  t.equal(
    await failure('zstd', wide, { ...defaultInflateLimits, bytesMax: 64 * 1024 * 1024, ratioMax: 1e9 }),
    'too_large',
  )
})

t.test('without room in the budget nothing is inflated', async t => {
  for (const encoding of ['gzip', 'deflate', 'zstd', 'snappy', 'lz4'] as const) {
    const room = new Room(text.length - 1)
    t.equal(await failure(encoding, compressSync(encoding, text), defaultInflateLimits, room), 'not_admitted', encoding)
  }
})

t.test('names of encodings are read as HTTP has them, and only one layer', async t => {
  for (const [name, encoding] of [
    ['', 'identity'],
    ['identity', 'identity'],
    ['GZIP', 'gzip'],
    [' zstd ', 'zstd'],
    ['zlib', 'deflate'],
    ['x-snappy-framed', 'snappy'],
    ['br', undefined],
    ['gzip, gzip', undefined],
    ['constructor', undefined],
  ] as const) {
    t.equal(contentEncoding(name), encoding, name)
  }
})

t.test('random bytes and random damage never crash or hang a codec', async t => {
  let seed = 12345
  const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32
  for (let round = 0; round < 400; round++) {
    const encoding = (['gzip', 'deflate', 'zstd', 'snappy', 'x-snappy-framed', 'lz4'] as const)[round % 6]!
    const body = Buffer.from(compressSync(encoding, text.subarray(0, 1 + Math.floor(random() * 3000))))
    const hits = 1 + Math.floor(random() * 4)
    for (let i = 0; i < hits; i++) body[Math.floor(random() * body.length)] = Math.floor(random() * 256)
    const kind = await failure(contentEncoding(encoding)!, body)
    if (kind.startsWith('threw')) t.fail(`${encoding}: ${kind} for ${body.toString('hex')}`)
  }
  t.pass('400 damaged bodies were read or refused')
})
