/* Manifests from text to bytes and back through the supervisor's reader, and each refusal. */
#include <stdlib.h>

#include "lib/base/bytes.h"
#include "tests/unit.h"
#include "tools/mkmanifest/manifests.h"

/* Compile texts as the files a.toml, b.toml and so on. False, with the messages, if refused. */
struct compiled {
    struct compile compile;
    struct const_span bytes;
    char *errors;
    size_t errors_len;
    bool good;
};

static struct compiled *compile_texts(const char *const *texts, int count)
{
    static const char *const files[] = { "a.toml", "b.toml", "c.toml", "d.toml" };
    struct compiled *compiled = calloc(1, sizeof *compiled);
    REQUIRE(compiled != NULL);
    compiled->compile.errors = open_memstream(&compiled->errors, &compiled->errors_len);
    compiled->good = true;
    for (int i = 0; i < count; i++)
        compiled->good = manifest_text_read(&compiled->compile, files[i],
                                            const_span_of(texts[i], strlen(texts[i]))) &&
                         compiled->good;
    compiled->good = compiled->good && services_order(&compiled->compile);
    if (compiled->good)
        compiled->bytes = services_write(&compiled->compile);
    fclose(compiled->compile.errors);
    return compiled;
}

static void compiled_free(struct compiled *compiled)
{
    compile_free(&compiled->compile);
    free(compiled->errors);
    free(compiled);
}

static struct const_span text_span(const char *text)
{
    return const_span_of(text, strlen(text));
}

static bool span_is(struct const_span span, const char *text)
{
    return span.len == strlen(text) && memcmp(span.data, text, span.len) == 0;
}

static const char www_text[] =
    "schema = 1\n"
    "[service.www]\n"
    "binary = \"/bin/httpd\"\n"
    "arguments = [\"--root\", \"/www\"]\n"
    "needs = [\"netd\"]\n"
    "start = \"on-demand\"\n"
    "restart = { policy = \"always\", backoff_ms = 250, limit = 7, "
    "window_s = 90 }\n"
    "ready = { kind = \"listen\", within_ms = 2000 }\n"
    "watchdog_ms = 3000\n"
    "grants = [\"fs:read:/www\", \"net:listen:tcp:80\", \"clock:read\"]\n"
    "[service.www.cell]\n"
    "memory = \"16M\"\n"
    "cpu = { budget_us = 50000, period_us = 100000 }\n"
    "processes = 8\nthreads = 9\nhandles = 4096\n"
    "scratch = \"4M\"\n";
static const char netd_text[] = "schema = 1\n[service.netd]\nbinary = \"/bin/netd\"\n"
                                "needs = [\"nic\"]\ngrants = [\"ipc:serve:net\"]\n"
                                "ready.kind = \"serve\"\n";
static const char nic_text[] = "schema = 1\n[service.nic]\nbinary = \"/drv/nic\"\n"
                               "class = \"driver\"\n"
                               "match = [{ vendor = 0x1af4, device = 0x1041 }, "
                               "{ class = 0x020000 }]\n";

TEST(mkmanifest_gives_back_all_that_a_manifest_says)
{
    const char *const texts[] = { www_text, netd_text, nic_text };
    struct compiled *compiled = compile_texts(texts, 3);
    struct manifest manifest;
    struct manifest_service www, netd, nic;
    EXPECT_STR(compiled->errors, "");
    REQUIRE(manifest_open(compiled->bytes, &manifest) == STATUS_OK);
    EXPECT_EQ(manifest.service_count, 3);
    REQUIRE(manifest_find(&manifest, text_span("www"), &www) == STATUS_OK);
    REQUIRE(manifest_find(&manifest, text_span("netd"), &netd) == STATUS_OK);
    REQUIRE(manifest_find(&manifest, text_span("nic"), &nic) == STATUS_OK);
    EXPECT_EQ(manifest_find(&manifest, text_span("ww"), &www), STATUS_NOT_FOUND);
    EXPECT(nic.index < netd.index && netd.index < www.index);

    EXPECT(span_is(www.binary, "/bin/httpd"));
    EXPECT_EQ(www.class_, MANIFEST_SERVICE);
    EXPECT_EQ(www.start, START_ON_DEMAND);
    EXPECT_EQ(www.restart, RESTART_ALWAYS);
    EXPECT_EQ(www.restart_backoff_ms, 250);
    EXPECT_EQ(www.restart_limit, 7);
    EXPECT_EQ(www.restart_window_s, 90);
    EXPECT_EQ(www.ready, READY_LISTEN);
    EXPECT_EQ(www.ready_within_ms, 2000);
    EXPECT_EQ(www.watchdog_ms, 3000);
    EXPECT_EQ(www.cell.memory_bytes, 16 << 20);
    EXPECT_EQ(www.cell.scratch_bytes, 4 << 20);
    EXPECT_EQ(www.cell.cpu_budget_us, 50000);
    EXPECT_EQ(www.cell.cpu_period_us, 100000);
    EXPECT_EQ(www.cell.processes, 8);
    EXPECT_EQ(www.cell.threads, 9);
    EXPECT_EQ(www.cell.handles, 4096);
    compiled_free(compiled);
}

