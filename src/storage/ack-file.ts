import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { AckSet, type SequenceRange } from './ack-set.ts'
import { errorCode, type FileSystem, isDiskFull, type StorageFile } from './file-system.ts'
import { isUnreadable } from './segment.ts'

/**
 * One ack, little-endian: `from` and `to` (8 bytes each), CRC-32 of both (4), and 4 bytes that are zero. A slot whose
 * checksum is wrong is passed over: what it said will be sent again.
 */
const slotBytes = 24
const name = 'acks'
const growthBytesMax = 64 * 1024

export interface AckFileEvents {
  fault(error: unknown): void
  /** Once what is acked comes to the file again. */
  healed(): void
}

interface OpenFile {
  readonly file: StorageFile
  sizeBytes: number
  /** When it has grown so far it is written anew. */
  readonly sizeBytesMax: number
}

/**
 * The acks of one log: appended as they come, and written anew when the file has grown. An ack that is not in the file when the
 * process is killed is a request that arrives twice, so nothing that takes long comes before one: while the new file is made, acks
 * go to both.
 */
export class AckFile {
  readonly set = new AckSet()
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #events: AckFileEvents
  #isFaulty = false
  #current: OpenFile | undefined
  /** Being made, to take the place of the current one. */
  #next: OpenFile | undefined
  #compacting: Promise<void> | undefined
  #pending: SequenceRange[] = []
  /** Resolved when what is pending has been written, or could not be. */
  #pendingEnd: PromiseWithResolvers<void> | undefined
  /** Of the last write that is under way. */
  #writeEnd: Promise<void> | undefined
  #writing: Promise<void> | undefined
  #isClosing = false

