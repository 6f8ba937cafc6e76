/* SPDX-License-Identifier: Apache-2.0 */
/* The core of the component: start, sessions, dispatch, GetFeatures, ROT13. A fake platform and a
 * fake service stand below and above it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "component/core/component.h"
#include "component/services/rot13.h"

/* ---- a fake platform ---- */

static tps_status fake_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE])
{
    (void)context;
    memset(secret, 0x42, TPS_UNIQUE_SECRET_SIZE);
    return TPS_OK;
}

static tps_status fake_entropy(void *context, tps_buf out)
{
    (void)context;
    memset(out.data, 1, out.size);
    return TPS_OK;
}

static tps_status fake_read(void *context, uint32_t offset, tps_buf out)
{
    (void)context;
    (void)offset;
    (void)out;
    return TPS_COMPONENT_STORAGE;
}

static tps_status fake_write(void *context, uint32_t offset, tps_span bytes)
{
    (void)context;
    (void)offset;
    (void)bytes;
    return TPS_COMPONENT_STORAGE;
}

static tps_status fake_erase(void *context, uint32_t offset)
{
    (void)context;
    (void)offset;
    return TPS_COMPONENT_STORAGE;
}

static tps_status fake_counter(void *context, uint32_t counter, uint64_t *value)
{
    (void)context;
    (void)counter;
    (void)value;
    return TPS_UNSUPPORTED;
}

static tps_status fake_time(void *context, uint64_t *seconds)
{
    (void)context;
    (void)seconds;
    return TPS_UNSUPPORTED;
}

static void fake_log(void *context, uint32_t level, const char *text, tps_status status)
{
    (void)context;
    (void)level;
    (void)text;
    (void)status;
}

static tps_status fake_lock(void *context)
{
    (void)context;
    return TPS_OK;
}

static uint32_t fake_debug(void *context)
{
    (void)context;
    return 2;
}

static const tps_platform platform = {.version = TPS_PLATFORM_VERSION,
                                      .unique_secret = fake_secret,
                                      .lock_secret = fake_lock,
                                      .debug_status = fake_debug,
                                      .entropy = fake_entropy,
                                      .storage_size = 8192,
                                      .sector_size = 4096,
                                      .unit_size = 16,
                                      .storage_read = fake_read,
                                      .storage_write = fake_write,
                                      .storage_erase = fake_erase,
                                      .counter_read = fake_counter,
                                      .counter_increase = fake_counter,
                                      .time = fake_time,
                                      .log = fake_log};

/* ---- a fake service ---- */

static int opened;
static int closed;
static tps_status start_status;
static tps_status open_status;
static tps_status handle_status;
static size_t handle_claims; /* 0: the response's size; else what the service says instead, less one */

static tps_status fake_start(tps_component *component, void *state, tps_error *why)
{
    (void)why;
    assert_int_equal(*(uint32_t *)state, 0);
    *(uint32_t *)state = 7;
    memset(tps_component_work(component), 0x5a, TPS_COMPONENT_WORK_SIZE);
    return start_status;
}

static tps_status fake_open(tps_component *component, void *state, tps_session *session)
{
    (void)component;
    assert_int_equal(*(uint32_t *)state, 7);
    assert_int_equal(session->context[0], 0);
    session->context[0] = 9;
    opened += open_status == TPS_OK ? 1 : 0;
    return open_status;
}

static void fake_close(tps_component *component, void *state, tps_session *session)
{
    (void)component;
    (void)state;
    assert_int_equal(session->context[0], 9);
    closed++;
}

static tps_status fake_handle(tps_request *request, tps_error *why)
{
    tps_cbor_writer w = tps_response_begin(request);

    memset(tps_component_work(request->component), 0x5a, TPS_COMPONENT_WORK_SIZE);
    if (handle_status != TPS_OK) {
        return tps_fail(why, handle_status, 0, "told to fail");
    }
    assert_int_equal(request->session->context[0], 9);
    tps_cbor_put_uint(&w, request->session->login.uid);
    if (handle_claims != 0) {
        request->response_size = handle_claims - 1;
        return TPS_OK;
    }
    return tps_response_end(request, &w);
}

