/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of certificates: good ones, and each way of being broken. The certificates are issued by the code
 * under test; unit.x509_issue and the end-to-end tests check these with others' eyes. */
#include <openssl/x509v3.h>

#include "crypto/x509.h"

#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"

#define NOW  1800000000 /* 2027 */
#define YEAR 31536000

/* A certificate under way: its key, its DER. */
typedef struct {
    tps_crypto_key *key;
    uint8_t der[1024];
    tps_span span;
} node;

static node root, intermediate, leaf, other_root;

static void issue(node *subject, uint8_t number, const char *name, const node *issuer, bool ca,
                  int path_length, int64_t not_before, int64_t not_after)
{
    tps_x509_request request = {.common_name = name,
                                .ca = ca,
                                .path_length = path_length,
                                .not_before = not_before,
                                .not_after = not_after};
    size_t size;

    tps_crypto_key_free(subject->key);
    subject->key = test_key(number);
    assert_status(tps_x509_issue(&request, subject->key, issuer == subject ? TPS_SPAN_EMPTY : issuer->span,
                                 issuer->key, TPS_BUF_OF(subject->der), &size),
                  TPS_OK);
    subject->span = tps_span_make(subject->der, size);
}

/* A good chain of three, valid for a year on both sides of NOW. */
static int good_chain(void **state)
{
    (void)state;
    issue(&root, 10, "Root", &root, true, -1, NOW - YEAR, NOW + YEAR);
    issue(&intermediate, 11, "Intermediate", &root, true, 0, NOW - YEAR, NOW + YEAR);
    issue(&leaf, 12, "Leaf", &intermediate, false, -1, NOW - YEAR, NOW + YEAR);
    issue(&other_root, 13, "Other", &other_root, true, -1, NOW - YEAR, NOW + YEAR);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tps_crypto_key_free(root.key);
    tps_crypto_key_free(intermediate.key);
    tps_crypto_key_free(leaf.key);
    tps_crypto_key_free(other_root.key);
    root.key = intermediate.key = leaf.key = other_root.key = NULL;
    return 0;
}

static tps_status verify(const tps_span *chain, size_t count, const tps_span *anchors, size_t anchor_count,
                         int64_t now)
{
    tps_crypto_key *key = NULL;
    tps_status status = tps_x509_chain_verify(chain, count, anchors, anchor_count, now, &key, NULL);

    assert_int_equal(key != NULL, status == TPS_OK);
    tps_crypto_key_free(key);
    return status;
}

static tps_status verify_good_at(int64_t now)
{
    tps_span chain[] = {leaf.span, intermediate.span, root.span};

    return verify(chain, 3, &root.span, 1, now);
}

static void a_good_chain_gives_the_leafs_key_and_the_anchors_index(void **state)
{
    tps_span chain[] = {leaf.span, intermediate.span, root.span};
    tps_span anchors[] = {other_root.span, root.span};
    tps_crypto_key *key = NULL;
    tps_crypto_point expected;
    tps_crypto_point point;
    size_t anchor = 99;

    (void)state;
    for (size_t count = 2; count <= 3; count++) {
        anchor = 99;
        assert_status(tps_x509_chain_verify(chain, count, anchors, 2, NOW, &key, &anchor), TPS_OK);
        assert_int_equal(anchor, 1);
        assert_status(tps_crypto_key_point(leaf.key, &expected), TPS_OK);
        assert_status(tps_crypto_key_point(key, &point), TPS_OK);
        assert_memory_equal(point.x, expected.x, 32);
        assert_false(tps_crypto_key_is_private(key));
        tps_crypto_key_free(key);
    }
}

static void an_anchor_may_be_an_intermediate_or_the_leaf_itself(void **state)
{
    tps_span chain[] = {leaf.span, intermediate.span, root.span};
    tps_crypto_key *key = NULL;
    size_t anchor = 99;

    (void)state;
    for (size_t count = 1; count <= 3; count++) {
        assert_status(tps_x509_chain_verify(chain, count, &intermediate.span, 1, NOW, &key, &anchor), TPS_OK);
        assert_int_equal(anchor, 0);
        tps_crypto_key_free(key);
        assert_status(verify(chain, count, &leaf.span, 1, NOW), TPS_OK);
    }
}

