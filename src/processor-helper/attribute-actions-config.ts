import {
  type AttributeValue,
  attributeValue,
  type ConfigOf,
  defineConfig,
  list,
  oneOf,
  type ProblemSink,
  section,
  string,
} from '../config/declare.ts'
import { Pattern, patternProblem } from './pattern.ts'

const actionNames = ['insert', 'update', 'upsert', 'delete', 'hash', 'extract', 'convert'] as const

interface ActionKeys {
  readonly key: string
  readonly action: (typeof actionNames)[number]
  readonly value: AttributeValue | undefined
  readonly fromAttribute: string
  readonly fromContext: string
  readonly defaultValue: AttributeValue | undefined
  readonly pattern: string
  readonly convertedType: string
}

/** One action on attributes, with the Collector's keys. */
const attributeActionConfig = defineConfig(
  {
    key: string('key', '', 'Attribute to act on. delete and hash may have pattern instead.'),
    action: oneOf('action', actionNames, undefined, 'What to do, in any case.', { required: true, ignoreCase: true }),
    value: attributeValue('value', 'Value to write; text, number, bool, list or map, as YAML has it.'),
    fromAttribute: string('from_attribute', '', 'Attribute whose value to write.'),
    fromContext: string(
      'from_context',
      '',
      'What to write of the request: metadata.<header>, client.address, auth.<attribute>, or a header.',
    ),
    defaultValue: attributeValue('default_value', 'Value to write where the source gives none.'),
    pattern: string('pattern', '', 'RE2: of keys for delete and hash, of the value for extract.', {
      validate: (pattern: string) => (pattern === '' ? undefined : patternProblem(pattern)),
    }),
    convertedType: oneOf('converted_type', ['', 'int', 'double', 'string'], '', 'Type that convert makes.'),
  },
  (config, problems) => {
    const { action } = config as ActionKeys
    if (action === 'insert' || action === 'update' || action === 'upsert') checkWrite(config as ActionKeys, problems)
    else checkOther(config as ActionKeys, problems)
  },
)
export type AttributeActionConfig = ConfigOf<typeof attributeActionConfig>

/** The list itself: `actions` of the attributes processor, `attributes` of the resource processor. */
export function attributeActionList(key: string) {
  const item = section('', attributeActionConfig)
  return list(key, item, [], 'Actions on attributes, applied in order.', { required: true })
}

function checkWrite(config: ActionKeys, problems: ProblemSink): void {
  requireKey(config, problems)
  const sources = [config.value !== undefined, config.fromAttribute !== '', config.fromContext !== '']
  const count = sources.filter(Boolean).length
  if (count > 1) problems.error([], 'has more than one of value, from_attribute and from_context', 'keep one of them')
  if (count === 0 && config.defaultValue === undefined) {
    problems.error([], 'needs one of value, from_attribute and from_context', 'write value: ...')
  }
  refuse(config, problems, ['pattern', 'converted_type'])
}

function checkOther(config: ActionKeys, problems: ProblemSink): void {
  const { action } = config
  refuse(config, problems, ['value', 'from_attribute', 'from_context'])
  // The Collector takes a default_value here and ignores it: files that have one exist.
  if (config.defaultValue !== undefined) problems.warn(['default_value'], `has no effect with action ${action}`)
  if (action === 'delete' || action === 'hash') {
    if (config.key === '' && config.pattern === '') problems.error([], 'needs key or pattern', 'write key: ...')
    refuse(config, problems, ['converted_type'])
    return
  }
  requireKey(config, problems)
  if (action === 'convert') {
    if (config.convertedType === '')
      problems.error(['converted_type'], 'is required for convert', 'int, double or string')
    refuse(config, problems, ['pattern'])
    return
  }
  refuse(config, problems, ['converted_type'])
  checkGroups(config.pattern, problems)
}

function checkGroups(pattern: string, problems: ProblemSink): void {
  if (pattern === '') {
    problems.error(['pattern'], 'is required for extract', 'write pattern: ^(?P<name>.*)$')
    return
  }
  if (patternProblem(pattern) !== undefined) return
  const { groupNames } = new Pattern(pattern)
  if (groupNames.length === 0 || groupNames.includes('')) {
    problems.error(
      ['pattern'],
      'needs named groups only, for the attributes to write',
      'name each group: (?P<name>...)',
    )
  }
}

function requireKey(config: ActionKeys, problems: ProblemSink): void {
  if (config.key === '') problems.error(['key'], `is required for ${config.action}`)
}

function refuse(config: ActionKeys, problems: ProblemSink, keys: readonly string[]): void {
  const isSet: Record<string, boolean> = {
    value: config.value !== undefined,
    from_attribute: config.fromAttribute !== '',
    from_context: config.fromContext !== '',
    pattern: config.pattern !== '',
    converted_type: config.convertedType !== '',
  }
  for (const key of keys) if (isSet[key]) problems.error([key], `is not used by action ${config.action}`, 'remove it')
}
