/* See names.h. */
#include "tools/trace/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/status.h>
#include <abi/syscall_info.h>

struct name_entry {
    uint64_t process;
    bool is_whole; /* From the list, not from a record. */
    char text[NAME_TEXT_MAX];
};

/* Foreign bytes as text that may stand in JSON and on a terminal. */
static void clean(char *to, const char *from, size_t len)
{
    size_t at = 0;
    for (; at < len && at < NAME_TEXT_MAX - 1 && from[at] != 0; at++) {
        char c = from[at];
        to[at] = c < ' ' || c > '~' || c == '"' || c == '\\' ? '?' : c;
    }
    to[at] = 0;
}

static struct name_entry *entry_of(const struct names *names, uint64_t process)
{
    for (uint32_t i = 0; i < names->count; i++)
        if (names->entries[i].process == process)
            return &names->entries[i];
    return NULL;
}

static struct name_entry *entry_add(struct names *names, uint64_t process)
{
    struct name_entry *entry = entry_of(names, process);
    if (entry != NULL)
        return entry;
    if ((names->count & (names->count - 1)) == 0) { /* Grow at powers of two. */
        size_t room = names->count == 0 ? 1 : (size_t)names->count * 2;
        void *entries = realloc(names->entries, room * sizeof *names->entries);
        if (entries == NULL)
            return NULL;
        names->entries = entries;
    }
    entry = &names->entries[names->count++];
    *entry = (struct name_entry){ .process = process };
    return entry;
}

status_t names_learn(struct names *names, const struct recording *recording)
{
    *names = (struct names){ .recording = recording };
    for (uint32_t i = 0; i < recording->header.process_count; i++) {
        struct recording_process process = recording_process_at(recording, i);
        struct name_entry *entry = entry_add(names, process.id);
        if (entry == NULL)
            return STATUS_NO_MEMORY;
        clean(entry->text, process.name, sizeof process.name);
        entry->is_whole = true;
    }
    for (uint32_t i = 0; i < recording->header.record_count; i++) {
        struct trace_record record = recording_record_at(recording, i);
        if (record.kind != TRACE_PROCESS)
            continue;
        struct name_entry *entry = entry_add(names, record.a);
        if (entry == NULL)
            return STATUS_NO_MEMORY;
        if (!entry
                 ->is_whole) /* The last: a process that was forked takes its name when it executes. */
            clean(entry->text, (const char *)&record.b, sizeof record.b);
    }
    return STATUS_OK;
}

void names_free(struct names *names)
{
    free(names->entries);
    names->entries = NULL;
}

uint32_t names_count(const struct names *names)
{
    return names->count;
}

uint64_t names_process(const struct names *names, uint32_t index)
{
    return names->entries[index].process;
}

const char *name_of_process(const struct names *names, uint64_t process, char text[NAME_TEXT_MAX])
{
    const struct name_entry *entry = entry_of(names, process);
    if (entry != NULL && entry->text[0] != 0)
        return entry->text;
    if (process == 0)
        return "kernel";
    if (process == TIMELINE_IDLE)
        return "idle";
    if (process == TIMELINE_UNKNOWN)
        return "unknown";
    snprintf(text, NAME_TEXT_MAX, "process %llu", (unsigned long long)process);
    return text;
}

const char *name_of_call(uint64_t number, char text[NAME_TEXT_MAX])
{
    if (number < SYSCALL_COUNT && syscall_info[number].name != NULL)
        return syscall_info[number].name;
    snprintf(text, NAME_TEXT_MAX, "call %llu", (unsigned long long)number);
    return text;
}

static const char *const status_names[STATUS_COUNT] = {
#define STATUS_NAME(name, errno_name, sentence) #name,
    STATUS_TABLE(STATUS_NAME)
#undef STATUS_NAME
};

const char *name_of_status(uint64_t status, char text[NAME_TEXT_MAX])
{
    if (status < STATUS_COUNT && status_names[status] != NULL)
        return status_names[status];
    snprintf(text, NAME_TEXT_MAX, "status %llu", (unsigned long long)status);
    return text;
}
