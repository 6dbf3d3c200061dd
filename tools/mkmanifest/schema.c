/* The schema of a manifest, as tables of keys at the end of this file, and what reads one by them.
 * A key that no table has is refused, as is a value of another type or outside its range. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/toml/toml.h"
#include "tools/mkmanifest/reading.h"

enum { SCHEMA_VERSION = 1, NODES_MAX = 4096 };

enum key_kind { KEY_STRING, KEY_STRINGS, KEY_NUMBER, KEY_SIZE, KEY_CHOICE, KEY_TABLE, KEY_MATCH };

struct schema;

/* A key: what its value must be, and where in struct service it goes. */
struct schema_key {
    const char *name;
    enum key_kind kind;
    size_t offset;
    uint64_t low, high;         /* Of numbers and sizes. */
    const char *const *choices; /* The first means 1, the next 2; NULL ends them. */
    const struct schema *table;
    bool required;
};

struct schema {
    const struct schema_key *keys;
    size_t key_count;
};

bool refuse(struct compile *compile, const char *file, uint32_t line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(compile->errors, "%s:%u: ", file, line);
    vfprintf(compile->errors, format, args);
    fputc('\n', compile->errors);
    va_end(args);
    return false;
}

void *compile_take(struct compile *compile, size_t len)
{
    struct pool_block *block = calloc(1, sizeof *block + len);
    if (block == NULL) {
        fprintf(stderr, "mkmanifest: out of memory\n");
        exit(1);
    }
    block->next = compile->pool;
    compile->pool = block;
    return block + 1;
}

void compile_free(struct compile *compile)
{
    while (compile->pool != NULL) {
        struct pool_block *block = compile->pool;
        compile->pool = block->next;
        free(block);
    }
}

const char *node_name(const struct reading *reading, const struct toml_node *node)
{
    if (node->key.data == NULL)
        return "(element)";
    char *name = compile_take(reading->compile, node->key.len + 1);
    memcpy(name, node->key.data, node->key.len);
    return name;
}

bool refuse_node(const struct reading *reading, const struct toml_node *node, const char *what)
{
    return refuse(reading->compile, reading->file, node->line, "%s: %s", node_name(reading, node),
                  what);
}

bool take_string(struct reading *reading, const struct toml_node *node, const char **out)
{
    if (node->kind != TOML_STRING)
        return refuse_node(reading, node, "a string is wanted");
    if (memchr(node->string.data, '\0', node->string.len) != NULL)
        return refuse_node(reading, node, "a string without NUL is wanted");
    char *copy = compile_take(reading->compile, node->string.len + 1);
    memcpy(copy, node->string.data, node->string.len);
    *out = copy;
    return true;
}

static bool take_strings(struct reading *reading, const struct toml_node *node, struct words *words)
{
    if (node->kind != TOML_ARRAY)
        return refuse_node(reading, node, "an array of strings is wanted");
    words->items = compile_take(reading->compile, node->child_count * sizeof(char *));
    words->lines = compile_take(reading->compile, node->child_count * sizeof(uint32_t));
    for (uint32_t i = node->first_child; i != TOML_NONE; i = node_of(reading, i)->next) {
        const struct toml_node *element = node_of(reading, i);
        words->lines[words->count] = element->line;
        if (!take_string(reading, element, &words->items[words->count++]))
            return refuse_node(reading, node, "an array of strings is wanted");
    }
    return true;
}

bool take_number(struct reading *reading, const struct toml_node *node, uint64_t low, uint64_t high,
                 uint64_t *out)
{
    if (node->kind != TOML_INTEGER)
        return refuse_node(reading, node, "an integer is wanted");
    if (node->integer < 0 || (uint64_t)node->integer < low || (uint64_t)node->integer > high)
        return refuse(reading->compile, reading->file, node->line, "%s: %llu to %llu is wanted",
                      node_name(reading, node), (unsigned long long)low, (unsigned long long)high);
    *out = (uint64_t)node->integer;
    return true;
}

