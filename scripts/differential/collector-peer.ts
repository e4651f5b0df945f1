import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A real Collector that writes what it received as OTLP/JSON lines. */
export class CollectorPeer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-differential-'))
  readonly #process: ChildProcess
  #log = ''

  /** `receivers` is the YAML of that section, indented by two. */
  constructor(binary: string, receivers: string, names: readonly string[]) {
    const file = join(this.#folder, 'collector.yaml')
    writeFileSync(
      file,
      `receivers:\n${receivers}\nexporters:\n  file:\n    path: ${this.#output}\n    flush_interval: 100ms\nservice:\n` +
        `  telemetry:\n    metrics:\n      level: none\n  pipelines:\n    traces:\n      receivers: [${names.join(', ')}]\n      exporters: [file]\n`,
    )
    this.#process = spawn(binary, ['--config', file], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) {
      stream.on('data', chunk => {
        this.#log += chunk
      })
    }
  }

  get #output(): string {
    return join(this.#folder, 'out.json')
  }

  async ready(): Promise<void> {
    for (let i = 0; i < 100; i++) {
      if (this.#log.includes('Everything is ready')) return
      if (this.#process.exitCode !== null) break
      await sleep(100)
    }
    throw new Error(`the Collector did not start:\n${this.#log}`)
  }

  /** Lines written so far, once they stop growing: one for each request that was not empty. */
  async lines(): Promise<string[]> {
    let size = -1
    while (true) {
      await sleep(400)
      let text = ''
      try {
        text = readFileSync(this.#output, 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
      if (text.length === size) return text.split('\n').filter(line => line !== '')
      size = text.length
    }
  }

  stop(): void {
    this.#process.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
