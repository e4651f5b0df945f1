import { RE2JS } from 're2js'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import type { StepQuestions } from '../../pdata/step-questions.ts'
import { ValueReader, valueBool, valueInt, valueString } from '../../pdata/value.ts'
import { ConditionMatcher } from './condition-matcher.ts'
import type { SubPolicyConfig } from './config.ts'
import type { SpanMatcher } from './span-matcher.ts'

const statusByName: Readonly<Record<string, number>> = { UNSET: 0, OK: 1, ERROR: 2 }
const value = new ValueReader()

/** The matcher of a policy that looks at spans; undefined for the other types. */
export function spanMatcherOf(config: SubPolicyConfig): SpanMatcher | undefined {
  switch (config.type) {
    case 'status_code': {
      const codes = new Set(config.statusCode!.statusCodes.map(name => statusByName[name]))
      return { ask: asking(otlp.spanStatus), span: span => codes.has(span.status.uint32(otlp.statusCode)) }
    }
    case 'trace_flags':
      return { ask: asking(otlp.spanFlags), span: span => (span.message.fixed32(otlp.spanFlags) & 1) === 1 }
    case 'trace_state': {
      const { key, values } = config.traceState!
      const wanted = new Set(values.map(text => `${key}=${text}`))
      return {
        ask: asking(otlp.spanTraceState),
        span(span) {
          const text = span.traceState
          return text !== '' && text.split(',').some(member => wanted.has(member.trim()))
        },
      }
    }
    case 'numeric_attribute': {
      const { key, minValue, maxValue } = config.numericAttribute!
      const min = minValue ?? Number.NEGATIVE_INFINITY
      const max = maxValue ?? Number.POSITIVE_INFINITY
      // A value that is no integer reads as 0, as it does there.
      return attributeMatcher(key, reader => {
        const number = reader.kind === valueInt ? reader.number() : 0
        return number >= min && number <= max
      })
    }
    case 'boolean_attribute': {
      const { key, value: wanted } = config.booleanAttribute!
      return attributeMatcher(key, reader => (reader.kind === valueBool ? reader.bool() : false) === wanted)
    }
    case 'string_attribute': {
      const { key, values, enabledRegexMatching, cacheMaxSize } = config.stringAttribute!
      const matches = enabledRegexMatching ? patternMatcher(values, cacheMaxSize) : exactMatcher(values)
      return attributeMatcher(
        key,
        reader => reader.kind === valueString && reader.end > reader.start && matches(reader.text()),
      )
    }
    case 'ottl_condition':
      return new ConditionMatcher(config.ottlCondition!)
    default:
      return undefined
  }
}

function asking(field: number): (questions: StepQuestions) => boolean {
  return questions => {
    questions.fields |= 1 << field
    return true
  }
}

function attributeMatcher(text: string, matches: (reader: ValueReader) => boolean): SpanMatcher {
  const key = new AttributeKey(text)
  return {
    ask(questions) {
      questions.attributes.set(text, key)
      questions.resourceAttributes.set(text, key)
      questions.asksResource = true
      return true
    },
    attributes(attributes) {
      const index = attributes.find(key)
      if (index < 0) return false
      return matches(value.reset(attributes.bytes, attributes.valueStart(index), attributes.valueEnd(index)))
    },
  }
}

function exactMatcher(values: readonly string[]): (text: string) => boolean {
  const wanted = new Set(values)
  return text => wanted.has(text)
}

function patternMatcher(patterns: readonly string[], rememberedMax: number): (text: string) => boolean {
  const compiled = patterns.map(pattern => RE2JS.compile(pattern))
  const remembered = new Map<string, boolean>()
  return text => {
    let result = remembered.get(text)
    if (result === undefined) {
      result = compiled.some(pattern => pattern.matcher(text).find())
      if (remembered.size >= Math.max(1, rememberedMax)) remembered.delete(remembered.keys().next().value!)
      remembered.set(text, result)
    }
    return result
  }
}
