import { SeededRandom } from './seeded-random.ts'

/** Other strings by another seed: `SEED=4`. */
const r = new SeededRandom(Number(process.env['SEED'] ?? 2026))
const digits = '0123456789'
const hex = '0123456789abcdef'
const small = 'abcdefghijklmnopqrstuvwxyz'
const word = `${digits}${small}${small.toUpperCase()}`
const pick = <T>(values: readonly T[]): T => r.pick(values)
const words = (text: string) => text.split(' ')
const text = (length: number, alphabet: string) =>
  Array.from({ length }, () => alphabet[r.below(alphabet.length)]).join('')

const alphabets: Readonly<Record<string, string>> = {
  '#': digits,
  '+': digits.slice(1),
  h: hex,
  H: hex.toUpperCase(),
  w: word,
  u: small.toUpperCase(),
  l: small,
  b: `${word}+/`,
  k: 'bcdfghjklmnpqrstvwxz2456789',
  c: '0123456789ABCDEFGHJKMNPQRSTVWXYZ',
}
const things = words(
  'order cart ship batch shard stock price route build chart graph panel event score match level scene model plane train ' +
    'board sheet frame image video album shelf crate pallet depot sensor valve motor pump relay probe lamp tower river bridge',
)

/** `‹h8›` becomes eight hex digits, `‹n90›` a number below ninety, `‹t›` the name of a thing, `‹y›` a year, `‹m›` a month or a day. */
const filled = (form: string): string =>
  form.replace(/‹([^\d›])(\d*)›/g, (_, kind: string, size: string) => {
    if (kind === 't') return pick(things)
    if (kind === 'n') return String(r.below(Number(size)))
    if (kind === 'y') return String(1970 + r.below(65))
    if (kind === 'm') return String(1 + r.below(12)).padStart(2, '0')
    return kind === '+'
      ? text(1, alphabets['+']!) + text(Number(size) - 1, digits)
      : text(Number(size), alphabets[kind]!)
  })

/** What programs name things with, and what they measure. */
const forms = (
  '‹+9› ‹+12› ‹+14› ‹+15› ‹+16› ‹+18› ‹+19› ‹h7› ‹h8› ‹h12› ‹h16› ‹h24› ‹h32› ‹h40› ‹h64› ‹H16› ‹H32› 0x‹h12› ' +
  '‹h8›-‹h4›-4‹h3›-a‹h3›-‹h12› {‹H8›-‹H4›-7‹H3›-9‹H3›-‹H12›} ‹#8›-‹#4›-4‹#3›-9‹#3›-‹#12› 01‹c24› 2‹w26› ‹w21› c‹l24› ‹w8› ‹b43›= ' +
  '1‹#17› 65‹h22› A‹w19› 17‹#8› 17‹#11› 17‹#14› 17‹#17› 17‹#8›.‹#6› ‹n30›.‹n40›.‹n200› v‹n9›.‹n40›.‹n99›-rc.‹n9› ‹n9›:‹n9›.‹n99›-1ubuntu‹n9› ' +
  '‹y›-‹m›-‹m› ‹m›/‹m›/‹y› ‹m›.‹m›.‹y› ‹y›‹m›‹m›T‹m›‹m›‹m›Z ‹y›-‹m›-‹m›T‹m›:‹m›:‹m›.‹#9›Z ‹y›‹m›‹m›‹m›‹m›‹m› ‹m›:‹m›:‹m›,‹#3› ‹y›-‹m›-‹m›-‹m›-‹m› ' +
  '1Z‹c16› ‹u2›‹#9›‹u2› ‹u3›U‹#7› ‹u2›‹n9999› INV-‹y›-‹#6› 45‹#8› ‹u3›-‹#4›-‹u2› B0‹c8› US‹c9›‹#1› ‹#2›-‹#7› ‹+7›-‹#2›-‹#1› ‹#5›-‹#4›-‹#2› 10.‹+4›/‹t›.‹#6› ' +
  'CVE-‹y›-‹+5› ‹u3›-‹n99999› ‹#3›-‹#4›-‹#2› ‹#4›-‹#4›-‹#4› P/N‹#3›-‹#6›-‹#3› SN‹c10› ‹c5›-‹c5›-‹c5›-‹c5› 94‹#20› W/"‹h4›-‹b27›" "‹h8›-‹h5›" ‹h16›-FRA ' +
  '18.‹h8›.17‹#8›.‹h7› fra1::‹k5›-17‹#11›-‹h12› ‹H8›-‹H4›-1‹H3›-9‹H3›-‹H12›:1-‹n999999› ‹H2›/‹H8› ‹h8›:‹h8›:‹h4› 17‹#11›-‹n99› -‹+19› ' +
  'application_17‹#11›_‹#4› blk_-‹+19› S-1-5-21-‹+10›-‹+10›-‹+9›-‹n9999› 0000:‹h2›:‹h2›.‹n8› ‹h4›:‹h4› ‹h2›:‹h2›:‹h2›:‹h2›:‹h2›:‹h2›:‹h2›:‹h2› ' +
  '1.3.6.1.4.1.‹n9999›.‹n99›.‹n9› GA1.2.‹+10›.‹+10› UA-‹+8›-1 ca-pub-‹+16› -100‹+10› 17‹#8›.‹#6› arn:aws:sqs:eu-west-1:‹#12›:‹t›/‹h8› projects/‹+12›/operations/‹h8› ' +
  '‹t›-svc-‹k9›-‹k5› i-0‹h16› 1-‹h8›-‹h24› 00-‹h32›-‹h16›-01 ‹h32›-‹h16›-1 ‹h16›:‹h16›:0:1 ‹h32›/‹+19›;o=1 pi_3‹w23› re_3‹w23› cus_‹w14› evt_1‹w23› ' +
  'chatcmpl-‹w29› msg_01‹w22› toolu_01‹w22› SM‹h32› $‹n9999›.‹#2› €‹n999›.‹#3›,‹#2› ‹n90›.‹#6›,‹n180›.‹#6› POINT(‹n180›.‹#8›,‹n90›.‹#8›) 10.‹n256›.‹n256›.‹n256› 192.168.‹n256›.‹n256› ' +
  '-‹n999›.‹#17› ‹n9›.‹#12›e-05 sha512-‹b86›== h1:‹b43›= ‹t›/‹t›:‹n9›.‹n99›@sha256:‹h64› ‹n999›x‹n999› UTC+05:30 (01)‹#14›(21)‹+8› #‹h6› ‹y›-‹y›'
).split(' ')

