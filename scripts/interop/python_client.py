"""Sends 20 spans, 3 metric points and 5 log records. Arguments: endpoint, protocol (grpc or http/protobuf), compression."""
import logging
import sys

endpoint, protocol, compression_name = sys.argv[1:4]

if protocol == "grpc":
    from grpc import Compression
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    compression = Compression.Gzip if compression_name == "gzip" else Compression.NoCompression
    settings = {"insecure": True, "compression": compression}
    urls = {"traces": endpoint, "metrics": endpoint, "logs": endpoint}
else:
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    settings = {"compression": Compression.Gzip if compression_name == "gzip" else Compression.NoCompression}
    urls = {signal: f"{endpoint}/v1/{signal}" for signal in ("traces", "metrics", "logs")}

from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

resource = Resource.create({"service.name": "interop-python"})

tracing = TracerProvider(resource=resource)
tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=urls["traces"], **settings)))
tracer = tracing.get_tracer("interop")
for i in range(20):
    with tracer.start_as_current_span(f"span {i}") as span:
        span.set_attributes({"i": i, "text": "naïve – ☂", "ratio": 0.5, "flag": True, "list": ["a", "b"]})
        span.add_event("event")

reader = PeriodicExportingMetricReader(
    OTLPMetricExporter(endpoint=urls["metrics"], **settings), export_interval_millis=3_600_000
)
metering = MeterProvider(resource=resource, metric_readers=[reader])
meter = metering.get_meter("interop")
meter.create_counter("counter").add(7)
meter.create_histogram("histogram").record(12.5)
meter.create_gauge("gauge").set(3)

logs = LoggerProvider(resource=resource)
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(endpoint=urls["logs"], **settings)))
logger = logging.getLogger("interop")
logger.setLevel(logging.INFO)
logger.propagate = False
logger.addHandler(LoggingHandler(logger_provider=logs))
for i in range(5):
    logger.info("log %d", i)

tracing.shutdown()
metering.shutdown()
logs.shutdown()
