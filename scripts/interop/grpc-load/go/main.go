package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:4317", "")
	n := flag.Int("n", 10000, "requests in all")
	c := flag.Int("c", 1, "connections")
	inflight := flag.Int("inflight", 8, "per connection")
	spans := flag.Int("spans", 10, "")
	pad := flag.Int("pad", 0, "bytes of padding per span")
	gz := flag.Bool("gzip", false, "")
	ca := flag.String("ca", "", "")
	cert := flag.String("cert", "", "")
	key := flag.String("key", "", "")
	ping := flag.Duration("ping", 0, "")
	pause := flag.Duration("pause", 0, "between requests of a worker")
	flag.Parse()
	creds := insecure.NewCredentials()
	if *ca != "" {
		pem, err := os.ReadFile(*ca)
		if err != nil {
			panic(err)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		conf := &tls.Config{RootCAs: pool, ServerName: "localhost"}
		if *cert != "" {
			pair, err := tls.LoadX509KeyPair(*cert, *key)
			if err != nil {
				panic(err)
			}
			conf.Certificates = []tls.Certificate{pair}
		}
		creds = credentials.NewTLS(conf)
	}
	opts := []grpc.DialOption{grpc.WithTransportCredentials(creds)}
	if *ping > 0 {
		opts = append(opts, grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: *ping, Timeout: 2 * time.Second, PermitWithoutStream: true}))
	}
	if *gz {
		opts = append(opts, grpc.WithDefaultCallOptions(grpc.UseCompressor(gzip.Name)))
	}
	req := &coltrace.ExportTraceServiceRequest{ResourceSpans: []*trace.ResourceSpans{{ScopeSpans: []*trace.ScopeSpans{{}}}}}
	for i := 0; i < *spans; i++ {
		s := &trace.Span{TraceId: make([]byte, 16), SpanId: make([]byte, 8), Name: fmt.Sprintf("span-%d", i), StartTimeUnixNano: 1, EndTimeUnixNano: 2}
		s.TraceId[0], s.SpanId[0] = 1, 1
		if *pad > 0 {
			b := make([]byte, *pad)
			for j := range b {
				b[j] = 'a' + byte(j%26)
			}
			s.Attributes = []*common.KeyValue{{Key: "pad", Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: string(b)}}}}
		}
		req.ResourceSpans[0].ScopeSpans[0].Spans = append(req.ResourceSpans[0].ScopeSpans[0].Spans, s)
	}
	var left = int64(*n)
	var ok int64
	var mu sync.Mutex
	failures := map[string]int{}
	var wg sync.WaitGroup
	started := time.Now()
	for i := 0; i < *c; i++ {
		conn, err := grpc.NewClient(*addr, opts...)
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		client := coltrace.NewTraceServiceClient(conn)
		for w := 0; w < *inflight; w++ {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for atomic.AddInt64(&left, -1) >= 0 {
					ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
					_, err := client.Export(ctx, req)
					cancel()
					if err == nil {
						atomic.AddInt64(&ok, 1)
					} else {
						mu.Lock()
						failures[status.Code(err).String()+": "+status.Convert(err).Message()]++
						mu.Unlock()
					}
					if *pause > 0 {
						time.Sleep(*pause)
					}
				}
			}()
		}
	}
	wg.Wait()
	fmt.Printf("ok %d of %d in %v failures %v\n", ok, *n, time.Since(started).Round(time.Millisecond), failures)
	if int(ok) != *n {
		os.Exit(1)
	}
}
