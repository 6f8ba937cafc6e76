/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: published manifests are read, what we write is read back, and what is not one is refused by name. */
#include "tps/corim.h"

#include "support/check.h"
#include "support/corim_read.h"
#include "support/notation.h"
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

static tps_status see_attest_keys(void *context, const tps_corim_key_statement *statement)
{
    seen *s = context;
    tps_corim_cursor cursor = TPS_CORIM_WALK(statement->keys);

    assert_true(statement->keys.count >= 1);
    s->environment = statement->environment;
    assert_true(tps_corim_next_key(&cursor, &s->key));
    s->attest_keys++;
    return s->answer;
}

static tps_status see_identity_keys(void *context, const tps_corim_key_statement *statement)
{
    seen *s = context;

    (void)statement;
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
    tps_corim_visitor visitor = {.context = s,
                                 .comid = see_comid,
                                 .reference_value = see_reference,
                                 .attest_keys = see_attest_keys,
                                 .identity_keys = see_identity_keys,
                                 .unsupported = see_unsupported};

    TPS_TRY(tps_corim_decode(input, corim, why));
    s->profile_kind = corim->profile_kind;
    return tps_corim_visit(corim, &visitor, why);
}

static void expect_refused(tps_span input, tps_status status, const char *detail)
{
    tps_error why = {0};
    tps_status got = corim_read_whole(input, NULL, &why);

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
    assert_int_equal(corim.tags.count, 2);
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

static void refuses_what_is_no_manifest(void **state)
{
    static const char wrapper[] = "it has the wrapper of an old draft (tag 500 or 502)";

    (void)state;
    expect_refused(TPS_SPAN_EMPTY, TPS_CBOR_TRUNCATED, NULL);
    expect_refused(TPS_SPAN_LITERAL("\x1c"), TPS_CBOR_RESERVED, NULL);
    expect_refused(notation("null"), TPS_CORIM_NOT_WELL_FORMED, NULL);
    expect_refused(notation("503({})"), TPS_CORIM_NOT_WELL_FORMED, NULL);
    expect_refused(notation("{0: \"a\", 1: [0]}"), TPS_CORIM_NOT_WELL_FORMED,
                   "it is a map without the tag 501");
    expect_refused(notation("500(501({}))"), TPS_CORIM_NOT_WELL_FORMED, wrapper);
    expect_refused(notation("502(18([h'a0', {}, null, h'']))"), TPS_CORIM_NOT_WELL_FORMED, wrapper);
    expect_refused(notation("501({})"), TPS_CORIM_NOT_WELL_FORMED, "its id or its tags are missing");
    expect_refused(notation("501({0: \"a\"})"), TPS_CORIM_NOT_WELL_FORMED, "its id or its tags are missing");
    expect_refused(notation("501({0: \"a\", 0: \"b\"})"), TPS_CBOR_DUPLICATE_KEY, NULL);
    expect_refused(TPS_SPAN_LITERAL("\xd9\x01\xf5\xa2\x00\x61\x61\x01\x81\x00\xff"), TPS_CBOR_TRAILING, NULL);
}

/* Nobody looks at these: each is told by its name, once a kind. */
static void names_what_it_has_no_function_for(void **state)
{
    static const struct {
        const char *example;
        const char *name;
    } kinds[] = {
        {"endorsed-values", "endorsed values"},
        {"domain-dependency", "domain dependencies"},
        {"domain-membership", "domain memberships"},
        {"coswid-link", "CoSWID links"},
        {"conditional-series", "conditional endorsement series"},
        {"conditional-endorsement", "conditional endorsements"},
        {"tag-list", "CoTL"},
        {"coswid", "CoSWID"},
    };
    static const char *const texts[] = {
        "501({0: \"a\", 1: [507(0)]})",
        "a tag that is neither CoMID, CoSWID nor CoTL",
        "501({0: \"a\", 1: [506(<<{1: {0: \"b\"}, 4: {24: []}}>>)]})",
        "triples of an unknown kind",
        "501({0: \"a\", 1: [506(<<{1: {0: \"b\"}, 4: {0: [[{0: {1: \"v\"}}, [{1: {11: \"n\"}}]]]}, 5: 0}>>)]})",
        "members of a CoMID that are not the draft's",
    };
    tps_corim corim;

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        tps_buf example = corim_example_hex(kinds[i].example);
        seen s = {0};
        assert_status(visit(span_of(example), &corim, &s, NULL), TPS_OK);
        assert_string_equal(s.last_unsupported, kinds[i].name);
        assert_int_equal(s.unsupported, 1);
        free(example.data);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i += 2) {
        seen s = {0};
        assert_status(visit(notation("%s", texts[i]), &corim, &s, NULL), TPS_OK);
        assert_string_equal(s.last_unsupported, texts[i + 1]);
    }
}

static tps_status refuse_unsupported(void *context, const char *name)
{
    (void)context;
    (void)name;
    return TPS_CORIM_UNSUPPORTED;
}

/* A visitor without functions takes anything; with `unsupported` alone it is told of everything. */
static void what_a_visitor_leaves_out_cannot_slip_through(void **state)
{
    tps_corim_visitor nobody = {0};
    tps_corim_visitor strict = {.unsupported = refuse_unsupported};

    (void)state;
    for (size_t i = 0; corim_examples[i] != NULL; i++) {
        tps_buf example = corim_example_hex(corim_examples[i]);
        tps_corim corim;
        assert_status(tps_corim_decode(span_of(example), &corim, NULL), TPS_OK);
        assert_status(tps_corim_visit(&corim, &nobody, NULL), TPS_OK);
        assert_status(tps_corim_visit(&corim, &strict, NULL), TPS_CORIM_UNSUPPORTED);
        free(example.data);
    }
}

