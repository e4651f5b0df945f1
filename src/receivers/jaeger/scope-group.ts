import { writeText } from '../../pdata/attribute-writer.ts'
import { groupScopes, scopeGroupRecords, scopeGroupScope, scopeName, scopeVersion } from '../../pdata/otlp-fields.ts'
import { copyBytes } from '../../wire/copy-bytes.ts'
import type { WireWriter } from '../../wire/wire-writer.ts'
import { isSame } from './jaeger-tag.ts'

const emptyBytes = new Uint8Array(0)

/** A range of the source that waits until the span is complete; `start` is -1 while there is none. */
export interface Range {
  start: number
  end: number
}

/** The spans that follow each other with one scope. Which scope that is says the first of them, at its end. */
export class ScopeGroup {
  #start = -1
  #mark = 0
  #spanCount = 0
  #spanStart = 0
  #spanMark = 0
  #name: Uint8Array = emptyBytes
  #version: Uint8Array = emptyBytes

  reset(): void {
    this.#start = -1
  }

  /** Begins a span, and the group where none is open. */
  beginSpan(writer: WireWriter): void {
    this.#open(writer)
    this.#spanStart = writer.length
    this.#spanMark = writer.openWide(scopeGroupRecords)
  }

  /** The span that was begun is none. */
  dropSpan(writer: WireWriter): void {
    writer.truncate(this.#spanStart)
  }

  #open(writer: WireWriter): void {
    if (this.#start >= 0) return
    this.#start = writer.length
    this.#mark = writer.open(groupScopes)
    this.#spanCount = 0
  }

  /**
   * Ends the span where it stands if its scope is the group's, else moves it into a group of its scope: `name` and `version` in
   * `source`, of which a version alone does not count.
   */
  endSpan(writer: WireWriter, source: Uint8Array, name: Range, version: Range): void {
    const hasVersion = name.start >= 0 && version.start >= 0
    const nameStart = Math.max(name.start, 0)
    const nameEnd = name.start < 0 ? 0 : name.end
    const versionStart = hasVersion ? version.start : 0
    const versionEnd = hasVersion ? version.end : 0
    if (this.#spanCount === 0) {
      this.#name = copyRange(source, nameStart, nameEnd)
      this.#version = copyRange(source, versionStart, versionEnd)
    } else if (
      !isSame(source, nameStart, nameEnd, this.#name) ||
      !isSame(source, versionStart, versionEnd, this.#version)
    ) {
      const span = writer.buffer.slice(this.#spanMark, writer.length)
      writer.truncate(this.#spanStart)
      this.close(writer)
      this.#open(writer)
      this.#spanCount = 1
      this.#name = copyRange(source, nameStart, nameEnd)
      this.#version = copyRange(source, versionStart, versionEnd)
      writer.bytesField(scopeGroupRecords, span)
      return
    }
    this.#spanCount++
    writer.closeWide(this.#spanMark)
  }

  /** Writes the scope behind its spans; a group without any goes. */
  close(writer: WireWriter): void {
    if (this.#start < 0) return
    const name = this.#name
    const version = this.#version
    if (this.#spanCount === 0) {
      writer.truncate(this.#start)
    } else {
      if (name.length > 0 || version.length > 0) {
        const scope = writer.open(scopeGroupScope)
        if (name.length > 0) writeText(writer, scopeName, name, 0, name.length)
        if (version.length > 0) writeText(writer, scopeVersion, version, 0, version.length)
        writer.close(scope)
      }
      writer.close(this.#mark)
    }
    this.#start = -1
  }
}

function copyRange(source: Uint8Array, start: number, end: number): Uint8Array {
  return start === end ? emptyBytes : copyBytes(source, start, end)
}
