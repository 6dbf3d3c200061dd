/* The access log: counts every record and writes its line into a buffer. A line goes out before the next wait,
 * unless others went out less than LOG_INTERVAL_NS ago: then it waits for more until that long after them, or until
 * the buffer is nearly full. For each of many requests a line alone would be a tenth of what the request costs.
 * A line of something that went wrong goes out at once. So what a server that dies loses is lines of its last
 * tenth of a second, of answers that went out whole. */
#include "user/httpd/httpd_internal.h"

#define LOG_INTERVAL_NS 100000000ull

enum { METHOD_BYTES_MAX = 32, TARGET_BYTES_MAX = 1024, FIELD_BYTES_MAX = 256 };

/* Escaping makes six bytes of one at most, and none of a target's: a target has neither quotes nor
 * control characters (lib/http/request_line.c). The rest of a line has under 512. */
_Static_assert(METHOD_BYTES_MAX + TARGET_BYTES_MAX + 2 * 6 * FIELD_BYTES_MAX + 512 <=
                   HTTPD_LOG_LINE_BYTES_MAX,
               "a line fits");

static void count(struct httpd_counters *counters, const struct http_record *record)
{
    counters->requests++;
    counters->body_bytes += record->body_bytes;
    counters->cut += record->is_cut;
    if (record->status / 100 < sizeof counters->answers / sizeof *counters->answers)
        counters->answers[record->status / 100]++;
}

static void clip(struct http_text *text, size_t len_max)
{
    if (text->len > len_max)
        text->len = len_max;
}

void httpd_log_flush(struct httpd *httpd)
{
    if (httpd->log_len > 0)
        httpd->ops->log(httpd->io, const_span_of(httpd->log, httpd->log_len));
    httpd->log_flushed_ns = httpd->clock.now_ns;
    httpd->log_len = 0;
    httpd->log_is_urgent = false;
}

time_ns_t httpd_log_due(const struct httpd *httpd)
{
    if (httpd->log_len == 0)
        return TIME_NEVER;
    return httpd->log_is_urgent ? TIME_NOW : httpd->log_flushed_ns + LOG_INTERVAL_NS;
}

void httpd_log_record(struct httpd *httpd, const struct http_record *record)
{
    count(&httpd->counters, record);
    if (httpd->config.log_form == HTTPD_LOG_NONE)
        return;
    struct http_record clipped = *record;
    clip(&clipped.method, METHOD_BYTES_MAX);
    clip(&clipped.target, TARGET_BYTES_MAX);
    clip(&clipped.referer, FIELD_BYTES_MAX);
    clip(&clipped.user_agent, FIELD_BYTES_MAX);
    if (sizeof httpd->log - httpd->log_len < HTTPD_LOG_LINE_BYTES_MAX)
        httpd_log_flush(httpd);
    struct writer writer =
        writer_of(httpd->log + httpd->log_len, sizeof httpd->log - httpd->log_len);
    if (httpd->config.log_form == HTTPD_LOG_JSON)
        http_record_put_json(&writer, &clipped);
    else
        http_record_put_common(&writer, &clipped);
    if (writer.overrun) {
        httpd->counters.log_lines_lost++;
        return;
    }
    httpd->log_is_urgent |= record->is_cut || record->status >= 500;
    httpd->log_len += (uint32_t)writer.at;
}
