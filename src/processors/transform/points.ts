import type { MetricView } from '../../pdata/metric-views.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { copyBytes } from '../../wire/copy-bytes.ts'
import { FieldCursor, readFixed64, readVarint64 } from '../../wire/field-cursor.ts'
import { wireBytes } from '../../wire/wire-type.ts'
import { WireWriter } from '../../wire/wire-writer.ts'

// Data points as objects: for editors that make other points of them. Fields that OTLP does not know are left out.

/** What data points of every kind have. Times are in nanoseconds since the Unix epoch; 0 where absent. */
export interface Point {
  /** Payloads, as `KeyValue`. */
  attributes: readonly Uint8Array[]
  startTime: bigint
  readonly time: bigint
  readonly flags: number
  /** Payloads, as `Exemplar`. */
  exemplars: readonly Uint8Array[]
}

/** With neither value it has none recorded. */
export interface NumberPoint extends Point {
  double: number | undefined
  int: bigint | undefined
}

/** What both histograms have. */
export interface DistributionPoint extends Point {
  count: bigint
  sum: number | undefined
  min: number | undefined
  max: number | undefined
}

export interface HistogramPoint extends DistributionPoint {
  bucketCounts: bigint[]
  readonly explicitBounds: readonly number[]
}

export interface ExponentialPoint extends DistributionPoint {
  readonly scale: number
  zeroCount: bigint
  readonly zeroThreshold: number
  positive: Buckets
  negative: Buckets
}

/** Bucket i holds values above `bucketBound(offset + i, scale)` up to that of `offset + i + 1`. */
export interface Buckets {
  readonly offset: number
  readonly counts: readonly bigint[]
}

/** OTLP's metric data model, "ExponentialHistogram": base^index with base 2^(2^-scale). */
export function bucketBound(index: number, scale: number): number {
  return scale <= 0 ? 2 ** (index * 2 ** -scale) : Math.exp(index * Math.LN2 * 2 ** -scale)
}

/** The points of a metric of that kind, edits included. */
export function numberPoints(metric: MetricView): NumberPoint[] {
  return payloadsOf(metric).map(payload => {
    const found = new PointFields(payload)
    const common = found.common(otlp.numberPointAttributes, otlp.numberPointFlags, otlp.numberPointExemplars)
    const double = found.last(otlp.numberPointAsDouble)
    const int = found.last(otlp.numberPointAsInt)
    // Of several members of the oneof, the last on the wire counts.
    const isInt = int !== undefined && (double === undefined || int.fieldStart > double.fieldStart)
    return {
      ...common,
      double: isInt || double === undefined ? undefined : readDouble(payload, double.valueStart),
      int: isInt ? BigInt.asIntN(64, readFixed64(payload, int.valueStart)) : undefined,
    }
  })
}

export function histogramPoints(metric: MetricView): HistogramPoint[] {
  return payloadsOf(metric).map(readHistogramPoint)
}

export function exponentialPoints(metric: MetricView): ExponentialPoint[] {
  return payloadsOf(metric).map(payload => {
    const found = new PointFields(payload)
    const common = found.common(
      otlp.exponentialPointAttributes,
      otlp.exponentialPointFlags,
      otlp.exponentialPointExemplars,
    )
    return {
      ...common,
      count: found.fixed64(otlp.exponentialPointCount),
      sum: found.double(otlp.exponentialPointSum),
      min: found.double(otlp.exponentialPointMin),
      max: found.double(otlp.exponentialPointMax),
      scale: found.sint32(otlp.exponentialPointScale),
      zeroCount: found.fixed64(otlp.exponentialPointZeroCount),
      zeroThreshold: found.double(otlp.exponentialPointZeroThreshold) ?? 0,
      positive: readBuckets(found.payload(otlp.exponentialPointPositive)),
      negative: readBuckets(found.payload(otlp.exponentialPointNegative)),
    }
  })
}

export function writeNumberPoint(writer: WireWriter, point: NumberPoint): void {
  const mark = writer.open(otlp.dataPoints)
  writeTimes(writer, point)
  if (point.double !== undefined) writer.doubleField(otlp.numberPointAsDouble, point.double)
  if (point.int !== undefined) writer.fixed64Field(otlp.numberPointAsInt, point.int)
  writeAll(writer, otlp.numberPointExemplars, point.exemplars)
  writeAll(writer, otlp.numberPointAttributes, point.attributes)
  if (point.flags !== 0) writer.uint32Field(otlp.numberPointFlags, point.flags)
  writer.close(mark)
}

