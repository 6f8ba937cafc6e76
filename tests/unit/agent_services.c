/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent asks of services: the messages, and every answer that a component may give. */
#include "support/check.h"

#include "agent/evidence.h"
#include "agent/services.h"
#include "component/services/attestation/attestation.h"
#include "component/services/random.h"
#include "component/services/storage.h"
#include "tps/tpsc_registry.h"

/** A component of three services that answers what it is told, and keeps what it was asked. */
static struct {
    uint8_t request[512];
    size_t request_size;
    const uint8_t *answer;
    size_t answer_size;
    uint32_t method;
    uint32_t calls;
    uint32_t fail_at; /**< the call that fails, counted from 1; 0: none */
    int open;         /**< connections and sessions */
    size_t services;  /**< how many of the list below it tells */
} fake;

static const TPSC_UUID services[] = {TPS_AGENT_UUID_ATTESTATION, TPS_AGENT_UUID_STORAGE,
                                     TPS_AGENT_UUID_RANDOM};

static uint32_t count(void)
{
    return ++fake.calls == fake.fail_at ? TPSC_ERROR_BUSY : TPSC_SUCCESS;
}

static uint32_t fake_connect(void *context, uint32_t method, const TPSC_ConnectionData *data,
                             uint32_t *connection)
{
    (void)context;
    (void)data;
    fake.method = method;
    *connection = 1;
    if (count() != TPSC_SUCCESS) {
        return TPSC_ERROR_BUSY;
    }
    fake.open++;
    return TPSC_SUCCESS;
}

static uint32_t fake_disconnect(void *context, uint32_t connection)
{
    (void)context;
    (void)connection;
    fake.open--;
    return TPSC_SUCCESS;
}

static uint32_t fake_discovery(void *context, uint32_t connection, TPSC_ServiceIdentifier *found,
                               size_t *size)
{
    (void)context;
    (void)connection;
    if (count() != TPSC_SUCCESS) {
        return TPSC_ERROR_BUSY;
    }
    if (*size < fake.services) {
        *size = fake.services;
        return TPSC_ERROR_SHORT_BUFFER;
    }
    *size = fake.services;
    for (size_t i = 0; i < fake.services; i++) {
        memset(&found[i], 0, sizeof(found[i]));
        found[i].service_id = services[i];
        found[i].service_instance = services[i];
        found[i].service_instance.bytes[0] ^= 1;
        found[i].secure_component_instance.bytes[0] = 1;
    }
    return TPSC_SUCCESS;
}

static uint32_t fake_open(void *context, uint32_t connection, const TPSC_UUID *instance, uint32_t *session)
{
    (void)context;
    (void)connection;
    (void)instance;
    *session = 1;
    if (count() != TPSC_SUCCESS) {
        return TPSC_ERROR_BUSY;
    }
    fake.open++;
    return TPSC_SUCCESS;
}

static uint32_t fake_close(void *context, uint32_t connection, uint32_t session)
{
    (void)context;
    (void)connection;
    (void)session;
    fake.open--;
    return TPSC_SUCCESS;
}

static uint32_t fake_execute(void *context, uint32_t connection, uint32_t session, uint32_t transaction,
                             const uint8_t *send, size_t send_size, uint8_t *receive, size_t *receive_size)
{
    (void)context;
    (void)connection;
    (void)session;
    (void)transaction;
    assert_true(send_size <= sizeof(fake.request));
    memcpy(fake.request, send, send_size);
    fake.request_size = send_size;
    if (count() != TPSC_SUCCESS) {
        return TPSC_ERROR_BUSY;
    }
    if (*receive_size < fake.answer_size) {
        *receive_size = fake.answer_size;
        return TPSC_ERROR_SHORT_BUFFER;
    }
    memcpy(receive, fake.answer, fake.answer_size);
    *receive_size = fake.answer_size;
    return TPSC_SUCCESS;
}

static const TPSC_Connector2 table = {
    .abi_version = TPSC_CONNECTOR_ABI_VERSION,
    .connect = fake_connect,
    .disconnect = fake_disconnect,
    .service_discovery = fake_discovery,
    .open_session = fake_open,
    .close_session = fake_close,
    .execute_transaction = fake_execute,
};

static int set_up(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    fake.services = 3;
    return tps_client_register(&table) == TPSC_SUCCESS ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return fake.open == 0 && tps_client_unregister(&table) == TPSC_SUCCESS ? 0 : -1;
}

static void will_answer(const void *bytes, size_t size)
{
    fake.answer = bytes;
    fake.answer_size = size;
}

