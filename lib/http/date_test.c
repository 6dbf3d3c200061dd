#include "lib/http/date.h"
#include "tests/unit.h"

static int64_t parse(const char *text, int64_t now_s)
{
    int64_t seconds = -1;
    return http_date_parse((struct http_text){ text, strlen(text) }, now_s, &seconds) ? seconds
                                                                                      : -1;
}

/* RFC 9110, 5.6.7 gives these three for one moment. */
TEST(date_reads_all_three_forms)
{
    EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT", 0), 784111777);
    EXPECT_EQ(parse("Sunday, 06-Nov-94 08:49:37 GMT", 0), 784111777);
    EXPECT_EQ(parse("Sun Nov  6 08:49:37 1994", 0), 784111777);
    EXPECT_EQ(parse("Wed Nov 16 08:49:37 1994", 0), 784111777 + 10 * 86400);
}

TEST(date_places_two_digit_years_within_fifty_years_of_now)
{
    int64_t y2026 = 1767225600, y2060 = 2840140800;
    EXPECT_EQ(http_calendar_of((int64_t)parse("Monday, 01-Jan-70 00:00:00 GMT", y2026)).year, 2070);
    EXPECT_EQ(http_calendar_of((int64_t)parse("Monday, 01-Jan-77 00:00:00 GMT", y2026)).year, 1977);
    EXPECT_EQ(http_calendar_of((int64_t)parse("Monday, 01-Jan-77 00:00:00 GMT", y2060)).year, 2077);
}

TEST(date_refuses_what_is_no_date)
{
    static const char *const wrong[] = {
        "",
        "Sun",
        "Sun,",
        "Sun, ",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 29 Feb 1995 08:49:37 GMT",
        "Sun, 29 Feb 2100 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1969 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 94",
        "Sunday Nov  6 08:49:37 1994 ",
        "784111777",
        "Xxx, 06 Nov 1994 08:49:37 GMT",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (parse(wrong[i], 0) != -1)
            unit_fail(__FILE_NAME__, __LINE__, "read as a date: %s", wrong[i]);
}

/* What is written reads back as the same second, over all the years that can be written. */
TEST(date_round_trips)
{
    static const int64_t edges[] = {
        0,          1,          951782399,           951782400,      951868800,
        4107542399, 4107542400, HTTP_DATE_MAX_S - 1, HTTP_DATE_MAX_S
    };
    for (int i = 0; i < 20000; i++) {
        int64_t seconds = i < 9 ? edges[i] : (int64_t)(unit_random() % (HTTP_DATE_MAX_S + 1));
        char text[HTTP_DATE_BYTES + 1] = { 0 };
        struct writer writer = writer_of(text, HTTP_DATE_BYTES);
        http_put_date(&writer, seconds);
        REQUIRE(!writer.overrun && writer.at == HTTP_DATE_BYTES);
        EXPECT_EQ(parse(text, 0), seconds);
    }
}

TEST(date_writes_the_form_of_today)
{
    char text[HTTP_DATE_BYTES + 1] = { 0 };
    struct writer writer = writer_of(text, HTTP_DATE_BYTES);
    http_put_date(&writer, 784111777);
    EXPECT_STR(text, "Sun, 06 Nov 1994 08:49:37 GMT");
}
