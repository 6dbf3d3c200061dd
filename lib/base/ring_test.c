/* The shared ring: both ends at their edges, two threads at full speed with real sleeping, and a
 * peer that writes nonsense. `make tsan` runs the same under the thread sanitizer. */
#include "lib/base/ring.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "tests/unit.h"

enum { DEPTH = 8, EPOCH = 3 };

struct item {
    uint64_t number;
    uint64_t check;
};

static _Alignas(64) uint8_t memory[sizeof(struct ring_shared) + 64 * sizeof(struct item)];

static struct item item_of(uint64_t number)
{
    return (struct item){ number, ~number * 3 };
}

static struct ring_shared *shared(void)
{
    return (struct ring_shared *)(void *)memory;
}

static void ends_open(struct ring_producer *producer, struct ring_consumer *consumer,
                      uint32_t depth)
{
    ring_format(memory, depth, sizeof(struct item), EPOCH);
    ring_producer_open(producer, memory, depth, sizeof(struct item));
    REQUIRE(ring_consumer_attach(consumer, memory, sizeof memory, sizeof(struct item), EPOCH) ==
            STATUS_OK);
}

/* Both ends at an index of choice, as after that many descriptors. */
static void ends_move(struct ring_producer *producer, struct ring_consumer *consumer,
                      uint32_t index)
{
    producer->next = producer->published = producer->consumed_seen = index;
    consumer->next = consumer->released = consumer->produced_seen = index;
    shared()->produced = shared()->consumed = index;
    shared()->producer_wake = index - 1;
    shared()->consumer_wake = index;
}

static status_t push(struct ring_producer *producer, uint64_t number)
{
    struct item item = item_of(number);
    return ring_push(producer, &item);
}

TEST(ring_holds_its_depth_and_not_one_more)
{
    const uint32_t starts[] = { 0, 5, UINT32_MAX - 3, UINT32_MAX };
    for (size_t s = 0; s < sizeof starts / sizeof *starts; s++) {
        struct ring_producer producer;
        struct ring_consumer consumer;
        struct item item;
        ends_open(&producer, &consumer, DEPTH);
        ends_move(&producer, &consumer, starts[s]);
        for (uint64_t i = 0; i < DEPTH; i++)
            EXPECT_EQ(push(&producer, i), STATUS_OK);
        EXPECT_EQ(push(&producer, DEPTH), STATUS_WOULD_BLOCK);
        EXPECT_EQ(ring_pop(&consumer, &item), STATUS_WOULD_BLOCK);
        EXPECT(ring_publish(&producer));
        for (uint64_t i = 0; i < DEPTH; i++) {
            EXPECT_EQ(ring_pop(&consumer, &item), STATUS_OK);
            EXPECT_EQ(item.number, i);
        }
        EXPECT_EQ(ring_pop(&consumer, &item), STATUS_WOULD_BLOCK);
        EXPECT_EQ(push(&producer, 0), STATUS_WOULD_BLOCK); /* Popped is not yet released. */
        EXPECT(!ring_release(&consumer));
        EXPECT_EQ(ring_room(&producer, 1), DEPTH);
    }
}

/* A consumer that is awake is not disturbed; one that asked hears of the next descriptor only. */
TEST(ring_tells_only_a_peer_that_asked)
{
    struct ring_producer producer;
    struct ring_consumer consumer;
    struct item item;
    ends_open(&producer, &consumer, DEPTH);
    EXPECT_EQ(push(&producer, 0), STATUS_OK);
    EXPECT(ring_publish(&producer)); /* A fresh consumer waits for the first. */
    EXPECT_EQ(push(&producer, 1), STATUS_OK);
    EXPECT(!ring_publish(&producer));
    EXPECT(!ring_consumer_may_sleep(&consumer));
    EXPECT_EQ(ring_pop(&consumer, &item), STATUS_OK);
    EXPECT(!ring_consumer_may_sleep(&consumer));
    EXPECT_EQ(ring_pop(&consumer, &item), STATUS_OK);
    EXPECT(ring_consumer_may_sleep(&consumer));
    EXPECT_EQ(push(&producer, 2), STATUS_OK);
    EXPECT_EQ(push(&producer, 3), STATUS_OK);
    EXPECT(ring_publish(&producer));
}

