import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, listening, start, stop } from '../../bench/rig/agent-process.ts'
import type { Plain } from '../../src/testkit/otlp-oracle.ts'

export type RoutedSignal = 'traces' | 'metrics' | 'logs'
export type Wanted = { readonly signal: RoutedSignal; readonly yaml: string }

/** What came out of one pipeline: the first of its requests, undefined where there was none. */
export type Output = (name: string) => Plain | undefined

/** The part of a Collector's configuration that a differential test chooses. */
export interface Sections {
  /** Between receivers and exporters: whole sections, `processors:` or `connectors:`. */
  readonly components: string
  /** Names of files that pipelines write to, as the exporter `file/NAME`. */
  readonly outputs: readonly string[]
  /** Lines of `pipelines:`, indented by four; the receiver is `otlp`. */
  readonly pipelines: string
}

/** Sends one request of each signal through a real Collector. Dollar signs of the sections are taken as they stand. */
export async function throughCollector(
  binary: string,
  { components, outputs, pipelines }: Sections,
  requests: Readonly<Partial<Record<RoutedSignal, Uint8Array>>>,
): Promise<Output> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-differential-'))
  try {
    const port = await freePort()
    const out = (name: string) => join(folder, `${name}.json`)
    const config = join(folder, 'collector.yaml')
    writeFileSync(
      config,
      `receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${port}", include_metadata: true}}}}
${components.replaceAll('$', () => '$$')}
exporters:
${outputs.map(name => `  file/${name}: {path: ${out(name)}}`).join('\n')}
service:
  telemetry: {metrics: {level: none}, logs: {level: error}}
  pipelines:
${pipelines}
`,
    )
    const collector = start({ command: [binary, '--config', config] })
    try {
      await listening(port, collector)
      await delay(500)
      for (const [signal, body] of Object.entries(requests)) {
        const response = await fetch(`http://127.0.0.1:${port}/v1/${signal}`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-protobuf' },
          body: Buffer.from(body),
        })
        if (!response.ok) throw new Error(`the Collector answered ${response.status}: ${await response.text()}`)
      }
    } finally {
      await stop(collector)
    }
    const lines = new Map(outputs.map(name => [name, readFileSync(out(name), 'utf8').split('\n')[0] ?? '']))
    return name => {
      const line = lines.get(name) ?? ''
      return line === '' ? undefined : (JSON.parse(line) as Plain)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * What a real Collector makes of one request of each signal, once for every setting of a processor: all of them in one
 * process, each in a pipeline of its own with a file of its own. undefined where nothing came out.
 */
export async function pipelinesThroughCollector(
  binary: string,
  processor: string,
  cases: readonly Wanted[],
  requests: Readonly<Record<RoutedSignal, Uint8Array>>,
): Promise<(Plain | undefined)[]> {
  const lines = (text: (wanted: Wanted, i: number) => string) => cases.map(text).join('\n')
  const used = new Set(cases.map(({ signal }) => signal))
  const output = await throughCollector(
    binary,
    {
      components: `processors:\n${lines(({ yaml }, i) => `  ${processor}/${i}: ${yaml}`)}`,
      outputs: cases.map((_, i) => `${i}`),
      pipelines: lines(
        ({ signal }, i) =>
          `    ${signal}/${i}: {receivers: [otlp], processors: [${processor}/${i}], exporters: [file/${i}]}`,
      ),
    },
    Object.fromEntries(Object.entries(requests).filter(([signal]) => used.has(signal as RoutedSignal))),
  )
  return cases.map((_, i) => output(`${i}`))
}
