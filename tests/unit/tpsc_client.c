/* SPDX-License-Identifier: Apache-2.0 */
/* The TPS Client API over a fake connector. The tests named reference_fault_* show that a fault of the
 * reference implementation is not ours. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/limits.h"
#include "tps/tpsc_registry.h"
#include "unit/fake_connector.h"

static fake_connector fake;
static fake_connector other;
static const TPSC_ServiceSelector any = {.service_version_range = TPSC_SERVICE_RANGE_ANY};
static uint8_t request_room[64];
static uint8_t response_room[64];
static TPSC_MessageBuffer request;
static TPSC_MessageBuffer response;

static int setup(void **state)
{
    (void)state;
    fake_connector_init(&fake, 0x11);
    fake_connector_init(&other, 0x22);
    memset(response_room, 0xAA, sizeof(response_room));
    assert_int_equal(TPSC_InitializeTransaction(&request, request_room, sizeof(request_room)), TPSC_SUCCESS);
    assert_int_equal(TPSC_InitializeTransaction(&response, response_room, sizeof(response_room)),
                     TPSC_SUCCESS);
    memcpy(request_room, "\xca\xa1\x01\x61\x61", 5);
    request.size = 5;
    return tps_client_register(&fake.table) == TPSC_SUCCESS ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    (void)tps_client_unregister(&other.table);
    return tps_client_unregister(&fake.table) == TPSC_SUCCESS ? 0 : -1;
}

static TPSC_Session open_first(void)
{
    TPSC_Session session;

    assert_int_equal(TPSC_OpenSession(&fake.services[0].service_instance, TPSC_LOGIN_PUBLIC, NULL, &session),
                     TPSC_SUCCESS);
    return session;
}

static size_t count_matching(const TPSC_ServiceSelector *selector)
{
    TPSC_ServiceIdentifier found[24];
    size_t count = 24;

    assert_int_equal(TPSC_ServiceDiscovery(selector, &count, found), TPSC_SUCCESS);
    return count;
}

/* ---- the faults of the reference ---- */

static void reference_fault_second_discovery_fails(void **state)
{
    (void)state;
    assert_int_equal(count_matching(&any), 1);
    assert_int_equal(count_matching(&any), 1);
    assert_int_equal(fake.connections, 0);
}

static void reference_fault_exact_fit_is_short_buffer(void **state)
{
    TPSC_ServiceIdentifier found[1];
    size_t count = 1;

    (void)state;
    assert_int_equal(TPSC_ServiceDiscovery(&any, &count, found), TPSC_SUCCESS);

    assert_int_equal(count, 1);
    assert_memory_equal(&found[0], &fake.services[0], sizeof(found[0]));
}

static void reference_fault_needed_count_is_lost(void **state)
{
    TPSC_ServiceIdentifier found[2];
    size_t count = 2;

    (void)state;
    fake_connector_add(&fake, 0x12, (TPSC_ServiceVersion){1, 0, 0});
    fake_connector_add(&fake, 0x13, (TPSC_ServiceVersion){1, 0, 0});
    assert_int_equal(TPSC_ServiceDiscovery(&any, &count, found), TPSC_ERROR_SHORT_BUFFER);
    assert_int_equal(count, 3);

    count = 0;
    assert_int_equal(TPSC_ServiceDiscovery(&any, &count, NULL), TPSC_ERROR_SHORT_BUFFER);
    assert_int_equal(count, 3);
}

static void reference_fault_nil_matches_any_service_in_open_session(void **state)
{
    const TPSC_UUID nil = TPSC_UUID_NIL;
    TPSC_Session session;

    (void)state;
    assert_int_equal(count_matching(&any), 1);
    assert_int_equal(TPSC_OpenSession(&nil, TPSC_LOGIN_PUBLIC, NULL, &session), TPSC_ERROR_BAD_IDENTIFIER);

    assert_int_equal(fake.sessions, 0);
}

