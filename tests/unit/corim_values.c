/* SPDX-License-Identifier: Apache-2.0 */
/* CoMID and CoTL in detail: every kind of value is read as what it is, what breaks the format is refused by
 * name, and software components follow the rules of each profile. */
#include "tps/corim.h"

#include "support/check.h"
#include "support/corim_read.h"
#include "support/notation.h"
#include "support/vectors.h"

/* A manifest with one CoMID; a CoMID with these triples; reference values of an environment; of measurements.
 */
#define WITH(comid)      "501({0: \"a\", 1: [506(<<" comid ">>)]})"
#define TRIPLES(triples) WITH("{1: {0: \"b\"}, 4: " triples "}")
#define ABOUT(env)       TRIPLES("{0: [[" env ", [{1: {11: \"n\"}}]]]}")
#define MEASURED(m)      TRIPLES("{0: [[{0: {1: \"v\"}}, [" m "]]]}")
#define VALUES(values)   MEASURED("{1: " values "}")
#define KEYED(keys)      TRIPLES("{3: [[{0: {1: \"v\"}}, " keys "]]}")
#define HASH32           "h'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'"

/* What is refused, and with which words. */
typedef struct {
    const char *text;
    const char *detail;
} refusal;

static void expect_one(const char *text, tps_status status, const char *detail)
{
    tps_error why = {0};
    tps_status got = corim_read_whole(notation("%s", text), NULL, &why);

    if (got != status || (detail != NULL && (why.detail == NULL || strcmp(why.detail, detail) != 0))) {
        fail_msg("%s (%s) instead of %s (%s) for %s", tps_status_name(got),
                 why.detail == NULL ? "" : why.detail, tps_status_name(status), detail == NULL ? "" : detail,
                 text);
    }
}

static void expect_refused(const refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect_one(refusals[i].text, TPS_CORIM_BAD_VALUE, refusals[i].detail);
    }
}
#define EXPECT_REFUSED(table) expect_refused(table, sizeof(table) / sizeof((table)[0]))

/* The last of each that a visit saw. */
static struct {
    tps_corim_comid comid;
    tps_corim_environment environment;
    tps_corim_measurement measurement;
    tps_corim_key_statement keys;
} last;

static tps_status keep_comid(void *context, const tps_corim_comid *comid)
{
    last.comid = *comid;
    return context == NULL ? TPS_OK : TPS_UNSUPPORTED;
}

static tps_status keep_measurement(void *context, const tps_corim_environment *environment,
                                   const tps_corim_measurement *measurement)
{
    (void)context;
    last.environment = *environment;
    last.measurement = *measurement;
    return TPS_OK;
}

static tps_status keep_keys(void *context, const tps_corim_key_statement *statement)
{
    (void)context;
    last.keys = *statement;
    return TPS_OK;
}

static tps_status visit_with(tps_span manifest, void *context)
{
    tps_corim_visitor visitor = {.context = context,
                                 .comid = keep_comid,
                                 .reference_value = keep_measurement,
                                 .attest_keys = keep_keys};
    tps_corim corim;

    TPS_TRY(tps_corim_decode(manifest, &corim, NULL));
    return tps_corim_visit(&corim, &visitor, NULL);
}

static void expect_read(const char *text)
{
    assert_status(visit_with(notation("%s", text), NULL), TPS_OK);
}

/* ---- CoMIDs ---- */

static void reads_a_comids_own_members(void **state)
{
    tps_corim_entity entity;
    tps_corim_cursor cursor;
    tps_corim_linked_tag linked;
    tps_corim_extension extension;

    (void)state;
    expect_read(
        WITH("{0: \"en\", 1: {0: 37(h'00112233445566778899aabbccddeeff'), 1: 7}, "
             "2: [{0: \"X\", 2: [1, \"own\"], 9: 1}], 3: [{0: \"t\", 1: \"own\"}], 4: {0: [[{0: {1: \"v\"}}, "
             "[{1: {11: \"n\"}}]]], -7: 5}, 99: null}"));
    assert_span_text(last.comid.language, "en");
    assert_int_equal(last.comid.identity.id.kind, TPS_CORIM_UUID);
    assert_int_equal(last.comid.identity.id.number, 37);
    assert_int_equal(last.comid.identity.version, 7);
    cursor = TPS_CORIM_WALK(last.comid.entities);
    assert_true(tps_corim_next_entity(&cursor, &entity));
    assert_span_text(entity.name, "X");
    assert_int_equal(entity.roles.count, 2);
    assert_int_equal(entity.extensions.count, 1);
    cursor = TPS_CORIM_WALK(last.comid.linked_tags);
    assert_true(tps_corim_next_linked_tag(&cursor, &linked));
    assert_span_text(linked.relation.text, "own");
    cursor = tps_corim_walk_extensions(&last.comid.triples_extensions);
    assert_true(tps_corim_next_extension(&cursor, &extension));
    assert_int_equal(extension.key.type, TPS_CBOR_NINT);
    assert_int_equal(extension.key.value, 6);
    assert_false(tps_corim_next_extension(&cursor, &extension));
    assert_int_equal(last.comid.extensions.count, 1);
    assert_status(visit_with(notation(ABOUT("{0: {1: \"v\"}}")), &last), TPS_UNSUPPORTED);
}

