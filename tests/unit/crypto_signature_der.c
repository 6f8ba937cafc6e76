/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA signatures between COSE's form and DER: numbers of every length come back, and what is no DER is
 * refused. */
#include "crypto/openssl/signature_der.h"

#include "support/check.h"
#include "support/vectors.h"

static void numbers_of_every_length_come_back(void **state)
{
    static const size_t halves[] = {32, 48, 66};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t zeros = 0; zeros <= halves[i]; zeros++) {
            for (unsigned first = 1; first < 256; first += 127) { /* with and without its top bit */
                uint8_t signature[TPS_EC_SIGNATURE_SIZE_MAX] = {0};
                uint8_t back[TPS_EC_SIGNATURE_SIZE_MAX];
                uint8_t der[SIGNATURE_DER_MAX];
                size_t size = 2 * halves[i];
                size_t der_size;

                memset(signature + zeros, (int)first, halves[i] - zeros);
                memset(signature + halves[i], 0x5a, halves[i]);
                der_size = signature_to_der(tps_span_make(signature, size), der);
                assert_in_range(der_size, 8, sizeof der);
                assert_true(signature_from_der(der, der_size, (tps_buf){back, size}));
                assert_memory_equal(back, signature, size);
                for (size_t cut = 0; cut < der_size; cut++) {
                    tps_buf exact = exact_copy(tps_span_make(der, cut));
                    assert_false(signature_from_der(exact.data, cut, (tps_buf){back, size}));
                    free(exact.data);
                }
            }
        }
    }
}

static void what_is_no_signature_of_this_size_is_refused(void **state)
{
    static const char *const bad[] = {
        "30060201010301 01",          /* the second is no INTEGER */
        "3006040101020101",           /* nor the first */
        "300602020101020101",         /* longer than the whole says */
        "3106020101020101",           /* no SEQUENCE */
        "30070201010201 0101",        /* a byte behind */
        "300902040101010102 01",      /* the second is cut off */
        "300b0203010101020401010101", /* too large for three bytes */
    };
    uint8_t room[6];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tps_buf der = bytes_from_hex(bad[i]);
        assert_false(signature_from_der(der.data, der.size, TPS_BUF_OF(room)));
        free(der.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_every_length_come_back),
        cmocka_unit_test(what_is_no_signature_of_this_size_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
