/* Calls on cells and on the state of the whole machine. Lists are taken into kernel memory under the
 * lock of what they list, then copied out: user memory may fault. */
#include <kernel_gen/syscall_handlers.h>

#include <arch/cpu.h>

#include <string.h>

#include "kernel/base/epoch.h"
#include "kernel/cell/cell.h"
#include "kernel/device/machine.h"
#include "kernel/device/registry.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/stack.h"
#include "kernel/mm/user_copy.h"
#include "kernel/object/give.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/timer.h"
#include "kernel/stream/pool.h"
#include "kernel/vfs/page_cache.h"

enum { SNAPSHOT_MAX = 1 << 20 };

/* --- Cells ----------------------------------------------------------------------------------- */

/* Nobody is 0, which programs take for one who may do everything, and all bits say "unchanged". */
static bool identity_is_somebody(struct identity identity)
{
    return identity.user != 0 && identity.user != UINT32_MAX && identity.group != 0 &&
           identity.group != UINT32_MAX;
}

status_t syscall_cell_create(struct thread *caller, struct cell *parent, struct user_in params,
                             handle_t *out_cell)
{
    struct cell_params copy;
    struct cell *cell;
    status_t status = user_read(&copy, params.address, sizeof copy);
    if (status != STATUS_OK)
        return status;
    bool has_identity = copy.identity.user != 0 || copy.identity.group != 0;
    if (copy.name[0] == 0 || memchr(copy.name, 0, sizeof copy.name) == NULL)
        return STATUS_INVALID;
    if (has_identity && !identity_is_somebody(copy.identity))
        return STATUS_INVALID;
    status = cell_create(parent, copy.name, &cell);
    if (status != STATUS_OK)
        return status;
    memcpy(cell->limit, copy.limits, sizeof cell->limit);
    if (has_identity)
        cell->identity = copy.identity;
    return handle_give(&caller->process->handles, &cell->object, RIGHTS_CELL, out_cell);
}

status_t syscall_cell_info(struct thread *caller, struct cell *cell, struct user_out out_info)
{
    struct cell_info info;
    cell_describe(cell, &info);
    return user_write(out_info.address, &info, sizeof info);
}

status_t syscall_cell_destroy(struct thread *caller, struct cell *cell)
{
    if (cell == cell_root())
        return STATUS_INVALID;
    cell_destroy(cell);
    return STATUS_OK;
}

/* --- Lists ----------------------------------------------------------------------------------- */

/* Records that a walk under a spinlock fills in, as many as there is room for. */
struct snapshot {
    uint8_t *records;
    size_t size;             /* Bytes of room. */
    size_t count;            /* Records seen, with or without room. */
    const struct cell *cell; /* Only what is in it or below it; NULL: all. */
};

static bool snapshot_has_room(const struct snapshot *snapshot, size_t record_size)
{
    return (snapshot->count + 1) * record_size <= snapshot->size;
}

static void visit_cell(struct cell *cell, void *argument)
{
    struct snapshot *snapshot = argument;
    if (snapshot_has_room(snapshot, sizeof(struct cell_info)))
        cell_describe_held(cell, &((struct cell_info *)snapshot->records)[snapshot->count]);
    snapshot->count++;
}

static bool is_within(const struct cell *cell, const struct cell *above)
{
    while (cell != NULL && cell != above)
        cell = cell->parent;
    return cell == above;
}

static void visit_process(struct process *process, void *argument)
{
    struct snapshot *snapshot = argument;
    if (snapshot->cell != NULL && !is_within(process->cell, snapshot->cell))
        return;
    if (snapshot_has_room(snapshot, sizeof(struct process_info)))
        process_describe(process, &((struct process_info *)snapshot->records)[snapshot->count]);
    snapshot->count++;
}

static void take_cells(struct snapshot *snapshot)
{
    cell_for_each(visit_cell, snapshot);
}

static void take_processes(struct snapshot *snapshot)
{
    process_for_each(visit_process, snapshot);
}

