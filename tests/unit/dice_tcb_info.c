/* SPDX-License-Identifier: Apache-2.0 */
/* DiceTcbInfo and MultiTcbInfo: read from what openssl made, written again, and refused by name. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/dice.h"

#define D11       "1111111111111111111111111111111111111111111111111111111111111111"
#define D22       "222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222"
#define FWID_256  "302d 0609608648016503040201 0420" D11
#define FWID_384  "303d 0609608648016503040202 0430" D22
#define REGISTERS "303a 800450435230 810100 a22f" FWID_256 "3035 8102012c a22f" FWID_256

/* All fields, by `openssl asn1parse -genconf`. */
#define FULL                                                                                          \
    "30820118 800441636d65 810442756c62 8205312e322e33 830107 840101 85020080 a66e" FWID_256 FWID_384 \
    "8703075080 8802aabb 89046b696e64 8a0500f0800001 ab73" REGISTERS

static tps_status decode(const char *hex, tps_dice_tcb_info *out, tps_error *why)
{
    static tps_buf bytes; /* what was read lives until the next call */

    free(bytes.data);
    bytes = bytes_from_hex(hex);
    return tps_dice_tcb_info_decode(span_of(bytes), out, why);
}

static void every_field_is_read(void **state)
{
    tps_dice_tcb_info info;

    (void)state;
    assert_status(decode(FULL, &info, NULL), TPS_OK);
    assert_int_equal(info.present, 0xfff);
    assert_span_text(info.vendor, "Acme");
    assert_span_text(info.model, "Bulb");
    assert_span_text(info.version, "1.2.3");
    assert_int_equal(info.svn, 7);
    assert_int_equal(info.layer, 1);
    assert_int_equal(info.index, 128);
    assert_int_equal(info.flags, TPS_DICE_FLAG_NOT_SECURE | TPS_DICE_FLAG_DEBUG | TPS_DICE_FLAG_NOT_TCB);
    assert_true(info.flags_mask == (0x10fu | 1u << 31));
    assert_span(info.vendor_info, tps_span_make("\xaa\xbb", 2));
    assert_span_text(info.type, "kind");
}

static void lists_are_walked(void **state)
{
    tps_dice_tcb_info info;
    tps_dice_fwid fwid;
    tps_dice_register entry;
    tps_span rest;

    (void)state;
    assert_status(decode(FULL, &info, NULL), TPS_OK);
    rest = info.fwids;
    assert_true(tps_dice_fwid_next(&rest, &fwid));
    assert_int_equal(fwid.alg, TPS_ALG_SHA256);
    assert_int_equal(fwid.digest.size, 32);
    assert_true(tps_dice_fwid_next(&rest, &fwid));
    assert_int_equal(fwid.alg, TPS_ALG_SHA384);
    assert_int_equal(fwid.digest.data[0], 0x22);
    assert_false(tps_dice_fwid_next(&rest, &fwid));

    rest = info.registers;
    assert_true(tps_dice_register_next(&rest, &entry));
    assert_span_text(entry.name, "PCR0");
    assert_true(entry.has_number);
    assert_int_equal(entry.number, 0);
    assert_true(tps_dice_register_next(&rest, &entry));
    assert_null(entry.name.data);
    assert_int_equal(entry.number, 300);
    assert_true(tps_dice_fwid_next(&entry.digests, &fwid));
    assert_false(tps_dice_register_next(&rest, &entry));
}

static void what_was_read_is_written_as_it_was(void **state)
{
    tps_buf bytes = bytes_from_hex(FULL);
    tps_dice_tcb_info info;
    uint8_t out[512];
    tps_span encoded;

    (void)state;
    assert_status(decode(FULL, &info, NULL), TPS_OK);
    assert_status(tps_dice_tcb_info_encode(&info, TPS_BUF_OF(out), &encoded), TPS_OK);
    assert_span(encoded, span_of(bytes));
    assert_ptr_equal(encoded.data, out);
    assert_status(tps_dice_tcb_info_encode(&info, TPS_BUF_MEASURE, &encoded), TPS_OK);
    assert_int_equal(encoded.size, bytes.size);
    for (size_t room = 0; room < bytes.size; room++) {
        assert_status(tps_dice_tcb_info_encode(&info, (tps_buf){out, room}, &encoded), TPS_BUFFER_TOO_SMALL);
        assert_int_equal(encoded.size, bytes.size);
        assert_null(encoded.data);
    }
    free(bytes.data);
}

