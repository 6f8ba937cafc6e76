/* SPDX-License-Identifier: Apache-2.0 */
/* The document of tps inspect: its two renderings agree, nesting is bounded, and it survives the lack of
 * memory. What each kind of file is explained as is tested from outside, in tests/e2e/inspect_*.py. */
#include "inspect/inspect.h"
#include "inspect/model.h"
#include "support/page.h"
#include "support/vectors.h"

/* calloc, as the linker's --wrap gives it: the Nth call fails. */
static unsigned calls_left;
static unsigned calls_made;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    calls_made++;
    return calls_left-- == 0 ? NULL : __real_calloc(count, size);
}

static void ignore(void *context, const char *text, size_t size)
{
    (void)text;
    *(size_t *)context += size;
}

static int set_up(void **state)
{
    (void)state;
    calls_left = UINT32_MAX;
    calls_made = 0;
    return 0;
}

static void is_written(const inspect_document *document, const char *text, const char *json)
{
    page p = {.size = 0};

    inspect_write_text(document, onto_page, &p);
    assert_string_equal(p.text, text);
    p.size = 0;
    inspect_write_json(document, onto_page, &p);
    assert_string_equal(p.text, json);
}

static void one_tree_is_written_in_both_forms(void **state)
{
    inspect_document *document = inspect_new(0);
    inspect_node *list;

    (void)state;
    inspect_is(document, "thing", "A thing of %d parts", 2);
    inspect_means(inspect_hex(inspect_fields(document), "security_state", 0x30), "secured");
    inspect_bytes(inspect_fields(document), "id", TPS_SPAN_LITERAL("\x01\xff"));
    list = inspect_list(inspect_fields(document), "parts");
    inspect_bool(inspect_object(list, NULL), "is_new", true);
    inspect_object(list, NULL);
    inspect_time(inspect_fields(document), "made", -1);
    inspect_warn(document, "look \"here\"");
    inspect_warn(document, "look \"%s\"", "here");
    inspect_unchecked(document, "the rest");

    is_written(
        document,
        "A thing of 2 parts\n"
        "  security state  0x0030 = secured\n"
        "  id              01ff\n"
        "  parts\n"
        "    1\n"
        "      is new  true\n"
        "    2  none\n"
        "  made            -1 = 1969-12-31T23:59:59Z\n"
        "warning: look \"here\"\n"
        "not checked: the rest\n",
        "{\"kind\":\"thing\",\"summary\":\"A thing of 2 parts\",\"fields\":{\"security_state\":{\"value\":48,"
        "\"meaning\":\"secured\"},\"id\":\"01ff\",\"parts\":[{\"is_new\":true},{}],\"made\":{\"value\":-1,"
        "\"meaning\":\"1969-12-31T23:59:59Z\"}},\"warnings\":[\"look \\\"here\\\"\"],"
        "\"not_checked\":[\"the rest\"]}\n");
    inspect_free(document);
}

static void the_first_fault_counts_and_nothing_else_is_written(void **state)
{
    inspect_document *document = inspect_new(0);

    (void)state;
    inspect_is(document, "thing", "a thing");
    inspect_fail(document, TPS_CBOR_TRUNCATED, 7, "half \x1b of it");
    inspect_fail(document, TPS_CBOR_TRAILING, 9, NULL);

    is_written(
        document, "",
        "{\"error\":{\"name\":\"TPS_CBOR_TRUNCATED\",\"cause\":\"the CBOR ends in the middle of an item\","
        "\"detail\":\"half \\u001b of it\",\"offset\":7,\"next_step\":\"send all of it\"}}\n");
    inspect_free(document);
}

static void names_and_texts_of_strangers_are_escaped(void **state)
{
    inspect_document *document = inspect_new(0);

    (void)state;
    inspect_is(document, "thing", "%s", "a\x1b[2J");
    inspect_named(inspect_text(inspect_fields(document), NULL, TPS_SPAN_LITERAL("\xff\n")),
                  TPS_SPAN_LITERAL("\x07\""));

    is_written(document, "a\\u001b[2J\n  \\u0007\"  \\ufffd\\n\n",
               "{\"kind\":\"thing\",\"summary\":\"a\\u001b[2J\",\"fields\":{\"\\u0007\\\"\":\"\\ufffd\\n\"},"
               "\"warnings\":[],\"not_checked\":[]}\n");
    inspect_free(document);
}

static void nest(inspect_node *node, tps_span part)
{
    inspect_later(inspect_object(node, "inner"), nest, part);
}

static void nesting_ends_with_a_warning(void **state)
{
    inspect_document *document = inspect_new(0);
    page p = {.size = 0};

    (void)state;
    inspect_is(document, "thing", "a thing");
    nest(inspect_fields(document), TPS_SPAN_EMPTY);
    inspect_run_steps(document);

    inspect_write_text(document, onto_page, &p);
    assert_non_null(strstr(p.text, "nested deeper than"));
    inspect_free(document);
}

/* Explains a file again and again, with one more piece of memory each time, until it is understood. */
static void survives_lack_of_memory(const char *name)
{
    tps_buf file = vector_read(name);
    bool is_understood = false;

    for (unsigned n = 0; !is_understood; n++) {
        inspect_document *document;
        size_t size = 0;
        assert_true(n < 1000);
        calls_left = n;
        document = inspect_file(span_of(file), 0);
        calls_left = UINT32_MAX;
        if (document != NULL) {
            tps_status status = inspect_fault_of(document)->status;
            is_understood = status == TPS_OK;
            assert_true(is_understood || status == TPS_OUT_OF_MEMORY);
            inspect_write_text(document, ignore, &size);
            inspect_write_json(document, ignore, &size);
        }
        inspect_free(document);
    }
    assert_true(calls_made > 2);
    free(file.data);
}

static void lack_of_memory_is_named_wherever_it_strikes(void **state)
{
    (void)state;
    vectors_require();
    survives_lack_of_memory("psa/psa-sign1.cbor");
    survives_lack_of_memory("veraison/psa-endorsements.cbor");
    survives_lack_of_memory("ear/ear.jwt");
    survives_lack_of_memory("cmw/x509-cert+cbor-cmw.der");
    survives_lack_of_memory("suit/suit_manifest_exp0.suit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_tree_is_written_in_both_forms, set_up),
        cmocka_unit_test_setup(the_first_fault_counts_and_nothing_else_is_written, set_up),
        cmocka_unit_test_setup(names_and_texts_of_strangers_are_escaped, set_up),
        cmocka_unit_test_setup(nesting_ends_with_a_warning, set_up),
        cmocka_unit_test_setup(lack_of_memory_is_named_wherever_it_strikes, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
