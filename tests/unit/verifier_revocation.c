/* SPDX-License-Identifier: Apache-2.0 */
/* What is revoked counts no more, from its moment on, whoever vouches for it; lists of issuers (RFC 5280, 5).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "certified_support.h"
#include "crypto/x509.h"
#include "tps/revocation.h"
#include "verifier/state.h"
#include "verifier/trust/revocation.h"

static const tps_corim_validity always = {.is_present = false};

static tps_span sha256(tps_span bytes)
{
    static uint8_t digests[8][32];
    static size_t next;
    uint8_t *out = digests[next++ % 8];
    tps_digest digest;

    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, bytes, &digest), TPS_OK);
    memcpy(out, digest.bytes, 32);
    return tps_span_make(out, 32);
}

static tps_span key_of(uint8_t number)
{
    uint8_t spki[128];
    size_t size;

    assert_int_equal(tps_crypto_key_spki(device_key(number), TPS_BUF_OF(spki), &size), TPS_OK);
    return sha256(tps_span_make(spki, size));
}

static void revoke(tps_verifier *v, uint32_t kind, tps_span value, int64_t since)
{
    const tps_revocation r = {.kind = kind, .value = value, .since = since, .reason = "test"};

    assert_int_equal(tps_verifier_revoke(v, &r), TPS_OK);
}

/* ---- the table ---- */

static tps_status add(revocations **list, uint32_t kind, tps_span value, int64_t since)
{
    const tps_revocation r = {.kind = kind, .value = value, .since = since};
    bool is_new;

    return revocation_add(list, &r, &is_new);
}

static void sizes_and_kinds_are_checked(void **state)
{
    static const uint8_t bytes[65];
    revocations *list = NULL;

    (void)state;
    for (size_t size = 0; size <= sizeof bytes; size++) {
        tps_span value = tps_span_make(bytes, size);
        bool is_image = size == 32 || size == 48 || size == 64;
        bool is_device = size >= 7 && size <= 33;

        assert_int_equal(add(&list, TPS_REVOKED_KEY, value, 0), size == 32 ? TPS_OK : TPS_BAD_ARGUMENT);
        assert_int_equal(add(&list, TPS_REVOKED_CERTIFICATE, value, 0),
                         size == 32 ? TPS_OK : TPS_BAD_ARGUMENT);
        assert_int_equal(add(&list, TPS_REVOKED_IMAGE, value, 0), is_image ? TPS_OK : TPS_BAD_ARGUMENT);
        assert_int_equal(add(&list, TPS_REVOKED_DEVICE, value, 0), is_device ? TPS_OK : TPS_BAD_ARGUMENT);
        assert_int_equal(add(&list, 0, value, 0), TPS_BAD_ARGUMENT);
        assert_int_equal(add(&list, 5, value, 0), TPS_BAD_ARGUMENT);
    }
    assert_int_equal(add(&list, TPS_REVOKED_KEY, tps_span_make(bytes, 32), -1), TPS_BAD_ARGUMENT);
    assert_int_equal(revocation_count(list), 1 + 1 + 3 + 27);
    revocation_free(list);
    revocation_free(NULL);
    assert_int_equal(revocation_count(NULL), 0);
}

static void thousands_are_found_by_kind_and_value(void **state)
{
    enum { MANY = 5000 };
    revocations *list = NULL;
    uint8_t id[9] = {0};

    (void)state;
    assert_null(revocation_find(NULL, TPS_REVOKED_DEVICE, TPS_SPAN_OF(id)));
    for (uint32_t i = 0; i < MANY; i++) {
        memcpy(id, &i, sizeof i);
        assert_int_equal(add(&list, TPS_REVOKED_DEVICE, TPS_SPAN_OF(id), i + 1), TPS_OK);
        id[0] = 0xee; /* it was copied */
    }
    for (uint32_t i = 0; i < 2 * MANY; i++) {
        const tps_revocation *found;
        memcpy(id, &i, sizeof i);
        found = revocation_find(list, TPS_REVOKED_DEVICE, TPS_SPAN_OF(id));
        assert_int_equal(found != NULL, i < MANY);
        assert_true(found == NULL || found->since == i + 1);
        assert_null(revocation_find(list, TPS_REVOKED_KEY, TPS_SPAN_OF(id)));
    }
    assert_null(revocation_find(list, 99, TPS_SPAN_OF(id)));
    assert_int_equal(revocation_get(list, 7)->since, 8);
    revocation_free(list);
}

