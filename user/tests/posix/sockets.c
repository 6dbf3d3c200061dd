/* Sockets over the network service: a service of its own, with grants for exactly the peers below
 * (user/tests/posix/manifests/sockets.toml). The host's side is QEMU's user network: 10.0.2.100:7 echoes, nobody
 * listens at 10.0.2.2:1, nobody is 10.0.2.77, and 10.0.2.2:69 answers TFTP (RFC 1350) with a refusal. Names are
 * asked of this program itself (--dns of the network service): echo.test is 10.0.2.101. */
#define CLAIM_PREFIX "@@test"
#include "user/tests/posix/claim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <abi/signals.h>
#include <abi/stream.h>
#include <ipc/net_client.h>
#include <swos/syscalls.h>

#include "user/posix/start.h"

#define ECHO_ADDRESS "10.0.2.100"
#define HOST_ADDRESS "10.0.2.2"
#define NOBODY_ADDRESS "10.0.2.77"
enum {
    ECHO_PORT = 7,
    CLOSED_PORT = 1,
    ANY_PORT = 9,
    DNS_PORT = 53,
    TFTP_PORT = 69,
    UDP_PORT = 5000,
    GRANTED_PORT = 7000
};

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
    EQ(listen(fd, 128), 0);
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

/* --- a port of a grant: its listener is there all the time, and open sockets come and go --- */

static int open_at(int family, const char *text)
{
    struct sockaddr_in in = address_of(text, GRANTED_PORT);
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(GRANTED_PORT) };
    bool is_ip = family == AF_INET;
    int fd = socket(family, SOCK_STREAM, 0);
    EQ(bind(fd, is_ip ? (void *)&in : (void *)&in6, is_ip ? sizeof in : sizeof in6), 0);
    return fd;
}

static int listen_at_grant(void)
{
    int fd = open_at(AF_INET, "0.0.0.0");
    EQ(listen(fd, 16), 0);
    return fd;
}

/* What it accepts came from who has just connected. */
static void serve_one(int listener, int client)
{
    char byte = 0;
    int server = accept(listener, NULL, NULL);
    CHECK(server >= 0);
    EQ(send(client, "!", 1, 0), 1);
    EQ(recv(server, &byte, 1, 0), 1);
    EQ(close(server), 0);
    EQ(close(client), 0);
}

static int connect_to_grant(void)
{
    int fd = tcp_socket(0);
    EQ(connect_to(fd, "127.0.0.1", GRANTED_PORT), 0);
    return fd;
}

/* Who connects while nobody listens waits for the next who does. */
static void listening_again_and_again(void)
{
    for (int i = 0; i < 100; i++) {
        int listener = listen_at_grant();
        serve_one(listener, connect_to_grant());
        EQ(close(listener), 0);
        int early = connect_to_grant();
        listener = listen_at_grant();
        serve_one(listener, early);
        EQ(close(listener), 0);
    }
}

static void refuse_to_listen(int family, const char *text)
{
    int fd = open_at(family, text);
    EQ(listen(fd, 16), -1);
    EQ(errno, EADDRINUSE);
    EQ(close(fd), 0);
}

static void listening_twice_at_an_address(void)
{
    int listener = listen_at_grant(), again = dup(listener);
    refuse_to_listen(AF_INET, "0.0.0.0");
    EQ(close(listener), 0);
    refuse_to_listen(AF_INET, "0.0.0.0"); /* It is open under another number. */
    EQ(close(again), 0);
    listener = listen_at_grant();
    int six = open_at(AF_INET6, ""), loopback = open_at(AF_INET, "127.0.0.1");
    EQ(listen(six, 16), 0);
    EQ(listen(loopback, 16), 0);
    refuse_to_listen(AF_INET6, "");
    refuse_to_listen(AF_INET, "127.0.0.1");
    EQ(listen(listener, 16), 0); /* It does. */
    serve_one(loopback, connect_to_grant());
    EQ(close(six), 0);
    EQ(close(loopback), 0);
    EQ(close(listener), 0);
}

/* How many sockets of one listener may be open is bounded; each that is closed makes room. */
static void listening_at_too_many_addresses(void)
{
    int fds[9];
    char text[16];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 9; i++) {
            snprintf(text, sizeof text, "127.0.0.%d", i + 1);
            fds[i] = open_at(AF_INET, text);
            EQ(listen(fds[i], 16), i < 8 ? 0 : -1);
        }
        for (int i = 0; i < 9; i++)
            EQ(close(fds[i]), 0);
    }
}

