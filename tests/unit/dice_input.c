/* SPDX-License-Identifier: Apache-2.0 */
/* Input values of the Open Profile for DICE: what the profile wants of them, and their X.509 extension. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/dice.h"

#define HASH_32 "1111111111111111111111111111111111111111111111111111111111111111"

static uint8_t hash[64];

/* A good set of values, with hashes of `size` bytes. */
static tps_dice_input good(size_t size)
{
    tps_dice_input input = {.mode = TPS_DICE_MODE_NORMAL};

    input.value[TPS_DICE_CODE_HASH] = tps_span_make(hash, size);
    input.value[TPS_DICE_AUTHORITY_HASH] = tps_span_make(hash, size);
    input.value[TPS_DICE_CONFIGURATION_DESCRIPTOR] = TPS_SPAN_LITERAL("debug off");
    input.present = 1u << TPS_DICE_CODE_HASH | 1u << TPS_DICE_AUTHORITY_HASH |
                    1u << TPS_DICE_CONFIGURATION_DESCRIPTOR | 1u << TPS_DICE_MODE;
    return input;
}

static void set(tps_dice_input *input, uint32_t number, tps_span value)
{
    input->value[number] = value;
    input->present |= 1u << number;
}

static void each_required_value_must_be_there(void **state)
{
    static const uint32_t required[] = {TPS_DICE_CODE_HASH, TPS_DICE_CONFIGURATION_DESCRIPTOR,
                                        TPS_DICE_AUTHORITY_HASH, TPS_DICE_MODE};
    tps_error why;

    (void)state;
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        tps_dice_input input = good(64);

        assert_status(tps_dice_input_check(&input, &why), TPS_OK);
        input.present &= ~(1u << required[i]);
        assert_status(tps_dice_input_check(&input, &why), TPS_DICE_MISSING);
        assert_non_null(why.detail);
    }
}

static void hashes_have_the_size_of_a_hash(void **state)
{
    static const size_t sizes[] = {32, 48, 64};
    tps_dice_input input;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        input = good(sizes[i]);
        assert_status(tps_dice_input_check(&input, NULL), TPS_OK);
        input.value[TPS_DICE_CODE_HASH].size--;
        assert_status(tps_dice_input_check(&input, NULL), TPS_DICE_BAD_VALUE);
        input = good(sizes[i]);
        input.value[TPS_DICE_AUTHORITY_HASH].size = 20;
        assert_status(tps_dice_input_check(&input, NULL), TPS_DICE_BAD_VALUE);
    }
    input = good(64);
    set(&input, TPS_DICE_CONFIGURATION_HASH, tps_span_make(hash, 31));
    assert_status(tps_dice_input_check(&input, NULL), TPS_DICE_BAD_VALUE);
    input = good(64);
    set(&input, TPS_DICE_PROFILE_NAME, TPS_SPAN_EMPTY);
    assert_status(tps_dice_input_check(&input, NULL), TPS_DICE_BAD_VALUE);
}

/* SHA-256, SHA-384 and SHA-512 of "debug off", by sha256sum and its kin. */
static void a_configuration_hash_is_that_of_its_descriptor(void **state)
{
    static const char *const hashes[] = {
        "b5db1f69fe1ad960afe930f4bd9ea187d9dc6da0cca774146946a3647e85fa7f",
        "7b9948373b0fa3eedfeb5a6cfea476393443f70682b10413284b792d85d00079fa373e707aee8374c47bab5084c21215",
        "a16e9bc159c609c4865f8747b25428497073bad5444e4fd424f818d14dfb21a33461d2c85c487e4ced43c71ddc9cce24bd0015cdbf48903fada774e3ba945589",
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        tps_buf bytes = bytes_from_hex(hashes[i]);
        tps_dice_input input = good(32);

        set(&input, TPS_DICE_CONFIGURATION_HASH, span_of(bytes));
        assert_status(tps_dice_input_check(&input, NULL), TPS_OK);
        bytes.data[0] ^= 1;
        assert_status(tps_dice_input_check(&input, NULL), TPS_DICE_BAD_VALUE);
        free(bytes.data);
    }
}

