/** Path segments that vary from request to request become `*`; query and fragment go. Scheme, user and host stay. */
export function sanitizeUrl(url: string): string {
  const [, origin = '', path = ''] = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*)?([^?#]*)/.exec(url) ?? []
  return (
    origin +
    path
      .split('/')
      .map(segment => (isVariable(segment) ? '*' : segment))
      .join('/')
  )
}

const looksLikeWord = /^[A-Za-z]+(?:[-_.][A-Za-z]+)*$/

/** Numbers, ids, digests and whatever else is no word, version or file name. */
function isVariable(segment: string): boolean {
  if (segment === '' || segment === '*' || /^v\d{1,2}(?:\.\d+)?(?:beta\d?|alpha\d?)?$/i.test(segment)) return false
  if (looksLikeWord.test(segment)) return segment.length > 40
  // The name of a part of a route: {id}, :id, <int:id>.
  if (/^[{:<[][\w.:*-]*[}>\]]?$/.test(segment)) return false
  return /\d|%|@|=|~/.test(segment) || segment.length > 40 || !/^[\w.-]+$/.test(segment)
}

const placeInText = /(^|[\s"'`=(<[,;|])((?:[A-Za-z][A-Za-z0-9+.-]{1,31}:\/)?\/[^\s"'`<>()[\]{},;|]+)/g

/** URLs and paths in the text of a log's body; what stands around them stays. */
export function sanitizeUrlsInText(text: string): string {
  if (!text.includes('/')) return text
  return text.replace(placeInText, (_, before: string, url: string) => before + sanitizeUrl(url))
}

/** The name of a span such as `GET /orders/17`. */
export function sanitizeSpanName(name: string): string {
  const slash = name.indexOf('/')
  if (slash < 0) return name
  const at = /(^|\s)(?:[A-Za-z][A-Za-z0-9+.-]*:\/)?\//.exec(name)
  if (at === null) return name
  const from = at.index + at[1]!.length
  const space = name.indexOf(' ', from)
  const to = space < 0 ? name.length : space
  return name.slice(0, from) + sanitizeUrl(name.slice(from, to)) + name.slice(to)
}
