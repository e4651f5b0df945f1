/** `type` or `type/name`, taken apart; or what is wrong with it. Spaces around both parts do not count. */
export function parseComponentId(text: string): { type: string; name: string } | { message: string } {
  const slash = text.indexOf('/')
  const type = (slash === -1 ? text : text.slice(0, slash)).trim()
  const name = slash === -1 ? '' : text.slice(slash + 1).trim()
  if (text.trim() === '') return { message: 'an id must not be empty' }
  if (type === '') return { message: `in the id "${text}" the part before / is empty` }
  if (slash !== -1 && name === '') return { message: `in the id "${text}" the part after / is empty` }
  if (!/^[a-zA-Z][0-9a-zA-Z_]{0,62}$/.test(type)) {
    return { message: `"${type}" is no component type: letters, digits and _ only, a letter first, at most 63` }
  }
  if (name !== '' && (name.length > 1024 || !/^[^\p{Z}\p{C}\p{S}]+$/u.test(name))) {
    return { message: `in the id "${text}" the name has spaces, symbols or more than 1024 characters` }
  }
  return { type, name }
}

/** The id as everything compares it. */
export function normalizedId(text: string): string {
  const id = parseComponentId(text)
  if ('message' in id) return text.trim()
  return id.name === '' ? id.type : `${id.type}/${id.name}`
}
