/* The reader of docs/formats/manifest.md. */
#include "lib/format/manifest.h"

#include "lib/base/bytes.h"

enum {
    MANIFEST_VERSION = 1,
    MATCH_DEVICE = 1,
    MATCH_CLASS = 2,
};

static const char manifest_magic[8] = "SWOSMANI";

bool manifest_name_is_good(struct const_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        bool letter = c >= 'a' && c <= 'z';
        if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '-')))
            return false;
    }
    return name.len > 0 && name.len <= MANIFEST_SERVICE_NAME_MAX;
}

/* The next section: so many entries of a size. */
static struct const_span section_take(struct reader *reader, uint32_t count, uint32_t entry_bytes)
{
    uint64_t len = (uint64_t)count * entry_bytes;
    const uint8_t *bytes = reader_take(reader, len);
    return bytes == NULL ? (struct const_span){ NULL, 0 } : const_span_of(bytes, len);
}

status_t manifest_open(struct const_span bytes, struct manifest *out_manifest)
{
    struct reader reader = reader_of(bytes.data, bytes.len);
    const uint8_t *magic = reader_take(&reader, sizeof manifest_magic);
    uint32_t version = reader_le32(&reader);
    uint32_t total_bytes = reader_le32(&reader);
    uint32_t service_count = reader_le32(&reader);
    uint32_t word_count = reader_le32(&reader);
    uint32_t need_count = reader_le32(&reader);
    uint32_t match_count = reader_le32(&reader);
    uint32_t grant_count = reader_le32(&reader);
    uint32_t strings_bytes = reader_le32(&reader);
    reader_skip(&reader, MANIFEST_HEADER_BYTES - reader.at);
    if (reader.overrun || memcmp(magic, manifest_magic, sizeof manifest_magic) != 0)
        return STATUS_CORRUPT;
    if (version != MANIFEST_VERSION)
        return STATUS_NOT_SUPPORTED;
    struct manifest manifest = { .service_count = service_count };
    manifest.services = section_take(&reader, service_count, MANIFEST_SERVICE_BYTES);
    manifest.words = section_take(&reader, word_count, MANIFEST_WORD_BYTES);
    manifest.needs = section_take(&reader, need_count, MANIFEST_NEED_BYTES);
    manifest.matches = section_take(&reader, match_count, MANIFEST_MATCH_BYTES);
    manifest.grants = section_take(&reader, grant_count, MANIFEST_GRANT_BYTES);
    manifest.strings = section_take(&reader, strings_bytes, 1);
    if (reader.overrun || reader.at != total_bytes || service_count > MANIFEST_SERVICES_MAX)
        return STATUS_CORRUPT;
    *out_manifest = manifest;
    return STATUS_OK;
}

/* The string that two words, place and length, refer to: inside, NUL-ended, without other NULs. */
static bool string_read(const struct manifest *manifest, struct reader *reader,
                        struct const_span *out_string)
{
    uint64_t at = reader_le32(reader);
    uint64_t len = reader_le32(reader);
    if (at + len >= manifest->strings.len)
        return false;
    const uint8_t *string = manifest->strings.data + at;
    for (uint64_t i = 0; i < len; i++)
        if (string[i] == '\0')
            return false;
    *out_string = const_span_of(string, len);
    return string[len] == '\0';
}

/* A run of entries that two words, first and count, refer to. */
static bool run_read(struct reader *reader, struct const_span section, uint32_t entry_bytes,
                     uint32_t *out_first, uint32_t *out_count)
{
    *out_first = reader_le32(reader);
    *out_count = reader_le32(reader);
    return (uint64_t)*out_first + *out_count <= section.len / entry_bytes;
}

static bool in_range(uint32_t value, uint32_t low, uint32_t high)
{
    return value >= low && value <= high;
}

static void cell_read(struct reader *reader, struct manifest_cell *cell)
{
    cell->memory_bytes = reader_le64(reader);
    cell->scratch_bytes = reader_le64(reader);
    cell->cpu_budget_us = reader_le32(reader);
    cell->cpu_period_us = reader_le32(reader);
    cell->processes = reader_le32(reader);
    cell->threads = reader_le32(reader);
    cell->handles = reader_le32(reader);
}

/* What the numbers of a service must be to mean anything. */
static bool service_is_good(const struct manifest_service *service)
{
    return manifest_name_is_good(service->name) && service->binary.len > 1 &&
           service->binary.data[0] == '/' &&
           in_range(service->class_, MANIFEST_SERVICE, MANIFEST_ROLE) &&
           in_range(service->start, START_BOOT, START_MANUAL) &&
           in_range(service->restart, RESTART_NEVER, RESTART_ALWAYS) &&
           in_range(service->ready, READY_START, READY_NOTIFY) &&
           (service->class_ == MANIFEST_DRIVER) == (service->match_count > 0) &&
           (service->cell.cpu_budget_us == 0) == (service->cell.cpu_period_us == 0) &&
           service->cell.memory_bytes > 0 && service->cell.processes > 0 &&
           service->cell.threads > 0 && service->cell.handles > 0;
}

