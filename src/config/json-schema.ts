import { type ComponentRegistry, componentKinds, type RegisteredComponent, sectionOf } from './agent-config.ts'
import type { ConfigDeclaration, Field } from './declare.ts'
import { serviceConfig } from './sections/service.ts'

export type JsonSchema = { readonly [key: string]: unknown }

/** Values may be placeholders, which become their type only when the file is loaded. */
const placeholder: JsonSchema = { type: 'string', pattern: '\\$\\{.*\\}' }

/** The JSON Schema of a whole configuration file, for editors: keys, types, allowed values, and texts on hover. */
export function configSchema(registry: ComponentRegistry): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  const definitions: Record<string, JsonSchema> = {}
  for (const kind of componentKinds) {
    const components = registry.filter(component => component.kind === kind)
    const patterns: Record<string, JsonSchema> = {}
    for (const component of components) {
      const name = `${kind}.${component.type}`
      definitions[name] = componentSchema(component)
      for (const type of [component.type, ...(component.aliases ?? [])]) {
        patterns[`^${type}(/.+)?$`] = { $ref: `#/definitions/${name}` }
      }
    }
    properties[sectionOf(kind)] = {
      description: `Every ${kind} by its id: type or type/name.`,
      type: ['object', 'null'],
      // Named as well as patterns, since editors offer only named properties.
      properties: Object.fromEntries(components.map(({ type }) => [type, { $ref: `#/definitions/${kind}.${type}` }])),
      patternProperties: patterns,
      additionalProperties: false,
    }
  }
  properties['service'] = {
    ...declarationSchema(serviceConfig as ConfigDeclaration<unknown>),
    description: 'What runs.',
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of Sluice',
    type: 'object',
    properties,
    additionalProperties: false,
    definitions,
  }
}

function componentSchema(component: RegisteredComponent): JsonSchema {
  const schema = declarationSchema(component.config)
  return { ...schema, description: `${component.summary} (${component.stability})` }
}

function declarationSchema(declaration: ConfigDeclaration<unknown>, more: Record<string, JsonSchema> = {}): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  const required: string[] = []
  for (const field of Object.values(declaration.shape)) {
    properties[field.key] = fieldSchema(field)
    for (const old of field.extra.formerly ?? []) {
      properties[old] = { ...fieldSchema(field), deprecated: true, description: `Old spelling of ${field.key}.` }
    }
    if (field.extra.required === true) required.push(field.key)
  }
  const schema = { type: ['object', 'null'], properties: { ...properties, ...more }, additionalProperties: false }
  return required.length === 0 ? schema : { ...schema, required }
}

function fieldSchema(field: Field<unknown>): JsonSchema {
  const { deprecated, noEffect, example } = field.extra
  const remarks = [field.doc, deprecated && `Deprecated: ${deprecated}.`, noEffect && `Without effect: ${noEffect}.`]
  const schema: Record<string, unknown> = { ...kindSchema(field) }
  const description = remarks.filter(remark => remark !== undefined && remark !== '').join(' ')
  if (description !== '') schema['description'] = description
  if (deprecated !== undefined) schema['deprecated'] = true
  if (example !== undefined) schema['examples'] = [example]
  const isSimple = typeof field.defaultValue === 'number' || typeof field.defaultValue === 'boolean'
  if (field.defaultText !== '' && field.kind !== 'optionalSection' && field.kind !== 'opaque') {
    const isPlain = isSimple && field.kind !== 'duration' && field.kind !== 'byteSize'
    if (isPlain || typeof field.defaultValue === 'string') schema['default'] = field.defaultValue
    else if (field.kind === 'duration' || field.kind === 'byteSize') schema['default'] = field.defaultText
  }
  return schema
}

function kindSchema(field: Field<unknown>): JsonSchema {
  const { min, max, values, item, declaration, variants, tag } = field.extra
  const limits = { ...(min === undefined ? {} : { minimum: min }), ...(max === undefined ? {} : { maximum: max }) }
  switch (field.kind) {
    case 'uint':
    case 'int':
      return { anyOf: [{ type: 'integer', ...limits }, placeholder, { type: 'null' }] }
    case 'float':
      return { anyOf: [{ type: 'number', ...limits }, placeholder, { type: 'null' }] }
    case 'bool':
      return { anyOf: [{ type: 'boolean' }, placeholder, { type: 'null' }] }
    case 'duration': {
      const pattern = '^[-+]?(0|([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|ms|s|m|h))+$|\\$\\{.*\\}'
      return { anyOf: [{ type: 'string', pattern }, { type: 'integer' }, { type: 'null' }] }
    }
    case 'byteSize':
      return { type: ['integer', 'string', 'null'] }
    case 'enum': {
      if (field.extra.ignoreCase === true) return { anyOf: [{ enum: values }, { type: 'string' }, { type: 'null' }] }
      return { anyOf: [{ enum: values }, placeholder, { type: 'null' }] }
    }
    case 'string':
    case 'opaque':
    case 'componentRef':
      return { type: ['string', 'null'] }
    case 'list':
      return {
        anyOf: [{ type: 'array', items: item === undefined ? {} : fieldSchema(item) }, { type: ['string', 'null'] }],
      }
    case 'map': {
      const additionalProperties = item === undefined ? {} : fieldSchema(item)
      return { anyOf: [{ type: 'object', additionalProperties }, placeholder, { type: 'null' }] }
    }
    case 'headers':
      return { type: ['object', 'array', 'string', 'null'] }
    case 'section':
      return declaration === undefined ? {} : declarationSchema(declaration)
    case 'optionalSection':
      return declaration === undefined ? {} : declarationSchema(declaration, { enabled: { type: 'boolean' } })
    case 'variant': {
      const name = tag ?? 'type'
      const choices = Object.entries(variants ?? {}).map(([value, variant]) => {
        const schema = declarationSchema(variant, { [name]: { const: value } })
        return { ...schema, type: 'object' }
      })
      return { oneOf: choices }
    }
    default:
      return {}
  }
}
