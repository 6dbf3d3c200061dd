/* The parts of the test of memory, and what they share. */
#pragma once

#include <abi/memory.h>
#include <abi/types.h>

#include "user/rt/test.h"

enum { PAGE = 4096, ACCESS_RW = MEMORY_READ | MEMORY_WRITE };

void claims_maps(void);    /* maps.c: maps, unmaps, access, places. */
void claims_model(void);   /* model.c: random changes against a model. */
void claims_objects(void); /* objects.c: VMOs and mapped files. */
void claims_faults(void);  /* faults.c: processes that touch what they may not. */
void claims_limits(void);  /* limits.c: limits of cells, the end of all memory. */
void claims_threads(void); /* shootdown.c: other CPUs see what is unmapped. */

/* What a process of this program does that was started in a role; roles.c. */
int role_run(const char *role);

/* Whether the byte can be read or written now: asked of the kernel, whose copies fail where an access of
 * our own would end us. A write puts the byte's own value back. */
bool can_read(uint64_t address);
bool can_write(uint64_t address);

static inline volatile uint8_t *byte_at(uint64_t address)
{
    return (volatile uint8_t *)(uintptr_t)address;
}

static inline volatile uint64_t *word_at(uint64_t address)
{
    return (volatile uint64_t *)(uintptr_t)address;
}
