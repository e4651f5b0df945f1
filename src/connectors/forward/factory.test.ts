import t from 'tap'
import { testConnector } from '../../testkit/conformance.ts'
import { forwardConnector } from './factory.ts'

testConnector(t, forwardConnector)
