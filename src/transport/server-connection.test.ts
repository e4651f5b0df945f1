import t from 'tap'
import { fuzzHpack, fuzzHuffman } from './h2/hpack.fuzz.ts'
import { fuzzHttp1Server, fuzzHttp2Server } from './server-connection.fuzz.ts'

t.test(
  'HTTP/2 connections come to the same end in whatever pieces their bytes come, and tell each request once',
  async t => {
    t.ok((await fuzzHttp2Server(1, 500)) > 50)
  },
)

t.test('HTTP/1.1 connections do too', async t => {
  t.ok((await fuzzHttp1Server(1, 500)) > 100)
})

t.test('header blocks mean what a plain reading of RFC 7541 says', async t => {
  t.ok(fuzzHpack(1, 4000) > 1000)
  t.ok(fuzzHuffman(1, 2000) > 200)
})
