import type { NormalizedUsage } from '../../model-calls/usage.ts'
import type { Units } from './units.ts'

/** Takes what the prices have no unit for. */
const spare = 1

/** A call's usage as the price vectors take it: one count per unit index. */
export class UsageVector {
  /** Units that no span counts stay zero. */
  readonly counts: Float64Array
  readonly #input: number
  readonly #output: number
  readonly #cacheRead: number
  readonly #cacheWrite: number
  readonly #cacheWrite5m: number
  readonly #cacheWrite1h: number
  readonly #reasoning: number
  readonly #inputAudio: number
  readonly #outputAudio: number
  readonly #cacheReadAudio: number
  readonly #inputImage: number
  readonly #outputImage: number
  readonly #webSearches: number
  readonly #inputCharacters: number
  readonly #audioSeconds: number
  readonly #inputAudioSeconds: number
  /** Whether any of the counts below may be more than zero. */
  #hasOthers = false

  constructor(units: Units) {
    this.counts = new Float64Array(units.count + spare)
    const index = (usageKey: string) => units.byUsageKey(usageKey)?.index ?? units.count
    this.#input = index('input_tokens')
    this.#output = index('output_tokens')
    this.#cacheRead = index('cache_read_tokens')
    this.#cacheWrite = index('cache_write_tokens')
    this.#cacheWrite5m = index('cache_write_5m_tokens')
    this.#cacheWrite1h = index('cache_write_1h_tokens')
    this.#reasoning = index('output_reasoning_tokens')
    this.#inputAudio = index('input_audio_tokens')
    this.#outputAudio = index('output_audio_tokens')
    this.#cacheReadAudio = index('cache_audio_read_tokens')
    this.#inputImage = index('input_image_tokens')
    this.#outputImage = index('output_image_tokens')
    this.#webSearches = index('web_searches')
    this.#inputCharacters = index('input_characters')
    this.#audioSeconds = index('audio_seconds')
    this.#inputAudioSeconds = index('input_audio_seconds')
  }

  /** Seconds of audio are zero until `setSeconds`. */
  fill(usage: NormalizedUsage): void {
    const { counts } = this
    counts[this.#input] = usage.input
    counts[this.#output] = usage.output
    counts[this.#cacheRead] = usage.cacheRead
    counts[this.#cacheWrite] = usage.cacheWrite
    counts[this.#cacheWrite5m] = usage.cacheWrite5m
    counts[this.#cacheWrite1h] = usage.cacheWrite1h
    counts[this.#reasoning] = usage.reasoning
    if (!usage.hasOthers && !this.#hasOthers) return
    this.#hasOthers = usage.hasOthers
    counts[this.#inputAudio] = usage.inputAudio
    counts[this.#outputAudio] = usage.outputAudio
    counts[this.#cacheReadAudio] = usage.cacheReadAudio
    counts[this.#inputImage] = usage.inputImage
    counts[this.#outputImage] = usage.outputImage
    counts[this.#webSearches] = usage.webSearches
    counts[this.#inputCharacters] = usage.inputCharacters
    this.setSeconds(0)
  }

  setSeconds(audioSeconds: number): void {
    this.counts[this.#audioSeconds] = audioSeconds
    this.counts[this.#inputAudioSeconds] = audioSeconds
  }
}
