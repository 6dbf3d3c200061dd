/* Any bytes as a grant's text: what is taken is good, and written out is the same text. */
#include <stdlib.h>

#include "lib/format/grant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct grant grant;
    const char *reason;
    if (grant_read(const_span_of(data, size), &grant, &reason) != STATUS_OK)
        return 0;
    uint8_t text[GRANT_TEXT_MAX];
    struct writer writer = writer_of(text, sizeof text);
    grant_write(&grant, &writer);
    if (grant_check(&grant) != STATUS_OK || writer.overrun || writer.at != size ||
        memcmp(text, data, size) != 0)
        abort();
    return 0;
}
