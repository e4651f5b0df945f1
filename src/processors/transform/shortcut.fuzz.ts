import { parseConfig } from '../../config/parse-config.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { RecordSplice } from '../../pdata/record-splice.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { compareShortcut, shortcutRequest } from '../../testkit/shortcut-oracle.ts'
import { transformConfig } from './config.ts'
import { createTransformStage } from './transform-stage.ts'

const keys = ['http.method', 'user.email', 'service.name', 'a', 'host.name', 'new.key', 'gen_ai.usage.input_tokens']
const patterns = ['[0-9]+', 'a', 'GET|x', '(\\\\w+)@', '^$', 'é']
const replacements = ['{id}', '', '$1', 'much longer than what it stands for']

const anyValues = [
  '"constant"',
  '7',
  'true',
  'nil',
  'resource.attributes["service.name"]',
  'scope.name',
  'Len(attributes["a"])',
  'Concat([attributes["a"], attributes["host.name"]], "-")',
  'trace_id.string',
  'attributes["a"]["b"]',
  'SHA256(attributes["user.email"])',
]
const wheres: Readonly<Record<'span' | 'log', readonly string[]>> = {
  span: ['kind == SPAN_KIND_SERVER', 'status.code == STATUS_CODE_ERROR', 'name == "GET"', 'IsRootSpan()'],
  log: ['severity_number > 8', 'body == ""', 'severity_text != ""'],
}
const anyWheres = [
  'attributes["a"] == nil',
  'attributes["http.method"] == "GET"',
  'attributes["user.email"] > 5',
  'resource.attributes["a"] != nil',
  'IsMatch(attributes["host.name"], "a")',
  'attributes["new.key"]',
]

function randomStatement(random: SeededRandom, own: 'span' | 'log'): string {
  const attribute = () => `attributes["${random.pick(keys)}"]`
  const value = () => (random.chance(0.3) ? attribute() : random.chance(0.2) ? nameOf[own] : random.pick(anyValues))
  const where = random.chance(0.4) ? ` where ${random.pick(random.chance(0.5) ? anyWheres : wheres[own])}` : ''
  const roll = random.below(10)
  if (roll < 5) return `set(${attribute()}, ${value()})${where}`
  if (roll < 8) return `delete_key(attributes, "${random.pick(keys)}")${where}`
  const [found, replacement] = [random.pick(patterns), random.pick(replacements)]
  return `replace_pattern(${attribute()}, "${found}", "${replacement}")${where}`
}

const nameOf = { span: 'name', log: 'severity_text' }

/** Compares statements without views with the same through views. Returns how many requests took the shortcut. */
export function fuzzTransformShortcut(signal: Signal, seed: number, count: number): number {
  if (signal !== 'traces' && signal !== 'logs') return 0
  const own = signal === 'traces' ? 'span' : 'log'
  const random = new SeededRandom(seed)
  let taken = 0
  for (let i = 0; i < count; i++) {
    const groups = Array.from({ length: 1 + random.below(2) }, () => ({
      context: own,
      statements: Array.from({ length: 1 + random.below(3) }, () => randomStatement(random, own)),
      ...(random.chance(0.2) && { conditions: [random.pick(anyWheres), random.pick(wheres[own])] }),
    }))
    const section = signal === 'traces' ? 'trace_statements' : 'log_statements'
    const yaml = JSON.stringify({ error_mode: random.pick(['ignore', 'propagate']), [section]: groups })
    const config = parseConfig(transformConfig, yaml)
    const create = () => [createTransformStage(config, signal)]
    // One that asks for what another wrote needs the walk.
    if (RecordSplice.of(signal, create()) === undefined) continue
    try {
      if (compareShortcut(signal, create, shortcutRequest(random, signal))) taken++
    } catch (error) {
      throw new Error(`input ${i}, ${yaml}`, { cause: error })
    }
  }
  return taken
}
