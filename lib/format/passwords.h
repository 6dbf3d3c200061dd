/* The hashed passwords that an image may carry (docs/formats/principals.md): a line NAME:HASH for each principal, the
 * hash as crypt(3) and its kin write one, for example "$argon2id$v=19$...". Whoever checks a password against
 * the hash understands it; here it is text. No allocation, no locks, any context. */
#pragma once

#include <abi/types.h>

#include "lib/base/span.h"

enum { PASSWORD_HASH_MAX = 127 };

/* The hash of a name; it points into the bytes. Lines that are none, and hashes that are too long, are as
 * good as not there. @return NOT_FOUND. Cost: linear. */
status_t passwords_find(struct const_span bytes, struct const_span name,
                        struct const_span *out_hash);
