/* HTTP dates; see date.h. Days are counted in years that begin in March, so that the leap day is
 * the last of its year and a month's first day is a linear formula. */
#include "lib/http/date.h"

#include "lib/base/assert.h"

enum {
    DAY_S = 86400,
    DAYS_TO_1970 = 719468, /* From 1 March of the year 0. */
    DAYS_OF_400_YEARS = 146097,
    YEAR_UNKNOWN_NOW = 2020, /* A lower bound of the present, for a machine without a clock. */
};

static const char month_names[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char *const weekday_names[7] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                              "Thursday", "Friday", "Saturday" };

static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
    int64_t from_march = month > 2 ? (int64_t)year : (int64_t)year - 1;
    int64_t month_index = (month + 9) % 12; /* March is 0. */
    int64_t day_of_year = (153 * month_index + 2) / 5 + day - 1;
    return from_march * 365 + from_march / 4 - from_march / 100 + from_march / 400 + day_of_year -
           DAYS_TO_1970;
}

struct http_calendar http_calendar_of(int64_t seconds)
{
    ASSERT(seconds >= 0 && seconds <= HTTP_DATE_MAX_S);
    int64_t days = seconds / DAY_S + DAYS_TO_1970;
    unsigned of_day = (unsigned)(seconds % DAY_S);
    int64_t era = days / DAYS_OF_400_YEARS;
    int64_t of_era = days % DAYS_OF_400_YEARS;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_index = (5 * of_year + 2) / 153;
    unsigned month = (unsigned)(month_index < 10 ? month_index + 3 : month_index - 9);
    return (struct http_calendar){
        .year = (unsigned)(era * 400 + year_of_era + (month <= 2)),
        .month = month,
        .day = (unsigned)(of_year - (153 * month_index + 2) / 5 + 1),
        .hour = of_day / 3600,
        .minute = of_day / 60 % 60,
        .second = of_day % 60,
        .weekday = (unsigned)((seconds / DAY_S + 4) % 7), /* 1 January 1970 was a Thursday. */
    };
}

const char *http_month_name(unsigned month)
{
    ASSERT(month >= 1 && month <= 12);
    return month_names[month - 1];
}

void http_put_date(struct writer *writer, int64_t seconds)
{
    struct http_calendar at = http_calendar_of(seconds);
    writer_bytes(writer, weekday_names[at.weekday], 3);
    http_put(writer, ", ");
    http_put_decimal_padded(writer, at.day, 2);
    http_put(writer, " ");
    http_put(writer, http_month_name(at.month));
    http_put(writer, " ");
    http_put_decimal_padded(writer, at.year, 4);
    http_put(writer, " ");
    http_put_decimal_padded(writer, at.hour, 2);
    http_put(writer, ":");
    http_put_decimal_padded(writer, at.minute, 2);
    http_put(writer, ":");
    http_put_decimal_padded(writer, at.second, 2);
    http_put(writer, " GMT");
}

/* A date being read. Once something is not as it must be, `wrong` stays. */
struct date_reader {
    struct http_text left;
    bool wrong;
};

static void read_literal(struct date_reader *reader, struct http_text literal)
{
    struct http_text head = { reader->left.data, literal.len };
    if (reader->wrong || reader->left.len < literal.len || !http_text_equal(head, literal)) {
        reader->wrong = true;
        return;
    }
    reader->left.data += literal.len;
    reader->left.len -= literal.len;
}

static unsigned read_digits(struct date_reader *reader, size_t count)
{
    uint64_t number = 0;
    struct http_text digits = { reader->left.data, count };
    if (reader->wrong || reader->left.len < count || !http_text_decimal(digits, &number)) {
        reader->wrong = true;
        return 0;
    }
    reader->left.data += count;
    reader->left.len -= count;
    return (unsigned)number;
}

static unsigned read_month(struct date_reader *reader)
{
    for (unsigned i = 0; i < 12 && !reader->wrong && reader->left.len >= 3; i++) {
        if (memcmp(reader->left.data, month_names[i], 3) == 0) {
            read_literal(reader, (struct http_text){ month_names[i], 3 });
            return i + 1;
        }
    }
    reader->wrong = true;
    return 1;
}

