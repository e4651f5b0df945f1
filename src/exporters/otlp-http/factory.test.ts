import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { testExporter } from '../../testkit/conformance.ts'
import { otlpHttpConfig } from './config.ts'
import { otlpHttpExporter } from './factory.ts'

testExporter(t, otlpHttpExporter, { config: 'endpoint: http://127.0.0.1:1' })

t.test('an endpoint that is none is shown, and that none is written is said', async t => {
  const wrong = () => parseConfig(otlpHttpConfig, 'traces_endpoint: "trace/otlp"')
  t.throws(wrong, { message: /"traces_endpoint" must start with http:\/\/ or https:\/\/, found "trace\/otlp"/ })
  t.throws(() => parseConfig(otlpHttpConfig, '{}'), { message: /"endpoint" is empty, and so is every endpoint/ })
})
