/* SPDX-License-Identifier: Apache-2.0 */
/* Triples of every kind: what is kept, how it is found again, and what is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/x509.h"
#include "endorsements_support.h"
#include "tps/base64.h"
#include "tps/coswid.h"

static const uint8_t some_id[16] = {9};
static const uint8_t a_digest[32] = {0xd1};
static const uint8_t another_digest[32] = {0xd2};

static tps_corim_measurement a_measurement(void)
{
    return (tps_corim_measurement){.version = TEXT("1.0"), .has_svn = true, .svn = 3};
}

/* ---- what is kept ---- */

/* A CoMID with one triple of each kind, of the board. */
static tps_span write_all_kinds(void)
{
    tps_corim_environment board = the_board();
    tps_corim_environment member = {.vendor = TEXT("Lumen"), .model = TEXT("Chip")};
    tps_corim_measurement value = a_measurement();
    tps_corim_statement statement = {board, ONE(&value)};
    tps_corim_key key = {.tag = TPS_CORIM_TAG_KEY_THUMBPRINT,
                         .digest = {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(a_digest)}};
    tps_corim_key_statement keys = {.environment = board, .keys = ONE(&key)};
    tps_corim_domain domain = {board, ONE(&member)};
    tps_corim_value tag_id = {TPS_CORIM_TEXT, 0, TEXT("swid")};
    tps_corim_coswid_link link = {board, ONE(&tag_id)};
    tps_corim_series_step step = {ONE(&value), ONE(&value)};
    tps_corim_series series = {.environment = board, .steps = ONE(&step)};
    tps_corim_conditional conditional = {ONE(&statement), ONE(&statement)};
    tps_corim_comid comid = {.reference_values = ONE(&statement),
                             .endorsed_values = ONE(&statement),
                             .identity_keys = ONE(&keys),
                             .attest_keys = ONE(&keys),
                             .dependencies = ONE(&domain),
                             .memberships = ONE(&domain),
                             .coswid_links = ONE(&link),
                             .series = ONE(&series),
                             .conditionals = ONE(&conditional)};

    return write_comid(&comid, NULL);
}

static const uint32_t kinds[] = {STATEMENT_REFERENCE,   STATEMENT_ENDORSED,   STATEMENT_IDENTITY_KEYS,
                                 STATEMENT_ATTEST_KEYS, STATEMENT_DEPENDENCY, STATEMENT_MEMBERSHIP,
                                 STATEMENT_COSWID,      STATEMENT_SERIES,     STATEMENT_CONDITIONAL};

static void every_kind_of_triple_is_kept_and_found_by_its_subject(void **state)
{
    tps_verifier *v = make_verifier(LENIENT);
    tps_corim_environment board = the_board();
    tps_corim_environment other = {.vendor = TEXT("Lumen"), .model = TEXT("Lamp")};
    tps_verifier_counts counts;

    (void)state;
    assert_false(knowledge_has_statements(&v->knowledge));
    expect(v, write_all_kinds(), TPS_OK, NULL);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        assert_int_equal(count_of(v, kinds[i], &board), 1);
        assert_int_equal(count_of(v, kinds[i], NULL), 1);
        assert_int_equal(count_of(v, kinds[i], &other), 0);
    }
    assert_true(knowledge_has_claims(&v->knowledge));
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.statements, 9);
    assert_int_equal(counts.devices, 0);
    tps_verifier_free(v);
}

/* The bytes of a triple read as a list of one. */
static void what_is_kept_can_be_read_again(void **state)
{
    tps_verifier *v = make_verifier(LENIENT);
    tps_corim_environment board = the_board();
    knowledge_statement_walk walk;
    knowledge_statement found;
    tps_corim_cursor cursor;
    tps_corim_statement statement;
    tps_corim_measurement measurement;

    (void)state;
    expect(v, write_all_kinds(), TPS_OK, NULL);
    walk = knowledge_statements_of(&v->knowledge, STATEMENT_REFERENCE, &board, NOW);
    assert_true(knowledge_next_statement(&walk, &found));
    cursor = tps_corim_walk(NULL, 1, found.encoded);
    assert_true(tps_corim_next_statement(&cursor, &statement));
    assert_true(tps_span_is_text(statement.environment.model, "Board"));
    assert_int_equal(statement.environment.layer, 2);
    cursor = TPS_CORIM_WALK(statement.measurements);
    assert_true(tps_corim_next_measurement(&cursor, &measurement));
    assert_int_equal(measurement.svn, 3);
    assert_false(knowledge_next_statement(&walk, &found));
    tps_verifier_free(v);
}

