/* See start.h. */
#include "user/posix/start.h"

#include <string.h>
#include <sys/auxv.h>

const struct start_handle *start_list(size_t *out_count)
{
    *out_count = getauxval(AUX_START_HANDLE_COUNT);
    return (const struct start_handle *)getauxval(AUX_START_HANDLES);
}

const struct start_handle *start_find(const char *name, enum object_kind kind)
{
    size_t count;
    const struct start_handle *list = start_list(&count);
    for (size_t i = 0; i < count; i++)
        if ((kind == OBJECT_NONE || list[i].kind == (uint32_t)kind) &&
            strcmp(list[i].name, name) == 0)
            return &list[i];
    return NULL;
}
