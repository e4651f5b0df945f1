import type { OtlpBatch, Signal } from '../../pdata/otlp-batch.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { drop, keep, type Verdict, type WalkHooks } from '../../pdata/walk-hooks.ts'
import type { RoutingConfig } from './config.ts'
import { compileRow, type Row, rowKey } from './row.ts'
import { RowWalk, stays } from './row-walk.ts'

/** The part of a batch that goes one way. */
export interface RoutedPart {
  /** Index of the row, or the number of rows for what no row moved. */
  readonly row: number
  readonly batch: OtlpBatch
}

export interface Routing {
  readonly parts: readonly RoutedPart[]
  /** Items that no row moved or copied. */
  readonly untakenCount: number
}

/** What the rows up to here have left. */
interface Rest {
  readonly batch: OtlpBatch
  /** Whether a row has a copy, by the item's place; undefined where none has. */
  readonly copied: readonly boolean[] | undefined
}

/**
 * Says which rows of the table take which item, and cuts a batch accordingly. All rows are asked in one walk, but for those that
 * edit what they take: the rows behind them see the edited. Then there is one walk for each way that some but not all items
 * go. A batch that goes one way as a whole stays the same bytes.
 */
export class Router {
  readonly #rowCount: number
  readonly #walks: readonly RowWalk[]
  readonly #cutWalk: StageWalk
  #isWanted: (ordinal: number) => boolean = () => true
  #ordinal = 0

  /** `noteError` hears of each condition that could not be evaluated. */
  constructor(
    signal: Signal,
    { table, errorMode }: Pick<RoutingConfig, 'table' | 'errorMode'>,
    noteError: () => void = () => {},
  ) {
    this.#rowCount = table.length
    this.#walks = inWalks(compileTable(table)).map(rows => new RowWalk(signal, rows, errorMode, noteError))
    this.#cutWalk = new StageWalk(signal, [this.#cutHooks(signal)])
  }

  /** Throws `WireError` where the batch is malformed, `ConsumeError` where a condition fails and the user wants that. */
  route(batch: OtlpBatch): Routing {
    const parts: RoutedPart[] = []
    let rest: Rest = { batch, copied: undefined }
    for (const walk of this.#walks) {
      if (rest.batch.itemCount === 0) break
      rest = this.#ask(walk, rest, parts)
    }
    if (rest.batch.itemCount === 0) return { parts, untakenCount: 0 }
    parts.push({ row: this.#rowCount, batch: rest.batch })
    const copiedCount = rest.copied?.filter(isCopied => isCopied).length ?? 0
    return { parts, untakenCount: rest.batch.itemCount - copiedCount }
  }

  /** Adds what the rows of the walk take to `parts`. */
  #ask(walk: RowWalk, { batch: given, copied: before }: Rest, parts: RoutedPart[]): Rest {
    const { rows, ways, copies } = walk
    const batch = withBytes(given, walk.run(given.bytes, given.metadata), given.itemCount)
    const counts = rows.map(() => 0)
    let restCount = 0
    for (const way of ways) {
      if (way === stays) restCount++
      else counts[way]!++
    }
    let copied = before
    rows.forEach((row, i) => {
      const taken = copies[i]!
      const count = row.isCopied ? taken.filter(isTaken => isTaken).length : counts[i]!
      if (count === 0) return
      const isWanted = row.isCopied
        ? (ordinal: number) => taken[ordinal] === true
        : (ordinal: number) => ways[ordinal] === i
      parts.push({ row: row.index, batch: this.#cut(batch, count, isWanted) })
      if (row.isCopied) copied = ways.map((_way, ordinal) => taken[ordinal] === true || copied?.[ordinal] === true)
    })
    const isLeft = (ordinal: number) => ways[ordinal] === stays
    return {
      batch: this.#cut(batch, restCount, isLeft),
      copied: copied?.filter((_isCopied, ordinal) => isLeft(ordinal)),
    }
  }

  #cut(batch: OtlpBatch, count: number, isWanted: (ordinal: number) => boolean): OtlpBatch {
    if (count === batch.itemCount) return batch
    if (count === 0) return withBytes(batch, new Uint8Array(0), 0)
    this.#isWanted = isWanted
    this.#ordinal = 0
    return withBytes(batch, this.#cutWalk.run(batch.bytes), count)
  }

  #cutHooks(signal: Signal): WalkHooks {
    const judge = (): Verdict => (this.#isWanted(this.#ordinal++) ? keep : drop)
    const dropReason = 'routed_elsewhere'
    if (signal === 'traces') return { dropReason, span: judge }
    return signal === 'logs' ? { dropReason, logRecord: judge } : { dropReason, dataPoint: judge }
  }
}

/** The memory stays with the batch that it came with. */
function withBytes(batch: OtlpBatch, bytes: Uint8Array, itemCount: number): OtlpBatch {
  return bytes === batch.bytes ? batch : { ...batch, bytes, itemCount, memory: undefined }
}

/** A row that says the same as an earlier one takes nothing, not even a copy: that is what the Collector does. */
function compileTable(table: RoutingConfig['table']): Row[] {
  const seen = new Set<string>()
  return table.flatMap((route, index) => {
    const key = rowKey(route)
    if (seen.has(key)) return []
    seen.add(key)
    return [compileRow(route, index)]
  })
}

/** A row with an edit has a walk of its own. */
function inWalks(rows: readonly Row[]): Row[][] {
  const walks: Row[][] = []
  for (const row of rows) {
    const last = walks.at(-1)
    if (last === undefined || row.edit !== undefined || last.some(({ edit }) => edit !== undefined)) walks.push([row])
    else last.push(row)
  }
  return walks
}
