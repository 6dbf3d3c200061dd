#include "lib/toml/toml.h"

#include <stdlib.h>

#include "tests/unit.h"

enum { NODES = 64 };

static struct toml_node nodes[NODES];
static uint8_t arena[4096];

static status_t read_text(struct toml *toml, const char *text)
{
    *toml = toml_of(nodes, NODES, span_of(arena, sizeof arena));
    return toml_read(toml, const_span_of(text, strlen(text)));
}

/* The node at a path of keys, which must be there. */
static const struct toml_node *node_at(const struct toml *toml, const char *path)
{
    uint32_t node = TOML_ROOT;
    while (*path != '\0') {
        size_t len = strcspn(path, "/");
        node = toml_find(toml, node, const_span_of(path, len));
        REQUIRE(node != TOML_NONE);
        path += len + (path[len] == '/');
    }
    return &toml->nodes[node];
}

TEST(toml_reads_tables_keys_and_values_with_their_lines)
{
    struct toml toml;
    REQUIRE(read_text(&toml,
                      "schema = 1 # first\n"
                      "[service.www]\n"
                      "binary = \"/bin/httpd\"\r\n"
                      "arguments = [\"--root\",\n  '/www', # inside\n]\n"
                      "restart = { policy = \"on-failure\", limit = 0x1_0 }\n"
                      "a.\"b c\".d = true\n"
                      "a.e = -9223372036854775808\n"
                      "[[grant]]\nname = 'one'\n[[grant]]\n[grant.sub]\nx = 0b101\n") == STATUS_OK);
    EXPECT_EQ(node_at(&toml, "schema")->integer, 1);
    EXPECT(toml_text_is(node_at(&toml, "service/www/binary")->string, "/bin/httpd"));
    EXPECT_EQ(node_at(&toml, "service/www/binary")->line, 3);
    const struct toml_node *arguments = node_at(&toml, "service/www/arguments");
    EXPECT_EQ(arguments->kind, TOML_ARRAY);
    EXPECT_EQ(arguments->child_count, 2);
    EXPECT(toml_text_is(toml.nodes[arguments->last_child].string, "/www"));
    EXPECT_EQ(toml.nodes[arguments->last_child].line, 5);
    EXPECT_EQ(node_at(&toml, "service/www/restart/limit")->integer, 16);
    EXPECT_EQ(node_at(&toml, "service/www/a/b c/d")->boolean, true);
    EXPECT_EQ(node_at(&toml, "service/www/a/e")->integer, INT64_MIN);
    const struct toml_node *grants = node_at(&toml, "grant");
    EXPECT_EQ(grants->child_count, 2);
    EXPECT_EQ(toml.nodes[grants->last_child].child_count, 1);
    EXPECT_EQ(node_at(&toml, "service/www")->line, 2);
}