static void a_chain_without_its_anchor_is_untrusted(void **state)
{
    tps_span chain[] = {leaf.span, intermediate.span, root.span};

    (void)state;
    for (size_t count = 1; count <= 3; count++) {
        assert_status(verify(chain, count, &other_root.span, 1, NOW), TPS_CRYPTO_CHAIN_UNTRUSTED);
        assert_status(verify(chain, count, NULL, 0, NOW), TPS_CRYPTO_CHAIN_UNTRUSTED);
    }
    assert_status(verify(&root.span, 1, &other_root.span, 1, NOW), TPS_CRYPTO_CHAIN_UNTRUSTED);
    /* The leaf alone does not lead to the root. */
    assert_status(verify(chain, 1, &root.span, 1, NOW), TPS_CRYPTO_CHAIN_UNTRUSTED);
}

static void validity_counts_to_the_second(void **state)
{
    (void)state;
    assert_status(verify_good_at(NOW - YEAR - 1), TPS_CRYPTO_CHAIN_EXPIRED);
    assert_status(verify_good_at(NOW - YEAR), TPS_OK);
    /* RFC 5280 counts the last second in; OpenSSL does not. */
    assert_status(verify_good_at(NOW + YEAR - 1), TPS_OK);
    assert_status(verify_good_at(NOW + YEAR + 1), TPS_CRYPTO_CHAIN_EXPIRED);
    assert_status(verify_good_at(0), TPS_CRYPTO_CHAIN_EXPIRED);
    assert_status(verify_good_at(INT64_C(253402300799)), TPS_CRYPTO_CHAIN_EXPIRED);
}

static void an_expired_certificate_anywhere_expires_the_chain(void **state)
{
    (void)state;
    issue(&leaf, 12, "Leaf", &intermediate, false, -1, NOW - YEAR, NOW - 1);
    assert_status(verify_good_at(NOW), TPS_CRYPTO_CHAIN_EXPIRED);
    good_chain(state);
    issue(&intermediate, 11, "Intermediate", &root, true, 0, NOW + 1, NOW + YEAR);
    issue(&leaf, 12, "Leaf", &intermediate, false, -1, NOW - YEAR, NOW + YEAR);
    assert_status(verify_good_at(NOW), TPS_CRYPTO_CHAIN_EXPIRED);
    issue(&root, 10, "Root", &root, true, -1, NOW - YEAR, NOW - 1);
    issue(&intermediate, 11, "Intermediate", &root, true, 0, NOW - YEAR, NOW + YEAR);
    issue(&leaf, 12, "Leaf", &intermediate, false, -1, NOW - YEAR, NOW + YEAR);
    assert_status(verify_good_at(NOW), TPS_CRYPTO_CHAIN_EXPIRED);
}

static void a_certificate_without_end_never_expires(void **state)
{
    (void)state;
    issue(&leaf, 12, "Leaf", &intermediate, false, -1, NOW, INT64_MAX);
    issue(&root, 10, "Root", &root, true, -1, NOW, INT64_MAX);
    issue(&intermediate, 11, "Intermediate", &root, true, 0, NOW, INT64_MAX);
    issue(&leaf, 12, "Leaf", &intermediate, false, -1, NOW, INT64_MAX);
    assert_status(verify_good_at(NOW), TPS_OK);
    assert_status(verify_good_at(INT64_C(32503680000)), TPS_OK); /* the year 3000 */
}

