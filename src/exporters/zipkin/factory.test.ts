import t from 'tap'
import { testExporter } from '../../testkit/conformance.ts'
import { zipkinExporter } from './factory.ts'

testExporter(t, zipkinExporter, { config: 'endpoint: http://127.0.0.1:9/api/v2/spans' })
