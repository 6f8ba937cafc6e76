/* SPDX-License-Identifier: Apache-2.0 */
/* DICE in X.509 certificates: a published one, crafted ones, and chains as lists of layers. */
#include "support/check.h"
#include "support/dice_craft.h"
#include "support/dice_published.h"
#include "support/vectors.h"
#include "tps/dice.h"

/* A certificate that lives as long as the test. */
static tps_span keep(tps_buf certificate)
{
    static tps_buf kept[4 * TPS_DICE_CHAIN_MAX];
    static size_t next;
    tps_buf *place = &kept[next++ % (sizeof kept / sizeof kept[0])];

    free(place->data);
    *place = certificate;
    return span_of(certificate);
}

/* An extension of DICE with this value in hex, as hex. */
static const char *extension(uint32_t which, bool is_critical, const char *value_hex)
{
    static char *kept[8];
    static size_t next;
    char **place = &kept[next++ % 8];
    tps_buf value = bytes_from_hex(value_hex);

    free(*place);
    *place = craft_extension(tps_dice_extension_oid(which), is_critical, span_of(value));
    free(value.data);
    return *place;
}

static const char *joined(const char *a, const char *b)
{
    static char text[8][8000];
    static size_t next;
    char *place = text[next++ % 8];

    snprintf(place, sizeof text[0], "%s%s", a, b);
    return place;
}

static void a_published_certificate_of_the_open_profile_is_read(void **state)
{
    tps_buf bytes = bytes_from_hex(X509_ED25519);
    tps_dice_certificate out;

    (void)state;
    assert_status(tps_dice_certificate_read(span_of(bytes), &out, NULL), TPS_OK);
    assert_int_equal(out.present, 1u << TPS_DICE_EXTENSION_OPEN);
    assert_int_equal(out.critical, out.present);
    assert_true(out.is_ca);
    assert_true(out.path_length == UINT32_MAX);
    assert_int_equal(out.unknown_critical.size, 0);
    assert_int_equal(out.input.mode, TPS_DICE_MODE_NOT_CONFIGURED);
    assert_int_equal(out.input.present, 1u << TPS_DICE_CODE_HASH | 1u << TPS_DICE_AUTHORITY_HASH |
                                            1u << TPS_DICE_CONFIGURATION_DESCRIPTOR | 1u << TPS_DICE_MODE);
    assert_int_equal(out.input.value[TPS_DICE_CODE_HASH].size, 64);
    free(bytes.data);
}

static void every_extension_is_read(void **state)
{
    const char *list = joined(joined(extension(TPS_DICE_EXTENSION_TCB_INFO, true, "3003 830107"),
                                     extension(TPS_DICE_EXTENSION_UEID, false, "3004 0402aabb")),
                              joined(extension(TPS_DICE_EXTENSION_MULTI_TCB_INFO, true, "3005 3003 830108"),
                                     extension(TPS_DICE_EXTENSION_CMW, false, "3005 0403820001")));
    tps_span certificate = keep(craft_certificate('b', 'a', list));
    tps_dice_certificate out;
    tps_dice_tcb_info info;

    (void)state;
    assert_status(tps_dice_certificate_read(certificate, &out, NULL), TPS_OK);
    assert_int_equal(out.present, 0xf);
    assert_int_equal(out.critical,
                     1u << TPS_DICE_EXTENSION_TCB_INFO | 1u << TPS_DICE_EXTENSION_MULTI_TCB_INFO);
    assert_true(tps_dice_tcb_info_next(&out.tcb_info, &info));
    assert_int_equal(info.svn, 7);
    assert_false(tps_dice_tcb_info_next(&out.tcb_info, &info));
    assert_true(tps_dice_tcb_info_next(&out.multi, &info));
    assert_int_equal(info.svn, 8);
    assert_span(out.ueid, tps_span_make("\xaa\xbb", 2));
    assert_span(out.cmw, tps_span_make("\x82\x00\x01", 3));
    assert_false(out.is_cmw_bare);
    assert_false(out.is_ca);
}

