/* SPDX-License-Identifier: Apache-2.0 */
/* CoMID in detail: every kind of value, and software components by the rules of each profile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/vectors.h"
#include "tps/corim.h"

/* The last of each that a visit saw; spans point into `manifest`. */
static struct {
    uint8_t manifest[1024];
    tps_corim_comid comid;
    tps_corim_environment environment;
    tps_corim_measurement measurement;
    tps_corim_key key;
} last;

static tps_status keep_comid(void *context, const tps_corim_comid *comid)
{
    last.comid = *comid;
    return context == NULL ? TPS_OK : TPS_UNSUPPORTED;
}

static tps_status keep_measurement(void *context, const tps_corim_environment *environment,
                                   const tps_corim_measurement *measurement)
{
    (void)context;
    last.environment = *environment;
    last.measurement = *measurement;
    return TPS_OK;
}

static tps_status keep_keys(void *context, const tps_corim_environment *environment,
                            const tps_corim_key *keys, size_t count)
{
    (void)context;
    (void)count;
    last.environment = *environment;
    last.key = keys[0];
    return TPS_OK;
}

/* Visits 501({0: "a", 1: [506(<<comid>>)]}). */
static tps_status visit_with(const char *comid, void *context, tps_error *why)
{
    static const uint8_t start[] = {0xd9, 0x01, 0xf5, 0xa2, 0x00, 0x61, 0x61, 0x01, 0x81, 0xd9, 0x01, 0xfa};
    tps_corim_visitor visitor = {.context = context,
                                 .comid = keep_comid,
                                 .reference_value = keep_measurement,
                                 .attest_keys = keep_keys};
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(last.manifest));
    tps_buf bytes = bytes_from_hex(comid);
    tps_span manifest;
    tps_corim corim;

    tps_cbor_put_raw(&w, TPS_SPAN_OF(start));
    tps_cbor_put_bytes(&w, span_of(bytes));
    free(bytes.data);
    assert_int_equal(tps_cbor_writer_finish(&w, &manifest), TPS_OK);
    TPS_TRY(tps_corim_decode(manifest, &corim, why));
    return tps_corim_visit(&corim, &visitor, why);
}

static tps_status visit(const char *comid)
{
    return visit_with(comid, NULL, NULL);
}

#define IDENTITY "01A1006162"
#define CLASS    "A100A1016161" /* {0: {1: "a"}} */

/* A CoMID with one measurement {1: {values}} of the class. */
#define MEASURED(values) "A2" IDENTITY "04A1008182" CLASS "81A101" values
/* A CoMID with one reference value of the environment. */
#define ABOUT(environment) "A2" IDENTITY "04A1008182" environment "81A101A10B6161"
/* A CoMID with one attestation key of the class. */
#define KEYED(key) "A2" IDENTITY "04A1038182" CLASS "81" key

static void reads_a_comids_own_members(void **state)
{
    (void)state;
    assert_int_equal(visit("A6 0062656E 01A200D82550000102030405060708090A0B0C0D0E0F0107 "
                           "0281A30061580181010281 01 0380 04A1008182" CLASS "81A101A10B6161 1863F6"),
                     TPS_OK);
    assert_true(tps_span_is_text(last.comid.language, "en"));
    assert_int_equal(last.comid.id.kind, TPS_CORIM_UUID);
    assert_int_equal(last.comid.version, 7);
    assert_true(tps_span_is_text(last.comid.entity_name, "X"));
    assert_int_equal(visit_with(ABOUT(CLASS), &last, NULL), TPS_UNSUPPORTED);
}

