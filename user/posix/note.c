/* See note.h. */
#include "user/posix/note.h"

#include <sys/auxv.h>

#include "user/posix/place.h"
#include "user/posix/posix.h"

const struct note *note_find(void)
{
    const struct note *note = (const struct note *)getauxval(AUX_START_NOTE);
    size_t len = getauxval(AUX_START_NOTE_LEN);
    if (note == NULL || len < offsetof(struct note, path) || note->version != NOTE_VERSION ||
        note->path_len > len - offsetof(struct note, path) || note->path_len > FILE_PATH_MAX)
        return NULL;
    return note;
}

size_t note_make(struct note *out_note)
{
    unsigned mask = (unsigned)__posix_umask(0);
    (void)__posix_umask(mask);
    out_note->version = NOTE_VERSION;
    out_note->umask = mask;
    out_note->path_len = (uint32_t)place_text(out_note->path);
    return offsetof(struct note, path) + out_note->path_len;
}
