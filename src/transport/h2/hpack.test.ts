import http2 from 'node:http2'
import t from 'tap'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { startServer } from '../../testkit/test-server.ts'
import { SocketServer } from '../socket-server.ts'
import { encodeHeaders, encodeStatus } from './header-encoder.ts'
import { type HeaderBlock, HpackDecoder } from './hpack-decoder.ts'
import { decodedLengthMax, huffmanDecode, huffmanEncode, huffmanLength } from './huffman.ts'

const limits = { tableBytesMax: 4096, listBytesMax: 16_384, fieldCountMax: 128 }

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex')
}

function decode(decoder: HpackDecoder, bytes: Uint8Array): HeaderBlock {
  return decoder.decode(bytes, 0, bytes.length)
}

function pairs(block: HeaderBlock): string[] {
  return block.fields.map(field => `${field.name}: ${field.value}`)
}

const request1 = [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com']
const request2 = [...request1, 'cache-control: no-cache']
const request3 = [':method: GET', ':scheme: https', ':path: /index.html', request1[3]!, 'custom-key: custom-value']
const date = 'date: Mon, 21 Oct 2013 20:13:21 GMT'
const location = 'location: https://www.example.com'
const answer1 = [':status: 302', 'cache-control: private', date, location]
const answer2 = [':status: 307', 'cache-control: private', date, location]
const answer3 = [
  ':status: 200',
  'cache-control: private',
  'date: Mon, 21 Oct 2013 20:13:22 GMT',
  location,
  'content-encoding: gzip',
  'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
]

for (const { title, tableBytesMax, blocks } of [
  {
    title: 'C.2, single fields',
    tableBytesMax: 4096,
    blocks: [
      ['400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572', ['custom-key: custom-header'], 55],
      ['040c 2f73 616d 706c 652f 7061 7468', [':path: /sample/path'], 55],
      ['1008 7061 7373 776f 7264 0673 6563 7265 74', ['password: secret'], 55],
      ['82', [':method: GET'], 55],
    ],
  },
  {
    title: 'C.3, requests without Huffman coding',
    tableBytesMax: 4096,
    blocks: [
      ['8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d', request1, 57],
      ['8286 84be 5808 6e6f 2d63 6163 6865', request2, 110],
      ['8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65', request3, 164],
    ],
  },
  {
    title: 'C.4, requests with Huffman coding',
    tableBytesMax: 4096,
    blocks: [
      ['8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff', request1, 57],
      ['8286 84be 5886 a8eb 1064 9cbf', request2, 110],
      ['8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf', request3, 164],
    ],
  },
  {
    title: 'C.5, answers without Huffman coding, with evictions',
    tableBytesMax: 256,
    blocks: [
      [
        '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120' +
          '474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        answer1,
        222,
      ],
      ['4803 3330 37c1 c0bf', answer2, 222],
      [
        '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738' +
          '666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33' +
          '3630 303b 2076 6572 7369 6f6e 3d31',
        answer3,
        215,
      ],
    ],
  },
  {
    title: 'C.6, answers with Huffman coding, with evictions',
    tableBytesMax: 256,
    blocks: [
      [
        '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718' +
          '63c7 8f0b 97c8 e9ae 82ae 43d3',
        answer1,
        222,
      ],
      ['4883 640e ffc1 c0bf', answer2, 222],
      [
        '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7' +
          'b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
        answer3,
        215,
      ],
    ],
  },
] as { title: string; tableBytesMax: number; blocks: [string, string[], number][] }[]) {
  t.test(`decodes RFC 7541, appendix ${title}`, async t => {
    const decoder = new HpackDecoder({ ...limits, tableBytesMax })
    for (const [hex, expected, tableBytes] of blocks) {
      t.same(pairs(decode(decoder, bytesOf(hex))), expected)
      t.equal(decoder.tableBytes, title.startsWith('C.2') ? 55 : tableBytes)
    }
  })
}

for (const [title, hex] of [
  ['index 0', '80'],
  ['an index outside the tables', 'be'],
  ['an integer cut off', 'ff'],
  ['an integer of five bytes and more', 'ffffffffff7f'],
  ['a string cut off', '4003 6162'],
  ['a size update behind a field', '8220'],
  ['a table larger than offered', '3fe21f'],
  ['Huffman padding of zeros', '0081 1800'],
  ['Huffman padding of eight bits', '0082 1fff 00'],
  ['the end-of-string symbol', '0084 ffff ffff 00'],
] as const) {
  t.test(`refuses ${title}`, async t => {
    t.throws(() => decode(new HpackDecoder(limits), bytesOf(hex)), { name: 'HpackError' })
  })
}

t.test('a remembered block means what it meant only as long as the table is the same', async t => {
  const decoder = new HpackDecoder(limits)
  decode(decoder, bytesOf('4001 6101 31')) // a: 1
  const block = bytesOf('be')
  const first = decode(decoder, block)
  t.equal(decode(decoder, block), first, 'the same list, not decoded again')
  t.same(pairs(first), ['a: 1'])
  decode(decoder, bytesOf('4001 6201 32')) // b: 2 is the newest now
  t.same(pairs(decode(decoder, block)), ['b: 2'])
  t.same(pairs(decode(decoder, bytesOf('bf'))), ['a: 1'])
  const inserts = bytesOf('4001 6301 33')
  t.same(pairs(decode(decoder, inserts)), ['c: 3'])
  t.same(pairs(decode(decoder, inserts)), ['c: 3'])
  t.same(pairs(decode(decoder, bytesOf('bebfc0'))), ['c: 3', 'c: 3', 'b: 2'], 'a block that inserts does so each time')
  decode(decoder, bytesOf('20'))
  t.throws(() => decode(decoder, block), { name: 'HpackError' }, 'the table is empty')
})

t.test('a list is cut at its limits while the table is kept in step', async t => {
  const decoder = new HpackDecoder({ tableBytesMax: 4096, listBytesMax: 34 * 3, fieldCountMax: 3 })
  const field = '4001 6101 31'
  t.notOk(decode(decoder, bytesOf(field.repeat(3))).isOverLimit)
  const over = decode(decoder, bytesOf(field.repeat(4)))
  t.ok(over.isOverLimit)
  t.equal(over.fields.length, 3)
  t.equal(decoder.tableBytes, 7 * 34)
})

t.test('an HPACK bomb costs no memory: one entry, referred to thousands of times', async t => {
  const decoder = new HpackDecoder(limits)
  const value = 'x'.repeat(4000)
  decode(decoder, Buffer.concat([bytesOf('4001 61 7f a1 1e'), Buffer.from(value)]))
  const bomb = Buffer.alloc(16_000, 0xbe)
  const block = decode(decoder, bomb)
  t.ok(block.isOverLimit)
  t.ok(block.fields.length <= 4)
})

t.test('Huffman coding takes every string there and back', async t => {
  const random = new SeededRandom(7)
  for (let round = 0; round < 2000; round++) {
    const length = random.below(60)
    let text = ''
    for (let i = 0; i < length; i++) text += String.fromCharCode(random.below(256))
    const coded = Buffer.alloc(huffmanLength(text))
    t.equal(huffmanEncode(text, coded, 0), coded.length)
    const target = Buffer.alloc(decodedLengthMax(coded.length))
    const written = huffmanDecode(coded, 0, coded.length, target)
    if (target.toString('latin1', 0, written) !== text) t.fail(`round ${round}: ${JSON.stringify(text)}`)
  }
})

t.test('our blocks decode to what was encoded, also those with a limit changed and secrets', async t => {
  const list = [
    'content-type',
    'application/grpc',
    'authorization',
    'Bearer s3cret',
    'x-long',
    'v'.repeat(300),
    'grpc-status',
    '0',
    'x-upper',
    '\u00e9\u00ff',
  ]
  const bytes = Buffer.concat([encodeStatus(200), encodeStatus(418), encodeHeaders(list)])
  const fields = decode(new HpackDecoder(limits), bytes).fields
  t.same(
    fields.flatMap(field => [field.name, field.value]),
    [':status', '200', ':status', '418', ...list],
  )
  const frozen = Object.freeze(['a', 'b'])
  t.equal(encodeHeaders(frozen), encodeHeaders(frozen), 'a list that cannot change is encoded once')
})

t.test('what nghttp2 encodes we decode, and the other way round, whatever its table does', async t => {
  const { server } = await startServer(t, settings => new SocketServer(settings), {
    limits: { headerBytesMax: 60_000 },
  })
  const random = new SeededRandom(11)
  const seen: Map<string, string[]>[] = []
  server.setHandler({
    admit: () => true,
    body: () => undefined,
    failed: () => undefined,
    head(exchange) {
      seen.push(exchange.headers())
      const echoed: string[] = []
      for (const [name, values] of exchange.headers()) {
        if (name.startsWith('x-')) for (const value of values) echoed.push(name, value)
      }
      exchange.respond(200, echoed, new Uint8Array(0))
      return -1
    },
  })
  for (const headerTableSize of [4096, 0, 256]) {
    const session = http2.connect(`http://127.0.0.1:${server.port}`, { settings: { headerTableSize } })
    t.teardown(() => session.destroy())
    for (let round = 0; round < 60; round++) {
      const headers: Record<string, string> = {}
      for (let i = random.below(8); i >= 0; i--) headers[`x-${random.below(12)}`] = value(random)
      const stream = session.request({ ':method': 'POST', ':path': '/', ...headers })
      stream.end()
      const answer = await new Promise<http2.IncomingHttpHeaders>((resolve, reject) => {
        stream.on('response', resolve)
        stream.on('error', reject)
      })
      stream.resume()
      for (const [name, text] of Object.entries(headers)) {
        if (seen.at(-1)?.get(name)?.join() !== text) t.fail(`${name}: ${JSON.stringify(text)} was read wrong`)
        if (answer[name] !== text) t.fail(`${name}: ${JSON.stringify(text)} was written wrong`)
      }
    }
  }
  t.equal(seen.length, 180)
})

function value(random: SeededRandom): string {
  let text = 'v'
  const length = random.below(40)
  for (let i = 0; i < length; i++)
    text += String.fromCharCode(random.below(2) === 0 ? 0x21 + random.below(0x5e) : 0xa1 + random.below(94))
  return text
}

t.test('a block that is remembered does not change with the memory that it was read from', async t => {
  const decoder = new HpackDecoder(limits)
  const shared = Buffer.allocUnsafeSlow(64)
  for (const value of ['first', 'other', 'third', 'first']) {
    const block = Buffer.concat([Buffer.of(0, 7), Buffer.from('x-token'), Buffer.of(5), Buffer.from(value)])
    block.copy(shared, 9)
    t.same(pairs(decoder.decode(shared, 9, 9 + block.length)), [`x-token: ${value}`])
  }
})
