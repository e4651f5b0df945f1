import { EvaluationError } from '../../ottl/value.ts'
import { bucketBound, type ExponentialPoint, type HistogramPoint } from './points.ts'

// Within a bucket of a histogram values are taken to lie evenly, within one of an exponential histogram evenly in their
// logarithm, as the Collector's transform processor does.

/** Undefined where the data point says nothing about it. `percentile` is in (0, 100). Throws `EvaluationError`. */
export function percentileOfHistogram(point: HistogramPoint, percentile: number): number | undefined {
  const { bucketCounts: counts, explicitBounds: bounds, min, max } = point
  if (point.count === 0n || counts.length === 0) return undefined
  if (counts.length !== bounds.length + 1) {
    throw new EvaluationError(`${counts.length} buckets do not go with ${bounds.length} bounds`)
  }
  const { index, ratio } = findBucket(counts, 0n, rankOf(point.count, percentile))
  if (bounds.length === 0) return min === undefined || max === undefined ? undefined : between(min, max, ratio)
  if (index === 0) {
    const high = bounds[0]!
    if (min !== undefined && min < high) return between(min, high, ratio)
    return high < 0 ? high : between(0, high, ratio)
  }
  const low = bounds[index - 1]!
  const high = bounds[index] ?? max
  return high === undefined || high <= low ? low : between(low, high, ratio)
}

export function percentileOfExponential(point: ExponentialPoint, percentile: number): number | undefined {
  const { positive, negative, zeroCount, zeroThreshold } = point
  const isEmpty = positive.counts.length === 0 && negative.counts.length === 0 && zeroCount === 0n
  if (point.count === 0n || isEmpty) return undefined
  const rank = rankOf(point.count, percentile)
  const bound = (index: number) => bucketBound(index, point.scale)
  const negativeCount = negative.counts.reduce((sum, count) => sum + count, 0n)
  if (negativeCount >= rank) {
    // From the lowest value up is from the last of these buckets down.
    const { index, ratio } = findBucket(negative.counts.toReversed(), 0n, rank)
    const at = negative.offset + negative.counts.length - 1 - index
    return -betweenLogarithms(bound(at), bound(at + 1), 1 - ratio)
  }
  if (negativeCount + zeroCount >= rank) {
    const low = negative.counts.length === 0 && positive.counts.length > 0 ? 0 : -zeroThreshold
    const high = positive.counts.length === 0 && negative.counts.length > 0 ? 0 : zeroThreshold
    return between(low, high, Number(rank - negativeCount) / Number(zeroCount))
  }
  const { index, ratio } = findBucket(positive.counts, negativeCount + zeroCount, rank)
  return betweenLogarithms(bound(positive.offset + index), bound(positive.offset + index + 1), ratio)
}

/** Which of the values in order it is, from 1 on. */
function rankOf(count: bigint, percentile: number): bigint {
  return BigInt(Math.ceil(Number(count) * (percentile / 100)))
}

/** The bucket with the value of that rank, and how far up in it. */
function findBucket(counts: readonly bigint[], before: bigint, rank: bigint): { index: number; ratio: number } {
  let sum = before
  for (const [index, count] of counts.entries()) {
    if (sum + count >= rank) return { index, ratio: Number(rank - sum) / Number(count) }
    sum += count
  }
  throw new EvaluationError(`the buckets hold ${sum} values, fewer than the count says`)
}

function between(low: number, high: number, ratio: number): number {
  return low + ratio * (high - low)
}

function betweenLogarithms(low: number, high: number, ratio: number): number {
  const value = 2 ** (Math.log2(low) + (Math.log2(high) - Math.log2(low)) * ratio)
  if (Number.isFinite(value)) return value
  throw new EvaluationError('a bucket lies outside the range of a double')
}
