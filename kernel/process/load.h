/* The ELF image of a program into an address space. Thread context; may sleep. */
#pragma once

#include "kernel/mm/aspace.h"
#include "kernel/vfs/vnode.h"
#include "lib/elf/elf.h"

/* Map all segments; the plan says where things are. @return NOT_EXECUTABLE, IO, NO_MEMORY, LIMIT. */
status_t load_program(struct aspace *aspace, struct vnode *image, struct elf_plan *out_plan);
