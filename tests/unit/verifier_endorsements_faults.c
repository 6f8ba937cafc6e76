/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests with everything in them, while each allocation and each cryptographic operation fails once: the
 * load says so, leaves nothing behind, and succeeds the next time. The linker puts the functions below in the
 * place of the real ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/x509.h"
#include "support/faults.h"
#include "support/keys.h"
#include "tps/base64.h"
#include "tps/coswid.h"
#include "verifier/state.h"
#include "verifier_support.h"

#define LENIENT    ((tps_verifier_options){.allow_unsigned_endorsements = true})
#define TEXT(text) TPS_SPAN_LITERAL(text)
#define ONE(pointer)                   \
    {                                  \
        .items = (pointer), .count = 1 \
    }
#define MANY(array)                                                   \
    {                                                                 \
        .items = (array), .count = sizeof(array) / sizeof((array)[0]) \
    }

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
tps_status __real_tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point);
tps_status __wrap_tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point);
tps_status __real_tps_crypto_key_spki(const tps_crypto_key *key, tps_buf out, size_t *size);
tps_status __wrap_tps_crypto_key_spki(const tps_crypto_key *key, tps_buf out, size_t *size);
tps_status __real_tps_crypto_hash_begin(tps_crypto_hash *hash, int32_t alg);
tps_status __wrap_tps_crypto_hash_begin(tps_crypto_hash *hash, int32_t alg);
tps_status __real_tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest);
tps_status __wrap_tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest);
tps_status __real_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);
tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);

void *__wrap_malloc(size_t size)
{
    return fault_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fault_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fault_now() ? NULL : __real_realloc(old, size);
}

tps_status __wrap_tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_key_point(key, point);
}

tps_status __wrap_tps_crypto_key_spki(const tps_crypto_key *key, tps_buf out, size_t *size)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_key_spki(key, out, size);
}

tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_hash_of(alg, bytes, digest);
}

tps_status __wrap_tps_crypto_hash_begin(tps_crypto_hash *hash, int32_t alg)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_hash_begin(hash, alg);
}

tps_status __wrap_tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest)
{
    if (fault_now()) {
        tps_crypto_hash_abort(hash);
        return TPS_CRYPTO_FAILED;
    }
    return __real_tps_crypto_hash_finish(hash, digest);
}

/* ---- manifests ---- */

static const uint8_t a_digest[32] = {0xd1};
static const uint8_t tag_one[16] = {0x01};
static const uint8_t tag_two[16] = {0x02};
static const uint8_t tag_old[16] = {0x03};
static const uint8_t the_cotl[16] = {0x0c};
static const tps_corim_validity until = {true, false, 0, NOW + 1000};

static tps_corim_value uuid(const uint8_t id[16])
{
    return (tps_corim_value){TPS_CORIM_UUID, 37, tps_span_make(id, 16)};
}

