import t from 'tap'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import type { AttributeReader } from '../../pdata/record-reader.ts'
import { StepQuestions } from '../../pdata/step-questions.ts'
import { SpanView } from '../../pdata/views.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { shortcutRequest } from '../../testkit/shortcut-oracle.ts'
import { WireError } from '../../wire/wire-error.ts'
import { RequestReader } from './request-reader.ts'
import { waitingRequest } from './request-slab.ts'

const keys = ['a', 'http.method', 'service.name'].map(text => new AttributeKey(text))

function questions(): StepQuestions {
  const asked = new StepQuestions()
  for (const key of keys) {
    asked.attributes.set(key.text, key)
    asked.resourceAttributes.set(key.text, key)
  }
  asked.fields = 2 ** 17 - 1
  asked.asksResource = true
  asked.asksScope = true
  return asked
}

function valuesIn(attributes: AttributeReader): string[] {
  return keys.map(key => {
    const index = attributes.find(key)
    if (index < 0) return ''
    return Buffer.from(attributes.bytes.subarray(attributes.valueStart(index), attributes.valueEnd(index))).toString(
      'hex',
    )
  })
}

/** All that a policy may ask about the spans of a request, and how many were read without views; undefined for a broken one. */
function seenBy(reader: RequestReader, bytes: Uint8Array): { spans: string[]; ordinaryCount: number } | undefined {
  const spans: string[] = []
  let ordinaryCount = 0
  try {
    const request = waitingRequest(bytes, undefined)
    reader.read(request, 0, bytes.length)
    reader.visit(request, 0, bytes.length, (span, start, end, scope, resource, resourceIndex) => {
      if (!(span instanceof SpanView)) ordinaryCount++
      const { message } = span
      const id = (at: number, length: number) => Buffer.from(message.bytes.subarray(at, at + length)).toString('hex')
      const seen = [
        [start, end, scope, resourceIndex, span.traceState, span.kind, span.status.uint32(otlp.statusCode)],
        [span.traceIdStart && id(span.traceIdStart, 16), span.parentSpanIdStart && id(span.parentSpanIdStart, 8)],
        [message.milliseconds(otlp.spanStartTime), message.milliseconds(otlp.spanEndTime)],
        [message.fixed32(otlp.spanFlags), message.fixed64(otlp.spanEndTime), message.text(otlp.spanName)],
        [span.scope.message.text(otlp.scopeName), valuesIn(span.attributes), valuesIn(resource.attributes)],
      ]
      spans.push(seen.join(' '))
    })
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return undefined
  }
  return { spans, ordinaryCount }
}

t.test('spans read without views say what they say through views', async t => {
  const random = new SeededRandom(4)
  const [ordinary, views] = [new RequestReader(questions()), new RequestReader(undefined)]
  let spanCount = 0
  let ordinaryCount = 0
  for (let i = 0; i < 800; i++) {
    const bytes = shortcutRequest(random, 'traces')
    const wanted = seenBy(views, bytes)
    const seen = seenBy(ordinary, bytes)
    if (wanted === undefined) continue
    if (!t.same(seen?.spans, wanted.spans, `request ${i}`)) return
    spanCount += wanted.spans.length
    ordinaryCount += seen?.ordinaryCount ?? 0
  }
  t.ok(ordinaryCount > spanCount / 2, `${ordinaryCount} of ${spanCount} without views`)
})
