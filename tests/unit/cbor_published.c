/* SPDX-License-Identifier: Apache-2.0 */
/* The examples of RFC 8949, appendix A, as cbor/test-vectors publishes them: checked, walked beside the value
 * that they stand for, cut at every byte. */
#include <jansson.h>

#include "support/cbor_copy.h"
#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/vectors.h"

#define MESSAGE (&tps_cbor_limits_message)

static json_t *examples;

/* simple(24) in two bytes was an example of RFC 7049; RFC 8949, 3.3, says that it is not well-formed. */
static void drop_what_rfc8949_withdrew(void)
{
    for (size_t i = 0; i < json_array_size(examples); i++) {
        const char *hex = json_string_value(json_object_get(json_array_get(examples, i), "hex"));
        if (strcmp(hex, "f818") == 0) {
            json_array_remove(examples, i);
        }
    }
}

static int load(void **state)
{
    tps_buf file;

    (void)state;
    if (!vectors_present()) {
        return 0;
    }
    file = vector_read("cbor/appendix_a.json");
    /* As reals, because the examples hold integers beyond what the JSON library takes. */
    examples = json_loadb((const char *)file.data, file.size, JSON_DECODE_INT_AS_REAL, NULL);
    free(file.data);
    drop_what_rfc8949_withdrew();
    return examples == NULL ? -1 : 0;
}

static int unload(void **state)
{
    (void)state;
    json_decref(examples);
    return 0;
}

static const char *hex_of(const json_t *example)
{
    return json_string_value(json_object_get(example, "hex"));
}

static void all_are_well_formed(void **state)
{
    size_t i;
    json_t *example;

    (void)state;
    vectors_require();
    assert_int_equal(json_array_size(examples), 81);
    json_array_foreach(examples, i, example)
    {
        assert_cbor(hex_of(example), MESSAGE, TPS_OK);
    }
}

static void those_in_preferred_form_are_deterministic_and_the_others_are_not(void **state)
{
    size_t i;
    json_t *example;

    (void)state;
    vectors_require();
    json_array_foreach(examples, i, example)
    {
        bool is_preferred = json_is_true(json_object_get(example, "roundtrip"));

        assert_cbor(hex_of(example), &cbor_limits_deterministic,
                    is_preferred ? TPS_OK : TPS_CBOR_NOT_DETERMINISTIC);
    }
}

static void every_beginning_is_truncated(void **state)
{
    size_t i;
    json_t *example;

    (void)state;
    vectors_require();
    json_array_foreach(examples, i, example)
    {
        tps_buf bytes = bytes_from_hex(hex_of(example));

        for (size_t size = 0; size < bytes.size; size++) {
            tps_buf cut = exact_copy(tps_span_make(bytes.data, size));
            tps_cbor_reader r = tps_cbor_reader_init(span_of(cut));

            assert_status(tps_cbor_check(span_of(cut), MESSAGE, NULL, NULL), TPS_CBOR_TRUNCATED);
            tps_cbor_skip(&r);
            assert_status(r.status, TPS_CBOR_TRUNCATED);
            free(cut.data);
        }
        free(bytes.data);
    }
}

static void skipping_takes_the_whole_item(void **state)
{
    size_t i;
    json_t *example;

    (void)state;
    vectors_require();
    json_array_foreach(examples, i, example)
    {
        tps_buf bytes = bytes_from_hex(hex_of(example));
        tps_cbor_reader r = tps_cbor_reader_init(span_of(bytes));

        assert_span(tps_cbor_skip(&r), span_of(bytes));
        assert_status(tps_cbor_reader_finish(&r), TPS_OK);
        free(bytes.data);
    }
}

static void walk(tps_cbor_reader *r, const json_t *expected);

/* A string, of whatever pieces, must be the text expected. */
static void walk_text(tps_cbor_reader *r, const char *expected)
{
    char text[128] = {0};
    size_t size = 0;
    tps_cbor_item item;

    assert_true(tps_cbor_read(r, &item));
    if (item.value != TPS_CBOR_INDEFINITE_LENGTH) {
        assert_span_text(item.bytes, expected);
        return;
    }
    while (tps_cbor_read(r, &item) && item.type != TPS_CBOR_BREAK) {
        memcpy(text + size, item.bytes.data, item.bytes.size);
        size += item.bytes.size;
    }
    assert_string_equal(text, expected);
}

