/* From compiled manifests to the core's table of services. The file was written by our own tool and is
 * part of the verified image; it is checked all the same. */
#include <string.h>

#include <abi/file.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "user/rt/file.h"
#include "user/supervisor/supervisor.h"

static const char manifests_path[] = "/etc/services.bin";

enum { MANIFESTS_BYTES_MAX = 1 << 20 };

static enum core_restart restart_of(enum manifest_restart restart)
{
    switch (restart) {
    case RESTART_NEVER: return CORE_RESTART_NEVER;
    case RESTART_ON_FAILURE: return CORE_RESTART_ON_FAILURE;
    case RESTART_ALWAYS: return CORE_RESTART_ALWAYS;
    }
    return CORE_RESTART_NEVER;
}

static status_t rules_of(const struct manifest *manifest, const struct manifest_service *service,
                         struct core_rules *out_rules)
{
    *out_rules = (struct core_rules){
        .at_boot = service->start == START_BOOT,
        .tells = service->ready != READY_START,
        .follows_needs = service->class_ == MANIFEST_DRIVER,
        .restart = restart_of(service->restart),
        .delay_ns = service->restart_backoff_ms * 1000000ull,
        .limit = service->restart_limit,
        .window_ns = service->restart_window_s * 1000000000ull,
        .ready_within_ns = service->ready_within_ms * 1000000ull,
        .watchdog_ns = service->watchdog_ms * 1000000ull,
    };
    for (uint32_t i = 0; i < service->need_count; i++) {
        uint32_t need = 0;
        status_t status = manifest_need(manifest, service, i, &need);
        if (status != STATUS_OK)
            return status;
        if (need >= service->index)
            return STATUS_CORRUPT;
        out_rules->needs[need / 64] |= 1ull << (need % 64);
    }
    return STATUS_OK;
}

static status_t load_service(struct supervisor *supervisor, uint32_t index)
{
    struct supervised *service = &supervisor->services[index];
    struct core_rules rules;
    status_t status = manifest_service(&supervisor->manifest, index, &service->manifest);
    if (status == STATUS_OK)
        status = rules_of(&supervisor->manifest, &service->manifest, &rules);
    if (status != STATUS_OK)
        return status;
    struct const_span name = service->manifest.name;
    if (name.len >= sizeof service->name)
        return STATUS_CORRUPT;
    memcpy(service->name, name.data, name.len);
    uint32_t number = core_add(&supervisor->core, &rules);
    ASSERT(number == index);
    return STATUS_OK;
}

status_t supervisor_load(struct supervisor *supervisor)
{
    struct const_span bytes;
    status_t status =
        file_load_path(supervisor->handles.root, manifests_path, MANIFESTS_BYTES_MAX, &bytes);
    if (status == STATUS_OK)
        status = manifest_open(bytes, &supervisor->manifest);
    if (status != STATUS_OK)
        return status;
    if (supervisor->manifest.service_count > CORE_SERVICES_MAX)
        return STATUS_CORRUPT;
    core_init(&supervisor->core);
    for (uint32_t i = 0; status == STATUS_OK && i < supervisor->manifest.service_count; i++)
        status = load_service(supervisor, i);
    return status;
}

status_t supervisor_find(const struct supervisor *supervisor, struct const_span name,
                         uint32_t *out_service)
{
    for (uint32_t i = 0; i < supervisor->core.count; i++) {
        struct const_span its = supervisor->services[i].manifest.name;
        if (its.len == name.len && memcmp(its.data, name.data, name.len) == 0) {
            *out_service = i;
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}
