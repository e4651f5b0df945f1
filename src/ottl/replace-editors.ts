import { anyString } from '../pdata/otlp-fields.ts'
import { ValueReader, valueString } from '../pdata/value.ts'
import { Pattern, type PatternMatch } from '../processor-helper/pattern.ts'
import type { ContextName, Expression, OttlContext } from './context.ts'
import { type Edit, type Editor, type Editors, rewriteMap, rewriteTexts } from './editor.ts'
import { editable } from './fields.ts'
import { findFunction } from './functions.ts'
import { OttlError } from './lexer.ts'
import { anyValue, choice, optional, type Parameter, text } from './parameters.ts'
import { pattern } from './parse-functions.ts'
import { SlotText } from './slot-text.ts'
import { EvaluationError, type OttlValue } from './value.ts'
import { encodeForOtlp, writeAttributeAt } from './write.ts'

const target = anyValue('target')
const reader = new ValueReader()

/** The name of a converter of one argument. */
const converterName: Parameter<OttlValue> = { name: 'function', isOptional: true, read: value => value }

const replacementFormat = optional<string>({
  name: 'replacement_format',
  read(value) {
    const format = text('replacement_format').read(value)
    if ((format.match(/%/g) ?? []).length === 1 && format.includes('%s')) return format
    throw new EvaluationError('replacement_format must have one %s and no other verb')
  },
})
const tail = [text('replacement'), converterName, replacementFormat] as const

/** Replaces text. Names, arguments and meaning are the Collector's. */
export const replaceEditors: Editors = {
  replace_pattern: {
    parameters: [target, pattern('regex_pattern'), ...tail],
    targetCount: 1,
    make: ([into, regex, ...rest], own, at) => {
      const wanted = reading(pattern('regex_pattern'), regex!)
      const replace = substitution(rest, own, at)
      const plain = plainReplacement(rest)
      return context => {
        if (plain !== undefined && replaceInPlace(into!, context, wanted(context), plain)) return
        const replaced = replacedText(into!, context, wanted(context), replace(context))
        if (replaced !== undefined) into!.set!(context, replaced)
      }
    },
    step: ([into, regex, ...rest], own, at) => {
      const { attribute, source } = into!
      if (attribute === undefined) return undefined
      const wanted = reading(pattern('regex_pattern'), regex!)
      const replace = substitution(rest, own, at)
      const plain = plainReplacement(rest)
      const output = new SlotText()
      return {
        edit: { action: 'update', key: attribute.key, slot: output.slot },
        readsTarget: true,
        prepare(context) {
          if (!source!.point(context, reader) || reader.kind !== valueString) return false
          const { bytes, start, end } = reader
          if (plain !== undefined) {
            output.bytes = bytes
            const from = wanted(context).replaceInto(output, anyString, start, end, plain)
            output.release()
            if (from !== -2) return from >= 0
          }
          const replaced = replacedText(into!, context, wanted(context), replace(context))
          if (replaced !== undefined) output.slot.value = encodeForOtlp(replaced)
          return replaced !== undefined
        },
      }
    },
  },
  replace_all_patterns: {
    parameters: [target, choice('mode', 'key', 'value'), pattern('regex_pattern'), ...tail],
    targetCount: 1,
    make: ([into, mode, regex, ...rest], own, at) => {
      const wanted = reading(pattern('regex_pattern'), regex!)
      const replace = substitution(rest, own, at)
      if (mode!.constant === 'key') return replaceKeys(into!, wanted, replace)
      return context => {
        const found = wanted(context)
        const replaced = replace(context)
        replaceTexts(into!, context, found, replaced)
      }
    },
  },
  replace_match: matchEditor((into, context, found, replacement) => {
    if (matchingText(into, context, found) !== undefined) into.set!(context, replacement)
  }),
  replace_all_matches: matchEditor((into, context, found, replacement) =>
    rewriteTexts(into, context, found, () => replacement),
  ),
}

function matchEditor(
  run: (into: Expression, context: OttlContext, found: Pattern, replacement: string) => void,
): Editor {
  return {
    parameters: [target, glob('pattern'), ...tail],
    targetCount: 1,
    make: ([into, source, replacement, name, format], own, at) => {
      const wanted = reading(glob('pattern'), source!)
      const replaced = reading(text('replacement'), replacement!)
      const convert = conversion(name, format, own, at)
      return context => run(into!, context, wanted(context), convert(context, replaced(context)))
    },
  }
}

