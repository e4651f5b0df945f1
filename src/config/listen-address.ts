/** `host:port` taken apart; the host is empty for every interface. Undefined where the text is none. */
export function parseListenAddress(text: string): { host: string; port: number } | undefined {
  const match = /^(\[[0-9a-fA-F:.%\w]*\]|[^:\s/[\]]*):(\d{1,5})$/.exec(text)
  if (match === null) return undefined
  const port = Number(match[2])
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '')
  return port > 65535 ? undefined : { host, port }
}
