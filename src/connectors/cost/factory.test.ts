import t from 'tap'
import { testConnector } from '../../testkit/conformance.ts'
import { costConnector } from './factory.ts'

testConnector(t, costConnector)
