import type { ConfigDeclaration, Field } from './declare.ts'
import type { ConfigPath } from './tree.ts'

/** One typed value of a configuration with the field that declared it. */
export type VisitValue = (field: Field<unknown>, value: unknown, path: ConfigPath) => void

/** Visits every value of a typed section, nested ones after their section; what is off or absent is not visited. */
export function walkConfig(
  declaration: ConfigDeclaration<unknown>,
  config: unknown,
  path: ConfigPath,
  visit: VisitValue,
): void {
  for (const [property, field] of Object.entries(declaration.shape)) {
    const value = (config as Record<string, unknown>)[property]
    if (value !== undefined) walkField(field, value, [...path, field.key], visit)
  }
}

function walkField(field: Field<unknown>, value: unknown, path: ConfigPath, visit: VisitValue): void {
  visit(field, value, path)
  const { declaration, item, variants, tag } = field.extra
  if (declaration !== undefined) walkConfig(declaration, value, path, visit)
  else if (variants !== undefined) {
    const variant = variants[String((value as Record<string, unknown>)[tag ?? 'type'])]
    if (variant !== undefined) walkConfig(variant, value, path, visit)
  } else if (item !== undefined && Array.isArray(value)) {
    for (const [index, child] of value.entries())
      if (child !== undefined) walkField(item, child, [...path, index], visit)
  } else if (item !== undefined && field.kind === 'map') {
    for (const [key, child] of Object.entries(value as object)) walkField(item, child, [...path, key], visit)
  }
}