TEST(mkmanifest_gives_back_lists_in_their_order)
{
    const char *const texts[] = { www_text, netd_text, nic_text };
    struct compiled *compiled = compile_texts(texts, 3);
    struct manifest manifest;
    struct manifest_service www, netd, nic;
    REQUIRE(manifest_open(compiled->bytes, &manifest) == STATUS_OK);
    REQUIRE(manifest_find(&manifest, text_span("www"), &www) == STATUS_OK);
    REQUIRE(manifest_find(&manifest, text_span("netd"), &netd) == STATUS_OK);
    REQUIRE(manifest_find(&manifest, text_span("nic"), &nic) == STATUS_OK);

    struct const_span argument;
    REQUIRE(manifest_argument(&manifest, &www, 1, &argument) == STATUS_OK);
    EXPECT_STR((const char *)argument.data, "/www"); /* NUL-ended, as argv wants it. */
    EXPECT_EQ(manifest_argument(&manifest, &www, 2, &argument), STATUS_NOT_FOUND);
    uint32_t need = 99;
    REQUIRE(manifest_need(&manifest, &www, 0, &need) == STATUS_OK);
    EXPECT_EQ(need, netd.index);
    EXPECT_EQ(manifest_need(&manifest, &www, 1, &need), STATUS_NOT_FOUND);
    struct grant grant;
    EXPECT_EQ(www.grant_count, 3);
    REQUIRE(manifest_grant(&manifest, &www, 0, &grant) == STATUS_OK);
    EXPECT(grant.kind == GRANT_FS_READ && span_is(grant.name, "/www"));
    REQUIRE(manifest_grant(&manifest, &www, 1, &grant) == STATUS_OK);
    EXPECT(grant.kind == GRANT_NET_LISTEN && grant.port == 80 && grant.protocol == GRANT_TCP);
    EXPECT_EQ(manifest_grant(&manifest, &www, 3, &grant), STATUS_NOT_FOUND);
    struct manifest_match match;
    EXPECT_EQ(nic.class_, MANIFEST_DRIVER);
    REQUIRE(manifest_match(&manifest, &nic, 0, &match) == STATUS_OK);
    EXPECT(!match.by_class && match.vendor == 0x1af4 && match.device == 0x1041);
    REQUIRE(manifest_match(&manifest, &nic, 1, &match) == STATUS_OK);
    EXPECT(match.by_class && match.class_code == 0x020000);
    EXPECT_EQ(manifest_match(&manifest, &nic, 2, &match), STATUS_NOT_FOUND);
    compiled_free(compiled);
}

/* The defaults are promised in docs/formats/manifest.md. */
TEST(mkmanifest_fills_in_the_documented_defaults)
{
    const char *const texts[] = { "schema = 1\n[service.a]\nbinary = \"/a\"\n" };
    struct compiled *compiled = compile_texts(texts, 1);
    struct manifest manifest;
    struct manifest_service service;
    REQUIRE(manifest_open(compiled->bytes, &manifest) == STATUS_OK);
    REQUIRE(manifest_service(&manifest, 0, &service) == STATUS_OK);
    EXPECT_EQ(service.class_, MANIFEST_SERVICE);
    EXPECT_EQ(service.start, START_BOOT);
    EXPECT_EQ(service.restart, RESTART_ON_FAILURE);
    EXPECT_EQ(service.restart_backoff_ms, 100);
    EXPECT_EQ(service.restart_limit, 5);
    EXPECT_EQ(service.restart_window_s, 60);
    EXPECT_EQ(service.ready, READY_START);
    EXPECT_EQ(service.ready_within_ms, 5000);
    EXPECT_EQ(service.watchdog_ms, 0);
    EXPECT_EQ(service.cell.memory_bytes, 8 << 20);
    EXPECT_EQ(service.cell.scratch_bytes, 0);
    EXPECT_EQ(service.cell.cpu_budget_us, 0);
    EXPECT_EQ(service.cell.processes, 1);
    EXPECT_EQ(service.cell.threads, 16);
    EXPECT_EQ(service.cell.handles, 256);
    compiled_free(compiled);
}

