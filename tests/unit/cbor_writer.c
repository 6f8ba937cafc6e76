/* SPDX-License-Identifier: Apache-2.0 */
/* The CBOR writer: shortest heads, measuring that equals writing, buffers of every size. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/cbor.h"

static void assert_written(const tps_cbor_writer *w, const char *hex)
{
    tps_buf expected = bytes_from_hex(hex);
    tps_span encoded;

    assert_status(tps_cbor_writer_finish(w, &encoded), TPS_OK);
    assert_span(encoded, span_of(expected));
    free(expected.data);
}

static void heads_are_the_shortest(void **state)
{
    static const struct {
        uint64_t value;
        const char *hex;
    } heads[] = {
        {0, "00"},
        {23, "17"},
        {24, "1818"},
        {255, "18ff"},
        {256, "190100"},
        {65535, "19ffff"},
        {65536, "1a00010000"},
        {UINT32_MAX, "1affffffff"},
        {(uint64_t)UINT32_MAX + 1, "1b0000000100000000"},
        {UINT64_MAX, "1bffffffffffffffff"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        uint8_t bytes[16];
        tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

        tps_cbor_put_uint(&w, heads[i].value);
        assert_written(&w, heads[i].hex);
    }
}

static void signed_integers_are_written_to_their_extremes(void **state)
{
    uint8_t bytes[64];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

    (void)state;
    tps_cbor_put_int(&w, 0);
    tps_cbor_put_int(&w, -1);
    tps_cbor_put_int(&w, -24);
    tps_cbor_put_int(&w, -25);
    tps_cbor_put_int(&w, INT32_MIN);
    tps_cbor_put_int(&w, INT64_MAX);
    tps_cbor_put_int(&w, INT64_MIN);
    assert_written(&w, "00 20 37 3818 3a7fffffff 1b7fffffffffffffff 3b7fffffffffffffff");
}

static void put_everything(tps_cbor_writer *w)
{
    tps_cbor_put_tag(w, 18);
    tps_cbor_put_array(w, 9);
    tps_cbor_put_map(w, 1);
    tps_cbor_put_int(w, -7);
    tps_cbor_put_bool(w, true);
    tps_cbor_put_bool(w, false);
    tps_cbor_put_null(w);
    tps_cbor_put_bytes(w, TPS_SPAN_LITERAL("abc"));
    tps_cbor_put_bytes(w, TPS_SPAN_EMPTY);
    tps_cbor_put_text(w, "hello");
    tps_cbor_put_text_span(w, TPS_SPAN_LITERAL("\xc3\xbc"));
    tps_cbor_put_bytes_head(w, 2);
    tps_cbor_put_raw(w, TPS_SPAN_LITERAL("zz"));
    tps_cbor_put_raw(w, TPS_SPAN_EMPTY);
    tps_cbor_put_uint(w, 1000);
}

static void every_kind_is_written(void **state)
{
    uint8_t bytes[64];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

    (void)state;
    put_everything(&w);
    assert_written(&w, "d2 89 a126f5 f4 f6 43616263 40 6568656c6c6f 62c3bc 427a7a 1903e8");
    assert_status(tps_cbor_check(tps_span_make(bytes, w.size), &tps_cbor_limits_message, NULL, NULL), TPS_OK);
}

static void a_pair_is_its_key_and_its_value(void **state)
{
    uint8_t bytes[64];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

    (void)state;
    tps_cbor_put_map(&w, 6);
    tps_cbor_pair_uint(&w, 1, 1000);
    tps_cbor_pair_bytes(&w, -1, TPS_SPAN_LITERAL("abc"));
    tps_cbor_pair_text(&w, 24, "hello");
    tps_cbor_pair_text_span(&w, 256, TPS_SPAN_LITERAL("\xc3\xbc"));
    tps_cbor_pair_bool(&w, -75001, true);
    tps_cbor_pair_array(&w, 0, 1);
    tps_cbor_put_null(&w);
    assert_written(&w, "a6 01 1903e8 20 43616263 1818 6568656c6c6f 190100 62c3bc 3a000124f8 f5 00 81f6");
}

static void measuring_equals_writing_in_buffers_of_every_size(void **state)
{
    tps_cbor_writer measure = tps_cbor_writer_init(TPS_BUF_MEASURE);
    tps_span measured;

    (void)state;
    put_everything(&measure);
    assert_status(tps_cbor_writer_finish(&measure, &measured), TPS_OK);
    assert_null(measured.data);
    for (size_t room = 0; room <= measured.size + 1; room++) {
        uint8_t *exact = malloc(room == 0 ? 1 : room);
        tps_cbor_writer w = tps_cbor_writer_init((tps_buf){exact, room});
        tps_span encoded;

        put_everything(&w);
        assert_status(tps_cbor_writer_finish(&w, &encoded),
                      room < measured.size ? TPS_BUFFER_TOO_SMALL : TPS_OK);
        assert_int_equal(encoded.size, measured.size);
        assert_true(room < measured.size ? encoded.data == NULL : encoded.data == exact);
        free(exact);
    }
}

/* Once something did not fit, nothing behind it may slip into the room that is left. */
static void nothing_is_written_behind_a_gap(void **state)
{
    uint8_t bytes[8];
    uint8_t untouched[8];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

    (void)state;
    memset(bytes, 0xa5, sizeof bytes);
    memset(untouched, 0xa5, sizeof untouched);
    tps_cbor_put_text(&w, "far too long for it");
    tps_cbor_put_null(&w);
    assert_int_equal(bytes[0], 0x73);
    assert_memory_equal(bytes + 1, untouched, 7);
}

static void a_measure_without_room_ignores_the_size_of_no_buffer(void **state)
{
    tps_cbor_writer w = tps_cbor_writer_init((tps_buf){NULL, 100});
    tps_span encoded;

    (void)state;
    tps_cbor_put_null(&w);
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    assert_null(encoded.data);
    assert_int_equal(encoded.size, 1);
}

static void a_size_beyond_memory_is_an_error_that_stays(void **state)
{
    static const uint8_t byte = 0;
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_MEASURE);
    tps_span encoded;

    (void)state;
    tps_cbor_put_raw(&w, tps_span_make(&byte, SIZE_MAX - 1));
    tps_cbor_put_raw(&w, tps_span_make(&byte, 2));
    tps_cbor_put_null(&w);
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_TOO_LARGE);
    assert_null(encoded.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_the_shortest),
        cmocka_unit_test(signed_integers_are_written_to_their_extremes),
        cmocka_unit_test(every_kind_is_written),
        cmocka_unit_test(a_pair_is_its_key_and_its_value),
        cmocka_unit_test(measuring_equals_writing_in_buffers_of_every_size),
        cmocka_unit_test(nothing_is_written_behind_a_gap),
        cmocka_unit_test(a_measure_without_room_ignores_the_size_of_no_buffer),
        cmocka_unit_test(a_size_beyond_memory_is_an_error_that_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
