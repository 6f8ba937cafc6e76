/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: published manifests are read, what we write is read back, and what is not one is refused by name. */
#include "tps/corim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/vectors.h"
#include "tps/crypto.h"

/* What a visit saw. */
typedef struct {
    uint32_t profile_kind;
    size_t comids;
    size_t references;
    size_t attest_keys;
    size_t identity_keys;
    size_t unsupported;
    char last_unsupported[64];
    tps_corim_environment environment; /* of the last attest key */
    tps_corim_component components[8];
    tps_corim_key key;
    tps_status answer;
} seen;

static tps_status see_comid(void *context, const tps_corim_comid *comid)
{
    seen *s = context;

    (void)comid;
    s->comids++;
    return TPS_OK;
}

static tps_status see_reference(void *context, const tps_corim_environment *environment,
                                const tps_corim_measurement *measurement)
{
    seen *s = context;

    (void)environment;
    if (s->profile_kind != TPS_CORIM_PROFILE_UNKNOWN) {
        assert_true(s->references < 8);
        assert_int_equal(
            tps_corim_component_of(measurement, s->profile_kind, &s->components[s->references], NULL),
            TPS_OK);
    }
    s->references++;
    return s->answer;
}

static tps_status see_attest_keys(void *context, const tps_corim_environment *environment,
                                  const tps_corim_key *keys, size_t count)
{
    seen *s = context;

    assert_true(count >= 1);
    s->environment = *environment;
    s->key = keys[0];
    s->attest_keys++;
    return s->answer;
}

static tps_status see_identity_keys(void *context, const tps_corim_environment *environment,
                                    const tps_corim_key *keys, size_t count)
{
    seen *s = context;

    (void)environment;
    (void)keys;
    (void)count;
    s->identity_keys++;
    return TPS_OK;
}

static tps_status see_unsupported(void *context, const char *name)
{
    seen *s = context;

    snprintf(s->last_unsupported, sizeof s->last_unsupported, "%s", name);
    s->unsupported++;
    return TPS_OK;
}

static tps_status visit(tps_span input, tps_corim *corim, seen *s, tps_error *why)
{
    tps_corim_visitor visitor = {
        s, see_comid, see_reference, see_attest_keys, see_identity_keys, see_unsupported};

    TPS_TRY(tps_corim_decode(input, corim, why));
    s->profile_kind = corim->profile_kind;
    return tps_corim_visit(corim, &visitor, why);
}

/* The visit of a manifest written as hex. */
static tps_status visit_hex(const char *hex, seen *s, tps_error *why)
{
    tps_buf bytes = bytes_from_hex(hex);
    tps_corim corim;
    tps_status status;

    memset(s, 0, sizeof *s);
    status = visit(span_of(bytes), &corim, s, why);
    free(bytes.data);
    return status;
}

static void expect_refused(const char *hex, tps_status status, const char *detail)
{
    tps_error why = {0};
    seen s;
    tps_status got = visit_hex(hex, &s, &why);

    if (got != status || (detail != NULL && (why.detail == NULL || strcmp(why.detail, detail) != 0))) {
        fail_msg("%s (%s) instead of %s (%s)", tps_status_name(got), why.detail == NULL ? "" : why.detail,
                 tps_status_name(status), detail == NULL ? "" : detail);
    }
}

static void reads_the_endorsements_of_the_legacy_psa_profile(void **state)
{
    tps_buf file;
    tps_corim corim;
    seen s = {0};

    (void)state;
    vectors_require();
    file = vector_read("veraison/psa-endorsements.cbor");

    assert_int_equal(visit(span_of(file), &corim, &s, NULL), TPS_OK);

    assert_false(corim.is_signed);
    assert_int_equal(corim.profile_kind, TPS_CORIM_PROFILE_PSA_IOT);
    assert_int_equal(corim.tag_count, 2);
    assert_int_equal(s.references, 3);
    assert_int_equal(s.attest_keys, 1);
    assert_true(tps_span_is_text(s.components[1].name, "PRoT"));
    assert_true(tps_span_is_text(s.components[1].version, "1.3.5"));
    assert_int_equal(s.components[1].signer_id.size, 32);
    assert_int_equal(s.environment.class_id.kind, TPS_CORIM_IMPLEMENTATION_ID);
    assert_int_equal(s.environment.instance.kind, TPS_CORIM_UEID);
    assert_true(tps_span_is_text(s.environment.vendor, "ACME"));
    assert_int_equal(s.key.tag, TPS_CORIM_TAG_KEY_PEM);
    free(file.data);
}

