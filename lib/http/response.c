/* Heads of responses; see response.h. */
#include "lib/http/response.h"

#include "lib/http/date.h"

void http_head_begin(struct writer *writer, unsigned status, int64_t now_s)
{
    http_put(writer, "HTTP/1.1 ");
    http_put_decimal(writer, status);
    http_put(writer, " ");
    http_put(writer, http_status_reason(status));
    http_put(writer, "\r\nServer: swos\r\n");
    if (now_s > 0 && now_s <= HTTP_DATE_MAX_S)
        http_head_date(writer, "Date", now_s);
}

static void field_begin(struct writer *writer, const char *name)
{
    http_put(writer, name);
    http_put(writer, ": ");
}

void http_head_field(struct writer *writer, const char *name, struct http_text value)
{
    field_begin(writer, name);
    http_put_text(writer, value);
    http_put(writer, "\r\n");
}

void http_head_decimal(struct writer *writer, const char *name, uint64_t number)
{
    field_begin(writer, name);
    http_put_decimal(writer, number);
    http_put(writer, "\r\n");
}

void http_head_date(struct writer *writer, const char *name, int64_t seconds)
{
    field_begin(writer, name);
    http_put_date(writer, seconds);
    http_put(writer, "\r\n");
}

void http_head_range(struct writer *writer, uint64_t offset_bytes, uint64_t len_bytes,
                     uint64_t size_bytes)
{
    field_begin(writer, "Content-Range");
    http_put(writer, "bytes ");
    http_put_decimal(writer, offset_bytes);
    http_put(writer, "-");
    http_put_decimal(writer, offset_bytes + len_bytes - 1);
    http_put(writer, "/");
    http_put_decimal(writer, size_bytes);
    http_put(writer, "\r\n");
}

void http_head_end(struct writer *writer)
{
    http_put(writer, "\r\n");
}

void http_put_error_page(struct writer *writer, unsigned status)
{
    http_put(writer, "<!doctype html><title>");
    http_put_decimal(writer, status);
    http_put(writer, "</title><h1>");
    http_put_decimal(writer, status);
    http_put(writer, " ");
    http_put(writer, http_status_reason(status));
    http_put(writer, "</h1>\n");
}

const char *http_status_reason(unsigned status)
{
    switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "";
    }
}
