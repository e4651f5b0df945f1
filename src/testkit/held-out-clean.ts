import { below, digitsOf, hexOf, lower, pick, text, upper, word } from './held-out-values.ts'

/** Names of things that also name what is secret or personal. */
const things = (
  'order user cart payment session token request cache invoice password secret credential auth key config worker queue phone card email address ' +
  'account client server login reset policy audit social mobile contact passport licence bank routing mac number call text cell mail name birth ' +
  'tax medicare pin wallet device peer host node pod topic group tenant billing customer profile vault signature'
).split(' ')
const inner = () =>
  pick([`10.${below(256)}.${below(256)}.${below(256)}`, `192.168.${below(256)}.${below(256)}`, '127.0.0.1'])

const makers: Readonly<Record<string, (length: number) => string>> = {
  a: () => pick(things),
  A: () => pick(things).replace(/^./, first => first.toUpperCase()),
  h: length => text(length, hexOf),
  H: length => text(length, hexOf).toUpperCase(),
  d: length => text(1, digitsOf.slice(1)) + text(length - 1, digitsOf),
  n: length => String(below(length)),
  w: length => text(length, word),
  u: length => text(length, upper),
  l: length => text(length, lower + digitsOf),
  s: length => text(length, 'bcdfghjklmnpqrstvwxz2456789'),
  o: length => text(length, upper + digitsOf),
  b: length => Buffer.from(text(length, word)).toString('base64'),
  i: () => inner(),
  v: () => `${below(30)}.${below(40)}.${below(200)}${pick(['', '-rc.1', '-SNAPSHOT', '.RELEASE'])}`,
  U: () => `${text(8, hexOf)}-${text(4, hexOf)}-4${text(3, hexOf)}-a${text(3, hexOf)}-${text(12, hexOf)}`,
  t: () => `2026-0${1 + below(9)}-1${below(10)}T10:0${below(10)}:00.${text(6, digitsOf)}Z`,
}

/** `‹h8›` becomes eight hex digits, `‹a›` the name of a thing, and so on. */
const filled = (template: string) =>
  template.replace(/‹(\w)(\d*)›/g, (_, kind: string, length: string) => makers[kind]!(Number(length)))

