import { attributeAt } from '../../ottl/context.ts'
import type { Editors } from '../../ottl/editor.ts'
import { literal, optional, text, textOf } from '../../ottl/parameters.ts'
import { writeAttribute } from '../../ottl/write.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { SpanView } from '../../pdata/views.ts'

type Name = (span: SpanView) => string

/** A span's attribute as text: the first of these names that it has, empty where it has none. */
function attribute(...names: readonly string[]): Name {
  const keys = names.map(name => new AttributeKey(name))
  return ({ attributes }) => {
    for (const key of keys) {
      const at = attributes.find(key)
      if (at >= 0) return textOf(attributeAt(attributes, at)) ?? ''
    }
    return ''
  }
}

/** Both, with the mark between them; one alone where the other is empty. */
function joined(first: Name, mark: string, second: Name): Name {
  return span => {
    const [head, tail] = [first(span), second(span)]
    return head === '' || tail === '' ? head + tail : head + mark + tail
  }
}

/** The first that is not empty. */
function firstOf(...names: readonly Name[]): Name {
  return span => {
    for (const name of names) {
      const found = name(span)
      if (found !== '') return found
    }
    return ''
  }
}

/** The name, of spans that have the attribute. */
function where(condition: Name, name: Name): Name {
  return span => (condition(span) === '' ? '' : name(span))
}

/** `label` instead of the attribute's value, where that is true. */
function labelled(name: string, label: string): Name {
  const value = attribute(name)
  return span => (value(span) === 'true' ? label : '')
}

const server = where(attribute('server.address'), joined(attribute('server.address'), ':', attribute('server.port')))

const httpMethod = attribute('http.request.method', 'http.method')
const httpServer = where(httpMethod, joined(httpMethod, ' ', attribute('http.route')))
const httpClient = where(httpMethod, joined(httpMethod, ' ', attribute('url.template')))

const rpcSystem = attribute('rpc.system.name', 'rpc.system')
const rpcService = attribute('rpc.service', 'rpc.grpc.service')
const rpcMethod = attribute('rpc.method', 'rpc.grpc.method')
const rpcAnyMethod: Name = span => rpcMethod(span) || (rpcService(span) === '' ? '' : '*')
const rpc = where(rpcSystem, firstOf(joined(rpcService, '/', rpcAnyMethod), rpcSystem))

const dbSystem = attribute('db.system.name', 'db.system')
const dbNamespace = attribute('db.namespace', 'db.name')
const dbObject = firstOf(attribute('db.collection.name'), attribute('db.stored_procedure.name'))
const dbTarget = firstOf(where(dbObject, joined(dbNamespace, '.', dbObject)), dbNamespace, server)
const dbOperation = attribute('db.operation.name', 'db.operation')
const db = where(dbSystem, firstOf(attribute('db.query.summary'), joined(dbOperation, ' ', dbTarget), dbSystem))

const messagingSystem = attribute('messaging.system')
const messagingDestination = firstOf(
  labelled('messaging.destination.temporary', '(temporary)'),
  labelled('messaging.destination.anonymous', '(anonymous)'),
  attribute('messaging.destination.template'),
  attribute('messaging.destination.name', 'messaging.destination'),
  server,
)
const messagingOperation = attribute('messaging.operation.name', 'messaging.operation')
const messaging = where(
  messagingSystem,
  firstOf(joined(messagingOperation, ' ', messagingDestination), messagingSystem),
)

/** By the span's kind: internal spans have no convention for their name. */
const namesByKind: readonly (Name | undefined)[] = [
  undefined,
  undefined,
  firstOf(httpServer, rpc, messaging),
  firstOf(httpClient, rpc, db, messaging),
  messaging,
  messaging,
]

/** Versions of the conventions that name spans this way. */
const minorMin = 37
const minorMax = 40

function versionProblem(version: string): string | undefined {
  const match = /^v?1\.(\d+)(?:\.(\d+))?$/.exec(version)
  const minor = Number(match?.[1])
  const isKnown = minor >= minorMin && (minor < minorMax || (minor === minorMax && Number(match?.[2] ?? 0) === 0))
  return isKnown ? undefined : `must be between 1.${minorMin}.0 and 1.${minorMax}.0, found "${version}"`
}

/**
 * Names spans as the semantic conventions say, so that names with ids in them become few.
 *
 * Source: https://opentelemetry.io/docs/specs/semconv/, the sections on span names of HTTP, RPC, database and messaging spans
 */
export const spanNameEditor: Editors = {
  set_semconv_span_name: {
    parameters: [
      literal(text('semconv_version'), versionProblem),
      optional(literal(text('original_span_name_attribute'), name => (name === '' ? 'must not be empty' : undefined))),
    ],
    only: ['span'],
    targetCount: 0,
    make: ([, original]) => {
      const key = original === undefined ? undefined : new AttributeKey(String(original.constant))
      return context => {
        const span = context.span as SpanView
        const before = span.name
        const name = namesByKind[span.kind]?.(span) ?? ''
        if (name === '' || name === before) return
        span.name = name
        if (key !== undefined) writeAttribute(span.attributes, key, before)
      }
    },
  },
}