static const uint32_t user_logins[] = {TPSC_LOGIN_USER, TPSC_LOGIN_GROUP};
static const uint8_t no_features[] = {0xa0};
static const tps_service fake_service = {.id = {{0xfa}},
                                         .name = "fake",
                                         .version = {1, 2, 3},
                                         .logins = user_logins,
                                         .logins_count = 2,
                                         .profile = "p",
                                         .features = {no_features, 1},
                                         .state_size = sizeof(uint32_t),
                                         .work_size = 100,
                                         .start = fake_start,
                                         .open = fake_open,
                                         .close = fake_close,
                                         .handle = fake_handle};

static uint32_t fake_state;
static const tps_service_slot slots[] = {{&tps_rot13_service, NULL, 0},
                                         {&fake_service, &fake_state, sizeof(fake_state)}};
static tps_component component;
static tps_handover handover;
static TPSC_ServiceIdentifier services[2];
static const TPSC_UUID type = TPSC_UUID_SC_TYPE_INSECURE_TEST;
static const tps_login public_login = {.method = TPSC_LOGIN_PUBLIC, .uid = 5};
static const tps_login user_login = {.method = TPSC_LOGIN_USER, .uid = 5};

static int setup(void **state)
{
    size_t count;

    (void)state;
    start_status = open_status = handle_status = TPS_OK;
    opened = closed = 0;
    handle_claims = 0;
    fake_state = 99; /* init must clear it */
    assert_int_equal(tps_component_init(&component, &platform, &handover, type, slots, 2, NULL), TPS_OK);
    assert_int_equal(tps_component_discover(&component, services, 2, &count), TPS_OK);
    assert_int_equal(count, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tps_component_finish(&component);
    return 0;
}

static uint32_t open_on(uint32_t connection, size_t service)
{
    uint32_t session = 0;

    assert_int_equal(tps_component_open(&component, connection, service == 0 ? &public_login : &user_login,
                                        &services[service].service_instance, &session),
                     TPS_OK);
    assert_int_not_equal(session, 0);
    return session;
}

static uint8_t room[2048];
static size_t room_used;

static tps_status execute(uint32_t session, const void *message, size_t size, size_t capacity)
{
    return tps_component_execute(&component, 1, session, tps_span_make(message, size),
                                 (tps_buf){room, capacity}, &room_used, NULL);
}

/* ---- start ---- */

static void init_refuses_an_incomplete_platform(void **state)
{
    tps_platform broken = platform;
    tps_component other;

    (void)state;
    broken.version = TPS_PLATFORM_VERSION + 1;
    assert_int_equal(tps_component_init(&other, &broken, &handover, type, slots, 2, NULL), TPS_BAD_ARGUMENT);
    assert_int_equal(tps_component_init(&other, NULL, &handover, type, slots, 2, NULL), TPS_BAD_ARGUMENT);
    assert_int_equal(tps_component_init(&other, &platform, NULL, type, slots, 2, NULL), TPS_BAD_ARGUMENT);

#define REFUSES_WITHOUT(operation)                                                             \
    do {                                                                                       \
        broken = platform;                                                                     \
        broken.operation = NULL;                                                               \
        assert_int_equal(tps_component_init(&other, &broken, &handover, type, slots, 2, NULL), \
                         TPS_BAD_ARGUMENT);                                                    \
    } while (0)
    REFUSES_WITHOUT(unique_secret);
    REFUSES_WITHOUT(lock_secret);
    REFUSES_WITHOUT(debug_status);
    REFUSES_WITHOUT(entropy);
    REFUSES_WITHOUT(storage_read);
    REFUSES_WITHOUT(storage_write);
    REFUSES_WITHOUT(storage_erase);
    REFUSES_WITHOUT(counter_read);
    REFUSES_WITHOUT(counter_increase);
    REFUSES_WITHOUT(time);
    REFUSES_WITHOUT(log);
}

static void init_refuses_two_services_of_one_name(void **state)
{
    const tps_service_slot twice[] = {{&tps_rot13_service, NULL, 0}, {&tps_rot13_service, NULL, 0}};
    tps_component other;
    tps_error why;

    (void)state;
    assert_int_equal(tps_component_init(&other, &platform, &handover, type, twice, 2, &why),
                     TPS_BAD_ARGUMENT);
    assert_string_equal(why.detail, "GPP ROT13");
}

static void init_refuses_a_service_with_an_incomplete_table(void **state)
{
    tps_service broken[5];
    tps_service_slot slot[6] = {{NULL, NULL, 0}};
    tps_component other;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        broken[i] = tps_rot13_service;
        slot[i + 1].service = &broken[i];
    }
    broken[0].name = NULL;
    broken[1].handle = NULL;
    broken[2].logins_count = 0;
    broken[3].features = TPS_SPAN_EMPTY;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(tps_component_init(&other, &platform, &handover, type, &slot[i], 1, NULL),
                         TPS_BAD_ARGUMENT);
    }
    assert_int_equal(tps_component_init(&other, &platform, &handover, type, &slot[5], 1, NULL), TPS_OK);
    tps_component_finish(&other);
}