const texts: Readonly<Record<string, string>> = {
  'log of a span':
    '‹t› INFO [‹a›-svc,‹h32›,‹h16›,true] ‹n99999› --- [exec-‹n99›] c.a.‹a›.‹A›Controller : handled in ‹n9999›ms',
  'ids of Datadog': 'dd.trace_id=‹d19› dd.span_id=‹d18› dd.service=‹a›',
  snowflakes: 'message 1‹d17› posted in channel 1‹d17›',
  times: 'now=17‹d8› ms=17‹d11› us=17‹d14› ns=17‹d17›',
  nginx:
    '‹i› - - [1‹n9›/Oct/2026:13:55:36 +0000] "GET /‹a›/‹d8›?page=‹n99› HTTP/1.1" 200 ‹d7› "-" "kube-probe/1.‹n30›" ‹i›:8080 0.‹d3› ‹h32›',
  lambda:
    'REPORT RequestId: ‹U›\tDuration: ‹n9999›.‹d2› ms\tMemory Size: 128 MB\tXRAY TraceId: 1-‹h8›-‹h24›\tSegmentId: ‹h16›',
  arn: 'arn:aws:secretsmanager:us-east-1:‹d12›:secret:‹a›/‹a›-‹w6›',
  s3: 's3://‹a›-‹d12›-us-east-1/‹a›/dt=2026-01-0‹n9›/part-0000‹n9›-‹U›.c000.snappy.parquet',
  'accounts of a cloud': 'account ‹d12› assumed role ‹a›-role',
  'events of a cluster':
    'Successfully assigned ‹a›/‹a›-‹s9›-‹s5› to ip-10-‹n256›-‹n256›-‹n256›.eu-west-1.compute.internal',
  'secrets of a cluster':
    'MountVolume.SetUp failed for volume "kube-api-access-‹l5›" : secret "‹a›-token-‹l5›" not found',
  'files and lines': 'I0912 10:00:00.‹d6› ‹d5› ‹a›.go:‹d4›] "Syncing" resourceVersion=‹d9›',
  kafka:
    '[Consumer clientId=consumer-‹a›-‹n99›, groupId=‹a›-group] Committed offset ‹d12› for partition ‹a›-events-‹n64›',
  hdfs: 'Receiving block BP-‹d9›-‹i›-17‹d11›:blk_‹d10›_‹n9999› src: /‹i›:‹n65535› dest: /‹i›:50010, blk_-‹d19› terminating',
  'objects of Java': 'com.acme.‹A›@‹h7› cannot be cast; ‹A›$$Lambda$‹n999›/0x0000‹h12›@‹h8›; [B@‹h7›',
  'objects of Ruby': "/gems/‹a›-‹v›/lib/‹a›.rb:‹n999›:in 'block in ‹A›#‹a›' (NoMethodError) #<‹A›:0x0000‹h12›>",
  'frames of Node': '    at async ‹A›.‹a› (file:///app/node_modules/@acme/‹a›/dist/index.mjs:‹n9999›:‹n99›)',
  'frames of C++': '#‹n20›  0x0000‹h12› in acme::‹a›::‹A›::‹a›(std::shared_ptr<‹A›> const&) () at ‹a›.cc:‹n999›',
  'frames of Go':
    'goroutine ‹d5› [running]:\nmain.(*‹A›).Run(0xc000‹h6›, {0x‹h6›, 0xc000‹h6›})\n\t/go/src/app/‹a›.go:‹n999› +0x‹h3›',
  kernel: '[‹d6›.‹d6›] ‹a›[‹d5›]: segfault at ‹h12› ip 0000‹h12› sp 0000‹h12› error 4 in libc-2.31.so[‹h12›+‹h6›]',
  assemblies: 'Microsoft.‹A›, Version=‹n10›.0.0.0, Culture=neutral, PublicKeyToken=‹h16›',
  upgrades: 'upgrading ‹a› from ‹v› to ‹v› (driver 5‹n99›.‹n99›.‹n99›)',
  jars: 'BOOT-INF/lib/‹a›-‹v›.jar',
  'packages of Python': 'Collecting ‹a›==‹n9›.‹n9›.‹n9› --hash=sha256:‹h64›',
  'modules of Go': 'github.com/acme/‹a› v0.0.0-20260112‹d6›-‹h12› h1:‹b32›',
  images: 'Digest: sha256:‹h64› Status: Downloaded newer image for ‹a›:‹n9›.‹n99›.‹n99›',
  'content policies': "script-src 'nonce-‹b16›' 'sha256-‹b32›'",
  'ids of models':
    '{"id":"msg_01‹w22›","model":"claude-sonnet-4-5-20250929","usage":{"input_tokens":‹n99999›,"output_tokens":‹n9999›}}',
  'ids of threads': 'thread_‹w24› run_‹w24› asst_‹w24› file-‹w24› vs_‹w24›',
  'ids of payments': 'evt_1‹w23› pi_3‹w23› cus_‹w14› ch_3‹w23› price_1‹w23›',
  'ids in names':
    'contact_id=‹d10› phone_id=‹d10› mobile_app=‹d8› card_id=‹d16› payment_id=‹d16› iban_id=‹d8› passport_id=‹d9›',
  'ids in JSON': '{"_id":{"$oid":"‹h24›"},"phoneId":{"$numberLong":"‹d12›"},"cursorid":‹d16›}',
  'ids in URLs': 'https://acme.example/issues/‹d10›/?project=‹d16› and https://chromestatus.com/feature/4‹d15›',
  'keys of caches': 'GET ‹a›:‹d9›:‹a›, cache key=‹a›:‹h32› hit=0',
  statements:
    "SELECT u.id, u.password_hash FROM ‹a›s u WHERE u.id = ‹d10› AND u.created_at > '2026-01-01' LIMIT ‹n1000›",
  inserts:
    "INSERT INTO ‹a›_events (id, ‹a›_count, kind, amount, created_at) VALUES (‹d10›, ‹d10›, '‹a›', ‹d6›.‹d2›, '2026-01-01')",
  tables: '‹d4› ‹d4› ‹d4› ‹d4› ‹d3› ‹d4› ‹d4› ‹d3› ‹d4›',
  dumps: '0000‹h4›  ‹h2› ‹h2› ‹h2› ‹h2› ‹h2› ‹h2› ‹h2› ‹h2›  |........|',
  fingerprints:
    'SHA1 Fingerprint=‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›:‹H2›',
  places: 'lat=‹n89›.‹d6› lon=-‹n179›.‹d6› POINT(‹n179›.‹d13› ‹n89›.‹d14›)',
  money: 'total: $‹n9999›.‹d2› (‹n99› items), 1.‹d3›.‹d3›,00; ‹d9› VND',
  flights: 'flight ‹u2›‹d4› seat ‹n40›A, route ‹u3›-‹u3› ‹n9999›km, SKU ‹u2›‹d6›‹u1›',
  tickets: 'ticket ‹d3›-‹d7›-‹d2› case ‹d8› incident INC‹d7› job-‹d3›-‹d3›-‹d4›',
  calls: 'f(‹d3›) ‹d3›-‹d4› lines; reach ‹d7› people, call id ‹d10›, row ‹d7›',
  orders: '订单 ‹d12› 已发货; заказ ‹d10› оформлен; 주문 ‹d12› 완료',
  terraform: 'aws_‹a›.‹a›: Refreshing state... [id=vpc-‹h17›]\n  + ‹a›_password = (sensitive value)',
  counters: 'tokens=‹n99999› token_type=bearer max_tokens: ‹n9999› pass=‹n999› fail=‹n9› pin=‹n40› exp: 17‹d8›',
}