#define WILL_ANSWER(literal) will_answer(literal, sizeof(literal) - 1)

static void assert_asked(const void *bytes, size_t size)
{
    assert_span(tps_span_make(fake.request, fake.request_size), tps_span_make(bytes, size));
}

#define ASSERT_ASKED(literal) assert_asked(literal, sizeof(literal) - 1)

/* ---- names ---- */

static void services_have_the_numbers_of_the_component(void **state)
{
    (void)state;
    assert_memory_equal(&services[0], &tps_attestation_service.id, sizeof(TPSC_UUID));
    assert_memory_equal(&services[1], &tps_storage_service.id, sizeof(TPSC_UUID));
    assert_memory_equal(&services[2], &tps_random_service.id, sizeof(TPSC_UUID));
}

static void every_result_has_words(void **state)
{
    (void)state;
    for (uint32_t result = TPSC_ERROR_GENERIC; result <= TPSC_ERROR_BAD_STATE + 1; result++) {
        assert_true(strlen(tps_agent_result_text(result)) > 5);
    }
    assert_string_not_equal(tps_agent_result_text(TPSC_ERROR_BUSY),
                            tps_agent_result_text(TPSC_ERROR_GENERIC));
}

static void a_message_without_bytes_or_room_is_not_sent(void **state)
{
    static const TPSC_UUID service = TPS_AGENT_UUID_RANDOM;
    uint8_t room[8];
    tps_span answer = TPS_SPAN_LITERAL("x");

    (void)state;
    assert_int_not_equal(
        tps_agent_call(&service, TPSC_LOGIN_PUBLIC, TPS_SPAN_EMPTY, TPS_BUF_OF(room), &answer), TPSC_SUCCESS);
    assert_int_equal(answer.size, 0);
    assert_int_not_equal(
        tps_agent_call(&service, TPSC_LOGIN_PUBLIC, TPS_SPAN_LITERAL("x"), TPS_BUF_MEASURE, &answer),
        TPSC_SUCCESS);
    assert_int_equal(fake.request_size, 0);
}

/* ---- evidence ---- */

static const uint8_t nonce[32] = {1, 2, 3};

static tps_status ask_evidence(size_t nonce_size, const char *aud, tps_agent_refusal *why)
{
    static uint8_t room[256];
    tps_agent_evidence_request request = {.login = TPSC_LOGIN_USER,
                                          .profile = TPS_EVIDENCE_OPENTPS,
                                          .nonce = tps_span_make(nonce, nonce_size),
                                          .aud = tps_span_of_text(aud)};
    tps_span evidence = TPS_SPAN_EMPTY;
    tps_status status = tps_agent_evidence(&request, TPS_BUF_OF(room), &evidence, why);

    if (status == TPS_OK) {
        assert_span_text(evidence, "\xd2\x84");
        assert_true(evidence.data >= room && evidence.data < room + sizeof(room));
    } else {
        assert_int_equal(evidence.size, 0);
        assert_true(strlen(why->cause) > 5 && strlen(why->next_step) > 5);
    }
    return status;
}

static void evidence_is_asked_for_as_the_service_has_it(void **state)
{
    tps_agent_refusal why;

    (void)state;
    WILL_ANSWER("\xca\xa1\x01\x42\xd2\x84");
    assert_status(ask_evidence(8, NULL, &why), TPS_OK);
    ASSERT_ASKED("\xca\xa2\x01\x02\x02\x48\x01\x02\x03\x00\x00\x00\x00\x00");
    assert_int_equal(fake.method, TPSC_LOGIN_USER);
    assert_status(ask_evidence(8, "x", &why), TPS_OK);
    ASSERT_ASKED("\xca\xa3\x01\x02\x02\x48\x01\x02\x03\x00\x00\x00\x00\x00\x03\x61x");
    WILL_ANSWER("\xca\xa2\x01\x42\xd2\x84\x09\x82\x01\x02"); /* a later service may say more */
    assert_status(ask_evidence(8, NULL, &why), TPS_OK);
}

static void evidence_by_another_key_is_asked_for_by_name(void **state)
{
    static uint8_t room[256];
    const tps_agent_evidence_request request = {.login = TPSC_LOGIN_USER,
                                                .profile = TPS_EVIDENCE_OPENTPS,
                                                .nonce = tps_span_make(nonce, 8),
                                                .aud = TPS_SPAN_LITERAL("x"),
                                                .key = TPS_EVIDENCE_KEY_AK};
    tps_agent_refusal why;
    tps_span evidence;

    (void)state;
    WILL_ANSWER("\xca\xa1\x01\x42\xd2\x84");
    assert_status(tps_agent_evidence(&request, TPS_BUF_OF(room), &evidence, &why), TPS_OK);
    ASSERT_ASKED("\xca\xa4\x01\x02\x02\x48\x01\x02\x03\x00\x00\x00\x00\x00\x03\x61x\x05\x02");
}

