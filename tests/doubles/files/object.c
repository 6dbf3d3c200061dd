/* Double of the references of kernel/object/object.h: the last one destroys at once, not two epochs
 * later, so that a use afterwards is found by the sanitizer. */
#include "kernel/object/object.h"

#include "kernel/cell/cell.h"
#include "lib/base/assert.h"

void object_init(struct object *object, const struct object_ops *ops, struct cell *cell)
{
    *object = (struct object){ .ops = ops, .refs = 1, .cell = cell };
    if (cell != NULL)
        object_ref(&cell->object);
}

struct object *object_ref(struct object *object)
{
    ASSERT(object->refs > 0);
    object->refs++;
    return object;
}

bool object_try_ref(struct object *object)
{
    if (object->refs == 0)
        return false;
    object->refs++;
    return true;
}

void object_unref_settled(struct object *object)
{
    object_unref(object);
}

void object_unref(struct object *object)
{
    ASSERT(object->refs > 0);
    if (--object->refs > 0)
        return;
    struct cell *cell = object->cell;
    object->ops->destroy(object);
    if (cell != NULL)
        object_unref(&cell->object);
}
