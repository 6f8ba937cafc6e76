/* SPDX-License-Identifier: Apache-2.0 */
/* What a wrapper may say of its message: media types, content formats and their tags, types of collections.
 */
#include "support/check.h"
#include "tps/cmw.h"

static void tags_of_content_formats_are_those_of_rfc_9277(void **state)
{
    (void)state;
    assert_int_equal(tps_cmw_tag_of(0), 1668546817);
    assert_int_equal(tps_cmw_tag_of(254), 1668546817 + 254);
    assert_int_equal(tps_cmw_tag_of(255), 1668546817 + 256);
    assert_int_equal(tps_cmw_tag_of(273), 1668547091);
    assert_int_equal(tps_cmw_tag_of(30001), 1668576935); /* the example of RFC 9999, 5.3 */
    assert_int_equal(tps_cmw_tag_of(65024), 1668612095);
    assert_int_equal(tps_cmw_tag_of(65025), 0);
    assert_int_equal(tps_cmw_tag_of(UINT32_MAX), 0);
}

static void every_content_format_comes_back_from_its_tag(void **state)
{
    (void)state;
    for (uint32_t format = 0; format <= 65024; format++) {
        assert_int_equal(tps_cmw_content_format_of(tps_cmw_tag_of(format)), format);
    }
}

static void other_tags_stand_for_no_content_format(void **state)
{
    static const uint64_t tags[] = {0, 18, 1668546816, 1668546817 + 255, 1668612096, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        assert_int_equal(tps_cmw_content_format_of(tags[i]), TPS_CMW_NO_CONTENT_FORMAT);
    }
}

static void media_types_are_taken_as_rfc_9999_writes_them(void **state)
{
    static const char *const good[] = {
        "application/eat+cwt",
        "a/b",
        "9/x!#$&-^_.+",
        "application/eat+cwt;eat_profile=x",
        "application/eat+cwt; eat_profile=\"tag:psacertified.org,2023:psa#tfm\"",
        "application/cose ;  cose-type=\"cose-sign1\";a='b'",
        "text/plain; x=\"a\\\"b\\\\\"; y=~`|%",
        "a/b;c=\"\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!tps_cmw_type_is_valid(tps_span_of_text(good[i]))) {
            fail_msg("refused: %s", good[i]);
        }
    }
}

static void what_is_no_media_type_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "/",
        "application",
        "application/",
        "/eat+cwt",
        "+a/b",
        "a/.b",
        "a b/c",
        "a/b;",
        "a/b ",
        "a/b; ",
        "a/b;=c",
        "a/b;c",
        "a/b;c=",
        "a/b; c = d",
        "a/b;c=\"d",
        "a/b;c=\"d\\",
        "a/b;c=\"d\\\x01\"",
        "a/b;c=\"\x7f\"",
        "a/b;c=d e",
        "a/b\n",
        "a/b,c/d",
        "#cmw-c2j-tunnel",
        "#cmw-j2c-tunnel",
        "a/b;c=\"\xc3\xa4\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (tps_cmw_type_is_valid(tps_span_of_text(bad[i]))) {
            fail_msg("taken: %s", bad[i]);
        }
    }
    assert_false(tps_cmw_type_is_valid(TPS_SPAN_LITERAL("a/b;c=\"\0\"")));
}

static void a_media_types_names_have_127_characters_at_most(void **state)
{
    char type[300];

    (void)state;
    memset(type, 'a', sizeof type);
    type[127] = '/';
    assert_true(tps_cmw_type_is_valid(tps_span_make(type, 255)));
    assert_false(tps_cmw_type_is_valid(tps_span_make(type, 256)));
    assert_false(tps_cmw_type_is_valid(tps_span_make(type, 127)));
    type[127] = 'a';
    type[128] = '/';
    assert_false(tps_cmw_type_is_valid(tps_span_make(type, 200)));
}

static void a_known_media_type_has_its_content_format(void **state)
{
    static const uint32_t formats[] = {16,  17,  18,  60,  61,  263, 264, 265,   266,
                                       267, 268, 273, 274, 275, 276, 601, 10003, 10004};

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const char *type = tps_cmw_media_type(formats[i]);
        assert_non_null(type);
        assert_int_equal(tps_cmw_content_format(tps_span_of_text(type)), formats[i]);
    }
    assert_null(tps_cmw_media_type(30001));
    assert_int_equal(tps_cmw_content_format(TPS_SPAN_LITERAL("application/x")), TPS_CMW_NO_CONTENT_FORMAT);
    assert_int_equal(tps_cmw_content_format(TPS_SPAN_LITERAL("")), TPS_CMW_NO_CONTENT_FORMAT);
}

