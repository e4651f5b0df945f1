/** Vendors whose keys people name after them: `datadog_key`, `KLAVIYO_KEY`. A bare `key` behind another word is no secret. */
export const vendorNames: ReadonlySet<string> = /* @__PURE__ */ new Set(
  (
    'adafruit adobe ibm facebook instagram google microsoft airtable algolia alchemy amplitude anthropic appsflyer asana assemblyai atlassian auth0 aws azure bitly ' +
    'bitbucket brevo bugsnag buildkite circleci cloudflare cloudinary codecov cohere coinbase contentful coveralls datadog ' +
    'databricks deepgram deepl deepseek digitalocean discord docusign doppler dropbox dynatrace elevenlabs etherscan fastly ' +
    'figma finnhub firebase fireworks fullstory gemini github gitlab gocardless grafana groq heroku honeycomb hubspot ' +
    'huggingface infura intercom ipstack jira jotform klaviyo langfuse langsmith launchdarkly lemlist logdna logzio mailchimp ' +
    'mailgun mailjet mapbox mapquest maxmind messagebird mistral mixpanel moralis netlify newrelic nexmo notion okta onesignal ' +
    'openai openrouter openweather openweathermap opsgenie optimizely pagerduty paypal perplexity pinecone plaid posthog ' +
    'postmark pubnub pusher rapidapi recaptcha replicate rollbar sauce scaleway segment sendbird sendgrid sendinblue sentry ' +
    'serpapi serper shodan shippo shopify slack snyk sonar splunk square stripe supabase tavily telegram todoist together ' +
    'travis trello twilio twitch twitter typeform unsplash virustotal vonage voyage wakatime weatherapi webflow wandb xai yelp ' +
    'zapier zendesk zerobounce zoom ' +
    'abuseipdb abyssale accuweather adzuna aeroworkflow airbrake airvisual aiven alconost alegra aletheia alibaba ' +
    'alienvault allsports amadeus ambee anypoint apacta api2cart apideck apiflash apifonica apify apilayer apimatic ' +
    'apimetrics apitemplate appcues appfollow appointedd appoptics appsynergy apptivo artifactory atera autodesk ' +
    'autoklose avaza aviationstack axonaut aylien ayrshare bannerbear baremetrics beebole besnappy besttime betterstack ' +
    'billomat bitbar bitcoinaverage bitfinex bitmex blazemeter blitapp blocknative blynk bombbomb boostnote borgbase ' +
    'braintrust brandfetch browserstack browshot bscscan buddyns budibase bugherd buttercms caflou calendarific calendly ' +
    'calorieninja campayn cannyio capsulecrm carboninterface caspio censys centralstationcrm cexio chartmogul checkvist ' +
    'clarifai clearbit clickhelp clicksend clickup cliengo clientary clinchpad clockify cloudconvert cloudimage ' +
    'cloudmersive cloudplan cloudsight cloudsmith cloverly clustdoc codacy codeclimate codemagic coinapi coinlayer ' +
    'coinlib collect2 convertkit convier craftmypdf crowdin cryptocompare currencyfreaks currencylayer currencyscoop ' +
    'customerio d7network dareboost deepai detectify detectlanguage dfuse diffbot diggernaut disqus docparser documo ' +
    'dotdigital dovico dronahq droneci dwolla dynalist dyspatch eagleeyenetworks easypost ecostruxureit edamam edenai ' +
    'enablex endorlabs ethplorer eventbrite everhour exchangeratesapi faceplusplus fastforex feedier fetchrss fibery ' +
    'financialmodelingprep finicity fleetbase flexport flickr flightapi flightlabs flightstats flowflu flutterwave ' +
    'formbucket formcraft freshbooks freshdesk geckoboard gengo geoapify geocodify geocodio geoipifi getresponse ' +
    'glassnode gocanvas godaddy graphcms graphhopper groovehq gtmetrix gumroad gyazo happyscribe hasura hellosign ' +
    'helpcrunch helpscout hiveage holidayapi hybiscus hypertrack ibmcloud iconfinder iexcloud imagekit imagga insightly ' +
    'instamojo interseller intrinio invoiceocean ip2location ipgeolocation ipinfo ipinfodb ipquality jumpcloud jupiterone ' +
    'karmacrm klipfol klipfolio knapsackpro kontent kucoin kylas languagelayer larksuite leadfeeder lemonsqueezy lendflow ' +
    'lessannoyingcrm linkedin linkpreview livestorm loadmill locationiq loggly loginradius lokalise loyverse lunchmoney ' +
    'madkudu magicbell mailboxlayer mailerlite mailmodo mailsac marketstack mavenlink meaningcloud mediastack meistertask ' +
    'meraki mesibo metabase metrilo mindmeister mixmax mockaroo monkeylearn moonclerk moosend myfreshworks myintervals ' +
    'nasdaqdatalink nethunt netsuite neutrinoapi newsapi newscatcher nftport nicereply nozbeteams nuget numverify ' +
    'nutritionix nvapi nylas oanda omnisend onelogin onepagecrm onfleet oopspam opencagedata openuv overloop owlbot ' +
    'packagecloud pagarme pandadoc pandascore paperform paralleldots parsehub parseur partnerstack pastebin paydirt ' +
    'paymongo paystack pdflayer pdfshift peopledatalabs pepipost percy pganalyzeread photoroom pipedream pipedrive ' +
    'pivotaltracker pixabay planetscale planyo plivo podio poloniex portainer positionstack postageapp powrbot prodpad ' +
    'prospectcrm proxycrawl pulumi purestake pushbullet qualaroo qubole razorpay reachmail rebrandly rechargepayments ' +
    'rentman repairshopr restpack revampcrm ringcentral ritekit rocketreach rockset rootly route4me rubygems runrunit ' +
    'salesblink salescookie salesflare salesforce salesmate satismeter saucelabs scalr scrapeowl scraperapi scraperbox ' +
    'scrapestack scrapfly scrapingant scrapingbee screenshotlayer scrutinizerci securitytrails selectpdf serphouse ' +
    'serpstack sherpadesk shipday shotstack shutterstock signalwire signaturit signupgenius sigopt simfin simplesat ' +
    'simplynoted simvoly siteleaf skrappio skybiometry smartsheets smartystreets snipcart sourcegraph sparkpost ' +
    'spectralops speechtextai spoonacular sportsmonk spotify squarespace squareup sslmate stackhawk statuscake statuspage ' +
    'statuspal stitchdata storecove stormboard stormglass storyblok storychief strava stripo stytch sugester sumologic ' +
    'supernotes surveybot surveysparrow survicate swiftype tailscale tallyfy tatumio taxjar teamgate teamworkcrm ' +
    'teamworkdesk teamworkspaces tefter telnyx textmagic theodds theoddsapi thingsboard thinkific thousandeyes ' +
    'ticketmaster tickettailor tiingo timecamp tmetric toggltrack tokeet tomorrowio tomtom tradier transferwise ' +
    'travelpayouts truenas twelvedata tyntec typetalk ubidots uclassify unifyid unplugg upcdatabase uploadcare ' +
    'uptimerobot upwave urlscan userstack vagrantcloud vatlayer vbout vercel verimail veriphone versioneye viewneo ' +
    'visualcrossing voiceflow voicegain vouchery vultr walkscore weatherbit weatherstack web3storage webex wepay whoxy ' +
    'wistia worksnaps workstack worldcoinindex wrike yandex youneedabudget yousign zenkit zenrows zenscrape zenserp ' +
    'zeplin zerotier zipbooks zipcodebase zohocrm zonkafeedback zulipchat'
  ).split(' '),
)