const sentences = [
  'secret_version=12',
  'client_secret: (not set)',
  'password: ********',
  'password: <nil>',
  'password: (hidden)',
  'password: "[FILTERED]"',
  'api_key: null',
  'password must be at least 8 characters',
  'api key rotated 3 days ago',
  'secret: ${env:MY_SECRET}',
  'password={{ .Values.db.password }}',
  'password: $(cat /run/secrets/db)',
  'token: process.env.TOKEN',
  'password = os.getenv("DB_PASSWORD")',
  'token: ${{ secrets.GITHUB_TOKEN }}',
  'password: !Ref DBPassword',
  'password: !vault |',
  'password: !Sub "${X}"',
  'password: Optional[str] = None',
  'password VARCHAR(255) NOT NULL',
  'The bearer of bad news',
  'Basic authentication is disabled',
  'Call us between 9 and 17 on weekdays, room 12.',
  'Basic plan upgraded to premium',
  'logo@2x.png and README@main.md',
  'git@github.com:acme/x.git',
  'chacha20-poly1305@openssh.com',
  'getty@tty1.service',
  'user@host',
]

/** Telemetry with nothing personal in it, by kind: the text, or the text and the key of its attribute. */
export const heldOutClean: Readonly<Record<string, () => string | readonly [text: string, key: string]>> = {
  ...Object.fromEntries(Object.entries(texts).map(([kind, template]) => [kind, () => filled(template)])),
  sentences: () => pick(sentences),
  'numbers by name': () => [
    text(1, digitsOf.slice(1)) + text(7 + below(9), digitsOf),
    pick([
      'thread.id',
      'messaging.kafka.offset',
      'order.number',
      'user.id',
      'session.id',
      'cloud.account.id',
      'transaction_id',
      'created_at',
      'card.id',
      'phone.id',
      'db.rows',
    ]),
  ],
  'versions by name': () => [
    `${below(200)}.${below(200)}.${below(200)}.${below(200)}`,
    pick(['service.version', 'browser.version', 'os.version']),
  ],
  'names by name': () => [filled('‹a›-‹s9›-‹s5›'), 'k8s.pod.name'],
}
