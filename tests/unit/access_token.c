/* SPDX-License-Identifier: Apache-2.0 */
/* API tokens: their text, their hashes, the table; and secrets as base 64, against the public reader. */
#include "server/access/token.h"

#include "server/access/secret_text.h"
#include "support/check.h"
#include "tps/base64.h"

/* ---- base 64 ---- */

static void bytes_are_written_as_the_public_writer_does(void **state)
{
    uint8_t bytes[67];
    char mine[128];
    char theirs[128];

    (void)state;
    for (unsigned round = 0; round < 256; round++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            bytes[i] = (uint8_t)(i * 37 + round * (i % 3 + 1));
        }
        for (size_t size = 0; size <= sizeof bytes; size++) {
            size_t length = tps_base64url_write(tps_span_make(bytes, size), theirs);

            memset(mine, '?', sizeof mine);
            secret_text_write(tps_span_make(bytes, size), mine);
            assert_memory_equal(mine, theirs, length);
            assert_int_equal(mine[length], '?');
        }
    }
}

static void plain_base64_is_read_as_the_public_reader_does(void **state)
{
    uint8_t bytes[49];
    char text[128];
    uint8_t back[128];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 41 + 5);
    }
    for (size_t size = 0; size <= sizeof bytes; size++) {
        size_t length = tps_base64_write(tps_span_make(bytes, size), text);
        size_t found = 99;

        assert_true(secret_text_read(tps_span_make(text, length), TPS_BUF_OF(back), &found));
        assert_span(tps_span_make(back, found), tps_span_make(bytes, size));
        while (length > 0 && text[length - 1] == '=') {
            length--;
        }
        assert_true(secret_text_read(tps_span_make(text, length), TPS_BUF_OF(back), &found));
        assert_span(tps_span_make(back, found), tps_span_make(bytes, size));
    }
}

static void every_character_is_judged_as_the_public_reader_does(void **state)
{
    uint8_t back[8];

    (void)state;
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            uint8_t text[4] = {'Q', (uint8_t)a, (uint8_t)b, 'Q'};
            size_t size;
            bool url = strchr("-_", (int)a) != NULL || strchr("-_", (int)b) != NULL;
            bool good = tps_base64_read(TPS_SPAN_OF(text), TPS_BUF_OF(back), &size) == TPS_OK;

            assert_int_equal(secret_text_read(TPS_SPAN_OF(text), TPS_BUF_OF(back), &size),
                             good && (a == 0 || b == 0 || !url));
        }
    }
    for (unsigned c = 0; c < 256; c++) {
        uint8_t text[1] = {(uint8_t)c};

        assert_int_equal(secret_text_is_base64url(TPS_SPAN_OF(text)),
                         c != 0 && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
                                          (int)c) != NULL);
    }
}

static void wrong_padding_lengths_and_last_bits_are_refused(void **state)
{
    static const char *const texts[] = {
        "Q", "QQQQQ", "Q===", "QQ=", "QQ===", "QR==", "QQR=", "=QQQ", "QQ=Q", "QQQQ=", "QQQQ====", "===="};
    uint8_t back[8];
    size_t size;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_false(secret_text_read(tps_span_of_text(texts[i]), TPS_BUF_OF(back), &size));
    }
    assert_false(secret_text_read(TPS_SPAN_LITERAL("QUJD"), (tps_buf){back, 2}, &size));
    assert_true(secret_text_read(TPS_SPAN_LITERAL("QUJD"), (tps_buf){back, 3}, &size));
    assert_int_equal(size, 3);
}

/* ---- tokens ---- */

static void a_token_that_is_made_is_read_and_hashes_to_the_same(void **state)
{
    char text[TPS_TOKEN_TEXT_SIZE + 1];
    char other[TPS_TOKEN_TEXT_SIZE + 1];
    uint8_t made[32];
    uint8_t read[32];
    tps_digest digest;

    (void)state;
    assert_status(tps_token_make(text, made), TPS_OK);
    assert_int_equal(strlen(text), TPS_TOKEN_TEXT_SIZE);
    assert_memory_equal(text, "tps_", 4);
    assert_status(tps_token_read(tps_span_of_text(text), read), TPS_OK);
    assert_memory_equal(made, read, 32);
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_of_text(text), &digest), TPS_OK);
    assert_memory_equal(made, digest.bytes, 32);
    assert_status(tps_token_make(other, read), TPS_OK);
    assert_string_not_equal(text, other);
}