static void a_subject_is_the_most_special_name_that_is_told(void **state)
{
    static const uint8_t class_id[16] = {0xc1};
    const tps_corim_value class_value = {TPS_CORIM_UUID, 37, TPS_SPAN_OF(class_id)};
    const tps_corim_value instance = {TPS_CORIM_UUID, 37, TPS_SPAN_OF(some_id)};
    const tps_corim_value group = {TPS_CORIM_BYTES, 0, TPS_SPAN_OF(some_id)};
    const tps_corim_environment told[] = {
        {.instance = instance, .class_id = class_value},
        {.class_id = class_value, .vendor = TEXT("V"), .model = TEXT("M")},
        {.vendor = TEXT("V"), .model = TEXT("M")},
        {.vendor = TEXT("V")},
        {.group = group},
        {.has_layer = true, .layer = 1},
    };
    const tps_corim_environment whole = {.instance = instance,
                                         .class_id = class_value,
                                         .vendor = TEXT("V"),
                                         .model = TEXT("M"),
                                         .group = group};
    knowledge k = {0};
    uint32_t source = 0;
    tps_verifier v = {.knowledge = {0}};

    (void)state;
    assert_int_equal(knowledge_add_source(&k, &(knowledge_source){.is_demonstration = false}, &source),
                     TPS_OK);
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        assert_int_equal(knowledge_add_statement(&k, STATEMENT_ENDORSED, &told[i], TEXT("x"), source),
                         TPS_OK);
    }
    v.knowledge = k;
    assert_int_equal(count_of(&v, STATEMENT_ENDORSED, &whole), 6);
    assert_int_equal(count_of(&v, STATEMENT_REFERENCE, &whole), 0);
    assert_int_equal(count_of(&v, STATEMENT_ENDORSED, &told[0]), 3); /* itself, of the class, of nothing */
    assert_int_equal(count_of(&v, STATEMENT_ENDORSED, &told[3]), 2);
    assert_int_equal(count_of(&v, STATEMENT_ENDORSED, &told[5]), 1);
    knowledge_free(&k);
}

static void a_subject_has_a_bounded_number_of_statements(void **state)
{
    const tps_corim_environment board = the_board();
    knowledge k = {0};
    knowledge_mark mark;
    uint32_t source = 0;

    (void)state;
    assert_int_equal(knowledge_add_source(&k, &(knowledge_source){.is_demonstration = false}, &source),
                     TPS_OK);
    mark = knowledge_mark_now(&k);
    for (size_t i = 0; i < STATEMENTS_OF_SUBJECT_MAX; i++) {
        assert_int_equal(knowledge_add_statement(&k, STATEMENT_ENDORSED, &board, TEXT("x"), source), TPS_OK);
    }
    assert_int_equal(knowledge_add_statement(&k, STATEMENT_ENDORSED, &board, TEXT("x"), source),
                     TPS_TOO_LARGE);
    assert_int_equal(knowledge_add_statement(&k, STATEMENT_REFERENCE, &board, TEXT("x"), source), TPS_OK);
    knowledge_go_back(&k, &mark);
    assert_false(knowledge_has_statements(&k));
    assert_false(knowledge_has_claims(&k));
    assert_int_equal(k.subject_count + k.link_count, 0);
    assert_int_equal(knowledge_add_statement(&k, STATEMENT_ATTEST_KEYS, &board, TEXT("x"), source), TPS_OK);
    assert_true(knowledge_has_statements(&k));
    assert_false(knowledge_has_claims(&k));
    knowledge_free(&k);
}

/* ---- profiles ---- */

static void profiles_are_none_known_or_refused(void **state)
{
    static const struct {
        const char *profile;
        tps_status expected;
    } cases[] = {{NULL, TPS_OK},
                 {"https://enacttrust.com/veraison/1.0.0", TPS_OK},
                 {TPS_CORIM_PROFILE_PSA_URI, TPS_OK},
                 {"http://arm.com/psa/iot/2", TPS_CORIM_UNKNOWN_PROFILE}};
    tps_corim_environment board = the_board();
    tps_corim_measurement value = a_measurement();
    tps_corim_statement statement = {board, ONE(&value)};
    tps_corim_comid comid = {.reference_values = ONE(&statement)};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_verifier *v = make_verifier(LENIENT);
        expect(v, write_comid(&comid, cases[i].profile), cases[i].expected, NULL);
        assert_int_equal(count_of(v, STATEMENT_REFERENCE, &board), cases[i].expected == TPS_OK);
        tps_verifier_free(v);
    }
}