static void reads_the_endorsements_of_the_psa_profile(void **state)
{
    tps_buf file;
    tps_corim corim;
    seen s = {0};

    (void)state;
    vectors_require();
    file = vector_read("veraison/corim-psa-valid.cbor");

    assert_int_equal(visit(span_of(file), &corim, &s, NULL), TPS_OK);

    assert_int_equal(corim.profile_kind, TPS_CORIM_PROFILE_PSA);
    assert_int_equal(s.comids, 2);
    assert_int_equal(s.references, 3);
    assert_int_equal(s.attest_keys, 2);
    assert_true(tps_span_is_text(s.components[0].name, "BL"));
    assert_int_equal(s.environment.class_id.kind, TPS_CORIM_BYTES);
    free(file.data);
}

static void reads_manifests_of_profiles_that_the_verifier_does_not_know(void **state)
{
    tps_buf file;
    tps_corim corim;
    seen s = {0};

    (void)state;
    vectors_require();
    file = vector_read("veraison/corim-enacttrust-valid.cbor");

    assert_int_equal(visit(span_of(file), &corim, &s, NULL), TPS_OK);

    assert_int_equal(corim.profile_kind, TPS_CORIM_PROFILE_UNKNOWN);
    assert_true(tps_span_is_text(corim.profile.bytes, "https://enacttrust.com/veraison/1.0.0"));
    assert_int_equal(s.references, 1);
    assert_int_equal(s.attest_keys, 1);
    assert_int_equal(s.environment.instance.kind, TPS_CORIM_UUID);
    free(file.data);
}

/* Reads whatever it is given to the end or to a named error; the sanitizers watch. */
static void read_anyhow(tps_span input)
{
    uint8_t *exact = malloc(input.size + 1);
    tps_corim corim;
    tps_corim_visitor visitor = {0};
    tps_error why = {0};
    tps_status status;

    assert_non_null(exact);
    memcpy(exact, input.data, input.size);
    status = tps_corim_decode(tps_span_make(exact, input.size), &corim, &why);
    if (status == TPS_OK) {
        status = tps_corim_visit(&corim, &visitor, &why);
    }
    assert_string_not_equal(tps_status_name(status), "TPS_UNKNOWN");
    free(exact);
}

static void ends_in_a_named_error_when_cut_or_changed_anywhere(void **state)
{
    tps_buf file;
    tps_corim corim;

    (void)state;
    vectors_require();
    file = vector_read("veraison/psa-endorsements.cbor");
    for (size_t size = 0; size < file.size; size++) {
        assert_int_not_equal(tps_corim_decode(tps_span_make(file.data, size), &corim, NULL), TPS_OK);
    }
    for (size_t i = 0; i < file.size; i++) {
        for (unsigned bit = 0; bit < 8; bit += 3) {
            file.data[i] ^= (uint8_t)(1u << bit);
            read_anyhow(span_of(file));
            file.data[i] ^= (uint8_t)(1u << bit);
        }
    }
    free(file.data);
}

/* ---- what is refused; each a small manifest in hex ---- */

#define IDENTITY "01A1006162"   /* 1: {0: "b"} */
#define KEY      "D90230 4101"  /* 560(h'01') */
#define CLASS    "A100A1016161" /* {0: {1: "a"}} */

/* 501({0: "a", 1: [506(<<comid>>)]}) */
static tps_status visit_comid_hex(const char *comid, seen *s, tps_error *why)
{
    static const uint8_t start[] = {0xd9, 0x01, 0xf5, 0xa2, 0x00, 0x61, 0x61, 0x01, 0x81, 0xd9, 0x01, 0xfa};
    uint8_t room[256];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_buf bytes = bytes_from_hex(comid);
    tps_span manifest;
    tps_corim corim;

    memset(s, 0, sizeof *s);
    tps_cbor_put_raw(&w, TPS_SPAN_OF(start));
    tps_cbor_put_bytes(&w, span_of(bytes));
    free(bytes.data);
    assert_int_equal(tps_cbor_writer_finish(&w, &manifest), TPS_OK);
    return visit(manifest, &corim, s, why);
}

