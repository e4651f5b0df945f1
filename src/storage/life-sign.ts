import { randomUUID } from 'node:crypto'
import { type FileHandle, open, readdir, unlink } from 'node:fs/promises'
import net from 'node:net'
import { join } from 'node:path'
import { errorCode } from './file-system.ts'

const prefix = 'alive-'
/** What the address of a socket holds, less a little. */
const pathBytesMax = 100

/**
 * A socket in a directory that answers as long as its process lives, by whatever name. Who shares the directory but not the process
 * ids, as another container does, cannot see the process, but can ask the socket: the kernel answers, not the event loop.
 */
export interface LifeSign {
  readonly name: string
  end(): Promise<void>
}

/** Undefined where the directory cannot hold a socket. */
export async function showLife(directory: string): Promise<LifeSign | undefined> {
  const name = `${prefix}${randomUUID().slice(0, 8)}`
  const server = net.createServer(socket => socket.destroy())
  try {
    const { path, handle } = await addressOf(directory, name)
    try {
      // Not through the first of several shards, which would hand the socket out.
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen({ path, exclusive: true }, resolve)
      })
    } finally {
      await handle?.close()
    }
  } catch {
    return undefined
  }
  server.unref()
  return {
    name,
    async end() {
      await new Promise(resolve => server.close(resolve))
      await unlink(join(directory, name)).catch(() => undefined)
    },
  }
}

/** False also where there is no such sign. */
export async function answers(directory: string, name: string): Promise<boolean> {
  const { path, handle } = await addressOf(directory, name)
  try {
    return await new Promise<boolean>(resolve => {
      const socket = net.connect(path)
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      // Where it may not be asked, somebody may be there.
      socket.once('error', error => resolve(errorCode(error) !== 'ECONNREFUSED' && errorCode(error) !== 'ENOENT'))
    })
  } finally {
    await handle?.close()
  }
}

/** Of processes that were killed. */
export async function removeDeadSigns(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter(name => name.startsWith(prefix))
  for (const name of names) {
    if (!(await answers(directory, name))) await unlink(join(directory, name)).catch(() => undefined)
  }
}

/** A longer path goes by way of the open directory, where the system has such a way. */
async function addressOf(directory: string, name: string): Promise<{ path: string; handle?: FileHandle }> {
  const path = join(directory, name)
  if (Buffer.byteLength(path) <= pathBytesMax || process.platform !== 'linux') return { path }
  const handle = await open(directory, 'r')
  return { path: `/proc/self/fd/${handle.fd}/${name}`, handle }
}
