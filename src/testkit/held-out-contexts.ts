import { below, digitsOf, fill, hexOf, lower, pick, text, upper, word } from './held-out-values.ts'

const typed = (signs: string): string => {
  const middle = text(8 + below(8), word + signs)
  return `${text(1, upper)}${text(1, lower)}${middle}${fill('##')}${text(1, lower)}`
}
const password = () => typed('!@#%^*-_+.?~')
const token = () => `${text(20 + below(20), word)}${fill('#')}${text(1, lower)}`
const hexKey = () => text(pick([32, 40, 64]), hexOf)
const anySecret = () => pick([password, token, hexKey])()
const base64 = (bytes: number) => Buffer.from(text(bytes, word)).toString('base64')
/** What people think of. */
const human = () =>
  `${pick(['Summer', 'Monkey', 'Letmein', 'Bayern', 'hunter', 'iloveyou', 'tr0ub4dor'])}${fill('##')}${pick(['', '!', '?'])}`

const names = (
  'password passwd db_password DB_PASSWORD POSTGRES_PASSWORD MYSQL_ROOT_PASSWORD client_secret clientSecret api_key apiKey X-Api-Key secret_key ' +
  'JWT_SECRET access_token accessToken refresh_token AUTH_TOKEN private_key encryption_key SMTP_PASS smtp_password passphrase webhook_secret ' +
  'signing_key bot_token GITHUB_TOKEN NPM_TOKEN admin_password userPassword keystore.password trustStorePassword sasl.password session_secret ' +
  'consumer_secret master_key ansible_ssh_pass vault_token root_password AZURE_CLIENT_SECRET DD_API_KEY OPENAI_API_KEY AccountKey SharedAccessKey ' +
  'wifi_psk hmac_secret csrf_token PGPASSWORD MYSQL_PWD otp_secret AWS_SESSION_TOKEN new_password oldPassword confirmPassword'
).split(' ')

/** One of the templates: `§` is the secret, `¤` a name for one. */
const filled = (secret: string, templates: readonly string[], key?: string): Context => {
  const template = pick(templates)
  const made = template.replace('§', () => secret).replace('¤', () => pick(names))
  return key === undefined ? [made, secret] : [made, secret, key]
}
/** A text, the part of it that must not leave, and the key of the attribute that it needs. */
export type Context = readonly [text: string, secret: string, key?: string]

const american = () => fill(pick(['N12-355-####', 'N12.355.####', 'N12 355 ####', '(N12) 355-####', 'N12355####']))
const abroad = () =>
  fill(
    pick([
      '07#########',
      '020 7### ####',
      '0171 #######',
      '06 ## ## ## ##',
      '9#########',
      '(11) 9####-####',
      '8 (912) ###-##-##',
    ]),
  )
const social = () => fill('4## 45 6N##')
const birthday = () =>
  pick([
    `19${fill('##')}-0${1 + below(9)}-1${below(10)}`,
    `${1 + below(12)}/${1 + below(28)}/19${fill('##')}`,
    `${pick(['May', 'June'])} ${1 + below(28)}, 19${fill('##')}`,
  ])

