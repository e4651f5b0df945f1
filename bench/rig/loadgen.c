/* Sends pre-built OTLP trace requests, each with ids and start times of its own, over gRPC or HTTP/1.1, and counts the
 * answers. Closed loop (as fast as the answers come) or open loop (--rate spans per second).
 *
 *   loadgen --port P --protocol grpc|http --corpus FILE [--connections 1] [--inflight 4] [--requests N] [--seconds S]
 *           [--rate SPANS_PER_SECOND] [--first N]
 *
 * A span id is 0x5100 in its top bits and the span's sequence number below, so that the sink can tell losses and
 * doubles exactly. The start time is the moment of sending, for the added latency. Prints one line of JSON. */
#include "rig.h"

typedef struct { uint8_t *bytes; uint32_t length, spans, *offsets; int busy; } Body;
typedef struct { int active; uint32_t stream; Body *body; size_t sent; int64_t window; } Slot;
typedef struct {
  int fd; Buffer in, out; Slot *slots; int active; uint32_t next_stream;
  int64_t window, initial_window; uint32_t frame_max; int first_sent; size_t cursor;
} Connection;

static int port, is_grpc = 1, connection_count = 1, inflight = 4, epoll_fd;
static uint64_t requests_max = 0, seconds_max = 10, rate = 0;
static Body *bodies; static uint32_t body_count, next_body;
static uint64_t sequence, sent_requests, ok, failed, retried_hint, spans_ok, broken;
static uint64_t start_ns, first;
static volatile sig_atomic_t stopping;

