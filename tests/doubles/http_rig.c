/* The bench of http_rig.h. */
#include "tests/doubles/http_rig.h"

#include "lib/base/assert.h"
#include "lib/base/list.h"

struct rig_file {
    const char *path; /* With a slash at the end: a directory. */
    status_t status;
    const char *content; /* NULL: the pattern of /big.bin. */
    struct http_file file;
};

#define MODIFIED_S 784111777
#define REGULAR(size) { HTTP_FILE_REGULAR, size, MODIFIED_S, 0xabcd0000 + size }

static const struct rig_file files[] = {
    { "/", STATUS_OK, "", { .kind = HTTP_FILE_DIRECTORY } },
    { "/index.html", STATUS_OK, "<h1>Hello</h1>....", REGULAR(18) },
    { "/hello.txt", STATUS_OK, "hello, world", REGULAR(12) },
    { "/big.bin", STATUS_OK, NULL, REGULAR(100000) },
    { "/empty", STATUS_OK, "", REGULAR(0) },
    { "/dir/", STATUS_OK, "", { .kind = HTTP_FILE_DIRECTORY } },
    { "/dir/index.html", STATUS_OK, "dir!", REGULAR(4) },
    { "/bare/", STATUS_OK, "", { .kind = HTTP_FILE_DIRECTORY } },
    { "/device", STATUS_OK, "", { .kind = HTTP_FILE_OTHER } },
    { "/secret", STATUS_NO_RIGHT, NULL, { 0 } },
    { "/broken", STATUS_IO, NULL, { 0 } },
};

char http_rig_big_byte(uint64_t at)
{
    return (char)(at * 31 + at / 251);
}

static const struct rig_file *rig_lookup(struct http_text path)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct http_text name = { files[i].path, strlen(files[i].path) };
        struct http_text bare = { name.data, name.len > 1 ? name.len - 1 : name.len };
        bool is_directory = name.data[name.len - 1] == '/';
        if (http_text_equal(path, name) || (is_directory && http_text_equal(path, bare)))
            return &files[i];
    }
    return NULL;
}

static void rig_step(struct http_rig *rig, struct http_event event)
{
    rig->deadline_ns = http_connection_step(&rig->connection, &event, &rig->clock, &rig->action);
    rig->is_closed = rig->action.kind == HTTP_ACTION_CLOSE;
    ASSERT(!rig->is_closed || rig->file == NULL);
}

void http_rig_open(struct http_rig *rig, bool is_refusal)
{
    struct http_peer peer = { { [10] = 255, 255, 10, 0, 2, 2 }, 40000 };
    memset(rig, 0, sizeof *rig);
    rig->server.policy = &http_policy_default;
    rig->clock = (struct http_clock){ 1000, MODIFIED_S + 86400 };
    http_connection_open(&rig->connection, &rig->server, &peer, is_refusal, rig->clock.now_ns);
    rig_step(rig, (struct http_event){ .kind = HTTP_EVENT_TIMER });
}

static void rig_out(struct http_rig *rig, char byte)
{
    ASSERT(!rig->is_shut);
    if (rig->out_len < HTTP_RIG_OUT_BYTES)
        rig->out[rig->out_len] = byte;
    rig->out_len++;
}

static size_t rig_limit(size_t len, size_t max)
{
    return max != 0 && len > max ? max : len;
}

static struct http_event rig_opened(struct http_rig *rig)
{
    const struct rig_file *found = rig_lookup(rig->action.path);
    ASSERT(rig->file == NULL);
    if (found == NULL || found->status != STATUS_OK)
        return (struct http_event){ .kind = HTTP_EVENT_OPENED,
                                    .status = found == NULL ? STATUS_NOT_FOUND : found->status };
    if (found->file.kind == HTTP_FILE_REGULAR)
        rig->file = &found->file;
    return (struct http_event){ .kind = HTTP_EVENT_OPENED, .file = found->file };
}

static struct http_event rig_wrote(struct http_rig *rig)
{
    size_t len = rig_limit(rig->action.bytes.len, rig->write_max);
    ASSERT(len > 0);
    for (size_t i = 0; i < len; i++)
        rig_out(rig, (char)rig->action.bytes.data[i]);
    return (struct http_event){ .kind = HTTP_EVENT_WROTE, .len = len };
}

static struct http_event rig_sent(struct http_rig *rig)
{
    const struct rig_file *found = CONTAINER_OF(rig->file, const struct rig_file, file);
    uint64_t offset = rig->action.offset_bytes;
    size_t len = rig_limit(rig->action.len_bytes, rig->write_max);
    ASSERT(len > 0 && offset + rig->action.len_bytes <= rig->file->size_bytes);
    for (size_t i = 0; i < len; i++)
        rig_out(rig, found->content == NULL ? http_rig_big_byte(offset + i)
                                            : found->content[offset + i]);
    return (struct http_event){ .kind = HTTP_EVENT_WROTE, .len = len };
}

static void rig_log(struct http_rig *rig)
{
    rig->record = rig->action.record;
    if (rig->record_count < HTTP_RIG_RECORDS_MAX)
        rig->statuses[rig->record_count] = rig->action.record.status;
    rig->record_count++;
}

/* Carry out every action that needs nothing from the client. */
static void rig_work(struct http_rig *rig)
{
    while (!rig->is_closed && rig->action.kind != HTTP_ACTION_READ) {
        struct http_event event = { .kind = HTTP_EVENT_DONE };
        switch (rig->action.kind) {
        case HTTP_ACTION_OPEN: event = rig_opened(rig); break;
        case HTTP_ACTION_WRITE: event = rig_wrote(rig); break;
        case HTTP_ACTION_SEND: event = rig_sent(rig); break;
        case HTTP_ACTION_CLOSE_FILE: rig->file = NULL; break;
        case HTTP_ACTION_LOG: rig_log(rig); break;
        case HTTP_ACTION_SHUTDOWN: rig->is_shut = true; break;
        case HTTP_ACTION_READ:
        case HTTP_ACTION_CLOSE: break;
        }
        rig_step(rig, event);
    }
}

void http_rig_send(struct http_rig *rig, const void *bytes, size_t len)
{
    const char *at = bytes;
    rig_work(rig);
    while (len > 0 && !rig->is_closed) {
        size_t part = rig_limit(len, rig->read_max);
        if (part > rig->action.room.len)
            part = rig->action.room.len;
        memcpy(rig->action.room.data, at, part);
        at += part;
        len -= part;
        rig_step(rig, (struct http_event){ .kind = HTTP_EVENT_READ, .len = part });
        rig_work(rig);
    }
}

void http_rig_send_string(struct http_rig *rig, const char *string)
{
    http_rig_send(rig, string, strlen(string));
}

void http_rig_end(struct http_rig *rig)
{
    rig_work(rig);
    if (!rig->is_closed)
        rig_step(rig, (struct http_event){ .kind = HTTP_EVENT_READ, .len = 0 });
    rig_work(rig);
}

void http_rig_wait(struct http_rig *rig, time_ns_t duration_ns)
{
    rig->clock.now_ns += duration_ns;
    rig->clock.now_s += (int64_t)(duration_ns / 1000000000);
    rig_step(rig, (struct http_event){ .kind = HTTP_EVENT_TIMER });
}

void http_rig_break(struct http_rig *rig)
{
    rig_step(rig, (struct http_event){ .kind = HTTP_EVENT_BROKEN });
    rig_work(rig);
}
