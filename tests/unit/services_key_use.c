/* SPDX-License-Identifier: Apache-2.0 */
/* What keys of the key store do: each operation against the crypto of this process, and how uses are counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "key_store_support.h"

static const tps_login me = {.method = TPSC_LOGIN_USER, .uid = 1000, .gid = 50};

static void make(device *d, const char *name, uint32_t kind)
{
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME(name), KIND(kind)), 0);
}

static void each_kind_signs_messages(void **state)
{
    static const struct {
        uint32_t kind;
        int32_t alg;
        size_t size;
    } known[] = {{TPS_KEY_P256_SIGN, TPS_ALG_ESP256, 64},
                 {TPS_KEY_P384_SIGN, TPS_ALG_ESP384, 96},
                 {TPS_KEY_ED25519_SIGN, TPS_ALG_ED25519, 64}};
    device *d = *state;

    for (size_t i = 0; i < 3; i++) {
        tps_crypto_key *key;
        tps_span signature;

        make(d, "k", known[i].kind);
        key = key_public(d, &me, "k");
        signature = member(ASK(d, &me, TPS_KEY_TAG_SIGN, NAME("k"), DATA("hello")), TPS_KEY_RESULT);
        assert_int_equal(signature.size, known[i].size);
        assert_int_equal(tps_crypto_verify_message(key, known[i].alg, TPS_SPAN_LITERAL("hello"), signature),
                         TPS_OK);
        tps_crypto_key_free(key);
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("k")), 0);
    }
}

static void signs(device *d, uint32_t session, const char *name)
{
    tps_crypto_key *key = key_public(d, &me, name);
    tps_span answer = key_send(d, session, &me, TPS_KEY_TAG_SIGN, FIELDS(NAME(name), DATA("hello")));

    assert_int_equal(tps_crypto_verify_message(key, TPS_ALG_ESP256, TPS_SPAN_LITERAL("hello"),
                                               member(answer, TPS_KEY_RESULT)),
                     TPS_OK);
    tps_crypto_key_free(key);
}

static void the_key_that_signed_last_signs_for_nobody_else(void **state)
{
    device *d = *state;
    uint32_t session = key_open(d, &me);
    const tps_login other = {.method = TPSC_LOGIN_USER, .uid = 1001, .gid = 51};

    make(d, "a", TPS_KEY_P256_SIGN);
    make(d, "b", TPS_KEY_P256_SIGN);
    signs(d, session, "a");
    signs(d, session, "a");
    assert_non_null(d->key_store.signer.key);
    signs(d, session, "b");
    signs(d, session, "a");
    assert_int_equal(ERROR(d, &other, TPS_KEY_TAG_SIGN, NAME("a"), DATA("x")), TPS_KEY_ERROR_UNKNOWN);
    signs(d, session, "a");
    assert_int_equal(error_of(key_send(d, session, &me, TPS_KEY_TAG_DESTROY, FIELDS(NAME("a")))), 0);
    assert_null(d->key_store.signer.key);
    assert_int_equal(error_of(key_send(d, session, &me, TPS_KEY_TAG_SIGN, FIELDS(NAME("a"), DATA("x")))),
                     TPS_KEY_ERROR_UNKNOWN);
    make(d, "a", TPS_KEY_P256_SIGN);
    signs(d, session, "a");
    signs(d, session, "b");
    key_close(d, session);
    assert_null(d->key_store.signer.key);
    for (size_t i = 0; i < sizeof(d->key_store.signer.secret); i++) {
        assert_int_equal(d->key_store.signer.secret[i], 0);
    }
}

static void digests_are_signed_by_keys_of_their_size(void **state)
{
    device *d = *state;
    tps_digest digest;
    tps_crypto_key *key;
    tps_span signature;

    make(d, "a", TPS_KEY_P256_SIGN);
    make(d, "b", TPS_KEY_P384_SIGN);
    make(d, "c", TPS_KEY_ED25519_SIGN);
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA384, TPS_SPAN_LITERAL("hello"), &digest), TPS_OK);
    signature = member(ASK(d, &me, TPS_KEY_TAG_SIGN, NAME("b"),
                           BYTES(TPS_KEY_DIGEST, tps_span_make(digest.bytes, digest.size))),
                       TPS_KEY_RESULT);
    signature = key_copy(signature);
    key = key_public(d, &me, "b");
    assert_int_equal(tps_crypto_verify(key, TPS_ALG_ESP384, &digest, signature), TPS_OK);
    tps_crypto_key_free(key);
    for (const char *name = "a"; *name <= 'c'; name = *name == 'a' ? "b" : *name == 'b' ? "c" : "d") {
        size_t other = *name == 'a' ? 48 : 32;

        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME(name),
                               BYTES(TPS_KEY_DIGEST, tps_span_make(digest.bytes, other))),
                         TPS_KEY_ERROR_DATA);
    }
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME("a"), DATA("x"),
                           BYTES(TPS_KEY_DIGEST, tps_span_make(digest.bytes, 32))),
                     TPS_KEY_ERROR_DATA);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME("a")), TPS_KEY_ERROR_DATA);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME("a"), DATA("")), 0); /* an empty message is one */
}

