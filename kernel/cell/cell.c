/* Cells: see cell.h. A charge walks up from the cell to the root; each level is an atomic counter
 * that is raised, compared with the limit, and lowered again on all levels when one refuses. */
#include "kernel/cell/cell.h"

#include <string.h>

#include "kernel/base/hot.h"
#include "kernel/cell/charge.h"
#include "kernel/process/process.h"
#include "kernel/sched/timer.h"
#include "lib/base/assert.h"

static struct cells {
    struct spinlock lock; /* LOCK_CELL: the tree. */
    struct slab_cache cache;
    uint64_t next_id;
    struct cell *root;
} cells;

static const struct object_ops cell_object_ops;

struct cell *cell_root(void)
{
    return cells.root;
}

static bool try_charge(struct cell *cell, enum cell_resource resource, uint64_t amount)
{
    uint64_t used = __atomic_add_fetch(&cell->used[resource], amount, __ATOMIC_RELAXED);
    if (used > cell->limit[resource]) {
        __atomic_sub_fetch(&cell->used[resource], amount, __ATOMIC_RELAXED);
        return false;
    }
    if (used > cell->peak[resource])
        cell->peak[resource] = used; /* A report only: a lost race costs a little accuracy. */
    return true;
}

status_t cell_charge(struct cell *cell, enum cell_resource resource, uint64_t amount)
{
    for (struct cell *at = cell; at != NULL; at = at->parent) {
        if (try_charge(at, resource, amount))
            continue;
        for (struct cell *back = cell; back != at; back = back->parent)
            __atomic_sub_fetch(&back->used[resource], amount, __ATOMIC_RELAXED);
        return STATUS_LIMIT;
    }
    return STATUS_OK;
}

void cell_uncharge(struct cell *cell, enum cell_resource resource, uint64_t amount)
{
    for (struct cell *at = cell; at != NULL; at = at->parent) {
        uint64_t left = __atomic_fetch_sub(&at->used[resource], amount, __ATOMIC_RELAXED);
        ASSERT(left >= amount);
    }
}

static void cell_init(struct cell *cell, struct cell *parent, const char *name)
{
    object_init(&cell->object, &cell_object_ops, parent);
    signal_source_init(&cell->source, 0);
    spin_init(&cell->lock, LOCK_CELL);
    list_init(&cell->processes);
    list_init(&cell->children);
    list_init(&cell->sibling);
    spin_init(&cell->posix.lock, LOCK_FAMILY);
    list_init(&cell->posix.processes);
    list_init(&cell->posix.groups);
    list_init(&cell->posix.letters);
    cell->parent = parent; /* object->cell holds the reference. */
    cell->depth = parent != NULL ? parent->depth + 1 : 0;
    for (uint32_t i = 0; i < CELL_RESOURCES; i++)
        cell->limit[i] = CELL_NO_LIMIT;
    cell->identity =
        parent != NULL ? parent->identity : (struct identity){ IDENTITY_SYSTEM, IDENTITY_SYSTEM };
    memcpy(cell->name, name, strnlen(name, sizeof cell->name - 1));
    spin_lock(&cells.lock);
    cell->id = ++cells.next_id;
    if (parent != NULL)
        list_push_back(&parent->children, &cell->sibling);
    spin_unlock(&cells.lock);
}

status_t cell_create(struct cell *parent, const char *name, struct cell **out_cell)
{
    if (parent->state != CELL_RUNNING)
        return STATUS_DEAD;
    if (parent->depth == CELL_DEPTH_MAX)
        return STATUS_LIMIT; /* The tree is walked by recursion. */
    void *memory;
    status_t status = charged_alloc(parent, &cells.cache, &memory);
    if (status != STATUS_OK)
        return status;
    *out_cell = memory;
    cell_init(*out_cell, parent, name);
    return STATUS_OK;
}

/* Some process of the cell or of a cell below it, with a reference; NULL when there is none. */
static struct process *any_process(struct cell *cell)
{
    struct process *found = NULL;
    LIST_FOR_EACH (node, &cell->processes) {
        struct process *process = CONTAINER_OF(node, struct process, cell_link);
        if (object_try_ref(&process->object)) {
            found = process;
            break;
        }
    }
    if (found == NULL)
        LIST_FOR_EACH (node, &cell->children)
            if ((found = any_process(CONTAINER_OF(node, struct cell, sibling))) != NULL)
                break;
    return found;
}

static void set_state(struct cell *cell, enum cell_state state)
{
    cell->state = state;
    LIST_FOR_EACH (node, &cell->children) {
        set_state(CONTAINER_OF(node, struct cell, sibling), state);
    }
}