static void a_chain_out_of_order_or_with_a_gap_is_broken(void **state)
{
    tps_span swapped[] = {leaf.span, root.span, intermediate.span};
    tps_span gap[] = {leaf.span, root.span};
    tps_span backwards[] = {root.span, intermediate.span, leaf.span};
    tps_span twice[] = {leaf.span, leaf.span, intermediate.span};
    tps_span foreign[] = {leaf.span, intermediate.span, other_root.span};

    (void)state;
    assert_status(verify(swapped, 3, &root.span, 1, NOW), TPS_CRYPTO_CHAIN_BROKEN);
    assert_status(verify(gap, 2, &root.span, 1, NOW), TPS_CRYPTO_CHAIN_BROKEN);
    assert_status(verify(backwards, 3, &root.span, 1, NOW), TPS_CRYPTO_CHAIN_BROKEN);
    assert_status(verify(twice, 3, &root.span, 1, NOW), TPS_CRYPTO_CHAIN_BROKEN);
    assert_status(verify(foreign, 3, &other_root.span, 1, NOW), TPS_CRYPTO_CHAIN_BROKEN);
}

/* An impostor carries the names of the root, and another key. */
static void a_name_alone_makes_no_issuer(void **state)
{
    static node impostor;
    tps_span chain[] = {leaf.span, intermediate.span};
    tps_span with_impostor[3];

    (void)state;
    issue(&impostor, 14, "Root", &impostor, true, -1, NOW - YEAR, NOW + YEAR);
    with_impostor[0] = leaf.span;
    with_impostor[1] = intermediate.span;
    with_impostor[2] = impostor.span;
    assert_status(verify(with_impostor, 3, &root.span, 1, NOW), TPS_CRYPTO_CHAIN_BROKEN);
    assert_int_not_equal(verify(chain, 2, &impostor.span, 1, NOW), TPS_OK);
    tps_crypto_key_free(impostor.key);
    impostor.key = NULL;
}

/* The right key under another name. */
static void an_issuer_of_another_name_is_none(void **state)
{
    static node renamed;
    tps_span chain[] = {leaf.span, intermediate.span};

    (void)state;
    issue(&renamed, 10, "Renamed", &renamed, true, -1, NOW - YEAR, NOW + YEAR);
    assert_status(verify(chain, 2, &renamed.span, 1, NOW), TPS_CRYPTO_CHAIN_UNTRUSTED);
    tps_crypto_key_free(renamed.key);
    renamed.key = NULL;
}

static void a_leaf_cannot_issue(void **state)
{
    static node sub;
    tps_span chain[3];

    (void)state;
    issue(&sub, 15, "Sub", &leaf, false, -1, NOW - YEAR, NOW + YEAR);
    chain[0] = sub.span;
    chain[1] = leaf.span;
    chain[2] = intermediate.span;
    assert_status(verify(chain, 3, &root.span, 1, NOW), TPS_CRYPTO_CHAIN_RULES);
    /* Not even when it is an anchor itself. */
    assert_int_not_equal(verify(chain, 1, &leaf.span, 1, NOW), TPS_OK);
    tps_crypto_key_free(sub.key);
    sub.key = NULL;
}

static void the_path_length_is_kept(void **state)
{
    static node below;
    tps_span chain[3];

    (void)state;
    issue(&below, 16, "Below", &intermediate, true, -1, NOW - YEAR, NOW + YEAR);
    issue(&leaf, 12, "Leaf", &below, false, -1, NOW - YEAR, NOW + YEAR);
    chain[0] = leaf.span;
    chain[1] = below.span;
    chain[2] = intermediate.span; /* path length 0 */
    assert_status(verify(chain, 3, &root.span, 1, NOW), TPS_CRYPTO_CHAIN_RULES);
    tps_crypto_key_free(below.key);
    below.key = NULL;
}

static void a_changed_certificate_is_broken_or_unreadable(void **state)
{
    tps_span chain[] = {leaf.span, intermediate.span, root.span};

    (void)state;
    for (size_t at = 0; at < leaf.span.size; at += 11) {
        leaf.der[at] ^= 1;
        assert_int_not_equal(verify(chain, 3, &root.span, 1, NOW), TPS_OK);
        leaf.der[at] ^= 1;
    }
    assert_status(verify(chain, 3, &root.span, 1, NOW), TPS_OK);
}

