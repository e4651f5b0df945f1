import { defineExtension } from '../../component/component.ts'
import { BearerTokenAuth } from './bearer-token-auth.ts'
import { bearerTokenAuthConfig } from './config.ts'

export const bearerTokenAuthExtension = defineExtension({
  type: 'bearertokenauth',
  stability: 'beta',
  summary: 'Puts a token on what exporters send, and asks it of those who send to receivers.',
  config: bearerTokenAuthConfig,
  create: (config, settings) => new BearerTokenAuth(config, settings),
})
