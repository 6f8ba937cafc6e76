/* SPDX-License-Identifier: Apache-2.0 */
/* A connector of the reference's ABI (version 1), used through the adapter and TPSC_*. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/connector_v1.h"
#include "tps/tpsc_registry.h"

static const TPSC_UUID instance = {{0x11, 1}};
static atomic_int connections;
static atomic_int sessions;
static atomic_bool hold;
static atomic_bool executing;
static const uint8_t *answer;
static size_t answer_size;

static uint32_t old_connect(uint32_t method, const TPSC_ConnectionData *data, uint32_t *id)
{
    (void)method;
    (void)data;
    connections++;
    *id = 7;
    return TPSC_SUCCESS;
}

static uint32_t old_disconnect(uint32_t id)
{
    assert_int_equal(id, 7);
    connections--;
    return TPSC_SUCCESS;
}

static uint32_t old_discovery(TPSC_ServiceIdentifier *services, size_t *size)
{
    assert_true(*size >= 1);
    services[0] = (TPSC_ServiceIdentifier){.service_instance = instance};
    *size = 1;
    return TPSC_SUCCESS;
}

static uint32_t old_open(const TPSC_UUID *uuid, uint32_t *id)
{
    assert_memory_equal(uuid, &instance, 16);
    sessions++;
    *id = 9;
    return TPSC_SUCCESS;
}

static uint32_t old_close(uint32_t id)
{
    assert_int_equal(id, 9);
    sessions--;
    return TPSC_SUCCESS;
}

static uint32_t old_execute(const uint8_t *send, size_t send_len, uint8_t *recv, size_t recv_len,
                            uint32_t *id)
{
    (void)send;
    (void)send_len;
    executing = true;
    while (hold) {
        sched_yield();
    }
    executing = false;
    *id = 5;
    if (recv_len < answer_size) {
        return TPSC_ERROR_SHORT_BUFFER;
    }
    memcpy(recv, answer, answer_size);
    return TPSC_SUCCESS;
}

static uint32_t old_cancel(uint32_t id)
{
    (void)id;
    return TPSC_ERROR_NOT_IMPLEMENTED_REFERENCE;
}

static const TPSC_Connector old = {old_connect, old_disconnect, old_discovery, old_open,
                                   old_close,   old_execute,    old_cancel};
static tps_connector_v1 adapter;
static uint8_t request_room[16] = {0xca, 0xa0};
static uint8_t response_room[32];
static TPSC_MessageBuffer request;
static TPSC_MessageBuffer response;
static TPSC_Session session;

static void answer_with(const char *bytes, size_t size)
{
    answer = (const uint8_t *)bytes;
    answer_size = size;
}

static int setup(void **state)
{
    (void)state;
    answer_with("\xca\xa1\x01\x61\x61", 5);
    memset(response_room, 0xAA, sizeof(response_room));
    assert_int_equal(tps_connector_v1_adapt(&adapter, &old), TPSC_SUCCESS);
    assert_int_equal(tps_client_register(&adapter.table), TPSC_SUCCESS);
    assert_int_equal(TPSC_InitializeTransaction(&request, request_room, sizeof(request_room)), TPSC_SUCCESS);
    assert_int_equal(TPSC_InitializeTransaction(&response, response_room, sizeof(response_room)),
                     TPSC_SUCCESS);
    request.size = 2;
    assert_int_equal(TPSC_OpenSession(&instance, TPSC_LOGIN_PUBLIC, NULL, &session), TPSC_SUCCESS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
    assert_int_equal(tps_client_unregister(&adapter.table), TPSC_SUCCESS);
    assert_int_equal(connections, 0);
    assert_int_equal(sessions, 0);
    return 0;
}

static void the_response_is_as_long_as_its_cbor_item(void **state)
{
    (void)state;
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_SUCCESS);

    assert_int_equal(response.size, 5);
    assert_memory_equal(response_room, answer, 5);
}

static void a_response_that_is_no_cbor_is_a_communication_error(void **state)
{
    (void)state;
    answer_with("\xff", 1);
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_ERROR_COMMUNICATION);

    assert_int_equal(response.size, 0);
}

static void a_short_buffer_leaves_the_size_needed_unknown(void **state)
{
    static const char large[40] = {0x40};

    (void)state;
    answer_with(large, sizeof(large));
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_ERROR_SHORT_BUFFER);

    assert_int_equal(response.size, 0);
}

static void a_second_session_is_refused_until_the_first_is_closed(void **state)
{
    TPSC_Session second;

    (void)state;
    assert_int_equal(TPSC_OpenSession(&instance, TPSC_LOGIN_PUBLIC, NULL, &second), TPSC_ERROR_BUSY);
    assert_int_equal(connections, 1);
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
    assert_int_equal(TPSC_OpenSession(&instance, TPSC_LOGIN_PUBLIC, NULL, &session), TPSC_SUCCESS);
}

static void *execute(void *context)
{
    *(uint32_t *)context = TPSC_ExecuteTransaction(&session, &request, &response);
    return NULL;
}

static void a_cancelled_response_is_dropped_when_it_comes(void **state)
{
    const TPSC_ServiceSelector any = {.service_version_range = TPSC_SERVICE_RANGE_ANY};
    uint32_t result = 0;
    size_t count = 0;
    pthread_t thread;

    (void)state;
    hold = true;
    assert_int_equal(pthread_create(&thread, NULL, execute, &result), 0);
    while (!executing) {
        sched_yield();
    }
    assert_int_equal(TPSC_CancelTransaction(&response), TPSC_SUCCESS);
    assert_int_equal(TPSC_ServiceDiscovery(&any, &count, NULL), TPSC_ERROR_BUSY); /* one call at a time */
    hold = false;
    pthread_join(thread, NULL);

    assert_int_equal(result, TPSC_ERROR_CANCEL);
    assert_int_equal(TPSC_ExecuteTransaction(&session, &request, &response), TPSC_SUCCESS);
}

