/* Takes OTLP traces over gRPC and HTTP/1.1 on one port, counts spans by walking their boundaries, and checks the ids
 * that loadgen wrote: what is missing, what came twice, how long each took.
 *
 *   sink --port P [--delay-ms D]
 *
 * Prints one line of JSON per SIGUSR1 and at SIGTERM. */
#include "rig.h"
#include <sys/resource.h>

typedef struct { uint32_t stream; Buffer body; int active; } Stream;
typedef struct { int fd, kind; Buffer in, out; Stream *streams; int stream_count; uint64_t unacknowledged; } Connection;

static uint8_t *seen; static uint64_t seen_max = 1ull << 33 >> 3; /* bitmap of 2^33 span numbers, touched lazily */
static uint64_t spans, unique_spans, doubles, foreign, requests, body_bytes, malformed;
static uint64_t histogram[64 * 16]; /* latency: 16 steps per power of two of microseconds */
static volatile sig_atomic_t want_stats, stopping;

static void record_latency(uint64_t us) {
  int power = us ? 63 - __builtin_clzll(us) : 0;
  int step = power >= 4 ? (int)((us >> (power - 4)) & 15) : (int)(us & 15);
  histogram[power * 16 + step]++;
}

static double latency_at(double q) {
  uint64_t total = 0, upto = 0;
  for (int i = 0; i < 64 * 16; i++) total += histogram[i];
  for (int i = 0; i < 64 * 16; i++) {
    upto += histogram[i];
    if (total && (double)upto >= q * (double)total) {
      int power = i / 16;
      return power >= 4 ? (double)((16ull + (uint64_t)(i % 16)) << (power - 4)) / 1000 : (double)(i % 16) / 1000;
    }
  }
  return 0;
}

static uint64_t varint(const uint8_t **p, const uint8_t *end, int *bad) {
  uint64_t v = 0; int shift = 0;
  while (*p < end && shift < 64) { uint8_t b = *(*p)++; v |= (uint64_t)(b & 127) << shift; if (b < 128) return v; shift += 7; }
  *bad = 1; return 0;
}

/* Walks one message; calls itself on the fields that lead to spans: request.1 -> resource_spans.2 -> scope_spans.2. */
static void walk(const uint8_t *p, const uint8_t *end, int level, uint64_t now) {
  int bad = 0; uint64_t id = 0, started = 0;
  while (p < end && !bad) {
    uint64_t tag = varint(&p, end, &bad);
    int field = (int)(tag >> 3), wire = (int)(tag & 7);
    if (wire == 0) varint(&p, end, &bad);
    else if (wire == 1) { if (level == 3 && field == 7 && p + 8 <= end) memcpy(&started, p, 8); p += 8; }
    else if (wire == 5) p += 4;
    else if (wire == 2) {
      uint64_t n = varint(&p, end, &bad);
      if (bad || n > (uint64_t)(end - p)) { bad = 1; break; }
      if ((level == 0 && field == 1) || ((level == 1 || level == 2) && field == 2)) walk(p, p + n, level + 1, now);
      else if (level == 3 && field == 2 && n == 8) id = be64(p);
      p += n;
    } else bad = 1;
  }
  if (bad || p != end) { malformed++; return; }
  if (level != 3) return;
  spans++;
  if (id >> 48 != 0x5100) { foreign++; return; }
  uint64_t n = id & 0xffffffffffffull;
  if (n / 8 >= seen_max) { foreign++; return; }
  if (seen[n / 8] >> (n % 8) & 1) { doubles++; return; }
  seen[n / 8] |= (uint8_t)(1 << (n % 8));
  unique_spans++;
  if (started && now > started) record_latency((now - started) / 1000);
}

static void take(const uint8_t *p, size_t n) {
  requests++; body_bytes += n;
  walk(p, p + n, 0, now_ns(CLOCK_REALTIME));
}

