/* SPDX-License-Identifier: Apache-2.0 */
/* COSE header parameters: types, places, duplicates over both buckets, and "crit". */
#include "support/check.h"
#include "support/cose_craft.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/cose.h"

static tps_buf message;

static int clean(void **state)
{
    (void)state;
    free(message.data);
    message.data = NULL;
    return 0;
}

/* The status of taking a message with these buckets apart. `out` points into memory that lives until the next
 * call. */
static tps_status parse(const char *protected_hex, const char *unprotected_hex, tps_cose_sign1 *out,
                        tps_error *why)
{
    tps_buf crafted = craft_sign1(protected_hex, unprotected_hex, TPS_SPAN_LITERAL("x"), NULL, 0);

    free(message.data);
    message = exact_copy(span_of(crafted));
    free(crafted.data);
    return tps_cose_sign1_parse(span_of(message), out, why);
}

static void refuse(const char *protected_hex, const char *unprotected_hex, tps_status expected)
{
    tps_cose_sign1 out;

    assert_status(parse(protected_hex, unprotected_hex, &out, NULL), expected);
}

static void take(const char *protected_hex, const char *unprotected_hex)
{
    refuse(protected_hex, unprotected_hex, TPS_OK);
}

static void every_known_parameter_is_found(void **state)
{
    tps_cose_sign1 out;

    (void)state;
    assert_status(parse("a60126 036474657874 0442 3131 08420102 0fa1010 2 1821 43aabbcc", "a0", &out, NULL),
                  TPS_OK);
    assert_int_equal(out.headers.alg, TPS_ALG_ES256);
    assert_true(out.headers.is_alg_protected);
    assert_span_text(out.headers.content_type, "text");
    assert_true(out.headers.content_format == UINT64_MAX);
    assert_span_text(out.headers.kid, "11");
    assert_span(out.headers.corim_meta, tps_span_make("\x01\x02", 2));
    assert_span(out.headers.cwt_claims, tps_span_make("\xa1\x01\x02", 3));
    assert_int_equal(out.headers.x5chain_count, 1);
    assert_span(out.headers.x5chain, tps_span_make("\x43\xaa\xbb\xcc", 4));
    assert_span_text(out.payload, "x");
}

static void absent_parameters_are_told_from_present_ones(void **state)
{
    tps_cose_sign1 out;

    (void)state;
    assert_status(parse("", "a0", &out, NULL), TPS_OK);
    assert_int_equal(out.headers.alg, 0);
    assert_false(out.headers.is_alg_protected);
    assert_true(out.headers.content_format == UINT64_MAX);
    assert_null(out.headers.content_type.data);
    assert_null(out.headers.kid.data);
    assert_null(out.headers.corim_meta.data);
    assert_null(out.headers.cwt_claims.data);
    assert_int_equal(out.headers.x5chain_count, 0);
    assert_status(parse("a1031901 07", "a10126", &out, NULL), TPS_OK);
    assert_int_equal(out.headers.content_format, 263);
    assert_int_equal(out.headers.alg, TPS_ALG_ES256);
    assert_false(out.headers.is_alg_protected);
}

