/* See counters.h. */
#include "user/tests/support/counters.h"

#include <string.h>

#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "user/rt/start.h"

enum { REPORT_MAX = 8192 };

static char report[REPORT_MAX + 1];

/* The line of the report that begins with the name and a space, after them. */
static const char *value_find(const char *name)
{
    size_t len = strlen(name);
    for (const char *line = report; *line != 0; line = strchr(line, '\n') + 1)
        if (strncmp(line, name, len) == 0 && line[len] == ' ')
            return line + len + 1;
    return NULL;
}

uint64_t counter_now(const char *name)
{
    size_t len;
    status_t status =
        sys_trace_counters(start_handle_need("trace", OBJECT_TRACE), report, REPORT_MAX, &len);
    ASSERT(status == STATUS_OK);
    report[len] = 0;
    const char *digit = value_find(name);
    ASSERT(digit != NULL);
    uint64_t value = 0;
    for (; *digit >= '0' && *digit <= '9'; digit++)
        value = value * 10 + (uint64_t)(*digit - '0');
    return value;
}
