import t from 'tap'
import { testProcessor } from '../../testkit/conformance.ts'
import { resourceDetectionProcessor } from './factory.ts'

testProcessor(t, resourceDetectionProcessor)