/* An element that is no piece of software goes into the general form, in every profile. */
static void other_elements_of_a_profile_are_kept(void **state)
{
    static const char *const profiles[] = {TPS_CORIM_PROFILE_PSA_URI, TPS_CORIM_PROFILE_OPENTPS_URI,
                                           TPS_CORIM_PROFILE_PSA_IOT_URI, NULL};
    const tps_corim_value elements[] = {{.kind = TPS_CORIM_ABSENT},
                                        {TPS_CORIM_UINT, 4, TPS_SPAN_EMPTY},
                                        {TPS_CORIM_TEXT, 0, TEXT("p")},
                                        {TPS_CORIM_TEXT, 0, TEXT("a longer name of something")},
                                        {TPS_CORIM_TEXT, 0, TEXT("opentps.purpose")},
                                        {TPS_CORIM_TEXT, 0, TEXT("opentps.certification")}};
    tps_corim_environment board = the_board();

    (void)state;
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        tps_verifier *v = make_verifier(LENIENT);
        for (size_t j = 0; j < sizeof elements / sizeof elements[0]; j++) {
            tps_corim_measurement value = {.key = elements[j], .name = TEXT("lamp")};
            tps_corim_statement statement = {board, ONE(&value)};
            tps_corim_comid comid = {.reference_values = ONE(&statement)};
            expect(v, write_comid(&comid, profiles[i]), TPS_OK, NULL);
        }
        assert_int_equal(count_of(v, STATEMENT_REFERENCE, &board), 6);
        tps_verifier_free(v);
    }
}

/* A piece of software may be a condition in its own profile; in another, nobody would know it. */
static void software_may_be_a_condition_in_its_own_profile(void **state)
{
    static const struct {
        const char *element;
        const char *profile;
        tps_status expected;
    } cases[] = {{"psa.software-component", TPS_CORIM_PROFILE_PSA_URI, TPS_OK},
                 {"psa.software-component", TPS_CORIM_PROFILE_OPENTPS_URI, TPS_CORIM_UNSUPPORTED},
                 {"opentps.software-component", TPS_CORIM_PROFILE_OPENTPS_URI, TPS_OK},
                 {"opentps.software-component", TPS_CORIM_PROFILE_PSA_URI, TPS_CORIM_UNSUPPORTED}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_verifier *v = make_verifier(LENIENT);
        tps_corim_measurement software = {.key = {TPS_CORIM_TEXT, 0, tps_span_of_text(cases[i].element)},
                                          .name = TEXT("app")};
        tps_corim_measurement value = a_measurement();
        tps_corim_statement condition = {the_board(), ONE(&software)};
        tps_corim_statement statement = {the_board(), ONE(&value)};
        tps_corim_conditional conditional = {ONE(&condition), ONE(&statement)};
        tps_corim_series_step steps[] = {{ONE(&software), ONE(&value)}, {ONE(&value), ONE(&software)}};
        tps_corim_series series = {.environment = the_board(), .steps = {.items = steps, .count = 2}};
        tps_corim_series claims = {
            .environment = the_board(), .claims = ONE(&software), .steps = ONE(&steps[0])};
        tps_corim_comid comids[] = {
            {.conditionals = ONE(&conditional)}, {.series = ONE(&series)}, {.series = ONE(&claims)}};
        tps_corim_series_step second = {ONE(&value), ONE(&software)};

        for (size_t j = 0; j < sizeof comids / sizeof comids[0]; j++) {
            expect(v, write_comid(&comids[j], cases[i].profile), cases[i].expected, NULL);
        }
        steps[0] = second;
        expect(v, write_comid(&comids[1], cases[i].profile), cases[i].expected, NULL);
        tps_verifier_free(v);
    }
}

