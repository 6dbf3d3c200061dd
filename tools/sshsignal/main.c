/* sshsignal HOST PORT USER KEY COMMAND [SIGNAL...]: an SSH client that asks for signals (RFC 4254, 6.9), which Debian's
 * has no way to. It runs the command, shows what that says, and asks for the next signal ("USR1", "TERM") after each
 * line. Ends with the command's code; 128 when a signal has ended it, 255 when it has failed itself. For the
 * tests: the server's key is not checked.
 *
 * Over the library libssh, which is looked up at run time, so that nothing but this program needs it. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_SIGNALLED = 128, EXIT_OWN = 255, ANSWER_OK = 0, OUTPUT_SIZE = 4096 };

/* Of enum ssh_options_e. */
enum { OPTION_HOST = 0, OPTION_PORT_TEXT = 2, OPTION_USER = 4 };

struct ssh_session;
struct ssh_channel;
struct ssh_key;

/* What is used of the library, as its header declares it. */
static struct library {
    struct ssh_session *(*ssh_new)(void);
    int (*ssh_options_set)(struct ssh_session *session, int option, const void *value);
    int (*ssh_connect)(struct ssh_session *session);
    const char *(*ssh_get_error)(void *session);
    int (*ssh_pki_import_privkey_file)(const char *path, const char *passphrase, void *ask,
                                       void *ask_data, struct ssh_key **out_key);
    int (*ssh_userauth_publickey)(struct ssh_session *session, const char *user,
                                  struct ssh_key *key);
    struct ssh_channel *(*ssh_channel_new)(struct ssh_session *session);
    int (*ssh_channel_open_session)(struct ssh_channel *channel);
    int (*ssh_channel_request_exec)(struct ssh_channel *channel, const char *command);
    int (*ssh_channel_read)(struct ssh_channel *channel, void *bytes, unsigned count,
                            int is_error_output);
    int (*ssh_channel_request_send_signal)(struct ssh_channel *channel, const char *name);
    int (*ssh_channel_get_exit_status)(struct ssh_channel *channel);
    void (*ssh_disconnect)(struct ssh_session *session);
} library;

static _Noreturn void fail(struct ssh_session *session, const char *what)
{
    fprintf(stderr, "sshsignal: %s: %s\n", what,
            session != NULL ? library.ssh_get_error(session) : dlerror());
    exit(EXIT_OWN);
}

static void library_open(void)
{
    static const struct {
        const char *name;
        void *place;
    } functions[] = {
        { "ssh_new", &library.ssh_new },
        { "ssh_options_set", &library.ssh_options_set },
        { "ssh_connect", &library.ssh_connect },
        { "ssh_get_error", &library.ssh_get_error },
        { "ssh_pki_import_privkey_file", &library.ssh_pki_import_privkey_file },
        { "ssh_userauth_publickey", &library.ssh_userauth_publickey },
        { "ssh_channel_new", &library.ssh_channel_new },
        { "ssh_channel_open_session", &library.ssh_channel_open_session },
        { "ssh_channel_request_exec", &library.ssh_channel_request_exec },
        { "ssh_channel_read", &library.ssh_channel_read },
        { "ssh_channel_request_send_signal", &library.ssh_channel_request_send_signal },
        { "ssh_channel_get_exit_status", &library.ssh_channel_get_exit_status },
        { "ssh_disconnect", &library.ssh_disconnect },
    };
    void *file = dlopen("libssh.so.4", RTLD_NOW);
    if (file == NULL)
        fail(NULL, "libssh");
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *function = dlsym(file, functions[i].name);
        if (function == NULL)
            fail(NULL, functions[i].name);
        memcpy(functions[i].place, &function, sizeof function);
    }
}

static struct ssh_session *connect_as(char **words)
{
    struct ssh_session *session = library.ssh_new();
    struct ssh_key *key;
    if (session == NULL)
        exit(EXIT_OWN);
    if (library.ssh_options_set(session, OPTION_HOST, words[1]) != ANSWER_OK ||
        library.ssh_options_set(session, OPTION_PORT_TEXT, words[2]) != ANSWER_OK ||
        library.ssh_options_set(session, OPTION_USER, words[3]) != ANSWER_OK)
        fail(session, "options");
    if (library.ssh_connect(session) != ANSWER_OK)
        fail(session, "connect");
    if (library.ssh_pki_import_privkey_file(words[4], NULL, NULL, NULL, &key) != ANSWER_OK)
        fail(session, words[4]);
    if (library.ssh_userauth_publickey(session, NULL, key) != ANSWER_OK)
        fail(session, "login");
    return session;
}

static size_t lines_in(const char *text, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += text[i] == '\n';
    return count;
}

int main(int argc, char **argv)
{
    char output[OUTPUT_SIZE];
    int len, next = 6;
    if (argc < next) {
        fprintf(stderr, "usage: sshsignal HOST PORT USER KEY COMMAND [SIGNAL...]\n");
        return EXIT_OWN;
    }
    library_open();
    struct ssh_session *session = connect_as(argv);
    struct ssh_channel *channel = library.ssh_channel_new(session);
    if (channel == NULL || library.ssh_channel_open_session(channel) != ANSWER_OK ||
        library.ssh_channel_request_exec(channel, argv[5]) != ANSWER_OK)
        fail(session, argv[5]);
    while ((len = library.ssh_channel_read(channel, output, sizeof output, 0)) > 0) {
        fwrite(output, 1, (size_t)len, stdout);
        fflush(stdout);
        for (size_t lines = lines_in(output, (size_t)len); lines > 0 && next < argc; lines--)
            if (library.ssh_channel_request_send_signal(channel, argv[next++]) != ANSWER_OK)
                fail(session, "signal");
    }
    int code = library.ssh_channel_get_exit_status(channel);
    library.ssh_disconnect(session);
    return code >= 0 ? code : EXIT_SIGNALLED;
}
