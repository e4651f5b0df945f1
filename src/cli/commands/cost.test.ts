import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import t from 'tap'
import { jsonToOtlp } from '../../pdata/json-to-otlp.ts'
import { runSample } from '../sample-world.ts'
import { formatReport, parseMetrics } from './cost.ts'

const span = (model: string, tokens: number, agent: string) => ({
  traceId: '0102030405060708090a0b0c0d0e0f10',
  spanId: '0102030405060708',
  name: 'chat',
  endTimeUnixNano: '1770000001000000000',
  attributes: [
    { key: 'gen_ai.request.model', value: { stringValue: model } },
    { key: 'gen_ai.agent.name', value: { stringValue: agent } },
    { key: 'gen_ai.usage.input_tokens', value: { intValue: String(tokens) } },
  ],
})
const line = (...spans: object[]) =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'desk' } }] },
        scopeSpans: [{ spans }],
      },
    ],
  })

t.test('prices the spans of a recording and shows who spent it', async t => {
  const dir = t.testdir({
    'traces.jsonl': `${line(span('gpt-4o', 1_000_000, 'planner'))}\n${line(span('gpt-4o-mini', 1_000_000, 'writer'))}\n`,
  })
  const { code, stdout } = await runSample(['cost', '--file', join(dir, 'traces.jsonl')])
  t.equal(code, 0)
  t.match(stdout, /^\$2\.65 in all/)
  t.match(stdout, /gpt-4o +\$2\.50 +94\.3 %/)
  t.match(stdout, /gpt-4o-mini +\$0\.150 +5\.7 %/)
  t.match(stdout, /by service\n {2}desk +\$2\.65 +100\.0 %/)
  t.match(stdout, /planner/)
})

t.test('what an agent of ours has priced counts as it found it, and once', async t => {
  const priced = (status: string, cost: number | undefined, other: Readonly<Record<string, string>> = {}) => {
    const plain = span('gpt-4o', 1_000_000, 'planner')
    const attributes = [
      ...plain.attributes,
      ...Object.entries({ 'sluice.cost.status': status, ...other }).map(([key, stringValue]) => ({
        key,
        value: { stringValue },
      })),
      ...(cost === undefined ? [] : [{ key: 'gen_ai.usage.cost', value: { doubleValue: cost } }]),
    ]
    return { ...plain, attributes }
  }
  const sms = {
    name: 'send',
    attributes: [
      { key: 'sluice.cost.operation', value: { stringValue: 'sms' } },
      { key: 'gen_ai.usage.cost', value: { doubleValue: 0.25 } },
    ],
  }
  const dir = t.testdir({
    'a.jsonl': `${line(priced('priced', 2.1), priced('duplicate', undefined), priced('no_usage', undefined))}\n`,
    'b.jsonl': `${line(priced('reported', 0.4), sms)}\n`,
  })
  const { code, stdout } = await runSample(['cost', join(dir, 'a.jsonl'), join(dir, 'b.jsonl')])
  t.equal(code, 0)
  t.match(stdout, /^\$5\.25 in all/, 'a model without a price then has one now')
})

t.test('two spans of one call in two files are one call', async t => {
  const call = (scope: string, spanId: string, parentSpanId = '') =>
    JSON.stringify({
      resourceSpans: [
        {
          scopeSpans: [
            { scope: { name: scope }, spans: [{ ...span('gpt-4o', 1_000_000, 'a'), spanId, parentSpanId }] },
          ],
        },
      ],
    })
  const dir = t.testdir({
    'inner.jsonl': call('client', '0000000000000002', '0000000000000001'),
    'outer.jsonl': call('framework', '0000000000000001'),
  })
  const { stdout } = await runSample(['cost', join(dir, 'inner.jsonl'), join(dir, 'outer.jsonl')])
  t.match(stdout, /^\$2\.50 in all/)
})

t.test('a file that ends within a line or a record counts up to there, and says so', async t => {
  const whole = line(span('gpt-4o', 1_000_000, 'a'))
  const record = Buffer.from(jsonToOtlp('traces', Buffer.from(whole)))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(record.length)
  const dir = t.testdir({
    'cut.jsonl': `${whole}\n${whole.slice(0, 50)}`,
    'cut.pb': Buffer.concat([length, record, length, record.subarray(0, 20)]),
    'short.pb': Buffer.concat([length, record, length.subarray(0, 2)]),
    'one.jsonl': whole.slice(0, 50),
  })
  for (const name of ['cut.jsonl', 'cut.pb', 'short.pb']) {
    const { code, stdout, stderr } = await runSample(['cost', join(dir, name)])
    t.equal(code, 0, name)
    t.match(stdout, /^\$2\.50 in all/, name)
    t.match(stderr, /^warning: .*cut\.jsonl:2 is not whole|^warning: .*ends within a record/, name)
  }
  t.equal((await runSample(['cost', join(dir, 'one.jsonl')])).code, 2)
})