static void reference_fault_received_size_is_maxsize(void **state)
{
    TPSC_Session session = open_first();

    (void)state;
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_SUCCESS);

    assert_int_equal(response.size, 5);
    assert_int_equal(response.maxsize, sizeof(response_room));
    assert_memory_equal(response.message, request.message, 5);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void reference_fault_execute_carries_no_session(void **state)
{
    TPSC_Session first = open_first();
    TPSC_Session second = open_first();
    uint32_t session_of_first;

    (void)state;
    assert_int_equal(TPSC_ExecuteTransaction(&first, &request, &response), TPSC_SUCCESS);
    session_of_first = fake.last_session;
    assert_int_equal(TPSC_ExecuteTransaction(&second, &request, &response), TPSC_SUCCESS);

    assert_int_not_equal(fake.last_session, session_of_first);
    assert_int_equal(TPSC_ExecuteTransaction(&first, &request, &response), TPSC_SUCCESS);
    assert_int_equal(fake.last_session, session_of_first);
    assert_int_equal(TPSC_CloseSession(&first), TPSC_SUCCESS);
    assert_int_equal(TPSC_CloseSession(&second), TPSC_SUCCESS);
}

static void reference_fault_session_keeps_the_callers_uuid_pointer(void **state)
{
    TPSC_UUID instance = fake.services[0].service_instance;
    TPSC_Session session;

    (void)state;
    assert_int_equal(TPSC_OpenSession(&instance, TPSC_LOGIN_PUBLIC, NULL, &session), TPSC_SUCCESS);
    memset(&instance, 0, sizeof(instance));

    assert_ptr_not_equal(session.service_id, &instance);
    assert_memory_equal(session.service_id, &fake.services[0].service_instance, 16);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void reference_fault_buffers_are_not_null_checked(void **state)
{
    TPSC_Session session = open_first();
    TPSC_UUID instance = fake.services[0].service_instance;
    TPSC_ServiceIdentifier found[1];
    size_t count = 1;

    (void)state;
    assert_int_equal(TPSC_ExecuteTransaction(NULL, &request, &response), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(TPSC_ExecuteTransaction(&session, NULL, &response), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, NULL), TPSC_ERROR_NULL_POINTER);
    response.message = NULL;
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(TPSC_ClearTransaction(&response), TPSC_ERROR_NULL_POINTER);

    assert_int_equal(TPSC_ServiceDiscovery(NULL, &count, found), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(TPSC_ServiceDiscovery(&any, NULL, found), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(TPSC_ServiceDiscovery(&any, &count, NULL), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(TPSC_OpenSession(NULL, 0, NULL, &session), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(TPSC_OpenSession(&instance, 0, NULL, NULL), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(TPSC_CloseSession(NULL), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(TPSC_InitializeTransaction(NULL, response_room, 1), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(TPSC_InitializeTransaction(&response, NULL, 1), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(TPSC_FinalizeTransaction(NULL), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(TPSC_ClearTransaction(NULL), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(TPSC_CancelTransaction(NULL), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void reference_fault_a_failed_open_leaks_the_connection(void **state)
{
    TPSC_Session session;

    (void)state;
    assert_int_equal(count_matching(&any), 1);
    for (uint32_t nth = 1; nth <= 2; nth++) { /* connect, then open_session */
        fake.calls = 0;
        fake.fail_at = nth;
        fake.fail_with = TPSC_ERROR_ACCESS_DENIED;
        assert_int_equal(
            TPSC_OpenSession(&fake.services[0].service_instance, TPSC_LOGIN_USER, NULL, &session),
            TPSC_ERROR_ACCESS_DENIED);

        assert_int_equal(fake.connections, 0);
        assert_int_equal(fake.sessions, 0);
        assert_int_equal(session.imp.guard, 0);
    }
    assert_int_equal(tps_client_unregister(&fake.table), TPSC_SUCCESS); /* so nothing is in use */
    assert_int_equal(tps_client_register(&fake.table), TPSC_SUCCESS);
}

static void reference_fault_clear_does_nothing(void **state)
{
    static const uint8_t zeros[sizeof(response_room)];

    (void)state;
    response.size = 7;
    assert_int_equal(TPSC_ClearTransaction(&response), TPSC_SUCCESS);

    assert_int_equal(response.size, 0);
    assert_memory_equal(response_room, zeros, sizeof(zeros));
    assert_int_equal(response.imp.guard, TPSC_GUARD_TRANSACTION);
}

/** What a second thread executes. */
typedef struct {
    TPSC_Session *session;
    uint32_t result;
} execution;

static void *execute(void *context)
{
    execution *e = context;

    e->result = TPSC_ExecuteTransaction(e->session, &request, &response);
    return NULL;
}

static pthread_t begin_held_execution(execution *e)
{
    pthread_t thread;

    fake.hold = true;
    assert_int_equal(pthread_create(&thread, NULL, execute, e), 0);
    while (fake.executing_id == 0) {
        sched_yield();
    }
    return thread;
}

static void reference_fault_cancel_does_nothing(void **state)
{
    TPSC_Session session = open_first();
    execution e = {&session, 0};
    pthread_t thread = begin_held_execution(&e);

    (void)state;
    assert_int_equal(TPSC_CancelTransaction(&response), TPSC_SUCCESS);
    pthread_join(thread, NULL);

    assert_int_equal(e.result, TPSC_ERROR_CANCEL);
    assert_int_equal(response.size, 0);
    fake.hold = false;
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_SUCCESS);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void reference_fault_version_bounds_reject_everything(void **state)
{
    TPSC_ServiceSelector s = any; /* the reference's own example */

    (void)state;
    s.service_version_range = (TPSC_ServiceRange){
        .lowest_acceptable_version = {TPSC_BOUNDS_INCLUSIVE, {{0, 0, 1}}},
        .first_excluded_version = {TPSC_BOUNDS_INCLUSIVE, {{1, 1, 1}}},
        .last_excluded_version = {TPSC_BOUNDS_EXCLUSIVE, {{1, 2, 0}}},
        .highest_acceptable_version = {TPSC_BOUNDS_EXCLUSIVE, {{2, 0, 0}}},
    };
    assert_int_equal(count_matching(&s), 1); /* 0.0.16 */

    fake.services[0].service_version = (TPSC_ServiceVersion){1, 1, 1};
    assert_int_equal(count_matching(&s), 0); /* first excluded, inclusive */
    fake.services[0].service_version = (TPSC_ServiceVersion){1, 1, 99};
    assert_int_equal(count_matching(&s), 0);
    fake.services[0].service_version = (TPSC_ServiceVersion){1, 2, 0};
    assert_int_equal(count_matching(&s), 1); /* last excluded, exclusive */
    fake.services[0].service_version = (TPSC_ServiceVersion){2, 0, 0};
    assert_int_equal(count_matching(&s), 0); /* highest, exclusive */
    fake.services[0].service_version = (TPSC_ServiceVersion){0, 0, 0};
    assert_int_equal(count_matching(&s), 0); /* below lowest */
}

static void reference_fault_login_methods_collide(void **state)
{
    const uint32_t methods[] = {TPSC_LOGIN_PUBLIC,
                                TPSC_LOGIN_USER,
                                TPSC_LOGIN_GROUP,
                                TPSC_LOGIN_APPLICATION,
                                TPSC_LOGIN_USER_APPLICATION,
                                TPSC_LOGIN_GROUP_APPLICATION};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(methods[i], methods[j]);
        }
    }
}

static void reference_fault_not_implemented_has_a_slip(void **state)
{
    TPSC_Session session = open_first();

    (void)state;
    fake.calls = 0;
    fake.fail_at = 1;
    fake.fail_with = TPSC_ERROR_NOT_IMPLEMENTED_REFERENCE;
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_ERROR_NOT_IMPLEMENTED);

    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

/* ---- discovery ---- */

static void discovery_treats_nil_as_a_wildcard_and_matches_the_rest_exactly(void **state)
{
    TPSC_ServiceSelector s = any;

    (void)state;
    fake_connector_add(&fake, 0x12, (TPSC_ServiceVersion){1, 0, 0});
    fake.services[1].service_id.bytes[0] ^= 1;
    assert_int_equal(count_matching(&s), 2);
    s.service_id = (TPSC_UUID)TPSC_UUID_SERVICE_GPP_ROT13;
    assert_int_equal(count_matching(&s), 1);
    s.secure_component_instance = fake.services[1].secure_component_instance;
    assert_int_equal(count_matching(&s), 0);
    s.service_id = (TPSC_UUID)TPSC_UUID_NIL;
    assert_int_equal(count_matching(&s), 1);
    s.secure_component_type = (TPSC_UUID)TPSC_UUID_SC_TYPE_GPC_SE;
    assert_int_equal(count_matching(&s), 0);
}

static void discovery_excludes_a_side_when_one_excluded_end_is_open(void **state)
{
    TPSC_ServiceSelector s = any;

    (void)state;
    s.service_version_range.first_excluded_version =
        (TPSC_ServiceBounds){TPSC_BOUNDS_INCLUSIVE, {{0, 0, 16}}};
    assert_int_equal(count_matching(&s), 0);
    s.service_version_range.first_excluded_version.tag = TPSC_BOUNDS_EXCLUSIVE;
    assert_int_equal(count_matching(&s), 1);
}

static void discovery_refuses_an_unknown_bound(void **state)
{
    TPSC_ServiceSelector s = any;
    size_t count = 0;

    (void)state;
    s.service_version_range.last_excluded_version.tag = 3;
    assert_int_equal(TPSC_ServiceDiscovery(&s, &count, NULL), TPSC_ERROR_BAD_FORMAT);
}

static void discovery_goes_on_when_one_connector_fails_and_tells_when_all_do(void **state)
{
    TPSC_ServiceIdentifier found[4];
    size_t count = 4;

    (void)state;
    assert_int_equal(tps_client_register(&other.table), TPSC_SUCCESS);
    for (uint32_t nth = 1; nth <= 2; nth++) { /* connect, then service_discovery */
        fake.calls = 0;
        fake.fail_at = nth;
        fake.fail_with = TPSC_ERROR_COMMUNICATION;
        count = 4;
        assert_int_equal(TPSC_ServiceDiscovery(&any, &count, found), TPSC_SUCCESS);
        assert_int_equal(count, 1);
        assert_int_equal(found[0].service_instance.bytes[0], 0x22);
        assert_int_equal(fake.connections, 0);
    }

    fake.calls = 0;
    other.calls = 0;
    other.fail_at = 1;
    other.fail_with = TPSC_ERROR_ACCESS_DENIED;
    assert_int_equal(TPSC_ServiceDiscovery(&any, &count, found), TPSC_ERROR_COMMUNICATION);
}

static void discovery_without_a_connector_says_so(void **state)
{
    size_t count = 0;

    (void)state;
    assert_int_equal(tps_client_unregister(&fake.table), TPSC_SUCCESS);
    assert_int_equal(TPSC_ServiceDiscovery(&any, &count, NULL), TPSC_ERROR_NO_DATA);

    assert_int_equal(tps_client_register(&fake.table), TPSC_SUCCESS);
}

static void discovery_says_when_there_are_more_services_than_it_can_hold(void **state)
{
    size_t count = 0;

    (void)state;
    for (uint8_t i = 0; i < TPS_CLIENT_SERVICES_PER_CONNECTOR; i++) {
        fake_connector_add(&fake, (uint8_t)(0x30 + i), (TPSC_ServiceVersion){1, 0, 0});
    }
    assert_int_equal(TPSC_ServiceDiscovery(&any, &count, NULL), TPSC_ERROR_OUT_OF_MEMORY);
}

static void a_later_connector_cannot_take_over_an_instance(void **state)
{
    TPSC_Session session;

    (void)state;
    other.services[0].service_instance = fake.services[0].service_instance;
    assert_int_equal(tps_client_register(&other.table), TPSC_SUCCESS);
    assert_int_equal(count_matching(&any), 1);
    session = open_first();

    assert_int_equal(fake.sessions, 1);
    assert_int_equal(other.sessions, 0);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

/* ---- sessions ---- */

static void open_session_finds_an_instance_kept_from_an_earlier_run(void **state)
{
    TPSC_Session session = open_first(); /* nothing was discovered before */

    (void)state;
    assert_int_equal(fake.discoveries, 1);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void open_session_refuses_an_unknown_instance(void **state)
{
    TPSC_UUID unknown = {{0x99}};
    TPSC_Session session;

    (void)state;
    assert_int_equal(TPSC_OpenSession(&unknown, TPSC_LOGIN_PUBLIC, NULL, &session),
                     TPSC_ERROR_BAD_IDENTIFIER);
}

static void open_session_refuses_logins_that_make_no_sense(void **state)
{
    TPSC_UUID *instance = &fake.services[0].service_instance;
    TPSC_ConnectionData gid = {TPSC_CONNECTIONDATA_GID, {.gid = 5}};
    TPSC_ConnectionData unknown = {7, {.gid = 5}};
    TPSC_Session session;

    (void)state;
    assert_int_equal(TPSC_OpenSession(instance, 3, NULL, &session), TPSC_ERROR_BAD_FORMAT);
    assert_int_equal(TPSC_OpenSession(instance, 7, NULL, &session), TPSC_ERROR_BAD_FORMAT);
    assert_int_equal(TPSC_OpenSession(instance, TPSC_LOGIN_GROUP, NULL, &session), TPSC_ERROR_BAD_FORMAT);
    assert_int_equal(TPSC_OpenSession(instance, TPSC_LOGIN_USER, &gid, &session), TPSC_ERROR_BAD_FORMAT);
    assert_int_equal(TPSC_OpenSession(instance, TPSC_LOGIN_USER, &unknown, &session), TPSC_ERROR_BAD_FORMAT);
    assert_int_equal(TPSC_OpenSession(instance, TPSC_LOGIN_GROUP, &gid, &session), TPSC_SUCCESS);
    assert_int_equal(fake.method, TPSC_LOGIN_GROUP);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void a_closed_session_is_known_as_closed_even_through_a_copy(void **state)
{
    TPSC_Session session = open_first();
    TPSC_Session copy = session;
    TPSC_Session next;

    (void)state;
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_ERROR_BAD_STATE);
    next = open_first(); /* takes the same entry */

    assert_int_equal(TPSC_CloseSession(&copy), TPSC_ERROR_BAD_STATE);
    assert_int_equal(TPSC_ExecuteTransaction(&copy, &request, &response), TPSC_ERROR_BAD_STATE);
    assert_int_equal(TPSC_CloseSession(&next), TPSC_SUCCESS);
    assert_int_equal(fake.connections, 0);
}

static void sessions_run_out_with_a_named_error_and_come_back(void **state)
{
    TPSC_Session sessions[TPS_CLIENT_SESSIONS_MAX];
    TPSC_Session more;

    (void)state;
    for (size_t i = 0; i < TPS_CLIENT_SESSIONS_MAX; i++) {
        sessions[i] = open_first();
    }
    assert_int_equal(TPSC_OpenSession(&fake.services[0].service_instance, 0, NULL, &more),
                     TPSC_ERROR_OUT_OF_MEMORY);
    assert_int_equal(TPSC_CloseSession(&sessions[3]), TPSC_SUCCESS);
    sessions[3] = open_first();

    for (size_t i = 0; i < TPS_CLIENT_SESSIONS_MAX; i++) {
        assert_int_equal(TPSC_CloseSession(&sessions[i]), TPSC_SUCCESS);
    }
}

static void a_session_closes_even_if_the_component_cannot_be_told(void **state)
{
    TPSC_Session session = open_first();

    (void)state;
    fake.calls = 0;
    fake.fail_at = 1;
    fake.fail_with = TPSC_ERROR_COMMUNICATION;
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);

    assert_int_equal(fake.connections, 0);
}

static void a_connector_with_a_session_cannot_be_unregistered(void **state)
{
    TPSC_Session session = open_first();

    (void)state;
    assert_int_equal(tps_client_unregister(&fake.table), TPSC_ERROR_BUSY);

    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void the_registry_refuses_what_is_no_connector(void **state)
{
    TPSC_Connector2 old = fake.table;

    (void)state;
    old.abi_version = 1;
    assert_int_equal(tps_client_register(NULL), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(tps_client_register(&old), TPSC_ERROR_NOT_SUPPORTED);
    old.abi_version = 2;
    old.execute_transaction = NULL;
    assert_int_equal(tps_client_register(&old), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(tps_client_register(&fake.table), TPSC_ERROR_BAD_STATE);
    assert_int_equal(tps_client_unregister(&other.table), TPSC_ERROR_BAD_STATE);
    assert_int_equal(tps_client_unregister(NULL), TPSC_ERROR_BAD_STATE);
}

/* ---- transactions ---- */

static void execute_refuses_buffers_in_the_wrong_state(void **state)
{
    TPSC_Session session = open_first();
    TPSC_MessageBuffer never = {0};

    (void)state;
    assert_int_equal(TPSC_ExecuteTransaction(&session, &never, &response), TPSC_ERROR_BAD_STATE);
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &never), TPSC_ERROR_BAD_STATE);
    assert_int_equal(TPSC_FinalizeTransaction(&never), TPSC_ERROR_BAD_STATE);
    assert_int_equal(TPSC_ClearTransaction(&never), TPSC_ERROR_BAD_STATE);
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &request), TPSC_ERROR_BAD_FORMAT);
    request.size = sizeof(request_room) + 1;
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_ERROR_BAD_FORMAT);
    request.size = 0;
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_ERROR_NO_DATA);
    request.size = 5;
    assert_int_equal(TPSC_FinalizeTransaction(&response), TPSC_SUCCESS);
    assert_int_equal(TPSC_FinalizeTransaction(&response), TPSC_ERROR_BAD_STATE);
    assert_int_equal(TPSC_InitializeTransaction(&response, response_room, 0), TPSC_ERROR_SHORT_BUFFER);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void execute_refuses_rooms_that_overlap(void **state)
{
    TPSC_Session session = open_first();
    TPSC_MessageBuffer inside;

    (void)state;
    assert_int_equal(TPSC_InitializeTransaction(&inside, request_room + 10, 20), TPSC_SUCCESS);
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &inside), TPSC_ERROR_BAD_FORMAT);

    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void execute_returns_the_size_needed_when_the_response_does_not_fit(void **state)
{
    static const uint8_t large[200] = {0x40};
    TPSC_Session session = open_first();

    (void)state;
    fake.response = large;
    fake.response_size = sizeof(large);
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_ERROR_SHORT_BUFFER);

    assert_int_equal(response.size, 200);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void execute_wipes_the_room_when_the_connector_fails(void **state)
{
    static const uint8_t zeros[sizeof(response_room)];
    TPSC_Session session = open_first();

    (void)state;
    fake.calls = 0;
    fake.fail_at = 1;
    fake.fail_with = TPSC_ERROR_SECURITY;
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_ERROR_SECURITY);

    assert_int_equal(response.size, 0);
    assert_memory_equal(response_room, zeros, sizeof(zeros));
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void execute_does_not_believe_a_length_beyond_the_room(void **state)
{
    TPSC_Session session = open_first();

    (void)state;
    fake.claims_size = sizeof(response_room) + 1;
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_ERROR_COMMUNICATION);

    assert_int_equal(response.size, 0);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

/* ---- cancel ---- */

static void cancel_before_and_after_an_execution_finds_nothing(void **state)
{
    TPSC_Session session = open_first();

    (void)state;
    assert_int_equal(TPSC_CancelTransaction(&response), TPSC_ERROR_BAD_STATE);
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_SUCCESS);
    assert_int_equal(TPSC_CancelTransaction(&response), TPSC_ERROR_BAD_STATE);

    assert_int_equal(response.size, 5); /* what was received stays */
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_SUCCESS);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void cancel_holds_even_if_the_connector_cannot_cancel(void **state)
{
    static const uint8_t zeros[sizeof(response_room)];
    TPSC_Session session = open_first();
    execution e = {&session, 0};
    pthread_t thread;

    (void)state;
    fake.ignores_cancel = true;
    thread = begin_held_execution(&e);
    assert_int_equal(TPSC_CancelTransaction(&response), TPSC_SUCCESS);
    assert_int_equal(TPSC_CancelTransaction(&response), TPSC_SUCCESS);
    fake.hold = false; /* the connector now returns a response */
    pthread_join(thread, NULL);

    assert_int_equal(e.result, TPSC_ERROR_CANCEL);
    assert_memory_equal(response_room, zeros, sizeof(zeros));
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void cancel_is_not_supported_by_a_connector_that_runs_to_the_end(void **state)
{
    TPSC_Session session = open_first();
    execution e = {&session, 0};
    pthread_t thread;

    (void)state;
    fake.table.cancel_transaction = NULL;
    assert_int_equal(TPSC_CancelTransaction(&response), TPSC_ERROR_NOT_SUPPORTED);
    thread = begin_held_execution(&e);
    assert_int_equal(TPSC_CancelTransaction(&response), TPSC_ERROR_NOT_SUPPORTED);
    assert_int_equal(tps_client_register(&other.table),
                     TPSC_SUCCESS); /* this one can, but not for that one */
    assert_int_equal(TPSC_CancelTransaction(&response), TPSC_ERROR_NOT_SUPPORTED);
    fake.hold = false;
    pthread_join(thread, NULL);

    assert_int_equal(e.result, TPSC_SUCCESS); /* it was not touched */
    assert_int_equal(response.size, 5);
    assert_int_equal(TPSC_CancelTransaction(&response), TPSC_ERROR_BAD_STATE);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void buffers_and_session_are_busy_while_they_execute(void **state)
{
    TPSC_Session session = open_first();
    TPSC_Session second = open_first();
    execution e = {&session, 0};
    pthread_t thread = begin_held_execution(&e);

    (void)state;
    assert_int_equal(TPSC_CloseSession(&session), TPSC_ERROR_BUSY);
    assert_int_equal(TPSC_ClearTransaction(&response), TPSC_ERROR_BUSY);
    assert_int_equal(TPSC_FinalizeTransaction(&request), TPSC_ERROR_BUSY);
    assert_int_equal(TPSC_InitializeTransaction(&response, response_room, 1), TPSC_ERROR_BUSY);
    assert_int_equal(TPSC_ExecuteTransaction(&second, &request, &response), TPSC_ERROR_BUSY);

    assert_int_equal(TPSC_CancelTransaction(&response), TPSC_SUCCESS);
    pthread_join(thread, NULL);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
    assert_int_equal(TPSC_CloseSession(&second), TPSC_SUCCESS);
}

static void *open_and_close_often(void *context)
{
    uintptr_t failures = 0;

    (void)context;
    for (int i = 0; i < 300; i++) {
        TPSC_Session session;
        size_t count = 0;

        failures += TPSC_OpenSession(&fake.services[0].service_instance, 0, NULL, &session) != TPSC_SUCCESS;
        failures += TPSC_ServiceDiscovery(&any, &count, NULL) != TPSC_ERROR_SHORT_BUFFER;
        failures += TPSC_CloseSession(&session) != TPSC_SUCCESS;
    }
    return (void *)failures;
}

static void two_threads_may_open_discover_and_close_at_once(void **state)
{
    pthread_t threads[2];
    void *failures;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_close_often, NULL), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], &failures);
        assert_null(failures);
    }
    assert_int_equal(fake.connections, 0);
    assert_int_equal(fake.sessions, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reference_fault_second_discovery_fails),
        TEST(reference_fault_exact_fit_is_short_buffer),
        TEST(reference_fault_needed_count_is_lost),
        TEST(reference_fault_nil_matches_any_service_in_open_session),
        TEST(reference_fault_received_size_is_maxsize),
        TEST(reference_fault_execute_carries_no_session),
        TEST(reference_fault_session_keeps_the_callers_uuid_pointer),
        TEST(reference_fault_buffers_are_not_null_checked),
        TEST(reference_fault_a_failed_open_leaks_the_connection),
        TEST(reference_fault_clear_does_nothing),
        TEST(reference_fault_cancel_does_nothing),
        TEST(reference_fault_version_bounds_reject_everything),
        TEST(reference_fault_login_methods_collide),
        TEST(reference_fault_not_implemented_has_a_slip),
        TEST(discovery_treats_nil_as_a_wildcard_and_matches_the_rest_exactly),
        TEST(discovery_excludes_a_side_when_one_excluded_end_is_open),
        TEST(discovery_refuses_an_unknown_bound),
        TEST(discovery_goes_on_when_one_connector_fails_and_tells_when_all_do),
        TEST(discovery_without_a_connector_says_so),
        TEST(discovery_says_when_there_are_more_services_than_it_can_hold),
        TEST(a_later_connector_cannot_take_over_an_instance),
        TEST(open_session_finds_an_instance_kept_from_an_earlier_run),
        TEST(open_session_refuses_an_unknown_instance),
        TEST(open_session_refuses_logins_that_make_no_sense),
        TEST(a_closed_session_is_known_as_closed_even_through_a_copy),
        TEST(sessions_run_out_with_a_named_error_and_come_back),
        TEST(a_session_closes_even_if_the_component_cannot_be_told),
        TEST(a_connector_with_a_session_cannot_be_unregistered),
        TEST(the_registry_refuses_what_is_no_connector),
        TEST(execute_refuses_buffers_in_the_wrong_state),
        TEST(execute_refuses_rooms_that_overlap),
        TEST(execute_returns_the_size_needed_when_the_response_does_not_fit),
        TEST(execute_wipes_the_room_when_the_connector_fails),
        TEST(execute_does_not_believe_a_length_beyond_the_room),
        TEST(cancel_before_and_after_an_execution_finds_nothing),
        TEST(cancel_holds_even_if_the_connector_cannot_cancel),
        TEST(cancel_is_not_supported_by_a_connector_that_runs_to_the_end),
        TEST(buffers_and_session_are_busy_while_they_execute),
        TEST(two_threads_may_open_discover_and_close_at_once),
    };

    return cmocka_run_group_tests_name("tpsc_client", tests, NULL, NULL);
}