static void an_empty_one_and_single_fields_are_taken(void **state)
{
    tps_dice_tcb_info info;

    (void)state;
    assert_status(decode("3000", &info, NULL), TPS_OK);
    assert_int_equal(info.present, 0);
    assert_status(decode("3002 8000", &info, NULL), TPS_OK);
    assert_int_equal(info.present, 1u << TPS_DICE_VENDOR);
    assert_status(decode("300b 830900ffffffffffffffff", &info, NULL), TPS_OK);
    assert_true(info.svn == UINT64_MAX);
    assert_status(decode("3003 890100", &info, NULL), TPS_OK);
    assert_int_equal(info.present, 1u << TPS_DICE_TYPE);
}

/* Two liberties that devices take. */
static void flags_with_zeros_behind_and_registers_under_tag_10_are_taken(void **state)
{
    tps_dice_tcb_info info;

    (void)state;
    assert_status(decode("3007 87050080000000", &info, NULL), TPS_OK);
    assert_int_equal(info.flags, TPS_DICE_FLAG_NOT_CONFIGURED);
    assert_status(decode("3003 870100", &info, NULL), TPS_OK);
    assert_int_equal(info.flags, 0);
    assert_true(tps_dice_has(info.present, TPS_DICE_FLAGS));
    assert_status(decode("3075 aa73" REGISTERS, &info, NULL), TPS_OK);
    assert_int_equal(info.present, 1u << TPS_DICE_REGISTERS);
    assert_status(decode("307c 8a0500f0800001 aa73" REGISTERS, &info, NULL), TPS_OK);
    assert_int_equal(info.present, 1u << TPS_DICE_REGISTERS | 1u << TPS_DICE_FLAGS_MASK);
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *hex;
        tps_status status;
    } cases[] = {
        {"", TPS_DER_TRUNCATED},
        {"3100", TPS_DER_UNEXPECTED_TYPE},
        {"3005 8001", TPS_DER_TRUNCATED},
        {"3003 800180", TPS_DER_BAD_TEXT},
        {"3003 8101ff", TPS_DER_BAD_TEXT},
        {"3003 8201ff", TPS_DER_BAD_TEXT},
        {"3003 8301ff", TPS_DER_OUT_OF_RANGE}, /* a negative svn */
        {"3003 8401ff", TPS_DER_OUT_OF_RANGE},
        {"3004 85020001", TPS_DER_NOT_CANONICAL},
        {"3002 a600", TPS_DICE_BAD_VALUE}, /* no FWID */
        {"3004 a6020500", TPS_DER_UNEXPECTED_TYPE},
        {"3010 a60e 300c 0609608648016503040201 0400", TPS_DER_TRUNCATED},
        {"3011 a60f 300d 0609608648016503040201 0400", TPS_DICE_BAD_VALUE},   /* a digest of no size */
        {"3012 a610 300e 0609608648016503040201 0401aa", TPS_DICE_BAD_VALUE}, /* too short for SHA-256 */
        {"300c a60a 3008 06032b0e03 0401aa", TPS_OK},                         /* an algorithm of somebody */
        {"300b a609 3007 06032b0e03 0400", TPS_DICE_BAD_VALUE},
        {"3008 870600 8000000000", TPS_DER_OUT_OF_RANGE}, /* 40 flags */
        {"3003 870180", TPS_DER_NOT_CANONICAL},
        {"3004 8702 0101", TPS_DER_NOT_CANONICAL},
        {"3002 ab00", TPS_DICE_BAD_VALUE},
        {"3035 ab33 3031 a22f" FWID_256, TPS_DICE_BAD_VALUE}, /* a register without name and number */
        {"3007 ab05 3003 810101", TPS_DER_UNEXPECTED_TYPE},   /* and one without digests */
        {"3009 ab07 3005 810101 a200", TPS_DICE_BAD_VALUE},
        {"3007 ab05 3003 8001ff", TPS_DER_BAD_TEXT},
        {"3006 830101 830102", TPS_DER_TRAILING},             /* twice */
        {"3006 840101 830102", TPS_DER_TRAILING},             /* out of order */
        {"3002 8c00", TPS_DER_TRAILING},                      /* unknown */
        {"300c 0606678105050401 3000 0500", TPS_UNSUPPORTED}, /* RIoT's */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_dice_tcb_info info;
        tps_error why = {TPS_OK, 0, NULL};

        print_message("%s\n", cases[i].hex);
        assert_status(decode(cases[i].hex, &info, &why), cases[i].status);
        assert_int_equal(why.status, cases[i].status);
    }
}