static void codes_are_those_of_hmac(void **state)
{
    static const uint32_t kinds[] = {TPS_KEY_HMAC256, TPS_KEY_HMAC384, TPS_KEY_HMAC512};
    static const int32_t algs[] = {TPS_ALG_HMAC256, TPS_ALG_HMAC384, TPS_ALG_HMAC512};
    device *d = *state;

    for (size_t i = 0; i < 3; i++) {
        tps_key_entry entry;
        tps_crypto_mac mac;
        tps_digest tag;
        uint8_t wrong[64];
        tps_span told;

        make(d, "m", kinds[i]);
        entry = key_stored(d, &me, "m");
        assert_int_equal(tps_crypto_mac_begin(&mac, algs[i], tps_key_entry_secret(&entry)), TPS_OK);
        tps_crypto_mac_update(&mac, TPS_SPAN_LITERAL("hello"));
        assert_int_equal(tps_crypto_mac_finish(&mac, &tag), TPS_OK);
        told = member(ASK(d, &me, TPS_KEY_TAG_MAC, NAME("m"), DATA("hello")), TPS_KEY_RESULT);
        assert_int_equal(told.size, tag.size);
        assert_memory_equal(told.data, tag.bytes, tag.size);

        memcpy(wrong, tag.bytes, sizeof(wrong));
        wrong[tag.size - 1] ^= 1;
        assert_int_equal(*member(ASK(d, &me, TPS_KEY_TAG_VERIFY_MAC, NAME("m"), DATA("hello"),
                                     BYTES(TPS_KEY_MAC, tps_span_make(tag.bytes, tag.size))),
                                 TPS_KEY_RESULT)
                              .data,
                         0xf5);
        for (size_t size = tag.size - 1; size <= tag.size; size++) { /* too short; wrong */
            assert_int_equal(
                *member(ASK(d, &me, TPS_KEY_TAG_VERIFY_MAC, NAME("m"), DATA("hello"),
                            BYTES(TPS_KEY_MAC, tps_span_make(size == tag.size ? wrong : tag.bytes, size))),
                        TPS_KEY_RESULT)
                     .data,
                0xf4);
        }
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("m")), 0);
    }
}

static void what_is_encrypted_is_decrypted_with_its_nonce_and_data_alone(void **state)
{
    device *d = *state;

    for (uint32_t kind = TPS_KEY_AES128_GCM; kind <= TPS_KEY_AES256_GCM; kind++) {
        tps_span answer;
        tps_span sealed;
        tps_span nonce;
        uint8_t changed[21];

        make(d, "e", kind);
        answer = ASK(d, &me, TPS_KEY_TAG_ENCRYPT, NAME("e"), DATA("hello"),
                     BYTES(TPS_KEY_AAD, TPS_SPAN_LITERAL("aad")));
        sealed = key_copy(member(answer, TPS_KEY_RESULT));
        nonce = key_copy(member(answer, TPS_KEY_NONCE));
        assert_int_equal(sealed.size, 21);
        assert_int_equal(nonce.size, 12);
        answer = ASK(d, &me, TPS_KEY_TAG_DECRYPT, NAME("e"), BYTES(TPS_KEY_DATA, sealed),
                     BYTES(TPS_KEY_AAD, TPS_SPAN_LITERAL("aad")), BYTES(TPS_KEY_NONCE, nonce));
        assert_memory_equal(member(answer, TPS_KEY_RESULT).data, "hello", 5);

        memcpy(changed, sealed.data, sizeof(changed));
        changed[0] ^= 1;
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DECRYPT, NAME("e"),
                               BYTES(TPS_KEY_DATA, TPS_SPAN_OF(changed)),
                               BYTES(TPS_KEY_AAD, TPS_SPAN_LITERAL("aad")), BYTES(TPS_KEY_NONCE, nonce)),
                         TPS_KEY_ERROR_REFUSED);
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DECRYPT, NAME("e"), BYTES(TPS_KEY_DATA, sealed),
                               BYTES(TPS_KEY_NONCE, nonce)),
                         TPS_KEY_ERROR_REFUSED);
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DECRYPT, NAME("e"),
                               BYTES(TPS_KEY_DATA, tps_span_make(sealed.data, 15)),
                               BYTES(TPS_KEY_NONCE, nonce)),
                         TPS_KEY_ERROR_DATA);
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DECRYPT, NAME("e"), BYTES(TPS_KEY_DATA, sealed),
                               BYTES(TPS_KEY_NONCE, tps_span_make(nonce.data, 11))),
                         TPS_KEY_ERROR_DATA);
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("e")), 0);
    }
}

