/* Reader of configuration: a subset of TOML 1.0.0. A text becomes a tree of nodes in memory of the
 * caller's, in the order of the text and with its line numbers, so that whoever reads a schema out of
 * it can name the line of what it refuses.
 *
 * In the subset: comments; bare, quoted and dotted keys; tables, arrays of tables, inline tables;
 * arrays; strings of all four kinds; integers of 64 bits in the four bases; booleans.
 * Not in it, and refused as NOT_SUPPORTED: floats; dates and times; nesting past TOML_DEPTH_MAX.
 * Everything that TOML 1.0.0 calls invalid is refused as CORRUPT.
 *
 * No allocation, no globals, no locks, any context. Recursion is bounded by TOML_DEPTH_MAX. Keys are
 * compared with all others of their table: quadratic in the keys of one table. */
#pragma once

#include <abi/types.h>

#include "lib/base/span.h"

enum {
    TOML_ROOT = 0,
    TOML_NONE = 0, /* As a child or sibling: the root is neither. */
    TOML_DEPTH_MAX = 24,
};

enum toml_kind { TOML_TABLE, TOML_ARRAY, TOML_STRING, TOML_INTEGER, TOML_BOOLEAN };

/* How a table or array came to be, which decides who may add to it. */
enum toml_origin {
    TOML_OPEN,    /* A [header] named it as a step on the way; a header of its own may follow. */
    TOML_HEADER,  /* A [header] of its own. */
    TOML_DOTTED,  /* A step of a dotted key; more dotted keys may follow. */
    TOML_CLOSED,  /* A value in braces or brackets: complete. */
    TOML_APPENDED /* An array of tables: each [[header]] adds one. */
};

/* One value. Keys and strings point into the text, or into the arena where they had escapes. */
struct toml_node {
    enum toml_kind kind;
    enum toml_origin origin;
    uint32_t line;  /* From 1. */
    uint32_t depth; /* The root is 0. */
    uint32_t parent;
    uint32_t next;        /* Sibling, in the order of the text. */
    uint32_t first_child; /* Of tables and arrays. */
    uint32_t last_child;
    uint32_t child_count;
    bool boolean;
    int64_t integer;
    struct const_span key; /* Empty for elements of arrays; data is NULL then. */
    struct const_span string;
};

struct toml {
    struct toml_node *nodes; /* The caller's, node_max of them. */
    uint32_t node_max;
    uint32_t node_count;
    struct span arena; /* The caller's; as many bytes as the text are always enough. */
    size_t arena_used;
    uint32_t error_line; /* After a refusal: where, and why, in a few words. */
    const char *error_reason;
};

/* A document over memory of the caller's, before it is read. */
static inline struct toml toml_of(struct toml_node *nodes, uint32_t node_max, struct span arena)
{
    return (struct toml){ .nodes = nodes, .node_max = node_max, .arena = arena };
}

/* Read a text. The text, nodes and arena must outlive the use of the document.
 * @return CORRUPT (not valid TOML 1.0.0), NOT_SUPPORTED (valid, but outside the subset), NO_SPACE
 *         (nodes or arena); error_line and error_reason say more. */
status_t toml_read(struct toml *toml, struct const_span text);

/* The child of a table with this key, or TOML_NONE. */
uint32_t toml_find(const struct toml *toml, uint32_t table, struct const_span key);

/* The bytes are exactly this text. */
bool toml_text_is(struct const_span bytes, const char *text);