/* "16M", "4K", "1G" or a number of bytes; whole pages. */
static bool take_size(struct reading *reading, const struct toml_node *node, uint64_t low,
                      uint64_t high, uint64_t *out)
{
    uint64_t size = 0;
    if (node->kind == TOML_STRING) {
        static const char units[] = "KMG";
        uint64_t unit = 0;
        for (size_t i = 0; i < node->string.len && unit == 0; i++) {
            uint8_t c = node->string.data[i];
            const char *found = c == '\0' ? NULL : strchr(units, c);
            if (found != NULL && i > 0 && i + 1 == node->string.len)
                unit = 1ull << (10 * (found - units + 1));
            else if (c < '0' || c > '9' || (size = size * 10 + (c - '0')) > high)
                break;
        }
        if (unit == 0 || size > high / unit)
            return refuse_node(reading, node, "a size is wanted, as \"16M\", and not as large");
        size *= unit;
    } else if (!take_number(reading, node, 0, high, &size)) {
        return refuse_node(reading, node, "a size is wanted, as \"16M\"");
    }
    if (size < low || size > high || size % 4096 != 0)
        return refuse(reading->compile, reading->file, node->line,
                      "%s: a multiple of 4K from %llu to %llu bytes is wanted",
                      node_name(reading, node), (unsigned long long)low, (unsigned long long)high);
    *out = size;
    return true;
}

static bool take_choice(struct reading *reading, const struct toml_node *node,
                        const char *const *choices, uint32_t *out)
{
    char list[200] = "";
    for (uint32_t i = 0; choices[i] != NULL; i++) {
        if (node->kind == TOML_STRING && toml_text_is(node->string, choices[i])) {
            *out = i + 1;
            return true;
        }
        strcat(strcat(list, i == 0 ? "" : ", "), choices[i]);
    }
    return refuse(reading->compile, reading->file, node->line, "%s: one of %s is wanted",
                  node_name(reading, node), list);
}

/* { vendor, device } or { class }. */
static bool take_one_match(struct reading *reading, const struct toml_node *node,
                           struct manifest_match *match)
{
    static const char wanted[] = "{ vendor, device } or { class } is wanted";
    uint64_t numbers[3] = { 0 };
    uint32_t seen = 0;
    if (node->kind != TOML_TABLE)
        return refuse_node(reading, node, wanted);
    for (uint32_t i = node->first_child; i != TOML_NONE; i = node_of(reading, i)->next) {
        static const char *const names[] = { "vendor", "device", "class" };
        const struct toml_node *child = node_of(reading, i);
        uint32_t which = 0;
        while (which < 3 && !toml_text_is(child->key, names[which]))
            which++;
        if (which == 3)
            return refuse_node(reading, child, "unknown key");
        if (!take_number(reading, child, 0, which == 2 ? 0xffffff : 0xffff, &numbers[which]))
            return false;
        seen |= 1u << which;
    }
    if (seen != 3 && seen != 4)
        return refuse_node(reading, node, wanted);
    *match = (struct manifest_match){ seen == 4, (uint16_t)numbers[0], (uint16_t)numbers[1],
                                      (uint32_t)numbers[2] };
    return true;
}

/* One match or an array of them. */
static bool take_matches(struct reading *reading, const struct toml_node *node)
{
    struct service *service = reading->service;
    bool many = node->kind == TOML_ARRAY;
    uint32_t count = many ? node->child_count : 1;
    service->matches = compile_take(reading->compile, count * sizeof *service->matches);
    if (!many)
        return take_one_match(reading, node, &service->matches[service->match_count++]);
    for (uint32_t i = node->first_child; i != TOML_NONE; i = node_of(reading, i)->next)
        if (!take_one_match(reading, node_of(reading, i),
                            &service->matches[service->match_count++]))
            return false;
    return count > 0 || refuse_node(reading, node, "at least one match is wanted");
}

static bool take_table(struct reading *reading, const struct toml_node *table,
                       const struct schema *schema);

static bool take_value(struct reading *reading, const struct toml_node *node,
                       const struct schema_key *key)
{
    void *place = (char *)reading->service + key->offset;
    uint64_t number = 0;
    switch (key->kind) {
    case KEY_STRING: return take_string(reading, node, place);
    case KEY_STRINGS: return take_strings(reading, node, place);
    case KEY_NUMBER:
        if (!take_number(reading, node, key->low, key->high, &number))
            return false;
        *(uint32_t *)place = (uint32_t)number;
        return true;
    case KEY_SIZE: return take_size(reading, node, key->low, key->high, place);
    case KEY_CHOICE: return take_choice(reading, node, key->choices, place);
    case KEY_TABLE: return take_table(reading, node, key->table);
    case KEY_MATCH: return take_matches(reading, node);
    }
    return false;
}

