#include "lib/base/sha256.h"

#include "tests/unit.h"

static void expect_digest(const uint8_t digest[SHA256_BYTES], const char *hex)
{
    char text[2 * SHA256_BYTES + 1];
    for (int i = 0; i < SHA256_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    EXPECT_STR(text, hex);
}

/* The examples of FIPS 180-2, appendix B, and the digest of nothing. */
TEST(sha256_agrees_with_the_standards_examples)
{
    uint8_t digest[SHA256_BYTES];
    sha256_of("", 0, digest);
    expect_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_of("abc", 3, digest);
    expect_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const char *two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    sha256_of(two_blocks, strlen(two_blocks), digest);
    expect_digest(digest, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");

    struct sha256 sha;
    sha256_begin(&sha);
    for (int i = 0; i < 1000; i++) {
        char thousand[1000];
        memset(thousand, 'a', sizeof thousand);
        sha256_add(&sha, thousand, sizeof thousand);
    }
    sha256_end(&sha, digest);
    expect_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* However the bytes arrive, the digest is the same: around the block and padding edges. */
TEST(sha256_does_not_depend_on_how_the_bytes_are_cut)
{
    uint8_t bytes[200], whole[SHA256_BYTES], parts[SHA256_BYTES];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)unit_random();
    for (size_t len = 0; len <= sizeof bytes; len++) {
        sha256_of(bytes, len, whole);
        struct sha256 sha;
        sha256_begin(&sha);
        for (size_t at = 0; at < len;) {
            size_t part = unit_random() % (len - at + 1);
            sha256_add(&sha, bytes + at, part);
            at += part;
        }
        sha256_end(&sha, parts);
        EXPECT_MEM(parts, whole, SHA256_BYTES);
    }
}
