/* malloc and mmap. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

enum { BLOCKS = 512, ROUNDS = 20000 };

struct block {
    unsigned char *bytes;
    size_t size;
};

static void block_fill(struct block *block, size_t size, unsigned char value)
{
    block->bytes = malloc(size);
    block->size = size;
    CHECK(block->bytes != NULL);
    if (block->bytes != NULL)
        memset(block->bytes, value, size);
}

/* Blocks of all sizes come and go; none is ever changed by another. */
static void malloc_keeps_blocks_apart(void)
{
    static struct block blocks[BLOCKS];
    uint32_t seed = 99;
    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * 1664525 + 1013904223;
        unsigned index = seed >> 16 & (BLOCKS - 1);
        struct block *block = &blocks[index];
        for (size_t at = 0; at < block->size; at += block->size / 4 + 1)
            CHECK(block->bytes[at] == (unsigned char)index);
        free(block->bytes);
        size_t size = seed >> 8 & (i % 64 == 0 ? 0x3ffff : 0x3ff);
        block_fill(block, size + 1, (unsigned char)index);
    }
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i].bytes);
}

static void realloc_keeps_the_bytes(void)
{
    char *text = malloc(10);
    strcpy(text, "realloc");
    for (size_t size = 10; size < 4 << 20; size *= 3) {
        text = realloc(text, size);
        CHECK(text != NULL && strcmp(text, "realloc") == 0);
    }
    free(text);
}

static void calloc_is_zero_and_checks_overflow(void)
{
    unsigned char *bytes = calloc(1000, 300);
    unsigned char all = 0;
    for (size_t i = 0; bytes != NULL && i < 300000; i++)
        all |= bytes[i];
    CHECK(bytes != NULL && all == 0);
    free(bytes);
    /* Volatile, or the compiler, which knows calloc, leaves the call out. */
    volatile size_t huge = SIZE_MAX / 2;
    void *volatile none = calloc(huge, 4);
    CHECK(none == NULL);
    EQ(errno, ENOMEM);
}

static void mmap_maps_protects_and_unmaps(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *pages =
        mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    EQ(pages[3 * page], 0);
    pages[page] = 7;
    EQ(mprotect(pages, 2 * page, PROT_READ), 0);
    EQ(pages[page], 7);
    EQ(mprotect(pages, 2 * page, PROT_READ | PROT_WRITE), 0);
    pages[page] = 8;
    unsigned char *same =
        mmap(pages + page, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    CHECK(same == pages + page);
    EQ(pages[page], 0);
    EQ(munmap(pages, 4 * page), 0);
    CHECK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    EQ(errno, EINVAL);
}

/* This program's own file: an ELF image. */
static void mmap_maps_a_file(void)
{
    int fd = open("/bin/posix_memory", O_RDONLY);
    CHECK(fd >= 0);
    char *shared = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(shared != MAP_FAILED && memcmp(shared, "\177ELF", 4) == 0);
    char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK(private != MAP_FAILED);
    if (private != MAP_FAILED && shared != MAP_FAILED) {
        private[1] = 'x';
        EQ(shared[1], 'E');
        EQ(private[2], 'L');
    }
    EQ(close(fd), 0);
    EQ(munmap(shared, 4096), 0);
    EQ(munmap(private, 4096), 0);
}

static void getrandom_differs(void)
{
    unsigned char a[300] = { 0 }, b[300] = { 0 };
    EQ(getrandom(a, sizeof a, 0), 300);
    EQ(getrandom(b, sizeof b, 0), 300);
    CHECK(memcmp(a, b, sizeof a) != 0);
    CHECK(memcmp(a + 280, b + 280, 20) != 0);
}

int main(void)
{
    CLAIM(malloc_keeps_blocks_apart);
    CLAIM(realloc_keeps_the_bytes);
    CLAIM(calloc_is_zero_and_checks_overflow);
    CLAIM(mmap_maps_protects_and_unmaps);
    CLAIM(mmap_maps_a_file);
    CLAIM(getrandom_differs);
    return claims_done();
}
