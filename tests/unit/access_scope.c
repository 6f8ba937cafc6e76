/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes as names and as bits. */
#include "server/access/scope.h"

#include "support/check.h"

static uint32_t get(const char *json, tps_status expected)
{
    json_reader r = json_reader_init(tps_span_of_text(json));
    uint32_t scopes = tps_scopes_get(&r);

    assert_status(json_reader_finish(&r), expected);
    if (expected != TPS_OK) {
        assert_int_equal(scopes, 0);
    }
    return scopes;
}

static void every_set_is_written_and_read_back(void **state)
{
    (void)state;
    for (uint32_t set = 1; set <= TPS_SCOPES_ALL; set++) {
        char text[TPS_SCOPES_TEXT_SIZE];
        uint8_t json[128] = {0};
        json_writer writer = json_writer_init((tps_buf){json, sizeof json - 1});
        uint32_t found;
        size_t size;

        assert_status(tps_scopes_read(tps_span_of_text(tps_scopes_write(set, text)), &found), TPS_OK);
        assert_int_equal(found, set);
        tps_scopes_put(&writer, set);
        assert_status(json_writer_finish(&writer, &size), TPS_OK);
        assert_int_equal(get((const char *)json, TPS_OK), set);
    }
}

static void all_names_fill_the_room_for_text(void **state)
{
    char text[TPS_SCOPES_TEXT_SIZE];

    (void)state;
    assert_string_equal(tps_scopes_write(TPS_SCOPES_ALL, text),
                        "read endorse policy trust keys admin appraise audit operator");
    assert_true(strlen(text) < TPS_SCOPES_TEXT_SIZE);
    assert_string_equal(tps_scopes_write(0, text), "");
}

static void one_scope_has_a_name_and_others_have_none(void **state)
{
    (void)state;
    assert_string_equal(tps_scope_name(TPS_SCOPE_READ), "read");
    assert_string_equal(tps_scope_name(TPS_SCOPE_OPERATOR), "operator");
    assert_null(tps_scope_name(0));
    assert_null(tps_scope_name(TPS_SCOPE_READ | TPS_SCOPE_KEYS));
    assert_null(tps_scope_name(1u << 9));
}

static void names_are_refused_that_are_unknown_empty_or_twice(void **state)
{
    static const char *const texts[] = {"",      " ",     "reads",     "READ",      "read  keys",
                                        "read ", " read", "read read", "read;keys", "read\n"};
    static const char *const lists[] = {"[]", "[\"\"]", "[\"reads\"]", "[\"read\",\"read\"]", "[\"Read\"]"};
    static const char *const others[] = {"{}", "\"read\"", "[1]", "[null]", "[[\"read\"]]"};
    uint32_t scopes = 77;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_status(tps_scopes_read(tps_span_of_text(texts[i]), &scopes), TPS_SERVER_UNKNOWN_SCOPE);
    }
    assert_int_equal(scopes, 77);
    assert_status(tps_scopes_read(TPS_SPAN_LITERAL("read,keys"), &scopes), TPS_OK);
    assert_int_equal(scopes, TPS_SCOPE_READ | TPS_SCOPE_KEYS);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        get(lists[i], TPS_SERVER_UNKNOWN_SCOPE);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        json_reader r = json_reader_init(tps_span_of_text(others[i]));

        assert_int_equal(tps_scopes_get(&r), 0);
        assert_int_not_equal(r.status, TPS_OK);
    }
    assert_int_equal(get("[\"r\\u0065ad\"]", TPS_OK), TPS_SCOPE_READ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_is_written_and_read_back),
        cmocka_unit_test(all_names_fill_the_room_for_text),
        cmocka_unit_test(one_scope_has_a_name_and_others_have_none),
        cmocka_unit_test(names_are_refused_that_are_unknown_empty_or_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
