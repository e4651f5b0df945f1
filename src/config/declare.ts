/**
 * One declaration per component gives key, type, default, unit, limits, documentation and deprecation. The typed
 * configuration, validation, `sluice explain`, the JSON Schema and the README tables come from it.
 */
export interface ConfigDeclaration<Config> {
  readonly shape: Shape
  /** Checks across keys; reports through `problems` with the path of the key to blame. Values are complete and typed. */
  readonly check: ((config: Config, problems: ProblemSink) => void) | undefined
}

/** Where a cross-key check puts what it found; `path` is in the user's own keys, relative to the declaration. */
export interface ProblemSink {
  error(path: readonly (string | number)[], message: string, remedy?: string): void
  warn(path: readonly (string | number)[], message: string, remedy?: string): void
}

/** One key of a section. `T` is the type of the value that the component sees. */
export interface Field<T> {
  readonly key: string
  readonly kind: FieldKind
  readonly defaultValue: T | undefined
  /** As the README prints it, in the user's own notation: `200ms`, `16MiB`. */
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
  | 'section'
  | 'optionalSection'
  | 'any'
  | 'componentRef'

export interface FieldExtra {
  readonly min?: number
  readonly max?: number
  readonly values?: readonly string[]
  readonly ignoreCase?: boolean
  readonly item?: Field<unknown>
  readonly declaration?: ConfigDeclaration<unknown>
  readonly required?: boolean
  readonly deprecated?: string
  readonly enabledByDefault?: boolean
}

export type Shape = Readonly<Record<string, Field<unknown>>>
