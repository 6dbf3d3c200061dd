/* Sockets over the network service: a service of its own, with grants for exactly the peers below
 * (user/tests/posix/manifests/sockets.toml). The host's side is QEMU's user network: 10.0.2.100:7 echoes, nobody
 * listens at 10.0.2.2:1, and nobody is 10.0.2.77. */
#define CLAIM_PREFIX "@@test"
#include "user/tests/posix/claim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <swos/syscalls.h>

#include "user/posix/start.h"

#define ECHO_ADDRESS "10.0.2.100"
#define HOST_ADDRESS "10.0.2.2"
#define NOBODY_ADDRESS "10.0.2.77"
enum { ECHO_PORT = 7, CLOSED_PORT = 1, ANY_PORT = 9, OTHER_PORT = 4000 };

static struct sockaddr_in address_of(const char *text, int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    (void)inet_pton(AF_INET, text, &address.sin_addr);
    return address;
}

static int tcp_socket(int flags)
{
    return socket(AF_INET, SOCK_STREAM | flags, 0);
}

static int connect_to(int fd, const char *text, int port)
{
    struct sockaddr_in address = address_of(text, port);
    return connect(fd, (struct sockaddr *)&address, sizeof address);
}

static int error_of(int fd)
{
    int error = -1;
    socklen_t len = sizeof error;
    EQ(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
    return error;
}

/* A listener at a port of its own choice; its address in *out. */
static int listen_anywhere(struct sockaddr_in *out)
{
    socklen_t len = sizeof *out;
    struct sockaddr_in address = address_of("127.0.0.1", 0);
    int fd = tcp_socket(0);
    EQ(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    EQ(listen(fd, 4), 0);
    EQ(getsockname(fd, (struct sockaddr *)out, &len), 0);
    CHECK(out->sin_port != 0);
    return fd;
}

static void echo_over_the_wire(void)
{
    static const char text[] = "over the wire and back";
    char bytes[sizeof text];
    struct sockaddr_in peer;
    socklen_t len = sizeof peer;
    int fd = tcp_socket(0), one = 1;
    EQ(connect_to(fd, ECHO_ADDRESS, ECHO_PORT), 0);
    EQ(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), 0);
    EQ(getpeername(fd, (struct sockaddr *)&peer, &len), 0);
    EQ(ntohs(peer.sin_port), ECHO_PORT);
    EQ(getsockname(fd, (struct sockaddr *)&peer, &len), 0);
    EQ(peer.sin_addr.s_addr, inet_addr("10.0.2.15"));
    CHECK(peer.sin_port != 0);
    EQ(send(fd, text, sizeof text, 0), sizeof text);
    EQ(recv(fd, bytes, sizeof bytes, MSG_WAITALL), sizeof bytes);
    EQ(memcmp(bytes, text, sizeof text), 0);
    EQ(shutdown(fd, SHUT_WR), 0);
    EQ(recv(fd, bytes, sizeof bytes, 0), 0);
    EQ(connect_to(fd, ECHO_ADDRESS, ECHO_PORT), -1);
    EQ(errno, EISCONN);
    EQ(close(fd), 0);
}

static void *pour(void *argument)
{
    static unsigned char bytes[7000];
    int fd = *(int *)argument;
    for (unsigned sent = 0; sent < 1u << 20;) {
        unsigned part = (1u << 20) - sent < sizeof bytes ? (1u << 20) - sent : sizeof bytes;
        for (unsigned i = 0; i < part; i++)
            bytes[i] = (unsigned char)((sent + i) * 7);
        long done = send(fd, bytes, part, 0);
        if (done <= 0)
            break;
        sent += (unsigned)done;
    }
    (void)shutdown(fd, SHUT_WR);
    return NULL;
}

/* @return how many bytes came, all of them as poured. */
static unsigned drink(int fd)
{
    static unsigned char bytes[5000];
    unsigned received = 0;
    long done;
    while ((done = recv(fd, bytes, sizeof bytes, 0)) > 0)
        for (long i = 0; i < done; i++, received++)
            CHECK(bytes[i] == (unsigned char)(received * 7));
    EQ(done, 0);
    return received;
}

static void mebibyte_over_the_wire(void)
{
    pthread_t thread;
    int fd = tcp_socket(0);
    EQ(connect_to(fd, ECHO_ADDRESS, ECHO_PORT), 0);
    EQ(pthread_create(&thread, NULL, pour, &fd), 0);
    EQ(drink(fd), 1 << 20);
    EQ(pthread_join(thread, NULL), 0);
    EQ(close(fd), 0);
}

static void refused_and_unreachable(void)
{
    int fd = tcp_socket(0);
    EQ(connect_to(fd, HOST_ADDRESS, CLOSED_PORT), -1);
    EQ(errno, ECONNREFUSED);
    EQ(close(fd), 0);
    fd = tcp_socket(0);
    EQ(connect_to(fd, NOBODY_ADDRESS, ANY_PORT), -1);
    EQ(errno, EHOSTUNREACH);
    EQ(close(fd), 0);
    fd = tcp_socket(0);
    EQ(connect_to(fd, "127.0.0.1", CLOSED_PORT), -1);
    EQ(errno, ECONNREFUSED);
    EQ(close(fd), 0);
}

static void without_a_grant(void)
{
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(80) };
    int fd = tcp_socket(0);
    EQ(connect_to(fd, ECHO_ADDRESS, ECHO_PORT + 1), -1);
    EQ(errno, EACCES);
    EQ(connect_to(fd, "10.0.2.3", ECHO_PORT), -1);
    EQ(errno, EACCES);
    EQ(close(fd), 0);
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    six.sin6_addr.s6_addr[0] = 0x20;
    EQ(connect(fd, (struct sockaddr *)&six, sizeof six), -1);
    EQ(errno, EACCES);
    EQ(close(fd), 0);
}

