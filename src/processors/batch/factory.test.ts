import t from 'tap'
import { testProcessor } from '../../testkit/conformance.ts'
import { batchProcessor } from './factory.ts'

testProcessor(t, batchProcessor)