static const struct schema_key *schema_find(const struct schema *schema, struct const_span name)
{
    for (size_t i = 0; i < schema->key_count; i++)
        if (toml_text_is(name, schema->keys[i].name))
            return &schema->keys[i];
    return NULL;
}

/* Every key of a table by its schema, and every required one there. */
static bool take_table(struct reading *reading, const struct toml_node *table,
                       const struct schema *schema)
{
    if (table->kind != TOML_TABLE)
        return refuse_node(reading, table, "a table is wanted");
    for (uint32_t i = table->first_child; i != TOML_NONE; i = node_of(reading, i)->next) {
        const struct toml_node *node = node_of(reading, i);
        const struct schema_key *key = schema_find(schema, node->key);
        if (key == NULL)
            return refuse_node(reading, node, "unknown key");
        if (!take_value(reading, node, key))
            return false;
    }
    uint32_t index = (uint32_t)(table - reading->toml.nodes);
    for (size_t i = 0; i < schema->key_count; i++) {
        const char *name = schema->keys[i].name;
        if (schema->keys[i].required &&
            toml_find(&reading->toml, index, const_span_of(name, strlen(name))) == TOML_NONE)
            return refuse(reading->compile, reading->file, table->line, "%s: %s is missing",
                          node_name(reading, table), name);
    }
    return true;
}

/* The grants' texts as records; none may come twice. */
static bool service_read_grants(struct compile *compile, struct service *service)
{
    const struct words *texts = &service->grant_texts;
    service->grants = compile_take(compile, texts->count * sizeof *service->grants);
    for (uint32_t i = 0; i < texts->count; i++) {
        const char *text = texts->items[i], *reason;
        if (grant_read(const_span_of(text, strlen(text)), &service->grants[i], &reason) !=
            STATUS_OK)
            return refuse(compile, service->file, texts->lines[i], "grant \"%s\": %s", text,
                          reason);
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(texts->items[j], text) == 0)
                return refuse(compile, service->file, texts->lines[i], "grant \"%s\" comes twice",
                              text);
    }
    return true;
}

static bool service_has_grant(const struct service *service, enum grant_kind kind)
{
    for (uint32_t i = 0; i < service->grant_texts.count; i++)
        if (service->grants[i].kind == kind)
            return true;
    return false;
}

/* What keys demand of each other. */
static bool service_check(struct compile *compile, const struct service *service)
{
    const char *wrong = NULL;
    if (service->binary[0] != '/' || service->binary[1] == '\0')
        wrong = "binary: an absolute path is wanted";
    else if ((service->class_ == MANIFEST_DRIVER) != (service->match_count > 0))
        wrong = "a driver has a match, and nothing else has";
    else if ((service->cpu_budget_us == 0) != (service->cpu_period_us == 0))
        wrong = "cpu: budget_us and period_us come together";
    else if (service->ready == READY_LISTEN && !service_has_grant(service, GRANT_NET_LISTEN))
        wrong = "ready: kind listen wants a net:listen grant";
    else if (service->ready == READY_SERVE && !service_has_grant(service, GRANT_IPC_SERVE))
        wrong = "ready: kind serve wants an ipc:serve grant";
    if (wrong == NULL)
        return true;
    return refuse(compile, service->file, service->line, "%s: %s", service->name, wrong);
}

/* What a service is where its manifest is silent: docs/formats/manifest.md. */
static const struct service service_defaults = {
    .class_ = MANIFEST_SERVICE,
    .start = START_BOOT,
    .restart = RESTART_ON_FAILURE,
    .restart_backoff_ms = 100,
    .restart_limit = 5,
    .restart_window_s = 60,
    .ready = READY_START,
    .ready_within_ms = 5000,
    .memory_bytes = 8 << 20,
    .processes = 1,
    .threads = 16,
    .handles = 256,
};

