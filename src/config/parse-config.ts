import { ConfigError } from './config-error.ts'
import type { ConfigDeclaration } from './declare.ts'
import { decodeSection, newDecoding } from './decode.ts'
import { hasErrors, type Problem, sortProblems } from './problem.ts'
import { parseYamlTree } from './yaml-tree.ts'

/**
 * The typed value of one declaration from its YAML, as a component would get it. Throws a `ConfigError` with every
 * problem; what only warns is put into `warnings`, where given. Placeholders are left as they are.
 */
export function parseConfig<Config>(
  declaration: ConfigDeclaration<Config>,
  yamlText: string,
  warnings: Problem[] = [],
): Config {
  const problems: Problem[] = []
  const source = { name: 'config', text: yamlText }
  const node = parseYamlTree(source, problems)
  const keyPlace = { source, start: 0, end: 0 }
  const config = decodeSection(declaration, { node, path: [], keyPlace }, newDecoding(problems))
  if (hasErrors(problems)) throw new ConfigError(sortProblems(problems))
  warnings.push(...problems)
  return config
}
