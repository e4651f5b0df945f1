import type { ClientAuthenticator } from '../../component/authenticator.ts'
import type { Component, ComponentSettings } from '../../component/component.ts'
import { CredentialFile } from '../../component/credential-file.ts'
import type { HeaderList } from '../../transport/headers.ts'
import type { BasicAuthConfig } from './config.ts'

type ClientConfig = NonNullable<BasicAuthConfig['clientAuth']>

/** Puts a name and a password on what exporters send. */
export class BasicAuthClient implements Component, ClientAuthenticator {
  readonly #config: ClientConfig
  readonly #nameFile: CredentialFile | undefined
  readonly #passwordFile: CredentialFile | undefined

  constructor(config: ClientConfig, settings: ComponentSettings) {
    this.#config = config
    const problem = (message: string) => {
      settings.report({ status: message === '' ? 'ok' : 'recoverable', message })
      if (message === '') return
      settings.logger.warn('A credentials file does not work: what it held stays in use', { error: message })
    }
    const fileOf = (path: string) =>
      path === '' ? undefined : new CredentialFile({ path, clock: settings.clock, problem })
    this.#nameFile = fileOf(config.usernameFile)
    this.#passwordFile = fileOf(config.passwordFile)
  }

  async start(): Promise<void> {
    this.#nameFile?.start()
    this.#passwordFile?.start()
  }

  async shutdown(): Promise<void> {
    this.#nameFile?.stop()
    this.#passwordFile?.stop()
  }

  requestHeaders(): HeaderList {
    const name = this.#nameFile?.text ?? this.#config.username
    const password = this.#passwordFile?.text ?? this.#config.password.reveal()
    return ['authorization', `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`]
  }
}
