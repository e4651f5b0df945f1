import type { ConfigDeclaration, Field } from './declare.ts'
import { addProblem, formatPath, type Problem, type RelatedPlace } from './problem.ts'
import type { ProblemCode } from './problem-codes.ts'
import type { ConfigNode, ConfigPath, Place } from './tree.ts'

export interface Reference {
  readonly id: string
  readonly refers: 'extension' | 'pipeline'
  readonly path: ConfigPath
  readonly place: Place
}

export interface ListenAddress {
  readonly address: string
  readonly transport: 'tcp' | 'udp'
  readonly path: ConfigPath
  readonly place: Place | undefined
}

/** What decoding one section gathers beside the value. */
export class Decoding {
  readonly problems: Problem[]
  readonly references: Reference[] = []
  readonly listens: ListenAddress[] = []
  /** Sections hold values and values hold sections. */
  readonly decodeSection: DecodeSection

  constructor(problems: Problem[], decodeSection: DecodeSection) {
    this.problems = problems
    this.decodeSection = decodeSection
  }

  report(
    code: ProblemCode,
    severity: 'error' | 'warning',
    path: ConfigPath,
    place: Place | undefined,
    message: string,
    remedy?: string,
    related: readonly RelatedPlace[] = [],
  ): void {
    addProblem(this.problems, code, severity, path, place, message, remedy, related)
  }
}

/** A value, where it stands, and the key that names it; the key is where to point for what is absent. */
export interface Position {
  readonly node: ConfigNode | undefined
  readonly path: ConfigPath
  readonly keyPlace: Place | undefined
}

/** How a message names the value. Items of a list have no key of their own: `names[1]`. */
export function labelOf(field: Field<unknown>, { path }: Position): string {
  return field.key === '' ? formatPath(path.slice(path.findLastIndex(step => typeof step === 'string'))) : field.key
}

/** The typed value of one section; `foreignKeys` belong to the section around the shape. */
export type DecodeSection = <Config>(
  declaration: ConfigDeclaration<Config>,
  at: Position,
  decoding: Decoding,
  foreignKeys?: readonly string[],
) => Config
