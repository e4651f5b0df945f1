// Writes the request bodies that loadgen sends: S, M and G spans, many different bodies, with the offsets of the ids and
// start times that are patched before each send.
//
//   node bench/rig/corpus.ts --shape S|M|G --spans 512 --bodies 64 --out FILE [--order ascending|descending]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { WireWriter } from '../../src/wire/wire-writer.ts'

export type Shape = 'S' | 'M' | 'G'

/** A small linear congruential generator: the corpus is the same on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 0x100000000
  }
}

type Value = string | number | boolean

const routes = ['/api/v1/orders', '/api/v1/orders/:id', '/api/v1/cart', '/healthz', '/checkout', '/users/:id/profile']
const methods = ['GET', 'POST', 'PUT', 'DELETE']
const models = ['gpt-4o-2024-08-06', 'claude-sonnet-4-20250514', 'gemini-2.5-pro', 'gpt-4o-mini']
const words =
  'the customer asked whether an order that was placed last week could still be changed because a new address was needed and the assistant explained which steps are possible before the parcel leaves the warehouse'.split(
    ' ',
  )

function text(random: () => number, length: number): string {
  let out = ''
  while (out.length < length) out += `${words[Math.floor(random() * words.length)]} `
  return out.slice(0, length)
}

function attributesOf(shape: Shape, random: () => number): [string, Value][] {
  const route = routes[Math.floor(random() * routes.length)]!
  const small: [string, Value][] = [
    ['http.request.method', methods[Math.floor(random() * methods.length)]!],
    ['http.route', route],
    ['url.path', route.replace(':id', String(Math.floor(random() * 100000)))],
    ['http.response.status_code', random() < 0.05 ? 500 : 200],
    ['server.address', 'shop.internal'],
    ['server.port', 8080],
    ['network.protocol.version', '1.1'],
    ['url.scheme', 'https'],
    ['network.peer.address', `10.1.${Math.floor(random() * 255)}.${Math.floor(random() * 255)}`],
  ]
  if (shape === 'S') return small
  const medium: [string, Value][] = [
    ...small,
    ['url.query', `page=${Math.floor(random() * 50)}&sort=created&session=${Math.floor(random() * 1e9).toString(36)}`],
    ['user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36'],
    ['client.address', `10.${Math.floor(random() * 255)}.${Math.floor(random() * 255)}.7`],
    ['client.port', 40000 + Math.floor(random() * 20000)],
    ['db.query.summary', 'SELECT orders'],
    ['db.query.text', 'SELECT id, status, total FROM orders WHERE customer_id = $1 ORDER BY created_at DESC LIMIT 20'],
    ['thread.name', `worker-${Math.floor(random() * 16)}`],
    ['code.function.name', 'com.example.shop.orders.OrderController.list'],
    ['app.tenant', `tenant-${Math.floor(random() * 200)}`],
  ]
  if (shape === 'M') return medium
  const prompt = text(random, 560)
  const email = random() < 0.02 ? ` write to jane.doe${Math.floor(random() * 99)}@example.com or +1 415 555 0132` : ''
  return [
    ['gen_ai.operation.name', 'chat'],
    ['gen_ai.provider.name', 'openai'],
    ['gen_ai.request.model', models[Math.floor(random() * models.length)]!],
    ['gen_ai.response.model', models[Math.floor(random() * models.length)]!],
    ['gen_ai.response.id', `chatcmpl-${Math.floor(random() * 1e12).toString(36)}`],
    ['gen_ai.usage.input_tokens', 200 + Math.floor(random() * 3000)],
    ['gen_ai.usage.output_tokens', 20 + Math.floor(random() * 600)],
    ['gen_ai.request.temperature', 0.7],
    ['gen_ai.conversation.id', `conv_${Math.floor(random() * 1e12).toString(36)}`],
    ['gen_ai.input.messages', JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: prompt + email }] }])],
    [
      'gen_ai.output.messages',
      JSON.stringify([
        { role: 'assistant', parts: [{ type: 'text', content: text(random, 520) }], finish_reason: 'stop' },
      ]),
    ],
  ]
}

function writeAttribute(writer: WireWriter, field: number, key: string, value: Value): void {
  const attribute = writer.open(field)
  writer.stringField(1, key)
  const any = writer.open(2)
  if (typeof value === 'string') writer.stringField(1, value)
  else if (typeof value === 'boolean') writer.boolField(2, value)
  else if (Number.isInteger(value)) writer.varint64Field(3, BigInt(value))
  else writer.doubleField(4, value)
  writer.close(any)
  writer.close(attribute)
}

export interface Body {
  readonly bytes: Uint8Array
  /** Per span: offsets of the trace id's, the span id's and the start time's bytes. */
  readonly offsets: Uint32Array
}

