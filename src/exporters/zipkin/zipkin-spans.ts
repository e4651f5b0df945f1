import { isIP } from 'node:net'
import { mapJson, valueText } from '../../pdata/plain-value-text.ts'
import type { PlainGroup, PlainLink, PlainMap, PlainScope, PlainSpan, PlainValue } from '../../pdata/trace-objects.ts'

/** One side of a span's connection. */
export interface ZipkinEndpoint {
  serviceName?: string
  ipv4?: string
  ipv6?: string
  port?: number
}

/** A span as v2 has it in JSON, its keys in Zipkin's order. */
export interface ZipkinSpan {
  traceId: string
  parentId?: string
  id: string
  kind?: string
  name?: string
  /** Microseconds; they fit a number until the year 2255. */
  timestamp?: number
  duration?: number
  localEndpoint?: ZipkinEndpoint
  remoteEndpoint?: ZipkinEndpoint
  annotations?: { timestamp: number; value: string }[]
  tags?: Record<string, string>
  debug?: true
  shared?: true
}

export interface ZipkinSpans {
  readonly spans: ZipkinSpan[]
  /** Spans without a trace or span id, which Zipkin cannot have. */
  readonly invalidCount: number
}

/** Where a resource without `service.name` may have a name, in order. */
const nameSources = ['faas.name', 'k8s.deployment.name', 'process.executable.name']
const nameSourceTag = 'otlp.service.name.source'
const startTimeAbsent = 'otel.zipkin.absentField.startTime'
const kinds = [undefined, undefined, 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const kindInternal = 1
const statusOk = 1
const statusError = 2

/** Attributes that say where an endpoint is, newest names first. */
const localAttributes = { address: ['network.local.address', 'net.host.ip'], port: ['net.host.port'], service: [] }
const remoteAttributes = {
  address: ['network.peer.address', 'net.peer.ip'],
  port: ['net.peer.port'],
  service: ['service.peer.name', 'peer.service'],
}
type EndpointAttributes = { readonly [part in 'address' | 'port' | 'service']: readonly string[] }

/**
 * Turns traces into Zipkin's spans.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/
 */
export function zipkinSpans(groups: readonly PlainGroup[], defaultServiceName: string): ZipkinSpans {
  const spans: ZipkinSpan[] = []
  let invalidCount = 0
  for (const { resource, scopes } of groups) {
    const around = resourceTags(resource, defaultServiceName)
    for (const { scope, spans: records } of scopes) {
      const shared = [...around.tags, ...scopeTags(scope)]
      for (const record of records) {
        if (record.traceId.length === 0 || record.spanId.length === 0) invalidCount++
        else spans.push(zipkinSpan(record, around.serviceName, shared))
      }
    }
  }
  return { spans, invalidCount }
}

type Tag = readonly [key: string, text: string]

function resourceTags(resource: PlainMap, defaultServiceName: string): { serviceName: string; tags: Tag[] } {
  const source = resource.has('service.name') ? 'service.name' : nameSources.find(key => resource.has(key))
  const serviceName = source === undefined ? '' : valueText(resource.get(source))
  const tags: Tag[] = [...resource].filter(([key]) => key !== source).map(([key, value]) => [key, valueText(value)])
  if (source !== undefined && source !== 'service.name') tags.push([nameSourceTag, source])
  return { serviceName: serviceName === '' ? defaultServiceName : serviceName, tags }
}

function scopeTags({ name, version, attributes }: PlainScope): Tag[] {
  const tags: Tag[] = [...attributes].map(([key, value]) => [key, valueText(value)])
  // The old names beside the new ones, as the specification asks.
  if (name !== '') tags.push(['otel.scope.name', name], ['otel.library.name', name])
  if (version !== '') tags.push(['otel.scope.version', version], ['otel.library.version', version])
  return tags
}

function zipkinSpan(span: PlainSpan, serviceName: string, shared: readonly Tag[]): ZipkinSpan {
  const tags = new Map<string, string>(shared)
  for (const [key, value] of span.attributes) tags.set(key, valueText(value))
  const zipkin: ZipkinSpan = { traceId: hex(span.traceId), id: hex(span.spanId) }
  if (span.parentSpanId.length > 0) zipkin.parentId = hex(span.parentSpanId)
  const kind = kinds[span.kind]
  if (kind !== undefined) zipkin.kind = kind
  if (span.kind === kindInternal) tags.set('span.kind', 'internal')
  if (span.name !== '') zipkin.name = span.name
  setTimes(zipkin, span, tags)
  const local = endpointOf(tags, localAttributes, serviceName)
  if (local !== undefined) zipkin.localEndpoint = local
  const remote = endpointOf(tags, remoteAttributes, '')
  if (remote !== undefined) zipkin.remoteEndpoint = remote
  setFlags(zipkin, span.attributes, tags)
  setStatus(span, tags)
  if (span.traceState !== '') tags.set('w3c.tracestate', span.traceState)
  for (const [i, link] of span.links.entries()) tags.set(`otlp.link.${i}`, linkText(link))
  if (span.events.length > 0) {
    zipkin.annotations = span.events.map(event => ({
      timestamp: microseconds(event.timeNano),
      value: eventText(event.name, event.attributes, event.droppedAttributesCount),
    }))
  }
  if (tags.size > 0) zipkin.tags = Object.fromEntries(tags)
  return zipkin
}

/** Zipkin has microseconds; a duration above zero is one at least, as its API demands. */
function setTimes(zipkin: ZipkinSpan, span: PlainSpan, tags: Map<string, string>): void {
  if (span.startNano !== 0n) zipkin.timestamp = microseconds(span.startNano)
  else tags.delete(startTimeAbsent)
  if (span.endNano > span.startNano) zipkin.duration = Math.max(1, microseconds(span.endNano - span.startNano))
}

/** What the Zipkin receiver keeps of a span that was one before. */
function setFlags(zipkin: ZipkinSpan, attributes: PlainMap, tags: Map<string, string>): void {
  for (const flag of ['debug', 'shared'] as const) {
    if (attributes.get(`zipkin.${flag}`) !== true) continue
    zipkin[flag] = true
    tags.delete(`zipkin.${flag}`)
  }
}

function setStatus(span: PlainSpan, tags: Map<string, string>): void {
  const { statusCode, statusMessage } = span
  const error = tags.get('error')
  if (statusCode === statusError) {
    // Text that came as the tag `error` stays: Zipkin takes any text as a failure.
    if (error === undefined || error === '' || error === 'false') tags.set('error', 'true')
  } else tags.delete('error')
  if (statusCode !== statusOk && statusCode !== statusError) return
  tags.set('otel.status_code', statusCode === statusOk ? 'OK' : 'ERROR')
  if (statusMessage !== '') tags.set('otel.status_description', statusMessage)
}

/** Takes the endpoint's attributes out of the tags; undefined where nothing is known of it. */
function endpointOf(
  tags: Map<string, string>,
  attributes: EndpointAttributes,
  ownServiceName: string,
): ZipkinEndpoint | undefined {
  const endpoint: ZipkinEndpoint = {}
  const serviceName = take(tags, attributes.service, () => true) ?? ownServiceName
  if (serviceName !== '') endpoint.serviceName = serviceName
  const address = take(tags, attributes.address, text => isIP(text) !== 0)
  if (address !== undefined) endpoint[isIP(address) === 4 ? 'ipv4' : 'ipv6'] = address
  const port = take(tags, attributes.port, text => /^\d{1,5}$/.test(text) && Number(text) <= 65_535)
  if (port !== undefined && Number(port) > 0) endpoint.port = Number(port)
  return Object.keys(endpoint).length === 0 ? undefined : endpoint
}

/** The first of the tags that is there and fits, taken out. */
function take(tags: Map<string, string>, keys: readonly string[], fits: (text: string) => boolean): string | undefined {
  for (const key of keys) {
    const text = tags.get(key)
    if (text === undefined || !fits(text)) continue
    tags.delete(key)
    return text
  }
  return undefined
}

function eventText(name: string, attributes: PlainMap, droppedCount: number): string {
  return attributes.size === 0 && droppedCount === 0 ? name : `${name}|${mapJson(attributes)}|${droppedCount}`
}

function linkText({ traceId, spanId, traceState, attributes, droppedAttributesCount }: PlainLink): string {
  return [
    hex(traceId),
    hex(spanId),
    traceState,
    mapJson(attributes as ReadonlyMap<string, PlainValue>),
    droppedAttributesCount,
  ].join('|')
}

function microseconds(nano: bigint): number {
  return Number(nano / 1000n)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}
