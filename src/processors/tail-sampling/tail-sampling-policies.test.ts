import t from 'tap'
import { request, type SpanInput, sampler } from './sampler-run.oracle.ts'

for (const [policy, kept, span] of [
  ['{type: latency, latency: {threshold_ms: 100}}', true, { durationMs: 101 }],
  ['{type: latency, latency: {threshold_ms: 100}}', false, { durationMs: 100 }],
  ['{type: latency, latency: {threshold_ms: 100, upper_threshold_ms: 200}}', false, { durationMs: 201 }],
  [
    '{type: numeric_attribute, numeric_attribute: {key: n, min_value: 5, max_value: 7}}',
    true,
    { attributes: { n: 7 } },
  ],
  ['{type: numeric_attribute, numeric_attribute: {key: n, min_value: 5}}', false, { attributes: { n: 4 } }],
  [
    '{type: numeric_attribute, numeric_attribute: {key: n, max_value: 5}}',
    true,
    { attributes: { n: 'text reads as 0' } },
  ],
  [
    '{type: numeric_attribute, numeric_attribute: {key: n, min_value: 5, invert_match: true}}',
    true,
    { attributes: { n: 4 } },
  ],
  ['{type: string_attribute, string_attribute: {key: s, values: [x, y]}}', true, { attributes: { s: 'y' } }],
  [
    '{type: string_attribute, string_attribute: {key: s, values: ["^a+$"], enabled_regex_matching: true}}',
    true,
    { attributes: { s: 'aaa' } },
  ],
  [
    '{type: string_attribute, string_attribute: {key: s, values: ["^a+$"], enabled_regex_matching: true}}',
    false,
    { attributes: { s: 'ab' } },
  ],
  ['{type: string_attribute, string_attribute: {key: service.name, values: [shop]}}', true, {}],
  ['{type: string_attribute, string_attribute: {key: service.name, values: [shop], invert_match: true}}', false, {}],
  ['{type: boolean_attribute, boolean_attribute: {key: b, value: true}}', true, { attributes: { b: true } }],
  ['{type: boolean_attribute, boolean_attribute: {key: b, value: true}}', false, { attributes: { b: false } }],
  ['{type: trace_state, trace_state: {key: k, values: [v]}}', true, { traceState: 'a=b,k=v' }],
  ['{type: trace_state, trace_state: {key: k, values: [v]}}', false, { traceState: 'k=w' }],
  ['{type: trace_flags}', true, { flags: 1 }],
  ['{type: trace_flags}', false, { flags: 0x300 }],
  ['{type: span_count, span_count: {min_spans: 1, max_spans: 1}}', true, {}],
  ['{type: span_count, span_count: {min_spans: 2}}', false, {}],
  ['{type: probabilistic, probabilistic: {sampling_percentage: 100}}', true, {}],
  ['{type: probabilistic, probabilistic: {sampling_percentage: 0}}', false, {}],
  ['{type: status_code, status_code: {status_codes: [UNSET]}}', true, {}],
  ['{type: not, not: {not_sub_policy: {type: status_code, status_code: {status_codes: [ERROR]}}}}', true, {}],
  [
    '{type: and, and: {and_sub_policy: [{type: trace_flags}, {type: latency, latency: {threshold_ms: 1}}]}}',
    true,
    { flags: 1 },
  ],
  [
    '{type: and, and: {and_sub_policy: [{type: trace_flags}, {type: latency, latency: {threshold_ms: 10}}]}}',
    false,
    { flags: 1 },
  ],
  [
    "{type: ottl_condition, ottl_condition: {span: ['attributes[\"n\"] > 5', 'kind == 9']}}",
    true,
    { attributes: { n: 7 } },
  ],
  ['{type: ottl_condition, ottl_condition: {span: [\'span.attributes["n"] > 5\']}}', false, { attributes: { n: 4 } }],
  [`{type: ottl_condition, ottl_condition: {span: ['resource.attributes["service.name"] == "shop"']}}`, true, {}],
  [
    '{type: ottl_condition, ottl_condition: {spanevent: [\'name == "exception"\']}}',
    true,
    { events: ['log', 'exception'] },
  ],
  [
    '{type: ottl_condition, ottl_condition: {spanevent: [\'spanevent.name == "exception"\']}}',
    false,
    { events: ['log'] },
  ],
  [
    '{type: not, not: {not_sub_policy: {type: ottl_condition, ottl_condition: {span: [\'name == "x"\']}}}}',
    false,
    { name: 'x' },
  ],
  [
    '{type: and, and: {and_sub_policy: [{type: trace_flags}, {type: ottl_condition, ottl_condition: {span: [\'name == "x"\']}}]}}',
    true,
    { name: 'x', flags: 1 },
  ],
  ['{type: cost, cost: {above: 1}}', true, { attributes: { 'gen_ai.usage.cost': 2 } }],
  ['{type: cost, cost: {above: 1}}', false, { attributes: { 'gen_ai.usage.cost': 1 } }],
  ['{type: rate_limiting, rate_limiting: {spans_per_second: 1}}', true, {}],
  ['{type: bytes_limiting, bytes_limiting: {bytes_per_second: 10}}', false, {}],
] as [string, boolean, Partial<SpanInput>][]) {
  t.test(`${policy} ${kept ? 'keeps' : 'does not keep'} ${JSON.stringify(span)}`, async t => {
    const { processor, next, clock } = await sampler(`{decision_wait: 1s, policies: [{name: p, ${policy.slice(1)}]}`)
    await processor.consume(request({ trace: 7, ...span }))
    await clock.advance(1_200)
    t.equal(next.spans.length, kept ? 1 : 0)
    await processor.shutdown({ atMs: 1e9 })
  })
}

