// Spring AI 1 counts a call that asks for a tool again in the next one.

import t from 'tap'
import { price, run, type SpanInput } from './priced-spans.oracle.ts'

const model = 'gpt-4o'
const chat = (input: number, output: number, reason: string): SpanInput => ({
  name: `chat ${model}`,
  scope: 'org.springframework.boot',
  scopeVersion: '3.5.6',
  attributes: {
    'gen_ai.operation.name': 'chat',
    'gen_ai.system': 'openai',
    'gen_ai.request.model': model,
    'gen_ai.response.model': 'gpt-4o-2024-08-06',
    'gen_ai.response.finish_reasons': `["${reason}"]`,
    'gen_ai.usage.input_tokens': String(input),
    'gen_ai.usage.output_tokens': String(output),
    'gen_ai.usage.total_tokens': String(input + output),
  },
  parentId: '00000000000000b0',
})
const first: SpanInput = { ...chat(1434, 132, 'TOOL_CALLS'), spanId: '00000000000000b1', tookMs: 228.5 }
const second: SpanInput = { ...chat(2920, 500, 'STOP'), spanId: '00000000000000b2', tookMs: 368.9, laterMs: 533.1 }
const third: SpanInput = { ...chat(4000, 600, 'STOP'), spanId: '00000000000000b3', tookMs: 100.5, laterMs: 700.5 }
const of = (input: number, output: number) => price({ input_tokens: input, output_tokens: output }, model, 'openai')
const costs = (spans: readonly SpanInput[]) => run(spans).map(({ cost, status }) => cost ?? status)

t.test('the call behind a tool costs what it adds', async t => {
  t.same(costs([first, second]), [of(1434, 132), of(1486, 368)])
  t.same(
    costs([first, second, first, second]),
    [of(1434, 132), of(1486, 368), of(1434, 132), of(1486, 368)],
    'sent again',
  )
  const again = { ...second, attributes: chat(2920, 500, 'tool_use').attributes }
  t.same(costs([first, again, third]), [of(1434, 132), of(1486, 368), of(1080, 100)], 'and the one behind that')
})

t.test('where the later one comes first it has the price of both', async t => {
  t.same(costs([second, first]), [of(2920, 500), 'duplicate'])
})

t.test('other calls below the same span cost what they say', async t => {
  for (const [why, spans, expected] of [
    ['no tool asked for', [{ ...first, attributes: chat(1434, 132, 'STOP').attributes }, second], of(2920, 500)],
    ['below another span', [first, { ...second, parentId: '00000000000000b9' }], of(2920, 500)],
    ['in another trace', [first, { ...second, traceId: 9 }], of(2920, 500)],
    ['at once', [first, { ...second, laterMs: 300 }], of(2920, 500)],
    ['with less', [first, { ...second, attributes: chat(1500, 131, 'STOP').attributes }], of(1500, 131)],
    ['of Spring AI 2', [first, second].map(span => ({ ...span, scopeVersion: '4.0.0' })), of(2920, 500)],
  ] as [string, SpanInput[], number][]) {
    t.same(costs(spans), [of(1434, 132), expected], why)
  }
  t.same(costs([third, { ...first, attributes: chat(1434, 132, 'STOP').attributes }]), [of(4000, 600), of(1434, 132)])
})
