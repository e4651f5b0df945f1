import type { ContextName, Expression, Getter, OttlContext } from './context.ts'
import type { ArgumentsOf, Parameter } from './parameters.ts'
import type { OttlValue } from './value.ts'

/** A converter: what a condition or a statement may call for a value. */
export interface OttlFunction {
  readonly parameters: readonly Parameter<unknown>[]
  /** Contexts that it may be used in; all where absent. */
  readonly only?: readonly ContextName[]
  /** Arguments are in the order of the parameters; optional ones that the call leaves out are undefined. */
  readonly make: (args: readonly (Expression | undefined)[], own: ContextName) => Getter
}

export type OttlFunctions = Readonly<Record<string, OttlFunction>>

/** A function of its arguments' values. `run` may throw `EvaluationError`. */
export function converter<const P extends readonly Parameter<unknown>[]>(
  parameters: P,
  run: (...values: ArgumentsOf<P>) => OttlValue,
): OttlFunction {
  return { parameters, make: args => bind(parameters, args, run as (...values: unknown[]) => OttlValue) }
}

/** The call of a function whose arguments are read when it is evaluated. */
export function bind<T>(
  parameters: readonly Parameter<unknown>[],
  args: readonly (Expression | undefined)[],
  run: (...values: unknown[]) => T,
): (context: OttlContext) => T {
  const readers = parameters.map((parameter, i) => reader(parameter, args[i]))
  const [a, b, c] = readers
  if (readers.length === 0) return () => run()
  if (readers.length === 1) return context => run(a!(context))
  if (readers.length === 2) return context => run(a!(context), b!(context))
  if (readers.length === 3) return context => run(a!(context), b!(context), c!(context))
  return context => run(...readers.map(read => read(context)))
}

function reader(parameter: Parameter<unknown>, argument: Expression | undefined): (context: OttlContext) => unknown {
  if (argument === undefined) return () => undefined
  if (argument.isConstant === true) {
    const value = parameter.read(argument.constant)
    return () => value
  }
  const { get } = argument
  return context => parameter.read(get(context))
}
