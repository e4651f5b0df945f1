import { appendFileSync } from 'node:fs'
import type { ComponentSettings } from '../../component/component.ts'
import { accepted, type Backend, type ExportRequest, type ExportResult } from '../../exporter-helper/export-request.ts'
import { mergeRequests } from '../../pdata/merge.ts'
import { otlpToJson } from '../../pdata/otlp-to-json.ts'
import type { DebugConfig } from './config.ts'
import type { RequestJson } from './json-request.ts'
import { renderDetailed } from './render-detailed.ts'
import { renderNormal } from './render-normal.ts'
import { summarize } from './render-summary.ts'

export type Output = (text: string) => void

const tickMs = 1000

/** Writes requests as text for people. A request is never refused: this is for looking on. */
export class DebugBackend implements Backend {
  readonly #config: DebugConfig
  readonly #settings: ComponentSettings
  readonly #output: Output
  #tickStartMs = Number.NEGATIVE_INFINITY
  #countInTick = 0

  constructor(config: DebugConfig, settings: ComponentSettings, output: Output = openOutput(config.outputPaths)) {
    this.#config = config
    this.#settings = settings
    this.#output = output
  }

  async send(request: ExportRequest): Promise<ExportResult> {
    if (!this.#isSampled()) return accepted
    const { signal, itemCount } = request
    let text: string
    try {
      text = this.#render(request)
    } catch (error) {
      text = `${signal}: ${itemCount} items that cannot be shown (${(error as Error).message})\n`
    }
    this.#output(text)
    return accepted
  }

  #render(request: ExportRequest): string {
    const { signal, itemCount, byteCount } = request
    const wall = new Date(this.#settings.clock.wallMs())
    if (signal === 'profiles') return `${signal}: ${itemCount} profiles, ${byteCount} bytes\n`
    const json = Buffer.from(otlpToJson(signal, mergeRequests(request.parts))).toString('utf8')
    const content = JSON.parse(json) as RequestJson
    const summary = summarize(signal, content, itemCount, wall)
    switch (this.#config.verbosity) {
      case 'normal':
        return `${summary}\n${renderNormal(content)}`
      case 'detailed':
        return `${summary}\n${renderDetailed(content)}`
      default:
        return `${summary}\n`
    }
  }

  /** The first few of each second, then every n-th. */
  #isSampled(): boolean {
    const { samplingInitial, samplingThereafter } = this.#config
    const nowMs = this.#settings.clock.nowMs()
    if (nowMs - this.#tickStartMs >= tickMs) {
      this.#tickStartMs = nowMs
      this.#countInTick = 0
    }
    this.#countInTick++
    if (this.#countInTick <= samplingInitial) return true
    return samplingThereafter > 0 && (this.#countInTick - samplingInitial) % samplingThereafter === 0
  }
}

function openOutput(paths: readonly string[]): Output {
  return text => {
    for (const path of paths) {
      if (path === 'stdout') process.stdout.write(text)
      else if (path === 'stderr') process.stderr.write(text)
      else appendFileSync(path, text)
    }
  }
}
