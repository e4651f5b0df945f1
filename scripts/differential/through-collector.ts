import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, listening, start, stop } from '../../bench/rig/agent-process.ts'
import type { Plain } from '../../src/testkit/otlp-oracle.ts'

/**
 * What a real Collector's processor makes of trace requests in protobuf: the requests that its file exporter wrote, in order,
 * without those that nothing was left of. `processor` is its type id, `yaml` its settings on one line.
 */
export async function tracesThroughCollector(
  binary: string,
  { processor, yaml }: { processor: string; yaml: string },
  requests: readonly Uint8Array[],
): Promise<Plain[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-differential-'))
  try {
    const port = await freePort()
    const out = join(folder, 'out.json')
    writeFileSync(out, '')
    const config = join(folder, 'collector.yaml')
    writeFileSync(
      config,
      `receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${port}"}}}}
processors: {${processor}: ${yaml}}
exporters: {file: {path: ${out}}}
service:
  telemetry: {metrics: {level: none}, logs: {level: info}}
  pipelines: {traces: {receivers: [otlp], processors: [${processor}], exporters: [file]}}
`,
    )
    const collector = start({ command: [binary, '--config', config] })
    try {
      await listening(port, collector)
      // It listens before it minds signals: told to end too early it would end without writing.
      while (!collector.output().includes('Everything is ready')) await delay(10)
      for (const body of requests) {
        const response = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-protobuf' },
          body: Buffer.from(body),
        })
        if (!response.ok) throw new Error(`the Collector answered ${response.status}`)
      }
    } finally {
      await stop(collector)
    }
    if (collector.child.signalCode !== null) throw new Error(`the Collector was ended by ${collector.child.signalCode}`)
    const lines = readFileSync(out, 'utf8').split('\n')
    return lines.filter(line => line !== '').map(line => JSON.parse(line) as Plain)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
