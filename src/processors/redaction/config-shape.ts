import {
  bool,
  byteSize,
  defineConfig,
  list,
  map,
  oneOf,
  opaque,
  optional,
  type ShapeValue,
  section,
  string,
  uint,
} from '../../config/declare.ts'
import { actionNames } from './actions.ts'
import { collectorFields } from './collector-config.ts'
import { defaultLocales } from './detectors/catalog.ts'
import { fieldClasses } from './fields.ts'

const text = string('', '')

const actionFields = {
  action: oneOf('action', ['', ...actionNames], '', 'What becomes of a finding; empty for the action at the top.'),
  label: string('label', '', 'What stands in place of a finding; empty for its detector in brackets, such as [email].'),
  keepFirst: uint('keep_first', 0, 'For mask: letters and digits that stay at the front, at most a third.'),
  keepLast: uint(
    'keep_last',
    0,
    'For mask: letters and digits that stay at the end, at most a third; for e-mail, the domain.',
  ),
}

const detectorConfig = defineConfig({
  enabled: bool('enabled', true, 'Whether the detector is on, whatever the profile says.'),
  ...actionFields,
})

const ruleConfig = defineConfig({
  name: string('name', '', 'Name of the rule, in labels and counts.', { required: true }),
  pattern: string('pattern', '', 'RE2 syntax; runs in linear time.', { required: true }),
  group: uint('group', 0, 'Group of the pattern that is replaced; 0 for the whole match.'),
  keywords: list('keywords', text, [], 'One of these must stand within 30 bytes before the match, or in the key.'),
  excludeKeywords: list('exclude_keywords', text, [], 'None of these may.'),
  validator: oneOf('validator', ['none', 'luhn', 'mod97', 'random'], 'none', 'Further check of the match.'),
  ...actionFields,
})

const suppressConfig = defineConfig({
  detector: string('detector', '', 'Only for this detector; empty for all.'),
  exact: list('exact', text, [], 'Found texts that are left alone, in any case.'),
  startsWith: list('starts_with', text, [], 'Found texts that begin so are left alone, in any case.'),
  endsWith: list('ends_with', text, [], 'Found texts that end so are left alone, in any case.'),
})

const keysConfig = defineConfig({
  exempt: list('exempt', text, [], 'Attributes that are not looked at; * stands for any characters.'),
  force: list('force', text, [], 'Attributes whose whole value is replaced.'),
  drop: list('drop', text, [], 'Attributes that are removed.'),
})

const allowConfig = defineConfig({
  values: list('values', text, [], 'Found texts that are left alone; only they, not what stands beside them.'),
  suffixes: list('suffixes', text, [], 'Endings of found texts that are left alone, such as @example.com.'),
  hashes: list('hashes', text, [], 'SHA-256 in hex of found texts that are left alone.'),
})

const hashConfig = defineConfig({
  key: opaque('key', '', 'Key of hash and tokenize, at least 16 bytes.'),
  keyId: string('key_id', 'h1', 'Stands before each hash, so that keys can be changed.'),
  length: uint('length', 16, 'Hex digits of a hash.', { min: 8, max: 64 }),
})

const encryptConfig = defineConfig({
  publicKey: string(
    'public_key',
    '',
    'X25519 public key, 32 bytes in base64 or hex. Nothing here can open what it sealed.',
    { required: true },
  ),
  attribute: string('attribute', 'redaction.sealed', 'Attribute of the record that the sealed originals go to.'),
})

export const redactionShape = {
  profile: oneOf(
    'profile',
    ['', 'none', 'minimal', 'standard', 'strict'],
    '',
    'Which detectors are on. Empty: standard where any key of this first group is used, else none, as in a Collector file.',
  ),
  locales: list('locales', text, defaultLocales, 'Countries whose national ids are looked for.'),
  detectors: map(
    'detectors',
    section('', detectorConfig),
    {},
    'Single detectors by name: on, off, or with an action of their own.',
    {
      example: 'card: {action: mask, keep_last: 4}',
    },
  ),
  action: oneOf('action', actionNames, 'label', 'What becomes of findings.'),
  maskCharacter: string('mask_character', '*', 'One character for mask.'),
  rules: list('rules', section('', ruleConfig), [], 'Patterns of your own.'),
  keys: section('keys', keysConfig, 'Attributes by name.'),
  allow: section('allow', allowConfig, 'What is never replaced, for the found text only.'),
  suppress: list('suppress', section('', suppressConfig), [], 'Findings that are known to be harmless.'),
  fields: map('fields', bool('', true), {}, `Classes of fields to leave out: ${fieldClasses.join(', ')}.`),
  addresses: list(
    'addresses',
    text,
    [],
    "Classes of IP addresses that are personal: public, documentation, private, link_local, loopback, special; empty for the profile's.",
  ),
  hash: section('hash', hashConfig, 'The key of hash and tokenize.'),
  encrypt: optional('encrypt', encryptConfig, 'The public key of encrypt.'),
  onError: oneOf(
    'on_error',
    ['redact', 'drop', 'pass'],
    'redact',
    'What becomes of a value whose inspection fails: replaced whole, its record dropped, or let through.',
  ),
  maxValueBytes: byteSize('max_value_bytes', '1MiB', 'Longer values are replaced whole; 0 for no limit.'),
  dryRun: bool('dry_run', false, 'Counts everything and changes nothing.'),
  selfTest: bool('self_test', true, 'Tries every enabled detector at start and refuses to start where one fails.'),
  ...collectorFields,
}
export type RedactionConfig = ShapeValue<typeof redactionShape>