const idWords = words(
  'id ID uuid ref reference request req requestId x-request-id trace traceId trace_id span_id correlation_id txn transaction_id order orderId order_no ' +
    'invoice shipment tracking_number job job_id task run_id build commit revision digest checksum etag version offset seq partition shard row record_id ' +
    'item_id sku ean barcode asset_id device_id instance_id pod container thread pid block batch_id event_id message_id session_id ticket case incident ' +
    'index count size bytes duration latency timestamp epoch cursor generation resourceVersion release tenant_id account_id cluster_id queue table',
)
const idKeys = words(
  'trace_id span.id order.id request.id http.request.header.x-request-id messaging.message.id messaging.kafka.offset thread.id process.pid aws.request_id ' +
    'cloud.account.id k8s.pod.uid container.id device.id session.id user.id transaction.id txn correlationId vcs.ref.head.revision service.version ' +
    'gen_ai.response.id gen_ai.tool.call.id http.response.body.size invoice_number tracking_number sku commit etag job_id run.id batch offset created_at ' +
    'duration_ms count cache.key partition_key checksum card_id phone_id payment.id customer_id parent_id serial_number os.version cicd.pipeline.run.id',
)
const carriers: readonly ((value: string, name: string) => string)[] = [
  (v, k) => `${k}=${v}`,
  (v, k) => `${k}: ${v}`,
  (v, k) => `processing ${k} ${v}`,
  (v, k) => `${k} ${v} done in ${r.below(900)}ms`,
  (v, k) => JSON.stringify({ [k]: v, ok: true }),
  (v, k) => JSON.stringify({ msg: JSON.stringify({ [k]: v, level: 'info' }) }),
  (v, k) => JSON.stringify({ [`${k}s`]: [v, v] }),
  (v, k) => `${k}s: [${v}, ${v}]`,
  (v, k) => filled(`‹y›-‹m›-‹m›T‹m›:‹m›:‹m›Z INFO [‹t›-svc] ‹t› - ${k}=`) + v,
  (v, k) => `<${k}>${v}</${k}>`,
  (v, k) => `failed to load ${k} '${v}': not found`,
  (v, k) => `no such ${k}: ${v}`,
  (v, k) => `SELECT * FROM ${pick(things)}s WHERE ${k} = '${v}' LIMIT 7`,
  (v, k) => `${k}#${v}`,
  (v, k) => `--${k}=${v}`,
  (v, k) => `${k}\t${v}\t${r.below(1000)}`,
]

/** Names with a personal or secret word in them that count or measure something. */
const counted = words(
  'call_count callDuration text_offset contactSync mobile_sessions tableCell cell_index phoneCache fax_queue sms_sent dial_timeout ring_buffer card_layout ' +
    'cardCount payment_batch pan_gesture pin_count gpio_pin otp_window macTableSize bank_conflict routing_table taxTable passport_strategy license_pool ' +
    'birth_rate address_space street_index ip_pool loginCount session_count token_count tokens auth_latency key_space secret_version codeSize exp expires_in ' +
    'cvv_checks nasMount medicare_sync nhs_feed imei_table wallet_sync creds_loaded dsn_count cookieCount seed_rounds saltRounds username_index',
)
const count = () =>
  pick([
    String(r.below(10 ** (1 + r.below(9)))),
    filled('‹n999›.‹#6›'),
    filled('17‹#8›'),
    filled('17‹#11›'),
    'true',
    'null',
  ])
const countForms: readonly ((name: string, value: string) => string)[] = [
  (k, v) => `{"${k}":${v}}`,
  (k, v) => `{"a":1,"${k}": ${v},"z":2}`,
  (k, v) => `${k}=${v}`,
  (k, v) => `${k}: ${v}`,
  (k, v) => `${k}{host="a"} ${v}`,
  (k, v) => `${k}:${v}|c`,
  (k, v) => `<${k}>${v}</${k}>`,
  (k, v) => `\\"${k}\\":${v}`,
]

/**
 * Telemetry with nothing personal or secret in it: text, and the key of its attribute, empty for a log's body. Identifiers beside
 * their names and under keys of identifiers, as random as those are; and counts under names that a personal word is part of.
 */
export const neutralTelemetry: Readonly<Record<string, () => readonly [text: string, key: string]>> = {
  'ids beside a name': () => [pick(carriers)(filled(pick(forms)), pick(idWords)), ''],
  'ids under a key': () => [filled(pick(forms)), pick(idKeys)],
  'counts beside a name': () => [pick(countForms)(pick(counted), count()), ''],
}
