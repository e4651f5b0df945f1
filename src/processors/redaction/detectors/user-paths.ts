import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { keyPath } from './key-flags.ts'
import { escapeEndingAt, isAlnum, latin1, matchesExact } from './text-bytes.ts'

const userPath = detectorId('user_path')

/** Accounts of machines, not of people. */
const serviceAccounts = new Set(
  (
    'root app apps node user users ubuntu debian centos fedora alpine admin administrator runner jenkins gitlab-runner circleci travis git ' +
    'www www-data nginx postgres mysql redis vscode codespace vagrant ec2-user azureuser opc core docker hadoop spark airflow jovyan ' +
    'public shared default all guest deploy build builder ci service sbx_user1051 nonroot appuser runneradmin buildagent vsts ' +
    'containeradministrator containeruser linuxbrew python java dotnet site wwwroot home api index html static assets images products ' +
    'username youruser yourname dashboard about contact settings login search help'
  ).split(' '),
)

/** `/home/<user>/`, `/Users/<user>/` and `C:\Users\<user>\` at the literal that ends at `at`. */
export function detectUserPath(d: Detection, at: number): void {
  const { bytes, start, end } = d
  const slash = at - 3
  let name = 0
  if (matchesExact(bytes, slash, end, '/home/')) name = slash + 6
  else if (matchesExact(bytes, slash, end, '/Users/')) name = slash + 7
  else if (matchesExact(bytes, slash, end, '\\Users\\')) {
    name = slash + 7
    while (bytes[name] === 0x5c) name++
  } else return
  const isWindows =
    bytes[slash] === 0x5c || (slash - 2 >= start && bytes[slash - 1] === 0x3a && isAlnum(bytes[slash - 2]!))
  // /mnt/c/Users/x, /c/Users/x
  const isDrive =
    bytes[slash + 1] === 0x55 &&
    /(?:^|[^\w.-])(?:\/mnt)?\/[a-z]$/.test(latin1(bytes, Math.max(start, slash - 8), slash))
  // In the path of a URL, `/home/x` is a page.
  if (
    !isWindows &&
    !isDrive &&
    slash > start &&
    escapeEndingAt(bytes, start, slash) === 0 &&
    (isAlnum(bytes[slash - 1]!) || bytes[slash - 1] === 0x2e || bytes[slash - 1] === 0x2d)
  )
    return
  if (!isWindows && (d.key.flags & keyPath) !== 0) return
  if (
    /\b(GET|POST|PUT|HEAD|DELETE|PATCH|OPTIONS|path|route|uri)\b\W{0,3}$/i.test(
      latin1(bytes, Math.max(start, slash - 10), slash),
    )
  )
    return
  let to = name
  while (to < end && to - name < 64 && isNameByte(bytes[to]!)) to++
  const user = latin1(bytes, name, to)
  if (
    user === '' ||
    serviceAccounts.has(user.toLowerCase()) ||
    /^[\d.-]+$|^\.|^user_?name$/i.test(user) ||
    /^[0-9a-f-]{24,}$/i.test(user)
  )
    return
  // A page of that name has nothing behind it; a home folder has.
  const next = to < end ? bytes[to]! : 0
  if (!isWindows && bytes[slash + 1] === 0x68 && next !== 0x2f && next !== 0x20 && next !== 0) return
  d.add(userPath, name, to)
}

const isNameByte = (byte: number) => isAlnum(byte) || byte === 0x2e || byte === 0x5f || byte === 0x2d || byte >= 0x80
