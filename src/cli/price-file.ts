import { readFileSync } from 'node:fs'
import { parseConfig } from '../config/parse-config.ts'
import { jsonToOtlp } from '../pdata/json-to-otlp.ts'
import { StageWalk } from '../pdata/stage-walk.ts'
import { costConfig } from '../processors/cost/config.ts'
import { CostStage } from '../processors/cost/cost-stage.ts'
import { parseCountName, spendLabels } from '../processors/cost/spend-counts.ts'
import { UsageError } from './command.ts'

/** Amounts with the labels of `spendLabels`. */
export interface Spent {
  readonly labels: Readonly<Record<string, string>>
  readonly amount: number
}

/** What the model calls in a file of OTLP cost; `-` is standard input. Throws a `UsageError` for one that is none. */
export function priceFile(path: string): Spent[] {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path === '-' ? 0 : path)
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`)
  }
  const stage = new CostStage(parseConfig(costConfig, '{}'), { scopes: [] })
  const walk = new StageWalk('traces', [stage])
  const spent: Spent[] = []
  for (const request of requestsOf(bytes, path)) {
    walk.run(request)
    for (const [name, amount] of stage.takeCounts()) {
      const { kind, values } = parseCountName(name)
      if (kind !== 'cost') continue
      spent.push({ labels: Object.fromEntries(spendLabels.map((label, i) => [label, values[i] ?? ''])), amount })
    }
  }
  return spent
}

/** Lines of OTLP/JSON, or one protobuf request. */
function* requestsOf(bytes: Uint8Array, path: string): Generator<Uint8Array> {
  if (bytes[0] !== 0x7b) {
    yield bytes
    return
  }
  let start = 0
  for (let line = 1; start < bytes.length; line++) {
    let end = bytes.indexOf(0x0a, start)
    if (end < 0) end = bytes.length
    if (end > start) {
      try {
        yield jsonToOtlp('traces', bytes.subarray(start, end))
      } catch (error) {
        throw new UsageError(`${path}:${line} is no OTLP/JSON: ${(error as Error).message}`)
      }
    }
    start = end + 1
  }
}
