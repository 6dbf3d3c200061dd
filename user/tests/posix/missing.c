/* Each call that user/posix/calls.tab says is lacking answers ENOSYS, whatever it is asked. */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

static const struct {
    const char *name;
    long number;
} missing[] = {
#define MISSING(name) { #name, SYS_##name },
#include "posix_missing.inc"
};

static void what_is_lacking_says_so(void)
{
    CHECK(sizeof missing / sizeof missing[0] > 0);
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        errno = 0;
        if (syscall(missing[i].number, 0, 0, 0, 0, 0, 0) != -1 || errno != ENOSYS)
            claim_fail(__FILE_NAME__, __LINE__, missing[i].name, errno);
    }
}

int main(int argc, char **argv)
{
    CLAIM(what_is_lacking_says_so);
    return claims_done();
}