void cell_destroy(struct cell *cell)
{
    spin_lock(&cells.lock);
    set_state(cell, CELL_DRAINING);
    spin_unlock(&cells.lock);
    for (;;) {
        spin_lock(&cells.lock);
        struct process *process = any_process(cell);
        spin_unlock(&cells.lock);
        if (process == NULL)
            break;
        process_end(process, EXIT_KILLED);
        uint32_t seen;
        status_t status = signal_wait(&process->source, SIGNAL_TERMINATED, TIME_NEVER, &seen);
        object_unref(&process->object);
        if (status != STATUS_OK)
            return; /* The destroyer is ending itself; the cell stays draining. */
    }
    epoch_drain();
    spin_lock(&cells.lock);
    set_state(cell, CELL_DEAD);
    spin_unlock(&cells.lock);
    signal_change(&cell->source, 0, SIGNAL_TERMINATED);
}

status_t cell_add_process(struct cell *cell, struct process *process)
{
    spin_lock(&cells.lock);
    bool running = cell->state == CELL_RUNNING;
    if (running) {
        list_push_back(&cell->processes, &process->cell_link);
        cell->process_count++;
    }
    spin_unlock(&cells.lock);
    return running ? STATUS_OK : STATUS_DEAD;
}

/* The time that its threads have had since this was last done is the cell's. A switch adds to the process alone, which
 * it has at hand. The lock is held. */
static void take_ticks(struct process *process)
{
    uint64_t ticks = __atomic_load_n(&process->cpu_ticks, __ATOMIC_RELAXED);
    process->cell->cpu_ticks += ticks - process->cpu_ticks_taken;
    process->cpu_ticks_taken = ticks;
}

void cell_remove_process(struct process *process)
{
    spin_lock(&cells.lock);
    take_ticks(process);
    if (!list_is_empty(&process->cell_link)) {
        list_remove(&process->cell_link);
        process->cell->process_count--;
    }
    spin_unlock(&cells.lock);
}

static void visit_tree(struct cell *cell, void (*visit)(struct cell *, void *), void *argument)
{
    visit(cell, argument);
    LIST_FOR_EACH (node, &cell->children) {
        visit_tree(CONTAINER_OF(node, struct cell, sibling), visit, argument);
    }
}

void cell_for_each(void (*visit)(struct cell *cell, void *argument), void *argument)
{
    spin_lock(&cells.lock);
    visit_tree(cells.root, visit, argument);
    spin_unlock(&cells.lock);
}

void cell_describe_held(struct cell *cell, struct cell_info *out_info)
{
    LIST_FOR_EACH (node, &cell->processes) {
        take_ticks(CONTAINER_OF(node, struct process, cell_link));
    }
    *out_info = (struct cell_info){
        .id = cell->id,
        .parent_id = cell->parent != NULL ? cell->parent->id : 0,
        .cpu_ns = clock_from_ticks(cell->cpu_ticks),
        .state = cell->state,
    };
    for (uint32_t i = 0; i < CELL_RESOURCES; i++) {
        out_info->used[i] = cell->used[i];
        out_info->limits[i] = cell->limit[i];
        out_info->peaks[i] = cell->peak[i];
    }
    out_info->process_count = __atomic_load_n(&cell->process_count, __ATOMIC_RELAXED);
    memcpy(out_info->name, cell->name, sizeof out_info->name);
}

void cell_describe(struct cell *cell, struct cell_info *out_info)
{
    spin_lock(&cells.lock);
    cell_describe_held(cell, out_info);
    spin_unlock(&cells.lock);
}

static struct signal_source *cell_signals(struct object *object)
{
    return &((struct cell *)object)->source;
}

static void cell_object_destroy(struct object *object)
{
    struct cell *cell = (struct cell *)object;
    spin_lock(&cells.lock);
    list_remove(&cell->sibling);
    spin_unlock(&cells.lock);
    for (uint32_t i = 0; i < CELL_RESOURCES; i++)
        ASSERT(cell->used[i] == 0);
    charged_free(object->cell, &cells.cache, cell);
}

void cell_setup(void)
{
    HOT_DATA static struct cell root; /* The one cell that is nobody's charge. */
    spin_init(&cells.lock, LOCK_CELL);
    slab_cache_init(&cells.cache, "cell", sizeof(struct cell));
    cells.root = &root;
    cell_init(&root, NULL, "system");
}

static const struct object_ops cell_object_ops = {
    .kind = OBJECT_CELL,
    .version = 1,
    .name = "cell",
    .destroy = cell_object_destroy,
    .signals = cell_signals,
};
