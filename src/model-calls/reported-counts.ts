import type { CallShape, PlannedAttribute } from './call-shape.ts'
import type { CallValues } from './call-values.ts'
import { roleIndex, traitDetails, traitOtherCounts, traitParameters } from './role-traits.ts'
import { firstCount, type ReportedUsage } from './usage.ts'

const place = {
  inputTokens: roleIndex('inputTokens'),
  plainInputTokens: roleIndex('plainInputTokens'),
  outputTokens: roleIndex('outputTokens'),
  totalTokens: roleIndex('totalTokens'),
  cacheReadTokens: roleIndex('cacheReadTokens'),
  cacheWriteTokens: roleIndex('cacheWriteTokens'),
  cacheWrite5mTokens: roleIndex('cacheWrite5mTokens'),
  cacheWrite1hTokens: roleIndex('cacheWrite1hTokens'),
  uncachedInputTokens: roleIndex('uncachedInputTokens'),
  reasoningTokens: roleIndex('reasoningTokens'),
  inputAudioTokens: roleIndex('inputAudioTokens'),
  outputAudioTokens: roleIndex('outputAudioTokens'),
  cacheReadAudioTokens: roleIndex('cacheReadAudioTokens'),
  inputImageTokens: roleIndex('inputImageTokens'),
  outputImageTokens: roleIndex('outputImageTokens'),
  webSearches: roleIndex('webSearches'),
  audioSeconds: roleIndex('audioSeconds'),
  inputCharacters: roleIndex('inputCharacters'),
}

/** Which attributes of a shape are counts of text tokens. */
export class ShapeCounts {
  readonly input: PlannedAttribute | undefined
  readonly output: PlannedAttribute | undefined
  readonly total: PlannedAttribute | undefined
  readonly cacheRead: PlannedAttribute | undefined
  readonly cacheWrite: PlannedAttribute | undefined
  readonly cacheWrite5m: PlannedAttribute | undefined
  readonly cacheWrite1h: PlannedAttribute | undefined
  readonly uncachedInput: PlannedAttribute | undefined
  readonly reasoning: PlannedAttribute | undefined
  /** Whether nothing else in a record of the shape says what it used or cost. */
  readonly areAll: boolean
  readonly hasDetails: boolean

  constructor(shape: CallShape, traits: number) {
    this.areAll =
      (traits & ~(traitDetails | traitParameters)) === 0 && shape.attributeOf(place.plainInputTokens) === undefined
    this.hasDetails = (traits & traitDetails) !== 0
    this.input = shape.attributeOf(place.inputTokens)
    this.output = shape.attributeOf(place.outputTokens)
    this.total = shape.attributeOf(place.totalTokens)
    this.cacheRead = shape.attributeOf(place.cacheReadTokens)
    this.cacheWrite = shape.attributeOf(place.cacheWriteTokens)
    this.cacheWrite5m = shape.attributeOf(place.cacheWrite5mTokens)
    this.cacheWrite1h = shape.attributeOf(place.cacheWrite1hTokens)
    this.uncachedInput = shape.attributeOf(place.uncachedInputTokens)
    this.reasoning = shape.attributeOf(place.reasoningTokens)
  }
}

/** Takes the counts that a record's shape has read; there are no others. Whether there is any number. */
export function fillKnownUsage(usage: ReportedUsage, counts: ShapeCounts, values: CallValues): boolean {
  usage.input = countOf(counts.input, values)
  usage.output = countOf(counts.output, values)
  usage.total = countOf(counts.total, values)
  if (usage.isPlain && !counts.hasDetails) return !usage.isEmpty
  usage.isPlain = !counts.hasDetails
  usage.cacheRead = countOf(counts.cacheRead, values)
  usage.cacheWrite = countOf(counts.cacheWrite, values)
  usage.cacheWrite5m = countOf(counts.cacheWrite5m, values)
  usage.cacheWrite1h = countOf(counts.cacheWrite1h, values)
  usage.uncachedInput = countOf(counts.uncachedInput, values)
  usage.reasoning = countOf(counts.reasoning, values)
  if (usage.hasOthers) fillOthers(usage, values)
  usage.hasOthers = false
  return !usage.isEmpty
}

function countOf(attribute: PlannedAttribute | undefined, values: CallValues): number {
  if (attribute === undefined) return Number.NaN
  return attribute.count >= 0 ? attribute.count : values.number(attribute.role)
}

/**
 * Takes the counts that a record with these traits has as attributes, every field by name: a loop over names would look each of
 * them up. Whether there is any number.
 */
export function fillUsage(usage: ReportedUsage, values: CallValues, traits: number): boolean {
  usage.input = values.number(place.inputTokens)
  if (Number.isNaN(usage.input)) usage.input = values.number(place.plainInputTokens)
  usage.output = values.number(place.outputTokens)
  usage.total = values.number(place.totalTokens)
  const hasDetails = (traits & traitDetails) !== 0
  if (usage.isPlain && !hasDetails) return !usage.isEmpty
  usage.isPlain = !hasDetails
  usage.cacheRead = values.number(place.cacheReadTokens)
  usage.cacheWrite = values.number(place.cacheWriteTokens)
  usage.cacheWrite5m = values.number(place.cacheWrite5mTokens)
  usage.cacheWrite1h = values.number(place.cacheWrite1hTokens)
  usage.uncachedInput = firstCount(values.number(place.uncachedInputTokens), values.number(place.plainInputTokens))
  usage.reasoning = values.number(place.reasoningTokens)
  const hasOthers = (traits & traitOtherCounts) !== 0
  if (usage.hasOthers || hasOthers) fillOthers(usage, values)
  usage.hasOthers = hasOthers
  return !usage.isEmpty
}

function fillOthers(usage: ReportedUsage, values: CallValues): void {
  usage.inputAudio = values.number(place.inputAudioTokens)
  usage.outputAudio = values.number(place.outputAudioTokens)
  usage.cacheReadAudio = values.number(place.cacheReadAudioTokens)
  usage.inputImage = values.number(place.inputImageTokens)
  usage.outputImage = values.number(place.outputImageTokens)
  usage.webSearches = values.number(place.webSearches)
  usage.audioSeconds = values.number(place.audioSeconds)
  usage.inputCharacters = values.number(place.inputCharacters)
}
