import { readFileSync } from 'node:fs'
import type { Clock, Timer } from '../clock/clock.ts'

/** How often a file is looked at: secrets of Kubernetes rotate under a running agent. */
const intervalMs = 1_000

export interface CredentialFileSettings {
  readonly path: string
  readonly clock: Clock
  /** Told what is wrong with a file that was readable before, and an empty text once it is right again. */
  readonly problem: (message: string) => void
}

/** A credential that stands in a file, read again while it changes. A file that has gone leaves the last text in force. */
export class CredentialFile {
  readonly #settings: CredentialFileSettings
  #timer: Timer | undefined
  #hasFailed = false
  /** What the file holds, without white space around it; empty before the start. */
  text = ''

  constructor(settings: CredentialFileSettings) {
    this.#settings = settings
  }

  /** Throws where the file cannot be read or is empty, with its path. Safe to call twice. */
  start(): void {
    if (this.#timer !== undefined) return
    this.text = this.#read()
    this.#timer = this.#settings.clock.every(intervalMs, () => this.#refresh())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #read(): string {
    const { path } = this.#settings
    let text: string
    try {
      text = readFileSync(path, 'utf8').trim()
    } catch (error) {
      throw new Error(`cannot read ${path}: ${(error as Error).message}`, { cause: error })
    }
    if (text === '') throw new Error(`${path} is empty`)
    return text
  }

  #refresh(): void {
    const { problem } = this.#settings
    try {
      this.text = this.#read()
      if (this.#hasFailed) problem('')
      this.#hasFailed = false
    } catch (error) {
      if (!this.#hasFailed) problem((error as Error).message)
      this.#hasFailed = true
    }
  }
}
