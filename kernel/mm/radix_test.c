#include "kernel/mm/radix.h"
#include "tests/unit.h"

enum { MODEL_SIZE = 300 };

/* The tree against a plain array, over indices of very different size: depth grows and shrinks. */
TEST(radix_agrees_with_an_array)
{
    static const uint64_t spread[] = { 1, 63, 64, 4095, 4096, 1ull << 30, 1ull << 52 };
    struct radix radix = { 0 };
    uint64_t index[MODEL_SIZE], value[MODEL_SIZE] = { 0 };
    for (int i = 0; i < MODEL_SIZE; i++)
        index[i] = (uint64_t)i % 40 * spread[i / 43];
    for (int round = 0; round < 20000; round++) {
        int at = (int)(unit_random() % MODEL_SIZE);
        uint64_t new = unit_random() % 3 == 0 ? 0 : unit_random() | 1;
        uint64_t old = radix_get(&radix, index[at]);
        if (new == 0)
            EXPECT_EQ(radix_remove(&radix, index[at]), old);
        else
            EXPECT_EQ(radix_set(&radix, index[at], new), STATUS_OK);
        for (int i = 0; i < MODEL_SIZE; i++)
            if (index[i] == index[at])
                value[i] = new;
        int probe = (int)(unit_random() % MODEL_SIZE);
        EXPECT_EQ(radix_get(&radix, index[probe]), value[probe]);
    }
    for (int i = 0; i < MODEL_SIZE; i++)
        radix_remove(&radix, index[i]);
    EXPECT_EQ(radix.height, 0);
    EXPECT(radix.root == NULL);
}

TEST(radix_next_visits_in_order)
{
    struct radix radix = { 0 };
    const uint64_t indices[] = { 0, 5, 64, 70, 5000, 1ull << 40 };
    for (int i = 0; i < 6; i++)
        REQUIRE(radix_set(&radix, indices[i], (uint64_t)i + 1) == STATUS_OK);
    uint64_t at = 0, value;
    for (int i = 0; i < 6; i++, at++) {
        REQUIRE(radix_next(&radix, &at, &value));
        EXPECT_EQ(at, indices[i]);
        EXPECT_EQ(value, i + 1);
    }
    EXPECT(!radix_next(&radix, &at, &value));
    for (int i = 0; i < 6; i++)
        radix_remove(&radix, indices[i]);
}

/* Taking in batches is taking one by one: the same values in the same order, and nothing is left of the tree. */
TEST(radix_take_gives_what_remove_would)
{
    for (uint32_t max = 1; max <= 130; max += 43) {
        struct radix radix = { 0 };
        uint64_t model[600] = { 0 }, taken[130];
        for (int i = 0; i < 300; i++) {
            uint64_t index = unit_random() % 600;
            model[index] = unit_random() | 1;
            REQUIRE(radix_set(&radix, index, model[index]) == STATUS_OK);
        }
        uint64_t from = unit_random() % 600, at = from;
        uint32_t count;
        while ((count = radix_take(&radix, from, taken, max)) > 0) {
            EXPECT(count <= max);
            for (uint32_t i = 0; i < count; i++, at++) {
                while (at < 600 && model[at] == 0)
                    at++;
                REQUIRE(at < 600);
                EXPECT_EQ(taken[i], model[at]);
            }
        }
        for (; at < 600; at++)
            EXPECT_EQ(model[at], 0);
        for (uint64_t i = 0; i < 600; i++)
            EXPECT_EQ(radix_get(&radix, i), i < from ? model[i] : 0);
        while (radix_take(&radix, 0, taken, max) > 0)
            ;
        EXPECT_EQ(radix.height, 0);
        EXPECT(radix.root == NULL);
        EXPECT_EQ(radix.single, 0);
    }
}
