import t from 'tap'
import { literalTables } from '../scan/literals.ts'
import { createScanner } from '../scan/wasm-scanner.ts'
import { catalog } from './catalog.ts'
import { Detector } from './detect.ts'
import { detectorSettings } from './detection.ts'
import { markFindings } from './mark-findings.ts'

const profiles = new Map(catalog.map(({ name, profile }) => [name, profile]))
const standard = new Detector(
  detectorSettings(name => profiles.get(name) !== 'strict'),
  createScanner(literalTables()),
)

/** Text that only looks like it, and beside it what has the same shape and is one: what goes in, what comes out, under which key. */
const pairs: readonly (readonly [text: string, marked: string, key?: string])[] = [
  // Documentation: a command on the line after the sentence that names what it needs.
  ['Ask for a password:\n\n`tool login --user {{name}}`', 'Ask for a password:\n\n`tool login --user {{name}}`'],
  ['Make a passphrase:\n\n`pwmake`', 'Make a passphrase:\n\n`pwmake`'],
  ['password:\nhunter22xk', 'password:\n[secret]'],
  ['password: `hunter22xk`', 'password: `[secret]`'],
  // Placeholders in angle brackets are no elements.
  ['--client-secret="<SECRET>" --issuer="<URL>"', '--client-secret="<SECRET>" --issuer="<URL>"'],
  ['- `<secret>`: any text, `<path>`: a path', '- `<secret>`: any text, `<path>`: a path'],
  ['<password>hunter2x</password>', '<password>[secret]</password>'],
  ['<a><token>9f8e7d6c5b4a3f2e1d</token></a>', '<a><token>[secret]</token></a>'],
  ['<password>"hunter2x"</password>', '<password>"[secret]"</password>'],
  // Templates of programs.
  [
    'f"login of {user}, password: {password}" amqp://{user}:{pass}@{host}/',
    'f"login of {user}, password: {password}" amqp://{user}:{pass}@{host}/',
  ],
  ['"%s:%s@tcp(%s:%d)/%s"', '"%s:%s@tcp(%s:%d)/%s"'],
  ['postgres://app:SECRET[aws.db_password]@db/x', 'postgres://app:SECRET[aws.db_password]@db/x'],
  [
    'API_KEY: ${{ secrets.DEPLOY_API_KEY }} u=^USER^&password=^PASS^',
    'API_KEY: ${{ secrets.DEPLOY_API_KEY }} u=^USER^&password=^PASS^',
  ],
  ['token=%5BFiltered%5D&session=%5BFiltered%5D', 'token=%5BFiltered%5D&session=%5BFiltered%5D'],
  ['postgres://app:%s3cret@db/x password={hunter2x}', 'postgres://app:[url_credentials]@db/x password={[secret]}'],
  // Source code.
  ['next_token = reader.take_all(lines[0])', 'next_token = reader.take_all(lines[0])'],
  [
    'password_hash = hasher.hash5(password.encode(), rounds=12)',
    'password_hash = hasher.hash5(password.encode(), rounds=12)',
  ],
  ['if token == END_OF_LINE || token == LAST', 'if token == END_OF_LINE || token == LAST'],
  ['Authorization: &v1.AuthorizationSpec{', 'Authorization: &v1.AuthorizationSpec{'],
  ["{ 'Authorization': this.authHeader, 'X-Id': 'x' }", "{ 'Authorization': this.authHeader, 'X-Id': 'x' }"],
  ['fCookie: = e.paths[path]', 'fCookie: = e.paths[path]'],
  ['password == hunter2x!', 'password == [secret]'],
  ['Authorization: 9f8e7d6c5b4a3f2e1d00', 'Authorization: [authorization]'],
  ['Authorization: v2.local.Xk29fjskXk29fjskXk29', 'Authorization: [authorization]'],
  // Folders of programs.
  ['-v $HOME/.aws/:/home/.aws/ C:\\Users\\USER_NAME\\x', '-v $HOME/.aws/:/home/.aws/ C:\\Users\\USER_NAME\\x'],
  ['-v $HOME/.aws/:/home/alice/.aws/', '-v $HOME/.aws/:/home/[user_path]/.aws/'],
]

for (const [text, marked, key] of pairs) {
  t.test(
    `${text === marked ? 'leaves alone' : 'finds what is in'}: ${key === undefined ? '' : `${key}=`}${text}`,
    async t => {
      t.equal(markFindings(standard, text, key), marked)
    },
  )
}
