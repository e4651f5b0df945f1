/**
 * Names and values in turn: `['content-type', 'application/grpc', 'grpc-status', '0']`. Names are lower-case. Answers
 * that never change share one frozen list, so that a transport may keep its encoding by identity.
 */
export type HeaderList = readonly string[]

export const noHeaders: HeaderList = Object.freeze([])

/** The value of `name` (lower-case) in a list; several of the same name are joined by `, ` as HTTP says. */
export function headerIn(list: HeaderList, name: string): string | undefined {
  let found: string | undefined
  for (let i = 0; i + 1 < list.length; i += 2) {
    if (list[i] === name) found = found === undefined ? list[i + 1] : `${found}, ${list[i + 1]}`
  }
  return found
}