/* Both come here. */
static void meet(int other)
{
    char byte = 0;
    EQ(send(other, "!", 1, 0), 1);
    EQ(recv(other, &byte, 1, 0), 1);
}

static void listen_as_child(int inherited, int client, int parent)
{
    meet(parent); /* The parent has closed what we have inherited. */
    meet(parent);
    serve_one(inherited, client);
    EQ(close(inherited), 0);
    int listener = listen_at_grant();
    meet(parent);
    meet(parent);
    CHECK(listener >= 0);
    _exit(claims.failed);
}

/* The grant is the child's as well, and what it inherits or opens is open until it ends. */
static void listening_in_a_child(void)
{
    int code = -1, pair[2];
    int listener = listen_at_grant(), client = connect_to_grant();
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    pid_t child = fork();
    if (child == 0)
        listen_as_child(listener, client, pair[1]);
    EQ(close(client), 0);
    EQ(close(listener), 0);
    for (int i = 0; i < 2; i++) {
        meet(pair[0]);
        refuse_to_listen(AF_INET, "0.0.0.0");
        meet(pair[0]);
    }
    EQ(waitpid(child, &code, 0), child);
    EQ(code, 0);
    listener = listen_at_grant();
    serve_one(listener, connect_to_grant());
    EQ(close(listener), 0);
    EQ(close(pair[0]), 0);
    EQ(close(pair[1]), 0);
}

/* --- datagrams --- */

static int udp_socket(int flags)
{
    return socket(AF_INET, SOCK_DGRAM | flags, 0);
}

static int bind_to(int fd, const char *text, int port)
{
    struct sockaddr_in address = address_of(text, port);
    return bind(fd, (struct sockaddr *)&address, sizeof address);
}

static long send_to(int fd, const void *bytes, size_t len, const char *text, int port)
{
    struct sockaddr_in address = address_of(text, port);
    return sendto(fd, bytes, len, 0, (struct sockaddr *)&address, sizeof address);
}

static void datagrams_over_the_wire(void)
{
    static const char request[] = "\0\1nothing\0octet";
    unsigned char answer[512];
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    int fd = udp_socket(0);
    EQ(send_to(fd, request, sizeof request, HOST_ADDRESS, TFTP_PORT), sizeof request);
    long got = recvfrom(fd, answer, sizeof answer, 0, (struct sockaddr *)&from, &len);
    CHECK(got > 4);
    EQ(answer[1], 5);
    EQ(from.sin_addr.s_addr, inet_addr(HOST_ADDRESS));
    EQ(close(fd), 0);
}

static void datagrams_keep_their_bounds(void)
{
    static unsigned char big[1472], back[1500];
    struct sockaddr_in from;
    struct pollfd entry = { .events = POLLIN };
    socklen_t len = sizeof from;
    int server = udp_socket(0), client = udp_socket(0);
    for (unsigned i = 0; i < sizeof big; i++)
        big[i] = (unsigned char)(i * 7);
    EQ(bind_to(server, "0.0.0.0", UDP_PORT), 0);
    EQ(send_to(client, "one", 3, "127.0.0.1", UDP_PORT), 3);
    EQ(send_to(client, "", 0, "127.0.0.1", UDP_PORT), 0);
    EQ(send_to(client, big, sizeof big, "127.0.0.1", UDP_PORT), sizeof big);
    EQ(send_to(client, back, sizeof big + 1, "127.0.0.1", UDP_PORT), -1);
    EQ(errno, EMSGSIZE);
    EQ(recvfrom(server, back, sizeof back, MSG_PEEK, (struct sockaddr *)&from, &len), 3);
    EQ(recvfrom(server, back, 2, MSG_TRUNC, (struct sockaddr *)&from, &len), 3);
    EQ(memcmp(back, "on", 2), 0);
    EQ(recv(server, back, sizeof back, 0), 0);
    EQ(recv(server, back, sizeof back, 0), sizeof big);
    EQ(memcmp(back, big, sizeof big), 0);
    EQ(recv(server, back, sizeof back, MSG_DONTWAIT), -1);
    EQ(errno, EAGAIN);
    entry.fd = client;
    EQ(poll(&entry, 1, 0), 0);
    EQ(sendto(server, "answer", 6, 0, (struct sockaddr *)&from, sizeof from), 6);
    EQ(poll(&entry, 1, 10000), 1);
    EQ(read(client, back, sizeof back), 6);
    EQ(close(server), 0);
    EQ(close(client), 0);
}

