import { bool, type ConfigOf, defineConfig, uint } from '../../config/declare.ts'
import { httpServerShape } from '../../config/sections/http.ts'

const defaultBodyBytesMax = 20 * 1024 * 1024

/** Names and defaults follow the Collector's Zipkin receiver. */
export const zipkinReceiverConfig = defineConfig({
  ...httpServerShape('localhost:9411'),
  maxRequestBodyBytes: uint(
    'max_request_body_size',
    defaultBodyBytesMax,
    'Largest request body in bytes, on the wire and again after decompression; 0 means 20 MiB.',
  ),
  parseStringTags: bool(
    'parse_string_tags',
    false,
    'Turn tags that look like integers, decimals or booleans into such.',
  ),
})

export type ZipkinReceiverConfig = ConfigOf<typeof zipkinReceiverConfig>

/** 0 means the default. */
export function httpBodyBytesMax(config: ZipkinReceiverConfig): number {
  return config.maxRequestBodyBytes === 0 ? defaultBodyBytesMax : config.maxRequestBodyBytes
}
