/* SPDX-License-Identifier: Apache-2.0 */
/* CoSWID (RFC 9393): names, entities, and files in directories are read and written; what breaks the CDDL is
 * refused by name. */
#include "tps/coswid.h"

#include "support/check.h"
#include "support/notation.h"

#define HASH32 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
/* A tag with further members, each with a comma before it. */
#define TAG(more) "{0: \"t\", 1: \"n\", 2: {31: \"e\", 33: 1}, 12: 1" more "}"

static void expect(const char *text, tps_status status, const char *detail)
{
    tps_error why = {0};
    tps_coswid coswid;
    tps_status got = tps_coswid_decode(notation("%s", text), &coswid, &why);

    if (got != status || (detail != NULL && (why.detail == NULL || strcmp(why.detail, detail) != 0))) {
        fail_msg("%s (%s) instead of %s (%s) for %s", tps_status_name(got),
                 why.detail == NULL ? "" : why.detail, tps_status_name(status), detail == NULL ? "" : detail,
                 text);
    }
}

static void reads_a_tags_own_members(void **state)
{
    tps_coswid c;
    tps_coswid_entity entity;
    tps_corim_cursor cursor;
    tps_corim_label role;
    tps_span input = notation(
        "{0: h'00112233445566778899aabbccddeeff', 1: \"App\", 2: [{31: \"A\", 32: 32(\"u\"), 33: [1, \"own\"], "
        "34: [1, h'" HASH32 "'], 15: \"en\"}, {31: \"B\", 33: 6}], 8: true, 9: false, 11: true, "
        "12: -1, 13: \"2\", 14: \"calver\", 15: \"en\", 5: {46: \"d\"}}");

    (void)state;
    assert_status(tps_coswid_decode(input, &c, NULL), TPS_OK);
    assert_int_equal(c.id.kind, TPS_CORIM_UUID);
    assert_span_text(c.software_name, "App");
    assert_int_equal(c.tag_version, -1);
    assert_span_text(c.software_version, "2");
    assert_span_text(c.version_scheme.text, "calver");
    assert_true(c.has_corpus && c.is_corpus && c.has_patch && !c.is_patch && c.has_supplemental);
    assert_int_equal(c.extensions.count, 2);
    assert_int_equal(c.entities.count, 2);
    assert_false(c.content.is_present);

    cursor = TPS_CORIM_WALK(c.entities);
    assert_true(tps_coswid_next_entity(&cursor, &entity));
    assert_span_text(entity.reg_id, "u");
    assert_int_equal(entity.thumbprint.alg, -16);
    assert_int_equal(entity.extensions.count, 1);
    assert_int_equal(entity.roles.count, 2);
    assert_true(tps_coswid_next_entity(&cursor, &entity));
    cursor = TPS_CORIM_WALK(entity.roles);
    assert_true(tps_corim_next_label(&cursor, &role));
    assert_int_equal(role.number, 6);
}

static void finds_the_files_in_all_directories(void **state)
{
    static const char *const names[] = {"one", "two", "three", "four"};
    static const uint32_t depths[] = {1, 2, 1, 0};
    tps_coswid c;
    tps_coswid_files files;
    tps_coswid_file file;
    tps_span input = notation(TAG(
        ", 3: {16: [{24: \"a\", 22: true, 26: {17: {24: \"one\", 20: 7, 21: \"1\", 22: false, 23: \"l\", 25: \"r\", "
        "7: [1, h'" HASH32 "'], 99: 0}, 16: {24: \"b\", 26: {17: {24: \"two\"}}}}}, "
        "{26: {17: {24: \"three\"}, 18: {27: \"p\"}}, 24: \"c\", 25: \"/\"}, {24: \"empty\"}], "
        "17: {24: \"four\"}, 19: {29: \"t\"}, 23: \"here\", 35: 1(1790000000), 36: \"dev\"}"));

    (void)state;
    assert_status(tps_coswid_decode(input, &c, NULL), TPS_OK);
    assert_true(c.content.is_present && c.content.is_evidence && c.content.has_date);
    assert_int_equal(c.content.date, 1790000000);
    assert_span_text(c.content.location, "here");
    assert_span_text(c.content.device_id, "dev");
    assert_int_equal(c.content.file_count, 4);
    assert_int_equal(c.content.directory_count, 4);
    assert_int_equal(c.content.skipped_count, 2);

    files = tps_coswid_walk_files(&c.content);
    for (size_t i = 0; i < 4; i++) {
        assert_true(tps_coswid_next_file(&files, &file));
        assert_span_text(file.name, names[i]);
        assert_int_equal(files.directory_depth, depths[i]);
        if (i == 0) {
            assert_true(file.has_size && file.size == 7 && file.has_key && !file.is_key);
            assert_span_text(file.root, "r");
            assert_int_equal(file.hash.alg, -16);
            assert_int_equal(file.extensions.count, 1);
            assert_span_text(files.directories[0].name, "a");
            assert_true(files.directories[0].is_key);
        }
    }
    assert_false(tps_coswid_next_file(&files, &file));
    assert_status(files.reader.status, TPS_OK);
}

