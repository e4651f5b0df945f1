/**
 * Says of a valid request that each of its spans begins with a trace id and then a span id, has no second trace id and no
 * tracestate, and that no length in it takes more bytes than it needs. So a sampler can tell from the first bytes of a span
 * whose it is, and from one search that nothing in the request asks for more. True of these very bytes, and of no edited copy.
 */
export class PlainSpans {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}
