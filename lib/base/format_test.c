#include "lib/base/format.h"
#include "tests/unit.h"

#define EXPECT_FORMAT(expected, ...)                              \
    do {                                                          \
        char text[64];                                            \
        size_t len = format_text(text, sizeof text, __VA_ARGS__); \
        EXPECT_STR(text, expected);                               \
        EXPECT_EQ(len, strlen(expected));                         \
    } while (0)

TEST(format_writes_numbers_as_printf_does)
{
    EXPECT_FORMAT("-5 7 ff", "%d %u %x", -5, 7u, 255u);
    EXPECT_FORMAT("   42|42   |00042", "%5d|%-5d|%05d", 42, 42, 42);
    EXPECT_FORMAT("-9223372036854775808", "%lld", (long long)INT64_MIN);
    EXPECT_FORMAT("18446744073709551615", "%llu", (unsigned long long)UINT64_MAX);
    EXPECT_FORMAT("0xbeef", "%#x", 0xbeefu);
    EXPECT_FORMAT("a%b", "a%%%c", 'b');
}

TEST(format_bounds_strings_and_output)
{
    EXPECT_FORMAT("ab|  x|y  |", "%.2s|%3s|%-3s|", "abc", "x", "y");
    EXPECT_FORMAT("abc", "%.*s", 3, "abcdef");
    char text[4];
    EXPECT_EQ(format_text(text, sizeof text, "%s", "longer"), 6);
    EXPECT_STR(text, "lon");
    EXPECT_EQ(format_text(NULL, 0, "%d", 123), 3);
}