static void refuses_what_breaks_the_cddl(void **state)
{
    static const struct {
        const char *text;
        const char *detail;
    } wrong[] = {
        {"5", "CoSWID"},
        {"{}", "CoSWID: tag id, tag version, name or entity are missing"},
        {"{0: \"t\", 1: \"n\", 2: {31: \"e\", 33: 1}}",
         "CoSWID: tag id, tag version, name or entity are missing"},
        {"{0: h'00', 1: \"n\", 2: {31: \"e\", 33: 1}, 12: 1}", "tag id"},
        {"{0: \"t\", 1: \"\", 2: {31: \"e\", 33: 1}, 12: 1}", "software name"},
        {"{0: \"t\", 1: \"n\", 2: {31: \"e\", 33: 1}, 12: \"1\"}", "tag version"},
        {"{0: \"t\", 1: \"n\", 2: [{31: \"e\", 33: 1}], 12: 1}", "entities"},
        {"{0: \"t\", 1: \"n\", 2: {31: \"e\"}, 12: 1}", "entity"},
        {"{0: \"t\", 1: \"n\", 2: {31: \"e\", 33: [1]}, 12: 1}", "entity roles"},
        {"{0: \"t\", 1: \"n\", 2: {31: \"e\", 33: h''}, 12: 1}", "entity roles"},
        {"{0: \"t\", 1: \"n\", 2: {31: \"e\", 33: 1, 32: \"u\"}, 12: 1}", "entity URI"},
        {"{0: \"t\", 1: \"n\", 2: {31: \"e\", 33: 1, 34: [\"sha-256\", h'" HASH32 "']}, 12: 1}", "hash"},
        {TAG(", 3: {}, 6: {}"), "payload and evidence exclude each other"},
        {TAG(", 8: 1"), "corpus"},
        {TAG(", 6: []"), "payload"},
        {TAG(", 6: {17: [{24: \"f\"}]}"), "files"},
        {TAG(", 6: {16: []}"), "directories"},
        {TAG(", 6: {17: {20: 1}}"), "file or directory"},
        {TAG(", 6: {17: {24: \"f\", 20: -1}}"), "file or directory"},
        {TAG(", 6: {17: {24: \"f\", 7: [1, h'00']}}"), "digest"},
        {TAG(", 6: {17: {24: \"f\", 22: 0}}"), "file or directory"},
        {TAG(", 6: {16: {24: \"d\", 26: 5}}"), NULL},
        {TAG(", 6: {16: {26: {}}}"), "file or directory"},
        {TAG(", 6: {16: {24: \"d\", h'': 1}}"), "a member's key is neither number nor text"},
        {TAG(", 3: {35: 5}"), "date of evidence"},
        {TAG(", 3: {23: 5}"), "location of evidence"},
        {TAG(", 3: {36: 5}"), "device id of evidence"},
        {TAG(", 14: h''"), "version scheme"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        expect(wrong[i].text, TPS_CORIM_BAD_VALUE, wrong[i].detail);
    }
    expect("{0: 1, 0: 2}", TPS_CBOR_DUPLICATE_KEY, NULL);
}

static void directories_may_lie_six_deep(void **state)
{
#define IN(x) "{24: \"d\", 26: {16: " x "}}"
    (void)state;
    expect(TAG(", 6: {16: " IN(IN(IN(IN(IN("{24: \"d\", 26: {17: {24: \"f\"}}}"))))) "}"), TPS_OK, NULL);
    expect(TAG(", 6: {16: " IN(IN(IN(IN(IN(IN("{24: \"d\"}")))))) "}"), TPS_CORIM_UNSUPPORTED,
           "more than 6 directories in each other");
#undef IN
}

static void a_tag_that_was_read_is_written_again(void **state)
{
    static const char *const texts[] = {
        TAG(""),
        "{0: \"t\", 1: \"n\", 2: [{31: \"e\", 32: 32(\"u\"), 33: [1, \"x\"], 34: [-43, h'" HASH32
        "0123456789abcdef0123456789abcdef']}, {31: \"f\", 33: 2}], 4: {38: 32(\"u\")}, 6: {16: {24: \"d\"}, 17: {24: \"f\"}}, "
        "8: true, 9: false, 11: false, 12: 0, 13: \"1\", 14: 16384, 57: \"x\"}",
    };
    uint8_t room[1024];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_span input = notation("%s", texts[i]);
        tps_coswid c;
        tps_span again;
        assert_status(tps_coswid_decode(input, &c, NULL), TPS_OK);
        assert_status(tps_coswid_write(&c, TPS_BUF_OF(room), &again, NULL), TPS_OK);
        assert_span(again, input);
        assert_status(tps_coswid_write(&c, (tps_buf){room, 3}, &again, NULL), TPS_BUFFER_TOO_SMALL);
        assert_int_equal(again.size, input.size);
    }
}

