"""Sends three spans with an official Python exporter. Arguments: kind (jaeger-udp, jaeger-http, zipkin-json, zipkin-proto), address."""
import sys

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

kind, address = sys.argv[1:3]
if kind.startswith("jaeger"):
    from opentelemetry.exporter.jaeger.thrift import JaegerExporter

    if kind == "jaeger-udp":
        host, port = address.split(":")
        exporter = JaegerExporter(agent_host_name=host, agent_port=int(port))
    else:
        exporter = JaegerExporter(collector_endpoint=f"http://{address}/api/traces?format=jaeger.thrift")
elif kind == "zipkin-json":
    from opentelemetry.exporter.zipkin.json import ZipkinExporter

    exporter = ZipkinExporter(endpoint=f"http://{address}/api/v2/spans")
else:
    from opentelemetry.exporter.zipkin.proto.http import ZipkinExporter

    exporter = ZipkinExporter(endpoint=f"http://{address}/api/v2/spans")

provider = TracerProvider(resource=Resource.create({"service.name": f"python-{kind}"}))
provider.add_span_processor(SimpleSpanProcessor(exporter))
tracer = provider.get_tracer("library", "1.2.3")
with tracer.start_as_current_span("parent", kind=SpanKind.SERVER) as parent:
    with tracer.start_as_current_span("child", kind=SpanKind.CLIENT, links=[trace.Link(parent.get_span_context())]) as child:
        child.set_attributes({"text": "naïve 🎉", "big": 9007199254740993, "ratio": 0.5, "on": True})
        child.add_event("retry", {"attempt": 3})
        child.set_status(Status(StatusCode.ERROR, "no"))
    with tracer.start_as_current_span("other", kind=SpanKind.INTERNAL):
        pass
provider.shutdown()
