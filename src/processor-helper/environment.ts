import { readFileSync } from 'node:fs'
import { arch, hostname, platform } from 'node:os'

/** What the machine tells a processor that describes it. */
export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The text of a file, undefined where it cannot be read. */
  readText(path: string): string | undefined
  hostname(): string
  /** As Node names them. */
  readonly platform: string
  readonly arch: string
}

export const processEnvironment: Environment = {
  env: process.env,
  readText(path) {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return undefined
    }
  },
  hostname,
  platform: platform(),
  arch: arch(),
}
