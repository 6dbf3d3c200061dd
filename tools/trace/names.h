/* What is shown for numbers: processes by what the recording says of them, calls by the contract's table. */
#pragma once

#include "tools/trace/timeline.h"

enum { NAME_TEXT_MAX = 64 };

struct names {
    const struct recording *recording;
    struct name_entry *entries; /* By process. */
    uint32_t count;
};

/* Learn all names of a recording: those that its list has, and for processes that came and went the 8
 * bytes of the record. @return NO_MEMORY. */
status_t names_learn(struct names *names, const struct recording *recording);
void names_free(struct names *names);

uint32_t names_count(const struct names *names);
uint64_t names_process(const struct names *names, uint32_t index);
/* "httpd", "kernel", "process 12" when nothing is known. Printable ASCII without quotes and backslashes. */
const char *name_of_process(const struct names *names, uint64_t process, char text[NAME_TEXT_MAX]);
/* "stream_read", "call 999". */
const char *name_of_call(uint64_t number, char text[NAME_TEXT_MAX]);
/* "OK", "TIMED_OUT", "status 999". */
const char *name_of_status(uint64_t status, char text[NAME_TEXT_MAX]);