export function writeHistogramPoint(writer: WireWriter, point: HistogramPoint): void {
  const mark = writer.open(otlp.dataPoints)
  writeTimes(writer, point)
  if (point.count !== 0n) writer.fixed64Field(otlp.histogramPointCount, point.count)
  if (point.sum !== undefined) writer.doubleField(otlp.histogramPointSum, point.sum)
  if (point.bucketCounts.length > 0)
    writer.bytesField(otlp.histogramPointBucketCounts, packedCounts(point.bucketCounts))
  if (point.explicitBounds.length > 0) {
    writer.bytesField(otlp.histogramPointExplicitBounds, packedBounds(point.explicitBounds))
  }
  writeAll(writer, otlp.histogramPointExemplars, point.exemplars)
  writeAll(writer, otlp.histogramPointAttributes, point.attributes)
  if (point.flags !== 0) writer.uint32Field(otlp.histogramPointFlags, point.flags)
  if (point.min !== undefined) writer.doubleField(otlp.histogramPointMin, point.min)
  if (point.max !== undefined) writer.doubleField(otlp.histogramPointMax, point.max)
  writer.close(mark)
}

export function unpackedCounts(bytes: Uint8Array, start = 0, end: number = bytes.length): bigint[] {
  return Array.from({ length: (end - start) >> 3 }, (_, i) => readFixed64(bytes, start + i * 8))
}

export function unpackedBounds(bytes: Uint8Array, start = 0, end: number = bytes.length): number[] {
  return Array.from({ length: (end - start) >> 3 }, (_, i) => readDouble(bytes, start + i * 8))
}

export function packedCounts(counts: readonly bigint[]): Uint8Array {
  const writer = new WireWriter(counts.length * 8)
  for (const count of counts) writer.fixed64(count)
  return writer.finish()
}

export function packedBounds(bounds: readonly number[]): Uint8Array {
  const writer = new WireWriter(bounds.length * 8)
  for (const bound of bounds) writer.double(bound)
  return writer.finish()
}

export function writeExponentialPoint(writer: WireWriter, point: ExponentialPoint): void {
  const mark = writer.open(otlp.dataPoints)
  writeAll(writer, otlp.exponentialPointAttributes, point.attributes)
  writeTimes(writer, point)
  if (point.count !== 0n) writer.fixed64Field(otlp.exponentialPointCount, point.count)
  if (point.sum !== undefined) writer.doubleField(otlp.exponentialPointSum, point.sum)
  if (point.scale !== 0) writer.uint32Field(otlp.exponentialPointScale, zigzag(point.scale))
  if (point.zeroCount !== 0n) writer.fixed64Field(otlp.exponentialPointZeroCount, point.zeroCount)
  writeBuckets(writer, otlp.exponentialPointPositive, point.positive)
  writeBuckets(writer, otlp.exponentialPointNegative, point.negative)
  if (point.flags !== 0) writer.uint32Field(otlp.exponentialPointFlags, point.flags)
  writeAll(writer, otlp.exponentialPointExemplars, point.exemplars)
  if (point.min !== undefined) writer.doubleField(otlp.exponentialPointMin, point.min)
  if (point.max !== undefined) writer.doubleField(otlp.exponentialPointMax, point.max)
  if (point.zeroThreshold !== 0) writer.doubleField(otlp.exponentialPointZeroThreshold, point.zeroThreshold)
  writer.close(mark)
}

/** A metric's data with other points; temporality and the like stay. */
export function dataWithPoints(metric: MetricView, write: (writer: WireWriter) => void): Uint8Array {
  const { kind, message } = metric
  const { bytes } = message
  const writer = new WireWriter(message.valueEnd(kind) - message.valueStart(kind) + 64)
  write(writer)
  const cursor = new FieldCursor(bytes, message.valueStart(kind), message.valueEnd(kind))
  while (cursor.next()) {
    if (cursor.fieldNumber !== otlp.dataPoints) writer.raw(bytes, cursor.fieldStart, cursor.fieldEnd)
  }
  return writer.finish()
}

function readHistogramPoint(payload: Uint8Array): HistogramPoint {
  const found = new PointFields(payload)
  const common = found.common(otlp.histogramPointAttributes, otlp.histogramPointFlags, otlp.histogramPointExemplars)
  return {
    ...common,
    count: found.fixed64(otlp.histogramPointCount),
    sum: found.double(otlp.histogramPointSum),
    min: found.double(otlp.histogramPointMin),
    max: found.double(otlp.histogramPointMax),
    bucketCounts: unpackedCounts(found.payload(otlp.histogramPointBucketCounts)),
    explicitBounds: unpackedBounds(found.payload(otlp.histogramPointExplicitBounds)),
  }
}

