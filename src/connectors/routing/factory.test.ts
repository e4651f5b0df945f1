import t from 'tap'
import { testConnector } from '../../testkit/conformance.ts'
import { routingConnector } from './factory.ts'

testConnector(t, routingConnector, { config: 'table: [{condition: "true", pipelines: [traces/a]}]' })
