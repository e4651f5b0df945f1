// Telemetry by kind of content, for `contents.bench.ts`: nothing in it is personal but where the kind says so.
import { SeededRandom } from '../../src/testkit/seeded-random.ts'
import { WireWriter } from '../../src/wire/wire-writer.ts'

const requestBytes = 200_000
const random = new SeededRandom(23)

type Value = string | number
/** A span or a log record: its name or its body, and attributes. */
interface Item {
  readonly text: string
  readonly attributes?: Readonly<Record<string, Value>>
}

const pick = <T>(items: readonly T[]): T => random.pick(items)
const below = (count: number) => random.below(count)
const hex = (length: number) =>
  Buffer.from(random.bytes((length + 1) >> 1))
    .toString('hex')
    .slice(0, length)
const uuid = () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`
const address = () => `10.${below(256)}.${below(256)}.${below(256)}`
const time = () =>
  `2026-${10 + below(3)}-${10 + below(18)}T${10 + below(14)}:${10 + below(50)}:${10 + below(50)}.${100 + below(900)}Z`
const services = ['frontend', 'cartservice', 'checkoutservice', 'adservice', 'productcatalogservice', 'shippingservice']
const products = ['OLJCESPC7Z', '66VCHSJNUP', '1YMWWN1N4O', 'L9ECAV7KIM', '2ZYFJ3GM2N', '0PUK6V6EV0', 'LS4PSXUNUM']
const agents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.127 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'python-requests/2.31.0',
  'grpc-go/1.64.0',
]
const words =
  'the a of and to in is that it was for on are as with they at be this from have or by one had not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know get through back much go good new write our used me man too any day same right look think also around another came come work three word must because does part even place well such here take why things help put years different away again off went old number great tell men say small every found still between name should home big give air line set own under read last never us left end along while might next sound below saw something thought both few those always looked show large often together asked house world going want school important until form food keep children feet land side without boy once animals life enough took sometimes four head above kind began almost live page got earth need far hand high year mother light parts country father let night following picture being study second eyes soon times story boys since white days ever paper hard near sentence better best across during today others however sure means knew try told young miles sun ways thing whole hear example heard several change answer room sea against top turned learn point city play toward five using himself usually'.split(
    ' ',
  )
const prose = (length: number) => {
  let out = ''
  while (out.length < length) {
    const sentence = Array.from({ length: 6 + below(14) }, () => pick(words)).join(' ')
    out += `${sentence[0]!.toUpperCase()}${sentence.slice(1)}${pick(['.', '.', '?', '!', ':', ','])} `
  }
  return out
}
const code = () =>
  pick([
    'export async function loadOrders(client: Client, limit = 20): Promise<Order[]> {\n  const rows = await client.query(sql, [limit])\n  return rows.map(row => ({ id: row.id, total: Number(row.total) }))\n}\n',
    'def handler(event, context):\n    for record in event["Records"]:\n        body = json.loads(record["body"])\n        process(body, retries=3, timeout=30.0)\n    return {"statusCode": 200}\n',
    'for (int i = 0; i < items.size(); ++i) {\n  total += items[i]->price * items[i]->count;\n  if (total > limit) throw std::runtime_error("limit");\n}\n',
  ])

/** Makers of items by the kind of their content. */
export const kinds: Readonly<Record<string, () => Item>> = {
  'shop spans': () => ({
    text: pick(['/hipstershop.CartService/GetCart', 'HTTP GET', 'POST /api/checkout', 'grpc.oteldemo.Ads/GetAds']),
    attributes: {
      'rpc.system': 'grpc',
      'rpc.service': 'oteldemo.ProductCatalogService',
      'rpc.method': 'GetProduct',
      'app.product.id': pick(products),
      'net.peer.ip': address(),
      'net.peer.port': 30000 + below(30000),
      'net.host.name': pick(services),
      'http.method': 'POST',
      'http.url': `http://frontend-proxy:8080/api/products/${pick(products)}?currencyCode=USD`,
      'http.user_agent': pick(agents),
      'http.status_code': 200,
      'session.id': uuid(),
      'app.user.id': uuid(),
      'app.cart.items.count': below(10),
      'k8s.pod.name': `${pick(services)}-${hex(10)}-x2x7q`,
      'k8s.node.name': 'ip-10-0-12-14.eu-west-1.compute.internal',
    },
  }),
  'database spans': () => ({
    text: 'SELECT shop.orders',
    attributes: {
      'db.system': 'postgresql',
      'db.name': 'shop',
      'db.user': 'shop_rw',
      'db.statement': pick([
        'SELECT o.id, o.status, o.total, c.country FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status = ? AND o.created_at > ? ORDER BY o.created_at DESC LIMIT ?',
        'UPDATE inventory SET quantity = quantity - ?, updated_at = now() WHERE sku = ? AND warehouse_id = ? RETURNING quantity',
        `INSERT INTO events (id, kind, payload) VALUES ('${uuid()}', 'order_placed', '{"total": ${below(1000)}}')`,
      ]),
      'server.address': 'db-7.internal',
      'thread.name': `pool-3-thread-${below(64)}`,
    },
  }),
  'queue spans': () => ({
    text: 'orders process',
    attributes: {
      'messaging.system': 'kafka',
      'messaging.destination.name': 'orders.v2',
      'messaging.kafka.message.offset': below(1e9),
      'messaging.message.id': `${below(12)}-${1e9 + below(1e9)}`,
      'messaging.message.conversation_id': uuid(),
      'messaging.client_id': `consumer-orders-${below(9)}-${uuid()}`,
      'messaging.consumer.group.name': 'order-workers',
    },
  }),
  ids: () => ({
    text: 'GET',
    attributes: { 'request.id': uuid(), 'trace.id': hex(32), 'image.digest': `sha256:${hex(64)}`, batch: hex(24) },
  }),
  'long urls': () => ({
    text: 'GET',
    attributes: {
      'url.full': `https://cdn.shop.example/static/${hex(8)}/assets/main.${hex(8)}.js?v=${below(1e6)}&utm_source=newsletter&utm_medium=cpc&utm_campaign=spring_${below(30)}&ref=home&page=${below(90)}&sort=price_asc&filter=size%3AXL%2Ccolor%3Ared&q=${pick(words)}+${pick(words)}`,
    },
  }),
  'text logs': () => ({
    text: `${time()} ${pick(['INFO', 'WARN', 'DEBUG'])} [${pick(services)},${hex(32)},${hex(16)}] [nio-8080-exec-${below(20)}] c.e.shop.orders.OrderController : Order ${100000 + below(900000)} for customer ${below(100000)} placed in ${below(900)} ms, items=${below(9)}, total=${below(900)}.${10 + below(90)}`,
  }),
  'access logs': () => ({
    text: `${address()} - - [28/Nov/2026:13:${10 + below(50)}:${10 + below(50)} +0000] "GET /products/${below(100000)} HTTP/1.1" 200 ${below(60000)} "https://shop.example/" "${pick(agents)}" rt=0.${100 + below(900)} uct="0.001"`,
  }),
  'json logs': () => ({
    text: JSON.stringify({
      timestamp: time(),
      level: pick(['info', 'warn', 'error']),
      logger: 'orders.controller',
      message: `order placed in ${below(900)} ms`,
      service: pick(services),
      trace_id: hex(32),
      span_id: hex(16),
      orderId: 100000 + below(900000),
      customerId: below(100000),
      thread: `worker-${below(16)}`,
      duration_ms: below(10000) / 10,
      http: { method: 'GET', status: 200, path: `/orders/${below(100000)}`, host: 'shop.internal' },
      tags: ['checkout', 'eu-west-1'],
    }),
  }),
  'key=value logs': () => ({
    text: `ts=${time()} level=info caller=handler.go:${below(900)} msg="request done" method=GET path=/api/v1/query status=200 duration=${below(900)}ms bytes=${below(60000)} user_id=${below(100000)} org=tenant-${below(90)} traceID=${hex(32)}`,
  }),
  'stack traces': () => ({
    text: `java.lang.IllegalStateException: order ${below(100000)} is closed\n${Array.from({ length: 14 }, () => `\tat com.example.shop.${pick(words)}.${pick(['OrderController', 'CartService', 'HttpFilter'])}.${pick(['doFilter', 'invoke', 'handle'])}(${pick(['OrderController', 'CartService'])}.java:${below(900)})\n`).join('')}`,
  }),
  'prompts of words': () => ({
    text: 'chat gpt-4o',
    attributes: {
      'gen_ai.request.model': 'gpt-4o-2024-08-06',
      'gen_ai.input.messages': JSON.stringify([
        { role: 'user', parts: [{ type: 'text', content: prose(1200) }] },
        { role: 'assistant', parts: [{ type: 'text', content: prose(600) }] },
      ]),
    },
  }),
  'prompts with code': () => ({
    text: 'chat claude',
    attributes: {
      'gen_ai.prompt': JSON.stringify([
        {
          role: 'user',
          content: `${prose(300)}\n\n\`\`\`\n${code()}${code()}\`\`\`\n1. **First**: use \`npm run build\`.\n2. See https://example.com/docs/${pick(words)}#${pick(words)}\n`,
        },
      ]),
    },
  }),
  'tool calls': () => ({
    text: 'execute_tool',
    attributes: {
      'gen_ai.output.messages': JSON.stringify([
        {
          role: 'assistant',
          parts: [
            {
              type: 'tool_call',
              id: `call_${hex(24)}`,
              name: 'search_orders',
              arguments: JSON.stringify({
                query: prose(60),
                filters: { status: 'open', limit: below(50), from: '2026-01-01', fields: ['id', 'total'] },
              }),
            },
          ],
        },
        {
          role: 'tool',
          parts: [
            {
              type: 'tool_call_response',
              result: JSON.stringify({ rows: [{ id: below(1e6), total: below(1e4) / 100 }] }),
            },
          ],
        },
      ]),
      'gen_ai.usage.input_tokens': below(4000),
    },
  }),
  'other scripts': () => ({
    text: pick([
      'Пользователь открыл страницу заказа и нажал кнопку оплаты, затем заказ был принят: статус = готово',
      '用户打开了订单页面并点击了支付按钮，订单状态：完成，等待发货。物流信息将在两小时内更新',
      'Der Kunde hat die Bestellung geöffnet und möchte die Größe ändern; später fällt die Entscheidung: möglich',
    ]),
  }),
  numbers: () => ({
    text: Array.from({ length: 30 }, () => `${below(1e9)}`).join(','),
  }),
  'times and ids': () => ({
    text: pick([
      `{"time":${1_770_000_000_000 + below(1e9)},"order":${below(1e10)},"msg":"order placed","took":${below(100)}}`,
      `user ${10_000_000 + below(9e7)} opened cart ${10_000_000 + below(9e7)}`,
    ]),
  }),
  decimals: () => ({
    text: `[${Array.from({ length: 30 }, () => (random.below(2e6) / 1e6 - 1).toFixed(8)).join(', ')}]`,
  }),
  base64: () => ({ text: Buffer.from(random.bytes(900)).toString('base64') }),
  'words of secrets': () => ({
    text: `The ${pick(['token', 'password', 'secret', 'session', 'cookie', 'auth', 'key'])} ${pick(['was refreshed', 'has expired', 'is not valid', 'could not be read', 'rotation'])} by ${pick(['the server', 'user action', 'a policy'])}; input_tokens=${below(900)} max_tokens=4096 primary_key=id`,
  }),
  'emails (found)': () => ({ text: `mail from ${pick(words)}.${pick(words)}${below(99)}@example.com was queued` }),
}