static void a_certificate_without_dice_is_no_error(void **state)
{
    tps_dice_certificate out;

    (void)state;
    assert_status(tps_dice_certificate_read(keep(craft_certificate('b', 'a', "")), &out, NULL), TPS_OK);
    assert_int_equal(out.present, 0);
    assert_false(out.is_ca);
}

/* As RA-TLS does. */
static void a_wrapper_may_stand_without_its_sequence(void **state)
{
    tps_dice_certificate out;
    const char *bare = extension(TPS_DICE_EXTENSION_CMW, false, "d9ea60820001");

    (void)state;
    assert_status(tps_dice_certificate_read(keep(craft_certificate('b', 'a', bare)), &out, NULL), TPS_OK);
    assert_true(out.is_cmw_bare);
    assert_int_equal(out.cmw.size, 6);
}

static void what_is_wrong_in_an_extension_is_named_with_its_place(void **state)
{
    static const struct {
        uint32_t which;
        const char *hex;
        tps_status status;
    } cases[] = {
        {TPS_DICE_EXTENSION_TCB_INFO, "3003 8301ff", TPS_DER_OUT_OF_RANGE},
        {TPS_DICE_EXTENSION_TCB_INFO, "", TPS_DER_TRUNCATED},
        {TPS_DICE_EXTENSION_MULTI_TCB_INFO, "3000", TPS_DICE_BAD_VALUE},
        {TPS_DICE_EXTENSION_UEID, "3002 0400", TPS_DICE_BAD_VALUE},
        {TPS_DICE_EXTENSION_UEID, "0401aa", TPS_DER_UNEXPECTED_TYPE},
        {TPS_DICE_EXTENSION_UEID, "30", TPS_DER_TRUNCATED},
        {TPS_DICE_EXTENSION_UEID, "3006 0401aa 0401aa", TPS_DER_TRAILING},
        {TPS_DICE_EXTENSION_CMW, "3002 0400", TPS_DICE_BAD_VALUE},
        {TPS_DICE_EXTENSION_CMW, "", TPS_DER_TRUNCATED},
        {TPS_DICE_EXTENSION_OPEN, "3000", TPS_DICE_MISSING},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = extension(cases[i].which, false, cases[i].hex);
        tps_span certificate = keep(craft_certificate('b', 'a', text));
        tps_dice_certificate out;
        tps_error why = {TPS_OK, 0, NULL};

        assert_status(tps_dice_certificate_read(certificate, &out, &why), cases[i].status);
        assert_true(why.offset > 100);
        assert_true(why.offset <= certificate.size);
        assert_status(tps_dice_certificate_read(certificate, &out, NULL), cases[i].status);
    }
}

static void the_compressed_list_is_refused_by_name(void **state)
{
    static const uint8_t oid[] = {0x67, 0x81, 0x05, 0x05, 0x04, 0x08};
    char *text = craft_extension(TPS_SPAN_OF(oid), false, tps_span_make("\x30\x00", 2));
    tps_dice_certificate out;
    tps_error why;

    (void)state;
    assert_status(tps_dice_certificate_read(keep(craft_certificate('b', 'a', text)), &out, &why),
                  TPS_UNSUPPORTED);
    assert_string_equal(why.detail, "MultiTcbInfoComp");
    free(text);
}

static tps_dice_certificate read_good(const char *extensions)
{
    tps_dice_certificate out;

    assert_status(tps_dice_certificate_read(keep(craft_certificate('b', 'a', extensions)), &out, NULL),
                  TPS_OK);
    return out;
}

