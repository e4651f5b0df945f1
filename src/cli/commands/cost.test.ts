import { join } from 'node:path'
import t from 'tap'
import { runSample } from '../sample-world.ts'
import { formatSpent, parseMetrics } from './cost.ts'

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

t.test("reads a running agent's metrics, escapes and all", async t => {
  const spent = parseMetrics(
    '# HELP x\nsluice_cost_today{model="gpt \\"4\\"",service="a\\\\b"} 1.5e-1\nsluice_cost_total{model="x"} 9\nsluice_cost_today{model="n"} 0\n',
  )
  t.same(spent[0], { labels: { model: 'gpt "4"', service: 'a\\b' }, amount: 0.15 })
  t.equal(spent.length, 2)
  t.equal(formatSpent([]), 'nothing was spent\n')
})
