#include "lib/http/mime.h"
#include "lib/http/text.h"
#include "tests/unit.h"

static struct http_text text_of(const char *string)
{
    return (struct http_text){ string, strlen(string) };
}

TEST(list_skips_empty_elements_and_keeps_quoted_commas)
{
    struct http_text list = text_of(" , a,,\t\"b,c\" , d ,"), element;
    REQUIRE(http_text_next(&list, &element));
    EXPECT(http_text_equal(element, HTTP_TEXT("a")));
    REQUIRE(http_text_next(&list, &element));
    EXPECT(http_text_equal(element, HTTP_TEXT("\"b,c\"")));
    REQUIRE(http_text_next(&list, &element));
    EXPECT(http_text_equal(element, HTTP_TEXT("d")));
    EXPECT(!http_text_next(&list, &element));
}

TEST(decimal_takes_digits_only_and_sticks_at_its_maximum)
{
    uint64_t number = 7;
    EXPECT(!http_text_decimal(text_of(""), &number));
    EXPECT(!http_text_decimal(text_of("-1"), &number));
    EXPECT(!http_text_decimal(text_of("1 "), &number));
    EXPECT_EQ(number, 7);
    EXPECT(http_text_decimal(text_of("18446744073709551614"), &number));
    EXPECT(number == UINT64_MAX - 1);
    EXPECT(http_text_decimal(text_of("18446744073709551616"), &number));
    EXPECT(number == UINT64_MAX);
    EXPECT(http_text_decimal(text_of("99999999999999999999999999"), &number));
    EXPECT(number == UINT64_MAX);
}

TEST(folding_compares_letters_only)
{
    EXPECT(http_text_equal_fold(text_of("Content-LENGTH"), text_of("content-length")));
    EXPECT(!http_text_equal_fold(text_of("a["), text_of("A{")));
    EXPECT(!http_text_equal_fold(text_of("ab"), text_of("abc")));
}

TEST(numbers_are_written_whole)
{
    char out[64] = { 0 };
    struct writer writer = writer_of(out, sizeof out - 1);
    http_put_decimal(&writer, 0);
    http_put(&writer, " ");
    http_put_decimal(&writer, UINT64_MAX);
    http_put(&writer, " ");
    http_put_decimal_padded(&writer, 7, 3);
    http_put(&writer, " ");
    http_put_hex(&writer, 0xbeef, 6);
    EXPECT_STR(out, "0 18446744073709551615 007 00beef");
}

TEST(mime_looks_at_the_last_segment_only)
{
    EXPECT_STR(http_mime_type(text_of("/a/index.HTML")), "text/html; charset=utf-8");
    EXPECT_STR(http_mime_type(text_of("/a.html/b")), "application/octet-stream");
    EXPECT_STR(http_mime_type(text_of("/a.tar.gz")), "application/gzip");
    EXPECT_STR(http_mime_type(text_of("/noext.")), "application/octet-stream");
    EXPECT_STR(http_mime_type(text_of("")), "application/octet-stream");
}