static void reads_every_kind_of_class_and_instance(void **state)
{
    static const struct {
        const char *hex;
        uint32_t kind;
    } ids[] = {
        {"D825 50000102030405060708090A0B0C0D0E0F", TPS_CORIM_UUID},
        {"D86F 432B0601", TPS_CORIM_OID},
        {"D90230 4101", TPS_CORIM_BYTES},
        {"D90226 4701020304050607", TPS_CORIM_UEID},
        {"D90258 5820 0000000000000000000000000000000000000000000000000000000000000000",
         TPS_CORIM_IMPLEMENTATION_ID},
        {"D90259 A0", TPS_CORIM_REFVAL_ID},
        {"D9022A 6161", TPS_CORIM_KEY},
        {"D90231 80", TPS_CORIM_KEY},
        {"D90232 40", TPS_CORIM_KEY},
        {"D90227 05", TPS_CORIM_OTHER},
        {"05", TPS_CORIM_UINT},
        {"6161", TPS_CORIM_TEXT},
        {"F6", TPS_CORIM_OTHER},
    };
    char comid[512];

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        snprintf(comid, sizeof comid, ABOUT("A300A5 00 %s 0161760261 6D 0301 0402 01 %s 02 %s"), ids[i].hex,
                 ids[i].hex, ids[i].hex);
        assert_int_equal(visit(comid), TPS_OK);
        assert_int_equal(last.environment.class_id.kind, ids[i].kind);
        assert_int_equal(last.environment.instance.kind, ids[i].kind);
        assert_int_equal(last.environment.group.kind, ids[i].kind);
        assert_true(last.environment.has_layer && last.environment.has_index);
        assert_int_equal(last.environment.index, 2);
        assert_true(tps_span_is_text(last.environment.model, "m"));
    }
    assert_int_equal(visit(ABOUT("A101D82541AA")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(ABOUT("A101D9022641AA")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(ABOUT("A100A10961 61")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(ABOUT("A1096161")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(ABOUT("A100A10160")), TPS_CORIM_BAD_VALUE);
}

static void reads_every_measured_value(void **state)
{
    (void)state;
    assert_int_equal(visit(MEASURED("A7 00A200633 12E3 001 06 01D9022905 0281820741"
                                    "00 03A0 04D9023042AABB 0B6161 0D81D902304101")),
                     TPS_CORIM_BAD_VALUE); /* SHA-384 of one byte */
    assert_int_equal(visit(MEASURED("A7 00A20063312E3001190400 01D9022905 028182186341"
                                    "00 03A0 04D9023042AABB 0B6161 0D81D902304101")),
                     TPS_OK);
    assert_true(tps_span_is_text(last.measurement.version, "1.0"));
    assert_true(last.measurement.has_svn && last.measurement.is_min_svn);
    assert_int_equal(last.measurement.svn, 5);
    assert_int_equal(last.measurement.digests[0].alg, 0);
    assert_int_equal(last.measurement.raw_value.size, 2);
    assert_int_equal(last.measurement.unsupported_count, 1);
    assert_int_equal(last.measurement.key_count, 1);
    assert_int_equal(visit(MEASURED("A3 01D9022806 04D902338240 40 616101")), TPS_OK);
    assert_false(last.measurement.is_min_svn);
    assert_int_equal(last.measurement.unsupported_count, 2);
    assert_int_equal(visit(MEASURED("A1 0107")), TPS_OK);
    assert_int_equal(last.measurement.svn, 7);
}

#define B32 "0101010101010101010101010101010101010101010101010101010101010101"

static void digests_name_their_algorithm_by_number_or_text(void **state)
{
    (void)state;
    assert_int_equal(visit(MEASURED("A10281 82 677368612D323536 5820" B32)), TPS_OK); /* "sha-256" */
    assert_int_equal(last.measurement.digests[0].alg, -16);
    assert_int_equal(last.measurement.digests[0].value.size, 32);
    assert_int_equal(visit(MEASURED("A10281 82 2F 5820" B32)), TPS_OK); /* COSE's -16 */
    assert_int_equal(last.measurement.digests[0].alg, -16);
    assert_int_equal(visit(MEASURED("A10281 82 677368612D333834 5820" B32)), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(MEASURED("A10281 82 1BFFFFFFFFFFFFFFFF 5820" B32)), TPS_CORIM_BAD_VALUE);
}

static void members_that_are_not_known_are_passed_over(void **state)
{
    (void)state;
    assert_int_equal(visit(MEASURED("A20B6161 20F6")), TPS_OK);   /* a private one, below zero */
    assert_int_equal(visit(MEASURED("A20B6161 617A00")), TPS_OK); /* one that is text */
    assert_int_equal(visit(MEASURED("A20B6161 1BFFFFFFFFFFFFFFFF00")), TPS_CORIM_BAD_VALUE);
}

static void refuses_values_that_break_the_format(void **state)
{
    (void)state;
    assert_int_equal(visit(MEASURED("A100A10100")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(MEASURED("A100A0")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(MEASURED("A10161 61")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(MEASURED("A10280")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(MEASURED("A1028183014100 00")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(MEASURED("A10281820940")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(MEASURED("A1028182F640")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(MEASURED("A10285820941008209410082094100820941008209 4100")),
                     TPS_CORIM_UNSUPPORTED);
    assert_int_equal(visit(MEASURED("A10B60")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(MEASURED("A10D80")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(MEASURED("A10D81D9022605")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(MEASURED("A10D81D9023040")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(MEASURED("A10B7F6161FF")), TPS_CORIM_BAD_VALUE);  /* text in pieces */
    assert_int_equal(visit(ABOUT("A100A100D9006F40")), TPS_CORIM_BAD_VALUE); /* an OID of no bytes */
    assert_int_equal(visit("A2" IDENTITY "04A10081 83" CLASS "81A101A10B6161 00"), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit("A2" IDENTITY "04A10081 81" CLASS), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit("A2" IDENTITY "04A1008180"), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit("A2" IDENTITY "04A1038180"), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit("A2" IDENTITY "04A10005"), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit("A201A0 04A10005"), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit("A201A10101 04A10005"), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit("A201A2006161 1863F6 04A10005"), TPS_CORIM_BAD_VALUE);
}

static void reads_every_kind_of_key(void **state)
{
    static const uint16_t texts[] = {554, 555, 556};
    static const uint16_t items[] = {557, 558, 559, 561};
    static const uint16_t bytes[] = {560, 562};
    char comid[256];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        snprintf(comid, sizeof comid, KEYED("D9%04X6161"), texts[i]);
        assert_int_equal(visit(comid), TPS_OK);
        assert_int_equal(last.key.tag, texts[i]);
        snprintf(comid, sizeof comid, KEYED("D9%04X4161"), texts[i]);
        assert_int_equal(visit(comid), TPS_CORIM_BAD_VALUE);
    }
    for (size_t i = 0; i < 4; i++) {
        snprintf(comid, sizeof comid, KEYED("D9%04X820140"), items[i]);
        assert_int_equal(visit(comid), TPS_OK);
        assert_int_equal(last.key.value.size, 3);
    }
    for (size_t i = 0; i < 2; i++) {
        snprintf(comid, sizeof comid, KEYED("D9%04X4161"), bytes[i]);
        assert_int_equal(visit(comid), TPS_OK);
        assert_int_equal(last.key.value.size, 1);
    }
    assert_int_equal(visit(KEYED("D9022B 05")), TPS_CORIM_BAD_VALUE);
    assert_int_equal(visit(KEYED("D901F4 05")), TPS_CORIM_BAD_VALUE);
}

static void every_tag_has_a_name(void **state)
{
    static const uint64_t tags[] = {37,  111, 500, 501, 502, 505, 506, 508, 550, 551, 552, 553,
                                    554, 555, 556, 557, 558, 559, 560, 561, 562, 600, 601};

    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        assert_string_not_equal(tps_corim_tag_name(tags[i]), "unknown tag");
    }
    assert_string_equal(tps_corim_tag_name(1), "unknown tag");
    assert_null(tps_corim_profile_uri(TPS_CORIM_PROFILE_UNKNOWN));
}

/* ---- software components ---- */

static const uint8_t hash[64];

static tps_corim_measurement measurement_under(const char *key)
{
    tps_corim_measurement m = {.key = {TPS_CORIM_TEXT, 0, tps_span_of_text(key)},
                               .name = TPS_SPAN_LITERAL("boot"),
                               .digest_count = 2,
                               .key_count = 1};

    m.digests[0] = (tps_corim_digest){0, tps_span_make(hash, 20)};
    m.digests[1] = (tps_corim_digest){-43, tps_span_make(hash, 48)};
    m.keys[0] = (tps_corim_key){TPS_CORIM_TAG_BYTES, tps_span_make(hash, 64)};
    return m;
}

static void expect_component(const tps_corim_measurement *m, uint32_t profile_kind, tps_status status)
{
    tps_corim_component component;

    assert_int_equal(tps_corim_component_of(m, profile_kind, &component, NULL), status);
}

static void the_newer_profiles_each_have_their_own_key(void **state)
{
    tps_corim_measurement m = measurement_under("psa.software-component");
    tps_corim_component component;

    (void)state;
    assert_int_equal(tps_corim_component_of(&m, TPS_CORIM_PROFILE_PSA, &component, NULL), TPS_OK);
    assert_int_equal(component.digest.size, 48); /* the first whose algorithm is known */
    expect_component(&m, TPS_CORIM_PROFILE_OPENTPS, TPS_CORIM_UNSUPPORTED);
    expect_component(&m, TPS_CORIM_PROFILE_PSA_IOT, TPS_CORIM_UNSUPPORTED);
    expect_component(&m, TPS_CORIM_PROFILE_UNKNOWN, TPS_CORIM_UNSUPPORTED);
    m = measurement_under("opentps.software-component");
    expect_component(&m, TPS_CORIM_PROFILE_OPENTPS, TPS_OK);
    expect_component(&m, TPS_CORIM_PROFILE_PSA, TPS_CORIM_UNSUPPORTED);
    m.key.kind = TPS_CORIM_UINT;
    expect_component(&m, TPS_CORIM_PROFILE_OPENTPS, TPS_CORIM_UNSUPPORTED);
}

static void a_component_has_one_signer_and_a_known_digest(void **state)
{
    tps_corim_measurement m = measurement_under("psa.software-component");

    (void)state;
    m.key_count = 2;
    expect_component(&m, TPS_CORIM_PROFILE_PSA, TPS_CORIM_BAD_VALUE);
    m.key_count = 0;
    expect_component(&m, TPS_CORIM_PROFILE_PSA, TPS_CORIM_BAD_VALUE);
    m.key_count = 1;
    m.keys[0].tag = TPS_CORIM_TAG_KEY_PEM;
    expect_component(&m, TPS_CORIM_PROFILE_PSA, TPS_CORIM_BAD_VALUE);
    m = measurement_under("psa.software-component");
    m.keys[0].value.size = 33;
    expect_component(&m, TPS_CORIM_PROFILE_PSA, TPS_CORIM_BAD_VALUE);
    m = measurement_under("psa.software-component");
    m.digest_count = 1;
    expect_component(&m, TPS_CORIM_PROFILE_PSA, TPS_CORIM_BAD_VALUE);
    m = measurement_under("opentps.software-component");
    m.key_count = 0;
    expect_component(&m, TPS_CORIM_PROFILE_OPENTPS, TPS_OK);
}

static void the_legacy_profile_has_signer_and_name_in_its_key(void **state)
{
    tps_corim_measurement m = measurement_under("");
    tps_buf good = bytes_from_hex("A4 0161 61 0463312E30 1863F6 055820"
                                  "00000000000000000000000000000000000000000000000000000000000000 00");
    tps_buf bad = bytes_from_hex("A10105");
    tps_corim_component component;

    (void)state;
    m.key = (tps_corim_value){TPS_CORIM_REFVAL_ID, 601, span_of(good)};
    assert_int_equal(tps_corim_component_of(&m, TPS_CORIM_PROFILE_PSA_IOT, &component, NULL), TPS_OK);
    assert_true(tps_span_is_text(component.version, "1.0"));
    m.key.bytes = span_of(bad);
    expect_component(&m, TPS_CORIM_PROFILE_PSA_IOT, TPS_CORIM_BAD_VALUE);
    free(good.data);
    free(bad.data);
}

/* ---- the manifest's own members ---- */

static tps_status decode_hex(const char *hex, tps_corim *corim)
{
    tps_buf bytes = bytes_from_hex(hex);
    tps_status status;

    assert_true(bytes.size <= sizeof last.manifest);
    memcpy(last.manifest, bytes.data, bytes.size);
    status = tps_corim_decode(tps_span_make(last.manifest, bytes.size), corim, NULL);
    free(bytes.data);
    return status;
}

static void reads_every_member_of_a_manifest(void **state)
{
    tps_corim corim;

    (void)state;
    assert_int_equal(
        decode_hex("D901F5 A7 0050000102030405060708090A0B0C0D0E0F 018100 0282A0A0 03D86F432B0601"
                   "04A300C10101C102 1863F6 0582A2006158028100A2006159028100 6178F6",
                   &corim),
        TPS_OK);
    assert_int_equal(corim.id.kind, TPS_CORIM_UUID);
    assert_int_equal(corim.profile.kind, TPS_CORIM_OID);
    assert_int_equal(corim.profile_kind, TPS_CORIM_PROFILE_UNKNOWN);
    assert_int_equal(corim.dependent_rim_count, 2);
    assert_true(corim.validity.has_not_before);
    assert_true(tps_span_is_text(corim.entity_name, "X"));
    assert_int_equal(tps_corim_validity_check(&corim.validity, 2), TPS_OK);
}

/* 18([<<{1: -7, 3: type, further}>>, {}, <<501({0: "a", 1: [0]})>>, h'']) */
static tps_status decode_signed(const char *further, tps_corim *corim)
{
    static const uint8_t type[] = {0xa3, 0x01, 0x26, 0x03};
    static const uint8_t body[] = {0xd9, 0x01, 0xf5, 0xa2, 0x00, 0x61, 0x61, 0x01, 0x81, 0x00};
    uint8_t room[128];
    tps_cbor_writer header = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(last.manifest));
    tps_buf bytes = bytes_from_hex(further);
    tps_span message;

    tps_cbor_put_raw(&header, TPS_SPAN_OF(type));
    tps_cbor_put_text(&header, TPS_CORIM_CONTENT_TYPE);
    tps_cbor_put_raw(&header, span_of(bytes));
    free(bytes.data);
    tps_cbor_put_tag(&w, 18);
    tps_cbor_put_array(&w, 4);
    tps_cbor_put_bytes(&w, tps_span_make(room, header.size));
    tps_cbor_put_map(&w, 0);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(body));
    tps_cbor_put_bytes(&w, TPS_SPAN_EMPTY);
    assert_int_equal(tps_cbor_writer_finish(&w, &message), TPS_OK);
    return tps_corim_decode(message, corim, NULL);
}

static void reads_what_the_signer_says_of_itself(void **state)
{
    tps_corim corim;

    (void)state;
    assert_int_equal(decode_signed("08 57 A3 00A3 006158 01D820 6175 1863F6 01A101C118C8 1863F6", &corim),
                     TPS_OK);
    assert_true(tps_span_is_text(corim.signer_name, "X"));
    assert_true(tps_span_is_text(corim.signer_uri, "u"));
    assert_int_equal(corim.signature_validity.not_after, 200);
    assert_int_equal(decode_signed("0F A2 016159 0401", &corim), TPS_OK);
    assert_true(tps_span_is_text(corim.signer_name, "Y"));
    assert_int_equal(decode_signed("0F A1 0105", &corim), TPS_CORIM_BAD_VALUE);
    assert_int_equal(decode_signed("08 43 A100A1", &corim), TPS_CBOR_TRUNCATED);
    assert_int_equal(decode_signed("08 44 A100A0A0", &corim), TPS_CBOR_TRAILING);
    assert_int_equal(decode_signed("08 45 A100A10005", &corim), TPS_CORIM_BAD_VALUE);
    assert_int_equal(decode_signed("08 43 A10005", &corim), TPS_CORIM_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_member_of_a_manifest),
        cmocka_unit_test(reads_what_the_signer_says_of_itself),
        cmocka_unit_test(reads_a_comids_own_members),
        cmocka_unit_test(reads_every_kind_of_class_and_instance),
        cmocka_unit_test(reads_every_measured_value),
        cmocka_unit_test(digests_name_their_algorithm_by_number_or_text),
        cmocka_unit_test(members_that_are_not_known_are_passed_over),
        cmocka_unit_test(refuses_values_that_break_the_format),
        cmocka_unit_test(reads_every_kind_of_key),
        cmocka_unit_test(every_tag_has_a_name),
        cmocka_unit_test(the_newer_profiles_each_have_their_own_key),
        cmocka_unit_test(a_component_has_one_signer_and_a_known_digest),
        cmocka_unit_test(the_legacy_profile_has_signer_and_name_in_its_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
