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

/** What goes in, what comes out, under which key. */
const cases: readonly (readonly [text: string, marked: string, key?: string])[] = [
  ['mail alice@example.com, and bob.smith+tag@sub.example.co.uk.', 'mail [email], and [email].'],
  ['{"email":"alice@example.com","n":1}', '{"email":"[email]","n":1}'],
  [String.raw`{\"text\":\"hi\nalice@example.com\"}`, String.raw`{\"text\":\"hi\n[email]\"}`],
  ['to=alice%40example.com&x=1', 'to=[email]&x=1'],
  [String.raw`to alice\u0040example.com now`, 'to [email] now'],
  ['card 4111 1111 1111 1111 123', 'card [card] 123'],
  ['pay 4111111111111111 123', 'pay [card] 123'],
  ['card=%204111111111111111', 'card=%20[card]'],
  ['378282246310005', '[card]'],
  ['3782 822463 10005', '[card]'],
  ['ssn 123-45-6780, and SSN: 123456780', 'ssn [us_ssn], and SSN: [us_ssn]'],
  ['call +1 (415) 555-2671 now or +14155552671, +44 20 7946 0958', 'call [phone] now or [phone], [phone]'],
  ['phone: 415-555-2671 (415) 555-2671', 'phone: [phone] [phone]'],
  ['IBAN DE89 3704 0044 0532 0130 00 ok GB29NWBK60161331926819', 'IBAN [iban] ok [iban]'],
  [
    'from 8.8.8.8 to 10.0.0.1 via 203.0.113.7:8080 Chrome/120.0.0.0',
    'from [ipv4] to 10.0.0.1 via [ipv4]:8080 Chrome/120.0.0.0',
  ],
  ['ip 2001:db8::8a2e:370:7334 fe80::1 std::fs 12:34:56 00:1A:2B:3C:4D:5E', 'ip [ipv6] fe80::1 std::fs 12:34:56 [mac]'],
  ['Authorization: Bearer abcdef1234567890abcdef', 'Authorization: Bearer [authorization]'],
  ['{"authorization":"Basic dXNlcjpwYXNzd29yZA=="}', '{"authorization":"Basic [authorization]"}'],
  ['password=hunter2 token_count=55 max_tokens: 100', 'password=[secret] token_count=55 max_tokens: 100'],
  [String.raw`\"api_key\":\"8f3kd93jf93kdkf93kdf\"`, String.raw`\"api_key\":\"[secret]\"`],
  ['postgres://app:s3cr3t@db.internal:5432/x', 'postgres://app:[url_credentials]@db.internal:5432/x'],
  ['user:p4ssw0rd@tcp(127.0.0.1:3306)/db', 'user:[url_credentials]@tcp(127.0.0.1:3306)/db'],
  ['https://x.com/cb?code=SplxlOBeZQQYbYS6WxSbIA&n=1', 'https://x.com/cb?code=[signed_url]&n=1'],
  ['AKIAQYLPMN5HHHFPZAM2 xoxb-123456789012-123456789012-abcdefABCDEF123456789012', '[aws_access_key] [slack_token]'],
  ['Cookie: sid=abc123; theme=dark', 'Cookie: sid=[cookie]; theme=[cookie]'],
  ['Cookie: a=x1; Cookie: b=y2; c=z3', 'Cookie: a=[cookie]; Cookie: b=[cookie]; c=[cookie]'],
  [
    String.raw`-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKC\n-----END RSA PRIVATE KEY-----\n next`,
    String.raw`[private_key]\n next`,
  ],
  ['at /home/alice/app/x.js and /home/node/app', 'at /home/[user_path]/app/x.js and /home/node/app'],
  ['mysql --password s3cretPass1 -u root', 'mysql --password [secret] -u root'],
  ['<password>hunter22</password>', '<password>[secret]</password>'],
  ['nino=AB123456C; AB 12 34 56 C', 'nino=[uk_nino]; [uk_nino]'],
  ['cpf 529.982.247-25', 'cpf [br_cpf]'],
  ['hunter2', '[secret]', 'db.password'],
  ['a=b; c=d', 'a=[cookie]; c=[cookie]', 'http.request.header.cookie'],
  ['John Smith', '[person]', 'user.full_name'],
  [String.raw`{"m":"password\u003dXk29dLmz\u0026n\u003d1"}`, String.raw`{"m":"password\u003d[secret]\u0026n\u003d1"}`],
  [String.raw`redis://:Xk29dLmzQ4\u0040cache:6379`, String.raw`redis://:[url_credentials]\u0040cache:6379`],
  ['tel +49 (0)89 1234567, phone 415.355.2671', 'tel [phone], phone [phone]'],
  ['input:tel: 020 7946 0958', 'input:tel: [phone]'],
  ['User{v=4111111111111111, n=1}', 'User{v=[card], n=1}'],
  ['4111 1111 1111 1111 5555 5555 5555 4444', '[card] [card]'],
  ['passwd: qXwLzRkVbTnM', 'passwd: [secret]'],
  ['otp=493817! cvv=737?', 'otp=[secret]! cvv=[card_cvv]?'],
  ['\u001b[1mapi_key=8f3kd93jf93kdkf93kdf\u001b[0m', '\u001b[1mapi_key=[secret]\u001b[0m'],
  [
    '\u001b[36mpassword\u001b[0m=\u001b[1mXk29dLmzQ4\u001b[0m',
    '\u001b[36mpassword\u001b[0m=\u001b[1m[secret]\u001b[0m',
  ],
  [String.raw`\u001b[33mpin\u001b[0m: 839122`, String.raw`\u001b[33mpin\u001b[0m: [secret]`],
  [
    '\u001b[31mauthorization\u001b[0m: Bearer \u001b[38;5;208mXk29dLmzQ4kf82Lz\u001b[0m',
    '\u001b[31mauthorization\u001b[0m: Bearer \u001b[38;5;208m[authorization]\u001b[0m',
  ],
  ['Key (phone)=(4155552671) already exists', 'Key (phone)=([phone]) already exists'],
  ['ether 10:22:33:44:55:06', 'ether [mac]'],
  ['to=bob%2540corp.io&x=1', 'to=[email]&x=1'],
  [
    'phone: (0131) 496 0795, tel 0690 00 89 27, phone 946.669.1359x566',
    'phone: [phone], tel [phone], phone [phone]x566',
  ],
  ['call +68172 28 96, +500 33734, +975 17 12 34 56', 'call [phone], [phone], [phone]'],
  ['{ID:7 Data:2a0c:5a4f:1:2:3:4:5:6 mac:00:1a:2b:3c:4d:5e}', '{ID:7 Data:[ipv6] mac:[mac]}'],
  ['card 501800001239 and 213112345678904', 'card [card] and [card]'],
  ['Laura Strickland', '[person]', 'shipping.name'],
  ['12 Main St, Springfield', '[address]', 'customer.street_address'],
  ['{"phone":"(0588)-867842","fax":"03.5983.6370"}', '{"phone":"[phone]","fax":"[phone]"}'],
  [
    '{"customer_address":"12 Main St, Springfield","server_address":"web 12, rack"}',
    '{"customer_address":"[address]","server_address":"web 12, rack"}',
  ],
  [
    'a=1&billing.name=Valeria+Ayala&home_address=12+Main+St%2C+X&n=2',
    'a=1&billing.name=[person]&home_address=[address]&n=2',
  ],
  ['birthday: May 12, 1987, born_on=17 June 1994 x', 'birthday: [birth_date], born_on=[birth_date] x'],
  ['aadhaar: 123456789012 nino=ZZ957656T', 'aadhaar: [in_aadhaar] nino=[uk_nino]'],
  [
    'password: human]65 pwd=V)+54Hxg#, DB_PASSWORD: tax,90, x=1',
    'password: [secret] pwd=[secret], DB_PASSWORD: [secret], x=1',
  ],
  ['passwd: ^GVyC&t4q6fU, password: &GffUm!3d2H x', 'passwd: [secret], password: [secret] x'],
  ['passwd=$T#Cmb&u84E password=$DB_PASS', 'passwd=[secret]&u84E password=$DB_PASS'],
  [
    'your verification code is 203818. My PIN is 4821, security code: 117',
    'your verification code is [secret]. My PIN is [secret], security code: [card_cvv]',
  ],
  [
    'one-time password 548334; confirmation code is: 643605',
    'one-time password [secret]; confirmation code is: [secret]',
  ],
  ['she was born on May 12, 1987 in Rome', 'she was born on [birth_date] in Rome'],
  ['my NINO is AB123456C and PAN CRCCQ6444L, nino ZZ957656T', 'my NINO is [uk_nino] and PAN [in_pan], nino [uk_nino]'],
  [
    '[{"name":"otp","value":"341129"},{"name":"birthday","value":"22.10.1996"}]',
    '[{"name":"otp","value":"[secret]"},{"name":"birthday","value":"[birth_date]"}]',
  ],
  [
    'The account number is 69374598799, bank account: PAJV25214025588213',
    'The account number is [bank_account], bank account: [bank_account]',
  ],
  [
    'klaviyo_key = pk1abcd1234fghij5678, DATADOGKEY=3c88e493311dc72090a349c901222a3c',
    'klaviyo_key = [secret], DATADOGKEY=[secret]',
  ],
  [
    "INSERT INTO users (id, password, `full_name`, dob) VALUES (7, 'hun''ter22', 'Jane Roe', '1987-05-12'), (8, 'abc123x', NULL, ?)",
    "INSERT INTO users (id, password, `full_name`, dob) VALUES (7, '[secret]', '[person]', '[birth_date]'), (8, '[secret]', NULL, ?)",
  ],
  // How phone numbers are written elsewhere, and the words of other scripts before them.
  ['+7 (912) 345-67-89, +7(912)3456789, +55 (11) 91234-5678', '[phone], [phone], [phone]'],
  ['(+44) 7911 123456, +49 (0)30 / 1234567, +1.415.355.2671', '[phone], [phone], [phone]'],
  ['a (415) 355.2671, тел. 8 (912) 345-67-89', 'a [phone], тел. [phone]'],
  ['電話番号は090-1234-5678です, 手机号码：13812345678', '電話番号は[phone]です, 手机号码：[phone]'],
  ['my number is 415-355-2671, Handynummer: 0171 2345678', 'my number is [phone], Handynummer: [phone]'],
  ['_4111111111111111_ and __536-22-8726__', '_[card]_ and __[us_ssn]__'],
  ['sip:2001:db8:1:2:3:4:5:6;x val:aa:bb:cc:12:34:56', 'sip:[ipv6];x val:[mac]'],
  ['mac=001b.5478.9abc {"macAddress":"001b54789abc"}', 'mac=[mac] {"macAddress":"[mac]"}'],
  ['_AA-BB-CC-12-34-56_', '_[mac]_'],
  ['my social is 536 22 8726, taxpayer id 536228726', 'my social is [us_ssn], taxpayer id [us_ssn]'],
  ['acct # 20713740404, A/C 123456789', 'acct # [bank_account], A/C [bank_account]'],
  ['account 12345678 at First Bank', 'account [bank_account] at First Bank'],
  [
    "driver's license Q568530075730, driving licence 12345678",
    "driver's license [driving_licence], driving licence [driving_licence]",
  ],
  ['{"passport_number":"C01X00T47"} passport: C01X0006H', '{"passport_number":"[passport]"} passport: [passport]'],
  ['card 4111 1111 1111 1111 and it expires in 12/2026', 'card [card] and it expires in [card_expiry]'],
  ['RuPay 5085991234567896', 'RuPay [card]'],
  ['ion.popescu@mail.md', '[email]'],
  // How languages and tools print a secret.
  ['Config { token: Some("EaLrjUlQ227aevsg") }', 'Config { token: Some("[secret]") }'],
  ["CREATE LOGIN app WITH PASSWORD = N'fMyegKOPrzeh'", "CREATE LOGIN app WITH PASSWORD = N'[secret]'"],
  ['["password"]=>\n  string(10) "jFIivLEQm6"', '["password"]=>\n  string(10) "[secret]"'],
  ['["app","--password","8MERjNvh5FTb","-v"]', '["app","--password","[secret]","-v"]'],
  ["[ 'x-api-key', '033142be8aa1df2f6eb8', 'accept', '*/*' ]", "[ 'x-api-key', '[secret]', 'accept', '*/*' ]"],
  ['Your temporary password is: hunter21', 'Your temporary password is: [secret]'],
  ['The API key is 5d78678d52bf1b4e77c9a784ebbfe90e.', 'The API key is [secret].'],
  ['//reg.x.io/:_auth=Ym9iOnVEWUFKd3BVN01rUzhHQVA= and', '//reg.x.io/:_auth=[authorization] and'],
  ['<fullName>Jane Roe</fullName>', '<fullName>[person]</fullName>'],
  [
    "log INSERT INTO users (id, password) VALUES (7, '9Jd4o!-VDDZ')",
    "log INSERT INTO users (id, password) VALUES (7, '[secret]')",
  ],
  [
    String.raw`env:\\n- name: DB_PASSWORD\\n  value: miVCQnzdFEMeylYqHK\\n`,
    String.raw`env:\\n- name: DB_PASSWORD\\n  value: [secret]\\n`,
  ],
  ['eyAiYWxnIjogIkhTMjU2IiwgInR5cCI6ICJKV1QiIH0.eyJzdWIiOjF9.4r1Q3cXh3XW2mXrQ0zDkT1pL6vUoYw9sT8u7y6x5w4v', '[jwt]'],
  ["token = 'g48QWZXPpNeQjaUghu3aqK' | 'g48QWZXPpNeQjaUghu3aqK'", "token = '[secret]' | '[secret]'"],
  ['my iban is gb42nawi04454264788619', 'my iban is [iban]'],
  ['fbApiKey:            "171e84fd57f430fc59afa8fad3dbda2a"', 'fbApiKey:            "[secret]"'],
  ['my_password := "super$ecret9"', 'my_password := "[secret]"'],
  ['APP_PASS=whiteduke ado_pat = "iyfmob6xjrfmit67anxb"', 'APP_PASS=[secret] ado_pat = "[secret]"'],
  ['call +1-984-182-0190, +1-903-340-4508x769', 'call [phone], [phone]x769'],
  ['BBDC-MTk4MDE0MzAyMDIzOvvP+lDf5edYvDgggvyzpmiXkF', '[atlassian_token]'],
  [
    'x.webhook.office.com/webhookb2/9da5da9c-4218-4c22-aed6-b5c8baebfff5@2f2b54b7-0141-4ba7-8fcd-ab7d17a60547/IncomingWebhook/1bf66ccbb8e745e791fa6e6de0cf465b/4361420b-8fde-48eb-b62a-0e34fec63f5c',
    'x.webhook.office.com/webhookb2/9da5da9c-4218-4c22-aed6-b5c8baebfff5@2f2b54b7-0141-4ba7-8fcd-ab7d17a60547/IncomingWebhook/[slack_webhook]',
  ],
  ['senha=hunter22X wachtwoord: hunter22X', 'senha=[secret] wachtwoord: [secret]'],
  [
    'postgresql://a:Zk3pQ9xL@h1:123,b:Zk3pQ9xL@h2:4/db',
    'postgresql://a:[url_credentials]@h1:123,b:[url_credentials]@h2:4/db',
  ],
  ['Phone:\n467 3395\nE-mail:\nbob@corp.io', 'Phone:\n[phone]\nE-mail:\n[email]'],
  ["They're not answering at 780-999-2181", "They're not answering at [phone]"],
  ['stop receiving messages to 541-714-1388', 'stop receiving messages to [phone]'],
  ['Phone: (99) 645-791', 'Phone: [phone]'],
  ['07700 063 966-Fax, 416 60 0391 office', '[phone]-Fax, [phone] office'],
  // What a limit cut off.
  ['dial postgres://app:Zk3pQ9xL', 'dial postgres://app:[url_credentials]'],
  ['user alice.smith@gma', 'user [email]'],
  ['{"email":"bob@exa', '{"email":"[email]'],
  ['mail bob@gmail.c', 'mail [email]'],
  ['to bob@outlook...', 'to [email]...'],
  ['key sk-4fQz81LmWn27RtYcVb93Kx', 'key [openai_key]'],
]