static void a_closing_during_a_call_is_done_when_the_call_ends(void **state)
{
    uint32_t result = 0;
    uint32_t connection;
    pthread_t thread;

    (void)state;
    assert_int_equal(adapter.table.connect(&adapter, 0, NULL, &connection), TPSC_SUCCESS);
    hold = true;
    assert_int_equal(pthread_create(&thread, NULL, execute, &result), 0);
    while (!executing) {
        sched_yield();
    }
    assert_int_equal(adapter.table.disconnect(&adapter, connection), TPSC_SUCCESS);
    assert_int_equal(connections, 2);
    hold = false;
    pthread_join(thread, NULL);

    assert_int_equal(result, TPSC_SUCCESS);
    assert_int_equal(connections, 1);
}

static void an_incomplete_connector_is_refused(void **state)
{
    TPSC_Connector incomplete = old;
    tps_connector_v1 unused;

    (void)state;
    incomplete.execute_transaction = NULL;
    assert_int_equal(tps_connector_v1_adapt(&unused, &incomplete), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(tps_connector_v1_adapt(&unused, NULL), TPSC_ERROR_NULL_POINTER);
    assert_int_equal(tps_connector_v1_adapt(NULL, &old), TPSC_ERROR_NULL_POINTER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_response_is_as_long_as_its_cbor_item),
        TEST(a_response_that_is_no_cbor_is_a_communication_error),
        TEST(a_short_buffer_leaves_the_size_needed_unknown),
        TEST(a_second_session_is_refused_until_the_first_is_closed),
        TEST(a_cancelled_response_is_dropped_when_it_comes),
        TEST(a_closing_during_a_call_is_done_when_the_call_ends),
        TEST(an_incomplete_connector_is_refused),
    };

    return cmocka_run_group_tests_name("connector_v1", tests, NULL, NULL);
}