static void the_earlier_moment_stays(void **state)
{
    static const uint8_t value[32] = {9};
    revocations *list = NULL;
    tps_revocation r = {
        .kind = TPS_REVOKED_KEY, .value = TPS_SPAN_OF(value), .since = 100, .reason = "first"};
    bool is_new;

    (void)state;
    assert_int_equal(revocation_add(&list, &r, &is_new), TPS_OK);
    assert_true(is_new);
    r = (tps_revocation){.kind = r.kind, .value = r.value, .since = 200, .reason = "later"};
    assert_int_equal(revocation_add(&list, &r, &is_new), TPS_OK);
    assert_false(is_new);
    assert_string_equal(revocation_get(list, 0)->reason, "first");
    assert_null(revocation_at(list, TPS_REVOKED_KEY, r.value, 99));
    assert_non_null(revocation_at(list, TPS_REVOKED_KEY, r.value, 100));
    r = (tps_revocation){.kind = r.kind, .value = r.value, .since = 0, .reason = "always"};
    assert_int_equal(revocation_add(&list, &r, &is_new), TPS_OK);
    assert_true(is_new);
    assert_string_equal(revocation_get(list, 0)->reason, "always");
    assert_non_null(revocation_at(list, TPS_REVOKED_KEY, r.value, 0));
    r.since = 1;
    assert_int_equal(revocation_add(&list, &r, &is_new), TPS_OK);
    assert_false(is_new);
    assert_int_equal(revocation_count(list), 1);
    revocation_free(list);
}

/* ---- devices that are endorsed ---- */

static tps_span lamp_evidence(void)
{
    tps_psa_claims claims = lamp_psa();

    return sign_psa(&claims, device_key(1), TPS_ALG_ES256);
}

static void a_revoked_key_or_device_is_refused_from_its_moment_on(void **state)
{
    static const struct {
        uint32_t kind;
        tps_status status;
    } kinds[] = {{TPS_REVOKED_KEY, TPS_VERIFIER_REVOKED_KEY},
                 {TPS_REVOKED_DEVICE, TPS_VERIFIER_REVOKED_DEVICE}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_verifier *v = maker_verifier();
        tps_span value = kinds[i].kind == TPS_REVOKED_KEY ? key_of(1) : instance_of(device_key(1));

        revoke(v, kinds[i].kind, kinds[i].kind == TPS_REVOKED_KEY ? key_of(2) : instance_of(device_key(2)),
               0);
        expect_affirming(appraise(v, lamp_evidence()));
        revoke(v, kinds[i].kind, value, NOW + 1);
        expect_affirming(appraise(v, lamp_evidence()));
        revoke(v, kinds[i].kind, value, NOW);
        expect_finding(appraise(v, lamp_evidence()), "instance-identity.revoked", kinds[i].status);
        tps_verifier_free(v);
    }
}