static void nonces_are_not_the_callers_and_differ(void **state)
{
    device *d = *state;
    uint8_t room[512];
    tps_span answer;
    tps_span first;

    make(d, "e", TPS_KEY_AES128_GCM);
    assert_int_equal(
        key_try(d, 0, &me, TPS_KEY_TAG_ENCRYPT,
                FIELDS(NAME("e"), DATA("x"), BYTES(TPS_KEY_NONCE, TPS_SPAN_LITERAL("nnnnnnnnnnnn"))),
                TPS_BUF_OF(room), &answer),
        TPS_COMPONENT_BAD_MESSAGE);
    first = key_copy(member(ASK(d, &me, TPS_KEY_TAG_ENCRYPT, NAME("e"), DATA("x")), TPS_KEY_NONCE));
    assert_false(
        tps_span_equal(first, member(ASK(d, &me, TPS_KEY_TAG_ENCRYPT, NAME("e"), DATA("x")), TPS_KEY_NONCE)));
}

static void data_have_a_limit(void **state)
{
    static uint8_t data[TPS_KEY_DATA_MAX + 17];
    device *d = *state;
    tps_span most = tps_span_make(data, TPS_KEY_DATA_MAX);
    tps_span over = tps_span_make(data, TPS_KEY_DATA_MAX + 1);
    tps_span answer;
    tps_span sealed;
    tps_span nonce;

    make(d, "s", TPS_KEY_P256_SIGN);
    make(d, "m", TPS_KEY_HMAC256);
    make(d, "e", TPS_KEY_AES256_GCM);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME("s"), BYTES(TPS_KEY_DATA, most)), 0);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME("s"), BYTES(TPS_KEY_DATA, over)),
                     TPS_KEY_ERROR_DATA);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_MAC, NAME("m"), BYTES(TPS_KEY_DATA, over)),
                     TPS_KEY_ERROR_DATA);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_ENCRYPT, NAME("e"), BYTES(TPS_KEY_DATA, over)),
                     TPS_KEY_ERROR_DATA);
    answer = ASK(d, &me, TPS_KEY_TAG_ENCRYPT, NAME("e"), BYTES(TPS_KEY_DATA, most));
    sealed = key_copy(member(answer, TPS_KEY_RESULT));
    nonce = key_copy(member(answer, TPS_KEY_NONCE));
    answer =
        ASK(d, &me, TPS_KEY_TAG_DECRYPT, NAME("e"), BYTES(TPS_KEY_DATA, sealed), BYTES(TPS_KEY_NONCE, nonce));
    assert_true(tps_span_equal(member(answer, TPS_KEY_RESULT), most));
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DECRYPT, NAME("e"), BYTES(TPS_KEY_DATA, TPS_SPAN_OF(data)),
                           BYTES(TPS_KEY_NONCE, nonce)),
                     TPS_KEY_ERROR_DATA);
}

static void a_key_does_what_its_kind_and_usages_say_alone(void **state)
{
    static const struct {
        uint64_t tag;
        uint32_t kind; /* that may */
    } uses[] = {{TPS_KEY_TAG_SIGN, TPS_KEY_P256_SIGN},
                {TPS_KEY_TAG_MAC, TPS_KEY_HMAC256},
                {TPS_KEY_TAG_ENCRYPT, TPS_KEY_AES128_GCM}};
    device *d = *state;
    char name[] = "a";

    for (uint32_t kind = TPS_KEY_P256_SIGN; kind <= TPS_KEY_P256_IMPORT; kind++, name[0]++) {
        make(d, name, kind);
        for (size_t i = 0; i < 3; i++) {
            uint64_t error = ERROR(d, &me, uses[i].tag, NAME(name), DATA("x"));
            bool may = (tps_key_kind_find(kind)->usages & tps_key_kind_find(uses[i].kind)->usages) != 0;

            assert_int_equal(error, may ? 0 : TPS_KEY_ERROR_USE);
        }
    }
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("z"), KIND(TPS_KEY_HMAC256),
                           USAGES(TPS_KEY_USE(TPS_KEY_OP_MAC_VERIFY))),
                     0);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_MAC, NAME("z"), DATA("x")), TPS_KEY_ERROR_USE);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_VERIFY_MAC, NAME("z"), DATA("x"),
                           BYTES(TPS_KEY_MAC, TPS_SPAN_LITERAL("x"))),
                     0);
}

