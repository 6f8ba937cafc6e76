/* SPDX-License-Identifier: Apache-2.0 */
/* AES-GCM and AES-CCM of every size: published results, additional data in parts, in place, limits, and what
 * is refused. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/crypto.h"

#define GCM_NONCE "cafebabefacedbaddecaf888"
#define GCM_AAD   "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define GCM_PLAIN                                                                                        \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b1" \
    "6aedf5aa0de657ba637b39"
#define CCM_KEY   "404142434445464748494a4b4c4d4e4f"
#define CCM_NONCE "101112131415161718191a1b1c"
#define CCM_AAD   "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627"
#define CCM_PLAIN "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c"

/* Test cases 4, 10 and 16 of the GCM specification; packet vector 1 of RFC 3610; and, for what RFC 3610 does
 * not show, results of another library (Python's cryptography). */
static const struct {
    int32_t alg;
    const char *key;
    const char *nonce;
    const char *aad;
    const char *plain;
    const char *sealed;
} published[] = {
    {TPS_ALG_A128GCM, "feffe9928665731c6d6a8f9467308308", GCM_NONCE, GCM_AAD, GCM_PLAIN,
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac97"
     "3d58e0915bc94fbc3221a5db94fae95ae7121a47"},
    {TPS_ALG_A192GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731c", GCM_NONCE, GCM_AAD, GCM_PLAIN,
     "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9"
     "ccda27102519498e80f1478f37ba55bd6d27618c"},
    {TPS_ALG_A256GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", GCM_NONCE, GCM_AAD,
     GCM_PLAIN,
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
     "bcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
    {TPS_ALG_AES_CCM_16_64_128, "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", "00000003020100a0a1a2a3a4a5",
     "0001020304050607", "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
     "588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0"},
    {TPS_ALG_AES_CCM_16_64_128, CCM_KEY, CCM_NONCE, CCM_AAD, CCM_PLAIN,
     "69915dad1e84c6376a68c2967e4dab615ae0fd1faec44cc48482852946e67d6635990e43ea"},
    {TPS_ALG_AES_CCM_16_64_128, CCM_KEY, CCM_NONCE, "", "", "2dc1037f4454ca97"},
    {TPS_ALG_AES_CCM_16_128_128, CCM_KEY, CCM_NONCE, CCM_AAD, CCM_PLAIN,
     "69915dad1e84c6376a68c2967e4dab615ae0fd1faec44cc48482852946ba62d009d47781aea551e6d7a5f52369"},
    {TPS_ALG_AES_CCM_16_128_128, CCM_KEY, CCM_NONCE, CCM_AAD, "", "8b111eaa5227174d984bde9f4d845ba9"},
};

/* CCM stands at the end. */
static size_t published_count(void)
{
    return tps_crypto_supports(TPS_ALG_AES_CCM_16_64_128) ? sizeof published / sizeof published[0] : 3;
}

typedef struct {
    int32_t alg;
    tps_buf key;
    tps_buf nonce;
    tps_buf aad;
    tps_buf plain;
    tps_buf sealed;
} sample;

static sample sample_new(size_t i)
{
    return (sample){published[i].alg,
                    bytes_from_hex(published[i].key),
                    bytes_from_hex(published[i].nonce),
                    bytes_from_hex(published[i].aad),
                    bytes_from_hex(published[i].plain),
                    bytes_from_hex(published[i].sealed)};
}

static void sample_free(sample *s)
{
    free(s->key.data);
    free(s->nonce.data);
    free(s->aad.data);
    free(s->plain.data);
    free(s->sealed.data);
}

/* Seals and opens with the additional data in these parts. */
static void assert_both_ways(const sample *s, tps_crypto_aad aad)
{
    uint8_t room[128];

    assert_status(tps_crypto_aead_seal(s->alg, span_of(s->key), span_of(s->nonce), aad, span_of(s->plain),
                                       (tps_buf){room, s->sealed.size}),
                  TPS_OK);
    assert_span(tps_span_make(room, s->sealed.size), span_of(s->sealed));
    assert_status(tps_crypto_aead_open(s->alg, span_of(s->key), span_of(s->nonce), aad, span_of(s->sealed),
                                       (tps_buf){room, s->plain.size}),
                  TPS_OK);
    assert_span(tps_span_make(room, s->plain.size), span_of(s->plain));
}

static void published_results_come_out_however_the_additional_data_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < published_count(); i++) {
        sample s = sample_new(i);
        tps_span whole = span_of(s.aad);

        assert_int_equal(s.key.size, tps_crypto_aead_key_size(s.alg));
        assert_int_equal(s.nonce.size, tps_crypto_aead_nonce_size(s.alg));
        assert_int_equal(s.sealed.size - s.plain.size, tps_crypto_aead_tag_size(s.alg));
        assert_both_ways(&s, (tps_crypto_aad){&whole, 1});
        for (size_t cut = 0; cut <= whole.size; cut++) {
            const tps_span parts[] = {
                {whole.data, cut}, TPS_SPAN_EMPTY, {whole.data + cut, whole.size - cut}};
            assert_both_ways(&s, (tps_crypto_aad){parts, 3});
        }
        sample_free(&s);
    }
}

