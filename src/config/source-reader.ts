import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from './problem.ts'
import type { ProblemCode } from './problem-codes.ts'
import { decodeSource, SourceEncodingError } from './source-encoding.ts'
import type { SourceText } from './tree.ts'
import { basicCredentials } from './url-credentials.ts'
import { sourceCharactersMax } from './yaml-tree.ts'

/** What the loader needs of the world; tests put their own in its place. */
export interface SourceIo {
  readonly env: Readonly<Record<string, string | undefined>>
  readFile(path: string): Promise<string>
  /** The `*.yaml` and `*.yml` files of a directory, sorted; undefined where `path` is none. */
  listDirectory(path: string): Promise<readonly string[] | undefined>
  fetchText(url: string): Promise<string>
}

const fetchTimeoutMs = 10_000

export function nodeSourceIo(env: Readonly<Record<string, string | undefined>>): SourceIo {
  return {
    env,
    readFile: async path => decodeSource(await readFile(path)),
    async listDirectory(path) {
      const isDirectory = await stat(path).then(
        found => found.isDirectory(),
        () => false,
      )
      if (!isDirectory) return undefined
      const names = await readdir(path)
      return names.filter(name => /\.ya?ml$/.test(name) && !name.startsWith('.')).sort()
    },
    async fetchText(url) {
      const { address, headers } = withoutCredentials(url)
      const response = await fetch(address, { headers, signal: AbortSignal.timeout(fetchTimeoutMs) })
      if (!response.ok) throw new Error(`the server answered ${response.status}`)
      return await boundedText(response)
    },
  }
}

/** User and password of a URL as the header that they stand for; fetch takes no URL with them, and says it aloud. */
function withoutCredentials(text: string): { address: string; headers: Record<string, string> } {
  const url = new URL(text)
  if (url.username === '' && url.password === '') return { address: text, headers: {} }
  const authorization = basicCredentials(url)
  url.username = ''
  url.password = ''
  return { address: url.href, headers: { authorization } }
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.length > sourceCharactersMax) throw new Error(`more than ${sourceCharactersMax} characters`)
  }
  return text + decoder.decode()
}

/** `--config` values in order, then `--set`; each gives one text, a directory one per file. */
export interface SourceRequest {
  readonly configs: readonly string[]
  readonly sets: readonly string[]
}

export interface ReadSources {
  readonly texts: readonly SourceText[]
  /** Files and directories that were read, for whoever watches them. */
  readonly files: readonly string[]
}

/** Reads every source; what cannot be read becomes a problem, and the others are still looked at. */
export async function readSources(request: SourceRequest, io: SourceIo, problems: Problem[]): Promise<ReadSources> {
  const texts: SourceText[] = []
  const files: string[] = []
  for (const config of request.configs) {
    try {
      texts.push(...(await readOne(config, io, files)))
    } catch (error) {
      report(
        problems,
        'SLC0201',
        `cannot read --config ${redactUrl(config)}: ${reasonOf(error)}`,
        remedyFor(config, error),
      )
    }
  }
  for (const set of request.sets) {
    const source = setSource(set, problems)
    if (source !== undefined) texts.push(source)
  }
  return { texts, files }
}

/** A scheme has two letters or more, so that `C:\file` is a path. */
const schemePattern = /^([A-Za-z][A-Za-z0-9+.-]+):([\s\S]*)$/

export function splitScheme(uri: string): { scheme: string; rest: string } | undefined {
  const match = schemePattern.exec(uri)
  return match === null ? undefined : { scheme: match[1] ?? '', rest: match[2] ?? '' }
}

async function readOne(config: string, io: SourceIo, files: string[]): Promise<SourceText[]> {
  const uri = splitScheme(config)
  if (uri === undefined) return await readPath(config, io, files)
  switch (uri.scheme) {
    case 'env': {
      const text = io.env[uri.rest]
      if (text === undefined) throw new Error(`the environment variable ${uri.rest} is not set`)
      return [{ name: config, text }]
    }
    case 'yaml':
      return [{ name: '--config yaml:', text: uri.rest }]
    case 'http':
    case 'https':
      return [{ name: redactUrl(config), text: await io.fetchText(config) }]
    case 'file':
      return await readPath(uri.rest, io, files)
    default:
      if (/^(s3|secretsmanager|gs|vault|azureblob|opamp)$/.test(uri.scheme)) {
        throw new Error(`scheme "${uri.scheme}:" needs a provider that Sluice lacks`)
      }
      return await readPath(config, io, files)
  }
}

async function readPath(path: string, io: SourceIo, files: string[]): Promise<SourceText[]> {
  const names = await io.listDirectory(path)
  files.push(path)
  if (names === undefined) return [{ name: path, text: await io.readFile(path) }]
  if (names.length === 0) throw new Error('the directory holds no *.yaml and no *.yml file')
  const texts: SourceText[] = []
  for (const name of names) {
    const file = join(path, name)
    files.push(file)
    texts.push({ name: file, text: await io.readFile(file) })
  }
  return texts
}

/** `a.b=value` as the YAML `a::b: value`, which top-level keys take apart. */
function setSource(set: string, problems: Problem[]): SourceText | undefined {
  const at = set.indexOf('=')
  if (at <= 0) {
    report(problems, 'SLC0209', `--set ${set}: missing equal sign`, 'write --set service.telemetry.logs.level=debug')
    return undefined
  }
  const key = set.slice(0, at).trim().replaceAll('.', '::')
  return { name: '--set', text: `${key}: ${set.slice(at + 1).trimStart()}` }
}

function report(problems: Problem[], code: ProblemCode, message: string, remedy: string | undefined): void {
  problems.push({ code, severity: 'error', message, path: [], place: undefined, remedy, related: [] })
}

function remedyFor(config: string, error: unknown): string | undefined {
  if (error instanceof SourceEncodingError) return 'save it as UTF-8'
  const scheme = splitScheme(config)?.scheme
  if (scheme === 'env') return 'set the variable to the YAML text itself, not to a path'
  if (scheme === undefined || scheme === 'file') return 'check the path; relative paths start at the working directory'
  return undefined
}

export function reasonOf(error: unknown): string {
  const { code, message, cause } = error as {
    code?: string
    message?: string
    cause?: { code?: string; message?: string }
  }
  if (code === 'ENOENT') return 'no such file or directory'
  if (code === 'EACCES') return 'permission denied'
  if (code === 'EISDIR') return 'it is a directory'
  return cause?.message ?? message ?? String(error)
}

/** A URL without its user and password. */
export function redactUrl(text: string): string {
  return text.replace(/(:\/\/)[^/@\s]+@/, '$1')
}