TEST(toml_decodes_strings)
{
    static const struct {
        const char *text, *string;
    } cases[] = {
        { "a = \"\\b\\t\\n\\f\\r\\\"\\\\\"", "\b\t\n\f\r\"\\" },
        { "a = \"\\u00e9\\U0001F600\\u20ac\"", "\xc3\xa9\xf0\x9f\x98\x80\xe2\x82\xac" },
        { "a = '\\n'", "\\n" },
        { "a = \"\"", "" },
        { "a = \"\"\"\nx\n\\\n  \n  y\"\"\"", "x\ny" },
        { "a = \"\"\"\"\"x\"\"\"\"\"", "\"\"x\"\"" },
        { "a = '''\r\n'x''y'''''", "'x''y''" },
        { "a = '''\\'''", "\\" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct toml toml;
        status_t status = read_text(&toml, cases[i].text);
        if (status != STATUS_OK || !toml_text_is(node_at(&toml, "a")->string, cases[i].string))
            unit_fail(__FILE_NAME__, __LINE__, "case %zu: status %d", i, status);
    }
}

TEST(toml_refuses_with_line_and_reason)
{
    static const struct {
        const char *text;
        uint32_t line;
        status_t status;
        const char *reason;
    } cases[] = {
        { "a = 1\na = 2\n", 2, STATUS_CORRUPT, "the key is there already" },
        { "\n\na = 1.5", 3, STATUS_NOT_SUPPORTED, "floats are not supported" },
        { "a = -inf", 1, STATUS_NOT_SUPPORTED, "floats are not supported" },
        { "a = 1e3", 1, STATUS_NOT_SUPPORTED, "floats are not supported" },
        { "a = [\n1979-05-27]", 2, STATUS_NOT_SUPPORTED, "dates and times are not supported" },
        { "a = 07:32:00", 1, STATUS_NOT_SUPPORTED, "dates and times are not supported" },
        { "a = 01", 1, STATUS_CORRUPT, "not a value, or out of its range" },
        { "a = 9223372036854775808", 1, STATUS_CORRUPT, "not a value, or out of its range" },
        { "a = 0x8000000000000000", 1, STATUS_CORRUPT, "not a value, or out of its range" },
        { "a = yes", 1, STATUS_CORRUPT, "not a value, or out of its range" },
        { "a = \n", 1, STATUS_CORRUPT, "a value is missing" },
        { "a 1", 1, STATUS_CORRUPT, "'=' is missing after a key" },
        { "= 1", 1, STATUS_CORRUPT, "a key is missing or has a bad character" },
        { "a = 1 b = 2", 1, STATUS_CORRUPT, "more on the line than belongs there" },
        { "a = \"x\ny\"", 1, STATUS_CORRUPT, "a string does not end on its line" },
        { "a = '''x\ny", 2, STATUS_CORRUPT, "a string does not end" },
        { "a = \"\\x41\"", 1, STATUS_CORRUPT, "an escape that TOML does not have" },
        { "a = \"\\ud800\"", 1, STATUS_CORRUPT, "an escape names no character" },
        { "a = \"\\u12\"", 1, STATUS_CORRUPT, "an escape has too few digits" },
        { "a = [1 2]", 1, STATUS_CORRUPT, "an array does not go on or end" },
        { "a = {b = 1,}", 1, STATUS_CORRUPT, "a key is missing or has a bad character" },
        { "a = {b = 1", 1, STATUS_CORRUPT, "an inline table does not go on or end" },
        { "a = {}\na.b = 1", 2, STATUS_CORRUPT, "a dotted key adds to what is complete" },
        { "a = {}\n[a.b]", 2, STATUS_CORRUPT, "a header adds to what is complete" },
        { "[a]\n[a]", 2, STATUS_CORRUPT, "the table is there already" },
        { "a.b = 1\n[a]", 2, STATUS_CORRUPT, "the table is there already" },
        { "a = []\n[[a]]", 2, STATUS_CORRUPT, "the key is there, and no array of tables" },
        { "[a", 1, STATUS_CORRUPT, "a header does not end with its bracket" },
        { "# x\n\xff", 2, STATUS_CORRUPT, "not UTF-8" },
        { "a = 1\n# \x01", 2, STATUS_CORRUPT, "a control character" },
        { "a = 1\r", 1, STATUS_CORRUPT, "a control character" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct toml toml;
        status_t status = read_text(&toml, cases[i].text);
        if (status != cases[i].status || toml.error_line != cases[i].line ||
            strcmp(toml.error_reason, cases[i].reason) != 0)
            unit_fail(__FILE_NAME__, __LINE__, "case %zu: status %d, line %u: %s", i, status,
                      toml.error_line, toml.error_reason);
    }
}

TEST(toml_stays_within_the_callers_memory_and_depth)
{
    struct toml toml;
    char text[4 * NODES + 1] = "";
    for (int i = 0; i < NODES - 2; i++)
        strcat(text, i == 0 ? "a=[1" : ",1");
    strcat(text, "]");
    EXPECT_EQ(read_text(&toml, text), STATUS_OK); /* Root, array and its elements: all nodes. */
    text[strlen(text) - 1] = '\0';
    strcat(text, ",1]");
    EXPECT_EQ(read_text(&toml, text), STATUS_NO_SPACE);

    for (int depth = TOML_DEPTH_MAX; depth <= TOML_DEPTH_MAX + 1; depth++) {
        strcpy(text, "a=");
        memset(text + 2, '[', (size_t)depth);
        memset(text + 2 + depth, ']', (size_t)depth);
        text[2 + 2 * depth] = '\0';
        EXPECT_EQ(read_text(&toml, text),
                  depth > TOML_DEPTH_MAX ? STATUS_NOT_SUPPORTED : STATUS_OK);
    }

    toml = toml_of(nodes, NODES, span_of(arena, 3));
    EXPECT_EQ(toml_read(&toml, const_span_of("a='''xyz'''", 11)), STATUS_OK);
    toml = toml_of(nodes, NODES, span_of(arena, 3));
    EXPECT_EQ(toml_read(&toml, const_span_of("a='''xyzz'''", 12)), STATUS_NO_SPACE);
}
