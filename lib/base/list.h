/* An intrusive, circular, doubly linked list. A node in no list points to itself, so removal is
 * safe to repeat. The owner of the list guards it. Any context. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *previous;
};

#define CONTAINER_OF(pointer, type, member)                                                       \
    ((type *)(void *)((char *)(pointer) - offsetof(type, member)))

static inline void list_init(struct list *list)
{
    list->next = list;
    list->previous = list;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->next == list;
}

static inline void list_insert_after(struct list *place, struct list *node)
{
    node->next = place->next;
    node->previous = place;
    place->next->previous = node;
    place->next = node;
}

static inline void list_push_front(struct list *list, struct list *node)
{
    list_insert_after(list, node);
}

static inline void list_push_back(struct list *list, struct list *node)
{
    list_insert_after(list->previous, node);
}

static inline void list_remove(struct list *node)
{
    node->next->previous = node->previous;
    node->previous->next = node->next;
    list_init(node);
}

/* The first node, removed, or NULL. */
static inline struct list *list_pop_front(struct list *list)
{
    if (list_is_empty(list))
        return NULL;
    struct list *node = list->next;
    list_remove(node);
    return node;
}

/* The list is called `place` here, since a parameter named as the structure would replace it. */
#define LIST_FOR_EACH(node, place)                                                                \
    for (struct list *node = (place)->next; node != (place); node = node->next)

/* As LIST_FOR_EACH; the body may remove `node`. */
#define LIST_FOR_EACH_SAFE(node, place)                                                           \
    for (struct list *node = (place)->next, *node##_next = node->next; node != (place);           \
         node = node##_next, node##_next = node->next)