static void as_many_parts_as_there_may_be_are_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < published_count(); i++) {
        sample s = sample_new(i);
        tps_span parts[TPS_AAD_PARTS_MAX + 1];
        uint8_t room[128];
        size_t step = s.aad.size / TPS_AAD_PARTS_MAX;

        for (size_t n = 0; n < TPS_AAD_PARTS_MAX; n++) {
            parts[n] = tps_span_make(s.aad.data + n * step, step);
        }
        parts[TPS_AAD_PARTS_MAX - 1].size += s.aad.size - TPS_AAD_PARTS_MAX * step;
        assert_both_ways(&s, (tps_crypto_aad){parts, TPS_AAD_PARTS_MAX});
        parts[TPS_AAD_PARTS_MAX] = TPS_SPAN_EMPTY;
        assert_status(tps_crypto_aead_seal(s.alg, span_of(s.key), span_of(s.nonce),
                                           (tps_crypto_aad){parts, TPS_AAD_PARTS_MAX + 1}, span_of(s.plain),
                                           (tps_buf){room, s.sealed.size}),
                      TPS_BAD_ARGUMENT);
        sample_free(&s);
    }
}

static void no_parts_are_the_same_as_empty_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < published_count(); i++) {
        sample s = sample_new(i);
        const tps_span empty[] = {TPS_SPAN_EMPTY, TPS_SPAN_EMPTY};
        uint8_t one[128];
        uint8_t two[128];

        assert_status(tps_crypto_aead_seal(s.alg, span_of(s.key), span_of(s.nonce), (tps_crypto_aad){NULL, 0},
                                           span_of(s.plain), (tps_buf){one, s.sealed.size}),
                      TPS_OK);
        assert_status(tps_crypto_aead_seal(s.alg, span_of(s.key), span_of(s.nonce),
                                           (tps_crypto_aad){empty, 2}, span_of(s.plain),
                                           (tps_buf){two, s.sealed.size}),
                      TPS_OK);
        assert_memory_equal(one, two, s.sealed.size);
        sample_free(&s);
    }
}

static void it_works_in_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < published_count(); i++) {
        sample s = sample_new(i);
        tps_span whole = span_of(s.aad);
        uint8_t room[128];

        memcpy(room, s.plain.data, s.plain.size);
        assert_status(tps_crypto_aead_seal(s.alg, span_of(s.key), span_of(s.nonce),
                                           (tps_crypto_aad){&whole, 1}, tps_span_make(room, s.plain.size),
                                           (tps_buf){room, s.sealed.size}),
                      TPS_OK);
        assert_span(tps_span_make(room, s.sealed.size), span_of(s.sealed));
        assert_status(tps_crypto_aead_open(s.alg, span_of(s.key), span_of(s.nonce),
                                           (tps_crypto_aad){&whole, 1}, tps_span_make(room, s.sealed.size),
                                           (tps_buf){room, s.plain.size}),
                      TPS_OK);
        assert_span(tps_span_make(room, s.plain.size), span_of(s.plain));
        sample_free(&s);
    }
}

