/** Vendors whose keys people name after them: `datadog_key`, `KLAVIYO_KEY`. A bare `key` behind another word is no secret. */
export const vendorNames: ReadonlySet<string> = /* @__PURE__ */ new Set(
  (
    'adafruit adobe airtable algolia alchemy amplitude anthropic appsflyer asana assemblyai atlassian auth0 aws azure bitly ' +
    'bitbucket brevo bugsnag buildkite circleci cloudflare cloudinary codecov cohere coinbase contentful coveralls datadog ' +
    'databricks deepgram deepl deepseek digitalocean discord docusign doppler dropbox dynatrace elevenlabs etherscan fastly ' +
    'figma finnhub firebase fireworks fullstory gemini github gitlab gocardless grafana groq heroku honeycomb hubspot ' +
    'huggingface infura intercom ipstack jira jotform klaviyo langfuse langsmith launchdarkly lemlist logdna logzio mailchimp ' +
    'mailgun mailjet mapbox mapquest maxmind messagebird mistral mixpanel moralis netlify newrelic nexmo notion okta onesignal ' +
    'openai openrouter openweather openweathermap opsgenie optimizely pagerduty paypal perplexity pinecone plaid posthog ' +
    'postmark pubnub pusher rapidapi recaptcha replicate rollbar sauce scaleway segment sendbird sendgrid sendinblue sentry ' +
    'serpapi serper shodan shippo shopify slack snyk sonar splunk square stripe supabase tavily telegram todoist together ' +
    'travis trello twilio twitch twitter typeform unsplash virustotal vonage voyage wakatime weatherapi webflow wandb xai yelp ' +
    'zapier zendesk zerobounce zoom'
  ).split(' '),
)
