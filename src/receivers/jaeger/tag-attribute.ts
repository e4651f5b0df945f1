import type { AttributeWriter } from '../../pdata/attribute-writer.ts'
import { type JaegerTag, tagBool, tagBytes, tagDouble, tagInt, tagString } from './jaeger-tag.ts'

/** Writes a tag as an attribute of the same type. */
export function writeTag(attributes: AttributeWriter, tag: JaegerTag): void {
  const { source, keyStart, keyEnd } = tag
  switch (tag.type) {
    case tagString:
      attributes.string(source, keyStart, keyEnd, source, tag.start, tag.end)
      return
    case tagBool:
      attributes.bool(source, keyStart, keyEnd, tag.bool)
      return
    case tagInt:
      attributes.int(source, keyStart, keyEnd, tag.low, tag.high)
      return
    case tagDouble:
      attributes.double(source, keyStart, keyEnd, tag.low, tag.high)
      return
    case tagBytes:
      attributes.bytes(source, keyStart, keyEnd, source, tag.start, tag.end)
      return
    default: {
      const text = Buffer.from(`<Unknown Jaeger TagType ${tag.low}>`)
      attributes.string(source, keyStart, keyEnd, text, 0, text.length)
    }
  }
}
