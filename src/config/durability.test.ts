import t from 'tap'
import { loadSample } from './sample-registry.ts'

const stored = 'sending_queue: {storage: file_storage}'

/** The level of the exporter `otlp` and what is wrong, where `keys` are its own and `pipelines` those of the service. */
async function levelOf(keys: string, pipelines: string) {
  const { resolved, problems } = await loadSample(`receivers: {values: }
exporters:
  otlp_grpc: {endpoint: "a:4317", ${keys}}
  debug:
extensions: {file_storage: {directory: /q}}
service:
  extensions: [file_storage]
  pipelines: {${pipelines}}
`)
  const exporter = resolved?.components.find(component => component.id === 'otlp_grpc')
  const { queue } = (exporter?.config ?? {}) as { queue?: { durability: string; storage: unknown } }
  return {
    level: queue?.durability,
    problems: problems.filter(({ severity }) => severity === 'error').map(problem => problem.message),
    fingerprint: exporter?.fingerprint,
  }
}

const traces = (durability: string, name = '') =>
  `traces${name}: {receivers: [values], exporters: [otlp_grpc, debug], durability: ${durability}}`
const plain = 'traces: {receivers: [values], exporters: [otlp_grpc]}'

for (const { name, keys, pipelines, level } of [
  { name: 'nowhere', keys: stored, pipelines: plain, level: '' },
  {
    name: 'in the queue',
    keys: 'sending_queue: {storage: file_storage, durability: node}',
    pipelines: plain,
    level: 'node',
  },
  { name: 'at the exporter', keys: `${stored}, durability: node`, pipelines: plain, level: 'node' },
  { name: 'at the exporter, without a queue', keys: 'durability: end_to_end', pipelines: plain, level: 'end_to_end' },
  {
    name: 'at the exporter, with an empty queue',
    keys: 'sending_queue: , durability: memory',
    pipelines: plain,
    level: 'memory',
  },
  { name: 'at the pipeline', keys: stored, pipelines: traces('node'), level: 'node' },
  {
    name: 'at the pipeline and, nearer, at the exporter',
    keys: `${stored}, durability: process`,
    pipelines: traces('node'),
    level: 'process',
  },
  { name: 'at two pipelines', keys: stored, pipelines: `${traces('node')}, ${traces('process', '/b')}`, level: 'node' },
  {
    name: 'at the pipeline of a queue that is off',
    keys: 'sending_queue: {enabled: false}',
    pipelines: traces('node'),
    level: '',
  },
]) {
  t.test(`durability ${name}`, async t => {
    t.match(await levelOf(keys, pipelines), { level, problems: [] })
  })
}

t.test('a level that needs a storage says so, wherever it stands', async t => {
  t.same((await levelOf('durability: node', plain)).problems, ['"durability" node needs storage'])
  t.same((await levelOf('', traces('process'))).problems, [
    'the exporter "otlp_grpc" of this pipeline has no queue on disk, which "process" needs',
  ])
})

t.test('what is no level, and two levels at once', async t => {
  t.match((await levelOf(stored, traces('disk'))).problems, [/disk/])
  const both = await levelOf('sending_queue: {storage: file_storage, durability: node}, durability: process', plain)
  t.same(both.problems, ['"durability" stands here and in sending_queue'])
})

t.test("a pipeline's level changes the exporter", async t => {
  const before = await levelOf(stored, traces('process'))
  t.not((await levelOf(stored, traces('node'))).fingerprint, before.fingerprint)
})
