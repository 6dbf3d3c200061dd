/* The functions that stand where the C library makes system calls: __posix_NAME for the call NAME, as
 * user/posix/calls.tab lists them. Each answers a result that is not negative, or a negative errno;
 * what they do is what POSIX says of the call, and where they do less, the function says so. Pointers
 * come from the program and are checked by the kernel when it copies. Any thread. */
#pragma once

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

struct epoll_event;
struct iovec;
struct itimerspec;
struct itimerval;
struct k_sigaction;
struct k_sigevent;
struct mmsghdr;
struct msghdr;
struct pollfd;
struct rlimit;
struct rusage;
struct sched_param;
struct sockaddr;
struct sysinfo;
struct tms;
struct stat;
struct statfs;
struct timespec;
struct timeval;
struct utsname;

/* file.c */
long __posix_openat(int dirfd, const char *path, int flags, unsigned mode);
long __posix_close(int fd);
long __posix_lseek(int fd, int64_t offset, int whence);
long __posix_ftruncate(int fd, int64_t size);
long __posix_truncate(const char *path, int64_t size);
long __posix_fallocate(int fd, int mode, int64_t offset, int64_t len);
long __posix_fadvise64(int fd, int64_t offset, int64_t len, int advice);
long __posix_sync(void);
long __posix_sync_file_range(int fd, int64_t offset, int64_t len, unsigned flags);
long __posix_syncfs(int fd);
long __posix_readahead(int fd, int64_t offset, size_t len);
long __posix_fsync(int fd);
long __posix_fdatasync(int fd);
long __posix_dup(int fd);
long __posix_dup3(int fd, int fd_new, int flags);
long __posix_fcntl(int fd, int command, unsigned long argument);

/* io.c */
long __posix_read(int fd, void *buffer, size_t size);
long __posix_write(int fd, const void *buffer, size_t size);
long __posix_pread64(int fd, void *buffer, size_t size, int64_t offset);
long __posix_pwrite64(int fd, const void *buffer, size_t size, int64_t offset);
long __posix_ioctl(int fd, int request, void *argument);

/* vector.c */
long __posix_readv(int fd, const struct iovec *vector, int count);
long __posix_writev(int fd, const struct iovec *vector, int count);
long __posix_preadv(int fd, const struct iovec *vector, int count, int64_t offset);
long __posix_pwritev(int fd, const struct iovec *vector, int count, int64_t offset);
long __posix_sendfile(int out_fd, int in_fd, int64_t *offset, size_t len);
long __posix_copy_file_range(int in_fd, int64_t *in_offset, int out_fd, int64_t *out_offset,
                             size_t len, unsigned flags);

/* stat.c */
long __posix_fstat(int fd, struct stat *out_stat);
long __posix_newfstatat(int dirfd, const char *path, struct stat *out_stat, int flags);
long __posix_faccessat(int dirfd, const char *path, int mode);
long __posix_faccessat2(int dirfd, const char *path, int mode, int flags);
long __posix_statfs(const char *path, struct statfs *out);
long __posix_fstatfs(int fd, struct statfs *out);

/* file_lock.c */
long __posix_flock(int fd, int operation);

/* epoll.c */
long __posix_epoll_create1(int flags);
long __posix_epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event);
long __posix_epoll_pwait(int epoll_fd, struct epoll_event *events, int count, int timeout_ms,
                         const uint64_t *mask, size_t mask_size);

/* counter.c */
long __posix_eventfd2(unsigned value, int flags);
long __posix_timerfd_create(int clock, int flags);
long __posix_timerfd_settime(int fd, int flags, const struct itimerspec *setting,
                             struct itimerspec *out_old);
long __posix_timerfd_gettime(int fd, struct itimerspec *out);

/* link.c */
long __posix_linkat(int dirfd, const char *path, int dirfd_new, const char *path_new, int flags);
long __posix_symlinkat(const char *text, int dirfd, const char *path);
long __posix_readlinkat(int dirfd, const char *path, char *buffer, size_t size);

/* attributes.c */
long __posix_fchmod(int fd, unsigned mode);
long __posix_fchmodat(int dirfd, const char *path, unsigned mode);
long __posix_fchmodat2(int dirfd, const char *path, unsigned mode, int flags);
long __posix_fchown(int fd, unsigned owner, unsigned group);
long __posix_fchownat(int dirfd, const char *path, unsigned owner, unsigned group, int flags);
long __posix_utimensat(int dirfd, const char *path, const struct timespec *times, int flags);

