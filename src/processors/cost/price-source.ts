import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { CostConfig } from './config.ts'
import { importPrices } from './import-prices.ts'
import { Override } from './overrides.ts'
import { PriceBook } from './price-book.ts'
import type { PriceData } from './price-data.ts'
import { Resolver } from './resolver.ts'
import { Units } from './units.ts'

const checkIntervalMs = 10_000
const bundledPath = join(import.meta.dirname, 'price-data.generated.json')

/** The day that the bundled prices were true for, without reading them whole. */
export function bundledAsOfMs(): number {
  const head = readFileSync(bundledPath, { encoding: 'utf8' }).slice(0, 200)
  const match = /"asOf":"(\d{4}-\d{2}-\d{2})"/.exec(head)
  return Date.parse(`${match?.[1] ?? '1970-01-01'}T00:00:00Z`)
}

let bundled: PriceData | undefined

/** Reads the bundled prices at the first call that needs one: an application without model calls never pays for them. */
function bundledPrices(): PriceData {
  bundled ??= JSON.parse(readFileSync(bundledPath, 'utf8')) as PriceData
  return bundled
}

/** Prices in force: overrides, then the user's file, read again when it changes, then the bundled ones. */
export class PriceSource {
  readonly units: Units
  readonly #config: CostConfig
  readonly #overrides: readonly Override[]
  readonly #bundledBook: PriceBook
  #resolver: Resolver
  #fileState = ''
  #checkedMs = Number.NEGATIVE_INFINITY
  /** Grows by one whenever the prices changed: whoever remembers results forgets them. */
  generation = 0
  /** Why the user's file is not in force; empty while it is. */
  #fileProblem = ''
  #isFileNews = false

  constructor(config: CostConfig) {
    this.#config = config
    const data = bundledPrices()
    this.units = new Units(data.units)
    this.#bundledBook = new PriceBook(data)
    this.#overrides = config.overrides.map((override, index) => new Override(override, index, this.units))
    this.#resolver = new Resolver([this.#bundledBook], this.#overrides)
  }

  get resolver(): Resolver {
    return this.#resolver
  }

  /** For a configuration with a file; `nowMs` is a monotonic time: it is looked at no more than every ten seconds. */
  lookAtFile(nowMs: number): void {
    if (nowMs - this.#checkedMs < checkIntervalMs) return
    this.#checkedMs = nowMs
    this.#readFile()
  }

  /** What came of reading the user's file last, if it was read since: why it is not in force, or empty where it is. */
  takeFileNews(): string | undefined {
    if (!this.#isFileNews) return undefined
    this.#isFileNews = false
    return this.#fileProblem
  }

  get asOfMs(): number {
    return this.#bundledBook.asOfMs
  }

  /** A file that is broken or away leaves the prices as they are. */
  #readFile(): void {
    const path = this.#config.priceFile
    try {
      const { mtimeMs, size, ino } = statSync(path)
      const state = `${mtimeMs}:${size}:${ino}`
      if (state === this.#fileState) return
      const text = readFileSync(path, 'utf8')
      const asOf = new Date(mtimeMs).toISOString().slice(0, 10)
      const book = new PriceBook(importPrices(text, bundledPrices().units, asOf))
      this.#resolver = new Resolver([book, this.#bundledBook], this.#overrides)
      this.#fileState = state
      this.#note('')
      this.generation++
    } catch (error) {
      this.#note(error instanceof Error ? error.message : String(error))
    }
  }

  #note(problem: string): void {
    this.#fileProblem = problem
    this.#isFileNews = true
  }
}