/* Take a list and copy out what fits into the caller's buffer. *out_actual is how many there are. */
static status_t list_copy_out(void (*take)(struct snapshot *), const struct cell *cell,
                              size_t record_size, struct user_out buffer, size_t *out_actual)
{
    struct snapshot snapshot = { .size = buffer.len < SNAPSHOT_MAX ? buffer.len : SNAPSHOT_MAX,
                                 .cell = cell };
    size_t allocated = snapshot.size == 0 ? 1 : snapshot.size;
    snapshot.records = kmalloc(allocated);
    if (snapshot.records == NULL)
        return STATUS_NO_MEMORY;
    take(&snapshot);
    size_t room = snapshot.size / record_size;
    size_t filled = snapshot.count < room ? snapshot.count : room;
    status_t status = user_write(buffer.address, snapshot.records, filled * record_size);
    kfree(snapshot.records, allocated);
    if (status == STATUS_OK)
        *out_actual = snapshot.count;
    return status;
}

status_t syscall_system_cells(struct thread *caller, struct system *system, struct user_out infos,
                              size_t *out_actual)
{
    return list_copy_out(take_cells, NULL, sizeof(struct cell_info), infos, out_actual);
}

status_t syscall_system_processes(struct thread *caller, struct system *system,
                                  struct user_out infos, size_t *out_actual)
{
    return list_copy_out(take_processes, NULL, sizeof(struct process_info), infos, out_actual);
}

status_t syscall_cell_processes(struct thread *caller, struct cell *cell, struct user_out infos,
                                size_t *out_actual)
{
    return list_copy_out(take_processes, cell, sizeof(struct process_info), infos, out_actual);
}

/* --- Memory ---------------------------------------------------------------------------------- */

static void visit_slab(const struct slab_cache *cache, void *argument)
{
    *(uint64_t *)argument += cache->in_use;
}

/* A CPU that sleeps now counts up to now; one that wakes meanwhile may be off by that stretch once. */
static uint64_t idle_ticks(const struct cpu *cpu)
{
    uint64_t since = __atomic_load_n(&cpu->idle_since, __ATOMIC_RELAXED);
    uint64_t now = counter_read();
    return cpu->idle_ticks + (since != 0 && since < now ? now - since : 0);
}

status_t syscall_system_memory(struct thread *caller, struct system *system,
                               struct user_out out_info)
{
    struct frame_counts frames = frame_counts();
    struct memory_info info = {
        .total_frames = frames.total,
        .free_frames = frames.free,
        .cache_frames = page_cache_frames(),
        .retired_objects = epoch_waiting(),
        .handles = cell_root()->used[CELL_HANDLES],
        .segments = cell_root()->used[CELL_SEGMENTS],
        .uptime_ns = clock_now(),
        .cpu_count = cpu_count(),
    };
    slab_for_each(visit_slab, &info.slab_objects);
    for (uint32_t i = 0; i < CPUS_MAX; i++)
        info.idle_ns[i] = clock_from_ticks(idle_ticks(&cpus[i]));
    return user_write(out_info.address, &info, sizeof info);
}

/* Claims that are being released hold objects, objects that wait for the end of their epoch hold pages
 * of the cache, and the cache's own records lie in slabs: from the outside in. */
status_t syscall_system_drop_cache(struct thread *caller, struct system *system,
                                   uint64_t *out_dropped)
{
    status_t status = registry_settle();
    if (status != STATUS_OK)
        return status;
    epoch_drain();
    uint64_t dropped = pools_trim() + page_cache_drop_clean();
    epoch_drain();
    dropped += slab_reclaim(UINT64_MAX) + stack_drop_kept();
    frame_drop_cache();
    *out_dropped = dropped;
    return STATUS_OK;
}

status_t syscall_boot_arguments(struct thread *caller, struct system *system,
                                struct user_out buffer, size_t *out_actual)
{
    size_t len = strnlen(machine.arguments, sizeof machine.arguments);
    if (buffer.len < len)
        return STATUS_TOO_BIG;
    status_t status = user_write(buffer.address, machine.arguments, len);
    if (status == STATUS_OK)
        *out_actual = len;
    return status;
}
