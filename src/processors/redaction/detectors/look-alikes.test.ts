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
  // The end of a sentence about a package is no address that a limit cut.
  ['build it against compiler@latest.', 'build it against compiler@latest.'],
  ['write to anna.schulz@latest.', 'write to anna.schulz@latest.'],
  ['write to anna.schulz@gma', 'write to [email]'],
  // Object identifiers and versions before a release.
  ['extension 2.5.29.17 of subject 2.5.4.42', 'extension 2.5.29.17 of subject 2.5.4.42'],
  ['peer 2.5.30.17 and 72.5.29.17', 'peer [ipv4] and [ipv4]'],
  ["engine: '24.3.127.18-node.10', 5.24.120.26-generic", "engine: '24.3.127.18-node.10', 5.24.120.26-generic"],
  ['24.3.127.18-web', '[ipv4]-web'],
  // Source code.
  ['password = words[2:] if words else None', 'password = words[2:] if words else None'],
  ['secret = keypair[:32]', 'secret = keypair[:32]'],
  [
    'Update(ctx, secret *corev1.Secret, opts) *corev1.Secret',
    'Update(ctx, secret *corev1.Secret, opts) *corev1.Secret',
  ],
  ['let brace_token = braced!(content in input);', 'let brace_token = braced!(content in input);'],
  ['f"no such private key: {curve.name!r}"', 'f"no such private key: {curve.name!r}"'],
  ['secret=br4ced!x', 'secret=[secret]'],
  ['pub if_token: Token![if], eq_token: Token![=](span)', 'pub if_token: Token![if], eq_token: Token![=](span)'],
  ['let username: String = decode(url.username().bytes())', 'let username: String = decode(url.username().bytes())'],
  ["pwd = (self.password.encode('utf-8') if x", "pwd = (self.password.encode('utf-8') if x"],
  ['secret = k3yp4ir[32]', 'secret = [secret]]'],
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
  // Identifiers that pass for a card's number or a national id, by what they are called.
  ['ref=4263982640269299, case 4263982640269299', 'ref=4263982640269299, case 4263982640269299'],
  ['{"orders":[4263982640269299, 5200828282828210]}', '{"orders":[4263982640269299, 5200828282828210]}'],
  ['no such request: 4263982640269299', 'no such request: 4263982640269299'],
  ['/x/0301b862d60f9ddcf9aa10dc126eb984%2F3686875966111791', '/x/0301b862d60f9ddcf9aa10dc126eb984%2F3686875966111791'],
  [
    'run=4263982640269299 spanIds: [-498, -4263982640269299]',
    'run=4263982640269299 spanIds: [-498, -4263982640269299]',
  ],
  ['cell | 1F675D17-4573-5C7E-8BD7-4129FEDE9DE9:1-393633', 'cell | 1F675D17-4573-5C7E-8BD7-4129FEDE9DE9:1-393633'],
  ['lei A3TQU4LXNKY9535AB639', 'lei A3TQU4LXNKY9535AB639'],
  ['h1:Rmv09Xahu686XmUWhHdFWLJ5VGLUC7+ip2G/ubp9CSC=\t524', 'h1:Rmv09Xahu686XmUWhHdFWLJ5VGLUC7+ip2G/ubp9CSC=\t524'],
  ['SOEyDQkSA4Z9EbgXQ5+GMcbrqqLkdPW= status=failed', 'SOEyDQkSA4Z9EbgXQ5+GMcbrqqLkdPW= status=failed'],
  ['{"task_ids":["B06VKWG4PW","B06VKWG4PW"]}', '{"task_ids":["B06VKWG4PW","B06VKWG4PW"]}'],
  ['dbPW=hunter2x ADMIN_PW=hunter2x', 'dbPW=[secret] ADMIN_PW=[secret]'],
  ['user 4263982640269299 logged in', 'user 4263982640269299 logged in'],
  ['(01)36037082276585(21)26977695', '(01)36037082276585(21)26977695'],
  ['parcel 9417 4048 7833 8826 6170 07', 'parcel 9417 4048 7833 8826 6170 07'],
  ['requestIDs: 4263982640269299', 'requestIDs: 4263982640269299'],
  ['E0931DE2-997F-7026-843D-6EA5158AF3AC:1-694355', 'E0931DE2-997F-7026-843D-6EA5158AF3AC:1-694355', 'phone_id'],
  ['7138-0476-4147', '7138-0476-4147', 'order.id'],
  ['{"request":"7138 0476 4147"}', '{"request":"7138 0476 4147"}'],
  ['pi_33nDnUScEKqIx49qEWxk re_3SljxD0Y3cW6e62aKhvJTs1P', 'pi_33nDnUScEKqIx49qEWxk re_3SljxD0Y3cW6e62aKhvJTs1P'],
  ['session_id=01NDWT5V1RJ66EGFVYZJDZH951', 'session_id=01NDWT5V1RJ66EGFVYZJDZH951'],
  ['user paid with 4263982640269299 today', 'user paid with [card] today'],
  ['{"cards":[4263982640269299, 5200828282828210]}', '{"cards":[[card], [card]]}'],
  ['value=4263982640269299, 4263982640269299', 'value=[card], [card]'],
  ['order paid by card 4263982640269299', 'order paid by card [card]'],
  ['7138 0476 4147', '[in_aadhaar]'],
  ['aadhaar_id: 7138-0476-4147', 'aadhaar_id: [in_aadhaar]'],
  ['4263 9826 4026 9299 12/27', '[card] [card_expiry]'],
  ['session_id=01NDWT5V1RJ66EGFVYZJDZH951&x=1', 'session_id=[signed_url]&x=1'],
  ['code=SplxlOBeZQQYbYS6WxSbIA', 'code=[signed_url]', 'url.query'],
  // Names of things.
  ['Android Attributes', 'Android Attributes', 'display_name'],
  ['{"mail":"","displayName":"Jane Doe"}', '{"mail":"","displayName":"[person]"}'],
  ['{"displayName":"HR Team","driver_name":"overlay2"}', '{"displayName":"HR Team","driver_name":"overlay2"}'],
  ['{owner_kind="ReplicaSet",owner_name="cart-5d9"}', '{owner_kind="ReplicaSet",owner_name="cart-5d9"}'],
  [
    'new user: name=butter3, UID=1000; display_name=jdk-8.0.9',
    'new user: name=[person], UID=1000; display_name=jdk-8.0.9',
  ],
  ['{"name":"tools","full_name":"acme/tools"}', '{"name":"tools","full_name":"acme/tools"}'],
  ['--set loki.fullnameOverride=loki&fullNamePath=%2Fa', '--set loki.fullnameOverride=loki&fullNamePath=%2Fa'],
  ['{"owner_name":"Jane Doe","sender_name":"J. Doe"}', '{"owner_name":"[person]","sender_name":"[person]"}'],
  ['{"user_display_name":"jdoe","fullName":"doe, jane"}', '{"user_display_name":"[person]","fullName":"[person]"}'],
  ['{"first_name_kana":"Hanako","lastNameEn":"Sato"}', '{"first_name_kana":"[person]","lastNameEn":"[person]"}'],
  // Versions in four parts.
  ['Mozilla/5.0 (Linux; U; HTC Tattoo 31.52.161.1 Build/X)', 'Mozilla/5.0 (Linux; U; HTC Tattoo 31.52.161.1 Build/X)'],
  [
    'Mozilla/4.0 (compatible) Vodafone/1.0/HTC_Elf/31.11.164.2',
    'Mozilla/4.0 (compatible) Vodafone/1.0/HTC_Elf/31.11.164.2',
  ],
  [
    'bump types-lib from 24.24.30.4 to 24.24.30.5; OS Emulator 5.0.0.62',
    'bump types-lib from 24.24.30.4 to 24.24.30.5; OS Emulator 5.0.0.62',
  ],
  ['"Mozilla/5.0 (X11)" "31.52.161.1", host 31.52.161.1', '"Mozilla/5.0 (X11)" "[ipv4]", host [ipv4]'],
  [
    'client 5.0.0.62 Mozilla/5.0 (compatible; bot; http://31.52.161.1/)',
    'client [ipv4] Mozilla/5.0 (compatible; bot; http://[ipv4]/)',
  ],
  // Slices, dates with a time.
  ["crop('224::224')", "crop('224::224')"],
  [
    '{"log_text": "2009-07-20 22:59:27"} formatTimeCell("2026-05-08 12:30")',
    '{"log_text": "2009-07-20 22:59:27"} formatTimeCell("2026-05-08 12:30")',
  ],
  ['{"remote_ip":"1234::5678"} refused from [1234::5678]:0', '{"remote_ip":"[ipv6]"} refused from [[ipv6]]:0'],
  ['host=::ffff:49.88.112.72 port=1', 'host=[ipv6] port=1'],
  ['lei SCW42NPS4SARJ4WRWG97, fw_kho8bBxhvyVnfHBsjF', 'lei SCW42NPS4SARJ4WRWG97, fw_kho8bBxhvyVnfHBsjF'],
  ['SCW_ACCESS_KEY=SCW42NPS4SARJ4WRWG97', 'SCW_ACCESS_KEY=[scaleway_key]'],
  ['via 2a00::1 and 2001:db8::7', 'via [ipv6] and [ipv6]'],
  [
    'Chrome/123.0.6312.80 UCMobile/15.0.7.1383 Mobile Safari/537.36',
    'Chrome/123.0.6312.80 UCMobile/15.0.7.1383 Mobile Safari/537.36',
  ],
  ['cell: 2009-07-20-22', 'cell: 2009-07-20-22'],
  ['cell: 0209-07-20-22', 'cell: [phone]'],
  // What a personal word only describes, in names and in sentences.
  [
    '{"passport_strategy":4512819,"nhsFeed":1674761439,"imeiTable":490154203237518}',
    '{"passport_strategy":4512819,"nhsFeed":1674761439,"imeiTable":490154203237518}',
  ],
  [
    'mobile_cache=758852163 phone_sessions: 63081214 tableCell=7421089 cell_index(593025171)',
    'mobile_cache=758852163 phone_sessions: 63081214 tableCell=7421089 cell_index(593025171)',
  ],
  [
    'gpio_pin=1342 otp_window=466977 pin_mapping: 4136 resetCodeSent=5311',
    'gpio_pin=1342 otp_window=466977 pin_mapping: 4136 resetCodeSent=5311',
  ],
  [
    'fax queue 19575102005, rpc call #52425362, battery cell by 1154750529',
    'fax queue 19575102005, rpc call #52425362, battery cell by 1154750529',
  ],
  [
    '<nasMount>290273861</nasMount> nhsFeed 1742567523 nasMount(198938532) "reach" = 447525232',
    '<nasMount>290273861</nasMount> nhsFeed 1742567523 nasMount(198938532) "reach" = 447525232',
  ],
  ['cell=1003433 mobile: 4155552671, homePhone 4155552671', 'cell=1003433 mobile: [phone], homePhone [phone]'],
  ['nhs feed 9434765919, card layout 4263982640269299', 'nhs feed 9434765919, card layout 4263982640269299'],
  [
    '{"customer_phone_2":4155552671,"homePhoneNumber":"4155552671"}',
    '{"customer_phone_2":[phone],"homePhoneNumber":"[phone]"}',
  ],
  [
    '{"phone":{"number":"4155552671"},"mobile_of_customer":4155552671}',
    '{"phone":{"number":"[phone]"},"mobile_of_customer":[phone]}',
  ],
  [
    '{"passport_no":"533380006","dob_child":"2011-04-05","nhs_number_formatted":"9434765919"}',
    '{"passport_no":"[passport]","dob_child":"[birth_date]","nhs_number_formatted":"[uk_nhs]"}',
  ],
  [
    'card_number_masked=4263982640269299 customer cell 4155552671 user_pin=4821',
    'card_number_masked=[card] customer cell [phone] user_pin=[secret]',
  ],
  // Counts, sizes and times beside the names of secrets.
  [
    '{"creds":1595470860973,"dsn":104.15,"seed_phrase":1869966869429}',
    '{"creds":1595470860973,"dsn":104.15,"seed_phrase":1869966869429}',
  ],
  [
    'pass=1777101069037 cookies: 4224980 <cookies>1827778171003</cookies>',
    'pass=1777101069037 cookies: 4224980 <cookies>1827778171003</cookies>',
  ],
  ['{"password":12345678,"DB_PASS":"83649127"}', '{"password":[secret],"DB_PASS":"[secret]"}'],
  // Decimal numbers, object ids, days of a year and dates that no calendar has.
  [
    'tin: 89415.2955 imei=670.8831520737472 cell: 1.3.6.1.4.1.8072.3',
    'tin: 89415.2955 imei=670.8831520737472 cell: 1.3.6.1.4.1.8072.3',
  ],
  [
    'cell: 2008-333 phone: 2025.7.14 tel: 172.18.81.207 phone P/N 194-296039-490',
    'cell: 2008-333 phone: 2025.7.14 tel: 172.18.81.207 phone P/N 194-296039-490',
  ],
  ['born: 48.0.1128 born 01006070 born 12.05.1987', 'born: 48.0.1128 born 01006070 born [birth_date]'],
  // Packages, endpoints, constants, labels, tokens of a language model and results of tests, under names of secrets.
  [
    '{"cookie":"npm:^0.5.0","next-auth":"4.24.15(patch_hash=298)"}',
    '{"cookie":"npm:^0.5.0","next-auth":"4.24.15(patch_hash=298)"}',
  ],
  ['^3.0.0', '^3.0.0', '@octokit/auth-token'],
  ['tcp://clickhouse:9000/metrics', 'tcp://clickhouse:9000/metrics', 'dsn'],
  ['ANYSCALE_API_KEY', 'ANYSCALE_API_KEY', 'api_key'],
  [
    'api_key="MULTION_API_KEY", token=%DYNAMIC_METADATA(io.x:y)%',
    'api_key="MULTION_API_KEY", token=%DYNAMIC_METADATA(io.x:y)%',
  ],
  ['Change Password', 'Change Password', 'changePassword'],
  [
    '{"field_password":"Password (optional)","license_key":"License Key"}',
    '{"field_password":"Password (optional)","license_key":"License Key"}',
  ],
  ['{"token":" increased","logprob":-2.9}', '{"token":" increased","logprob":-2.9}'],
  [' increased', ' increased', 'token'],
  ['NextPageToken', 'NextPageToken', 'output_token'],
  ['--- PASS: TestHTTP2Reload (0.00s)', '--- PASS: TestHTTP2Reload (0.00s)'],
  ['echo "SESSION_TOKEN=" >> $ENV_FILE; echo "X="', 'echo "SESSION_TOKEN=" >> $ENV_FILE; echo "X="'],
  ['authorization: GetIt, PutIt and others. Tags are not', 'authorization: GetIt, PutIt and others. Tags are not'],
  ['<code>Authorization: Bearer</code> headers', '<code>Authorization: Bearer</code> headers'],
  [
    '{"serviceFullName":"Acme Certificate Manager","awsAccountNumber":"123456789101"}',
    '{"serviceFullName":"Acme Certificate Manager","awsAccountNumber":"123456789101"}',
  ],
  ['{"shipping_address":"{ \\"type\\": \\"string\\" }"}', '{"shipping_address":"{ \\"type\\": \\"string\\" }"}'],
  ['mysql://app:hunter2x@db/x', '[secret]', 'dsn'],
  ['{"token":"Xk29fjsk7Q","api_key":"8f3kd93jf93kdkf93kdf"}', '{"token":"[secret]","api_key":"[secret]"}'],
  ['correct horse battery', '[secret]', 'admin.password'],
  [
    '{"employeeFullName":"Jane Doe","bankAccountNumber":"123456789101"}',
    '{"employeeFullName":"[person]","bankAccountNumber":"[bank_account]"}',
  ],
  // A clock, a picture, a chapter, SQL that is none, source code.
  [
    'since 2026-09-15 15:35:56.126006 +0200 CEST m=+39.384575417',
    'since 2026-09-15 15:35:56.126006 +0200 CEST m=+39.384575417',
  ],
  ['d="M6.12 10.48c.36.28.8.43 1.26-.51.5.96.96"', 'd="M6.12 10.48c.36.28.8.43 1.26-.51.5.96.96"'],
  ['Section 22.1.4.1, patch V8 to 14.6.202.34', 'Section 22.1.4.1, patch V8 to 14.6.202.34'],
  ['the object (identified by "requestName9") is gone', 'the object (identified by "requestName9") is gone'],
  ['_d.cookie=n});_w.bbe="a:b";f=!1;n.define=e', '_d.cookie=n});_w.bbe="a:b";f=!1;n.define=e'],
  ['{"shape":"SensitiveString"}', '{"shape":"SensitiveString"}', 'token'],
  ['m=39.384575417 call +39.0612345678, ...31.52.161.1', 'm=39.384575417 call [phone], ...[ipv4]'],
  [
    "create user x identified by 'hunter2x'; ALTER y IDENTIFIED BY 'hunter3x'",
    "create user x identified by '[secret]'; ALTER y IDENTIFIED BY '[secret]'",
  ],
  ['Cookie: a=x1; HttpOnly; b=y2', 'Cookie: a=[cookie]; HttpOnly; b=[cookie]'],
  // Revisions of packages and workflows, and services in Kerberos.
  ['go get example.org/git/tag_tests.git@latest', 'go get example.org/git/tag_tests.git@latest'],
  ['uses: acme/tools/.github/workflows/lint.yml@v3', 'uses: acme/tools/.github/workflows/lint.yml@v3'],
  ['ini.v1@master', 'ini.v1@master'],
  ['patches/next-auth@4.24.15.patch', 'patches/next-auth@4.24.15.patch'],
  ['HTTP/web.acme.com@ACME.COM', 'HTTP/web.acme.com@ACME.COM'],
  // Source code as agents read it: templates, types, members, expressions, objects, and the same names with a value.
  ['token: `token-${++counter}`,', 'token: `token-${++counter}`,'],
  ['token: `9f8e7d6c5b4a3f2e1d`,', 'token: `[secret]`,'],
  ['displaySecretKey: "sk-lf-...5678"', 'displaySecretKey: "sk-lf-...5678"'],
  ['api_key: SecretString | None', 'api_key: SecretString | None'],
  ['{ token: "--popover", label: "menus" }', '{ token: "--popover", label: "menus" }'],
  ['const STORAGE_KEY = "shop:json-view-preferences"', 'const STORAGE_KEY = "shop:json-view-preferences"'],
  ['const BARE_TOKEN = /^(?:and|or|not)$/i;', 'const BARE_TOKEN = /^(?:and|or|not)$/i;'],
  ['secretKey: state?.secretAccessKey || null,', 'secretKey: state?.secretAccessKey || null,'],
  ['secretKey: encrypt(process.env.SHOP_KEY!),', 'secretKey: encrypt(process.env.SHOP_KEY!),'],
  ['var apiKey = configuration[Settings.Mem0Key];', 'var apiKey = configuration[Settings.Mem0Key];'],
  ['assert init["token"] == {"env_vars": ["A_B"]}', 'assert init["token"] == {"env_vars": ["A_B"]}'],
  ['assert not any("username=" in p for p in all)', 'assert not any("username=" in p for p in all)'],
  ['cannot use "password="hunter22x""', 'cannot use "password="[secret]""'],
  ['login(username=username_str, port=1)', 'login(username=username_str, port=1)'],
  ['login(username="jmiller", port=1)', 'login(username="[person]", port=1)'],
  ['FullName = "Shop.Agents.Workflows.Handler"', 'FullName = "Shop.Agents.Workflows.Handler"'],
  ['FullName = "Jane Miller"', 'FullName = "[person]"'],
  ['authorization: { secret: true, value: "x" }', 'authorization: { secret: true, value: "x" }'],
  ['{"authorization": authorization_token}', '{"authorization": authorization_token}'],
  ['`Authorization: Bearer <token>` for direct calls.', '`Authorization: Bearer <token>` for direct calls.'],
  ['API_KEY        base64-encoded key', 'API_KEY        base64-encoded key'],
  ['APP_CREDENTIALS="C:\\path\\to\\account.json"', 'APP_CREDENTIALS="C:\\path\\to\\account.json"'],
  // Every cookie of a list, and no string behind the list.
  [
    '{"set-cookie":["a=x1; Path=/","b=y2"],"c":"d=z3"}',
    '{"set-cookie":["a=[cookie]; Path=/","b=[cookie]"],"c":"d=z3"}',
  ],
  ["'set-cookie': [ 'a=x1', 'b=y2' ],", "'set-cookie': [ 'a=[cookie]', 'b=[cookie]' ],"],
  // A table of numbers, half of which pass for cards, and two cards.
  ['5325 2918 3479 9530 2638 7432 0890 1117', '5325 2918 3479 9530 2638 7432 0890 1117'],
  ['cards: 4111 1111 1111 1111 5500 0055 5555 5559', 'cards: [card] [card]'],
  ['4111 1111 1111 1111 4111 1111 1111 1111', '[card] [card]'],
  ['parts 2581 2345 6789 0124 and 5318 2345 6789 0124', 'parts 2581 2345 6789 0124 and 5318 2345 6789 0124'],
  // What a model streams, in base64 twice, and a JWT.
  [
    'ZXlKMGVYQmxJam9pWTI5dWRHVnVkRjlpYkc5amExOWtaV3gwWVNJc0ltbHVaR1Y0SWpvd0xDSmta',
    'ZXlKMGVYQmxJam9pWTI5dWRHVnVkRjlpYkc5amExOWtaV3gwWVNJc0ltbHVaR1Y0SWpvd0xDSmta',
  ],
  [
    `got ${Buffer.from('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlb2Z0aGlz').toString('base64')}`,
    'got [jwt]',
  ],
  ['chatcmpl-aRcjttR4sRNCrh6XFoYx5mLcACOGW', 'chatcmpl-aRcjttR4sRNCrh6XFoYx5mLcACOGW'],
  ['msg_ATBBOgL9hyZC5mBXsnB6IxKn', 'msg_ATBBOgL9hyZC5mBXsnB6IxKn'],
  ['key ATBBOgL9hyZC5mBXsnB6IxKn9qL2', 'key [atlassian_token]'],
  ['4012-8888-8888-1881 4012 8888 8888 1881', '[card] [card]'],
  ['uber-trace-id: 806bd4df4ba19af6:2559703996159992:0:1', 'uber-trace-id: 806bd4df4ba19af6:2559703996159992:0:1'],
  [
    'A.Call, Culture=neutral, PublicKeyToken=2409965903465885',
    'A.Call, Culture=neutral, PublicKeyToken=2409965903465885',
  ],
  ['jane.doe@exam', '[email]'],
  ['/users/jane.doe@example.com and jdoe@ACME.COM, x@163.com', '/users/[email] and [email], [email]'],
]

for (const [text, marked, key] of pairs) {
  t.test(
    `${text === marked ? 'leaves alone' : 'finds what is in'}: ${key === undefined ? '' : `${key}=`}${text}`,
    async t => {
      t.equal(markFindings(standard, text, key), marked)
    },
  )
}
