/* Writes the bytes of docs/formats/manifest.md. Each section grows on its own; they are put one
 * after another at the end. */
#include <string.h>

#include "lib/base/assert.h"
#include "tools/mkmanifest/manifests.h"

/* A section: bytes that grow. */
struct section {
    struct compile *compile;
    uint8_t *bytes;
    size_t len;
    size_t room;
};

struct output {
    struct section services, words, needs, matches, grants, strings;
};

/* A writer over the next `len` bytes of a section. */
static struct writer section_grow(struct section *section, size_t len)
{
    if (section->len + len > section->room) {
        section->room = 2 * (section->len + len) + 1024;
        uint8_t *bytes = compile_take(section->compile, section->room);
        if (section->len > 0)
            memcpy(bytes, section->bytes, section->len);
        section->bytes = bytes;
    }
    struct writer writer = writer_of(section->bytes + section->len, len);
    section->len += len;
    return writer;
}

/* The place of a string in the strings, which are each there once. */
static uint32_t string_place(struct section *strings, const char *string, size_t len)
{
    for (size_t at = 0; at < strings->len; at += strlen((char *)strings->bytes + at) + 1)
        if (strlen((char *)strings->bytes + at) == len &&
            memcmp(strings->bytes + at, string, len) == 0)
            return (uint32_t)at;
    size_t at = strings->len;
    struct writer writer = section_grow(strings, len + 1);
    writer_bytes(&writer, string, len);
    writer_u8(&writer, 0);
    return (uint32_t)at;
}

static void string_write(struct output *output, struct writer *writer, const char *string,
                         size_t len)
{
    writer_le32(writer, string_place(&output->strings, string, len));
    writer_le32(writer, (uint32_t)len);
}

/* First and count of the entries that a service is about to add to a section. */
static void run_write(struct writer *writer, const struct section *section, size_t entry_bytes,
                      uint32_t count)
{
    writer_le32(writer, (uint32_t)(section->len / entry_bytes));
    writer_le32(writer, count);
}

static void match_write(struct output *output, const struct manifest_match *match)
{
    struct writer writer = section_grow(&output->matches, MANIFEST_MATCH_BYTES);
    writer_le16(&writer, match->by_class ? 2 : 1);
    writer_le16(&writer, match->vendor);
    writer_le16(&writer, match->device);
    writer_le16(&writer, 0);
    writer_le32(&writer, match->class_code);
}

static void grant_record_write(struct output *output, const struct grant *grant)
{
    struct writer writer = section_grow(&output->grants, MANIFEST_GRANT_BYTES);
    writer_le16(&writer, (uint16_t)grant->kind);
    writer_le16(&writer, (uint16_t)grant->protocol);
    writer_le16(&writer, grant->port);
    writer_le16(&writer, 0);
    writer_le32(&writer, grant->number);
    string_write(output, &writer, grant->name.len == 0 ? "" : (const char *)grant->name.data,
                 grant->name.len);
}

/* The entries of a service in the other sections. */
static void lists_write(struct output *output, const struct service *service)
{
    for (uint32_t i = 0; i < service->arguments.count; i++) {
        struct writer writer = section_grow(&output->words, MANIFEST_WORD_BYTES);
        string_write(output, &writer, service->arguments.items[i],
                     strlen(service->arguments.items[i]));
    }
    for (uint32_t i = 0; i < service->needs.count; i++) {
        struct writer writer = section_grow(&output->needs, MANIFEST_NEED_BYTES);
        writer_le32(&writer, service->needed[i]->index);
    }
    for (uint32_t i = 0; i < service->match_count; i++)
        match_write(output, &service->matches[i]);
    for (uint32_t i = 0; i < service->grant_texts.count; i++)
        grant_record_write(output, &service->grants[i]);
}

static void service_write(struct output *output, const struct service *service)
{
    struct writer writer = section_grow(&output->services, MANIFEST_SERVICE_BYTES);
    string_write(output, &writer, service->name, strlen(service->name));
    string_write(output, &writer, service->binary, strlen(service->binary));
    run_write(&writer, &output->words, MANIFEST_WORD_BYTES, service->arguments.count);
    run_write(&writer, &output->needs, MANIFEST_NEED_BYTES, service->needs.count);
    run_write(&writer, &output->matches, MANIFEST_MATCH_BYTES, service->match_count);
    run_write(&writer, &output->grants, MANIFEST_GRANT_BYTES, service->grant_texts.count);
    writer_u8(&writer, (uint8_t)service->class_);
    writer_u8(&writer, (uint8_t)service->start);
    writer_u8(&writer, (uint8_t)service->restart);
    writer_u8(&writer, (uint8_t)service->ready);
    writer_le32(&writer, service->restart_backoff_ms);
    writer_le32(&writer, service->restart_limit);
    writer_le32(&writer, service->restart_window_s);
    writer_le32(&writer, service->ready_within_ms);
    writer_le32(&writer, service->watchdog_ms);
    writer_le64(&writer, service->memory_bytes);
    writer_le64(&writer, service->scratch_bytes);
    writer_le32(&writer, service->cpu_budget_us);
    writer_le32(&writer, service->cpu_period_us);
    writer_le32(&writer, service->processes);
    writer_le32(&writer, service->threads);
    writer_le32(&writer, service->handles);
    ASSERT(!writer.overrun);
    lists_write(output, service);
}

static uint32_t entry_count(const struct section *section, size_t entry_bytes)
{
    return (uint32_t)(section->len / entry_bytes);
}

struct const_span services_write(struct compile *compile)
{
    const struct section empty = { .compile = compile };
    struct output output = { empty, empty, empty, empty, empty, empty };
    for (uint32_t i = 0; i < compile->service_count; i++)
        service_write(&output, compile->services[i]);

    const struct section *const sections[] = { &output.services, &output.words,  &output.needs,
                                               &output.matches,  &output.grants, &output.strings };
    size_t len = MANIFEST_HEADER_BYTES;
    for (size_t i = 0; i < 6; i++)
        len += sections[i]->len;
    uint8_t *bytes = compile_take(compile, len);
    struct writer writer = writer_of(bytes, len);
    writer_bytes(&writer, "SWOSMANI", 8);
    writer_le32(&writer, 1); /* Version. */
    writer_le32(&writer, (uint32_t)len);
    writer_le32(&writer, compile->service_count);
    writer_le32(&writer, entry_count(&output.words, MANIFEST_WORD_BYTES));
    writer_le32(&writer, entry_count(&output.needs, MANIFEST_NEED_BYTES));
    writer_le32(&writer, entry_count(&output.matches, MANIFEST_MATCH_BYTES));
    writer_le32(&writer, entry_count(&output.grants, MANIFEST_GRANT_BYTES));
    writer_le32(&writer, (uint32_t)output.strings.len);
    (void)writer_take(&writer, MANIFEST_HEADER_BYTES - writer.at); /* Zeros, as the pool gives. */
    for (size_t i = 0; i < 6; i++)
        writer_bytes(&writer, sections[i]->bytes, sections[i]->len);
    ASSERT(!writer.overrun && writer.at == len);
    return const_span_of(bytes, len);
}