static void why_there_is_no_evidence_is_told(void **state)
{
    static uint8_t error[] = {0xca, 0xa1, 0x02, 0x00};
    tps_agent_refusal why;

    (void)state;
    will_answer(error, sizeof(error));
    for (error[3] = 1; error[3] <= 5; error[3]++) {
        assert_status(ask_evidence(8, NULL, &why), TPS_COMPONENT_NO_IDENTITY);
        assert_int_equal(why.result, TPSC_SUCCESS);
    }
    for (; error[3] < 12; error[3]++) { /* answers to what is never asked here */
        assert_status(ask_evidence(8, NULL, &why), TPS_COMPONENT_BAD_MESSAGE);
    }
}

static void answers_that_cannot_be_understood_are_no_evidence(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } answers[] = {{"\xca\xa0", 2},
                   {"\xcb\xa1\x01\x42\xd2\x84", 6},
                   {"\xa1\x01\x42\xd2\x84", 5},
                   {"\xca\xa1\x01\x42\xd2", 5},
                   {"\xca\xa1\x01\x40", 4},
                   {"\xca\xa1\x01\x62xy", 6},
                   {"\xca\xa1\x01\x42\xd2\x84\x00", 7},
                   {"\xca\xa2\x01\x42\xd2\x84\x01\x42\xd2\x84", 10},
                   {"\xca\x81\x01", 3},
                   {"\xca\xa1\x61x\x01", 5},
                   {"\xca\xa1\x02\x20", 4},
                   {"\xca\xa1\x02\x00", 4}};
    tps_agent_refusal why;

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        will_answer(answers[i].bytes, answers[i].size);
        assert_status(ask_evidence(8, NULL, &why), TPS_COMPONENT_BAD_MESSAGE);
    }
}

static void what_the_component_says_is_passed_on(void **state)
{
    tps_agent_refusal why;

    (void)state;
    WILL_ANSWER("\xca\xa1\x01\x42\xd2\x84");
    for (uint32_t call = 1;; call++) {
        fake.calls = 0;
        fake.fail_at = call;
        if (ask_evidence(8, NULL, &why) == TPS_OK) {
            assert_in_range(call, 4, 12);
            break;
        }
        assert_int_equal(why.result, TPSC_ERROR_BUSY);
        assert_int_equal(fake.open, 0);
    }
    fake.fail_at = 0;
    fake.services = 0;
    assert_status(ask_evidence(8, NULL, &why), TPS_COMPONENT_UNREACHABLE);
    assert_int_equal(why.result, TPSC_ERROR_BAD_IDENTIFIER);
}

static void an_audience_that_no_message_holds_is_refused_before_it_is_sent(void **state)
{
    char longer[400];
    tps_agent_refusal why;

    (void)state;
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_status(ask_evidence(32, longer, &why), TPS_TOO_LARGE);
    assert_int_equal(fake.calls, 0);
    longer[TPS_AGENT_AUDIENCE_MAX] = '\0';
    WILL_ANSWER("\xca\xa1\x01\x42\xd2\x84");
    assert_status(ask_evidence(32, longer, &why), TPS_OK);
}

/* ---- storage ---- */

static void values_are_put_and_got(void **state)
{
    uint8_t room[TPS_AGENT_VALUE_MAX];
    tps_agent_refusal why;
    tps_span value;

    (void)state;
    WILL_ANSWER("\xca\xa1\x04\x48\x01\x02\x03\x04\x05\x06\x07\x08");
    assert_status(tps_agent_put(TPSC_LOGIN_USER, TPS_SPAN_LITERAL("n"), TPS_SPAN_LITERAL("vw"), &why),
                  TPS_OK);
    ASSERT_ASKED("\xca\xa2\x01\x61n\x02\x42vw");
    WILL_ANSWER("\xcb\xa3\x01\x42vw\x03\x00\x04\x48\x01\x02\x03\x04\x05\x06\x07\x08");
    assert_status(tps_agent_get(TPSC_LOGIN_USER, TPS_SPAN_LITERAL("n"), TPS_BUF_OF(room), &value, &why),
                  TPS_OK);
    ASSERT_ASKED("\xcb\xa1\x01\x61n");
    assert_span_text(value, "vw");
    assert_true(value.data == room);
    assert_status(tps_agent_get(TPSC_LOGIN_USER, TPS_SPAN_LITERAL("n"), (tps_buf){room, 1}, &value, &why),
                  TPS_BUFFER_TOO_SMALL);
    WILL_ANSWER("\xcb\xa2\x01\x42vw\x18\x63\x80"); /* a later service may say more */
    assert_status(tps_agent_get(TPSC_LOGIN_USER, TPS_SPAN_LITERAL("n"), TPS_BUF_OF(room), &value, &why),
                  TPS_OK);
    WILL_ANSWER("\xcb\xa3\x01\x40\x03\x00\x04\x48\x01\x02\x03\x04\x05\x06\x07\x08");
    assert_status(tps_agent_get(TPSC_LOGIN_USER, TPS_SPAN_LITERAL("n"), (tps_buf){room, 0}, &value, &why),
                  TPS_OK);
    assert_int_equal(value.size, 0);
}