function replaceKeys(
  into: Expression,
  wanted: (context: OttlContext) => Pattern,
  replace: (context: OttlContext) => (match: PatternMatch) => string,
): Edit {
  return context => {
    const found = wanted(context)
    const attributes = into.list?.(context)
    if (attributes !== undefined) {
      let isAny = false
      for (let i = 0; i < attributes.size && !isAny; i++) {
        isAny =
          !attributes.isRemoved(i) && found.testBytes(attributes.bytes, attributes.keyStart(i), attributes.keyEnd(i))
      }
      if (!isAny) return
    }
    const replaced = replace(context)
    rewriteMap(
      into,
      context,
      members =>
        new Map([...members].map(([key, value]) => [found.test(key) ? found.replaceAll(key, replaced) : key, value])),
    )
  }
}

/** Where the target's text stands: `bytes[start, end)` of the last answer. */
const place = { bytes: new Uint8Array(0) as Uint8Array, start: 0, end: 0 }

/** Finds the target's text among the bytes; undefined where it is not known from there, false where it is no text. */
function locate({ source, text: field }: Expression, context: OttlContext): boolean | undefined {
  if (source !== undefined) {
    if (!source.point(context, reader) || reader.kind !== valueString) return false
    place.bytes = reader.bytes
    place.start = reader.start
    place.end = reader.end
    return true
  }
  if (field === undefined) return undefined
  const message = field.message(context)
  place.bytes = message.bytes
  place.start = message.valueStart(field.field)
  place.end = message.valueEnd(field.field)
  return true
}

/** The target's text where it matches as a whole. */
function matchingText(into: Expression, context: OttlContext, found: Pattern): string | undefined {
  const isText = locate(into, context)
  if (isText === false) return undefined
  if (isText === true && !found.testBytes(place.bytes, place.start, place.end)) return undefined
  const value = into.get(context)
  return typeof value === 'string' && (isText === true || found.test(value)) ? value : undefined
}

/** The target's text with every match replaced; undefined where nothing matches. */
function replacedText(
  into: Expression,
  context: OttlContext,
  found: Pattern,
  replace: (match: PatternMatch) => string,
): string | undefined {
  const isText = locate(into, context)
  if (isText === true) return found.replaceBytes(place.bytes, place.start, place.end, replace)
  const value = isText === false ? undefined : into.get(context)
  return typeof value === 'string' && found.test(value) ? found.replaceAll(value, replace) : undefined
}

/** The bytes of a replacement that is the same for every match; undefined where it is not. */
function plainReplacement([replacement, name]: readonly (Expression | undefined)[]): Uint8Array | undefined {
  const value = replacement?.constant
  return name !== undefined || typeof value !== 'string' || value.includes('$') ? undefined : Buffer.from(value)
}

/** Does it among the bytes, without text of it; false where it cannot be done so. */
function replaceInPlace(into: Expression, context: OttlContext, found: Pattern, replacement: Uint8Array): boolean {
  const { attribute, text: field } = into
  if (attribute !== undefined) {
    const attributes = attribute.list(context)
    const at = attributes.find(attribute.key)
    if (at < 0) return true
    reader.reset(attributes.bytes, attributes.valueStart(at), attributes.valueEnd(at))
    if (reader.kind !== valueString) return true
    const { workspace } = attributes
    const from = found.replaceInto(workspace, anyString, reader.start, reader.end, replacement)
    if (from >= 0) attributes.setValueRange(at, from, workspace.length)
    return from !== -2
  }
  if (field === undefined) return false
  const message = editable(field.message(context))
  const { workspace } = message
  const [start, end] = [message.valueStart(field.field), message.valueEnd(field.field)]
  const from = found.replaceInto(workspace, 0, start, end, replacement)
  if (from >= 0) message.setRange(field.field, from, workspace.length)
  return from !== -2
}

/** Replaces matches in the texts of all members. */
function replaceTexts(
  into: Expression,
  context: OttlContext,
  found: Pattern,
  replace: (match: PatternMatch) => string,
): void {
  const attributes = into.list?.(context)
  if (attributes === undefined) {
    rewriteTexts(into, context, found, original => found.replaceAll(original, replace))
    return
  }
  for (let i = 0; i < attributes.size; i++) {
    if (attributes.isRemoved(i)) continue
    reader.reset(attributes.bytes, attributes.valueStart(i), attributes.valueEnd(i))
    if (reader.kind !== valueString) continue
    const replaced = found.replaceBytes(reader.bytes, reader.start, reader.end, replace)
    if (replaced !== undefined) writeAttributeAt(attributes, i, replaced)
  }
}