static tps_status open_into(const sample *s, tps_span aad, uint8_t *room)
{
    memset(room, 0xa5, s->plain.size + 1);
    return tps_crypto_aead_open(s->alg, span_of(s->key), span_of(s->nonce), (tps_crypto_aad){&aad, 1},
                                span_of(s->sealed), (tps_buf){room, s->plain.size});
}

static void assert_bad_tag(const sample *s, tps_span aad)
{
    uint8_t room[128];

    assert_status(open_into(s, aad, room), TPS_CRYPTO_BAD_TAG);
    for (size_t i = 0; i < s->plain.size; i++) {
        assert_int_equal(room[i], 0);
    }
    assert_int_equal(room[s->plain.size], 0xa5);
}

static void any_change_is_found_and_the_output_wiped(void **state)
{
    (void)state;
    for (size_t i = 0; i < published_count(); i++) {
        sample s = sample_new(i);
        tps_buf *const parts[] = {&s.key, &s.nonce, &s.aad, &s.sealed};

        for (size_t p = 0; p < 4; p++) {
            for (size_t bit = 0; bit < 8 * parts[p]->size; bit++) {
                parts[p]->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
                assert_bad_tag(&s, span_of(s.aad));
                parts[p]->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
        }
        for (size_t cut = 0; cut < s.aad.size; cut++) {
            assert_bad_tag(&s, tps_span_make(s.aad.data, cut));
        }
        sample_free(&s);
    }
}

static void sizes_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < published_count(); i++) {
        sample s = sample_new(i);
        const tps_crypto_aad none = {NULL, 0};
        tps_span key = span_of(s.key);
        tps_span nonce = span_of(s.nonce);
        uint8_t zeros[40] = {0};
        uint8_t room[128];

        for (size_t size = 0; size < sizeof zeros; size++) {
            if (size != key.size) {
                assert_status(tps_crypto_aead_seal(s.alg, tps_span_make(zeros, size), nonce, none,
                                                   span_of(s.plain), (tps_buf){room, s.sealed.size}),
                              TPS_CRYPTO_BAD_KEY);
            }
            if (size != nonce.size) {
                assert_status(tps_crypto_aead_open(s.alg, key, tps_span_make(zeros, size), none,
                                                   span_of(s.sealed), (tps_buf){room, s.plain.size}),
                              TPS_BAD_ARGUMENT);
            }
        }
        for (size_t size = 0; size < sizeof room; size++) {
            if (size != s.sealed.size) {
                assert_status(
                    tps_crypto_aead_seal(s.alg, key, nonce, none, span_of(s.plain), (tps_buf){room, size}),
                    TPS_BAD_ARGUMENT);
            }
        }
        for (size_t size = 0; size < tps_crypto_aead_tag_size(s.alg); size++) {
            assert_status(tps_crypto_aead_open(s.alg, key, nonce, none, tps_span_make(s.sealed.data, size),
                                               (tps_buf){room, 0}),
                          TPS_CRYPTO_BAD_TAG);
        }
        assert_status(tps_crypto_aead_open(s.alg, key, nonce, none, span_of(s.sealed),
                                           (tps_buf){room, s.plain.size + 1}),
                      TPS_BAD_ARGUMENT);
        sample_free(&s);
    }
}

static void unknown_algorithms_are_refused_and_have_no_sizes(void **state)
{
    static const int32_t others[] = {TPS_ALG_NONE, TPS_ALG_HMAC256, TPS_ALG_A128KW, 11, 24, 31, 32, 33};
    const uint8_t zeros[32] = {0};
    uint8_t room[32];

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(tps_crypto_aead_key_size(others[i]), 0);
        assert_int_equal(tps_crypto_aead_nonce_size(others[i]), 0);
        assert_int_equal(tps_crypto_aead_tag_size(others[i]), 0);
        memset(room, 0xa5, sizeof room);
        assert_status(tps_crypto_aead_seal(others[i], tps_span_make(zeros, 16), tps_span_make(zeros, 12),
                                           (tps_crypto_aad){NULL, 0}, TPS_SPAN_EMPTY, (tps_buf){room, 16}),
                      TPS_CRYPTO_ALG_REFUSED);
        assert_int_equal(room[0], 0);
        assert_status(tps_crypto_aead_open(others[i], tps_span_make(zeros, 16), tps_span_make(zeros, 12),
                                           (tps_crypto_aad){NULL, 0}, tps_span_make(zeros, 16),
                                           TPS_BUF_MEASURE),
                      TPS_CRYPTO_ALG_REFUSED);
    }
}

