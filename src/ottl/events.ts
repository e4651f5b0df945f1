import type { SpanView } from '../pdata/views.ts'
import type { OttlContext } from './context.ts'

/** Points the context at the span's events, one after the other, until `visit` says true. Returns whether it did. */
export function anyEvent(context: OttlContext, span: SpanView, visit: () => boolean): boolean {
  const { events } = span
  if (events.isEmpty) return false
  context.event = span.event
  context.eventIndex = -1
  events.rewind()
  while (events.next()) {
    context.eventIndex++
    if (visit()) return true
  }
  return false
}