static void expect_comid_refused(const char *comid, tps_status status, const char *detail)
{
    tps_error why = {0};
    seen s;
    tps_status got = visit_comid_hex(comid, &s, &why);

    if (got != status || (detail != NULL && (why.detail == NULL || strcmp(why.detail, detail) != 0))) {
        fail_msg("%s (%s) instead of %s (%s) for %s", tps_status_name(got),
                 why.detail == NULL ? "" : why.detail, tps_status_name(status), detail == NULL ? "" : detail,
                 comid);
    }
}

/* 18([<<protected>>, {}, <<payload>>, h'']) */
static void expect_envelope_refused(const char *protected_hex, const char *payload, tps_status status,
                                    const char *detail)
{
    uint8_t room[256];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_buf header = bytes_from_hex(protected_hex);
    tps_buf body = bytes_from_hex(payload);
    tps_span message;
    tps_corim corim;
    tps_error why = {0};

    tps_cbor_put_tag(&w, 18);
    tps_cbor_put_array(&w, 4);
    tps_cbor_put_bytes(&w, span_of(header));
    tps_cbor_put_map(&w, 0);
    tps_cbor_put_bytes(&w, span_of(body));
    tps_cbor_put_bytes(&w, TPS_SPAN_EMPTY);
    free(header.data);
    free(body.data);
    assert_int_equal(tps_cbor_writer_finish(&w, &message), TPS_OK);
    assert_int_equal(tps_corim_decode(message, &corim, &why), status);
    assert_string_equal(why.detail, detail);
}

static void refuses_what_is_no_manifest(void **state)
{
    (void)state;
    expect_refused("", TPS_CBOR_TRUNCATED, NULL);
    expect_refused("F6", TPS_CORIM_NOT_WELL_FORMED, NULL);
    expect_refused("A2006161018100", TPS_CORIM_NOT_WELL_FORMED, "it is a map without the tag 501");
    expect_refused("D901F4D901F5A0", TPS_CORIM_NOT_WELL_FORMED,
                   "it has the wrapper of an old draft (tag 500 or 502)");
    expect_refused("D901F6D28440A0F640", TPS_CORIM_NOT_WELL_FORMED,
                   "it has the wrapper of an old draft (tag 500 or 502)");
    expect_refused("D901F5A0", TPS_CORIM_NOT_WELL_FORMED, "its id or its tags are missing");
    expect_refused("D901F5A1006161", TPS_CORIM_NOT_WELL_FORMED, "its id or its tags are missing");
    expect_refused("D901F5A20061610180", TPS_CORIM_BAD_VALUE, "tags: there is none");
    expect_refused("D901F5A2006161006162", TPS_CBOR_DUPLICATE_KEY, NULL);
    expect_refused("D901F5A2006161018100FF", TPS_CBOR_TRAILING, NULL);
    expect_refused("D901F5A20001018100", TPS_CORIM_BAD_VALUE, "id");
}

static void refuses_members_of_wrong_types(void **state)
{
    (void)state;
    expect_refused("D901F5A20001018100", TPS_CORIM_BAD_VALUE, "id");
    expect_refused("D901F5A20041AA018100", TPS_CORIM_BAD_VALUE, "id");
    expect_refused("D901F5A3006161018100 0301", TPS_CORIM_BAD_VALUE, "profile");
    expect_refused("D901F5A3006161018100 04A0", TPS_CORIM_BAD_VALUE, "validity");
    expect_refused("D901F5A3006161018100 04A10101", TPS_CORIM_BAD_VALUE,
                   "validity: a time (CBOR tag 1) is needed");
    expect_refused("D901F5A3006161018100 04A200C10201C101", TPS_CORIM_BAD_VALUE, "validity");
    expect_refused("D901F5A3006161018100 0580", TPS_CORIM_BAD_VALUE, "entities");
    expect_refused("D901F5A3006161018100 0581A1006161", TPS_CORIM_BAD_VALUE, "entity");
    expect_refused("D901F5A200616101 8100", TPS_CORIM_BAD_VALUE, "tag");
    expect_refused("D901F5A200616101 81D901FB40", TPS_CORIM_UNSUPPORTED,
                   "a tag that is neither CoMID, CoSWID nor CoTL");
}

