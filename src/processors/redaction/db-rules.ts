import type { RedactionConfig } from './config-shape.ts'
import { sanitizeIfJson, sanitizeJson, sanitizeSql } from './db-sanitizer.ts'
import { sanitizeMemcached, sanitizeRedis } from './redis-sanitizer.ts'

type Sanitizer = (text: string) => string
type SectionName = Exclude<keyof NonNullable<RedactionConfig['dbSanitizer']>, 'sanitizeSpanName'>

interface Kind {
  readonly name: SectionName
  readonly sanitize: Sanitizer
  /** The same for text that may be no query at all. */
  readonly sanitizeAny: Sanitizer
  /** Values of `db.system.name` and `db.system`. */
  readonly systems: readonly string[]
}

const kind = (name: SectionName, systems: string, sanitize: Sanitizer, sanitizeAny = sanitize): Kind => ({
  name,
  sanitize,
  sanitizeAny,
  systems: systems.split(' '),
})

const kinds: readonly Kind[] = [
  kind('sql', 'other_sql mysql postgresql mariadb sqlite', sanitizeSql),
  kind('redis', 'redis', sanitizeRedis),
  kind('valkey', 'valkey', sanitizeRedis),
  kind('memcached', 'memcached', sanitizeMemcached),
  kind('mongo', 'mongodb', sanitizeJson, sanitizeIfJson),
  kind('opensearch', 'opensearch', sanitizeJson, sanitizeIfJson),
  kind('es', 'elasticsearch', sanitizeJson, sanitizeIfJson),
]
const bySystem = new Map(kinds.flatMap(each => each.systems.map(system => [system, each] as const)))

/**
 * Which sanitizer works on what: the record's database system chooses one, as in the Collector. Where there is none, or one
 * that no section stands for, an attribute goes through all that name it; the Collector leaves it as it is unless in logs.
 */
export class DbRules {
  /** Whether records have to be asked for their system. */
  readonly isActive: boolean
  readonly sanitizesNames: boolean
  readonly #enabled: readonly Kind[]
  readonly #attributes = new Map<string, Kind[]>()

  constructor({ dbSanitizer }: RedactionConfig) {
    this.#enabled = dbSanitizer === undefined ? [] : kinds.filter(({ name }) => dbSanitizer[name].enabled)
    for (const each of this.#enabled)
      for (const attribute of dbSanitizer![each.name].attributes)
        this.#attributes.set(attribute, [...(this.#attributes.get(attribute) ?? []), each])
    this.isActive = this.#enabled.length > 0
    this.sanitizesNames = this.isActive && dbSanitizer!.sanitizeSpanName
  }

  names(attribute: string): boolean {
    return this.#attributes.has(attribute)
  }

  attribute(name: string, text: string, system: string): string {
    const wanted = this.#attributes.get(name)
    if (wanted === undefined || text === '') return text
    const chosen = bySystem.get(system)
    if (chosen !== undefined) return wanted.includes(chosen) ? chosen.sanitize(text) : text
    return wanted.reduce((made, { sanitize }) => sanitize(made), text)
  }

  spanName(name: string, system: string): string {
    const chosen = bySystem.get(system)
    return chosen !== undefined && this.#enabled.includes(chosen) ? chosen.sanitizeAny(name) : name
  }

  /** Text of a log's body: every sanitizer that is on, one after the other. */
  body(text: string): string {
    return text === '' ? text : this.#enabled.reduce((made, { sanitizeAny }) => sanitizeAny(made), text)
  }
}