static void walk_map(tps_cbor_reader *r, const json_t *expected)
{
    tps_cbor_list map = tps_cbor_enter_map(r);
    size_t pairs = 0;

    for (; tps_cbor_next(r, &map); pairs++) {
        char name[32];
        tps_cbor_item key;

        assert_true(tps_cbor_read(r, &key));
        if (key.type == TPS_CBOR_TEXT) {
            snprintf(name, sizeof name, "%.*s", (int)key.bytes.size, (const char *)key.bytes.data);
        } else {
            snprintf(name, sizeof name, "%u", (unsigned)key.value);
        }
        walk(r, json_object_get(expected, name));
    }
    assert_int_equal(pairs, json_object_size(expected));
}

static void walk_number(tps_cbor_reader *r, double expected)
{
    double number = 0;
    tps_cbor_big big;

    if (tps_cbor_peek(r) == TPS_CBOR_FLOAT) {
        assert_true(tps_cbor_get_double(r) == expected);
        return;
    }
    big = tps_cbor_get_big(r);
    for (size_t i = 0; i < big.magnitude.size; i++) {
        number = number * 256 + big.magnitude.data[i];
    }
    assert_true((big.is_negative ? -1 - number : number) == expected);
}

static void walk(tps_cbor_reader *r, const json_t *expected)
{
    assert_non_null(expected);
    if (json_is_object(expected)) {
        walk_map(r, expected);
    } else if (json_is_array(expected)) {
        tps_cbor_list array = tps_cbor_enter_array(r);
        size_t i = 0;

        while (tps_cbor_next(r, &array)) {
            walk(r, json_array_get(expected, i++));
        }
        assert_int_equal(i, json_array_size(expected));
    } else if (json_is_string(expected)) {
        walk_text(r, json_string_value(expected));
    } else if (json_is_boolean(expected)) {
        assert_int_equal(tps_cbor_get_bool(r), json_is_true(expected));
    } else if (json_is_null(expected)) {
        tps_cbor_get_null(r);
    } else {
        walk_number(r, json_number_value(expected));
    }
    assert_status(r->status, TPS_OK);
}

static void the_reader_finds_the_values_that_are_published(void **state)
{
    size_t i;
    json_t *example;
    size_t walked = 0;

    (void)state;
    vectors_require();
    json_array_foreach(examples, i, example)
    {
        const json_t *expected = json_object_get(example, "decoded");
        tps_buf bytes = bytes_from_hex(hex_of(example));
        tps_cbor_reader r = tps_cbor_reader_init(span_of(bytes));

        if (expected != NULL) { /* the others have no value in JSON: infinities, bytes, tags, simple values */
            walk(&r, expected);
            assert_status(tps_cbor_reader_finish(&r), TPS_OK);
            walked++;
        }
        free(bytes.data);
    }
    assert_true(walked > 50);
}

/* Those in preferred form byte by byte; of the others the deterministic form, whose value is the same. */
static void what_is_read_is_written_again(void **state)
{
    size_t i;
    json_t *example;

    (void)state;
    vectors_require();
    json_array_foreach(examples, i, example)
    {
        const json_t *expected = json_object_get(example, "decoded");
        tps_buf bytes = bytes_from_hex(hex_of(example));
        uint8_t copy[256];
        tps_cbor_reader r = tps_cbor_reader_init(span_of(bytes));
        tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(copy));
        tps_span encoded;

        cbor_copy(&r, &w);
        assert_status(tps_cbor_reader_finish(&r), TPS_OK);
        assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
        assert_status(tps_cbor_check(encoded, &cbor_limits_deterministic, NULL, NULL), TPS_OK);
        if (json_is_true(json_object_get(example, "roundtrip"))) {
            assert_span(encoded, span_of(bytes));
        }
        if (expected != NULL) {
            r = tps_cbor_reader_init(encoded);
            walk(&r, expected);
            assert_status(tps_cbor_reader_finish(&r), TPS_OK);
        }
        free(bytes.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_well_formed),
        cmocka_unit_test(those_in_preferred_form_are_deterministic_and_the_others_are_not),
        cmocka_unit_test(every_beginning_is_truncated),
        cmocka_unit_test(skipping_takes_the_whole_item),
        cmocka_unit_test(the_reader_finds_the_values_that_are_published),
        cmocka_unit_test(what_is_read_is_written_again),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
