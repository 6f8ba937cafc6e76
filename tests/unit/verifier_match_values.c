/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of measured value compared, both ways: what satisfies a condition, and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tps/crypto.h"
#include "verifier/match/environment.h"
#include "verifier/match/measurement.h"

#define ITEMS(array)                                               \
    {                                                              \
        .items = (array), .count = sizeof(array) / sizeof *(array) \
    }
#define SPAN(text)                                \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }

static const tps_corim_digest sha256_a = {.alg = TPS_ALG_SHA256, .value = SPAN("aaaa")};
static const tps_corim_digest sha256_b = {.alg = TPS_ALG_SHA256, .value = SPAN("bbbb")};
static const tps_corim_digest sha384_a = {.alg = TPS_ALG_SHA384, .value = SPAN("AAAA")};
static const tps_corim_digest own_a = {.name = {0, SPAN("own")}, .value = SPAN("o")};
static const tps_corim_digest nine_a = {.name = {9, SPAN("")}, .value = SPAN("o")};

static tps_corim_measurement empty(void)
{
    return (tps_corim_measurement){.has_svn = false};
}

/* Asserts that the condition holds for the state, and for none that lacks the member. */
static void holds(const tps_corim_measurement *state, const tps_corim_measurement *condition)
{
    tps_corim_measurement nothing = empty();
    measurement_difference difference;

    assert_true(measurement_compare(state, condition, &difference));
    assert_int_equal(difference.member, MEASUREMENT_NOTHING);
    assert_true(difference.same >= 1);
    assert_false(measurement_compare(&nothing, condition, &difference));
    assert_true(difference.is_absent);
    assert_int_equal(difference.same, 0);
}

/* Asserts that it does not, by this member, which the state has. Returns what the two say of it. */
static measurement_difference fails(const tps_corim_measurement *state,
                                    const tps_corim_measurement *condition, uint32_t member,
                                    const char *evidence, const char *known)
{
    measurement_difference difference;
    char text[TPS_FINDING_TEXT_MAX];

    assert_false(measurement_compare(state, condition, &difference));
    assert_string_equal(measurement_member_name(difference.member), measurement_member_name(member));
    assert_false(difference.is_absent);
    measurement_show(state, &difference, text);
    assert_string_equal(text, evidence);
    measurement_show(condition, &difference, text);
    assert_string_equal(text, known);
    return difference;
}

static void a_version_is_equal_or_not(void **unused)
{
    tps_corim_measurement state = {
        .version = SPAN("1.2"), .has_version_scheme = true, .version_scheme = {16384, SPAN("")}};
    tps_corim_measurement condition = {.version = SPAN("1.2")};

    (void)unused;
    holds(&state, &condition);
    condition.has_version_scheme = true;
    condition.version_scheme = (tps_corim_label){1, TPS_SPAN_EMPTY};
    fails(&state, &condition, MEASUREMENT_VERSION, "version \"1.2\"", "version \"1.2\"");
    condition.version_scheme = (tps_corim_label){16384, SPAN("calver")};
    fails(&state, &condition, MEASUREMENT_VERSION, "version \"1.2\"", "version \"1.2\"");
    condition.version_scheme = state.version_scheme;
    holds(&state, &condition);
    condition.version = TPS_SPAN_LITERAL("1.3");
    fails(&state, &condition, MEASUREMENT_VERSION, "version \"1.2\"", "version \"1.3\"");
}

static void an_svn_is_equal_and_a_minimum_is_reached(void **unused)
{
    tps_corim_measurement state = {.has_svn = true, .svn = 5};
    tps_corim_measurement condition = {.has_svn = true, .svn = 5, .svn_tag = TPS_CORIM_TAG_SVN};

    (void)unused;
    holds(&state, &condition);
    condition.svn = 4;
    fails(&state, &condition, MEASUREMENT_SVN, "svn 5", "svn 4");
    condition.svn_tag = TPS_CORIM_TAG_MIN_SVN;
    holds(&state, &condition);
    condition.svn = 5;
    holds(&state, &condition);
    condition.svn = 6;
    fails(&state, &condition, MEASUREMENT_SVN, "svn 5", "svn at least 6");
    state.svn = UINT64_MAX;
    holds(&state, &condition);
}