static void refuses_comids_that_break_the_format(void **state)
{
    (void)state;
    expect_comid_refused("", TPS_CBOR_TRUNCATED, NULL);
    expect_comid_refused("A0", TPS_CORIM_BAD_VALUE, "CoMID: identity or triples are missing");
    expect_comid_refused("A2" IDENTITY "04A0", TPS_CORIM_BAD_VALUE, "triples: there is none");
    expect_comid_refused("A2" IDENTITY "04A10080", TPS_CORIM_BAD_VALUE, "triples: there is none");
    expect_comid_refused("A2" IDENTITY "04A1008182A0 80", TPS_CORIM_BAD_VALUE, "environment: it is empty");
    expect_comid_refused("A2" IDENTITY "04A1008182A100A080", TPS_CORIM_BAD_VALUE, "class: it is empty");
    expect_comid_refused("A2" IDENTITY "04A1008182" CLASS "80", TPS_CORIM_BAD_VALUE, "reference values");
    expect_comid_refused("A2" IDENTITY "04A1008182" CLASS "81A0", TPS_CORIM_BAD_VALUE,
                         "a measurement has no values");
    expect_comid_refused("A2" IDENTITY "04A1008182" CLASS "81A101A0", TPS_CORIM_BAD_VALUE,
                         "a measurement is empty");
    expect_comid_refused("A2" IDENTITY "04A1008182" CLASS "81A101A1028101", TPS_CORIM_BAD_VALUE, NULL);
    expect_comid_refused("A2" IDENTITY "04A1008182" CLASS "81A101A102818201 41AA", TPS_CORIM_BAD_VALUE,
                         "digest");
}

static void refuses_keys_that_it_could_misunderstand(void **state)
{
    seen s;

    (void)state;
    assert_int_equal(visit_comid_hex("A2" IDENTITY "04A1038182A1014101 81" KEY, &s, NULL), TPS_OK);
    assert_int_equal(s.attest_keys, 1);
    assert_int_equal(visit_comid_hex("A2" IDENTITY "04A1028182A1014101 81" KEY, &s, NULL), TPS_OK);
    assert_int_equal(s.identity_keys, 1);
    expect_comid_refused("A2" IDENTITY "04A1038183A1014101 81" KEY "A100", TPS_CBOR_TRUNCATED, NULL);
    expect_comid_refused("A2" IDENTITY "04A1038183A1014101 81" KEY "A10001", TPS_CORIM_UNSUPPORTED,
                         "keys under conditions");
    expect_comid_refused("A2" IDENTITY "04A1038182A1014101 85" KEY KEY KEY KEY KEY, TPS_CORIM_UNSUPPORTED,
                         "more than 4 keys in one place");
    expect_comid_refused("A2" IDENTITY "04A1038182A1014101 8101", TPS_CORIM_BAD_VALUE, NULL);
}

static void names_what_it_does_not_read(void **state)
{
    seen s;

    (void)state;
    assert_int_equal(visit_hex("D901F5A200616101 81D901F941A0", &s, NULL), TPS_OK);
    assert_string_equal(s.last_unsupported, "CoSWID");
    assert_int_equal(visit_hex("D901F5A200616101 81D901FC41A0", &s, NULL), TPS_OK);
    assert_string_equal(s.last_unsupported, "CoTL");
    assert_int_equal(visit_comid_hex("A2" IDENTITY "04A10180", &s, NULL), TPS_OK);
    assert_string_equal(s.last_unsupported, "endorsed values");
    assert_int_equal(visit_comid_hex("A2" IDENTITY "04A1181880", &s, NULL), TPS_OK);
    assert_string_equal(s.last_unsupported, "triples of an unknown kind");
}

static void passes_on_what_the_visitor_answers(void **state)
{
    tps_buf file;
    tps_corim corim;
    seen s = {.answer = TPS_VERIFIER_CONFLICT};

    (void)state;
    vectors_require();
    file = vector_read("veraison/psa-endorsements.cbor");

    assert_int_equal(visit(span_of(file), &corim, &s, NULL), TPS_VERIFIER_CONFLICT);

    assert_int_equal(s.references, 1);
    free(file.data);
}

/* ---- writing ---- */

static const uint8_t hash_a[32] = {0xaa};
static const uint8_t hash_b[48] = {0xbb};
static const uint8_t class_id[32] = {0xc1, 0xa5};
static const uint8_t tag_id[16] = {0x1d};
static const uint8_t instance_id[33] = {0x01, 0x02};