/* A producer that waits for three places hears at the third, not at the first or the second. */
TEST(ring_tells_the_producer_at_the_room_it_asked_for)
{
    for (uint32_t room = 1; room <= DEPTH; room++) {
        struct ring_producer producer;
        struct ring_consumer consumer;
        struct item item;
        ends_open(&producer, &consumer, DEPTH);
        ends_move(&producer, &consumer, UINT32_MAX - 2);
        for (uint64_t i = 0; i < DEPTH; i++)
            EXPECT_EQ(push(&producer, i), STATUS_OK);
        (void)ring_publish(&producer);
        EXPECT(ring_producer_may_sleep(&producer, room));
        for (uint32_t i = 1; i <= DEPTH; i++) {
            EXPECT_EQ(ring_pop(&consumer, &item), STATUS_OK);
            EXPECT_EQ(ring_release(&consumer), i == room);
            EXPECT_EQ(ring_producer_may_sleep(&producer, room), i < room);
        }
    }
}

TEST(ring_attach_refuses_headers_that_lie)
{
    struct ring_consumer consumer;
    struct ring_producer producer;
    size_t item = sizeof(struct item);
    ring_format(memory, 64, (uint32_t)item, EPOCH);
    EXPECT_EQ(ring_consumer_attach(&consumer, memory, ring_size(64, 16) - 1, 16, EPOCH),
              STATUS_CORRUPT);
    EXPECT_EQ(ring_consumer_attach(&consumer, memory, sizeof memory, 24, EPOCH), STATUS_CORRUPT);
    EXPECT_EQ(ring_consumer_attach(&consumer, memory, sizeof memory, 16, EPOCH + 1),
              STATUS_BAD_STATE);
    const uint32_t depths[] = { 0, 3, 128, 131072, UINT32_MAX };
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        shared()->depth = depths[i];
        EXPECT_EQ(ring_producer_attach(&producer, memory, sizeof memory, 16, EPOCH),
                  STATUS_CORRUPT);
    }
    shared()->depth = 64;
    EXPECT_EQ(ring_producer_attach(&producer, memory, sizeof memory, 16, EPOCH), STATUS_OK);
    shared()->produced = 1; /* Somebody produced already: not a fresh life of the ring. */
    EXPECT_EQ(ring_producer_attach(&producer, memory, sizeof memory, 16, EPOCH), STATUS_BAD_STATE);
    shared()->magic = 0;
    EXPECT_EQ(ring_consumer_attach(&consumer, memory, sizeof memory, 16, EPOCH), STATUS_CORRUPT);
}

/* Each end, told an index one beyond what can be, must stop for good. */
TEST(ring_impossible_indices_poison_the_end)
{
    struct ring_producer producer;
    struct ring_consumer consumer;
    struct item item;
    ends_open(&producer, &consumer, DEPTH);
    shared()->produced = DEPTH + 1;
    EXPECT_EQ(ring_pop(&consumer, &item), STATUS_CORRUPT);
    shared()->produced = 0;
    EXPECT_EQ(ring_pop(&consumer, &item), STATUS_CORRUPT);
    EXPECT(!ring_consumer_may_sleep(&consumer));

    ends_open(&producer, &consumer, DEPTH);
    EXPECT_EQ(push(&producer, 0), STATUS_OK);
    (void)ring_publish(&producer);
    EXPECT_EQ(ring_pop(&consumer, &item), STATUS_OK);
    shared()->produced = 0; /* Backwards. */
    EXPECT_EQ(ring_pop(&consumer, &item), STATUS_CORRUPT);

    ends_open(&producer, &consumer, DEPTH);
    for (uint64_t i = 0; i < DEPTH; i++)
        EXPECT_EQ(push(&producer, i), STATUS_OK);
    shared()->consumed = 1; /* Nothing was published yet. */
    EXPECT_EQ(push(&producer, 9), STATUS_CORRUPT);
    EXPECT_EQ(ring_room(&producer, 1), 0);
    EXPECT(!ring_publish(&producer));

    ends_open(&producer, &consumer, DEPTH);
    EXPECT_EQ(push(&producer, 0), STATUS_OK);
    (void)ring_publish(&producer);
    shared()->consumed = 1;
    EXPECT_EQ(ring_room(&producer, DEPTH), DEPTH);
    shared()->consumed = 0; /* Backwards. */
    EXPECT(!ring_producer_may_sleep(&producer, DEPTH));
    EXPECT_EQ(ring_room(&producer, 1), 0);
}