static void datagrams_of_many_pieces(void)
{
    char one[2], two[8];
    struct iovec out[2] = { { .iov_base = "he", .iov_len = 2 },
                            { .iov_base = "llo", .iov_len = 3 } };
    struct iovec in[2] = { { .iov_base = one, .iov_len = 2 }, { .iov_base = two, .iov_len = 2 } };
    struct sockaddr_in address = address_of("127.0.0.1", UDP_PORT), from;
    struct msghdr message = {
        .msg_name = &address, .msg_namelen = sizeof address, .msg_iov = out, .msg_iovlen = 2
    };
    int server = udp_socket(0), client = udp_socket(0);
    EQ(bind_to(server, "127.0.0.1", UDP_PORT), 0);
    EQ(sendmsg(client, &message, 0), 5);
    message = (struct msghdr){
        .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = in, .msg_iovlen = 2
    };
    EQ(recvmsg(server, &message, 0), 4);
    EQ(message.msg_flags, MSG_TRUNC);
    EQ(message.msg_namelen, sizeof from);
    EQ(memcmp(one, "he", 2) | memcmp(two, "ll", 2), 0);
    EQ(close(server), 0);
    EQ(close(client), 0);
}

/* A peer is who is heard; that it refuses is told once. */
static void datagrams_of_a_peer(void)
{
    char bytes[8];
    struct sockaddr_in own, peer = address_of("127.0.0.1", UDP_PORT);
    socklen_t len = sizeof own;
    int server = udp_socket(0), client = udp_socket(0), other = udp_socket(0);
    EQ(bind_to(server, "0.0.0.0", UDP_PORT), 0);
    EQ(connect(client, (struct sockaddr *)&peer, sizeof peer), 0);
    EQ(getpeername(client, (struct sockaddr *)&own, &len), 0);
    EQ(own.sin_port, htons(UDP_PORT));
    EQ(getsockname(client, (struct sockaddr *)&own, &len), 0);
    CHECK(own.sin_port != 0);
    EQ(send_to(other, "other", 5, "127.0.0.1", ntohs(own.sin_port)), 5);
    EQ(send(client, "peer", 4, 0), 4);
    EQ(recvfrom(server, bytes, sizeof bytes, 0, (struct sockaddr *)&own, &len), 4);
    EQ(sendto(server, "back", 4, 0, (struct sockaddr *)&own, len), 4);
    EQ(recv(client, bytes, sizeof bytes, 0), 4);
    EQ(memcmp(bytes, "back", 4), 0);
    EQ(recv(client, bytes, sizeof bytes, MSG_DONTWAIT), -1);
    EQ(errno, EAGAIN);
    EQ(close(server), 0);
    struct pollfd entry = { .fd = client, .events = POLLIN };
    do {
        long sent = send(client, "gone", 4, 0); /* Until the port is known to be closed. */
        CHECK(sent == 4 || errno == ECONNREFUSED);
    } while (poll(&entry, 1, 100) == 0);
    CHECK(entry.revents & POLLERR);
    EQ(recv(client, bytes, sizeof bytes, 0), -1);
    EQ(errno, ECONNREFUSED);
    EQ(recv(client, bytes, sizeof bytes, MSG_DONTWAIT), -1);
    EQ(errno, EAGAIN);
    EQ(close(client), 0);
    EQ(close(other), 0);
}

static void datagrams_without_a_grant(void)
{
    char byte;
    int fd = udp_socket(0);
    EQ(bind_to(fd, "0.0.0.0", UDP_PORT + 1), -1);
    EQ(errno, EACCES);
    EQ(send_to(fd, "x", 1, NOBODY_ADDRESS, ANY_PORT), -1);
    EQ(errno, EACCES);
    /* Found out when the record is looked at, so told by the next call. */
    EQ(send_to(fd, "x", 1, "127.0.0.1", ANY_PORT), 1);
    EQ(send_to(fd, "x", 1, HOST_ADDRESS, ANY_PORT), 1);
    EQ(recv(fd, &byte, 1, 0), -1);
    EQ(errno, EACCES);
    EQ(close(fd), 0);
    /* One that listens answers those that have asked. */
    fd = udp_socket(0);
    EQ(bind_to(fd, "0.0.0.0", UDP_PORT), 0);
    EQ(send_to(fd, "x", 1, "127.0.0.1", ANY_PORT), 1);
    EQ(recv(fd, &byte, 1, 0), -1);
    EQ(errno, EACCES);
    EQ(close(fd), 0);
}