static tps_corim_component two_components[2];
static tps_corim_device one_device[1];
static uint8_t spki_room[128];

static tps_corim_manifest manifest_of(uint32_t profile_kind)
{
    tps_crypto_key *key;
    size_t size;

    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &key), TPS_OK);
    assert_int_equal(tps_crypto_key_spki(key, TPS_BUF_OF(spki_room), &size), TPS_OK);
    tps_crypto_key_free(key);
    two_components[0] = (tps_corim_component){TPS_SPAN_LITERAL("boot"), TPS_SPAN_LITERAL("1.0"),
                                              TPS_SPAN_OF(hash_a), TPS_SPAN_OF(hash_a)};
    two_components[1] =
        (tps_corim_component){TPS_SPAN_EMPTY, TPS_SPAN_EMPTY, TPS_SPAN_OF(hash_b), TPS_SPAN_OF(hash_b)};
    one_device[0] = (tps_corim_device){TPS_SPAN_OF(instance_id), tps_span_make(spki_room, size)};
    return (tps_corim_manifest){
        .profile_kind = profile_kind,
        .id = TPS_SPAN_LITERAL("lamp-endorsements"),
        .tag_id = TPS_SPAN_OF(tag_id),
        .tag_version = 3,
        .validity = {true, true, 1000, 2000},
        .entity_name = TPS_SPAN_LITERAL("Lumen AG"),
        .class_id = TPS_SPAN_OF(class_id),
        .vendor = TPS_SPAN_LITERAL("Lumen"),
        .model = TPS_SPAN_LITERAL("Bulb"),
        .components = two_components,
        .component_count = 2,
        .devices = one_device,
        .device_count = 1,
    };
}

