/* A name server for tests of what asks for names: every name under `test` is QEMU's host, 10.0.2.2, but `missing.test`;
 * no other name is there. One question, one answer (RFC 1035, section 4). */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { HEADER_LEN = 12, MESSAGE_MAX = 512, QUESTION_TAIL = 4, TYPE_A = 1, NO_SUCH_NAME = 3 };

/* The length of the question's name, or 0 if it is none; *out_last is the last label's place, and *out_labels their
 * number. */
static size_t name_len(const uint8_t *name, size_t len, size_t *out_last, unsigned *out_labels)
{
    size_t at = 0;
    *out_labels = 0;
    while (at < len && name[at] != 0 && name[at] < 64) {
        *out_last = at;
        at += 1u + name[at];
        (*out_labels)++;
    }
    return at < len && name[at] == 0 ? at + 1 : 0;
}

static bool is_here(const uint8_t *name, size_t last, unsigned labels)
{
    static const uint8_t test[] = "\004test", missing[] = "\007missing";
    return labels > 0 && memcmp(name + last, test, sizeof test) == 0 &&
           memcmp(name, missing, sizeof missing - 1) != 0;
}

/* @return the length of the answer, which is made in place; 0: no answer. */
static size_t answer(uint8_t *message, size_t len)
{
    static const uint8_t record[] = { 0xc0, HEADER_LEN, 0, TYPE_A, 0,  1, 0, 0,
                                      0,    60,         0, 4,      10, 0, 2, 2 };
    size_t last = 0;
    unsigned labels;
    if (len < HEADER_LEN + 1 + QUESTION_TAIL || (message[2] & 0x80) != 0 || message[5] != 1)
        return 0;
    uint8_t *name = message + HEADER_LEN;
    size_t name_bytes = name_len(name, len - HEADER_LEN - QUESTION_TAIL, &last, &labels);
    if (name_bytes == 0)
        return 0;
    bool here = is_here(name, last, labels);
    bool told = here && name[name_bytes + 1] == TYPE_A;
    size_t end = HEADER_LEN + name_bytes + QUESTION_TAIL;
    message[2] = 0x84 | (message[2] & 1); /* An answer, with authority. */
    message[3] = here ? 0 : NO_SUCH_NAME;
    memset(message + 6, 0, 6);
    message[7] = told;
    if (told)
        memcpy(message + end, record, sizeof record);
    return told ? end + sizeof record : end;
}

int main(void)
{
    struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(53) };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own) != 0) {
        perror("name_server");
        return 1;
    }
    for (;;) {
        uint8_t message[MESSAGE_MAX + 16];
        struct sockaddr_in peer;
        socklen_t peer_len = sizeof peer;
        ssize_t len = recvfrom(fd, message, MESSAGE_MAX, 0, (struct sockaddr *)&peer, &peer_len);
        size_t answer_len = len < 0 ? 0 : answer(message, (size_t)len);
        if (answer_len > 0)
            (void)sendto(fd, message, answer_len, 0, (struct sockaddr *)&peer, peer_len);
    }
}
