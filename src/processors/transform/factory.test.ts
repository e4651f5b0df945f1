import t from 'tap'
import { testProcessor } from '../../testkit/conformance.ts'
import { transformProcessor } from './factory.ts'

testProcessor(t, transformProcessor, {
  config: `{trace_statements: ['set(span.attributes["a"], "b")'], metric_statements: ['set(metric.unit, "s")'],
    log_statements: ['set(log.attributes["a"], "b")']}`,
})
