/* Where the C library would send a question to a name server, the network service is asked instead: by the
 * grant to connect somewhere, for that somewhere's name. So a program needs no right to talk to servers,
 * and every answer that it gets is known to the service, whose grants for names rely on that. These are the two
 * functions of musl's res_msend.c, which is taken out of the library; questions and answers are messages
 * of DNS (RFC 1035, section 4) as the library writes and reads them.
 *
 * There are IPv4 addresses alone: a question for others of a name is answered with none. */
#include <errno.h>
#include <string.h>

#include "user/posix/call.h"
#include "user/posix/network.h"

struct resolvconf;
int __res_msend_rc(int count, const unsigned char *const *questions, const int *question_lens,
                   unsigned char *const *answers, int *answer_lens, int answer_size,
                   const struct resolvconf *conf);
int __res_msend(int count, const unsigned char *const *questions, const int *question_lens,
                unsigned char *const *answers, int *answer_lens, int answer_size);

enum {
    HEADER_LEN = 12,
    NAME_MAX_LEN = 253,
    RECORD_LEN = 16, /* A pointer to the name, type, class, time to live, length, IPv4 address. */
    TYPE_A = 1,
    TYPE_AAAA = 28,
    CLASS_IN = 1,
    CODE_FAILED = 2,
    CODE_NO_NAME = 3,
    CODE_NOT_IMPLEMENTED = 4,
    CODE_REFUSED = 5,
};

struct question {
    char name[NAME_MAX_LEN + 1];
    size_t name_len;
    int type;
    int len; /* Of the whole message up to the question's end. */
};

/* The one question of a message; false if it is not one. */
static bool question_read(const unsigned char *message, int len, struct question *out)
{
    int at = HEADER_LEN;
    out->name_len = 0;
    while (at < len && message[at] != 0) {
        int label_len = message[at];
        if (label_len > 63 || at + 1 + label_len >= len ||
            out->name_len + (size_t)label_len + 1 > NAME_MAX_LEN)
            return false;
        if (out->name_len > 0)
            out->name[out->name_len++] = '.';
        memcpy(out->name + out->name_len, message + at + 1, (size_t)label_len);
        out->name_len += (size_t)label_len;
        at += 1 + label_len;
    }
    if (at + 5 > len || message[at + 3] != 0 || message[at + 4] != CLASS_IN)
        return false;
    out->type = message[at + 1] << 8 | message[at + 2];
    out->len = at + 5;
    return true;
}

static int code_of(status_t status)
{
    switch (status) {
    case STATUS_OK: return 0;
    case STATUS_NOT_FOUND:
    case STATUS_INVALID: return CODE_NO_NAME;
    case STATUS_NO_RIGHT: return CODE_REFUSED;
    default: return CODE_FAILED;
    }
}

static unsigned char *record_write(unsigned char *at, const uint8_t address[16], uint32_t ttl_s)
{
    const unsigned char record[RECORD_LEN] = {
        0xc0,
        HEADER_LEN,
        0,
        TYPE_A,
        0,
        CLASS_IN,
        (unsigned char)(ttl_s >> 24),
        (unsigned char)(ttl_s >> 16),
        (unsigned char)(ttl_s >> 8),
        (unsigned char)ttl_s,
        0,
        4,
        address[12],
        address[13],
        address[14],
        address[15],
    };
    memcpy(at, record, sizeof record);
    return at + sizeof record;
}

/* @return the answer's length; 0: it is no question, or has no room. */
static int answer_one(const unsigned char *message, int len, unsigned char *answer, int size)
{
    struct question question;
    uint8_t addresses[NETWORK_ADDRESSES_MAX][16];
    uint32_t count = 0, ttl_s = 0;
    int code = CODE_NOT_IMPLEMENTED;
    if (!question_read(message, len, &question) ||
        size < question.len + NETWORK_ADDRESSES_MAX * RECORD_LEN)
        return 0;
    if (question.type == TYPE_A || question.type == TYPE_AAAA)
        code =
            code_of(network_resolve(question.name, question.name_len, addresses, &count, &ttl_s));
    if (question.type != TYPE_A)
        count = 0;
    memcpy(answer, message, (size_t)question.len);
    answer[2] = 0x81;                         /* An answer; recursion was wanted, */
    answer[3] = (unsigned char)(0x80 | code); /* and is to be had. */
    memset(answer + 4, 0, 8);
    answer[5] = 1;
    answer[7] = (unsigned char)count;
    unsigned char *at = answer + question.len;
    for (uint32_t i = 0; i < count; i++)
        at = record_write(at, addresses[i], ttl_s);
    return (int)(at - answer);
}

int __res_msend(int count, const unsigned char *const *questions, const int *question_lens,
                unsigned char *const *answers, int *answer_lens, int answer_size)
{
    for (int i = 0; i < count; i++)
        answer_lens[i] = answer_one(questions[i], question_lens[i], answers[i], answer_size);
    return 0;
}

int __res_msend_rc(int count, const unsigned char *const *questions, const int *question_lens,
                   unsigned char *const *answers, int *answer_lens, int answer_size,
                   const struct resolvconf *conf)
{
    return __res_msend(count, questions, question_lens, answers, answer_lens, answer_size);
}
