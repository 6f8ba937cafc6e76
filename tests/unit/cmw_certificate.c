/* SPDX-License-Identifier: Apache-2.0 */
/* Wrappers in X.509 certificates: found, unwrapped, and made for one. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/cmw.h"

/* The published certificate with the bytes of its extension's value at hand. */
typedef struct {
    tps_buf certificate;
    uint8_t *value; /* the content of extnValue */
} published;

static published load(void)
{
    /* The extension's OID with tag and length; behind it the head of extnValue. */
    static const uint8_t oid[] = {0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x23};
    published p = {vector_read("cmw/x509-cert+cbor-cmw.der"), NULL};

    for (size_t i = 0; p.value == NULL && i + sizeof oid < p.certificate.size; i++) {
        if (memcmp(p.certificate.data + i, oid, sizeof oid) == 0) {
            p.value = p.certificate.data + i + sizeof oid + 2;
        }
    }
    assert_non_null(p.value);
    return p;
}

static void the_published_certificate_gives_its_wrapper(void **state)
{
    published p;
    tps_span found;
    tps_error why;
    tps_cmw cmw;
    tps_cmw entry;
    tps_cmw_walk walk;

    (void)state;
    vectors_require();
    p = load();
    assert_status(tps_cmw_find_in_certificate(span_of(p.certificate), &found, &why), TPS_OK);
    assert_status(tps_cmw_read(found, NULL, &cmw, &why), TPS_OK);
    assert_int_equal(cmw.form, TPS_CMW_CBOR_COLLECTION);
    assert_int_equal(cmw.count, 3);
    walk = tps_cmw_entries(&cmw);
    assert_true(tps_cmw_next(&walk, NULL, NULL, &entry));
    assert_span_text(entry.type, "application/rim+cose");
    assert_int_equal(entry.indicator, 3);
    assert_true(tps_cmw_next(&walk, NULL, NULL, &entry));
    assert_int_equal(entry.form, TPS_CMW_CBOR_TAG);
    free(p.certificate.data);
}

static void a_wrapper_of_json_is_found_too(void **state)
{
    published p;
    tps_span found;
    uint8_t room_bytes[64];
    tps_buf room = TPS_BUF_OF(room_bytes);
    tps_cmw cmw;

    (void)state;
    vectors_require();
    p = load();
    memset(p.value + 2, ' ', p.value[1]);
    memcpy(p.value + 2, "[\"a/b\",\"AQ\"]", 12);
    assert_status(tps_cmw_find_in_certificate(span_of(p.certificate), &found, NULL), TPS_CMW_NOT_WELL_FORMED);
    p.value[0] = 0x0c;
    assert_status(tps_cmw_find_in_certificate(span_of(p.certificate), &found, NULL), TPS_OK);
    assert_status(tps_cmw_read(found, &room, &cmw, NULL), TPS_OK);
    assert_int_equal(cmw.form, TPS_CMW_JSON_RECORD);
    memset(p.value + 2, ' ', p.value[1]);
    assert_status(tps_cmw_find_in_certificate(span_of(p.certificate), &found, NULL), TPS_CMW_NOT_WELL_FORMED);
    free(p.certificate.data);
}

static void another_extension_is_not_taken_for_it(void **state)
{
    published p;
    tps_span found;

    (void)state;
    vectors_require();
    p = load();
    p.value[-3]++; /* the last arc */
    assert_status(tps_cmw_find_in_certificate(span_of(p.certificate), &found, NULL), TPS_NOT_FOUND);
    free(p.certificate.data);
}

static void an_extension_of_another_kind_is_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
        tps_status status;
    } changes[] = {
        {0, 0x0c, TPS_DER_BAD_TEXT},        /* CBOR under the tag of JSON */
        {0, 0x16, TPS_DER_BAD_TEXT},        /* IA5String */
        {0, 0x17, TPS_CMW_NOT_WELL_FORMED}, /* UTCTime */
        {0, 0x30, TPS_DER_TRUNCATED},       /* no wrapper's type at all */
        {1, 0x00, TPS_DER_TRAILING},        /* empty */
        {2, '{', TPS_CMW_NOT_WELL_FORMED},  /* JSON under the tag of CBOR */
        {2, 0x01, TPS_CMW_NOT_WELL_FORMED}, /* begins like no wrapper */
    };
    published p;
    tps_span found;
    tps_error why;

    (void)state;
    vectors_require();
    p = load();
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        uint8_t before = p.value[changes[i].at];
        tps_status status;
        p.value[changes[i].at] = changes[i].byte;
        status = tps_cmw_find_in_certificate(span_of(p.certificate), &found, &why);
        if (status != changes[i].status) {
            fail_msg("change %zu: %s", i, tps_status_name(status));
        }
        assert_int_equal(why.status, status);
        p.value[changes[i].at] = before;
    }
    assert_int_equal(tps_cmw_find_in_certificate(tps_span_make(p.certificate.data, 100), &found, NULL),
                     TPS_DER_TRUNCATED);
    free(p.certificate.data);
}

static void extension_values_have_the_shortest_length(void **state)
{
    static const struct {
        size_t size;
        uint8_t head[5];
        size_t head_size;
    } cases[] = {
        {2, {0x04, 0x02}, 2},
        {127, {0x04, 0x7f}, 2},
        {128, {0x04, 0x81, 0x80}, 3},
        {255, {0x04, 0x81, 0xff}, 3},
        {256, {0x04, 0x82, 0x01, 0x00}, 4},
        {65535, {0x04, 0x82, 0xff, 0xff}, 4},
        {65536, {0x04, 0x83, 0x01, 0x00, 0x00}, 5},
    };
    static uint8_t cmw[65536] = {0x82};
    static uint8_t out[65536 + 5];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_span wrapper = tps_span_make(cmw, cases[i].size);
        size_t size;
        assert_status(tps_cmw_extension_value(wrapper, TPS_BUF_MEASURE, &size), TPS_OK);
        assert_int_equal(size, cases[i].head_size + cases[i].size);
        assert_status(tps_cmw_extension_value(wrapper, (tps_buf){out, size - 1}, &size),
                      TPS_BUFFER_TOO_SMALL);
        assert_status(tps_cmw_extension_value(wrapper, TPS_BUF_OF(out), &size), TPS_OK);
        assert_memory_equal(out, cases[i].head, cases[i].head_size);
        assert_memory_equal(out + cases[i].head_size, cmw, cases[i].size);
    }
}

static void extension_values_say_which_encoding_they_hold(void **state)
{
    uint8_t out[16];
    size_t size;

    (void)state;
    assert_status(tps_cmw_extension_value(TPS_SPAN_LITERAL("{}"), TPS_BUF_OF(out), &size), TPS_OK);
    assert_int_equal(out[0], 0x0c);
    assert_status(tps_cmw_extension_value(TPS_SPAN_LITERAL("x"), TPS_BUF_OF(out), &size),
                  TPS_CMW_NOT_WELL_FORMED);
    assert_status(tps_cmw_extension_value(tps_span_make("[", TPS_CMW_SIZE_MAX), TPS_BUF_OF(out), &size),
                  TPS_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_certificate_gives_its_wrapper),
        cmocka_unit_test(a_wrapper_of_json_is_found_too),
        cmocka_unit_test(another_extension_is_not_taken_for_it),
        cmocka_unit_test(an_extension_of_another_kind_is_refused),
        cmocka_unit_test(extension_values_have_the_shortest_length),
        cmocka_unit_test(extension_values_say_which_encoding_they_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
