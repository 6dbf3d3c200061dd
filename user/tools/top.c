/* top: the processes of the session by the CPU time of the last second, until q is typed; `top N` shows N
 * pictures and ends. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "user/tools/list.h"

enum { PERIOD_MS = 1000, ROWS_DEFAULT = 24, NS_PER_PERCENT = PERIOD_MS * 10000 };

struct picture {
    int count;
    struct process_info infos[LIST_MAX];
    unsigned long long used_ns[LIST_MAX]; /* Since the picture before. */
};

static unsigned long long cpu_before(const struct picture *before, const struct process_info *info)
{
    for (int i = 0; i < before->count; i++)
        if (before->infos[i].id == info->id)
            return before->infos[i].cpu_ns;
    return 0;
}

/* The busiest first. A few dozen processes: insertion will do. */
static void sort(struct picture *picture)
{
    for (int i = 1; i < picture->count; i++)
        for (int j = i; j > 0 && picture->used_ns[j] > picture->used_ns[j - 1]; j--) {
            struct process_info info = picture->infos[j];
            unsigned long long used = picture->used_ns[j];
            picture->infos[j] = picture->infos[j - 1];
            picture->used_ns[j] = picture->used_ns[j - 1];
            picture->infos[j - 1] = info;
            picture->used_ns[j - 1] = used;
        }
}

static int rows_of_window(void)
{
    struct winsize window = { 0 };
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &window);
    return window.ws_row > 4 ? window.ws_row : ROWS_DEFAULT;
}

static void show(const struct picture *picture)
{
    int rows = rows_of_window() - 3;
    if (isatty(STDOUT_FILENO))
        printf("\033[H\033[J");
    printf("%d processes; q ends\n%4s ", picture->count, "%CPU");
    list_head();
    for (int i = 0; i < picture->count && i < rows; i++) {
        printf("%4llu ", picture->used_ns[i] / NS_PER_PERCENT);
        list_row(&picture->infos[i]);
    }
    fflush(stdout);
}

static bool take(struct picture *picture, const struct picture *before)
{
    picture->count = list_processes("top", picture->infos);
    for (int i = 0; i < picture->count; i++)
        picture->used_ns[i] =
            before->count <= 0 ? 0 /* The first picture has nothing to compare with. */
                               : picture->infos[i].cpu_ns - cpu_before(before, &picture->infos[i]);
    sort(picture);
    return picture->count >= 0;
}

/* Wait a period. @return q was typed. */
static bool wait_or_quit(bool asks)
{
    char typed = 0;
    struct pollfd entry = { asks ? STDIN_FILENO : -1, POLLIN, 0 };
    return poll(&entry, 1, PERIOD_MS) == 1 && (read(STDIN_FILENO, &typed, 1) != 1 || typed == 'q');
}

static void run(long pictures, bool asks)
{
    static struct picture two[2];
    for (long i = 0; pictures == 0 || i < pictures; i++) {
        if (!take(&two[i % 2], &two[(i + 1) % 2]))
            return;
        show(&two[i % 2]);
        if (i + 1 != pictures && wait_or_quit(asks))
            return;
    }
}

/* --- the terminal --- */

static struct termios was, raw;

/* Ended or stopped by a signal: the terminal is given back as it was, then the signal does what it does. */
static void give_back(int signal_number)
{
    int saved = errno;
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &was);
    if (signal_number == SIGTSTP) {
        raise(SIGSTOP);
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
        errno = saved;
        return;
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* Keys one by one, not shown; only if it is a person who looks at it. */
static bool take_terminal(void)
{
    static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP };
    if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &was) != 0)
        return false;
    raw = was;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], give_back);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    return true;
}

int main(int argc, char **argv)
{
    long pictures = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    if (pictures < 0 || argc > 2) {
        fprintf(stderr, "usage: top [PICTURES]\n");
        return 2;
    }
    bool asks = take_terminal();
    run(pictures, asks);
    if (asks)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &was);
    return 0;
}
