/* See format.h. */
#include "lib/base/format.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct output {
    char *buffer;
    size_t size;
    size_t len;
};

struct conversion {
    bool left;
    bool zero;
    bool alternate;
    int width;
    int precision; /* -1: none given. */
    int long_count;
    bool size_type;
};

static void put(struct output *out, char c)
{
    if (out->len + 1 < out->size)
        out->buffer[out->len] = c;
    out->len++;
}

static void put_run(struct output *out, const char *text, size_t len)
{
    size_t room = out->len + 1 < out->size ? out->size - out->len - 1 : 0;
    if (room > 0)
        memcpy(out->buffer + out->len, text, len < room ? len : room);
    out->len += len;
}

/* @param most  -1: no bound. */
static size_t text_len(const char *text, int most)
{
    if (most < 0)
        return strlen(text);
    const char *end = memchr(text, 0, (size_t)most);
    return end == NULL ? (size_t)most : (size_t)(end - text);
}

static void put_many(struct output *out, char c, int count)
{
    while (count-- > 0)
        put(out, c);
}

static void put_padded(struct output *out, const struct conversion *conversion, const char *text,
                       size_t len)
{
    int padding = conversion->width - (int)len;
    if (!conversion->left)
        put_many(out, ' ', padding);
    put_run(out, text, len);
    if (conversion->left)
        put_many(out, ' ', padding);
}

static void put_number(struct output *out, struct conversion *conversion, uint64_t value,
                       bool negative, unsigned base, bool capitals)
{
    char digits[32];
    size_t at = sizeof digits;
    const char *set = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
    uint64_t rest = value;
    do {
        digits[--at] = set[rest % base];
        rest /= base;
    } while (rest > 0);
    const char *prefix = negative ? "-" : conversion->alternate && base == 16 ? "0x" : "";
    size_t prefix_len = strlen(prefix);
    int zeros = conversion->precision - (int)(sizeof digits - at);
    if (conversion->zero && !conversion->left && conversion->precision < 0)
        zeros = conversion->width - (int)(sizeof digits - at + prefix_len);
    if (zeros < 0)
        zeros = 0;
    int padding = conversion->width - (int)(prefix_len + sizeof digits - at) - zeros;
    if (!conversion->left)
        put_many(out, ' ', padding);
    put_run(out, prefix, prefix_len);
    put_many(out, '0', zeros);
    put_run(out, digits + at, sizeof digits - at);
    if (conversion->left)
        put_many(out, ' ', padding);
}

static const char *parse_number(const char *at, int *out_number)
{
    *out_number = 0;
    while (*at >= '0' && *at <= '9' && *out_number < 100000)
        *out_number = *out_number * 10 + (*at++ - '0');
    return at;
}

static const char *parse_flags(const char *at, struct conversion *conversion)
{
    for (;; at++) {
        if (*at == '-')
            conversion->left = true;
        else if (*at == '0')
            conversion->zero = true;
        else if (*at == '#')
            conversion->alternate = true;
        else if (*at != ' ' && *at != '+')
            return at;
    }
}

static const char *parse_length(const char *at, struct conversion *conversion)
{
    for (;; at++) {
        if (*at == 'l')
            conversion->long_count++;
        else if (*at == 'z' || *at == 't' || *at == 'j')
            conversion->size_type = true;
        else if (*at != 'h')
            return at;
    }
}

size_t format_text_list(char *buffer, size_t size, const char *format, va_list args)
{
    struct output out = { .buffer = buffer, .size = size };
    for (const char *at = format; *at != 0; at++) {
        const char *run = at;
        while (*at != '%' && *at != 0)
            at++;
        put_run(&out, run, (size_t)(at - run));
        if (*at == 0)
            break;
        struct conversion conversion = { .precision = -1 };
        at = parse_flags(at + 1, &conversion);
        if (*at == '*') {
            conversion.width = va_arg(args, int);
            at++;
        } else {
            at = parse_number(at, &conversion.width);
        }
        if (*at == '.' && at[1] == '*') {
            conversion.precision = va_arg(args, int);
            at += 2;
        } else if (*at == '.') {
            at = parse_number(at + 1, &conversion.precision);
        }
        at = parse_length(at, &conversion);
        bool wide = conversion.long_count > 0 || conversion.size_type;
        switch (*at) {
        case 'd':
        case 'i': {
            int64_t value = wide ? va_arg(args, int64_t) : va_arg(args, int);
            uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
            put_number(&out, &conversion, magnitude, value < 0, 10, false);
            break;
        }
        case 'u':
        case 'x':
        case 'X': {
            uint64_t value = wide ? va_arg(args, uint64_t) : va_arg(args, unsigned);
            put_number(&out, &conversion, value, false, *at == 'u' ? 10 : 16, *at == 'X');
            break;
        }
        case 'p':
            conversion.alternate = true;
            put_number(&out, &conversion, (uintptr_t)va_arg(args, void *), false, 16, false);
            break;
        case 'c': {
            char c = (char)va_arg(args, int);
            put_padded(&out, &conversion, &c, 1);
            break;
        }
        case 's': {
            const char *text = va_arg(args, const char *);
            put_padded(&out, &conversion, text, text_len(text, conversion.precision));
            break;
        }
        case '%': put(&out, '%'); break;
        default: /* Not a conversion we know: show it, and do not run past the end. */
            put(&out, '%');
            at--;
            break;
        }
    }
    if (size > 0)
        buffer[out.len < size ? out.len : size - 1] = 0;
    return out.len;
}

size_t format_text(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t len = format_text_list(buffer, size, format, args);
    va_end(args);
    return len;
}
