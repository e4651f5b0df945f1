import type {
  AuthenticatedRequest,
  AuthOutcome,
  ClientAuthenticator,
  ServerAuthenticator,
} from '../../component/authenticator.ts'
import type { Component, ComponentSettings } from '../../component/component.ts'
import { CredentialFile } from '../../component/credential-file.ts'
import { secretEqual } from '../../component/secret-equal.ts'
import type { HeaderList } from '../../transport/headers.ts'
import type { BearerTokenAuthConfig } from './config.ts'

/** Puts a token on what exporters send, and asks it of those who send to receivers. */
export class BearerTokenAuth implements Component, ServerAuthenticator, ClientAuthenticator {
  readonly #header: string
  readonly #scheme: string
  readonly #tokens: readonly string[]
  readonly #file: CredentialFile | undefined

  constructor({ header, scheme, token, tokens, filename }: BearerTokenAuthConfig, settings: ComponentSettings) {
    this.#header = header.toLowerCase()
    this.#scheme = scheme
    this.#tokens = (tokens.length > 0 ? tokens : [token]).map(each => each.reveal())
    if (filename === '') return
    const problem = (message: string) => {
      settings.report({ status: message === '' ? 'ok' : 'recoverable', message })
      if (message !== '')
        settings.logger.warn('The token file does not work: the last tokens stay in use', { error: message })
    }
    this.#file = new CredentialFile({ path: filename, clock: settings.clock, problem })
  }

  async start(): Promise<void> {
    this.#file?.start()
  }

  async shutdown(): Promise<void> {
    this.#file?.stop()
  }

  requestHeaders(): HeaderList {
    return [this.#header, this.#values()[0] ?? '']
  }

  authenticate(request: AuthenticatedRequest): AuthOutcome {
    const found = request.header(this.#header)
    const challenge = this.#scheme === '' ? 'Bearer' : this.#scheme
    if (found === undefined || found === '') {
      return { kind: 'unauthenticated', message: `missing or empty authorization header: ${this.#header}`, challenge }
    }
    // All are compared, so that the place of the right one does not show.
    const matches = this.#values().filter(value => secretEqual(value, found))
    if (matches.length > 0) return { kind: 'allowed' }
    return {
      kind: 'unauthenticated',
      message: 'the authorization does not match the expected scheme or token',
      challenge,
    }
  }

  #values(): string[] {
    const tokens = this.#file === undefined ? this.#tokens : tokensOf(this.#file.text)
    return tokens.map(token => (this.#scheme === '' ? token : `${this.#scheme} ${token}`))
  }
}

/** The first word of each line; what follows it is a comment. */
function tokensOf(text: string): string[] {
  return text.split('\n').flatMap(line =>
    line
      .trim()
      .split(/\s+/, 1)
      .filter(word => word !== ''),
  )
}
