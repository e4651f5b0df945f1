import { createHash } from 'node:crypto'
import type { Signal } from '../../pdata/otlp-batch.ts'
import type { RedactionConfig } from './config-shape.ts'
import { latin1 } from './detectors/text-bytes.ts'
import { fieldClasses } from './fields.ts'
import { Inspector } from './inspector.ts'
import { nearMisses } from './near-misses.ts'
import { compilePolicy } from './policy.ts'
import { RequestVisitor } from './request-visitor.ts'
import { literalTables } from './scan/literals.ts'
import { createScanner } from './scan/wasm-scanner.ts'

/** One place that was found or looked like it, and what became of it; never the value itself. */
export interface Explanation {
  readonly detector: string
  readonly outcome: 'redacted' | 'allowed' | 'suppressed' | 'left'
  /** Why it was left: a checksum, its form, or what stands around it. Empty for the other outcomes. */
  readonly reason: string
  readonly action: string
  readonly field: string
  /** The attribute that it stands in, empty outside of attributes. */
  readonly key: string
  /** Place within the field's value. */
  readonly start: number
  readonly end: number
  /** Tells equal values from different ones, and nothing else: eight hex digits of SHA-256 under a key made for this call. */
  readonly fingerprint: string
}

/** What the processor would do to a request, place by place. */
export function explainRequest(
  config: RedactionConfig,
  signal: Signal,
  bytes: Uint8Array,
  salt: string,
): Explanation[] {
  const policy = compilePolicy(config)
  const found: Explanation[] = []
  let field = ''
  let attribute = ''
  let valueStart = 0
  const add = (what: Pick<Explanation, 'detector' | 'outcome' | 'action' | 'reason'>, start: number, end: number) => {
    found.push({
      ...what,
      field,
      key: attribute,
      start: start - valueStart,
      end: end - valueStart,
      fingerprint: createHash('sha256')
        .update(salt)
        .update(latin1(bytes, start, end))
        .digest('hex')
        .slice(0, 8),
    })
  }
  const note = (id: number, outcome: Explanation['outcome'], start: number, end: number) =>
    add({ detector: policy.names[id]!, outcome, action: policy.actions[id]!.name, reason: '' }, start, end)
  const inspector = new Inspector(policy, createScanner(literalTables()), {
    found: (id, start, end) => note(id, 'redacted', start, end),
    excepted: (id, reason, start, end) => note(id, reason, start, end),
  })
  const visitor = new RequestVisitor(signal, {
    beginRecord: () => {},
    isForced: false,
    endAttribute: () => {},
    visitAttribute: (_start, keyStart, keyEnd, fieldClass) => {
      if (policy.isFieldOn[fieldClass] === 0) return false
      return policy.keyRule(latin1(bytes, keyStart, keyEnd)) !== 'exempt'
    },
    visitText(start, end, fieldClass, key, isId) {
      if (policy.isFieldOn[fieldClass] === 0 || isId || start === end) return
      field = fieldClasses[fieldClass]!
      attribute = key
      valueStart = start
      const before = found.length
      inspector.inspect(bytes, start, end, key)
      const taken = found.slice(before)
      const isTaken = (from: number, to: number) => taken.some(place => place.start < to && from < place.end)
      for (const { detector, reason, ...miss } of nearMisses(latin1(bytes, start, end), isTaken))
        add({ detector, outcome: 'left', action: 'none', reason }, start + miss.start, start + miss.end)
    },
  })
  visitor.run(bytes, new Uint32Array(0), -1)
  return found
}
