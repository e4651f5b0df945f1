use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{any_value::Value, AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tonic::codec::CompressionEncoding;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

fn arg(name: &str, default: &str) -> String {
    let args: Vec<String> = std::env::args().collect();
    args.iter()
        .position(|a| a == name)
        .map(|i| args[i + 1].clone())
        .unwrap_or(default.to_string())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let n: i64 = arg("-n", "10000").parse().unwrap();
    let connections: usize = arg("-c", "1").parse().unwrap();
    let spans: usize = arg("-spans", "10").parse().unwrap();
    let pad: usize = arg("-pad", "0").parse().unwrap();
    let inflight: usize = arg("-inflight", "8").parse().unwrap();
    let compression = arg("-compression", "none");
    let ca = arg("-ca", "");
    let pause: u64 = arg("-pause-ms", "0").parse().unwrap();
    let ping: u64 = arg("-ping-ms", "0").parse().unwrap();
    let addr = arg("-addr", "http://127.0.0.1:4317");
    let span = |i: usize| Span {
        trace_id: vec![1; 16],
        span_id: vec![1; 8],
        name: format!("span-{i}"),
        start_time_unix_nano: 1,
        end_time_unix_nano: 2,
        attributes: if pad == 0 {
            vec![]
        } else {
            vec![KeyValue {
                key: "pad".into(),
                value: Some(AnyValue {
                    value: Some(Value::StringValue("abcdefghij".repeat(pad / 10))),
                }),
                ..Default::default()
            }]
        },
        ..Default::default()
    };
    let request = Arc::new(ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![ScopeSpans {
                spans: (0..spans).map(span).collect(),
                ..Default::default()
            }],
            ..Default::default()
        }],
    });
    let left = Arc::new(AtomicI64::new(n));
    let ok = Arc::new(AtomicI64::new(0));
    let failures: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let started = Instant::now();
    let mut tasks = vec![];
    for _ in 0..connections {
        let mut endpoint = Endpoint::from_shared(addr.clone()).unwrap();
        if ping > 0 {
            endpoint = endpoint
                .http2_keep_alive_interval(Duration::from_millis(ping))
                .keep_alive_while_idle(true)
                .keep_alive_timeout(Duration::from_secs(2));
        }
        if !ca.is_empty() {
            let mut tls = ClientTlsConfig::new()
                .ca_certificate(Certificate::from_pem(std::fs::read(&ca).unwrap()))
                .domain_name("localhost");
            let cert = arg("-cert", "");
            if !cert.is_empty() {
                tls = tls.identity(Identity::from_pem(
                    std::fs::read(cert).unwrap(),
                    std::fs::read(arg("-key", "")).unwrap(),
                ));
            }
            endpoint = endpoint.tls_config(tls).unwrap();
        }
        let channel: Channel = endpoint.connect_lazy();
        let mut client = TraceServiceClient::new(channel);
        if compression == "gzip" {
            client = client
                .send_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Gzip);
        }
        if compression == "zstd" {
            client = client
                .send_compressed(CompressionEncoding::Zstd)
                .accept_compressed(CompressionEncoding::Zstd);
        }
        for _ in 0..inflight {
            let (mut client, request, left, ok, failures) = (
                client.clone(),
                request.clone(),
                left.clone(),
                ok.clone(),
                failures.clone(),
            );
            tasks.push(tokio::spawn(async move {
                while left.fetch_sub(1, Ordering::SeqCst) > 0 {
                    match client.export((*request).clone()).await {
                        Ok(_) => {
                            ok.fetch_add(1, Ordering::SeqCst);
                        }
                        Err(e) => {
                            *failures
                                .lock()
                                .unwrap()
                                .entry(format!(
                                    "{:?}: {} {:?}",
                                    e.code(),
                                    e.message(),
                                    std::error::Error::source(&e).map(|s| s.to_string())
                                ))
                                .or_default() += 1;
                        }
                    }
                    if pause > 0 {
                        tokio::time::sleep(Duration::from_millis(pause)).await;
                    }
                }
            }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    let ok = ok.load(Ordering::SeqCst);
    println!(
        "ok {ok} of {n} in {:?} failures {:?}",
        started.elapsed(),
        failures.lock().unwrap()
    );
    if ok != n {
        std::process::exit(1);
    }
}
