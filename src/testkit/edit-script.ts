import { AttributeKey } from '../pdata/attribute-key.ts'
import type { AttributeList } from '../pdata/attribute-list.ts'
import type { DataPointView, MetricView } from '../pdata/metric-views.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import { encodeInt, encodeString } from '../pdata/value.ts'
import type { LogRecordView, ResourceView, ScopeView, SpanView } from '../pdata/views.ts'
import { drop, keep, type Verdict, type WalkHooks } from '../pdata/walk-hooks.ts'
import type { Plain } from './otlp-oracle.ts'
import { SeededRandom } from './seeded-random.ts'

const keyTexts = ['http.method', 'user.email', 'a', '', 'new.key', 'ключ', 'host.name']
const keys = keyTexts.map(text => new AttributeKey(text))
const valueTexts = ['', 'short', 'x'.repeat(200)]

/** One random edit of attributes, done by a view and by its plain counterpart alike. */
interface AttributeEdit {
  readonly action: 'insert' | 'set' | 'update' | 'remove' | 'rename' | 'copy' | 'none'
  readonly key: number
  readonly other: number
  readonly text: string
}

function pickEdits(random: SeededRandom): AttributeEdit[] {
  const edits: AttributeEdit[] = []
  for (let i = random.below(4); i > 0; i--) {
    edits.push({
      action: random.pick(['insert', 'set', 'update', 'remove', 'rename', 'copy', 'none']),
      key: random.below(keys.length),
      other: random.below(keys.length),
      text: random.pick(valueTexts),
    })
  }
  return edits
}

function editView(attributes: AttributeList, edits: readonly AttributeEdit[]): void {
  for (const edit of edits) {
    const key = keys[edit.key]!
    const index = attributes.find(key)
    if (edit.action === 'insert') attributes.insert(key, encodeString(edit.text))
    else if (edit.action === 'set') attributes.set(key, encodeInt(BigInt(edit.text.length)))
    else if (edit.action === 'update') attributes.update(key, encodeString(edit.text))
    else if (edit.action === 'remove') attributes.remove(key)
    else if (edit.action === 'rename' && index >= 0) attributes.rename(index, keys[edit.other]!)
    else if (edit.action === 'copy' && index >= 0) {
      attributes.setRange(keys[edit.other]!, attributes.valueStart(index), attributes.valueEnd(index))
    }
  }
}

function editPlain(owner: Plain, field: string, edits: readonly AttributeEdit[]): void {
  const list = (owner[field] ?? []) as Plain[]
  const keyOf = (attribute: Plain) => (attribute['key'] ?? '') as string
  for (const edit of edits) {
    const key = keyTexts[edit.key]!
    const found = list.find(attribute => keyOf(attribute) === key)
    const value = edit.action === 'set' ? { intValue: String(edit.text.length) } : { stringValue: edit.text }
    if (edit.action === 'insert' && found === undefined) list.push(withKey({ value }, key))
    else if (edit.action === 'set' && found === undefined) list.push(withKey({ value }, key))
    else if (edit.action === 'set' || edit.action === 'update') {
      if (found !== undefined) found['value'] = value
    } else if (edit.action === 'remove') {
      for (let i = list.length - 1; i >= 0; i--) if (keyOf(list[i]!) === key) list.splice(i, 1)
    } else if (edit.action === 'rename' && found !== undefined) {
      found['value'] ??= {}
      withKey(found, keyTexts[edit.other]!)
    } else if (edit.action === 'copy' && found !== undefined) {
      const copied = structuredClone(found['value'] ?? {})
      const target = list.find(attribute => keyOf(attribute) === keyTexts[edit.other])
      if (target === undefined) list.push(withKey({ value: copied }, keyTexts[edit.other]!))
      else target['value'] = copied
    }
  }
  if (list.length > 0) owner[field] = list
  else delete owner[field]
}

function withKey(attribute: Plain, key: string): Plain {
  if (key === '') delete attribute['key']
  else attribute['key'] = key
  return attribute
}

function setPlain(owner: Plain, field: string, value: unknown): void {
  if (value === '' || value === 0) delete owner[field]
  else owner[field] = value
}

/** A processor that makes random edits, and the same edits on plain messages. Both must be run over the same request. */
export class EditScript implements WalkHooks {
  readonly dropReason = 'test'
  readonly #seed: number
  readonly #dropChance: number
  #viewCount = 0
  #plainCount = 0

