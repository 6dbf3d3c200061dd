/* See mmio_object.h. A mapping outlives its handle, so the claim keeps the object; when the claim ends,
 * the VMO is cut to nothing: its mappings go at once, and no new one can be made. */
#include "kernel/device/mmio_object.h"

#include "kernel/cell/charge.h"
#include "kernel/device/registry_internal.h"
#include "kernel/mm/vmo.h"
#include "lib/base/assert.h"

struct mmio {
    struct object object;  /* OBJECT_MMIO */
    struct device *device; /* One reference. */
    struct list link;      /* In device.mmios, with a reference, until the claim ends. */
    struct vmo *vmo;       /* One reference. */
    uint32_t bar;
    uint64_t offset;
    uint64_t len;
};

static const struct object_ops mmio_ops;

struct object *mmio_object(struct mmio *mmio)
{
    return &mmio->object;
}

struct vmo *mmio_vmo(struct mmio *mmio)
{
    return mmio->vmo;
}

static bool is_given(const struct device *device, uint32_t bar, uint64_t offset, uint64_t len)
{
    LIST_FOR_EACH (link, &device->mmios) {
        const struct mmio *mmio = CONTAINER_OF(link, struct mmio, link);
        if (mmio->bar == bar && offset < mmio->offset + mmio->len && mmio->offset < offset + len)
            return true;
    }
    return false;
}

static status_t range_check(const struct device *device, uint32_t bar, uint64_t offset,
                            uint64_t len)
{
    if (!device->open)
        return STATUS_BAD_STATE;
    status_t status = pci_range_check(&device->node->function, bar, offset, len);
    if (status != STATUS_OK)
        return status;
    return is_given(device, bar, offset, len) ? STATUS_BUSY : STATUS_OK;
}

/* registry.lock held. */
static status_t mmio_make(struct device *device, const struct mmio *shape, struct cell *cell,
                          struct mmio **out_mmio)
{
    void *memory;
    paddr_t base = device->node->function.bars[shape->bar].address;
    status_t status = charged_alloc(cell, &registry.mmios, &memory);
    if (status != STATUS_OK)
        return status;
    struct mmio *mmio = memory;
    *mmio = *shape;
    status = vmo_create_device((paddr_t){ base.raw + mmio->offset }, mmio->len, cell, &mmio->vmo);
    if (status != STATUS_OK) {
        charged_free(cell, &registry.mmios, mmio);
        return status;
    }
    object_init(&mmio->object, &mmio_ops, cell);
    object_ref(&device->object);
    mmio->device = device;
    object_ref(&mmio->object);
    list_push_back(&device->mmios, &mmio->link);
    *out_mmio = mmio;
    return STATUS_OK;
}

status_t mmio_create(struct device *device, uint32_t bar, uint64_t offset, uint64_t len,
                     struct cell *cell, struct mmio **out_mmio)
{
    const struct mmio shape = { .bar = bar, .offset = offset, .len = len };
    mutex_lock(&registry.lock);
    status_t status = range_check(device, bar, offset, len);
    if (status == STATUS_OK)
        status = mmio_make(device, &shape, cell, out_mmio);
    mutex_unlock(&registry.lock);
    return status;
}

static void mmio_end(struct mmio *mmio)
{
    list_remove(&mmio->link);
    vmo_truncate(mmio->vmo, 0);
    object_unref(&mmio->object);
}

void mmios_end_all(struct device *device)
{
    while (!list_is_empty(&device->mmios))
        mmio_end(CONTAINER_OF(device->mmios.next, struct mmio, link));
}

static void mmio_revoked(struct object *object)
{
    struct mmio *mmio = (struct mmio *)object;
    mutex_lock(&registry.lock);
    if (!list_is_empty(&mmio->link))
        mmio_end(mmio);
    mutex_unlock(&registry.lock);
}

static void mmio_destroy(struct object *object)
{
    struct mmio *mmio = (struct mmio *)object;
    ASSERT(list_is_empty(&mmio->link));
    object_unref(&mmio->vmo->object);
    object_unref(&mmio->device->object);
    charged_free(object->cell, &registry.mmios, mmio);
}

void mmio_setup(void)
{
    slab_cache_init(&registry.mmios, "mmio", sizeof(struct mmio));
}

static const struct object_ops mmio_ops = {
    .kind = OBJECT_MMIO,
    .version = 1,
    .name = "mmio",
    .destroy = mmio_destroy,
    .revoked = mmio_revoked,
};
