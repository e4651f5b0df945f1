import com.google.protobuf.ByteString;
import io.grpc.*;
import io.grpc.netty.shaded.io.grpc.netty.*;
import io.opentelemetry.proto.collector.trace.v1.*;
import io.opentelemetry.proto.common.v1.*;
import io.opentelemetry.proto.trace.v1.*;
import java.io.File;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;

public class Main {
  public static void main(String[] args) throws Exception {
    Map<String, String> o = new HashMap<>();
    for (int i = 0; i + 1 < args.length; i += 2) o.put(args[i].substring(1), args[i + 1]);
    int n = Integer.parseInt(o.getOrDefault("n", "10000")), spans = Integer.parseInt(o.getOrDefault("spans", "10")), pad = Integer.parseInt(o.getOrDefault("pad", "0"));
    int threads = 8, connections = Integer.parseInt(o.getOrDefault("c", "1"));
    long pause = Long.parseLong(o.getOrDefault("pause", "0")), ping = Long.parseLong(o.getOrDefault("ping", "0"));
    ScopeSpans.Builder scope = ScopeSpans.newBuilder();
    for (int i = 0; i < spans; i++) {
      Span.Builder s = Span.newBuilder().setTraceId(ByteString.copyFrom(new byte[] {1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1})).setSpanId(ByteString.copyFrom(new byte[] {1,1,1,1,1,1,1,1})).setName("s" + i).setStartTimeUnixNano(1).setEndTimeUnixNano(2);
      if (pad > 0) s.addAttributes(KeyValue.newBuilder().setKey("pad").setValue(AnyValue.newBuilder().setStringValue("abcdefghij".repeat(pad / 10))));
      scope.addSpans(s);
    }
    ExportTraceServiceRequest request = ExportTraceServiceRequest.newBuilder().addResourceSpans(ResourceSpans.newBuilder().addScopeSpans(scope)).build();
    AtomicInteger left = new AtomicInteger(n), ok = new AtomicInteger();
    Map<String, Integer> failures = new ConcurrentHashMap<>();
    long started = System.nanoTime();
    ExecutorService pool = Executors.newCachedThreadPool();
    List<Future<?>> jobs = new ArrayList<>();
    for (int c = 0; c < connections; c++) {
      NettyChannelBuilder b = NettyChannelBuilder.forTarget(o.getOrDefault("addr", "127.0.0.1:4317"));
      if (o.containsKey("ca")) {
        var ssl = GrpcSslContexts.forClient().trustManager(new File(o.get("ca")));
        if (o.containsKey("cert")) ssl.keyManager(new File(o.get("cert")), new File(o.get("key")));
        b.sslContext(ssl.build()).overrideAuthority("localhost");
      } else b.usePlaintext();
      if (ping > 0) b.keepAliveTime(ping, TimeUnit.MILLISECONDS).keepAliveWithoutCalls(true);
      var stub0 = TraceServiceGrpc.newBlockingStub(b.build());
      if (o.containsKey("gzip")) stub0 = stub0.withCompression("gzip");
      var stub = stub0;
      for (int t = 0; t < threads; t++) jobs.add(pool.submit(() -> {
        while (left.getAndDecrement() > 0) {
          try { stub.withDeadlineAfter(60, TimeUnit.SECONDS).export(request); ok.incrementAndGet(); }
          catch (StatusRuntimeException e) { failures.merge(e.getStatus().toString(), 1, Integer::sum); }
          if (pause > 0) try { Thread.sleep(pause); } catch (InterruptedException e) {}
        }
      }));
    }
    for (var j : jobs) j.get();
    System.out.println("ok " + ok + " of " + n + " in " + (System.nanoTime() - started) / 1000000 + " ms failures " + failures);
    System.exit(ok.get() == n ? 0 : 1);
  }
}
