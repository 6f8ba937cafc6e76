/* SPDX-License-Identifier: Apache-2.0 */
/* An application for first_stage.py, over TPSC_* alone. Each argument is a step; what comes of it is a line
 * on standard output.
 *
 * - path:PATH              connects to this socket where there is no door
 * - LOGIN:SERVICE:MESSAGE  a session under TPSC_LOGIN_* LOGIN to the service of this UUID, one message; in
 * hex
 * - exit:CODE, wait        ends; waits for ever
 * - environment:NAME       prints a variable of its environment
 * - leave                  starts a process that waits for ever
 * - calls                  what becomes of system calls that an application may not make
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tps/connector_local.h"
#include "tps/tpsc_registry.h"

#if defined(__SANITIZE_ADDRESS__)
/* The leak checker traces its own process at the end, which the first stage's filter of system calls forbids.
 */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return 1;
}
#endif

static tps_connector_local *local;

static size_t read_hex(const char *text, uint8_t *bytes, size_t room)
{
    size_t size = 0;
    unsigned int byte;

    while (size < room && sscanf(text + 2 * size, "%2x", &byte) == 1) {
        bytes[size++] = (uint8_t)byte;
    }
    return size;
}

static int fail(const char *step, uint32_t result)
{
    printf("%s: 0x%08x\n", step, (unsigned int)result);
    return 0;
}

static bool connect_component(const char *path)
{
    return tps_connector_local_new(path, &local) == TPS_OK &&
           tps_client_register(tps_connector_local_table(local)) == TPSC_SUCCESS;
}

static int exchange(const TPSC_Session *session, uint8_t *message, size_t size)
{
    static uint8_t room[8192];
    TPSC_MessageBuffer request = {0};
    TPSC_MessageBuffer response = {0};
    uint32_t result;

    (void)TPSC_InitializeTransaction(&request, message, size);
    (void)TPSC_InitializeTransaction(&response, room, sizeof(room));
    request.size = size;
    result = TPSC_ExecuteTransaction(session, &request, &response);
    if (result == TPSC_SUCCESS) {
        printf("answer: ");
        for (size_t i = 0; i < response.size; i++) {
            printf("%02x", room[i]);
        }
        printf("\n");
    }
    (void)TPSC_FinalizeTransaction(&response);
    (void)TPSC_FinalizeTransaction(&request);
    return result == TPSC_SUCCESS ? 0 : fail("execute", result);
}

static int ask(char *step)
{
    TPSC_ServiceSelector wanted = {.service_version_range = TPSC_SERVICE_RANGE_ANY};
    TPSC_ConnectionData group = {.tag = TPSC_CONNECTIONDATA_GID, .gid = (uint32_t)getgid()};
    TPSC_ServiceIdentifier found;
    TPSC_Session session;
    uint8_t message[1024];
    size_t count = 1;
    uint32_t login = (uint32_t)strtoul(strtok(step, ":"), NULL, 10);
    bool of_group = login == TPSC_LOGIN_GROUP || login == TPSC_LOGIN_GROUP_APPLICATION;
    const char *service = strtok(NULL, ":");
    const char *text = strtok(NULL, ":");
    uint32_t result;
    int code;

    (void)read_hex(service, wanted.service_id.bytes, sizeof(wanted.service_id.bytes));
    result = TPSC_ServiceDiscovery(&wanted, &count, &found);
    if (result != TPSC_SUCCESS || count != 1) {
        return fail("discovery", result);
    }
    result = TPSC_OpenSession(&found.service_instance, login, of_group ? &group : NULL, &session);
    if (result != TPSC_SUCCESS) {
        return fail("open", result);
    }
    code = exchange(&session, message, read_hex(text, message, sizeof(message)));
    (void)TPSC_CloseSession(&session);
    return code;
}

/** What the first stage's filter of system calls keeps from applications: 0 or the error of each. */
static int try_calls(void)
{
    const char character = 'x';
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
    int terminal_error = terminal >= 0 ? 0 : errno;
    long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

    if (child == 0) {
        _exit(0);
    }
    printf("namespace: %d\n", child > 0 ? 0 : errno);
    printf("unshare: %d\n", unshare(CLONE_NEWUSER) == 0 ? 0 : errno);
    printf("mount: %d\n", syscall(SYS_fsopen, "tmpfs", 0) >= 0 ? 0 : errno);
    printf("tree: %d\n", syscall(SYS_open_tree, -1, "/", 0) >= 0 ? 0 : errno);
    printf("trace: %d\n", ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : errno);
    printf("terminal: %d\n", terminal_error);
    printf("input: %d\n", ioctl(STDIN_FILENO, TIOCSTI, &character) == 0 ? 0 : errno);
    return 0;
}

static int take(char *step)
{
    if (strcmp(step, "calls") == 0) {
        return try_calls();
    }
    if (strcmp(step, "leave") == 0) {
        pid_t child = fork();

        if (child == 0) {
            for (;;) {
                (void)pause();
            }
        }
        printf("left %d\n", (int)child);
        return 0;
    }
    if (strncmp(step, "exit:", 5) == 0) {
        (void)fflush(stdout);
        exit(atoi(step + 5));
    }
    if (strcmp(step, "wait") == 0) {
        printf("waits\n");
        (void)fflush(stdout);
        for (;;) {
            (void)pause();
        }
    }
    if (strncmp(step, "environment:", 12) == 0) {
        const char *value = getenv(step + 12);

        printf("%s=%s\n", step + 12, value == NULL ? "" : value);
        return 0;
    }
    return ask(step);
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 && strncmp(argv[1], "path:", 5) == 0 ? argv[1] + 5 : NULL;

    printf("user %u\n", (unsigned int)geteuid());
    if (!connect_component(path)) {
        printf("no component\n");
        return 4;
    }
    for (int i = path == NULL ? 1 : 2; i < argc; i++) {
        (void)take(argv[i]);
        (void)fflush(stdout);
    }
    (void)tps_client_unregister(tps_connector_local_table(local));
    tps_connector_local_free(local);
    return 0;
}
