/* See elf.h. The names of fields are those of the gABI, without their prefixes. */
#include "lib/elf/elf.h"

#include "lib/base/bytes.h"

enum {
    ELF_HEADER_BYTES = 64,
    PROGRAM_HEADER_BYTES = 56,
    CLASS_64 = 2,
    DATA_LITTLE = 1,
    VERSION_CURRENT = 1,
    OSABI_NONE = 0,
    OSABI_GNU = 3,
    TYPE_EXEC = 2,
    TYPE_DYN = 3,
    MACHINE_AARCH64 = 183,

    PT_LOAD = 1,
    PT_DYNAMIC = 2,
    PT_INTERP = 3,
    PT_TLS = 7,
    PT_GNU_STACK = 0x6474e551,
};

/* The ELF header, as far as it is used. */
struct elf_header {
    uint16_t type;
    uint64_t entry;
    uint64_t headers_offset;
    uint16_t header_count;
};

struct program_header {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t address;
    uint64_t file_bytes;
    uint64_t memory_bytes;
    uint64_t align_bytes;
};

static uint64_t page_down(uint64_t address)
{
    return address & ~(uint64_t)(ELF_PAGE_BYTES - 1);
}

/* The caller knows that the sum does not overflow: addresses are below the end of the user range. */
static uint64_t page_up(uint64_t address)
{
    return page_down(address + ELF_PAGE_BYTES - 1);
}

/* [at, at + len) lies in [low, high). */
static bool range_holds(uint64_t low, uint64_t high, uint64_t at, uint64_t len)
{
    return at >= low && at <= high && len <= high - at;
}

static bool is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static bool ident_is_ours(const uint8_t *ident)
{
    static const uint8_t start[7] = { 0x7f, 'E', 'L', 'F', CLASS_64, DATA_LITTLE, VERSION_CURRENT };
    return memcmp(ident, start, sizeof start) == 0 &&
           (ident[7] == OSABI_NONE || ident[7] == OSABI_GNU);
}

static bool header_read(struct const_span head, struct elf_header *out_header)
{
    if (head.len < ELF_HEADER_BYTES || !ident_is_ours(head.data))
        return false;
    struct reader reader = reader_of(head.data, ELF_HEADER_BYTES);
    reader_skip(&reader, 16);
    out_header->type = reader_le16(&reader);
    uint16_t machine = reader_le16(&reader);
    uint32_t version = reader_le32(&reader);
    out_header->entry = reader_le64(&reader);
    out_header->headers_offset = reader_le64(&reader);
    reader_skip(&reader, 12); /* Sections and flags: nothing here needs them. */
    uint16_t header_bytes = reader_le16(&reader);
    uint16_t program_header_bytes = reader_le16(&reader);
    out_header->header_count = reader_le16(&reader);
    return (out_header->type == TYPE_EXEC || out_header->type == TYPE_DYN) &&
           machine == MACHINE_AARCH64 && version == VERSION_CURRENT &&
           header_bytes == ELF_HEADER_BYTES && program_header_bytes == PROGRAM_HEADER_BYTES &&
           out_header->header_count > 0 && out_header->header_count <= ELF_PROGRAM_HEADERS_MAX &&
           range_holds(0, head.len, out_header->headers_offset,
                       (uint64_t)out_header->header_count * PROGRAM_HEADER_BYTES);
}

static struct program_header program_header_read(struct reader *reader)
{
    struct program_header header;
    header.type = reader_le32(reader);
    header.flags = reader_le32(reader);
    header.offset = reader_le64(reader);
    header.address = reader_le64(reader);
    reader_skip(reader, 8); /* The physical address. */
    header.file_bytes = reader_le64(reader);
    header.memory_bytes = reader_le64(reader);
    header.align_bytes = reader_le64(reader);
    return header;
}

/* The file part is inside the file and no longer than the memory part. */
static bool file_part_fits(const struct program_header *header, uint64_t file_bytes)
{
    return header->file_bytes <= header->memory_bytes &&
           range_holds(0, file_bytes, header->offset, header->file_bytes);
}

/* 0 and 1 ask for nothing; otherwise address and offset agree modulo the alignment. */
static bool alignment_is_kept(const struct program_header *header)
{
    uint64_t align = header->align_bytes > ELF_PAGE_BYTES ? header->align_bytes : ELF_PAGE_BYTES;
    return (header->align_bytes == 0 || is_power_of_two(header->align_bytes)) &&
           ((header->address ^ header->offset) & (align - 1)) == 0;
}

static bool access_is_allowed(uint32_t flags)
{
    const uint32_t both = ELF_WRITE | ELF_EXECUTE;
    return (flags & ~(uint32_t)(ELF_READ | both)) == 0 && flags != 0 && (flags & both) != both;
}

/* Add a segment; they come in ascending order (gABI, chapter 5, PT_LOAD), so that comparing with
 * the last is comparing with all. */
