/* Paths: whatever comes in, what comes out names something below the root, and encoding it and
 * resolving it again gives the same. Dates ride along. */
#include "lib/base/assert.h"
#include "lib/http/date.h"
#include "lib/http/mime.h"
#include "lib/http/path.h"

enum { ROOM_BYTES = 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No segment is empty, `.` or `..`, and no byte ends a name for a file system. */
static void check_path(const char *path, size_t len)
{
    ASSERT(len >= 1 && path[0] == '/');
    size_t start = 1;
    for (size_t at = 1; at <= len; at++) {
        if (at < len && path[at] != '/') {
            ASSERT(path[at] != '\0');
            continue;
        }
        size_t segment = at - start;
        ASSERT(segment > 0 || at == len);
        ASSERT(segment != 1 || path[start] != '.');
        ASSERT(segment != 2 || memcmp(path + start, "..", 2) != 0);
        start = at + 1;
    }
}

static void check_round_trip(const char *path, size_t len)
{
    char encoded[3 * ROOM_BYTES], again[ROOM_BYTES];
    size_t again_len;
    struct writer writer = writer_of(encoded, sizeof encoded);
    http_put_path(&writer, (struct http_text){ path, len });
    ASSERT(!writer.overrun);
    status_t status = http_path_resolve((struct http_text){ encoded, writer.at },
                                        span_of(again, sizeof again), &again_len);
    ASSERT(status == STATUS_OK);
    ASSERT(again_len == len && memcmp(again, path, len) == 0);
}

static void check_date(struct http_text text)
{
    int64_t seconds, again;
    char room[HTTP_DATE_BYTES];
    if (!http_date_parse(text, 784111777, &seconds))
        return;
    struct writer writer = writer_of(room, sizeof room);
    ASSERT(seconds >= 0);
    if (seconds > HTTP_DATE_MAX_S)
        return; /* The leap second of the last day. */
    http_put_date(&writer, seconds);
    bool is_date = http_date_parse((struct http_text){ room, writer.at }, 0, &again);
    ASSERT(is_date && again == seconds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char room[ROOM_BYTES];
    size_t len;
    struct http_text raw = { (const char *)data, size };
    if (http_path_resolve(raw, span_of(room, sizeof room), &len) == STATUS_OK) {
        check_path(room, len);
        check_round_trip(room, len);
    }
    ASSERT(http_mime_type(raw) != NULL);
    check_date(raw);
    return 0;
}
