import t from 'tap'
import { testProcessor } from '../../testkit/conformance.ts'
import { memoryLimiterProcessor } from './factory.ts'

testProcessor(t, memoryLimiterProcessor, { config: 'limit_mib: 100000' })
