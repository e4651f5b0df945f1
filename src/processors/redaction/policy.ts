import { createHash } from 'node:crypto'
import { type Action, type ActionName, type HashKey, Replacements } from './actions.ts'
import type { RedactionConfig } from './config-shape.ts'
import { catalog, detectorId } from './detectors/catalog.ts'
import { type AddressClass, type DetectorSettings, detectorSettings } from './detectors/detection.ts'
import { letteredIds } from './detectors/national-ids.ts'
import { fieldClasses } from './fields.ts'
import { requiredLiteral, UserPattern } from './patterns.ts'
import { hitsOf, type ValueHits } from './value-hits.ts'

/** What a key's name decides before anything is looked at. */
export type KeyRule = 'exempt' | 'force' | 'drop' | undefined

export interface PatternRule {
  /** Id of its findings: a user's are behind those of the catalogue. */
  readonly id: number
  readonly pattern: UserPattern
  readonly group: number
  /** Stands in every match; the pattern runs only where it was found. */
  readonly literal: Buffer | undefined
  readonly keywords: readonly string[]
  readonly excludeKeywords: readonly string[]
  readonly validator: 'none' | 'luhn' | 'mod97' | 'random' | ((text: string) => boolean)
}

/** A configuration made ready to use. */
export interface Policy {
  readonly isDetecting: boolean
  readonly detection: DetectorSettings
  /** By id: catalogue, then rules, then `key` for forced keys. */
  readonly names: readonly string[]
  readonly actions: readonly Action[]
  readonly forcedKeyId: number
  readonly rules: readonly PatternRule[]
  readonly isFieldOn: Uint8Array
  readonly replacements: Replacements
  readonly onError: RedactionConfig['onError']
  readonly maxValueBytes: number
  readonly isDryRun: boolean
  /** Whether every value has to be seen although nothing in it is a candidate: a rule may match what no search finds. */
  readonly seesEverything: boolean
  /** Whether a key's name decides anything. */
  readonly hasKeyRules: boolean
  /** Whether every attribute's key has to be seen: some are dropped or forced. */
  readonly seesKeys: boolean
  /** Where rules may match; undefined without rules, or where `seesEverything`. */
  readonly ruleHits: ValueHits | undefined
  keyRule(key: string): KeyRule
  /** Why a found text is left alone after all, or undefined; undefined itself where nothing is ever left alone. */
  readonly exception: ((id: number, text: string) => 'allowed' | 'suppressed' | undefined) | undefined
}

const profileRanks: Readonly<Record<string, number>> = { none: -1, minimal: 0, standard: 1, strict: 2 }

/** The profile in force: standard where any key of our own is used without one, none in a Collector's file. */
export function effectiveProfile(config: RedactionConfig): 'none' | 'minimal' | 'standard' | 'strict' {
  if (config.profile !== '') return config.profile
  const usesOwn =
    Object.keys(config.detectors).length > 0 ||
    config.rules.length > 0 ||
    Object.keys(config.fields).length > 0 ||
    config.suppress.length > 0 ||
    config.encrypt !== undefined ||
    config.dryRun ||
    config.action !== 'label' ||
    [config.keys, config.allow].some(lists => Object.values(lists).some(names => names.length > 0))
  return usesOwn ? 'standard' : 'none'
}

/** Detectors whose ids have nothing in them that the search knows: no digits in a row, and no word of their own. */
function patternDetectors(isOn: (name: string) => boolean): PatternRule[] {
  return letteredIds.flatMap(({ name, anywhere, valid }) => {
    if (anywhere === undefined || !isOn(name)) return []
    return {
      id: detectorId(name),
      pattern: new UserPattern(anywhere),
      group: 0,
      literal: undefined,
      keywords: [],
      excludeKeywords: [],
      validator: valid,
    }
  })
}