static void an_endorsed_minimum_is_itself_and_no_svn(void **unused)
{
    tps_corim_measurement state = {.has_svn = true, .svn = 5, .svn_tag = TPS_CORIM_TAG_MIN_SVN};
    tps_corim_measurement condition = state;

    (void)unused;
    holds(&state, &condition);
    condition.svn = 4;
    fails(&state, &condition, MEASUREMENT_SVN, "svn at least 5", "svn at least 4");
    condition = (tps_corim_measurement){.has_svn = true, .svn = 5};
    fails(&state, &condition, MEASUREMENT_SVN, "svn at least 5", "svn 5");
}

static void digests_agree_where_they_meet_and_meet_once_at_least(void **unused)
{
    const tps_corim_digest both[] = {sha256_a, sha384_a};
    const tps_corim_digest mixed[] = {sha256_b, sha384_a};
    const tps_corim_digest others[] = {own_a, nine_a};
    tps_corim_measurement state = {.digests = ITEMS(both)};
    tps_corim_measurement condition = {.digests = {.items = &sha256_a, .count = 1}};
    tps_corim_measurement strange = {.digests = ITEMS(others)};

    (void)unused;
    holds(&state, &condition);
    condition.digests.items = &sha384_a;
    holds(&state, &condition);
    condition.digests = (tps_corim_digests)ITEMS(mixed);
    fails(&state, &condition, MEASUREMENT_DIGESTS, "sha-256 61616161, sha-384 41414141",
          "sha-256 62626262, sha-384 41414141");
    fails(&state, &strange, MEASUREMENT_DIGESTS, "sha-256 61616161, sha-384 41414141",
          "own 6f, algorithm 9 6f");
    holds(&strange, &strange);
    condition.digests = (tps_corim_digests){.items = &own_a, .count = 1};
    holds(&strange, &condition);
    state.digests = (tps_corim_digests){.items = &nine_a, .count = 1};
    fails(&state, &condition, MEASUREMENT_DIGESTS, "algorithm 9 6f", "own 6f");
}

static void digests_of_one_algorithm_twice_satisfy_nothing(void **unused)
{
    const tps_corim_digest twice[] = {sha256_a, sha256_a, sha384_a};
    static tps_corim_digest many[TPS_CORIM_DIGESTS_MAX + 1];
    tps_corim_measurement state = {.digests = ITEMS(twice)};
    tps_corim_measurement condition = {.digests = {.items = &sha256_a, .count = 1}};

    (void)unused;
    fails(&state, &condition, MEASUREMENT_DIGESTS, "sha-256 61616161, sha-256 61616161, ...",
          "sha-256 61616161");
    fails(&condition, &state, MEASUREMENT_DIGESTS, "sha-256 61616161",
          "sha-256 61616161, sha-256 61616161, ...");
    for (size_t i = 0; i < TPS_CORIM_DIGESTS_MAX + 1; i++) {
        many[i] = (tps_corim_digest){.name = {(int64_t)i + 20, TPS_SPAN_EMPTY}, .value = SPAN("v")};
    }
    state.digests = (tps_corim_digests){.items = many, .count = TPS_CORIM_DIGESTS_MAX + 1};
    assert_false(measurement_same_digests(&state.digests, &state.digests));
    condition.digests = (tps_corim_digests){.items = many, .count = 1};
    assert_false(measurement_same_digests(&condition.digests, &state.digests));
    state.digests.count--;
    assert_true(measurement_same_digests(&state.digests, &condition.digests));
    condition.digests.count = 0;
    assert_false(measurement_same_digests(&state.digests, &condition.digests));
}

static void flags_that_are_told_must_be_told_alike(void **unused)
{
    tps_corim_measurement state = {.flags_present = 1 << TPS_CORIM_FLAG_DEBUG | 1 << TPS_CORIM_FLAG_SECURE,
                                   .flags = 1 << TPS_CORIM_FLAG_SECURE};
    tps_corim_measurement condition = {.flags_present = 1 << TPS_CORIM_FLAG_DEBUG};
    const tps_corim_extension unknown = {.key = {.type = TPS_CBOR_UINT, .value = 100}};

    (void)unused;
    holds(&state, &condition);
    condition.flags = 1 << TPS_CORIM_FLAG_DEBUG;
    fails(&state, &condition, MEASUREMENT_FLAGS, "\"debug\" is false", "\"debug\" is true");
    condition.flags = 0;
    condition.flags_present |= 1 << TPS_CORIM_FLAG_TCB;
    fails(&state, &condition, MEASUREMENT_FLAGS, "", "\"TCB\" is false");
    condition = (tps_corim_measurement){.flag_extensions = {.items = &unknown, .count = 1}};
    state.flag_extensions = condition.flag_extensions;
    fails(&state, &condition, MEASUREMENT_EXTENSION, "", "");
}

