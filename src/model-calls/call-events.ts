import { AttributeKey } from '../pdata/attribute-key.ts'

/** The attribute that names an event in a log record; a record's own `event_name` says the same. */
export const eventNameKey = new AttributeKey('event.name')
export const eventKindKey = new AttributeKey('event.kind')

/** A log record by which a program without spans of its own reports each call to a model. */
export interface CallEvent {
  /** How the scope's name begins; empty for any. */
  readonly scope: string
  /** Value of `event.kind`; empty for any. */
  readonly kind: string
  /** Whether a record with a span id repeats what that span reports. */
  readonly hasSpan: boolean
  /** Whether tokens of server-side tools are counted beside the input. */
  readonly countsToolsBeside: boolean
}

const gemini: CallEvent = { scope: '', kind: '', hasSpan: true, countsToolsBeside: true }

/**
 * By event name. Sources: the packages @anthropic-ai/claude-code 2.0.60 and @google/gemini-cli-core 0.61.0; Codex CLI's
 * documentation of its OpenTelemetry events.
 */
export const callEvents: ReadonlyMap<string, CallEvent> = new Map([
  ['api_request', { scope: 'com.anthropic.claude_code', kind: '', hasSpan: true, countsToolsBeside: false }],
  ['claude_code.api_request', { scope: '', kind: '', hasSpan: true, countsToolsBeside: false }],
  ['codex.sse_event', { scope: '', kind: 'response.completed', hasSpan: false, countsToolsBeside: false }],
  ['gemini_cli.api_response', gemini],
  ['qwen-code.api_response', gemini],
])
