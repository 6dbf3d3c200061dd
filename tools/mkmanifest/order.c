/* What services say of each other: who needs whom, and who serves what. */
#include <string.h>

#include "tools/mkmanifest/manifests.h"

static struct service *service_named(const struct compile *compile, const char *name)
{
    for (uint32_t i = 0; i < compile->service_count; i++)
        if (strcmp(compile->services[i]->name, name) == 0)
            return compile->services[i];
    return NULL;
}

static bool names_are_unique(struct compile *compile)
{
    for (uint32_t i = 0; i < compile->service_count; i++) {
        const struct service *service = compile->services[i];
        const struct service *first = service_named(compile, service->name);
        if (first != service)
            return refuse(compile, service->file, service->line, "service %s is in %s:%u already",
                          service->name, first->file, first->line);
    }
    return true;
}

/* Find the services behind the names in `needs`. */
static bool needs_resolve(struct compile *compile, struct service *service)
{
    const struct words *needs = &service->needs;
    service->needed = compile_take(compile, needs->count * sizeof(struct service *));
    for (uint32_t i = 0; i < needs->count; i++) {
        service->needed[i] = service_named(compile, needs->items[i]);
        if (service->needed[i] == NULL)
            return refuse(compile, service->file, needs->lines[i],
                          "%s needs %s, which is no service", service->name, needs->items[i]);
        for (uint32_t j = 0; j < i; j++)
            if (service->needed[j] == service->needed[i])
                return refuse(compile, service->file, needs->lines[i], "%s needs %s twice",
                              service->name, needs->items[i]);
    }
    return true;
}

/* Two services cannot serve one name. */
static bool served_names_are_unique(struct compile *compile, const struct service *service)
{
    for (uint32_t i = 0; i < service->grant_texts.count; i++) {
        if (service->grants[i].kind != GRANT_IPC_SERVE)
            continue;
        for (uint32_t j = 0; compile->services[j] != service; j++) {
            const struct service *other = compile->services[j];
            for (uint32_t k = 0; k < other->grant_texts.count; k++)
                if (strcmp(other->grant_texts.items[k], service->grant_texts.items[i]) == 0)
                    return refuse(compile, service->file, service->grant_texts.lines[i],
                                  "grant \"%s\": %s serves it already",
                                  service->grant_texts.items[i], other->name);
        }
    }
    return true;
}

/* All that it needs has its place. */
static bool service_can_be_placed(const struct service *service)
{
    for (uint32_t i = 0; i < service->needs.count; i++)
        if (!service->needed[i]->placed)
            return false;
    return true;
}

static struct service *service_next(const struct compile *compile)
{
    struct service *next = NULL;
    for (uint32_t i = 0; i < compile->service_count; i++) {
        struct service *service = compile->services[i];
        if (!service->placed && service_can_be_placed(service) &&
            (next == NULL || strcmp(service->name, next->name) < 0))
            next = service;
    }
    return next;
}

/* The first need of a service that has no place. */
static struct service *service_unplaced_need(const struct service *service, uint32_t *out_line)
{
    uint32_t i = 0;
    while (service->needed[i]->placed)
        i++;
    *out_line = service->needs.lines[i];
    return service->needed[i];
}

/* Every service without a place needs another such: going from one to the next ends in a cycle. */
static bool refuse_cycle(struct compile *compile)
{
    const struct service *service = NULL;
    for (uint32_t i = 0; service == NULL; i++)
        if (!compile->services[i]->placed)
            service = compile->services[i];
    uint32_t line = 0;
    for (uint32_t i = 0; i < compile->service_count; i++)
        service = service_unplaced_need(service, &line);
    const struct service *first = service;
    char path[1024];
    size_t at = (size_t)snprintf(path, sizeof path, "%s", first->name);
    do {
        service = service_unplaced_need(service, &line);
        if (at < sizeof path)
            at += (size_t)snprintf(path + at, sizeof path - at, " -> %s", service->name);
    } while (service != first);
    (void)service_unplaced_need(first, &line);
    return refuse(compile, first->file, line, "needs go in a circle: %s", path);
}

bool services_order(struct compile *compile)
{
    if (!names_are_unique(compile))
        return false;
    for (uint32_t i = 0; i < compile->service_count; i++)
        if (!needs_resolve(compile, compile->services[i]) ||
            !served_names_are_unique(compile, compile->services[i]))
            return false;
    struct service *ordered[MANIFEST_SERVICES_MAX];
    for (uint32_t i = 0; i < compile->service_count; i++) {
        ordered[i] = service_next(compile);
        if (ordered[i] == NULL)
            return refuse_cycle(compile);
        ordered[i]->placed = true;
        ordered[i]->index = i;
    }
    memcpy(compile->services, ordered, compile->service_count * sizeof ordered[0]);
    return true;
}
