/* Any bytes as compiled principals: every entry that is told has texts that end, and is found by its name. */
#include <stdlib.h>
#include <string.h>

#include "lib/format/principals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct principals principals;
    if (principals_open(const_span_of(data, size), &principals) != STATUS_OK)
        return 0;
    for (uint32_t i = 0; i < principals.count; i++) {
        struct principal principal, found;
        if (principals_get(&principals, i, &principal) != STATUS_OK)
            return 0; /* A search stops at it as well. */
        if (strlen(principal.name) >= sizeof principal.name ||
            strlen(principal.description) >= sizeof principal.description)
            abort();
        if (principals_find(&principals, const_span_of(principal.name, strlen(principal.name)),
                            &found) != STATUS_OK ||
            strcmp(found.name, principal.name) != 0)
            abort();
    }
    return 0;
}
