import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { components } from '../src/components.ts'
import { loadConfig } from '../src/config/load.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const deploy = join(root, 'deploy')
const read = (path: string) => readFileSync(join(deploy, path), 'utf8')

interface Manifest {
  readonly kind?: string
  readonly data?: Record<string, string>
  readonly spec?: { readonly config?: unknown; readonly template?: { readonly spec: PodSpec } }
}
interface PodSpec {
  readonly terminationGracePeriodSeconds: number
  readonly initContainers: readonly Container[]
  readonly containers: readonly Container[]
}
interface Container {
  readonly name: string
  readonly restartPolicy?: string
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly securityContext: Record<string, unknown>
}

const sidecar = parseAllDocuments(read('kubernetes/sidecar.yaml')).map(document => document.toJS() as Manifest)

for (const [name, text] of Object.entries({
  'the chart': stringify(parse(read('helm/sluice/values.yaml')).config),
  'the kustomize component': read('kustomize/sidecar/sluice.yaml'),
  'the sidecar': sidecar.find(manifest => manifest.kind === 'ConfigMap')?.data?.['sluice.yaml'] ?? '',
  'the operator': stringify((parse(read('operator/collector.yaml')) as Manifest).spec?.config),
})) {
  t.test(`the configuration of ${name} is one that runs, without a warning`, async t => {
    const loaded = await loadConfig({ configs: [`yaml:${text}`], registry: components.all, env: {} })
    t.same(
      loaded.problems.map(problem => problem.message),
      [],
    )
    t.ok(loaded.resolved)
  })
}

t.test('alerts and dashboard ask for metrics that the agent has', async t => {
  t.equal(read('helm/sluice/alerts.yaml'), read('monitoring/alerts.yaml'), 'the chart carries the same alerts')
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map(path => readFileSync(join(root, 'src', path), 'utf8'))
    .join('\n')
  const asked = `${read('monitoring/alerts.yaml')}\n${read('monitoring/grafana-dashboard.json')}`
  const names = new Set(asked.match(/\b(?:otelcol|sluice)_[a-z_]+[a-z]\b/g))
  t.ok(names.size > 12)
  for (const name of names) {
    // Some names are put together: `sluice_stage_pool_` and `lost_threads`.
    const parts = name.split('_')
    const isKnown = parts.some((_, i) => {
      const [head, tail] = [parts.slice(0, i).join('_'), parts.slice(i).join('_')]
      return sources.includes(name) || (i > 1 && sources.includes(`${head}_`) && sources.includes(tail))
    })
    t.ok(isKnown, name)
  }
})

t.test('the sidecar is a native one, is restricted, and leaves time for its drain', async t => {
  const pod = sidecar.find(manifest => manifest.kind === 'Deployment')?.spec?.template?.spec
  const agent = pod?.initContainers[0]
  t.equal(agent?.restartPolicy, 'Always')
  const drainSeconds = Number.parseInt(
    agent?.env?.find(({ name }) => name === 'SLUICE_SHUTDOWN_TIMEOUT')?.value ?? '',
    10,
  )
  t.ok(drainSeconds < (pod?.terminationGracePeriodSeconds ?? 0))
  for (const container of [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])]) {
    t.match(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  }
})