  constructor(seed: number, dropChance: number) {
    this.#seed = seed
    this.#dropChance = dropChance
  }

  takeCounts(): ReadonlyMap<string, number> {
    return new Map()
  }

  /** The same decisions for the n-th thing seen, whichever side asks. */
  #next(side: 'view' | 'plain'): SeededRandom {
    const count = side === 'view' ? this.#viewCount++ : this.#plainCount++
    return new SeededRandom(this.#seed * 65_537 + count * 7919)
  }

  resource(resource: ResourceView): Verdict {
    const random = this.#next('view')
    if (random.chance(this.#dropChance / 2)) return drop
    editView(resource.attributes, pickEdits(random))
    return keep
  }

  plainResource(group: Plain): boolean {
    const random = this.#next('plain')
    if (random.chance(this.#dropChance / 2)) return false
    const resource = (group['resource'] ?? {}) as Plain
    const before = JSON.stringify(resource)
    editPlain(resource, 'attributes', pickEdits(random))
    if (group['resource'] !== undefined || JSON.stringify(resource) !== before) group['resource'] = resource
    return true
  }

  scope(scope: ScopeView): Verdict {
    const random = this.#next('view')
    if (random.chance(this.#dropChance / 2)) return drop
    if (random.chance(0.3)) scope.name = random.pick(valueTexts)
    return keep
  }

  plainScope(group: Plain): boolean {
    const random = this.#next('plain')
    if (random.chance(this.#dropChance / 2)) return false
    if (random.chance(0.3)) {
      group['scope'] ??= {}
      setPlain(group['scope'] as Plain, 'name', random.pick(valueTexts))
    }
    return true
  }

  span(span: SpanView): Verdict {
    const random = this.#next('view')
    if (random.chance(this.#dropChance)) return drop
    editView(span.attributes, pickEdits(random))
    if (random.chance(0.3)) span.name = random.pick(valueTexts)
    if (random.chance(0.3)) span.kind = random.below(6)
    if (random.chance(0.3)) span.traceState = random.pick(valueTexts)
    if (random.chance(0.3)) span.statusCode = random.below(3)
    if (random.chance(0.3)) span.statusMessage = random.pick(valueTexts)
    span.events.rewind()
    while (span.events.next()) {
      if (random.chance(0.2)) span.events.drop()
      else if (random.chance(0.5)) {
        editView(span.event.attributes, pickEdits(random))
        if (random.chance(0.5)) span.event.name = random.pick(valueTexts)
      }
    }
    span.links.rewind()
    while (span.links.next()) if (random.chance(0.3)) editView(span.link.attributes, pickEdits(random))
    return keep
  }

  plainSpan(span: Plain): boolean {
    const random = this.#next('plain')
    if (random.chance(this.#dropChance)) return false
    editPlain(span, 'attributes', pickEdits(random))
    if (random.chance(0.3)) setPlain(span, 'name', random.pick(valueTexts))
    if (random.chance(0.3)) setPlain(span, 'kind', random.below(6))
    if (random.chance(0.3)) setPlain(span, 'traceState', random.pick(valueTexts))
    if (random.chance(0.3)) setPlain((span['status'] ??= {}) as Plain, 'code', random.below(3))
    if (random.chance(0.3)) setPlain((span['status'] ??= {}) as Plain, 'message', random.pick(valueTexts))
    filterPlain(span, 'events', event => {
      if (random.chance(0.2)) return false
      if (random.chance(0.5)) {
        editPlain(event, 'attributes', pickEdits(random))
        if (random.chance(0.5)) setPlain(event, 'name', random.pick(valueTexts))
      }
      return true
    })
    filterPlain(span, 'links', link => {
      if (random.chance(0.3)) editPlain(link, 'attributes', pickEdits(random))
      return true
    })
    return true
  }

  logRecord(record: LogRecordView): Verdict {
    const random = this.#next('view')
    if (random.chance(this.#dropChance)) return drop
    editView(record.attributes, pickEdits(random))
    if (random.chance(0.3)) record.setBody(encodeString(random.pick(valueTexts)))
    if (random.chance(0.3)) record.severityNumber = random.below(25)
    if (random.chance(0.3)) record.severityText = random.pick(valueTexts)
    return keep
  }

  plainLogRecord(record: Plain): boolean {
    const random = this.#next('plain')
    if (random.chance(this.#dropChance)) return false
    editPlain(record, 'attributes', pickEdits(random))
    if (random.chance(0.3)) record['body'] = { stringValue: random.pick(valueTexts) }
    if (random.chance(0.3)) setPlain(record, 'severityNumber', random.below(25))
    if (random.chance(0.3)) setPlain(record, 'severityText', random.pick(valueTexts))
    return true
  }

  metric(metric: MetricView): Verdict {
    const random = this.#next('view')
    if (random.chance(this.#dropChance / 2)) return drop
    if (random.chance(0.3)) metric.name = random.pick(valueTexts)
    if (random.chance(0.3)) metric.unit = random.pick(valueTexts)
    return keep
  }

  plainMetric(metric: Plain): boolean {
    const random = this.#next('plain')
    if (random.chance(this.#dropChance / 2)) return false
    if (random.chance(0.3)) setPlain(metric, 'name', random.pick(valueTexts))
    if (random.chance(0.3)) setPlain(metric, 'unit', random.pick(valueTexts))
    return true
  }

  dataPoint(point: DataPointView): Verdict {
    const random = this.#next('view')
    if (random.chance(this.#dropChance)) return drop
    editView(point.attributes, pickEdits(random))
    point.exemplars.rewind()
    while (point.exemplars.next()) if (random.chance(0.5)) editView(point.exemplar.attributes, pickEdits(random))
    return keep
  }

  plainDataPoint(point: Plain): boolean {
    const random = this.#next('plain')
    if (random.chance(this.#dropChance)) return false
    editPlain(point, 'attributes', pickEdits(random))
    filterPlain(point, 'exemplars', exemplar => {
      if (random.chance(0.5)) editPlain(exemplar, 'filteredAttributes', pickEdits(random))
      return true
    })
    return true
  }
}

const dataKinds = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']

/** What the scripts, one after the other for each thing, make of a plain request. Edits it in place. */
export function runOnPlain(signal: Signal, request: Plain, scripts: readonly EditScript[]): Plain {
  const suffix = signal === 'traces' ? 'Spans' : signal === 'logs' ? 'Logs' : 'Metrics'
  const records = signal === 'traces' ? 'spans' : signal === 'logs' ? 'logRecords' : 'metrics'
  filterPlain(request, `resource${suffix}`, group => {
    const hadResource = group['resource'] !== undefined
    if (!scripts.every(script => script.plainResource(group))) return false
    // Edits that cancel each other out do not make an empty resource.
    if (!hadResource && Object.keys(group['resource'] ?? {}).length === 0) delete group['resource']
    return filterPlain(group, `scope${suffix}`, scopeGroup => {
      if (!scripts.every(script => script.plainScope(scopeGroup))) return false
      return filterPlain(scopeGroup, records, record => {
        if (signal === 'traces') return scripts.every(script => script.plainSpan(record))
        if (signal === 'logs') return scripts.every(script => script.plainLogRecord(record))
        if (!scripts.every(script => script.plainMetric(record))) return false
        const kind = dataKinds.find(name => record[name] !== undefined)
        if (kind === undefined) return true
        return filterPlain(record[kind] as Plain, 'dataPoints', point =>
          scripts.every(script => script.plainDataPoint(point)),
        )
      })
    })
  })
  return request
}

/** Keeps the entries that pass. False where entries were removed and none is left. */
function filterPlain(owner: Plain, field: string, keeps: (entry: Plain) => boolean): boolean {
  const list = owner[field] as Plain[] | undefined
  if (list === undefined) return true
  const kept = list.filter(keeps)
  if (kept.length > 0) owner[field] = kept
  else delete owner[field]
  return kept.length > 0 || list.length === 0
}

/** Attributes mean the same in any order: sorts every list of them, at any depth. */
export function sortAttributes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortAttributes)
  if (typeof value !== 'object' || value === null) return value
  const sorted: Plain = {}
  for (const [name, member] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const inner = sortAttributes(member)
    if (Array.isArray(inner) && /attributes$/i.test(name)) {
      inner.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    }
    sorted[name] = inner
  }
  return sorted
}
