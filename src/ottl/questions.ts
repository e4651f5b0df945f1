import { AttributeKey } from '../pdata/attribute-key.ts'
import { allFields } from '../pdata/record-fields.ts'
import type { StepQuestions } from '../pdata/step-questions.ts'
import type { ContextName } from './context.ts'
import { type ConditionNode, type PathNode, parseCondition, type ValueNode } from './parser.ts'
import { contextOf } from './paths.ts'

/** Contexts whose conditions can be asked about one record and what stands around it. */
const recordContexts: readonly ContextName[] = ['span', 'log', 'metric', 'resource', 'scope']
/** Fields of a metric that do not depend on its data points. */
const metricTexts = ['name', 'description', 'unit']
/** What is counted over a message's children. */
const counted = ['events', 'links', 'data_points']
/** Functions that look at data points. */
const pointFunctions = /^HasAttr/

/**
 * Notes what a condition asks about; false where it needs a walk: data points, events, or attributes without a fixed key.
 * The condition must be one that compiles.
 */
export function askCondition(source: string, own: ContextName, questions: StepQuestions): boolean {
  return recordContexts.includes(own) && new Asker(own, questions).node(parseCondition(source))
}

/** The same of several conditions and values, all of the context `own`. */
export function askNodes(
  nodes: readonly (ConditionNode | ValueNode)[],
  own: ContextName,
  questions: StepQuestions,
): boolean {
  const asker = new Asker(own, questions)
  return nodes.every(node => asker.node(node))
}

class Asker {
  readonly #own: ContextName
  readonly #questions: StepQuestions

  constructor(own: ContextName, questions: StepQuestions) {
    this.#own = own
    this.#questions = questions
  }

  node(node: ConditionNode | ValueNode): boolean {
    switch (node.kind) {
      case 'and':
      case 'or':
        return node.parts.every(part => this.node(part))
      case 'not':
        return this.node(node.part)
      case 'bare':
        return this.node(node.value)
      case 'compare':
      case 'math':
        return this.node(node.left) && this.node(node.right)
      case 'call':
        if (node.args.length === 0) this.#questions.fields = allFields
        return !pointFunctions.test(node.name) && this.#all(node.args.map(({ value }) => value)) && this.#all(node.keys)
      case 'list':
        return this.#all(node.items)
      case 'map':
        return this.#all(node.members.map(([, value]) => value))
      case 'path':
        return this.#path(node)
      default:
        return true
    }
  }

  #all(nodes: readonly ValueNode[]): boolean {
    return nodes.every(node => this.node(node))
  }

  #path(path: PathNode): boolean {
    const { context, names } = contextOf(path, this.#own)
    const name = names.join('.')
    const [first, ...rest] = path.segments.at(-1)!.keys
    if (counted.includes(name)) return false
    const questions = this.#questions
    if (context === 'resource') questions.asksResource = true
    if (context === 'scope') questions.asksScope = true
    if (name === 'attributes') {
      if (first?.kind !== 'literal' || typeof first.value !== 'string') return false
      const attributes =
        context === 'resource'
          ? questions.resourceAttributes
          : context === 'scope'
            ? questions.scopeAttributes
            : questions.attributes
      attributes.set(first.value, new AttributeKey(first.value))
      return this.#all(rest)
    }
    if (context === 'metric' && !metricTexts.includes(name)) return false
    if (context === this.#own) questions.fields = allFields
    return this.#all(path.segments.flatMap(({ keys }) => keys))
  }
}