/** Secrets and personal data that something beside them gives away. */
export const heldOutContexts: Readonly<Record<string, () => Context>> = {
  'configuration file': () =>
    filled(anySecret(), [
      'server:\n  port: 80\n  ¤: §\n  host: x',
      '[db]\n¤ = "§"\nport = 5',
      '[db]\n¤ = §\nport = 5',
      'app.x=1\napp.¤=§\n',
      'resource "x" "y" {\n  ¤   = "§"\n}',
      '{\n  "host": "x",\n  "¤": "§"\n}',
    ]),
  'environment of a process': () =>
    filled(token(), [
      'A=1\nexport DB_PASSWORD=§\nB=2',
      'API_TOKEN="§"',
      'env:\n- name: DB_PASSWORD\n  value: §\n- name: A\n  value: b',
    ]),
  xml: () =>
    filled(token(), [
      '<conf><db-password>§</db-password></conf>',
      '<wsse:Password Type="http://x/#PasswordText">§</wsse:Password>',
      '<datasource user="a" apiKey="§"/>',
      '<property name="password" value="§"/>',
    ]),
  object: () =>
    filled(token(), [
      "{'user': 'x', 'password': '§'}",
      "Config(host='x', api_key='§', n=1)",
      '{Host:x Password:§ Port:5432}',
      '&config.DB{Host:"x", ClientSecret:"§", Port:5432}',
      'LoginRequest[username=bob, password=§, remember=true]',
      '{:user=>"x", :client_secret=>"§"}',
      'Config { user: "x", token: "§" }',
      'Config { api_key: Some("§") }',
      '  ["password"]=>\n  string(24) "§"\n',
      'Array\n(\n    [user] => x\n    [password] => §\n)',
      'auth { user: "x" password: "§" }',
    ]),
  'command line': () =>
    filled(token(), [
      '/usr/bin/app --user bob --api-key § --verbose',
      'app --client-secret=§ --verbose',
      "app --password '§' run",
      'docker run -e DB_PASSWORD=§ img',
      'PGPASSWORD=§ psql -h db -U app',
      'java -Djavax.net.ssl.keyStorePassword=§ -jar a.jar',
      'kubectl create secret generic x --from-literal=password=§',
      '["app","--password","§","-v"]',
    ]),
  'options of clients': () =>
    filled(
      token(),
      ['mysqldump -u root -p§ --all-databases', 'sshpass -p § ssh user@10.0.0.1'],
      'process.command_line',
    ),
  sql: () =>
    filled(text(12, lower) + fill('##'), [
      "CREATE USER app WITH PASSWORD '§'",
      "CREATE USER 'a'@'%' IDENTIFIED BY '§'",
      "CREATE LOGIN app WITH PASSWORD = N'§', CHECK_POLICY = OFF",
      "INSERT INTO users (id, email, password, role) VALUES (7, 'x', '§', 'admin')",
      "UPDATE users SET password = '§', x = 1 WHERE id=7",
    ]),
  headers: () =>
    filled(token(), [
      'GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer §\r\nAccept: */*',
      '{"headers":{"host":"a","authorization":"Bearer §","accept":"*/*"}}',
      'map[Accept:[*/*] Authorization:[Bearer §] User-Agent:[x]]',
      'map[Accept:[*/*] X-Api-Key:[§] User-Agent:[x]]',
      '--> POST https://x\nX-Auth-Token: §\n--> END POST',
      "[ 'x-api-key', '§', 'accept', '*/*' ]",
      '{"name":"Authorization","value":"Bearer §"}',
      '{"key":"DB_PASSWORD","value":{"stringValue":"§"}}',
      'Cookie: lang=en; sessionid=§; theme=dark',
      'Set-Cookie: SID=§; Path=/; HttpOnly; Secure',
    ]),
  'files of tools': () =>
    filled(token(), [
      '//registry.npmjs.org/:_authToken=§',
      '[pypi]\nusername = x\npassword = §',
      'host=db dbname=x user=a password=§ sslmode=require',
      'Driver={ODBC Driver 18};Server=x;Uid=a;Pwd=§;',
    ]),
  'keys of clouds': () =>
    filled(base64(32), [
      'DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=§;EndpointSuffix=core.windows.net',
      'Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=§',
    ]),
  'password in a sentence': () =>
    filled(human(), [
      'my password is § and it does not work',
      'Here are the creds: user bob, password: §',
      'I tried the password "§" twice',
      'Your temporary password is: §',
      'the wifi password is §',
    ]),
  'key in a sentence': () =>
    filled(hexKey(), ['The API key is §.', 'use this api key: §', 'my access token is §, please call the api']),
  'code in a sentence': () =>
    filled(fill('######'), ['Your verification code is §. Do not share it.', 'OTP: §', 'confirmation code: §']),
  'social security number': () => filled(social(), ['my social is §', 'my SSN is §', 'Social Security Number: §']),
  'phone of America': () =>
    filled(american(), [
      'call me at §',
      'my phone number is §',
      'Tel. §',
      'my cell is §',
      '{"phone":"§"}',
      'mobile=§',
      'my number is §',
      'fax §',
    ]),
  'phone abroad': () =>
    filled(abroad(), [
      'call me at §',
      'phone: §',
      '{"phone":"§"}',
      'Handynummer: §',
      '"telefono": "§"',
      'celular: §',
      'téléphone : §',
      'телефон: §',
      '电话：§',
      '전화번호: §',
      'هاتف: §',
    ]),
  'data of a card': () => filled(fill('###'), ['cvv: §', '"cvv":"§"', 'CVV §', 'security code is §']),
  'bank account': () =>
    filled(fill('N#########'), [
      'account number §',
      'bank account: §',
      'acct # §',
      '{"account_number":"§"}',
      'Kontonummer: §',
    ]),
  'day of birth': () => filled(birthday(), ['DOB §', 'date of birth: §', 'born on §', '"birthDate":"§"']),
  passport: () =>
    filled(fill(pick(['#########', 'C########'])), [
      'passport number: §',
      '"passportNumber":"§"',
      'my passport number is §',
    ]),
  person: () =>
    filled(`${pick(['Jane', 'Tomasz', 'Wei'])} ${pick(['Doe', 'Kowalski', 'Zhang'])}`, [
      '{"full_name":"§"}',
      'customer_name="§"',
      '"cardholderName": "§"',
      '<fullName>§</fullName>',
    ]),
  'hardware address': () =>
    filled(pick([fill('hhhh.hhhh.hhhh'), fill('1hhhhhhhhhh9')]), ['mac=§', '{"mac": "§"}', 'macAddress: §']),
  'signed URL': () =>
    filled(text(64, hexOf), [
      'https://b.s3.amazonaws.com/k?X-Amz-Expires=300&X-Amz-Signature=§',
      'https://storage.googleapis.com/b/o?X-Goog-Credential=x&X-Goog-Signature=§',
    ]),
  'parameters of URLs': () =>
    filled(token(), [
      'GET /callback?code=§&state=xyz HTTP/1.1',
      'https://a.io/cb#access_token=§&token_type=bearer',
      'https://api.x.io/v1/a?api_key=§&q=1',
      'https://x.io/reset-password?token=§',
    ]),
  'private key': () =>
    filled(base64(40), [
      '-----BEGIN PRIVATE KEY-----\\n§\\n-----END PRIVATE KEY-----\\n',
      '-----BEGIN EC PRIVATE KEY-----\n§\n-----END EC PRIVATE KEY-----',
      '[Interface]\nPrivateKey = §\nAddress = 10.0.0.2/32',
    ]),
  taxpayer: () => filled(text(9, digitsOf.slice(2, 7)), ['taxpayer id §', '{"ssn":"§"}']),
}