static void a_key_that_was_added_can_be_revoked(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    tps_span evidence;
    uint8_t spki[128];
    size_t size;

    (void)state;
    claims.instance_id = instance_of(device_key(5));
    evidence = sign_psa(&claims, device_key(5), TPS_ALG_ES256);
    assert_int_equal(tps_crypto_key_spki(device_key(5), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_verifier_add_key(v, tps_span_make(spki, size)), TPS_OK);
    expect_affirming(appraise(v, evidence));
    revoke(v, TPS_REVOKED_KEY, key_of(5), 0);
    expect_finding(appraise(v, evidence), "instance-identity.revoked", TPS_VERIFIER_REVOKED_KEY);
    tps_verifier_free(v);
}

static void a_mac_does_not_hide_a_revoked_device(void **state)
{
    static const uint8_t secret[32] = {7, 7};
    tps_verifier *v = maker_verifier();
    const tps_cose_secret key = {.bytes = TPS_SPAN_OF(secret), .alg = TPS_ALG_HMAC256};
    tps_psa_claims claims = lamp_psa();
    uint8_t room[2048];
    uint8_t out[2048];
    tps_span message;

    (void)state;
    claims.instance_id = instance_of(device_key(6));
    assert_int_equal(tps_psa_encode(&claims, TPS_BUF_OF(room), &message, NULL), TPS_OK);
    assert_int_equal(tps_cose_mac0_make(message, NULL, TPS_ALG_HMAC256, &key, TPS_BUF_OF(out), &message),
                     TPS_OK);
    assert_int_equal(tps_verifier_add_mac_key(v, TPS_SPAN_OF(secret), TPS_SPAN_EMPTY), TPS_OK);
    expect_affirming(appraise(v, message));
    revoke(v, TPS_REVOKED_DEVICE, claims.instance_id, 0);
    expect_finding(appraise(v, message), "instance-identity.revoked", TPS_VERIFIER_REVOKED_DEVICE);
    tps_verifier_free(v);
}

/* Keys that were established with devices rest on signatures: what is revoked may be the key of one. */
static void revoked_keys_end_what_was_established(void **state)
{
    static const uint8_t secret[32] = {3};
    static const uint8_t other[32] = {4};
    tps_verifier *v = maker_verifier();
    tps_verifier *next = maker_verifier();
    tps_appraisal basis = *appraise(v, lamp_evidence());

    (void)state;
    assert_int_equal(tps_verifier_establish_key(v, &basis, TPS_SPAN_OF(secret), NOW + 9), TPS_OK);
    revoke(v, TPS_REVOKED_DEVICE, instance_of(device_key(2)), 0);
    assert_int_equal(v->established.count, 1);
    revoke(v, TPS_REVOKED_KEY, TPS_SPAN_OF(other), 0);
    assert_int_equal(v->established.count, 0);

    assert_int_equal(tps_verifier_establish_key(v, &basis, TPS_SPAN_OF(secret), NOW + 9), TPS_OK);
    revoke(next, TPS_REVOKED_KEY, TPS_SPAN_OF(other), 0);
    tps_verifier_take_established(next, v, NOW); /* the same is revoked */
    assert_int_equal(next->established.count, 1);
    revoke(v, TPS_REVOKED_CERTIFICATE, TPS_SPAN_OF(other), 0);
    tps_verifier_take_established(v, next, NOW); /* more is */
    assert_int_equal(v->established.count, 0);
    assert_int_equal(next->established.count, 0);
    tps_verifier_free(v);
    tps_verifier_free(next);
}

/* Whether keys move from a verifier in which `known` is revoked to one in which `more` is. */
static bool moves(const tps_revocation *known, const tps_revocation *more)
{
    static const uint8_t secret[32] = {3};
    tps_verifier *from = maker_verifier();
    tps_verifier *to = maker_verifier();
    bool has_moved;

    assert_int_equal(tps_verifier_revoke(from, known), TPS_OK);
    assert_int_equal(tps_verifier_revoke(to, more), TPS_OK);
    assert_int_equal(
        tps_verifier_establish_key(from, appraise(from, lamp_evidence()), TPS_SPAN_OF(secret), NOW + 9),
        TPS_OK);
    tps_verifier_take_established(to, from, NOW);
    has_moved = to->established.count == 1;
    tps_verifier_free(from);
    tps_verifier_free(to);
    return has_moved;
}

static void established_keys_move_only_where_nothing_more_is_revoked(void **state)
{
    static const uint8_t value[32] = {4};
    const tps_revocation key = {.kind = TPS_REVOKED_KEY, .value = TPS_SPAN_OF(value), .since = 20};
    const tps_revocation later = {.kind = TPS_REVOKED_KEY, .value = TPS_SPAN_OF(value), .since = 30};
    const tps_revocation other = {.kind = TPS_REVOKED_CERTIFICATE, .value = TPS_SPAN_OF(value), .since = 20};
    const tps_revocation image = {.kind = TPS_REVOKED_IMAGE, .value = TPS_SPAN_OF(value)};

    (void)state;
    assert_true(moves(&key, &key));
    assert_true(moves(&key, &later));
    assert_false(moves(&later, &key));
    assert_false(moves(&key, &other));
    assert_true(moves(&key, &image));
    assert_false(moves(&image, &key));
}

/* ---- chains ---- */

static void every_key_and_certificate_of_a_chain_is_looked_up(void **state)
{
    certified c = make_certified();
    uint8_t id[33];
    const struct {
        uint32_t kind;
        tps_span value;
        tps_status status;
    } cases[] = {
        {TPS_REVOKED_KEY, key_of(3), TPS_VERIFIER_REVOKED_KEY},
        {TPS_REVOKED_KEY, key_of(21), TPS_VERIFIER_REVOKED_KEY},
        {TPS_REVOKED_KEY, key_of(20), TPS_VERIFIER_REVOKED_KEY},
        {TPS_REVOKED_CERTIFICATE, sha256(c.chain[0]), TPS_VERIFIER_REVOKED_CERTIFICATE},
        {TPS_REVOKED_CERTIFICATE, sha256(c.ca), TPS_VERIFIER_REVOKED_CERTIFICATE},
        {TPS_REVOKED_CERTIFICATE, sha256(c.root), TPS_VERIFIER_REVOKED_CERTIFICATE},
        {TPS_REVOKED_DEVICE, TPS_SPAN_OF(id), TPS_VERIFIER_REVOKED_DEVICE},
    };

    (void)state;
    memcpy(id, instance_of(device_key(3)).data, sizeof id);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_verifier *v = verifier_with_root(&c);

        revoke(v, cases[i].kind, cases[i].value, NOW + 1);
        expect_affirming(appraise(v, c.evidence));
        expect_affirming(appraise(v, c.evidence)); /* known by now */
        revoke(v, cases[i].kind, cases[i].value, NOW);
        expect_finding(appraise(v, c.evidence), "instance-identity.revoked", cases[i].status);
        tps_verifier_free(v);
    }
}

