/* Where the fields of a message lie: in the order of the file, each at its natural alignment, the
 * padding explicit, the whole a multiple of 8. */
#include <string.h>

#include "tools/abigen/protocol.h"

enum { WORD = 8 };

static struct member *add_member(struct message *message, const char *type, int element_size,
                                 int count)
{
    struct member *member = &message->members[message->member_count++];
    member->type = type;
    member->count = count;
    member->size = element_size * (count == 0 ? 1 : count);
    member->offset = message->size;
    message->size += member->size;
    return member;
}

static void pad_to(struct message *message, int alignment)
{
    int missing = (alignment - message->size % alignment) % alignment;
    if (missing == 0)
        return;
    struct member *member = add_member(message, "uint8_t", 1, missing);
    snprintf(member->name, sizeof member->name, "padding_%d", member->offset);
    member->is_padding = true;
}

static void add_scalar(struct message *message, const struct field *field, const char *type,
                       int size)
{
    pad_to(message, size);
    strcpy(add_member(message, type, size, 0)->name, field->name);
}

static void add_length(struct message *message, const struct field *field, const char *type,
                       int size)
{
    pad_to(message, size);
    struct member *member = add_member(message, type, size, 0);
    snprintf(member->name, sizeof member->name, "%s_len", field->name);
}

static void add_field(struct message *message, const struct field *field)
{
    switch (field->type) {
    case FIELD_U8:
    case FIELD_BOOL: add_scalar(message, field, "uint8_t", 1); break;
    case FIELD_U16: add_scalar(message, field, "uint16_t", 2); break;
    case FIELD_U32:
    case FIELD_FLAGS: add_scalar(message, field, "uint32_t", 4); break;
    case FIELD_U64: add_scalar(message, field, "uint64_t", 8); break;
    case FIELD_I64: add_scalar(message, field, "int64_t", 8); break;
    case FIELD_TIME: add_scalar(message, field, "time_ns_t", 8); break;
    case FIELD_BYTES:
        strcpy(add_member(message, "uint8_t", 1, field->size)->name, field->name);
        break;
    case FIELD_TEXT:
        add_length(message, field, "uint16_t", 2);
        strcpy(add_member(message, "char", 1, field->size)->name, field->name);
        break;
    case FIELD_TAIL: add_length(message, field, "uint32_t", 4); break;
    case FIELD_HANDLE:
    case FIELD_TYPE_COUNT: break;
    }
}

bool message_lay_out(struct message *message, int header_size)
{
    message->size = header_size;
    for (int i = 0; i < message->field_count; i++)
        add_field(message, &message->fields[i]);
    if (message->has_tail)
        add_field(message, &message->tail);
    pad_to(message, WORD);
    return message->size <= MESSAGE_SIZE_MAX;
}
