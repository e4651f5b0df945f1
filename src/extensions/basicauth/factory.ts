import { defineExtension } from '../../component/component.ts'
import { BasicAuthClient } from './basic-auth-client.ts'
import { BasicAuthServer } from './basic-auth-server.ts'
import { basicAuthConfig } from './config.ts'

export const basicAuthExtension = defineExtension({
  type: 'basicauth',
  stability: 'beta',
  summary: 'Puts a name and a password on what exporters send, or asks them of those who send to receivers.',
  config: basicAuthConfig,
  create(config, settings) {
    if (config.htpasswd !== undefined) return new BasicAuthServer(config.htpasswd)
    if (config.clientAuth === undefined) throw new Error('neither htpasswd nor client_auth')
    return new BasicAuthClient(config.clientAuth, settings)
  },
})