/** An argument that is read once where it is known, and for every item where it comes from data. */
function reading<T>(parameter: Parameter<T>, { isConstant, constant, get }: Expression): (context: OttlContext) => T {
  if (isConstant !== true) return context => parameter.read(get(context))
  const value = parameter.read(constant)
  return () => value
}

/** What takes the place of a match: `$1` and `${name}` stand for groups. */
function substitution(
  [replacement, name, format]: readonly (Expression | undefined)[],
  own: ContextName,
  at: number,
): (context: OttlContext) => (match: PatternMatch) => string {
  const convert = name === undefined ? undefined : conversion(name, format, own, at)
  const template = reading(templateOf, replacement!)
  if (convert === undefined) return template
  return context => {
    const expand = template(context)
    return match => convert(context, expand(match))
  }
}

const templateOf: Parameter<(match: PatternMatch) => string> = {
  name: 'replacement',
  read(value) {
    const parts = text('replacement')
      .read(value)
      .split(/(\$\$|\$\{\w+\}|\$\w+)/)
    if (parts.length === 1) return () => parts[0]!
    return match => parts.map((part, i) => (i % 2 === 0 ? part : groupOf(match, part))).join('')
  },
}

function groupOf(match: PatternMatch, reference: string): string {
  if (reference === '$$') return '$'
  const name = reference.replace(/^\$\{?|\}$/g, '')
  try {
    return (/^\d+$/.test(name) ? match.group(Number(name)) : match.group(name)) ?? ''
  } catch {
    // A group that the pattern does not have is empty, as in Go.
    return ''
  }
}

/** Runs a converter over text, and puts what it gives into the format. */
function conversion(
  name: Expression | undefined,
  format: Expression | undefined,
  own: ContextName,
  at: number,
): (context: OttlContext, input: string) => string {
  if (name === undefined) return (_, input) => input
  if (name.functionName === undefined)
    throw new OttlError('function must be the name of a converter, such as SHA256', at)
  const { parameters, make } = findFunction(name.functionName, at, own)
  if (parameters.length !== 1) throw new OttlError(`${name.functionName} takes more than the text that is replaced`, at)
  let present = ''
  const get = make([{ get: () => present }], own)
  const formatOf = format === undefined ? undefined : reading(replacementFormat, format)
  return (context, input) => {
    present = input
    const value = get(context)
    if (typeof value !== 'string') throw new EvaluationError(`${name.functionName} gave no text`)
    return formatOf?.(context)?.replace('%s', () => value) ?? value
  }
}

const globs = new Map<string, Pattern>()

/** A pattern with `*`, `?`, `[a-z]`, `[!a]` and `{a,b}` that must match the whole text. */
function glob(name: string): Parameter<Pattern> {
  const asText = text(name)
  return {
    name,
    read(value) {
      const source = asText.read(value)
      let compiled = globs.get(source)
      if (compiled !== undefined) return compiled
      try {
        compiled = new Pattern(globPattern(source))
      } catch {
        throw new EvaluationError(`${name} is no pattern: ${source}`)
      }
      if (globs.size >= 64) globs.delete(globs.keys().next().value!)
      globs.set(source, compiled)
      return compiled
    },
  }
}

function globPattern(source: string): string {
  const tokens = source.match(/\\.|\*+|\?|\[!?[^\]]+\]|[{},]|[^\\*?[{},]+|./gs) ?? []
  let depth = 0
  const pieces = tokens.map(token => {
    if (token.startsWith('\\')) return quote(token.slice(1))
    if (token.startsWith('*')) return '.*'
    if (token === '?') return '.'
    if (token.length > 1 && token.startsWith('[')) return token.replace(/^\[!/, '[^')
    if (token === '{') {
      depth++
      return '(?:'
    }
    if (token === '}' && depth > 0) {
      depth--
      return ')'
    }
    return token === ',' && depth > 0 ? '|' : quote(token)
  })
  return `^(?s:${pieces.join('')})$`
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
