/* SPDX-License-Identifier: Apache-2.0 */
/* What handlers of sessions share: the session as JSON; media types; preferences; the memory of used
 * sessions; times as text, beside strftime(). */
#include <time.h>

#include "format/json/reader.h"
#include "server/api/sessions.h"
#include "support/check.h"

static uint8_t room[65536];

static const tps_session_view full = {.status = "complete",
                                      .nonce = {(const uint8_t *)"\xff\xfe\xfd", 3},
                                      .expires = 1795474257,
                                      .type = {(const uint8_t *)"text/\"odd\"\\\n", 12},
                                      .evidence = {(const uint8_t *)"\xff\xfe\xfd\xfc", 4},
                                      .failure = "a \"reason\"",
                                      .warning = "a\twarning"};

/* The view must be this, with the list of types in the place of %s. */
static void expect_view(const tps_session_view *view, const char *result, const char *format)
{
    static char expected[sizeof room];
    tps_span types = tps_evidence_types_json();
    char list[4096];
    size_t size;

    (void)snprintf(list, sizeof list, "%.*s", (int)types.size, (const char *)types.data);
    (void)snprintf(expected, sizeof expected, format, list);
    assert_status(tps_session_view_begin(view, TPS_BUF_OF(room), &size), TPS_OK);
    assert_status(tps_session_view_end(tps_span_of_text(result), TPS_BUF_OF(room), &size), TPS_OK);
    assert_status(json_check(tps_span_make(room, size), &json_limits_message, NULL), TPS_OK);
    assert_span_text(tps_span_make(room, size), expected);
}

static void a_view_is_json_whatever_is_in_it(void **state)
{
    (void)state;
    expect_view(
        &full, "ey.ey.AA",
        "{\"status\":\"complete\",\"nonce\":\"__79\",\"expiry\":\"2026-11-23T22:50:57Z\",\"accept\":%s,"
        "\"evidence\":{\"type\":\"text/\\\"odd\\\"\\\\\\n\",\"value\":\"//79/A==\"},"
        "\"failure-reason\":\"a \\\"reason\\\"\",\"warning\":\"a\\twarning\",\"result\":\"ey.ey.AA\"}");
    expect_view(
        &(tps_session_view){.status = "waiting", .nonce = TPS_SPAN_LITERAL("12345678")}, NULL,
        "{\"status\":\"waiting\",\"nonce\":\"MTIzNDU2Nzg\",\"expiry\":\"1970-01-01T00:00:00Z\",\"accept\":%s}");
}

static void the_list_of_types_is_the_one_of_discovery(void **state)
{
    json_reader r = json_reader_init(tps_evidence_types_json());
    size_t count;
    const char *const *types = tps_evidence_types(&count);
    json_list list = json_enter_array(&r);
    size_t i = 0;

    (void)state;
    for (; json_next(&r, &list); i++) {
        assert_true(i < count);
        assert_true(json_str_is(json_get_string(&r), types[i]));
    }
    assert_int_equal(i, count);
    assert_status(json_reader_finish(&r), TPS_OK);
}

static void a_result_may_stand_where_it_belongs_already(void **state)
{
    static uint8_t copy[sizeof room];
    const tps_span result = TPS_SPAN_LITERAL("ey.ey.AA");
    size_t size;
    size_t copied;

    (void)state;
    assert_status(tps_session_view_begin(&full, TPS_BUF_OF(copy), &copied), TPS_OK);
    assert_status(tps_session_view_end(result, TPS_BUF_OF(copy), &copied), TPS_OK);
    assert_status(tps_session_view_begin(&full, TPS_BUF_OF(room), &size), TPS_OK);
    memcpy(room + size + TPS_SESSION_VIEW_RESULT_AT, result.data, result.size);
    assert_status(tps_session_view_end(tps_span_make(room + size + TPS_SESSION_VIEW_RESULT_AT, result.size),
                                       TPS_BUF_OF(room), &size),
                  TPS_OK);
    assert_span(tps_span_make(room, size), tps_span_make(copy, copied));
}

static void a_view_never_leaves_its_room(void **state)
{
    const tps_span result = TPS_SPAN_LITERAL("ey.ey.AA");
    size_t whole;

    (void)state;
    assert_status(tps_session_view_begin(&full, TPS_BUF_OF(room), &whole), TPS_OK);
    assert_status(tps_session_view_end(result, TPS_BUF_OF(room), &whole), TPS_OK);
    for (size_t i = 1; i <= whole; i++) {
        uint8_t *exact = malloc(i);
        size_t size;
        tps_status status = tps_session_view_begin(&full, (tps_buf){exact, i}, &size);

        if (status == TPS_OK) {
            status = tps_session_view_end(result, (tps_buf){exact, i}, &size);
        }
        assert_status(status, i == whole ? TPS_OK : TPS_TOO_LARGE);
        free(exact);
    }
}

static void each_type_is_found_as_it_is_spelled_and_otherwise(void **state)
{
    size_t count;
    const char *const *types = tps_evidence_types(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        char shouted[128];
        size_t size = strlen(types[i]);

        assert_int_equal(tps_evidence_type_find(tps_span_of_text(types[i])), i);
        assert_span_text(tps_evidence_type_text(i), types[i]);
        memcpy(shouted, types[i], size + 1);
        for (size_t c = 0; c < size && shouted[c] != ';'; c++) {
            shouted[c] = (char)(shouted[c] >= 'a' && shouted[c] <= 'z' ? shouted[c] - 32 : shouted[c]);
        }
        assert_int_equal(tps_evidence_type_find(tps_span_of_text(shouted)), i);
    }
    assert_int_equal(tps_evidence_type_find(TPS_SPAN_LITERAL("application/eat-cwt")), TPS_EVIDENCE_TYPE_NONE);
    assert_int_equal(tps_evidence_type_find(TPS_SPAN_LITERAL("application")), TPS_EVIDENCE_TYPE_NONE);
    assert_int_equal(tps_evidence_type_find(TPS_SPAN_EMPTY), TPS_EVIDENCE_TYPE_NONE);
}

