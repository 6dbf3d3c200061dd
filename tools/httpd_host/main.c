/* httpd_host ROOT [PORT]: serve a folder on 127.0.0.1 with the guest's httpd, until SIGINT or
 * SIGTERM, which drain it. Prints `listening on PORT` when it is ready; the log goes to stderr. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "tools/httpd_host/posix_io.h"
#include "user/httpd/httpd.h"

/* SIGINT and SIGTERM as something to read. */
static int stop_fd_open(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: httpd_host ROOT [PORT]\n");
        return 2;
    }
    struct posix_io posix;
    struct httpd *httpd = malloc(sizeof *httpd);
    int port = posix_io_open(&posix, argv[1], argc == 3 ? atoi(argv[2]) : 0, stop_fd_open(),
                             STDERR_FILENO);
    if (httpd == NULL || port < 0) {
        perror("httpd_host");
        return 1;
    }
    printf("listening on %d\n", port);
    fflush(stdout);
    httpd_init(httpd, &httpd_config_default, &posix_io_ops, &posix);
    status_t status;
    do
        status = httpd_step(httpd);
    while (status == STATUS_OK);
    posix_io_close(&posix);
    free(httpd);
    return status == STATUS_DEAD ? 0 : 1;
}