static void init_refuses_no_services_that_are_counted_and_too_many(void **state)
{
    static const tps_service_slot many[TPS_COMPONENT_SERVICES_MAX + 1];
    tps_component other;

    (void)state;
    assert_int_equal(tps_component_init(&other, &platform, &handover, type, NULL, 1, NULL), TPS_BAD_ARGUMENT);
    assert_int_equal(
        tps_component_init(&other, &platform, &handover, type, many, TPS_COMPONENT_SERVICES_MAX + 1, NULL),
        TPS_BAD_ARGUMENT);
    assert_int_equal(tps_component_init(&other, &platform, &handover, type, NULL, 0, NULL), TPS_OK);
    tps_component_finish(&other);
}

static void init_refuses_a_service_without_its_memory(void **state)
{
    const tps_service_slot small[] = {{&fake_service, &fake_state, 1}};
    const tps_service_slot none[] = {{&fake_service, NULL, sizeof(uint32_t)}};
    tps_component other;

    (void)state;
    assert_int_equal(tps_component_init(&other, &platform, &handover, type, small, 1, NULL),
                     TPS_BAD_ARGUMENT);
    assert_int_equal(tps_component_init(&other, &platform, &handover, type, none, 1, NULL), TPS_BAD_ARGUMENT);
}

static void init_refuses_a_service_that_asks_for_more_work_area_than_there_is(void **state)
{
    tps_service large = fake_service;
    const tps_service_slot slot = {&large, &fake_state, sizeof(fake_state)};
    tps_component other;

    (void)state;
    large.work_size = TPS_COMPONENT_WORK_SIZE + 1;
    assert_int_equal(tps_component_init(&other, &platform, &handover, type, &slot, 1, NULL),
                     TPS_BAD_ARGUMENT);
}

/** The fake service fills all of it, and says that it uses 100 bytes. */
static void assert_work_is_wiped(void)
{
    static const uint8_t wiped[100];

    assert_memory_equal(tps_component_work(&component), wiped, sizeof(wiped));
    assert_int_equal(((const uint8_t *)tps_component_work(&component))[100], 0x5a);
}

static void what_a_service_put_into_the_work_area_is_wiped(void **state)
{
    uint32_t session;

    (void)state;
    assert_work_is_wiped(); /* after its start */
    session = open_on(1, 1);
    assert_int_equal(execute(session, "\xca\xa0", 2, sizeof(room)), TPS_OK);
    assert_work_is_wiped();
    handle_status = TPS_COMPONENT_DENIED;
    assert_int_equal(execute(session, "\xca\xa0", 2, sizeof(room)), TPS_COMPONENT_DENIED);
    assert_work_is_wiped();
}

