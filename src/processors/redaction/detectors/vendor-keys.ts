import type { vendorKeyNames } from './catalog.ts'

/** One form of a vendor's keys. */
export interface VendorForm {
  readonly name: (typeof vendorKeyNames)[number] | 'private_key' | 'jwt'
  readonly prefix: string
  /** Characters behind the prefix, as a class of a regular expression. */
  readonly alphabet: string
  readonly min: number
  readonly max: number
  /** A further check of what stands behind the prefix; a pattern is anchored and has bounded repeats. */
  readonly check?: 'github' | 'sendgrid' | 'random' | 'mixed' | 'airtable' | 'jwt' | RegExp
}

const word = 'A-Za-z0-9'
const base64Url = 'A-Za-z0-9_\\-'
const hex = 'a-f0-9'
const anyHex = 'a-fA-F0-9'

const form = (
  name: VendorForm['name'],
  prefixes: string,
  alphabet: string,
  min: number,
  max = min,
  check?: VendorForm['check'],
): VendorForm[] =>
  prefixes.split(' ').map(prefix => ({ name, prefix, alphabet, min, max, ...(check === undefined ? {} : { check }) }))

/** Keys of vendors that have no detector of their own name. */
const otherForms: readonly VendorForm[][] = [
  // Adobe, AppSync, Amazon's MWS, ClickHouse, Defined Networking, Infracost, 42
  form('vendor_key', 'p8e-', 'a-z0-9-', 32, 32, 'mixed'),
  form('vendor_key', 'da2-', 'a-z0-9', 26, 26, 'mixed'),
  form('vendor_key', 'amzn.mws.', `${hex}-`, 36),
  form('vendor_key', '4b1d', word, 38, 38, 'random'),
  form('vendor_key', 'dnkey-', 'a-z0-9=_-', 79),
  form('vendor_key', 'ico-', word, 32, 32, 'random'),
  form('vendor_key', 's-s4t2ud- s-s4t2af-', hex, 64),
  // ClickUp, Courier, Klaviyo, CheckiO, IEX, Paystack, Ticket Tailor, Close
  form('vendor_key', 'pk_', 'A-Z0-9_', 40, 41, /^\d{7,8}_[A-Z0-9]{32}$/),
  form(
    'vendor_key',
    'pk_ sk_',
    `${word}_`,
    29,
    120,
    /^(test|live|prod|[a-z]{1,30}|[A-Za-z0-9]{1,40}|\d{4}_\d{6})_[A-Za-z0-9]{28,64}$/,
  ),
  form('vendor_key', 'pk_ sk_', word, 30, 64, 'random'),
  form('vendor_key', 'api_', `${word}.`, 45, 45, 'random'),
  // crates.io, EcoStruxure, NuGet, Telnyx, Ionic, MongoDB's service accounts, Pagar.me, Dependency-Track
  form('vendor_key', 'cio', word, 32, 32, 'random'),
  form('vendor_key', 'AK1', `${word}/`, 50, 55, 'random'),
  form('vendor_key', 'oy2', 'a-z0-9', 43, 43, 'mixed'),
  form('vendor_key', 'KEY', base64Url, 55, 55, 'random'),
  form('vendor_key', 'ion_', 'a-z0-9', 42),
  form('vendor_key', 'mdb_sa_sk_', base64Url, 40),
  form('vendor_key', 'ak_live_ ak_test_', word, 30),
  form('vendor_key', 'odt_', word, 32, 255, 'random'),
  // StackHawk, Teamwork, Ubidots, Voiceflow, Zoho, Firecrawl, Jina, PubNub, SalesBlink, X
  form('vendor_key', 'hawk.', `${base64Url}.`, 41, 41, /^[\w-]{20}\.[\w-]{20}$/),
  form('vendor_key', 'tkn.v1_', `${word}=`, 71, 72),
  form('vendor_key', 'BBFF-', word, 30, 30, 'random'),
  form('vendor_key', 'VF.', `${word}.`, 41, 44, /^((DM|WS)\.)?[a-fA-F0-9]{24}\.[A-Za-z0-9]{16}$/),
  form('vendor_key', '1000.', `${hex}.`, 65, 65, /^[a-f0-9]{32}\.[a-f0-9]{32}$/),
  form('vendor_key', 'fc-', hex, 32, 32, 'random'),
  form('vendor_key', 'jina_', word, 60),
  form('vendor_key', 'pub-c- sub-c- sec-c-', 'A-Za-z0-9-', 36, 60, 'random'),
  form('vendor_key', 'key-', word, 64, 64, 'random'),
  form('vendor_key', 'AAAAAAAAAAAAAAAAAAAAAA', `${word}%`, 80, 100, 'random'),
]