/* ---- two threads ---- */

enum { THREAD_ITEMS = 300000, WAIT_SECONDS = 20 };

struct pair {
    struct ring_producer producer;
    struct ring_consumer consumer;
    sem_t for_producer;
    sem_t for_consumer;
    uint32_t waits;
    uint32_t failures;
    uint64_t seed;
};

/* A wait that ends only by the peer's notice; one that was forgotten shows as a time-out. */
static bool wait_for(sem_t *semaphore)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_SECONDS;
    while (sem_timedwait(semaphore, &until) != 0)
        if (errno != EINTR)
            return false;
    return true;
}

static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(*state >> 33);
}

static void *produce(void *argument)
{
    struct pair *pair = argument;
    uint64_t state = pair->seed;
    for (uint64_t number = 0; number < THREAD_ITEMS;) {
        uint32_t batch = 1 + next_random(&state) % 12;
        while (batch-- > 0 && number < THREAD_ITEMS && push(&pair->producer, number) == STATUS_OK)
            number++;
        if (ring_publish(&pair->producer))
            sem_post(&pair->for_consumer);
        if (ring_room(&pair->producer, 1) == 0 &&
            ring_producer_may_sleep(&pair->producer, 1 + next_random(&state) % DEPTH) &&
            !wait_for(&pair->for_producer)) {
            pair->failures++;
            return NULL;
        }
    }
    return NULL;
}

static void *consume(void *argument)
{
    struct pair *pair = argument;
    uint64_t state = pair->seed + 1;
    struct item item;
    for (uint64_t number = 0; number < THREAD_ITEMS;) {
        uint32_t batch = 1 + next_random(&state) % 12;
        while (batch-- > 0 && ring_pop(&pair->consumer, &item) == STATUS_OK) {
            pair->failures += item.number != number || item.check != item_of(number).check;
            number++;
        }
        if (ring_release(&pair->consumer))
            sem_post(&pair->for_producer);
        if (number < THREAD_ITEMS && ring_consumer_may_sleep(&pair->consumer)) {
            pair->waits++;
            if (!wait_for(&pair->for_consumer)) {
                pair->failures++;
                return NULL;
            }
        }
    }
    return NULL;
}

/* The claim of the whole protocol: no descriptor is lost, repeated or torn, and no notice that a
 * sleeper needs is left out. */
TEST(ring_two_threads_lose_nothing_and_wake_each_other)
{
    static struct pair pair;
    pthread_t threads[2];
    ends_open(&pair.producer, &pair.consumer, DEPTH);
    ends_move(&pair.producer, &pair.consumer, UINT32_MAX - THREAD_ITEMS / 2);
    pair.seed = unit_random();
    pair.failures = pair.waits = 0;
    sem_init(&pair.for_producer, 0, 0);
    sem_init(&pair.for_consumer, 0, 0);
    REQUIRE(pthread_create(&threads[0], NULL, produce, &pair) == 0);
    REQUIRE(pthread_create(&threads[1], NULL, consume, &pair) == 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    EXPECT_EQ(pair.failures, 0);
    EXPECT_EQ(pair.consumer.next, UINT32_MAX - THREAD_ITEMS / 2 + THREAD_ITEMS);
    EXPECT(pair.waits > 0);
}
