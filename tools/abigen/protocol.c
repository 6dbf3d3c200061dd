/* Reader of abi/ipc/NAME.idl: one protocol a file.
 *
 *     protocol net version 1
 *     call 1 listen_add                   or `send`, which wants no answer
 *         in   address bytes 16           u8 u16 u32 u64 i64 bool time, flags NAME mask BITS,
 *         in   name    text 64            bytes N, text N (at most N bytes)
 *         in   gate    handle LISTENER +POST    handles travel beside the bytes, in this order
 *         in   options tail max 1024      bytes of any length, the last field
 *         out  token   u64
 *         doc  Prose.
 */
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tools/abigen/protocol.h"
#include "tools/abigen/type_reader.h"

static const char *const field_words[FIELD_TYPE_COUNT] = {
    [FIELD_U8] = "u8",     [FIELD_U16] = "u16",     [FIELD_U32] = "u32",
    [FIELD_U64] = "u64",   [FIELD_I64] = "i64",     [FIELD_BOOL] = "bool",
    [FIELD_TIME] = "time", [FIELD_FLAGS] = "flags", [FIELD_BYTES] = "bytes",
    [FIELD_TEXT] = "text", [FIELD_TAIL] = "tail",   [FIELD_HANDLE] = "handle",
};

const char *field_type_word(enum field_type type)
{
    return field_words[type];
}

static void to_capitals(const char *name, char upper[NAME_SIZE])
{
    int i = 0;
    for (; name[i] != 0; i++)
        upper[i] = (char)toupper((unsigned char)name[i]);
    upper[i] = 0;
}

static enum field_type field_type_find(const struct tab *tab, const char *word)
{
    for (int i = 0; i < FIELD_TYPE_COUNT; i++)
        if (strcmp(field_words[i], word) == 0)
            return (enum field_type)i;
    tab_error(tab, "unknown type '%s'", word);
}

static int read_size(struct type_reader *reader, int max)
{
    long size = tab_number(reader->tab, reader->at++);
    if (size < 1 || size > max)
        tab_error(reader->tab, "a size from 1 to %d is expected", max);
    return (int)size;
}

/* What follows the type's word. */
static void read_type(struct type_reader *reader, struct field *field)
{
    switch (field->type) {
    case FIELD_BYTES:
    case FIELD_TEXT: field->size = read_size(reader, MESSAGE_SIZE_MAX); break;
    case FIELD_TAIL:
        if (!type_next_is(reader, "max"))
            tab_error(reader->tab, "a tail needs a bound: max N");
        field->size = read_size(reader, TAIL_SIZE_MAX);
        break;
    case FIELD_HANDLE: type_read_handle(reader, &field->handle); break;
    case FIELD_FLAGS:
        type_read_flags(reader, &field->handle);
        strcpy(field->mask, field->handle.mask);
        break;
    default: reader->at = reader->tab->word_count; break; /* A unit, for people. */
    }
    if (reader->at < reader->tab->word_count)
        tab_error(reader->tab, "'%s' is not expected here", reader->tab->words[reader->at]);
}

static bool has_name(const struct field *fields, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return true;
    return false;
}

static void refuse_name(const struct tab *tab, const struct message *message, const char *name)
{
    if (has_name(message->fields, message->field_count, name) ||
        has_name(message->handles, message->handle_count, name) ||
        (message->has_tail && strcmp(message->tail.name, name) == 0))
        tab_error(tab, "'%s' is there already", name);
    if (strcmp(name, "header") == 0 || strncmp(name, "padding_", 8) == 0 ||
        (strlen(name) > 4 && strcmp(name + strlen(name) - 4, "_len") == 0))
        tab_error(tab, "'%s' cannot be used as a name", name);
}

static void add_field(const struct contract *contract, const struct tab *tab,
                      struct message *message)
{
    struct type_reader reader = { .contract = contract, .tab = tab, .at = 2 };
    struct field field = { 0 };
    row_name(tab, 1, field.name);
    refuse_name(tab, message, field.name);
    if (tab->word_count < 3)
        tab_error(tab, "the type is missing");
    field.type = field_type_find(tab, tab->words[reader.at++]);
    read_type(&reader, &field);
    if (message->has_tail && field.type != FIELD_HANDLE)
        tab_error(tab, "the tail is the last field");
    if (field.type == FIELD_HANDLE && message->handle_count == HANDLES_MAX)
        tab_error(tab, "more than %d handles", HANDLES_MAX);
    if (field.type != FIELD_HANDLE && message->field_count == FIELDS_MAX)
        tab_error(tab, "more than %d fields", FIELDS_MAX);
    if (field.type == FIELD_HANDLE) {
        message->handles[message->handle_count++] = field;
    } else if (field.type == FIELD_TAIL) {
        message->tail = field;
        message->has_tail = true;
    } else {
        message->fields[message->field_count++] = field;
    }
}

