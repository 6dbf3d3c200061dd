/* malloc and mmap. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

enum { BLOCKS = 512, ROUNDS = 20000, MAPPINGS_LEAST = 60000, MAPPINGS_MOST = 65536 };

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

/* A copy changes what it was told to and not a byte beside, for every size around its borders and all alignments. */
static void copied(unsigned char *to, const unsigned char *from, size_t size, size_t room)
{
    memset(to - 8, 0xee, room);
    CHECK(memcpy(to, from, size) == to);
    CHECK(memcmp(to, from, size) == 0);
    for (size_t i = 1; i <= 8; i++)
        CHECK(to[-(ptrdiff_t)i] == 0xee && to[size + i - 1] == 0xee);
}

static void memcpy_copies_exactly(void)
{
    enum { ROOM = 12 << 10 };
    static unsigned char from[ROOM], to[ROOM];
    static const size_t sizes[] = { 500,  1024, 4080, 4095, 4096, 4097, 4111, 4112,
                                    4224, 4239, 4240, 4241, 8191, 8192, 8193 };
    for (size_t i = 0; i < ROOM; i++)
        from[i] = (unsigned char)(i * 7 + i / 251);
    for (size_t size = 0; size < 280; size++)
        for (size_t skew = 0; skew < 16; skew += 3)
            copied(to + 8 + skew, from + skew * 5 % 16, size, size + 16);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t skew = 0; skew < 256; skew++)
            copied(to + 8 + (skew & 15), from + (skew >> 4), sizes[i], sizes[i] + 16);
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

/* --- Parts of mappings ------------------------------------------------------------------------ */

enum { PAGE = 4096, LARGE = 256 * PAGE };

static long free_bytes(void)
{
    struct sysinfo info;
    EQ(sysinfo(&info), 0);
    return (long)info.freeram;
}

static unsigned char *map_touched(size_t len)
{
    unsigned char *bytes =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t at = 0; at < len; at += PAGE)
        bytes[at] = (unsigned char)(at / PAGE + 1);
    return bytes;
}

