/* The server's side of <ipc/NAME.h>: a table of handlers and the dispatch of one request. */
#include "tools/abigen/out_ipc.h"

static void add_handler_parameters(const struct protocol *protocol,
                                   const struct protocol_call *call, struct text_list *list)
{
    const char *name = protocol->name;
    text_list_add(list, "void *server");
    text_list_add(list, "uint64_t badge");
    text_list_add(list, "const struct %s_%s_request *request", name, call->name);
    if (call->request.has_tail)
        text_list_add(list, "const uint8_t *%s", call->request.tail.name);
    if (call->request.handle_count > 0)
        text_list_add(list, "handle_t *handles");
    if (!call->is_send && call->reply.size > 0)
        text_list_add(list, "struct %s_%s_reply *out_reply", name, call->name);
    if (call->reply.has_tail)
        text_list_add(list, "uint8_t *out_%s", call->reply.tail.name);
    if (call->reply.handle_count > 0)
        text_list_add(list, "handle_t *out_handles");
}

static void write_ops(const struct protocol *protocol, FILE *out)
{
    fprintf(
        out,
        "/* What a server of `%s` implements; NULL answers NOT_SUPPORTED. A handler that keeps a\n"
        " * handle of the request writes HANDLE_NONE in its place; those left are the caller's to\n"
        " * close. On OK it has filled in the reply and its handles; a tail it writes in place,\n"
        " * and its length in the reply. */\nstruct %s_ops {\n",
        protocol->name, protocol->name);
    for (int i = 0; i < protocol->call_count; i++) {
        int column = fprintf(out, "    status_t (*%s)(", protocol->calls[i].name);
        struct text_list list = text_list_begin(out, column);
        add_handler_parameters(protocol, &protocol->calls[i], &list);
        fprintf(out, ");\n");
    }
    fprintf(out, "};\n\n");
}

static void write_handler_call(const struct protocol_call *call, FILE *out)
{
    int column = fprintf(out, "    status = ops->%s(", call->name);
    struct text_list list = text_list_begin(out, column);
    text_list_add(&list, "server");
    text_list_add(&list, "badge");
    text_list_add(&list, "&message");
    if (call->request.has_tail)
        text_list_add(&list, "request->bytes + sizeof message");
    if (call->request.handle_count > 0)
        text_list_add(&list, "request->handles");
    if (call->reply.size > 0)
        text_list_add(&list, "&answer");
    if (call->reply.has_tail)
        text_list_add(&list, "reply->bytes + sizeof answer");
    if (call->reply.handle_count > 0)
        text_list_add(&list, "reply->handles");
    fprintf(out, ");\n");
}

static void write_serve(const struct protocol *protocol, const struct protocol_call *call,
                        FILE *out)
{
    const char *name = protocol->name;
    fprintf(out,
            "static inline status_t %s_%s_serve(\n    const struct %s_ops *ops, void *server,"
            " uint64_t badge, struct ipc_parcel *request,\n    struct ipc_parcel *reply)\n{\n",
            name, call->name, name);
    fprintf(out, "    struct %s_%s_request message;\n", name, call->name);
    fprintf(out,
            "    status_t status = %s_%s_request_decode(request->bytes, request->len,\n"
            "        request->handle_count, &message);\n"
            "    if (status != STATUS_OK)\n        return status;\n",
            name, call->name);
    fprintf(out, "    if (ops->%s == NULL)\n        return STATUS_NOT_SUPPORTED;\n", call->name);
    if (call->reply.size > 0)
        fprintf(out, "    struct %s_%s_reply answer = { 0 };\n", name, call->name);
    if (call->reply.has_tail)
        fprintf(out, "    if (reply->capacity < sizeof answer + ipc_round_up(%d))\n",
                call->reply.tail.size);
    else if (call->reply.size > 0)
        fprintf(out, "    if (reply->capacity < sizeof answer)\n");
    if (call->reply.size > 0)
        fprintf(out, "        return STATUS_TOO_BIG;\n");
    write_handler_call(call, out);
    fprintf(out, "    if (status != STATUS_OK)\n        return status;\n");
    if (call->reply.size > 0)
        fprintf(out, "    return %s_%s_reply_encode(&answer, %sreply);\n}\n\n", name, call->name,
                call->reply.has_tail ? "reply->bytes + sizeof answer, " : "");
    else
        fprintf(out, "    reply->handle_count = %d;\n    return STATUS_OK;\n}\n\n",
                call->reply.handle_count);
}

static void write_dispatch(const struct protocol *protocol, FILE *out)
{
    fprintf(
        out,
        "/* Check one request, run its handler and encode the reply. `request` and `reply` have\n"
        " * buffers of their own. Unless the answer is OK the reply is not to be sent, but its\n"
        " * handle_count is 0 and the request's handles are to be closed as ever.\n"
        " * @return INVALID (malformed), NOT_SUPPORTED (operation or version), TOO_BIG (the\n"
        " *         reply's buffer), or what the handler says. */\n"
        "static inline status_t %s_dispatch(const struct %s_ops *ops, void *server,\n"
        "    uint64_t badge, struct ipc_parcel *request, struct ipc_parcel *reply)\n{\n"
        "    struct ipc_header header;\n    reply->len = 0;\n    reply->handle_count = 0;\n"
        "    if (request->len < sizeof header)\n        return STATUS_INVALID;\n"
        "    memcpy(&header, request->bytes, sizeof header);\n"
        "    if (header.version != %s_VERSION)\n        return STATUS_NOT_SUPPORTED;\n"
        "    switch (header.operation) {\n",
        protocol->name, protocol->name, protocol->upper);
    for (int i = 0; i < protocol->call_count; i++)
        fprintf(out, "    case %s_OP_%s: return %s_%s_serve(ops, server, badge, request, reply);\n",
                protocol->upper, protocol->calls[i].upper, protocol->name, protocol->calls[i].name);
    fprintf(out, "    default: return STATUS_NOT_SUPPORTED;\n    }\n}\n");
}

void out_ipc_server(const struct protocol *protocol, FILE *out)
{
    write_ops(protocol, out);
    for (int i = 0; i < protocol->call_count; i++)
        write_serve(protocol, &protocol->calls[i], out);
    write_dispatch(protocol, out);
}