static void a_list_ends_at_the_limit(void **state)
{
    tps_dice_fwid fwids[TPS_DICE_ENTRIES_MAX + 1];
    tps_dice_tcb_info infos[TPS_DICE_ENTRIES_MAX + 1];
    static uint8_t out[8192];
    uint8_t digest[32] = {0};
    tps_span encoded;
    tps_span list;
    uint32_t count;

    (void)state;
    for (size_t i = 0; i <= TPS_DICE_ENTRIES_MAX; i++) {
        fwids[i] = (tps_dice_fwid){TPS_ALG_SHA256, TPS_SPAN_EMPTY, TPS_SPAN_OF(digest)};
        infos[i] = (tps_dice_tcb_info){.present = 1u << TPS_DICE_SVN, .svn = i};
    }
    assert_status(tps_dice_fwids_encode(fwids, TPS_DICE_ENTRIES_MAX, TPS_BUF_OF(out), &encoded), TPS_OK);
    assert_status(tps_dice_fwids_encode(fwids, TPS_DICE_ENTRIES_MAX + 1, TPS_BUF_OF(out), &encoded),
                  TPS_BAD_ARGUMENT);
    assert_status(tps_dice_multi_tcb_info_encode(infos, TPS_DICE_ENTRIES_MAX, TPS_BUF_OF(out), &encoded),
                  TPS_OK);
    assert_status(tps_dice_multi_tcb_info_decode(encoded, &list, &count, NULL), TPS_OK);
    assert_int_equal(count, TPS_DICE_ENTRIES_MAX);
    assert_status(tps_dice_multi_tcb_info_encode(infos, TPS_DICE_ENTRIES_MAX + 1, TPS_BUF_OF(out), &encoded),
                  TPS_BAD_ARGUMENT);
    assert_status(tps_dice_multi_tcb_info_encode(infos, 0, TPS_BUF_OF(out), &encoded), TPS_BAD_ARGUMENT);

    /* one more than the limit, by hand: 65 x 3000 */
    memset(out, 0, sizeof out);
    out[0] = 0x30;
    out[1] = 0x81;
    out[2] = 2 * (TPS_DICE_ENTRIES_MAX + 1);
    for (size_t i = 0; i <= TPS_DICE_ENTRIES_MAX; i++) {
        out[3 + 2 * i] = 0x30;
    }
    assert_status(tps_dice_multi_tcb_info_decode(tps_span_make(out, 3u + out[2]), &list, &count, NULL),
                  TPS_TOO_LARGE);
}