/* The image is reproducible only if what is in it does not depend on the order of the files. */
TEST(mkmanifest_writes_the_same_bytes_in_any_order_of_files)
{
    const char *const forward[] = { www_text, netd_text, nic_text };
    const char *const backward[] = { nic_text, netd_text, www_text };
    struct compiled *one = compile_texts(forward, 3), *other = compile_texts(backward, 3);
    REQUIRE(one->good && other->good && one->bytes.len == other->bytes.len);
    EXPECT_MEM(one->bytes.data, other->bytes.data, one->bytes.len);
    compiled_free(one);
    compiled_free(other);
}

#define SERVICE "schema = 1\n[service.a]\nbinary = \"/a\"\n"

TEST(mkmanifest_refuses_a_file_with_its_line_and_reason)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        { "[service.a]\nbinary = \"/a\"", "a.toml:1: schema is missing\n" },
        { "schema = 2\n[service.a]\nbinary = \"/a\"", "a.toml:1: schema: 1 to 1 is wanted\n" },
        { "schema = \"1\"\n[service.a]\n", "a.toml:1: schema: an integer is wanted\n" },
        { "schema = 1\n", "a.toml:1: [service.NAME] is missing\n" },
        { "schema = 1\nservice = 3", "a.toml:2: service: one [service.NAME] a file is wanted\n" },
        { SERVICE "[service.b]", "a.toml:2: service: one [service.NAME] a file is wanted\n" },
        { "schema = 1\nservice.a = 1", "a.toml:2: a: a table is wanted\n" },
        { SERVICE "[other]", "a.toml:4: other: unknown key\n" },
        { SERVICE "binry = 1", "a.toml:4: binry: unknown key\n" },
        { SERVICE "[service.a.cell]\nmem = 1", "a.toml:5: mem: unknown key\n" },
        { SERVICE "restart = { police = 1 }", "a.toml:4: police: unknown key\n" },
        { SERVICE "binary = \"/b\"", "a.toml:4: the key is there already\n" },
        { SERVICE "watchdog_ms = 1.5", "a.toml:4: floats are not supported\n" },
        { "schema = 1\n\n[service.a]\n", "a.toml:3: a: binary is missing\n" },
        { "schema = 1\n[service.A]\nbinary = \"/a\"",
          "a.toml:2: A: a name has a-z 0-9 -, a letter first, 31 at most\n" },
        { "schema = 1\n[service.a]\nbinary = \"a\"",
          "a.toml:2: a: binary: an absolute path is wanted\n" },
        { "schema = 1\n[service.a]\nbinary = 1", "a.toml:3: binary: a string is wanted\n" },
        { "schema = 1\n[service.a]\nbinary = \"/\\u0000\"",
          "a.toml:3: binary: a string without NUL is wanted\n" },
        { SERVICE "arguments = \"x\"", "a.toml:4: arguments: an array of strings is wanted\n" },
        { SERVICE "arguments = [\n1]", "a.toml:5: (element): a string is wanted\n"
                                       "a.toml:4: arguments: an array of strings is wanted\n" },
        { SERVICE "start = \"now\"",
          "a.toml:4: start: one of boot, on-demand, manual is wanted\n" },
        { SERVICE "start = 1", "a.toml:4: start: one of boot, on-demand, manual is wanted\n" },
        { SERVICE "restart = 1", "a.toml:4: restart: a table is wanted\n" },
        { SERVICE "restart.policy = \"\"",
          "a.toml:4: policy: one of never, on-failure, always is wanted\n" },
        { SERVICE "restart.backoff_ms = 0", "a.toml:4: backoff_ms: 1 to 3600000 is wanted\n" },
        { SERVICE "restart.limit = -1", "a.toml:4: limit: 0 to 1000000 is wanted\n" },
        { SERVICE "ready.kind = \"up\"",
          "a.toml:4: kind: one of start, listen, serve, notify is wanted\n" },
        { SERVICE "ready.kind = \"listen\"",
          "a.toml:2: a: ready: kind listen wants a net:listen grant\n" },
        { SERVICE "ready.kind = \"serve\"",
          "a.toml:2: a: ready: kind serve wants an ipc:serve grant\n" },
        { SERVICE "class = \"driver\"",
          "a.toml:2: a: a driver has a match, and nothing else has\n" },
        { SERVICE "match = { class = 1 }",
          "a.toml:2: a: a driver has a match, and nothing else has\n" },
        { SERVICE "match = { vendor = 1 }",
          "a.toml:4: match: { vendor, device } or { class } is wanted\n" },
        { SERVICE "match = { vendor = 1, device = 1, class = 1 }",
          "a.toml:4: match: { vendor, device } or { class } is wanted\n" },
        { SERVICE "match = { vendor = 0x10000, device = 1 }",
          "a.toml:4: vendor: 0 to 65535 is wanted\n" },
        { SERVICE "match = { klass = 1 }", "a.toml:4: klass: unknown key\n" },
        { SERVICE "match = []", "a.toml:4: match: at least one match is wanted\n" },
        { SERVICE "grants = [\n\"fs:read:/x\",\n\"root\"]",
          "a.toml:6: grant \"root\": no such form of grant\n" },
        { SERVICE "grants = [\"fs:read:x\"]",
          "a.toml:4: grant \"fs:read:x\": a path is absolute, without '.', '..', '//' or a slash "
          "at the end\n" },
        { SERVICE "grants = [\"accel:use:x\"]",
          "a.toml:4: grant \"accel:use:x\": kept for later\n" },
        { SERVICE "grants = [\"log:read\", \"log:read\"]",
          "a.toml:4: grant \"log:read\" comes twice\n" },
        { SERVICE "cell = { cpu = { budget_us = 5 } }",
          "a.toml:2: a: cpu: budget_us and period_us come together\n" },
        { SERVICE "cell.processes = 0", "a.toml:4: processes: 1 to 65536 is wanted\n" },
        { SERVICE "cell.handles = 7", "a.toml:4: handles: 8 to 1048576 is wanted\n" },
        { SERVICE "cell.memory = \"16\"",
          "a.toml:4: memory: a size is wanted, as \"16M\", and not as large\n" },
        { SERVICE "cell.memory = \"M\"",
          "a.toml:4: memory: a size is wanted, as \"16M\", and not as large\n" },
        { SERVICE "cell.memory = \"16MB\"",
          "a.toml:4: memory: a size is wanted, as \"16M\", and not as large\n" },
        { SERVICE "cell.memory = \"99999999999999999999G\"",
          "a.toml:4: memory: a size is wanted, as \"16M\", and not as large\n" },
        { SERVICE "cell.memory = \"4K\"",
          "a.toml:4: memory: a multiple of 4K from 65536 to 1099511627776 bytes is wanted\n" },
        { SERVICE "cell.memory = 65537",
          "a.toml:4: memory: a multiple of 4K from 65536 to 1099511627776 bytes is wanted\n" },
        { SERVICE "needs = [\"b\"]", "a.toml:4: a needs b, which is no service\n" },
        { SERVICE "needs = [\"a\"]", "a.toml:4: needs go in a circle: a -> a\n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct compiled *compiled = compile_texts(&cases[i].text, 1);
        if (compiled->good || strcmp(compiled->errors, cases[i].error) != 0)
            unit_fail(__FILE_NAME__, __LINE__, "%s\ngave: %swanted: %s", cases[i].text,
                      compiled->good ? "(nothing)\n" : compiled->errors, cases[i].error);
        compiled_free(compiled);
    }
}