static void init_fails_when_a_service_cannot_start(void **state)
{
    static const tps_component wiped;
    tps_component other;
    tps_error why;

    (void)state;
    start_status = TPS_COMPONENT_STORAGE;
    assert_int_equal(tps_component_init(&other, &platform, &handover, type, slots, 2, &why),
                     TPS_COMPONENT_STORAGE);
    assert_string_equal(why.detail, "fake");
    assert_memory_equal(&other, &wiped, sizeof(wiped));
    assert_int_equal(fake_state, 0);
    start_status = TPS_OK;
    assert_int_equal(fake_start(&component, &fake_state, NULL), TPS_OK); /* for teardown's sake */
}

static void names_are_stable(void **state)
{
    TPSC_UUID instance = tps_component_instance(&component);
    TPSC_ServiceIdentifier first = services[0];
    size_t count;

    (void)state;
    assert_int_equal(instance.bytes[6] >> 4, 8);

    tps_component_finish(&component);
    assert_int_equal(tps_component_init(&component, &platform, &handover, type, slots, 2, NULL), TPS_OK);
    assert_int_equal(tps_component_discover(&component, services, 2, &count), TPS_OK);
    assert_memory_equal(&services[0], &first, sizeof(first));
    assert_int_equal(tps_component_discover(&component, services, 1, &count), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(count, 2);
}

/* ---- sessions ---- */

static void a_session_needs_a_login_that_its_service_takes(void **state)
{
    uint32_t session;

    (void)state;
    assert_int_equal(
        tps_component_open(&component, 1, &public_login, &services[1].service_instance, &session),
        TPS_COMPONENT_DENIED);
    assert_int_equal(tps_component_open(&component, 1, &user_login, &services[0].service_instance, &session),
                     TPS_COMPONENT_DENIED);
    assert_int_equal(tps_component_open(&component, 1, &user_login, &services[1].service_id, &session),
                     TPS_COMPONENT_NO_SERVICE);
    assert_int_equal(opened, 0);
}

static void a_session_that_its_service_refuses_is_not_open(void **state)
{
    uint32_t session;

    (void)state;
    open_status = TPS_COMPONENT_FULL;
    for (uint32_t i = 0; i < TPS_COMPONENT_SESSIONS_MAX + 1; i++) {
        assert_int_equal(
            tps_component_open(&component, i, &user_login, &services[1].service_instance, &session),
            TPS_COMPONENT_FULL);
    }
    open_status = TPS_OK;
    (void)open_on(1, 1);
    assert_int_equal(closed, 0);
}

static void a_session_belongs_to_its_connection(void **state)
{
    uint32_t session = open_on(1, 1);
    size_t size;

    (void)state;
    assert_int_equal(tps_component_close(&component, 2, session), TPS_COMPONENT_NO_SESSION);
    assert_int_equal(tps_component_execute(&component, 2, session, TPS_SPAN_LITERAL("\xc1\xa0"),
                                           TPS_BUF_OF(room), &size, NULL),
                     TPS_COMPONENT_NO_SESSION);
    tps_component_hang_up(&component, 2);
    assert_int_equal(closed, 0);
    tps_component_hang_up(&component, 1);
    assert_int_equal(closed, 1);
    assert_int_equal(tps_component_close(&component, 1, session), TPS_COMPONENT_NO_SESSION);
}

static void sessions_of_one_connection_are_told_apart(void **state)
{
    uint32_t first = open_on(1, 1);
    uint32_t second = open_on(1, 1);
    uint32_t third;

    (void)state;
    assert_int_not_equal(first, second);
    assert_int_equal(tps_component_close(&component, 1, second), TPS_OK);
    assert_int_equal(tps_component_close(&component, 1, second), TPS_COMPONENT_NO_SESSION);
    component.next_session = UINT32_MAX - 1;
    assert_int_equal(open_on(1, 1), UINT32_MAX);
    third = open_on(1, 1); /* never 0 */
    assert_int_equal(tps_component_close(&component, 1, third), TPS_OK);
}

static void sessions_are_bounded_in_all_and_for_each_connection_and_user(void **state)
{
    tps_login login = user_login;
    uint32_t session;
    uint32_t connection = 0;

    (void)state;
    for (uint32_t i = 0; i < TPS_COMPONENT_SESSIONS_MAX; i++) {
        if (i % TPS_COMPONENT_SESSIONS_PER_CONNECTION == 0) {
            connection++;
        }
        login.uid = i < TPS_COMPONENT_SESSIONS_PER_USER ? 5 : 6;
        assert_int_equal(
            tps_component_open(&component, connection, &login, &services[1].service_instance, &session),
            TPS_OK);
        if (i + 1 == TPS_COMPONENT_SESSIONS_PER_USER) { /* the others must not be shut out */
            assert_int_equal(
                tps_component_open(&component, 98, &user_login, &services[1].service_instance, &session),
                TPS_COMPONENT_FULL);
        }
        if (i + 1 == TPS_COMPONENT_SESSIONS_PER_CONNECTION) {
            assert_int_equal(
                tps_component_open(&component, 1, &user_login, &services[1].service_instance, &session),
                TPS_COMPONENT_FULL);
        }
    }
    assert_int_equal(tps_component_open(&component, 99, &user_login, &services[1].service_instance, &session),
                     TPS_COMPONENT_FULL);
    tps_component_hang_up(&component, 1);
    (void)open_on(99, 1);
}

static void owners_are_equal_exactly_when_the_rights_are(void **state)
{
    const tps_login logins[] = {
        {.method = TPSC_LOGIN_PUBLIC, .uid = 1, .gid = 1},
        {.method = TPSC_LOGIN_USER, .uid = 1, .gid = 1},
        {.method = TPSC_LOGIN_USER, .uid = 2, .gid = 1},
        {.method = TPSC_LOGIN_GROUP, .uid = 1, .gid = 1},
        {.method = TPSC_LOGIN_GROUP, .uid = 1, .gid = 2},
        {.method = TPSC_LOGIN_APPLICATION, .uid = 1, .application = {1}},
        {.method = TPSC_LOGIN_APPLICATION, .uid = 1, .application = {2}},
        {.method = TPSC_LOGIN_USER_APPLICATION, .uid = 1, .application = {1}},
        {.method = TPSC_LOGIN_GROUP_APPLICATION, .gid = 1, .application = {1}},
        {.method = TPSC_LOGIN_GROUP_APPLICATION, .gid = 2, .application = {1}},
    };
    uint8_t owners[10][TPS_LOGIN_OWNER_SIZE];
    uint8_t same[TPS_LOGIN_OWNER_SIZE];
    tps_login other = logins[0];

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        tps_login_owner(&logins[i], owners[i]);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(owners[i], owners[j], TPS_LOGIN_OWNER_SIZE);
        }
    }
    other.uid = 77; /* PUBLIC is one owner, whoever it is */
    tps_login_owner(&other, same);
    assert_memory_equal(same, owners[0], TPS_LOGIN_OWNER_SIZE);
    other = logins[3]; /* a GROUP's members are one owner */
    other.uid = 77;
    tps_login_owner(&other, same);
    assert_memory_equal(same, owners[3], TPS_LOGIN_OWNER_SIZE);
}

