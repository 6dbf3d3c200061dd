/* A DNS message: header of six 16-bit words (id, flags, four counts), the question, then records.
 * A name is a run of labels, and may end in a pointer to an earlier place in the message; pointers are
 * followed only backwards, so that no message can make us loop. */
#include "lib/net/dns.h"

enum {
    HEADER_LEN = 12,
    FLAG_ANSWER = 0x8000,
    FLAGS_OPCODE = 0x7800,
    FLAG_TRUNCATED = 0x0200,
    FLAG_RECURSION = 0x0100,
    FLAGS_STATUS = 0x000f,
    STATUS_NAME_ERROR = 3,
    TYPE_A = 1,
    TYPE_CNAME = 5,
    CLASS_IN = 1,
    LABEL_MAX = 63,
    LABEL_POINTER = 0xc0,
    RECORDS_MAX = 64, /* More of them do not fit into a message anyway. */
};

/* A name in lower case with a dot behind each label. */
struct dns_name {
    uint8_t len;
    char text[255];
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_name_char(char c)
{
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool dns_name_is_valid(const char *name, size_t len)
{
    if (len > 0 && name[len - 1] == '.')
        len--;
    if (len == 0 || len > NET_DNS_NAME_MAX)
        return false;
    size_t label_len = 0;
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '.' ? label_len == 0 : !is_name_char(name[i]))
            return false;
        label_len = name[i] == '.' ? 0 : label_len + 1;
        if (label_len > LABEL_MAX)
            return false;
    }
    return label_len > 0;
}

static struct dns_name name_of(const char *text, size_t len)
{
    struct dns_name name = { 0 };
    if (text[len - 1] == '.')
        len--;
    for (size_t i = 0; i < len; i++)
        name.text[name.len++] = lower(text[i]);
    name.text[name.len++] = '.';
    return name;
}

