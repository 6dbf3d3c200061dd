/* The first process of the Linux that this system is compared with, static. Its first act is to say that it runs, with
 * the architectural counter, which begins at 0 when QEMU starts its virtual clock. Then it does what bench= on the
 * kernel's command line says, and powers off:
 *
 *   bench=memory     what of the memory is there and what is left
 *   bench=posix      /bin/posixbench with the words of words=, which commas part
 *   bench=scale      /bin/scale
 *   bench=site       nginx, and /bin/bulk for plain TCP, for as long as it is let live; once it serves, the memory */
#define _GNU_SOURCE
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS_MAX = 64, LINE_SIZE = 128, MEMORY_SIZE = 4096 };

static void say_first(void)
{
    uint64_t ticks, per_second;
    char line[LINE_SIZE];
    __asm__ volatile("hint #0x70" ::: "memory"); /* Mark 0 of tools/qemucount. */
    __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(ticks));
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(per_second));
    int len = snprintf(line, sizeof line, "peer: first process at %.0f us\n",
                       (double)ticks * 1e6 / (double)per_second);
    if (write(STDOUT_FILENO, line, (size_t)len) != len)
        _exit(1);
}

static void mount_all(void)
{
    static const char *const trees[][3] = {
        { "proc", "/proc", "proc" },
        { "sys", "/sys", "sysfs" },
        { "dev", "/dev", "devtmpfs" },
        { "tmp", "/tmp", "tmpfs" },
    };
    for (size_t i = 0; i < sizeof trees / sizeof trees[0]; i++) {
        mkdir(trees[i][1], 0755);
        mount(trees[i][0], trees[i][1], trees[i][2], 0, NULL);
    }
}

static void interface_up(int fd, const char *name, const char *address)
{
    struct ifreq request = { 0 };
    struct sockaddr_in *inet = (struct sockaddr_in *)&request.ifr_addr;
    strcpy(request.ifr_name, name);
    if (address != NULL) {
        unsigned byte[4] = { 0 };
        sscanf(address, "%u.%u.%u.%u", &byte[0], &byte[1], &byte[2], &byte[3]);
        inet->sin_family = AF_INET;
        inet->sin_addr.s_addr = htonl(byte[0] << 24 | byte[1] << 16 | byte[2] << 8 | byte[3]);
        ioctl(fd, SIOCSIFADDR, &request);
        inet->sin_addr.s_addr = htonl(0xffffff00);
        ioctl(fd, SIOCSIFNETMASK, &request);
    }
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    ioctl(fd, SIOCSIFFLAGS, &request);
}

static void network_up(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    const char *address = getenv("address");
    interface_up(fd, "lo", NULL);
    interface_up(fd, "eth0", address != NULL ? address : "10.0.2.15");
    close(fd);
}

/* The kernel has no driver of a wall clock, and nginx ends itself by a fault in the first second of 1970. */
static void clock_begin(void)
{
    const struct timespec some_day = { .tv_sec = 1767225600 };
    clock_settime(CLOCK_REALTIME, &some_day);
}

static pid_t start(char **words)
{
    pid_t child = fork();
    if (child == 0) {
        execv(words[0], words);
        perror(words[0]);
        _exit(127);
    }
    return child;
}

static void finish(pid_t child)
{
    int status = 0;
    while (waitpid(-1, &status, 0) != child)
        continue;
    if (status != 0)
        printf("peer: its program ended with %#x\n", (unsigned)status);
}

static void run_memory(void)
{
    static char text[MEMORY_SIZE];
    int fd = open("/proc/meminfo", O_RDONLY);
    if (read(fd, text, sizeof text - 1) <= 0)
        return;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        if (strncmp(line, "MemTotal", 8) == 0 || strncmp(line, "MemAvailable", 12) == 0)
            printf("peer: %s\n", line);
}

static void run_posix(void)
{
    char *words[WORDS_MAX + 1] = { "/bin/posixbench", "-x", "/bin/tiny" };
    char *more = getenv("words");
    size_t count = 3;
    for (char *word = more != NULL ? strtok(more, ",") : NULL; word != NULL && count < WORDS_MAX;
         word = strtok(NULL, ","))
        words[count++] = word;
    finish(start(words));
}

static void run_scale(void)
{
    char *words[] = { "/bin/scale", NULL };
    finish(start(words));
}

static void wait_for_port(uint16_t port)
{
    const struct timespec step = { .tv_nsec = 1000000 };
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    for (bool up = false; !up;) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        up = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
        close(fd);
        if (!up)
            nanosleep(&step, NULL);
    }
}

static void run_site(void)
{
    char *bulk[] = { "/bin/bulk", "serve", "5201", NULL };
    char *nginx[] = { "/sbin/nginx", "-c", "/etc/nginx.conf", NULL };
    start(bulk);
    pid_t server = start(nginx);
    wait_for_port(80);
    printf("peer: serving\n");
    run_memory();
    finish(server);
}

int main(void)
{
    say_first();
    const char *what = getenv("bench");
    what = what != NULL ? what : "memory";
    mount_all();
    clock_begin();
    network_up();
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(what, "posix") == 0)
        run_posix();
    else if (strcmp(what, "scale") == 0)
        run_scale();
    else if (strcmp(what, "site") == 0)
        run_site();
    else
        run_memory();
    printf("peer: done\n");
    fflush(stdout);
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}
