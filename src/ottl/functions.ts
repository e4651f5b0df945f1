import { AttributeKey } from '../pdata/attribute-key.ts'
import { ValueReader, valueString } from '../pdata/value.ts'
import { isZero } from '../wire/is-zero.ts'
import { collectionFunctions } from './collection-functions.ts'
import { attributeAt, type ContextName, type Expression, type Getter } from './context.ts'
import type { OttlFunction, OttlFunctions } from './function.ts'
import { hashFunctions } from './hash-functions.ts'
import { OttlError } from './lexer.ts'
import { anyValue, literal, type Parameter, placeArguments, text, textLike, textOf } from './parameters.ts'
import { parseFunctions, pattern } from './parse-functions.ts'
import { textFunctions } from './text-functions.ts'
import { timeFunctions } from './time-functions.ts'
import { isEqual } from './value.ts'

const reader = new ValueReader()

/** IsMatch over bytes where the target stands in the request as text: nothing is decoded, and answers are remembered. */
const isMatch: OttlFunction = {
  parameters: [textLike('target'), pattern('pattern')],
  make: ([value, source]) => {
    if (source!.isConstant !== true) {
      const wanted = pattern('pattern')
      return context => {
        const text = textOf(value!.get(context))
        return text !== undefined && wanted.read(source!.get(context)).test(text)
      }
    }
    const compiled = pattern('pattern').read(source!.constant)
    const { source: bytes, text: field } = value!
    if (field !== undefined) {
      return context => {
        const message = field.message(context)
        return compiled.testBytes(message.bytes, message.valueStart(field.field), message.valueEnd(field.field))
      }
    }
    return context => {
      if (bytes?.point(context, reader) && reader.kind === valueString) {
        return compiled.testBytes(reader.bytes, reader.start, reader.end)
      }
      const text = textOf(value!.get(context))
      return text !== undefined && compiled.test(text)
    }
  },
}

/** Whether any data point of the metric has the key, or the key with that text. */
function onDataPoints(parameters: readonly Parameter<unknown>[]): OttlFunction {
  return {
    parameters,
    only: ['metric'],
    make: ([keyExpression, wanted]) => {
      const key = new AttributeKey(String(keyExpression!.constant))
      return context => {
        const { points, point } = context.metricView
        let isFound = false
        points.rewind()
        while (points.next()) {
          const at = point.attributes.find(key)
          if (at < 0) continue
          isFound ||= wanted === undefined || isEqual(attributeAt(point.attributes, at), wanted.get(context))
        }
        return isFound
      }
    },
  }
}

const functions: OttlFunctions = {
  IsMatch: isMatch,
  HasAttrKeyOnDatapoint: onDataPoints([literal(text('key'))]),
  HasAttrOnDatapoint: onDataPoints([literal(text('key')), anyValue('expected_val')]),
  IsRootSpan: {
    parameters: [],
    only: ['span', 'spanevent'],
    make: () => context =>
      context.span.parentSpanIdStart === 0 ||
      isZero(context.span.message.bytes, context.span.parentSpanIdStart, context.span.parentSpanIdStart + 8),
  },
  ...textFunctions,
  ...collectionFunctions,
  ...parseFunctions,
  ...hashFunctions,
  ...timeFunctions,
}

/** Functions of the Collector that nobody has written here yet, so that the error can say so. */
const missing = new Set(
  (
    'ConvertAttributesToElementsXML ConvertTextToElementsXML ExtractGrokPatterns GetXML InsertXML ParseSimplifiedXML ' +
    'ParseXML RemoveXML UserAgent UUIDv7 XXH3 XXH128'
  ).split(' '),
)

/** The function of that name. Throws `OttlError` where there is none, or none for that context. */
export function findFunction(name: string, at: number, own: ContextName): OttlFunction {
  const known = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (known === undefined) {
    const what = missing.has(name) ? `${name} is not supported yet` : `unknown function ${name}`
    throw new OttlError(`${what} (known: ${Object.keys(functions).sort().join(', ')})`, at)
  }
  if (known.only !== undefined && !known.only.includes(own)) {
    throw new OttlError(`${name} is for conditions of context ${known.only.join(' or ')}`, at)
  }
  return known
}

/** Makes a call ready for evaluation. Throws `OttlError` where the function or its arguments are wrong. */
export function compileCall(
  call: { readonly name: string; readonly at: number },
  args: readonly { readonly name: string | undefined; readonly value: Expression }[],
  own: ContextName,
): Getter {
  const known = findFunction(call.name, call.at, own)
  return known.make(placeArguments(call, known.parameters, args), own)
}
