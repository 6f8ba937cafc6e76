/* SPDX-License-Identifier: Apache-2.0 */
/* The whole way of a microcontroller in one process: TPSC_*, the connector, the veneer, the gateway, a
 * component with its services. The veneer is this file's, so that it can be busy, or lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "component/core/veneer.h"
#include "platform/trustzone_m/gateway.h"
#include "services_support.h"
#include "tps/connector_trustzone_m.h"
#include "tps/tpsc_registry.h"

static device *chip;
static tps_gateway gateway;
static const TPSC_Connector2 *connector;

/* What the veneer does instead of what it should. */
static struct {
    bool is_busy;
    uint32_t lies_about; /* an operation: its answer is said to have `size` bytes */
    uint32_t size;
    unsigned calls;
} veneer;

uint32_t tps_veneer(tps_veneer_call *call)
{
    uint32_t result;

    veneer.calls++;
    if (veneer.is_busy) {
        return TPSC_ERROR_BUSY;
    }
    result = tps_gateway_call(&gateway, (uintptr_t)call);
    if (call->op == veneer.lies_about) {
        call->received = veneer.size;
    }
    return result;
}

/* ---- memory: all of this process is the other world's ---- */

static bool read_all(void *context, uintptr_t address, tps_buf out)
{
    (void)context;
    memcpy(out.data, (const void *)address, out.size);
    return true;
}

static bool may_write(void *context, uintptr_t address, size_t size)
{
    (void)context;
    (void)size;
    return address != 0;
}

static bool write_all(void *context, uintptr_t address, tps_span bytes)
{
    (void)context;
    memcpy((void *)address, bytes.data, bytes.size);
    return true;
}

static bool is_privileged(void *context)
{
    (void)context;
    return true;
}

static const tps_gateway_memory memory = {NULL, read_all, may_write, write_all, is_privileged};

static int begin(void **state)
{
    (void)state;
    memset(&veneer, 0, sizeof(veneer));
    chip = device_new();
    device_start(chip);
    connector = tps_connector_trustzone_m_table();
    assert_int_equal(tps_gateway_init(&gateway, &chip->component, &memory, "application"), TPS_OK);
    return tps_client_register(connector) == TPSC_SUCCESS ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(tps_client_unregister(connector), TPSC_SUCCESS);
    tps_gateway_finish(&gateway);
    device_free(chip);
    return 0;
}

static size_t connections(void)
{
    size_t count = 0;

    for (size_t i = 0; i < TPS_GATEWAY_CONNECTIONS_MAX; i++) {
        count += gateway.connections[i].id != 0 ? 1 : 0;
    }
    return count;
}

/* The instance of a service. */
static TPSC_UUID find(const tps_service *service)
{
    TPSC_ServiceSelector selector = {.service_id = service->id,
                                     .service_version_range = TPSC_SERVICE_RANGE_ANY};
    TPSC_ServiceIdentifier found;
    size_t count = 1;

    assert_int_equal(TPSC_ServiceDiscovery(&selector, &count, &found), TPSC_SUCCESS);
    assert_int_equal(count, 1);
    return found.service_instance;
}

static TPSC_Session open_as(const tps_service *service, uint32_t method)
{
    TPSC_UUID instance = find(service);
    TPSC_Session session;

    assert_int_equal(TPSC_OpenSession(&instance, method, NULL, &session), TPSC_SUCCESS);
    return session;
}

/* One message; the answer is in `room`. */
static uint32_t send_hex(const TPSC_Session *session, const char *message, size_t size, uint8_t *room,
                         size_t room_size, size_t *answer)
{
    TPSC_MessageBuffer to;
    TPSC_MessageBuffer from;
    uint32_t result;

    assert_int_equal(TPSC_InitializeTransaction(&to, (uint8_t *)(uintptr_t)message, size), TPSC_SUCCESS);
    assert_int_equal(TPSC_InitializeTransaction(&from, room, room_size), TPSC_SUCCESS);
    to.size = size;
    result = TPSC_ExecuteTransaction(session, &to, &from);
    *answer = from.size;
    return result;
}

/* ---- */