static void counts_and_bytes_that_cannot_be_are_refused(void **state)
{
    tps_span many[TPS_X509_CHAIN_MAX + 1];
    tps_span longer = tps_span_make(leaf.der, leaf.span.size + 1);
    tps_span cut = tps_span_make(leaf.der, leaf.span.size - 1);

    (void)state;
    for (size_t i = 0; i <= TPS_X509_CHAIN_MAX; i++) {
        many[i] = leaf.span;
    }
    assert_status(verify(many, 0, &root.span, 1, NOW), TPS_CRYPTO_BAD_CERTIFICATE);
    assert_status(verify(many, TPS_X509_CHAIN_MAX + 1, &root.span, 1, NOW), TPS_CRYPTO_BAD_CERTIFICATE);
    assert_status(verify(&longer, 1, &root.span, 1, NOW), TPS_CRYPTO_BAD_CERTIFICATE);
    assert_status(verify(&cut, 1, &root.span, 1, NOW), TPS_CRYPTO_BAD_CERTIFICATE);
    assert_status(verify(&leaf.span, 1, &cut, 1, NOW), TPS_CRYPTO_BAD_CERTIFICATE);
    assert_status(verify(&(tps_span){NULL, 0}, 1, &root.span, 1, NOW), TPS_CRYPTO_BAD_CERTIFICATE);
}

/* A self-signed CA with a key of any kind. */
static tps_span any_ca(EVP_PKEY *key, const EVP_MD *md, uint8_t *room)
{
    X509 *certificate = X509_new();
    X509_EXTENSION *ca = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
    X509_NAME *name = X509_NAME_new();
    int size;

    assert_non_null(key);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"Odd", -1, -1, 0);
    assert_int_equal(X509_set_subject_name(certificate, name), 1);
    assert_int_equal(X509_set_issuer_name(certificate, name), 1);
    assert_non_null(ASN1_TIME_adj(X509_getm_notBefore(certificate), NOW - YEAR, 0, 0));
    assert_non_null(ASN1_TIME_adj(X509_getm_notAfter(certificate), NOW + YEAR, 0, 0));
    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_int_equal(X509_add_ext(certificate, ca, -1), 1);
    assert_int_not_equal(X509_sign(certificate, key, md), 0);
    size = i2d_X509(certificate, &room);
    X509_NAME_free(name);
    X509_EXTENSION_free(ca);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return tps_span_make(room - size, (size_t)size);
}

/* A stranger's chain is checked before it is trusted: it must not cost more than ours. */
static void issuers_with_costly_keys_are_refused(void **state)
{
    static uint8_t room[4096];
    tps_span chain[2];

    (void)state;
    chain[0] = chain[1] = any_ca(EVP_EC_gen("sect571r1"), EVP_sha256(), room);
    assert_status(verify(chain, 2, &root.span, 1, NOW), TPS_CRYPTO_CHAIN_RULES);
    chain[0] = chain[1] = any_ca(EVP_EC_gen("brainpoolP512r1"), EVP_sha256(), room);
    assert_status(verify(chain, 2, &root.span, 1, NOW), TPS_CRYPTO_CHAIN_RULES);
    chain[0] = chain[1] = any_ca(EVP_RSA_gen(4104), EVP_sha256(), room);
    assert_status(verify(chain, 2, &root.span, 1, NOW), TPS_CRYPTO_CHAIN_RULES);
    chain[0] = chain[1] = any_ca(EVP_RSA_gen(2048), EVP_sha256(), room);
    assert_status(verify(chain, 2, &root.span, 1, NOW), TPS_CRYPTO_CHAIN_UNTRUSTED);
    chain[0] = chain[1] = any_ca(EVP_EC_gen("P-521"), EVP_sha256(), room);
    assert_status(verify(chain, 2, &root.span, 1, NOW), TPS_CRYPTO_CHAIN_UNTRUSTED);
    chain[0] = chain[1] = any_ca(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, room);
    assert_status(verify(chain, 2, &root.span, 1, NOW), TPS_CRYPTO_CHAIN_UNTRUSTED);
}

