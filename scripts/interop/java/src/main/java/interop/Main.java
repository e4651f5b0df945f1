package interop;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Arguments: endpoint, protocol (grpc or http/protobuf), compression (gzip or none). */
public class Main {
  public static void main(String[] args) {
    String endpoint = args[0];
    boolean grpc = args[1].equals("grpc");
    String compression = args[2];
    SpanExporter spans = grpc
        ? OtlpGrpcSpanExporter.builder().setEndpoint(endpoint).setCompression(compression).build()
        : OtlpHttpSpanExporter.builder().setEndpoint(endpoint + "/v1/traces").setCompression(compression).build();
    MetricExporter metrics = grpc
        ? OtlpGrpcMetricExporter.builder().setEndpoint(endpoint).setCompression(compression).build()
        : OtlpHttpMetricExporter.builder().setEndpoint(endpoint + "/v1/metrics").setCompression(compression).build();
    LogRecordExporter logs = grpc
        ? OtlpGrpcLogRecordExporter.builder().setEndpoint(endpoint).setCompression(compression).build()
        : OtlpHttpLogRecordExporter.builder().setEndpoint(endpoint + "/v1/logs").setCompression(compression).build();
    Resource resource = Resource.getDefault().merge(
        Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), "interop-java")));

    SdkTracerProvider tracing = SdkTracerProvider.builder().setResource(resource)
        .addSpanProcessor(BatchSpanProcessor.builder(spans).build()).build();
    for (int i = 0; i < 20; i++) {
      Span span = tracing.get("interop").spanBuilder("span " + i).startSpan();
      span.setAttribute("i", i).setAttribute("text", "naïve – ☂").setAttribute("ratio", 0.5).setAttribute("flag", true);
      span.addEvent("event");
      span.end();
    }
    SdkMeterProvider metering = SdkMeterProvider.builder().setResource(resource)
        .registerMetricReader(PeriodicMetricReader.builder(metrics).setInterval(Duration.ofHours(1)).build()).build();
    metering.get("interop").counterBuilder("counter").build().add(7);
    metering.get("interop").histogramBuilder("histogram").build().record(12.5);
    metering.get("interop").gaugeBuilder("gauge").build().set(3);
    SdkLoggerProvider logging = SdkLoggerProvider.builder().setResource(resource)
        .addLogRecordProcessor(BatchLogRecordProcessor.builder(logs).build()).build();
    for (int i = 0; i < 5; i++) {
      logging.get("interop").logRecordBuilder().setBody("log " + i).setSeverity(Severity.INFO).emit();
    }
    tracing.shutdown().join(10, TimeUnit.SECONDS);
    metering.shutdown().join(10, TimeUnit.SECONDS);
    logging.shutdown().join(10, TimeUnit.SECONDS);
  }
}
