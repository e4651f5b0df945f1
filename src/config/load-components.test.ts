import t from 'tap'
import type { UnloadedComponent } from './agent-config.ts'
import { loadConfig } from './load.ts'
import { sampleRegistry } from './sample-registry.ts'

/** The sample components, and which of them were loaded. */
function unloaded() {
  const loaded: string[] = []
  const components = sampleRegistry.map((component): UnloadedComponent => {
    const { kind, type, aliases = [] } = component
    const load = async () => {
      loaded.push(`${kind} ${type}`)
      return component
    }
    return { kind, type, aliases, load }
  })
  return { components, loaded }
}

const load = async (yaml: string) => {
  const { components, loaded } = unloaded()
  const { problems, resolved } = await loadConfig({ configs: [`yaml:${yaml}`], registry: components, env: {} })
  return { problems: problems.map(({ message, remedy }) => `${message}; ${remedy ?? ''}`), resolved, loaded }
}

t.test('only what the file names is loaded, by its older name as well', async t => {
  const { problems, resolved, loaded } = await load(`
receivers: {otlp: {protocols: {grpc: }}}
exporters: {otlp/x: {endpoint: 'x:4317'}}
service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp/x]}}}`)
  t.match(problems, [/"otlp" is an old name of the exporter "otlp_grpc"/])
  t.equal(resolved?.components.length, 2)
  t.same(loaded.toSorted(), ['exporter otlp_grpc', 'receiver otlp'])
})

t.test('a name that is wrong is compared with all that there are, and loads none', async t => {
  const { problems, loaded } = await load('receivers: {otpl: {}}')
  t.match(problems.join('\n'), /unknown receiver type "otpl"; did you mean "otlp"\?/)
  t.same(loaded, [])
})