static void who_may_issue_is_told_from_the_standard_extensions(void **state)
{
    (void)state;
    assert_true(read_good(CRAFT_CA).is_ca);
    assert_true(read_good(CRAFT_CA CRAFT_CERT_SIGN).is_ca);
    assert_true(read_good(CRAFT_CA_PATH_0).is_ca);
    assert_int_equal(read_good(CRAFT_CA_PATH_0).path_length, 0);
    assert_false(read_good(CRAFT_CERT_SIGN).is_ca);
    /* digitalSignature alone; no bit at all; a path longer than can be counted */
    assert_false(read_good(CRAFT_CA "300e 0603551d0f 0101ff 0404 03020780").is_ca);
    assert_false(read_good(CRAFT_CA "300d 0603551d0f 0101ff 0403 030100").is_ca);
    assert_true(read_good("3016 0603551d13 0101ff 040c 300a0101ff0205 0100000000").path_length == UINT32_MAX);
    /* other extensions of the standard are passed over, critical or not */
    assert_int_equal(read_good("300c 0603551d25 0101ff 04023000 300c 0603551d11 0101ff 04023000"
                               "300c 0603551d20 0101ff 04023000")
                         .unknown_critical.size,
                     0);
}

static void standard_extensions_are_strict(void **state)
{
    static const struct {
        const char *extensions;
        tps_status status;
    } cases[] = {
        {"300a 0603551d13 0403 310104", TPS_DER_TRUNCATED},
        {"3009 0603551d13 0402 3100", TPS_DER_UNEXPECTED_TYPE},
        {"300c 0603551d13 0405 3003020101", TPS_OK},
        {"300c 0603551d13 0405 30030201ff", TPS_DER_OUT_OF_RANGE},
        {"300b 0603551d13 0404 30020500", TPS_DER_TRAILING},
        {"300a 0603551d0f 0403 020100", TPS_DER_UNEXPECTED_TYPE},
        {"300b 0603551d0f 0404 03010000", TPS_DER_TRAILING},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_dice_certificate out;

        print_message("%s\n", cases[i].extensions);
        assert_status(
            tps_dice_certificate_read(keep(craft_certificate('b', 'a', cases[i].extensions)), &out, NULL),
            cases[i].status);
    }
}

/* Leaf first: d by c by b by a, whose own certificate is the last. */
static void make_chain(tps_span chain[4])
{
    const char *issuer = CRAFT_CA CRAFT_CERT_SIGN;

    chain[3] = keep(craft_certificate('a', 'a', issuer));
    chain[2] = keep(craft_certificate(
        'b', 'a', joined(issuer, extension(TPS_DICE_EXTENSION_TCB_INFO, true, "3003 830101"))));
    chain[1] = keep(craft_certificate(
        'c', 'b',
        joined(issuer, extension(TPS_DICE_EXTENSION_MULTI_TCB_INFO, true, "300a 3003 830102 3003 830103"))));
    chain[0] = keep(
        craft_certificate('d', 'c',
                          extension(TPS_DICE_EXTENSION_OPEN, true,
                                    "3052 a0220420" ZEROS_32 "a303040155 a4220420" ZEROS_32 "a603020101")));
}

static void a_chain_is_the_list_of_its_layers_from_the_first_on(void **state)
{
    tps_span chain[4];
    tps_dice_layer layers[4];
    size_t count = 4;

    (void)state;
    make_chain(chain);
    assert_status(tps_dice_chain_layers(chain, 4, layers, &count, NULL), TPS_OK);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < 3; i++) {
        assert_true(layers[i].has_tcb_info);
        assert_int_equal(layers[i].tcb_info.svn, i + 1);
        assert_int_equal(layers[i].certificate, i == 0 ? 2 : 1);
    }
    assert_false(layers[3].has_tcb_info);
    assert_int_equal(layers[3].certificate, 0);
    assert_int_equal(layers[3].input.mode, TPS_DICE_MODE_NORMAL);
}

