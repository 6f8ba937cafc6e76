/* SPDX-License-Identifier: Apache-2.0 */
/* Base 64: the vectors of RFC 4648, and strictness in reading. */
#include "tps/base64.h"

#include "support/check.h"

static const struct {
    const char *bytes;
    const char *plain;
    const char *url;
} rfc4648[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
};

#define RFC4648_COUNT (sizeof rfc4648 / sizeof rfc4648[0])

static tps_status read_text(const char *text, uint8_t *out, size_t room, size_t *size)
{
    tps_buf copy = exact_copy(tps_span_of_text(text));
    tps_status status = tps_base64_read((tps_span){copy.data, copy.size}, (tps_buf){out, room}, size);

    free(copy.data);
    return status;
}

static void refuse(const char *text)
{
    uint8_t out[64];
    size_t size;

    if (read_text(text, out, sizeof out, &size) != TPS_BAD_BASE64) {
        fail_msg("not refused: \"%s\"", text);
    }
}

static void rfc4648_vectors_are_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < RFC4648_COUNT; i++) {
        tps_span bytes = tps_span_of_text(rfc4648[i].bytes);
        char text[16] = {0};

        assert_int_equal(tps_base64_write(bytes, text), strlen(rfc4648[i].plain));
        assert_int_equal(TPS_BASE64_SIZE(bytes.size), strlen(rfc4648[i].plain));
        assert_string_equal(text, rfc4648[i].plain);
        memset(text, 0, sizeof text);
        assert_int_equal(tps_base64url_write(bytes, text), strlen(rfc4648[i].url));
        assert_int_equal(TPS_BASE64URL_SIZE(bytes.size), strlen(rfc4648[i].url));
        assert_string_equal(text, rfc4648[i].url);
    }
}

static void rfc4648_vectors_are_read_with_and_without_padding(void **state)
{
    uint8_t out[16];
    size_t size;

    (void)state;
    for (size_t i = 0; i < RFC4648_COUNT; i++) {
        assert_status(read_text(rfc4648[i].plain, out, sizeof out, &size), TPS_OK);
        assert_span(tps_span_make(out, size), tps_span_of_text(rfc4648[i].bytes));
        assert_status(read_text(rfc4648[i].url, out, sizeof out, &size), TPS_OK);
        assert_span(tps_span_make(out, size), tps_span_of_text(rfc4648[i].bytes));
    }
}

static void the_alphabets_differ_in_their_last_two_characters(void **state)
{
    const uint8_t bytes[] = {0xfb, 0xef, 0xff};
    char text[5] = {0};
    uint8_t out[3];
    size_t size;

    (void)state;
    tps_base64_write(TPS_SPAN_OF(bytes), text);
    assert_string_equal(text, "++//");
    tps_base64url_write(TPS_SPAN_OF(bytes), text);
    assert_string_equal(text, "--__");
    assert_status(read_text("++//", out, 3, &size), TPS_OK);
    assert_memory_equal(out, bytes, 3);
    assert_status(read_text("--__", out, 3, &size), TPS_OK);
    assert_memory_equal(out, bytes, 3);
    refuse("+-//");
    refuse("_a+a");
}

static void every_size_comes_back_from_both_alphabets(void **state)
{
    uint8_t bytes[100];
    uint8_t out[100];
    char text[TPS_BASE64_SIZE(100)];
    size_t size;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 151 + 7);
    }
    for (size_t n = 0; n <= sizeof bytes; n++) {
        tps_span in = tps_span_make(bytes, n);
        size_t length = tps_base64_write(in, text);

        assert_status(tps_base64_read(tps_span_make(text, length), TPS_BUF_OF(out), &size), TPS_OK);
        assert_span(tps_span_make(out, size), in);
        length = tps_base64url_write(in, text);
        assert_status(tps_base64_read(tps_span_make(text, length), TPS_BUF_OF(out), &size), TPS_OK);
        assert_span(tps_span_make(out, size), in);
    }
}

/* Sixteen characters are made at once: all 64 of either alphabet, at each of the sixteen places. */
static void every_character_is_right_at_every_place(void **state)
{
    static const char *const tails[] = {"-_", "+/"};
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    (void)state;
    for (unsigned value = 0; value < 64; value++) {
        for (unsigned place = 0; place < 16; place++) {
            uint8_t bytes[14] = {0}; /* two more, since more are read than used */
            unsigned first = 6 * place;
            char text[24];

            for (unsigned bit = 0; bit < 6; bit++) {
                bytes[(first + bit) / 8] |= (uint8_t)((value >> (5 - bit) & 1) << (7 - (first + bit) % 8));
            }
            for (unsigned form = 0; form < 2; form++) {
                size_t (*write)(tps_span, char *) = form == 0 ? tps_base64url_write : tps_base64_write;
                assert_true(write(TPS_SPAN_OF(bytes), text) >= 19);
                for (unsigned i = 0; i < 16; i++) {
                    char expected = value < 62 ? alphabet[value] : tails[form][value - 62];
                    assert_int_equal(text[i], i == place ? expected : 'A');
                }
            }
        }
    }
}

static void wrong_padding_is_refused(void **state)
{
    (void)state;
    refuse("=");
    refuse("==");
    refuse("====");
    refuse("A=");
    refuse("A==");
    refuse("A===");
    refuse("AA=");
    refuse("AA===");
    refuse("AAA==");
    refuse("AAAA=");
    refuse("AAAA==");
    refuse("AAAA====");
    refuse("AA==AA==");
    refuse("A=AA");
}

static void impossible_lengths_and_foreign_characters_are_refused(void **state)
{
    char text[] = "AAAA";

    (void)state;
    refuse("A");
    refuse("AAAAA");
    refuse(" AAAA");
    refuse("AAAA\n");
    refuse("AA AA");
    refuse("AA.A");
    for (int c = 1; c < 256; c++) {
        bool is_of_alphabet = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                              strchr("+/-_", c) != NULL;
        uint8_t out[3];
        size_t size;

        text[2] = (char)c;
        assert_status(read_text(text, out, 3, &size), is_of_alphabet ? TPS_OK : TPS_BAD_BASE64);
    }
}

static void bits_behind_the_last_byte_must_be_zero(void **state)
{
    (void)state;
    refuse("Zh==");
    refuse("Zh");
    refuse("Zm9=");
    refuse("Zm9");
}

static void a_small_buffer_is_told_the_size_needed(void **state)
{
    uint8_t out[6];
    size_t size = 0;

    (void)state;
    assert_status(read_text("Zm9vYmFy", out, 5, &size), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 6);
    assert_status(tps_base64_read(TPS_SPAN_LITERAL("Zm9vYg=="), TPS_BUF_MEASURE, &size),
                  TPS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 4);
    assert_status(tps_base64_read(TPS_SPAN_EMPTY, TPS_BUF_MEASURE, &size), TPS_OK);
    assert_int_equal(size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc4648_vectors_are_written),
        cmocka_unit_test(rfc4648_vectors_are_read_with_and_without_padding),
        cmocka_unit_test(the_alphabets_differ_in_their_last_two_characters),
        cmocka_unit_test(every_size_comes_back_from_both_alphabets),
        cmocka_unit_test(every_character_is_right_at_every_place),
        cmocka_unit_test(wrong_padding_is_refused),
        cmocka_unit_test(impossible_lengths_and_foreign_characters_are_refused),
        cmocka_unit_test(bits_behind_the_last_byte_must_be_zero),
        cmocka_unit_test(a_small_buffer_is_told_the_size_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