static void a_raw_value_is_compared_where_its_mask_has_ones(void **unused)
{
    tps_corim_measurement state = {.raw_tag = TPS_CORIM_TAG_BYTES, .raw_value = SPAN("\x12\x34")};
    tps_corim_measurement condition = {.raw_tag = 99, .raw_value = SPAN("\x12\x34")};

    (void)unused;
    holds(&state, &condition);
    condition.raw_value = TPS_SPAN_LITERAL("\x12\x35");
    fails(&state, &condition, MEASUREMENT_RAW_VALUE, "value 1234", "value 1235");
    condition.raw_tag = TPS_CORIM_TAG_MASKED;
    condition.raw_mask = TPS_SPAN_LITERAL("\xff\xf0");
    holds(&state, &condition);
    condition.raw_tag = TPS_CORIM_TAG_BYTES;
    condition.is_mask_apart = true;
    holds(&state, &condition);
    condition.raw_mask = TPS_SPAN_LITERAL("\xff\x01");
    fails(&state, &condition, MEASUREMENT_RAW_VALUE, "value 1234",
          "value 1235, of which count the bits ff01");
    condition.raw_mask = TPS_SPAN_LITERAL("\xff");
    assert_false(measurement_compare(&state, &condition, &(measurement_difference){0}));
    condition.raw_mask = TPS_SPAN_LITERAL("\x00\x00");
    condition.raw_value = TPS_SPAN_LITERAL("\x12");
    assert_false(measurement_compare(&state, &condition, &(measurement_difference){0}));
}

static void a_masked_value_is_no_state(void **unused)
{
    tps_corim_measurement state = {
        .raw_tag = TPS_CORIM_TAG_MASKED, .raw_value = SPAN("\x12"), .raw_mask = SPAN("\xff")};
    tps_corim_measurement condition = state;

    (void)unused;
    assert_false(measurement_compare(&state, &condition, &(measurement_difference){0}));
    state.raw_tag = TPS_CORIM_TAG_BYTES;
    state.is_mask_apart = true;
    assert_false(measurement_compare(&state, &condition, &(measurement_difference){0}));
    state = (tps_corim_measurement){.raw_tag = TPS_CORIM_TAG_BYTES};
    condition = state;
    holds(&state, &condition);
}

static void names_and_addresses_are_compared_byte_for_byte(void **unused)
{
    const tps_corim_measurement states[] = {{.mac = SPAN("\x01\x02")},  {.ip = SPAN("\x01\x02")},
                                            {.serial = SPAN("one")},    {.ueid = SPAN("\x01\x02")},
                                            {.uuid = SPAN("\x01\x02")}, {.name = SPAN("one")}};
    const tps_corim_measurement others[] = {{.mac = SPAN("\x01\x03")},  {.ip = SPAN("\x01\x03")},
                                            {.serial = SPAN("two")},    {.ueid = SPAN("\x01\x03")},
                                            {.uuid = SPAN("\x01\x03")}, {.name = SPAN("two")}};
    const uint32_t members[] = {MEASUREMENT_MAC,  MEASUREMENT_IP,   MEASUREMENT_SERIAL,
                                MEASUREMENT_UEID, MEASUREMENT_UUID, MEASUREMENT_NAME};
    const char *const texts[][2] = {{"MAC address 0102", "MAC address 0103"},
                                    {"IP address 0102", "IP address 0103"},
                                    {"serial number \"one\"", "serial number \"two\""},
                                    {"UEID 0102", "UEID 0103"},
                                    {"UUID 0102", "UUID 0103"},
                                    {"name \"one\"", "name \"two\""}};

    (void)unused;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        holds(&states[i], &states[i]);
        fails(&states[i], &others[i], members[i], texts[i][0], texts[i][1]);
    }
}