static void open_protocol(struct protocol *protocol, const struct tab *tab)
{
    if (tab->word_count != 4 || strcmp(tab->words[2], "version") != 0)
        tab_error(tab, "expected: protocol NAME version NUMBER");
    if (protocol->name[0] != 0)
        tab_error(tab, "a file has one protocol");
    row_name(tab, 1, protocol->name);
    to_capitals(protocol->name, protocol->upper);
    long version = tab_number(tab, 3);
    if (version < 1 || version > UINT16_MAX)
        tab_error(tab, "a version is from 1 to %d", UINT16_MAX);
    protocol->version = (int)version;
}

static struct protocol_call *open_call(struct protocol *protocol, const struct tab *tab)
{
    if (protocol->name[0] == 0)
        tab_error(tab, "the protocol is not named yet");
    if (tab->word_count != 3)
        tab_error(tab, "expected: %s NUMBER NAME", tab->words[0]);
    if (protocol->call_count == PROTOCOL_CALLS_MAX)
        tab_error(tab, "more than %d calls", PROTOCOL_CALLS_MAX);
    struct protocol_call *call = &protocol->calls[protocol->call_count];
    long number = tab_number(tab, 1);
    if (number < 1 || number > INT32_MAX)
        tab_error(tab, "a call's number is from 1 on");
    row_name(tab, 2, call->name);
    for (int i = 0; i < protocol->call_count; i++)
        if (protocol->calls[i].number == number || strcmp(protocol->calls[i].name, call->name) == 0)
            tab_error(tab, "number or name is that of call %s", protocol->calls[i].name);
    call->number = (int)number;
    to_capitals(call->name, call->upper);
    call->line = tab->line;
    call->is_send = strcmp(tab->words[0], "send") == 0;
    protocol->call_count++;
    return call;
}

static void close_call(const struct tab *tab, struct protocol_call *call)
{
    struct tab at = { .path = tab->path, .line = call->line };
    if (call->doc[0] == 0)
        tab_error(&at, "call %s has no doc", call->name);
    if (!message_lay_out(&call->request, 8) || !message_lay_out(&call->reply, 0))
        tab_error(&at, "a message of call %s is longer than %d bytes", call->name,
                  MESSAGE_SIZE_MAX);
}

static void add_line(const struct contract *contract, const struct tab *tab,
                     struct protocol_call *call)
{
    const char *word = tab->words[0];
    if (strcmp(word, "in") == 0)
        add_field(contract, tab, &call->request);
    else if (strcmp(word, "out") == 0 && call->is_send)
        tab_error(tab, "a message that wants no answer has no out");
    else if (strcmp(word, "out") == 0)
        add_field(contract, tab, &call->reply);
    else if (strcmp(word, "doc") == 0)
        row_doc(tab, 1, call->doc);
    else
        tab_error(tab, "expected in, out or doc, not '%s'", word);
}

void protocol_read(struct protocol *protocol, const struct contract *contract, const char *path)
{
    struct tab tab;
    struct protocol_call *call = NULL;
    tab_open(&tab, path);
    protocol->path = path;
    while (tab_next(&tab)) {
        if (tab.indented && call == NULL)
            tab_error(&tab, "an indented line before the first call");
        if (tab.indented) {
            add_line(contract, &tab, call);
            continue;
        }
        if (call != NULL)
            close_call(&tab, call);
        call = NULL;
        if (strcmp(tab.words[0], "protocol") == 0)
            open_protocol(protocol, &tab);
        else if (strcmp(tab.words[0], "call") == 0 || strcmp(tab.words[0], "send") == 0)
            call = open_call(protocol, &tab);
        else
            tab_error(&tab, "expected protocol, call or send, not '%s'", tab.words[0]);
    }
    if (call != NULL)
        close_call(&tab, call);
    if (protocol->call_count == 0)
        tab_error(&tab, "a protocol without calls");
    tab_close(&tab);
}