static const struct schema service_schema,
    role_schema; /* At the end of the file, with the others. */

/* A service, or a role, which is what a session may do in the words of a service. */
static bool service_read(struct reading *reading, const struct toml_node *table, uint32_t class_)
{
    struct compile *compile = reading->compile;
    struct service *service = compile_take(compile, sizeof *service);
    *service = service_defaults;
    service->class_ = class_;
    service->file = reading->file;
    service->line = table->line;
    service->name = node_name(reading, table);
    reading->service = service;
    if (!manifest_name_is_good(table->key))
        return refuse_node(reading, table, "a name has a-z 0-9 -, a letter first, 31 at most");
    const struct schema *schema = class_ == MANIFEST_ROLE ? &role_schema : &service_schema;
    if (!take_table(reading, table, schema) || !service_read_grants(compile, service) ||
        !service_check(compile, service))
        return false;
    if (compile->service_count == MANIFEST_SERVICES_MAX)
        return refuse_node(reading, table, "too many services");
    compile->services[compile->service_count++] = service;
    return true;
}

/* The tables of the root: `schema = 1`, and those that are named, each of them there. */
static bool root_read(struct reading *reading, const char *const *names,
                      const struct toml_node **out_tables, size_t count)
{
    const struct toml_node *schema = NULL;
    for (uint32_t i = node_of(reading, 0)->first_child; i != TOML_NONE;
         i = node_of(reading, i)->next) {
        const struct toml_node *node = node_of(reading, i);
        size_t which = 0;
        while (which < count && !toml_text_is(node->key, names[which]))
            which++;
        if (which < count)
            out_tables[which] = node;
        else if (toml_text_is(node->key, "schema"))
            schema = node;
        else
            return refuse_node(reading, node, "unknown key");
    }
    uint64_t version;
    if (schema == NULL)
        return refuse(reading->compile, reading->file, 1, "schema is missing");
    if (!take_number(reading, schema, SCHEMA_VERSION, SCHEMA_VERSION, &version))
        return false;
    for (size_t i = 0; i < count; i++)
        if (out_tables[i] == NULL)
            return refuse(reading->compile, reading->file, 1, "[%s.NAME] is missing", names[i]);
    return true;
}

static bool text_read(struct reading *reading, struct const_span text)
{
    struct compile *compile = reading->compile;
    struct toml_node *nodes = compile_take(compile, NODES_MAX * sizeof *nodes);
    uint8_t *arena = compile_take(compile, text.len);
    reading->toml = toml_of(nodes, NODES_MAX, span_of(arena, text.len));
    if (toml_read(&reading->toml, text) != STATUS_OK)
        return refuse(compile, reading->file, reading->toml.error_line, "%s",
                      reading->toml.error_reason);
    return true;
}

bool manifest_text_read(struct compile *compile, const char *file, struct const_span text)
{
    static const char *const names[] = { "service" };
    struct reading reading = { .compile = compile, .file = file };
    const struct toml_node *service = NULL;
    if (!text_read(&reading, text) || !root_read(&reading, names, &service, 1))
        return false;
    if (service->kind != TOML_TABLE || service->child_count != 1)
        return refuse_node(&reading, service, "one [service.NAME] a file is wanted");
    const struct toml_node *table = node_of(&reading, service->first_child);
    if (table->kind != TOML_TABLE)
        return refuse_node(&reading, table, "a table is wanted");
    return service_read(&reading, table, MANIFEST_SERVICE);
}

/* Every table in the table, by one of the two functions that follow. */
static bool tables_read(struct reading *reading, const struct toml_node *tables,
                        bool (*read)(struct reading *reading, const struct toml_node *table))
{
    if (tables->kind != TOML_TABLE)
        return refuse_node(reading, tables, "a table is wanted");
    for (uint32_t i = tables->first_child; i != TOML_NONE; i = node_of(reading, i)->next) {
        const struct toml_node *table = node_of(reading, i);
        if (table->kind != TOML_TABLE)
            return refuse_node(reading, table, "a table is wanted");
        if (!read(reading, table))
            return false;
    }
    return true;
}

