#include "lib/base/treap.h"
#include "tests/unit.h"

enum { KEYS = 512 };

TEST(treap_agrees_with_a_bitmap)
{
    static struct treap_node nodes[KEYS];
    bool present[KEYS] = { false };
    struct treap treap = { 0 };
    for (int round = 0; round < 50000; round++) {
        int at = (int)(unit_random() % KEYS);
        if (present[at])
            treap_remove(&treap, &nodes[at]);
        else {
            nodes[at] = (struct treap_node){ .key = (uint64_t)at * 4096 };
            treap_insert(&treap, &nodes[at]);
        }
        present[at] = !present[at];
        int probe = (int)(unit_random() % KEYS), below = probe, above = probe;
        while (below >= 0 && !present[below])
            below--;
        while (above < KEYS && !present[above])
            above++;
        struct treap_node *floor = treap_floor(&treap, (uint64_t)probe * 4096 + 7);
        struct treap_node *ceiling = treap_ceiling(&treap, (uint64_t)probe * 4096);
        EXPECT(floor == (below < 0 ? NULL : &nodes[below]));
        EXPECT(ceiling == (above == KEYS ? NULL : &nodes[above]));
    }
}