/** One request of about 200 kB. */
export function requestOf(make: () => Item): Uint8Array {
  const isLog = signalOf(make) === 'logs'
  const out = new WireWriter(requestBytes + 4096)
  const group = out.open(1)
  const scope = out.open(2)
  while (out.length < requestBytes) {
    const { text, attributes } = make()
    const item = out.open(2)
    if (isLog) {
      out.fixed64Field(1, 1_770_000_000_000_000_000n + BigInt(below(1e9)))
      out.bytesField(9, random.bytes(16))
      out.bytesField(10, random.bytes(8))
      const body = out.open(5)
      out.stringField(1, text)
      out.close(body)
    } else {
      out.bytesField(1, random.bytes(16))
      out.bytesField(2, random.bytes(8))
      out.stringField(5, text)
      out.fixed64Field(7, 1_770_000_000_000_000_000n + BigInt(below(1e9)))
      out.fixed64Field(8, 1_770_000_000_000_000_000n + BigInt(below(1e9)))
      for (const [key, value] of Object.entries(attributes ?? {})) {
        const attribute = out.open(9)
        out.stringField(1, key)
        const any = out.open(2)
        if (typeof value === 'string') out.stringField(1, value)
        else out.varint64Field(3, BigInt(value))
        out.close(any)
        out.close(attribute)
      }
    }
    out.close(item)
  }
  out.close(scope)
  out.close(group)
  return out.finish()
}

/** Items without attributes are log records. */
export const signalOf = (make: () => Item): 'logs' | 'traces' => (make().attributes === undefined ? 'logs' : 'traces')
