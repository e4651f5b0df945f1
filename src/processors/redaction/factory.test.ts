import t from 'tap'
import { testProcessor } from '../../testkit/conformance.ts'
import { redactionProcessor } from './factory.ts'

testProcessor(t, redactionProcessor, { config: 'profile: standard' })
