import t from 'tap'
import { testExporter } from '../../testkit/conformance.ts'
import { otlpGrpcExporter } from './factory.ts'

testExporter(t, otlpGrpcExporter, { config: 'endpoint: 127.0.0.1:1\ntls: {insecure: true}' })
