/* Prints a compiled manifest with the reader that the supervisor uses. */
#include <string.h>

#include "tools/mkmanifest/manifests.h"

static const char *const classes[] = { "?", "service", "driver", "role" };
static const char *const starts[] = { "?", "boot", "on-demand", "manual" };
static const char *const restarts[] = { "?", "never", "on-failure", "always" };
static const char *const readies[] = { "?", "start", "listen", "serve", "notify" };

static status_t list_arguments(const struct manifest *manifest,
                               const struct manifest_service *service, FILE *out)
{
    fprintf(out, "  run %s", (const char *)service->binary.data);
    status_t status = STATUS_OK;
    for (uint32_t i = 0; i < service->argument_count && status == STATUS_OK; i++) {
        struct const_span argument = { 0 };
        status = manifest_argument(manifest, service, i, &argument);
        fprintf(out, " %.*s", (int)argument.len, (const char *)argument.data);
    }
    fputc('\n', out);
    return status;
}

static status_t list_needs(const struct manifest *manifest, const struct manifest_service *service,
                           FILE *out)
{
    for (uint32_t i = 0; i < service->need_count; i++) {
        struct manifest_service needed;
        uint32_t index;
        status_t status = manifest_need(manifest, service, i, &index);
        if (status == STATUS_OK)
            status = manifest_service(manifest, index, &needed);
        if (status != STATUS_OK)
            return status;
        fprintf(out, "  needs %s\n", (const char *)needed.name.data);
    }
    return STATUS_OK;
}

static status_t list_matches(const struct manifest *manifest,
                             const struct manifest_service *service, FILE *out)
{
    for (uint32_t i = 0; i < service->match_count; i++) {
        struct manifest_match match;
        status_t status = manifest_match(manifest, service, i, &match);
        if (status != STATUS_OK)
            return status;
        if (match.by_class)
            fprintf(out, "  match class %06x\n", match.class_code);
        else
            fprintf(out, "  match %04x:%04x\n", match.vendor, match.device);
    }
    return STATUS_OK;
}

static status_t list_grants(const struct manifest *manifest, const struct manifest_service *service,
                            FILE *out)
{
    for (uint32_t i = 0; i < service->grant_count; i++) {
        struct grant grant;
        uint8_t text[GRANT_TEXT_MAX];
        struct writer writer = writer_of(text, sizeof text);
        status_t status = manifest_grant(manifest, service, i, &grant);
        if (status != STATUS_OK)
            return status;
        grant_write(&grant, &writer);
        fprintf(out, "  grant %.*s\n", (int)writer.at, (const char *)text);
    }
    return STATUS_OK;
}

static void list_numbers(const struct manifest_service *service, FILE *out)
{
    const struct manifest_cell *cell = &service->cell;
    fprintf(out, "  start %s, ready %s within %u ms, watchdog %u ms\n", starts[service->start],
            readies[service->ready], service->ready_within_ms, service->watchdog_ms);
    fprintf(out, "  restart %s after %u ms, at most %u in %u s\n", restarts[service->restart],
            service->restart_backoff_ms, service->restart_limit, service->restart_window_s);
    fprintf(out,
            "  cell memory %llu, scratch %llu, cpu %u of %u us, processes %u, threads %u, "
            "handles %u\n",
            (unsigned long long)cell->memory_bytes, (unsigned long long)cell->scratch_bytes,
            cell->cpu_budget_us, cell->cpu_period_us, cell->processes, cell->threads,
            cell->handles);
}

static status_t list_service(const struct manifest *manifest, uint32_t index, FILE *out)
{
    struct manifest_service service;
    status_t status = manifest_service(manifest, index, &service);
    if (status != STATUS_OK)
        return status;
    fprintf(out, "%s %s\n", classes[service.class_], (const char *)service.name.data);
    status = list_arguments(manifest, &service, out);
    list_numbers(&service, out);
    if (status == STATUS_OK)
        status = list_needs(manifest, &service, out);
    if (status == STATUS_OK)
        status = list_matches(manifest, &service, out);
    if (status == STATUS_OK)
        status = list_grants(manifest, &service, out);
    return status;
}

status_t manifest_list(struct const_span bytes, FILE *out)
{
    struct manifest manifest;
    status_t status = manifest_open(bytes, &manifest);
    for (uint32_t i = 0; status == STATUS_OK && i < manifest.service_count; i++)
        status = list_service(&manifest, i, out);
    return status;
}