/* directory.c */
long __posix_getdents64(int fd, void *buffer, size_t size);
long __posix_mkdirat(int dirfd, const char *path, unsigned mode);
long __posix_mknodat(int dirfd, const char *path, unsigned mode, unsigned long device);
long __posix_unlinkat(int dirfd, const char *path, int flags);
long __posix_renameat(int dirfd, const char *path, int dirfd_new, const char *path_new);
long __posix_renameat2(int dirfd, const char *path, int dirfd_new, const char *path_new,
                       unsigned flags);

/* place.c */
long __posix_getcwd(char *buffer, size_t size);
long __posix_chdir(const char *path);
long __posix_fchdir(int fd);

/* memory.c */
long __posix_mmap(void *address, size_t len, int access, int flags, int fd, int64_t offset);
long __posix_munmap(void *address, size_t len);
long __posix_mprotect(void *address, size_t len, int access);
long __posix_brk(void *end);
long __posix_madvise(void *address, size_t len, int advice);
long __posix_mremap(void *address, size_t len, size_t new_len, int flags, void *target);
long __posix_msync(void *address, size_t len, int flags);
long __posix_mlock(const void *address, size_t len);
long __posix_mlock2(const void *address, size_t len, unsigned flags);
long __posix_munlock(const void *address, size_t len);
long __posix_mlockall(int flags);
long __posix_munlockall(void);

/* clock.c */
long __posix_clock_gettime(int clock, struct timespec *out_now);
long __posix_clock_getres(int clock, struct timespec *out_resolution);
long __posix_clock_nanosleep(int clock, int flags, const struct timespec *time,
                             struct timespec *out_left);
long __posix_nanosleep(const struct timespec *time, struct timespec *out_left);
long __posix_gettimeofday(struct timeval *out_now, void *zone);

long __posix_clock_settime(int clock, const struct timespec *time);

/* timer.c */
long __posix_setitimer(int which, const struct itimerval *value, struct itimerval *out_old);
long __posix_getitimer(int which, struct itimerval *out_value);
long __posix_timer_create(int clock, const struct k_sigevent *event, int *out_timer);
long __posix_timer_settime(int timer, int flags, const struct itimerspec *value,
                           struct itimerspec *out_old);
long __posix_timer_gettime(int timer, struct itimerspec *out_value);
long __posix_timer_getoverrun(int timer);
long __posix_timer_delete(int timer);

/* thread.c */
_Noreturn void __posix_exit(int code);
_Noreturn void __posix_exit_group(int code);
long __posix_set_tid_address(int *word);
long __posix_set_robust_list(void *head, size_t size);
long __posix_get_robust_list(int tid, void **out_head, size_t *out_size);
long __posix_gettid(void);
long __posix_getpid(void);
long __posix_sched_yield(void);
long __posix_clone(void);

/* futex.c */
long __posix_futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout,
                   uint32_t *target);

/* signal.c */
long __posix_rt_sigprocmask(int how, const uint64_t *set, uint64_t *out_old, size_t size);
long __posix_rt_sigaction(int signal, const struct k_sigaction *action, struct k_sigaction *out_old,
                          size_t size);
long __posix_rt_sigpending(uint64_t *out_set, size_t size);
long __posix_rt_sigsuspend(const uint64_t *mask, size_t size);
long __posix_rt_sigtimedwait(const uint64_t *set, void *out_information,
                             const struct timespec *timeout, size_t size);
long __posix_sigaltstack(const void *stack, void *out_old);

/* signal_send.c */
long __posix_kill(int pid, int signal);
/* To the calling thread: what raise() is made of. */
long __posix_raise(int signal);
long __posix_tkill(int tid, int signal);
long __posix_tgkill(int pid, int tid, int signal);
long __posix_rt_sigqueueinfo(int pid, int signal, const void *information);