static void a_limit_is_kept_over_restarts(void **state)
{
    device *d = *state;

    for (uint64_t lifetime = TPS_KEY_PERSISTENT; lifetime <= TPS_KEY_UNTIL_RESTART; lifetime++) {
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("l"), NUMBER(TPS_KEY_LIFETIME, lifetime),
                               NUMBER(TPS_KEY_LIMIT, 2)),
                         0);
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME("l"), DATA("1")), 0);
        if (lifetime == TPS_KEY_PERSISTENT) {
            device_start(d);
        }
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME("l"), DATA("2")), 0);
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_SIGN, NAME("l"), DATA("3")), TPS_KEY_ERROR_USED_UP);
        assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("l")), 0);
    }
}

static uint64_t encrypt(device *d, const char *name)
{
    return ERROR(d, &me, TPS_KEY_TAG_ENCRYPT, NAME(name), DATA("x"));
}

/* Puts a count into a stored key, as if it had been used so often. */
static void set_uses(device *d, const char *name, uint64_t uses)
{
    tps_session session = {.service = &tps_key_store_service, .login = me};
    tps_key_entry entry = key_stored(d, &me, name);
    tps_key_asker asker;

    entry.uses = uses;
    assert_int_equal(tps_key_asker_begin(&asker, &d->component, &session, &d->key_store), TPS_OK);
    assert_int_equal(tps_key_put(&asker, &entry), TPS_OK);
    tps_key_asker_end(&asker);
}

static void encryptions_are_counted_in_blocks_ahead_of_use(void **state)
{
    device *d = *state;

    make(d, "e", TPS_KEY_AES256_GCM);
    for (unsigned i = 0; i < TPS_KEY_ENCRYPTIONS_BLOCK; i++) {
        assert_int_equal(encrypt(d, "e"), 0);
    }
    assert_int_equal(key_stored(d, &me, "e").uses, TPS_KEY_ENCRYPTIONS_BLOCK);
    assert_int_equal(encrypt(d, "e"), 0);
    assert_int_equal(key_stored(d, &me, "e").uses, 2 * TPS_KEY_ENCRYPTIONS_BLOCK);
    device_start(d); /* what was left of the block is lost, never used twice */
    assert_int_equal(encrypt(d, "e"), 0);
    assert_int_equal(key_stored(d, &me, "e").uses, 3 * TPS_KEY_ENCRYPTIONS_BLOCK);
}

static void a_new_key_does_not_inherit_the_block_of_an_old_one(void **state)
{
    device *d = *state;

    make(d, "e", TPS_KEY_AES256_GCM);
    assert_int_equal(encrypt(d, "e"), 0);
    assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("e")), 0);
    make(d, "e", TPS_KEY_AES256_GCM);
    assert_int_equal(encrypt(d, "e"), 0);
    assert_int_equal(key_stored(d, &me, "e").uses, TPS_KEY_ENCRYPTIONS_BLOCK);
}

static void more_keys_than_blocks_cost_writes_and_no_count(void **state)
{
    device *d = *state;
    char name[] = "a";

    for (unsigned round = 0; round < 2; round++) {
        for (name[0] = 'a'; name[0] <= 'a' + (char)TPS_KEY_BLOCKS; name[0]++) {
            if (round == 0) {
                make(d, name, TPS_KEY_AES128_GCM);
            }
            assert_int_equal(encrypt(d, name), 0);
        }
    }
    assert_int_equal(key_stored(d, &me, "a").uses, 2 * TPS_KEY_ENCRYPTIONS_BLOCK);
}

static void a_key_ends_with_its_last_safe_nonce(void **state)
{
    device *d = *state;

    make(d, "e", TPS_KEY_AES256_GCM);
    assert_int_equal(
        ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("v"), KIND(TPS_KEY_AES256_GCM), NUMBER(TPS_KEY_LIFETIME, 2)),
        0);
    set_uses(d, "e", TPS_KEY_ENCRYPTIONS_MAX);
    set_uses(d, "v", 0x100000000u - 1u);
    assert_int_equal(encrypt(d, "e"), TPS_KEY_ERROR_USED_UP);
    assert_int_equal(encrypt(d, "v"), 0);
    assert_int_equal(encrypt(d, "v"), TPS_KEY_ERROR_USED_UP);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_signs_messages),
        TEST(the_key_that_signed_last_signs_for_nobody_else),
        TEST(digests_are_signed_by_keys_of_their_size),
        TEST(codes_are_those_of_hmac),
        TEST(what_is_encrypted_is_decrypted_with_its_nonce_and_data_alone),
        TEST(nonces_are_not_the_callers_and_differ),
        TEST(data_have_a_limit),
        TEST(a_key_does_what_its_kind_and_usages_say_alone),
        TEST(a_limit_is_kept_over_restarts),
        TEST(encryptions_are_counted_in_blocks_ahead_of_use),
        TEST(a_new_key_does_not_inherit_the_block_of_an_old_one),
        TEST(more_keys_than_blocks_cost_writes_and_no_count),
        TEST(a_key_ends_with_its_last_safe_nonce),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
