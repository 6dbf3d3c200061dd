/* malloc and free of small blocks, of which each thread keeps some (ports/musl/overlay/src/malloc/free.c). */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

enum { SIZES = 2300, HAND_ROUNDS = 4000, HANDS = 64, GENERATIONS = 40, MANY = 100 };

/* Every size around the borders of the classes, new and from what was kept: all bytes are the block's own, and it
 * tells the size that was asked for. */
static void every_size_is_as_asked_for(void)
{
    static unsigned char *blocks[SIZES];
    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < SIZES; size++) {
            blocks[size] = malloc(size);
            CHECK(blocks[size] != NULL && ((uintptr_t)blocks[size] & 15) == 0);
            EQ(malloc_usable_size(blocks[size]), size);
            memset(blocks[size], (int)(size + (size_t)round), size);
        }
        for (size_t size = 0; size < SIZES; size++) {
            for (size_t at = 0; at < size; at += 7)
                CHECK(blocks[size][at] == (unsigned char)(size + (size_t)round));
            free(blocks[size]);
        }
    }
}

/* What is freed comes back dirty; calloc and realloc have to know. */
static void a_kept_block_is_cleared_and_grows(void)
{
    for (size_t size = 1; size < 2000; size += 13) {
        unsigned char *block = malloc(size), all = 0;
        memset(block, 0xff, size);
        free(block);
        block = calloc(1, size);
        for (size_t i = 0; i < size; i++)
            all |= block[i];
        EQ(all, 0);
        memset(block, 0x5a, size);
        block = realloc(block, size * 3);
        for (size_t i = 0; i < size; i++)
            all |= block[i] ^ 0x5a;
        EQ(all, 0);
        free(block);
    }
}

static void an_aligned_block_is_kept_whole(void)
{
    for (size_t alignment = 32; alignment <= 1024; alignment *= 2)
        for (int i = 0; i < 32; i++) {
            unsigned char *block = aligned_alloc(alignment, 100);
            CHECK(block != NULL && ((uintptr_t)block & (alignment - 1)) == 0);
            memset(block, i, 100);
            free(block);
            /* The same slot, for the most that it holds. */
            unsigned char *other = malloc(100 + alignment);
            memset(other, i, 100 + alignment);
            EQ(malloc_usable_size(other), 100 + alignment);
            free(other);
        }
}

/* Blocks go from one thread to another, which frees them: each hand holds what the first wrote. */
static unsigned char *hands[HANDS];

static void *hand_free(void *unused)
{
    for (int i = 0; i < HAND_ROUNDS; i++) {
        unsigned char *block;
        while ((block = __atomic_exchange_n(&hands[i % HANDS], NULL, __ATOMIC_ACQ_REL)) == NULL)
            sched_yield();
        size_t size = malloc_usable_size(block);
        for (size_t at = 0; at < size; at++)
            CHECK(block[at] == (unsigned char)size);
        free(block);
    }
    return NULL;
}

static void blocks_are_freed_by_another_thread(void)
{
    pthread_t thread;
    EQ(pthread_create(&thread, NULL, hand_free, NULL), 0);
    for (int i = 0; i < HAND_ROUNDS; i++) {
        size_t size = (size_t)(i * 31 % 700);
        unsigned char *block = malloc(size);
        memset(block, (int)size, size);
        while (__atomic_load_n(&hands[i % HANDS], __ATOMIC_ACQUIRE) != NULL)
            sched_yield();
        __atomic_store_n(&hands[i % HANDS], block, __ATOMIC_RELEASE);
    }
    EQ(pthread_join(thread, NULL), 0);
}

/* What is kept begins with the first free. */
static void *generation(void *address)
{
    void *volatile begin = malloc(10);
    free(begin);
    void *first = malloc(1900), *second = malloc(1900);
    CHECK(first != second);
    free(first);
    free(second);
    *(void **)address = second;
    return NULL;
}

/* Threads one after the other use the same few slots again: what one kept is the next one's. */
static void ended_threads_leave_what_they_kept(void)
{
    void *addresses[GENERATIONS];
    int distinct = 0;
    for (int i = 0; i < GENERATIONS; i++) {
        pthread_t thread;
        EQ(pthread_create(&thread, NULL, generation, &addresses[i]), 0);
        EQ(pthread_join(thread, NULL), 0);
        int j = 0;
        while (addresses[j] != addresses[i])
            j++;
        distinct += j == i;
    }
    CHECK(distinct <= 4);
}

/* Each of the threads that live at once has its own; a detached one leaves it, too. */
static void *many(void *sum)
{
    for (int i = 0; i < 200; i++) {
        unsigned char *block = malloc((size_t)i * 5);
        memset(block, i, (size_t)i * 5);
        free(block);
    }
    __atomic_fetch_add((int *)sum, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void detached_threads_come_and_go(void)
{
    int ended = 0;
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < MANY; i++) {
        pthread_t thread;
        EQ(pthread_create(&thread, &detached, many, &ended), 0);
        if (i % 10 == 9)
            while (__atomic_load_n(&ended, __ATOMIC_ACQUIRE) <= i)
                sched_yield();
    }
    EQ(ended, MANY);
}

static int signal_of_child(void (*body)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        body();
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void nothing_wrong(void)
{
    free(malloc(40));
}

static void free_twice(void)
{
    char *volatile block = malloc(40);
    free(block);
    free(block);
}

static void write_past_the_end(void)
{
    char *volatile block = malloc(40);
    memset(block, 1, 48);
    free(block);
}

static void realloc_of_the_freed(void)
{
    char *volatile block = malloc(40);
    free(block);
    block = realloc(block, 60);
}

/* As blocks that are not kept: the allocator ends the process at the first sign. */
static void misuse_ends_the_process(void)
{
    EQ(signal_of_child(nothing_wrong), 0);
    EQ(signal_of_child(free_twice), SIGSEGV);
    EQ(signal_of_child(write_past_the_end), SIGSEGV);
    EQ(signal_of_child(realloc_of_the_freed), SIGSEGV);
}

int main(void)
{
    CLAIM(every_size_is_as_asked_for);
    CLAIM(a_kept_block_is_cleared_and_grows);
    CLAIM(an_aligned_block_is_kept_whole);
    CLAIM(blocks_are_freed_by_another_thread);
    CLAIM(ended_threads_leave_what_they_kept);
    CLAIM(detached_threads_come_and_go);
    CLAIM(misuse_ends_the_process);
    return claims_done();
}
