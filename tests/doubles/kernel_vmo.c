/* mm/vmo.h and mm/frame.h for host tests: a page is an aligned piece of the host's heap, its
 * physical address its address. An anonymous VMO keeps its pages in an array behind `owner`. */
#include "tests/doubles/kernel_vmo.h"

#include <stdlib.h>

#include "kernel/cell/cell.h"
#include "kernel/mm/aspace.h"
#include "kernel/mm/vmo.h"
#include "lib/base/assert.h"
#include "tests/doubles/kernel_slab.h"

status_t frame_alloc_at_hand(unsigned order, enum frame_state state, paddr_t *out_frame)
{
    return frame_alloc(order, state, out_frame);
}

status_t frame_alloc(unsigned order, enum frame_state state, paddr_t *out_frame)
{
    if (double_memory_fails())
        return STATUS_NO_MEMORY;
    double_memory_count(1);
    *out_frame = (paddr_t){ (uintptr_t)aligned_alloc(PAGE_SIZE, (size_t)PAGE_SIZE << order) };
    return STATUS_OK;
}

void frame_free(paddr_t frame, unsigned order)
{
    double_memory_count(-1);
    free((void *)frame.raw);
}

void *frame_data(paddr_t frame)
{
    return (void *)frame.raw;
}

paddr_t frame_from_data(const void *data)
{
    return (paddr_t){ (uintptr_t)data };
}

struct double_pages {
    uint32_t count;
    struct {
        void *data;
        uint32_t pins;
    } pages[];
};

static void vmo_destroy(struct object *object)
{
    struct vmo *vmo = (struct vmo *)object;
    struct double_pages *pages = vmo->owner;
    for (uint32_t i = 0; i < pages->count; i++) {
        ASSERT(pages->pages[i].pins == 0);
        free(pages->pages[i].data);
    }
    double_memory_count(-1);
    free(pages);
    free(vmo);
}

static const struct object_ops vmo_double_ops = {
    .kind = OBJECT_VMO,
    .version = 1,
    .name = "vmo",
    .destroy = vmo_destroy,
};

static const struct vmo_ops anonymous_double_ops = { .name = "anonymous" };

status_t vmo_create_anon(uint64_t size_bytes, struct cell *cell, struct vmo **out_vmo)
{
    if (double_memory_fails())
        return STATUS_NO_MEMORY;
    double_memory_count(1);
    struct vmo *vmo = calloc(1, sizeof *vmo);
    uint32_t count = (uint32_t)(page_up(size_bytes) / PAGE_SIZE);
    struct double_pages *pages = calloc(1, sizeof *pages + count * sizeof pages->pages[0]);
    pages->count = count;
    object_init(&vmo->object, &vmo_double_ops, cell);
    vmo->ops = &anonymous_double_ops;
    vmo->owner = pages;
    vmo->size_bytes = size_bytes;
    *out_vmo = vmo;
    return STATUS_OK;
}

status_t vmo_pin_page(struct vmo *vmo, uint64_t index, bool write, paddr_t *out_frame)
{
    struct double_pages *pages = vmo->owner;
    if (index >= pages->count)
        return STATUS_FAULT;
    if (double_memory_fails())
        return STATUS_NO_MEMORY;
    if (pages->pages[index].data == NULL)
        pages->pages[index].data = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    pages->pages[index].pins++;
    *out_frame = (paddr_t){ (uintptr_t)pages->pages[index].data };
    return STATUS_OK;
}

void vmo_unpin_page(struct vmo *vmo, uint64_t index)
{
    struct double_pages *pages = vmo->owner;
    ASSERT(index < pages->count && pages->pages[index].pins > 0);
    pages->pages[index].pins--;
}

bool vmo_is_anonymous(const struct vmo *vmo)
{
    return vmo->ops == &anonymous_double_ops;
}

uint64_t vmo_release(struct vmo *vmo, uint64_t first, uint64_t count)
{
    struct double_pages *pages = vmo->owner;
    uint64_t released = 0;
    ASSERT(first + count <= pages->count);
    for (uint64_t i = first; i < first + count; i++) {
        if (pages->pages[i].data == NULL || pages->pages[i].pins > 0)
            continue;
        free(pages->pages[i].data);
        pages->pages[i].data = NULL;
        released++;
    }
    return released;
}

uint32_t double_vmo_pages(struct vmo *vmo)
{
    struct double_pages *pages = vmo->owner;
    uint32_t count = 0;
    for (uint32_t i = 0; i < pages->count; i++)
        count += pages->pages[i].data != NULL;
    return count;
}

uint32_t double_vmo_pins(struct vmo *vmo)
{
    struct double_pages *pages = vmo->owner;
    uint32_t pins = 0;
    for (uint32_t i = 0; i < pages->count; i++)
        pins += pages->pages[i].pins;
    return pins;
}

status_t aspace_map(struct aspace *aspace, struct vmo *vmo, uint64_t offset_bytes, uint64_t len,
                    uint64_t address, uint32_t flags, uint32_t flags_max, uint64_t *out_address)
{
    *out_address = 0x10000;
    return STATUS_OK;
}