export function compilePolicy(config: RedactionConfig): Policy {
  const profile = effectiveProfile(config)
  const rank = profileRanks[profile]!
  const isOn = (name: string): boolean => {
    const entry = catalog.find(other => other.name === name)!
    const own = config.detectors[name]
    if (own !== undefined) return own.enabled
    if (entry.locale !== undefined && !config.locales.includes(entry.locale)) return false
    return profileRanks[entry.profile]! <= rank
  }
  const detection = detectorSettings(isOn, profile === 'strict')
  const classes = config.addresses.length > 0 ? new Set(config.addresses as AddressClass[]) : detection.addressClasses
  const ownRules = config.rules.map((rule, i): PatternRule => {
    const literal = requiredLiteral(rule.pattern)
    return {
      id: catalog.length + i,
      pattern: new UserPattern(rule.pattern),
      group: rule.group,
      literal: literal === undefined ? undefined : Buffer.from(literal),
      keywords: rule.keywords.map(word => word.toLowerCase()),
      excludeKeywords: rule.excludeKeywords.map(word => word.toLowerCase()),
      validator: rule.validator,
    }
  })
  const rules = [...patternDetectors(isOn), ...ownRules]
  const keyRules = compileKeys(config)
  const ruleHits = hitsOf(rules.map(({ pattern }) => pattern.source))
  return {
    isDetecting: detection.enabled.includes(1) || rules.length > 0 || keyRules.isUsed,
    detection: { ...detection, addressClasses: classes },
    names: [...catalog.map(({ name }) => name), ...config.rules.map(({ name }) => name), 'key'],
    actions: [
      ...catalog.map(({ name }) => actionOf(config, config.detectors[name])),
      ...config.rules.map(rule => actionOf(config, rule)),
      actionOf(config, undefined),
    ],
    forcedKeyId: catalog.length + config.rules.length,
    rules,
    isFieldOn: Uint8Array.from(fieldClasses, name => (config.fields[name] === false ? 0 : 1)),
    replacements: new Replacements(hashKeyOf(config), Math.ceil(config.hash.length / 2)),
    onError: config.onError,
    maxValueBytes: config.maxValueBytes,
    isDryRun: config.dryRun,
    seesEverything: rules.length > 0 && ruleHits === undefined,
    hasKeyRules: keyRules.isUsed,
    seesKeys: config.keys.drop.length + config.keys.force.length > 0,
    ruleHits,
    keyRule: keyRules.rule,
    exception: compileExceptions(config),
  }
}

function hashKeyOf({ hash }: RedactionConfig): HashKey | undefined {
  return hash.key.isEmpty ? undefined : { id: hash.keyId, secret: Buffer.from(hash.key.reveal()) }
}

interface OwnAction {
  readonly action: '' | ActionName
  readonly label: string
  readonly keepFirst: number
  readonly keepLast: number
}

function actionOf(config: RedactionConfig, own: OwnAction | undefined): Action {
  return {
    name: own === undefined || own.action === '' ? config.action : own.action,
    label: own?.label ?? '',
    maskCharacter: config.maskCharacter,
    keepFirst: own?.keepFirst ?? 0,
    keepLast: own?.keepLast ?? 0,
  }
}

const keysRememberedMax = 8192

function compileKeys({ keys }: RedactionConfig): { readonly isUsed: boolean; rule(key: string): KeyRule } {
  const lists = (['exempt', 'drop', 'force'] as const).map(name => ({ name, matchers: keys[name].map(globPattern) }))
  const known = new Map<string, KeyRule>()
  return {
    isUsed: lists.some(({ matchers }) => matchers.length > 0),
    rule(key) {
      if (known.has(key)) return known.get(key)
      const rule = lists.find(({ matchers }) => matchers.some(matcher => matcher.test(key)))?.name
      if (known.size >= keysRememberedMax) known.clear()
      known.set(key, rule)
      return rule
    },
  }
}

/** `*` stands for any characters; linear, since it is the only thing that repeats and matching goes piece by piece. */
function globPattern(glob: string): { test(key: string): boolean } {
  const pieces = glob.split('*')
  if (pieces.length === 1) return { test: key => key === glob }
  return {
    test(key) {
      const last = pieces.at(-1)!
      if (!key.startsWith(pieces[0]!) || !key.endsWith(last) || key.length < pieces[0]!.length + last.length)
        return false
      let at = pieces[0]!.length
      for (const piece of pieces.slice(1, -1)) {
        const found = key.indexOf(piece, at)
        if (found < 0 || found + piece.length > key.length - last.length) return false
        at = found + piece.length
      }
      return true
    },
  }
}

function compileExceptions(config: RedactionConfig): Policy['exception'] {
  const { values, suffixes, hashes } = config.allow
  if (values.length + suffixes.length + hashes.length + config.suppress.length === 0) return undefined
  const allowed = new Set(values)
  const allowedHashes = new Set(hashes.map(hash => hash.toLowerCase()))
  const lower = (list: readonly string[]) => list.map(text => text.toLowerCase())
  const suppressions = config.suppress.map(entry => ({
    detector: entry.detector,
    exact: new Set(lower(entry.exact)),
    starts: lower(entry.startsWith),
    ends: lower(entry.endsWith),
  }))
  const names = [...catalog.map(({ name }) => name), ...config.rules.map(({ name }) => name), 'key']
  return (id, text) => {
    if (allowed.has(text) || suffixes.some(suffix => text.endsWith(suffix))) return 'allowed'
    if (allowedHashes.size > 0 && allowedHashes.has(createHash('sha256').update(text, 'latin1').digest('hex')))
      return 'allowed'
    if (suppressions.length === 0) return undefined
    const folded = text.toLowerCase()
    const isHarmless = suppressions.some(
      ({ detector, exact, starts, ends }) =>
        (detector === '' || detector === names[id]) &&
        (exact.has(folded) || starts.some(start => folded.startsWith(start)) || ends.some(end => folded.endsWith(end))),
    )
    return isHarmless ? 'suppressed' : undefined
  }
}
