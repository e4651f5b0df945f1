import t from 'tap'
import { testExporter } from '../../testkit/conformance.ts'
import { jaegerExporter } from './factory.ts'

testExporter(t, jaegerExporter, { config: 'endpoint: 127.0.0.1:1\ntls: {insecure: true}' })
testExporter(t, jaegerExporter, { config: 'thrift_http: {endpoint: "http://127.0.0.1:1/api/traces"}' })
testExporter(t, jaegerExporter, { config: 'thrift_compact: {endpoint: "127.0.0.1:1"}' })
