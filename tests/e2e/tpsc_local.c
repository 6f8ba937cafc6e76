/* SPDX-License-Identifier: Apache-2.0 */
/* TPSC_* through the local connector to a real component process, started by tps-boot: its program is the
 * first argument, and tps-component lies beside it. Where a slow component is needed, the process is stopped
 * (SIGSTOP) and later continued. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tps/connector_local.h"
#include "tps/tpsc_registry.h"

static const char *program;
static char folder[64];
static char socket_path[128];
static pid_t first_stage;
static pid_t component; /* its child */
static tps_connector_local *local;

static const TPSC_ServiceSelector rot13 = {.service_id = TPSC_UUID_SERVICE_GPP_ROT13,
                                           .service_version_range = TPSC_SERVICE_RANGE_ANY};

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void make_device(void)
{
    char path[128];
    FILE *file;

    (void)snprintf(folder, sizeof(folder), "/tmp/tpsc-local-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0);
    (void)snprintf(path, sizeof(path), "%s/secure", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/boot", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/boot/unique-secret", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fchmod(fileno(file), 0600), 0);
    assert_int_equal(fwrite("0123456789abcdef0123456789abcdef", 1, 32, file), 32);
    assert_int_equal(fclose(file), 0);
    (void)snprintf(socket_path, sizeof(socket_path), "%s/component.sock", folder);
}

static pid_t child_of(pid_t parent)
{
    char path[64];
    int child = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &child), 1);
    assert_int_equal(fclose(file), 0);
    return (pid_t)child;
}

