/* <ipc/NAME.h>: the messages of a protocol as structures, their encoding and checking, and the
 * server's dispatch. All of it is pure: bytes in, bytes out. */
#include <string.h>

#include "tools/abigen/out_ipc.h"

/* net_listen_add, and for the answer net_listen_add_reply. */
static void write_structure(const struct protocol *protocol, const struct protocol_call *call,
                            const struct message *message, const char *side, FILE *out)
{
    fprintf(out, "struct %s_%s_%s {\n", protocol->name, call->name, side);
    if (strcmp(side, "request") == 0)
        fprintf(out, "    struct ipc_header header; /* The encoder fills it in. */\n");
    for (int i = 0; i < message->member_count; i++) {
        const struct member *member = &message->members[i];
        fprintf(out, "    %s %s", member->type, member->name);
        if (member->count > 0)
            fprintf(out, "[%d]", member->count);
        fprintf(out, ";%s\n", member->is_padding ? " /* 0 */" : "");
    }
    fprintf(out, "};\n_Static_assert(sizeof(struct %s_%s_%s) == %d, \"one layout everywhere\");\n",
            protocol->name, call->name, side, message->size);
    if (message->member_count > 0) {
        const struct member *last = &message->members[message->member_count - 1];
        fprintf(out,
                "_Static_assert(offsetof(struct %s_%s_%s, %s) == %d,\n"
                "               \"one layout everywhere\");\n",
                protocol->name, call->name, side, last->name, last->offset);
    }
}

/* enum { NET_LISTEN_ADD_IN_GATE, ..., NET_LISTEN_ADD_IN_HANDLES }; */
static void write_handles(const struct contract *contract, const struct protocol *protocol,
                          const struct protocol_call *call, const struct message *message,
                          const char *direction, FILE *out)
{
    char text[TEXT_TYPE_SIZE];
    fprintf(out, "enum {");
    if (message->handle_count > 0)
        fputc('\n', out);
    for (int i = 0; i < message->handle_count; i++) {
        fprintf(out, "    %s_%s_%s_", protocol->upper, call->upper, direction);
        text_capitals(message->handles[i].name, out);
        fprintf(out, ", /* %s */\n", text_type(contract, &message->handles[i].handle, text));
    }
    bool is_empty = message->handle_count == 0;
    fprintf(out, "%s%s_%s_%s_HANDLES%s};\n", is_empty ? " " : "    ", protocol->upper, call->upper,
            direction, is_empty ? " " : ",\n");
}

/* static inline TYPE net_listen_add_request_VERB( and the parameters on lines of their own. */
static void begin_function(const struct protocol *protocol, const struct protocol_call *call,
                           const char *side, const char *type, const char *verb, FILE *out)
{
    fprintf(out, "static inline %s %s_%s_%s_%s(\n    ", type, protocol->name, call->name, side,
            verb);
}

static void write_field_check(const struct field *field, FILE *out)
{
    const char *name = field->name;
    switch (field->type) {
    case FIELD_BOOL: fprintf(out, "message->%s <= 1", name); break;
    case FIELD_FLAGS:
        fprintf(out, "(message->%s & ~(uint32_t)(%s)) == 0", name, field->mask);
        break;
    case FIELD_TEXT:
        fprintf(out, "ipc_is_text(message->%s, message->%s_len, %d)", name, name, field->size);
        break;
    case FIELD_TAIL: fprintf(out, "message->%s_len <= %d", name, field->size); break;
    default: break;
    }
}

static bool is_checked(const struct field *field)
{
    return field->type == FIELD_BOOL || field->type == FIELD_FLAGS || field->type == FIELD_TEXT;
}

static bool needs_check(const struct message *message)
{
    for (int i = 0; i < message->member_count; i++)
        if (message->members[i].is_padding)
            return true;
    for (int i = 0; i < message->field_count; i++)
        if (is_checked(&message->fields[i]))
            return true;
    return message->has_tail;
}

/* What a message may not say: refused when it comes in, and never sent. */
static void write_is_valid(const struct protocol *protocol, const struct protocol_call *call,
                           const struct message *message, const char *side, FILE *out)
{
    const char *joint = "    return ";
    begin_function(protocol, call, side, "bool", "is_valid", out);
    fprintf(out, "const struct %s_%s_%s *message)\n{\n", protocol->name, call->name, side);
    for (int i = 0; i < message->member_count; i++)
        if (message->members[i].is_padding) {
            fprintf(out, "%sipc_is_zero(message->%s, sizeof message->%s)", joint,
                    message->members[i].name, message->members[i].name);
            joint = " &&\n           ";
        }
    for (int i = 0; i < message->field_count; i++)
        if (is_checked(&message->fields[i])) {
            fprintf(out, "%s", joint);
            write_field_check(&message->fields[i], out);
            joint = " &&\n           ";
        }
    if (message->has_tail) {
        fprintf(out, "%s", joint);
        write_field_check(&message->tail, out);
    }
    fprintf(out, ";\n}\n\n");
}

/* Structure, and tail if there is one, to the parcel's bytes: the tail first, which may lie in the
 * same buffer. */