static tps_span write_coswid(void)
{
    static uint8_t room[512];
    static const tps_corim_label creator = {.number = 1};
    const tps_coswid_entity entity = {.name = TEXT("Lumen"), .roles = ONE(&creator)};
    const tps_coswid_file file = {.name = TEXT("firmware"),
                                  .hash = {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(a_digest)}};
    const tps_coswid coswid = {.id = {TPS_CORIM_TEXT, 0, TEXT("swid")},
                               .software_name = TEXT("firmware"),
                               .entities = ONE(&entity),
                               .content = {.is_present = true, .files = &file, .file_count = 1}};
    tps_span encoded;

    assert_int_equal(tps_coswid_write(&coswid, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    return encoded;
}

static tps_span pem_of(tps_span der, const char *label)
{
    static char rooms[8][2048];
    static size_t next;
    char *room = rooms[next++ % 8];
    char text[1500];
    int size = snprintf(room, sizeof rooms[0], "-----BEGIN %s-----\n%.*s\n-----END %s-----\n", label,
                        (int)tps_base64_write(der, text), text, label);

    return tps_span_make(room, (size_t)size);
}

static tps_span spki_of(tps_crypto_key *key)
{
    static uint8_t rooms[4][256];
    static size_t next;
    uint8_t *room = rooms[next++ % 4];
    size_t size;

    assert_int_equal(tps_crypto_key_spki(key, (tps_buf){room, 256}, &size), TPS_OK);
    return tps_span_make(room, size);
}

enum { KEY_FORMS = 10 };

/* A key in every form that the draft has. */
static void make_keys(tps_crypto_key *p384, tps_corim_key keys[KEY_FORMS])
{
    static uint8_t cose[128];
    static const tps_corim_digest digest = {.alg = TPS_ALG_SHA256, .value = {a_digest, sizeof a_digest}};
    tps_span root = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(cose));
    const tps_corim_key made[KEY_FORMS] = {
        {.tag = TPS_CORIM_TAG_KEY_PEM, .value = pem_of(spki_of(device_key(20)), "PUBLIC KEY")},
        {.tag = TPS_CORIM_TAG_KEY_PEM, .value = pem_of(spki_of(p384), "PUBLIC KEY")},
        {.tag = TPS_CORIM_TAG_CERTIFICATE_PEM, .value = pem_of(root, "CERTIFICATE")},
        {.tag = TPS_CORIM_TAG_PATH_PEM, .value = pem_of(root, "CERTIFICATE")},
        {.tag = TPS_CORIM_TAG_KEY_THUMBPRINT, .digest = digest},
        {.tag = TPS_CORIM_TAG_COSE_KEY},
        {.tag = TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT, .digest = digest},
        {.tag = TPS_CORIM_TAG_BYTES, .value = TEXT("key")},
        {.tag = TPS_CORIM_TAG_PATH_THUMBPRINT, .digest = digest},
        {.tag = TPS_CORIM_TAG_CERTIFICATE_DER, .value = root}};

    memcpy(keys, made, sizeof made);
    assert_int_equal(tps_cose_key_put(&w, device_key(20)), TPS_OK);
    keys[5].value = tps_span_make(cose, w.size);
}

/* Everything but a profile: triples of all kinds, keys of all forms, a CoSWID, a CoTL, something replaced. */
static tps_span write_whole(uint64_t version, tps_crypto_key *p384)
{
    static uint8_t room[65536];
    static const uint8_t ids[3][33] = {{1, 1}, {1, 2}, {1, 3}};
    const tps_corim_digest digest = {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(a_digest)};
    tps_corim_environment board = {.class_id = {TPS_CORIM_UUID, 37, TPS_SPAN_OF(tag_one)},
                                   .vendor = TEXT("Lumen"),
                                   .model = TEXT("Board")};
    tps_corim_environment instance = {.instance = uuid(tag_two)};
    const tps_corim_register pcr = {{TPS_CBOR_UINT, 0, 7, TPS_SPAN_EMPTY}, ONE(&digest)};
    tps_corim_measurement values[2] = {{.version = TEXT("1"), .digests = ONE(&digest)},
                                       {.key = {TPS_CORIM_UINT, 1, TPS_SPAN_EMPTY}, .registers = ONE(&pcr)}};
    tps_corim_statement statements[2] = {{board, MANY(values)}, {instance, ONE(&values[0])}};
    tps_corim_key keys[KEY_FORMS];
    const tps_corim_value lamp = {TPS_CORIM_BYTES, 0, TPS_SPAN_OF(lamp_class)};
    tps_corim_key_statement attest[4] = {{.environment = {.class_id = lamp}, .keys = ONE(&keys[0])},
                                         {.environment = {.class_id = lamp}, .keys = ONE(&keys[1])},
                                         {.environment = {.class_id = lamp}, .keys = ONE(&keys[4])},
                                         {.environment = board, .keys = MANY(keys)}};
    tps_corim_domain domain = {board, ONE(&instance)};
    tps_corim_value tag_id = {TPS_CORIM_TEXT, 0, TEXT("swid")};
    tps_corim_coswid_link link = {board, ONE(&tag_id)};
    tps_corim_series_step step = {MANY(values), MANY(values)};
    tps_corim_series series = {.environment = board, .claims = MANY(values), .steps = ONE(&step)};
    tps_corim_conditional conditional = {MANY(statements), MANY(statements)};
    tps_corim_linked_tag linked = {uuid(tag_old), {.number = 1}};
    tps_corim_comid comids[] = {{.identity = {uuid(tag_one), true, version},
                                 .reference_values = MANY(statements),
                                 .endorsed_values = MANY(statements),
                                 .identity_keys = ONE(&attest[3]),
                                 .attest_keys = MANY(attest),
                                 .linked_tags = ONE(&linked)},
                                {.identity = {uuid(tag_two), true, version},
                                 .dependencies = ONE(&domain),
                                 .memberships = ONE(&domain),
                                 .coswid_links = ONE(&link),
                                 .series = ONE(&series),
                                 .conditionals = ONE(&conditional)}};
    tps_corim_identity listed[] = {{uuid(tag_one), true, version}, {uuid(tag_two), true, version}};
    tps_corim_cotl cotl = {{uuid(the_cotl), true, version}, MANY(listed), until};
    tps_corim_tag tags[] = {{.tag = TPS_CORIM_TAG_COMID, .comid = &comids[0]},
                            {.tag = TPS_CORIM_TAG_COMID, .comid = &comids[1]},
                            {.tag = TPS_CORIM_TAG_COSWID, .content = write_coswid()},
                            {.tag = TPS_CORIM_TAG_COTL, .cotl = &cotl}};
    tps_corim corim = {.id = {TPS_CORIM_TEXT, 0, TEXT("whole")}, .tags = MANY(tags)};
    tps_span encoded;

    make_keys(p384, keys);
    for (size_t i = 0; i < 3; i++) {
        attest[i].environment.instance = (tps_corim_value){TPS_CORIM_UEID, 0, TPS_SPAN_OF(ids[i])};
    }
    assert_int_equal(tps_corim_write(&corim, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    return encoded;
}

static tps_span copy_of(tps_span bytes)
{
    uint8_t *copy = malloc(bytes.size);

    assert_non_null(copy);
    memcpy(copy, bytes.data, bytes.size);
    return tps_span_make(copy, bytes.size);
}

static void expect_same(const tps_verifier_counts *a, const tps_verifier_counts *b)
{
    tps_verifier_counts x = *a;
    tps_verifier_counts y = *b;

    x.bytes = 0;
    y.bytes = 0;
    assert_memory_equal(&x, &y, sizeof x);
}

/* Loads `first`, if there is one, then `second` with its Nth operation failing, for all N. */
static void fail_everywhere(tps_span first, tps_span second)
{
    tps_span signer = spki_of(device_key(22));
    unsigned n = 0;
    bool is_done = false;

    while (!is_done) {
        tps_verifier *v = make_verifier(LENIENT);
        tps_verifier_counts before;
        tps_verifier_counts after;
        tps_error why = {0};
        tps_status status;

        assert_int_equal(tps_verifier_add_key(v, signer), TPS_OK);
        assert_true(first.size == 0 || tps_verifier_add_corim(v, first, NOW, NULL) == TPS_OK);
        tps_verifier_count(v, &before);
        fault_arm(++n);
        status = tps_verifier_add_corim(v, second, NOW, &why);
        is_done = !fault_struck();
        fault_arm(0);
        tps_verifier_count(v, &after);
        if (status != TPS_OK) {
            assert_false(is_done);
            expect_same(&before, &after);
            assert_int_equal(v->knowledge.link_count == 0, before.statements == 0);
            assert_int_equal(tps_verifier_add_corim(v, second, NOW, NULL), TPS_OK);
        }
        tps_verifier_count(v, &after);
        assert_int_equal(after.corims, before.corims + 1);
        assert_true(after.statements >= 15 && after.devices == 3);
        tps_verifier_free(v);
    }
    assert_in_range(n, 50, 5000);
}

static void a_load_that_fails_anywhere_leaves_nothing(void **state)
{
    tps_crypto_key *p384 = test_key_p384();
    tps_span whole = copy_of(write_whole(1, p384));

    (void)state;
    fail_everywhere(TPS_SPAN_EMPTY, whole);
    free((void *)(uintptr_t)whole.data);
    tps_crypto_key_free(p384);
}

static void an_update_that_fails_anywhere_leaves_the_old(void **state)
{
    tps_crypto_key *p384 = test_key_p384();
    tps_span first = copy_of(write_whole(1, p384));
    tps_span second = copy_of(write_whole(2, p384));

    (void)state;
    fail_everywhere(first, second);
    free((void *)(uintptr_t)first.data);
    free((void *)(uintptr_t)second.data);
    tps_crypto_key_free(p384);
}

static void a_signed_load_that_fails_anywhere_leaves_nothing(void **state)
{
    static uint8_t room[65536];
    tps_crypto_key *p384 = test_key_p384();
    tps_corim_signer who = {.name = TEXT("Lumen")};
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(22), TPS_ALG_ESP256);
    tps_span message;

    (void)state;
    assert_int_equal(tps_corim_sign(write_whole(1, p384), &who, &signer, TPS_BUF_OF(room), &message), TPS_OK);
    fail_everywhere(TPS_SPAN_EMPTY, message);
    tps_crypto_key_free(p384);
}

/* The device of a thumbprint, while something fails: affirmed only where nothing did. */
static void a_device_by_thumbprint_is_never_affirmed_by_a_failure(void **state)
{
    static uint8_t room[16384];
    static uint8_t software[16384];
    static tps_appraisal appraisal;
    tps_span root = make_ca("Other root", device_key(21), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf("Lamp 1", device_key(1), root, device_key(21), NOW + 100);
    tps_corim_manifest lamp = lamp_manifest();
    tps_device_claims claims = lamp_eat();
    tps_span evidence = copy_of(sign_eat(&claims, device_key(1), &leaf, 1));
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    tps_span encoded;

    (void)state;
    lamp.device_count = 0;
    encoded = encode(&lamp);
    memcpy(software, encoded.data, encoded.size);
    encoded = tps_span_make(software, encoded.size);
    for (size_t i = 0; i < 2; i++) {
        tps_digest digest;
        tps_corim_key key = {.tag = i == 0 ? TPS_CORIM_TAG_KEY_THUMBPRINT
                                           : TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT};
        tps_corim_key_statement keys = {.environment = {.class_id = {TPS_CORIM_BYTES, 0, lamp.class_id},
                                                        .instance = {TPS_CORIM_UEID, 0, claims.ueid}},
                                        .keys = ONE(&key)};
        tps_corim_comid comid = {.identity = {.id = uuid(tag_one)}, .attest_keys = ONE(&keys)};
        tps_corim_tag tag = {.tag = TPS_CORIM_TAG_COMID, .comid = &comid};
        tps_corim corim = {.id = {TPS_CORIM_TEXT, 0, TEXT("keys")}, .tags = ONE(&tag)};
        tps_span manifest;
        unsigned n = 0;
        bool is_done = false;

        assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, i == 0 ? spki_of(device_key(1)) : leaf, &digest),
                         TPS_OK);
        key.digest =
            (tps_corim_digest){.alg = TPS_ALG_SHA256, .value = tps_span_make(digest.bytes, digest.size)};
        assert_int_equal(tps_corim_write(&corim, TPS_BUF_OF(room), &manifest, NULL), TPS_OK);
        while (!is_done) {
            tps_verifier *v = make_verifier(LENIENT);

            assert_int_equal(tps_verifier_add_corim(v, encoded, NOW, NULL), TPS_OK);
            assert_int_equal(tps_verifier_add_corim(v, manifest, NOW, NULL), TPS_OK);
            fault_arm(++n);
            tps_verifier_appraise(v, evidence, &request, &appraisal);
            is_done = !fault_struck();
            assert_int_equal(appraisal.tier == TPS_EAR_TIER_AFFIRMING, is_done);
            tps_verifier_free(v);
        }
        assert_in_range(n, 4, 100);
    }
    free((void *)(uintptr_t)evidence.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_that_fails_anywhere_leaves_nothing),
        cmocka_unit_test(a_signed_load_that_fails_anywhere_leaves_nothing),
        cmocka_unit_test(a_device_by_thumbprint_is_never_affirmed_by_a_failure),
        cmocka_unit_test(an_update_that_fails_anywhere_leaves_the_old),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