static void all_services_are_found_and_answer(void **state)
{
    TPSC_ServiceSelector any = {.service_version_range = TPSC_SERVICE_RANGE_ANY};
    TPSC_ServiceIdentifier all[16];
    uint8_t room[1000];
    size_t count = 16;
    size_t size;

    (void)state;
    assert_int_equal(TPSC_ServiceDiscovery(&any, &count, all), TPSC_SUCCESS);
    assert_int_equal(count, 11);
    for (size_t i = 0; i < count; i++) {
        TPSC_Session session;

        assert_int_equal(TPSC_OpenSession(&all[i].service_instance, TPSC_LOGIN_USER, NULL, &session),
                         TPSC_SUCCESS);
        assert_int_equal(send_hex(&session, "\xc1\xa0", 2, room, sizeof(room), &size), TPSC_SUCCESS);
        assert_true(size > 10 && room[0] == 0xc1);
        assert_int_equal(send_hex(&session, "\xc1\xa0", 2, room, 1, &count), TPSC_ERROR_SHORT_BUFFER);
        assert_int_equal(count, size);
        assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
        count = 11;
    }
    assert_int_equal(connections(), 0);
}

static void what_one_login_stores_another_does_not_see(void **state)
{
    static const char put[] = "\xca\xa2\x01\x61k\x02\x41v"; /* 10({1: "k", 2: 'v'}) */
    static const char get[] = "\xcb\xa1\x01\x61k";
    TPSC_Session user_session = open_as(&tps_storage_service, TPSC_LOGIN_USER);
    TPSC_Session application = open_as(&tps_storage_service, TPSC_LOGIN_APPLICATION);
    uint8_t mine[200];
    uint8_t others[200];
    size_t size;
    size_t others_size;

    (void)state;
    assert_int_equal(send_hex(&application, put, sizeof(put) - 1, mine, sizeof(mine), &size), TPSC_SUCCESS);
    assert_int_equal(send_hex(&application, get, sizeof(get) - 1, mine, sizeof(mine), &size), TPSC_SUCCESS);
    assert_int_equal(send_hex(&user_session, get, sizeof(get) - 1, others, sizeof(others), &others_size),
                     TPSC_SUCCESS);
    assert_memory_equal(member(tps_span_make(mine, size), 1).data, "v", 1);
    assert_int_not_equal(error_of(tps_span_make(others, others_size)), 0);
    assert_int_equal(TPSC_CloseSession(&user_session), TPSC_SUCCESS);
    assert_int_equal(TPSC_CloseSession(&application), TPSC_SUCCESS);
}

static void a_group_login_says_its_group(void **state)
{
    TPSC_ConnectionData data = {.tag = TPSC_CONNECTIONDATA_GID, {.gid = 0}};
    uint32_t id;

    (void)state;
    assert_int_equal(connector->connect(NULL, TPSC_LOGIN_GROUP, NULL, &id), TPSC_ERROR_BAD_FORMAT);
    assert_int_equal(connector->connect(NULL, TPSC_LOGIN_GROUP, &data, &id), TPSC_SUCCESS);
    assert_int_equal(connector->disconnect(NULL, id), TPSC_SUCCESS);
    data.gid = 1;
    assert_int_equal(connector->connect(NULL, TPSC_LOGIN_GROUP, &data, &id), TPSC_ERROR_ACCESS_DENIED);
    data.tag = TPSC_CONNECTIONDATA_PROPRIETARY;
    assert_int_equal(connector->connect(NULL, TPSC_LOGIN_USER, &data, &id), TPSC_ERROR_BAD_FORMAT);
    data.tag = TPSC_CONNECTIONDATA_NONE;
    assert_int_equal(connector->connect(NULL, TPSC_LOGIN_USER, &data, &id), TPSC_SUCCESS);
    assert_int_equal(connector->disconnect(NULL, id), TPSC_SUCCESS);
}

static void nothing_can_be_cancelled(void **state)
{
    TPSC_MessageBuffer idle;
    uint8_t room[10];

    (void)state;
    assert_int_equal(TPSC_InitializeTransaction(&idle, room, sizeof(room)), TPSC_SUCCESS);
    assert_int_equal(TPSC_CancelTransaction(&idle), TPSC_ERROR_NOT_SUPPORTED);
}

