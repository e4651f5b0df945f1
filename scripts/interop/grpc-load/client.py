"""grpcio sends one OTLP request again and again: see README.md beside this file."""

import argparse
import collections
import threading
import time

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

parser = argparse.ArgumentParser()
for name, default in [
    ("addr", "127.0.0.1:4317"), ("n", 2000), ("spans", 10), ("pad", 0), ("ca", ""), ("cert", ""), ("key", ""),
    ("gzip", 0), ("ping", 0), ("pause", 0.0), ("inflight", 8),
]:
    parser.add_argument(f"-{name}", type=type(default), default=default)
args = parser.parse_args()

options = [("grpc.max_send_message_length", -1)]
if args.ping:
    options += [("grpc.keepalive_time_ms", args.ping), ("grpc.keepalive_permit_without_calls", 1)]
compression = grpc.Compression.Gzip if args.gzip else grpc.Compression.NoCompression
if args.ca:
    read = lambda path: open(path, "rb").read() if path else None
    credentials = grpc.ssl_channel_credentials(read(args.ca), read(args.key), read(args.cert))
    options.append(("grpc.ssl_target_name_override", "localhost"))
    channel = grpc.secure_channel(args.addr, credentials, options, compression)
else:
    channel = grpc.insecure_channel(args.addr, options, compression)

request = trace_service_pb2.ExportTraceServiceRequest()
spans = request.resource_spans.add().scope_spans.add().spans
for i in range(args.spans):
    span = spans.add(trace_id=b"1" * 16, span_id=b"1" * 8, name=f"span-{i}", start_time_unix_nano=1, end_time_unix_nano=2)
    if args.pad:
        span.attributes.add(key="pad").value.string_value = "abcdefghij" * (args.pad // 10)

stub = trace_service_pb2_grpc.TraceServiceStub(channel)
failures = collections.Counter()
accepted = [0] * args.inflight


def run(worker):
    for _ in range(args.n // args.inflight):
        try:
            stub.Export(request, timeout=60)
            accepted[worker] += 1
        except grpc.RpcError as error:
            failures[f"{error.code()} {error.details()}"] += 1
        time.sleep(args.pause)


started = time.time()
threads = [threading.Thread(target=run, args=(worker,)) for worker in range(args.inflight)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"ok {sum(accepted)} of {args.n} in {time.time() - started:.1f} s failures {dict(failures)}")
raise SystemExit(0 if sum(accepted) == args.n else 1)