/* `08:49:37`. */
static void read_time(struct date_reader *reader, struct http_calendar *at)
{
    at->hour = read_digits(reader, 2);
    read_literal(reader, HTTP_TEXT(":"));
    at->minute = read_digits(reader, 2);
    read_literal(reader, HTTP_TEXT(":"));
    at->second = read_digits(reader, 2);
}

/* The rest of `Sun, 06 Nov 1994 08:49:37 GMT`, after the comma. */
static void read_fixdate(struct date_reader *reader, struct http_calendar *at)
{
    at->day = read_digits(reader, 2);
    read_literal(reader, HTTP_TEXT(" "));
    at->month = read_month(reader);
    read_literal(reader, HTTP_TEXT(" "));
    at->year = read_digits(reader, 4);
    read_literal(reader, HTTP_TEXT(" "));
    read_time(reader, at);
    read_literal(reader, HTTP_TEXT(" GMT"));
}

/* The rest of `Sunday, 06-Nov-94 08:49:37 GMT`. */
static void read_rfc850(struct date_reader *reader, int64_t now_s, struct http_calendar *at)
{
    at->day = read_digits(reader, 2);
    read_literal(reader, HTTP_TEXT("-"));
    at->month = read_month(reader);
    read_literal(reader, HTTP_TEXT("-"));
    unsigned of_century = read_digits(reader, 2);
    read_literal(reader, HTTP_TEXT(" "));
    read_time(reader, at);
    read_literal(reader, HTTP_TEXT(" GMT"));

    bool known = now_s > 0 && now_s <= HTTP_DATE_MAX_S;
    unsigned now_year = known ? http_calendar_of(now_s).year : YEAR_UNKNOWN_NOW;
    at->year = now_year / 100 * 100 + of_century;
    if (at->year > now_year + 50)
        at->year -= 100;
}

/* The rest of `Sun Nov  6 08:49:37 1994` (asctime). */
static void read_asctime(struct date_reader *reader, struct http_calendar *at)
{
    at->month = read_month(reader);
    read_literal(reader, HTTP_TEXT(" "));
    bool one_digit = reader->left.len > 0 && reader->left.data[0] == ' ';
    if (one_digit)
        read_literal(reader, HTTP_TEXT(" "));
    at->day = read_digits(reader, one_digit ? 1 : 2);
    read_literal(reader, HTTP_TEXT(" "));
    read_time(reader, at);
    read_literal(reader, HTTP_TEXT(" "));
    at->year = read_digits(reader, 4);
}

static bool is_moment(const struct http_calendar *at)
{
    static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (at->year < 1970 || at->month < 1 || at->month > 12)
        return false;
    bool leap = at->year % 4 == 0 && (at->year % 100 != 0 || at->year % 400 == 0);
    unsigned day_max = days[at->month - 1] + (leap && at->month == 2);
    return at->day >= 1 && at->day <= day_max && at->hour < 24 && at->minute < 60 &&
           at->second <= 60;
}

/* Read the name of a weekday and what follows it; the other forms differ from there on. */
static void read_any(struct date_reader *reader, int64_t now_s, struct http_calendar *at)
{
    for (unsigned i = 0; i < 7; i++) {
        struct http_text full = { weekday_names[i], strlen(weekday_names[i]) };
        if (reader->left.len < full.len + 2 || memcmp(reader->left.data, full.data, 3) != 0)
            continue;
        bool is_full = memcmp(reader->left.data, full.data, full.len) == 0;
        read_literal(reader, (struct http_text){ full.data, is_full ? full.len : 3 });
        bool comma = reader->left.data[0] == ',';
        read_literal(reader, comma ? HTTP_TEXT(", ") : HTTP_TEXT(" "));
        if (!comma)
            read_asctime(reader, at);
        else if (is_full)
            read_rfc850(reader, now_s, at);
        else
            read_fixdate(reader, at);
        return;
    }
    reader->wrong = true;
}

bool http_date_parse(struct http_text text, int64_t now_s, int64_t *out_seconds)
{
    struct http_calendar at = { 0 };
    struct date_reader reader = { .left = text };
    read_any(&reader, now_s, &at);
    if (reader.wrong || reader.left.len != 0 || !is_moment(&at))
        return false;
    *out_seconds =
        days_of(at.year, at.month, at.day) * DAY_S + at.hour * 3600 + at.minute * 60 + at.second;
    return true;
}
