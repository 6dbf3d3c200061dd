/* See dma.h. The table is a VMO of its own, all of whose pages are there from the start, so that an entry
 * can be written under the lock of the watched VMO without any memory to find. */
#include "kernel/device/dma.h"

#include "kernel/cell/charge.h"
#include "kernel/device/registry_internal.h"
#include "kernel/mm/aspace.h"
#include "kernel/mm/vmo.h"
#include "lib/base/assert.h"

enum { ROW_ENTRIES = PAGE_SIZE / sizeof(uint64_t) };

struct dma {
    struct object object;  /* OBJECT_DMA */
    struct device *device; /* One reference. */
    struct list link;      /* In device.windows, with a reference, until the device was reset. */
    struct vmo *vmo;       /* One reference, as long; then NULL. */
    struct vmo_watch watch;
    struct signal_source source; /* SIGNAL_EVENT is pulsed when pages have left. */
    struct vmo *table;           /* One reference. */
    uint64_t **rows;             /* Where the kernel sees the table's pages. */
    uint64_t page_count;
};

static const struct object_ops dma_ops;

struct object *dma_object(struct dma *dma)
{
    return &dma->object;
}

static uint64_t row_count(uint64_t page_count)
{
    return (page_count + ROW_ENTRIES - 1) / ROW_ENTRIES;
}

/* Under the watched VMO's lock, as the next two. */
static void dma_page_added(struct vmo_watch *watch, uint64_t index, paddr_t frame)
{
    struct dma *dma = CONTAINER_OF(watch, struct dma, watch);
    if (index < dma->page_count)
        __atomic_store_n(&dma->rows[index / ROW_ENTRIES][index % ROW_ENTRIES], frame.raw,
                         __ATOMIC_RELEASE);
}

static void dma_page_left(struct vmo_watch *watch, uint64_t index)
{
    dma_page_added(watch, index, (paddr_t){ 0 });
}

static void dma_pages_wait(struct vmo_watch *watch)
{
    signal_pulse(&CONTAINER_OF(watch, struct dma, watch)->source, SIGNAL_EVENT);
}

/* --- The table ------------------------------------------------------------------------------- */

static void table_unpin(struct dma *dma, uint64_t count)
{
    for (uint64_t row = 0; row < count; row++)
        vmo_unpin_page(dma->table, row);
}

static status_t table_pin(struct dma *dma)
{
    for (uint64_t row = 0; row < row_count(dma->page_count); row++) {
        paddr_t frame;
        status_t status = vmo_pin_page(dma->table, row, true, &frame);
        if (status != STATUS_OK) {
            table_unpin(dma, row);
            return status;
        }
        dma->rows[row] = frame_data(frame);
    }
    return STATUS_OK;
}

static status_t table_make(struct dma *dma, struct cell *cell)
{
    void *rows;
    uint64_t count = row_count(dma->page_count);
    status_t status = charged_kmalloc(cell, count * sizeof *dma->rows, &rows);
    if (status != STATUS_OK)
        return status;
    dma->rows = rows;
    status = vmo_create_anon(count * PAGE_SIZE, cell, &dma->table);
    if (status != STATUS_OK)
        goto free_rows;
    status = table_pin(dma);
    if (status == STATUS_OK)
        return STATUS_OK;

    object_unref(&dma->table->object);
free_rows:
    charged_kfree(cell, rows, count * sizeof *dma->rows);
    return status;
}

static void table_free(struct dma *dma, struct cell *cell)
{
    uint64_t count = row_count(dma->page_count);
    table_unpin(dma, count);
    object_unref(&dma->table->object);
    charged_kfree(cell, dma->rows, count * sizeof *dma->rows);
}

status_t dma_map_table(struct dma *dma, struct aspace *aspace, uint64_t *out_address,
                       uint64_t *out_pages)
{
    uint64_t len = row_count(dma->page_count) * PAGE_SIZE;
    status_t status =
        aspace_map(aspace, dma->table, 0, len, 0, MAP_READ | MAP_EAGER, MAP_READ, out_address);
    if (status == STATUS_OK)
        *out_pages = dma->page_count;
    return status;
}