static void start_component(void)
{
    char image[512];

    (void)snprintf(image, sizeof(image), "%.*s/tps-component", (int)(strrchr(program, '/') - program),
                   program);
    first_stage = fork();
    assert_true(first_stage >= 0);
    if (first_stage == 0) {
        execl(program, program, "--device", folder, "--component", image, "--parent-death", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 500; i++) {
        size_t count = 0;

        if (TPSC_ServiceDiscovery(&rot13, &count, NULL) != TPSC_ERROR_COMMUNICATION) {
            component = child_of(first_stage);
            return;
        }
        pause_ms(20);
    }
    fail_msg("the component does not answer");
}

static void stop_component(void)
{
    int status = 0;

    kill(component, SIGCONT);
    kill(first_stage, SIGTERM);
    assert_int_equal(waitpid(first_stage, &status, 0), first_stage);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int setup(void **state)
{
    (void)state;
    make_device();
    assert_int_equal(tps_connector_local_new(socket_path, &local), TPS_OK);
    assert_int_equal(tps_client_register(tps_connector_local_table(local)), TPSC_SUCCESS);
    start_component();
    return 0;
}

static int teardown(void **state)
{
    char command[160];

    (void)state;
    stop_component();
    assert_int_equal(tps_client_unregister(tps_connector_local_table(local)), TPSC_SUCCESS);
    tps_connector_local_free(local);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

static TPSC_ServiceIdentifier find_rot13(void)
{
    TPSC_ServiceIdentifier found[1];
    size_t count = 1;

    assert_int_equal(TPSC_ServiceDiscovery(&rot13, &count, found), TPSC_SUCCESS);
    assert_int_equal(count, 1);
    return found[0];
}

static TPSC_Session open_rot13(void)
{
    TPSC_ServiceIdentifier service = find_rot13();
    TPSC_Session session;

    assert_int_equal(TPSC_OpenSession(&service.service_instance, TPSC_LOGIN_PUBLIC, NULL, &session),
                     TPSC_SUCCESS);
    return session;
}

/** A request and its response with their rooms. */
typedef struct {
    TPSC_MessageBuffer request;
    TPSC_MessageBuffer response;
    uint8_t request_room[64];
    uint8_t response_room[256];
    TPSC_Session *session;
    uint32_t result;
} call;

static void prepare(call *c, TPSC_Session *session, const char *text)
{
    size_t size = strlen(text);

    assert_true(size < 24);
    c->session = session;
    assert_int_equal(TPSC_InitializeTransaction(&c->request, c->request_room, sizeof(c->request_room)),
                     TPSC_SUCCESS);
    assert_int_equal(TPSC_InitializeTransaction(&c->response, c->response_room, sizeof(c->response_room)),
                     TPSC_SUCCESS);
    memcpy(c->request_room, "\xca\xa1\x01", 3);
    c->request_room[3] = (uint8_t)(0x60 + size);
    memcpy(c->request_room + 4, text, size);
    c->request.size = 4 + size;
}

static void *execute(void *context)
{
    call *c = context;

    c->result = TPSC_ExecuteTransaction(c->session, &c->request, &c->response);
    return NULL;
}

static void assert_answer(const call *c, const char *text)
{
    assert_int_equal(c->result, TPSC_SUCCESS);
    assert_int_equal(c->response.size, 4 + strlen(text));
    assert_memory_equal(c->response.message + 4, text, strlen(text));
}

static void rot13_answers_its_vector(void **state)
{
    TPSC_Session session = open_rot13();
    call c;

    (void)state;
    prepare(&c, &session, "Thisgoestoeleven");
    execute(&c);

    assert_answer(&c, "Guvftbrfgbryrira");
    assert_memory_equal(c.response.message, "\xca\xa1\x01\x70", 4);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void discovery_works_twice_and_instances_survive_a_restart(void **state)
{
    TPSC_ServiceIdentifier first = find_rot13();
    TPSC_ServiceIdentifier second = find_rot13();
    TPSC_UUID type = TPSC_UUID_SC_TYPE_INSECURE_TEST;

    (void)state;
    assert_memory_equal(&first, &second, sizeof(first));
    assert_memory_equal(&first.secure_component_type, &type, sizeof(type));
    stop_component();
    start_component();
    second = find_rot13();
    assert_memory_equal(&first, &second, sizeof(first));
}

static void two_sessions_answer_side_by_side(void **state)
{
    TPSC_Session one = open_rot13();
    TPSC_Session two = open_rot13();
    pthread_t threads[2];
    call calls[2];

    (void)state;
    for (int i = 0; i < 50; i++) {
        prepare(&calls[0], &one, "Hello");
        prepare(&calls[1], &two, "Uryyb");
        assert_int_equal(pthread_create(&threads[0], NULL, execute, &calls[0]), 0);
        assert_int_equal(pthread_create(&threads[1], NULL, execute, &calls[1]), 0);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        assert_answer(&calls[0], "Uryyb");
        assert_answer(&calls[1], "Hello");
    }
    assert_int_equal(TPSC_CloseSession(&one), TPSC_SUCCESS);
    assert_int_equal(TPSC_CloseSession(&two), TPSC_SUCCESS);
}

static void one_session_serves_several_threads(void **state)
{
    TPSC_Session session = open_rot13();
    pthread_t threads[4];
    call calls[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        prepare(&calls[i], &session, i % 2 == 0 ? "Hello" : "World");
        assert_int_equal(pthread_create(&threads[i], NULL, execute, &calls[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_answer(&calls[i], i % 2 == 0 ? "Uryyb" : "Jbeyq");
    }
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void a_short_buffer_tells_the_size_needed(void **state)
{
    TPSC_Session session = open_rot13();
    call c;

    (void)state;
    prepare(&c, &session, "Thisgoestoeleven");
    c.response.maxsize = 19;
    execute(&c);

    assert_int_equal(c.result, TPSC_ERROR_SHORT_BUFFER);
    assert_int_equal(c.response.size, 20);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void what_is_no_message_is_bad_format(void **state)
{
    TPSC_Session session = open_rot13();
    call c;

    (void)state;
    prepare(&c, &session, "x");
    c.request_room[0] = 0xa0; /* no tag */
    c.request.size = 1;
    execute(&c);
    assert_int_equal(c.result, TPSC_ERROR_BAD_FORMAT);

    prepare(&c, &session, "x");
    c.request.size--;
    execute(&c);
    assert_int_equal(c.result, TPSC_ERROR_BAD_FORMAT);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void cancel_until_it_holds(call *c)
{
    while (TPSC_CancelTransaction(&c->response) != TPSC_SUCCESS) {
        pause_ms(1); /* the other thread has not begun yet */
    }
}

static void cancel_ends_the_wait_at_once_and_the_late_response_is_dropped(void **state)
{
    TPSC_Session session = open_rot13();
    pthread_t thread;
    call slow;
    call next;

    (void)state;
    prepare(&slow, &session, "Slow");
    prepare(&next, &session, "Next");
    kill(component, SIGSTOP);
    assert_int_equal(pthread_create(&thread, NULL, execute, &slow), 0);
    pause_ms(100);
    cancel_until_it_holds(&slow);
    pthread_join(thread, NULL); /* returns although the component is stopped */
    assert_int_equal(slow.result, TPSC_ERROR_CANCEL);
    assert_int_equal(slow.response.size, 0);

    kill(component, SIGCONT);
    execute(&next);
    assert_answer(&next, "Arkg");
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void cancel_ends_the_wait_of_one_that_has_not_been_sent(void **state)
{
    TPSC_Session session = open_rot13();
    pthread_t threads[2];
    call calls[2];

    (void)state;
    kill(component, SIGSTOP);
    for (int i = 0; i < 2; i++) {
        prepare(&calls[i], &session, i == 0 ? "First" : "Second");
        assert_int_equal(pthread_create(&threads[i], NULL, execute, &calls[i]), 0);
        pause_ms(50);
    }
    cancel_until_it_holds(&calls[1]); /* waits for its turn behind the first */
    pthread_join(threads[1], NULL);
    assert_int_equal(calls[1].result, TPSC_ERROR_CANCEL);

    kill(component, SIGCONT);
    pthread_join(threads[0], NULL);
    assert_answer(&calls[0], "Svefg");
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void cancel_at_any_moment_ends_in_cancel_or_the_right_answer(void **state)
{
    TPSC_Session session = open_rot13();

    (void)state;
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        bool cancelled;
        call c;

        prepare(&c, &session, "Hello");
        assert_int_equal(pthread_create(&thread, NULL, execute, &c), 0);
        for (volatile int spin = 0; spin < i * 200; spin++) {
        }
        cancelled = TPSC_CancelTransaction(&c.response) == TPSC_SUCCESS;
        pthread_join(thread, NULL);
        if (cancelled) {
            assert_int_equal(c.result, TPSC_ERROR_CANCEL);
        } else {
            assert_answer(&c, "Uryyb");
        }
    }
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void a_component_that_dies_is_a_communication_error_and_a_new_session_works(void **state)
{
    TPSC_Session session = open_rot13();
    TPSC_ServiceIdentifier service = find_rot13();
    call c;

    (void)state;
    stop_component();
    prepare(&c, &session, "Hello");
    execute(&c);
    assert_int_equal(c.result, TPSC_ERROR_COMMUNICATION);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
    assert_int_equal(TPSC_OpenSession(&service.service_instance, TPSC_LOGIN_PUBLIC, NULL, &session),
                     TPSC_ERROR_COMMUNICATION);

    start_component();
    session = open_rot13();
    prepare(&c, &session, "Hello");
    execute(&c);
    assert_answer(&c, "Uryyb");
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

/** A call whose request fills much of a socket's buffer; no service understands it. */
typedef struct {
    call call;
    uint8_t room[60000];
} large_call;

static void prepare_large(large_call *c, TPSC_Session *session)
{
    prepare(&c->call, session, "");
    memset(c->room, 0, sizeof(c->room));
    assert_int_equal(TPSC_InitializeTransaction(&c->call.request, c->room, sizeof(c->room)), TPSC_SUCCESS);
    c->call.request.size = sizeof(c->room);
}

/** The component that the first stage starts again, after the one before was killed. */
static TPSC_Session open_again(const TPSC_UUID *instance)
{
    TPSC_Session session;

    for (int i = 0; i < 500; i++) {
        if (TPSC_OpenSession(instance, TPSC_LOGIN_PUBLIC, NULL, &session) == TPSC_SUCCESS) {
            component = child_of(first_stage);
            return session;
        }
        pause_ms(20);
    }
    fail_msg("the component is not started again");
    return session;
}

static void assert_serves(TPSC_Session *session)
{
    call c;

    prepare(&c, session, "Hello");
    execute(&c);
    assert_answer(&c, "Uryyb");
    assert_int_equal(TPSC_CloseSession(session), TPSC_SUCCESS);
}

static void
a_component_killed_under_a_request_is_a_communication_error_and_the_way_back_is_a_new_session(void **state)
{
    TPSC_ServiceIdentifier service = find_rot13();
    TPSC_Session session = open_rot13();
    TPSC_Session other = open_rot13();
    pthread_t threads[2];
    call calls[2];

    (void)state;
    kill(component, SIGSTOP);
    for (size_t i = 0; i < 2; i++) { /* one is sent, one waits for its turn behind it */
        prepare(&calls[i], &session, "Hello");
        assert_int_equal(pthread_create(&threads[i], NULL, execute, &calls[i]), 0);
    }
    pause_ms(100);
    kill(component, SIGKILL);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(calls[i].result, TPSC_ERROR_COMMUNICATION);
        assert_int_equal(calls[i].response.size, 0);
    }

    prepare(&calls[0], &other, "Hello"); /* which had nothing under way */
    execute(&calls[0]);
    assert_int_equal(calls[0].result, TPSC_ERROR_COMMUNICATION);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
    assert_int_equal(TPSC_CloseSession(&other), TPSC_SUCCESS);
    session = open_again(&service.service_instance);
    assert_serves(&session);
}

/** Leaves requests in the socket until no more fit: those behind wait to be sent. Each can be cancelled. */
static void fill_socket(TPSC_Session *session, large_call *large)
{
    for (int i = 0; i < 8; i++) {
        pthread_t thread;

        prepare_large(large, session);
        assert_int_equal(pthread_create(&thread, NULL, execute, &large->call), 0);
        pause_ms(20);
        cancel_until_it_holds(&large->call);
        pthread_join(thread, NULL);
        assert_int_equal(large->call.result, TPSC_ERROR_CANCEL);
    }
}

static void who_waits_to_send_can_be_cancelled_and_learns_that_the_component_is_gone(void **state)
{
    static large_call large;
    TPSC_ServiceIdentifier service = find_rot13();
    TPSC_Session session = open_rot13();
    pthread_t thread;

    (void)state;
    kill(component, SIGSTOP);
    fill_socket(&session, &large);
    prepare_large(&large, &session);
    assert_int_equal(pthread_create(&thread, NULL, execute, &large.call), 0);
    pause_ms(100);
    kill(component, SIGKILL);
    pthread_join(thread, NULL);
    assert_int_equal(large.call.result, TPSC_ERROR_COMMUNICATION);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
    session = open_again(&service.service_instance);
    assert_serves(&session);
}

static void logins_that_the_service_or_the_socket_does_not_take_are_denied(void **state)
{
    TPSC_ServiceIdentifier service = find_rot13();
    TPSC_ConnectionData foreign = {TPSC_CONNECTIONDATA_GID, {.gid = 54321}};
    TPSC_Session session;

    (void)state;
    assert_int_equal(TPSC_OpenSession(&service.service_instance, TPSC_LOGIN_USER, NULL, &session),
                     TPSC_ERROR_ACCESS_DENIED); /* ROT13 takes PUBLIC only */
    assert_int_equal(TPSC_OpenSession(&service.service_instance, TPSC_LOGIN_APPLICATION, NULL, &session),
                     TPSC_ERROR_ACCESS_DENIED);
    assert_int_equal(TPSC_OpenSession(&service.service_instance, TPSC_LOGIN_GROUP, &foreign, &session),
                     TPSC_ERROR_ACCESS_DENIED);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rot13_answers_its_vector),
        cmocka_unit_test(discovery_works_twice_and_instances_survive_a_restart),
        cmocka_unit_test(two_sessions_answer_side_by_side),
        cmocka_unit_test(one_session_serves_several_threads),
        cmocka_unit_test(a_short_buffer_tells_the_size_needed),
        cmocka_unit_test(what_is_no_message_is_bad_format),
        cmocka_unit_test(cancel_ends_the_wait_at_once_and_the_late_response_is_dropped),
        cmocka_unit_test(cancel_ends_the_wait_of_one_that_has_not_been_sent),
        cmocka_unit_test(cancel_at_any_moment_ends_in_cancel_or_the_right_answer),
        cmocka_unit_test(a_component_that_dies_is_a_communication_error_and_a_new_session_works),
        cmocka_unit_test(
            a_component_killed_under_a_request_is_a_communication_error_and_the_way_back_is_a_new_session),
        cmocka_unit_test(who_waits_to_send_can_be_cancelled_and_learns_that_the_component_is_gone),
        cmocka_unit_test(logins_that_the_service_or_the_socket_does_not_take_are_denied),
    };

    if (argc != 2) {
        (void)fputs("usage: test_e2e_tpsc_local PROGRAM\n", stderr);
        return 2;
    }
    program = argv[1];
    return cmocka_run_group_tests_name("tpsc_local", tests, setup, teardown);
}
