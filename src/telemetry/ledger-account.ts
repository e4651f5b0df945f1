import { Ledger } from './ledger.ts'

/** The books of one ledger at one moment, by signal, as they cross from process to process. */
export type LedgerAccounts = Readonly<Record<string, SignalAccount>>

export interface SignalAccount {
  readonly received: number
  readonly copied: number
  readonly exported: number
  readonly queued: number
  readonly dropped: Readonly<Record<string, number>>
  readonly rejected: Readonly<Record<string, number>>
}

export function accountsOf(ledger: Ledger): LedgerAccounts {
  return Object.fromEntries(
    ledger.signals().map(signal => {
      const { received, copied, exported, dropped, rejected } = ledger.entry(signal)
      const account: SignalAccount = {
        received,
        copied,
        exported,
        queued: ledger.queued(signal),
        dropped: Object.fromEntries(dropped),
        rejected: Object.fromEntries(rejected),
      }
      return [signal, account]
    }),
  )
}

/** One ledger in which each of the books has its part. */
export function joinAccounts(books: readonly LedgerAccounts[]): Ledger {
  const ledger = new Ledger()
  for (const accounts of books) {
    for (const [signal, account] of Object.entries(accounts)) {
      ledger.received(signal, account.received)
      ledger.copied(signal, account.copied)
      ledger.exported(signal, account.exported)
      for (const [reason, count] of Object.entries(account.dropped)) ledger.dropped(signal, reason, count)
      for (const [reason, count] of Object.entries(account.rejected)) ledger.rejected(signal, reason, count)
    }
  }
  ledger.holds(signal => books.reduce((sum, accounts) => sum + (accounts[signal]?.queued ?? 0), 0))
  return ledger
}

/**
 * Closes the books of a process that is gone: what it held, and what was on its way through it, is dropped with `reason`.
 * A queue that it left on disk is received again by whoever opens it.
 */
export function closedAccounts(accounts: LedgerAccounts, reason: string): LedgerAccounts {
  const ledger = joinAccounts([accounts])
  return Object.fromEntries(
    Object.entries(accounts).map(([signal, account]) => {
      const lost = account.queued + ledger.imbalance(signal)
      const dropped = lost === 0 ? account.dropped : { ...account.dropped, [reason]: lost }
      return [signal, { ...account, queued: 0, dropped }]
    }),
  )
}
