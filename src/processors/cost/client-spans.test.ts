// Spans that clients of providers make themselves, recorded inside those of frameworks that make none current.

import t from 'tap'
import { run, type SpanInput } from './priced-spans.oracle.ts'

t.test("a call of AWS's client is that of what is put around it in JavaScript", async t => {
  const own: SpanInput = {
    name: 'chat amazon.nova-pro-v1:0',
    scope: '@opentelemetry/instrumentation-aws-sdk',
    attributes: {
      'gen_ai.system': 'aws.bedrock',
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'amazon.nova-pro-v1:0',
      'gen_ai.usage.input_tokens': 715,
      'gen_ai.usage.output_tokens': 77,
    },
    traceId: 1,
    tookMs: 3.637,
    laterMs: 0.637,
  }
  const around: SpanInput = {
    name: 'bedrock.converse',
    scope: '@arizeai/openinference-instrumentation-bedrock',
    attributes: {
      'openinference.span.kind': 'LLM',
      'llm.provider': 'aws',
      'llm.model_name': 'nova-pro-v1:0',
      'llm.token_count.prompt': 715,
      'llm.token_count.completion': 77,
      'llm.token_count.total': 792,
    },
    traceId: 2,
    tookMs: 4.086,
    laterMs: 0.086,
  }
  t.match(run([own, around]), [{ status: 'priced' }, { status: 'duplicate' }])
  t.match(run([around, own]), [{ status: 'priced' }, { status: 'duplicate' }])
})

t.test(
  "what Strands puts around Anthropic's client in TypeScript is the client's own span of another trace",
  async t => {
    const own: SpanInput = {
      name: 'anthropic.messages.create',
      scope: 'com.anthropic.sdk.typescript',
      attributes: {
        'gen_ai.provider.name': 'anthropic',
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'claude-sonnet-4-5',
        'gen_ai.response.model': 'claude-sonnet-4-5',
        'gen_ai.response.id': 'msg_01ru6IBv7PdiIFqRglLOL69a',
        'gen_ai.usage.input_tokens': 2227,
        'gen_ai.usage.output_tokens': 197,
        'gen_ai.usage.cache_read.input_tokens': 1896,
        'gen_ai.usage.cache_write.input_tokens': 63,
      },
      traceId: 1,
      tookMs: 12.19,
      laterMs: 0.19,
    }
    const around: SpanInput = {
      name: 'chat',
      scope: 'my-service',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'my-service',
        'gen_ai.request.model': 'claude-sonnet-4-5',
        'gen_ai.usage.prompt_tokens': 268,
        'gen_ai.usage.input_tokens': 268,
        'gen_ai.usage.completion_tokens': 197,
        'gen_ai.usage.output_tokens': 197,
        'gen_ai.usage.total_tokens': 465,
        'gen_ai.usage.cache_read.input_tokens': 1896,
        'gen_ai.usage.cache_creation.input_tokens': 63,
      },
      traceId: 2,
      parentId: '00000000000000d1',
      tookMs: 18.289,
      laterMs: 0.289,
    }
    const status = (spans: readonly SpanInput[]) => run(spans).map(each => each.status)
    t.same(status([own, around]), ['priced', 'duplicate'])
    t.same(status([around, own]), ['estimated', 'duplicate'])
    t.same(status([own, { ...around, laterMs: -30.25 }]), ['priced', 'estimated'], 'one before it')
    const langtrace: SpanInput = {
      name: 'anthropic.messages.create',
      scope: 'langtrace_python_sdk.instrumentation.anthropic.instrumentation',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'Anthropic',
        'gen_ai.request.model': 'claude-sonnet-4-5',
        'gen_ai.usage.input_tokens': 268,
        'gen_ai.usage.output_tokens': 197,
      },
      traceId: 3,
      tookMs: 19.69,
      laterMs: 5.917,
    }
    t.same(status([own, langtrace]), ['priced', 'duplicate'], 'that does not count what was cached')
    t.same(status([langtrace, own]), ['priced', 'duplicate'])
  },
)
