/* Calls on counters and tracepoints. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/mm/slab.h"
#include "kernel/mm/user_copy.h"
#include "kernel/trace/report.h"
#include "kernel/trace/tracepoint.h"

enum {
    REPORT_SIZE = 8192,
    RECORDS_PIECE = 512,
};

status_t syscall_trace_counters(struct thread *caller, struct trace *trace, struct user_out buffer,
                                size_t *out_actual)
{
    char *text = kmalloc(REPORT_SIZE);
    if (text == NULL)
        return STATUS_NO_MEMORY;
    size_t size = buffer.len < REPORT_SIZE ? buffer.len : REPORT_SIZE;
    size_t len = counters_report(text, size);
    status_t status = len > size ? STATUS_TOO_BIG : user_write(buffer.address, text, len);
    kfree(text, REPORT_SIZE);
    if (status == STATUS_OK)
        *out_actual = len;
    return status;
}

status_t syscall_trace_control(struct thread *caller, struct trace *trace, uint64_t mask)
{
    return trace_choose(mask);
}

/* Whole records; what is copied out is taken, also when the caller's buffer turns out to be bad. */
status_t syscall_trace_read(struct thread *caller, struct trace *trace, uint32_t cpu,
                            struct user_out buffer, size_t *out_actual, uint64_t *out_lost)
{
    size_t size = RECORDS_PIECE * sizeof(struct trace_record);
    struct trace_record *records = kmalloc(size);
    if (records == NULL)
        return STATUS_NO_MEMORY;
    size_t room = buffer.len / sizeof *records, count = 0;
    uint64_t lost = 0;
    status_t status =
        trace_take(cpu, records, room < RECORDS_PIECE ? room : RECORDS_PIECE, &count, &lost);
    if (status == STATUS_OK)
        status = user_write(buffer.address, records, count * sizeof *records);
    kfree(records, size);
    if (status == STATUS_OK) {
        *out_actual = count * sizeof *records;
        *out_lost = lost;
    }
    return status;
}