static uint64_t mix(uint64_t x) { /* splitmix64: trace ids must look random to samplers */
  x += 0x9e3779b97f4a7c15ull; x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull; x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

static void load_corpus(const char *path) {
  FILE *f = fopen(path, "rb");
  if (!f) die(path);
  if (fread(&body_count, 4, 1, f) != 1) die("corpus");
  bodies = calloc(body_count, sizeof *bodies);
  for (uint32_t i = 0; i < body_count; i++) {
    Body *b = &bodies[i];
    if (fread(&b->length, 4, 1, f) != 1 || fread(&b->spans, 4, 1, f) != 1) die("corpus");
    b->offsets = malloc(12ul * b->spans);
    b->bytes = malloc(b->length);
    if (fread(b->offsets, 12, b->spans, f) != b->spans || fread(b->bytes, 1, b->length, f) != b->length) die("corpus");
  }
  fclose(f);
}

static Body *take_body(void) {
  for (uint32_t i = 0; i < body_count; i++) {
    Body *b = &bodies[next_body];
    next_body = (next_body + 1) % body_count;
    if (b->busy) continue;
    b->busy = 1;
    uint64_t time = now_ns(CLOCK_REALTIME);
    for (uint32_t s = 0; s < b->spans; s++) {
      uint64_t n = sequence++;
      /* Eight spans share a trace, as a small request of a service does. */
      put_be64(b->bytes + b->offsets[3 * s], mix(n / 8 * 2 + 1));
      put_be64(b->bytes + b->offsets[3 * s] + 8, mix(n / 8 * 2 + 2));
      put_be64(b->bytes + b->offsets[3 * s + 1], 0x5100000000000000ull | n);
      memcpy(b->bytes + b->offsets[3 * s + 2], &time, 8);
    }
    return b;
  }
  return NULL;
}

static void put_literal(uint8_t *p, size_t *n, uint8_t first, const char *name, const char *value) {
  p[(*n)++] = first;
  if (name) { p[(*n)++] = (uint8_t)strlen(name); memcpy(p + *n, name, strlen(name)); *n += strlen(name); }
  p[(*n)++] = (uint8_t)strlen(value); memcpy(p + *n, value, strlen(value)); *n += strlen(value);
}

/* The first request fills the server's dynamic table, later ones refer to it, as real gRPC clients do. */
static void put_request_headers(Connection *c, uint32_t stream) {
  uint8_t p[256]; size_t n = 0;
  p[n++] = 0x83; p[n++] = 0x86; /* :method POST, :scheme http */
  if (!c->first_sent) {
    put_literal(p, &n, 0x44, NULL, "/opentelemetry.proto.collector.trace.v1.TraceService/Export");
    put_literal(p, &n, 0x41, NULL, "127.0.0.1");
    put_literal(p, &n, 0x5f, NULL, "application/grpc");
    put_literal(p, &n, 0x40, "te", "trailers");
    put_literal(p, &n, 0x7a, NULL, "sluice-loadgen");
    c->first_sent = 1;
  } else { p[n++] = 0x80 | 66; p[n++] = 0x80 | 65; p[n++] = 0x80 | 64; p[n++] = 0x80 | 63; p[n++] = 0x80 | 62; }
  put_frame(&c->out, H2_HEADERS, 4, stream, p, (uint32_t)n);
}

static void want(Connection *c) {
  struct epoll_event e = {.events = EPOLLIN | (c->out.start < c->out.end ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
}

/* Sends DATA as far as the windows let; the gRPC message head is the first five bytes of the stream. */
static void pump_slot(Connection *c, Slot *s) {
  size_t total = s->body->length + 5;
  while (s->sent < total && c->window > 0 && s->window > 0 && c->out.end - c->out.start < (4u << 20)) {
    size_t n = total - s->sent;
    if (n > c->frame_max) n = c->frame_max;
    if ((int64_t)n > c->window) n = (size_t)c->window;
    if ((int64_t)n > s->window) n = (size_t)s->window;
    uint8_t head[9];
    frame_header(head, (uint32_t)n, H2_DATA, s->sent + n == total ? 1 : 0, s->stream);
    buffer_put(&c->out, head, 9);
    size_t left = n;
    if (s->sent < 5) {
      uint8_t message[5] = {0};
      put_be32(message + 1, s->body->length);
      size_t m = 5 - s->sent < left ? 5 - s->sent : left;
      buffer_put(&c->out, message + s->sent, m);
      s->sent += m; left -= m;
    }
    if (left) { buffer_put(&c->out, s->body->bytes + s->sent - 5, left); s->sent += left; }
    c->window -= (int64_t)n; s->window -= (int64_t)n;
  }
}

static int may_send(void) {
  if (stopping || (requests_max && sent_requests >= requests_max)) return 0;
  if (!rate) return 1;
  double due = (double)(now_ns(CLOCK_MONOTONIC) - start_ns) / 1e9 * (double)rate / (double)bodies[0].spans;
  return (double)sent_requests < due;
}

static void fill(Connection *c) {
  for (int i = 0; i < inflight && c->fd >= 0; i++) {
    Slot *s = &c->slots[i];
    if (!s->active) {
      if (!may_send()) continue;
      Body *b = take_body();
      if (!b) return;
      s->active = 1; s->body = b; s->sent = 0; s->window = c->initial_window; s->stream = c->next_stream;
      c->next_stream += 2; c->active++; sent_requests++;
      if (is_grpc) put_request_headers(c, s->stream);
      else {
        char head[256];
        int n = snprintf(head, sizeof head, "POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-protobuf\r\nContent-Length: %u\r\n\r\n", b->length);
        buffer_put(&c->out, head, (size_t)n);
        buffer_put(&c->out, b->bytes, b->length);
      }
    }
    if (is_grpc) pump_slot(c, s);
  }
  if (c->fd >= 0 && buffer_flush(&c->out, c->fd)) broken++;
  want(c);
}

static void finish(Connection *c, Slot *s, int good) {
  if (good) { ok++; spans_ok += s->body->spans; } else failed++;
  s->body->busy = 0; s->active = 0; c->active--;
}

static Slot *slot_of(Connection *c, uint32_t stream) {
  for (int i = 0; i < inflight; i++) if (c->slots[i].active && c->slots[i].stream == stream) return &c->slots[i];
  return NULL;
}

/* "grpc-status" plain or Huffman coded, then a value of one character '0'. The dynamic table is off by our SETTINGS. */
static int grpc_ok(const uint8_t *p, uint32_t n) {
  static const uint8_t plain[] = "grpc-status", huffman[] = {0x9a, 0xca, 0xc8, 0xb2, 0x12, 0x34, 0xda, 0x8f};
  for (uint32_t i = 0; i + 3 < n; i++) {
    uint32_t j = 0;
    if (i + 13 <= n && !memcmp(p + i, plain, 11)) j = i + 11;
    else if (i + 10 <= n && !memcmp(p + i, huffman, 8)) j = i + 8;
    if (j) return (p[j] == 1 && p[j + 1] == '0') || (p[j] == 0x81 && p[j + 1] == 0x07);
  }
  return 0;
}

static void read_h2(Connection *c) {
  while (c->in.end - c->in.start >= 9) {
    uint8_t *p = c->in.bytes + c->in.start;
    uint32_t length = be24(p), stream = be32(p + 5) & 0x7fffffff;
    if (c->in.end - c->in.start < 9 + (size_t)length) return;
    uint8_t type = p[3], flags = p[4], *payload = p + 9;
    c->in.start += 9 + length;
    if (type == H2_SETTINGS && !(flags & 1)) {
      for (uint32_t i = 0; i + 6 <= length; i += 6) {
        uint32_t id = (uint32_t)payload[i] << 8 | payload[i + 1], value = be32(payload + i + 2);
        if (id == 4) {
          for (int k = 0; k < inflight; k++) c->slots[k].window += (int64_t)value - c->initial_window;
          c->initial_window = value;
        } else if (id == 5 && value < c->frame_max) c->frame_max = value;
      }
      put_frame(&c->out, H2_SETTINGS, 1, 0, NULL, 0);
    } else if (type == H2_PING && !(flags & 1)) put_frame(&c->out, H2_PING, 1, 0, payload, 8);
    else if (type == H2_WINDOW) {
      Slot *s = stream ? slot_of(c, stream) : NULL;
      if (!stream) c->window += be32(payload) & 0x7fffffff;
      else if (s) s->window += be32(payload) & 0x7fffffff;
    } else if (type == H2_HEADERS && (flags & 1)) {
      Slot *s = slot_of(c, stream);
      if (s) finish(c, s, grpc_ok(payload, length));
    } else if (type == H2_RST) {
      Slot *s = slot_of(c, stream);
      if (s) finish(c, s, 0);
    } else if (type == H2_DATA && length) { uint8_t more[4]; put_be32(more, length); put_frame(&c->out, H2_WINDOW, 0, 0, more, 4); }
  }
}

static void read_h1(Connection *c) {
  for (;;) {
    size_t n = c->in.end - c->in.start;
    uint8_t *p = c->in.bytes + c->in.start, *end = n ? memmem(p, n, "\r\n\r\n", 4) : NULL;
    if (!end) return;
    size_t head = (size_t)(end - p) + 4, body = 0;
    *end = 0;
    for (char *q = (char *)p; (q = strchr(q, '\n')); ) { q++; if (!strncasecmp(q, "content-length:", 15)) body = strtoul(q + 15, NULL, 10); }
    int chunked = strcasestr((char *)p, "transfer-encoding: chunked") != NULL;
    *end = '\r';
    if (chunked) {
      uint8_t *last = memmem(end + 4, n - head, "0\r\n\r\n", 5);
      if (!last) return;
      body = (size_t)(last + 5 - (end + 4));
    }
    if (n < head + body) return;
    int good = n > 12 && !memcmp(p + 9, "200", 3);
    if (!good && strcasestr((char *)p, "retry-after")) retried_hint++;
    c->in.start += head + body;
    for (int i = 0; i < inflight; i++) if (c->slots[i].active) { finish(c, &c->slots[i], good); break; }
  }
}

static void on_signal(int s) { (void)s; stopping = 1; }

int main(int argc, char **argv) {
  const char *corpus = NULL;
  for (int i = 1; i + 1 < argc; i += 2) {
    const char *k = argv[i], *v = argv[i + 1];
    if (!strcmp(k, "--port")) port = atoi(v);
    else if (!strcmp(k, "--protocol")) is_grpc = !strcmp(v, "grpc");
    else if (!strcmp(k, "--corpus")) corpus = v;
    else if (!strcmp(k, "--connections")) connection_count = atoi(v);
    else if (!strcmp(k, "--inflight")) inflight = atoi(v);
    else if (!strcmp(k, "--requests")) requests_max = strtoull(v, NULL, 10);
    else if (!strcmp(k, "--seconds")) seconds_max = strtoull(v, NULL, 10);
    else if (!strcmp(k, "--first")) sequence = strtoull(v, NULL, 10);
    else if (!strcmp(k, "--rate")) rate = strtoull(v, NULL, 10);
    else { fprintf(stderr, "loadgen: unknown flag %s\n", k); return 2; }
  }
  if (!port || !corpus) { fprintf(stderr, "loadgen: needs --port and --corpus\n"); return 2; }
  if (!is_grpc) inflight = 1;
  signal(SIGPIPE, SIG_IGN); signal(SIGTERM, on_signal); signal(SIGINT, on_signal);
  load_corpus(corpus);
  first = sequence;
  epoll_fd = epoll_create1(0);
  Connection *all = calloc((size_t)connection_count, sizeof *all);
  for (int i = 0; i < connection_count; i++) {
    Connection *c = &all[i];
    c->fd = connect_to(port);
    if (c->fd < 0) die("connect");
    c->slots = calloc((size_t)inflight, sizeof *c->slots);
    c->next_stream = 1; c->window = 65535; c->initial_window = 65535; c->frame_max = 16384;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &e);
    if (is_grpc) {
      buffer_put(&c->out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
      uint8_t settings[] = {0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 4, 0, 0x10, 0, 0};
      put_frame(&c->out, H2_SETTINGS, 0, 0, settings, sizeof settings);
    }
  }
  start_ns = now_ns(CLOCK_MONOTONIC);
  uint64_t end_ns = start_ns + seconds_max * 1000000000ull, grace_ns = end_ns + 20000000000ull;
  for (int i = 0; i < connection_count; i++) fill(&all[i]);
  struct epoll_event events[64];
  int open = connection_count;
  for (;;) {
    uint64_t now = now_ns(CLOCK_MONOTONIC);
    if (now >= end_ns) stopping = 1;
    int active = 0;
    for (int i = 0; i < connection_count; i++) active += all[i].fd >= 0 ? all[i].active : 0;
    if (((stopping || (requests_max && sent_requests >= requests_max)) && !active) || !open || now > grace_ns) break;
    int n = epoll_wait(epoll_fd, events, 64, rate ? 1 : 100);
    for (int i = 0; i < n; i++) {
      Connection *c = events[i].data.ptr;
      if (c->fd < 0) continue;
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        for (;;) {
          buffer_room(&c->in, 65536);
          ssize_t got = read(c->fd, c->in.bytes + c->in.end, 65536);
          if (got < 0 && (errno == EAGAIN || errno == EINTR)) break;
          if (got <= 0) {
            broken++; failed += (uint64_t)c->active;
            for (int k = 0; k < inflight; k++) if (c->slots[k].active) c->slots[k].body->busy = 0;
            close(c->fd); c->fd = -1; c->active = 0; open--; break;
          }
          c->in.end += (size_t)got;
          if (is_grpc) read_h2(c); else read_h1(c);
          if (got < 65536) break;
        }
      }
      if (c->fd >= 0) fill(c);
    }
    if (rate) for (int i = 0; i < connection_count; i++) if (all[i].fd >= 0) fill(&all[i]);
  }
  double seconds = (double)(now_ns(CLOCK_MONOTONIC) - start_ns) / 1e9;
  printf("{\"requests\":%llu,\"ok\":%llu,\"failed\":%llu,\"failedWithHint\":%llu,\"spans\":%llu,\"spansSent\":%llu,\"brokenConnections\":%llu,\"seconds\":%.3f}\n",
         (unsigned long long)sent_requests, (unsigned long long)ok, (unsigned long long)failed, (unsigned long long)retried_hint,
         (unsigned long long)spans_ok, (unsigned long long)(sequence - first), (unsigned long long)broken, seconds);
  return 0;
}
