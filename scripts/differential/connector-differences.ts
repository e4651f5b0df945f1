import { parseConfig } from '../../src/config/parse-config.ts'
import { countConfig } from '../../src/connectors/count/config.ts'
import { CountWalk } from '../../src/connectors/count/count-walk.ts'
import { routingConfig } from '../../src/connectors/routing/config.ts'
import { Router } from '../../src/connectors/routing/router.ts'
import { countItems } from '../../src/pdata/count.ts'
import { jsonToOtlp } from '../../src/pdata/json-to-otlp.ts'
import type { OtlpBatch } from '../../src/pdata/otlp-batch.ts'
import { decodePlain, type Plain } from '../../src/testkit/otlp-oracle.ts'
import { comparable, differences } from './compare.ts'
import { connectorRequests, countCases, routes, routingCases } from './connector-cases.ts'
import { type RoutedSignal, throughCollector, type Wanted } from './pipelines-through-collector.ts'

/** What a real Collector and this agent make of the same telemetry differently, a line for each difference. */
export async function connectorDifferences(binary: string): Promise<{ caseCount: number; found: string[] }> {
  const found = [...(await routingDifferences(binary)), ...(await countDifferences(binary))]
  return { caseCount: routingCases.length + countCases.length, found }
}

const lines = (cases: readonly Wanted[], text: (wanted: Wanted, i: number) => string) => cases.map(text).join('\n')

async function routingDifferences(binary: string): Promise<string[]> {
  const table = ({ signal, yaml }: Wanted, i: number) => {
    const { table: rows, ...rest } = JSON.parse(yaml) as { table: Plain[] }
    const inRow = (names: unknown) =>
      String(names)
        .split(', ')
        .map(name => `${signal}/${i}-${name}`)
    return JSON.stringify({
      ...rest,
      default_pipelines: inRow('rest'),
      table: rows.map(row => ({ ...row, pipelines: inRow(row['pipelines']) })),
    })
  }
  const output = await throughCollector(
    binary,
    {
      components: `connectors:\n${lines(routingCases, (wanted, i) => `  routing/${i}: ${table(wanted, i)}`)}`,
      outputs: routingCases.flatMap((_, i) => routes.map(route => `${i}-${route}`)),
      pipelines: lines(routingCases, ({ signal }, i) =>
        [
          `    ${signal}/${i}: {receivers: [otlp], exporters: [routing/${i}]}`,
          ...routes.map(
            route => `    ${signal}/${i}-${route}: {receivers: [routing/${i}], exporters: [file/${i}-${route}]}`,
          ),
        ].join('\n'),
      ),
    },
    connectorRequests,
  )
  return routingCases.flatMap(({ signal, yaml }, i) => {
    const config = parseConfig(routingConfig, yaml)
    const { parts } = new Router(signal, config).route(batchOf(signal))
    return routes.flatMap(route => {
      const takers = parts.filter(({ row }) =>
        (config.table[row]?.pipelines.join() ?? 'rest').split(', ').includes(route),
      )
      const ours = merged(takers.map(({ batch }) => decodePlain(signal, batch.bytes)))
      const theirs = decodePlain(signal, bytesOf(signal, output(`${i}-${route}`)))
      return differences(comparable(ours), comparable(theirs)).map(found => `${yaml} ${route} ${found}`)
    })
  })
}

async function countDifferences(binary: string): Promise<string[]> {
  const output = await throughCollector(
    binary,
    {
      components: `connectors:\n${lines(countCases, ({ yaml }, i) => `  count/${i}: ${yaml}`)}`,
      outputs: countCases.map((_, i) => `${i}`),
      pipelines: lines(
        countCases,
        ({ signal }, i) =>
          `    ${signal}/${i}: {receivers: [otlp], exporters: [count/${i}]}\n    metrics/${i}-out: {receivers: [count/${i}], exporters: [file/${i}]}`,
      ),
    },
    connectorRequests,
  )
  return countCases.flatMap(({ signal, yaml }, i) => {
    const counted = new CountWalk(signal, parseConfig(countConfig, yaml)).count(batchOf(signal), 1n)
    const ours = decodePlain('metrics', counted?.bytes ?? new Uint8Array(0))
    const theirs = decodePlain('metrics', bytesOf('metrics', output(`${i}`)))
    return differences(counts(ours), counts(theirs)).map(found => `${yaml} ${found}`)
  })
}

function batchOf(signal: RoutedSignal): OtlpBatch {
  const bytes = connectorRequests[signal]
  const metadata = { headers: new Map([['content-type', ['application/x-protobuf']]]) }
  return { signal, bytes, itemCount: countItems(signal, bytes), metadata }
}

function bytesOf(signal: RoutedSignal, request: Plain | undefined): Uint8Array {
  return request === undefined ? new Uint8Array(0) : jsonToOtlp(signal, Buffer.from(JSON.stringify(request)))
}

function merged(requests: readonly Plain[]): Plain {
  const all: Record<string, unknown[]> = {}
  for (const request of requests) {
    for (const [name, groups] of Object.entries(request)) all[name] = [...(all[name] ?? []), ...(groups as unknown[])]
  }
  return all
}

/** Metrics and their points have no order there. Points without a time of the telemetry have that of the run. */
function counts(request: Plain): unknown {
  const groups = (request['resourceMetrics'] ?? []) as Plain[]
  return groups.map(group => {
    const metrics = (group['scopeMetrics'] as Plain[]).flatMap(scope => scope['metrics'] as Plain[])
    const points = metrics.flatMap(metric => {
      const { dataPoints, ...sum } = metric['sum'] as Plain
      return (dataPoints as Plain[]).map(point => {
        const isTimed = Number(point['timeUnixNano']) < 1.75e18 && Number(point['timeUnixNano']) > 1
        const { startTimeUnixNano, timeUnixNano, ...rest } = point
        const { name, description } = metric
        return JSON.stringify(
          comparable({ name, description, sum, ...rest, ...(isTimed && { startTimeUnixNano, timeUnixNano }) }),
          (_key, value) => (typeof value === 'bigint' ? String(value) : value),
        )
      })
    })
    return [comparable((group['resource'] ?? {}) as Plain), points.sort()]
  })
}
