/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the JSON checker against the reader and the writer: what the checker accepts, the reader skips as a
 * whole and reads to the end; what the writer writes of it is accepted again, and writing that once more
 * changes nothing. On unchecked text the reader stays inside of it, and ends.
 */
#include <stdlib.h>

#include "../tests/support/json_copy.h"

static uint8_t first[1 << 19];
static uint8_t second[1 << 19];

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static tps_span rewrite(tps_span input, tps_buf room)
{
    json_reader r = json_reader_init(input);
    json_writer w = json_writer_init(room);
    size_t size;

    json_copy_value(&r, &w);
    require(json_reader_finish(&r) == TPS_OK);
    require(json_writer_finish(&w, &size) == TPS_OK);
    return tps_span_make(room.data, size);
}

static void walk(tps_span input)
{
    static const json_limits limits = {sizeof first, JSON_READ_DEPTH_MAX, 65536};
    json_reader r = json_reader_init(input);
    tps_span whole = json_skip(&r);
    tps_span once;

    require(r.status == TPS_OK && whole.size > 0 && json_reader_finish(&r) == TPS_OK);
    require(json_check(whole, &json_limits_message, NULL) == TPS_OK);
    once = rewrite(input, TPS_BUF_OF(first));
    require(json_check(once, &limits, NULL) == TPS_OK);
    require(tps_span_equal(rewrite(once, TPS_BUF_OF(second)), once));
}

/* Every typed read at the start of unchecked text; then all of it, value by value. */
static void read_unchecked(tps_span input)
{
    static uint8_t room_bytes[4096];

    for (int kind = 0; kind < 9; kind++) {
        json_reader r = json_reader_init(input);
        tps_buf room = TPS_BUF_OF(room_bytes);
        tps_span value = TPS_SPAN_EMPTY;
        switch (kind) {
        case 0: json_get_int(&r); break;
        case 1: json_get_uint(&r); break;
        case 2: json_get_double(&r); break;
        case 3: json_get_bool(&r); break;
        case 4: json_get_null(&r); break;
        case 5: value = json_get_text(&r, &room); break;
        case 6: value = json_get_base64url(&r, &room); break;
        case 7: json_get_name(&r); break;
        default:
            while (r.status == TPS_OK) {
                value = json_skip(&r);
            }
            break;
        }
        require(json_offset(&r) <= input.size && value.size <= input.size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span input = tps_span_make(data, size);
    tps_error why = {0};
    tps_status status = json_check(input, &json_limits_message, &why);

    require(status == TPS_OK || why.status == status);
    require(status == TPS_OK || status == TPS_JSON_TOO_LONG || why.offset <= size);
    if (status == TPS_OK) {
        require(json_check(input, &json_limits_file, NULL) == TPS_OK);
        walk(input);
    }
    read_unchecked(input);
    return 0;
}