/** Prefix, alphabet and length of what each vendor publishes about its keys. Longer prefixes win over shorter ones. */
export const vendorForms: readonly VendorForm[] = [
  form('aws_access_key', 'AKIA ASIA ABIA ACCA A3T', 'A-Z2-7', 16, 17),
  form('aws_bedrock_key', 'ABSK', 'A-Za-z0-9+/=', 100, 280),
  form('aws_bedrock_key', 'bedrock-api-key-', 'A-Za-z0-9+/=', 60, 1000),
  form('gcp_api_key', 'AIza', base64Url, 35),
  form('gcp_oauth_secret', 'GOCSPX-', base64Url, 28),
  form('gcp_oauth_secret', 'ya29.', `${base64Url}.`, 20, 1024),
  form('github_token', 'ghp_ gho_ ghu_ ghs_ ghr_', word, 36, 251, 'github'),
  form('github_pat', 'github_pat_', 'A-Za-z0-9_', 82),
  form(
    'gitlab_token',
    'glpat- gldt- glft- glsoat- glrt- glptt- glcbt- glimt- glagent- gloas- glffct-',
    `${base64Url}.`,
    20,
    320,
  ),
  form('gitlab_token', 'GR1348941', base64Url, 20),
  form('slack_token', 'xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xoxo- xoxc- xoxd- xapp-', 'A-Za-z0-9-', 20, 400),
  form('slack_token', 'xoxe.xoxp- xoxe.xoxb-', 'A-Za-z0-9-', 20, 400),
  form('slack_token', 'xwfp-', 'A-Za-z0-9-', 30, 100),
  form('stripe_key', 'sk_live_ sk_test_ rk_live_ rk_test_ sk_prod_ rk_prod_', word, 10, 247),
  form('stripe_webhook_secret', 'whsec_', 'A-Za-z0-9+/=', 24, 64),
  form('openai_key', 'sk-proj- sk-svcacct- sk-admin- sk-None-', base64Url, 32, 250),
  form('openai_key', 'sk-', word, 40, 60),
  form(
    'anthropic_key',
    'sk-ant-api03- sk-ant-admin01- sk-ant-oat01- sk-ant-ort01- sk-ant-sid01- sk-ant-',
    base64Url,
    60,
    140,
  ),
  form('huggingface_token', 'hf_ api_org_', 'A-Za-z', 34, 40),
  form('huggingface_token', 'hf_', word, 34, 40),
  form('perplexity_key', 'pplx-', word, 40, 64),
  form('databricks_token', 'dapi', `${hex}-`, 32, 34),
  form('npm_token', 'npm_', word, 36),
  form('pypi_token', 'pypi-AgEI pypi-', base64Url, 50, 1000),
  form('sendgrid_key', 'SG.', `${base64Url}.`, 60, 70, 'sendgrid'),
  form('vault_token', 'hvs. hvb. hvr.', `${base64Url}.`, 20, 300),
  form('shopify_token', 'shpat_ shpca_ shppa_ shpss_ shptka_ shltm_', anyHex, 30, 34),
  form('shopify_token', 'shltm_', base64Url, 40, 40, 'random'),
  form('doppler_token', 'dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.', `${base64Url}.`, 40, 84),
  form('notion_token', 'ntn_', word, 40, 60),
  form('notion_token', 'secret_', word, 43, 43, 'random'),
  form('linear_key', 'lin_api_ lin_oauth_', word, 32, 64),
  form('postman_key', 'PMAK-', 'A-Za-z0-9-', 59, 59),
  form('grafana_token', 'glsa_', 'A-Za-z0-9_', 41, 41),
  form('grafana_token', 'eyJrIjoi', 'A-Za-z0-9=', 60, 403),
  form('grafana_token', 'glc_', 'A-Za-z0-9+/=', 32, 400),
  form('sentry_token', 'sntrys_ sntryu_ sntrya_', 'A-Za-z0-9+/=_', 40, 400),
  form('onepassword_token', 'ops_eyJ', 'A-Za-z0-9+/=_-', 100, 2000),
  form(
    'onepassword_token',
    'A3-',
    'A-Z0-9-',
    32,
    40,
    /^[A-Z0-9]{6}-([A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(-[A-Z0-9]{5}){3}$/,
  ),
  form('age_secret_key', 'AGE-SECRET-KEY-1', 'A-Z0-9', 58),
  form('atlassian_token', 'BBDC-', 'A-Za-z0-9+/', 40, 60, 'random'),
  form('atlassian_token', 'ATATT3 ATCTT3 ATBB', 'A-Za-z0-9_=-', 24, 250),
  form('digitalocean_token', 'dop_v1_ doo_v1_ dor_v1_', hex, 64),
  form('twilio_key', 'SK', anyHex, 32, 32, 'random'),
  form('twilio_key', 'AC', hex, 32),
  form('square_token', 'sq0atp- sq0csp- sq0idp-', base64Url, 22, 43),
  form('square_token', 'EAAA', `${base64Url}+=`, 60, 60, 'random'),
  form('mailgun_key', 'key-', 'a-z0-9', 32, 32, 'mixed'),
  form('mailgun_key', 'pubkey-', hex, 32),
  form('newrelic_key', 'NRAK- NRJS- NRAA- NRII- NRIQ- NRRA-', `${base64Url}`, 19, 42),
  form('newrelic_key', 'nrak- nrjs- nraa- nrii- nriq- nrra-', `${base64Url}`, 19, 42, 'mixed'),
  form('newrelic_key', 'px-api- px-dep-', `${hex}-`, 36),
  form('figma_token', 'figd_ figo_ figu_', base64Url, 38, 64),
  form('planetscale_token', 'pscale_tkn_ pscale_pw_ pscale_oauth_', `${base64Url}.=`, 32, 64),
  form('pulumi_token', 'pul-', 'a-z0-9', 40, 40, 'mixed'),
  form('rubygems_key', 'rubygems_', 'a-z0-9', 42, 52),
  form('dockerhub_token', 'dckr_pat_ dckr_oat_', base64Url, 27, 64),
  form('groq_key', 'gsk_', word, 48, 56),
  form('xai_key', 'xai-', `${word}_`, 70, 90),
  form('replicate_token', 'r8_', base64Url, 37),
  form('openrouter_key', 'sk-or-v1-', hex, 64),
  form('supabase_key', 'sbp_ sb_secret_', 'A-Za-z0-9_-', 30, 50),
  form('fly_token', 'fo1_ fm1_ fm2_ fm1a_ fm1r_', 'A-Za-z0-9+/=_-', 40, 800),
  form('dynatrace_token', 'dt0', `${word}.`, 93, 93, /^[A-Za-z]\d\d\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}$/),
  form('launchdarkly_key', 'api-sdk- sdk- mob-', `${hex}-`, 36, 36),
  form('typeform_token', 'tfp_', `${base64Url}.=`, 40, 64),
  form('easypost_key', 'EZAK EZTK', word, 54),
  form('flutterwave_key', 'FLWSECK_TEST- FLWSECK- FLWPUBK_TEST- FLWPUBK-', 'A-Za-z0-9-', 12, 50),
  form('plaid_token', 'access-production- access-sandbox- access-development-', `${hex}-`, 36),
  form('shippo_token', 'shippo_live_ shippo_test_', anyHex, 40),
  form('netlify_token', 'nfp_ nfc_ nfo_ nfb_ nfu_', word, 36, 40),
  form('langfuse_key', 'sk-lf-', `${hex}-`, 36),
  form('langsmith_key', 'lsv2_pt_ lsv2_sk_', `${hex}_`, 42, 43),
  form('cloudflare_key', 'v1.0-', `${base64Url}.`, 160, 400),
  form('heroku_key', 'HRKU-', base64Url, 36, 64),
  form('buildkite_token', 'bkua_', 'a-z0-9', 40),
  form('circleci_token', 'CCIPAT_ CCIPRJ_', 'A-Za-z0-9_', 40, 80),
  form('intercom_token', 'dG9r', 'A-Za-z0-9+/=', 56, 60),
  form('hubspot_token', 'pat-na1- pat-na2- pat-eu1- pat-ap1-', 'A-Za-z0-9-', 36),
  form('clojars_token', 'CLOJARS_', word, 60),
  form('contentful_token', 'CFPAT-', base64Url, 43),
  form('dropbox_token', 'sl.u. sl.', `${base64Url}=`, 130, 1400, 'random'),
  form('facebook_token', 'EAACEdEose0cBA', word, 16, 300),
  form('facebook_token', 'EAAM EAAC', word, 100, 400, 'random'),
  form('mapbox_token', 'sk.eyJ pk.eyJ tk.eyJ', `${base64Url}.`, 60, 160),
  form('mapbox_token', 'sk. pk. tk.', `${base64Url}.+/=`, 53, 159, /^[^.]{32,128}\.[^.]{20,30}$/),
  form('brevo_key', 'xkeysib- xsmtpsib-', `${hex}A-Za-z0-9-`, 64, 90),
  form('lob_key', 'live_ test_', hex, 35),
  form('artifactory_key', 'AKC', word, 64, 74, 'random'),
  form('artifactory_key', 'cmVmd', word, 54, 84, 'random'),
  form('prefect_key', 'pnu_ pnb_', word, 36),
  form('readme_key', 'rdme_', 'a-z0-9', 70),
  form('tailscale_key', 'tskey-auth- tskey-api- tskey-client- tskey-', `${base64Url}`, 20, 160),
  form('nvidia_key', 'nvapi-', base64Url, 60, 70),
  form('tavily_key', 'tvly-dev- tvly-', 'A-Za-z0-9-', 24, 50),
  form('elevenlabs_key', 'sk_', hex, 48, 48, 'random'),
  form('posthog_key', 'phx_ phc_', `${word}_`, 40, 60),
  form('confluent_key', 'cflt', 'A-Za-z0-9+/', 60),
  form('adafruit_key', 'aio_', word, 28),
  form('sourcegraph_token', 'sgp_', 'a-fA-F0-9_local', 40, 64),
  form('segment_token', 'sgp_', word, 64, 64, 'random'),
  form('sourcegraph_token', 'slk_', hex, 64),
  form('terraform_token', 'atlasv1.', base64Url, 60, 70),
  form('airtable_token', 'pat', `${word}.`, 77, 81, 'airtable'),
  // `-----BEGIN ... PRIVATE KEY` in base64, as in secrets of Kubernetes; certificates begin alike and go on otherwise.
  form(
    'private_key',
    'LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVkt LS0tLS1CRUdJTiBQUklWQVRFIEtFW LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFW ' +
      'LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZ LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBLRVkt ' +
      'LS0tLS1CRUdJTiBEU0EgUFJJVkFURSBLRVkt LS0tLS1CRUdJTiBQR1AgUFJJVkFURSBLRVkg',
    'A-Za-z0-9+/=',
    24,
    20_000,
  ),
  // JWTs whose header has spaces or line breaks in it; without them they begin with `eyJ`.
  form('jwt', 'eyAi ewog ewoJ ew0K', `${base64Url}.`, 32, 20_000, 'jwt'),
  form('discord_token', 'mfa.', base64Url, 80, 95),
  form('alibaba_key', 'LTAI', word, 16, 24, 'mixed'),
  form('tencent_key', 'AKID', word, 32, 32, 'random'),
  form('yandex_key', 'AQVN y0_', base64Url, 35, 60, 'random'),
  form('yandex_key', 't1.', `${base64Url}.=`, 88, 400, /^[\w-]{1,300}={0,2}\.[\w-]{86}={0,2}$/),
  form('scaleway_key', 'SCW', 'A-Z0-9', 17, 17, 'random'),
  form('gitea_token', 'gto_', word, 32, 64, 'random'),
  form('snyk_token', 'snyk_uat. snyk_sat.', `${base64Url}.`, 60, 400),
  form('sonar_token', 'sqp_ squ_ sqa_', hex, 40),
  form('together_key', 'tgp_v1_', base64Url, 43),
  form('fireworks_key', 'fw_', word, 22, 32, 'random'),
  form('anyscale_key', 'esecret_', 'a-z0-9', 26),
  form('pinecone_key', 'pcsk_', 'A-Za-z0-9_', 50, 80),
  form('rootly_key', 'rootly_', hex, 64),
  form('cloudflare_key', 'cfut_ cfat_ cfk_', word, 40, 64),
  form('vercel_token', 'vcp_ vci_ vca_ vcr_ vck_', word, 24, 64, 'random'),
  form('resend_key', 're_', 'A-Za-z0-9_', 33, 33, 'random'),
  form('polar_token', 'polar_oat_ polar_pat_', word, 40, 64),
  form('paddle_key', 'pdl_live_apikey_ pdl_sdbx_apikey_', 'A-Za-z0-9_', 48, 64),
  form('checkout_key', 'sk_sbox_', 'a-z0-9*', 26, 40),
  form('razorpay_key', 'rzp_live_ rzp_test_', word, 14),
  form('mollie_key', 'live_ test_', word, 30),
  form('gocardless_token', 'live_', `${base64Url}=`, 40, 42, 'random'),
  form('depot_token', 'depot_org_ depot_project_', word, 32, 64),
  form('settlemint_token', 'sm_pat_ sm_aat_ sm_sat_', word, 16),
  form('scalingo_token', 'tk-us-', base64Url, 48),
  form('harness_token', 'pat.', `${base64Url}.`, 66, 72, 'random'),
  form('octopus_key', 'API-', 'A-Z0-9', 25, 26, 'random'),
  form('cerebras_key', 'csk-', 'a-z0-9', 48),
  form('e2b_key', 'e2b_', hex, 40),
  form('neon_key', 'napi_', 'a-z0-9', 64),
  form('honeycomb_key', 'hcaik_ hcxik_ hcamk_ hcalk_', 'a-z0-9', 58, 64),
  form('logfire_token', 'pylf_v1_us_ pylf_v1_eu_ pylf_v1_local_', word, 43, 64),
  form('helicone_key', 'sk-helicone-', 'a-z0-9-', 31),
  form('axiom_token', 'xaat- xapt-', `${hex}-`, 36),
  form('ory_token', 'ory_st_ ory_at_ ory_rt_ ory_pat_', 'A-Za-z0-9_.-', 32, 160, 'random'),
  form('frameio_token', 'fio-u-', `${base64Url}=`, 64),
  form('duffel_token', 'duffel_live_ duffel_test_', `${base64Url}=`, 43),
  form('deepseek_key', 'sk-', hex, 32),
  ...otherForms,
].flat()

/**
 * What stands in the middle of Azure's keys, so that scanners know them: storage, Cosmos DB, functions, search, registries,
 * DevOps, OpenAI and others.
 */
export const azureMarks = [
  'AzFu',
  'AzSe',
  'AZDO',
  'ACDb',
  'APIM',
  'AIoT',
  'ACOG',
  '+ASt',
  '+ACR',
  '+ASb',
  '+AEh',
  '+ARm',
  '+ABa',
  '+AMC',
]

/** Keys that have no prefix: the part before a fixed middle. */
export interface MiddleForm {
  readonly name: (typeof vendorKeyNames)[number]
  readonly pattern: RegExp
}

/** Whole tokens of letters, digits, `_`, `-`, `.`, `:` and `~`; the patterns are anchored and have bounded repeats. */
export const wholeForms: readonly MiddleForm[] = [
  { name: 'telegram_token', pattern: /^\d{8,10}:AA[A-Za-z0-9_-]{33}$/ },
  { name: 'discord_token', pattern: /^[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}$/ },
  { name: 'terraform_token', pattern: /^[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}$/ },
  { name: 'azure_secret', pattern: /^[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}$/ },
  { name: 'openshift_token', pattern: /^sha256~[A-Za-z0-9_-]{43}$/ },
  { name: 'maxmind_key', pattern: /^[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk$/ },
  { name: 'newrelic_key', pattern: /^[0-9a-z]{36}NRAL$/ },
  { name: 'mailchimp_key', pattern: /^[0-9a-f]{32}-us\d{1,2}$/ },
  { name: 'asana_token', pattern: /^[0-2]\/\d{16}(\/\d{16})?:[0-9a-f]{32}$/ },
  { name: 'sentry_token', pattern: /^https?-[0-9a-f]{32}$/ },
]
