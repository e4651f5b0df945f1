import t from 'tap'
import { testExtension } from '../../testkit/conformance.ts'
import { bearerTokenAuthExtension } from './factory.ts'

testExtension(t, bearerTokenAuthExtension, { config: 'token: s3cret' })
