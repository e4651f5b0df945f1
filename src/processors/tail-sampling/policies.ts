import type { PolicyConfig, SubPolicyConfig } from './config.ts'
import { spanMatcherOf } from './matchers.ts'
import type { SpanMatcher } from './span-matcher.ts'
import { TokenBucket } from './token-bucket.ts'
import { TraceShare } from './trace-hash.ts'
import type { TraceTable } from './trace-table.ts'

/** A vote on a trace; `failed` where a policy could not come to one. */
export type Vote = 'keep' | 'no' | 'drop' | 'failed'

/** Votes on the trace in `slot`; may count against a rate, so it is asked once per decision. */
export type Voter = (table: TraceTable, slot: number, nowMs: number) => Vote

export interface Policy {
  readonly name: string
  readonly vote: Voter
}

export interface PolicySet {
  readonly policies: readonly Policy[]
  /** In the order of their bits. */
  readonly matchers: readonly SpanMatcher[]
  readonly usesCost: boolean
}

/** Builds voters from the configuration, each span-level question once. */
export function compilePolicies(configs: readonly PolicyConfig[]): PolicySet {
  const compiler = new Compiler()
  const policies = configs.map(config => ({ name: config.name, vote: compiler.policy(config) }))
  return { policies, matchers: compiler.matchers, usesCost: compiler.usesCost }
}

type AnyConfig = PolicyConfig | SubPolicyConfig

class Compiler {
  readonly matchers: SpanMatcher[] = []
  usesCost = false

  policy(config: PolicyConfig): Voter {
    if (config.type === 'drop') {
      const all = this.#all(config.drop!.policies)
      return (table, slot, nowMs) => {
        const vote = all(table, slot, nowMs)
        return vote === 'keep' ? 'drop' : vote
      }
    }
    return config.type === 'composite' ? this.#composite(config) : this.#sub(config as SubPolicyConfig)
  }

