import { personSubjects } from './describe-key.ts'
import { wordsOfName } from './name-words.ts'

/** Whether it is a name to show of nobody knows what: `display_name`, and not `user.display_name`. */
export function isDisplayName(name: string): boolean {
  const words = wordsOfName(name)
  const count = words.at(-1) === 'displayname' ? 1 : words.at(-1) === 'name' && words.at(-2) === 'display' ? 2 : 0
  const subject = words.at(-1 - count) ?? ''
  return count > 0 && (!personSubjects.has(subject) || vagueSubjects.has(subject))
}

/** Subjects that are things as often: `owner_name` of a set of pods, `driver.name` of a database, `display_name` of a dashboard. */
const vagueSubjects = new Set(
  'owner client sender member holder parent driver signer tenant recipient legal real contact delivery billing shipping emergency author'.split(
    ' ',
  ),
)

/** Whether a name with a vague subject, alone or behind one that is no person: its value must look like a person's. */
export function isVagueName(name: string): boolean {
  const words = wordsOfName(name)
  const subject = words.at(-2) ?? ''
  if (words.at(-1) !== 'name' || !vagueSubjects.has(subject)) return false
  return !(personSubjects.has(words.at(-3) ?? '') && !vagueSubjects.has(words.at(-3)!))
}
