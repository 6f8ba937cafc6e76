/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of X.509 certificates of DICE, verified: published ones, one that Python's cryptography made with
 * every algorithm, and each way of being refused; and the times within. */
#include "support/check.h"
#include "support/dice_craft.h"
#include "support/dice_published.h"
#include "support/keys.h"
#include "support/vectors.h"

#include "format/der/chain.h"
#include "format/der/time.h"
#include "tps/dice.h"

/* A chain of four with the validity from 2026-01-31 23:59:59 to 2056-02-29 12:00:00: by the maker's key on
 * P-384, then an Ed25519, a P-256 and a P-521 key. The second holds a DiceTcbInfo, the third a MultiTcbInfo.
 */
#define CHAIN_BY_P384                                                                                  \
    "308201223081a9a003020102020105300a06082a8648ce3d0403033010310e300c06035504030c056d616b6572302017" \
    "0d3236303133313233353935395a180f32303536303232393132303030305a300e310c300a06035504030c0375647330" \
    "2a300506032b6570032100ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22ca323302130" \
    "0f0603551d130101ff040530030101ff300e0603551d0f0101ff040403020204300a06082a8648ce3d04030303680030" \
    "6502303e6e50840a7e48e738ec8bff430b8ea0b81d61d1a46556eeac19bd1b3bc1694993f80aee1eeefdce89a1d7b2a5" \
    "68ff8c023100b6fa52a151401f68c089832f2db6bc5375ecec96c0ea990089d46414c9297774a1188ae55fe8830bbbbf" \
    "664a3eee33f4"

#define CHAIN_BY_ED25519                                                                               \
    "308201363081e9a003020102020105300506032b6570300e310c300a06035504030c037564733020170d323630313331" \
    "3233353935395a180f32303536303232393132303030305a30123110300e06035504030c076c61796572203030593013" \
    "06072a8648ce3d020106082a8648ce3d03010703420004b86a8d6b163b6624beaf143042ed28211670eea55fc692c99f" \
    "fa82ace88a0e1dd8d295b728a8ef99e59eb5f8490ac57d4f727f2c4c5740dce86e04b38af9104ca3373035300f060355" \
    "1d130101ff040530030101ff300e0603551d0f0101ff040403020204301206066781050504010101ff04053003830101" \
    "300506032b6570034100dc45e40b098f39cf6f4c671d2cc41d2dcd3137eb661fb515c3ee2f10adecb54fea778f2d1b09" \
    "0bf7bb28324ce6b93b2d85a1d295427af09baf278a5d89546101"

#define CHAIN_BY_P256                                                                                  \
    "308201973082013ca003020102020105300a06082a8648ce3d04030230123110300e06035504030c076c617965722030" \
    "3020170d3236303133313233353935395a180f32303536303232393132303030305a30123110300e06035504030c076c" \
    "61796572203130819b301006072a8648ce3d020106052b810400230381860004018ae37041cfc3217a0a28997f28fb2d" \
    "fcdd772fea4d40f9cce9b9777a3b02d3bb03c67376d5e56a85716a8400652a918003a58c5d4842a991dc0aac2c15aa46" \
    "9f8d001c2938c5dca1b8834be4bfd6c97fd1e5052be648563fcf61455afee4df72a070835cb5c2bce030c53520f0fff9" \
    "a0afb4358f4be2060ec7a9f12cdfbd2f08aa3457a33e303c300f0603551d130101ff040530030101ff300e0603551d0f" \
    "0101ff040403020204301906066781050504050101ff040c300a30038301023003830103300a06082a8648ce3d040302" \
    "0349003046022100b85882c585b5b291340dfab74a243838a14b114bb0717061a288dde4f19b4748022100d134641590" \
    "bc820d1fa62efff9edbcbb6a7cd57e311ee460bef8c6592e54eebe"