static void what_is_written_is_read_back(void **state)
{
    static const uint32_t kinds[] = {TPS_CORIM_PROFILE_PSA, TPS_CORIM_PROFILE_OPENTPS};
    uint8_t room[2048];
    tps_span encoded;
    tps_span measured;
    tps_corim corim;
    tps_crypto_key *key;
    tps_cbor_limits strict = tps_cbor_limits_file;

    (void)state;
    strict.deterministic = true;
    for (size_t i = 0; i < 2; i++) {
        tps_corim_manifest manifest = manifest_of(kinds[i]);
        seen s = {0};

        assert_int_equal(tps_corim_encode(&manifest, TPS_BUF_MEASURE, &measured, NULL), TPS_OK);
        assert_int_equal(tps_corim_encode(&manifest, (tps_buf){room, 20}, &encoded, NULL),
                         TPS_BUFFER_TOO_SMALL);
        assert_int_equal(encoded.size, measured.size);
        assert_int_equal(tps_corim_encode(&manifest, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);

        assert_int_equal(encoded.size, measured.size);
        assert_int_equal(tps_cbor_check(encoded, &strict, NULL, NULL), TPS_OK);
        assert_int_equal(visit(encoded, &corim, &s, NULL), TPS_OK);
        assert_int_equal(corim.profile_kind, kinds[i]);
        assert_true(tps_span_is_text(corim.entity_name, "Lumen AG"));
        assert_int_equal(corim.validity.not_after, 2000);
        assert_int_equal(s.references, 2);
        assert_true(tps_span_is_text(s.components[0].version, "1.0"));
        assert_true(tps_span_equal(s.components[1].digest, TPS_SPAN_OF(hash_b)));
        assert_true(tps_span_equal(s.environment.instance.bytes, TPS_SPAN_OF(instance_id)));
        assert_int_equal(tps_crypto_key_from_pem(s.key.value, &key), TPS_OK);
        tps_crypto_key_free(key);
    }
}

static void what_may_be_left_out_is_left_out(void **state)
{
    static const uint8_t hash_c[64] = {0xcc};
    tps_corim_manifest manifest = manifest_of(TPS_CORIM_PROFILE_PSA);
    uint8_t room[2048];
    tps_span encoded;
    tps_corim corim;
    seen s = {0};

    (void)state;
    manifest.tag_version = 0;
    manifest.validity = (tps_corim_validity){0};
    manifest.entity_name = TPS_SPAN_EMPTY;
    manifest.vendor = TPS_SPAN_EMPTY;
    manifest.model = TPS_SPAN_EMPTY;
    manifest.device_count = 0;
    two_components[0].digest = TPS_SPAN_OF(hash_c);
    assert_int_equal(tps_corim_encode(&manifest, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    assert_int_equal(visit(encoded, &corim, &s, NULL), TPS_OK);
    assert_false(corim.validity.is_present);
    assert_int_equal(s.references, 2);
    assert_int_equal(s.attest_keys, 0);
    assert_int_equal(s.components[0].digest.size, 64);

    manifest.device_count = 1;
    manifest.component_count = 0;
    assert_int_equal(tps_corim_encode(&manifest, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    s = (seen){0};
    assert_int_equal(visit(encoded, &corim, &s, NULL), TPS_OK);
    assert_int_equal(s.references, 0);
    assert_int_equal(s.environment.vendor.size, 0);
}

static void unsigned_software_is_for_the_opentps_profile_alone(void **state)
{
    uint8_t room[2048];
    tps_span encoded;
    tps_corim_manifest manifest = manifest_of(TPS_CORIM_PROFILE_OPENTPS);
    tps_corim corim;
    seen s = {0};
    tps_error why;

    (void)state;
    two_components[0].signer_id = TPS_SPAN_EMPTY;
    assert_int_equal(tps_corim_encode(&manifest, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    assert_int_equal(visit(encoded, &corim, &s, NULL), TPS_OK);
    assert_int_equal(s.components[0].signer_id.size, 0);

    manifest.profile_kind = TPS_CORIM_PROFILE_PSA;
    assert_int_equal(tps_corim_encode(&manifest, TPS_BUF_OF(room), &encoded, &why), TPS_BAD_ARGUMENT);
    assert_string_equal(why.detail, "a component's signer id has no hash's size");
}

static void refuses_to_write_what_no_one_could_read(void **state)
{
    tps_span encoded;
    tps_corim_manifest m;

    (void)state;
#define EXPECT_BAD(change)                                                                         \
    do {                                                                                           \
        m = manifest_of(TPS_CORIM_PROFILE_OPENTPS);                                                \
        change;                                                                                    \
        assert_int_equal(tps_corim_encode(&m, TPS_BUF_MEASURE, &encoded, NULL), TPS_BAD_ARGUMENT); \
    } while (0)
    EXPECT_BAD(m.profile_kind = TPS_CORIM_PROFILE_PSA_IOT);
    EXPECT_BAD(m.id.size = 0);
    EXPECT_BAD(m.tag_id.size = 15);
    EXPECT_BAD(m.class_id.size = 31);
    EXPECT_BAD(m.vendor.size = 0);
    EXPECT_BAD(m.model.size = 0);
    EXPECT_BAD(m.validity.not_before = 3000);
    EXPECT_BAD(m.component_count = m.device_count = 0);
    EXPECT_BAD(two_components[0].digest.size = 31);
    EXPECT_BAD(two_components[0].signer_id.size = 31);
    EXPECT_BAD(one_device[0].instance_id.data = hash_a);
    EXPECT_BAD(one_device[0].spki.size = 193);
    EXPECT_BAD(one_device[0].instance_id.size = 32);
    EXPECT_BAD(one_device[0].spki.size = 0);
#undef EXPECT_BAD
}

static void a_signed_manifest_names_its_signer_and_verifies(void **state)
{
    static const uint8_t certificate[] = {0x30, 0x00};
    tps_span chain[] = {TPS_SPAN_OF(certificate)};
    tps_corim_manifest manifest = manifest_of(TPS_CORIM_PROFILE_PSA);
    tps_corim_signer who = {.name = TPS_SPAN_LITERAL("Lumen AG"),
                            .uri = TPS_SPAN_LITERAL("https://lumen.example"),
                            .validity = {true, false, 0, 5000},
                            .x5chain = chain,
                            .x5chain_count = 1};
    uint8_t room[2048];
    uint8_t signed_room[4096];
    tps_span encoded;
    tps_span message;
    tps_crypto_key *key;
    tps_cose_signer signer;
    tps_corim corim;
    seen s = {0};

    (void)state;
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &key), TPS_OK);
    signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    assert_int_equal(tps_corim_encode(&manifest, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);

    assert_int_equal(tps_corim_sign(encoded, &who, &signer, TPS_BUF_OF(signed_room), &message), TPS_OK);

    assert_int_equal(visit(message, &corim, &s, NULL), TPS_OK);
    assert_true(corim.is_signed);
    assert_true(tps_span_is_text(corim.signer_name, "Lumen AG"));
    assert_true(tps_span_is_text(corim.signer_uri, "https://lumen.example"));
    assert_int_equal(corim.signature_validity.not_after, 5000);
    assert_int_equal(corim.envelope.headers.x5chain_count, 1);
    assert_int_equal(tps_cose_sign1_verify_parsed(&corim.envelope, key, NULL), TPS_OK);
    signed_room[message.size - 1] ^= 1;
    assert_int_equal(tps_corim_decode(message, &corim, NULL), TPS_OK);
    assert_int_equal(tps_cose_sign1_verify_parsed(&corim.envelope, key, NULL),
                     TPS_COSE_BAD_SIGNATURE);
    who.name = TPS_SPAN_EMPTY;
    assert_int_equal(tps_corim_sign(encoded, &who, &signer, TPS_BUF_OF(signed_room), &message),
                     TPS_BAD_ARGUMENT);
    tps_crypto_key_free(key);
}

static void refuses_signed_messages_that_are_no_manifests(void **state)
{
    (void)state;
#define TYPE "03746170706C69636174696F6E2F72696D2B63626F72" /* 3: "application/rim+cbor" */
    expect_refused("D28443A10128A0F640", TPS_COSE_DETACHED, NULL);
    expect_envelope_refused("A10128", "A0", TPS_CORIM_NOT_WELL_FORMED,
                            "the content type is not application/rim+cbor");
    expect_envelope_refused("A20128" TYPE, "A0", TPS_CORIM_NOT_WELL_FORMED,
                            "its signer is not named (corim-meta)");
    expect_envelope_refused("A30128" TYPE "0841A0", "A0", TPS_CORIM_NOT_WELL_FORMED,
                            "corim-meta names no signer");
    expect_envelope_refused("A30128" TYPE "0FA0", "A0", TPS_CORIM_NOT_WELL_FORMED,
                            "the CWT claims name no issuer");
    expect_envelope_refused("A30128" TYPE "0846A100A1006161", "A0", TPS_CORIM_NOT_WELL_FORMED,
                            "the signed content is not tagged 501");
#undef TYPE
}

static void validity_holds_on_its_bounds_and_not_beyond(void **state)
{
    tps_corim_validity validity = {true, true, 1000, 2000};
    tps_corim_validity none = {0};

    (void)state;
    assert_int_equal(tps_corim_validity_check(&none, 0), TPS_OK);
    assert_int_equal(tps_corim_validity_check(&validity, 999), TPS_CORIM_EXPIRED);
    assert_int_equal(tps_corim_validity_check(&validity, 1000), TPS_OK);
    assert_int_equal(tps_corim_validity_check(&validity, 2000), TPS_OK);
    assert_int_equal(tps_corim_validity_check(&validity, 2001), TPS_CORIM_EXPIRED);
    validity.has_not_before = false;
    assert_int_equal(tps_corim_validity_check(&validity, 0), TPS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_endorsements_of_the_legacy_psa_profile),
        cmocka_unit_test(reads_the_endorsements_of_the_psa_profile),
        cmocka_unit_test(reads_manifests_of_profiles_that_the_verifier_does_not_know),
        cmocka_unit_test(ends_in_a_named_error_when_cut_or_changed_anywhere),
        cmocka_unit_test(refuses_what_is_no_manifest),
        cmocka_unit_test(refuses_members_of_wrong_types),
        cmocka_unit_test(refuses_comids_that_break_the_format),
        cmocka_unit_test(refuses_keys_that_it_could_misunderstand),
        cmocka_unit_test(names_what_it_does_not_read),
        cmocka_unit_test(passes_on_what_the_visitor_answers),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(what_may_be_left_out_is_left_out),
        cmocka_unit_test(unsigned_software_is_for_the_opentps_profile_alone),
        cmocka_unit_test(refuses_to_write_what_no_one_could_read),
        cmocka_unit_test(a_signed_manifest_names_its_signer_and_verifies),
        cmocka_unit_test(refuses_signed_messages_that_are_no_manifests),
        cmocka_unit_test(validity_holds_on_its_bounds_and_not_beyond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