static void only_tpms_and_wrappers_of_cbor_may_be_large(void **state)
{
    static const struct {
        const char *type;
        const char *begin;
        size_t max;
    } cases[] = {
        {"application/psa-attestation-token", "\xd2", TPS_SERVICE_EVIDENCE_MAX},
        {"application/eat+cwt", "\x82", TPS_SERVICE_EVIDENCE_MAX},
        {"application/eat-bun+cbor", "\xd9", TPS_SERVICE_EVIDENCE_MAX},
        {"application/vnd.opentps.tpm2-quote+cbor", "\xa8", TPS_EVIDENCE_BODY_MAX},
        {"application/vnd.enacttrust.tpm-evidence", "x", TPS_EVIDENCE_BODY_MAX},
        {"application/cmw", "\x82", TPS_EVIDENCE_BODY_MAX},
        {"application/cmw+cbor", "\xa1", TPS_EVIDENCE_BODY_MAX},
        {"application/cmw", "[\"", TPS_SERVICE_EVIDENCE_MAX},
        {"application/vnd.veraison.cmw+json", "{", TPS_SERVICE_EVIDENCE_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t type = tps_evidence_type_find(tps_span_of_text(cases[i].type));

        assert_int_not_equal(type, TPS_EVIDENCE_TYPE_NONE);
        assert_int_equal(tps_evidence_type_max(type, tps_span_of_text(cases[i].begin)), cases[i].max);
    }
}

static bool prefers(const char *first, const char *second)
{
    tps_http_request request = {.field_count = 2};

    request.fields[0] = (tps_http_field){TPS_SPAN_LITERAL("prefer"), tps_span_of_text(first)};
    request.fields[1] = (tps_http_field){TPS_SPAN_LITERAL("Prefer"), tps_span_of_text(second)};
    return tps_sessions_prefers_async(&request);
}

static void a_preference_is_found_in_every_form_of_the_list(void **state)
{
    static const char *const yes[] = {
        "respond-async",         "Respond-Async",        " respond-async ",
        "respond-async, wait=5", "wait=5,respond-async", "a=\"b\"; c, respond-async",
        "respond-async; x=y",    ", ,respond-async",     "return=minimal ,respond-async"};
    static const char *const no[] = {"",     "respond-asyn",    "respond-asynchronous", "a=respond-async",
                                     ",,, ", "x-respond-async", "a; respond-async"};

    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        assert_true(prefers(yes[i], ""));
        assert_true(prefers("wait=1", yes[i]));
    }
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        assert_false(prefers(no[i], "wait=1"));
    }
}

static void used_sessions_are_remembered_for_a_while(void **state)
{
    tps_sessions *sessions = calloc(1, sizeof *sessions);
    uint8_t id[TPS_STORE_SESSION_ID_SIZE] = {1};
    uint8_t other[TPS_STORE_SESSION_ID_SIZE] = {2};

    (void)state;
    assert_non_null(sessions);
    assert_false(tps_sessions_is_recent(sessions, id));
    tps_sessions_note(sessions, id);
    assert_true(tps_sessions_is_recent(sessions, id));
    assert_false(tps_sessions_is_recent(sessions, other));
    tps_sessions_forget(sessions, other);
    tps_sessions_forget(sessions, id);
    assert_false(tps_sessions_is_recent(sessions, id));

    tps_sessions_note(sessions, id);
    for (uint8_t i = 1; i < TPS_RECENT_WAYS; i++) { /* of the same hash */
        other[1] = i;
        tps_sessions_note(sessions, other);
    }
    assert_true(tps_sessions_is_recent(sessions, id));
    other[1] = 0;
    tps_sessions_note(sessions, other);
    assert_false(tps_sessions_is_recent(sessions, id)); /* the oldest made room */
    assert_true(tps_sessions_is_recent(sessions, other));
    free(sessions);
}

static void times_are_what_strftime_makes_of_them(void **state)
{
    char expected[24];
    char text[21];

    (void)state;
    for (int64_t t = 0; t < INT64_C(253402300800); t += INT64_C(86400) * 7 + 12345) {
        time_t seconds = (time_t)t;
        struct tm parts;

        assert_non_null(gmtime_r(&seconds, &parts));
        (void)strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &parts);
        tps_write_time(t, text);
        assert_string_equal(text, expected);
    }
    tps_write_time(INT64_C(951782400), text);
    assert_string_equal(text, "2000-02-29T00:00:00Z");
    tps_write_time(INT64_C(253402300799), text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    tps_write_time(INT64_C(253402300800), text);
    assert_string_equal(text, "");
    tps_write_time(-1, text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_view_is_json_whatever_is_in_it),
        cmocka_unit_test(the_list_of_types_is_the_one_of_discovery),
        cmocka_unit_test(a_result_may_stand_where_it_belongs_already),
        cmocka_unit_test(a_view_never_leaves_its_room),
        cmocka_unit_test(each_type_is_found_as_it_is_spelled_and_otherwise),
        cmocka_unit_test(only_tpms_and_wrappers_of_cbor_may_be_large),
        cmocka_unit_test(a_preference_is_found_in_every_form_of_the_list),
        cmocka_unit_test(used_sessions_are_remembered_for_a_while),
        cmocka_unit_test(times_are_what_strftime_makes_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