static void too_little_room_tells_the_number_of_layers(void **state)
{
    tps_span chain[4];
    tps_dice_layer layers[3];
    size_t count = 3;

    (void)state;
    make_chain(chain);
    assert_status(tps_dice_chain_layers(chain, 4, layers, &count, NULL), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(count, 4);
    count = 0;
    assert_status(tps_dice_chain_layers(chain + 3, 1, NULL, &count, NULL), TPS_OK);
    assert_int_equal(count, 0);
}

static void a_broken_chain_is_refused_by_name(void **state)
{
    tps_span chain[4];
    tps_dice_layer layers[4];
    size_t count = 4;
    tps_error why;

    (void)state;
    make_chain(chain);
    assert_status(tps_dice_chain_layers(chain, 0, layers, &count, &why), TPS_BAD_ARGUMENT);
    assert_status(tps_dice_chain_layers(chain, TPS_DICE_CHAIN_MAX + 1, layers, &count, &why),
                  TPS_BAD_ARGUMENT);
    chain[1] = chain[2]; /* d by c is not by b */
    assert_status(tps_dice_chain_layers(chain, 4, layers, &count, &why), TPS_DICE_CHAIN_BROKEN);
    make_chain(chain);
    chain[2] = keep(craft_certificate('b', 'a', ""));
    assert_status(tps_dice_chain_layers(chain, 4, layers, &count, &why), TPS_DICE_NOT_A_CA);
    make_chain(chain);
    chain[3] = keep(craft_certificate(CRAFT_NOBODY, 'a', CRAFT_CA CRAFT_CERT_SIGN));
    chain[2] = keep(craft_certificate('b', CRAFT_NOBODY, CRAFT_CA CRAFT_CERT_SIGN));
    assert_status(tps_dice_chain_layers(chain, 4, layers, &count, &why), TPS_DICE_NOT_A_CA);
    make_chain(chain);
    chain[3] = keep(craft_certificate('a', 'a', CRAFT_CA_PATH_0));
    assert_status(tps_dice_chain_layers(chain, 4, layers, &count, &why), TPS_DICE_NOT_A_CA);
    make_chain(chain);
    chain[1] = keep(craft_certificate('c', 'b', CRAFT_CA_PATH_0)); /* enough: only the leaf is below */
    count = 4;
    assert_status(tps_dice_chain_layers(chain, 4, layers, &count, &why), TPS_OK);
    chain[3] = tps_span_make(chain[3].data, chain[3].size - 1);
    assert_status(tps_dice_chain_layers(chain, 4, layers, &count, &why), TPS_DER_TRUNCATED);
}

static void an_unknown_critical_extension_is_told_and_ends_a_chain(void **state)
{
    const char *two = "300a 06022a03 0101ff 040100 300a 06022a04 0101ff 040100";
    tps_span certificate = keep(craft_certificate('b', 'a', two));
    tps_dice_certificate out;
    tps_dice_layer layer;
    size_t count = 1;

    (void)state;
    assert_status(tps_dice_certificate_read(certificate, &out, NULL), TPS_OK);
    assert_span(out.unknown_critical, tps_span_make("\x2a\x03", 2));
    assert_status(tps_dice_chain_layers(&certificate, 1, &layer, &count, NULL), TPS_DICE_CRITICAL);
    certificate = keep(craft_certificate('b', 'a', "3007 06022a03 040100"));
    assert_status(tps_dice_chain_layers(&certificate, 1, &layer, &count, NULL), TPS_OK);
}

static void extensions_are_written_as_they_are_read(void **state)
{
    uint8_t value[64];
    uint8_t out[64];
    tps_span encoded;
    tps_span whole;

    (void)state;
    assert_status(tps_dice_octets_encode(TPS_SPAN_LITERAL("\x01ueid"), TPS_BUF_OF(value), &encoded), TPS_OK);
    assert_span(encoded, TPS_SPAN_LITERAL("\x30\x07\x04\x05\x01ueid"));
    for (int critical = 0; critical < 2; critical++) {
        char *expected = craft_extension(tps_dice_extension_oid(TPS_DICE_EXTENSION_UEID), critical, encoded);
        tps_buf bytes = bytes_from_hex(expected);

        assert_status(
            tps_dice_extension_encode(TPS_DICE_EXTENSION_UEID, critical, encoded, TPS_BUF_OF(out), &whole),
            TPS_OK);
        assert_span(whole, span_of(bytes));
        free(bytes.data);
        free(expected);
    }
    assert_status(tps_dice_octets_encode(TPS_SPAN_EMPTY, TPS_BUF_OF(value), &encoded), TPS_BAD_ARGUMENT);
    assert_status(
        tps_dice_extension_encode(TPS_DICE_EXTENSIONS, false, TPS_SPAN_LITERAL("x"), TPS_BUF_OF(out), &whole),
        TPS_BAD_ARGUMENT);
    assert_status(
        tps_dice_extension_encode(TPS_DICE_EXTENSION_CMW, false, TPS_SPAN_EMPTY, TPS_BUF_OF(out), &whole),
        TPS_BAD_ARGUMENT);
    assert_status(tps_dice_octets_encode(TPS_SPAN_LITERAL("x"), (tps_buf){out, 4}, &encoded),
                  TPS_BUFFER_TOO_SMALL);
    assert_int_equal(encoded.size, 5);
}

/* Lengths of every form, and what is larger than DER's writer takes. */
static void long_contents_have_long_lengths(void **state)
{
    static const size_t sizes[] = {0x7e, 0x80, 0xff, 0x100, 0xffff, 0x10000};
    static uint8_t content[0x10000];
    static uint8_t out[0x10020];
    tps_span encoded;

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        tps_dice_certificate read;
        tps_buf certificate;
        char *text;

        assert_status(tps_dice_octets_encode(tps_span_make(content, sizes[i]), TPS_BUF_OF(out), &encoded),
                      TPS_OK);
        if (sizes[i] > 0x100) {
            continue;
        }
        text = craft_extension(tps_dice_extension_oid(TPS_DICE_EXTENSION_UEID), false, encoded);
        certificate = craft_certificate('b', 'a', text);
        assert_status(tps_dice_certificate_read(span_of(certificate), &read, NULL), TPS_OK);
        assert_int_equal(read.ueid.size, sizes[i]);
        free(certificate.data);
        free(text);
    }
    assert_status(tps_dice_octets_encode(tps_span_make(content, (size_t)1 << 31), TPS_BUF_MEASURE, &encoded),
                  TPS_TOO_LARGE);
    assert_status(tps_dice_octets_encode(tps_span_make(content, 0x7fffffff), TPS_BUF_MEASURE, &encoded),
                  TPS_TOO_LARGE);
    assert_int_equal(encoded.size, 0);
}