TEST(mkmanifest_takes_sizes_with_and_without_units)
{
    static const struct {
        const char *text;
        uint64_t size;
    } cases[] = {
        { SERVICE "cell.memory = \"64K\"", 64 << 10 },
        { SERVICE "cell.memory = \"1024G\"", 1ull << 40 },
        { SERVICE "cell.memory = 69632", 69632 },
    };
    for (size_t i = 0; i < 3; i++) {
        struct compiled *compiled = compile_texts(&cases[i].text, 1);
        struct manifest manifest;
        struct manifest_service service;
        REQUIRE(manifest_open(compiled->bytes, &manifest) == STATUS_OK);
        REQUIRE(manifest_service(&manifest, 0, &service) == STATUS_OK);
        EXPECT_EQ(service.cell.memory_bytes, cases[i].size);
        compiled_free(compiled);
    }
}

#define NEEDING(name, grants, needs)                                                              \
    "schema = 1\n[service." name "]\nbinary = \"/x\"\ngrants = [" grants "]\nneeds = [" needs "]" \
    "\n"

TEST(mkmanifest_refuses_services_that_do_not_go_together)
{
    const char *const circle[] = { NEEDING("a", "", "\"b\""), NEEDING("b", "", "\"d\", \"c\""),
                                   NEEDING("c", "", "\"a\""), NEEDING("d", "", "") };
    struct compiled *compiled = compile_texts(circle, 4);
    EXPECT(!compiled->good);
    EXPECT_STR(compiled->errors, "b.toml:5: needs go in a circle: b -> c -> a -> b\n");
    compiled_free(compiled);

    const char *const twice[] = { NEEDING("a", "", ""), NEEDING("a", "", "") };
    compiled = compile_texts(twice, 2);
    EXPECT(!compiled->good);
    EXPECT_STR(compiled->errors, "b.toml:2: service a is in a.toml:2 already\n");
    compiled_free(compiled);

    const char *const need_twice[] = { NEEDING("a", "", ""), NEEDING("b", "", "\"a\", \"a\"") };
    compiled = compile_texts(need_twice, 2);
    EXPECT(!compiled->good);
    EXPECT_STR(compiled->errors, "b.toml:5: b needs a twice\n");
    compiled_free(compiled);

    const char *const served[] = { NEEDING("a", "\"ipc:serve:x\"", ""),
                                   NEEDING("b", "\"log:read\", \"ipc:serve:x\"", "") };
    compiled = compile_texts(served, 2);
    EXPECT(!compiled->good);
    EXPECT_STR(compiled->errors, "b.toml:4: grant \"ipc:serve:x\": a serves it already\n");
    compiled_free(compiled);
}