#define CHAIN_BY_P521                                                                                  \
    "3082016a3081cca003020102020105300a06082a8648ce3d04030430123110300e06035504030c076c61796572203130" \
    "20170d3236303133313233353935395a180f32303536303232393132303030305a300f310d300b06035504030c046c65" \
    "61663059301306072a8648ce3d020106082a8648ce3d03010703420004d819576ef7849327717b2e7b1f47f4f2d57814" \
    "e56a8bae29bf2e89759ac41ef150c904625c6018b827fd9379466a56fc28df329b9e6aa1cd37c9771e1a31150ca31430" \
    "123010060667810505040404063004040201aa300a06082a8648ce3d04030403818c003081880242019680118436a12a" \
    "fa1438cb90eae44f46553b4223d13eca279f6c90edf8a083c46bc39c05b75fc158c1c2406b72e393518b279bff5c005a" \
    "76762fb9477cccec04620242013fad7cd528f1843b7d87af807f768d854378c9ae39e031aa32e140c400cf877801959d" \
    "7500296e7afd2dbc78673d1df3bb1412a7c455fffd668b97c10c55ab4147"

#define CHAIN_ROOT                                                                                     \
    "3076301006072a8648ce3d020106052b8104002203620004fbf96095915eb587390f850ec95b35f618ae121c72a70808" \
    "ad8f9f4c261b602b63541743e395f7c778e52bb28c18dc83016a6ff3f72c9368326ad50a3bd148a53cd2213bb480e473" \
    "0ad019db87ae100995ec65df011e19811a15dc9ddfc9ab3c"

#define NOT_BEFORE 1769903999
#define NOT_AFTER  2719051200

static tps_buf certificates[4]; /* leaf first */
static tps_crypto_key *root;

static int load(void **state)
{
    static const char *const hex[] = {CHAIN_BY_P521, CHAIN_BY_P256, CHAIN_BY_ED25519, CHAIN_BY_P384};
    tps_buf spki = bytes_from_hex(CHAIN_ROOT);

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        certificates[i] = bytes_from_hex(hex[i]);
    }
    assert_status(tps_crypto_key_from_spki(span_of(spki), &root), TPS_OK);
    free(spki.data);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        free(certificates[i].data);
    }
    tps_crypto_key_free(root);
    return 0;
}

static tps_status verify(tps_dice_anchor anchor, size_t first, tps_error *why)
{
    tps_span chain[4];
    tps_dice_layer layers[4];
    size_t count = 4;

    for (size_t i = 0; i < 4; i++) {
        chain[i] = span_of(certificates[i]);
    }
    return tps_dice_chain_verify(chain + first, 4 - first, &anchor, layers, &count, NULL, why);
}

static void a_chain_of_every_algorithm_verifies_and_shows_its_layers(void **state)
{
    tps_span chain[4];
    tps_dice_layer layers[4];
    size_t count = 4;
    tps_crypto_key *leaf;
    tps_dice_anchor anchor = {.root = root, .now = NOT_BEFORE};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        chain[i] = span_of(certificates[i]);
    }
    assert_status(tps_dice_chain_verify(chain, 4, &anchor, layers, &count, &leaf, NULL), TPS_OK);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(layers[i].tcb_info.svn, i + 1);
    }
    assert_int_equal(layers[0].certificate, 2);
    assert_int_equal(layers[2].certificate, 1);
    assert_int_equal(tps_crypto_key_curve(leaf), TPS_CURVE_P256);
    tps_crypto_key_free(leaf);
}

