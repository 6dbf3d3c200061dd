/* Principals: who may log in, and in which role; compiled (docs/formats/principals.md), and as the two files in
 * which POSIX programs look for them. */
#include <string.h>

#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "tools/mkmanifest/reading.h"

/* Numbers of roles, as POSIX's groups. Those of principals are written by hand. */
enum { GROUP_FIRST = PRINCIPAL_NUMBER_SYSTEM + 1, NUMBER_MOST = 65533, LINE_BYTES = 64 };

/* Whose files the image's are, and as whom services show themselves. Nobody can log in as that. */
static const char system_name[] = "system";
static const char system_account[] = "system:*:1000:1000:The system:/:/bin/false\n";
static const char system_group[] = "system:*:1000:\n";
_Static_assert(PRINCIPAL_NUMBER_SYSTEM == 1000, "as the lines say");

static bool principal_take(struct reading *reading, const struct toml_node *node,
                           struct principal_text *principal)
{
    uint64_t number = 0;
    if (toml_text_is(node->key, "role"))
        return take_string(reading, node, &principal->role);
    if (toml_text_is(node->key, "description"))
        return take_string(reading, node, &principal->description);
    if (!toml_text_is(node->key, "number"))
        return refuse_node(reading, node, "unknown key");
    if (!take_number(reading, node, 1, NUMBER_MOST, &number))
        return false;
    principal->number = (uint32_t)number;
    return true;
}

static bool description_is_good(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == ':' || *at == 0x7f)
            return false;
    return strlen(text) < PRINCIPAL_DESCRIPTION_SIZE;
}

bool principal_read(struct reading *reading, const struct toml_node *table)
{
    struct compile *compile = reading->compile;
    struct principal_text *principal = compile_take(compile, sizeof *principal);
    *principal = (struct principal_text){
        .file = reading->file,
        .line = table->line,
        .name = node_name(reading, table),
        .description = "",
    };
    if (!manifest_name_is_good(table->key))
        return refuse_node(reading, table, "a name has a-z 0-9 -, a letter first, 31 at most");
    for (uint32_t i = table->first_child; i != TOML_NONE; i = node_of(reading, i)->next)
        if (!principal_take(reading, node_of(reading, i), principal))
            return false;
    if (principal->role == NULL || principal->number == 0)
        return refuse_node(reading, table, "role and number are wanted");
    if (principal->number == PRINCIPAL_NUMBER_SYSTEM || strcmp(principal->name, system_name) == 0)
        return refuse_node(reading, table, "name and number 1000 are the system's own");
    if (!description_is_good(principal->description))
        return refuse_node(reading, table, "description: 63 bytes at most, no colon");
    if (compile->principal_count == PRINCIPALS_MAX)
        return refuse_node(reading, table, "too many principals");
    compile->principals[compile->principal_count++] = principal;
    return true;
}

static bool role_find(const struct compile *compile, struct principal_text *principal)
{
    for (uint32_t i = 0; i < compile->service_count; i++)
        if (strcmp(compile->services[i]->name, principal->role) == 0) {
            principal->role_index = i;
            return true;
        }
    return false;
}

bool principals_resolve(struct compile *compile)
{
    for (uint32_t i = 0; i < compile->service_count; i++)
        if (strcmp(compile->services[i]->name, system_name) == 0)
            return refuse(compile, compile->services[i]->file, compile->services[i]->line,
                          "%s: the name is the system's own", system_name);
    for (uint32_t i = 0; i < compile->principal_count; i++) {
        struct principal_text *principal = compile->principals[i];
        if (!role_find(compile, principal))
            return refuse(compile, principal->file, principal->line, "%s: %s is no role",
                          principal->name, principal->role);
        for (uint32_t j = 0; j < i; j++)
            if (compile->principals[j]->number == principal->number)
                return refuse(compile, principal->file, principal->line, "%s has the number of %s",
                              principal->name, compile->principals[j]->name);
    }
    return true;
}

static void text_write(struct writer *writer, const char *text, size_t size)
{
    size_t len = strlen(text);
    ASSERT(len < size);
    writer_bytes(writer, text, len);
    (void)writer_take(writer, size - len); /* Zeros, as the pool gives. */
}

struct const_span principals_write(struct compile *compile)
{
    size_t len = PRINCIPALS_HEADER_BYTES + compile->principal_count * (size_t)PRINCIPAL_BYTES;
    uint8_t *bytes = compile_take(compile, len);
    struct writer writer = writer_of(bytes, len);
    writer_bytes(&writer, "SWOSPRIN", 8);
    writer_le32(&writer, 1); /* Version. */
    writer_le32(&writer, compile->principal_count);
    for (uint32_t i = 0; i < compile->principal_count; i++) {
        const struct principal_text *principal = compile->principals[i];
        text_write(&writer, principal->name, PRINCIPAL_NAME_SIZE);
        text_write(&writer, principal->role, PRINCIPAL_NAME_SIZE);
        text_write(&writer, principal->description, PRINCIPAL_DESCRIPTION_SIZE);
        writer_le32(&writer, principal->number);
        writer_le32(&writer, GROUP_FIRST + principal->role_index);
        (void)writer_take(&writer, 8);
    }
    ASSERT(!writer.overrun && writer.at == len);
    return const_span_of(bytes, len);
}

struct const_span passwd_write(struct compile *compile)
{
    size_t size = 1, len = 0;
    for (uint32_t i = 0; i < compile->principal_count; i++) {
        const struct principal_text *principal = compile->principals[i];
        size += LINE_BYTES + strlen(principal->name) + strlen(principal->description) +
                strlen(compile->services[principal->role_index]->binary);
    }
    char *text = compile_take(compile, size + sizeof system_account);
    memcpy(text, system_account, len = sizeof system_account - 1);
    size += len;
    for (uint32_t i = 0; i < compile->principal_count; i++) {
        const struct principal_text *principal = compile->principals[i];
        len += (size_t)snprintf(text + len, size - len, "%s:*:%u:%u:%s:/tmp:%s\n", principal->name,
                                principal->number, GROUP_FIRST + principal->role_index,
                                principal->description,
                                compile->services[principal->role_index]->binary);
        ASSERT(len < size);
    }
    return const_span_of(text, len);
}

struct const_span group_write(struct compile *compile)
{
    size_t size = compile->service_count * (size_t)(LINE_BYTES + MANIFEST_SERVICE_NAME_MAX) + 1;
    size_t len = sizeof system_group - 1;
    size += len;
    char *text = compile_take(compile, size);
    memcpy(text, system_group, len);
    for (uint32_t i = 0; i < compile->service_count; i++)
        len += (size_t)snprintf(text + len, size - len, "%s:*:%u:\n", compile->services[i]->name,
                                GROUP_FIRST + i);
    return const_span_of(text, len);
}
