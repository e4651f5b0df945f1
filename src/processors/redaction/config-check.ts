import type { ProblemSink } from '../../config/declare.ts'
import { nearest } from '../../config/nearest.ts'
import type { RedactionConfig } from './config-shape.ts'
import { allLocales, catalog } from './detectors/catalog.ts'
import { fieldClasses } from './fields.ts'
import { patternProblem, UserPattern } from './patterns.ts'
import { readPublicKey } from './sealed-box.ts'

const addressNames = ['public', 'documentation', 'private', 'link_local', 'loopback', 'special']

/** What one key cannot tell: names that must exist, patterns that must compile, keys that actions need. */
export function checkRedaction(config: RedactionConfig, problems: ProblemSink): void {
  const names = catalog.map(({ name }) => name)
  checkNames(Object.keys(config.detectors), names, ['detectors'], 'detector', problems)
  checkNames(Object.keys(config.fields), fieldClasses, ['fields'], 'class of fields', problems)
  checkNames(config.locales, allLocales, ['locales'], 'locale', problems)
  checkNames(config.addresses, addressNames, ['addresses'], 'class of addresses', problems)
  checkPatterns(config, problems)
  checkRules(config, problems)
  checkExceptions(config, problems)
  checkKeys(config, problems)
  if ([...config.maskCharacter].length !== 1 || /["\\]/.test(config.maskCharacter) || config.maskCharacter > '~') {
    problems.error(
      ['mask_character'],
      'must be one ASCII character other than a quote or a backslash',
      'mask_character: "*"',
    )
  }
  const labels: [readonly (string | number)[], string][] = [
    ...config.rules.map(({ label }, i): [(string | number)[], string] => [['rules', i, 'label'], label]),
    ...config.rules.map(({ name }, i): [(string | number)[], string] => [['rules', i, 'name'], name]),
    [['hash', 'key_id'], config.hash.keyId],
    ...Object.entries(config.detectors).map(([name, { label }]): [string[], string] => [
      ['detectors', name, 'label'],
      label,
    ]),
  ]
  for (const [path, label] of labels) {
    if (/["\\\p{Cc}]/u.test(label))
      problems.error(path, 'would break JSON around it', 'leave out quotes, backslashes and control characters')
  }
}

function checkNames(
  given: readonly string[],
  known: readonly string[],
  path: string[],
  what: string,
  problems: ProblemSink,
): void {
  for (const [i, name] of given.entries()) {
    if (known.includes(name)) continue
    const near = nearest(name, known)
    problems.error(
      [...path, Array.isArray(given) && path[0] !== 'detectors' && path[0] !== 'fields' ? i : name],
      `${name} is no ${what}`,
      near === undefined ? undefined : `did you mean ${near}?`,
    )
  }
}

/** A rule's name stands in labels and counts, so that it has to be its own; its group has to be in its pattern. */
function checkRules({ rules }: RedactionConfig, problems: ProblemSink): void {
  const taken = new Set([...catalog.map(({ name }) => name), 'key'])
  for (const [i, { name, pattern, group }] of rules.entries()) {
    if (name === '' || taken.has(name))
      problems.error(['rules', i, 'name'], name === '' ? 'must not be empty' : `is taken: ${name}`)
    taken.add(name)
    if (patternProblem(pattern) !== undefined) continue
    const { groupCount } = new UserPattern(pattern)
    if (group > groupCount)
      problems.error(['rules', i, 'group'], `must be at most ${groupCount}: the pattern has no more groups`)
  }
}

function checkExceptions({ suppress, allow, rules }: RedactionConfig, problems: ProblemSink): void {
  const names = [...catalog, ...rules].map(({ name }) => name)
  for (const [i, { detector }] of suppress.entries()) {
    if (detector === '' || names.includes(detector)) continue
    const near = nearest(detector, names)
    problems.error(
      ['suppress', i, 'detector'],
      `${detector} is no detector`,
      near === undefined ? undefined : `did you mean ${near}?`,
    )
  }
  for (const [i, hash] of allow.hashes.entries())
    if (!/^[0-9a-f]{64}$/i.test(hash)) problems.error(['allow', 'hashes', i], 'must be SHA-256 in 64 hex digits')
}

function checkPatterns(config: RedactionConfig, problems: ProblemSink): void {
  const lists = [
    ['blocked_values', config.blockedValues],
    ['allowed_values', config.allowedValues],
    ['blocked_key_patterns', config.blockedKeyPatterns],
    ['ignored_key_patterns', config.ignoredKeyPatterns],
  ] as const
  for (const [key, patterns] of lists) {
    for (const [i, pattern] of patterns.entries()) {
      const problem = patternProblem(pattern)
      if (problem !== undefined)
        problems.error([key, i], `is no RE2 pattern: ${problem}`, 'lookaround and backreferences are not part of RE2')
    }
  }
  for (const [i, { pattern }] of config.rules.entries()) {
    const problem = patternProblem(pattern)
    if (problem !== undefined)
      problems.error(
        ['rules', i, 'pattern'],
        `is no RE2 pattern: ${problem}`,
        'lookaround and backreferences are not part of RE2',
      )
  }
}

function checkKeys(config: RedactionConfig, problems: ProblemSink): void {
  const actions = [
    config.action,
    ...Object.values(config.detectors).map(({ action }) => action),
    ...config.rules.map(({ action }) => action),
  ]
  const keyBytes = Buffer.byteLength(config.hash.key.reveal())
  if (actions.some(action => action === 'hash' || action === 'tokenize') && keyBytes < 16) {
    problems.error(['hash', 'key'], 'hash and tokenize need a key of at least 16 bytes', 'key: ${env:REDACTION_KEY}')
  } else if (keyBytes > 0 && keyBytes < 16) problems.error(['hash', 'key'], 'must have at least 16 bytes')
  if (actions.includes('encrypt') && config.encrypt === undefined)
    problems.error(['encrypt'], 'the action encrypt needs a public_key')
  if (config.encrypt !== undefined) {
    if (config.encrypt.attribute === '') problems.error(['encrypt', 'attribute'], 'must not be empty')
    try {
      readPublicKey(config.encrypt.publicKey)
    } catch {
      problems.error(['encrypt', 'public_key'], 'is no X25519 public key', '32 bytes in base64 or hex')
    }
  }
  const least = { 'hmac-sha256': 32, 'hmac-sha512': 64 }[config.hashFunction as string]
  const hmacBytes = Buffer.byteLength(config.hmacKey.reveal())
  if (least !== undefined && hmacBytes < least)
    problems.error(['hmac_key'], `${config.hashFunction} needs a key of at least ${least} bytes`)
}