/* Who knows nothing of DICE refuses its critical extensions, and follows a chain by the same rules else. */
static void without_dice_a_chain_is_verified_up_to_its_critical_extensions(void **state)
{
    der_anchor anchor = {.root = root, .now = NOT_BEFORE};
    tps_span chain[4];
    tps_crypto_key *leaf;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        chain[i] = span_of(certificates[i]);
    }
    assert_status(der_chain_verify(chain, 4, &anchor, &leaf, NULL), TPS_DICE_CRITICAL);
    assert_null(leaf);
    assert_status(der_chain_verify(chain + 1, 1, &anchor, &leaf, NULL), TPS_DICE_CRITICAL);
    assert_status(der_chain_verify(chain, 0, &anchor, &leaf, NULL), TPS_BAD_ARGUMENT);
    assert_null(leaf);
    for (size_t at = 0; at < certificates[3].size; at += 3) {
        certificates[3].data[at] ^= 0x10;
        assert_int_not_equal(der_chain_verify(chain + 3, 1, &anchor, &leaf, NULL), TPS_OK);
        certificates[3].data[at] ^= 0x10;
    }
    assert_status(der_chain_verify(chain + 3, 1, &anchor, &leaf, NULL), TPS_OK);
    assert_int_equal(tps_crypto_key_curve(leaf), TPS_CURVE_ED25519);
    tps_crypto_key_free(leaf);
}

static void what_is_published_verifies(void **state)
{
    static const struct {
        const char *certificate;
        const char *root;
        int32_t curve;
    } cases[] = {{X509_ED25519, ED25519_ROOT, TPS_CURVE_ED25519},
                 {X509_P256, P256_ROOT_X P256_ROOT_Y, TPS_CURVE_P256}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_buf bytes = bytes_from_hex(cases[i].certificate);
        tps_buf key = bytes_from_hex(cases[i].root);
        tps_crypto_point point = {.curve = cases[i].curve, .size = 32};
        tps_dice_anchor anchor = {.now = NOT_BEFORE};
        tps_dice_layer layer;
        size_t count = 1;
        tps_span chain = span_of(bytes);

        memcpy(point.x, key.data, 32);
        memcpy(point.y, key.data + key.size - 32, cases[i].curve == TPS_CURVE_P256 ? 32 : 0);
        assert_status(tps_crypto_key_from_point(&point, &anchor.root), TPS_OK);
        assert_status(tps_dice_chain_verify(&chain, 1, &anchor, &layer, &count, NULL, NULL), TPS_OK);
        assert_int_equal(layer.input.mode, TPS_DICE_MODE_NOT_CONFIGURED);
        bytes.data[bytes.size - 5] ^= 1;
        assert_status(tps_dice_chain_verify(&chain, 1, &anchor, &layer, &count, NULL, NULL),
                      TPS_CRYPTO_BAD_SIGNATURE);
        tps_crypto_key_free(anchor.root);
        free(bytes.data);
        free(key.data);
    }
}

static void a_chain_is_refused_when_anything_in_it_is_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (size_t at = 0; at < certificates[i].size; at += 3) {
            certificates[i].data[at] ^= 0x10;
            assert_int_not_equal(verify((tps_dice_anchor){.root = root}, 0, NULL), TPS_OK);
            certificates[i].data[at] ^= 0x10;
        }
    }
    assert_status(verify((tps_dice_anchor){.root = root}, 0, NULL), TPS_OK);
}

static void only_its_root_and_its_issuer_will_do(void **state)
{
    tps_crypto_key *other = test_key_p384();
    tps_crypto_key *small = test_key(3);
    tps_buf issuer = bytes_from_hex("3010310e300c06035504030c056d616b6572"); /* CN=maker */
    tps_buf stranger = bytes_from_hex("3010310e300c06035504030c056d616b6573");
    tps_error why;

    (void)state;
    assert_status(verify((tps_dice_anchor){.root = other}, 0, &why), TPS_CRYPTO_BAD_SIGNATURE);
    assert_status(verify((tps_dice_anchor){.root = small}, 0, &why), TPS_CRYPTO_ALG_REFUSED);
    assert_status(verify((tps_dice_anchor){.root = NULL}, 0, &why), TPS_BAD_ARGUMENT);
    assert_status(verify((tps_dice_anchor){.root = root}, 4, &why), TPS_BAD_ARGUMENT);
    assert_status(verify((tps_dice_anchor){.root = root, .issuer = span_of(issuer)}, 0, &why), TPS_OK);
    assert_status(verify((tps_dice_anchor){.root = root, .issuer = span_of(stranger)}, 0, &why),
                  TPS_DICE_CHAIN_BROKEN);
    tps_crypto_key_free(other);
    tps_crypto_key_free(small);
    free(issuer.data);
    free(stranger.data);
}