static void refuses_comids_that_break_the_format(void **state)
{
    static const refusal refusals[] = {
        {WITH("{}"), "CoMID: identity or triples are missing"},
        {WITH("{1: {0: \"b\"}}"), "CoMID: identity or triples are missing"},
        {WITH("[]"), "CoMID"},
        {WITH("{0: \"\"}"), "language"},
        {WITH("{1: {}}"), "tag identity"},
        {WITH("{1: {0: 5}}"), "tag identity"},
        {WITH("{1: {0: h'00'}}"), "tag identity"},
        {WITH("{1: {0: \"b\", 1: -1}}"), "tag identity"},
        {WITH("{1: {0: \"b\", 9: 1}}"), "tag identity"},
        {WITH("{2: []}"), "entities"},
        {WITH("{2: [{0: \"e\"}]}"), "entity"},
        {WITH("{2: [{0: \"e\", 2: []}]}"), "entity roles"},
        {WITH("{2: [{0: \"\", 2: [1]}]}"), "entity name"},
        {WITH("{2: [{0: \"e\", 1: \"u\", 2: [1]}]}"), "entity URI"},
        {WITH("{3: []}"), "linked tags"},
        {WITH("{3: [{0: \"t\"}]}"), "linked tag"},
        {WITH("{3: [{0: \"t\", 1: 1, 2: 1}]}"), "linked tag"},
        {WITH("{h'': 1}"), "a member's key is neither number nor text"},
        {TRIPLES("{}"), "triples: there is none"},
        {TRIPLES("{0: []}"), "triples: there is none"},
        {TRIPLES("{0: 5}"), "triples: there is none"},
        {TRIPLES("{0: [[]]}"), "environment and its values"},
        {TRIPLES("{0: [[{0: {1: \"v\"}}]]}"), "environment and its values"},
        {TRIPLES("{0: [[{0: {1: \"v\"}}, []]]}"), "measurements"},
        {TRIPLES("{0: [[{0: {1: \"v\"}}, [{1: {11: \"n\"}}], 1]]}"), "environment and its values"},
        {TRIPLES("{1: [[{0: {1: \"v\"}}, [{}]]]}"), "a measurement has no values"},
        {TRIPLES("{2: [[{0: {1: \"v\"}}]]}"), "environment and its keys"},
        {KEYED("[]"), "keys"},
        {KEYED("[560(h'01')], {}"), "conditions of keys"},
        {KEYED("[560(h'01')], {0: 1, 7: 1}"), "conditions of keys"},
        {KEYED("[560(h'01')], {1: []}"), "authorized-by"},
        {KEYED("[560(h'01')], {0: h'00'}"), "measurement key"},
        {KEYED("[560(h'01')], {0: 1}, 5"), "environment and its keys"},
        {TRIPLES("{4: [[{0: {1: \"v\"}}, []]]}"), "members of a domain"},
        {TRIPLES("{4: [[{0: {1: \"v\"}}, [{}]]]}"), "environment: it is empty"},
        {TRIPLES("{5: [[{0: {1: \"v\"}}, [{0: {1: \"v\"}}], 1]]}"), "domain"},
        {TRIPLES("{5: [[]]}"), "domain"},
        {TRIPLES("{6: [[{0: {1: \"v\"}}, []]]}"), "tag ids"},
        {TRIPLES("{6: [[{0: {1: \"v\"}}, [5]]]}"), "tag id"},
        {TRIPLES("{6: [[{0: {1: \"v\"}}]]}"), "CoSWID link"},
        {TRIPLES("{8: [[]]}"), "conditional endorsement series"},
        {TRIPLES("{8: [[[], []]]}"), "condition of a series"},
        {TRIPLES("{8: [[[{0: {1: \"v\"}}], []]]}"), "condition of a series"},
        {TRIPLES("{8: [[[{0: {1: \"v\"}}, []], []]]}"), "steps of a series"},
        {TRIPLES("{8: [[[{0: {1: \"v\"}}, [], []], []]]}"), "authorized-by"},
        {TRIPLES("{8: [[[{0: {1: \"v\"}}, [], [560(h'01')], 1], []]]}"), "condition of a series"},
        {TRIPLES("{8: [[[{0: {1: \"v\"}}, []], [[]]]]}"), "step of a series"},
        {TRIPLES("{8: [[[{0: {1: \"v\"}}, []], [[[], []]]]]}"), "selection"},
        {TRIPLES("{8: [[[{0: {1: \"v\"}}, []], [[[{1: {1: 1}}], []]]]]}"), "addition"},
        {TRIPLES("{10: [[]]}"), "conditional endorsement"},
        {TRIPLES("{10: [[[], []]]}"), "conditions"},
        {TRIPLES("{10: [[[[{0: {1: \"v\"}}, [{1: {1: 1}}]]], []]]}"), "endorsements"},
    };

    (void)state;
    EXPECT_REFUSED(refusals);
    expect_one(WITH("{1: 1, 1: 2}"), TPS_CBOR_DUPLICATE_KEY, NULL);
}

