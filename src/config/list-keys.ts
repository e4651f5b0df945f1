/** Names for a remedy, the first two dozen of them. */
export function listKeys(keys: readonly string[]): string {
  const shown = keys.slice(0, 24).join(', ')
  return keys.length > 24 ? `${shown} and ${keys.length - 24} more` : shown
}