  #sub(config: AnyConfig): Voter {
    if ('and' in config && config.type === 'and') return this.#all(config.and!.policies)
    if ('not' in config && config.type === 'not') {
      const inner = this.#sub(config.not!.subPolicy as SubPolicyConfig)
      return (table, slot, nowMs) => {
        const vote = inner(table, slot, nowMs)
        return vote === 'keep' ? 'no' : vote === 'failed' ? vote : 'keep'
      }
    }
    const matcher = spanMatcherOf(config as SubPolicyConfig)
    return matcher === undefined ? this.#ofTrace(config) : this.#ofBit(config, matcher)
  }

  #all(configs: readonly AnyConfig[]): Voter {
    const voters = configs.map(config => this.#sub(config))
    return (table, slot, nowMs) => {
      for (const voter of voters) {
        const vote = voter(table, slot, nowMs)
        if (vote !== 'keep') return vote
      }
      return 'keep'
    }
  }

  #ofBit(config: AnyConfig, matcher: SpanMatcher): Voter {
    const bit = this.matchers.push(matcher) - 1
    const word = bit >>> 5
    const mask = 1 << (bit & 31)
    const inverted =
      config.stringAttribute?.invertMatch ||
      config.numericAttribute?.invertMatch ||
      config.booleanAttribute?.invertMatch
    const wanted = !(inverted ?? false)
    if (matcher.hasFailed !== undefined) return this.#ofBitThatMayFail(bit)
    return (table, slot) => (((table.hits[slot * table.hitWords + word]! & mask) !== 0) === wanted ? 'keep' : 'no')
  }

  #ofBitThatMayFail(bit: number): Voter {
    // Its failure is the next bit, which no matcher asks for.
    const failedBit = this.matchers.push({}) - 1
    return ({ hits, hitWords }, slot) => {
      const has = (each: number) => (hits[slot * hitWords + (each >>> 5)]! & (1 << (each & 31))) !== 0
      return has(bit) ? 'keep' : has(failedBit) ? 'failed' : 'no'
    }
  }

  #ofTrace(config: AnyConfig): Voter {
    const when =
      (test: (table: TraceTable, slot: number, nowMs: number) => boolean): Voter =>
      (table, slot, nowMs) =>
        test(table, slot, nowMs) ? 'keep' : 'no'
    switch (config.type) {
      case 'latency': {
        const { thresholdMs, upperThresholdMs } = config.latency ?? { thresholdMs: 0, upperThresholdMs: 0 }
        return when((table, slot) => {
          // Whole milliseconds, as the Collector compares them.
          const ms = Math.floor(table.maxEndMs[slot]! - table.minStartMs[slot]!)
          return ms > thresholdMs && (upperThresholdMs === 0 || ms <= upperThresholdMs)
        })
      }
      case 'probabilistic': {
        const { samplingPercentage, hashSalt } = config.probabilistic ?? { samplingPercentage: 0, hashSalt: '' }
        const share = new TraceShare(samplingPercentage / 100, hashSalt || 'default-hash-seed')
        return when((table, slot) => share.keeps(table.ids, slot * 16))
      }
      case 'span_count': {
        const { minSpans, maxSpans } = config.spanCount ?? { minSpans: 0, maxSpans: 0 }
        return when((table, slot) => {
          const count = table.spanCount[slot]!
          return count >= minSpans && (maxSpans === 0 || count <= maxSpans)
        })
      }
      case 'rate_limiting': {
        const { spansPerSecond, burstCapacity } = config.rateLimiting ?? { spansPerSecond: 0, burstCapacity: 0 }
        const bucket = new TokenBucket(spansPerSecond, burstCapacity || spansPerSecond * 2)
        return when((table, slot, nowMs) => bucket.allows(table.spanCount[slot]!, nowMs))
      }
      case 'bytes_limiting': {
        const { bytesPerSecond, burstCapacity } = config.bytesLimiting ?? { bytesPerSecond: 0, burstCapacity: 0 }
        const bucket = new TokenBucket(bytesPerSecond, burstCapacity || bytesPerSecond * 2)
        return when((table, slot, nowMs) => bucket.allows(table.sizeBytes[slot]!, nowMs))
      }
      case 'cost': {
        this.usesCost = true
        const { above } = config.cost!
        return when((table, slot) => table.cost[slot]! > above)
      }
      default:
        return () => 'keep'
    }
  }

  /** The first sub-policy in order that keeps the trace decides, as long as its share of the second lasts. */
  #composite(config: PolicyConfig): Voter {
    const { policies, policyOrder, rateAllocation, maxTotalSpansPerSecond } = config.composite!
    const order = policyOrder.length > 0 ? policyOrder : policies.map(({ name }) => name)
    const subs = order.flatMap(name => {
      const sub = policies.find(each => each.name === name)
      if (sub === undefined) return []
      const percent = rateAllocation.find(({ policy }) => policy === name)?.percent
      const allocated = percent ? Math.floor((maxTotalSpansPerSecond * percent) / 100) : maxTotalSpansPerSecond
      return [{ vote: this.#sub(sub), allocated, used: 0 }]
    })
    let second = Number.NaN
    return (table, slot, nowMs) => {
      const present = Math.floor(nowMs / 1000)
      if (present !== second) {
        second = present
        for (const sub of subs) sub.used = 0
      }
      for (const sub of subs) {
        const vote = sub.vote(table, slot, nowMs)
        if (vote === 'failed') return vote
        if (vote !== 'keep') continue
        const used = sub.used + table.spanCount[slot]!
        if (used > sub.allocated || used > maxTotalSpansPerSecond) return 'no'
        sub.used = used
        return 'keep'
      }
      return 'no'
    }
  }
}

export interface Decision {
  readonly isKept: boolean
  /** The policy that decided; empty where none kept the trace. */
  readonly policy: string
}

/** Any drop drops; else any keep keeps. `onVote` hears every vote, for the counts by policy. */
export function decide(
  policies: readonly Policy[],
  table: TraceTable,
  slot: number,
  nowMs: number,
  stopAtFirst: boolean,
  onVote: (policy: number, vote: Vote) => void,
): Decision {
  let keptBy = ''
  let isKept = false
  for (const [index, policy] of policies.entries()) {
    const vote = policy.vote(table, slot, nowMs)
    onVote(index, vote)
    if (vote === 'drop') return { isKept: false, policy: policy.name }
    if (vote === 'keep' && !isKept) {
      isKept = true
      keptBy = policy.name
      if (stopAtFirst) break
    }
  }
  return { isKept, policy: keptBy }
}