  constructor(fileSystem: FileSystem, directory: string, events: AckFileEvents) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#events = events
  }

  /** What the file says, without touching it. */
  static async readSet(fileSystem: FileSystem, directory: string): Promise<AckSet> {
    const set = new AckSet()
    decode(await readAll(fileSystem, directory), set)
    return set
  }

  async open(): Promise<void> {
    try {
      decode(await readAll(this.#fileSystem, this.#directory), this.set)
    } catch (error) {
      if (!isUnreadable(error)) throw error
      // Everything that is still there is sent again.
      this.#fault(error)
      const path = join(this.#directory, name)
      await this.#fileSystem.rename(path, `${path}.unreadable`)
    }
    try {
      // A torn slot at the end would shift all later ones.
      await this.#compact()
    } catch (error) {
      if (!isDiskFull(error)) throw error
      // What is delivered makes room. Until then a crash sends some of it again.
      this.#fault(error)
      const file = await this.#fileSystem.open(join(this.#directory, name), 0o600)
      this.#current = { file, sizeBytes: 0, sizeBytesMax: growthBytesMax }
    }
  }

  add(from: number, to: number = from): void {
    this.set.add(from, to)
    if (this.#isClosing) return
    const last = this.#pending.at(-1)
    if (last !== undefined && last.to + 1 === from) last.to = to
    else this.#pending.push({ from, to })
    this.#pendingEnd ??= Promise.withResolvers()
    this.#writing ??= this.#writeLoop()
  }

  /** Until what was added before is in the file, or the disk has refused it; undefined where it is. */
  get settling(): Promise<void> | undefined {
    return this.#pendingEnd?.promise ?? this.#writeEnd
  }

  /** The old file is gone. */
  async makeAnew(): Promise<void> {
    await this.flush()
    await this.#compacting
    await this.#compact()
  }

  /** Writes all of it anew if something of it is not in the file. */
  repair(): void {
    if (this.#isFaulty && !this.#isClosing) this.#writing ??= this.#writeLoop()
  }

  /** What was added before the call is in the file afterwards, or will be sent again. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
  }

  async close(): Promise<void> {
    // From here on the last compaction says it: one beside it would write the same new file, and leave one open.
    this.#isClosing = true
    await this.flush()
    await this.#compacting
    if (this.#current !== undefined) await this.#compact().catch(error => this.#fault(error))
    await this.#current?.file.close()
    this.#current = undefined
  }

  #fault(error: unknown): void {
    this.#isFaulty = true
    this.#events.fault(error)
  }

  #heal(): void {
    if (!this.#isFaulty) return
    this.#isFaulty = false
    this.#events.healed()
  }

  async #writeLoop(): Promise<void> {
    // What is acked in the same turn shares a write.
    await undefined
    let end: PromiseWithResolvers<void> | undefined
    try {
      while ((this.#pending.length > 0 || this.#isFaulty) && this.#current !== undefined) {
        end = this.#pendingEnd
        this.#pendingEnd = undefined
        this.#writeEnd = end?.promise
        if (this.#isFaulty) {
          // Nobody knows what is in the file: the set says it all.
          await this.#compacting
          this.#pending = []
          await this.#compact()
          this.#heal()
          end?.resolve()
          continue
        }
        const ranges = this.#pending
        this.#pending = []
        await this.#append(encode(ranges), this.#current)
        end?.resolve()
        if (this.#current.sizeBytes > this.#current.sizeBytesMax) this.#compacting ??= this.#compactBehind()
      }
    } catch (error) {
      // The set knows; the next compaction says it all. Until then a crash sends some of it again.
      this.#fault(error)
    } finally {
      end?.resolve()
      // After an error there may be more, which the next compaction says.
      this.#pendingEnd?.resolve()
      this.#pendingEnd = undefined
      this.#writing = undefined
      this.#writeEnd = undefined
    }
  }

  async #append(bytes: Uint8Array, current: OpenFile): Promise<void> {
    const targets = this.#next === undefined ? [current] : [current, this.#next]
    await Promise.all(
      targets.map(target => {
        const offset = target.sizeBytes
        target.sizeBytes += bytes.length
        return target.file.write([bytes], offset, 'soon')
      }),
    )
  }

  async #compactBehind(): Promise<void> {
    try {
      await this.#compact()
    } catch (error) {
      this.#fault(error)
    } finally {
      this.#compacting = undefined
    }
  }

  async #compact(): Promise<void> {
    const path = join(this.#directory, name)
    const made = await this.#fileSystem.open(`${path}.new`, 0o600)
    try {
      await made.truncate(0)
      const bytes = encode(this.set.ranges())
      const next = { file: made, sizeBytes: bytes.length, sizeBytesMax: bytes.length + growthBytesMax }
      this.#next = next
      await made.write([bytes], 0)
      await made.sync()
      await this.#fileSystem.rename(`${path}.new`, path)
      const last = this.#current
      this.#current = next
      this.#next = undefined
      await last?.file.close()
    } catch (error) {
      this.#next = undefined
      // Node ends a process that loses a file it has not closed.
      if (this.#current?.file !== made) await made.close().catch(closing => this.#fault(closing))
      throw error
    }
    await this.#fileSystem.syncDirectory(this.#directory)
  }
}

async function readAll(fileSystem: FileSystem, directory: string): Promise<Uint8Array> {
  try {
    return await fileSystem.readWhole(join(directory, name))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return new Uint8Array(0)
    throw error
  }
}

function decode(bytes: Uint8Array, set: AckSet): void {
  for (let offset = 0; offset + slotBytes <= bytes.length; offset += slotBytes) {
    const slot = bytes.subarray(offset, offset + slotBytes)
    const view = new DataView(slot.buffer, slot.byteOffset, slotBytes)
    if (view.getUint32(16, true) !== crc32(slot.subarray(0, 16))) continue
    const from = Number(view.getBigUint64(0, true))
    const to = Number(view.getBigUint64(8, true))
    if (from >= 1 && to >= from && Number.isSafeInteger(to)) set.add(from, to)
  }
}

function encode(ranges: readonly SequenceRange[]): Uint8Array {
  const bytes = Buffer.alloc(ranges.length * slotBytes)
  for (const [i, { from, to }] of ranges.entries()) {
    const offset = i * slotBytes
    bytes.writeBigUInt64LE(BigInt(from), offset)
    bytes.writeBigUInt64LE(BigInt(to), offset + 8)
    bytes.writeUInt32LE(crc32(bytes.subarray(offset, offset + 16)), offset + 16)
  }
  return bytes
}
