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

/** Counts of text tokens, as `ReportedUsage` has them. */
interface TextCounts {
  readonly input: number
  readonly output: number
  readonly total: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
  readonly uncachedInput: number
  readonly reasoning: number
}

/** Those of a record that was read one attribute after the other. */
export class ValueCounts implements TextCounts {
  readonly #values: CallValues

  constructor(values: CallValues) {
    this.#values = values
  }

  get input(): number {
    const input = this.#values.number(place.inputTokens)
    return Number.isNaN(input) ? this.#values.number(place.plainInputTokens) : input
  }
  get output(): number {
    return this.#values.number(place.outputTokens)
  }
  get total(): number {
    return this.#values.number(place.totalTokens)
  }
  get cacheRead(): number {
    return this.#values.number(place.cacheReadTokens)
  }
  get cacheWrite(): number {
    return this.#values.number(place.cacheWriteTokens)
  }
  get cacheWrite5m(): number {
    return this.#values.number(place.cacheWrite5mTokens)
  }
  get cacheWrite1h(): number {
    return this.#values.number(place.cacheWrite1hTokens)
  }
  get uncachedInput(): number {
    return firstCount(this.#values.number(place.uncachedInputTokens), this.#values.number(place.plainInputTokens))
  }
  get reasoning(): number {
    return this.#values.number(place.reasoningTokens)
  }
}

/** Those of a record that was read by its shape. */
export class ShapeCounts implements TextCounts {
  /** Whether nothing else in such a record says what it used or cost. */
  readonly areAll: boolean
  readonly #values: CallValues
  readonly #input: PlannedAttribute | undefined
  readonly #output: PlannedAttribute | undefined
  readonly #total: PlannedAttribute | undefined
  readonly #cacheRead: PlannedAttribute | undefined
  readonly #cacheWrite: PlannedAttribute | undefined
  readonly #cacheWrite5m: PlannedAttribute | undefined
  readonly #cacheWrite1h: PlannedAttribute | undefined
  readonly #uncachedInput: PlannedAttribute | undefined
  readonly #reasoning: PlannedAttribute | undefined

  constructor(shape: CallShape, traits: number, values: CallValues) {
    const isPlainInput = shape.attributeOf(place.plainInputTokens) !== undefined
    this.areAll = (traits & ~(traitDetails | traitParameters)) === 0 && !isPlainInput
    this.#values = values
    this.#input = shape.attributeOf(place.inputTokens)
    this.#output = shape.attributeOf(place.outputTokens)
    this.#total = shape.attributeOf(place.totalTokens)
    this.#cacheRead = shape.attributeOf(place.cacheReadTokens)
    this.#cacheWrite = shape.attributeOf(place.cacheWriteTokens)
    this.#cacheWrite5m = shape.attributeOf(place.cacheWrite5mTokens)
    this.#cacheWrite1h = shape.attributeOf(place.cacheWrite1hTokens)
    this.#uncachedInput = shape.attributeOf(place.uncachedInputTokens)
    this.#reasoning = shape.attributeOf(place.reasoningTokens)
  }

  get input(): number {
    return countOf(this.#input, this.#values)
  }
  get output(): number {
    return countOf(this.#output, this.#values)
  }
  get total(): number {
    return countOf(this.#total, this.#values)
  }
  get cacheRead(): number {
    return countOf(this.#cacheRead, this.#values)
  }
  get cacheWrite(): number {
    return countOf(this.#cacheWrite, this.#values)
  }
  get cacheWrite5m(): number {
    return countOf(this.#cacheWrite5m, this.#values)
  }
  get cacheWrite1h(): number {
    return countOf(this.#cacheWrite1h, this.#values)
  }
  get uncachedInput(): number {
    return countOf(this.#uncachedInput, this.#values)
  }
  get reasoning(): number {
    return countOf(this.#reasoning, this.#values)
  }
}

function countOf(attribute: PlannedAttribute | undefined, values: CallValues): number {
  if (attribute === undefined) return Number.NaN
  return attribute.count >= 0 ? attribute.count : values.number(attribute.role)
}

/**
 * Takes the counts that a record with these traits has as attributes, every field by name: a loop over names would look each of
 * them up. Whether there is any number.
 */
export function fillUsage(usage: ReportedUsage, counts: TextCounts, values: CallValues, traits: number): boolean {
  usage.input = counts.input
  usage.output = counts.output
  usage.total = counts.total
  const hasDetails = (traits & traitDetails) !== 0
  if (usage.isPlain && !hasDetails) return !usage.isEmpty
  usage.isPlain = !hasDetails
  usage.cacheRead = counts.cacheRead
  usage.cacheWrite = counts.cacheWrite
  usage.cacheWrite5m = counts.cacheWrite5m
  usage.cacheWrite1h = counts.cacheWrite1h
  usage.uncachedInput = counts.uncachedInput
  usage.reasoning = counts.reasoning
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
