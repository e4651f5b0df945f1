import t from 'tap'
import { testExtension } from '../../testkit/conformance.ts'
import { basicAuthExtension } from './factory.ts'

testExtension(t, basicAuthExtension, { config: 'client_auth: {username: a, password: b}' })
