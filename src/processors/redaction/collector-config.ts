import { bool, defineConfig, list, oneOf, opaque, optional, section, string } from '../../config/declare.ts'

const text = string('', '')

const sanitizerConfig = defineConfig({
  enabled: bool('enabled', false, 'Whether this one is on.'),
  attributes: list(
    'attributes',
    text,
    [],
    'Attributes that it works on, where db.system.name or db.system says that they are its own, or says nothing.',
  ),
})

const urlSanitizerConfig = defineConfig({
  enabled: bool('enabled', false, 'Whether URLs lose what varies in them.'),
  attributes: list('attributes', text, [], 'Attributes that hold URLs.'),
  sanitizeSpanName: bool('sanitize_span_name', true, 'Also the names of client and server spans that hold a path.'),
})

const dbSanitizerConfig = defineConfig({
  sql: section('sql', sanitizerConfig, 'SQL: literals become ?.'),
  redis: section('redis', sanitizerConfig, 'Redis commands: values become ?.'),
  valkey: section('valkey', sanitizerConfig, 'Valkey commands: values become ?.'),
  memcached: section('memcached', sanitizerConfig, 'Memcached commands: the value behind the command goes.'),
  mongo: section('mongo', sanitizerConfig, 'MongoDB documents: values become ?.'),
  opensearch: section('opensearch', sanitizerConfig, 'OpenSearch queries: values become ?.'),
  es: section('es', sanitizerConfig, 'Elasticsearch queries: values become ?.'),
  sanitizeSpanName: bool('sanitize_span_name', true, 'Also span names.'),
})

/** The keys of the Collector's processor, with its names, defaults and effects. */
export const collectorFields = {
  allowAllKeys: bool(
    'allow_all_keys',
    false,
    'Keeps every attribute. Without it and without a profile, only those of allowed_keys stay.',
  ),
  allowedKeys: list('allowed_keys', text, [], 'Attributes that stay.'),
  ignoredKeys: list('ignored_keys', text, [], 'Attributes that nothing here touches.'),
  ignoredKeyPatterns: list('ignored_key_patterns', text, [], 'The same, by pattern.'),
  blockedKeyPatterns: list('blocked_key_patterns', text, [], 'Attributes whose whole value is masked, by pattern.'),
  blockedValues: list(
    'blocked_values',
    text,
    [],
    'Patterns whose matches are masked, one after the other in this order.',
  ),
  allowedValues: list(
    'allowed_values',
    text,
    [],
    'A value that one of these patterns matches is left alone as a whole.',
  ),
  redactAllTypes: bool('redact_all_types', false, 'Looks at numbers, booleans, lists and maps as text, too.'),
  hashFunction: oneOf(
    'hash_function',
    ['', 'md5', 'sha1', 'sha3', 'hmac-sha256', 'hmac-sha512'],
    '',
    'Replaces by a hash in place of ****.',
  ),
  hmacKey: opaque('hmac_key', '', 'Key of hmac-sha256 (at least 32 bytes) and hmac-sha512 (at least 64).'),
  summary: oneOf(
    'summary',
    ['', 'debug', 'info', 'silent'],
    'silent',
    'Attributes that say what was done: debug with names, info with counts, silent with none.',
  ),
  urlSanitizer: optional('url_sanitizer', urlSanitizerConfig, 'Removes ids from URLs.', { nullIsOff: true }),
  dbSanitizer: optional('db_sanitizer', dbSanitizerConfig, 'Removes literals from database queries.', {
    nullIsOff: true,
  }),
} as const
