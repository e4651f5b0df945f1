import { HeaderField } from './header-field.ts'

/** The static table of HPACK (RFC 7541, appendix A); index 1 is the first line. */
const lines = `
:authority|
:method|GET
:method|POST
:path|/
:path|/index.html
:scheme|http
:scheme|https
:status|200
:status|204
:status|206
:status|304
:status|400
:status|404
:status|500
accept-charset|
accept-encoding|gzip, deflate
accept-language|
accept-ranges|
accept|
access-control-allow-origin|
age|
allow|
authorization|
cache-control|
content-disposition|
content-encoding|
content-language|
content-length|
content-location|
content-range|
content-type|
cookie|
date|
etag|
expect|
expires|
from|
host|
if-match|
if-modified-since|
if-none-match|
if-range|
if-unmodified-since|
last-modified|
link|
location|
max-forwards|
proxy-authenticate|
proxy-authorization|
range|
referer|
refresh|
retry-after|
server|
set-cookie|
strict-transport-security|
transfer-encoding|
user-agent|
vary|
via|
www-authenticate|`

export const staticTable: readonly HeaderField[] = lines
  .trim()
  .split('\n')
  .map(line => {
    const [name = '', value = ''] = line.split('|')
    return new HeaderField(name, value)
  })

const byName = new Map<string, number>()
const byField = new Map<string, number>()
staticTable.forEach((field, position) => {
  if (!byName.has(field.name)) byName.set(field.name, position + 1)
  byField.set(`${field.name}\n${field.value}`, position + 1)
})

/** The index of the whole field, or 0. */
export function staticFieldIndex(name: string, value: string): number {
  return byField.get(`${name}\n${value}`) ?? 0
}

/** The first index with that name, or 0. */
export function staticNameIndex(name: string): number {
  return byName.get(name) ?? 0
}