static bool role_read(struct reading *reading, const struct toml_node *table)
{
    return service_read(reading, table, MANIFEST_ROLE);
}

bool sessions_text_read(struct compile *compile, const char *file, struct const_span text)
{
    static const char *const names[] = { "role", "principal" };
    struct reading reading = { .compile = compile, .file = file };
    const struct toml_node *tables[2] = { NULL };
    return text_read(&reading, text) && root_read(&reading, names, tables, 2) &&
           tables_read(&reading, tables[0], role_read) &&
           tables_read(&reading, tables[1], principal_read);
}

#define PLACE(field) .offset = offsetof(struct service, field)
#define NUMBER(key, field, least, most) \
    { .name = key, .kind = KEY_NUMBER, PLACE(field), .low = least, .high = most }
#define SIZE(key, field, least, most) \
    { .name = key, .kind = KEY_SIZE, PLACE(field), .low = least, .high = most }
#define CHOICE(key, field, list) { .name = key, .kind = KEY_CHOICE, PLACE(field), .choices = list }
#define STRINGS(key, field) { .name = key, .kind = KEY_STRINGS, PLACE(field) }
#define TABLE(key, keys) { .name = key, .kind = KEY_TABLE, .table = &(keys) }
#define SCHEMA(list) { .keys = list, .key_count = sizeof(list) / sizeof(list)[0] }

static const char *const class_choices[] = { "service", "driver", NULL };
static const char *const start_choices[] = { "boot", "on-demand", "manual", NULL };
static const char *const restart_choices[] = { "never", "on-failure", "always", NULL };
static const char *const ready_choices[] = { "start", "listen", "serve", "notify", NULL };

enum { HOUR_MS = 3600 * 1000, DAY_S = 24 * 3600, SECOND_US = 1000000 };
#define SIZE_MOST (1ull << 40)

static const struct schema_key restart_keys[] = {
    CHOICE("policy", restart, restart_choices),
    NUMBER("backoff_ms", restart_backoff_ms, 1, HOUR_MS),
    NUMBER("limit", restart_limit, 0, 1000000),
    NUMBER("window_s", restart_window_s, 1, DAY_S),
};
static const struct schema restart_schema = SCHEMA(restart_keys);

static const struct schema_key ready_keys[] = {
    CHOICE("kind", ready, ready_choices),
    NUMBER("within_ms", ready_within_ms, 1, HOUR_MS),
};
static const struct schema ready_schema = SCHEMA(ready_keys);

static const struct schema_key cpu_keys[] = {
    NUMBER("budget_us", cpu_budget_us, 1, 8 * SECOND_US),
    NUMBER("period_us", cpu_period_us, 1000, SECOND_US),
};
static const struct schema cpu_schema = SCHEMA(cpu_keys);

static const struct schema_key cell_keys[] = {
    SIZE("memory", memory_bytes, 64 << 10, SIZE_MOST),
    SIZE("scratch", scratch_bytes, 0, SIZE_MOST),
    TABLE("cpu", cpu_schema),
    NUMBER("processes", processes, 1, 65536),
    NUMBER("threads", threads, 1, 65536),
    NUMBER("handles", handles, 8, 1 << 20),
};
static const struct schema cell_schema = SCHEMA(cell_keys);

static const struct schema_key service_keys[] = {
    { .name = "binary", .kind = KEY_STRING, PLACE(binary), .required = true },
    STRINGS("arguments", arguments),
    STRINGS("needs", needs),
    STRINGS("grants", grant_texts),
    CHOICE("class", class_, class_choices),
    { .name = "match", .kind = KEY_MATCH },
    CHOICE("start", start, start_choices),
    TABLE("restart", restart_schema),
    TABLE("ready", ready_schema),
    NUMBER("watchdog_ms", watchdog_ms, 1, HOUR_MS),
    TABLE("cell", cell_schema),
};
static const struct schema service_schema = SCHEMA(service_keys);

static const struct schema_key role_keys[] = {
    { .name = "binary", .kind = KEY_STRING, PLACE(binary), .required = true },
    STRINGS("arguments", arguments),
    STRINGS("grants", grant_texts),
    TABLE("cell", cell_schema),
};
static const struct schema role_schema = SCHEMA(role_keys);