static void refuses_tag_lists_that_break_the_format(void **state)
{
#define LIST(cotl) "501({0: \"a\", 1: [508(<<" cotl ">>)]})"
    static const refusal refusals[] = {
        {LIST("{}"), "CoTL"},
        {LIST("{0: {0: \"t\"}, 1: [], 2: {1: 1(1)}}"), "list of tags"},
        {LIST("{0: {0: \"t\"}, 1: [{}], 2: {1: 1(1)}}"), "tag identity"},
        {LIST("{0: {0: \"t\"}, 1: [{0: \"u\"}], 2: {}}"), "validity"},
        {LIST("{0: {0: \"t\"}, 1: [{0: \"u\"}], 2: {0: 1(2), 1: 1(1)}}"), "validity"},
        {LIST("{0: {0: \"t\"}, 1: [{0: \"u\"}], 2: {1: 1(1), 7: 1}}"), "validity"},
        {LIST("{0: {0: \"t\"}, 1: [{0: \"u\"}], 2: {1: 1}}"), "validity: a time (CBOR tag 1) is needed"},
        {LIST("{0: {0: \"t\"}, 1: [{0: \"u\"}], 2: {1: 1(\"x\")}}"), "validity"},
        {LIST("{0: {0: \"t\"}, 1: [{0: \"u\"}], 2: {1: 1(1)}, 3: 1}"), "CoTL"},
    };

    (void)state;
    EXPECT_REFUSED(refusals);
    expect_one(LIST("{0: {0: \"t\"}, 1: [{0: \"u\"}], 2: {1: 1(1.5)}}"), TPS_CORIM_UNSUPPORTED,
               "validity: a time with a fraction of a second");
    expect_one(LIST("{0: {0: \"t\"}, 1: [{0: \"u\"}], 2: {1: 1(1)}}"), TPS_OK, NULL);
#undef LIST
}

/* ---- environments ---- */

