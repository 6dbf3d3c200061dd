/* The table of connections: who is there, who may go on, and keys that outlive nobody. */
#include "lib/base/assert.h"
#include "user/httpd/httpd_internal.h"

void httpd_table_init(struct httpd_table *table)
{
    list_init(&table->free);
    list_init(&table->active);
    list_init(&table->ready);
    table->served = 0;
    table->refusals = 0;
    table->slots_made = 0;
}

/* A slot that was never used, made now: until then its pages are not touched. */
static struct list *slot_make(struct httpd_table *table)
{
    if (table->slots_made == HTTPD_SLOTS)
        return NULL;
    struct httpd_slot *slot = &table->slots[table->slots_made++];
    slot->generation = 0;
    list_init(&slot->link);
    list_init(&slot->ready_link);
    return &slot->link;
}

struct httpd_slot *httpd_table_take(struct httpd_table *table, bool is_refusal)
{
    struct list *link = list_pop_front(&table->free);
    if (link == NULL)
        link = slot_make(table);
    if (link == NULL)
        return NULL;
    struct httpd_slot *slot = CONTAINER_OF(link, struct httpd_slot, link);
    list_push_back(&table->active, link);
    slot->is_refusal = is_refusal;
    *(is_refusal ? &table->refusals : &table->served) += 1;
    return slot;
}

void httpd_table_give(struct httpd_table *table, struct httpd_slot *slot)
{
    uint32_t *count = slot->is_refusal ? &table->refusals : &table->served;
    ASSERT(*count > 0);
    *count -= 1;
    slot->generation++;
    list_remove(&slot->ready_link);
    list_remove(&slot->link);
    list_push_front(&table->free, &slot->link);
}

uint64_t httpd_table_key(const struct httpd_table *table, const struct httpd_slot *slot)
{
    uint64_t index = (uint64_t)(slot - table->slots);
    return (uint64_t)slot->generation << 32 | (index + HTTPD_KEY_FIRST);
}

struct httpd_slot *httpd_table_find(struct httpd_table *table, uint64_t key)
{
    uint64_t index = (key & UINT32_MAX) - HTTPD_KEY_FIRST;
    if (index >= table->slots_made)
        return NULL;
    struct httpd_slot *slot = &table->slots[index];
    /* A free slot has a generation that no key has been given out for. */
    return slot->generation == key >> 32 ? slot : NULL;
}

void httpd_table_ready(struct httpd_table *table, struct httpd_slot *slot)
{
    if (list_is_empty(&slot->ready_link))
        list_push_back(&table->ready, &slot->ready_link);
}
