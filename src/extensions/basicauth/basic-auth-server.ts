import { readFileSync } from 'node:fs'
import type { AuthenticatedRequest, AuthOutcome, ServerAuthenticator } from '../../component/authenticator.ts'
import type { Component } from '../../component/component.ts'
import { type BasicAuthConfig, hashAdvice } from './config.ts'
import { parseHtpasswd, passwordMatches, unreadableLines } from './htpasswd.ts'

type ServerConfig = NonNullable<BasicAuthConfig['htpasswd']>

/** Credentials whose hash was right: checking costs a thousand digests, and every request brings the same. */
const rememberedMax = 256

/** Lets those in whose name and password stand in the list. */
export class BasicAuthServer implements Component, ServerAuthenticator {
  readonly #config: ServerConfig
  readonly #remembered = new Map<string, string>()
  #users: ReadonlyMap<string, string> = new Map()

  constructor(config: ServerConfig) {
    this.#config = config
  }

  /** Rejects where the file cannot be read, or has a line that cannot. */
  async start(): Promise<void> {
    const { file, inline } = this.#config
    const text = file === '' ? '' : readFileSync(file, 'utf8')
    const [unreadable] = unreadableLines(text)
    if (unreadable !== undefined)
      throw new Error(`${file} has a line that cannot be read, ${unreadable}: ${hashAdvice}`)
    this.#users = new Map([...parseHtpasswd(text), ...parseHtpasswd(inline.reveal())])
  }

  async shutdown(): Promise<void> {
    this.#remembered.clear()
  }

  authenticate(request: AuthenticatedRequest): AuthOutcome {
    const header = request.header('authorization')
    if (header === undefined || header === '') return refused('no basic auth provided')
    const name = this.#remembered.get(header) ?? this.#check(header)
    if (name === undefined) return refused('invalid credentials')
    return { kind: 'allowed', attributes: new Map([['username', name]]) }
  }

  /** The name of the user behind the header; undefined for nobody. */
  #check(header: string): string | undefined {
    const encoded = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(header)?.[1]
    if (encoded === undefined) return undefined
    const decoded = Buffer.from(encoded, 'base64').toString()
    const colon = decoded.indexOf(':')
    const name = decoded.slice(0, colon)
    const hash = colon < 0 ? undefined : this.#users.get(name)
    if (hash === undefined || !passwordMatches(decoded.slice(colon + 1), hash)) return undefined
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear()
    this.#remembered.set(header, name)
    return name
  }
}

function refused(message: string): AuthOutcome {
  return { kind: 'unauthenticated', message, challenge: 'Basic' }
}
