import type { Problem } from './problem.ts'
import { formatProblemsText } from './problem-format.ts'

/** Thrown where a configuration cannot be used; carries every problem found, not the first. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(formatProblemsText(problems))
    this.problems = problems
  }
}
