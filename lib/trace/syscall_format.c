/* The formatter of syscall_format.h. */
#include "lib/trace/syscall_format.h"

#include <string.h>

#include "lib/base/assert.h"

/* Where text goes: full when used is size - 1, since a zero ends it. */
struct text_sink {
    char *out;
    size_t size;
    size_t used;
};

static void put(struct text_sink *sink, const char *text, size_t len)
{
    size_t room = sink->size - 1 - sink->used;
    size_t taken = len < room ? len : room;
    memcpy(sink->out + sink->used, text, taken);
    sink->used += taken;
    sink->out[sink->used] = 0;
}

static void put_text(struct text_sink *sink, const char *text)
{
    put(sink, text, strlen(text));
}

static void put_number(struct text_sink *sink, uint64_t value, unsigned base)
{
    char digits[20]; /* As many as 2^64 has in base 10. */
    size_t begin = sizeof digits;
    do {
        digits[--begin] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (base == 16)
        put_text(sink, "0x");
    put(sink, digits + begin, sizeof digits - begin);
}

static void put_signed(struct text_sink *sink, int64_t value)
{
    if (value < 0)
        put_text(sink, "-");
    put_number(sink, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

static void put_time(struct text_sink *sink, uint64_t value)
{
    if (value == TIME_NEVER)
        put_text(sink, "never");
    else
        put_number(sink, value, 10);
}

/* READ|WRITE|0x10000: names of the general rights, then the bits of a kind's own. */
static void put_rights(struct text_sink *sink, uint64_t value)
{
    static const struct {
        rights_t mask;
        const char *name;
    } general[] = {
#define ROW(NAME, mask) { mask, #NAME },
        RIGHT_TABLE(ROW)
#undef ROW
    };
    const char *joint = "";
    for (size_t i = 0; i < sizeof general / sizeof general[0]; i++) {
        if ((value & general[i].mask) == 0)
            continue;
        put_text(sink, joint);
        put_text(sink, general[i].name);
        value &= ~(uint64_t)general[i].mask;
        joint = "|";
    }
    if (value == 0 && joint[0] != 0)
        return;
    put_text(sink, joint);
    put_number(sink, value, 16);
}

static void put_value(struct text_sink *sink, const struct syscall_value_info *info, uint64_t value)
{
    put_text(sink, info->name);
    put_text(sink, "=");
    switch ((enum syscall_type)info->type) {
    case SYSCALL_TYPE_I64: put_signed(sink, (int64_t)value); break;
    case SYSCALL_TYPE_TIME: put_time(sink, value); break;
    case SYSCALL_TYPE_RIGHTS: put_rights(sink, value); break;
    case SYSCALL_TYPE_SIZE:
    case SYSCALL_TYPE_U64:
    case SYSCALL_TYPE_U32:
    case SYSCALL_TYPE_BOOL: put_number(sink, value, 10); break;
    case SYSCALL_TYPE_HANDLE:
    case SYSCALL_TYPE_USER_IN:
    case SYSCALL_TYPE_USER_OUT:
    case SYSCALL_TYPE_USER_IN_FIXED:
    case SYSCALL_TYPE_USER_OUT_FIXED:
    case SYSCALL_TYPE_STRING:
    case SYSCALL_TYPE_FLAGS: put_number(sink, value, 16); break;
    }
}

static struct text_sink sink_of(char *out, size_t out_size)
{
    ASSERT(out_size >= 1);
    out[0] = 0;
    return (struct text_sink){ .out = out, .size = out_size };
}

size_t syscall_format_call(const struct syscall_info *info,
                           const uint64_t arguments[SYSCALL_ARGUMENTS_MAX], char *out,
                           size_t out_size)
{
    struct text_sink sink = sink_of(out, out_size);
    put_text(&sink, info->name == NULL ? "?" : info->name);
    put_text(&sink, "(");
    for (size_t i = 0; i < info->argument_count; i++) {
        put_text(&sink, i > 0 ? ", " : "");
        put_value(&sink, &info->arguments[i], arguments[i]);
    }
    put_text(&sink, ")");
    return sink.used;
}

static const char *status_name(uint64_t answer)
{
    static const char *const names[STATUS_COUNT] = {
#define ROW(NAME, errno_name, sentence) [STATUS_##NAME] = #NAME,
        STATUS_TABLE(ROW)
#undef ROW
    };
    return answer < STATUS_COUNT ? names[answer] : "?";
}

size_t syscall_format_answer(const struct syscall_info *info, uint64_t answer,
                             const uint64_t results[SYSCALL_RESULTS_MAX], char *out,
                             size_t out_size)
{
    struct text_sink sink = sink_of(out, out_size);
    put_text(&sink, " = ");
    put_text(&sink, status_name(answer));
    for (size_t i = 0; answer == STATUS_OK && i < info->result_count; i++) {
        put_text(&sink, " ");
        put_value(&sink, &info->results[i], results[i]);
    }
    return sink.used;
}
