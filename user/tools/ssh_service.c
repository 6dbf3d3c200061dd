/* The SSH service's start: the machine's key is made ready and its fingerprint shown, then this process becomes
 * dropbear. The key is the image's (/ssh/host_key, as ssh-keygen or dropbearkey writes one), or else is made
 * from the kernel's entropy and lives as long as this cell. */
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ipc/session_client.h>

#include "user/posix/start.h"

enum { OUTPUT_SIZE = 4096 };

static const char image_key[] = "/ssh/host_key";
static const char own_key[] = "/tmp/host_key";

/* Run a program and take what it says on standard output, as text. @return its exit code was 0. */
static bool run(char *const *arguments, char output[OUTPUT_SIZE])
{
    int ends[2], status = -1;
    pid_t child;
    size_t len = 0;
    posix_spawn_file_actions_t actions;
    if (pipe(ends) != 0)
        return false;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    bool runs = posix_spawn(&child, arguments[0], &actions, NULL, arguments, NULL) == 0;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    while (runs && len < OUTPUT_SIZE - 1) {
        ssize_t got = read(ends[0], output + len, OUTPUT_SIZE - 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    output[len] = 0;
    close(ends[0]);
    return runs && waitpid(child, &status, 0) == child && status == 0;
}

/* ssh-keygen's form is text; dropbear's own begins with a length. */
static bool is_text_key(const char *path)
{
    static const char begin[] = "-----BEGIN";
    char head[sizeof begin - 1];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool is = file >= 0 && read(file, head, sizeof head) == (ssize_t)sizeof head &&
              memcmp(head, begin, sizeof head) == 0;
    if (file >= 0)
        close(file);
    return is;
}

/* @return the file that dropbear is to read, or NULL after a message. */
static const char *key_make_ready(char output[OUTPUT_SIZE])
{
    char *const convert[] = { "/bin/dropbearconvert", "openssh",       "dropbear",
                              (char *)image_key,      (char *)own_key, NULL };
    char *const make[] = { "/bin/dropbearkey", "-t", "ed25519", "-f", (char *)own_key, NULL };
    (void)unlink(own_key); /* Of a life before this one: neither tool writes over it. */
    if (access(image_key, R_OK) == 0 && !is_text_key(image_key))
        return image_key;
    bool is_from_image = access(image_key, R_OK) == 0;
    if (run(is_from_image ? convert : make, output))
        return own_key;
    fprintf(stderr, "ssh: %s\n",
            is_from_image ? "the host key of the image cannot be read (is it encrypted?)"
                          : "no host key can be made");
    return NULL;
}

/* To the console, by the session service. */
static void fingerprint_show(const char *key, char output[OUTPUT_SIZE])
{
    static const char field[] = "Fingerprint: ";
    const struct start_handle *service = start_find("ipc:call:remote-login", OBJECT_CHANNEL);
    char *const show[] = { "/bin/dropbearkey", "-y", "-f", (char *)key, NULL };
    struct session_announce_request request = { 0 };
    char *print = run(show, output) ? strstr(output, field) : NULL;
    if (print == NULL || service == NULL)
        return;
    print += sizeof field - 1;
    print[strcspn(print, "\n")] = 0;
    int len = snprintf(request.text, sizeof request.text, "SSH host key %s: %s",
                       key == image_key || access(image_key, R_OK) == 0 ? "of the image"
                                                                        : "until the next boot",
                       print);
    if (len <= 0 || len >= (int)sizeof request.text)
        return;
    request.text_len = (uint16_t)len;
    if (session_announce((handle_t){ service->handle }, TIME_NEVER, &request) != STATUS_OK)
        fprintf(stderr, "ssh: the fingerprint cannot be shown\n");
}

int main(void)
{
    static char output[OUTPUT_SIZE];
    const char *key = key_make_ready(output);
    if (key == NULL)
        return 1;
    fingerprint_show(key, output);
    /* In the foreground, messages to standard error, this key. */
    execl("/bin/dropbear", "dropbear", "-F", "-E", "-r", key, "-p", "22", (char *)NULL);
    perror("ssh: /bin/dropbear");
    return 1;
}
