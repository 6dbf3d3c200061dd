/* Asks a web server for a page before it is there, until it answers: a connection every few milliseconds, each
 * with one request. One that a network which is not up has swallowed may come back seconds later, and would say nothing
 * about when the server was there; so the oldest is given up for a new one when there are KNOCKS_MAX. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pollfd;

enum { KNOCKS_MAX = 128, KNOCK_STEP_MS = 2, KNOCK_ANSWER_SIZE = 16 };

enum knock_state { KNOCK_OVER, KNOCK_CONNECTING, KNOCK_ASKED };

struct knock {
    int fd;
    enum knock_state state;
    size_t len;
    char answer[KNOCK_ANSWER_SIZE]; /* Its first bytes. */
};

struct knocks {
    uint16_t port;                   /* Of the loopback. */
    size_t count;                    /* Ever. */
    struct knock knocks[KNOCKS_MAX]; /* A ring of the last ones. */
};

/* One more connection. */
void knocks_add(struct knocks *knocks);
/* What to wait for: KNOCKS_MAX entries. */
void knocks_poll(const struct knocks *knocks, struct pollfd *out);
/* After poll() on what knocks_poll wrote. @return whether one of them was answered with status 200. */
bool knocks_step(struct knocks *knocks, const struct pollfd *polls);
void knocks_close(struct knocks *knocks);
/* Whether these are the first bytes of an answer with status 200. */
bool knock_is_ok(const char *answer, size_t len);