for (const [text, marked, key] of cases) {
  t.test(`finds what is in: ${key === undefined ? '' : `${key}=`}${text}`, async t => {
    t.equal(markFindings(standard, text, key), marked)
  })
}

const clean = [
  '{"port":"a/access","key":"blk_326478598559227413"} {"a":"grafana","key":"rhost_75053_ad428e23"} t=mXO977Pw&hash=blk_326640863073574076',
  'Node card VPD check: 611371512173 node in processor card slot; hive-um1LPw hash=panic_66553_700bc4ad',
  'routing channel 309551 108 78505, category-VyohPW blk_772554802410539534',
  'moved 212-455-1234 rows to 313-555-999, port 8080 1234567 office-1, from:\n1234567 8, v 415-222-1234',
  'parent=4263982640269299 Segment=4263982640269299 ctx=4263982640269299 Parent=4263982640269299;Sampled=1',
  'etag: 919, digest: 3baa059a8af195915390841bb77156ba, digest: blk_918072716089585377',
  'unregister callback for 764176454, route=longer.callback 404 15099, during 1120868 calls. 86984507 microseconds',
  'tel 1681955048907 mInCall =1758281352 PageItemCell:527032 105 97542 time reset +1632668255.7 s',
  'IMMacNotificationCenterManager: 7ca4506e2ffa: updating',
  'service card, chip: 211-2431047-5970596; BG80 BNBG 9661 1020 3456 79',
  'correctable@35bba07.enough_76690 GET /a?key=arn:aws:kms:us-east-1:4129:x&key=img/a.png&key=blk_1633&n=1',
  'id=n3JUhuLDRVNBOUoKICvC 200 83080 DomainKey=6XP9PW, _kCFStreamErrorCodeKey=1787907514787428388',
  'hdfs://sha256:5af52db8163418da800aabf81d198fa1653f814b86178301b6b6e2226d45abcd',
  'io.jsonwebtoken:jjwt-jackson-0.11.2 issuerKeyHash=PTzNGKCCSdgC5spY5itfg6n1OWLK0 password=#{password}',
  'sb.append("MasterUserPassword: " + getMasterUserPassword() + ",");',
  'video_box.ico-7a388b69018576d24b59331fd60aab0c.png &hf_servingcellpriorityparametersdescription_h',
  'trace 4bf92f3577b34da6a3ce929d0e0e4736 span_id=4263982640269299 2024-01-15T10:00:00.123456789Z',
  '52.520008,13.404954 1705312800123',
  'git@github.com:org/repo.git logo@2x.png @angular/core@12.0.0 img@sha256:abc Foo@1a2b3c',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36',
  'at a.Manager$1@8c0c065a.run(Manager.java:20) data ghp_personalaccesstokensforthedocumented',
  'arn:aws:secretsmanager:us-east-1:412977409768:secret:prod/db-password-5qsMfM public_key=ssh-ed25519-4f2k9d8s7a',
  'Upgrading driver from 25.4.92.0 to 28.0.11.1; tweet 361056952124930547 +02016466956 http://cache:port80',
  'thread_8DNFg1cFitDksC9ultUEdoPw run_zB5V5DuYBU42cnFIoQld24DE',
  'offset +14155552671 ns, drift=+14155552671, size: +442079460958, rows (415) 555-2671',
  'tracking number 4000001234567899, waybill 4000001234567899',
  '12:34:56:07:08:09 elapsed 01:12:34:56:07:08',
  'Started getty@tty1.service, user@1000.service: ssh deploy@web01',
  'root@ip-10-0-0-1:~# ssh deploy@web01',
  'scala.Some@1a2b3c memcpy@GLIBC com.acme.Foo@5e91993f',
  'GET /api/token HTTP/1.1',
  'kex: algorithm: curve25519-sha256@libssh.org cipher: chacha20-poly1305@openssh.com aes128-gcm@openssh.com',
  'config.Password = info.Password, s.token = auth.NewNoAuth(), AccessToken: vals.Get("access_token")',
  'auth: token URL must be provided, password docs: https://docs.example.com/reset',
  'gcloud-auth-plugin=528.0.0-0 kubectl; CustomAuthRange: must be a value between 0x80 and 0xFE',
  'text: 1435065584.128 C:\\Users\\USERNAME\\AppData',
  'Received block blk_-4468645577339843974 and blk_-5195120009388265 size 67108864; shard 4778887081347320918',
  '2bf8 7b82 0ffd 5340 6075 3194 7976 cacc, f720 1f04 4493 0411 6388 6138 feae 6c66',
  'reason = AuthFail:sts:5_rsn:0 AuthInfo{Kind:k8s3v2, token=Token{a64f992}, Bad activity token: android.os.BinderProxy@2bd79ce',
  'event name for stream/token: com.apple.xpc.activity/4505 --- PASS: very/nested/s/u/b',
  'a6:9e:a7:fa:c8:cc:77:3a fabric, slices [1::2] and [2::3] of it',
  'Mozilla/5.0 (X11; Linux i686; rv:1.9.6.20) Gecko/5950-02-17 KB947821~31bf3856ad364e35~amd64~~6.1.34.0',
  'call: connection 841794368 reset, phone: connection 174567818; gcr.io/proj/phone:7422807; BA483F51-87CC-475A-AE3A-A596021CBDD2 2BC3AC0C-7E14-4884-BE29-C09897088773',
  'authkey=self._authkey, password=credentials[1], Token(typeid, rident), password: typing.Optional[bytes], k=key_password',
  'var key *[64]byte; Password: c.Password, secret = make([]byte, 32); Secret: *[64]byte, pwd = &user.pwd',
  'cursor=K8ikZCFPnDIamyAf6nfDsceeY0x-GuPW HTTP/1.1 200; c6e0 7551 1296 6618 765e cc15',
  'username = %(userName)s; href="#user-name">`user.name`</a> sig=REDACTED8REDACTED',
  'security group 4821, pin mapping 12 to 14, pan left 4821, identity verification failed 3021 times, worn on 2024-01-15',
  'cache_key=3c88e493311dc72090a349c901222a3c lookup_key: V1StGXR8Z5jdHi6BmyT2x duplicate key 3f2504e0-4f89-11d3-9a0c-0305e82c3301 key V1StGXR8Z5jdHi6BmyT2x account: main branch code: x',
  "INSERT INTO log (id, token_count, name, status) VALUES (7, 4821, 'cart', 'ok'), ($1, $2, $3, $4)",
  `dict.fromkeys(['username', 'password', 'repository'], '') examples: ["password", "two_factor"]`,
  'card_id=4111111111111111 cursorid: 4111111111111111 https://chromestatus.com/feature/4111111111111111 iban_id=12345678',
  '54 2020 5591 3624 3489 459 6928; 4198 7403 6540 2580 29 6127 2056',
  's3://call-123456789012-us-east-1 passport-1.34.118.jar com.acme.Phone@4524877 GET contact:123456789:secret',
  'Peer version 8.0.12.3, Client, Version=6.0.0.0 upgraded iban from 5.38.117 to 6.9.95',
  'mobile_app=31391077 reach 3844120 people, amount text 222349.23 route CVV-CCH 4506km pin.go:1974',
  'account 123456789012 assumed role, account 12345678 suspended, passport/dt=2026-01-07/part-0',
  'PublicKeyToken=b77a5c561934e089 #<Token:0x0000c8be732baed0> #<Iban:0x00007f3a2b1c0d4e> shared_ptr<Cookie> const& x',
  'secret "db-token-7h2k9" not found, secret="kube-system/cart-tls-4htd9" at async Name.secret (file:///app/x.mjs:12:3)',
  'password==4.7.3 --hash=x cookie:1.2.3-rc.1 github.com/acme/password v0.0.0-20260112093000-3f2a91c0d4e5 h1:x',
  'password VARCHAR(255) NOT NULL, password: (hidden), x_password = (sensitive value) password: !vault | password: !Ref DbPassword',
  'aws_vault.cookie: Refreshing state... [id=vpc-2824b94ac5a4d16d8] cache key=token:ec3074e5a09cc8f244440f51982efed7',
  'cus_qdJKcJnVLzrfPw in_1ECt7FuXOV6qj0qX3q12qi4f README@main.md, I<USERNAME> needs to be passed',
  'headers["Authorization"] = _basic_auth_str(user, secret) # Keep Authorization: headers on a redirect.',
  'job-4111111111111111 node-2d3b97580aba,021000021 pod-j5ssn" resourceVersion=536228726 lineno=4111111111111111',
  '7508 7602 3917 11 4914 6520 8875; 0000a515  cc 57 79 65 62 38 68 13 c8',
  '[team-svc,01b4f9f4c59122a1960c5d9f80fa18f4,4111111111111111,true] 4111111111111111-01b4f9f4c59122a1960c5d9f80fa18f4',
  'input_tokens=12 token_type: bearer secret_name=db-main key_id=abc password reset requested',
]

/** Names that speak about something, and hold none of it. */
const namesOfKinds: readonly (readonly [key: string, text: string])[] = [
  ['auth.method', 'arn:aws:iam::545727926324:role/x9f3kd02'],
  ['phone_model', 'gen-1750277838-b3vTnDF7X9FvVmUpG9Q'],
  ['card_type', '4983598671219333720'],
  ['enduser.role', 'administrator of shop'],
  ['enduser.pseudo.id', 'QdH5CAWJgqVT4rOj0qtumf'],
  ['cookie_consent', 'analytics=granted; ads=denied'],
  ['user.name', 'zookeeper'],
  ['created_at', '4111111111111111'],
]

for (const [key, text] of namesOfKinds) {
  t.test(`leaves alone: ${key}=${text}`, async t => {
    t.equal(markFindings(standard, text, key), text)
  })
}

for (const text of clean) {
  t.test(`leaves alone: ${text}`, async t => {
    t.equal(markFindings(standard, text), text)
  })
}
