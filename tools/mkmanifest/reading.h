/* What schema.c and principals.c share: one file being read. */
#pragma once

#include "lib/toml/toml.h"
#include "tools/mkmanifest/manifests.h"

struct reading {
    struct compile *compile;
    const char *file;
    struct toml toml;
    struct service *service;
};

static inline const struct toml_node *node_of(const struct reading *reading, uint32_t index)
{
    return &reading->toml.nodes[index];
}

/* The node's key for a message. */
const char *node_name(const struct reading *reading, const struct toml_node *node);
bool refuse_node(const struct reading *reading, const struct toml_node *node, const char *what);
bool take_string(struct reading *reading, const struct toml_node *node, const char **out);
bool take_number(struct reading *reading, const struct toml_node *node, uint64_t low, uint64_t high,
                 uint64_t *out);

/* One [principal.NAME]. */
bool principal_read(struct reading *reading, const struct toml_node *table);
