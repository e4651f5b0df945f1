import t from 'tap'
import { testProcessor } from '../../testkit/conformance.ts'
import { adaptiveSamplerProcessor } from './factory.ts'

testProcessor(t, adaptiveSamplerProcessor, { config: 'max_traces_per_second: 50' })