static void every_kind_of_identifier_has_its_places(void **state)
{
    enum { CLASS = 1, INSTANCE = 2, GROUP = 4, ELEMENT = 8 };
    static const struct {
        const char *text;
        uint32_t kind;
        unsigned places;
    } ids[] = {
        {"37(h'00112233445566778899aabbccddeeff')", TPS_CORIM_UUID, CLASS | INSTANCE | GROUP | ELEMENT},
        {"111(h'2b0601')", TPS_CORIM_OID, CLASS | ELEMENT},
        {"560(h'01')", TPS_CORIM_BYTES, CLASS | INSTANCE | GROUP},
        {"550(h'01020304050607')", TPS_CORIM_UEID, INSTANCE},
        {"600(" HASH32 ")", TPS_CORIM_IMPLEMENTATION_ID, CLASS},
        {"601({})", TPS_CORIM_REFVAL_ID, ELEMENT},
        {"554(\"k\")", TPS_CORIM_KEY, INSTANCE},
        {"555(\"k\")", TPS_CORIM_KEY, INSTANCE},
        {"556(\"k\")", TPS_CORIM_OTHER, 0},
        {"557([1, " HASH32 "])", TPS_CORIM_KEY, INSTANCE},
        {"558({1: 2})", TPS_CORIM_KEY, INSTANCE},
        {"559([1, " HASH32 "])", TPS_CORIM_KEY, INSTANCE},
        {"561([1, " HASH32 "])", TPS_CORIM_OTHER, 0},
        {"562(h'30')", TPS_CORIM_KEY, INSTANCE},
        {"551(5)", TPS_CORIM_OTHER, CLASS | INSTANCE | GROUP | ELEMENT}, /* of profiles: not the draft's */
        {"70000(5)", TPS_CORIM_OTHER, CLASS | INSTANCE | GROUP | ELEMENT},
        {"5", TPS_CORIM_UINT, ELEMENT},
        {"\"t\"", TPS_CORIM_TEXT, ELEMENT},
        {"552(5)", 0, 0},
        {"32(\"u\")", 0, 0},
        {"1(5)", 0, 0},
        {"-1", 0, 0},
        {"null", 0, 0},
        {"\"\"", 0, 0},
        {"560(h'')", 0, 0},
        {"37(h'00')", 0, 0},
        {"550(h'00')", 0, 0},
        {"600(h'00')", 0, 0},
        {"560(\"t\")", 0, 0},
        {"557([1, h'00'])", 0, 0},
        {"558(5)", 0, 0},
        {"558({})", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        bool is_class = visit_with(notation(ABOUT("{0: {0: %s}}"), ids[i].text), NULL) == TPS_OK;
        assert_true(!is_class || last.environment.class_id.kind == ids[i].kind);
        bool is_instance = visit_with(notation(ABOUT("{1: %s}"), ids[i].text), NULL) == TPS_OK;
        assert_true(!is_instance || last.environment.instance.kind == ids[i].kind);
        bool is_group = visit_with(notation(ABOUT("{2: %s}"), ids[i].text), NULL) == TPS_OK;
        assert_true(!is_group || last.environment.group.kind == ids[i].kind);
        bool is_element =
            visit_with(notation(MEASURED("{0: %s, 1: {11: \"n\"}}"), ids[i].text), NULL) == TPS_OK;
        assert_true(!is_element || last.measurement.key.kind == ids[i].kind);
        unsigned places = (unsigned)is_class | (unsigned)is_instance << 1 | (unsigned)is_group << 2 |
                          (unsigned)is_element << 3;
        if (places != ids[i].places) {
            fail_msg("%s: in places %x instead of %x", ids[i].text, places, ids[i].places);
        }
    }
}

static void refuses_environments_that_say_nothing_or_too_much(void **state)
{
    static const refusal refusals[] = {
        {ABOUT("{}"), "environment: it is empty"},
        {ABOUT("{3: 1}"), "environment: an unknown member"},
        {ABOUT("{0: {}}"), "class: it is empty"},
        {ABOUT("{0: {5: 1}}"), "class: an unknown member"},
        {ABOUT("{0: {2: \"m\"}}"), "class: a model without a vendor"},
        {ABOUT("{0: {1: \"\"}}"), "vendor"},
        {ABOUT("{0: {1: \"v\", 2: 5}}"), "model"},
        {ABOUT("{0: {3: -1}}"), "class"},
        {ABOUT("{0: {4: \"x\"}}"), "class"},
        {ABOUT("[]"), "environment"},
    };

    (void)state;
    EXPECT_REFUSED(refusals);
}

/* ---- measurements ---- */

static void reads_every_measured_value(void **state)
{
    const tps_corim_measurement *m = &last.measurement;
    tps_corim_cursor cursor;
    tps_corim_register reg;

    (void)state;
    expect_read(MEASURED(
        "{0: \"k\", 1: {0: {0: \"1.0\", 1: 16384}, 1: 553(5), 3: {1: true, 3: false, 77: null}, "
        "4: 563([h'01', h'ff']), 6: h'001122334455', 7: h'c0000201', 8: \"S\", 9: h'01020304050607', "
        "10: h'00112233445566778899aabbccddeeff', 11: \"n\", 14: {2: [[9, h'00']], \"p\": [[9, h'01']]}, "
        "15: 564([-3, 8]), -1: 0}, 2: [560(h'01')]}"));
    assert_span_text(m->version, "1.0");
    assert_int_equal(m->version_scheme.number, 16384);
    assert_int_equal(m->svn_tag, TPS_CORIM_TAG_MIN_SVN);
    assert_int_equal(m->svn, 5);
    assert_int_equal(m->flags_present, 1u << TPS_CORIM_FLAG_SECURE | 1u << TPS_CORIM_FLAG_DEBUG);
    assert_int_equal(m->flags, 1u << TPS_CORIM_FLAG_SECURE);
    assert_int_equal(m->flag_extensions.count, 1);
    assert_int_equal(m->raw_tag, TPS_CORIM_TAG_MASKED);
    assert_int_equal(m->raw_mask.data[0], 0xff);
    assert_int_equal(m->mac.size + m->ip.size + m->ueid.size + m->uuid.size, 6 + 4 + 7 + 16);
    assert_span_text(m->serial, "S");
    assert_span_text(m->name, "n");
    assert_int_equal(m->range.min, -3);
    assert_int_equal(m->range.max, 8);
    assert_int_equal(m->extensions.count, 1);
    assert_int_equal(m->authorized_by.count, 1);
    cursor = TPS_CORIM_WALK(m->registers);
    assert_true(tps_corim_next_register(&cursor, &reg));
    assert_int_equal(reg.id.value, 2);
    assert_true(tps_corim_next_register(&cursor, &reg));
    assert_span_text(reg.id.bytes, "p");
    assert_false(tps_corim_next_register(&cursor, &reg));

    expect_read(VALUES("{1: 552(6), 4: 70000(h''), 5: h'01', 15: -2}"));
    assert_int_equal(m->svn_tag, TPS_CORIM_TAG_SVN);
    assert_int_equal(m->raw_tag, 70000);
    assert_true(m->is_mask_apart && m->range.is_number && m->range.min == -2);
    expect_read(VALUES("{1: 7, 15: 564([null, null])}"));
    assert_int_equal(m->svn_tag, 0);
    assert_false(m->range.has_min || m->range.has_max);
}

static const refusal value_refusals[] = {
    {MEASURED("{}"), "a measurement has no values"},
    {MEASURED("{1: {}}"), "a measurement is empty"},
    {MEASURED("{1: {11: \"n\"}, 3: 1}"), "measurement"},
    {MEASURED("{1: {11: \"n\"}, 2: []}"), "authorized-by"},
    {VALUES("{0: \"1\"}"), "version"},
    {VALUES("{0: {}}"), "version"},
    {VALUES("{0: {0: \"\"}}"), "version"},
    {VALUES("{0: {0: \"1\", 1: \"\"}}"), "version scheme"},
    {VALUES("{0: {0: \"1\", 2: 1}}"), "version"},
    {VALUES("{1: -1}"), "security version number"},
    {VALUES("{1: 554(1)}"), "security version number"},
    {VALUES("{2: []}"), "digests"},
    {VALUES("{2: 5}"), "digests"},
    {VALUES("{2: [[1, h'00']]}"), "digest"},
    {VALUES("{2: [[7, " HASH32 "]]}"), "digest"},
    {VALUES("{2: [[9, h'']]}"), "digest"},
    {VALUES("{2: [[9]]}"), "digest"},
    {VALUES("{2: [[]]}"), "digest"},
    {VALUES("{2: [[9, h'00', 1]]}"), "digest"},
    {VALUES("{2: [[null, h'00']]}"), "digest"},
    {VALUES("{2: [[\"\", h'00']]}"), "digest"},
    {VALUES("{2: [[18446744073709551615, h'00']]}"), "digest"},
    {VALUES("{2: [[9, h'00'], [9, h'01']]}"), "two digests of one algorithm"},
    {VALUES("{2: [[\"x\", h'00'], [\"x\", h'01']]}"), "two digests of one algorithm"},
    {VALUES("{2: [[1, " HASH32 "], [-16, " HASH32 "]]}"), "two digests of one algorithm"},
    {VALUES("{2: [[1, " HASH32 "], [\"sha-256\", " HASH32 "]]}"), "two digests of one algorithm"},
    {VALUES("{3: {}}"), "flags"},
    {VALUES("{3: {1: 1}}"), "flags"},
    {VALUES("{4: h'00'}"), "raw value"},
    {VALUES("{4: 560(\"x\")}"), "raw value"},
    {VALUES("{4: 0(h'00')}"), "raw value"},
    {VALUES("{4: 563([h'00'])}"), "raw value"},
    {VALUES("{4: 563([h'00', h'00', h'00'])}"), "raw value"},
    {VALUES("{4: 563(h'00')}"), "raw value"},
    {VALUES("{5: h'00'}"), "a mask without a raw value of its own"},
    {VALUES("{4: 563([h'00', h'00']), 5: h'00'}"), "a mask without a raw value of its own"},
    {VALUES("{4: 560(h'00'), 5: h''}"), "raw value mask"},
    {VALUES("{6: h'0011223344'}"), "MAC address"},
    {VALUES("{6: h'00112233445566'}"), "MAC address"},
    {VALUES("{6: h'001122334455667788'}"), "MAC address"},
    {VALUES("{7: h'001122'}"), "IP address"},
    {VALUES("{7: h'0011223344'}"), "IP address"},
    {VALUES("{7: h'0011223344556677889900112233445566'}"), "IP address"},
    {VALUES("{8: \"\"}"), "serial number"},
    {VALUES("{9: h'00'}"), "UEID"},
    {VALUES("{9: h'%068d'}"), "UEID"},
    {VALUES("{10: h'00'}"), "UUID"},
    {VALUES("{11: \"\"}"), "name"},
    {VALUES("{11: (_ \"a\", \"b\")}"), "name"},
    {VALUES("{13: []}"), "keys"},
    {VALUES("{14: {}}"), "integrity registers"},
    {VALUES("{14: {-1: [[9, h'00']]}}"), "integrity register"},
    {VALUES("{14: {\"\": [[9, h'00']]}}"), "integrity register"},
    {VALUES("{14: {1: []}}"), "integrity register"},
    {VALUES("{15: \"x\"}"), "range"},
    {VALUES("{15: 564([])}"), "range"},
    {VALUES("{15: 564([1])}"), "range"},
    {VALUES("{15: 564([1, 2, 3])}"), "range"},
    {VALUES("{15: 564([2, 1])}"), "range"},
    {VALUES("{15: 564([false, 1])}"), "range"},
    {VALUES("{h'': 1}"), "a member's key is neither number nor text"},
    {VALUES("{(_ \"a\"): 1}"), NULL},
};

static void refuses_values_that_break_the_format(void **state)
{
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof value_refusals / sizeof value_refusals[0]; i++) {
        snprintf(text, sizeof text, value_refusals[i].text, 0); /* one of them has 34 bytes */
        expect_one(text,
                   i + 1 < sizeof value_refusals / sizeof value_refusals[0] ? TPS_CORIM_BAD_VALUE
                                                                            : TPS_CBOR_NOT_DETERMINISTIC,
                   value_refusals[i].detail);
    }
}

