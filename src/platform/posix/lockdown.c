/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp, Landlock and the process's own settings. Landlock has no library in Debian: its three system calls
 * are made directly. */
#include "platform/posix/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define RELAXED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RELAXED 1
#endif
#endif
#ifndef RELAXED
#define RELAXED 0
#endif

#if RELAXED
/* The leak checker traces its own process at the end, which a process that is not dumpable does not allow. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return 1;
}
#endif

#ifdef TPS_COVERAGE
void __gcov_dump(void);
#endif

/* The counters of a coverage build are written now, for good: at the end nothing may open their files. */
static void write_counters(void)
{
#ifdef TPS_COVERAGE
    __gcov_dump();
#endif
}

/* ---- Landlock. Newer rights than the installed header knows are named by value. ---- */

#define ACCESS_FS_REFER     (1ULL << 13) /* ABI 2 */
#define ACCESS_FS_TRUNCATE  (1ULL << 14) /* ABI 3 */
#define ACCESS_FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#define ACCESS_FS_ABI_1     ((1ULL << 13) - 1)
#define ACCESS_NET_TCP      3ULL /* bind and connect, ABI 4 */
#define SCOPE_ALL           3ULL /* abstract Unix sockets and signals, ABI 6 */

/** struct landlock_ruleset_attr as of ABI 6; older kernels take a prefix of it. */
typedef struct {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
} ruleset_attr;

int tps_lockdown_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return abi > 0 ? (int)abi : 0;
}

static int make_ruleset(int abi)
{
    ruleset_attr attr = {.handled_access_fs = ACCESS_FS_ABI_1};
    size_t size = offsetof(ruleset_attr, handled_access_net);

    attr.handled_access_fs |= abi >= 2 ? ACCESS_FS_REFER : 0;
    attr.handled_access_fs |= abi >= 3 ? ACCESS_FS_TRUNCATE : 0;
    attr.handled_access_fs |= abi >= 5 ? ACCESS_FS_IOCTL_DEV : 0;
    if (abi >= 4) {
        attr.handled_access_net = ACCESS_NET_TCP;
        size = offsetof(ruleset_attr, scoped);
    }
    if (abi >= 6) {
        attr.scoped = SCOPE_ALL;
        size = sizeof(attr);
    }
    return (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
}

static bool allow(int ruleset, int folder, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = folder};

    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

/** What the component reads of DIR: nothing of DIR/boot. What is not there cannot be allowed, and stays shut.
 */
static bool allow_provided(int ruleset, int device)
{
    static const char *const parts[] = {"certificates.cbor", "device-id.cbor", "identity.cbor", "firmware"};
    bool good = true;

    for (size_t i = 0; good && i < sizeof(parts) / sizeof(parts[0]); i++) {
        int part = openat(device, parts[i], O_PATH | O_NOFOLLOW | O_CLOEXEC);

        if (part >= 0) {
            good = allow(ruleset, part, LANDLOCK_ACCESS_FS_READ_FILE);
            close(part);
        }
    }
    return good;
}

static tps_status enter_landlock(const tps_posix *posix, int *abi)
{
    uint64_t write = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
                     LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                     LANDLOCK_ACCESS_FS_REMOVE_FILE;
    int ruleset;
    bool good;

    *abi = tps_lockdown_landlock_abi();
    if (*abi == 0) {
        return TPS_OK;
    }
    write |= *abi >= 3 ? ACCESS_FS_TRUNCATE : 0;
    ruleset = make_ruleset(*abi);
    if (ruleset < 0) {
        return TPS_COMPONENT_NOT_LOCKED;
    }
    good = allow_provided(ruleset, posix->device) && allow(ruleset, posix->secure, write) &&
           syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return good ? TPS_OK : TPS_COMPONENT_NOT_LOCKED;
}

/* ---- seccomp ---- */

/** All that the loop, storage, OpenSSL and the C library do from now on. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(accept4),
    SCMP_SYS(getsockopt),
    SCMP_SYS(openat),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(lseek),
    SCMP_SYS(fsync),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(unlinkat),
    SCMP_SYS(setitimer),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getuid),
    SCMP_SYS(getegid),
    SCMP_SYS(getgid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    SCMP_SYS(pwrite64),
    SCMP_SYS(recvmsg),
    SCMP_SYS(fdatasync),
    SCMP_SYS(getsockname),
};

/** What even a build with sanitizers may not do: they need more calls than can be listed. */
static const int forbidden[] = {
    SCMP_SYS(socket),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(mount),
    SCMP_SYS(bpf),
    SCMP_SYS(keyctl),
    SCMP_SYS(init_module),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
};

static bool add_rules(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        /* A call that this architecture lacks cannot be made: libseccomp gives it a negative number. */
        if (calls[i] >= 0 && seccomp_rule_add(filter, action, calls[i], 0) != 0) {
            return false;
        }
    }
    return true;
}

/** Signals (abort) go to this process alone, of whatever user others are. */
static bool add_signal_rule(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)) == 0;
}

/** Descriptors are looked at and set not to wait; none is duplicated, or made to send signals to others. */
static bool add_descriptor_rules(scmp_filter_ctx filter)
{
    static const int commands[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL};
    bool good = true;

    for (size_t i = 0; good && i < sizeof(commands) / sizeof(commands[0]); i++) {
        good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                                SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)commands[i], 0)) == 0;
    }
    return good;
}

/** Memory may be mapped and protected, but never be made executable. */
static bool add_memory_rules(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
}

static tps_status enter_seccomp(void)
{
    scmp_filter_ctx filter = seccomp_init(RELAXED ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);
    bool good = filter != NULL;

    if (RELAXED) {
        good = good &&
               add_rules(filter, SCMP_ACT_KILL_PROCESS, forbidden, sizeof(forbidden) / sizeof(forbidden[0]));
    } else {
        good = good && add_rules(filter, SCMP_ACT_ALLOW, allowed, sizeof(allowed) / sizeof(allowed[0])) &&
               add_memory_rules(filter) && add_signal_rule(filter) && add_descriptor_rules(filter);
    }
    good = good && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return good ? TPS_OK : TPS_COMPONENT_NOT_LOCKED;
}

/* ---- all of it ---- */

tps_status tps_lockdown_process(void)
{
    const struct rlimit none = {0, 0};
    bool good = setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
                prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;

    return good ? TPS_OK : TPS_COMPONENT_NOT_LOCKED;
}

bool tps_lockdown_memory(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY &&
           mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

tps_status tps_lockdown_enter(const tps_posix *posix, tps_buf memory, tps_lockdown *out)
{
    *out = (tps_lockdown){.relaxed = RELAXED};
    out->memory_locked = tps_lockdown_memory() || mlock(memory.data, memory.size) == 0;
    TPS_TRY(tps_lockdown_process());
    write_counters();
    TPS_TRY(enter_landlock(posix, &out->landlock_abi));
    return enter_seccomp();
}
