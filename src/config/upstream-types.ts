import type { ComponentKindName } from './agent-config.ts'

/** Types that the Collector's distributions have: a name among these is no typing mistake. */
const types: Readonly<Record<ComponentKindName, string>> = {
  receiver: `active_directory_ds aerospike apache apachespark awscloudwatch awscontainerinsightreceiver awsecscontainermetrics awsfirehose
    awss3 awsxray azureblob azureeventhub azuremonitor bigip carbon chrony cloudflare cloudfoundry collectd couchdb datadog docker_stats
    elasticsearch expvar faro file filelog file_log filestats flinkmetrics fluentforward fluent_forward github gitlab
    googlecloudmonitoring googlecloudpubsub haproxy hostmetrics host_metrics httpcheck http_check iis influxdb jaeger jmx journald
    k8s_cluster k8s_events k8sobjects k8s_objects kafka kafkametrics kafka_metrics kubeletstats kubelet_stats loki memcached mongodb
    mongodbatlas mysql namedpipe netflow nginx nop nsxt ntp opencensus oracledb osquery otelarrow otlp otlpjsonfile podman_stats
    postgresql prometheus prometheus_simple prometheusremotewrite pulsar purefa rabbitmq receiver_creator redis riak sapm signalfx
    simpleprometheus skywalking snmp snowflake solace splunk_hec splunkenterprise sqlquery sqlserver sshcheck statsd syslog systemd
    tcplog tcp_log tlscheck udplog udp_log vcenter vcr wavefront webhookevent windowseventlog windowsperfcounters zipkin zookeeper`,
  processor: `attributes batch coralogix cumulativetodelta cumulative_to_delta deltatocumulative deltatorate filter geoip groupbyattrs
    groupbytrace interval isolationforest k8sattributes k8s_attributes logdedup logstransform memory_limiter metricsgeneration
    metricstarttime metricstransform metrics_transform nop probabilistic_sampler redaction remotetap resource resourcedetection
    resource_detection routing schema servicegraph span spanmetrics sumologic tail_sampling transform unroll queue_batch`,
  exporter: `alertmanager alibabacloud_logservice awscloudwatchlogs awsemf awskinesis awss3 awsxray azureblob azuredataexplorer azuremonitor
    bmchelix carbon cassandra clickhouse coralogix datadog dataset debug doris elasticsearch faro file googlecloud googlecloudpubsub
    googlemanagedprometheus honeycombmarker influxdb jaeger jaeger_thrift kafka kinetica loadbalancing load_balancing logging logicmonitor
    logzio loki mezmo nop opencensus opensearch otelarrow otlp otlp_grpc otlphttp otlp_http prometheus prometheusremotewrite
    prometheus_remote_write pulsar rabbitmq sapm sematext sentry signalfx splunk_hec stef sumologic syslog tencentcloud_logservice
    tinybird zipkin`,
  connector: `count datadog exceptions failover forward grafanacloud nop otlpjson roundrobin routing servicegraph service_graph signaltometrics
    slowsql spanmetrics span_metrics sum`,
  extension: `ack asapauth awsproxy azure_auth basicauth bearertokenauth cgroupruntime db_storage docker_observer ecs_observer file_storage
    googleclientauth headers_setter health_check healthcheckv2 host_observer http_forwarder jaegerremotesampling k8s_leader_elector
    k8s_observer memory_ballast memory_limiter nop oauth2client oidc opamp otlp_encoding pprof redis_storage remotetap sigv4auth solarwindsapmsettings
    sumologic zpages`,
}

const sets = new Map(Object.entries(types).map(([kind, names]) => [kind, new Set(names.split(/\s+/))]))

export function isUpstreamType(kind: ComponentKindName, type: string): boolean {
  return sets.get(kind)?.has(type) === true
}