static void records_of_a_pair(void)
{
    static char big[4072], back[4100];
    int fds[2], types[] = { SOCK_DGRAM, SOCK_SEQPACKET };
    for (int i = 0; i < 2; i++) {
        EQ(socketpair(AF_UNIX, types[i], 0, fds), 0);
        EQ(send(fds[0], "ab", 2, 0), 2);
        EQ(write(fds[0], big, sizeof big), sizeof big);
        EQ(send(fds[0], back, sizeof big + 1, 0), -1);
        EQ(errno, EMSGSIZE);
        EQ(read(fds[1], back, 1), 1);
        EQ(read(fds[1], back, sizeof back), sizeof big);
        EQ(close(fds[0]), 0);
        EQ(read(fds[1], back, sizeof back), 0);
        EQ(close(fds[1]), 0);
    }
}

/* --- names --- */

static struct server {
    int fd;
    unsigned asked; /* Questions about echo.test. */
} server;

static bool asks_for(const unsigned char *question, const char *name)
{
    return memcmp(question + 12, name, strlen(name) + 1) == 0;
}

/* A server of two names: echo.test holds for a second, any other but silent.test is not there. */
static void *server_run(void *argument)
{
    unsigned char bytes[512];
    for (;;) {
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        long got = recvfrom(server.fd, bytes, sizeof bytes - 16, 0, (struct sockaddr *)&from, &len);
        if (got < 17)
            return NULL;
        if (asks_for(bytes, "\6silent\4test"))
            continue;
        bool known = asks_for(bytes, "\4echo\4test");
        static const unsigned char record[] = { 0xc0, 12, 0, 1, 0,  1, 0, 0,
                                                0,    1,  0, 4, 10, 0, 2, 101 };
        bytes[2] |= 0x80;
        bytes[3] = known ? 0x80 : 0x83;
        bytes[7] = known;
        memcpy(bytes + got, record, sizeof record);
        if (known)
            __atomic_add_fetch(&server.asked, 1, __ATOMIC_SEQ_CST);
        got += known ? (long)sizeof record : 0;
        EQ(sendto(server.fd, bytes, (size_t)got, 0, (struct sockaddr *)&from, len), got);
    }
}

static int look_up(const char *name, struct sockaddr_in *out)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *list;
    int error = getaddrinfo(name, "7", &hints, &list);
    if (error == 0) {
        memcpy(out, list->ai_addr, sizeof *out);
        freeaddrinfo(list);
    }
    return error;
}

/* A grant for a name reaches its address, though nobody has looked it up yet. */
static void name_that_is_granted(void)
{
    int fd = tcp_socket(0);
    EQ(connect_to(fd, "10.0.2.101", ECHO_PORT), 0);
    EQ(server.asked, 1);
    EQ(close(fd), 0);
    fd = tcp_socket(0);
    EQ(connect_to(fd, "10.0.2.102", ECHO_PORT), -1);
    EQ(errno, EACCES);
    EQ(close(fd), 0);
}

static void names_are_kept_for_their_time(void)
{
    struct sockaddr_in address;
    struct timespec time = { .tv_sec = 1, .tv_nsec = 100000000 };
    EQ(nanosleep(&time, NULL), 0);
    unsigned before = server.asked;
    EQ(look_up("echo.test", &address), 0);
    EQ(look_up("ECHO.test", &address), 0);
    EQ(address.sin_addr.s_addr, inet_addr("10.0.2.101"));
    EQ(address.sin_port, htons(7));
    EQ(server.asked, before + 1);
    EQ(nanosleep(&time, NULL), 0);
    EQ(look_up("echo.test", &address), 0);
    EQ(server.asked, before + 2);
}