function payloadsOf(metric: MetricView): Uint8Array[] {
  metric.finish()
  const { kind, message } = metric
  const { bytes } = message
  const cursor = new FieldCursor(bytes, message.valueStart(kind), message.valueEnd(kind))
  const payloads: Uint8Array[] = []
  while (cursor.next()) {
    if (cursor.fieldNumber !== otlp.dataPoints || cursor.wireType !== wireBytes) continue
    payloads.push(copyBytes(bytes, cursor.valueStart, cursor.fieldEnd))
  }
  return payloads
}

interface Place {
  readonly fieldStart: number
  readonly valueStart: number
  readonly fieldEnd: number
}

/** The fields of one data point, by their numbers. */
class PointFields {
  readonly #payload: Uint8Array
  readonly #places = new Map<number, Place[]>()

  constructor(payload: Uint8Array) {
    this.#payload = payload
    const cursor = new FieldCursor(payload)
    while (cursor.next()) {
      const { fieldNumber, fieldStart, valueStart, fieldEnd } = cursor
      const places = this.#places.get(fieldNumber) ?? []
      places.push({ fieldStart, valueStart, fieldEnd })
      this.#places.set(fieldNumber, places)
    }
  }

  all(field: number): readonly Place[] {
    return this.#places.get(field) ?? []
  }

  last(field: number): Place | undefined {
    return this.all(field).at(-1)
  }

  payloads(field: number): Uint8Array[] {
    return this.all(field).map(({ valueStart, fieldEnd }) => this.#payload.subarray(valueStart, fieldEnd))
  }

  /** Pieces of a message, or of a list of fixed width, packed or not, merge by standing one after the other. */
  payload(field: number): Uint8Array {
    return Buffer.concat(this.payloads(field))
  }

  fixed64(field: number): bigint {
    const place = this.last(field)
    return place === undefined ? 0n : readFixed64(this.#payload, place.valueStart)
  }

  double(field: number): number | undefined {
    const place = this.last(field)
    return place === undefined ? undefined : readDouble(this.#payload, place.valueStart)
  }

  uint32(field: number): number {
    const place = this.last(field)
    return place === undefined
      ? 0
      : Number(BigInt.asUintN(32, readVarint64(this.#payload, place.valueStart, place.fieldEnd)))
  }

  /** What points of every kind have, under numbers of their own. */
  common(attributes: number, flags: number, exemplars: number): Point {
    return {
      attributes: this.payloads(attributes),
      startTime: this.fixed64(otlp.pointStartTime),
      time: this.fixed64(otlp.pointTime),
      flags: this.uint32(flags),
      exemplars: this.payloads(exemplars),
    }
  }

  sint32(field: number): number {
    return unzigzag(this.uint32(field))
  }
}

function readBuckets(payload: Uint8Array): Buckets {
  const counts: bigint[] = []
  let offset = 0
  const cursor = new FieldCursor(payload)
  while (cursor.next()) {
    if (cursor.fieldNumber === otlp.bucketsOffset) offset = unzigzag(cursor.uint32())
    else if (cursor.fieldNumber !== otlp.bucketsCounts) continue
    else if (cursor.wireType !== wireBytes) counts.push(cursor.uint64())
    else {
      for (let at = cursor.valueStart; at < cursor.fieldEnd; ) {
        counts.push(readVarint64(payload, at, cursor.fieldEnd))
        while (payload[at++]! >= 128);
      }
    }
  }
  return { offset, counts }
}

function writeBuckets(writer: WireWriter, field: number, { offset, counts }: Buckets): void {
  if (offset === 0 && counts.length === 0) return
  const mark = writer.open(field)
  if (offset !== 0) writer.uint32Field(otlp.bucketsOffset, zigzag(offset))
  const list = writer.open(otlp.bucketsCounts)
  for (const count of counts) writer.varint64(count)
  writer.close(list)
  writer.close(mark)
}

function writeTimes(writer: WireWriter, { startTime, time }: Point): void {
  if (startTime !== 0n) writer.fixed64Field(otlp.pointStartTime, startTime)
  if (time !== 0n) writer.fixed64Field(otlp.pointTime, time)
}

function writeAll(writer: WireWriter, field: number, payloads: readonly Uint8Array[]): void {
  for (const payload of payloads) writer.bytesField(field, payload)
}

function readDouble(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at, 8).getFloat64(0, true)
}

const zigzag = (value: number) => ((value << 1) ^ (value >> 31)) >>> 0
const unzigzag = (value: number) => (value >>> 1) ^ -(value & 1)
