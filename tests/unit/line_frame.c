/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the serial line: what is written is read, what was changed is not, and the next frame is always
 * found. */
#include "line/frame.h"

#include "support/check.h"
#include "support/vectors.h"

static tps_line_frame_reader reader;
static tps_line_frame_header header;
static uint8_t got[TPS_LINE_PAYLOAD_MAX];
static size_t got_size;

/** Frames that are found in the bytes; the last one's payload lies in `got`. */
static int read_all(tps_span bytes)
{
    int found = 0;
    tps_span payload;

    for (size_t i = 0; i < bytes.size; i++) {
        if (tps_line_frame_read(&reader, bytes.data[i], &header, &payload)) {
            found++;
            got_size = payload.size;
            memcpy(got, payload.data, payload.size);
        }
    }
    return found;
}

static const tps_line_frame_header data = {.kind = TPS_LINE_FRAME_DATA,
                                           .sequence = 200,
                                           .next = 3,
                                           .message = 0x12,
                                           .from = 0x01020304,
                                           .to = 0xf0000001};

static size_t write_frame(uint8_t wire[TPS_LINE_FRAME_WIRE_MAX], tps_span payload)
{
    if (payload.size > 0) {
        memcpy(tps_line_frame_payload(wire), payload.data, payload.size);
    }
    return tps_line_frame_write(wire, &data, payload.size);
}

/** A frame of any body: the test's own stuffing, slow and plain. */
static tps_span stuffed(const uint8_t *body, size_t size, uint8_t wire[300])
{
    size_t used = 0;
    size_t from = 0;

    wire[used++] = 0;
    for (size_t i = 0; i <= size; i++) {
        if (i == size || body[i] == 0) {
            wire[used++] = (uint8_t)(i - from + 1);
            memcpy(wire + used, body + from, i - from);
            used += i - from;
            from = i + 1;
        }
    }
    wire[used++] = 0;
    return tps_span_make(wire, used);
}