static void print_stats(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  printf("{\"spans\":%llu,\"unique\":%llu,\"doubles\":%llu,\"foreign\":%llu,\"malformed\":%llu,\"requests\":%llu,\"bytes\":%llu,"
         "\"p50Ms\":%.3f,\"p99Ms\":%.3f,\"cpuSeconds\":%.3f}\n",
         (unsigned long long)spans, (unsigned long long)unique_spans, (unsigned long long)doubles, (unsigned long long)foreign,
         (unsigned long long)malformed, (unsigned long long)requests, (unsigned long long)body_bytes, latency_at(0.5), latency_at(0.99),
         (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6 + (double)u.ru_stime.tv_sec + (double)u.ru_stime.tv_usec / 1e6);
  fflush(stdout);
}

static Stream *stream_of(Connection *c, uint32_t id, int create) {
  Stream *free_one = NULL;
  for (int i = 0; i < c->stream_count; i++) {
    if (c->streams[i].active && c->streams[i].stream == id) return &c->streams[i];
    if (!c->streams[i].active) free_one = &c->streams[i];
  }
  if (!create) return NULL;
  if (!free_one) {
    c->streams = realloc(c->streams, sizeof(Stream) * (size_t)(c->stream_count + 16));
    memset(c->streams + c->stream_count, 0, sizeof(Stream) * 16);
    free_one = &c->streams[c->stream_count];
    c->stream_count += 16;
  }
  free_one->active = 1; free_one->stream = id; free_one->body.start = free_one->body.end = 0;
  return free_one;
}

static void answer_h2(Connection *c, Stream *s) {
  static const uint8_t head[] = {0x88, 0x0f, 0x10, 16, 'a','p','p','l','i','c','a','t','i','o','n','/','g','r','p','c'};
  static const uint8_t message[5] = {0};
  static const uint8_t trailers[] = {0x00, 11, 'g','r','p','c','-','s','t','a','t','u','s', 1, '0'};
  size_t n = s->body.end - s->body.start;
  if (n >= 5 && be32(s->body.bytes + s->body.start + 1) == n - 5 && s->body.bytes[s->body.start] == 0) take(s->body.bytes + s->body.start + 5, n - 5);
  else malformed++;
  put_frame(&c->out, H2_HEADERS, 4, s->stream, head, sizeof head);
  put_frame(&c->out, H2_DATA, 0, s->stream, message, 5);
  put_frame(&c->out, H2_HEADERS, 5, s->stream, trailers, sizeof trailers);
  s->active = 0;
}

static void read_h2(Connection *c) {
  while (c->in.end - c->in.start >= 9) {
    uint8_t *p = c->in.bytes + c->in.start, *payload = p + 9;
    uint32_t length = be24(p), id = be32(p + 5) & 0x7fffffff;
    if (c->in.end - c->in.start < 9 + (size_t)length) return;
    uint8_t type = p[3], flags = p[4];
    c->in.start += 9 + length;
    if (type == H2_SETTINGS && !(flags & 1)) put_frame(&c->out, H2_SETTINGS, 1, 0, NULL, 0);
    else if (type == H2_PING && !(flags & 1)) put_frame(&c->out, H2_PING, 1, 0, payload, 8);
    else if (type == H2_HEADERS) {
      Stream *s = stream_of(c, id, 1);
      if (flags & 1) answer_h2(c, s);
    } else if (type == H2_DATA) {
      Stream *s = stream_of(c, id, 0);
      uint32_t pad = flags & 8 ? payload[0] + 1u : 0, skip = flags & 8 ? 1 : 0;
      if (s && length >= pad) buffer_put(&s->body, payload + skip, length - pad);
      c->unacknowledged += length;
      if (c->unacknowledged > 1 << 20) {
        uint8_t more[4]; put_be32(more, (uint32_t)c->unacknowledged);
        put_frame(&c->out, H2_WINDOW, 0, 0, more, 4);
        c->unacknowledged = 0;
      }
      if (s && (flags & 1)) answer_h2(c, s);
    } else if (type == H2_RST) { Stream *s = stream_of(c, id, 0); if (s) s->active = 0; }
  }
}

static void read_h1(Connection *c) {
  for (;;) {
    size_t n = c->in.end - c->in.start;
    uint8_t *p = c->in.bytes + c->in.start, *end = n ? memmem(p, n, "\r\n\r\n", 4) : NULL;
    if (!end) return;
    size_t head = (size_t)(end - p) + 4, length = 0;
    *end = 0;
    char *q = strcasestr((char *)p, "content-length:");
    int chunked = strcasestr((char *)p, "transfer-encoding: chunked") != NULL;
    if (q) length = strtoul(q + 15, NULL, 10);
    *end = '\r';
    if (chunked) { /* gathered into one body in place */
      uint8_t *at = end + 4, *stop = p + n, *to = end + 4;
      for (;;) {
        uint8_t *eol = memmem(at, (size_t)(stop - at), "\r\n", 2);
        if (!eol) return;
        size_t chunk = strtoul((char *)at, NULL, 16);
        if (eol + 2 + chunk + 2 > stop) return;
        at = eol + 2 + chunk + 2;
        if (chunk == 0) break;
      }
      size_t total = (size_t)(at - (end + 4));
      at = end + 4;
      for (;;) {
        uint8_t *eol = memmem(at, (size_t)(stop - at), "\r\n", 2);
        size_t chunk = strtoul((char *)at, NULL, 16);
        if (chunk == 0) break;
        memmove(to, eol + 2, chunk); to += chunk; at = eol + 2 + chunk + 2;
      }
      take(end + 4, (size_t)(to - (end + 4)));
      c->in.start += head + total;
    } else {
      if (n < head + length) { buffer_room(&c->in, head + length - n); return; }
      take(p + head, length);
      c->in.start += head + length;
    }
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
    buffer_put(&c->out, answer, sizeof answer - 1);
  }
}

static void on_signal(int s) { if (s == SIGUSR1) want_stats = 1; else stopping = 1; }

int main(int argc, char **argv) {
  int port = 0, delay_ms = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--port")) port = atoi(argv[i + 1]);
    else if (!strcmp(argv[i], "--delay-ms")) delay_ms = atoi(argv[i + 1]);
  }
  if (!port) { fprintf(stderr, "sink: needs --port\n"); return 2; }
  signal(SIGPIPE, SIG_IGN);
  struct sigaction a = {.sa_handler = on_signal};
  sigaction(SIGUSR1, &a, NULL); sigaction(SIGTERM, &a, NULL); sigaction(SIGINT, &a, NULL);
  /* Signals come in while it waits and only then: one between the look at its flag and the wait would not be seen. */
  sigset_t held, open;
  sigemptyset(&held); sigaddset(&held, SIGUSR1); sigaddset(&held, SIGTERM); sigaddset(&held, SIGINT);
  sigprocmask(SIG_BLOCK, &held, &open);
  seen = calloc(seen_max, 1);
  int server = listen_on(port), epoll_fd = epoll_create1(0);
  nonblocking(server);
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL}, events[64];
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, server, &e);
  while (!stopping) {
    int n = epoll_pwait(epoll_fd, events, 64, -1, &open);
    if (want_stats) { want_stats = 0; print_stats(); }
    for (int i = 0; i < n; i++) {
      Connection *c = events[i].data.ptr;
      if (!c) {
        int fd = accept(server, NULL, NULL);
        if (fd < 0) continue;
        nonblocking(fd);
        c = calloc(1, sizeof *c);
        c->fd = fd; c->kind = -1;
        e = (struct epoll_event){.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
        continue;
      }
      int gone = 0;
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        buffer_room(&c->in, 1 << 20);
        ssize_t got = read(c->fd, c->in.bytes + c->in.end, 1 << 20);
        if (got > 0) c->in.end += (size_t)got;
        else if (got == 0 || (errno != EAGAIN && errno != EINTR)) gone = 1;
        if (c->kind < 0 && c->in.end - c->in.start >= 24) {
          c->kind = !memcmp(c->in.bytes + c->in.start, "PRI * HTTP/2.0", 14);
          if (c->kind) {
            c->in.start += 24;
            uint8_t settings[] = {0, 1, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff, 0, 5, 0, 0x10, 0, 0}, more[4];
            put_frame(&c->out, H2_SETTINGS, 0, 0, settings, sizeof settings);
            put_be32(more, 0x40000000);
            put_frame(&c->out, H2_WINDOW, 0, 0, more, 4);
          }
        }
        if (delay_ms) usleep((useconds_t)delay_ms * 1000);
        if (c->kind == 1) read_h2(c); else if (c->kind == 0) read_h1(c);
      }
      if (!gone && buffer_flush(&c->out, c->fd)) gone = 1;
      if (gone) { close(c->fd); epoll_ctl(epoll_fd, EPOLL_CTL_DEL, c->fd, NULL); continue; }
      e = (struct epoll_event){.events = EPOLLIN | (c->out.start < c->out.end ? EPOLLOUT : 0), .data.ptr = c};
      epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
    }
  }
  print_stats();
  return 0;
}