/* identity.c */
long __posix_getuid(void);
long __posix_geteuid(void);
long __posix_getgid(void);
long __posix_getegid(void);
long __posix_setuid(int user);
long __posix_setgid(int group);
long __posix_setreuid(int real, int effective);
long __posix_setregid(int real, int effective);
long __posix_setresuid(int real, int effective, int saved);
long __posix_setresgid(int real, int effective, int saved);
long __posix_setfsuid(int user);
long __posix_setfsgid(int group);
long __posix_getresuid(unsigned *out_real, unsigned *out_effective, unsigned *out_saved);
long __posix_getresgid(unsigned *out_real, unsigned *out_effective, unsigned *out_saved);
long __posix_getgroups(int room, unsigned *out_groups);
long __posix_setgroups(size_t count, const unsigned *groups);
long __posix_uname(struct utsname *out_name);
long __posix_umask(unsigned mask);

/* unnamed.c */
long __posix_memfd_create(const char *name, unsigned flags);

/* random.c */
long __posix_getrandom(void *buffer, size_t size, unsigned flags);

/* socket.c */
long __posix_socket(int domain, int type, int protocol);
long __posix_bind(int fd, const struct sockaddr *address, uint32_t len);
long __posix_listen(int fd, int backlog);
long __posix_accept(int fd, struct sockaddr *out_address, uint32_t *len);
long __posix_accept4(int fd, struct sockaddr *out_address, uint32_t *len, int flags);
long __posix_getsockname(int fd, struct sockaddr *out_address, uint32_t *len);
long __posix_getpeername(int fd, struct sockaddr *out_address, uint32_t *len);
long __posix_shutdown(int fd, int how);

/* connect.c */
long __posix_connect(int fd, const struct sockaddr *address, uint32_t len);

/* socket_data.c */
long __posix_sendto(int fd, const void *buffer, size_t size, int flags,
                    const struct sockaddr *address, uint32_t len);
long __posix_recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *out_address,
                      uint32_t *len);
long __posix_sendmsg(int fd, const struct msghdr *message, int flags);
long __posix_recvmsg(int fd, struct msghdr *message, int flags);
long __posix_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, unsigned flags,
                      const struct timespec *timeout);

/* socket_option.c */
long __posix_setsockopt(int fd, int level, int option, const void *value, uint32_t len);
long __posix_getsockopt(int fd, int level, int option, void *out_value, uint32_t *len);

/* pipe.c */
long __posix_pipe2(int fds[2], int flags);
long __posix_socketpair(int domain, int type, int protocol, int fds[2]);

/* poll.c */
long __posix_poll(struct pollfd *list, unsigned long count, int timeout_ms);
long __posix_ppoll(struct pollfd *list, unsigned long count, const struct timespec *timeout,
                   const uint64_t *mask, size_t mask_size);
long __posix_pselect6(int count, void *readable, void *writable, void *exceptional,
                      const struct timespec *timeout, const void *mask);

/* process.c */
long __posix_fork(void);
long __posix_execve(const char *path, char *const *arguments, char *const *environment);
long __posix_execveat(int dirfd, const char *path, char *const *arguments, char *const *environment,
                      int flags);
long __posix_getppid(void);
long __posix_getpgid(int id);
long __posix_getsid(int id);
long __posix_setpgid(int id, int group);
long __posix_setsid(void);
long __posix_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);

/* process_wait.c */
long __posix_wait4(int id, int *out_status, int options, struct rusage *out_usage);
long __posix_waitid(int type, int id, siginfo_t *out_info, int options, struct rusage *out_usage);

/* accounts.c */
long __posix_getrusage(int who, struct rusage *out_usage);
long __posix_times(struct tms *out_times);
long __posix_prlimit64(int id, unsigned resource, const struct rlimit *new_limit,
                       struct rlimit *out_old);
long __posix_getrlimit(unsigned resource, struct rlimit *out_limit);
long __posix_setrlimit(unsigned resource, const struct rlimit *limit);
long __posix_getpriority(int which, int id);
long __posix_setpriority(int which, int id, int value);
long __posix_sysinfo(struct sysinfo *out_info);
long __posix_sched_getaffinity(int id, size_t size, uint64_t *out_mask);
long __posix_sched_getscheduler(int id);
long __posix_sched_getparam(int id, struct sched_param *out_param);
long __posix_sched_setscheduler(int id, int policy, const struct sched_param *param);
long __posix_sched_setparam(int id, const struct sched_param *param);
long __posix_sched_get_priority_max(int policy);
long __posix_sched_get_priority_min(int policy);
long __posix_sched_rr_get_interval(int id, struct timespec *out_interval);
