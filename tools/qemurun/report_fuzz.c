/* Any bytes as lines of the report channel: what is read stays printable and within its bounds. */
#include <stdlib.h>
#include <string.h>

#include "tools/qemurun/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tally tally = { 0 };
    const char *at = (const char *)data, *end = at + size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop == NULL ? end : stop) - at);
        struct report report;
        report_parse(at, len, &report);
        if (!is_printable(report.name) || !is_printable(report.rest))
            abort();
        tally_add(&tally, &report);
        at = stop == NULL ? end : stop + 1;
    }
    const char *name, *why;
    if (!tally_defect(&tally, 1, &name, &why) && tally.passed + tally.failed == 0)
        abort();
    return 0;
}
