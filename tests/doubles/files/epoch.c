/* Double of kernel/base/epoch.h: what is retired goes at once, so that a use afterwards is found by the sanitizer,
 * unless a section is open, which it must outlive. */
#include "kernel/base/epoch.h"

#include "lib/base/assert.h"

static bool is_open;
static struct epoch_node *retired[64];
static uint32_t retired_count;

void epoch_begin(void)
{
    ASSERT(!is_open);
    is_open = true;
}

void epoch_end(void)
{
    ASSERT(is_open);
    is_open = false;
    while (retired_count > 0) {
        struct epoch_node *node = retired[--retired_count];
        node->release(node);
    }
}

void epoch_retire(struct epoch_node *node, void (*release)(struct epoch_node *node))
{
    node->release = release;
    if (!is_open) {
        release(node);
        return;
    }
    ASSERT(retired_count < sizeof retired / sizeof retired[0]);
    retired[retired_count++] = node;
}
