/* Any bytes as configuration: a tree that comes out is a tree, over the memory that was given. */
#include <stdlib.h>

#include "lib/toml/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NODES = 512 };

static bool span_inside(struct const_span span, const uint8_t *data, size_t len)
{
    return span.data >= data && span.data <= data + len &&
           span.len <= (size_t)(data + len - span.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct toml_node nodes[NODES];
    uint8_t *arena = malloc(size + 1);
    struct toml toml = toml_of(nodes, NODES, span_of(arena, size));
    status_t status = toml_read(&toml, const_span_of(data, size));
    if (status != STATUS_OK) {
        if (toml.error_reason == NULL || (status == STATUS_NO_SPACE && toml.node_count < NODES))
            abort(); /* As many bytes as the text are always enough for its strings. */
        free(arena);
        return 0;
    }
    uint32_t reached = 1;
    for (uint32_t i = 0; i < toml.node_count; i++) {
        const struct toml_node *node = &nodes[i];
        uint32_t count = 0;
        for (uint32_t child = node->first_child; child != TOML_NONE; child = nodes[child].next) {
            if (nodes[child].parent != i || nodes[child].depth != node->depth + 1)
                abort();
            if (node->kind == TOML_TABLE && toml_find(&toml, i, nodes[child].key) != child)
                abort();
            count++;
        }
        if (count != node->child_count)
            abort();
        if (node->kind == TOML_STRING && !span_inside(node->string, data, size) &&
            !span_inside(node->string, arena, size))
            abort();
        reached += count;
    }
    if (reached != toml.node_count)
        abort();
    free(arena);
    return 0;
}
