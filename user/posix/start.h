/* What the process was given at its start: handles with names. A program has no other authority than
 * these. The table lies on the initial stack and never changes. Any thread. */
#pragma once

#include <abi/objects.h>
#include <abi/process.h>
#include <abi/types.h>

/* All of them. */
const struct start_handle *start_list(size_t *out_count);

/* The handle of that name and kind (OBJECT_NONE: of any), or NULL. Linear in the handles. */
const struct start_handle *start_find(const char *name, enum object_kind kind);