static void several_are_a_list_of_their_own(void **state)
{
    tps_buf bytes = bytes_from_hex("3010 3003 830101 3009 830102 80ffffff");
    tps_buf good = bytes_from_hex("300a 3003 830101 3003 830102");
    tps_buf none = bytes_from_hex("3000");
    tps_dice_tcb_info info;
    tps_error why;
    tps_span list;
    uint32_t count;

    (void)state;
    assert_status(tps_dice_multi_tcb_info_decode(span_of(bytes), &list, &count, &why), TPS_DER_TRUNCATED);
    assert_status(tps_dice_multi_tcb_info_decode(span_of(none), &list, &count, &why), TPS_DICE_BAD_VALUE);
    assert_status(tps_dice_multi_tcb_info_decode(span_of(good), &list, &count, &why), TPS_OK);
    assert_int_equal(count, 2);
    assert_true(tps_dice_tcb_info_next(&list, &info));
    assert_int_equal(info.svn, 1);
    assert_true(tps_dice_tcb_info_next(&list, &info));
    assert_int_equal(info.svn, 2);
    assert_false(tps_dice_tcb_info_next(&list, &info));
    free(bytes.data);
    free(good.data);
    free(none.data);
}

static void lists_that_the_reader_would_refuse_are_not_written(void **state)
{
    static const uint8_t digest[32] = {1};
    static const uint8_t bad_oid[] = {0x80};
    tps_dice_fwid fwid = {TPS_ALG_SHA256, TPS_SPAN_EMPTY, TPS_SPAN_OF(digest)};
    tps_dice_register entry = {.has_number = true, .number = 5};
    tps_dice_tcb_info info = {.present = 1u << TPS_DICE_FWIDS};
    uint8_t list[64];
    uint8_t out[128];
    tps_span encoded;

    (void)state;
    assert_status(tps_dice_fwids_encode(&fwid, 0, TPS_BUF_OF(out), &encoded), TPS_BAD_ARGUMENT);
    fwid.digest.size = 31;
    assert_status(tps_dice_fwids_encode(&fwid, 1, TPS_BUF_OF(out), &encoded), TPS_DICE_BAD_VALUE);
    fwid.digest.size = 0;
    assert_status(tps_dice_fwids_encode(&fwid, 1, TPS_BUF_OF(out), &encoded), TPS_DICE_BAD_VALUE);
    fwid = (tps_dice_fwid){TPS_ALG_NONE, TPS_SPAN_EMPTY, TPS_SPAN_OF(digest)};
    assert_status(tps_dice_fwids_encode(&fwid, 1, TPS_BUF_OF(out), &encoded), TPS_BAD_ARGUMENT);
    fwid.oid = TPS_SPAN_OF(bad_oid);
    assert_status(tps_dice_fwids_encode(&fwid, 1, TPS_BUF_OF(out), &encoded), TPS_DER_NOT_CANONICAL);
    assert_int_equal(encoded.size, 0);
    fwid.oid = TPS_SPAN_LITERAL("\x2b\x0e\x03");
    assert_status(tps_dice_fwids_encode(&fwid, 1, TPS_BUF_OF(list), &entry.digests), TPS_OK);
    assert_status(tps_dice_fwids_encode(&fwid, 1, (tps_buf){out, 3}, &encoded), TPS_BUFFER_TOO_SMALL);
    assert_status(tps_dice_fwids_encode(&fwid, 1, TPS_BUF_MEASURE, &encoded), TPS_OK);
    assert_int_equal(encoded.size, entry.digests.size);

    assert_status(tps_dice_registers_encode(&entry, 0, TPS_BUF_OF(out), &encoded), TPS_BAD_ARGUMENT);
    assert_status(tps_dice_registers_encode(&entry, TPS_DICE_ENTRIES_MAX + 1, TPS_BUF_OF(out), &encoded),
                  TPS_BAD_ARGUMENT);
    assert_status(tps_dice_registers_encode(&entry, 1, TPS_BUF_OF(out), &encoded), TPS_OK);
    assert_status(tps_dice_registers_encode(&entry, 1, TPS_BUF_MEASURE, &encoded), TPS_OK);
    assert_status(tps_dice_registers_encode(&entry, 1, (tps_buf){out, 3}, &encoded), TPS_BUFFER_TOO_SMALL);
    entry.name = TPS_SPAN_LITERAL("\xff");
    assert_status(tps_dice_registers_encode(&entry, 1, TPS_BUF_OF(out), &encoded), TPS_DER_BAD_TEXT);
    entry.name = TPS_SPAN_LITERAL("boot");
    entry.has_number = false;
    assert_status(tps_dice_registers_encode(&entry, 1, TPS_BUF_OF(out), &encoded), TPS_OK);
    entry.name = TPS_SPAN_EMPTY;
    assert_status(tps_dice_registers_encode(&entry, 1, TPS_BUF_OF(out), &encoded), TPS_DICE_BAD_VALUE);
    entry.has_number = true;
    entry.digests = TPS_SPAN_EMPTY;
    assert_status(tps_dice_registers_encode(&entry, 1, TPS_BUF_OF(out), &encoded), TPS_DICE_BAD_VALUE);

    assert_status(tps_dice_tcb_info_encode(&info, TPS_BUF_OF(out), &encoded), TPS_DICE_BAD_VALUE);
    assert_int_equal(encoded.size, 0);
    assert_status(tps_dice_multi_tcb_info_encode(&info, 1, TPS_BUF_OF(out), &encoded), TPS_DICE_BAD_VALUE);
    assert_status(tps_dice_multi_tcb_info_encode(&info, 1, (tps_buf){out, 1}, &encoded),
                  TPS_BUFFER_TOO_SMALL);
    assert_status(tps_dice_multi_tcb_info_encode(&info, 1, TPS_BUF_MEASURE, &encoded), TPS_OK);
}