static void all_values_are_written_and_read(void **state)
{
    tps_buf configuration =
        bytes_from_hex("b5db1f69fe1ad960afe930f4bd9ea187d9dc6da0cca774146946a3647e85fa7f");
    tps_dice_input input = good(32);
    tps_dice_input again;
    uint8_t out[512];
    tps_span encoded;
    size_t size;

    (void)state;
    set(&input, TPS_DICE_CODE_DESCRIPTOR, TPS_SPAN_LITERAL("code"));
    set(&input, TPS_DICE_CONFIGURATION_HASH, span_of(configuration));
    set(&input, TPS_DICE_AUTHORITY_DESCRIPTOR, TPS_SPAN_LITERAL("authority"));
    set(&input, TPS_DICE_PROFILE_NAME, TPS_SPAN_LITERAL("android.16"));
    assert_status(tps_dice_input_encode(&input, TPS_BUF_OF(out), &encoded), TPS_OK);
    size = encoded.size;
    assert_status(tps_dice_input_decode(encoded, &again, NULL), TPS_OK);
    assert_int_equal(again.present, 0xff);
    assert_int_equal(again.mode, TPS_DICE_MODE_NORMAL);
    for (uint32_t i = 0; i < TPS_DICE_INPUTS; i++) {
        assert_span(again.value[i], input.value[i]);
    }
    assert_status(tps_dice_input_encode(&input, TPS_BUF_MEASURE, &encoded), TPS_OK);
    assert_int_equal(encoded.size, size);
    assert_status(tps_dice_input_encode(&input, (tps_buf){out, size - 1}, &encoded), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(encoded.size, size);
    free(configuration.data);
}

static void what_the_reader_would_refuse_is_not_written(void **state)
{
    tps_dice_input input = good(32);
    uint8_t out[512];
    tps_span encoded = TPS_SPAN_LITERAL("before");

    (void)state;
    input.mode = 4;
    assert_status(tps_dice_input_encode(&input, TPS_BUF_OF(out), &encoded), TPS_DICE_BAD_VALUE);
    assert_int_equal(encoded.size, 0);
    input = good(32);
    set(&input, TPS_DICE_PROFILE_NAME, TPS_SPAN_LITERAL("\xff"));
    assert_status(tps_dice_input_encode(&input, TPS_BUF_OF(out), &encoded), TPS_DER_BAD_TEXT);
    input.present = 0;
    assert_status(tps_dice_input_encode(&input, TPS_BUF_OF(out), &encoded), TPS_DICE_MISSING);
}

/* The required values with this mode, and something behind. */
#define CODE          "a0220420" HASH_32
#define CONFIGURATION "a303040155"
#define AUTHORITY     "a4220420" HASH_32

static void the_extension_is_read_strictly(void **state)
{
    static const struct {
        const char *hex;
        tps_status status;
    } cases[] = {
        {"3052" CODE CONFIGURATION AUTHORITY "a603020101", TPS_OK},
        {"3052" CODE CONFIGURATION AUTHORITY "a6030a0103", TPS_OK}, /* as open-dice writes it */
        {"3052" CODE CONFIGURATION AUTHORITY "a603020104", TPS_DICE_BAD_VALUE},
        {"3052" CODE CONFIGURATION AUTHORITY "a6030201ff", TPS_DER_OUT_OF_RANGE},
        {"3052" CODE CONFIGURATION AUTHORITY "a603040101", TPS_DER_UNEXPECTED_TYPE},
        {"3055" CODE CONFIGURATION AUTHORITY "a606020101020101", TPS_DER_TRAILING},
        {"3056" CODE CONFIGURATION AUTHORITY "a603020101a7020c00", TPS_DICE_BAD_VALUE},
        {"3057" CODE CONFIGURATION AUTHORITY "a603020101a7030c0141", TPS_OK},
        {"3057" CODE CONFIGURATION AUTHORITY "a603020101a703040141", TPS_DER_UNEXPECTED_TYPE},
        {"3054" CODE CONFIGURATION AUTHORITY "a603020101a800", TPS_DER_TRAILING},
        {"3052 a603020101" CODE CONFIGURATION AUTHORITY, TPS_DER_TRAILING},
        {"304d" CODE AUTHORITY "a603020101", TPS_DICE_MISSING},
        {"3000", TPS_DICE_MISSING},
        {"0400", TPS_DER_UNEXPECTED_TYPE},
        {"3001", TPS_DER_TRUNCATED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_buf bytes = bytes_from_hex(cases[i].hex);
        tps_dice_input input;
        tps_error why = {TPS_OK, 0, NULL};

        /* "304d" and its like: the length is that of the text */
        bytes.data[1] = (uint8_t)(i + 1 < sizeof cases / sizeof cases[0] ? bytes.size - 2 : 1);
        print_message("%s\n", cases[i].hex);
        assert_status(tps_dice_input_decode(span_of(bytes), &input, &why), cases[i].status);
        assert_int_equal(why.status, cases[i].status);
        free(bytes.data);
    }
}

static void modes_have_names(void **state)
{
    (void)state;
    assert_string_equal(tps_dice_mode_name(TPS_DICE_MODE_NORMAL), "normal");
    assert_string_equal(tps_dice_mode_name(TPS_DICE_MODE_DEBUG), "debug");
    assert_string_equal(tps_dice_mode_name(TPS_DICE_MODE_RECOVERY), "recovery");
    assert_string_equal(tps_dice_mode_name(TPS_DICE_MODE_NOT_CONFIGURED), "not configured");
    assert_string_equal(tps_dice_mode_name(255), "not configured");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_required_value_must_be_there),
        cmocka_unit_test(hashes_have_the_size_of_a_hash),
        cmocka_unit_test(a_configuration_hash_is_that_of_its_descriptor),
        cmocka_unit_test(all_values_are_written_and_read),
        cmocka_unit_test(what_the_reader_would_refuse_is_not_written),
        cmocka_unit_test(the_extension_is_read_strictly),
        cmocka_unit_test(modes_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
