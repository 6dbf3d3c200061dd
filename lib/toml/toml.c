/* Lines, keys and tables. What TOML calls a redefinition is decided by how a table came to be
 * (enum toml_origin): a header may go through tables of any open kind but claims one only once; a
 * dotted key may go only through what dotted keys of the same table made. */
#include "lib/toml/toml.h"

#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "lib/toml/toml_internal.h"

bool toml_text_is(struct const_span bytes, const char *text)
{
    size_t len = strlen(text);
    return bytes.len == len && memcmp(bytes.data, text, len) == 0;
}

uint32_t toml_find(const struct toml *toml, uint32_t table, struct const_span key)
{
    uint32_t child = toml->nodes[table].first_child;
    for (; child != TOML_NONE; child = toml->nodes[child].next) {
        const struct const_span *other = &toml->nodes[child].key;
        if (other->len == key.len && (key.len == 0 || memcmp(other->data, key.data, key.len) == 0))
            break;
    }
    return child;
}

status_t toml_add(struct toml_cursor *cursor, uint32_t parent, struct const_span key,
                  enum toml_kind kind, uint32_t *out_node)
{
    struct toml *toml = cursor->toml;
    struct toml_node *above = &toml->nodes[parent];
    if (toml->node_count == toml->node_max)
        return cursor_refuse(cursor, STATUS_NO_SPACE, "too many values");
    if (above->depth == TOML_DEPTH_MAX)
        return cursor_refuse(cursor, STATUS_NOT_SUPPORTED, "nested too deep");
    uint32_t index = toml->node_count++;
    toml->nodes[index] = (struct toml_node){
        .kind = kind,
        .line = cursor->line,
        .depth = above->depth + 1,
        .parent = parent,
        .key = key,
    };
    if (above->last_child == TOML_NONE)
        above->first_child = index;
    else
        toml->nodes[above->last_child].next = index;
    above->last_child = index;
    above->child_count++;
    *out_node = index;
    return STATUS_OK;
}

static void cursor_skip_comment(struct toml_cursor *cursor)
{
    if (cursor_peek(cursor) != '#')
        return;
    while (cursor->at < cursor->len && cursor->data[cursor->at] != '\n' &&
           cursor->data[cursor->at] != '\r')
        cursor->at++;
}

void cursor_skip_lines(struct toml_cursor *cursor)
{
    do {
        cursor_skip_blanks(cursor);
        cursor_skip_comment(cursor);
    } while (cursor_take_newline(cursor));
}

