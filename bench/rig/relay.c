/* The floor: hands bytes from one socket to another and looks at none. What an agent costs beyond this is its own doing.
 *
 *   relay --port P --to Q */
#include "rig.h"

typedef struct End { int fd; Buffer out; struct End *peer; int closed; } End;
static int epoll_fd;

static void want(End *e) {
  struct epoll_event v = {.events = EPOLLIN | (e->out.start < e->out.end ? EPOLLOUT : 0), .data.ptr = e};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, e->fd, &v);
}

int main(int argc, char **argv) {
  int port = 0, to = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--port")) port = atoi(argv[i + 1]);
    else if (!strcmp(argv[i], "--to")) to = atoi(argv[i + 1]);
  }
  if (!port || !to) { fprintf(stderr, "relay: needs --port and --to\n"); return 2; }
  signal(SIGPIPE, SIG_IGN);
  int server = listen_on(port);
  nonblocking(server);
  epoll_fd = epoll_create1(0);
  struct epoll_event v = {.events = EPOLLIN, .data.ptr = NULL}, events[64];
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, server, &v);
  static uint8_t chunk[1 << 20];
  for (;;) {
    int n = epoll_wait(epoll_fd, events, 64, -1);
    for (int i = 0; i < n; i++) {
      End *e = events[i].data.ptr;
      if (!e) {
        int fd = accept(server, NULL, NULL), up = fd < 0 ? -1 : connect_to(to);
        if (up < 0) { if (fd >= 0) close(fd); continue; }
        nonblocking(fd);
        End *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
        a->fd = fd; b->fd = up; a->peer = b; b->peer = a;
        for (End *x = a; x; x = x == a ? b : NULL) {
          v = (struct epoll_event){.events = EPOLLIN, .data.ptr = x};
          epoll_ctl(epoll_fd, EPOLL_CTL_ADD, x->fd, &v);
        }
        continue;
      }
      if (e->closed) continue;
      End *peer = e->peer;
      int gone = 0;
      /* Reading stops while the other side is slow: a bounded buffer, back-pressure by TCP. */
      if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && peer->out.end - peer->out.start < (8u << 20)) {
        ssize_t got = read(e->fd, chunk, sizeof chunk);
        if (got > 0) {
          size_t done = 0;
          if (peer->out.start == peer->out.end) {
            ssize_t w = write(peer->fd, chunk, (size_t)got);
            if (w > 0) done = (size_t)w;
          }
          if (done < (size_t)got) buffer_put(&peer->out, chunk + done, (size_t)got - done);
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) gone = 1;
      }
      if (!gone && (buffer_flush(&e->out, e->fd) || buffer_flush(&peer->out, peer->fd))) gone = 1;
      if (gone) {
        close(e->fd); close(peer->fd);
        e->closed = peer->closed = 1;
        continue;
      }
      want(e); want(peer);
    }
  }
}