/* The first, the second ... call answers with a failure: it ends the visit, and is what the visit returns. */
static size_t calls_left;

static tps_status answer(void)
{
    return calls_left-- == 0 ? TPS_VERIFIER_CONFLICT : TPS_OK;
}

static tps_status answer_comid(void *context, const tps_corim_comid *comid)
{
    (void)context;
    (void)comid;
    return answer();
}

static tps_status answer_value(void *context, const tps_corim_environment *environment,
                               const tps_corim_measurement *measurement)
{
    (void)context;
    (void)environment;
    (void)measurement;
    return answer();
}

static tps_status answer_keys(void *context, const tps_corim_key_statement *statement)
{
    (void)context;
    (void)statement;
    return answer();
}

static tps_status answer_domain(void *context, const tps_corim_domain *domain)
{
    (void)context;
    (void)domain;
    return answer();
}

static tps_status answer_link(void *context, const tps_corim_coswid_link *link)
{
    (void)context;
    (void)link;
    return answer();
}

static tps_status answer_series(void *context, const tps_corim_series *series)
{
    (void)context;
    (void)series;
    return answer();
}

static tps_status answer_conditional(void *context, const tps_corim_conditional *conditional)
{
    (void)context;
    (void)conditional;
    return answer();
}

static tps_status answer_cotl(void *context, const tps_corim_cotl *cotl)
{
    (void)context;
    (void)cotl;
    return answer();
}

static tps_status answer_coswid(void *context, tps_span content)
{
    (void)context;
    (void)content;
    return answer();
}

static tps_status answer_name(void *context, const char *name)
{
    (void)context;
    (void)name;
    return answer();
}

static void every_answer_of_a_visitor_counts(void **state)
{
    tps_corim_visitor visitor = {NULL,          answer_comid,  answer_value,       answer_value,
                                 answer_keys,   answer_keys,   answer_domain,      answer_domain,
                                 answer_link,   answer_series, answer_conditional, answer_cotl,
                                 answer_coswid, answer_name};

    (void)state;
    for (size_t i = 0; corim_examples[i] != NULL; i++) {
        tps_buf example = corim_example_hex(corim_examples[i]);
        tps_corim corim;
        tps_error why = {0};
        size_t calls = 0;
        assert_status(tps_corim_decode(span_of(example), &corim, NULL), TPS_OK);
        calls_left = SIZE_MAX;
        assert_status(tps_corim_visit(&corim, &visitor, &why), TPS_OK);
        calls = SIZE_MAX - calls_left;
        assert_true(calls > 0);
        for (size_t n = 0; n < calls; n++) {
            calls_left = n;
            assert_status(tps_corim_visit(&corim, &visitor, &why), TPS_VERIFIER_CONFLICT);
            assert_int_equal(why.status, TPS_VERIFIER_CONFLICT);
            assert_int_equal(calls_left, SIZE_MAX); /* no call came after the one that failed */
        }
        free(example.data);
    }
}

static void members_of_a_manifest_that_are_not_the_drafts_are_named(void **state)
{
    tps_corim corim;
    seen s = {0};

    (void)state;
    assert_status(visit(notation("501({0: \"a\", 1: [507(0)], 6: 0})"), &corim, &s, NULL), TPS_OK);
    assert_int_equal(s.unsupported, 2);
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
    tps_corim_cursor cursor;
    tps_corim_entity entity;

    (void)state;
    strict.form = &tps_cbor_deterministic;
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
        cursor = TPS_CORIM_WALK(corim.entities);
        assert_true(tps_corim_next_entity(&cursor, &entity));
        assert_span_text(entity.name, "Lumen AG");
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
    EXPECT_BAD(m.profile_kind = TPS_CORIM_PROFILE_PSA; m.vendor.size = 0);
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
    assert_int_equal(tps_cose_sign1_verify_parsed(&corim.envelope, key, NULL), TPS_COSE_BAD_SIGNATURE);
    who.name = TPS_SPAN_EMPTY;
    assert_int_equal(tps_corim_sign(encoded, &who, &signer, TPS_BUF_OF(signed_room), &message),
                     TPS_BAD_ARGUMENT);
    tps_crypto_key_free(key);
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
        cmocka_unit_test(refuses_what_is_no_manifest),
        cmocka_unit_test(names_what_it_has_no_function_for),
        cmocka_unit_test(what_a_visitor_leaves_out_cannot_slip_through),
        cmocka_unit_test(every_answer_of_a_visitor_counts),
        cmocka_unit_test(members_of_a_manifest_that_are_not_the_drafts_are_named),
        cmocka_unit_test(passes_on_what_the_visitor_answers),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(what_may_be_left_out_is_left_out),
        cmocka_unit_test(unsigned_software_is_for_the_opentps_profile_alone),
        cmocka_unit_test(refuses_to_write_what_no_one_could_read),
        cmocka_unit_test(a_signed_manifest_names_its_signer_and_verifies),
        cmocka_unit_test(validity_holds_on_its_bounds_and_not_beyond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