status_t manifest_service(const struct manifest *manifest, uint32_t index,
                          struct manifest_service *out_service)
{
    if (index >= manifest->service_count)
        return STATUS_NOT_FOUND;
    struct reader reader =
        reader_of(manifest->services.data + (size_t)index * MANIFEST_SERVICE_BYTES,
                  MANIFEST_SERVICE_BYTES);
    struct manifest_service service = { .index = index };
    bool good = string_read(manifest, &reader, &service.name) &&
                string_read(manifest, &reader, &service.binary) &&
                run_read(&reader, manifest->words, MANIFEST_WORD_BYTES, &service.argument_first,
                         &service.argument_count) &&
                run_read(&reader, manifest->needs, MANIFEST_NEED_BYTES, &service.need_first,
                         &service.need_count) &&
                run_read(&reader, manifest->matches, MANIFEST_MATCH_BYTES, &service.match_first,
                         &service.match_count) &&
                run_read(&reader, manifest->grants, MANIFEST_GRANT_BYTES, &service.grant_first,
                         &service.grant_count);
    service.class_ = reader_u8(&reader);
    service.start = reader_u8(&reader);
    service.restart = reader_u8(&reader);
    service.ready = reader_u8(&reader);
    service.restart_backoff_ms = reader_le32(&reader);
    service.restart_limit = reader_le32(&reader);
    service.restart_window_s = reader_le32(&reader);
    service.ready_within_ms = reader_le32(&reader);
    service.watchdog_ms = reader_le32(&reader);
    cell_read(&reader, &service.cell);
    if (!good || !service_is_good(&service))
        return STATUS_CORRUPT;
    *out_service = service;
    return STATUS_OK;
}

status_t manifest_find(const struct manifest *manifest, struct const_span name,
                       struct manifest_service *out_service)
{
    for (uint32_t index = 0; index < manifest->service_count; index++) {
        struct manifest_service service;
        status_t status = manifest_service(manifest, index, &service);
        if (status != STATUS_OK)
            return status;
        if (service.name.len != name.len || memcmp(service.name.data, name.data, name.len) != 0)
            continue;
        *out_service = service;
        return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}

/* A reader over one entry of a section that manifest_service has found to be inside. */
static struct reader entry_at(struct const_span section, uint32_t entry_bytes, uint32_t index)
{
    return reader_of(section.data + (size_t)index * entry_bytes, entry_bytes);
}

status_t manifest_argument(const struct manifest *manifest, const struct manifest_service *service,
                           uint32_t index, struct const_span *out_argument)
{
    if (index >= service->argument_count)
        return STATUS_NOT_FOUND;
    struct reader reader =
        entry_at(manifest->words, MANIFEST_WORD_BYTES, service->argument_first + index);
    struct const_span argument;
    if (!string_read(manifest, &reader, &argument))
        return STATUS_CORRUPT;
    *out_argument = argument;
    return STATUS_OK;
}

status_t manifest_need(const struct manifest *manifest, const struct manifest_service *service,
                       uint32_t index, uint32_t *out_service_index)
{
    if (index >= service->need_count)
        return STATUS_NOT_FOUND;
    struct reader reader =
        entry_at(manifest->needs, MANIFEST_NEED_BYTES, service->need_first + index);
    uint32_t need = reader_le32(&reader);
    if (need >= service->index)
        return STATUS_CORRUPT; /* Needs come first: anything else could be a cycle. */
    *out_service_index = need;
    return STATUS_OK;
}

status_t manifest_match(const struct manifest *manifest, const struct manifest_service *service,
                        uint32_t index, struct manifest_match *out_match)
{
    if (index >= service->match_count)
        return STATUS_NOT_FOUND;
    struct reader reader =
        entry_at(manifest->matches, MANIFEST_MATCH_BYTES, service->match_first + index);
    uint16_t by = reader_le16(&reader);
    struct manifest_match match = { .by_class = by == MATCH_CLASS };
    match.vendor = reader_le16(&reader);
    match.device = reader_le16(&reader);
    reader_skip(&reader, 2);
    match.class_code = reader_le32(&reader);
    if ((by != MATCH_DEVICE && by != MATCH_CLASS) || match.class_code > 0xffffff)
        return STATUS_CORRUPT;
    *out_match = match;
    return STATUS_OK;
}

status_t manifest_grant(const struct manifest *manifest, const struct manifest_service *service,
                        uint32_t index, struct grant *out_grant)
{
    if (index >= service->grant_count)
        return STATUS_NOT_FOUND;
    struct reader reader =
        entry_at(manifest->grants, MANIFEST_GRANT_BYTES, service->grant_first + index);
    struct grant grant;
    grant.kind = reader_le16(&reader);
    grant.protocol = reader_le16(&reader);
    grant.port = reader_le16(&reader);
    reader_skip(&reader, 2);
    grant.number = reader_le32(&reader);
    if (!string_read(manifest, &reader, &grant.name) || grant_check(&grant) != STATUS_OK)
        return STATUS_CORRUPT;
    *out_grant = grant;
    return STATUS_OK;
}
