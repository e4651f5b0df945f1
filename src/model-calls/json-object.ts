const lengthMax = 65_536

export type JsonObject = Readonly<Record<string, unknown>>

/** The object that the text is as JSON; an empty one for all else, and for text of more than 64 KiB. */
export function parseObject(text: string): JsonObject {
  if (text === '' || text.length > lengthMax) return {}
  try {
    const parsed: unknown = JSON.parse(text)
    return isObject(parsed) ? parsed : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
