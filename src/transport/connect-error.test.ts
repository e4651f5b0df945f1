import t from 'tap'
import { connectErrorText } from './connect-error.ts'

/** As Node 26 and OpenSSL 3 word them. */
for (const [message, expected] of [
  ['connect ECONNREFUSED 127.0.0.1:1', 'connect ECONNREFUSED 127.0.0.1:1'],
  [
    'Client network socket disconnected before secure TLS connection was established',
    /established; a backend that speaks plain text needs tls: \{insecure: true\}/,
  ],
  [
    '4043920A697F0000:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/openssl/x.c:77:\n',
    /^TLS: wrong version number; a backend that speaks plain text/,
  ],
  [
    'unable to verify the first certificate; if the root CA is installed locally, try running Node.js with --use-system-ca',
    /^unable to verify the first certificate; name the authority behind the backend in tls: \{ca_file: \.\.\.\}$/,
  ],
  ['self-signed certificate', /ca_file/],
  [
    '4043:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:../a.c:918:SSL alert number 116\n',
    /^TLS: tlsv13 alert certificate required; the backend wants tls: \{cert_file: \.\.\., key_file: \.\.\.\}$/,
  ],
  [
    '4043:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:../a.c:918:SSL alert number 48\n',
    /^TLS: tlsv1 alert unknown ca; the backend does not take the certificate of cert_file$/,
  ],
  ['certificate has expired', /^certificate has expired; that of the backend, by this machine's clock$/],
  [
    "Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames: DNS:b",
    /server_name_override/,
  ],
] as const) {
  t.test(`"${message.slice(0, 60)}" in words`, async t => {
    const text = connectErrorText(new Error(message))
    if (typeof expected === 'string') t.equal(text, expected)
    else t.match(text, expected)
  })
}

t.test('several addresses are told one after the other', async t => {
  t.equal(connectErrorText(new AggregateError([new Error('a'), new Error('b')])), 'a; b')
})
