/* The lines of a protocol in abi/abi.golden: where each member of each message lies. */
#include "tools/abigen/out_ipc.h"

static void write_message(const struct contract *contract, const struct protocol *protocol,
                          const struct protocol_call *call, const struct message *message,
                          const char *side, FILE *out)
{
    char text[TEXT_TYPE_SIZE];
    fprintf(out, "message %s %s %s size %d\n", protocol->name, call->name, side, message->size);
    for (int i = 0; i < message->member_count; i++)
        if (!message->members[i].is_padding)
            fprintf(out, "member %s %s %s %s at %d size %d\n", protocol->name, call->name, side,
                    message->members[i].name, message->members[i].offset, message->members[i].size);
    for (int i = 0; i < message->field_count; i++)
        if (message->fields[i].type == FIELD_FLAGS)
            fprintf(out, "member %s %s %s %s mask %s\n", protocol->name, call->name, side,
                    message->fields[i].name, message->fields[i].mask);
    if (message->has_tail)
        fprintf(out, "tail %s %s %s %s max %d\n", protocol->name, call->name, side,
                message->tail.name, message->tail.size);
    for (int i = 0; i < message->handle_count; i++)
        fprintf(out, "handle %s %s %s %d %s %s\n", protocol->name, call->name, side, i,
                message->handles[i].name, text_type(contract, &message->handles[i].handle, text));
}

void out_ipc_golden(const struct contract *contract, const struct protocol *protocol, FILE *out)
{
    fprintf(out, "protocol %s version %d\n", protocol->name, protocol->version);
    for (int i = 0; i < protocol->call_count; i++) {
        const struct protocol_call *call = &protocol->calls[i];
        fprintf(out, "%s %s %d %s\n", call->is_send ? "send" : "call", protocol->name, call->number,
                call->name);
        write_message(contract, protocol, call, &call->request, "request", out);
        if (!call->is_send)
            write_message(contract, protocol, call, &call->reply, "reply", out);
    }
}