static void names_that_are_not(void)
{
    struct sockaddr_in address;
    EQ(look_up("missing.test", &address), EAI_NONAME);
    EQ(look_up("localhost", &address), 0);
    EQ(address.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    EQ(look_up("silent.test", &address), EAI_AGAIN);
    EQ(look_up("not.granted.test", &address), EAI_FAIL);
}

/* --- grants, as the network service itself answers --- */

static handle_t grant(const char *name)
{
    const struct start_handle *start = start_find(name, OBJECT_CHANNEL);
    CHECK(start != NULL);
    return start != NULL ? (handle_t){ start->handle } : HANDLE_NONE;
}

static void mapped(uint8_t out[16], const char *text)
{
    struct in_addr address;
    memset(out, 0, 10);
    memset(out + 10, 0xff, 2);
    EQ(inet_pton(AF_INET, text, &address), 1);
    memcpy(out + 12, &address, 4);
}

static void grants_are_for_one_thing(void)
{
    handle_t tcp = grant("net:connect:tcp:10.0.2.2:*"), udp = grant("net:connect:udp:10.0.2.2:69");
    handle_t port = grant("net:listen:udp:53"), stream, listener, gate;
    struct net_connect_request connect = { .port = TFTP_PORT };
    struct net_listen_request listen = { .port = 0, .backlog = 1 };
    struct net_udp_open_request open = { .port = DNS_PORT + 1 };
    mapped(connect.address, HOST_ADDRESS);
    EQ(net_connect(udp, TIME_NEVER, &connect, &stream), STATUS_NO_RIGHT);
    EQ(net_connect(port, TIME_NEVER, &connect, &stream), STATUS_NO_RIGHT);
    EQ(net_listen(tcp, TIME_NEVER, &listen, &listener), STATUS_NO_RIGHT);
    EQ(net_listen(port, TIME_NEVER, &listen, &listener), STATUS_NO_RIGHT);
    EQ(net_udp_open(port, TIME_NEVER, &open, &stream), STATUS_NO_RIGHT);
    EQ(net_udp_open(udp, TIME_NEVER, &open, &stream), STATUS_NO_RIGHT);
    EQ(net_udp_open(tcp, TIME_NEVER, &open, &stream), STATUS_NO_RIGHT);
    struct net_resolve_request name = { .name_len = 10, .name = "other.test" };
    struct net_resolve_reply answer;
    EQ(net_resolve(tcp, TIME_NEVER, &name, &answer), STATUS_NO_RIGHT);
    struct net_ping_request ping = { .len = 8 };
    struct net_ping_reply pong;
    memcpy(ping.address, connect.address, 16);
    EQ(net_ping(tcp, TIME_NEVER, &ping, &pong), STATUS_NO_RIGHT);
    struct net_link_reset_request reset = { .link = 0 };
    EQ(net_link_reset(tcp, TIME_NEVER, &reset), STATUS_NO_RIGHT);
    struct socket_address any = { .port = 81, .protocol = SOCKET_TCP };
    struct net_listen_add_request add = { .token = 1, .port = 81, .transport = SOCKET_TCP };
    EQ(sys_listener_create(&any, 1, &listener, &gate), STATUS_OK);
    EQ(net_listen_add(tcp, TIME_NEVER, &add, &gate), STATUS_NO_RIGHT);
    EQ(sys_handle_close(listener.raw), STATUS_OK);
}

/* A caller's own patience, shorter than TCP's. */
static void connecting_for_so_long(void)
{
    struct net_connect_request connect = { .port = ANY_PORT, .patience = 50000000 };
    struct stream_info info;
    uint32_t seen;
    handle_t stream;
    mapped(connect.address, NOBODY_ADDRESS);
    EQ(net_connect(grant("net:connect:tcp:10.0.2.77:9"), TIME_NEVER, &connect, &stream), STATUS_OK);
    EQ(sys_stream_info(stream, &info), STATUS_OK);
    EQ(info.state, STREAM_CONNECTING);
    EQ(sys_object_wait(stream, SIGNAL_ERROR, TIME_NEVER, &seen), STATUS_OK);
    EQ(sys_stream_info(stream, &info), STATUS_OK);
    EQ(info.state, STREAM_RESET);
    EQ(info.status, STATUS_TIMED_OUT);
    EQ(sys_handle_close(stream.raw), STATUS_OK);
    mapped(connect.address, HOST_ADDRESS);
    connect.port = 0;
    EQ(net_connect(grant("net:connect:tcp:10.0.2.2:*"), TIME_NEVER, &connect, &stream),
       STATUS_INVALID);
}

static void names_begin(void)
{
    static pthread_t thread;
    server.fd = udp_socket(0);
    EQ(bind_to(server.fd, "127.0.0.1", DNS_PORT), 0);
    EQ(pthread_create(&thread, NULL, server_run, NULL), 0);
}

int main(void)
{
    CLAIM(names_begin);
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
    CLAIM(listening_again_and_again);
    CLAIM(listening_twice_at_an_address);
    CLAIM(listening_at_too_many_addresses);
    CLAIM(listening_in_a_child);
    CLAIM(datagrams_over_the_wire);
    CLAIM(datagrams_keep_their_bounds);
    CLAIM(datagrams_of_many_pieces);
    CLAIM(datagrams_of_a_peer);
    CLAIM(datagrams_without_a_grant);
    CLAIM(records_of_a_pair);
    CLAIM(name_that_is_granted);
    CLAIM(names_are_kept_for_their_time);
    CLAIM(names_that_are_not);
    CLAIM(grants_are_for_one_thing);
    CLAIM(connecting_for_so_long);
    claims_report();
    const struct start_handle *power = start_find("power:off", OBJECT_POWER);
    if (power != NULL)
        (void)sys_power_off((handle_t){ power->handle });
    return claims_done();
}
