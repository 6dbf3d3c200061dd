/* The ring of trace records: order, loss, and a writer that overtakes the reader. */
#include "kernel/trace/trace_ring.h"

#include "tests/unit.h"

static struct trace_ring ring;
static struct trace_record taken[TRACE_RING_RECORDS + 1];

static void put(uint64_t from, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        trace_ring_put(&ring, &(struct trace_record){ .a = from + i, .b = ~(from + i) });
}

static size_t take(size_t count, uint64_t *out_lost)
{
    size_t got = trace_ring_take(&ring, taken, count, out_lost);
    for (size_t i = 0; i < got; i++) {
        EXPECT_EQ(taken[i].a, taken[0].a + i);
        EXPECT_EQ(taken[i].b, ~taken[i].a);
    }
    return got;
}

TEST(trace_ring_gives_records_in_order_once)
{
    uint64_t lost;
    ring = (struct trace_ring){ 0 };
    EXPECT_EQ(take(10, &lost), 0);
    put(100, 3);
    EXPECT_EQ(take(2, &lost), 2);
    EXPECT_EQ(taken[0].a, 100);
    EXPECT_EQ(take(2, &lost), 1);
    EXPECT_EQ(taken[0].a, 102);
    EXPECT_EQ(lost, 0);
    EXPECT_EQ(take(2, &lost), 0);
}

/* One less than the size is all that can be read safely while a writer is at work. */
TEST(trace_ring_counts_what_was_overwritten)
{
    for (uint64_t extra = 0; extra < 3; extra++) {
        uint64_t lost;
        uint64_t count = TRACE_RING_RECORDS - 1 + extra;
        ring = (struct trace_ring){ 0 };
        put(0, count);
        EXPECT_EQ(take(TRACE_RING_RECORDS + 1, &lost), TRACE_RING_RECORDS - 1);
        EXPECT_EQ(lost, extra);
        EXPECT_EQ(taken[0].a, extra);
    }
}

TEST(trace_ring_loses_or_gives_each_record)
{
    uint64_t next = 0, seen = 0, lost_total = 0;
    ring = (struct trace_ring){ 0 };
    for (int round = 0; round < 2000; round++) {
        uint64_t burst = unit_random() % (TRACE_RING_RECORDS * 3 / 2), lost;
        put(next, burst);
        next += burst;
        size_t got = take((size_t)(unit_random() % TRACE_RING_RECORDS), &lost);
        seen += got;
        lost_total += lost;
        if (got > 0)
            EXPECT_EQ(taken[got - 1].a, seen + lost_total - 1);
    }
    EXPECT_EQ(ring.taken, seen + lost_total);
}