static void times_are_kept_where_there_is_a_clock(void **state)
{
    (void)state;
    assert_status(verify((tps_dice_anchor){.root = root, .now = NOT_BEFORE - 1}, 0, NULL),
                  TPS_CRYPTO_CHAIN_EXPIRED);
    assert_status(verify((tps_dice_anchor){.root = root, .now = NOT_BEFORE}, 0, NULL), TPS_OK);
    assert_status(verify((tps_dice_anchor){.root = root, .now = NOT_AFTER}, 0, NULL), TPS_OK);
    assert_status(verify((tps_dice_anchor){.root = root, .now = NOT_AFTER + 1}, 0, NULL),
                  TPS_CRYPTO_CHAIN_EXPIRED);
    assert_status(verify((tps_dice_anchor){.root = root, .now = 0}, 0, NULL), TPS_OK);
}

/* Replaces `old` by `new` of the same size, all in hex, in a copy of the last certificate; verifies it. */
static tps_status verify_with(const char *old, const char *new)
{
    tps_buf from = bytes_from_hex(old);
    tps_buf to = bytes_from_hex(new);
    tps_buf copy = exact_copy(span_of(certificates[3]));
    tps_dice_anchor anchor = {.root = root};
    tps_span chain = span_of(copy);
    size_t count = 0;
    size_t changed = 0;
    tps_status status;

    assert_int_equal(from.size, to.size);
    for (size_t at = 0; at + from.size <= copy.size; at++) {
        if (memcmp(copy.data + at, from.data, from.size) == 0) {
            memcpy(copy.data + at, to.data, to.size);
            changed++;
        }
    }
    assert_true(changed > 0);
    status = tps_dice_chain_verify(&chain, 1, &anchor, NULL, &count, NULL, NULL);
    free(from.data);
    free(to.data);
    free(copy.data);
    return status;
}

#define ECDSA_SHA384 "300a06082a8648ce3d040303"

static void algorithms_that_are_not_known_or_do_not_fit_are_refused(void **state)
{
    (void)state;
    assert_status(verify_with(ECDSA_SHA384, "300a06082a8648ce3d040301"),
                  TPS_CRYPTO_ALG_REFUSED); /* SHA-224 */
    assert_status(verify_with(ECDSA_SHA384, "300a06082a8648ce3d040302"),
                  TPS_CRYPTO_ALG_REFUSED); /* of P-256 */
    assert_status(verify_with(ECDSA_SHA384, "300a06082a8648ce3d040304"), TPS_CRYPTO_BAD_SIGNATURE);
    assert_status(verify_with(ECDSA_SHA384, "300a0606678105050401 0500"), TPS_CRYPTO_ALG_REFUSED);
    assert_status(verify_with(ECDSA_SHA384, "300a06032b657004030000 00"),
                  TPS_CRYPTO_ALG_REFUSED); /* parameters */
    assert_status(verify_with("06032b6570", "06032b6571"), TPS_CRYPTO_BAD_SIGNATURE);
}

static void signatures_of_other_forms_are_bad(void **state)
{
    tps_span whole = span_of(certificates[3]);
    size_t head = 0;

    (void)state;
    /* the BIT STRING at the end: 03 67|68|69 00 30 64..66 02 30|31 ... */
    for (size_t at = whole.size - 110; at < whole.size - 90; at++) {
        head = whole.data[at] == 0x03 && whole.data[at + 2] == 0 && whole.data[at + 3] == 0x30 ? at : head;
    }
    assert_true(head > 0);
    for (size_t i = 3; i < 8; i++) { /* sequence, integer, sign */
        uint8_t kept = certificates[3].data[head + i];

        certificates[3].data[head + i] ^= 0x81;
        assert_status(verify((tps_dice_anchor){.root = root}, 3, NULL), TPS_CRYPTO_BAD_SIGNATURE);
        certificates[3].data[head + i] = kept;
    }
}