static bool plan_add_segment(struct elf_plan *plan, const struct program_header *header,
                             uint64_t file_bytes, struct elf_range user)
{
    if (header->memory_bytes == 0)
        return header->file_bytes == 0;
    if (!file_part_fits(header, file_bytes) || !alignment_is_kept(header) ||
        !access_is_allowed(header->flags) || plan->segment_count == ELF_SEGMENTS_MAX ||
        !range_holds(user.low, user.high, header->address, header->memory_bytes))
        return false;
    if (plan->segment_count == 0)
        plan->low = page_down(header->address);
    else if (page_down(header->address) < plan->high)
        return false;
    plan->high = page_up(header->address + header->memory_bytes);
    if (header->align_bytes > plan->align_bytes)
        plan->align_bytes = header->align_bytes;
    plan->segments[plan->segment_count++] = (struct elf_segment){
        .address = header->address,
        .memory_bytes = header->memory_bytes,
        .file_offset = header->offset,
        .file_bytes = header->file_bytes,
        .access = header->flags,
    };
    return true;
}

static bool plan_set_tls(struct elf_plan *plan, const struct program_header *header,
                         uint64_t file_bytes)
{
    uint64_t align = header->align_bytes == 0 ? 1 : header->align_bytes;
    if (plan->tls.memory_bytes != 0 || !file_part_fits(header, file_bytes) ||
        header->memory_bytes > ELF_TLS_BYTES_MAX || !is_power_of_two(align) ||
        align > ELF_PAGE_BYTES)
        return false;
    plan->tls =
        (struct elf_tls){ header->address, header->file_bytes, header->memory_bytes, align };
    return true;
}

/* One program header. Kinds that say nothing about mapping are let through. */
static bool plan_take(struct elf_plan *plan, const struct program_header *header,
                      uint64_t file_bytes, struct elf_range user)
{
    switch (header->type) {
    case PT_LOAD: return plan_add_segment(plan, header, file_bytes, user);
    case PT_INTERP: return false; /* Wants a dynamic linker. */
    case PT_DYNAMIC: return plan->position_independent;
    case PT_TLS: return plan_set_tls(plan, header, file_bytes);
    case PT_GNU_STACK:
        plan->stack_bytes = header->memory_bytes;
        return (header->flags & ELF_EXECUTE) == 0;
    default: return true;
    }
}

/* The segment whose bytes from the file hold [address, address + len), or NULL. */
static const struct elf_segment *plan_segment_of(const struct elf_plan *plan, uint64_t address,
                                                 uint64_t len)
{
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        const struct elf_segment *segment = &plan->segments[i];
        if (range_holds(segment->address, segment->address + segment->file_bytes, address, len))
            return segment;
    }
    return NULL;
}

/* Where the program headers are in memory, for AT_PHDR. */
static uint64_t plan_headers_address(const struct elf_plan *plan, const struct elf_header *header)
{
    uint64_t len = (uint64_t)header->header_count * PROGRAM_HEADER_BYTES;
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        const struct elf_segment *segment = &plan->segments[i];
        if (range_holds(segment->file_offset, segment->file_offset + segment->file_bytes,
                        header->headers_offset, len))
            return segment->address + (header->headers_offset - segment->file_offset);
    }
    return 0;
}

/* What can be said only when all segments are known. */
static bool plan_is_whole(const struct elf_plan *plan)
{
    const struct elf_segment *code = plan_segment_of(plan, plan->entry, 4);
    if (code == NULL || (code->access & ELF_EXECUTE) == 0 || plan->entry % 4 != 0)
        return false;
    if (plan->tls.file_bytes == 0)
        return true;
    const struct elf_segment *data = plan_segment_of(plan, plan->tls.address, plan->tls.file_bytes);
    return data != NULL && (data->access & ELF_READ) != 0;
}

status_t elf_read(struct const_span head, uint64_t file_bytes, struct elf_range user,
                  struct elf_plan *out_plan)
{
    struct elf_header header;
    if (head.len > file_bytes || !header_read(head, &header))
        return STATUS_NOT_EXECUTABLE;
    struct elf_plan plan = {
        .position_independent = header.type == TYPE_DYN,
        .entry = header.entry,
        .align_bytes = ELF_PAGE_BYTES,
        .header_count = header.header_count,
    };
    if (plan.position_independent) /* Addresses count from the base: only their extent matters. */
        user = (struct elf_range){ 0, user.high - user.low };
    struct reader reader = reader_of(head.data + header.headers_offset,
                                     (size_t)header.header_count * PROGRAM_HEADER_BYTES);
    for (uint32_t i = 0; i < header.header_count; i++) {
        struct program_header program = program_header_read(&reader);
        if (!plan_take(&plan, &program, file_bytes, user))
            return STATUS_NOT_EXECUTABLE;
    }
    if (!plan_is_whole(&plan))
        return STATUS_NOT_EXECUTABLE;
    plan.headers_address = plan_headers_address(&plan, &header);
    *out_plan = plan;
    return STATUS_OK;
}
