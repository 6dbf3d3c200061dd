/* Checks one password against a hash by Argon2id: both come on standard input, a line each; the answer is the exit
 * code, 0 for yes. A program of its own, so that what parses hashes and takes tens of megabytes is in a cell of
 * its own, and gone after each check (docs/design/sessions.md). `password_check --make` prints the hash of
 * the one line on standard input. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
    LINE_SIZE = 256,
    YES = 0,
    NO = 1,
    BROKEN = 2,
    /* The cost of a new hash: two passes over 19 MiB, which OWASP's Password Storage Cheat Sheet has as the
     * least for Argon2id. */
    PASSES = 2,
    MEMORY_BYTES = 19 << 20,
};

/* A line without its end. @return its length, or -1: there is none, or it is too long. */
static long line_read(char line[LINE_SIZE])
{
    if (fgets(line, LINE_SIZE, stdin) == NULL)
        return -1;
    size_t len = strcspn(line, "\n");
    if (line[len] != '\n')
        return -1;
    line[len] = 0;
    return (long)len;
}

static int check(void)
{
    char hash[LINE_SIZE], password[LINE_SIZE];
    if (line_read(hash) < 0)
        return BROKEN;
    long len = line_read(password);
    if (len < 0)
        return BROKEN;
    int wrong = crypto_pwhash_str_verify(hash, password, (unsigned long long)len);
    sodium_memzero(password, sizeof password);
    return wrong == 0 ? YES : NO;
}

static int make(void)
{
    char hash[crypto_pwhash_STRBYTES], password[LINE_SIZE];
    long len = line_read(password);
    if (len < 0 ||
        crypto_pwhash_str(hash, password, (unsigned long long)len, PASSES, MEMORY_BYTES) != 0)
        return BROKEN;
    sodium_memzero(password, sizeof password);
    puts(hash);
    return YES;
}

int main(int argc, char **argv)
{
    setvbuf(stdin, NULL, _IONBF, 0); /* No copy of a password in a buffer of the library. */
    if (sodium_init() < 0)
        return BROKEN;
    if (argc == 1)
        return check();
    return argc == 2 && strcmp(argv[1], "--make") == 0 ? make() : BROKEN;
}
