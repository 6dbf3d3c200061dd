#include "lib/net/slice.h"

#include "tests/unit.h"

enum { CAPACITY = 5 };

static struct slice_descriptor descriptors[CAPACITY];

static struct slice_store store_of(void)
{
    struct slice_store store = { .descriptors = descriptors };
    slice_store_init(&store, CAPACITY);
    return store;
}

static uint32_t take(struct slice_store *store, uint32_t len)
{
    return slice_take(store, (struct net_slice){ .len = len }, 0);
}

TEST(a_slice_store_hands_out_each_descriptor_once)
{
    struct slice_store store = store_of();
    uint32_t taken[CAPACITY];
    for (uint32_t i = 0; i < CAPACITY; i++) {
        taken[i] = take(&store, 1);
        REQUIRE(taken[i] != SLICE_NONE);
        for (uint32_t j = 0; j < i; j++)
            EXPECT(taken[i] != taken[j]);
    }
    EXPECT_EQ(take(&store, 1), SLICE_NONE);
    slice_give(&store, taken[3]);
    EXPECT_EQ(store.used, CAPACITY - 1);
    EXPECT_EQ(take(&store, 1), taken[3]);
    EXPECT_EQ(take(&store, 1), SLICE_NONE);
}

/* Insertion and removal at the front, in the middle and at the end keep head, tail, count and bytes. */
TEST(a_slice_queue_keeps_its_ends)
{
    struct slice_store store = store_of();
    struct slice_queue queue = SLICE_QUEUE_EMPTY;
    uint32_t first = take(&store, 10), last = take(&store, 20), middle = take(&store, 5);
    slice_queue_push(&store, &queue, first);
    slice_queue_push(&store, &queue, last);
    slice_queue_insert(&store, &queue, first, middle);
    EXPECT_EQ(queue.head, first);
    EXPECT_EQ(queue.tail, last);
    EXPECT_EQ(queue.count, 3);
    EXPECT_EQ(queue.bytes, 35);
    EXPECT_EQ(slice_queue_remove(&store, &queue, middle), last);
    EXPECT_EQ(queue.tail, middle);
    EXPECT_EQ(slice_queue_remove(&store, &queue, SLICE_NONE), first);
    EXPECT_EQ(queue.head, middle);
    slice_queue_insert(&store, &queue, SLICE_NONE, first);
    EXPECT_EQ(queue.head, first);
    slice_give(&store, last);
    slice_queue_clear(&store, &queue);
    EXPECT_EQ(queue.head, SLICE_NONE);
    EXPECT_EQ(queue.tail, SLICE_NONE);
    EXPECT_EQ(queue.bytes, 0);
    EXPECT_EQ(store.used, 0);
}

TEST(a_descriptor_that_was_never_taken_is_our_mistake)
{
    static struct slice_store store;
    store = store_of();
    EXPECT_PANIC(slice_at(&store, 0));
    EXPECT_PANIC(slice_give(&store, 0));
}