/* All but the first page of it, in two ways, and what replaces it. Others use memory too, less than half. */
static void parts_give_their_pages_back(void)
{
    for (int way = 0; way < 3; way++) {
        unsigned char *bytes = map_touched(LARGE);
        long before = free_bytes();
        if (way == 0)
            EQ(munmap(bytes + PAGE, LARGE - PAGE), 0);
        else if (way == 1)
            EQ(madvise(bytes + PAGE, LARGE - PAGE, MADV_DONTNEED), 0);
        else
            CHECK(mmap(bytes + PAGE, LARGE - PAGE, PROT_NONE,
                       MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == bytes + PAGE);
        CHECK(free_bytes() - before > LARGE / 2);
        EQ(bytes[0], 1);
        EQ(munmap(bytes, LARGE), 0);
    }
}

/* Zeros again, or the file's bytes; in the child of a fork only, when it is the child that asks. */
static void discarded_pages_are_as_in_the_begin(void)
{
    unsigned char *bytes = map_touched(4 * PAGE);
    int status = -1, fd = open("/bin/posix_memory", O_RDONLY);
    pid_t child = fork();
    if (child == 0)
        _exit(madvise(bytes, 4 * PAGE, MADV_DONTNEED) == 0 && bytes[PAGE] == 0 ? 0 : 1);
    EQ(waitpid(child, &status, 0), child);
    EQ(status, 0);
    EQ(bytes[PAGE], 2);
    EQ(madvise(bytes + PAGE, PAGE, MADV_DONTNEED), 0);
    EQ(bytes[0], 1);
    EQ(bytes[PAGE], 0);
    EQ(bytes[2 * PAGE], 3);
    char *file = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    file[1] = 'x';
    EQ(madvise(file, PAGE, MADV_DONTNEED), 0);
    EQ(file[1], 'E');
    EQ(munmap(file, PAGE) | close(fd) | munmap(bytes, 4 * PAGE), 0);
    EQ(madvise(bytes, PAGE, MADV_DONTNEED), -1);
    EQ(errno, ENOMEM);
    EQ(madvise(bytes + 1, PAGE, MADV_DONTNEED), -1);
    EQ(errno, EINVAL);
}

static bool pages_count_on(const unsigned char *bytes, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (bytes[i * PAGE] != i + 1)
            return false;
    return true;
}

static void mremap_moves_and_keeps_the_bytes(void)
{
    unsigned char *bytes = map_touched(8 * PAGE);
    long before = free_bytes();
    CHECK(mremap(bytes, 8 * PAGE, 4 * PAGE, 0) == bytes);
    CHECK(free_bytes() - before >= 2 * PAGE);
    CHECK(pages_count_on(bytes, 0, 4));
    EQ(munmap(bytes, 4 * PAGE), 0);
    bytes = map_touched(4 * PAGE);
    unsigned char *larger = mremap(bytes, 4 * PAGE, LARGE, MREMAP_MAYMOVE);
    CHECK(larger != MAP_FAILED && pages_count_on(larger, 0, 4));
    EQ(larger[4 * PAGE], 0);
    larger[LARGE - 1] = 9;
    unsigned char *there = map_touched(LARGE);
    CHECK(mremap(larger, LARGE, LARGE, MREMAP_MAYMOVE | MREMAP_FIXED, there) == there);
    CHECK(pages_count_on(there, 0, 4));
    EQ(there[4 * PAGE], 0);
    EQ(there[LARGE - 1], 9);
    EQ(msync(larger, PAGE, MS_SYNC), -1); /* Nothing is there any more. */
    EQ(errno, ENOMEM);
    EQ(munmap(there, LARGE), 0);
}

static void mremap_refuses_what_cannot_be(void)
{
    unsigned char *bytes = map_touched(4 * PAGE);
    CHECK(mmap(bytes + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
          bytes + 2 * PAGE);
    CHECK(mremap(bytes, 2 * PAGE, 3 * PAGE, 0) == MAP_FAILED);
    EQ(errno, ENOMEM);
    CHECK(mremap(bytes, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED); /* Several mappings. */
    EQ(errno, EFAULT);
    CHECK(mremap(bytes, PAGE, 0, 0) == MAP_FAILED);
    EQ(errno, EINVAL);
    CHECK(mremap(bytes + 1, PAGE, PAGE, 0) == MAP_FAILED);
    EQ(errno, EINVAL);
    CHECK(mremap(bytes, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, bytes + PAGE) ==
          MAP_FAILED);
    EQ(errno, EINVAL);
    CHECK(pages_count_on(bytes, 0, 2));
    EQ(munmap(bytes, 4 * PAGE), 0);
}

static void shared_writing_is_in_the_file(void)
{
    char text[8] = { 0 };
    int fd = open("/tmp/mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
    EQ(ftruncate(fd, PAGE), 0);
    char *bytes = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(bytes != MAP_FAILED);
    memcpy(bytes + 8, "written", 8);
    EQ(msync(bytes, PAGE, MS_SYNC), 0);
    EQ(msync(bytes, PAGE, MS_SYNC | MS_ASYNC), -1);
    EQ(pread(fd, text, 8, 8), 8);
    CHECK(strcmp(text, "written") == 0);
    EQ(madvise(bytes, PAGE, MADV_DONTNEED), 0); /* Shared memory stays. */
    EQ(bytes[8], 'w');
    EQ(mlock(bytes, 100), 0);
    EQ(munlock(bytes, 100), 0);
    EQ(munmap(bytes, PAGE), 0);
    EQ(mlock(bytes, 100), -1);
    EQ(errno, ENOMEM);
    EQ(close(fd), 0);
    fd = open("/tmp/mapped", O_RDONLY);
    CHECK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
    EQ(errno, EACCES);
    EQ(close(fd) | unlink("/tmp/mapped"), 0);
}

/* Refused long before the structures of the mappings are all of the machine's memory, and one that goes makes room for
 * another. */
static int map_until_refused(int fd)
{
    void *last = NULL, *page;
    int count = 0;
    for (; (page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0)) != MAP_FAILED; last = page)
        if (++count > MAPPINGS_MOST)
            return 1;
    if (errno != ENOMEM || count < MAPPINGS_LEAST || munmap(last, PAGE) != 0)
        return 2;
    return mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? 3 : 0;
}

static void there_is_an_end_to_mappings(void)
{
    int status = -1;
    int fd = open("/tmp/mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
    EQ(ftruncate(fd, PAGE), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(map_until_refused(fd));
    EQ(waitpid(child, &status, 0), child);
    EQ(status, 0);
    EQ(close(fd) | unlink("/tmp/mapped"), 0);
}

static sigjmp_buf bus_return;

static void bus_taken(int number, siginfo_t *information, void *context)
{
    siglongjmp(bus_return, information->si_code);
}

/* A page that the mapping has and the file has not. */
static void behind_a_file_is_a_bus_error(void)
{
    struct sigaction take = { .sa_sigaction = bus_taken, .sa_flags = SA_SIGINFO }, before;
    int fd = open("/tmp/short", O_CREAT | O_RDWR, 0600);
    EQ(ftruncate(fd, 100), 0);
    volatile char *bytes = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(bytes != MAP_FAILED);
    bytes[0] = 'a';
    EQ(sigaction(SIGBUS, &take, &before), 0);
    int code = sigsetjmp(bus_return, 1);
    if (code == 0) {
        bytes[PAGE] = 'b';
        CHECK(false);
    }
    EQ(code, BUS_ADRERR);
    EQ(sigaction(SIGBUS, &before, NULL), 0);
    EQ(munmap((void *)bytes, 2 * PAGE), 0);
    EQ(close(fd) | unlink("/tmp/short"), 0);
}

static void nothing_is_locked_where_nothing_can_be(void)
{
    void *last = (void *)(INTPTR_MAX & ~(intptr_t)(PAGE - 1));
    EQ(mlock(last, 100), -1);
    EQ(errno, ENOMEM);
    EQ(munlock(last, 100), -1);
    EQ(errno, ENOMEM);
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
    CLAIM(memcpy_copies_exactly);
    CLAIM(mmap_maps_protects_and_unmaps);
    CLAIM(mmap_maps_a_file);
    CLAIM(parts_give_their_pages_back);
    CLAIM(discarded_pages_are_as_in_the_begin);
    CLAIM(mremap_moves_and_keeps_the_bytes);
    CLAIM(mremap_refuses_what_cannot_be);
    CLAIM(shared_writing_is_in_the_file);
    CLAIM(there_is_an_end_to_mappings);
    CLAIM(behind_a_file_is_a_bus_error);
    CLAIM(nothing_is_locked_where_nothing_can_be);
    CLAIM(getrandom_differs);
    return claims_done();
}