/* The longest chain that is allowed: seven certificates and the anchor. */
static void a_chain_of_the_greatest_length_is_good(void **state)
{
    static node nodes[TPS_X509_CHAIN_MAX];
    tps_span chain[TPS_X509_CHAIN_MAX];

    (void)state;
    for (int i = TPS_X509_CHAIN_MAX - 1; i >= 0; i--) {
        char name[8];

        snprintf(name, sizeof name, "N%d", i);
        issue(&nodes[i], (uint8_t)(20 + i), name, i == TPS_X509_CHAIN_MAX - 1 ? &nodes[i] : &nodes[i + 1],
              i > 0, -1, NOW - YEAR, NOW + YEAR);
        chain[i] = nodes[i].span;
    }
    assert_status(verify(chain, TPS_X509_CHAIN_MAX, &nodes[TPS_X509_CHAIN_MAX - 1].span, 1, NOW), TPS_OK);
    assert_status(verify(chain, TPS_X509_CHAIN_MAX - 1, &nodes[TPS_X509_CHAIN_MAX - 1].span, 1, NOW), TPS_OK);
    for (size_t i = 0; i < TPS_X509_CHAIN_MAX; i++) {
        tps_crypto_key_free(nodes[i].key);
        nodes[i].key = NULL;
    }
}

static tps_span spki_of(const tps_crypto_key *key)
{
    static uint8_t spki[128];
    size_t size;

    assert_status(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size), TPS_OK);
    return tps_span_make(spki, size);
}

static void a_certificate_is_under_its_own_key_and_its_issuers(void **state)
{
    (void)state;
    assert_true(tps_x509_is_under(leaf.span, spki_of(leaf.key)));
    assert_true(tps_x509_is_under(leaf.span, spki_of(intermediate.key)));
    assert_false(tps_x509_is_under(leaf.span, spki_of(root.key)));
    assert_true(tps_x509_is_under(root.span, spki_of(root.key)));
    assert_false(tps_x509_is_under(root.span, spki_of(leaf.key)));
    assert_false(tps_x509_is_under(leaf.span, TPS_SPAN_EMPTY));
    assert_false(tps_x509_is_under(TPS_SPAN_EMPTY, spki_of(leaf.key)));
    assert_false(tps_x509_is_under(leaf.span, TPS_SPAN_LITERAL("no key")));
}

static void a_certificate_of_another_project_is_described(void **state)
{
    tps_buf der;
    tps_x509_info info;

    (void)state;
    vectors_require();
    der = vector_read("cmw/x509-cert+cbor-cmw.der");
    assert_status(tps_x509_describe(span_of(der), &info), TPS_OK);
    assert_true(info.subject[0] != '\0');
    assert_true(info.not_before < info.not_after);
    free(der.data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, good_chain, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_chain_gives_the_leafs_key_and_the_anchors_index),
        TEST(an_anchor_may_be_an_intermediate_or_the_leaf_itself),
        TEST(a_chain_without_its_anchor_is_untrusted),
        TEST(validity_counts_to_the_second),
        TEST(an_expired_certificate_anywhere_expires_the_chain),
        TEST(a_certificate_without_end_never_expires),
        TEST(a_chain_out_of_order_or_with_a_gap_is_broken),
        TEST(a_name_alone_makes_no_issuer),
        TEST(an_issuer_of_another_name_is_none),
        TEST(a_leaf_cannot_issue),
        TEST(the_path_length_is_kept),
        TEST(a_changed_certificate_is_broken_or_unreadable),
        TEST(counts_and_bytes_that_cannot_be_are_refused),
        TEST(issuers_with_costly_keys_are_refused),
        TEST(a_chain_of_the_greatest_length_is_good),
        TEST(a_certificate_is_under_its_own_key_and_its_issuers),
        TEST(a_certificate_of_another_project_is_described),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
