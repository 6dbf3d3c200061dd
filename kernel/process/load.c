/* See load.h. Segments without write access map the file's pages themselves, so every process of a
 * program shares them; writable ones map a copy-on-write child in which what lies past the file's
 * bytes reads as zero. */
#include "kernel/process/load.h"

#include <arch/mmu.h>

#include "kernel/cell/cell.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/slab.h"

#define LOAD_BASE 0x400000ull /* Where a position-independent program goes. */

static uint32_t map_access(uint32_t elf_access)
{
    return (elf_access & ELF_READ ? MAP_READ : 0) | (elf_access & ELF_WRITE ? MAP_WRITE : 0) |
           (elf_access & ELF_EXECUTE ? MAP_EXECUTE : 0);
}

/* A private copy of the segment's pages: the file up to file_bytes, zeros after that. */
static status_t private_copy(struct aspace *aspace, struct vmo *file,
                             const struct elf_segment *segment, uint64_t lead, uint64_t len,
                             struct vmo **out_vmo)
{
    struct cell *cell = aspace->object.cell;
    if (segment->file_bytes == 0)
        return vmo_create_private(len, cell, out_vmo);
    status_t status = vmo_create_cow(file, segment->file_offset - lead, len, cell, out_vmo);
    if (status != STATUS_OK)
        return status;
    uint64_t file_end = lead + segment->file_bytes;
    (*out_vmo)->parent_size_bytes = page_up(file_end);
    static uint8_t zeros[PAGE_SIZE]; /* Never written; const would take room in the Image. */
    uint64_t tail = page_up(file_end) - file_end;
    if (tail > 0 && segment->memory_bytes > segment->file_bytes)
        status = vmo_write(*out_vmo, file_end, zeros, tail);
    if (status != STATUS_OK)
        object_unref(&(*out_vmo)->object);
    return status;
}

static status_t map_segment(struct aspace *aspace, struct vmo *file,
                            const struct elf_segment *segment, uint64_t base)
{
    if (segment->memory_bytes == 0)
        return STATUS_OK;
    uint64_t address = base + segment->address;
    uint64_t lead = address & PAGE_MASK; /* The file's bytes start this far into their page. */
    uint64_t len = page_up(lead + segment->memory_bytes);
    uint32_t access = map_access(segment->access);
    bool shares = !(access & MAP_WRITE) && segment->memory_bytes == segment->file_bytes;
    struct vmo *vmo = file;
    uint64_t offset = segment->file_offset - lead;
    if (!shares) {
        status_t status = private_copy(aspace, file, segment, lead, len, &vmo);
        if (status != STATUS_OK)
            return status;
        offset = 0;
    }
    uint64_t mapped;
    uint32_t flags = access | MAP_FIXED | (shares ? 0 : MAP_PRIVATE);
    status_t status = aspace_map(aspace, vmo, offset, len, address - lead, flags, access, &mapped);
    if (!shares)
        object_unref(&vmo->object);
    return status;
}

static status_t read_plan(struct vmo *file, uint64_t file_bytes, struct elf_plan *out_plan)
{
    paddr_t frame;
    status_t status = vmo_pin_page(file, 0, false, &frame);
    if (status != STATUS_OK)
        return status;
    size_t head = file_bytes < PAGE_SIZE ? file_bytes : PAGE_SIZE;
    status = elf_read((struct const_span){ frame_data(frame), head }, file_bytes,
                      (struct elf_range){ USER_BOTTOM, USER_TOP }, out_plan);
    vmo_unpin_page(file, 0);
    return status;
}

status_t load_program(struct aspace *aspace, struct vnode *image, struct elf_plan *out_plan)
{
    struct vmo *file;
    status_t status = vnode_vmo(image, &file);
    if (status != STATUS_OK)
        return status;
    status = image->size_bytes == 0 ? STATUS_NOT_EXECUTABLE
                                    : read_plan(file, image->size_bytes, out_plan);
    uint64_t base = 0;
    if (status == STATUS_OK && out_plan->position_independent)
        base = (LOAD_BASE + out_plan->align_bytes - 1) & ~(out_plan->align_bytes - 1);
    for (uint32_t i = 0; status == STATUS_OK && i < out_plan->segment_count; i++)
        status = map_segment(aspace, file, &out_plan->segments[i], base);
    if (status == STATUS_OK) {
        out_plan->entry += base;
        out_plan->low += base;
        out_plan->high += base;
        if (out_plan->headers_address != 0)
            out_plan->headers_address += base;
    }
    return status;
}
