import { nationalIdWords, neutralEndings, wordLists } from './key-meanings.ts'
import { authorizationWords, cookieWords, queryWords, secretEndings, secretWords } from './secret-names.ts'

/** Every word that may end a name of interest, for the quick look before the full one; `+` marks those that never stand alone. */
export function nameEndings(): string[] {
  const words = [...secretWords, ...queryWords, ...secretEndings, ...authorizationWords, ...cookieWords].filter(
    word => word.length > 1,
  )
  for (const [, list] of wordLists) words.push(...list.split(' '))
  for (const list of Object.values(nationalIdWords)) words.push(...list.split(' '))
  return [
    ...words,
    'name',
    'address',
    'string',
    'str',
    'no',
    'pat',
    'basic',
    'negotiate',
    'ntlm',
    '+header',
    '+headers',
    ...[...neutralEndings].map(word => `+${word}`),
  ]
}