static void a_list_of_files_is_written(void **state)
{
    static const uint8_t hash[32];
    tps_corim_label role = {2, TPS_SPAN_EMPTY};
    tps_coswid_entity entity = {.name = TPS_SPAN_LITERAL("e"), .roles = {&role, 1, TPS_SPAN_EMPTY}};
    tps_coswid_file files[] = {{.name = TPS_SPAN_LITERAL("a"),
                                .hash = {.alg = -16, .value = TPS_SPAN_OF(hash)},
                                .has_size = true,
                                .size = 5,
                                .version = TPS_SPAN_LITERAL("1"),
                                .has_key = true,
                                .location = TPS_SPAN_LITERAL("l"),
                                .root = TPS_SPAN_LITERAL("r")},
                               {.name = TPS_SPAN_LITERAL("b")}};
    tps_coswid c = {.id = {TPS_CORIM_TEXT, 0, TPS_SPAN_LITERAL("t")},
                    .software_name = TPS_SPAN_LITERAL("n"),
                    .entities = {&entity, 1, TPS_SPAN_EMPTY},
                    .content = {.is_present = true, .files = files, .file_count = 2}};
    tps_coswid_files walk = tps_coswid_walk_files(&c.content);
    tps_coswid_file file;
    uint8_t room[512];
    tps_span encoded;

    (void)state;
    assert_true(tps_coswid_next_file(&walk, &file) && tps_coswid_next_file(&walk, &file));
    assert_span_text(file.name, "b");
    assert_false(tps_coswid_next_file(&walk, &file));
    assert_status(tps_coswid_write(&c, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    assert_span(
        encoded,
        notation("{0: \"t\", 1: \"n\", 2: {31: \"e\", 33: 2}, 6: {17: [{7: [1, h'%064d'], 20: 5, 21: \"1\", "
                 "22: false, 23: \"l\", 24: \"a\", 25: \"r\"}, {24: \"b\"}]}, 12: 0}",
                 0));
    c.content = (tps_coswid_content){.is_present = true,
                                     .is_evidence = true,
                                     .files = files + 1,
                                     .file_count = 1,
                                     .has_date = true,
                                     .date = 9,
                                     .device_id = TPS_SPAN_LITERAL("d"),
                                     .location = TPS_SPAN_LITERAL("h")};
    assert_status(tps_coswid_write(&c, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    assert_span(
        encoded,
        notation("{0: \"t\", 1: \"n\", 2: {31: \"e\", 33: 2}, 3: {17: {24: \"b\"}, 23: \"h\", 35: 1(9), "
                 "36: \"d\"}, 12: 0}"));
    c.software_name = TPS_SPAN_EMPTY;
    assert_status(tps_coswid_write(&c, TPS_BUF_OF(room), &encoded, NULL), TPS_CORIM_BAD_VALUE);
    assert_int_equal(encoded.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_tags_own_members),
        cmocka_unit_test(finds_the_files_in_all_directories),
        cmocka_unit_test(refuses_what_breaks_the_cddl),
        cmocka_unit_test(directories_may_lie_six_deep),
        cmocka_unit_test(a_tag_that_was_read_is_written_again),
        cmocka_unit_test(a_list_of_files_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