static void a_chain_that_is_known_ends_when_its_revocation_begins(void **state)
{
    certified c = make_certified();
    tps_verifier *v = verifier_with_root(&c);
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    static tps_appraisal out;

    (void)state;
    revoke(v, TPS_REVOKED_KEY, key_of(21), NOW + 10);
    for (; request.now < NOW + 10; request.now++) {
        tps_verifier_appraise(v, c.evidence, &request, &out);
        expect_affirming(&out);
    }
    tps_verifier_appraise(v, c.evidence, &request, &out);
    expect_finding(&out, "instance-identity.revoked", TPS_VERIFIER_REVOKED_KEY);
    tps_verifier_free(v);
}

static void an_added_key_does_not_mend_a_revoked_chain(void **state)
{
    certified c = make_certified();
    tps_verifier *v = verifier_with_root(&c);
    uint8_t spki[128];
    size_t size;

    (void)state;
    assert_int_equal(tps_crypto_key_spki(device_key(3), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_verifier_add_key(v, tps_span_make(spki, size)), TPS_OK);
    revoke(v, TPS_REVOKED_CERTIFICATE, sha256(c.ca), 0);
    expect_finding(appraise(v, c.evidence), "instance-identity.revoked", TPS_VERIFIER_REVOKED_CERTIFICATE);
    tps_verifier_free(v);
}

static void endorsements_of_a_revoked_signer_count_no_more(void **state)
{
    tps_span root = make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), root, device_key(20),
                                  NOW + 50000);
    tps_corim_manifest manifest = lamp_manifest();
    tps_span corim = sign_manifest(&manifest, device_key(22), &leaf, 1, always);
    const struct {
        uint32_t kind;
        tps_span value;
    } cases[] = {{TPS_REVOKED_KEY, key_of(22)},
                 {TPS_REVOKED_KEY, key_of(20)},
                 {TPS_REVOKED_CERTIFICATE, sha256(leaf)},
                 {TPS_REVOKED_CERTIFICATE, sha256(root)}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        tps_verifier *v = make_verifier((tps_verifier_options){.require_key = false});

        assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
        assert_int_equal(tps_verifier_add_corim(v, corim, NOW, NULL), TPS_OK);
        expect_affirming(appraise(v, lamp_evidence()));
        revoke(v, cases[i].kind, cases[i].value, NOW);
        expect_finding(appraise(v, lamp_evidence()), "instance-identity.signer-withdrawn",
                       TPS_VERIFIER_SIGNER_WITHDRAWN);
        tps_verifier_free(v);

        v = make_verifier((tps_verifier_options){.require_key = false});
        assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
        revoke(v, cases[i].kind, cases[i].value, NOW);
        assert_int_equal(tps_verifier_add_corim(v, corim, NOW, NULL), TPS_VERIFIER_SIGNER_WITHDRAWN);
        tps_verifier_free(v);
    }
}

/* ---- files of revoked things ---- */

