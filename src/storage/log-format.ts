import { join } from 'node:path'
import { errorCode, type FileSystem } from './file-system.ts'

const name = 'format'

/**
 * What the files of a log look like. 1: before there was a mark. 2: large records are checked by a polynomial, and a slot of the
 * extents is emptied before its segment goes.
 */
export const logFormat = 2

/** A later version wrote the directory. What it holds would look like damage, so nothing in it is touched. */
export class NewerFormatError extends Error {
  override readonly name = 'NewerFormatError'

  constructor(directory: string, format: number) {
    super(`${directory} has format ${format}, from a later version: this one knows formats up to ${logFormat}`)
  }
}

/** 1 where nothing says it. Rejects with `NewerFormatError` for one that this version does not know. */
export async function readFormat(fileSystem: FileSystem, directory: string): Promise<number> {
  let bytes: Uint8Array
  try {
    bytes = await fileSystem.readWhole(join(directory, name))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 1
    throw error
  }
  const [, digits] = /^(\d{1,9})\n/.exec(Buffer.from(bytes).toString('latin1')) ?? []
  // Torn by a crash before anything else was written.
  const format = digits === undefined ? 1 : Number(digits)
  if (format > logFormat) throw new NewerFormatError(directory, format)
  return format
}

/** By the owner, before anything of this format is written. */
export async function markFormat(fileSystem: FileSystem, directory: string): Promise<void> {
  const file = await fileSystem.open(join(directory, name), 0o600)
  try {
    await file.write([Buffer.from(`${logFormat}\n`)], 0)
    await file.sync()
  } finally {
    await file.close()
  }
}
