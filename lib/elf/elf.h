/* Reader of the head of a program: an ELF64 file for little-endian AArch64, linked statically,
 * either at fixed addresses (ET_EXEC) or position independent and relocating itself (ET_DYN without
 * an interpreter). It says what to map where; mapping, and choosing the base of a position
 * independent program, are the caller's. The bytes are foreign, and a plan that comes out is safe to
 * follow: its segments are inside the file and the user range, in order, a page belongs to
 * one of them at most, none is writable and executable, and the entry is in code of the file.
 * No allocation, no locks, any context. Sources: System V gABI 4.1 (chapters 4 and 5), ELF for the
 * Arm 64-bit Architecture (2023Q3). */
#pragma once

#include <abi/types.h>

#include "lib/base/span.h"

enum {
    ELF_PAGE_BYTES = 4096,
    ELF_SEGMENTS_MAX = 12,
    ELF_PROGRAM_HEADERS_MAX = 32,
    ELF_TLS_BYTES_MAX = 1 << 20,
};

/* What a segment lets the program do: as p_flags has it. */
enum elf_access { ELF_EXECUTE = 1, ELF_WRITE = 2, ELF_READ = 4 };

/* Map file_bytes of the file from file_offset on at address; the rest up to memory_bytes is zeros.
 * Address and offset agree in their place within a page, and need not begin one. */
struct elf_segment {
    uint64_t address;
    uint64_t memory_bytes;
    uint64_t file_offset;
    uint64_t file_bytes;
    uint32_t access; /* ELF_READ and so on. */
};

/* The initial thread-local data; memory_bytes is 0 when the program has none. */
struct elf_tls {
    uint64_t address;
    uint64_t file_bytes;
    uint64_t memory_bytes;
    uint64_t align_bytes;
};

struct elf_plan {
    bool position_independent; /* Add a base of the caller's, a multiple of align_bytes, to all. */
    uint64_t entry;
    uint64_t low; /* Of all segments, in whole pages: [low, high). */
    uint64_t high;
    uint64_t align_bytes;     /* The greatest that a segment asks for; at least a page. */
    uint64_t stack_bytes;     /* Of the first thread, as the file wishes; 0 when it does not say. */
    uint64_t headers_address; /* Where the program headers will be in memory; 0 if nowhere. */
    uint32_t header_count;    /* For AT_PHNUM; each has 56 bytes. */
    uint32_t segment_count;
    struct elf_segment segments[ELF_SEGMENTS_MAX];
    struct elf_tls tls;
};

/* Where programs may be: [low, high), whole pages. */
struct elf_range {
    uint64_t low;
    uint64_t high;
};

/* Make a plan from the first bytes of a file of file_bytes. The program headers must be within
 * `head`; a page is enough for what linkers write.
 * @return NOT_EXECUTABLE for anything that is not such a program. Cost: linear in the headers. */
status_t elf_read(struct const_span head, uint64_t file_bytes, struct elf_range user,
                  struct elf_plan *out_plan);
