import { type ConfigOf, defineConfig, list, opaque, string } from '../../config/declare.ts'

/** The Collector's keys. */
export const bearerTokenAuthConfig = defineConfig(
  {
    header: string('header', 'Authorization', 'Header (gRPC metadata) that carries the token.'),
    scheme: string('scheme', 'Bearer', 'Word before the token; empty means the token alone.'),
    token: opaque('token', '', 'The token.'),
    tokens: list(
      'tokens',
      opaque('', ''),
      [],
      'Several tokens: callers may use any, requests that go out have the first.',
    ),
    filename: string(
      'filename',
      '',
      'File with a token on each line; read again as it changes, and wins over the others.',
    ),
  },
  ({ token, tokens, filename }, problems) => {
    if (!token.isEmpty && tokens.length > 0) {
      problems.error(['tokens'], 'stands beside token', 'keep one of the two')
    } else if (token.isEmpty && tokens.length === 0 && filename === '') {
      const message = problems.has(['token']) ? 'is empty' : 'is missing, and so are tokens and filename'
      problems.error(['token'], message, 'write token: ${env:TOKEN}')
    }
  },
)
export type BearerTokenAuthConfig = ConfigOf<typeof bearerTokenAuthConfig>
