/* build/ref/ipc-NAME.md: the manual of a protocol. */
#include "tools/abigen/out_ipc.h"

static void write_field(const struct field *field, const char *direction, FILE *out)
{
    fprintf(out, "| %s | `%s` | %s", direction, field->name, field_type_word(field->type));
    if (field->type == FIELD_FLAGS)
        fprintf(out, " mask %s", field->mask);
    else if (field->type == FIELD_TEXT || field->type == FIELD_TAIL)
        fprintf(out, ", at most %d bytes", field->size);
    else if (field->type == FIELD_BYTES)
        fprintf(out, " %d", field->size);
    fprintf(out, " |\n");
}

static void write_message(const struct contract *contract, const struct message *message,
                          const char *direction, FILE *out)
{
    char text[TEXT_TYPE_SIZE];
    for (int i = 0; i < message->field_count; i++)
        write_field(&message->fields[i], direction, out);
    if (message->has_tail)
        write_field(&message->tail, direction, out);
    for (int i = 0; i < message->handle_count; i++) {
        fprintf(out, "| %s | `%s` | ", direction, message->handles[i].name);
        text_cell(text_type(contract, &message->handles[i].handle, text), out);
        fprintf(out, " |\n");
    }
}

static bool is_empty(const struct message *message)
{
    return message->field_count + message->handle_count + message->has_tail == 0;
}

void out_ipc_manual(const struct contract *contract, const struct protocol *protocol, FILE *out)
{
    fprintf(out, "<!-- Generated from %s by tools/abigen. -->\n# Protocol %s, version %d\n",
            protocol->path, protocol->name, protocol->version);
    for (int i = 0; i < protocol->call_count; i++) {
        const struct protocol_call *call = &protocol->calls[i];
        fprintf(out, "\n## %s\n\nOperation %d%s. Request of %d bytes", call->name, call->number,
                call->is_send ? ", without an answer" : "", call->request.size);
        if (!call->is_send)
            fprintf(out, ", answer of %d", call->reply.size);
        fprintf(out, "%s.\n\n",
                call->request.has_tail || call->reply.has_tail ? ", and the tail" : "");
        text_fold(out, "", "", call->doc, "");
        if (!is_empty(&call->request) || !is_empty(&call->reply))
            fprintf(out, "\n| | name | |\n|---|---|---|\n");
        write_message(contract, &call->request, "in", out);
        write_message(contract, &call->reply, "out", out);
    }
}