static void a_certificate_altered_anywhere_ends_in_a_status(void **state)
{
    tps_span chain[4];

    (void)state;
    make_chain(chain);
    for (size_t i = 0; i < 4; i++) {
        for (size_t bit = 0; bit < 8 * chain[i].size; bit++) {
            tps_buf flipped = exact_copy(chain[i]);
            tps_dice_certificate out;
            tps_error why = {TPS_OK, 0, NULL};

            flipped.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (tps_dice_certificate_read(span_of(flipped), &out, &why) != TPS_OK) {
                assert_true(why.offset <= flipped.size);
            }
            free(flipped.data);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_published_certificate_of_the_open_profile_is_read),
        cmocka_unit_test(every_extension_is_read),
        cmocka_unit_test(a_certificate_without_dice_is_no_error),
        cmocka_unit_test(a_wrapper_may_stand_without_its_sequence),
        cmocka_unit_test(what_is_wrong_in_an_extension_is_named_with_its_place),
        cmocka_unit_test(the_compressed_list_is_refused_by_name),
        cmocka_unit_test(who_may_issue_is_told_from_the_standard_extensions),
        cmocka_unit_test(standard_extensions_are_strict),
        cmocka_unit_test(a_chain_is_the_list_of_its_layers_from_the_first_on),
        cmocka_unit_test(too_little_room_tells_the_number_of_layers),
        cmocka_unit_test(a_broken_chain_is_refused_by_name),
        cmocka_unit_test(an_unknown_critical_extension_is_told_and_ends_a_chain),
        cmocka_unit_test(extensions_are_written_as_they_are_read),
        cmocka_unit_test(long_contents_have_long_lengths),
        cmocka_unit_test(a_certificate_altered_anywhere_ends_in_a_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
