import { roleIndex, traitDetails, traitOtherCounts } from './attribute-roles.ts'
import type { CallValues } from './call-values.ts'
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
