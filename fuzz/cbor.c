/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the CBOR checker against the reader: what the checker accepts, the reader walks to the end without
 * an error, and finds by labels what a walk finds. On what nobody checked the reader stays within the bytes.
 */
#include <stdlib.h>

#include "tps/cbor_diagnostic.h"

static const tps_cbor_limits deterministic = {65536, 16, 512, &tps_cbor_deterministic};

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

/* The value of the entry that has the label, by a walk. */
static tps_span value_of(tps_span input, int64_t number, const char *name)
{
    tps_cbor_reader r = tps_cbor_reader_init(input);
    tps_cbor_list map = tps_cbor_enter_map(&r);

    while (tps_cbor_next(&r, &map)) {
        tps_cbor_reader key = r;
        tps_cbor_reader text = r;
        tps_span value;
        bool is_number = name == NULL && tps_cbor_get_int(&key) == number && key.status == TPS_OK;
        bool is_name =
            name != NULL && tps_span_is_text(tps_cbor_get_text(&text), name) && text.status == TPS_OK;

        tps_cbor_skip(&r);
        value = tps_cbor_skip(&r);
        if (is_number || is_name) {
            return value;
        }
    }
    return TPS_SPAN_EMPTY;
}

/* What is found by labels in a map is what a walk finds. */
static void find(tps_span input)
{
    static const tps_cbor_label labels[] = {{.number = 1}, {.number = -1}, {.name = "a"}, {.number = 10}};
    tps_cbor_reader r = tps_cbor_reader_init(input);
    tps_span values[4];

    if (tps_cbor_peek(&r) != TPS_CBOR_MAP) {
        return;
    }
    tps_cbor_find(&r, labels, values, 4);
    require(tps_cbor_reader_finish(&r) == TPS_OK);
    for (size_t i = 0; i < 4; i++) {
        tps_span expected = value_of(input, labels[i].number, labels[i].name);

        require(values[i].data == expected.data && values[i].size == expected.size);
    }
}

static void walk(tps_span input)
{
    tps_cbor_reader r = tps_cbor_reader_init(input);
    tps_cbor_item item;

    while (!tps_cbor_at_end(&r)) {
        require(tps_cbor_read(&r, &item));
    }
    r = tps_cbor_reader_init(input);
    require(tps_cbor_skip(&r).size == input.size);
    require(tps_cbor_reader_finish(&r) == TPS_OK);
    find(input);
}

/* On bytes that nobody checked the reader must stay within them, and end. */
static void read_unchecked(tps_span input)
{
    tps_cbor_reader r = tps_cbor_reader_init(input);
    tps_cbor_item item;

    while (tps_cbor_read(&r, &item)) {
        require(item.bytes.size <= input.size);
        require(tps_cbor_offset(&r) <= input.size);
    }
    r = tps_cbor_reader_init(input);
    while (r.status == TPS_OK) {
        tps_cbor_skip(&r);
    }
    r = tps_cbor_reader_init(input);
    tps_cbor_get_big(&r);
    r = tps_cbor_reader_init(input);
    tps_cbor_find(&r, NULL, NULL, 0);
}

static void count(void *context, const char *text, size_t size)
{
    size_t *total = context;

    (void)text;
    *total += size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span input = tps_span_make(data, size);
    tps_error why = {0};
    size_t printed = 0;
    size_t first = 0;
    tps_status status = tps_cbor_check(input, &tps_cbor_limits_message, NULL, &why);
    tps_status in_file = tps_cbor_check(input, &tps_cbor_limits_file, NULL, NULL);
    bool is_deterministic = tps_cbor_check(input, &deterministic, NULL, NULL) == TPS_OK;

    require(status == TPS_OK || (why.status == status && why.offset <= size));
    require(!is_deterministic || in_file == TPS_OK);
    if (status == TPS_OK) {
        walk(input);
        require(in_file == TPS_OK);
    }
    if (tps_cbor_check(input, &tps_cbor_limits_message, &first, NULL) == TPS_OK) {
        require(first > 0 && first <= size);
        require(tps_cbor_check(tps_span_make(data, first), &tps_cbor_limits_message, NULL, NULL) == TPS_OK);
    }
    read_unchecked(input);
    if (tps_cbor_diagnose(input, count, &printed, &why) == TPS_OK) {
        require(printed > 0);
    }
    return 0;
}
