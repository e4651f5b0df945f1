/** A matcher for `*` (any text) and `?` (one character), in any case; linear in the text for any pattern. */
export function globMatcher(pattern: string): (text: string) => boolean {
  const wanted = pattern.toLowerCase()
  if (wanted === '*') return () => true
  if (!/[*?]/.test(wanted)) return text => text.toLowerCase() === wanted
  return text => matchesGlob(wanted, text.toLowerCase())
}

/** Remembers only the last star: going back further can never help. */
function matchesGlob(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let resume = 0
  let i = 0
  while (i < text.length) {
    if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[i]) && pattern[at] !== '*') {
      at++
      i++
    } else if (pattern[at] === '*') {
      star = at++
      resume = i
    } else if (star >= 0) {
      at = star + 1
      i = ++resume
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
