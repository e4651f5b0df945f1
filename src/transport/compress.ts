import {
  createDeflate,
  createGzip,
  createZstdCompress,
  deflateSync,
  gzipSync,
  constants as zlibConstants,
  zstdCompressSync,
} from 'node:zlib'
import type { GrpcEncoding } from './client.ts'
import type { ContentEncoding } from './inflate.ts'
import { encodeLz4Frame } from './lz4.ts'
import { encodeSnappyBlock, encodeSnappyFramed } from './snappy.ts'

export type CompressionName = ContentEncoding | 'x-snappy-framed'

/** Below this the bytes are compressed on the calling thread: a hop costs more. */
const inlineBytesMax = 32 * 1024

/**
 * Compresses the parts as one body, which comes back in pieces too, ready to be sent one after the other. Large bodies
 * are compressed on libuv's threads. `level` is the codec's own; undefined means its fast default (gzip 1, zstd 1).
 */
export function compress(
  encoding: CompressionName,
  parts: readonly Uint8Array[],
  level?: number,
): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
  if (encoding === 'identity') return parts
  let totalBytes = 0
  for (const part of parts) totalBytes += part.length
  const isOurs = encoding === 'snappy' || encoding === 'x-snappy-framed' || encoding === 'lz4'
  if (isOurs || totalBytes <= inlineBytesMax) {
    return [compressSync(encoding, parts.length === 1 ? parts[0]! : Buffer.concat(parts, totalBytes), level)]
  }
  return compressStreaming(encoding, parts, level)
}

/**
 * The same for a message of gRPC, where snappy means the framed format: grpc-go's compressor reads a stream and calls a
 * block corrupt. Source: github.com/mostynb/go-grpc-compression, which the Collector uses.
 */
export function compressMessage(
  encoding: GrpcEncoding,
  parts: readonly Uint8Array[],
  level?: number,
): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
  return compress(encoding === 'snappy' ? 'x-snappy-framed' : encoding, parts, level)
}

/** The same on the calling thread, for workers. */
export function compressSync(encoding: CompressionName, bytes: Uint8Array, level?: number): Uint8Array {
  switch (encoding) {
    case 'identity':
      return bytes
    case 'gzip':
      return gzipSync(bytes, { level: level ?? 1 })
    case 'deflate':
      return deflateSync(bytes, { level: level ?? 1 })
    case 'zstd':
      return zstdCompressSync(bytes, zstdSettings(bytes.length, level))
    case 'snappy':
      return encodeSnappyBlock(bytes)
    case 'x-snappy-framed':
      return encodeSnappyFramed(bytes)
    case 'lz4':
      return encodeLz4Frame(bytes)
  }
}

function zstdSettings(totalBytes: number, level: number | undefined) {
  return {
    params: { [zlibConstants.ZSTD_c_compressionLevel]: level ?? 1 },
    pledgedSrcSize: totalBytes,
  }
}

function compressStreaming(
  encoding: 'gzip' | 'deflate' | 'zstd',
  parts: readonly Uint8Array[],
  level: number | undefined,
): Promise<readonly Uint8Array[]> {
  let totalBytes = 0
  for (const part of parts) totalBytes += part.length
  const settings = { level: level ?? 1, chunkSize: 64 * 1024 }
  const stream =
    encoding === 'gzip'
      ? createGzip(settings)
      : encoding === 'deflate'
        ? createDeflate(settings)
        : createZstdCompress({ ...zstdSettings(totalBytes, level), chunkSize: 64 * 1024 })
  return new Promise((resolve, reject) => {
    const out: Uint8Array[] = []
    stream.on('data', (chunk: Uint8Array) => out.push(chunk))
    stream.on('end', () => resolve(out))
    stream.on('error', reject)
    for (const part of parts) stream.write(part)
    stream.end()
  })
}