static void digests_name_their_algorithm_by_number_or_text(void **state)
{
    static const char *const names[] = {"1", "-16", "\"sha-256\"", "0", "\"SHA-256\""};
    static const int32_t algs[] = {-16, -16, -16, 0, 0};
    tps_corim_digest digest;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        tps_corim_cursor cursor;
        assert_status(visit_with(notation(VALUES("{2: [[%s, " HASH32 "]]}"), names[i]), NULL), TPS_OK);
        cursor = TPS_CORIM_WALK(last.measurement.digests);
        assert_true(tps_corim_next_digest(&cursor, &digest));
        assert_int_equal(digest.alg, algs[i]);
    }
}

/* Writes `count` elements, each of `format` with its number, and a comma between them. */
static const char *repeat(const char *format, unsigned count)
{
    static char text[32000];
    size_t size = 0;

    for (unsigned i = 0; i < count; i++) {
        size += (size_t)snprintf(text + size, sizeof text - size, format, i + 100);
        size += (size_t)snprintf(text + size, sizeof text - size, i + 1 < count ? "," : "");
    }
    assert_true(size + 1 < sizeof text);
    return text;
}

static void limits_are_named(void **state)
{
    (void)state;
    assert_status(visit_with(notation(VALUES("{2: [%s]}"), repeat("[%u,h'00']", 16)), NULL), TPS_OK);
    assert_status(visit_with(notation(VALUES("{2: [%s]}"), repeat("[%u,h'00']", 17)), NULL),
                  TPS_CORIM_UNSUPPORTED);
    assert_status(visit_with(notation(VALUES("{%s}"), repeat("%u:0", 64)), NULL), TPS_OK);
    assert_int_equal(last.measurement.extensions.count, 64);
    assert_status(visit_with(notation(VALUES("{%s}"), repeat("%u:0", 65)), NULL), TPS_CORIM_UNSUPPORTED);
    assert_status(visit_with(notation(VALUES("{14:{%s}}"), repeat("%u:[[9,h'00']]", 1024)), NULL), TPS_OK);
    assert_status(visit_with(notation(VALUES("{14:{%s}}"), repeat("%u:[[9,h'00']]", 1025)), NULL),
                  TPS_CORIM_UNSUPPORTED);
}

