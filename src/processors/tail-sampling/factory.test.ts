import t from 'tap'
import { testProcessor } from '../../testkit/conformance.ts'
import { tailSamplingProcessor } from './factory.ts'

testProcessor(t, tailSamplingProcessor, { config: 'policies: [{name: all, type: always_sample}]' })