static void keys_are_compared_in_their_order(void **unused)
{
    const tps_corim_key keys[] = {
        {.tag = TPS_CORIM_TAG_BYTES, .value = SPAN("k")},
        {.tag = TPS_CORIM_TAG_KEY_THUMBPRINT, .digest = {.alg = TPS_ALG_SHA256, .value = SPAN("t")}},
        {.tag = TPS_CORIM_TAG_KEY_PEM, .value = SPAN("p")}};
    const tps_corim_key others[] = {
        {.tag = TPS_CORIM_TAG_BYTES, .value = SPAN("l")},
        {.tag = TPS_CORIM_TAG_KEY_THUMBPRINT, .digest = {.alg = TPS_ALG_SHA384, .value = SPAN("t")}},
        {.tag = TPS_CORIM_TAG_KEY_THUMBPRINT, .digest = {.alg = TPS_ALG_SHA256, .value = SPAN("u")}},
        {.tag = TPS_CORIM_TAG_CERTIFICATE_PEM, .value = SPAN("p")}};
    tps_corim_measurement state = {.keys = ITEMS(keys)};
    tps_corim_measurement condition = {.keys = {.items = keys, .count = 1}};

    (void)unused;
    holds(&state, &condition);
    condition.keys.count = 3;
    holds(&state, &condition);
    state.keys.count = 2;
    fails(&state, &condition, MEASUREMENT_KEYS, "bytes 6b, ...", "bytes 6b, ...");
    for (size_t i = 0; i < 4; i++) {
        state.keys = (tps_corim_keys){.items = &keys[i < 2 ? i : i - 1], .count = 1};
        condition.keys = (tps_corim_keys){.items = &others[i], .count = 1};
        assert_false(measurement_compare(&state, &condition, &(measurement_difference){0}));
    }
    state.keys = (tps_corim_keys){.items = &keys[1], .count = 1};
    condition.keys = (tps_corim_keys){.items = &others[1], .count = 1};
    fails(&state, &condition, MEASUREMENT_KEYS, "key thumbprint sha-256 74", "key thumbprint sha-384 74");
}

static void registers_are_found_by_number_and_by_name(void **unused)
{
    const tps_corim_register registers[] = {
        {{.type = TPS_CBOR_UINT, .value = 5}, {.items = &sha256_a, .count = 1}},
        {{.type = TPS_CBOR_TEXT, .value = 1, .bytes = SPAN("5")}, {.items = &sha256_b, .count = 1}},
        {{.type = TPS_CBOR_UINT, .value = 7}, {.items = &sha384_a, .count = 1}}};
    const tps_corim_register by_name = {{.type = TPS_CBOR_TEXT, .value = 1, .bytes = SPAN("5")},
                                        {.items = &sha256_a, .count = 1}};
    const tps_corim_register unknown = {{.type = TPS_CBOR_UINT, .value = 6},
                                        {.items = &sha256_a, .count = 1}};
    tps_corim_measurement state = {.registers = ITEMS(registers)};
    tps_corim_measurement condition = {.registers = {.items = &registers[1], .count = 2}};
    measurement_difference difference;
    char text[TPS_FINDING_TEXT_MAX];

    (void)unused;
    holds(&state, &condition);
    condition.registers = (tps_corim_registers){.items = &by_name, .count = 1};
    fails(&state, &condition, MEASUREMENT_REGISTERS, "register \"5\" sha-256 62626262",
          "register \"5\" sha-256 61616161");
    condition.registers = (tps_corim_registers){.items = &unknown, .count = 1};
    assert_false(measurement_compare(&state, &condition, &difference));
    assert_true(difference.is_absent);
    measurement_show(&condition, &difference, text);
    assert_string_equal(text, "register 6 sha-256 61616161");
    measurement_show(&state, &difference, text);
    assert_string_equal(text, "");
}

static void a_register_that_evidence_has_twice_must_agree_twice(void **unused)
{
    const tps_corim_register twice[] = {
        {{.type = TPS_CBOR_UINT, .value = 5}, {.items = &sha256_a, .count = 1}},
        {{.type = TPS_CBOR_UINT, .value = 5}, {.items = &sha256_b, .count = 1}}};
    tps_corim_measurement state = {.registers = ITEMS(twice)};
    tps_corim_measurement condition = {.registers = {.items = twice, .count = 1}};

    (void)unused;
    assert_false(measurement_compare(&state, &condition, &(measurement_difference){0}));
}

