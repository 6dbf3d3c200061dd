/* For page_cache.c: bring one missing page of a file in, with those after it. */
#pragma once

#include "kernel/vfs/page_cache.h"

/* On OK the page was in the tree a moment ago. May sleep.
 * @return IO, CORRUPT (verification), NO_MEMORY, CANCELLED (the thread is being ended). */
status_t page_read_one(struct file_pages *pages, uint64_t index);
