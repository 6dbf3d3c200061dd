/* Reader of compiled principals: who may log in, and in which role. `mkmanifest` compiles them when the
 * image is built; the session service reads them here. A role is an entry of /etc/roles.bin, a manifest
 * (manifest.h). No secret is among them. The bytes are laid out in docs/formats/principals.md.
 * No allocation, no locks, any context. */
#pragma once

#include <abi/types.h>

#include "lib/base/span.h"

enum {
    PRINCIPALS_MAX = 256,
    PRINCIPAL_NAME_SIZE = 32,
    PRINCIPAL_DESCRIPTION_SIZE = 64,
    PRINCIPALS_HEADER_BYTES = 16,
    PRINCIPAL_BYTES = 144,
    PRINCIPAL_NUMBER_SYSTEM = 1000, /* Of what works for nobody, as group too: taken. */
};

/* Texts end with a NUL. */
struct principal {
    char name[PRINCIPAL_NAME_SIZE];
    char role[PRINCIPAL_NAME_SIZE];
    char description[PRINCIPAL_DESCRIPTION_SIZE];
    uint32_t number; /* What POSIX programs call uid. */
    uint32_t group;  /* The role's: gid. */
};

struct principals {
    struct const_span entries;
    uint32_t count;
};

/* @return CORRUPT (none, or not of this length), NOT_SUPPORTED (a later version). */
status_t principals_open(struct const_span bytes, struct principals *out_principals);
/* The index-th. @return NOT_FOUND past the last, CORRUPT. */
status_t principals_get(const struct principals *principals, uint32_t index,
                        struct principal *out_principal);
/* The one of a name. @return NOT_FOUND, CORRUPT. Cost: linear. */
status_t principals_find(const struct principals *principals, struct const_span name,
                         struct principal *out_principal);