static void a_chain_may_have_up_to_eight_certificates(void **state)
{
    tps_span chain[8];
    tps_cose_sign1 out;

    (void)state;
    assert_status(parse("a10126", "a1182182410141 02", &out, NULL), TPS_OK);
    assert_int_equal(out.headers.x5chain_count, 2);
    assert_int_equal(tps_cose_certificates(out.headers.x5chain, chain, 8), 2);
    assert_span(chain[1], tps_span_make("\x02", 1));
    take("a10126", "a11821884101410141014101410141014101410 1");
    refuse("a10126", "a11821894101410141014101410141014101410 14101", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1182180", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a118218101", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a11821a0", TPS_COSE_BAD_HEADER);
}

static void certificates_are_taken_as_far_as_they_go(void **state)
{
    tps_span chain[2];

    (void)state;
    assert_int_equal(tps_cose_certificates(TPS_SPAN_EMPTY, chain, 2), 0);
    assert_int_equal(tps_cose_certificates(tps_span_make("\x41\x01", 2), chain, 2), 1);
    assert_int_equal(tps_cose_certificates(tps_span_make("\x41\x01", 2), chain, 0), 0);
    assert_int_equal(tps_cose_certificates(tps_span_make("\x83\x41\x01\x41\x02\x41\x03", 7), chain, 2), 2);
    assert_int_equal(tps_cose_certificates(tps_span_make("\x82\x41\x01\x01", 4), chain, 2), 1);
}

static void parameters_of_a_wrong_type_are_refused_by_name(void **state)
{
    static const struct {
        const char *bucket;
        const char *name;
    } samples[] = {
        {"a10140", "alg"},          {"a101f6", "alg"},          {"a1011b8000000000000000", "alg"},
        {"a10340", "content type"}, {"a10320", "content type"}, {"a10401", "kid"},
        {"a1046161", "kid"},        {"a1045f4101ff", "kid"},    {"a108a0", "corim-meta"},
        {"a1182101", "x5chain"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        tps_cose_sign1 out;
        tps_error why = {0};

        assert_status(parse(samples[i].bucket, "a0", &out, &why), TPS_COSE_BAD_HEADER);
        assert_string_equal(why.detail, samples[i].name);
        assert_status(parse("", samples[i].bucket, &out, &why), TPS_COSE_BAD_HEADER);
        assert_string_equal(why.detail, samples[i].name);
    }
}

static void an_algorithm_with_a_text_for_name_is_refused(void **state)
{
    (void)state;
    refuse("a1016545 53323536", "a0", TPS_COSE_ALG_REFUSED);
}

static void labels_are_numbers_or_texts(void **state)
{
    (void)state;
    take("a20126616100", "a16162a0");
    take("a301261903e8f638ff00", "a139270f8101");
    refuse("a14000", "a0", TPS_COSE_BAD_HEADER);
    refuse("a1f600", "a0", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1810100", TPS_COSE_BAD_HEADER);
    refuse("a11b800000000000000000", "a0", TPS_COSE_BAD_HEADER);
}

static void buckets_that_are_no_maps_are_refused(void **state)
{
    tps_cose_sign1 out;
    tps_buf bytes;

    (void)state;
    refuse("80", "a0", TPS_COSE_NOT_WELL_FORMED);
    refuse("00", "a0", TPS_COSE_NOT_WELL_FORMED);
    refuse("a10126", "80", TPS_COSE_NOT_WELL_FORMED);
    refuse("a10126", "40", TPS_COSE_NOT_WELL_FORMED);
    /* The protected bucket must be a byte string. */
    bytes = bytes_from_hex("84a10126a0417840");
    assert_status(tps_cose_sign1_parse(span_of(bytes), &out, NULL), TPS_COSE_NOT_WELL_FORMED);
    free(bytes.data);
}

static void the_protected_bucket_is_checked_as_cbor_of_its_own(void **state)
{
    (void)state;
    refuse("a1", "a0", TPS_CBOR_TRUNCATED);
    refuse("a1012600", "a0", TPS_CBOR_TRAILING);
    refuse("a1181c", "a0", TPS_CBOR_TRUNCATED);
    refuse("a201260127", "a0", TPS_CBOR_DUPLICATE_KEY);
    refuse("a20126180127", "a0", TPS_CBOR_DUPLICATE_KEY);
    refuse("a10126", "a204410104 4102", TPS_CBOR_DUPLICATE_KEY);
}

static void a_parameter_in_both_buckets_is_refused(void **state)
{
    static const char *const buckets[] = {"a10126", "a103182a", "a1044131",  "a1084101",
                                          "a10fa0", "a1106161", "a118214101"};

    (void)state;
    for (size_t i = 0; i < sizeof buckets / sizeof buckets[0]; i++) {
        refuse(buckets[i], buckets[i], TPS_COSE_DUPLICATE_HEADER);
    }
    /* In another size of head, too. */
    refuse("a10126", "a1180126", TPS_COSE_DUPLICATE_HEADER);
    /* What is unknown here may be known to the caller: it is refused, too. */
    refuse("a2012618 63f6", "a11863f6", TPS_COSE_DUPLICATE_HEADER);
    refuse("a201266161f6", "a16161f6", TPS_COSE_DUPLICATE_HEADER);
    take("a2012618 63f6", "a11864f6");
}

static void certificates_by_reference_are_told_apart(void **state)
{
    tps_cose_sign1 out;

    (void)state;
    assert_status(parse("a10126", "a3 1820 4101 1822 82 2f 42aabb 1823 d820 63753a76", &out, NULL), TPS_OK);
    assert_span(out.headers.x5bag, tps_span_make("\x41\x01", 2));
    assert_int_equal(out.headers.x5chain_count, 0);
    assert_int_equal(out.headers.x5t_alg, TPS_ALG_SHA256);
    assert_span(out.headers.x5t, tps_span_make("\xaa\xbb", 2));
    assert_span_text(out.headers.x5u, "u:v");
    assert_status(parse("a10126", "a1 1822 82 6161 41aa", &out, NULL),
                  TPS_OK); /* a hash with a text for name */
    assert_int_equal(out.headers.x5t_alg, 0);
    assert_span(out.headers.x5t, tps_span_make("\xaa", 1));
    take("a10126", "a1 1822 9f 2f 41aa ff");
    refuse("a10126", "a1 1822 41aa", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 1822 81 2f", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 1822 83 2f 41aa 41bb", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 1822 82 2f 2f", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 1822 82 41aa 41bb", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 1822 80", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 1823 63753a76", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 1823 d821 63753a76", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 1823 d820 43753a76", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 1823 d820 7f6175ff", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 1820 80", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 1820 8100", TPS_COSE_BAD_HEADER);
}

static void nonces_and_contexts_are_bytes(void **state)
{
    tps_cose_sign1 out;

    (void)state;
    assert_status(parse("a10126", "a3 054101 064102 0a4103", &out, NULL), TPS_OK);
    assert_span(out.headers.iv, tps_span_make("\x01", 1));
    assert_span(out.headers.partial_iv, tps_span_make("\x02", 1));
    assert_span(out.headers.kid_context, tps_span_make("\x03", 1));
    refuse("a10126", "a1 0501", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 066101", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 0af6", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 0f01", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1 1020", TPS_COSE_BAD_HEADER);
    assert_status(parse("a10126", "a1 10183d", &out, NULL), TPS_OK);
    assert_int_equal(out.headers.typ_format, 61);
}

/* What an attacker could make long to compare: pairs are few, and their number is bounded. */
static void a_bucket_of_more_than_thirty_two_parameters_is_refused(void **state)
{
    char hex[256] = "b8 21";

    (void)state;
    for (unsigned i = 0; i < 33; i++) {
        snprintf(hex + strlen(hex), 7, "18%02x00", 100 + i);
    }
    refuse("a10126", hex, TPS_CBOR_TOO_MANY);
    refuse(hex, "a0", TPS_CBOR_TOO_MANY);
    memcpy(hex, "b8 20", 5);
    hex[strlen(hex) - 6] = '\0';
    take("a10126", hex);
}

/* Nor are there parameters that take long to pass over. */
static void a_parameter_of_more_than_255_items_is_refused(void **state)
{
    char hex[1024];

    (void)state;
    for (unsigned items = 254; items <= 255; items++) { /* and the array around them */
        size_t at = (size_t)snprintf(hex, sizeof hex, "a2 186400 1865 98%02x", items);
        memset(hex + at, '0', 2 * items);
        hex[at + 2 * items] = '\0';
        refuse("a10126", hex, items == 254 ? TPS_OK : TPS_CBOR_UNTRACKED_KEYS);
        refuse(hex, "a0", items == 254 ? TPS_OK : TPS_CBOR_UNTRACKED_KEYS);
    }
}

static void headers_that_end_early_or_late_are_refused(void **state)
{
    (void)state;
    refuse("a101", "a0", TPS_CBOR_TRUNCATED);
    refuse("a20126", "a0", TPS_CBOR_TRUNCATED);
    refuse("bf0126", "a0", TPS_CBOR_TRUNCATED);
    refuse("bf01ff", "a0", TPS_CBOR_BAD_BREAK);
    refuse("a20126ff", "a0", TPS_CBOR_BAD_BREAK);
    refuse("a1ff", "a0", TPS_CBOR_BAD_BREAK);
    refuse("a1012618", "a0", TPS_CBOR_TRAILING);
    refuse("a1046161ff", "a0", TPS_COSE_BAD_HEADER);
    refuse("a103 62c328", "a0", TPS_COSE_BAD_HEADER);
    refuse("a1 61ff 00", "a0", TPS_CBOR_BAD_UTF8);
    refuse("a1 7f6161ff 00", "a0", TPS_COSE_BAD_HEADER);
    refuse("a1 f90000 00", "a0", TPS_COSE_BAD_HEADER);
}

static void crit_may_name_what_is_understood_and_present(void **state)
{
    (void)state;
    take("a201260281 01", "a0");
    take("a301260281040441 31", "a0");
    take("a30126028118211821 4101", "a0");
    take("a4012602820f030fa00300", "a0");
    take("a30126028110106161", "a0");
}

static void crit_that_names_the_unknown_is_refused(void **state)
{
    (void)state;
    refuse("a301260281186318 6300", "a0", TPS_COSE_CRIT_UNKNOWN);
    refuse("a201260281 1863", "a0", TPS_COSE_CRIT_UNKNOWN);
    refuse("a30126028161616161 00", "a0", TPS_COSE_CRIT_UNKNOWN);
    refuse("a20126028201 20", "a0", TPS_COSE_CRIT_UNKNOWN);
}

/* What follows it would not be looked at: 99 is not understood. */
static void a_list_does_not_end_at_a_text_that_is_not_utf8(void **state)
{
    (void)state;
    refuse("a2012602820161ff", "a0", TPS_COSE_BAD_HEADER);
    refuse("a301260283 0161ff1863 186300", "a0", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a11821 82413161ff", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a11820 82413161ff", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a11822 832f413161ff", TPS_COSE_BAD_HEADER);
}

static void crit_of_a_wrong_shape_or_place_is_refused(void **state)
{
    (void)state;
    refuse("a201260280", "a0", TPS_COSE_BAD_HEADER);
    refuse("a20126029fff", "a0", TPS_COSE_BAD_HEADER);
    refuse("a2012602 01", "a0", TPS_COSE_BAD_HEADER);
    refuse("a2012602a0", "a0", TPS_COSE_BAD_HEADER);
    refuse("a2012602814101", "a0", TPS_COSE_BAD_HEADER);
    refuse("a2012602811b8000000000000000", "a0", TPS_COSE_BAD_HEADER);
    refuse("a10126", "a1028101", TPS_COSE_BAD_HEADER);
    /* It names what is absent, or unprotected. */
    refuse("a201260281 04", "a0", TPS_COSE_BAD_HEADER);
    refuse("a201260281 04", "a1044131", TPS_COSE_BAD_HEADER);
    refuse("a1028101", "a10126", TPS_COSE_BAD_HEADER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_known_parameter_is_found),
        cmocka_unit_test(absent_parameters_are_told_from_present_ones),
        cmocka_unit_test(a_chain_may_have_up_to_eight_certificates),
        cmocka_unit_test(certificates_are_taken_as_far_as_they_go),
        cmocka_unit_test(parameters_of_a_wrong_type_are_refused_by_name),
        cmocka_unit_test(an_algorithm_with_a_text_for_name_is_refused),
        cmocka_unit_test(labels_are_numbers_or_texts),
        cmocka_unit_test(buckets_that_are_no_maps_are_refused),
        cmocka_unit_test(the_protected_bucket_is_checked_as_cbor_of_its_own),
        cmocka_unit_test(a_parameter_in_both_buckets_is_refused),
        cmocka_unit_test(certificates_by_reference_are_told_apart),
        cmocka_unit_test(nonces_and_contexts_are_bytes),
        cmocka_unit_test(a_bucket_of_more_than_thirty_two_parameters_is_refused),
        cmocka_unit_test(a_parameter_of_more_than_255_items_is_refused),
        cmocka_unit_test(headers_that_end_early_or_late_are_refused),
        cmocka_unit_test(crit_may_name_what_is_understood_and_present),
        cmocka_unit_test(crit_that_names_the_unknown_is_refused),
        cmocka_unit_test(a_list_does_not_end_at_a_text_that_is_not_utf8),
        cmocka_unit_test(crit_of_a_wrong_shape_or_place_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, clean);
}
