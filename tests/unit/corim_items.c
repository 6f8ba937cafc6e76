/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM from a tree of the caller's: every list is an array of items, nothing was read before. */
#include "tps/corim.h"

#include "support/check.h"
#include "support/corim_read.h"
#include "support/notation.h"
#include "tps/crypto.h"

#define ITEMS(array)                                 \
    {                                                \
        (array), sizeof(array) / sizeof((array)[0]), \
        {                                            \
            NULL, 0                                  \
        }                                            \
    }
#define TEXT(text)                                    \
    {                                                 \
        TPS_CORIM_TEXT, 0,                            \
        {                                             \
            (const uint8_t *)(text), sizeof(text) - 1 \
        }                                             \
    }
#define SPAN(text)                                \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }

static const uint8_t hash[32] = {0xaa};

static const tps_corim_label roles[] = {{1, {NULL, 0}}, {0, SPAN("own")}};
static const tps_corim_entity entities[] = {{.name = SPAN("e"), .roles = ITEMS(roles)}};
static const tps_corim_digest digests[] = {
    {-16, {hash, 32}, {0, {NULL, 0}}}, {0, SPAN("x"), {0, SPAN("own")}}, {0, SPAN("y"), {0, {NULL, 0}}}};
static const tps_corim_key keys[] = {{.tag = 560, .value = SPAN("k")},
                                     {.tag = 557, .digest = {-16, {hash, 32}, {-16, {NULL, 0}}}},
                                     {.tag = 558, .value = SPAN("\xa1\x01\x02")}};
static const tps_corim_environment environments[] = {{.vendor = SPAN("a")},
                                                     {.vendor = SPAN("b"), .has_index = true}};
static const tps_corim_register registers[] = {{{.type = TPS_CBOR_TEXT, .bytes = SPAN("r")}, ITEMS(digests)},
                                               {{.type = TPS_CBOR_UINT, .value = 7}, ITEMS(digests)}};
static const tps_corim_extension additions[] = {{{.type = TPS_CBOR_UINT, .value = 12}, SPAN("\xf6")}};
static const tps_corim_measurement measurements[] = {
    {.digests = ITEMS(digests),
     .registers = ITEMS(registers),
     .keys = ITEMS(keys),
     .authorized_by = ITEMS(keys),
     .extensions = {additions, 1, {NULL, 0}, 0}},
    {.key = {TPS_CORIM_UINT, 5, {NULL, 0}}, .name = SPAN("n")}};
static const tps_corim_statement statements[] = {
    {.environment = {.vendor = SPAN("a")}, .measurements = ITEMS(measurements)}};
static const tps_corim_key_statement key_statements[] = {
    {.environment = {.vendor = SPAN("a")}, .keys = ITEMS(keys)},
    {.environment = {.vendor = SPAN("a")}, .keys = ITEMS(keys), .authorized_by = ITEMS(keys)},
    {.environment = {.vendor = SPAN("a")}, .keys = ITEMS(keys), .element = TEXT("m")}};
static const tps_corim_domain domains[] = {{{.vendor = SPAN("a")}, ITEMS(environments)}};
static const tps_corim_value tag_ids[] = {TEXT("t"), TEXT("u")};
static const tps_corim_coswid_link links[] = {{{.vendor = SPAN("a")}, ITEMS(tag_ids)}};
static const tps_corim_series_step steps[] = {{ITEMS(measurements), ITEMS(measurements)}};
static const tps_corim_series series[] = {{.environment = {.vendor = SPAN("a")},
                                           .claims = ITEMS(measurements),
                                           .authorized_by = ITEMS(keys),
                                           .steps = ITEMS(steps)}};
static const tps_corim_conditional conditionals[] = {{ITEMS(statements), ITEMS(statements)}};
static const tps_corim_linked_tag linked[] = {{TEXT("t"), {1, {NULL, 0}}}};
static const tps_span uris[] = {SPAN("u"), SPAN("v")};
static const tps_corim_locator locators[] = {
    {.uris = ITEMS(uris), .thumbprints = ITEMS(digests)},
    {.uris = {uris, 1, {NULL, 0}}, .thumbprints = {digests, 1, {NULL, 0}}},
    {.uris = {uris, 1, {NULL, 0}},
     .are_uris_listed = true,
     .thumbprints = {digests, 1, {NULL, 0}},
     .are_thumbprints_listed = true},
};

#define H "h'aa00000000000000000000000000000000000000000000000000000000000000'"
#define D "[1, " H "], [\"own\", h'78'], [0, h'79']"
#define K "[560(h'6b'), 557([-16, " H "]), 558({1: 2})]"
#define M                                                                             \
    "[{1: {2: [" D "], 12: null, 13: " K ", 14: {7: [" D "], \"r\": [" D "]}}, 2: " K \
    "}, {0: 5, 1: {11: \"n\"}}]"
#define E   "{0: {1: \"a\"}}"
#define Q   "[[" E ", " K "], [" E ", " K ", {1: " K "}], [" E ", " K ", {0: \"m\"}]]"
#define DOM "[[" E ", [{0: {1: \"a\"}}, {0: {1: \"b\", 4: 0}}]]]"
#define ONE "[1, " H "]"
#define S   "[[" E ", " M "]]"

