import { formatByteSize, parseByteSize } from './byte-size.ts'
import { formatDurationMs, parseDurationMs } from './duration.ts'
import type { Opaque } from './opaque.ts'
import { Opaque as OpaqueText } from './opaque.ts'

/**
 * One declaration per component gives key, type, default, unit, limits, documentation and deprecation. The typed
 * configuration, validation, `sluice explain`, the JSON Schema and the README tables come from it.
 */
export interface ConfigDeclaration<Config> {
  readonly shape: Shape
  /** Checks across keys; reports through `problems` with the path of the key to blame. Values are complete and typed. */
  check(config: Config, problems: ProblemSink): void
}

/** Where a cross-key check puts what it found; `path` is in the user's own keys, relative to the declaration. */
export interface ProblemSink {
  error(path: readonly (string | number)[], message: string, remedy?: string): void
  warn(path: readonly (string | number)[], message: string, remedy?: string): void
  /** Whether the user wrote that key, as opposed to its default. */
  has(path: readonly (string | number)[]): boolean
}

/** One key of a section. `T` is the type of the value that the component sees. */
export interface Field<T> {
  readonly key: string
  readonly kind: FieldKind
  readonly defaultValue: T | undefined
  /** As the README prints it, in the user's own notation: `200ms`, `16MiB`; empty where there is none. */
  readonly defaultText: string
  readonly doc: string
  readonly extra: FieldExtra
}

export type FieldKind =
  | 'uint'
  | 'int'
  | 'float'
  | 'bool'
  | 'string'
  | 'opaque'
  | 'duration'
  | 'byteSize'
  | 'enum'
  | 'list'
  | 'map'
  | 'headers'
  | 'section'
  | 'optionalSection'
  | 'variant'
  | 'any'
  | 'attributeValue'
  | 'componentRef'

/** What an author may add to a key. */
export interface FieldNotes {
  readonly min?: number
  readonly max?: number
  /** The key must be written; text must not be empty. */
  readonly required?: boolean
  /** What to use instead: the key still works and warns. */
  readonly deprecated?: string
  /** Why the key changes nothing here: it is read, validated and warned about. */
  readonly noEffect?: string
  /** How the meaning differs from the Collector, or since which of its versions it changed; for `sluice lint`. */
  readonly changed?: string
  /** Older spellings of the key. */
  readonly formerly?: readonly string[]
  /** The key holds an address that this agent listens on; two of them must not be equal. */
  readonly listens?: 'tcp' | 'udp'
  /** The key names a file that is read at the start; `validate --env` tries to. */
  readonly readsFile?: boolean
  /** Enums only: spelling in any case is taken. */
  readonly ignoreCase?: boolean
  /** Optional sections only: the section is on where the file does not name it. */
  readonly enabledByDefault?: boolean
  /** Optional sections only: a bare `key:` leaves it off, since it has no defaults to turn on. */
  readonly nullIsOff?: boolean
  /** Component references only. */
  readonly refers?: 'extension' | 'pipeline'
  readonly example?: string
  /** What is wrong with this one value, or undefined. */
  validate?(value: never): string | undefined
}

export interface FieldExtra extends FieldNotes {
  readonly values?: readonly string[]
  readonly item?: Field<unknown>
  readonly declaration?: ConfigDeclaration<unknown>
  readonly tag?: string
  readonly variants?: Readonly<Record<string, ConfigDeclaration<unknown>>>
}

export type Shape = Readonly<Record<string, Field<unknown>>>

/** The typed value of a shape: exactly its properties, complete. */
export type ShapeValue<S extends Shape> = { readonly [K in keyof S]: S[K] extends Field<infer T> ? T : never }

/** The typed configuration of a declaration. */
export type ConfigOf<D> = D extends ConfigDeclaration<infer Config> ? Config : never

/** An attribute's value as YAML wrote it: whole numbers are bigints, numbers with a point or exponent are doubles. */
export type AttributeValue =
  | string
  | boolean
  | bigint
  | number
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue }

