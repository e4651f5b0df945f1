import { anyString } from '../pdata/otlp-fields.ts'
import { ValueReader, valueEmpty, valueString } from '../pdata/value.ts'
import { compileNode } from './condition.ts'
import type { ContextName, Expression } from './context.ts'
import type { Edit, Editor, Editors } from './editor.ts'
import { compileValue, visitPaths } from './expression.ts'
import { editable } from './fields.ts'
import { OttlError } from './lexer.ts'
import { mapEditors } from './map-editors.ts'
import { anyValue, placeArguments } from './parameters.ts'
import { parseCondition, parseStatement, type ValueNode } from './parser.ts'
import { replaceEditors } from './replace-editors.ts'
import { setStep } from './set-step.ts'
import { type StatementStep, statementStep } from './statement-step.ts'
import { encodeForOtlp } from './write.ts'

/** A statement ready to be run over items of a context. */
export interface Statement {
  readonly run: Edit
  /** The contexts that it writes to. */
  readonly writes: ReadonlySet<ContextName>
  /** Whether it makes new metrics. */
  readonly addsMetrics: boolean
  /** The same for a record that is read without a walk; undefined where it takes one. */
  readonly step?: StatementStep | undefined
}

const reader = new ValueReader()

const set: Editor = {
  parameters: [anyValue('target'), anyValue('value')],
  targetCount: 1,
  make: ([into, value]) => {
    const { attribute } = into!
    if (attribute !== undefined && value!.isConstant === true) {
      if (value!.constant === undefined) return () => {}
      const encoded = encodeForOtlp(value!.constant)
      return context => attribute.list(context).set(attribute.key, encoded)
    }
    if (attribute !== undefined && value!.attribute !== undefined) {
      const from = value!.attribute
      return context => {
        const source = from.list(context)
        const at = source.find(from.key)
        if (at < 0) return
        const start = source.valueStart(at)
        const end = source.valueEnd(at)
        // Nil is not written.
        if (reader.reset(source.bytes, start, end).kind === valueEmpty) return
        attribute.list(context).setRange(attribute.key, start, end)
      }
    }
    const copy = copyText(into!, value!)
    if (copy !== undefined) return copy
    return context => {
      const given = value!.get(context)
      if (given !== undefined) into!.set!(context, given)
    }
  },
  step: ([into, value]) => {
    const key = into!.attribute?.key
    return key && setStep(key, into!.context, value!)
  },
}

/** Text that goes from one place to another as bytes; undefined where it is not as simple. */
function copyText(into: Expression, value: Expression): Edit | undefined {
  const { attribute, text: field, set: write } = into
  const { text: from, source, get } = value
  if (attribute !== undefined && from !== undefined) {
    return context => {
      const message = editable(from.message(context))
      const { workspace } = message
      const attributes = attribute.list(context)
      const start = workspace.length
      const [textStart, textEnd] = [message.valueStart(from.field), message.valueEnd(from.field)]
      workspace.header(anyString, textEnd - textStart)
      workspace.copy(textStart, textEnd)
      attributes.setRange(attribute.key, start, workspace.length)
    }
  }
  if (field === undefined || source === undefined) return undefined
  return context => {
    if (!source.point(context, reader)) return
    if (reader.kind === valueString) {
      const { start, end } = reader
      editable(field.message(context)).setRange(field.field, start, end)
      return
    }
    const given = get(context)
    if (given !== undefined) write!(context, given)
  }
}

const commonEditors: Editors = { set, ...mapEditors, ...replaceEditors }

/** Makes a statement ready for items of the context `own`. `more` are editors beside the common ones. Throws `OttlError`. */
export function compileStatement(source: string, own: ContextName, more: Editors = {}): Statement {
  const node = parseStatement(source)
  const { editor: call, where } = node
  const editors: Editors = { ...commonEditors, ...more }
  const editor = Object.hasOwn(editors, call.name) ? editors[call.name] : undefined
  if (editor === undefined) {
    throw new OttlError(`unknown editor ${call.name} (known: ${Object.keys(editors).sort().join(', ')})`, call.at)
  }
  if (editor.only !== undefined && !editor.only.includes(own)) {
    throw new OttlError(`${call.name} is for statements of context ${editor.only.join(' or ')}`, call.at)
  }
  const args = call.args.map(({ name, value }) => ({ name, value: compileArgument(value, own) }))
  const placed = placeArguments(call, editor.parameters, args)
  for (const [i, argument] of placed.entries()) {
    const isName = argument?.functionName !== undefined && argument.isConstant !== true
    if (isName && editor.parameters[i]!.name !== 'function') {
      throw new OttlError(`unknown name ${argument.functionName}`, call.at)
    }
  }
  const writes = new Set<ContextName>()
  for (const into of placed.slice(0, editor.targetCount)) {
    if (into?.set === undefined) throw new OttlError(`${call.name} needs a path that can be written to`, call.at)
    if (into.context !== undefined) writes.add(into.context)
  }
  const edit = editor.make(placed, own, call.at)
  const addsMetrics = editor.addsMetrics === true
  const step = statementStep(node, own, placed[0], editor.step?.(placed, own, call.at))
  if (where === undefined) return { run: edit, writes, addsMetrics, step }
  const condition = compileNode(where, own)
  return {
    run: context => {
      if (condition(context)) edit(context)
    },
    writes,
    addsMetrics,
    step,
  }
}

/** An argument; a bare name with a capital letter may be that of a function. */
function compileArgument(node: ValueNode, own: ContextName): Expression {
  if (node.kind !== 'enum') return compileValue(node, own)
  try {
    return { ...compileValue(node, own), functionName: node.name }
  } catch (error) {
    if (!(error instanceof OttlError)) throw error
    const refuse = () => {
      throw new OttlError(`unknown name ${node.name}`, node.at)
    }
    return { get: refuse, functionName: node.name }
  }
}

/** The prefixes of all paths of a statement, and of a condition. Throws `OttlError`. */
export function pathPrefixes(source: string, kind: 'statement' | 'condition'): Set<string> {
  const prefixes = new Set<string>()
  const note = (name: string) => prefixes.add(name === 'instrumentation_scope' ? 'scope' : name)
  if (kind === 'condition') visitPaths(parseCondition(source), note)
  else {
    const { editor, where } = parseStatement(source)
    visitPaths(editor, note)
    if (where !== undefined) visitPaths(where, note)
  }
  return prefixes
}
