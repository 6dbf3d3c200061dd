/* Secrets of this boot: a salted digest, repeated so that trying many costs time even for who could read
 * it. They are in this process's memory alone and go with it. */
#include <string.h>

#include <swos/syscalls.h>

#include "user/rt/console.h"
#include "user/session/session.h"

enum { ROUNDS = 20000, MADE_GROUPS = 4, MADE_GROUP_LEN = 4, MADE_SIZE = 24 };

static void digest_of(const uint8_t salt[SALT_BYTES], const char *text, size_t len,
                      uint8_t out_digest[SHA256_BYTES])
{
    struct sha256 sha;
    sha256_begin(&sha);
    sha256_add(&sha, salt, SALT_BYTES);
    sha256_add(&sha, text, len);
    sha256_end(&sha, out_digest);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        sha256_begin(&sha);
        sha256_add(&sha, out_digest, SHA256_BYTES);
        sha256_add(&sha, salt, SALT_BYTES);
        sha256_end(&sha, out_digest);
    }
}

status_t secret_set(struct sessions *sessions, uint32_t principal, const char *text, size_t len)
{
    struct secret *secret = &sessions->secrets[principal];
    status_t status = sys_entropy_read(sessions->entropy, secret->salt, sizeof secret->salt);
    if (status != STATUS_OK)
        return status;
    digest_of(secret->salt, text, len, secret->digest);
    secret->exists = true;
    return STATUS_OK;
}

/* The time does not depend on what is wrong. */
bool secret_is(const struct secret *secret, const char *text, size_t len)
{
    uint8_t digest[SHA256_BYTES], difference = 0;
    digest_of(secret->salt, text, len, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        difference |= digest[i] ^ secret->digest[i];
    return secret->exists && difference == 0;
}

/* "k7wm-2xqa-...": 80 bits in letters and digits that are not mistaken for each other. */
static status_t text_make(handle_t entropy, char out_text[MADE_SIZE])
{
    static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
    _Static_assert(sizeof alphabet == 32 + 1, "five bits a character");
    uint8_t bytes[MADE_GROUPS * MADE_GROUP_LEN];
    size_t at = 0;
    status_t status = sys_entropy_read(entropy, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i > 0 && i % MADE_GROUP_LEN == 0)
            out_text[at++] = '-';
        out_text[at++] = alphabet[bytes[i] % 32];
    }
    out_text[at] = '\0';
    return status;
}

status_t secrets_make(struct sessions *sessions, handle_t tty)
{
    static struct console console;
    console_init(&console, tty);
    for (uint32_t i = 0; i < sessions->principals.count; i++) {
        struct principal principal;
        char text[MADE_SIZE];
        struct const_span hash;
        if (sessions->secrets[i].exists || store_hash(sessions, i, &hash) == STATUS_OK)
            continue;
        status_t status = principals_get(&sessions->principals, i, &principal);
        if (status == STATUS_OK)
            status = text_make(sessions->entropy, text);
        if (status == STATUS_OK)
            status = secret_set(sessions, i, text, strlen(text));
        if (status != STATUS_OK)
            return status;
        console_print(&console, "password of %s until the next boot: %s\n", principal.name, text);
        memset(text, 0, sizeof text);
    }
    console_flush(&console);
    memset(&console, 0, sizeof console);
    return STATUS_OK;
}