static void a_range_holds_numbers_and_smaller_ranges(void **unused)
{
    static const struct {
        tps_corim_range state;
        tps_corim_range condition;
        bool holds;
    } cases[] = {
        {{true, true, false, false, 5, 0}, {true, true, false, false, 5, 0}, true},
        {{true, true, false, false, 5, 0}, {true, true, false, false, 6, 0}, false},
        {{true, true, false, false, 5, 0}, {true, false, true, true, 5, 5}, true},
        {{true, true, false, false, 5, 0}, {true, false, true, true, 6, 9}, false},
        {{true, true, false, false, 5, 0}, {true, false, true, true, 1, 4}, false},
        {{true, true, false, false, -5, 0}, {true, false, false, true, 0, 4}, true},
        {{true, true, false, false, INT64_MAX, 0}, {true, false, true, false, 0, 0}, true},
        {{true, false, true, true, 2, 3}, {true, false, true, true, 2, 3}, true},
        {{true, false, true, true, 2, 3}, {true, false, true, true, 1, 4}, true},
        {{true, false, true, true, 2, 5}, {true, false, true, true, 1, 4}, false},
        {{true, false, true, true, 0, 3}, {true, false, true, true, 1, 4}, false},
        {{true, false, true, false, 2, 0}, {true, false, true, true, 1, 4}, false},
        {{true, false, false, true, 0, 3}, {true, false, true, true, 1, 4}, false},
        {{true, false, false, false, 0, 0}, {true, false, false, false, 0, 0}, true},
        {{true, false, true, true, 3, 3}, {true, true, false, false, 3, 0}, true},
        {{true, false, true, true, 3, 4}, {true, true, false, false, 3, 0}, false},
        {{true, false, true, true, 2, 3}, {true, true, false, false, 3, 0}, false},
        {{true, false, false, true, 0, 3}, {true, true, false, false, 3, 0}, false},
        {{true, false, true, false, 3, 0}, {true, true, false, false, 3, 0}, false},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tps_corim_measurement state = {.range = cases[i].state};
        tps_corim_measurement condition = {.range = cases[i].condition};
        assert_int_equal(measurement_compare(&state, &condition, &(measurement_difference){0}),
                         cases[i].holds);
    }
    fails(&(tps_corim_measurement){.range = cases[1].state},
          &(tps_corim_measurement){.range = cases[4].condition}, MEASUREMENT_RANGE, "5", "1 to 4");
    fails(&(tps_corim_measurement){.range = {true, true, false, false, 5, 0}},
          &(tps_corim_measurement){.range = {true, false, false, true, 0, 4}}, MEASUREMENT_RANGE, "5",
          "any to 4");
}

static void values_that_nobody_knows_are_never_satisfied(void **unused)
{
    const tps_corim_extension own = {.key = {.type = TPS_CBOR_NINT, .value = 0}};
    tps_corim_measurement state = {.extensions = {.items = &own, .count = 1}, .has_svn = true, .svn = 1};
    tps_corim_measurement condition = state;
    measurement_difference difference;

    (void)unused;
    assert_false(measurement_compare(&state, &condition, &difference));
    assert_int_equal(difference.member, MEASUREMENT_EXTENSION);
    assert_int_equal(difference.same, 1);
    condition.extensions.count = 0;
    assert_true(measurement_compare(&state, &condition, &difference));
}

static void a_condition_without_values_is_never_satisfied(void **unused)
{
    tps_corim_measurement nothing = empty();
    tps_corim_measurement state = {.has_svn = true};

    (void)unused;
    assert_true(measurement_is_empty(&nothing));
    assert_false(measurement_is_empty(&state));
    assert_false(measurement_compare(&state, &nothing, &(measurement_difference){0}));
}

static void the_first_member_that_differs_is_named_and_those_alike_are_counted(void **unused)
{
    tps_corim_measurement state = {.version = SPAN("1"), .has_svn = true, .svn = 2, .name = SPAN("n")};
    tps_corim_measurement condition = {.version = SPAN("2"), .has_svn = true, .svn = 2, .name = SPAN("m")};
    measurement_difference difference;

    (void)unused;
    assert_false(measurement_compare(&state, &condition, &difference));
    assert_int_equal(difference.member, MEASUREMENT_VERSION);
    assert_int_equal(difference.same, 1);
    assert_string_equal(measurement_member_name(99), "extension");
}