/* Every byte of a compiled manifest changed in turn: the reader may refuse or read something else,
 * but stays inside (the sanitizers watch) and keeps its promises. Every cut is refused. */
TEST(manifest_reader_survives_damage_everywhere)
{
    const char *const texts[] = { www_text, netd_text, nic_text };
    struct compiled *compiled = compile_texts(texts, 3);
    size_t len = compiled->bytes.len;
    uint8_t *bytes = malloc(len);
    struct manifest manifest;
    int refused = 0;
    for (size_t i = 0; i < len; i++) {
        memcpy(bytes, compiled->bytes.data, len);
        bytes[i] ^= (uint8_t)(1 + unit_random() % 255);
        FILE *null = fopen("/dev/null", "w");
        refused += manifest_open(const_span_of(bytes, len), &manifest) != STATUS_OK ||
                   manifest_list(const_span_of(bytes, len), null) != STATUS_OK;
        fclose(null);
        EXPECT(manifest_open(const_span_of(compiled->bytes.data, i), &manifest) != STATUS_OK);
    }
    EXPECT(refused > 100);
    free(bytes);
    compiled_free(compiled);
}

/* A need that points forward is the beginning of a cycle. */
TEST(manifest_reader_refuses_needs_that_come_later)
{
    const char *const texts[] = { www_text, netd_text, nic_text };
    struct compiled *compiled = compile_texts(texts, 3);
    struct manifest manifest;
    struct manifest_service netd;
    REQUIRE(manifest_open(compiled->bytes, &manifest) == STATUS_OK);
    REQUIRE(manifest_service(&manifest, 1, &netd) == STATUS_OK);
    uint32_t need;
    for (uint32_t to = 0; to < 3; to++) {
        store_le32((uint8_t *)manifest.needs.data + netd.need_first * MANIFEST_NEED_BYTES, to);
        EXPECT_EQ(manifest_need(&manifest, &netd, 0, &need), to == 0 ? STATUS_OK : STATUS_CORRUPT);
    }
    compiled_free(compiled);
}
