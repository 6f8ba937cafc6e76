/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of a tenant: what is read is written, and nothing else is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/tenants/settings.h"

static tps_status read_text(const char *text, tps_tenant_settings *settings, tps_error *why)
{
    return tps_tenant_settings_read(tps_span_of_text(text), settings, why);
}

static void an_empty_object_has_the_defaults(void **state)
{
    tps_tenant_settings s;

    (void)state;
    assert_int_equal(read_text("{}", &s, NULL), TPS_OK);
    assert_false(s.allow_unsigned);
    assert_false(s.open);
    assert_false(s.attest_by_token);
    assert_false(s.annotated);
    assert_int_equal(s.session_seconds, 300);
    assert_int_equal(s.requests_per_second, 0);
    assert_int_equal(s.host_count, 0);
}

static void what_is_written_is_read(void **state)
{
    static const char text[] =
        "{\"allow_unsigned\":true,\"open\":true,\"annotated\":true,\"session_seconds\":60,"
        "\"requests_per_second\":1000,\"client_requests_per_second\":5,\"attest\":\"token\","
        "\"hosts\":[\"tps.example.com\",\"[::1]\"]}";
    tps_tenant_settings s;
    uint8_t out[TPS_STORE_SETTINGS_MAX];
    size_t size;

    (void)state;
    assert_int_equal(read_text(text, &s, NULL), TPS_OK);
    assert_true(s.attest_by_token);
    assert_string_equal(s.hosts[1], "[::1]");
    assert_int_equal(tps_tenant_settings_write(&s, TPS_BUF_OF(out), &size), TPS_OK);
    assert_int_equal(size, sizeof(text) - 1);
    assert_memory_equal(out, text, size);
}

static void slips_are_refused_and_named(void **state)
{
    static const struct {
        const char *text, *detail;
    } bad[] = {
        {"{\"allow_unsinged\":true}", "there is no such member"},
        {"{\"allow_unsigned\":1}", "allow_unsigned"},
        {"{\"open\":\"true\"}", "open"},
        {"{\"session_seconds\":9}", "session_seconds"},
        {"{\"session_seconds\":86401}", "session_seconds"},
        {"{\"session_seconds\":60.0}", "session_seconds"},
        {"{\"requests_per_second\":-1}", "requests_per_second"},
        {"{\"client_requests_per_second\":1000001}", "client_requests_per_second"},
        {"{\"attest\":\"nobody\"}", "attest"},
        {"{\"hosts\":\"a\"}", "hosts"},
        {"{\"hosts\":[\"\"]}", "hosts"},
        {"{\"hosts\":[\"A.example\"]}", "hosts"},
        {"{\"hosts\":[\"a b\"]}", "hosts"},
        {"{\"hosts\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]}", "hosts"},
    };
    tps_tenant_settings before = tps_tenant_settings_defaults();

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        tps_tenant_settings s = before;
        tps_error why = {TPS_OK, 0, NULL};

        assert_int_equal(read_text(bad[i].text, &s, &why), TPS_SERVER_BAD_SETTINGS);
        assert_string_equal(why.detail, bad[i].detail);
        assert_memory_equal(&s, &before, sizeof(s));
    }
}

static void what_is_no_object_is_refused(void **state)
{
    tps_tenant_settings s;

    (void)state;
    assert_int_not_equal(read_text("", &s, NULL), TPS_OK);
    assert_int_not_equal(read_text("[]", &s, NULL), TPS_OK);
    assert_int_not_equal(read_text("{\"open\":true,\"open\":false}", &s, NULL), TPS_OK);
    assert_int_not_equal(read_text("{} {}", &s, NULL), TPS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_object_has_the_defaults),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(slips_are_refused_and_named),
        cmocka_unit_test(what_is_no_object_is_refused),
    };

    return cmocka_run_group_tests_name("server_settings", tests, NULL, NULL);
}