/* ---- keys ---- */

static void reads_every_kind_of_key(void **state)
{
    static const char *const keys[] = {"554(\"k\")",           "555(\"k\")",  "556(\"k\")",
                                       "557([1, " HASH32 "])", "558({1: 2})", "558([{1: 2}])",
                                       "559([1, " HASH32 "])", "560(h'01')",  "561([1, " HASH32 "])",
                                       "562(h'30')",           "70000(5)",    "551(5)"};
    static const uint64_t tags[] = {554, 555, 556, 557, 558, 558, 559, 560, 561, 562, 70000, 551};
    static const char *const wrong[] = {"5",
                                        "554(h'00')",
                                        "554(\"\")",
                                        "560(h'')",
                                        "562(\"x\")",
                                        "558(5)",
                                        "558({2: h''})",
                                        "557([1, h'00'])",
                                        "557(h'00')",
                                        "561({})",
                                        "500(5)",
                                        "552(5)",
                                        "37(h'00112233445566778899aabbccddeeff')",
                                        "111(h'2b')",
                                        "550(h'01020304050607')",
                                        "600(" HASH32 ")",
                                        "601({})",
                                        "564([1, 2])",
                                        "32(\"u\")"};
    tps_corim_key key;

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        tps_corim_cursor cursor;
        expect_read(KEYED("[560(h'01')]"));
        assert_status(visit_with(notation(KEYED("[%s], {1: [%s]}"), keys[i], keys[i]), NULL), TPS_OK);
        cursor = TPS_CORIM_WALK(last.keys.keys);
        assert_true(tps_corim_next_key(&cursor, &key));
        assert_int_equal(key.tag, tags[i]);
        assert_true(key.value.size > 0);
        assert_int_equal(key.digest.value.size, tags[i] == 557 || tags[i] == 559 || tags[i] == 561 ? 32 : 0);
        assert_int_equal(last.keys.authorized_by.count, 1);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (visit_with(notation(KEYED("[%s]"), wrong[i]), NULL) != TPS_CORIM_BAD_VALUE) {
            fail_msg("taken for a key: %s", wrong[i]);
        }
    }
}

static void every_tag_and_flag_has_a_name(void **state)
{
    static const uint64_t tags[] = {37,  111, 500, 501, 502, 505, 506, 508, 550, 551, 552, 553, 554,
                                    555, 556, 557, 558, 559, 560, 561, 562, 563, 564, 600, 601};

    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        assert_string_not_equal(tps_corim_tag_name(tags[i]), "unknown tag");
    }
    assert_string_equal(tps_corim_tag_name(1), "unknown tag");
    for (uint32_t i = 0; i < TPS_CORIM_FLAG_COUNT; i++) {
        assert_non_null(tps_corim_flag_name(i));
    }
    assert_null(tps_corim_flag_name(TPS_CORIM_FLAG_COUNT));
    assert_null(tps_corim_profile_uri(TPS_CORIM_PROFILE_UNKNOWN));
}

/* ---- software components ---- */

static const uint8_t hash[64];
static tps_corim_digest two_digests[2];
static tps_corim_key signers[2];

static tps_corim_measurement measurement_under(const char *key)
{
    tps_corim_measurement m = {.key = {TPS_CORIM_TEXT, 0, tps_span_of_text(key)},
                               .name = TPS_SPAN_LITERAL("boot"),
                               .digests = {two_digests, 2, TPS_SPAN_EMPTY},
                               .keys = {signers, 1, TPS_SPAN_EMPTY}};

    two_digests[0] = (tps_corim_digest){0, tps_span_make(hash, 20), {0, TPS_SPAN_EMPTY}};
    two_digests[1] = (tps_corim_digest){-43, tps_span_make(hash, 48), {0, TPS_SPAN_EMPTY}};
    signers[0] = signers[1] = (tps_corim_key){.tag = TPS_CORIM_TAG_BYTES, .value = tps_span_make(hash, 64)};
    return m;
}

static void expect_component(const tps_corim_measurement *m, uint32_t profile_kind, tps_status status)
{
    tps_corim_component component;

    assert_int_equal(tps_corim_component_of(m, profile_kind, &component, NULL), status);
}

