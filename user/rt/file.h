/* Files of the image that a service reads whole: manifests, tables of principals, password hashes. */
#pragma once

#include "lib/base/span.h"

#include <abi/types.h>

/* Read a whole file into fresh pages, which stay. An empty file is the empty span, not an error.
 * @return CORRUPT: longer than size_max, or it ended before its own length; LIMIT, NO_MEMORY; and what reading says.
 * Costs one call a transfer, usually two altogether. */
[[nodiscard]] status_t file_load(handle_t file, size_t size_max, struct const_span *out_bytes);

/* The same of a path below `folder`. @return also what opening says: NOT_FOUND, NO_RIGHT, IS_DIRECTORY. */
[[nodiscard]] status_t file_load_path(handle_t folder, const char *path, size_t size_max,
                                      struct const_span *out_bytes);
