/* What the load generator, the sink and the relay share: sockets, buffers, clocks. Bench only; Linux. */
#pragma once
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline void die(const char *what) { perror(what); exit(1); }

static inline uint64_t now_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* A growing byte buffer that is appended at `end` and consumed from `start`. */
typedef struct { uint8_t *bytes; size_t start, end, capacity; } Buffer;

static inline void buffer_room(Buffer *b, size_t more) {
  if (b->start == b->end) b->start = b->end = 0;
  if (b->end + more <= b->capacity) return;
  if (b->start > 0) {
    memmove(b->bytes, b->bytes + b->start, b->end - b->start);
    b->end -= b->start;
    b->start = 0;
  }
  if (b->end + more > b->capacity) {
    b->capacity = (b->end + more) * 2;
    b->bytes = realloc(b->bytes, b->capacity);
    if (!b->bytes) die("realloc");
  }
}

static inline void buffer_put(Buffer *b, const void *bytes, size_t length) {
  buffer_room(b, length);
  memcpy(b->bytes + b->end, bytes, length);
  b->end += length;
}

static inline void nonblocking(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static inline struct sockaddr_in loopback(int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

static inline int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in a = loopback(port);
  if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 1024)) die("listen");
  return fd;
}

static inline int connect_to(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = loopback(port);
  if (connect(fd, (struct sockaddr *)&a, sizeof a)) { close(fd); return -1; }
  nonblocking(fd);
  return fd;
}

/* Writes what the socket takes; 0 fine (perhaps with a rest), -1 the connection is gone. */
static inline int buffer_flush(Buffer *b, int fd) {
  while (b->start < b->end) {
    ssize_t n = write(fd, b->bytes + b->start, b->end - b->start);
    if (n < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
    b->start += (size_t)n;
  }
  b->start = b->end = 0;
  return 0;
}

static inline uint32_t be24(const uint8_t *p) { return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]; }
static inline uint32_t be32(const uint8_t *p) { return (uint32_t)p[0] << 24 | be24(p + 1); }
static inline void put_be32(uint8_t *p, uint32_t v) { p[0] = v >> 24; p[1] = v >> 16; p[2] = v >> 8; p[3] = v; }
static inline uint64_t be64(const uint8_t *p) { return (uint64_t)be32(p) << 32 | be32(p + 4); }
static inline void put_be64(uint8_t *p, uint64_t v) { put_be32(p, v >> 32); put_be32(p + 4, (uint32_t)v); }

/* HTTP/2 frame header. Source: RFC 9113, section 4.1. */
enum { H2_DATA = 0, H2_HEADERS = 1, H2_RST = 3, H2_SETTINGS = 4, H2_PING = 6, H2_GOAWAY = 7, H2_WINDOW = 8 };
static inline void frame_header(uint8_t *p, uint32_t length, uint8_t type, uint8_t flags, uint32_t stream) {
  p[0] = length >> 16; p[1] = length >> 8; p[2] = length; p[3] = type; p[4] = flags;
  put_be32(p + 5, stream);
}
static inline void put_frame(Buffer *b, uint8_t type, uint8_t flags, uint32_t stream, const void *payload, uint32_t length) {
  uint8_t head[9];
  frame_header(head, length, type, flags, stream);
  buffer_put(b, head, 9);
  if (length) buffer_put(b, payload, length);
}
