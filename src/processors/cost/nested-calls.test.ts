// One call on spans of two scopes that nothing but its counts, its trace or its response joins.

import t from 'tap'
import { run, type SpanInput } from './priced-spans.oracle.ts'

/** An application asks a gateway, with the trace on its way and the gateway's own spans between both. */
const client: SpanInput = {
  name: 'ChatCompletion',
  scope: 'openinference.instrumentation.openai',
  attributes: {
    'openinference.span.kind': 'LLM',
    'llm.provider': 'openai',
    'llm.system': 'openai',
    'llm.model_name': 'gpt-4o',
    'llm.token_count.prompt': 246,
    'llm.token_count.completion': 252,
    'llm.token_count.total': 498,
    'output.value': '{"choices": []}',
  },
  parentId: '00000000000000c0',
  tookMs: 34.58,
  laterMs: 6.05,
}
const gateway: SpanInput = {
  name: 'litellm_request',
  scope: 'litellm',
  attributes: {
    'gen_ai.operation.name': 'acompletion',
    'gen_ai.system': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.response.model': 'gpt-4o',
    'gen_ai.response.id': 'chatcmpl-XBBqPv52xGdC7AHd4BkHCZnloTTU2',
    'gen_ai.usage.input_tokens': 246,
    'gen_ai.usage.output_tokens': 252,
    'gen_ai.usage.total_tokens': 498,
    'gen_ai.cost.total_cost': 0.003135,
  },
  parentId: '00000000000000c9',
  tookMs: 22.88,
}
const status = (spans: readonly SpanInput[]) => run(spans).map(each => each.status)
const withIds = (span: SpanInput, id: string): SpanInput => ({
  ...span,
  attributes: { ...span.attributes, 'gen_ai.response.id': id },
})

t.test("an application's call of a gateway is the gateway's in its trace", async t => {
  t.same(status([gateway, client]), ['reported', 'duplicate'])
  t.same(status([client, gateway]), ['priced', 'duplicate'], 'whichever comes first')
  const sent = [
    { ...gateway, spanId: '00000000000000a1' },
    { ...client, spanId: '00000000000000a2' },
  ]
  t.same(status([...sent, ...sent]), ['reported', 'duplicate', 'reported', 'duplicate'], 'sent again')
})

t.test('without its trace it is known by its response', async t => {
  const id = 'chatcmpl-XBBqPv52xGdC7AHd4BkHCZnloTTU2'
  const other = withIds({ ...client, traceId: 9 }, id)
  t.same(status([gateway, other]), ['reported', 'duplicate'])
  t.same(status([other, gateway]), ['priced', 'duplicate'])
  t.same(status([gateway, { ...client, traceId: 9 }]), ['reported', 'priced'], 'that does not say which')
  t.same(
    status([withIds(gateway, 'chatcmpl-1'), withIds(other, 'chatcmpl-1')]),
    ['reported', 'priced'],
    'by any server',
  )
})

t.test('calls that only look alike cost each', async t => {
  const at = (span: SpanInput, tookMs: number, laterMs: number): SpanInput => ({ ...span, tookMs, laterMs })
  for (const [why, spans] of [
    ['one behind the other', [gateway, at(client, 20.5, 40.25)]],
    ['that overlap', [gateway, at(client, 20.5, 10.25)]],
    ['at the same time', [gateway, at(client, 22.88, 0)]],
    ['in times that nobody measured', [at(gateway, 20, 3), at(client, 30, 5)]],
    ['of one scope', [gateway, { ...client, scope: 'litellm' }]],
    ['of other counts', [gateway, { ...client, attributes: { ...client.attributes, 'llm.token_count.prompt': 247 } }]],
    [
      'of another model',
      [gateway, { ...client, attributes: { ...client.attributes, 'llm.model_name': 'gpt-4o-mini' } }],
    ],
    ['of other responses', [gateway, withIds(client, 'chatcmpl-XBBqPv52xGdC7AHd4BkHCZnloTTU3')]],
    ['of another trace', [gateway, { ...client, traceId: 9 }]],
  ] as [string, SpanInput[]][]) {
    for (const each of [spans, [...spans].reverse()]) t.notOk(status(each).includes('duplicate'), why)
  }
  const { parentId: _, ...root } = gateway
  t.same(status([root, client]), ['reported', 'priced'], 'a root is inside nothing of its trace')
  t.same(status([client, root]), ['priced', 'reported'])
})

t.test('each call meets one', async t => {
  const another = { ...client, tookMs: 36.25, laterMs: 7.25 }
  const spans = [gateway, client, another]
  t.same(status(spans), ['reported', 'duplicate', 'priced'], 'one that no gateway reports')
  const both = [gateway, { ...gateway, tookMs: 23.5 }, client, another].map(span => ({
    ...span,
    attributes: Object.fromEntries(Object.entries(span.attributes).filter(([key]) => key !== 'gen_ai.response.id')),
  }))
  t.same(status(both), ['reported', 'reported', 'duplicate', 'duplicate'], 'two at once')
  const framework = { ...client, scope: 'traceloop', tookMs: 50.25, laterMs: 9.25 }
  t.same(status([gateway, client, framework]), ['reported', 'duplicate', 'duplicate'], 'what is around both')
})