static void what_is_not_there_is_shown_as_nothing(void **unused)
{
    tps_corim_measurement nothing = empty();
    char text[TPS_FINDING_TEXT_MAX];

    (void)unused;
    for (uint32_t member = 0; member <= MEASUREMENT_MEMBERS; member++) {
        measurement_difference difference = {.member = member, .id = {.type = TPS_CBOR_UINT, .value = 1}};
        strcpy(text, "before");
        measurement_show(&nothing, &difference, text);
        assert_string_equal(text, "");
    }
}

static void each_kind_of_digest_and_key_is_shown(void **unused)
{
    const tps_corim_digest sha512 = {.alg = TPS_ALG_SHA512, .value = SPAN("a")};
    const tps_corim_key keys[] = {{.tag = TPS_CORIM_TAG_CERTIFICATE_DER, .value = SPAN("a")},
                                  {.tag = TPS_CORIM_TAG_KEY_PEM, .value = SPAN("a")}};
    tps_corim_measurement m = {.digests = {.items = &sha512, .count = 1}};
    char text[TPS_FINDING_TEXT_MAX];

    (void)unused;
    measurement_show(&m, &(measurement_difference){.member = MEASUREMENT_DIGESTS}, text);
    assert_string_equal(text, "sha-512 61");
    m.keys = (tps_corim_keys){.items = &keys[0], .count = 1};
    measurement_show(&m, &(measurement_difference){.member = MEASUREMENT_KEYS}, text);
    assert_non_null(strstr(text, " 61"));
    m.keys = (tps_corim_keys){.items = &keys[1], .count = 1};
    measurement_show(&m, &(measurement_difference){.member = MEASUREMENT_KEYS}, text);
    assert_null(strstr(text, " 61"));
}

static void algorithms_without_a_number_of_cose_are_told_apart_by_name(void **unused)
{
    const tps_corim_digest digests[] = {
        sha256_a, own_a, nine_a, {.name = {0, SPAN("other")}, .value = SPAN("o")}};

    (void)unused;
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            tps_corim_digests a = {.items = &digests[i], .count = 1};
            tps_corim_digests b = {.items = &digests[j], .count = 1};
            assert_int_equal(measurement_same_digests(&a, &b), i == j);
        }
    }
}

static void the_first_difference_stays_when_registers_differ_as_well(void **unused)
{
    const tps_corim_register a = {{.type = TPS_CBOR_UINT, .value = 5}, {.items = &sha256_a, .count = 1}};
    const tps_corim_register b = {{.type = TPS_CBOR_UINT, .value = 5}, {.items = &sha256_b, .count = 1}};
    tps_corim_measurement state = {.version = SPAN("1"), .registers = {.items = &a, .count = 1}};
    tps_corim_measurement condition = {.version = SPAN("2"), .registers = {.items = &b, .count = 1}};
    measurement_difference difference;

    (void)unused;
    assert_false(measurement_compare(&state, &condition, &difference));
    assert_int_equal(difference.member, MEASUREMENT_VERSION);
    assert_false(difference.is_absent);
}

static void a_measurement_key_is_its_kind_and_content(void **unused)
{
    static const tps_corim_value keys[] = {{TPS_CORIM_ABSENT, 0, {NULL, 0}},
                                           {TPS_CORIM_TEXT, 0, SPAN("7")},
                                           {TPS_CORIM_UINT, 7, {NULL, 0}},
                                           {TPS_CORIM_UINT, 8, {NULL, 0}},
                                           {TPS_CORIM_OID, 0, SPAN("7")}};
    static const char *const texts[] = {"", "\"7\"", "7", "8", "37"};
    char text[TPS_FINDING_TEXT_MAX];

    (void)unused;
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++) {
            tps_corim_measurement a = {.key = keys[i]};
            tps_corim_measurement b = {.key = keys[j]};
            assert_int_equal(measurement_same_key(&a, &b), i == j);
        }
        measurement_show_key(&keys[i], text);
        assert_string_equal(text, texts[i]);
    }
}

