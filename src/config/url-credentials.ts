/**
 * User and password of a URL as the value of an `authorization` or `proxy-authorization` header (RFC 7617). Percent escapes are
 * read; a lone percent sign stands for itself.
 */
export function basicCredentials({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${unescaped(username)}:${unescaped(password)}`).toString('base64')}`
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