static void the_newer_profiles_each_have_their_own_key(void **state)
{
    tps_corim_measurement m = measurement_under("psa.software-component");
    tps_corim_component component;

    (void)state;
    assert_int_equal(tps_corim_component_of(&m, TPS_CORIM_PROFILE_PSA, &component, NULL), TPS_OK);
    assert_int_equal(component.digest.size, 48); /* the first whose algorithm is known */
    expect_component(&m, TPS_CORIM_PROFILE_OPENTPS, TPS_CORIM_UNSUPPORTED);
    expect_component(&m, TPS_CORIM_PROFILE_PSA_IOT, TPS_CORIM_UNSUPPORTED);
    expect_component(&m, TPS_CORIM_PROFILE_UNKNOWN, TPS_CORIM_UNSUPPORTED);
    m = measurement_under("opentps.software-component");
    expect_component(&m, TPS_CORIM_PROFILE_OPENTPS, TPS_OK);
    expect_component(&m, TPS_CORIM_PROFILE_PSA, TPS_CORIM_UNSUPPORTED);
    m.key.kind = TPS_CORIM_UINT;
    expect_component(&m, TPS_CORIM_PROFILE_OPENTPS, TPS_CORIM_UNSUPPORTED);
}

static void a_component_has_one_signer_and_a_known_digest(void **state)
{
    tps_corim_measurement m = measurement_under("psa.software-component");

    (void)state;
    m.keys.count = 2;
    expect_component(&m, TPS_CORIM_PROFILE_PSA, TPS_CORIM_BAD_VALUE);
    m.keys.count = 0;
    expect_component(&m, TPS_CORIM_PROFILE_PSA, TPS_CORIM_BAD_VALUE);
    m.keys.count = 1;
    signers[0].tag = TPS_CORIM_TAG_KEY_PEM;
    expect_component(&m, TPS_CORIM_PROFILE_PSA, TPS_CORIM_BAD_VALUE);
    m = measurement_under("psa.software-component");
    signers[0].value.size = 33;
    expect_component(&m, TPS_CORIM_PROFILE_PSA, TPS_CORIM_BAD_VALUE);
    m = measurement_under("psa.software-component");
    m.digests.count = 1;
    expect_component(&m, TPS_CORIM_PROFILE_PSA, TPS_CORIM_BAD_VALUE);
    m = measurement_under("opentps.software-component");
    m.keys.count = 0;
    expect_component(&m, TPS_CORIM_PROFILE_OPENTPS, TPS_OK);
}

/* What a reference value says beyond that goes uncompared: it is no software component. */
static void a_component_says_nothing_more(void **state)
{
    static const char *const more[] = {"1: 5",
                                       "3: {1: true}",
                                       "3: {99: 1}",
                                       "4: 560(h'00')",
                                       "6: h'001122334455'",
                                       "7: h'00112233'",
                                       "8: \"s\"",
                                       "9: h'01020304050607'",
                                       "10: h'00112233445566778899aabbccddeeff'",
                                       "14: {1: [[9, h'00']]}",
                                       "15: 1",
                                       "-1: 0"};
    const char *base = TRIPLES("{0: [[{0: {1: \"v\"}}, [{0: \"psa.software-component\", 1: {2: [[1, " HASH32
                               "]], 13: [560(" HASH32 ")]%s%s}%s}]]]}");

    (void)state;
    assert_status(visit_with(notation(base, "", "", ""), NULL), TPS_OK);
    expect_component(&last.measurement, TPS_CORIM_PROFILE_PSA, TPS_OK);
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        assert_status(visit_with(notation(base, ", ", more[i], ""), NULL), TPS_OK);
        expect_component(&last.measurement, TPS_CORIM_PROFILE_PSA, TPS_CORIM_UNSUPPORTED);
    }
    assert_status(visit_with(notation(base, "", "", ", 2: [560(h'01')]"), NULL), TPS_OK);
    expect_component(&last.measurement, TPS_CORIM_PROFILE_PSA, TPS_CORIM_UNSUPPORTED);
}

static void the_legacy_profile_has_signer_and_name_in_its_key(void **state)
{
    tps_corim_measurement m = measurement_under("");
    tps_span good = notation("{1: \"a\", 4: \"1.0\", 5: " HASH32 ", 99: null}");
    tps_span bad = notation("{1: 5}");
    tps_corim_component component;

    (void)state;
    m.key = (tps_corim_value){TPS_CORIM_REFVAL_ID, 601, good};
    assert_int_equal(tps_corim_component_of(&m, TPS_CORIM_PROFILE_PSA_IOT, &component, NULL), TPS_OK);
    assert_true(tps_span_is_text(component.version, "1.0"));
    m.key.bytes = bad;
    expect_component(&m, TPS_CORIM_PROFILE_PSA_IOT, TPS_CORIM_BAD_VALUE);
}

/* ---- the manifest's own members ---- */

#define MANIFEST(more) "501({0: \"a\", 1: [508(<<{0: {0: \"t\"}, 1: [{0: \"u\"}], 2: {1: 1(1)}}>>)]" more "})"

