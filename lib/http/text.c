/* Text of a message; see text.h. */
#include "lib/http/text.h"

#include "lib/base/assert.h"

static char fold(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

bool http_text_equal(struct http_text a, struct http_text b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

bool http_text_equal_fold(struct http_text a, struct http_text b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (fold(a.data[i]) != fold(b.data[i]))
            return false;
    return true;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

struct http_text http_text_trim(struct http_text text)
{
    while (text.len > 0 && is_blank(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

/* Where the list's first element ends: at a comma outside quotes, or at the end. */
static size_t element_end(struct http_text list)
{
    bool quoted = false;
    for (size_t i = 0; i < list.len; i++) {
        if (list.data[i] == '"')
            quoted = !quoted;
        else if (list.data[i] == ',' && !quoted)
            return i;
    }
    return list.len;
}

bool http_text_next(struct http_text *list, struct http_text *out_element)
{
    while (list->len > 0) {
        size_t end = element_end(*list);
        size_t passed = end < list->len ? end + 1 : end;
        struct http_text element = http_text_trim((struct http_text){ list->data, end });
        list->data += passed;
        list->len -= passed;
        if (element.len > 0) {
            *out_element = element;
            return true;
        }
    }
    return false;
}

bool http_text_decimal(struct http_text text, uint64_t *out_number)
{
    uint64_t number = 0;
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char digit = text.data[i];
        if (digit < '0' || digit > '9')
            return false;
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(digit - '0'), &number))
            number = UINT64_MAX; /* Sticks: times ten overflows again. */
    }
    *out_number = number;
    return true;
}

bool http_is_token(char byte)
{
    if ((byte >= '0' && byte <= '9') || (fold(byte) >= 'a' && fold(byte) <= 'z'))
        return true;
    switch (byte) {
    case '!':
    case '#':
    case '$':
    case '%':
    case '&':
    case '\'':
    case '*':
    case '+':
    case '-':
    case '.':
    case '^':
    case '_':
    case '`':
    case '|':
    case '~': return true;
    default: return false;
    }
}

int http_hex_value(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte = fold(byte);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

void http_put(struct writer *writer, const char *string)
{
    writer_bytes(writer, string, strlen(string));
}

void http_put_text(struct writer *writer, struct http_text text)
{
    writer_bytes(writer, text.data, text.len);
}

void http_put_decimal(struct writer *writer, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    writer_bytes(writer, digits + at, sizeof digits - at);
}

void http_put_decimal_padded(struct writer *writer, uint64_t number, unsigned digits)
{
    char padded[20];
    ASSERT(digits <= sizeof padded);
    for (unsigned at = digits; at > 0; at--) {
        padded[at - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    ASSERT(number == 0);
    writer_bytes(writer, padded, digits);
}

void http_put_hex(struct writer *writer, uint64_t number, unsigned digits)
{
    char text[16];
    ASSERT(digits <= sizeof text);
    for (unsigned at = digits; at > 0; at--, number >>= 4)
        text[at - 1] = "0123456789abcdef"[number & 15];
    writer_bytes(writer, text, digits);
}