static size_t with_crc(uint8_t *body, size_t size)
{
    uint32_t crc = tps_line_frame_crc(tps_span_make(body, size));

    for (int i = 0; i < 4; i++) {
        body[size + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
    }
    return size + 4;
}

static int start(void **state)
{
    (void)state;
    memset(&reader, 0, sizeof(reader));
    return 0;
}

static void the_crc_is_the_one_that_everybody_has(void **state)
{
    (void)state;
    assert_int_equal(tps_line_frame_crc(TPS_SPAN_LITERAL("123456789")), 0xcbf43926);
    assert_int_equal(tps_line_frame_crc(TPS_SPAN_EMPTY), 0);
}

static void a_frame_is_read_as_it_was_written_whatever_its_bytes(void **state)
{
    uint8_t wire[TPS_LINE_FRAME_WIRE_MAX];
    uint8_t payload[TPS_LINE_PAYLOAD_MAX];
    static const uint8_t fills[] = {0x00, 0x01, 0xff};

    (void)state;
    for (size_t size = 0; size <= sizeof(payload); size++) {
        for (size_t fill = 0; fill < 4; fill++) {
            for (size_t i = 0; i < size; i++) {
                payload[i] = fill < 3 ? fills[fill] : (uint8_t)(i % 7 == 3 ? 0 : i * 31);
            }
            size_t wire_size = write_frame(wire, tps_span_make(payload, size));

            assert_true(wire_size <= sizeof(wire));
            assert_null(memchr(wire + 1, 0, wire_size - 2));
            assert_int_equal(read_all(tps_span_make(wire, wire_size)), 1);
            assert_memory_equal(&header, &data, sizeof(data));
            assert_span(tps_span_make(got, got_size), tps_span_make(payload, size));
        }
    }
    assert_int_equal(reader.garbled, 0);
}

static void a_frame_with_any_bit_changed_is_dropped(void **state)
{
    uint8_t wire[TPS_LINE_FRAME_WIRE_MAX];
    size_t size = write_frame(wire, TPS_SPAN_LITERAL("a\0b\0\0cdefg"));

    (void)state;
    for (size_t bit = 0; bit < size * 8; bit++) {
        wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
        /* Noise in a delimiter makes one of it and what stands beside; then the frame may survive. */
        int found = read_all(tps_span_make(wire, size)) + read_all(TPS_SPAN_LITERAL("\0"));

        assert_true(found == 0 || bit < 8 || bit >= (size - 1) * 8);
        wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void a_frame_with_a_byte_lost_or_doubled_is_dropped_and_the_next_one_found(void **state)
{
    uint8_t wire[2 * TPS_LINE_FRAME_WIRE_MAX];
    size_t size = write_frame(wire, TPS_SPAN_LITERAL("abc\0defg\0\0"));

    (void)state;
    for (size_t place = 1; place + 1 < size; place++) {
        uint8_t cut[2 * TPS_LINE_FRAME_WIRE_MAX];

        memcpy(cut, wire, place);
        memcpy(cut + place, wire + place + 1, size - place - 1);
        assert_int_equal(read_all(tps_span_make(cut, size - 1)), 0);
        memcpy(cut, wire, place + 1);
        memcpy(cut + place + 1, wire + place, size - place);
        assert_int_equal(read_all(tps_span_make(cut, size + 1)), 0);
        assert_int_equal(read_all(tps_span_make(wire, size)), 1);
    }
}

static void a_frame_is_found_after_noise_of_any_length(void **state)
{
    uint8_t wire[TPS_LINE_FRAME_WIRE_MAX];
    size_t size = write_frame(wire, TPS_SPAN_LITERAL("abc"));
    uint8_t noise[600];

    (void)state;
    memset(noise, 0xa5, sizeof(noise));
    for (size_t length = 0; length < sizeof(noise); length += 7) {
        assert_int_equal(read_all(tps_span_make(noise, length)), 0);
        assert_int_equal(read_all(tps_span_make(wire, size)), 1);
    }
    memset(noise, 0xff, sizeof(noise));
    assert_int_equal(read_all(TPS_SPAN_OF(noise)), 0);
    assert_int_equal(read_all(tps_span_make(wire, size)), 1);
}

static void zeros_that_follow_each_other_are_no_fault(void **state)
{
    (void)state;
    assert_int_equal(read_all(TPS_SPAN_LITERAL("\0\0\0\0\0")), 0);
    assert_int_equal(reader.garbled, 0);
}

/** Whether a body of `size` bytes is taken, after one byte of it was set. */
static bool is_taken(size_t size, size_t place, uint8_t value)
{
    uint8_t body[300] = {0x13, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0};
    uint8_t wire[300];

    body[place] = value;
    return read_all(stuffed(body, with_crc(body, size - 4), wire)) == 1;
}

static void bodies_of_another_size_version_kind_or_session_are_dropped(void **state)
{
    (void)state;
    assert_true(is_taken(16, 0, 0x13));
    assert_true(is_taken(253, 0, 0x13));
    assert_false(is_taken(254, 0, 0x13));
    assert_false(is_taken(15, 0, 0x13));
    assert_false(is_taken(4, 200, 0));
    assert_true(is_taken(16, 0, 0x11));
    assert_false(is_taken(16, 0, 0x10));
    assert_false(is_taken(16, 0, 0x14));
    assert_false(is_taken(16, 0, 0x23));
    assert_false(is_taken(16, 0, 0x03));
}

static void a_frame_of_no_session_is_dropped(void **state)
{
    uint8_t body[32] = {0x12, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4};
    uint8_t wire[300];

    (void)state;
    assert_int_equal(read_all(stuffed(body, with_crc(body, 12), wire)), 0);
    body[7] = 1;
    assert_int_equal(read_all(stuffed(body, with_crc(body, 12), wire)), 1);
    assert_int_equal(header.from, 1);
    assert_int_equal(header.to, 0x01020304);
}

static void frames_have_the_bytes_that_the_specification_shows(void **state)
{
    static const char dialled[] = "0002130d0111a0b0c0d00102030401021e011076657269666965722e6578616d706c65"
                                  "2f742f61636d657d47b09400";
    const tps_line_frame_header said = {
        .kind = TPS_LINE_FRAME_DATA, .next = 1, .message = 0x11, .from = 0xa0b0c0d0, .to = 0x01020304};
    tps_buf expected = bytes_from_hex(dialled);
    static const char payload[] = "\x01\x02\x00\x01\x10verifier.example/t/acme";
    uint8_t wire[TPS_LINE_FRAME_WIRE_MAX];
    size_t size;

    (void)state;
    memcpy(tps_line_frame_payload(wire), payload, sizeof(payload) - 1);
    size = tps_line_frame_write(wire, &said, sizeof(payload) - 1);
    assert_span(tps_span_make(wire, size), tps_span_make(expected.data, expected.size));
    free(expected.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_crc_is_the_one_that_everybody_has, start),
        cmocka_unit_test_setup(a_frame_is_read_as_it_was_written_whatever_its_bytes, start),
        cmocka_unit_test_setup(a_frame_with_any_bit_changed_is_dropped, start),
        cmocka_unit_test_setup(a_frame_with_a_byte_lost_or_doubled_is_dropped_and_the_next_one_found, start),
        cmocka_unit_test_setup(a_frame_is_found_after_noise_of_any_length, start),
        cmocka_unit_test_setup(zeros_that_follow_each_other_are_no_fault, start),
        cmocka_unit_test_setup(bodies_of_another_size_version_kind_or_session_are_dropped, start),
        cmocka_unit_test_setup(a_frame_of_no_session_is_dropped, start),
        cmocka_unit_test_setup(frames_have_the_bytes_that_the_specification_shows, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