static bool name_equal(const struct dns_name *a, const struct dns_name *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

size_t dns_question_encode(uint8_t out[DNS_QUESTION_MAX], uint16_t id, const char *text, size_t len)
{
    struct dns_name name = name_of(text, len);
    struct writer writer = writer_of(out, DNS_QUESTION_MAX);
    writer_be16(&writer, id);
    writer_be16(&writer, FLAG_RECURSION);
    writer_be16(&writer, 1);
    for (int i = 0; i < 3; i++)
        writer_be16(&writer, 0);
    for (unsigned start = 0, end; start < name.len; start = end + 1) {
        for (end = start; name.text[end] != '.'; end++)
            continue;
        writer_u8(&writer, (uint8_t)(end - start));
        writer_bytes(&writer, name.text + start, end - start);
    }
    writer_u8(&writer, 0);
    writer_be16(&writer, TYPE_A);
    writer_be16(&writer, CLASS_IN);
    return writer.at;
}

static bool label_append(struct reader *from, uint8_t len, struct dns_name *name)
{
    const uint8_t *label = reader_take(from, len);
    if (label == NULL || name->len + len + 1u > sizeof name->text)
        return false;
    for (uint8_t i = 0; i < len; i++)
        name->text[name->len++] = lower((char)label[i]);
    name->text[name->len++] = '.';
    return true;
}

/* Reads a name and leaves the reader behind it. False if it is broken. A label that contains a dot
 * is told apart from two labels by nobody: such names equal none that is asked for in labels of name
 * characters, or the same text, which does no harm. */
static bool name_decode(struct reader *message, struct dns_name *out_name)
{
    struct reader at = *message;
    bool jumped = false;
    size_t limit = message->at;
    out_name->len = 0;
    for (;;) {
        uint8_t len = reader_u8(&at);
        if (at.overrun)
            return false;
        if (len == 0)
            break;
        if (len <= LABEL_MAX) {
            if (!label_append(&at, len, out_name))
                return false;
            continue;
        }
        size_t target = (size_t)(len & ~LABEL_POINTER) << 8 | reader_u8(&at);
        if (at.overrun || (len & LABEL_POINTER) != LABEL_POINTER || target >= limit)
            return false;
        if (!jumped)
            *message = at;
        jumped = true;
        limit = target; /* The next pointer must lead further back. */
        at.at = target;
    }
    if (!jumped)
        *message = at;
    return true;
}

struct dns_record {
    struct dns_name owner;
    uint16_t type, class;
    uint32_t ttl_s;
    struct reader data; /* Of the whole message, at the record's data. */
    uint16_t data_len;
};

static bool record_decode(struct reader *message, struct dns_record *record)
{
    if (!name_decode(message, &record->owner))
        return false;
    record->type = reader_be16(message);
    record->class = reader_be16(message);
    record->ttl_s = reader_be32(message);
    record->data_len = reader_be16(message);
    record->data = *message;
    reader_skip(message, record->data_len);
    return !message->overrun;
}

/* One pass over the records for the present name: its addresses, or the name it is an alias of.
 * False if the message is broken. */
static bool records_scan(struct reader records, uint16_t count, struct dns_name *name,
                         bool *out_aliased, struct dns_answer *answer)
{
    struct dns_name wanted = *name;
    struct dns_record record;
    *out_aliased = false;
    for (unsigned i = 0; i < count; i++) {
        if (!record_decode(&records, &record))
            return false;
        if (record.class != CLASS_IN || !name_equal(&record.owner, &wanted))
            continue;
        if (record.type == TYPE_A && record.data_len == 4) {
            if (answer->address_count < NET_DNS_ADDRESSES)
                answer->ipv4[answer->address_count++] = reader_be32(&record.data);
        } else if (record.type == TYPE_CNAME && !*out_aliased) {
            if (!name_decode(&record.data, name))
                return false;
            *out_aliased = true;
        } else {
            continue;
        }
        if (record.ttl_s < answer->ttl_s)
            answer->ttl_s = record.ttl_s;
    }
    return true;
}

static bool question_matches(struct reader *message, const struct dns_name *name)
{
    struct dns_name asked;
    if (!name_decode(message, &asked))
        return false;
    uint16_t type = reader_be16(message);
    uint16_t class = reader_be16(message);
    return !message->overrun && type == TYPE_A && class == CLASS_IN && name_equal(&asked, name);
}

status_t dns_answer_decode(struct reader *message, uint16_t id, const char *text, size_t len,
                           struct dns_answer *out_answer)
{
    struct dns_name name = name_of(text, len);
    uint16_t got_id = reader_be16(message);
    uint16_t flags = reader_be16(message);
    uint16_t question_count = reader_be16(message);
    uint16_t answer_count = reader_be16(message);
    reader_skip(message, 4);
    if (message->overrun || got_id != id || !(flags & FLAG_ANSWER) || (flags & FLAGS_OPCODE) ||
        question_count != 1 || answer_count > RECORDS_MAX || !question_matches(message, &name))
        return STATUS_CORRUPT;
    struct dns_answer answer = { .status = STATUS_OK, .ttl_s = UINT32_MAX };
    unsigned code = flags & FLAGS_STATUS;
    if (code != 0) {
        answer.status = code == STATUS_NAME_ERROR ? STATUS_NOT_FOUND : STATUS_IO;
        answer.ttl_s = 0;
        *out_answer = answer;
        return STATUS_OK;
    }
    bool aliased = true;
    for (int i = 0; aliased && answer.address_count == 0; i++) {
        if (i > DNS_ALIASES_MAX || !records_scan(*message, answer_count, &name, &aliased, &answer))
            return STATUS_CORRUPT;
    }
    /* A truncated answer without addresses says nothing; with some, they serve. */
    if (answer.address_count == 0)
        answer.status = flags & FLAG_TRUNCATED ? STATUS_IO : STATUS_NOT_FOUND;
    if (answer.ttl_s == UINT32_MAX)
        answer.ttl_s = 0;
    *out_answer = answer;
    return STATUS_OK;
}
