import t from 'tap'
import { components } from '../components.ts'
import { loadConfig } from './load.ts'

async function load(shards: number, processors: string, extensions = '', rest = '') {
  const yaml = `receivers: {otlp: {protocols: {grpc: }}}
processors: {batch: , tail_sampling: {policies: [{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}]}, adaptive_sampler: {max_spans_per_second: 5}}
exporters: {debug: }
extensions: {file_storage: }
${rest}
service:
  shards: ${shards}
  extensions: [${extensions}]
  pipelines: {traces: {receivers: [otlp], processors: [${processors}], exporters: [debug]}}
`
  return loadConfig({ configs: [`yaml:${yaml}`], registry: components.all, env: {} })
}

const codes = ({ problems }: Awaited<ReturnType<typeof load>>) =>
  problems.filter(problem => problem.severity === 'error').map(problem => problem.code)

t.test('what must see the whole of the data is refused with shards, and says what to do', async t => {
  const { resolved, problems } = await load(2, 'tail_sampling')
  t.equal(resolved, undefined)
  const [problem] = problems.filter(({ severity }) => severity === 'error')
  t.match(problem, {
    code: 'SLC0320',
    message: /"tail_sampling" cannot run with service.shards: 2: .* spans of one come to several shards/,
    remedy: /remove service.shards, or move "tail_sampling" to an agent of one process behind this one/,
  })
})

t.test('without shards, unused, or with components that can be shared, nothing is refused', async t => {
  t.same(codes(await load(1, 'tail_sampling')), [])
  t.same(codes(await load(0, 'tail_sampling')), [])
  const shared = await load(2, 'batch', 'file_storage')
  t.same(codes(shared), [])
  t.equal(shared.resolved?.shards, 2)
})

t.test('more shards than a machine has cores are a mistake', async t => {
  t.same(codes(await load(65, 'batch')), ['SLC0105'])
})
