import t from 'tap'
import { testProcessor } from '../../testkit/conformance.ts'
import { costProcessor } from './factory.ts'

testProcessor(t, costProcessor)
