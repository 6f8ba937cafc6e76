/* SPDX-License-Identifier: Apache-2.0 */
/* What the supervisor gives up, and what its children get to know of the environment. */
#include "platform/posix/boot/confine.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "component/core/door.h"
#include "platform/posix/lockdown.h"

/* Calls that take flags with which a namespace is made; clone3() has them in memory, where no filter sees
 * them. */
static const uint64_t namespaces[] = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                      CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};
#if defined(__s390__) || defined(__s390x__)
enum { CLONE_FLAGS = 1 };
#else
enum { CLONE_FLAGS = 0 };
#endif

static const int forbidden[] = {
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(bpf),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(acct),
    SCMP_SYS(process_madvise),
};

/** Threads and processes can be made, namespaces cannot. The C library does without clone3() where it is
 * none. */
static bool filter_clone(scmp_filter_ctx filter)
{
    bool good = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;

    for (size_t i = 0; good && i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
        good = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                SCMP_CMP(CLONE_FLAGS, SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i])) == 0;
    }
    return good;
}

/** A terminal's input is not written by who reads it: the application may share that of who started tps-boot.
 */
static bool filter_terminals(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                            SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, TIOCSTI)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                            SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, TIOCLINUX)) == 0;
}

static tps_status filter_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool good = filter != NULL && filter_clone(filter) && filter_terminals(filter);

    for (size_t i = 0; good && i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
        /* A call that this architecture lacks cannot be made: libseccomp gives it a negative number. */
        good = forbidden[i] < 0 || seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), forbidden[i], 0) == 0;
    }
    good = good && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return good ? TPS_OK : TPS_COMPONENT_NOT_LOCKED;
}

tps_status tps_boot_confine(void)
{
    TPS_TRY(tps_lockdown_process());
    return filter_calls();
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

char *const *tps_boot_component_environment(void)
{
    static char *list[16];
    size_t count = 0;

#if defined(__SANITIZE_ADDRESS__) || defined(TPS_COVERAGE)
    for (char **at = environ; *at != NULL && count < sizeof(list) / sizeof(list[0]) - 1; at++) {
        if (begins(*at, "ASAN_OPTIONS=") || begins(*at, "UBSAN_OPTIONS=") || begins(*at, "GCOV_PREFIX")) {
            list[count++] = *at;
        }
    }
#endif
    list[count] = NULL;
    return list;
}

/** What has the loader, the C library or the cryptographic library run code that nobody verified. */
static bool is_dangerous(const char *variable)
{
    static const char door[] = TPS_DOOR_VARIABLE "=";
    static const char *const names[] = {
        "LD_",     "GLIBC_TUNABLES=", "GCONV_PATH=",      "LOCPATH=",         "NLSPATH=", "GETCONF_DIR=",
        "MALLOC_", "OPENSSL_CONF=",   "OPENSSL_MODULES=", "OPENSSL_ENGINES=", door};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (begins(variable, names[i])) {
            return true;
        }
    }
    return false;
}

char *const *tps_boot_application_environment(int door)
{
    static char number[32];
    size_t count = 0;
    char **list;

    while (environ[count] != NULL) {
        count++;
    }
    list = calloc(count + 2, sizeof(*list));
    if (list == NULL) {
        return NULL;
    }
    (void)snprintf(number, sizeof(number), TPS_DOOR_VARIABLE "=%d", door);
    list[0] = number;
    count = 1;
    for (char **at = environ; *at != NULL; at++) {
        if (!is_dangerous(*at)) {
            list[count++] = *at;
        }
    }
    return list;
}