t.test('a broken line is named, a missing file too, and an agent that is not there', async t => {
  const dir = t.testdir({ 'bad.jsonl': `${line()}\n{"resourceSpans": 1}\n` })
  const bad = await runSample(['cost', '--file', join(dir, 'bad.jsonl')])
  t.equal(bad.code, 2)
  t.match(bad.stderr, /bad\.jsonl:2 is no OTLP\/JSON/)
  t.equal((await runSample(['cost', '--file', join(dir, 'none')])).code, 2)
  const absent = await runSample(['cost', '--metrics', 'http://127.0.0.1:1/metrics'])
  t.equal(absent.code, 2)
  t.match(absent.stderr, /no agent answers/)
})

t.test('what is no OTLP is said to be none, and a page that is not an agent of ours too', async t => {
  const dir = t.testdir({ 'notes.txt': 'hello\n', empty: '' })
  const textFile = await runSample(['cost', '--file', join(dir, 'notes.txt')])
  t.equal(textFile.code, 2)
  t.match(textFile.stderr, /notes\.txt is neither OTLP\/JSON nor a protobuf request/)
  t.match((await runSample(['cost', '--file', join(dir, 'empty')])).stderr, /empty is empty/)
  t.match((await runSample(['cost', '--metrics', 'nonsense'])).stderr, /--metrics is no URL: nonsense/)
  const page = createServer((request, response) => {
    response.writeHead(request.url === '/metrics' ? 200 : 404).end('otelcol_process_uptime 5\n')
  })
  page.listen(0, '127.0.0.1')
  await once(page, 'listening')
  t.teardown(() => page.close())
  const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`
  t.match((await runSample(['cost', '--metrics', `${url}/elsewhere`])).stderr, /elsewhere answers 404/)
  const other = await runSample(['cost', '--metrics', `${url}/metrics`])
  t.equal(other.code, 2)
  t.match(other.stderr, /has no metrics of the cost processor/)
})

t.test('prices log records of coding agents, a document over several lines, and protobuf of either signal', async t => {
  const pair = (key: string, stringValue: string) => ({ key, value: { stringValue } })
  const logs = {
    resourceLogs: [
      {
        scopeLogs: [
          {
            scope: { name: 'com.anthropic.claude_code.events' },
            logRecords: [
              {
                timeUnixNano: '1770000000000000000',
                attributes: [
                  pair('event.name', 'api_request'),
                  pair('model', 'claude-sonnet-4-5'),
                  pair('cost_usd', '0.5'),
                  pair('input_tokens', '10'),
                ],
              },
            ],
          },
        ],
      },
    ],
  }
  const json = JSON.stringify(logs)
  const dir = t.testdir({
    'logs.json': JSON.stringify(logs, undefined, 2),
    'logs.bin': Buffer.from(jsonToOtlp('logs', Buffer.from(json))),
    'traces.bin': Buffer.from(jsonToOtlp('traces', Buffer.from(line(span('gpt-4o', 1_000_000, 'planner'))))),
  })
  t.match((await runSample(['cost', '--file', join(dir, 'logs.json')])).stdout, /^\$0\.500 in all/)
  t.match((await runSample(['cost', '--file', join(dir, 'logs.bin')])).stdout, /^\$0\.500 in all/)
  t.match((await runSample(['cost', '--file', join(dir, 'traces.bin')])).stdout, /^\$2\.50 in all/)
})

t.test('prices what the file exporter writes as protobuf or compressed, and what gzip made of it', async t => {
  const json = line(span('gpt-4o', 1_000_000, 'planner'))
  const record = (payload: Uint8Array) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(payload.length)
    return Buffer.concat([length, payload])
  }
  const protobuf = jsonToOtlp('traces', Buffer.from(json))
  const dir = t.testdir({
    'traces.pb': Buffer.concat([record(protobuf), record(protobuf)]),
    'traces.zst': Buffer.concat([record(zstdCompressSync(json)), record(zstdCompressSync(Buffer.from(protobuf)))]),
    'traces.jsonl.gz': gzipSync(`${json}\n`),
  })
  const of = async (...names: string[]) => (await runSample(['cost', ...names.map(name => join(dir, name))])).stdout
  t.match(await of('traces.pb'), /^\$5\.00 in all/)
  t.match(await of('traces.zst'), /^\$5\.00 in all/)
  t.match(await of('traces.jsonl.gz'), /^\$2\.50 in all/)
  t.match(await of('traces.pb', 'traces.jsonl.gz'), /^\$7\.50 in all/, 'several files')
})

t.test('JSON that is no OTLP is said to be none', async t => {
  const dir = t.testdir({ 'other.json': '{"hello": 1}' })
  const { code, stderr } = await runSample(['cost', join(dir, 'other.json')])
  t.equal(code, 2)
  t.match(stderr, /other\.json has no spans and no log records/)
})

t.test('calls without a price are named, not zero', async t => {
  const dir = t.testdir({ 'traces.jsonl': line(span('house-model', 5, 'a'), span('house-model', 5, 'b')) })
  const { code, stdout } = await runSample(['cost', '--file', join(dir, 'traces.jsonl')])
  t.equal(code, 0)
  t.match(stdout, /calls without a price\n {2}unknown\/house-model \(unknown_model\) +2\n/)
  const { stdout: json } = await runSample(['cost', '--file', join(dir, 'traces.jsonl'), '--format', 'json'])
  t.match(JSON.parse(json), { spent: [], unpriced: [{ labels: { reason: 'unknown_model' }, calls: 2 }] })
})

t.test('names from telemetry tell the terminal nothing, and fit into a line', async t => {
  const spent = [{ labels: { model: '\u001b[31mred\u0007', service: 's'.repeat(500), agent: '' }, amount: 1 }]
  const unpriced = [{ labels: { provider: 'p', model: 'a\nb', reason: 'unknown_model' }, calls: 1 }]
  const text = formatReport({ spent, unpriced })
  t.match(text, /\ufffd\[31mred\ufffd {2}/)
  t.match(text, / {2}s{79}… {2}/)
  t.match(text, /p\/a\ufffdb \(unknown_model\)/)
  t.notOk(text.includes('\u001b'))
})

t.test("reads a running agent's metrics, escapes and all", async t => {
  const report = parseMetrics(
    '# HELP x\nsluice_cost_today{model="gpt \\"4\\"",service="a\\\\b"} 1.5e-1\nsluice_cost_total{model="x"} 9\nsluice_cost_today{model="n"} 0\nsluice_cost_unpriced_calls_total{provider="p",model="m",reason="no_usage"} 3\n',
  )
  t.same(report?.spent[0], { labels: { model: 'gpt "4"', service: 'a\\b' }, amount: 0.15 })
  t.equal(report?.spent.length, 2)
  t.match(formatReport(report!), /calls without a price\n {2}p\/m \(no_usage\) +3\n/)
  t.match(parseMetrics('sluice_cost_price_data_age_seconds 5\n'), { spent: [] })
  t.equal(formatReport({ spent: [], unpriced: [] }), 'nothing was spent\n')
  t.equal(parseMetrics('up 1\n'), undefined)
})

t.test("a record that names its call's span counts where no spans are among the files", async t => {
  const record = {
    traceId: '0102030405060708090a0b0c0d0e0f10',
    spanId: '0102030405060708',
    timeUnixNano: '1770000001000000000',
    attributes: [
      { key: 'event.name', value: { stringValue: 'api_request' } },
      { key: 'model', value: { stringValue: 'claude-sonnet-4-5' } },
      { key: 'cost_usd', value: { doubleValue: 0.5 } },
    ],
  }
  const scopeLogs = [{ scope: { name: 'com.anthropic.claude_code.events' }, logRecords: [record] }]
  const dir = t.testdir({
    'logs.jsonl': `${JSON.stringify({ resourceLogs: [{ scopeLogs }] })}\n`,
    'traces.jsonl': `${line(span('gpt-4o', 1_000_000, 'planner'))}\n`,
  })
  const files = (...names: string[]) => names.map(name => join(dir, name))
  t.match((await runSample(['cost', ...files('logs.jsonl')])).stdout, /^\$0\.500 in all/)
  t.match((await runSample(['cost', ...files('logs.jsonl', 'traces.jsonl')])).stdout, /^\$2\.50 in all/)
})
