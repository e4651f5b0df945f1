import t from 'tap'
import { testProcessor } from '../../testkit/conformance.ts'
import { filterProcessor } from './factory.ts'

testProcessor(t, filterProcessor, { config: 'traces: {span: [\'name == "x"\']}' })
