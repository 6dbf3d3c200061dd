/* What this library leaves for itself in the next program over exec and spawn (struct spawn_args.note), because
 * the kernel does not keep it: the text of the working directory and the file mode mask. Read as foreign
 * bytes, since any program may have made them. */
#pragma once

#include <abi/file.h>
#include <abi/process.h>

#include <stddef.h>

enum { NOTE_VERSION = 1 };

struct note {
    uint32_t version; /* NOTE_VERSION */
    uint32_t umask;
    uint32_t path_len; /* 0: the root. */
    char path[FILE_PATH_MAX];
};
_Static_assert(sizeof(struct note) <= SPAWN_NOTE_MAX, "note");

/* The one that this program was started with, or NULL. */
const struct note *note_find(void);
/* One for a program that is started now. @return its bytes. */
size_t note_make(struct note *out_note);
