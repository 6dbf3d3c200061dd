/* The locks of fcntl. What they answer: see call.h. */
#pragma once

#include <stdbool.h>

struct flock;

long file_lock_set(int fd, const struct flock *wanted, bool waits);
/* What is in the way replaces what was wanted; F_UNLCK: nothing. */
long file_lock_test(int fd, struct flock *wanted);