/* --- Windows --------------------------------------------------------------------------------- */

static status_t window_check(const struct device *device, const struct vmo *vmo)
{
    uint32_t count = 0;
    if (!device->open)
        return STATUS_BAD_STATE;
    if (!vmo_is_anonymous(vmo) || vmo->size_bytes >> PAGE_SHIFT > DMA_PAGES_MAX)
        return STATUS_INVALID;
    LIST_FOR_EACH (link, &device->windows)
        count++;
    return count < DMA_WINDOWS_MAX ? STATUS_OK : STATUS_LIMIT;
}

/* registry.lock held. */
static status_t window_make(struct device *device, struct vmo *vmo, struct cell *cell,
                            struct dma **out_dma)
{
    void *memory;
    status_t status = charged_alloc(cell, &registry.windows, &memory);
    if (status != STATUS_OK)
        return status;
    struct dma *dma = memory;
    dma->page_count = vmo->size_bytes >> PAGE_SHIFT;
    status = table_make(dma, cell);
    if (status != STATUS_OK) {
        charged_free(cell, &registry.windows, dma);
        return status;
    }
    object_init(&dma->object, &dma_ops, cell);
    object_ref(&device->object);
    dma->device = device;
    object_ref(&vmo->object);
    dma->vmo = vmo;
    object_ref(&dma->object);
    list_push_back(&device->windows, &dma->link);
    signal_source_init(&dma->source, 0);
    dma->watch.page_added = dma_page_added;
    dma->watch.page_left = dma_page_left;
    dma->watch.pages_wait = dma_pages_wait;
    vmo_watch(vmo, &dma->watch);
    *out_dma = dma;
    return STATUS_OK;
}

status_t dma_create(struct device *device, struct vmo *vmo, struct cell *cell, struct dma **out_dma)
{
    mutex_lock(&registry.lock);
    status_t status = window_check(device, vmo);
    if (status == STATUS_OK)
        status = window_make(device, vmo, cell, out_dma);
    mutex_unlock(&registry.lock);
    return status;
}

status_t dma_forget(struct dma *dma, uint64_t forgotten, uint64_t *out_left)
{
    mutex_lock(&registry.lock);
    status_t status = dma->vmo == NULL ? STATUS_BAD_STATE
                                       : vmo_forget(dma->vmo, &dma->watch, forgotten, out_left);
    mutex_unlock(&registry.lock);
    return status;
}

/* The device was reset: it knows no address any more. */
static void window_end(struct dma *dma)
{
    list_remove(&dma->link);
    vmo_unwatch(dma->vmo, &dma->watch);
    object_unref(&dma->vmo->object);
    dma->vmo = NULL;
    object_unref(&dma->object);
}

void windows_end_all(struct device *device, bool only_unreachable)
{
    LIST_FOR_EACH_SAFE (link, &device->windows) {
        struct dma *dma = CONTAINER_OF(link, struct dma, link);
        if (!only_unreachable || __atomic_load_n(&dma->object.handles, __ATOMIC_ACQUIRE) == 0)
            window_end(dma);
    }
}

/* --- The object ------------------------------------------------------------------------------ */

/* Only a reset takes the memory from the device. */
static void dma_revoked(struct object *object)
{
    device_release_later(((struct dma *)object)->device);
}

static struct signal_source *dma_signals(struct object *object)
{
    return &((struct dma *)object)->source;
}

static void dma_destroy(struct object *object)
{
    struct dma *dma = (struct dma *)object;
    ASSERT(dma->vmo == NULL);
    table_free(dma, object->cell);
    object_unref(&dma->device->object);
    charged_free(object->cell, &registry.windows, dma);
}

void dma_setup(void)
{
    slab_cache_init(&registry.windows, "dma window", sizeof(struct dma));
}

static const struct object_ops dma_ops = {
    .kind = OBJECT_DMA,
    .version = 1,
    .name = "dma",
    .destroy = dma_destroy,
    .signals = dma_signals,
    .revoked = dma_revoked,
};
