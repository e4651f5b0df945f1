import { type Buckets, bucketBound, type ExponentialPoint } from './points.ts'

/** Bucket i holds values above bound i - 1, up to and with bound i; there is one count more than bounds. */
export interface ExplicitBuckets {
  readonly bounds: readonly number[]
  readonly counts: readonly bigint[]
}

const epsilon = 1e-12

/** The two buckets beside that bound as one; undefined where there is no such bound. */
export function withoutBound({ bounds, counts }: ExplicitBuckets, bound: number): ExplicitBuckets | undefined {
  const at = bounds.findIndex(each => Math.abs(each - bound) < epsilon)
  if (at < 0 || counts.length !== bounds.length + 1) return undefined
  return { bounds: bounds.toSpliced(at, 1), counts: counts.toSpliced(at, 2, counts[at]! + counts[at + 1]!) }
}

/** Neighbours as one, the same number everywhere, so that at most `bucketsMax` are left; undefined where that is so already. */
export function compactBuckets({ bounds, counts }: ExplicitBuckets, bucketsMax: number): ExplicitBuckets | undefined {
  const isValid = counts.length === bounds.length + 1 && isIncreasing(bounds)
  if (!isValid || counts.length <= bucketsMax) return undefined
  const width = Math.ceil(counts.length / bucketsMax)
  const merged = Array.from({ length: Math.ceil(counts.length / width) }, (_, i) =>
    counts.slice(i * width, (i + 1) * width).reduce((sum, count) => sum + count, 0n),
  )
  return { bounds: bounds.filter((_bound, i) => i % width === width - 1), counts: merged }
}

export function isIncreasing(bounds: readonly number[]): boolean {
  return bounds.every((bound, i) => i === 0 || bound > bounds[i - 1]!)
}

/** Where the values of an exponential bucket go that reaches over several explicit ones. */
export const spreads = ['upper', 'midpoint', 'uniform', 'random'] as const
export type Spread = (typeof spreads)[number]

/**
 * Counts of buckets with those bounds, the last of them without an upper one, as many as the exponential histogram has. `random`
 * is in [0, 1).
 */
export function explicitCounts(
  point: ExponentialPoint,
  bounds: readonly number[],
  spread: Spread,
  random: () => number,
): bigint[] {
  const counts = new Array<bigint>(bounds.length + 1).fill(0n)
  const add = (low: number, high: number, count: bigint) => {
    if (count > 0n) spreadOver(counts, bounds, { low, high, count }, spread, random)
  }
  eachBucket(point.negative, point.scale, (low, high, count) => add(-high, -low, count))
  if (point.zeroCount > 0n) counts[bucketOf(bounds, 0)]! += point.zeroCount
  eachBucket(point.positive, point.scale, add)
  return counts
}

function eachBucket(
  { offset, counts }: Buckets,
  scale: number,
  visit: (low: number, high: number, count: bigint) => void,
): void {
  for (const [i, count] of counts.entries()) {
    visit(bucketBound(offset + i, scale), bucketBound(offset + i + 1, scale), count)
  }
}

interface Range {
  readonly low: number
  readonly high: number
  readonly count: bigint
}

function spreadOver(
  counts: bigint[],
  bounds: readonly number[],
  { low, high, count }: Range,
  spread: Spread,
  random: () => number,
): void {
  if (spread === 'upper' || spread === 'midpoint') {
    counts[bucketOf(bounds, spread === 'upper' ? high : low / 2 + high / 2)]! += count
    return
  }
  const first = bucketOf(bounds, low) + (bounds.includes(low) ? 1 : 0)
  const last = bucketOf(bounds, high)
  if (first >= last) {
    counts[last]! += count
    return
  }
  const shares = Array.from({ length: last - first + 1 }, (_, i) => {
    if (spread === 'uniform') return 1 / (last - first + 1)
    const lower = Math.max(low, bounds[first + i - 1] ?? -Infinity)
    return (Math.min(high, bounds[first + i] ?? Infinity) - lower) / (high - low)
  })
  let rest = count
  for (const [i, share] of shares.entries()) {
    const whole = wholeShare(count, share)
    const given = whole < rest ? whole : rest
    counts[first + i]! += given
    rest -= given
  }
  // Fewer than there are buckets, but for rounding.
  for (let i = 0; rest > 0n; i++) {
    const more = rest / BigInt(shares.length) || 1n
    counts[first + (spread === 'uniform' ? i % shares.length : Math.floor(random() * shares.length))]! += more
    rest -= more
  }
}

function wholeShare(count: bigint, share: number): bigint {
  if (!(share > 0) || !Number.isFinite(share)) return 0n
  return (count * BigInt(Math.floor(share * 2 ** 52))) >> 52n
}

/** Index of the bucket that holds the value. */
function bucketOf(bounds: readonly number[], value: number): number {
  const index = bounds.findIndex(bound => value <= bound)
  return index < 0 ? bounds.length : index
}
