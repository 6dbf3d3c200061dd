/* The table of connections: who is there, who may go on, and keys that outlive nobody.
 *
 * A connection's memory (lib/http keeps some 14 KiB) belongs to a block of neighbours, and is there
 * while one of them is. New connections go to the first block with room, so that load leaves the last
 * ones first. Of the empty blocks the first keeps its memory: connections that come one by one
 * allocate nothing, and a server that has nothing to do holds one block, whatever it did before. */
#include <string.h>

#include "lib/base/assert.h"
#include "user/httpd/httpd_internal.h"

enum { BLOCK_BYTES = HTTPD_BLOCK_SLOTS * sizeof(struct http_connection) };

void httpd_table_init(struct httpd_table *table)
{
    *table = (struct httpd_table){ 0 };
    list_init(&table->active);
    list_init(&table->ready);
    for (uint32_t i = 0; i < HTTPD_BLOCKS; i++)
        list_init(&table->blocks[i].free);
    for (uint32_t i = 0; i < HTTPD_SLOTS; i++) {
        list_init(&table->slots[i].ready_link);
        list_push_back(&table->blocks[i / HTTPD_BLOCK_SLOTS].free, &table->slots[i].link);
    }
}

static struct httpd_block *block_of(struct httpd_table *table, const struct httpd_slot *slot)
{
    return &table->blocks[(slot - table->slots) / HTTPD_BLOCK_SLOTS];
}

/* Memory for the block, or none of it. The first block is touched whole: it stays, and then what it
 * costs does not depend on what was asked for. */
static void block_fill(struct httpd *httpd, struct httpd_block *block)
{
    uint32_t first = (uint32_t)(block - httpd->table.blocks) * HTTPD_BLOCK_SLOTS;
    block->memory = httpd->ops->memory_take(httpd->io, BLOCK_BYTES);
    if (block->memory == NULL)
        return;
    if (first == 0)
        memset(block->memory, 0, BLOCK_BYTES);
    for (uint32_t i = 0; i < HTTPD_BLOCK_SLOTS; i++)
        httpd->table.slots[first + i].connection = &block->memory[i];
}

/* Empty blocks but the first of them give their memory back. */
static void blocks_trim(struct httpd *httpd)
{
    bool is_first = true;
    for (uint32_t i = 0; i < HTTPD_BLOCKS; i++) {
        struct httpd_block *block = &httpd->table.blocks[i];
        if (block->used > 0 || block->memory == NULL)
            continue;
        if (!is_first) {
            httpd->ops->memory_give(httpd->io, block->memory, BLOCK_BYTES);
            block->memory = NULL;
        }
        is_first = false;
    }
}

static struct httpd_block *block_with_room(struct httpd *httpd)
{
    uint32_t i = 0;
    while (i < HTTPD_BLOCKS && httpd->table.blocks[i].used == HTTPD_BLOCK_SLOTS)
        i++;
    if (i == HTTPD_BLOCKS)
        return NULL;
    struct httpd_block *block = &httpd->table.blocks[i];
    if (block->memory == NULL)
        block_fill(httpd, block);
    return block->memory == NULL ? NULL : block;
}

struct httpd_slot *httpd_table_take(struct httpd *httpd, bool is_refusal)
{
    struct httpd_table *table = &httpd->table;
    struct httpd_block *block = block_with_room(httpd);
    if (block == NULL)
        return NULL;
    struct list *link = list_pop_front(&block->free);
    ASSERT(link != NULL);
    struct httpd_slot *slot = CONTAINER_OF(link, struct httpd_slot, link);
    block->used++;
    list_push_back(&table->active, link);
    slot->is_refusal = is_refusal;
    *(is_refusal ? &table->refusals : &table->served) += 1;
    return slot;
}

void httpd_table_give(struct httpd *httpd, struct httpd_slot *slot)
{
    struct httpd_table *table = &httpd->table;
    struct httpd_block *block = block_of(table, slot);
    uint32_t *count = slot->is_refusal ? &table->refusals : &table->served;
    ASSERT(*count > 0 && block->used > 0);
    *count -= 1;
    slot->generation++;
    list_remove(&slot->ready_link);
    list_remove(&slot->link);
    list_push_front(&block->free, &slot->link);
    if (--block->used == 0)
        blocks_trim(httpd);
}

void httpd_table_end(struct httpd *httpd)
{
    ASSERT(list_is_empty(&httpd->table.active));
    for (uint32_t i = 0; i < HTTPD_BLOCKS; i++) {
        struct httpd_block *block = &httpd->table.blocks[i];
        if (block->memory != NULL)
            httpd->ops->memory_give(httpd->io, block->memory, BLOCK_BYTES);
        block->memory = NULL;
    }
}

uint64_t httpd_table_key(const struct httpd_table *table, const struct httpd_slot *slot)
{
    uint64_t index = (uint64_t)(slot - table->slots);
    return (uint64_t)slot->generation << 32 | (index + HTTPD_KEY_FIRST);
}

struct httpd_slot *httpd_table_find(struct httpd_table *table, uint64_t key)
{
    uint64_t index = (key & UINT32_MAX) - HTTPD_KEY_FIRST;
    if (index >= HTTPD_SLOTS)
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
