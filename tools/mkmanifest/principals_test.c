/* Roles and principals from text to the files that the session service reads, and each refusal. */
#include <stdlib.h>

#include "lib/base/bytes.h"
#include "tests/unit.h"
#include "tools/mkmanifest/manifests.h"

static struct compile compile;
static char *errors;
static size_t errors_len;

static bool compile_text(const char *text)
{
    compile = (struct compile){ .errors = open_memstream(&errors, &errors_len) };
    bool good = sessions_text_read(&compile, "a.toml", const_span_of(text, strlen(text))) &&
                services_order(&compile) && principals_resolve(&compile);
    fclose(compile.errors);
    return good;
}

static void done(void)
{
    compile_free(&compile);
    free(errors);
}

static const char good_text[] = "schema = 1\n"
                                "[role.user]\n"
                                "binary = \"/bin/sh\"\n"
                                "arguments = [\"-l\"]\n"
                                "grants = [\"clock:read\", \"fs:read:/bin\"]\n"
                                "[role.user.cell]\n"
                                "memory = \"64M\"\n"
                                "processes = 32\n"
                                "[role.operator]\n"
                                "binary = \"/bin/swctl\"\n"
                                "[principal.anna]\n"
                                "number = 1001\n"
                                "role = \"user\"\n"
                                "description = \"Anna A.\"\n"
                                "[principal.admin]\n"
                                "number = 1002\n"
                                "role = \"operator\"\n";

TEST(principals_are_read_back)
{
    struct principals principals;
    struct principal principal;
    REQUIRE(compile_text(good_text));
    struct const_span bytes = principals_write(&compile);
    REQUIRE(principals_open(bytes, &principals) == STATUS_OK);
    EXPECT_EQ(principals.count, 2);
    REQUIRE(principals_find(&principals, const_span_of("anna", 4), &principal) == STATUS_OK);
    EXPECT_STR(principal.role, "user");
    EXPECT_STR(principal.description, "Anna A.");
    EXPECT_EQ(principal.number, 1001);
    EXPECT_EQ(principal.group, 1002);
    EXPECT_EQ(principals_find(&principals, const_span_of("ann", 3), &principal), STATUS_NOT_FOUND);
    done();
}

TEST(principals_roles_are_manifests)
{
    struct manifest manifest;
    struct manifest_service role;
    struct grant grant;
    REQUIRE(compile_text(good_text));
    REQUIRE(manifest_open(services_write(&compile), &manifest) == STATUS_OK);
    EXPECT_EQ(manifest.service_count, 2);
    REQUIRE(manifest_find(&manifest, const_span_of("user", 4), &role) == STATUS_OK);
    EXPECT_EQ(role.class_, MANIFEST_ROLE);
    EXPECT_EQ(role.cell.memory_bytes, 64 << 20);
    EXPECT_EQ(role.grant_count, 2);
    EXPECT_EQ(manifest_grant(&manifest, &role, 0, &grant), STATUS_OK);
    EXPECT_EQ(grant.kind, GRANT_CLOCK_READ);
    done();
}

TEST(principals_views_are_those_of_posix)
{
    REQUIRE(compile_text(good_text));
    struct const_span passwd = passwd_write(&compile);
    static const char wanted[] = "system:*:1000:1000:The system:/:/bin/false\n"
                                 "anna:*:1001:1002:Anna A.:/tmp:/bin/sh\n"
                                 "admin:*:1002:1001::/tmp:/bin/swctl\n";
    EXPECT(passwd.len == strlen(wanted) && memcmp(passwd.data, wanted, passwd.len) == 0);
    struct const_span group = group_write(&compile);
    static const char groups[] = "system:*:1000:\noperator:*:1001:\nuser:*:1002:\n";
    EXPECT(group.len == strlen(groups) && memcmp(group.data, groups, group.len) == 0);
    done();
}

#define ROLE "schema = 1\n[role.user]\nbinary = \"/bin/sh\"\n"

TEST(principals_are_refused_with_line_and_reason)
{
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        { ROLE, "a.toml:1: [principal.NAME] is missing\n" },
        { "schema = 1\n[principal.a]\nnumber = 1\nrole = \"user\"\n",
          "a.toml:1: [role.NAME] is missing\n" },
        { ROLE "[principal.a]\nnumber = 5\nrole = \"root\"\n", "a.toml:4: a: root is no role\n" },
        { ROLE "[principal.a]\nrole = \"user\"\n", "a.toml:4: a: role and number are wanted\n" },
        { ROLE "[principal.a]\nnumber = 0\nrole = \"user\"\n",
          "a.toml:5: number: 1 to 65533 is wanted\n" },
        { ROLE "[principal.a]\nnumber = 5\nrole = \"user\"\nsecret = \"x\"\n",
          "a.toml:7: secret: unknown key\n" },
        { ROLE "[principal.A]\nnumber = 5\nrole = \"user\"\n",
          "a.toml:4: A: a name has a-z 0-9 -, a letter first, 31 at most\n" },
        { ROLE "[principal.a]\nnumber = 5\nrole = \"user\"\ndescription = \"a:b\"\n",
          "a.toml:4: a: description: 63 bytes at most, no colon\n" },
        { ROLE "[principal.a]\nnumber = 5\nrole = \"user\"\n"
               "[principal.b]\nnumber = 5\nrole = \"user\"\n",
          "a.toml:7: b has the number of a\n" },
        { ROLE "[principal.a]\nnumber = 1000\nrole = \"user\"\n",
          "a.toml:4: a: name and number 1000 are the system's own\n" },
        { ROLE "[principal.system]\nnumber = 5\nrole = \"user\"\n",
          "a.toml:4: system: name and number 1000 are the system's own\n" },
        { ROLE "[role.system]\nbinary = \"/bin/sh\"\n[principal.a]\nnumber = 5\nrole = \"user\"\n",
          "a.toml:4: system: the name is the system's own\n" },
        { ROLE "needs = [\"x\"]\n[principal.a]\nnumber = 5\nrole = \"user\"\n",
          "a.toml:4: needs: unknown key\n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        EXPECT(!compile_text(cases[i].text));
        EXPECT_STR(errors, cases[i].error);
        done();
    }
}

/* Every byte changed in turn and every cut: refused, or read as something that keeps its promises. */
TEST(principals_reader_survives_damage_everywhere)
{
    REQUIRE(compile_text(good_text));
    struct const_span bytes = principals_write(&compile);
    uint8_t *damaged = malloc(bytes.len);
    REQUIRE(damaged != NULL);
    struct principals principals;
    struct principal principal;
    for (size_t i = 0; i < bytes.len; i++) {
        memcpy(damaged, bytes.data, bytes.len);
        damaged[i] ^= (uint8_t)(1 + unit_random() % 255);
        EXPECT(principals_open(const_span_of(bytes.data, i), &principals) != STATUS_OK);
        if (principals_open(const_span_of(damaged, bytes.len), &principals) != STATUS_OK)
            continue;
        for (uint32_t j = 0; j < principals.count; j++)
            if (principals_get(&principals, j, &principal) == STATUS_OK)
                EXPECT(strlen(principal.name) < sizeof principal.name && principal.number > 0 &&
                       principal.number < 65534 && principal.number != PRINCIPAL_NUMBER_SYSTEM);
    }
    free(damaged);
    done();
}
