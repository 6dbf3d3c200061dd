/* <ipc/NAME_client.h>: one function a call, which encodes, calls and decodes. */
#include "tools/abigen/out_ipc.h"

enum { INLINE_SIZE = 64 }; /* IPC_PARCEL_INLINE_SIZE */

static bool has_tail(const struct protocol_call *call)
{
    return call->request.has_tail || call->reply.has_tail;
}

static bool has_reply(const struct protocol_call *call)
{
    return !call->is_send && call->reply.size > 0;
}

static void write_prototype(const struct protocol *protocol, const struct protocol_call *call,
                            FILE *out)
{
    const char *name = protocol->name;
    int column = fprintf(out, "static inline status_t %s_%s(", name, call->name);
    struct text_list list = text_list_begin(out, column);
    text_list_add(&list, "handle_t channel");
    if (!call->is_send)
        text_list_add(&list, "time_ns_t deadline");
    if (has_tail(call))
        text_list_add(&list, "struct ipc_parcel *parcel");
    if (call->request.size > 8)
        text_list_add(&list, "const struct %s_%s_request *request", name, call->name);
    if (call->request.has_tail)
        text_list_add(&list, "const uint8_t *%s", call->request.tail.name);
    if (call->request.handle_count > 0)
        text_list_add(&list, "const handle_t *handles");
    if (has_reply(call))
        text_list_add(&list, "struct %s_%s_reply *out_reply", name, call->name);
    if (call->reply.has_tail)
        text_list_add(&list, "const uint8_t **out_%s", call->reply.tail.name);
    if (call->reply.handle_count > 0)
        text_list_add(&list, "handle_t *out_handles");
    fprintf(out, ")\n{\n");
}

/* A parcel on the stack, unless the caller brought one that has room for the tails. */
static void write_parcel(const struct protocol_call *call, FILE *out)
{
    int size = call->request.size > call->reply.size ? call->request.size : call->reply.size;
    if (has_tail(call))
        return;
    fprintf(out,
            "    uint8_t bytes[%d];\n"
            "    struct ipc_parcel local = { .bytes = bytes, .capacity = sizeof bytes };\n"
            "    struct ipc_parcel *parcel = &local;\n",
            size);
}

static void write_encode(const struct protocol *protocol, const struct protocol_call *call,
                         FILE *out)
{
    const char *name = protocol->name;
    if (call->request.size == 8)
        fprintf(out, "    const struct %s_%s_request empty = { 0 };\n", name, call->name);
    fprintf(out, "    status_t status = %s_%s_request_encode(%s, %s%sparcel);\n", name, call->name,
            call->request.size == 8 ? "&empty" : "request", call->request.tail.name,
            call->request.has_tail ? ", " : "");
    fprintf(out, "    if (status != STATUS_OK)\n        return status;\n");
    if (call->request.handle_count > 0)
        fprintf(out,
                "    for (size_t i = 0; i < %d; i++)\n"
                "        parcel->handles[i] = handles[i];\n",
                call->request.handle_count);
}

/* Both messages fit in the registers of the fast path. */
static bool is_fast(const struct protocol_call *call)
{
    return !has_tail(call) && call->request.handle_count == 0 && call->reply.handle_count == 0 &&
           call->request.size <= INLINE_SIZE && call->reply.size <= INLINE_SIZE;
}

static void write_call(const struct protocol *protocol, const struct protocol_call *call, FILE *out)
{
    const char *name = protocol->name;
    fprintf(out,
            "    status = ipc_call%s(channel, deadline, parcel);\n"
            "    if (status != STATUS_OK)\n        return status;\n",
            is_fast(call) ? "_words" : "");
    if (has_reply(call))
        fprintf(out,
                "    status = %s_%s_reply_decode(parcel->bytes, parcel->len,\n"
                "        parcel->handle_count, out_reply);\n",
                name, call->name);
    else
        fprintf(out,
                "    if (parcel->len != 0 || parcel->handle_count != %d)\n"
                "        status = STATUS_INVALID;\n",
                call->reply.handle_count);
    fprintf(out, "    if (status != STATUS_OK) {\n        ipc_parcel_close(parcel);\n"
                 "        return status;\n    }\n");
    if (call->reply.has_tail)
        fprintf(out, "    *out_%s = parcel->bytes + sizeof *out_reply;\n", call->reply.tail.name);
    if (call->reply.handle_count > 0)
        fprintf(out,
                "    for (size_t i = 0; i < %d; i++)\n"
                "        out_handles[i] = parcel->handles[i];\n",
                call->reply.handle_count);
    fprintf(out, "    return STATUS_OK;\n");
}

void out_ipc_client(const struct contract *contract, const struct protocol *protocol, FILE *out)
{
    (void)contract;
    fprintf(
        out,
        "/* Generated from %s by tools/abigen.\n"
        " * The client's side of the protocol `%s`. Handles of a request move to the server\n"
        " * when the call succeeds. A call with a tail needs the caller's parcel, with a buffer\n"
        " * that holds request and reply; a tail that comes back lies in it. */\n"
        "#pragma once\n\n#include <ipc/%s.h>\n\n#include \"user/ipc/call.h\"\n\n",
        protocol->path, protocol->name, protocol->name);
    for (int i = 0; i < protocol->call_count; i++) {
        const struct protocol_call *call = &protocol->calls[i];
        text_fold(out, "/* ", " * ", call->doc, " */");
        write_prototype(protocol, call, out);
        write_parcel(call, out);
        write_encode(protocol, call, out);
        if (call->is_send)
            fprintf(out, "    return ipc_send(channel, parcel);\n");
        else
            write_call(protocol, call, out);
        fprintf(out, "}\n\n");
    }
}
