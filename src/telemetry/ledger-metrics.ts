import type { Ledger } from './ledger.ts'
import type { MetricRegistry } from './metric-registry.ts'
import type { MetricDescription } from './metrics.ts'

const itemsDescription: MetricDescription = {
  name: 'sluice_ledger_items',
  description: 'Items by what became of them: received + copied = exported + queued + dropped + rejected',
  unit: '{items}',
}
const imbalanceDescription: MetricDescription = {
  name: 'sluice_ledger_imbalance_items',
  description: 'Items that no account explains; items on their way through a pipeline show up for a moment',
  unit: '{items}',
}

/** Shows the ledger as metrics. Returns the removal. */
export function publishLedger(ledger: Ledger, registry: MetricRegistry): () => void {
  return registry.collect(emit => {
    for (const signal of ledger.signals()) {
      const entry = ledger.entry(signal)
      const account = (name: string, value: number, reason = '') =>
        emit(itemsDescription, 'gauge', { signal, account: name, reason }, value)
      account('received', entry.received)
      account('copied', entry.copied)
      account('exported', entry.exported)
      account('queued', ledger.queued(signal))
      for (const [reason, count] of entry.dropped) account('dropped', count, reason)
      for (const [reason, count] of entry.rejected) account('rejected', count, reason)
      emit(imbalanceDescription, 'gauge', { signal }, ledger.imbalance(signal))
    }
  })
}

/** One line per signal that saw anything: `traces: 120 received = 118 exported + 0 queued + 2 dropped (sampled 2) + 0 rejected`. */
export function ledgerLines(ledger: Ledger): string[] {
  return ledger.signals().map(signal => {
    const { received, copied, exported, dropped, rejected } = ledger.entry(signal)
    const left = copied === 0 ? `${received} received` : `${received} received + ${copied} copied`
    const right = `${exported} exported + ${ledger.queued(signal)} queued + ${reasons(dropped, 'dropped')} + ${reasons(rejected, 'rejected')}`
    const imbalance = ledger.imbalance(signal)
    return `${signal}: ${left} ${imbalance === 0 ? '=' : '!='} ${right}${imbalance === 0 ? '' : ` (${imbalance} unexplained)`}`
  })
}

function reasons(counts: ReadonlyMap<string, number>, word: string): string {
  let total = 0
  for (const count of counts.values()) total += count
  const detail = [...counts].map(([reason, count]) => `${reason} ${count}`).join(', ')
  return detail === '' ? `${total} ${word}` : `${total} ${word} (${detail})`
}
