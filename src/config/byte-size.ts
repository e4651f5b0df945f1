const unitBytes: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 1024,
  m: 1e6,
  mb: 1e6,
  mib: 1024 ** 2,
  g: 1e9,
  gb: 1e9,
  gib: 1024 ** 3,
  t: 1e12,
  tb: 1e12,
  tib: 1024 ** 4,
}

/** `16MiB`, `1kb`, `512` in bytes; undefined where the text is no size. Units ignore case. */
export function parseByteSize(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text)
  if (match === null) return undefined
  const unit = unitBytes[(match[2] ?? '').toLowerCase()]
  return unit === undefined ? undefined : Math.floor(Number(match[1]) * unit)
}

/** Bytes as a person would write them: `16MiB`, `65000`. */
export function formatByteSize(bytes: number): string {
  for (const [name, unit] of [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const) {
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit}${name}`
  }
  return String(bytes)
}