static void reads_every_member_of_a_manifest(void **state)
{
    tps_corim corim;
    tps_corim_locator locator;
    tps_corim_cursor cursor;
    tps_corim_cursor uris;
    tps_span uri;

    (void)state;
    assert_status(
        tps_corim_decode(notation("501({0: h'00112233445566778899aabbccddeeff', 1: [505(<<{}>>)], "
                                  "2: [{0: [32(\"u\"), 32(\"w\")], 1: [[1, " HASH32
                                  "], [9, h'00']]}, {0: 32(\"x\")}], "
                                  "3: 111(h'2b0601'), 4: {0: 1(1), 1: 1(2)}, 5: [{0: \"X\", 2: [1, 2]}], "
                                  "\"x\": null})"),
                         &corim, NULL),
        TPS_OK);
    assert_int_equal(corim.id.kind, TPS_CORIM_UUID);
    assert_int_equal(corim.profile.kind, TPS_CORIM_OID);
    assert_int_equal(corim.profile_kind, TPS_CORIM_PROFILE_UNKNOWN);
    assert_int_equal(corim.dependents.count, 2);
    cursor = TPS_CORIM_WALK(corim.dependents);
    assert_true(tps_corim_next_locator(&cursor, &locator));
    assert_int_equal(locator.thumbprints.count, 2);
    uris = TPS_CORIM_WALK(locator.uris);
    assert_true(tps_corim_next_uri(&uris, &uri));
    assert_true(tps_corim_next_uri(&uris, &uri));
    assert_span_text(uri, "w");
    assert_true(corim.validity.has_not_before);
    assert_int_equal(corim.entities.count, 1);
    assert_int_equal(corim.extensions.count, 1);
    assert_status(tps_corim_validity_check(&corim.validity, 2), TPS_OK);
}

static void refuses_members_of_wrong_types(void **state)
{
    static const refusal refusals[] = {
        {"501([])", "corim-map"},
        {"501({0: 1, 1: [507(0)]})", "id"},
        {"501({0: h'00', 1: [507(0)]})", "id"},
        {"501({0: \"\", 1: [507(0)]})", "id"},
        {"501({0: \"a\", 1: []})", "tags: there is none"},
        {"501({0: \"a\", 1: [5]})", "tag"},
        {"501({0: \"a\", 1: [506({})]})", "tag"},
        {MANIFEST(", 2: []"), "dependent RIMs"},
        {MANIFEST(", 2: [{}]"), "locator"},
        {MANIFEST(", 2: [{0: \"u\"}]"), "URI"},
        {MANIFEST(", 2: [{0: []}]"), "locator"},
        {MANIFEST(", 2: [{0: 32(\"u\"), 1: []}]"), "digest"},
        {MANIFEST(", 2: [{0: 32(\"u\"), 1: [[]]}]"), "digest"},
        {MANIFEST(", 2: [{0: 32(\"u\"), 2: 1}]"), "locator"},
        {MANIFEST(", 3: 1"), "profile"},
        {MANIFEST(", 3: [32(\"u\")]"), "profile"},
        {MANIFEST(", 3: 111(h'')"), "profile"},
        {MANIFEST(", 4: {}"), "validity"},
        {MANIFEST(", 4: {1: 1}"), "validity: a time (CBOR tag 1) is needed"},
        {MANIFEST(", 4: {0: 1(2), 1: 1(1)}"), "validity"},
        {MANIFEST(", 5: []"), "entities"},
        {MANIFEST(", 5: [{0: \"e\"}]"), "entity"},
        {MANIFEST(", 5: [{0: \"e\", 2: [2]}, {0: \"f\", 2: [1, 2]}]"), "entities: more than one signer"},
        {MANIFEST(", h'': 1"), "a member's key is neither number nor text"},
    };

    (void)state;
    EXPECT_REFUSED(refusals);
    expect_one(MANIFEST(", 5: [{0: \"e\", 2: [\"own\", 2]}]"), TPS_OK, NULL);
    expect_one(MANIFEST(", 3: \"untagged, as in the older profile of PSA\""), TPS_OK, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_comids_own_members),
        cmocka_unit_test(refuses_comids_that_break_the_format),
        cmocka_unit_test(refuses_tag_lists_that_break_the_format),
        cmocka_unit_test(every_kind_of_identifier_has_its_places),
        cmocka_unit_test(refuses_environments_that_say_nothing_or_too_much),
        cmocka_unit_test(reads_every_measured_value),
        cmocka_unit_test(refuses_values_that_break_the_format),
        cmocka_unit_test(digests_name_their_algorithm_by_number_or_text),
        cmocka_unit_test(limits_are_named),
        cmocka_unit_test(reads_every_kind_of_key),
        cmocka_unit_test(every_tag_and_flag_has_a_name),
        cmocka_unit_test(the_newer_profiles_each_have_their_own_key),
        cmocka_unit_test(a_component_has_one_signer_and_a_known_digest),
        cmocka_unit_test(a_component_says_nothing_more),
        cmocka_unit_test(the_legacy_profile_has_signer_and_name_in_its_key),
        cmocka_unit_test(reads_every_member_of_a_manifest),
        cmocka_unit_test(refuses_members_of_wrong_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
