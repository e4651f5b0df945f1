import t from 'tap'
import { testExporter } from '../../testkit/conformance.ts'
import { otlpHttpExporter } from './factory.ts'

testExporter(t, otlpHttpExporter, { config: 'endpoint: http://127.0.0.1:1' })
