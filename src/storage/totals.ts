import type { LogRecord } from './record.ts'

export interface BacklogTotals {
  records: number
  items: number
  bytes: number
  units: number
}

export function addRecord(totals: BacklogTotals, record: LogRecord, sign: 1 | -1 = 1): void {
  totals.records += sign
  totals.items += sign * record.itemCount
  totals.bytes += sign * record.payload.length
  totals.units += sign * record.units
}

export function addTotals(totals: BacklogTotals, more: Readonly<BacklogTotals>, sign: 1 | -1 = 1): void {
  totals.records += sign * more.records
  totals.items += sign * more.items
  totals.bytes += sign * more.bytes
  totals.units += sign * more.units
}
