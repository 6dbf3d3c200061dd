/* DNS messages as a stub resolver needs them (RFC 1035, section 4): a question for IPv4 addresses, and
 * what the answer says. Pure; any context. */
#pragma once

#include "lib/net/net.h"

enum {
    DNS_PORT = 53,
    DNS_MESSAGE_MAX = 512, /* What a server may send over UDP (RFC 1035, section 2.3.4). */
    DNS_QUESTION_MAX = 12 + 255 + 4,
    DNS_ALIASES_MAX = 8, /* CNAMEs followed in one answer. */
};

struct dns_answer {
    status_t status; /* OK, NOT_FOUND, or IO: the server could not say. */
    uint8_t address_count;
    uint32_t ipv4[NET_DNS_ADDRESSES];
    uint32_t ttl_s; /* The least of the records used. */
};

/* Whether it can be asked for: labels of 1 to 63 letters, digits, '-' or '_', 253 in all; one dot at
 * the end is allowed (RFC 1123, section 2.1). */
bool dns_name_is_valid(const char *name, size_t len);

/* Writes the question for the IPv4 addresses of a valid name; returns its length. */
size_t dns_question_encode(uint8_t out[DNS_QUESTION_MAX], uint16_t id, const char *name,
                           size_t len);

/* Reads the answer to the question for `name` under `id`.
 * @return CORRUPT if it is not that, or broken: such a message is to be ignored, since anybody may
 *         have sent it. */
status_t dns_answer_decode(struct reader *message, uint16_t id, const char *name, size_t len,
                           struct dns_answer *out_answer);