type OrAbsent<D, T> = [D] extends [undefined] ? T | undefined : T

export function defineConfig<const S extends Shape>(
  shape: S,
  check: (config: ShapeValue<S>, problems: ProblemSink) => void = () => {},
): ConfigDeclaration<ShapeValue<S>> {
  return { shape, check }
}

function field<T>(
  kind: FieldKind,
  key: string,
  value: unknown,
  text: string,
  doc: string,
  extra: FieldExtra,
): Field<T> {
  // What must be written has no default that anyone would meet.
  const defaultText = extra.required === true ? '' : text
  return { key, kind, defaultValue: value as T | undefined, defaultText, doc, extra }
}

const plainText = (value: unknown) => (value === undefined ? '' : String(value))

/** A whole number from 0 up. */
export function uint<D extends number | undefined = number>(key: string, value: D, doc = '', extra: FieldNotes = {}) {
  return field<OrAbsent<D, number>>('uint', key, value, plainText(value), doc, { min: 0, ...extra })
}

export function int<D extends number | undefined = number>(key: string, value: D, doc = '', extra: FieldNotes = {}) {
  return field<OrAbsent<D, number>>('int', key, value, plainText(value), doc, extra)
}

export function float<D extends number | undefined = number>(key: string, value: D, doc = '', extra: FieldNotes = {}) {
  return field<OrAbsent<D, number>>('float', key, value, plainText(value), doc, extra)
}

export function bool<D extends boolean | undefined = boolean>(key: string, value: D, doc = '', extra: FieldNotes = {}) {
  return field<OrAbsent<D, boolean>>('bool', key, value, plainText(value), doc, extra)
}

export function string<D extends string | undefined = string>(key: string, value: D, doc = '', extra: FieldNotes = {}) {
  return field<OrAbsent<D, string>>('string', key, value, value === '' ? '""' : plainText(value), doc, extra)
}

/** A secret: `Opaque`, which prints as [REDACTED]. Without a default it is undefined where absent. */
export function opaque<D extends string | undefined>(key: string, value: D, doc = '', extra: FieldNotes = {}) {
  const secret = value === undefined ? undefined : new OpaqueText(value)
  return field<OrAbsent<D, Opaque>>('opaque', key, secret, value === undefined ? '' : '""', doc, extra)
}

/** A Go duration, given to the component in milliseconds. Not negative unless `min` says so. */
export function duration<D extends string | undefined>(key: string, value: D, doc = '', extra: FieldNotes = {}) {
  const durationMs = value === undefined ? undefined : parseDurationMs(value)
  if (value !== undefined && durationMs === undefined) throw new Error(`not a duration: ${value}`)
  const text = durationMs === undefined ? '' : formatDurationMs(durationMs)
  return field<OrAbsent<D, number>>('duration', key, durationMs, text, doc, { min: 0, ...extra })
}

/** Bytes: a plain number or `16MiB`, `1kb`. */
export function byteSize<D extends string | number | undefined>(
  key: string,
  value: D,
  doc = '',
  extra: FieldNotes = {},
) {
  const bytes = typeof value === 'string' ? parseByteSize(value) : (value as number | undefined)
  if (value !== undefined && bytes === undefined) throw new Error(`not a size: ${value}`)
  const text = bytes === undefined ? '' : formatByteSize(bytes)
  return field<OrAbsent<D, number>>('byteSize', key, bytes, text, doc, { min: 0, ...extra })
}

export function oneOf<const V extends readonly string[], D extends V[number] | undefined>(
  key: string,
  values: V,
  value: D,
  doc = '',
  extra: FieldNotes = {},
) {
  const text = value === '' ? '""' : plainText(value)
  return field<OrAbsent<D, V[number]>>('enum', key, value, text, doc, { values, ...extra })
}