static void flags_come_in_their_shortest_form(void **state)
{
    static const struct {
        uint32_t flags;
        const char *hex;
    } cases[] = {
        {0, "3003870100"},
        {1, "300487020780"},
        {0x80, "300487020001"},
        {0x100, "30058703070080"},
        {1u << 31, "3007870500000000 01"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_dice_tcb_info info = {.present = 1u << TPS_DICE_FLAGS, .flags = cases[i].flags};
        tps_buf expected = bytes_from_hex(cases[i].hex);
        uint8_t out[16];
        tps_span encoded;

        assert_status(tps_dice_tcb_info_encode(&info, TPS_BUF_OF(out), &encoded), TPS_OK);
        assert_span(encoded, span_of(expected));
        free(expected.data);
    }
}

static void one_cut_or_altered_anywhere_ends_in_a_status(void **state)
{
    tps_buf bytes = bytes_from_hex(FULL);
    tps_dice_tcb_info info;
    uint8_t out[512];
    tps_span encoded;

    (void)state;
    for (size_t size = 0; size < bytes.size; size++) {
        tps_buf cut = exact_copy(tps_span_make(bytes.data, size));

        assert_status(tps_dice_tcb_info_decode(span_of(cut), &info, NULL), TPS_DER_TRUNCATED);
        free(cut.data);
    }
    for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
        tps_buf flipped = exact_copy(span_of(bytes));

        flipped.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (tps_dice_tcb_info_decode(span_of(flipped), &info, NULL) == TPS_OK) {
            assert_status(tps_dice_tcb_info_encode(&info, TPS_BUF_OF(out), &encoded), TPS_OK);
        }
        free(flipped.data);
    }
    free(bytes.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_read),
        cmocka_unit_test(lists_are_walked),
        cmocka_unit_test(what_was_read_is_written_as_it_was),
        cmocka_unit_test(an_empty_one_and_single_fields_are_taken),
        cmocka_unit_test(flags_with_zeros_behind_and_registers_under_tag_10_are_taken),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_list_ends_at_the_limit),
        cmocka_unit_test(several_are_a_list_of_their_own),
        cmocka_unit_test(lists_that_the_reader_would_refuse_are_not_written),
        cmocka_unit_test(flags_come_in_their_shortest_form),
        cmocka_unit_test(one_cut_or_altered_anywhere_ends_in_a_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