/* ---- dispatch ---- */

static void get_features_matches_the_published_vector(void **state)
{
    static const uint8_t expected[] = {0xc1, 0xa3, 0x01, 0x50, 0x87, 0xba, 0xe7, 0x13, 0xb0, 0x8f,
                                       0x5e, 0x28, 0xb9, 0xee, 0x4a, 0xa6, 0xe2, 0x02, 0x44, 0x0e,
                                       0x02, 0x81, 0x00, 0x18, 0x80, 0x82, 0x00, 0x01};
    uint32_t session = open_on(1, 0);

    (void)state;
    assert_int_equal(execute(session, "\xc1\xa0", 2, sizeof(room)), TPS_OK);
    assert_int_equal(room_used, sizeof(expected));
    assert_memory_equal(room, expected, sizeof(expected));
}

static void get_features_names_a_profile_if_there_is_one(void **state)
{
    static const uint8_t tail[] = {0x02, 0x82, 0x01, 0x02, 0x03, 0x61, 'p', 0x18, 0x80, 0xa0};
    uint32_t session = open_on(1, 1);

    (void)state;
    assert_int_equal(execute(session, "\xc1\xf6", 2, sizeof(room)), TPS_OK);
    assert_memory_equal(room + room_used - sizeof(tail), tail, sizeof(tail));
}

