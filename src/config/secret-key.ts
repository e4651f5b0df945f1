export const redactedText = '[REDACTED]'

/** Keys that hold secrets wherever they stand; for what no declaration speaks of. */
export const secretKeyPattern =
  /pass(word|wd)?$|secret|token$|api_?-?key|_pem$|^(proxy-)?authorization$|credential|private_?key/i

/** Whether a value from there is better not repeated in a message. */
export function isSecretOrigin(origin: string | undefined): boolean {
  if (origin === undefined) return false
  return origin.split(', ').some(part => {
    const isVariable = /^(the default of )?environment variable /.test(part)
    return !isVariable || secretKeyPattern.test(part) || /_KEY$|AUTH/.test(part)
  })
}