static void a_file_revokes_what_it_lists(void **state)
{
    tps_verifier *v = maker_verifier();
    char text[1024];
    char hex[67];
    tps_span id = instance_of(device_key(1));

    (void)state;
    for (size_t i = 0; i < id.size; i++) {
        snprintf(hex + 2 * i, 3, i % 2 == 0 ? "%02x" : "%02X", id.data[i]);
    }
    snprintf(
        text, sizeof text,
        "{\"revoked\": [{\"kind\":\"image\",\"value\":\"%064d\",\"since\":%lld,\"reason\":\"CVE \\u00e4\"},"
        "{\"kind\":\"certificate\",\"value\":\"%064d\"},{\"kind\":\"key\",\"value\":\"%064d\"},"
        "{\"kind\":\"device\",\"value\":\"%s\",\"reason\":\"\"}]}",
        0, (long long)NOW, 0, 0, hex);
    expect_affirming(appraise(v, lamp_evidence()));
    assert_int_equal(tps_verifier_revoke_list(v, tps_span_of_text(text), NULL), TPS_OK);
    expect_finding(appraise(v, lamp_evidence()), "instance-identity.revoked", TPS_VERIFIER_REVOKED_DEVICE);
    assert_int_equal(tps_verifier_revoke_list(v, tps_span_of_text("{\"revoked\":[]}"), NULL), TPS_OK);
    tps_verifier_free(v);
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void a_file_with_a_mistake_revokes_nothing(void **state)
{
    static const struct {
        const char *text;
        tps_status status;
    } cases[] = {
        {"{\"revoked\":[", TPS_JSON_TRUNCATED},
        {"[]", TPS_JSON_UNEXPECTED_TYPE},
        {"{}", TPS_BAD_ARGUMENT},
        {"{\"revoke\":[]}", TPS_BAD_ARGUMENT},
        {"{\"revoked\":{}}", TPS_JSON_UNEXPECTED_TYPE},
        {"{\"revoked\":[],\"x\":1}", TPS_BAD_ARGUMENT},
        {"{\"revoked\":[1]}", TPS_JSON_UNEXPECTED_TYPE},
        {"{\"revoked\":[{}]}", TPS_BAD_ARGUMENT},
        {"{\"revoked\":[{\"kind\":\"key\"}]}", TPS_BAD_ARGUMENT},
        {"{\"revoked\":[{\"value\":\"" ZEROS "\"}]}", TPS_BAD_ARGUMENT},
        {"{\"revoked\":[{\"kind\":\"keys\",\"value\":\"" ZEROS "\"}]}", TPS_BAD_ARGUMENT},
        {"{\"revoked\":[{\"kind\":\"key\",\"value\":\"" ZEROS "00\"}]}", TPS_BAD_ARGUMENT},
        {"{\"revoked\":[{\"kind\":\"key\",\"value\":\"" ZEROS "0\"}]}", TPS_BAD_ARGUMENT},
        {"{\"revoked\":[{\"kind\":\"key\",\"value\":\"\"}]}", TPS_BAD_ARGUMENT},
        {"{\"revoked\":[{\"kind\":\"key\",\"value\":\"" ZEROS "\",\"sinse\":1}]}", TPS_BAD_ARGUMENT},
        {"{\"revoked\":[{\"kind\":\"key\",\"value\":\"" ZEROS "\",\"since\":-1}]}", TPS_BAD_ARGUMENT},
        {"{\"revoked\":[{\"kind\":\"key\",\"value\":\"" ZEROS "\",\"since\":\"1\"}]}",
         TPS_JSON_UNEXPECTED_TYPE},
        {"{\"revoked\":[{\"kind\":\"key\",\"value\":\"" ZEROS "\",\"reason\":\"" ZEROS ZEROS "\"}]}",
         TPS_TOO_LARGE},
        {"{\"revoked\":[{\"kind\":\"key\",\"value\":\"" ZEROS "\"},{}]}", TPS_BAD_ARGUMENT},
    };
    tps_verifier *v = maker_verifier();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_error why = {.status = TPS_OK};
        if (tps_verifier_revoke_list(v, tps_span_of_text(cases[i].text), &why) != cases[i].status) {
            fail_msg("%s", cases[i].text);
        }
        assert_int_equal(why.status, cases[i].status);
    }
    expect_affirming(appraise(v, lamp_evidence()));
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_kinds_are_checked),
        cmocka_unit_test(thousands_are_found_by_kind_and_value),
        cmocka_unit_test(the_earlier_moment_stays),
        cmocka_unit_test(a_revoked_key_or_device_is_refused_from_its_moment_on),
        cmocka_unit_test(a_key_that_was_added_can_be_revoked),
        cmocka_unit_test(revoked_keys_end_what_was_established),
        cmocka_unit_test(established_keys_move_only_where_nothing_more_is_revoked),
        cmocka_unit_test(a_mac_does_not_hide_a_revoked_device),
        cmocka_unit_test(every_key_and_certificate_of_a_chain_is_looked_up),
        cmocka_unit_test(a_chain_that_is_known_ends_when_its_revocation_begins),
        cmocka_unit_test(an_added_key_does_not_mend_a_revoked_chain),
        cmocka_unit_test(endorsements_of_a_revoked_signer_count_no_more),
        cmocka_unit_test(a_file_revokes_what_it_lists),
        cmocka_unit_test(a_file_with_a_mistake_revokes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