static void more_triples_of_a_subject_than_an_appraisal_can_bear_are_refused(void **state)
{
    enum { MAX = STATEMENTS_OF_SUBJECT_MAX };
    static tps_corim_statement statements[MAX + 1];
    static uint8_t room[1 << 19];
    tps_corim_measurement value = a_measurement();
    tps_corim_comid comid = {.identity = {.id = {TPS_CORIM_TEXT, 0, TEXT("many")}},
                             .reference_values = {.items = statements, .count = MAX + 1}};
    tps_corim_tag tag = {.tag = TPS_CORIM_TAG_COMID, .comid = &comid};
    tps_corim corim = {.id = {TPS_CORIM_TEXT, 0, TEXT("many")}, .tags = ONE(&tag)};
    tps_verifier *v = make_verifier(LENIENT);
    tps_span encoded;

    (void)state;
    for (size_t i = 0; i <= MAX; i++) {
        statements[i] = (tps_corim_statement){the_board(), ONE(&value)};
    }
    assert_int_equal(tps_corim_write(&corim, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    expect(v, encoded, TPS_TOO_LARGE, "more than 4,096 triples of one kind and subject");
    comid.reference_values.count = MAX;
    assert_int_equal(tps_corim_write(&corim, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    expect(v, encoded, TPS_OK, NULL);
    tps_verifier_free(v);
}

/* ---- what nobody would compare ---- */

static void what_is_not_the_drafts_is_refused_by_name(void **state)
{
    static const uint8_t null_item[] = {0xf6};
    const tps_corim_extension extension = {{TPS_CBOR_NINT, 0, 0, TPS_SPAN_EMPTY}, TPS_SPAN_OF(null_item)};
    const tps_corim_extension flag = {{TPS_CBOR_NINT, 0, 0, TPS_SPAN_EMPTY}, TEXT("\xf5")};
    const tps_corim_digest unknown = {.value = TPS_SPAN_OF(a_digest), .name = {.text = TEXT("md5")}};
    const tps_corim_register pcr = {{TPS_CBOR_UINT, 0, 1, TPS_SPAN_EMPTY}, ONE(&unknown)};
    const struct {
        tps_corim_measurement measurement;
        const char *detail;
    } cases[] = {
        {{.has_svn = true, .key = {TPS_CORIM_TEXT, 0, TEXT("psa.something")}},
         "an element (mkey) that its profile does not know"},
        {{.has_svn = true, .key = {TPS_CORIM_TEXT, 0, TEXT("opentps.something")}},
         "an element (mkey) that its profile does not know"},
        {{.has_svn = true, .extensions = ONE(&extension)},
         "a measurement with members that are not compared"},
        {{.flags_present = 1, .flag_extensions = ONE(&flag)}, "flags that are not the draft's"},
        {{.has_svn = true, .key = {TPS_CORIM_TEXT, 0, TEXT("psa.software-component")}},
         "an element (mkey) that its profile does not know"},
        {{.has_svn = true, .key = {TPS_CORIM_OTHER, 999, TEXT("\xd9\x03\xe7\x01")}},
         "an element (mkey) of a type that is not the draft's"},
        {{.raw_tag = 999, .raw_value = TEXT("\x01")}, "a raw value of a type that is not the draft's"},
        {{.digests = ONE(&unknown)}, "no digest of a known algorithm"},
        {{.registers = ONE(&pcr)}, "no digest of a known algorithm"},
    };
    tps_verifier *v = make_verifier(LENIENT);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_corim_measurement value = cases[i].measurement;
        tps_corim_statement statement = {the_board(), ONE(&value)};
        tps_corim_series_step step = {ONE(&value), ONE(&value)};
        tps_corim_series series = {.environment = the_board(), .steps = ONE(&step)};
        tps_corim_conditional conditional = {ONE(&statement), ONE(&statement)};
        tps_corim_comid comids[] = {{.reference_values = ONE(&statement)},
                                    {.endorsed_values = ONE(&statement)},
                                    {.series = ONE(&series)},
                                    {.conditionals = ONE(&conditional)}};
        for (size_t j = 0; j < sizeof comids / sizeof comids[0]; j++) {
            expect(v, write_comid(&comids[j], NULL), TPS_CORIM_UNSUPPORTED, cases[i].detail);
        }
    }
    assert_false(knowledge_has_statements(&v->knowledge));
    tps_verifier_free(v);
}

static void identifiers_of_other_types_are_refused(void **state)
{
    const tps_corim_value other = {TPS_CORIM_OTHER, 999, TEXT("\xd9\x03\xe7\x01")};
    const tps_corim_environment environments[] = {{.class_id = other}, {.instance = other}, {.group = other}};
    tps_corim_environment board = the_board();
    tps_corim_measurement value = a_measurement();
    tps_verifier *v = make_verifier(LENIENT);

    (void)state;
    for (size_t i = 0; i < sizeof environments / sizeof environments[0]; i++) {
        tps_corim_environment foreign = environments[i];
        tps_corim_statement statement = {foreign, ONE(&value)};
        tps_corim_statement good = {board, ONE(&value)};
        tps_corim_key key = {.tag = TPS_CORIM_TAG_BYTES, .value = TEXT("id")};
        tps_corim_key_statement keys = {.environment = foreign, .keys = ONE(&key)};
        tps_corim_domain domain = {board, ONE(&foreign)};
        tps_corim_domain foreign_domain = {foreign, ONE(&board)};
        tps_corim_value tag_id = {TPS_CORIM_TEXT, 0, TEXT("swid")};
        tps_corim_coswid_link link = {foreign, ONE(&tag_id)};
        tps_corim_series_step step = {ONE(&value), ONE(&value)};
        tps_corim_series series = {.environment = foreign, .steps = ONE(&step)};
        tps_corim_conditional conditional = {ONE(&good), ONE(&statement)};
        tps_corim_conditional condition = {ONE(&statement), ONE(&good)};
        tps_corim_comid comids[] = {
            {.reference_values = ONE(&statement)}, {.endorsed_values = ONE(&statement)},
            {.identity_keys = ONE(&keys)},         {.attest_keys = ONE(&keys)},
            {.dependencies = ONE(&domain)},        {.memberships = ONE(&foreign_domain)},
            {.coswid_links = ONE(&link)},          {.series = ONE(&series)},
            {.conditionals = ONE(&conditional)},   {.conditionals = ONE(&condition)}};
        for (size_t j = 0; j < sizeof comids / sizeof comids[0]; j++) {
            expect(v, write_comid(&comids[j], NULL), TPS_CORIM_UNSUPPORTED,
                   "an identifier of a type that is not the draft's");
        }
    }
    tps_verifier_free(v);
}

/* Tags and members that the draft does not know. */
static void what_the_draft_does_not_know_is_refused_everywhere(void **state)
{
    const tps_corim_extension extension = {{TPS_CBOR_UINT, 0, 99, TPS_SPAN_EMPTY}, TEXT("\x01")};
    tps_corim_measurement value = a_measurement();
    tps_corim_statement statement = {the_board(), ONE(&value)};
    tps_corim_comid comids[] = {{.reference_values = ONE(&statement), .extensions = ONE(&extension)},
                                {.triples_extensions = ONE(&extension)}};
    const char *const details[] = {"members of a CoMID that are not the draft's",
                                   "triples of an unknown kind"};
    const tps_corim_tag tags[] = {{.tag = 999, .content = TEXT("\x01")}};
    tps_verifier *v = make_verifier(LENIENT);

    (void)state;
    for (size_t i = 0; i < sizeof comids / sizeof comids[0]; i++) {
        expect(v, write_comid(&comids[i], NULL), TPS_CORIM_UNSUPPORTED, details[i]);
    }
    expect(v, write_tags(tags, 1, NULL), TPS_CORIM_UNSUPPORTED,
           "a tag that is neither CoMID, CoSWID nor CoTL");
    tps_verifier_free(v);
}

static void keys_under_conditions_are_refused(void **state)
{
    tps_corim_key key = {.tag = TPS_CORIM_TAG_BYTES, .value = TEXT("id")};
    tps_corim_key_statement keys = {
        .environment = the_board(), .keys = ONE(&key), .element = {TPS_CORIM_TEXT, 0, TEXT("tpm")}};
    tps_corim_comid comid = {.attest_keys = ONE(&keys)};
    tps_verifier *v = make_verifier(LENIENT);

    (void)state;
    expect(v, write_comid(&comid, NULL), TPS_CORIM_UNSUPPORTED, "keys under conditions");
    keys.element.kind = TPS_CORIM_ABSENT;
    expect(v, write_comid(&comid, NULL), TPS_OK, NULL);
    tps_verifier_free(v);
}

/* ---- contradictions ---- */

static tps_span endorse(const tps_corim_measurement *measurement, const tps_corim_environment *environment)
{
    tps_corim_statement statement = {*environment, ONE(measurement)};
    tps_corim_comid comid = {.endorsed_values = ONE(&statement)};

    return write_comid(&comid, NULL);
}

static void endorsed_values_that_differ_are_a_conflict(void **state)
{
    const tps_corim_digest digests[2] = {{.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(a_digest)},
                                         {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(another_digest)}};
    const tps_corim_register pcrs[4] = {{{TPS_CBOR_UINT, 0, 1, TPS_SPAN_EMPTY}, ONE(&digests[0])},
                                        {{TPS_CBOR_UINT, 0, 1, TPS_SPAN_EMPTY}, ONE(&digests[1])},
                                        {{TPS_CBOR_TEXT, 0, 0, TEXT("a")}, ONE(&digests[0])},
                                        {{TPS_CBOR_TEXT, 0, 0, TEXT("a")}, ONE(&digests[1])}};
    const tps_corim_measurement pairs[][2] = {
        {{.version = TEXT("1")}, {.version = TEXT("2")}},
        {{.has_svn = true, .svn = 1}, {.has_svn = true, .svn = 2}},
        {{.has_svn = true, .svn = 1}, {.has_svn = true, .svn = 1, .svn_tag = TPS_CORIM_TAG_MIN_SVN}},
        {{.digests = ONE(&digests[0])}, {.digests = ONE(&digests[1])}},
        {{.flags_present = 8, .flags = 8}, {.flags_present = 8}},
        {{.raw_tag = TPS_CORIM_TAG_BYTES, .raw_value = TEXT("a")},
         {.raw_tag = TPS_CORIM_TAG_BYTES, .raw_value = TEXT("b")}},
        {{.mac = TEXT("123456")}, {.mac = TEXT("123457")}},
        {{.ip = TEXT("1234")}, {.ip = TEXT("1235")}},
        {{.serial = TEXT("a")}, {.serial = TEXT("b")}},
        {{.ueid = TEXT("1234567")}, {.ueid = TEXT("1234568")}},
        {{.uuid = TEXT("1234567890123456")}, {.uuid = TEXT("1234567890123457")}},
        {{.name = TEXT("lamp")}, {.name = TEXT("lock")}},
        {{.registers = ONE(&pcrs[0])}, {.registers = ONE(&pcrs[1])}},
        {{.registers = ONE(&pcrs[2])}, {.registers = ONE(&pcrs[3])}},
        {{.range = {true, true, true, true, 1, 1}}, {.range = {true, true, true, true, 2, 2}}},
        {{.range = {true, true, true, true, 1, 1}}, {.range = {true, false, true, true, 1, 1}}},
        {{.range = {true, false, true, true, 1, 2}}, {.range = {true, false, true, true, 1, 3}}},
        {{.range = {true, false, true, true, 1, 2}}, {.range = {true, false, true, false, 1, 0}}},
        {{.range = {true, false, true, true, 1, 2}}, {.range = {true, false, false, true, 0, 2}}},
        {{.raw_tag = TPS_CORIM_TAG_BYTES, .raw_value = TEXT("a")},
         {.raw_tag = TPS_CORIM_TAG_MASKED, .raw_value = TEXT("a"), .raw_mask = TEXT("\xff")}},
        {{.raw_tag = TPS_CORIM_TAG_MASKED, .raw_value = TEXT("a"), .raw_mask = TEXT("\x7f")},
         {.raw_tag = TPS_CORIM_TAG_MASKED, .raw_value = TEXT("a"), .raw_mask = TEXT("\xff")}},
    };
    const tps_corim_environment board = the_board();
    tps_corim_environment elsewhere = the_board();

    (void)state;
    elsewhere.layer = 3;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        tps_verifier *v = make_verifier(LENIENT);
        tps_corim_measurement of_another_element = pairs[i][1];
        of_another_element.key = (tps_corim_value){TPS_CORIM_UINT, 7, TPS_SPAN_EMPTY};

        expect(v, endorse(&pairs[i][0], &board), TPS_OK, NULL);
        expect(v, endorse(&pairs[i][0], &board), TPS_OK, NULL);
        expect(v, endorse(&pairs[i][1], &board), TPS_VERIFIER_CONFLICT,
               "endorsed values of one environment and element differ");
        assert_int_equal(count_of(v, STATEMENT_ENDORSED, &board), 2);
        expect(v, endorse(&pairs[i][1], &elsewhere), TPS_OK, NULL);
        expect(v, endorse(&of_another_element, &board), TPS_OK, NULL);
        tps_verifier_free(v);
    }
}

static void endorsed_values_that_tell_different_things_are_none(void **state)
{
    const tps_corim_digest digests[2] = {{.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(a_digest)},
                                         {.value = TPS_SPAN_OF(another_digest), .name = {.number = 99}}};
    const tps_corim_digest known_and_not[2] = {{.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(a_digest)},
                                               {.value = TPS_SPAN_OF(a_digest), .name = {.number = 99}}};
    const tps_corim_register pcrs[4] = {{{TPS_CBOR_UINT, 0, 1, TPS_SPAN_EMPTY}, ONE(&digests[0])},
                                        {{TPS_CBOR_UINT, 0, 2, TPS_SPAN_EMPTY}, ONE(&digests[0])},
                                        {{TPS_CBOR_TEXT, 0, 0, TEXT("a")}, ONE(&digests[0])},
                                        {{TPS_CBOR_TEXT, 0, 0, TEXT("b")}, ONE(&digests[0])}};
    const tps_corim_measurement values[] = {{.digests = {.items = digests, .count = 2}},
                                            {.digests = {.items = known_and_not, .count = 2}},
                                            {.registers = {.items = pcrs, .count = 4}},
                                            {.registers = ONE(&pcrs[0])},
                                            {.range = {true, true, true, true, 1, 1}},
                                            {.raw_tag = TPS_CORIM_TAG_BYTES, .raw_value = TEXT("a")},
                                            {.version = TEXT("1")},
                                            {.flags_present = 8, .flags = 8},
                                            {.flags_present = 1},
                                            {.name = TEXT("lamp")},
                                            {.has_svn = true, .svn = 1}};
    const tps_corim_environment board = the_board();
    tps_verifier *v = make_verifier(LENIENT);

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        expect(v, endorse(&values[i], &board), TPS_OK, NULL);
        expect(v, endorse(&values[i], &board), TPS_OK, NULL);
    }
    tps_verifier_free(v);
}

/* Several elements in one triple: each is compared with its own alone. */
static void elements_of_one_triple_are_told_apart(void **state)
{
    tps_corim_measurement values[] = {{.name = TEXT("a")},
                                      {.key = {TPS_CORIM_UINT, 7, TPS_SPAN_EMPTY}, .name = TEXT("b")},
                                      {.key = {TPS_CORIM_UINT, 8, TPS_SPAN_EMPTY}, .name = TEXT("c")},
                                      {.key = {TPS_CORIM_TEXT, 0, TEXT("x")}, .name = TEXT("d")},
                                      {.key = {TPS_CORIM_TEXT, 0, TEXT("y")}, .name = TEXT("e")}};
    enum { COUNT = sizeof values / sizeof values[0] };
    tps_corim_statement statement = {the_board(), {.items = values, .count = COUNT}};
    tps_corim_comid comid = {.endorsed_values = ONE(&statement)};
    tps_verifier *v = make_verifier(LENIENT);

    (void)state;
    expect(v, write_comid(&comid, NULL), TPS_OK, NULL);
    expect(v, write_comid(&comid, NULL), TPS_OK, NULL);
    for (size_t i = 0; i < COUNT; i++) {
        tps_span before = values[i].name;
        values[i].name = TEXT("z");
        expect(v, write_comid(&comid, NULL), TPS_VERIFIER_CONFLICT, NULL);
        values[i].name = before;
    }
    tps_verifier_free(v);
}

static void a_version_of_software_has_one_digest(void **state)
{
    tps_verifier *v = make_verifier(LENIENT);
    tps_corim_manifest lamp = lamp_manifest();
    tps_corim_component app = lamp_software()[2];

    (void)state;
    expect(v, encode(&lamp), TPS_OK, NULL);
    lamp.components = &app;
    lamp.component_count = 1;
    app.digest = TPS_SPAN_OF(another_digest);
    expect(v, encode(&lamp), TPS_VERIFIER_CONFLICT,
           "the same name, version and signer is known with another digest");
    app.version = TEXT("2.0");
    expect(v, encode(&lamp), TPS_OK, NULL);
    app.version = TPS_SPAN_EMPTY;
    expect(v, encode(&lamp), TPS_OK, NULL);
    app.digest = TPS_SPAN_OF(a_digest);
    expect(v, encode(&lamp), TPS_OK, NULL); /* what has no version may have many */
    tps_verifier_free(v);
}

/* ---- CoSWID ---- */

static tps_span write_coswid(int64_t version, const char *name)
{
    static uint8_t room[512];
    static const tps_corim_label creator = {.number = 1};
    const tps_coswid_entity entity = {.name = TEXT("Lumen"), .roles = {.items = &creator, .count = 1}};
    const tps_coswid_file file = {.name = TEXT("firmware"),
                                  .hash = {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(a_digest)}};
    const tps_coswid coswid = {.id = {TPS_CORIM_TEXT, 0, TEXT("swid")},
                               .tag_version = version,
                               .software_name = tps_span_of_text(name),
                               .entities = {.items = &entity, .count = 1},
                               .content = {.is_present = true, .files = &file, .file_count = 1}};
    tps_span encoded;
    tps_error why = {0};

    if (tps_coswid_write(&coswid, TPS_BUF_OF(room), &encoded, &why) != TPS_OK) {
        fail_msg("%s", why.detail);
    }
    return encoded;
}

static void a_coswid_is_found_by_its_tag_id_in_its_newest_version(void **state)
{
    tps_verifier *v = make_verifier(LENIENT);
    const tps_corim_value id = {TPS_CORIM_TEXT, 0, TEXT("swid")};
    const tps_corim_value other = {TPS_CORIM_TEXT, 0, TEXT("other")};
    tps_corim_tag tag = {.tag = TPS_CORIM_TAG_COSWID};
    tps_span content = TPS_SPAN_EMPTY;
    tps_coswid coswid;

    (void)state;
    tag.content = write_coswid(1, "old");
    expect(v, write_tags(&tag, 1, NULL), TPS_OK, NULL);
    assert_true(knowledge_find_coswid(&v->knowledge, &id, 0, NOW, &content));
    assert_false(knowledge_find_coswid(&v->knowledge, &other, 0, NOW, &content));
    assert_int_equal(tps_coswid_decode(content, &coswid, NULL), TPS_OK);
    assert_true(tps_span_is_text(coswid.software_name, "old"));
    assert_false(knowledge_has_claims(&v->knowledge));

    tag.content = write_coswid(2, "new");
    expect(v, write_tags(&tag, 1, NULL), TPS_OK, NULL);
    assert_true(knowledge_find_coswid(&v->knowledge, &id, 0, NOW, &content));
    assert_int_equal(tps_coswid_decode(content, &coswid, NULL), TPS_OK);
    assert_true(tps_span_is_text(coswid.software_name, "new"));
    tag.content = write_coswid(1, "old again");
    expect(v, write_tags(&tag, 1, NULL), TPS_VERIFIER_TAG_OLDER, "versions of a tag only rise");
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_triple_is_kept_and_found_by_its_subject),
        cmocka_unit_test(what_is_kept_can_be_read_again),
        cmocka_unit_test(a_subject_is_the_most_special_name_that_is_told),
        cmocka_unit_test(a_subject_has_a_bounded_number_of_statements),
        cmocka_unit_test(profiles_are_none_known_or_refused),
        cmocka_unit_test(other_elements_of_a_profile_are_kept),
        cmocka_unit_test(software_may_be_a_condition_in_its_own_profile),
        cmocka_unit_test(more_triples_of_a_subject_than_an_appraisal_can_bear_are_refused),
        cmocka_unit_test(what_is_not_the_drafts_is_refused_by_name),
        cmocka_unit_test(identifiers_of_other_types_are_refused),
        cmocka_unit_test(what_the_draft_does_not_know_is_refused_everywhere),
        cmocka_unit_test(keys_under_conditions_are_refused),
        cmocka_unit_test(endorsed_values_that_differ_are_a_conflict),
        cmocka_unit_test(endorsed_values_that_tell_different_things_are_none),
        cmocka_unit_test(elements_of_one_triple_are_told_apart),
        cmocka_unit_test(a_version_of_software_has_one_digest),
        cmocka_unit_test(a_coswid_is_found_by_its_tag_id_in_its_newest_version),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
