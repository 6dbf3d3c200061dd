/* Other people's vectors: the files of the toml-test suite, in folders toml-valid and toml-invalid
 * below $SWOS_VECTORS. They are not part of the tree; without the variable the tests report
 * themselves as not run. Every invalid file must be refused. A valid one must be read as its JSON
 * twin says, or be refused as one of the kinds that lib/toml does not support. */
#include <dirent.h>
#include <stdlib.h>

#include "lib/toml/toml.h"
#include "tests/unit.h"

enum { NODES = 4096, TEXT_MAX = 1 << 20 };

static struct toml_node nodes[NODES];
static uint8_t arena[TEXT_MAX];
static uint8_t text[TEXT_MAX], json[TEXT_MAX + 1];

/* A folder of vectors; NULL, after saying so, when there shall be none. */
static DIR *vectors_open(const char *name, char *folder, size_t folder_len)
{
    const char *vectors = getenv("SWOS_VECTORS");
    if (vectors == NULL) {
        unit_not_run("SWOS_VECTORS is not set");
        return NULL;
    }
    snprintf(folder, folder_len, "%s/%s", vectors, name);
    DIR *listing = opendir(folder);
    REQUIRE(listing != NULL);
    return listing;
}

static size_t file_read(const char *folder, const char *name, uint8_t *bytes)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    REQUIRE(file != NULL);
    size_t len = fread(bytes, 1, TEXT_MAX, file);
    fclose(file);
    return len;
}

static bool name_ends(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    return len > end_len && strcmp(name + len - end_len, end) == 0;
}

/* The place in the JSON twin. It is trusted to be JSON as the suite writes it: a value is an object
 * {"type": ..., "value": ...}, a table an object, an array an array. */
static const uint8_t *at;

static void json_skip(void)
{
    while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
        at++;
}

static bool json_take(char c)
{
    json_skip();
    if (*at != (uint8_t)c)
        return false;
    at++;
    return true;
}

static size_t put_utf8(uint8_t *out, unsigned scalar)
{
    if (scalar < 0x80)
        return out[0] = (uint8_t)scalar, 1;
    if (scalar < 0x800)
        return out[0] = (uint8_t)(0xc0 | scalar >> 6), out[1] = 0x80 | (scalar & 0x3f), 2;
    out[0] = (uint8_t)(0xe0 | scalar >> 12);
    out[1] = 0x80 | (scalar >> 6 & 0x3f);
    out[2] = 0x80 | (scalar & 0x3f);
    return 3;
}

/* A string, decoded in place. */
static struct const_span json_string(void)
{
    REQUIRE(json_take('"'));
    uint8_t *begin = (uint8_t *)at, *out = begin;
    while (*at != '"') {
        REQUIRE(*at != '\0');
        if (*at != '\\') {
            *out++ = *at++;
            continue;
        }
        static const char letters[] = "bfnrt", bytes[] = "\b\f\n\r\t";
        const char *letter = strchr(letters, at[1]);
        unsigned scalar = at[1];
        if (letter != NULL)
            scalar = (unsigned)bytes[letter - letters];
        if (at[1] == 'u') {
            REQUIRE(sscanf((const char *)at + 2, "%4x", &scalar) == 1);
            at += 4;
        }
        out += put_utf8(out, scalar);
        at += 2;
    }
    at++;
    return const_span_of(begin, (size_t)(out - begin));
}

static bool spans_equal(struct const_span one, struct const_span other)
{
    return one.len == other.len && (one.len == 0 || memcmp(one.data, other.data, one.len) == 0);
}

/* The scalar that type and value say. */
static bool scalar_matches(const struct toml_node *node, struct const_span type,
                           struct const_span value)
{
    char number[32];
    switch (node->kind) {
    case TOML_STRING: return toml_text_is(type, "string") && spans_equal(node->string, value);
    case TOML_BOOLEAN:
        return toml_text_is(type, "bool") && toml_text_is(value, node->boolean ? "true" : "false");
    case TOML_INTEGER:
        snprintf(number, sizeof number, "%lld", (long long)node->integer);
        return toml_text_is(type, "integer") && toml_text_is(value, number);
    default: return false;
    }
}

static bool value_matches(const struct toml *toml, uint32_t index);

