/** Strings, names and numbers of SQL. Each branch ends at its first delimiter. */
const sqlParts =
  /'(?:[^'\\]|\\.)*'?|\$(?:[A-Za-z_]\w*)?\$|"(?:[^"]|"")*"?|`[^`]*`?|[:@]{1,2}[A-Za-z_]\w*|[A-Za-z_][\w$]*|\$\d+|[-+]?(?:0[xX][0-9a-fA-F]+|0\d+|\d[\d.]*(?:[eE][-+]?\d+)?)/g
const literal = /^(?:true|false|null)$/i
/** A sign behind one of these belongs to it. */
const operator = /[=<>!/%+~^&|-]/

/**
 * Every literal becomes `?`, as the Collector has it: strings, numbers, truth values, NULL, parameters by number, and numbers
 * within names, but those of functions and of variables. Comments stay; what is in them goes the same way, unlike there.
 */
export function sanitizeSql(sql: string): string {
  let out = ''
  let from = 0
  sqlParts.lastIndex = 0
  for (let match = sqlParts.exec(sql); match !== null; match = sqlParts.exec(sql)) {
    const [part] = match
    out += sql.slice(from, match.index)
    from = match.index + part.length
    const first = part[0]!
    if (first === "'") out += '?'
    else if (first === '$' && part.endsWith('$') && part.length > 1) {
      // A dollar-quoted string: to its closing tag, or to the end.
      const end = sql.indexOf(part, from)
      from = end < 0 ? sql.length : end + part.length
      sqlParts.lastIndex = from
      out += '?'
    } else if (first === '-' || first === '+') out += operator.test(sql[match.index - 1] ?? '') ? `${first}?` : '?'
    else if (first === '$' || /^\d/.test(part)) out += '?'
    else if (literal.test(part) && sql[match.index - 1] !== '.') out += '?'
    else if (first === '@' || sql[from] === '(') out += part
    else out += part.replace(/\d+/g, '?')
  }
  return (out + sql.slice(from)).trim()
}

/** MongoDB, OpenSearch and Elasticsearch: names stay, values become `?`. What is no JSON becomes `?` as a whole. */
export function sanitizeJson(text: string): string {
  try {
    return text
      .split(/\n(?=\s*\{)/)
      .map(line => JSON.stringify(withoutValues(JSON.parse(line), 0)))
      .join('\n')
  } catch {
    return '?'
  }
}

function withoutValues(value: unknown, depth: number): unknown {
  if (depth > 64 || typeof value !== 'object' || value === null) return '?'
  if (Array.isArray(value))
    return value.some(item => typeof item === 'object' && item !== null)
      ? value.map(item => withoutValues(item, depth + 1))
      : '?'
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutValues(item, depth + 1)]))
}

const scalar = /^\s*(?:-?\d[\d.eE+-]*|true|false|null|"(?:[^"\\\n]|\\.)*")\s*$/

/** Text that is JSON, and only such: a log line or a span's name may be anything. */
export function sanitizeIfJson(text: string): string {
  if (/^\s*[[{]/.test(text)) return sanitizeJson(text)
  if (!scalar.test(text)) return text
  const made = sanitizeJson(text)
  return made === '?' ? text : made
}
