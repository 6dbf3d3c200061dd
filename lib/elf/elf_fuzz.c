/* Any bytes as the head of a program: a plan that comes out keeps its promises. */
#include <stdlib.h>

#include "lib/elf/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void claim(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct elf_range user = { 0x10000, 0x1000000000000 };
    const uint64_t file_bytes = size + 0x10000;
    struct elf_plan plan;
    if (elf_read(const_span_of(data, size), file_bytes, user, &plan) != STATUS_OK)
        return 0;
    uint64_t base = plan.position_independent ? user.low : 0;
    uint64_t last = 0;
    claim(plan.segment_count > 0 && plan.segment_count <= ELF_SEGMENTS_MAX);
    for (uint32_t i = 0; i < plan.segment_count; i++) {
        const struct elf_segment *segment = &plan.segments[i];
        uint64_t low = base + segment->address, high = low + segment->memory_bytes;
        claim(low < high && low >= user.low && high <= user.high);
        claim(low / ELF_PAGE_BYTES >= last);
        claim(segment->file_bytes <= segment->memory_bytes);
        claim(segment->file_offset <= file_bytes &&
              segment->file_bytes <= file_bytes - segment->file_offset);
        claim((segment->access & (ELF_WRITE | ELF_EXECUTE)) != (ELF_WRITE | ELF_EXECUTE));
        last = (high - 1) / ELF_PAGE_BYTES + 1;
    }
    claim(plan.entry >= plan.low && plan.entry < plan.high);
    claim(plan.tls.memory_bytes <= ELF_TLS_BYTES_MAX);
    return 0;
}
