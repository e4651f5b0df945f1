import t from 'tap'
import { testProcessor } from '../../testkit/conformance.ts'
import { probabilisticSamplerProcessor } from './factory.ts'

testProcessor(t, probabilisticSamplerProcessor)
