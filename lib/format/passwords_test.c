/* Lines of names and hashes. */
#include "lib/format/passwords.h"
#include "tests/unit.h"

static struct const_span text_span(const char *text)
{
    return const_span_of(text, strlen(text));
}

static const char *found(const char *text, const char *name)
{
    static char copy[PASSWORD_HASH_MAX + 1];
    struct const_span hash;
    if (passwords_find(text_span(text), text_span(name), &hash) != STATUS_OK)
        return "(none)";
    memcpy(copy, hash.data, hash.len);
    copy[hash.len] = 0;
    return copy;
}

TEST(passwords_are_found_by_the_whole_name)
{
    static const char text[] = "anna:$a$1\nan:$a$2\nhanna:$a$3";
    EXPECT_STR(found(text, "anna"), "$a$1");
    EXPECT_STR(found(text, "an"), "$a$2");
    EXPECT_STR(found(text, "hanna"), "$a$3");
    EXPECT_STR(found(text, "ann"), "(none)");
    EXPECT_STR(found(text, ""), "(none)");
}

TEST(passwords_that_are_none_are_passed_over)
{
    EXPECT_STR(found("", "a"), "(none)");
    EXPECT_STR(found("a", "a"), "(none)");
    EXPECT_STR(found("a:", "a"), "(none)");
    EXPECT_STR(found("a:x y\na:z\n", "a"), "z");
    EXPECT_STR(found("a:x\r\n", "a"), "(none)");
    EXPECT_STR(found("\n\n:\na:z\n", "a"), "z");
}

TEST(passwords_have_a_longest_hash)
{
    char text[PASSWORD_HASH_MAX + 8] = "a:";
    memset(text + 2, 'h', PASSWORD_HASH_MAX);
    EXPECT_EQ(strlen(found(text, "a")), PASSWORD_HASH_MAX);
    text[2 + PASSWORD_HASH_MAX] = 'h';
    EXPECT_STR(found(text, "a"), "(none)");
}
