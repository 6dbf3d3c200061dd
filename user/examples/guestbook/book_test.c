#include "user/examples/guestbook/book.h"

#include <string.h>

#include "tests/unit.h"

static status_t line(const char *text, size_t *out_len)
{
    return book_line_read(text, strlen(text), out_len);
}

/* A visitor's bytes come in pieces, and are anybody's. */
TEST(book_line_is_a_name_once_it_has_an_end)
{
    size_t len = 99;
    EXPECT_EQ(line("", &len), STATUS_WOULD_BLOCK);
    EXPECT_EQ(line("ann", &len), STATUS_WOULD_BLOCK);
    EXPECT_EQ(line("ann\r", &len), STATUS_WOULD_BLOCK);
    EXPECT_EQ(len, 99);
    EXPECT_EQ(line("ann\n", &len), STATUS_OK);
    EXPECT_EQ(len, 3);
    EXPECT_EQ(line("ann lee\r\nand more", &len), STATUS_OK);
    EXPECT_EQ(len, 7);
}

TEST(book_line_that_can_be_no_name_is_refused_at_once)
{
    size_t len;
    char text[BOOK_NAME_MAX + 3];
    EXPECT_EQ(line("\n", &len), STATUS_INVALID);
    EXPECT_EQ(line("\r\n", &len), STATUS_INVALID);
    EXPECT_EQ(line("a\tb", &len), STATUS_INVALID);
    EXPECT_EQ(line("a\rb\n", &len), STATUS_INVALID);
    EXPECT_EQ(line("\xc3\xa4\n", &len), STATUS_INVALID);
    memset(text, 'x', sizeof text);
    EXPECT_EQ(book_line_read(text, BOOK_NAME_MAX, &len), STATUS_WOULD_BLOCK);
    EXPECT_EQ(book_line_read(text, BOOK_NAME_MAX + 1, &len), STATUS_INVALID);
    text[BOOK_NAME_MAX] = '\n';
    EXPECT_EQ(book_line_read(text, BOOK_NAME_MAX + 1, &len), STATUS_OK);
    EXPECT_EQ(len, BOOK_NAME_MAX);
}

TEST(book_keeps_the_last_names)
{
    struct book book = { 0 };
    const struct book_name *name;
    char greeting[BOOK_GREETING_SIZE];
    EXPECT_EQ(book_find(&book, 0, &name), STATUS_NOT_FOUND);
    EXPECT_EQ(book_find(&book, 1, &name), STATUS_NOT_FOUND);
    for (int i = 0; i < BOOK_NAMES + 1; i++) {
        char letter = (char)('a' + i);
        book_enter(&book, &letter, 1, greeting);
    }
    EXPECT_EQ(strcmp(greeting, "17: welcome, q\n"), 0);
    EXPECT_EQ(book_find(&book, 1, &name), STATUS_NOT_FOUND);
    REQUIRE(book_find(&book, 2, &name) == STATUS_OK);
    EXPECT_EQ(name->text[0], 'b');
    REQUIRE(book_find(&book, 17, &name) == STATUS_OK);
    EXPECT_EQ(name->text[0], 'q');
    EXPECT_EQ(book_find(&book, 18, &name), STATUS_NOT_FOUND);
}

TEST(book_forgets_and_counts_on)
{
    struct book book = { 0 };
    const struct book_name *name;
    char greeting[BOOK_GREETING_SIZE];
    book_enter(&book, "ann", 3, greeting);
    EXPECT_EQ(book_erase(&book), 1);
    EXPECT_EQ(book_erase(&book), 0);
    EXPECT_EQ(book_find(&book, 1, &name), STATUS_NOT_FOUND);
    book_enter(&book, "bob", 3, greeting);
    EXPECT_EQ(strcmp(greeting, "2: welcome, bob\n"), 0);
    EXPECT_EQ(book_find(&book, 2, &name), STATUS_OK);
}

/* The longest name and number there can be. */
TEST(book_greeting_fits)
{
    struct book book = { .total = UINT64_MAX - 1 };
    char greeting[BOOK_GREETING_SIZE], name[BOOK_NAME_MAX];
    memset(name, 'x', sizeof name);
    EXPECT_EQ(book_enter(&book, name, sizeof name, greeting), strlen(greeting));
    EXPECT_EQ(greeting[strlen(greeting) - 1], '\n');
}