static void a_busy_secure_world_is_told_and_ends_are_not_lost(void **state)
{
    TPSC_Session first = open_as(&tps_identification_service, TPSC_LOGIN_USER);
    TPSC_Session second = open_as(&tps_identification_service, TPSC_LOGIN_USER);
    TPSC_UUID instance = find(&tps_identification_service);
    uint8_t room[500];
    size_t size;

    (void)state;
    veneer.is_busy = true;
    assert_int_equal(send_hex(&first, "\xc1\xa0", 2, room, sizeof(room), &size), TPSC_ERROR_BUSY);
    assert_int_equal(TPSC_CloseSession(&first), TPSC_SUCCESS);
    assert_int_equal(TPSC_CloseSession(&second), TPSC_SUCCESS);
    assert_int_equal(connections(), 2); /* they wait */
    assert_int_equal(TPSC_OpenSession(&instance, TPSC_LOGIN_USER, NULL, &first), TPSC_ERROR_BUSY);
    assert_int_equal(connections(), 2); /* and still do */
    veneer.is_busy = false;
    first = open_as(&tps_identification_service, TPSC_LOGIN_USER);
    assert_int_equal(connections(), 1);
    assert_int_equal(TPSC_CloseSession(&first), TPSC_SUCCESS);
}

static void an_end_that_cannot_wait_is_told(void **state)
{
    uint32_t result = TPSC_SUCCESS;
    uint32_t waiting = 0;

    (void)state;
    veneer.is_busy = true;
    while (result == TPSC_SUCCESS && waiting < 1000) {
        result = connector->disconnect(NULL, ++waiting);
    }
    assert_int_equal(result, TPSC_ERROR_BUSY);
    assert_true(waiting > 16);
    veneer.is_busy = false;
    veneer.calls = 0;
    assert_int_equal(connector->connect(NULL, TPSC_LOGIN_PUBLIC, NULL, &waiting), TPSC_SUCCESS);
    assert_true(veneer.calls > 16);
    assert_int_equal(connector->disconnect(NULL, waiting), TPSC_SUCCESS);
}

static void a_size_that_cannot_be_is_not_believed(void **state)
{
    TPSC_Session session = open_as(&tps_identification_service, TPSC_LOGIN_USER);
    TPSC_ServiceSelector any = {.service_version_range = TPSC_SERVICE_RANGE_ANY};
    uint8_t room[500];
    size_t size;

    (void)state;
    veneer.lies_about = TPS_VENEER_EXECUTE;
    veneer.size = sizeof(room) + 1;
    assert_int_equal(send_hex(&session, "\xc1\xa0", 2, room, sizeof(room), &size), TPSC_ERROR_COMMUNICATION);
    veneer.lies_about = TPS_VENEER_DISCOVER;
    for (size_t i = 0; i < 2; i++) {
        veneer.size = i == 0 ? sizeof(TPSC_ServiceIdentifier) - 1 : 1000 * sizeof(TPSC_ServiceIdentifier);
        size = 0;
        assert_int_equal(TPSC_ServiceDiscovery(&any, &size, NULL), TPSC_ERROR_COMMUNICATION);
    }
    veneer.lies_about = 0;
    assert_int_equal(TPSC_CloseSession(&session), TPSC_SUCCESS);
}

static void more_than_the_veneer_can_say_is_refused(void **state)
{
    uint8_t byte = 0;
    size_t size = SIZE_MAX;

    (void)state;
    assert_int_equal(
        connector->execute_transaction(NULL, 1, 1, 1, &byte, (size_t)UINT32_MAX + 1, &byte, &size),
        TPSC_ERROR_BAD_FORMAT);
    assert_int_equal(veneer.calls, 0);
    assert_int_equal(connector->execute_transaction(NULL, 1, 1, 1, &byte, 1, &byte, &size),
                     TPSC_ERROR_BAD_STATE);
    assert_int_equal(connector->service_discovery(NULL, 1, NULL, &size), TPSC_ERROR_BAD_STATE);
    assert_int_equal(connector->close_session(NULL, 1, 1), TPSC_ERROR_BAD_STATE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_services_are_found_and_answer),
        TEST(what_one_login_stores_another_does_not_see),
        TEST(a_group_login_says_its_group),
        TEST(nothing_can_be_cancelled),
        TEST(a_busy_secure_world_is_told_and_ends_are_not_lost),
        TEST(an_end_that_cannot_wait_is_told),
        TEST(a_size_that_cannot_be_is_not_believed),
        TEST(more_than_the_veneer_can_say_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