t.test('a drop policy beats all others', async t => {
  const { processor, next, clock } = await sampler(
    `{decision_wait: 1s, policies: [{name: all, type: always_sample}, {name: health, type: drop, drop: {drop_sub_policy:
      [{type: string_attribute, string_attribute: {key: url.path, values: [/healthz]}}]}}]}`,
  )
  await processor.consume(request({ trace: 1 }, { trace: 2, attributes: { 'url.path': '/healthz' } }))
  await clock.advance(1_200)
  t.same(next.traces, [1])
  await processor.shutdown({ atMs: 1e9 })
})

const failing = 'span: [\'attributes["n"] + 1 == 2\']'
for (const { what, policy, kept, failures } of [
  { what: 'is not true', policy: `{type: ottl_condition, ottl_condition: {${failing}}}`, kept: [2], failures: 0 },
  {
    what: 'with propagate is no vote',
    policy: `{type: ottl_condition, ottl_condition: {error_mode: propagate, ${failing}}}`,
    kept: [2],
    failures: 1,
  },
  {
    what: 'with propagate is no vote under not either',
    policy: `{type: not, not: {not_sub_policy: {type: ottl_condition, ottl_condition: {error_mode: propagate, ${failing}}}}}`,
    kept: [],
    failures: 1,
  },
  {
    what: 'in a drop policy with propagate drops nothing',
    policy: `{type: drop, drop: {drop_sub_policy: [{type: ottl_condition, ottl_condition: {error_mode: propagate, ${failing}}}]}}, {type: always_sample, name: all}`,
    kept: [1],
    failures: 1,
  },
]) {
  t.test(`a condition that fails ${what}`, async t => {
    const { processor, next, clock, settings } = await sampler(
      `{decision_wait: 1s, policies: [{name: p, ${policy.slice(1)}]}`,
    )
    // The first span of trace 1 fails before the second would match; trace 2 matches before a span fails.
    const fails = { attributes: { n: 'text' } }
    const matches = { attributes: { n: 1 } }
    await processor.consume(request({ trace: 1, ...fails }, { trace: 2, ...matches }, { trace: 2, ...fails }))
    await clock.advance(1_200)
    t.same(next.traces, kept)
    t.equal(settings.registry.value('otelcol_processor_tail_sampling_sampling_policy_evaluation_error'), failures)
    await processor.shutdown({ atMs: 1e9 })
  })
}

t.test('composite: the first that keeps decides, within its share of the second', async t => {
  const { processor, next, clock } = await sampler(
    `{decision_wait: 1s, policies: [{name: c, type: composite, composite: {max_total_spans_per_second: 10, policy_order: [e, all],
      composite_sub_policy: [{name: all, type: always_sample}, {name: e, type: status_code, status_code: {status_codes: [ERROR]}}],
      rate_allocation: [{policy: e, percent: 50}, {policy: all, percent: 20}]}}]}`,
  )
  await processor.consume(request(...Array.from({ length: 20 }, (_, i) => ({ trace: i + 1, error: i < 8 }))))
  await clock.advance(1_200)
  t.equal(next.spans.length, 5 + 2)
  await processor.shutdown({ atMs: 1e9 })
})
