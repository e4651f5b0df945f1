import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { componentSettings, testHost } from '../../testkit/component-settings.ts'
import { decodePlain, encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { keyValues } from '../../testkit/plain-attributes.ts'
import { costConfig } from './config.ts'
import { CostCompanion } from './cost-companion.ts'
import { CostStage } from './cost-stage.ts'
import { run } from './priced-spans.oracle.ts'

t.test("Gemini CLI's span of a call is what its log record says as long as records are priced too", async t => {
  const config = parseConfig(costConfig, '{}')
  const settings = componentSettings('cost', { host: testHost({}) })
  const traces = new CostCompanion(config, settings, 'traces')
  const stage = new CostStage(config, traces.context, 'traces')
  const attributes = {
    'gen_ai.operation.name': 'llm_call',
    'gen_ai.request.model': 'gemini-2.5-flash',
    'gen_ai.agent.name': 'gemini-cli',
    'gen_ai.conversation.id': 'a51900ab-6170-4bb8-bb34-d8f69ae20506',
    'gen_ai.usage.input_tokens': 1843,
    'gen_ai.usage.output_tokens': 37,
  }
  const status = (scope = 'gemini-cli') => run([{ name: 'llm_call', scope, attributes }], stage)[0]!.status
  t.equal(status(), 'priced', 'no records are')
  const logs = new CostCompanion(config, settings, 'logs')
  t.equal(status(), 'duplicate')
  t.equal(status('another'), 'priced')
  const elsewhere = new CostCompanion(config, componentSettings('cost', { host: testHost({}) }), 'traces')
  const other = new CostStage(config, elsewhere.context, 'traces')
  t.equal(run([{ name: 'llm_call', scope: 'gemini-cli', attributes }], other)[0]!.status, 'priced', 'in another agent')
  logs.shutdown()
  logs.shutdown()
  t.equal(status(), 'priced', 'records are priced no longer')
  const both = parseConfig(costConfig, '{deduplicate: false}')
  const again = new CostCompanion(config, settings, 'logs')
  const undone = new CostStage(both, new CostCompanion(both, settings, 'traces').context, 'traces')
  t.equal(run([{ name: 'llm_call', scope: 'gemini-cli', attributes }], undone)[0]!.status, 'priced', 'as told')
  for (const companion of [again, traces, elsewhere]) companion.shutdown()
})

t.test("Claude Code's record of a call is what its span says as long as spans are priced too", async t => {
  const config = parseConfig(costConfig, '{}')
  const settings = componentSettings('cost', { host: testHost({}) })
  const logs = new CostCompanion(config, settings, 'logs')
  const stage = new CostStage(config, logs.context, 'logs')
  const attributes = {
    'event.name': 'api_request',
    model: 'claude-sonnet-4-5-20250929',
    input_tokens: 474,
    output_tokens: 212,
    cost_usd: 0.0061215,
  }
  const status = () => {
    const bytes = encodePlain('logs', {
      resourceLogs: [
        {
          scopeLogs: [
            {
              scope: { name: 'com.anthropic.claude_code.events' },
              logRecords: [
                { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2), attributes: keyValues(attributes) },
              ],
            },
          ],
        },
      ],
    })
    const out = decodePlain('logs', new StageWalk('logs', [stage]).run(bytes))
    const [group] = (out['resourceLogs'] as Plain[])[0]!['scopeLogs'] as Plain[]
    const pairs = (group!['logRecords'] as Plain[])[0]!['attributes'] as { key: string; value: Plain }[]
    return Object.values(pairs.find(({ key }) => key === 'sluice.cost.status')!.value)[0]
  }
  t.equal(status(), 'reported', 'no spans are')
  const traces = new CostCompanion(config, settings, 'traces')
  t.equal(status(), 'duplicate')
  traces.shutdown()
  t.equal(status(), 'reported')
  logs.shutdown()
})