static void a_validity_of_no_times_is_refused(void **state)
{
    (void)state;
    assert_status(verify_with("170d3236303133313233353935395a", "170d3236303233313233353935395a"),
                  TPS_DER_OUT_OF_RANGE);
    assert_status(verify_with("170d3236303133313233353935395a", "040d3236303133313233353935395a"),
                  TPS_DER_UNEXPECTED_TYPE);
}

/* ---- times ---- */

static void times_are_read_as_seconds(void **state)
{
    static const struct {
        const char *text; /* after its tag and length */
        int64_t seconds;  /* by Python's calendar.timegm(); INT64_MIN: no time */
    } cases[] = {
        {"700101000000Z", 0},
        {"500101000000Z", -631152000},
        {"491231235959Z", 2524607999},
        {"20500101000000Z", 2524608000},
        {"20240229123456Z", 1709210096},
        {"19000228000000Z", -2203977600},
        {"20000229000000Z", 951782400},
        {"99991231235959Z", 253402300799},
        {"00000101000000Z", -62167219200},
        {"00010101000000Z", -62135596800},
        {"20230229000000Z", INT64_MIN},
        {"19000229000000Z", INT64_MIN},
        {"20240431000000Z", INT64_MIN},
        {"20240831000000Z", 1725062400},
        {"20241031000000Z", 1730332800},
        {"20240931000000Z", INT64_MIN},
        {"20240001000000Z", INT64_MIN},
        {"20241301000000Z", INT64_MIN},
        {"20240100000000Z", INT64_MIN},
        {"20240101240000Z", INT64_MIN},
        {"20240101006000Z", INT64_MIN},
        {"20240101000060Z", INT64_MIN},
        {"2024010100000Z", INT64_MIN},
        {"20240101000000", INT64_MIN},
        {"202401010000000", INT64_MIN},
        {"20240101000000.5Z", INT64_MIN},
        {"2024/101000000Z", INT64_MIN},
        {"20:40101000000Z", INT64_MIN},
        {"7001010000Z", INT64_MIN},
        {"x00101000000Z", INT64_MIN},
        {"", INT64_MIN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = strlen(cases[i].text);
        uint8_t der[32] = {size < 14 ? DER_UTC_TIME : DER_GENERALIZED_TIME, (uint8_t)size};
        der_reader r = der_reader_init(tps_span_make(der, size + 2));

        print_message("%s\n", cases[i].text);
        memcpy(der + 2, cases[i].text, size);
        if (cases[i].seconds == INT64_MIN) {
            assert_int_equal(der_get_time(&r), 0);
            assert_status(r.status, TPS_DER_OUT_OF_RANGE);
            assert_int_equal(der_offset(&r), 0);
        } else {
            assert_true(der_get_time(&r) == cases[i].seconds);
            assert_status(der_reader_finish(&r), TPS_OK);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_of_every_algorithm_verifies_and_shows_its_layers),
        cmocka_unit_test(without_dice_a_chain_is_verified_up_to_its_critical_extensions),
        cmocka_unit_test(what_is_published_verifies),
        cmocka_unit_test(a_chain_is_refused_when_anything_in_it_is_changed),
        cmocka_unit_test(only_its_root_and_its_issuer_will_do),
        cmocka_unit_test(times_are_kept_where_there_is_a_clock),
        cmocka_unit_test(algorithms_that_are_not_known_or_do_not_fit_are_refused),
        cmocka_unit_test(signatures_of_other_forms_are_bad),
        cmocka_unit_test(a_validity_of_no_times_is_refused),
        cmocka_unit_test(times_are_read_as_seconds),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