static bool is_bare(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

/* One step of a key, bare or quoted. */
static status_t toml_key_step(struct toml_cursor *cursor, struct const_span *out_key)
{
    int c = cursor_peek(cursor);
    if (c == '"' || c == '\'')
        return toml_line_string(cursor, out_key);
    size_t begin = cursor->at;
    while (is_bare(cursor_peek(cursor)))
        cursor->at++;
    if (cursor->at == begin)
        return cursor_refuse(cursor, STATUS_CORRUPT, "a key is missing or has a bad character");
    *out_key = const_span_of(cursor->data + begin, cursor->at - begin);
    return STATUS_OK;
}

/* Go from a table to the one below it that a dotted key steps through, making it if need be. */
static status_t toml_step_dotted(struct toml_cursor *cursor, uint32_t *table, struct const_span key)
{
    uint32_t child = toml_find(cursor->toml, *table, key);
    if (child == TOML_NONE) {
        status_t status = toml_add(cursor, *table, key, TOML_TABLE, &child);
        if (status != STATUS_OK)
            return status;
        cursor->toml->nodes[child].origin = TOML_DOTTED;
    }
    const struct toml_node *node = &cursor->toml->nodes[child];
    if (node->kind != TOML_TABLE || node->origin != TOML_DOTTED)
        return cursor_refuse(cursor, STATUS_CORRUPT, "a dotted key adds to what is complete");
    *table = child;
    return STATUS_OK;
}

/* The same for a step of a header. Through an array of tables it goes to its last table. */
static status_t toml_step_header(struct toml_cursor *cursor, uint32_t *table, struct const_span key)
{
    uint32_t child = toml_find(cursor->toml, *table, key);
    if (child == TOML_NONE) {
        status_t status = toml_add(cursor, *table, key, TOML_TABLE, &child);
        if (status != STATUS_OK)
            return status;
        cursor->toml->nodes[child].origin = TOML_OPEN;
    }
    const struct toml_node *node = &cursor->toml->nodes[child];
    if (node->kind == TOML_ARRAY && node->origin == TOML_APPENDED)
        child = node->last_child;
    else if (node->kind != TOML_TABLE || node->origin == TOML_CLOSED)
        return cursor_refuse(cursor, STATUS_CORRUPT, "a header adds to what is complete");
    *table = child;
    return STATUS_OK;
}

/* Read steps of a key up to the last, going through the others. */
static status_t toml_key(struct toml_cursor *cursor, uint32_t *table, struct const_span *out_last,
                         status_t (*step)(struct toml_cursor *, uint32_t *, struct const_span))
{
    status_t status;
    for (;;) {
        cursor_skip_blanks(cursor);
        status = toml_key_step(cursor, out_last);
        if (status != STATUS_OK)
            return status;
        cursor_skip_blanks(cursor);
        if (!cursor_take(cursor, '.'))
            return STATUS_OK;
        status = step(cursor, table, *out_last);
        if (status != STATUS_OK)
            return status;
    }
}

status_t toml_key_value(struct toml_cursor *cursor, uint32_t table)
{
    struct const_span key;
    status_t status = toml_key(cursor, &table, &key, toml_step_dotted);
    if (status != STATUS_OK)
        return status;
    if (!cursor_take(cursor, '='))
        return cursor_refuse(cursor, STATUS_CORRUPT, "'=' is missing after a key");
    if (toml_find(cursor->toml, table, key) != TOML_NONE)
        return cursor_refuse(cursor, STATUS_CORRUPT, "the key is there already");
    uint32_t node;
    status = toml_add(cursor, table, key, TOML_TABLE, &node);
    if (status != STATUS_OK)
        return status;
    cursor_skip_blanks(cursor);
    return toml_value(cursor, node);
}

/* The table that [key] opens. */
static status_t toml_open_table(struct toml_cursor *cursor, uint32_t parent, struct const_span key,
                                uint32_t *out_table)
{
    uint32_t child = toml_find(cursor->toml, parent, key);
    if (child == TOML_NONE) {
        status_t status = toml_add(cursor, parent, key, TOML_TABLE, &child);
        if (status != STATUS_OK)
            return status;
    }
    struct toml_node *node = &cursor->toml->nodes[child];
    if (node->kind != TOML_TABLE || node->origin != TOML_OPEN)
        return cursor_refuse(cursor, STATUS_CORRUPT, "the table is there already");
    node->origin = TOML_HEADER;
    node->line = cursor->line;
    *out_table = child;
    return STATUS_OK;
}

/* The table that [[key]] adds to its array. */
static status_t toml_append_table(struct toml_cursor *cursor, uint32_t parent,
                                  struct const_span key, uint32_t *out_table)
{
    uint32_t array = toml_find(cursor->toml, parent, key);
    status_t status = STATUS_OK;
    if (array == TOML_NONE) {
        status = toml_add(cursor, parent, key, TOML_ARRAY, &array);
        if (status != STATUS_OK)
            return status;
        cursor->toml->nodes[array].origin = TOML_APPENDED;
    }
    const struct toml_node *node = &cursor->toml->nodes[array];
    if (node->kind != TOML_ARRAY || node->origin != TOML_APPENDED)
        return cursor_refuse(cursor, STATUS_CORRUPT, "the key is there, and no array of tables");
    status = toml_add(cursor, array, (struct const_span){ NULL, 0 }, TOML_TABLE, out_table);
    if (status == STATUS_OK)
        cursor->toml->nodes[*out_table].origin = TOML_HEADER;
    return status;
}

/* A [header] or [[header]], at its first bracket. */
static status_t toml_header(struct toml_cursor *cursor, uint32_t *out_table)
{
    cursor->at++;
    bool append = cursor_take(cursor, '[');
    uint32_t table = TOML_ROOT;
    struct const_span key;
    status_t status = toml_key(cursor, &table, &key, toml_step_header);
    if (status != STATUS_OK)
        return status;
    if (!cursor_take(cursor, ']') || (append && !cursor_take(cursor, ']')))
        return cursor_refuse(cursor, STATUS_CORRUPT, "a header does not end with its bracket");
    return append ? toml_append_table(cursor, table, key, out_table)
                  : toml_open_table(cursor, table, key, out_table);
}

/* The rest of a line after a header or value. */
static status_t toml_line_end(struct toml_cursor *cursor)
{
    cursor_skip_blanks(cursor);
    cursor_skip_comment(cursor);
    if (cursor->at < cursor->len && !cursor_take_newline(cursor))
        return cursor_refuse(cursor, STATUS_CORRUPT, "more on the line than belongs there");
    return STATUS_OK;
}

/* Bytes of the well-formed UTF-8 sequence at `data` (Unicode 15, table 3-7); 0 if there is none. */
static size_t utf8_sequence_len(const uint8_t *data, size_t len)
{
    uint8_t lead = data[0];
    size_t need = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (need == 0 || lead > 0xf4 || need > len)
        return 0;
    for (size_t i = 1; i < need; i++)
        if ((data[i] & 0xc0) != 0x80)
            return 0;
    if ((lead == 0xe0 && data[1] < 0xa0) || (lead == 0xed && data[1] > 0x9f) ||
        (lead == 0xf0 && data[1] < 0x90) || (lead == 0xf4 && data[1] > 0x8f))
        return 0;
    return need;
}

/* What holds everywhere: UTF-8, no control characters but tab and line ends. */
static status_t toml_text_check(struct toml_cursor *cursor)
{
    for (size_t at = 0; at < cursor->len;) {
        uint8_t c = cursor->data[at];
        size_t step = utf8_sequence_len(cursor->data + at, cursor->len - at);
        if (step == 0)
            return cursor_refuse(cursor, STATUS_CORRUPT, "not UTF-8");
        bool line_end =
            c == '\n' || (c == '\r' && at + 1 < cursor->len && cursor->data[at + 1] == '\n');
        if ((c < 0x20 && c != '\t' && !line_end) || c == 0x7f)
            return cursor_refuse(cursor, STATUS_CORRUPT, "a control character");
        cursor->line += c == '\n';
        at += step;
    }
    cursor->line = 1;
    return STATUS_OK;
}

status_t toml_read(struct toml *toml, struct const_span text)
{
    struct toml_cursor cursor = { .toml = toml, .data = text.data, .len = text.len, .line = 1 };
    ASSERT(toml->node_max > 0);
    toml->nodes[TOML_ROOT] = (struct toml_node){ .kind = TOML_TABLE, .origin = TOML_HEADER };
    toml->node_count = 1;
    toml->arena_used = 0;
    status_t status = toml_text_check(&cursor);
    if (text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
        cursor.at = 3; /* A byte order mark says nothing here. */
    uint32_t table = TOML_ROOT;
    while (status == STATUS_OK) {
        cursor_skip_lines(&cursor);
        if (cursor.at == cursor.len)
            return STATUS_OK;
        if (cursor_peek(&cursor) == '[')
            status = toml_header(&cursor, &table);
        else
            status = toml_key_value(&cursor, table);
        if (status == STATUS_OK)
            status = toml_line_end(&cursor);
    }
    return status;
}