static void what_the_storage_refuses_has_words(void **state)
{
    static uint8_t error[] = {0, 0xa1, 0x02, 0x00};
    static const struct {
        uint8_t error;
        tps_status status;
    } known[] = {{TPS_SEALED_ERROR_UNKNOWN, TPS_NOT_FOUND},
                 {TPS_SEALED_ERROR_ONCE, TPS_COMPONENT_STORAGE},
                 {TPS_SEALED_ERROR_NAME, TPS_BAD_ARGUMENT},
                 {TPS_SEALED_ERROR_QUOTA, TPS_COMPONENT_STORAGE},
                 {TPS_KEPT_FULL, TPS_COMPONENT_STORAGE},
                 {TPS_KEPT_CORRUPT, TPS_COMPONENT_STORAGE},
                 {TPS_KEPT_ROLLED_BACK, TPS_COMPONENT_STORAGE},
                 {TPS_KEPT_NEWER, TPS_COMPONENT_STORAGE},
                 {TPS_KEPT_BOUND, TPS_COMPONENT_STORAGE},
                 {TPS_KEPT_FAILED, TPS_COMPONENT_STORAGE},
                 {TPS_KEPT_MODE, TPS_COMPONENT_STORAGE},
                 {23, TPS_COMPONENT_BAD_MESSAGE},
                 {0, TPS_COMPONENT_BAD_MESSAGE}};
    uint8_t room[8];
    tps_agent_refusal why = {0};
    tps_span value = TPS_SPAN_EMPTY;

    (void)state;
    will_answer(error, sizeof(error));
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        error[3] = known[i].error;
        error[0] = 0xca;
        why.cause = why.next_step = "";
        assert_status(tps_agent_put(TPSC_LOGIN_USER, TPS_SPAN_LITERAL("n"), TPS_SPAN_EMPTY, &why),
                      known[i].status);
        assert_true(strlen(why.cause) > 5 && strlen(why.next_step) > 5);
        error[0] = 0xcb;
        assert_status(tps_agent_get(TPSC_LOGIN_USER, TPS_SPAN_LITERAL("n"), TPS_BUF_OF(room), &value, &why),
                      known[i].status);
        assert_int_equal(value.size, 0);
    }
}

static void nothing_is_kept_unless_the_service_says_so(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } answers[] = {{"\xca\xa0", 2},
                   {"\xca\xa1\x04\x47\x01\x02\x03\x04\x05\x06\x07", 11},
                   {"\xca\xa2\x04\x48\x01\x02\x03\x04\x05\x06\x07\x08\x02\x17", 14},
                   {"\xca\xa1\x04\x01", 4},
                   {"\xcb\xa1\x01\x01", 4},
                   {"\xcb\xa0", 2}};
    uint8_t room[8];
    tps_agent_refusal why;
    tps_span value = TPS_SPAN_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        will_answer(answers[i].bytes, answers[i].size);
        assert_status(tps_agent_put(TPSC_LOGIN_USER, TPS_SPAN_LITERAL("n"), TPS_SPAN_EMPTY, &why),
                      TPS_COMPONENT_BAD_MESSAGE);
        assert_status(tps_agent_get(TPSC_LOGIN_USER, TPS_SPAN_LITERAL("n"), TPS_BUF_OF(room), &value, &why),
                      TPS_COMPONENT_BAD_MESSAGE);
    }
}