static void what_has_not_the_form_of_a_token_is_none(void **state)
{
    char text[TPS_TOKEN_TEXT_SIZE + 3];
    uint8_t hash[32];

    (void)state;
    assert_status(tps_token_make(text, hash), TPS_OK);
    for (size_t size = 0; size < TPS_TOKEN_TEXT_SIZE; size++) {
        assert_status(tps_token_read(tps_span_make(text, size), hash), TPS_SERVER_UNAUTHENTICATED);
    }
    text[TPS_TOKEN_TEXT_SIZE] = 'A';
    assert_status(tps_token_read(tps_span_make(text, TPS_TOKEN_TEXT_SIZE + 1), hash),
                  TPS_SERVER_UNAUTHENTICATED);
    for (size_t i = 0; i < TPS_TOKEN_TEXT_SIZE; i++) {
        char kept = text[i];

        text[i] = '+';
        assert_status(tps_token_read(tps_span_make(text, TPS_TOKEN_TEXT_SIZE), hash),
                      TPS_SERVER_UNAUTHENTICATED);
        text[i] = kept;
    }
    assert_true(tps_token_is_meant(TPS_SPAN_LITERAL("tps_")));
    assert_false(tps_token_is_meant(TPS_SPAN_LITERAL("tps")));
    assert_false(tps_token_is_meant(TPS_SPAN_LITERAL("TPS_x")));
}

/* ---- the table ---- */

static tps_token_entry entry_of(uint32_t number)
{
    tps_token_entry entry = {.scopes = 1, .name = number, .expires = TPS_TOKEN_NO_EXPIRY};

    entry.sha256[0] = (uint8_t)(number % 3); /* all in three places: they collide */
    memcpy(entry.sha256 + 4, &number, sizeof number);
    return entry;
}

static void all_that_is_added_is_found_and_nothing_else(void **state)
{
    tps_token_table table = {NULL, 0, 0};
    const uint32_t count = 1000;

    (void)state;
    assert_null(tps_token_table_find(&table, entry_of(0).sha256));
    for (uint32_t i = 0; i < count; i++) {
        tps_token_entry entry = entry_of(i);

        assert_status(tps_token_table_add(&table, &entry), TPS_OK);
        assert_status(tps_token_table_add(&table, &entry), TPS_STORE_EXISTS);
    }
    for (uint32_t i = 0; i < 2 * count; i++) {
        const tps_token_entry *found = tps_token_table_find(&table, entry_of(i).sha256);

        assert_int_equal(found != NULL, i < count);
        if (found != NULL) {
            assert_int_equal(found->name, i);
        }
    }
    tps_token_table_free(&table);
    tps_token_table_free(&table);
}

static void a_hash_that_differs_in_one_bit_is_not_found(void **state)
{
    tps_token_table table = {NULL, 0, 0};
    tps_token_entry entry = entry_of(7);

    (void)state;
    assert_status(tps_token_table_add(&table, &entry), TPS_OK);
    for (size_t bit = 0; bit < 256; bit++) {
        uint8_t hash[32];

        memcpy(hash, entry.sha256, 32);
        hash[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_null(tps_token_table_find(&table, hash));
    }
    entry.scopes = 0;
    assert_status(tps_token_table_add(&table, &entry), TPS_BAD_ARGUMENT);
    tps_token_table_free(&table);
}

static void the_table_takes_so_many_and_no_more(void **state)
{
    tps_token_table table = {NULL, 0, 0};
    tps_token_entry entry = {.scopes = 1};

    (void)state;
    for (uint32_t i = 0; i <= TPS_TOKEN_TABLE_MAX; i++) {
        entry.sha256[0] = (uint8_t)(i >> 16);
        entry.sha256[1] = (uint8_t)(i >> 8);
        entry.sha256[2] = (uint8_t)i;
        assert_status(tps_token_table_add(&table, &entry), i < TPS_TOKEN_TABLE_MAX ? TPS_OK : TPS_TOO_LARGE);
    }
    tps_token_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_written_as_the_public_writer_does),
        cmocka_unit_test(plain_base64_is_read_as_the_public_reader_does),
        cmocka_unit_test(every_character_is_judged_as_the_public_reader_does),
        cmocka_unit_test(wrong_padding_lengths_and_last_bits_are_refused),
        cmocka_unit_test(a_token_that_is_made_is_read_and_hashes_to_the_same),
        cmocka_unit_test(what_has_not_the_form_of_a_token_is_none),
        cmocka_unit_test(all_that_is_added_is_found_and_nothing_else),
        cmocka_unit_test(a_hash_that_differs_in_one_bit_is_not_found),
        cmocka_unit_test(the_table_takes_so_many_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
