/* Log lines; see record.h. The texts in a record are a stranger's: no byte of them reaches a line
 * unescaped, or a client could write log lines of its own. */
#include "lib/http/record.h"

#include "lib/http/date.h"

/* The longest run of zero groups, of two at least: RFC 5952, 4.2. */
static void zero_run(const uint8_t address[16], unsigned *out_at, unsigned *out_len)
{
    *out_at = 8;
    *out_len = 1;
    for (unsigned at = 0, len; at < 8; at += len > 0 ? len : 1) {
        for (len = 0; at + len < 8 && load_be16(address + 2 * (at + len)) == 0;)
            len++;
        if (len > *out_len) {
            *out_at = at;
            *out_len = len;
        }
    }
}

static void put_group(struct writer *writer, uint16_t group)
{
    unsigned digits = group > 0xfff ? 4 : group > 0xff ? 3 : group > 0xf ? 2 : 1;
    http_put_hex(writer, group, digits);
}

static void put_ipv6(struct writer *writer, const uint8_t address[16])
{
    unsigned zeros_at, zeros_len;
    zero_run(address, &zeros_at, &zeros_len);
    for (unsigned at = 0; at < 8;) {
        if (at == zeros_at) {
            http_put(writer, "::");
            at += zeros_len;
            continue;
        }
        if (at > 0 && at != zeros_at + zeros_len)
            http_put(writer, ":");
        put_group(writer, load_be16(address + 2 * at));
        at++;
    }
}

void http_put_address(struct writer *writer, const uint8_t address[16])
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    if (memcmp(address, mapped, sizeof mapped) != 0) {
        put_ipv6(writer, address);
        return;
    }
    for (unsigned i = 12; i < 16; i++) {
        if (i > 12)
            http_put(writer, ".");
        http_put_decimal(writer, address[i]);
    }
}

static bool is_escaped(char c)
{
    uint8_t byte = (uint8_t)c;
    return byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\';
}

/* `\u00e9` in JSON, `\xe9` in the common form. */
static void put_escaped(struct writer *writer, struct http_text text, const char *escape)
{
    size_t at = 0;
    while (at < text.len) {
        size_t plain = at;
        while (plain < text.len && !is_escaped(text.data[plain]))
            plain++;
        writer_bytes(writer, text.data + at, plain - at);
        at = plain;
        if (at < text.len) {
            http_put(writer, escape);
            http_put_hex(writer, (uint8_t)text.data[at++], 2);
        }
    }
}

static void put_json_text(struct writer *writer, const char *key, struct http_text text)
{
    http_put(writer, ",\"");
    http_put(writer, key);
    http_put(writer, "\":\"");
    put_escaped(writer, text, "\\u00");
    http_put(writer, "\"");
}

static void put_json_number(struct writer *writer, const char *key, uint64_t number)
{
    http_put(writer, ",\"");
    http_put(writer, key);
    http_put(writer, "\":");
    http_put_decimal(writer, number);
}

void http_record_put_json(struct writer *writer, const struct http_record *record)
{
    http_put(writer, "{\"peer\":\"");
    http_put_address(writer, record->peer.address);
    http_put(writer, "\"");
    put_json_number(writer, "port", record->peer.port);
    put_json_number(writer, "time_s", record->now_s > 0 ? (uint64_t)record->now_s : 0);
    put_json_text(writer, "method", record->method);
    put_json_text(writer, "target", record->target);
    put_json_number(writer, "status", record->status);
    put_json_number(writer, "bytes", record->body_bytes);
    put_json_number(writer, "duration_us", record->duration_ns / 1000);
    put_json_text(writer, "referer", record->referer);
    put_json_text(writer, "user_agent", record->user_agent);
    http_put(writer, record->is_cut ? ",\"cut\":true}\n" : ",\"cut\":false}\n");
}

/* `[06/Nov/1994:08:49:37 +0000]`. */
static void put_common_time(struct writer *writer, int64_t now_s)
{
    if (now_s <= 0 || now_s > HTTP_DATE_MAX_S) {
        http_put(writer, "[-]");
        return;
    }
    struct http_calendar at = http_calendar_of(now_s);
    http_put(writer, "[");
    http_put_decimal_padded(writer, at.day, 2);
    http_put(writer, "/");
    http_put(writer, http_month_name(at.month));
    http_put(writer, "/");
    http_put_decimal_padded(writer, at.year, 4);
    http_put(writer, ":");
    http_put_decimal_padded(writer, at.hour, 2);
    http_put(writer, ":");
    http_put_decimal_padded(writer, at.minute, 2);
    http_put(writer, ":");
    http_put_decimal_padded(writer, at.second, 2);
    http_put(writer, " +0000]");
}

void http_record_put_common(struct writer *writer, const struct http_record *record)
{
    http_put_address(writer, record->peer.address);
    http_put(writer, " - - ");
    put_common_time(writer, record->now_s);
    http_put(writer, " \"");
    if (record->method.len == 0) {
        http_put(writer, "-");
    } else {
        put_escaped(writer, record->method, "\\x");
        http_put(writer, " ");
        put_escaped(writer, record->target, "\\x");
        http_put(writer, record->minor_version == 0 ? " HTTP/1.0" : " HTTP/1.1");
    }
    http_put(writer, "\" ");
    http_put_decimal(writer, record->status);
    http_put(writer, " ");
    http_put_decimal(writer, record->body_bytes);
    http_put(writer, "\n");
}