static void without_waiting(void)
{
    int fd = tcp_socket(SOCK_NONBLOCK);
    struct pollfd entry = { .fd = fd, .events = POLLOUT };
    EQ(connect_to(fd, ECHO_ADDRESS, ECHO_PORT), -1);
    EQ(errno, EINPROGRESS);
    EQ(poll(&entry, 1, 10000), 1);
    EQ(entry.revents, POLLOUT);
    EQ(error_of(fd), 0);
    EQ(send(fd, "x", 1, 0), 1);
    entry.events = POLLIN;
    EQ(poll(&entry, 1, 10000), 1);
    EQ(close(fd), 0);

    fd = entry.fd = tcp_socket(SOCK_NONBLOCK);
    entry.events = POLLOUT;
    EQ(connect_to(fd, HOST_ADDRESS, CLOSED_PORT), -1);
    EQ(errno, EINPROGRESS);
    EQ(poll(&entry, 1, 10000), 1);
    CHECK(entry.revents & POLLERR);
    EQ(error_of(fd), ECONNREFUSED);
    EQ(close(fd), 0);
}

static void limited_by_time(void)
{
    struct timeval limit = { .tv_usec = 50000 };
    int fd = tcp_socket(0);
    EQ(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), 0);
    EQ(connect_to(fd, NOBODY_ADDRESS, ANY_PORT), -1);
    EQ(errno, EINPROGRESS);
    EQ(connect_to(fd, NOBODY_ADDRESS, ANY_PORT), -1);
    EQ(errno, EALREADY);
    EQ(close(fd), 0);
}