static void a_piece_of_software_has_a_key_in_each_profile(void **unused)
{
    static const tps_corim_measurement keys[] = {
        {.key = {TPS_CORIM_TEXT, 0, SPAN("psa.software-component")}},
        {.key = {TPS_CORIM_TEXT, 0, SPAN("opentps.software-component")}},
        {.key = {TPS_CORIM_TEXT, 0, SPAN("software-component")}},
        {.key = {TPS_CORIM_OTHER, 0, SPAN("psa.software-component")}}};

    (void)unused;
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            assert_int_equal(measurement_same_key(&keys[i], &keys[j]), i == j || (i < 2 && j < 2));
        }
    }
}

/* ---- environments ---- */

static tps_corim_environment whole(void)
{
    return (tps_corim_environment){.class_id = {TPS_CORIM_OID, 0, SPAN("\x2b\x06")},
                                   .vendor = SPAN("ACME"),
                                   .model = SPAN("Lamp"),
                                   .has_layer = true,
                                   .layer = 2,
                                   .has_index = true,
                                   .index = 1,
                                   .instance = {TPS_CORIM_UEID, 0, SPAN("\x01\x02")},
                                   .group = {TPS_CORIM_BYTES, 0, SPAN("\x09")}};
}

/* `whole()` without its member `i`, and with another value there; the rest absent. */
static tps_corim_environment variant(size_t i, bool is_absent, bool is_alone)
{
    tps_corim_environment e = is_alone ? (tps_corim_environment){.has_layer = false} : whole();
    tps_corim_environment from = whole();

    switch (i) {
    case 0: e.class_id = is_absent ? e.class_id : from.class_id; break;
    case 1: e.vendor = from.vendor; break;
    case 2: e.model = from.model; break;
    case 3: e.has_layer = true, e.layer = from.layer; break;
    case 4: e.has_index = true, e.index = from.index; break;
    case 5: e.instance = from.instance; break;
    default: e.group = from.group; break;
    }
    if (!is_alone) {
        switch (i) {
        case 0:
            e.class_id = is_absent ? (tps_corim_value){0} : (tps_corim_value){TPS_CORIM_OID, 0, SPAN("x")};
            break;
        case 1: e.vendor = is_absent ? TPS_SPAN_EMPTY : TPS_SPAN_LITERAL("x"); break;
        case 2: e.model = is_absent ? TPS_SPAN_EMPTY : TPS_SPAN_LITERAL("x"); break;
        case 3: e.has_layer = !is_absent, e.layer = is_absent ? 0 : 9; break;
        case 4: e.has_index = !is_absent, e.index = is_absent ? 0 : 9; break;
        case 5:
            e.instance = is_absent ? (tps_corim_value){0} : (tps_corim_value){TPS_CORIM_UEID, 0, SPAN("x")};
            break;
        default:
            e.group = is_absent ? (tps_corim_value){0} : (tps_corim_value){TPS_CORIM_UUID, 0, SPAN("\x09")};
            break;
        }
    }
    return e;
}

static void an_environment_has_each_member_of_the_condition(void **unused)
{
    tps_corim_environment state = whole();

    (void)unused;
    assert_true(environment_same(&state, &state));
    for (size_t i = 0; i < 7; i++) {
        tps_corim_environment condition = variant(i, false, true);
        tps_corim_environment lacking = variant(i, true, false);
        tps_corim_environment other = variant(i, false, false);
        assert_true(environment_matches(&state, &condition));
        assert_false(environment_matches(&lacking, &condition));
        assert_false(environment_matches(&other, &condition));
        assert_false(environment_same(&state, &condition));
        assert_false(environment_same(&condition, &state));
        assert_true(environment_matches(&state, &lacking));
        assert_false(environment_matches(&state, &other));
    }
}

static void an_implementation_id_is_the_same_under_both_tags(void **unused)
{
    tps_corim_environment old = {.class_id = {TPS_CORIM_IMPLEMENTATION_ID, 0, SPAN("i")}};
    tps_corim_environment new = {.class_id = {TPS_CORIM_BYTES, 0, SPAN("i")}};
    tps_corim_environment oid = {.class_id = {TPS_CORIM_OID, 0, SPAN("i")}};

    (void)unused;
    assert_true(environment_same(&old, &new));
    assert_false(environment_matches(&oid, &new));
    assert_false(environment_matches(&new, &oid));
    new.class_id.bytes = TPS_SPAN_LITERAL("j");
    assert_false(environment_matches(&old, &new));
}