static void a_small_room_tells_the_size_needed_and_stays_empty(void **state)
{
    static const uint8_t zeros[27];
    uint32_t session = open_on(1, 0);

    (void)state;
    memset(room, 0xAA, sizeof(room));
    assert_int_equal(execute(session, "\xc1\xa0", 2, 27), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(room_used, 28);
    assert_memory_equal(room, zeros, 27);
    assert_int_equal(room[27], 0xAA);
    assert_int_equal(tps_component_execute(&component, 1, session, TPS_SPAN_LITERAL("\xc1\xa0"),
                                           TPS_BUF_MEASURE, &room_used, NULL),
                     TPS_BUFFER_TOO_SMALL);
    assert_int_equal(room_used, 28);
}

static void a_message_without_a_tag_or_not_well_formed_never_reaches_a_service(void **state)
{
    static uint8_t deep[4000];
    uint32_t session = open_on(1, 1);

    (void)state;
    memset(deep, 0x81, sizeof(deep));
    deep[0] = 0xca;
    handle_status = TPS_IO; /* what the service would say */
    assert_int_equal(execute(session, "", 0, sizeof(room)), TPS_CBOR_TRUNCATED);
    assert_int_equal(execute(session, "\xa0", 1, sizeof(room)), TPS_COMPONENT_BAD_MESSAGE);
    assert_int_equal(execute(session, "\xca", 1, sizeof(room)), TPS_CBOR_TRUNCATED);
    assert_int_equal(execute(session, "\xca\xa0\x00", 3, sizeof(room)), TPS_CBOR_TRAILING);
    assert_int_equal(execute(session, "\xca\xa2\x01\x01\x01\x01", 6, sizeof(room)), TPS_CBOR_DUPLICATE_KEY);
    assert_int_equal(execute(session, deep, sizeof(deep), sizeof(room)), TPS_CBOR_TOO_DEEP);
    assert_int_equal(execute(session, deep, TPS_COMPONENT_MESSAGE_MAX + 1, sizeof(room)), TPS_TOO_LARGE);
    assert_int_equal(execute(session, "\xca\xa0", 2, sizeof(room)), TPS_IO);
}

static void a_failed_service_leaves_nothing_in_the_room(void **state)
{
    static const uint8_t zeros[sizeof(room)];
    uint32_t session = open_on(1, 1);
    tps_error why;

    (void)state;
    memset(room, 0xAA, sizeof(room));
    handle_status = TPS_COMPONENT_DENIED;
    assert_int_equal(tps_component_execute(&component, 1, session, TPS_SPAN_LITERAL("\xca\xa0"),
                                           TPS_BUF_OF(room), &room_used, &why),
                     TPS_COMPONENT_DENIED);
    assert_int_equal(room_used, 0);
    assert_memory_equal(room, zeros, sizeof(room));
    assert_string_equal(why.detail, "told to fail");
}

static void a_service_that_claims_an_impossible_response_is_not_believed(void **state)
{
    const size_t sizes[] = {0, sizeof(room) + 1};
    uint32_t session = open_on(1, 1);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        handle_claims = sizes[i] + 1;
        assert_int_equal(execute(session, "\xca\xa0", 2, sizeof(room)), TPS_COMPONENT_BAD_MESSAGE);
        assert_int_equal(room_used, 0);
        assert_int_equal(room[0], 0);
    }
}