static void values_that_are_too_large_are_named(void **state)
{
    static uint8_t large[TPS_AGENT_VALUE_MAX + 64] = {0xcb, 0xa1, 0x01, 0x58, TPS_AGENT_VALUE_MAX + 59};
    static const uint8_t value_of[TPS_AGENT_VALUE_MAX + 1] = {0};
    static const char name[] = "01234567890123456789012345678901";
    uint8_t room[TPS_AGENT_VALUE_MAX + 64];
    tps_agent_refusal why;
    tps_span value;

    (void)state;
    assert_status(tps_agent_put(TPSC_LOGIN_USER, TPS_SPAN_LITERAL("n"), TPS_SPAN_OF(value_of), &why),
                  TPS_TOO_LARGE);
    assert_status(
        tps_agent_put(TPSC_LOGIN_USER, tps_span_make(large, TPS_SEALED_NAME_MAX + 1), TPS_SPAN_EMPTY, &why),
        TPS_TOO_LARGE);
    assert_status(tps_agent_get(TPSC_LOGIN_USER, tps_span_make(large, TPS_SEALED_NAME_MAX + 1),
                                TPS_BUF_OF(room), &value, &why),
                  TPS_TOO_LARGE);
    assert_int_equal(fake.calls, 0);
    WILL_ANSWER("\xca\xa1\x04\x48\x01\x02\x03\x04\x05\x06\x07\x08");
    assert_status(tps_agent_put(TPSC_LOGIN_USER, TPS_SPAN_LITERAL("01234567890123456789012345678901"),
                                tps_span_make(value_of, TPS_AGENT_VALUE_MAX), &why),
                  TPS_OK);
    assert_int_equal(strlen(name), TPS_SEALED_NAME_MAX);
    will_answer(large, sizeof(large));
    assert_status(tps_agent_get(TPSC_LOGIN_USER, TPS_SPAN_LITERAL("n"), TPS_BUF_OF(room), &value, &why),
                  TPS_BUFFER_TOO_SMALL);
    fake.services = 0;
    assert_status(tps_agent_get(TPSC_LOGIN_USER, TPS_SPAN_LITERAL("n"), TPS_BUF_OF(room), &value, &why),
                  TPS_COMPONENT_UNREACHABLE);
    assert_status(tps_agent_put(TPSC_LOGIN_USER, TPS_SPAN_LITERAL("n"), TPS_SPAN_EMPTY, &why),
                  TPS_COMPONENT_UNREACHABLE);
}

/* ---- random bytes ---- */

static void random_bytes_are_as_many_as_asked_for_or_none(void **state)
{
    static const uint8_t zeros[4] = {0};
    uint8_t bytes[4];
    uint8_t more[TPS_AGENT_RANDOM_MAX + 1];
    tps_agent_refusal why;

    (void)state;
    WILL_ANSWER("\xca\xa1\x01\x44wxyz");
    assert_status(tps_agent_random(TPS_BUF_OF(bytes), &why), TPS_OK);
    ASSERT_ASKED("\xca\xa1\x01\x04");
    assert_memory_equal(bytes, "wxyz", 4);
    assert_status(tps_agent_random((tps_buf){bytes, 3}, &why), TPS_COMPONENT_BAD_MESSAGE);
    assert_memory_equal(bytes, zeros, 3);
    WILL_ANSWER("\xca\xa1\x01\x64wxyz");
    assert_status(tps_agent_random(TPS_BUF_OF(bytes), &why), TPS_COMPONENT_BAD_MESSAGE);
    WILL_ANSWER("\xca\xa1\x02\x01");
    assert_status(tps_agent_random(TPS_BUF_OF(bytes), &why), TPS_COMPONENT_BAD_MESSAGE);
    WILL_ANSWER("\xca\xa1\x01\x40");
    assert_status(tps_agent_random((tps_buf){bytes, 0}, &why), TPS_COMPONENT_BAD_MESSAGE);
    fake.services = 0;
    assert_status(tps_agent_random(TPS_BUF_OF(bytes), &why), TPS_COMPONENT_UNREACHABLE);
    assert_memory_equal(bytes, zeros, 4);
    assert_status(tps_agent_random(TPS_BUF_OF(more), &why), TPS_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(services_have_the_numbers_of_the_component, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_result_has_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_message_without_bytes_or_room_is_not_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(evidence_is_asked_for_as_the_service_has_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(evidence_by_another_key_is_asked_for_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(why_there_is_no_evidence_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_that_cannot_be_understood_are_no_evidence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_component_says_is_passed_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_audience_that_no_message_holds_is_refused_before_it_is_sent,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_are_put_and_got, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_storage_refuses_has_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_kept_unless_the_service_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_that_are_too_large_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_bytes_are_as_many_as_asked_for_or_none, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