static void write_encode(const struct protocol *protocol, const struct protocol_call *call,
                         const struct message *message, const char *side, FILE *out)
{
    bool is_request = strcmp(side, "request") == 0;
    const char *tail = message->tail.name;
    begin_function(protocol, call, side, "status_t", "encode", out);
    fprintf(out, "const struct %s_%s_%s *message, %sstruct ipc_parcel *parcel)\n{\n",
            protocol->name, call->name, side, message->has_tail ? "const uint8_t *tail, " : "");
    if (needs_check(message))
        fprintf(out, "    if (!%s_%s_%s_is_valid(message))\n        return STATUS_INVALID;\n",
                protocol->name, call->name, side);
    if (message->has_tail)
        fprintf(out, "    size_t filled = ipc_round_up(message->%s_len);\n", tail);
    fprintf(out, "    if (parcel->capacity < sizeof *message%s)\n        return STATUS_TOO_BIG;\n",
            message->has_tail ? " + filled" : "");
    if (message->has_tail)
        fprintf(out,
                "    if (message->%s_len > 0)\n"
                "        memmove(parcel->bytes + sizeof *message, tail, message->%s_len);\n"
                "    memset(parcel->bytes + sizeof *message + message->%s_len, 0,\n"
                "           filled - message->%s_len);\n",
                tail, tail, tail, tail);
    fprintf(out, "    memcpy(parcel->bytes, message, sizeof *message);\n");
    if (is_request)
        fprintf(out,
                "    struct ipc_header header = { %s_OP_%s, %s_VERSION, 0 };\n"
                "    memcpy(parcel->bytes, &header, sizeof header);\n",
                protocol->upper, call->upper, protocol->upper);
    fprintf(out, "    parcel->len = sizeof *message%s;\n", message->has_tail ? " + filled" : "");
    fprintf(out, "    parcel->handle_count = %s_%s_%s_HANDLES;\n    return STATUS_OK;\n}\n\n",
            protocol->upper, call->upper, is_request ? "IN" : "OUT");
}

/* The only way from foreign bytes to the structure. */
static void write_decode(const struct protocol *protocol, const struct protocol_call *call,
                         const struct message *message, const char *side, FILE *out)
{
    bool is_request = strcmp(side, "request") == 0;
    begin_function(protocol, call, side, "status_t", "decode", out);
    fprintf(out,
            "const void *bytes, size_t len, size_t handle_count,\n"
            "    struct %s_%s_%s *out_message)\n{\n",
            protocol->name, call->name, side);
    fprintf(out, "    struct %s_%s_%s message;\n", protocol->name, call->name, side);
    fprintf(out,
            "    if (len %s sizeof message || handle_count != %s_%s_%s_HANDLES)\n"
            "        return STATUS_INVALID;\n    memcpy(&message, bytes, sizeof message);\n",
            message->has_tail ? "<" : "!=", protocol->upper, call->upper,
            is_request ? "IN" : "OUT");
    if (is_request)
        fprintf(out,
                "    if (message.header.operation != %s_OP_%s || message.header.padding != 0 ||\n"
                "        message.header.version != %s_VERSION)\n"
                "        return STATUS_INVALID;\n",
                protocol->upper, call->upper, protocol->upper);
    if (needs_check(message))
        fprintf(out, "    if (!%s_%s_%s_is_valid(&message))\n        return STATUS_INVALID;\n",
                protocol->name, call->name, side);
    if (message->has_tail)
        fprintf(
            out,
            "    if (!ipc_is_tail((const uint8_t *)bytes, len, sizeof message, message.%s_len))\n"
            "        return STATUS_INVALID;\n",
            message->tail.name);
    fprintf(out, "    *out_message = message;\n    return STATUS_OK;\n}\n\n");
}

static void write_message(const struct contract *contract, const struct protocol *protocol,
                          const struct protocol_call *call, const struct message *message,
                          const char *side, FILE *out)
{
    bool is_request = strcmp(side, "request") == 0;
    if (message->size > 0)
        write_structure(protocol, call, message, side, out);
    write_handles(contract, protocol, call, message, is_request ? "IN" : "OUT", out);
    fputc('\n', out);
    if (message->size == 0)
        return;
    if (needs_check(message))
        write_is_valid(protocol, call, message, side, out);
    write_encode(protocol, call, message, side, out);
    write_decode(protocol, call, message, side, out);
}

static void write_operations(const struct protocol *protocol, FILE *out)
{
    fprintf(out, "enum { %s_VERSION = %d };\n\nenum %s_operation {\n", protocol->upper,
            protocol->version, protocol->name);
    for (int i = 0; i < protocol->call_count; i++)
        fprintf(out, "    %s_OP_%s = %d,\n", protocol->upper, protocol->calls[i].upper,
                protocol->calls[i].number);
    fprintf(out, "};\n\n");
}

void out_ipc(const struct contract *contract, const struct protocol *protocol, FILE *out)
{
    fprintf(out,
            "/* Generated from %s by tools/abigen.\n"
            " * Messages of the protocol `%s`, version %d, and the server's dispatch. A decoder\n"
            " * takes only what an encoder can have written; what it refuses is INVALID. */\n"
            "#pragma once\n\n#include <string.h>\n\n#include <abi/ipc_parcel.h>\n\n",
            protocol->path, protocol->name, protocol->version);
    write_operations(protocol, out);
    for (int i = 0; i < protocol->call_count; i++) {
        const struct protocol_call *call = &protocol->calls[i];
        text_fold(out, "/* ", " * ", call->doc, " */");
        write_message(contract, protocol, call, &call->request, "request", out);
        if (!call->is_send)
            write_message(contract, protocol, call, &call->reply, "reply", out);
    }
    out_ipc_server(protocol, out);
}