static void an_environment_is_told_in_words(void **unused)
{
    tps_corim_environment e = whole();
    char text[ENVIRONMENT_TEXT_MAX];

    (void)unused;
    environment_show(&e, text);
    assert_string_equal(text, "ACME Lamp, layer 2, index 1, instance 0102, group 09");
    e = (tps_corim_environment){.class_id = {TPS_CORIM_BYTES, 0, SPAN("0123456789")}, .has_index = true};
    environment_show(&e, text);
    assert_string_equal(text, "class 3031323334353637..., index 0");
    e = (tps_corim_environment){.has_layer = true};
    environment_show(&e, text);
    assert_string_equal(text, "layer 0");
    e = (tps_corim_environment){.vendor = SPAN("ACME")};
    environment_show(&e, text);
    assert_string_equal(text, "ACME");
    e = (tps_corim_environment){.has_index = true, .index = 3};
    environment_show(&e, text);
    assert_string_equal(text, "index 3");
}

#define LONG "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

static void words_are_cut_where_the_room_ends(void **unused)
{
    tps_corim_environment e = whole();
    const tps_corim_digest long_names[] = {{.name = {0, SPAN(LONG)}, .value = SPAN(LONG)},
                                           {.name = {0, SPAN(LONG "x")}, .value = SPAN(LONG)}};
    const tps_corim_register reg = {{.type = TPS_CBOR_TEXT, .value = 64, .bytes = SPAN(LONG)},
                                    ITEMS(long_names)};
    tps_corim_measurement m = {.registers = {.items = &reg, .count = 1}};
    measurement_difference difference = {.member = MEASUREMENT_REGISTERS, .id = reg.id};
    char text[TPS_FINDING_TEXT_MAX];

    (void)unused;
    e.vendor = TPS_SPAN_LITERAL(LONG "longer");
    e.model = TPS_SPAN_LITERAL(LONG "longer");
    environment_show(&e, text);
    assert_int_equal(strlen(text), ENVIRONMENT_TEXT_MAX - 1);
    measurement_show(&m, &difference, text);
    assert_int_equal(strlen(text), TPS_FINDING_TEXT_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_is_equal_or_not),
        cmocka_unit_test(an_svn_is_equal_and_a_minimum_is_reached),
        cmocka_unit_test(an_endorsed_minimum_is_itself_and_no_svn),
        cmocka_unit_test(digests_agree_where_they_meet_and_meet_once_at_least),
        cmocka_unit_test(digests_of_one_algorithm_twice_satisfy_nothing),
        cmocka_unit_test(flags_that_are_told_must_be_told_alike),
        cmocka_unit_test(a_raw_value_is_compared_where_its_mask_has_ones),
        cmocka_unit_test(a_masked_value_is_no_state),
        cmocka_unit_test(names_and_addresses_are_compared_byte_for_byte),
        cmocka_unit_test(keys_are_compared_in_their_order),
        cmocka_unit_test(registers_are_found_by_number_and_by_name),
        cmocka_unit_test(a_register_that_evidence_has_twice_must_agree_twice),
        cmocka_unit_test(a_range_holds_numbers_and_smaller_ranges),
        cmocka_unit_test(values_that_nobody_knows_are_never_satisfied),
        cmocka_unit_test(a_condition_without_values_is_never_satisfied),
        cmocka_unit_test(the_first_member_that_differs_is_named_and_those_alike_are_counted),
        cmocka_unit_test(what_is_not_there_is_shown_as_nothing),
        cmocka_unit_test(each_kind_of_digest_and_key_is_shown),
        cmocka_unit_test(algorithms_without_a_number_of_cose_are_told_apart_by_name),
        cmocka_unit_test(the_first_difference_stays_when_registers_differ_as_well),
        cmocka_unit_test(a_measurement_key_is_its_kind_and_content),
        cmocka_unit_test(a_piece_of_software_has_a_key_in_each_profile),
        cmocka_unit_test(an_environment_has_each_member_of_the_condition),
        cmocka_unit_test(an_implementation_id_is_the_same_under_both_tags),
        cmocka_unit_test(an_environment_is_told_in_words),
        cmocka_unit_test(words_are_cut_where_the_room_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