/** One Export request of `spanCount` spans under one resource and scope. */
export function buildBody(shape: Shape, spanCount: number, random: () => number): Body {
  const spans: Uint8Array[] = []
  const spanOffsets: number[][] = []
  const writer = new WireWriter()
  for (let i = 0; i < spanCount; i++) {
    writer.reset()
    writer.bytesField(1, new Uint8Array(16))
    const traceId = writer.length - 16
    writer.bytesField(2, new Uint8Array(8))
    const spanId = writer.length - 8
    writer.bytesField(
      4,
      Uint8Array.from({ length: 8 }, () => Math.floor(random() * 256)),
    )
    writer.stringField(5, shape === 'G' ? 'chat gpt-4o' : `GET ${routes[Math.floor(random() * routes.length)]}`)
    writer.uint32Field(6, shape === 'G' ? 3 : 2)
    const startNs = 1_770_000_000_000_000_000n
    writer.fixed64Field(7, startNs)
    const startTime = writer.length - 8
    writer.fixed64Field(8, startNs + BigInt(Math.floor(random() * 1e9)))
    for (const [key, value] of attributesOf(shape, random)) writeAttribute(writer, 9, key, value)
    if (random() < 0.05) {
      const status = writer.open(15)
      writer.uint32Field(3, 2)
      writer.close(status)
    }
    spans.push(writer.finish())
    spanOffsets.push([traceId, spanId, startTime])
  }
  const out = new WireWriter(spanCount * 512)
  const resourceSpans = out.open(1)
  const resource = out.open(1)
  writeAttribute(out, 1, 'service.name', `shop-${Math.floor(random() * 20)}`)
  writeAttribute(out, 1, 'service.version', '2.4.1')
  writeAttribute(out, 1, 'telemetry.sdk.language', 'nodejs')
  writeAttribute(out, 1, 'host.name', 'shop-7f9c6d5b8-x2x7q')
  out.close(resource)
  const scopeSpans = out.open(2)
  const scope = out.open(1)
  out.stringField(1, '@opentelemetry/instrumentation-http')
  out.stringField(2, '0.57.1')
  out.close(scope)
  // Closing a nested message moves its children when its length needs more bytes: offsets are found at the end.
  const starts: number[] = []
  for (const span of spans) {
    out.bytesField(2, span)
    starts.push(out.length - span.length)
  }
  const beforeClose = out.length
  out.close(scopeSpans)
  out.close(resourceSpans)
  const moved = out.length - beforeClose
  const offsets = new Uint32Array(spanCount * 3)
  starts.forEach((start, i) => {
    for (let k = 0; k < 3; k++) offsets[3 * i + k] = start + moved + spanOffsets[i]![k]!
  })
  return { bytes: out.finish(), offsets }
}

export function writeCorpus(
  path: string,
  shape: Shape,
  spanCount: number,
  bodyCount: number,
): { bytesPerSpan: number } {
  const random = seededRandom(7)
  const parts: Uint8Array[] = [new Uint8Array(Uint32Array.of(bodyCount).buffer)]
  let bytes = 0
  for (let i = 0; i < bodyCount; i++) {
    const body = buildBody(shape, spanCount, random)
    bytes += body.bytes.length
    parts.push(new Uint8Array(Uint32Array.of(body.bytes.length, spanCount).buffer))
    parts.push(new Uint8Array(body.offsets.buffer), body.bytes)
  }
  writeFileSync(path, Buffer.concat(parts))
  return { bytesPerSpan: bytes / bodyCount / spanCount }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      shape: { type: 'string', default: 'S' },
      spans: { type: 'string', default: '512' },
      bodies: { type: 'string', default: '64' },
      out: { type: 'string' },
    },
  })
  if (values.out === undefined || !['S', 'M', 'G'].includes(values.shape)) {
    console.error('corpus: needs --out FILE and --shape S, M or G')
    process.exit(2)
  }
  const { bytesPerSpan } = writeCorpus(values.out, values.shape as Shape, Number(values.spans), Number(values.bodies))
  console.log(
    `${values.out}: ${values.bodies} bodies of ${values.spans} spans, ${bytesPerSpan.toFixed(0)} bytes a span`,
  )
}