/* Both ends have the addresses of a connection, and it is one from end to end. */
static void joined_to_itself(void)
{
    struct sockaddr_in here, peer, own;
    socklen_t len = sizeof peer;
    char bytes[8] = "";
    int listener = listen_anywhere(&here), client = tcp_socket(0);
    EQ(connect(client, (struct sockaddr *)&here, sizeof here), 0);
    EQ(send(client, "before", 6, 0), 6);
    int server = accept(listener, (struct sockaddr *)&peer, &len);
    CHECK(server >= 0);
    EQ(getsockname(client, (struct sockaddr *)&own, &len), 0);
    EQ(own.sin_port, peer.sin_port);
    EQ(own.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    EQ(getpeername(client, (struct sockaddr *)&own, &len), 0);
    EQ(own.sin_port, here.sin_port);
    EQ(recv(server, bytes, sizeof bytes, 0), 6);
    EQ(send(server, "after", 5, 0), 5);
    EQ(close(server), 0);
    EQ(recv(client, bytes, sizeof bytes, MSG_WAITALL), 5);
    EQ(recv(client, bytes, sizeof bytes, 0), 0);
    EQ(send(client, "x", 1, MSG_NOSIGNAL), -1);
    EQ(errno, EPIPE);
    EQ(close(client), 0);
    EQ(close(listener), 0);
}

static void mebibyte_to_itself(void)
{
    struct sockaddr_in here;
    pthread_t thread;
    int listener = listen_anywhere(&here), client = tcp_socket(0);
    EQ(connect(client, (struct sockaddr *)&here, sizeof here), 0);
    int server = accept(listener, NULL, NULL);
    EQ(pthread_create(&thread, NULL, pour, &client), 0);
    EQ(drink(server), 1 << 20);
    EQ(pthread_join(thread, NULL), 0);
    EQ(close(server), 0);
    EQ(close(client), 0);
    EQ(close(listener), 0);
}

static void *take_late(void *argument)
{
    int listener = *(int *)argument;
    for (int i = 0; i < 128; i++) {
        int fd = accept(listener, NULL, NULL);
        CHECK(fd >= 0);
        EQ(close(fd), 0);
    }
    int fd = accept(listener, NULL, NULL);
    CHECK(fd >= 0);
    EQ(drink(fd), 1 << 20);
    EQ(close(fd), 0);
    return NULL;
}

/* A full backlog: the handshake waits as it would with TCP, which is then what carries the bytes. */
static void backlog_that_is_full(void)
{
    struct sockaddr_in here;
    struct pollfd entry = { .events = POLLOUT };
    pthread_t thread, writer;
    int clients[129];
    int listener = listen_anywhere(&here);
    for (int i = 0; i < 129; i++) {
        clients[i] = tcp_socket(SOCK_NONBLOCK);
        int answer = connect(clients[i], (struct sockaddr *)&here, sizeof here);
        if (i < 128)
            EQ(answer, 0);
        else
            EQ(errno, EINPROGRESS);
    }
    EQ(pthread_create(&thread, NULL, take_late, &listener), 0);
    entry.fd = clients[128];
    EQ(poll(&entry, 1, 10000), 1);
    EQ(error_of(entry.fd), 0);
    EQ(fcntl(entry.fd, F_SETFL, 0), 0);
    EQ(pthread_create(&writer, NULL, pour, &entry.fd), 0);
    EQ(pthread_join(writer, NULL), 0);
    EQ(pthread_join(thread, NULL), 0);
    for (int i = 0; i < 129; i++)
        EQ(close(clients[i]), 0);
    EQ(close(listener), 0);
}

static void listening(void)
{
    struct sockaddr_in here;
    int listener = listen_anywhere(&here), other = tcp_socket(0), client = tcp_socket(0);
    EQ(bind(other, (struct sockaddr *)&here, sizeof here), -1);
    EQ(errno, EADDRINUSE);
    EQ(close(other), 0);
    EQ(close(listener), 0);
    while (connect(client, (struct sockaddr *)&here, sizeof here) == 0) {
        EQ(close(client), 0); /* Its end is told to the network service, which takes its time. */
        client = tcp_socket(0);
    }
    EQ(errno, ECONNREFUSED);
    EQ(close(client), 0);
}

int main(void)
{
    CLAIM(echo_over_the_wire);
    CLAIM(mebibyte_over_the_wire);
    CLAIM(refused_and_unreachable);
    CLAIM(without_a_grant);
    CLAIM(without_waiting);
    CLAIM(limited_by_time);
    CLAIM(joined_to_itself);
    CLAIM(mebibyte_to_itself);
    CLAIM(backlog_that_is_full);
    CLAIM(listening);
    claims_report();
    const struct start_handle *power = start_find("power:off", OBJECT_POWER);
    if (power != NULL)
        (void)sys_power_off((handle_t){ power->handle });
    return claims_done();
}