static void statuses_become_the_errors_that_the_header_says(void **state)
{
    const struct {
        tps_status status;
        uint32_t result;
    } table[] = {
        {TPS_OK, TPSC_SUCCESS},
        {TPS_BUFFER_TOO_SMALL, TPSC_ERROR_SHORT_BUFFER},
        {TPS_CBOR_TRUNCATED, TPSC_ERROR_BAD_FORMAT},
        {TPS_COSE_ALG_REFUSED, TPSC_ERROR_BAD_FORMAT},
        {TPS_COMPONENT_BAD_MESSAGE, TPSC_ERROR_BAD_FORMAT},
        {TPS_COMPONENT_DENIED, TPSC_ERROR_ACCESS_DENIED},
        {TPS_COMPONENT_FULL, TPSC_ERROR_OUT_OF_MEMORY},
        {TPS_OUT_OF_MEMORY, TPSC_ERROR_OUT_OF_MEMORY},
        {TPS_COMPONENT_NO_SERVICE, TPSC_ERROR_BAD_IDENTIFIER},
        {TPS_COMPONENT_NO_SESSION, TPSC_ERROR_BAD_STATE},
        {TPS_COMPONENT_CANCELLED, TPSC_ERROR_CANCEL},
        {TPS_NOT_FOUND, TPSC_ERROR_NO_DATA},
        {TPS_UNSUPPORTED, TPSC_ERROR_NOT_SUPPORTED},
        {TPS_COMPONENT_UNREACHABLE, TPSC_ERROR_COMMUNICATION},
        {TPS_CRYPTO_BAD_TAG, TPSC_ERROR_SECURITY},
        {TPS_CLAIM_BAD_VALUE, TPSC_ERROR_BAD_FORMAT},
        {TPS_BAD_ARGUMENT, TPSC_ERROR_BAD_FORMAT},
        {TPS_COMPONENT_STORAGE, TPSC_ERROR_GENERIC},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        assert_int_equal(tps_component_result(table[i].status), table[i].result);
    }
}

/* ---- ROT13 ---- */

static void assert_rot13(uint8_t tag, const char *text, const void *expected, size_t size)
{
    uint32_t session = open_on(1, 0);
    uint8_t message[64] = {(uint8_t)(0xc0 | tag), 0xa1, 0x01, (uint8_t)(0x60 | strlen(text))};

    memcpy(message + 4, text, strlen(text));
    assert_int_equal(execute(session, message, 4 + strlen(text), sizeof(room)), TPS_OK);
    assert_int_equal(room_used, size);
    assert_memory_equal(room, expected, size);
    assert_int_equal(tps_component_close(&component, 1, session), TPS_OK);
}

static void rot13_matches_the_published_vectors(void **state)
{
    (void)state;
    assert_rot13(10, "Thisgoestoeleven", "\xca\xa1\x01\x70Guvftbrfgbryrira", 20);
    assert_rot13(11, "Guvftbrfgbryrira", "\xcb\xa1\x01\x70Thisgoestoeleven", 20);
    assert_rot13(10, "azAZmnMN", "\xca\xa1\x01\x68nmNMzaZA", 12);
}

static void rot13_names_the_first_reason_to_refuse(void **state)
{
    (void)state;
    assert_rot13(10, "a b1", "\xca\xa1\x02\x01", 4);
    assert_rot13(10, "a1 b", "\xca\xa1\x02\x02", 4);
    assert_rot13(11, "a-b", "\xcb\xa1\x02\x03", 4);
    assert_rot13(10, "", "\xca\xa1\x02\x03", 4);
    assert_rot13(10, "a[", "\xca\xa1\x02\x03", 4);
    assert_rot13(10, "a{", "\xca\xa1\x02\x03", 4);
}

static void rot13_takes_1023_letters_and_no_more(void **state)
{
    static uint8_t message[6 + 1024] = {0xca, 0xa1, 0x01, 0x79, 0x03, 0xff};
    uint32_t session = open_on(1, 0);

    (void)state;
    memset(message + 6, 'a', 1024);
    assert_int_equal(execute(session, message, 6 + 1023, sizeof(room)), TPS_OK);
    assert_int_equal(room_used, 6 + 1023);
    assert_int_equal(room[6 + 1022], 'n');
    assert_int_equal(execute(session, message, 6 + 1023, 6 + 1022), TPS_BUFFER_TOO_SMALL);
    message[4] = 0x04;
    message[5] = 0x00;
    assert_int_equal(execute(session, message, 6 + 1024, sizeof(room)), TPS_OK);
    assert_int_equal(room_used, 4);
    assert_memory_equal(room, "\xca\xa1\x02\x04", 4);
}

