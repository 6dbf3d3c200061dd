/* Any bytes as a compiled manifest: everything a supervisor asks of every service. */
#include <stdlib.h>

#include "lib/format/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask_all(const struct manifest *manifest, const struct manifest_service *service)
{
    struct const_span argument;
    struct manifest_match match;
    struct grant grant;
    uint32_t need;
    for (uint32_t i = 0; manifest_argument(manifest, service, i, &argument) == STATUS_OK; i++)
        if (argument.data[argument.len] != '\0')
            abort();
    for (uint32_t i = 0; manifest_need(manifest, service, i, &need) == STATUS_OK; i++)
        if (need >= service->index)
            abort();
    for (uint32_t i = 0; manifest_match(manifest, service, i, &match) == STATUS_OK; i++)
        ;
    for (uint32_t i = 0; manifest_grant(manifest, service, i, &grant) == STATUS_OK; i++) {
        uint8_t text[GRANT_TEXT_MAX];
        struct writer writer = writer_of(text, sizeof text);
        const char *reason;
        grant_write(&grant, &writer);
        if (writer.overrun ||
            grant_read(const_span_of(text, writer.at), &grant, &reason) != STATUS_OK)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest manifest;
    if (manifest_open(const_span_of(data, size), &manifest) != STATUS_OK)
        return 0;
    struct manifest_service service;
    for (uint32_t i = 0; i < manifest.service_count; i++)
        if (manifest_service(&manifest, i, &service) == STATUS_OK)
            ask_all(&manifest, &service);
    (void)(manifest_find(&manifest, const_span_of("www", 3), &service) == STATUS_OK);
    return 0;
}
