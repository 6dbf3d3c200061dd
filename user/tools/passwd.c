/* passwd: another secret for the principal of this session. The session service knows whose session it is by the
 * channel; it keeps the new one in memory, and says nothing of it to anybody. */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <ipc/session_client.h>

#include "user/posix/start.h"

enum { SECRET_SIZE = 128 };

/* A line from the terminal, not shown. @return its length, or -1. */
static long ask(const char *question, char secret[SECRET_SIZE])
{
    struct termios was, hidden;
    if (tcgetattr(STDIN_FILENO, &was) != 0)
        return -1;
    hidden = was;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fputs(question, stderr);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    long len = read(STDIN_FILENO, secret, SECRET_SIZE);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &was);
    fputs("\n", stderr);
    return len > 0 && secret[len - 1] == '\n' ? len - 1 : -1;
}

static const char *reason_of(status_t status)
{
    switch (status) {
    case STATUS_NO_RIGHT: return "the old password is another";
    case STATUS_INVALID: return "a password has at least 8 bytes";
    case STATUS_LIMIT: return "too many are tried now";
    default: return "the session service does not take it";
    }
}

static int change(handle_t session)
{
    static struct session_change_secret_request request;
    char old[SECRET_SIZE], new[SECRET_SIZE], again[SECRET_SIZE];
    _Static_assert(sizeof request.old == SECRET_SIZE - 1 && sizeof request.new == SECRET_SIZE - 1,
                   "what was read without its newline fits");
    long old_len = ask("old password: ", old);
    long new_len = old_len < 0 ? -1 : ask("new password: ", new);
    long again_len = new_len < 0 ? -1 : ask("once more: ", again);
    if (again_len < 0)
        return 1;
    if (again_len != new_len || memcmp(again, new, (size_t)new_len) != 0) {
        fprintf(stderr, "passwd: the two are not the same\n");
        return 1;
    }
    request.old_len = (uint16_t)old_len;
    request.new_len = (uint16_t)new_len;
    memcpy(request.old, old, (size_t)old_len);
    memcpy(request.new, new, (size_t)new_len);
    status_t status = session_change_secret(session, TIME_NEVER, &request);
    if (status != STATUS_OK) {
        fprintf(stderr, "passwd: %s\n", reason_of(status));
        return 1;
    }
    printf("changed, until the next boot: what the image says stays as it is\n");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        fprintf(stderr, "usage: passwd: asks for the old password and, twice, for the new one\n");
        return 2;
    }
    const struct start_handle *session = start_find("session", OBJECT_CHANNEL);
    if (session == NULL) {
        fprintf(stderr, "passwd: this is no session\n");
        return 1;
    }
    return change((handle_t){ session->handle });
}