/* After the first key of an object whose value is a string: the object is a scalar. */
static bool leaf_matches(const struct toml_node *node, struct const_span first_key)
{
    struct const_span first = json_string();
    REQUIRE(json_take(','));
    struct const_span second_key = json_string();
    REQUIRE(json_take(':'));
    struct const_span second = json_string();
    REQUIRE(json_take('}') && second_key.len > 0);
    return toml_text_is(first_key, "type") ? scalar_matches(node, first, second)
                                           : scalar_matches(node, second, first);
}

static bool object_matches(const struct toml *toml, uint32_t index)
{
    const struct toml_node *node = &toml->nodes[index];
    uint32_t count = 0;
    if (json_take('}'))
        return node->kind == TOML_TABLE && node->child_count == 0;
    do {
        struct const_span key = json_string();
        REQUIRE(json_take(':'));
        json_skip();
        if (*at == '"')
            return leaf_matches(node, key);
        if (node->kind != TOML_TABLE)
            return false;
        uint32_t child = toml_find(toml, index, key);
        if (child == TOML_NONE || !value_matches(toml, child))
            return false;
        count++;
    } while (json_take(','));
    REQUIRE(json_take('}'));
    return count == node->child_count;
}

static bool value_matches(const struct toml *toml, uint32_t index)
{
    if (json_take('{'))
        return object_matches(toml, index);
    REQUIRE(json_take('['));
    if (toml->nodes[index].kind != TOML_ARRAY)
        return false;
    uint32_t child = toml->nodes[index].first_child;
    if (json_take(']'))
        return child == TOML_NONE;
    do {
        if (child == TOML_NONE || !value_matches(toml, child))
            return false;
        child = toml->nodes[child].next;
    } while (json_take(','));
    REQUIRE(json_take(']'));
    return child == TOML_NONE;
}

TEST(toml_refuses_every_invalid_vector)
{
    char folder[512];
    DIR *listing = vectors_open("toml-invalid", folder, sizeof folder);
    int count = 0;
    for (struct dirent *entry; listing != NULL && (entry = readdir(listing)) != NULL;) {
        if (!name_ends(entry->d_name, ".toml"))
            continue;
        count++;
        size_t len = file_read(folder, entry->d_name, text);
        struct toml toml = toml_of(nodes, NODES, span_of(arena, sizeof arena));
        status_t status = toml_read(&toml, const_span_of(text, len));
        if (status == STATUS_OK || status == STATUS_NO_SPACE || toml.error_reason == NULL)
            unit_fail(__FILE_NAME__, __LINE__, "%s: status %d", entry->d_name, status);
    }
    if (listing == NULL)
        return;
    closedir(listing);
    EXPECT(count > 0);
    printf("     %d invalid files refused\n", count);
}

/* Why a valid file was refused as outside the subset; empty if it was not. */
static const char *reason_of(const struct toml *toml, status_t status)
{
    return status == STATUS_NOT_SUPPORTED ? toml->error_reason : "";
}

TEST(toml_reads_every_valid_vector_as_its_json_says)
{
    char folder[512];
    DIR *listing = vectors_open("toml-valid", folder, sizeof folder);
    int read = 0, floats = 0, dates = 0;
    for (struct dirent *entry; listing != NULL && (entry = readdir(listing)) != NULL;) {
        if (!name_ends(entry->d_name, ".toml"))
            continue;
        size_t len = file_read(folder, entry->d_name, text);
        struct toml toml = toml_of(nodes, NODES, span_of(arena, sizeof arena));
        status_t status = toml_read(&toml, const_span_of(text, len));
        bool is_float = strcmp(reason_of(&toml, status), "floats are not supported") == 0;
        bool is_date = strcmp(reason_of(&toml, status), "dates and times are not supported") == 0;
        floats += is_float;
        dates += is_date;
        if (is_float || is_date)
            continue;
        char name[300];
        snprintf(name, sizeof name, "%s", entry->d_name);
        strcpy(name + strlen(name) - 4, "json");
        json[file_read(folder, name, json)] = '\0';
        at = json;
        if (status != STATUS_OK || !value_matches(&toml, TOML_ROOT))
            unit_fail(__FILE_NAME__, __LINE__, "%s: status %d, line %u: %s", entry->d_name, status,
                      toml.error_line, toml.error_reason);
        read++;
    }
    if (listing == NULL)
        return;
    closedir(listing);
    EXPECT(read > 0);
    printf("     %d valid files read; refused as not supported: %d with floats, %d with dates\n",
           read, floats, dates);
}