/** A list. Lists of text also take one text split at commas, as in the Collector. */
export function list<T>(key: string, item: Field<T>, value: readonly T[] = [], doc = '', extra: FieldNotes = {}) {
  const text = `[${value.map(String).join(', ')}]`
  return field<readonly T[]>('list', key, value, text, doc, { item, ...extra })
}

/** A map with free keys. What the user writes is merged key by key with the default. */
export function map<T>(
  key: string,
  item: Field<T>,
  value: Readonly<Record<string, T>> = {},
  doc = '',
  extra: FieldNotes = {},
) {
  const text = Object.keys(value).length === 0 ? '{}' : JSON.stringify(value)
  return field<Readonly<Record<string, T>>>('map', key, value, text, doc, { item, ...extra })
}

/** Headers with secret values: a map, or a list of `{name, value}` in which no name comes twice. */
export function headers(key = 'headers', doc = 'Headers sent with every request.', extra: FieldNotes = {}) {
  return field<Readonly<Record<string, Opaque>>>('headers', key, {}, '{}', doc, extra)
}

/** A nested section that is always there, with its defaults where the file does not name it. */
export function section<Config>(key: string, declaration: ConfigDeclaration<Config>, doc = '', extra: FieldNotes = {}) {
  return field<Config>('section', key, undefined, '', doc, {
    declaration: declaration as ConfigDeclaration<unknown>,
    ...extra,
  })
}

/** A nested section that is undefined until the file names it; null or `{}` turns it on, `enabled: false` off. */
export function optional<Config>(
  key: string,
  declaration: ConfigDeclaration<Config>,
  doc = '',
  extra: FieldNotes = {},
) {
  return field<Config | undefined>('optionalSection', key, undefined, extra.enabledByDefault ? 'on' : 'off', doc, {
    declaration: declaration as ConfigDeclaration<unknown>,
    ...extra,
  })
}

type VariantValue<Tag extends string, V> = {
  [Name in keyof V]: { readonly [K in Tag]: Name } & ConfigOf<V[Name]>
}[keyof V]

/** A section whose other keys depend on what the key `tag` says; mostly the item of a list: actions, operators. */
export function variant<const Tag extends string, const V extends Readonly<Record<string, ConfigDeclaration<never>>>>(
  key: string,
  tag: Tag,
  variants: V,
  doc = '',
  extra: FieldNotes = {},
) {
  return field<VariantValue<Tag, V>>('variant', key, undefined, '', doc, {
    tag,
    variants: variants as unknown as Readonly<Record<string, ConfigDeclaration<unknown>>>,
    ...extra,
  })
}

/** Whatever YAML holds there, as plain JavaScript values; whole numbers are numbers while that is exact, else bigints. */
export function any(key: string, value: unknown = undefined, doc = '', extra: FieldNotes = {}) {
  return field<unknown>('any', key, value, value === undefined ? '' : JSON.stringify(value), doc, extra)
}

/** An attribute's value, see `AttributeValue`; undefined where absent or null. */
export function attributeValue(key: string, doc = '', extra: FieldNotes = {}) {
  return field<AttributeValue | undefined>('attributeValue', key, undefined, '', doc, extra)
}

/** The id of another component, an extension unless `refers` says otherwise; the loader checks that it exists. */
export function componentRef<D extends string | undefined = undefined>(
  key: string,
  value?: D,
  doc = '',
  extra: FieldNotes = {},
) {
  return field<OrAbsent<D, string>>('componentRef', key, value, plainText(value), doc, {
    refers: 'extension',
    ...extra,
  })
}

/** An address to listen on, `host:port`; checked, and compared with all others for clashes. */
export function listenAddress<D extends string | undefined>(
  key: string,
  value: D,
  doc = 'Address to listen on, host:port; an empty host means every interface.',
  extra: FieldNotes = {},
) {
  return field<OrAbsent<D, string>>('string', key, value, plainText(value), doc, { listens: 'tcp', ...extra })
}
