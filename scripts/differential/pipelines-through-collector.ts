import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, listening, start, stop } from '../../bench/rig/agent-process.ts'
import type { Plain } from '../../src/testkit/otlp-oracle.ts'

export type Wanted = { readonly signal: 'traces' | 'metrics' | 'logs'; readonly yaml: string }

/**
 * What a real Collector makes of one request of each signal, once for every setting of a processor: all of them in one
 * process, each in a pipeline of its own with a file of its own. undefined where nothing came out.
 */
export async function pipelinesThroughCollector(
  binary: string,
  processor: string,
  cases: readonly Wanted[],
  requests: Readonly<Record<Wanted['signal'], Uint8Array>>,
): Promise<(Plain | undefined)[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-differential-'))
  try {
    const port = await freePort()
    const out = (i: number) => join(folder, `${i}.json`)
    const config = join(folder, 'collector.yaml')
    const lines = (text: (wanted: Wanted, i: number) => string) => cases.map(text).join('\n')
    writeFileSync(
      config,
      `receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${port}"}}}}
processors:
${lines(({ yaml }, i) => `  ${processor}/${i}: ${yaml.replaceAll('$', () => '$$')}`)}
exporters:
${lines((_, i) => `  file/${i}: {path: ${out(i)}}`)}
service:
  telemetry: {metrics: {level: none}, logs: {level: error}}
  pipelines:
${lines(({ signal }, i) => `    ${signal}/${i}: {receivers: [otlp], processors: [${processor}/${i}], exporters: [file/${i}]}`)}
`,
    )
    const collector = start({ command: [binary, '--config', config] })
    try {
      await listening(port, collector)
      await delay(500)
      for (const signal of new Set(cases.map(each => each.signal))) {
        const response = await fetch(`http://127.0.0.1:${port}/v1/${signal}`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-protobuf' },
          body: Buffer.from(requests[signal]),
        })
        if (!response.ok) throw new Error(`the Collector answered ${response.status}: ${await response.text()}`)
      }
    } finally {
      await stop(collector)
    }
    return cases.map((_, i) => {
      const [line] = readFileSync(out(i), 'utf8').split('\n')
      return line === undefined || line === '' ? undefined : (JSON.parse(line) as Plain)
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
