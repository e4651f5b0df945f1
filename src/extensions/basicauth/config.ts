import { type ConfigOf, defineConfig, opaque, optional, string } from '../../config/declare.ts'
import { unreadableLines } from './htpasswd.ts'

const htpasswdConfig = defineConfig({
  file: string('file', '', 'File with a line name:hash for each user; read once, at the start.', { readsFile: true }),
  inline: opaque('inline', '', 'The same lines as text; they win over the file.'),
})

const clientConfig = defineConfig({
  username: string('username', '', 'Name.'),
  usernameFile: string('username_file', '', 'File with the name, read again as it changes; wins over username.'),
  password: opaque('password', '', 'Password.'),
  passwordFile: string('password_file', '', 'File with the password, read again as it changes; wins over password.'),
})

/** The Collector's keys. */
export const basicAuthConfig = defineConfig(
  {
    htpasswd: optional('htpasswd', htpasswdConfig, 'Who may send to receivers.', { nullIsOff: true }),
    clientAuth: optional('client_auth', clientConfig, 'How exporters introduce themselves.', { nullIsOff: true }),
  },
  ({ htpasswd, clientAuth }, problems) => {
    if (htpasswd === undefined && clientAuth === undefined) {
      problems.error(
        ['client_auth'],
        'is missing, and so is htpasswd',
        'write client_auth: {username: x, password: ...}',
      )
    } else if (htpasswd !== undefined && clientAuth !== undefined) {
      problems.error(['htpasswd'], 'stands beside client_auth', 'define one extension for each, as basicauth/name')
    }
    if (htpasswd !== undefined && htpasswd.file === '' && htpasswd.inline.isEmpty) {
      problems.error(['htpasswd'], 'names no user', 'write file: /path, or inline: lines of name:hash')
    }
    for (const line of unreadableLines(htpasswd?.inline.reveal() ?? '')) {
      problems.error(['htpasswd', 'inline'], `has a line that cannot be read, ${line}`, hashAdvice)
    }
  },
)
export type BasicAuthConfig = ConfigOf<typeof basicAuthConfig>

export const hashAdvice = 'write name:hash with a hash of htpasswd -m, htpasswd -s or {SSHA}; bcrypt is not read here'