static void media_types_are_compared_as_they_are_meant(void **state)
{
    (void)state;
    assert_int_equal(tps_cmw_content_format(TPS_SPAN_LITERAL("Application/EAT+cwt")), 263);
    assert_int_equal(tps_cmw_content_format(TPS_SPAN_LITERAL(
                         "application/eat+cwt ;EAT_profile=\"tag:psacertified.org,2023:psa#tfm\"")),
                     10003);
    assert_int_equal(tps_cmw_content_format(TPS_SPAN_LITERAL(
                         "application/eat+cwt;eat_profile=\"TAG:psacertified.org,2023:psa#tfm\"")),
                     TPS_CMW_NO_CONTENT_FORMAT);
    assert_int_equal(tps_cmw_content_format(TPS_SPAN_LITERAL("application/eat+cwt; a=b")),
                     TPS_CMW_NO_CONTENT_FORMAT);
    assert_int_equal(tps_cmw_content_format(TPS_SPAN_LITERAL("application/eat+cw")),
                     TPS_CMW_NO_CONTENT_FORMAT);
}

static void two_ways_to_write_a_media_type_are_the_same(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        bool is_same;
    } cases[] = {
        {"a/b", "A/B", true},
        {"a/b; c=d", "a/b;C=\"d\"", true},
        {"a/b; c=d", "a/b;c=D", false},
        {"a/b; c=\"d\\e\"", "a/b;c=de", true},
        {"a/b; c=\"d e\" ; f=g", "a/b;c=\"d e\";f=g", true},
        {"a/b; c=\"d;e=f\"", "a/b;c=d;e=f", false},
        {"a/b; c=\"\"", "a/b; c=\"\"", true},
        {"a/b; c=d", "a/b", false},
        {"a/b", "a/bc", false},
        {"a/b; c=d; e=f", "a/b; e=f; c=d", false},
        {"a", "a", false},
        {"a/b", "b", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_span a = tps_span_of_text(cases[i].a);
        tps_span b = tps_span_of_text(cases[i].b);
        if (tps_cmw_type_equal(a, b) != cases[i].is_same || tps_cmw_type_equal(b, a) != cases[i].is_same) {
            fail_msg("%s and %s", cases[i].a, cases[i].b);
        }
    }
}

static void a_collections_type_is_an_absolute_uri_or_an_oid(void **state)
{
    static const char *const good[] = {
        "tag:example.com,2024:composite-attester",
        "urn:ietf:rfc:rfc9999",
        "http://www.ietf.org/rfc/rfc2396.txt",
        "1.2.3.4",
        "2.999",
        "0.0",
        "a:%4aB",
        "x-y+z.1:[::1]@!$&'()*+,;=?~_",
    };
    static const char *const bad[] = {
        "",   "a/b/c", ".2.3.4", "1",    "1.2.", "1.02", "3.1",   "1.2 3.4", "1..2",       ":a",    "1a:b",
        "a:", "a",     "a:b#c",  "a: b", "a:%",  "a:%4", "a:%4g", "a:%g4",   "a:\xc3\xa4", "a_b:c", "1.2.x",
    };
    char long_one[TPS_CMW_TYPE_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!tps_cmw_collection_type_is_valid(tps_span_of_text(good[i]))) {
            fail_msg("refused: %s", good[i]);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (tps_cmw_collection_type_is_valid(tps_span_of_text(bad[i]))) {
            fail_msg("taken: %s", bad[i]);
        }
    }
    memset(long_one, 'a', sizeof long_one);
    long_one[1] = ':';
    assert_true(tps_cmw_collection_type_is_valid(tps_span_make(long_one, TPS_CMW_TYPE_MAX)));
    assert_false(tps_cmw_collection_type_is_valid(tps_span_make(long_one, TPS_CMW_TYPE_MAX + 1)));
}

static void the_indicators_bits_have_names(void **state)
{
    (void)state;
    assert_string_equal(tps_cmw_indicator_name(0), "reference values");
    assert_string_equal(tps_cmw_indicator_name(1), "endorsements");
    assert_string_equal(tps_cmw_indicator_name(2), "evidence");
    assert_string_equal(tps_cmw_indicator_name(3), "attestation results");
    assert_string_equal(tps_cmw_indicator_name(4), "appraisal policy");
    assert_null(tps_cmw_indicator_name(5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_of_content_formats_are_those_of_rfc_9277),
        cmocka_unit_test(every_content_format_comes_back_from_its_tag),
        cmocka_unit_test(other_tags_stand_for_no_content_format),
        cmocka_unit_test(media_types_are_taken_as_rfc_9999_writes_them),
        cmocka_unit_test(what_is_no_media_type_is_refused),
        cmocka_unit_test(a_media_types_names_have_127_characters_at_most),
        cmocka_unit_test(a_known_media_type_has_its_content_format),
        cmocka_unit_test(media_types_are_compared_as_they_are_meant),
        cmocka_unit_test(two_ways_to_write_a_media_type_are_the_same),
        cmocka_unit_test(a_collections_type_is_an_absolute_uri_or_an_oid),
        cmocka_unit_test(the_indicators_bits_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
