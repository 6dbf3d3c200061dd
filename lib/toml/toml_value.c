/* Values: scalars, arrays, inline tables. */
#include "lib/base/bytes.h"
#include "lib/toml/toml_internal.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Value of a digit in a base, or -1. */
static int digit_value(uint8_t c, int base)
{
    int value = -1;
    if (is_digit(c))
        value = c - '0';
    else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        value = (c | 0x20) - 'a' + 10;
    return value < base ? value : -1;
}

/* The base that 0x, 0o or 0b at the front names; 10 otherwise. */
static int prefix_base(struct const_span token)
{
    if (token.len < 3 || token.data[0] != '0')
        return 10;
    switch (token.data[1]) {
    case 'x': return 16;
    case 'o': return 8;
    case 'b': return 2;
    default: return 10;
    }
}

/* Digits with single underscores between them, as a number of at most `limit`. */
static bool digits_read(struct const_span digits, int base, uint64_t limit, uint64_t *out_number)
{
    uint64_t number = 0;
    bool after_digit = false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] == '_' && after_digit) {
            after_digit = false;
            continue;
        }
        int digit = digit_value(digits.data[i], base);
        if (digit < 0 || number > (limit - (uint64_t)digit) / (uint64_t)base)
            return false;
        number = number * (uint64_t)base + (uint64_t)digit;
        after_digit = true;
    }
    *out_number = number;
    return after_digit;
}

static bool integer_read(struct const_span token, int64_t *out_integer)
{
    int base = prefix_base(token);
    uint64_t number, limit = INT64_MAX;
    if (base != 10) {
        struct const_span digits = { token.data + 2, token.len - 2 };
        if (!digits_read(digits, base, limit, &number))
            return false;
        *out_integer = (int64_t)number;
        return true;
    }
    bool negative = token.data[0] == '-';
    if (negative || token.data[0] == '+')
        token = const_span_of(token.data + 1, token.len - 1);
    if (token.len > 1 && token.data[0] == '0')
        return false; /* Leading zeros. */
    if (!digits_read(token, 10, limit + negative, &number))
        return false;
    *out_integer = negative ? (int64_t)(0 - number) : (int64_t)number;
    return true;
}

static size_t digits_ahead(struct const_span token)
{
    size_t count = 0;
    while (count < token.len && is_digit(token.data[count]))
        count++;
    return count;
}

/* A token that begins as a date (1979-05) or a time (07:32) does. */
static bool token_is_date(struct const_span token)
{
    size_t digits = digits_ahead(token);
    return digits < token.len && ((digits == 4 && token.data[digits] == '-') ||
                                  (digits == 2 && token.data[digits] == ':'));
}

/* A token that is a float, or begins as one. */
static bool token_is_float(struct const_span token)
{
    if (token.len > 0 && (token.data[0] == '+' || token.data[0] == '-'))
        token = const_span_of(token.data + 1, token.len - 1);
    if (toml_text_is(token, "inf") || toml_text_is(token, "nan"))
        return true;
    if (token.len == 0 || !is_digit(token.data[0]) || prefix_base(token) != 10)
        return false;
    for (size_t i = 1; i < token.len; i++)
        if (token.data[i] == '.' || (token.data[i] | 0x20) == 'e')
            return true;
    return false;
}

/* The run of bytes up to what can end a scalar. */
static struct const_span token_take(struct toml_cursor *cursor)
{
    static const char ends[] = " \t\r\n,]}#";
    size_t begin = cursor->at;
    for (; cursor->at < cursor->len; cursor->at++)
        for (const char *end = ends; *end != '\0'; end++)
            if (cursor->data[cursor->at] == (uint8_t)*end)
                return const_span_of(cursor->data + begin, cursor->at - begin);
    return const_span_of(cursor->data + begin, cursor->at - begin);
}

/* A boolean or a number. */
static status_t toml_scalar(struct toml_cursor *cursor, struct toml_node *node)
{
    struct const_span token = token_take(cursor);
    if (token.len == 0)
        return cursor_refuse(cursor, STATUS_CORRUPT, "a value is missing");
    node->boolean = toml_text_is(token, "true");
    if (node->boolean || toml_text_is(token, "false")) {
        node->kind = TOML_BOOLEAN;
        return STATUS_OK;
    }
    node->kind = TOML_INTEGER;
    if (integer_read(token, &node->integer))
        return STATUS_OK;
    if (token_is_date(token))
        return cursor_refuse(cursor, STATUS_NOT_SUPPORTED, "dates and times are not supported");
    if (token_is_float(token))
        return cursor_refuse(cursor, STATUS_NOT_SUPPORTED, "floats are not supported");
    return cursor_refuse(cursor, STATUS_CORRUPT, "not a value, or out of its range");
}

/* After the bracket: values with commas between them, over any number of lines. */
static status_t toml_array(struct toml_cursor *cursor, uint32_t array)
{
    cursor->toml->nodes[array].kind = TOML_ARRAY;
    for (;;) {
        cursor_skip_lines(cursor);
        if (cursor_take(cursor, ']'))
            return STATUS_OK;
        uint32_t element;
        status_t status =
            toml_add(cursor, array, (struct const_span){ NULL, 0 }, TOML_TABLE, &element);
        if (status == STATUS_OK)
            status = toml_value(cursor, element);
        if (status != STATUS_OK)
            return status;
        cursor_skip_lines(cursor);
        if (!cursor_take(cursor, ',') && cursor_peek(cursor) != ']')
            return cursor_refuse(cursor, STATUS_CORRUPT, "an array does not go on or end");
    }
}

/* After the brace: keys and values on one line, with no comma after the last. */
static status_t toml_inline_table(struct toml_cursor *cursor, uint32_t table)
{
    cursor->toml->nodes[table].kind = TOML_TABLE;
    cursor_skip_blanks(cursor);
    if (cursor_take(cursor, '}'))
        return STATUS_OK;
    for (;;) {
        status_t status = toml_key_value(cursor, table);
        if (status != STATUS_OK)
            return status;
        cursor_skip_blanks(cursor);
        if (cursor_take(cursor, '}'))
            return STATUS_OK;
        if (!cursor_take(cursor, ','))
            return cursor_refuse(cursor, STATUS_CORRUPT, "an inline table does not go on or end");
    }
}

status_t toml_value(struct toml_cursor *cursor, uint32_t index)
{
    struct toml_node *node = &cursor->toml->nodes[index];
    node->origin = TOML_CLOSED;
    node->line = cursor->line;
    switch (cursor_peek(cursor)) {
    case '"':
    case '\'': node->kind = TOML_STRING; return toml_string(cursor, &node->string);
    case '[': cursor->at++; return toml_array(cursor, index);
    case '{': cursor->at++; return toml_inline_table(cursor, index);
    default: return toml_scalar(cursor, node);
    }
}
