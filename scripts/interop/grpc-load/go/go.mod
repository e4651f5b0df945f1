module grpcload

go 1.24

require (
	go.opentelemetry.io/proto/otlp v1.9.0
	google.golang.org/grpc v1.76.0
)