static void a_whole_tree_is_written(void **state)
{
    static uint8_t room[16384];
    tps_corim_comid comid = {.language = SPAN("en"),
                             .identity = {.id = TEXT("b")},
                             .entities = ITEMS(entities),
                             .linked_tags = ITEMS(linked),
                             .reference_values = ITEMS(statements),
                             .endorsed_values = ITEMS(statements),
                             .identity_keys = ITEMS(key_statements),
                             .attest_keys = ITEMS(key_statements),
                             .dependencies = ITEMS(domains),
                             .memberships = ITEMS(domains),
                             .coswid_links = ITEMS(links),
                             .series = ITEMS(series),
                             .conditionals = ITEMS(conditionals)};
    tps_corim_tag tags[] = {{.tag = TPS_CORIM_TAG_COMID, .comid = &comid}};
    tps_corim corim = {
        .id = TEXT("a"), .tags = ITEMS(tags), .dependents = ITEMS(locators), .entities = ITEMS(entities)};
    tps_span encoded;
    tps_error why = {0};
    tps_status status = tps_corim_write(&corim, TPS_BUF_OF(room), &encoded, &why);

    (void)state;
    if (status != TPS_OK) {
        fail_msg("%s: %s", tps_status_name(status), why.detail);
    }
    assert_span(
        encoded,
        notation(
            "501({0: \"a\", 1: [506(<<{0: \"en\", 1: {0: \"b\"}, 2: [{0: \"e\", 2: [1, \"own\"]}], 3: [{0: \"t\", 1: 1}], 4: {0: %s, 1: %s, 2: %s, 3: %s, 4: %s, 5: %s, 6: [[{0: {1: \"a\"}}, [\"t\", \"u\"]]], 8: [[[{0: {1: \"a\"}}, %s, %s], [[%s, %s]]]], 10: [[%s, %s]]}}>>)], 2: [{0: [32(\"u\"), 32(\"v\")], 1: [%s]}, {0: 32(\"u\"), 1: %s}, {0: [32(\"u\")], 1: [%s]}], 5: [{0: \"e\", 2: [1, \"own\"]}]})",
            S, S, Q, Q, DOM, DOM, M, K, M, M, S, S, D, ONE, ONE));
    assert_status(corim_read_whole(encoded, NULL, NULL), TPS_OK);
}

static void what_the_manifest_itself_lacks_is_not_written(void **state)
{
    static uint8_t room[256];
    tps_corim_tag tags[] = {{.tag = 507, .content = SPAN("\xf6")}};
    tps_corim corim = {.id = TEXT("a"), .tags = ITEMS(tags)};
    tps_span encoded;
    tps_error why = {0};

    (void)state;
    assert_status(tps_corim_write(&corim, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
    corim.id = (tps_corim_value){0};
    assert_int_not_equal(tps_corim_write(&corim, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
    corim.id = (tps_corim_value)TEXT("");
    assert_status(tps_corim_write(&corim, TPS_BUF_OF(room), &encoded, &why), TPS_CORIM_BAD_VALUE);
    assert_string_equal(why.detail, "id");
    corim.id = (tps_corim_value)TEXT("a");
    corim.entities = (tps_corim_entities){NULL, 1, SPAN("\x05")};
    assert_int_not_equal(tps_corim_write(&corim, TPS_BUF_MEASURE, &encoded, NULL), TPS_OK);
    /* the first of two lists that cannot be read counts */
    corim.tags = (tps_corim_tags){NULL, 1, SPAN("\xd9\x01\xfa\x41\xa0")};
    assert_status(tps_corim_write(&corim, TPS_BUF_MEASURE, &encoded, NULL), TPS_CORIM_BAD_VALUE);
    corim.tags = (tps_corim_tags){NULL, 2, SPAN("\xd9\x01\xfc\x41\xa0\xd9\x01\xfc\x41\xff")};
    assert_status(tps_corim_write(&corim, TPS_BUF_MEASURE, &encoded, NULL), TPS_CORIM_BAD_VALUE);
    corim.tags = (tps_corim_tags){NULL, 2, SPAN("\xd9\x01\xfa\x41\xa0\xd9\x01\xfa\x41\xff")};
    assert_status(tps_corim_write(&corim, TPS_BUF_MEASURE, &encoded, NULL), TPS_CORIM_BAD_VALUE);
}

/* Whatever a list's bytes are, walking it ends, and says whether it went well. */
static void lists_that_nobody_checked_end_in_an_error(void **state)
{
    tps_corim_keys wrong = {NULL, 1, SPAN("\xd9\x02\x30\x05")};
    tps_corim_extensions foreign = {NULL, 1, SPAN("\x41\x00\x01"), 0};
    tps_corim_cursor cursor = TPS_CORIM_WALK(wrong);
    tps_corim_key key;
    tps_corim_extension extension;

    (void)state;
    assert_false(tps_corim_next_key(&cursor, &key));
    assert_int_not_equal(cursor.reader.status, TPS_OK);
    cursor = tps_corim_walk_extensions(&foreign);
    assert_false(tps_corim_next_extension(&cursor, &extension));
    assert_int_not_equal(cursor.reader.status, TPS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_tree_is_written),
        cmocka_unit_test(what_the_manifest_itself_lacks_is_not_written),
        cmocka_unit_test(lists_that_nobody_checked_end_in_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
