/* Double of kernel/cell/cell.h: one level, limits and accounts. */
#include "kernel/cell/cell.h"

#include <stdlib.h>

#include "lib/base/assert.h"

static void cell_object_destroy(struct object *object)
{
    struct cell *cell = CONTAINER_OF(object, struct cell, object);
    for (int i = 0; i < CELL_RESOURCES; i++)
        ASSERT(cell->used[i] == 0);
    free(cell);
}

static const struct object_ops cell_double_ops = {
    .kind = OBJECT_CELL,
    .version = 1,
    .name = "cell",
    .destroy = cell_object_destroy,
};

status_t cell_create(struct cell *parent, const char *name, struct cell **out_cell)
{
    struct cell *cell = calloc(1, sizeof *cell);
    ASSERT(cell != NULL);
    object_init(&cell->object, &cell_double_ops, NULL);
    for (int i = 0; i < CELL_RESOURCES; i++)
        cell->limit[i] = UINT64_MAX;
    cell->identity = (struct identity){ IDENTITY_SYSTEM, IDENTITY_SYSTEM };
    *out_cell = cell;
    return STATUS_OK;
}

struct cell *cell_root(void)
{
    static struct cell *root;
    if (root == NULL) {
        status_t status = cell_create(NULL, "root", &root);
        ASSERT(status == STATUS_OK);
    }
    return root;
}

status_t cell_charge(struct cell *cell, enum cell_resource resource, uint64_t amount)
{
    ASSERT(cell != NULL);
    if (amount > cell->limit[resource] - cell->used[resource])
        return STATUS_LIMIT;
    cell->used[resource] += amount;
    return STATUS_OK;
}

void cell_uncharge(struct cell *cell, enum cell_resource resource, uint64_t amount)
{
    ASSERT(cell->used[resource] >= amount);
    cell->used[resource] -= amount;
}
