#include "lib/http/path.h"
#include "tests/unit.h"

static char resolved[256];

/* The result, or what the status says. */
static const char *resolve(const char *raw, size_t room)
{
    size_t len = 0;
    status_t status =
        http_path_resolve((struct http_text){ raw, strlen(raw) }, span_of(resolved, room), &len);
    if (status == STATUS_INVALID)
        return "INVALID";
    if (status == STATUS_NAME_TOO_LONG)
        return "TOO LONG";
    resolved[len] = 0;
    return resolved;
}

TEST(path_decodes_and_normalises)
{
    static const char *const cases[][2] = {
        { "/", "/" },
        { "/a", "/a" },
        { "/a/", "/a/" },
        { "/a/b/c.html", "/a/b/c.html" },
        { "//", "/" },
        { "///a///b//", "/a/b/" },
        { "/.", "/" },
        { "/./", "/" },
        { "/a/.", "/a/" },
        { "/a/./b", "/a/b" },
        { "/a/..", "/" },
        { "/a/../", "/" },
        { "/a/b/..", "/a/" },
        { "/a/b/../c", "/a/c" },
        { "/a//../b", "/b" },
        { "/a/%2e%2E/b", "/b" },
        { "/a/%2e/b", "/a/b" },
        { "/...", "/..." },
        { "/..a", "/..a" },
        { "/a..", "/a.." },
        { "/.hidden", "/.hidden" },
        { "/%41%7a%20+", "/Az +" },
        { "/%25", "/%" },
        { "/%252e%252e/", "/%2e%2e/" }, /* Decoded once and never again. */
        { "/%c3%a9", "/\xc3\xa9" },
        { "/%e2%82%ac%f0%9f%98%80", "/\xe2\x82\xac\xf0\x9f\x98\x80" },
        { "/a%3Fb", "/a?b" },
        { "/%01%0a%1f%7f", "/\x01\n\x1f\x7f" }, /* Names are bytes. */
        { "/%5c..%5c/..%5c", "/\\..\\/..\\" },  /* A backslash parts nothing. */
        { "/%ff%fe/%80/%c3", "/\xff\xfe/\x80/\xc3" },
        { "/a/%c0%ae%c0%ae/b", "/a/\xc0\xae\xc0\xae/b" }, /* No dots for us. */
        { "/%ed%a0%80%c0%af", "/\xed\xa0\x80\xc0\xaf" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        EXPECT_STR(resolve(cases[i][0], 255), cases[i][1]);
}

TEST(path_never_leaves_the_root)
{
    static const char *const wrong[] = {
        "",           "a",       "a/b",    "..",           "/..",   "/../",          "/a/../..",
        "/a/../../b", "/%2e%2e", "/.%2e",  "/a/%2e%2e/..", "/%",    "/%4",           "/%zz",
        "/%2",        "/%00",    "/a%00b", "/\x01",        "/a\nb", "/\xff/%00",     "/\x7f",
        "/\\",        "/a%2fb",  "/%2F",   "/./..",        "//..",  "/a/b/../../..",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        EXPECT_STR(resolve(wrong[i], 255), "INVALID");
}

TEST(path_respects_its_room)
{
    EXPECT_STR(resolve("/abc", 0), "TOO LONG");
    EXPECT_STR(resolve("/abc", 3), "TOO LONG");
    EXPECT_STR(resolve("/abc", 4), "/abc");
    EXPECT_STR(resolve("/abc/", 4), "TOO LONG");
    EXPECT_STR(resolve("/abc/..", 5), "TOO LONG"); /* The room is for the longest moment. */
    EXPECT_STR(resolve("/abc/..", 7), "/");
}

TEST(path_is_encoded_for_a_redirect)
{
    char out[64] = { 0 };
    struct writer writer = writer_of(out, sizeof out - 1);
    http_put_path(&writer, HTTP_TEXT("/a b/\xc3\xa9\r?"));
    EXPECT_STR(out, "/a%20b/%c3%a9%0d%3f");
}