static void rot13_skips_members_that_it_does_not_know(void **state)
{
    uint32_t session = open_on(1, 0);

    (void)state;
    assert_int_equal(execute(session, "\xca\xa2\x01\x61\x61\x05\x80", 7, sizeof(room)), TPS_OK);
    assert_memory_equal(room, "\xca\xa1\x01\x61n", 5);
}

static void rot13_refuses_messages_that_it_does_not_know(void **state)
{
    uint32_t session = open_on(1, 0);

    (void)state;
    assert_int_equal(execute(session, "\xcc\xa0", 2, sizeof(room)), TPS_COMPONENT_BAD_MESSAGE);
    assert_int_equal(execute(session, "\xca\xa0", 2, sizeof(room)), TPS_COMPONENT_BAD_MESSAGE);
    assert_int_equal(execute(session, "\xca\xa1\x01\x41\x61", 5, sizeof(room)), TPS_CBOR_UNEXPECTED_TYPE);
    assert_int_equal(execute(session, "\xca\x80", 2, sizeof(room)), TPS_CBOR_UNEXPECTED_TYPE);
}

/* ---- names in storage ---- */

static void names_of_images_cannot_leave_their_folder(void **state)
{
    static const char longest[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    (void)state;
    assert_int_equal(strlen(longest), TPS_IMAGE_NAME_MAX);
    assert_true(tps_image_name_is_valid("key-1.a"));
    assert_true(tps_image_name_is_valid(longest));
    assert_false(tps_image_name_is_valid("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    assert_false(tps_image_name_is_valid(NULL));
    assert_false(tps_image_name_is_valid(""));
    assert_false(tps_image_name_is_valid("."));
    assert_false(tps_image_name_is_valid(".."));
    assert_false(tps_image_name_is_valid("-a"));
    assert_false(tps_image_name_is_valid("a/b"));
    assert_false(tps_image_name_is_valid("A"));
    assert_false(tps_image_name_is_valid("a_b"));
    assert_false(tps_image_name_is_valid("a:"));
    assert_false(tps_image_name_is_valid("a{"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(init_refuses_an_incomplete_platform),
        TEST(init_refuses_two_services_of_one_name),
        TEST(init_refuses_a_service_with_an_incomplete_table),
        TEST(init_refuses_no_services_that_are_counted_and_too_many),
        TEST(init_refuses_a_service_without_its_memory),
        TEST(init_refuses_a_service_that_asks_for_more_work_area_than_there_is),
        TEST(what_a_service_put_into_the_work_area_is_wiped),
        TEST(init_fails_when_a_service_cannot_start),
        TEST(names_are_stable),
        TEST(a_session_needs_a_login_that_its_service_takes),
        TEST(a_session_that_its_service_refuses_is_not_open),
        TEST(a_session_belongs_to_its_connection),
        TEST(sessions_of_one_connection_are_told_apart),
        TEST(sessions_are_bounded_in_all_and_for_each_connection_and_user),
        TEST(owners_are_equal_exactly_when_the_rights_are),
        TEST(get_features_matches_the_published_vector),
        TEST(get_features_names_a_profile_if_there_is_one),
        TEST(a_small_room_tells_the_size_needed_and_stays_empty),
        TEST(a_message_without_a_tag_or_not_well_formed_never_reaches_a_service),
        TEST(a_failed_service_leaves_nothing_in_the_room),
        TEST(a_service_that_claims_an_impossible_response_is_not_believed),
        TEST(statuses_become_the_errors_that_the_header_says),
        TEST(rot13_matches_the_published_vectors),
        TEST(rot13_names_the_first_reason_to_refuse),
        TEST(rot13_takes_1023_letters_and_no_more),
        TEST(rot13_skips_members_that_it_does_not_know),
        TEST(rot13_refuses_messages_that_it_does_not_know),
        TEST(names_of_images_cannot_leave_their_folder),
    };

    return cmocka_run_group_tests_name("component_core", tests, NULL, NULL);
}