static void gcm_takes_more_than_65535_bytes(void **state)
{
    const uint8_t zeros[32] = {0};
    uint8_t *plain = calloc(1, 65536);
    uint8_t *room = malloc(65536 + 16);

    (void)state;
    assert_status(tps_crypto_aead_seal(TPS_ALG_A128GCM, tps_span_make(zeros, 16), tps_span_make(zeros, 12),
                                       (tps_crypto_aad){NULL, 0}, tps_span_make(plain, 65536),
                                       (tps_buf){room, 65536 + 16}),
                  TPS_OK);
    free(room);
    free(plain);
}

/* CCM's length field has two bytes here. */
static void ccm_takes_65535_bytes(void **state)
{
    const uint8_t zeros[32] = {0};
    uint8_t *plain = calloc(1, 65536);
    uint8_t *room = malloc(65536 + 16);
    tps_span key = tps_span_make(zeros, 16);

    (void)state;
    if (!tps_crypto_supports(TPS_ALG_AES_CCM_16_64_128)) {
        free(room);
        free(plain);
        print_message("skipped: this back end has no CCM\n");
        skip();
    }
    assert_status(tps_crypto_aead_seal(TPS_ALG_AES_CCM_16_64_128, key, tps_span_make(zeros, 13),
                                       (tps_crypto_aad){NULL, 0}, tps_span_make(plain, 65535),
                                       (tps_buf){room, 65535 + 8}),
                  TPS_OK);
    assert_status(tps_crypto_aead_open(TPS_ALG_AES_CCM_16_64_128, key, tps_span_make(zeros, 13),
                                       (tps_crypto_aad){NULL, 0}, tps_span_make(room, 65535 + 8),
                                       (tps_buf){plain, 65535}),
                  TPS_OK);
    assert_status(tps_crypto_aead_seal(TPS_ALG_AES_CCM_16_64_128, key, tps_span_make(zeros, 13),
                                       (tps_crypto_aad){NULL, 0}, tps_span_make(plain, 65536),
                                       (tps_buf){room, 65536 + 8}),
                  TPS_BAD_ARGUMENT);
    free(room);
    free(plain);
}

/* Sizes that nobody has the memory for are refused before anything is read. */
static void sizes_above_what_a_library_counts_are_refused(void **state)
{
    const uint8_t zeros[32] = {0};
    const tps_span huge[] = {{zeros, (size_t)INT32_MAX - 1}, {zeros, 2}};
    uint8_t room[16];

    (void)state;
    if (SIZE_MAX == UINT32_MAX) {
        print_message("skipped: no memory of this machine is as large as what must be refused\n");
        skip();
    }
    assert_status(tps_crypto_aead_seal(TPS_ALG_A128GCM, tps_span_make(zeros, 16), tps_span_make(zeros, 12),
                                       (tps_crypto_aad){huge, 2}, TPS_SPAN_EMPTY, TPS_BUF_OF(room)),
                  TPS_BAD_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_results_come_out_however_the_additional_data_is_cut),
        cmocka_unit_test(as_many_parts_as_there_may_be_are_taken),
        cmocka_unit_test(no_parts_are_the_same_as_empty_ones),
        cmocka_unit_test(it_works_in_place),
        cmocka_unit_test(any_change_is_found_and_the_output_wiped),
        cmocka_unit_test(sizes_that_do_not_fit_are_refused),
        cmocka_unit_test(unknown_algorithms_are_refused_and_have_no_sizes),
        cmocka_unit_test(gcm_takes_more_than_65535_bytes),
        cmocka_unit_test(ccm_takes_65535_bytes),
        cmocka_unit_test(sizes_above_what_a_library_counts_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
