/* SPDX-License-Identifier: Apache-2.0 */
/* X.509 certificates taken apart: a published one, and crafted ones for each refusal. */
#include "support/check.h"
#include "support/vectors.h"

#include "format/der/certificate.h"

/* Parts of a small certificate, each a DER value in hex. */
#define ALGORITHM "300a06082a8648ce3d040302"
#define NAME      "300e310c300a06035504030c03414243"
#define NAME_B    "300e310c300a06035504030c03414244"
#define VALIDITY                             \
    "3020180f31393730303130313030303030305a" \
    "180d3330303130313030303030305a"
#define KEY       "300a300506032b65700301 00"
#define SIGNATURE "030200aa"
#define VERSION_3 "a003020102"

static const uint8_t key_usage[] = {0x55, 0x1d, 0x0f};
static const uint8_t basic[] = {0x55, 0x1d, 0x13};

/* Appends a constructed value around the hex `content`. */
static tps_buf wrapped(const char *tag, const char *content)
{
    tps_buf inner = bytes_from_hex(content);
    tps_buf head = bytes_from_hex(tag);
    tps_buf all = {malloc(inner.size + 4), 0};

    all.data[all.size++] = head.data[0];
    if (inner.size >= 0x100) {
        all.data[all.size++] = 0x82;
        all.data[all.size++] = (uint8_t)(inner.size >> 8);
    } else if (inner.size >= 0x80) {
        all.data[all.size++] = 0x81;
    }
    all.data[all.size++] = (uint8_t)inner.size;
    memcpy(all.data + all.size, inner.data, inner.size);
    all.size += inner.size;
    free(inner.data);
    free(head.data);
    return all;
}

static char *hex_of(tps_buf bytes)
{
    char *hex = malloc(2 * bytes.size + 1);

    for (size_t i = 0; i < bytes.size; i++) {
        sprintf(hex + 2 * i, "%02x", bytes.data[i]);
    }
    hex[2 * bytes.size] = 0;
    free(bytes.data);
    return hex;
}

/* A certificate of these parts, in hex; `extensions` is what stands within their SEQUENCE, NULL for none. */
static tps_buf certificate_of(const char *version, const char *extensions, const char *outer_algorithm,
                              const char *signature)
{
    static char text[20000];
    char *list = hex_of(wrapped("30", extensions == NULL ? "" : extensions));
    char *tagged = hex_of(wrapped("a3", list));
    char *tbs;

    snprintf(text, sizeof text, "%s 020101" ALGORITHM NAME VALIDITY NAME_B KEY "%s", version,
             extensions == NULL ? "" : tagged);
    tbs = hex_of(wrapped("30", text));
    snprintf(text, sizeof text, "%s %s %s", tbs, outer_algorithm, signature);
    free(tbs);
    free(list);
    free(tagged);
    return wrapped("30", text);
}

#define EXTENSION_KEY_USAGE "300e 0603551d0f 0101ff 0404 03020106"
#define EXTENSION_BASIC     "3009 0603551d13 0402 3000"

static tps_status read_crafted(const char *version, const char *extensions, const char *outer_algorithm,
                               const char *signature)
{
    tps_buf der = certificate_of(version, extensions, outer_algorithm, signature);
    der_certificate out;
    tps_status status = der_certificate_read(span_of(der), &out, NULL);

    free(der.data);
    return status;
}

static void parts_of_a_certificate_are_found(void **state)
{
    const char *extensions = EXTENSION_KEY_USAGE EXTENSION_BASIC;
    tps_buf der = certificate_of(VERSION_3, extensions, ALGORITHM, SIGNATURE);
    der_certificate out;
    der_extension extension;
    tps_buf issuer = bytes_from_hex(NAME);
    tps_buf subject = bytes_from_hex(NAME_B);
    tps_buf key = bytes_from_hex(KEY);

    (void)state;
    assert_status(der_certificate_read(span_of(der), &out, NULL), TPS_OK);
    assert_int_equal(out.version, 3);
    assert_span(out.serial, tps_span_make("\x01", 1));
    assert_span(out.issuer, span_of(issuer));
    assert_span(out.subject, span_of(subject));
    assert_span(out.public_key, span_of(key));
    assert_span(out.signature, tps_span_make("\xaa", 1));
    assert_int_equal(out.tbs.data[0], DER_SEQUENCE);
    assert_true(der_extension_find(&out, TPS_SPAN_OF(key_usage), &extension));
    assert_true(extension.is_critical);
    assert_span(extension.value, tps_span_make("\x03\x02\x01\x06", 4));
    assert_true(der_extension_find(&out, TPS_SPAN_OF(basic), &extension));
    assert_false(extension.is_critical);
    free(der.data);
    free(issuer.data);
    free(subject.data);
    free(key.data);
}

static void one_extension_is_found_by_its_kind(void **state)
{
    tps_buf der = certificate_of(VERSION_3, EXTENSION_KEY_USAGE EXTENSION_BASIC, ALGORITHM, SIGNATURE);
    tps_span value = TPS_SPAN_EMPTY;
    bool critical = true;
    tps_error why;
    static const uint8_t other[] = {0x55, 0x1d};

    (void)state;
    assert_status(der_certificate_extension(span_of(der), TPS_SPAN_OF(basic), &value, &critical, &why),
                  TPS_OK);
    assert_span(value, tps_span_make("\x30\x00", 2));
    assert_false(critical);
    assert_status(der_certificate_extension(span_of(der), TPS_SPAN_OF(other), &value, &critical, &why),
                  TPS_NOT_FOUND);
    assert_status(der_certificate_extension(tps_span_make(der.data, der.size - 1), TPS_SPAN_OF(basic), &value,
                                            &critical, &why),
                  TPS_DER_TRUNCATED);
    free(der.data);
}

static void a_published_certificate_shows_its_extension(void **state)
{
    static const uint8_t cmw[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x23};
    tps_buf der;
    tps_span value;
    bool critical = true;

    (void)state;
    vectors_require();
    der = vector_read("cmw/x509-cert+cbor-cmw.der");
    assert_status(der_certificate_extension(span_of(der), TPS_SPAN_OF(cmw), &value, &critical, NULL), TPS_OK);
    assert_false(critical);
    assert_true(value.size > 2);
    assert_status(der_check(value, NULL), TPS_OK);
    free(der.data);
}

static void versions_are_1_to_3_and_the_first_is_not_written(void **state)
{
    (void)state;
    assert_status(read_crafted("", NULL, ALGORITHM, SIGNATURE), TPS_OK);
    assert_status(read_crafted("a003020101", NULL, ALGORITHM, SIGNATURE), TPS_OK);
    assert_status(read_crafted("a003020102", NULL, ALGORITHM, SIGNATURE), TPS_OK);
    assert_status(read_crafted("a003020103", NULL, ALGORITHM, SIGNATURE), TPS_DER_OUT_OF_RANGE);
    assert_status(read_crafted("a003020100", NULL, ALGORITHM, SIGNATURE), TPS_DER_NOT_CANONICAL);
    assert_status(read_crafted("a0060201020201 02", NULL, ALGORITHM, SIGNATURE), TPS_DER_TRAILING);
    assert_status(read_crafted("a0020500", NULL, ALGORITHM, SIGNATURE), TPS_DER_UNEXPECTED_TYPE);
    assert_status(read_crafted("", EXTENSION_BASIC, ALGORITHM, SIGNATURE), TPS_DER_OUT_OF_RANGE);
    assert_status(read_crafted("a003020101", EXTENSION_BASIC, ALGORITHM, SIGNATURE), TPS_DER_OUT_OF_RANGE);
}

static void extensions_are_strict(void **state)
{
    (void)state;
    assert_status(read_crafted(VERSION_3, "", ALGORITHM, SIGNATURE), TPS_DER_OUT_OF_RANGE);
    assert_status(
        read_crafted(VERSION_3, EXTENSION_BASIC EXTENSION_KEY_USAGE EXTENSION_BASIC, ALGORITHM, SIGNATURE),
        TPS_DER_DUPLICATE);
    /* critical FALSE is the default, and defaults are left out */
    assert_status(read_crafted(VERSION_3, "300c 0603551d13 010100 04023000", ALGORITHM, SIGNATURE),
                  TPS_DER_NOT_CANONICAL);
    assert_status(read_crafted(VERSION_3, "3005 0603551d13", ALGORITHM, SIGNATURE), TPS_DER_UNEXPECTED_TYPE);
    assert_status(read_crafted(VERSION_3, "300b 0603551d13 04023000 0500", ALGORITHM, SIGNATURE),
                  TPS_DER_TRAILING);
    assert_status(read_crafted(VERSION_3, "3107 0603551d13 0400", ALGORITHM, SIGNATURE),
                  TPS_DER_UNEXPECTED_TYPE);
}

static void extensions_end_at_the_limit(void **state)
{
    char list[64 * (DER_EXTENSIONS_MAX + 1)] = "";

    (void)state;
    for (unsigned i = 0; i <= DER_EXTENSIONS_MAX; i++) {
        sprintf(list + strlen(list), "3007 0603551d%02x 0400", i);
        if (i + 1 == DER_EXTENSIONS_MAX) {
            assert_status(read_crafted(VERSION_3, list, ALGORITHM, SIGNATURE), TPS_OK);
        }
    }
    assert_status(read_crafted(VERSION_3, list, ALGORITHM, SIGNATURE), TPS_DER_OUT_OF_RANGE);
}

static void the_signature_and_its_algorithm_are_whole_and_one(void **state)
{
    (void)state;
    assert_status(read_crafted(VERSION_3, NULL, "300a06082a8648ce3d040303", SIGNATURE),
                  TPS_CRYPTO_BAD_CERTIFICATE);
    assert_status(read_crafted(VERSION_3, NULL, ALGORITHM, "030204a0"), TPS_DER_OUT_OF_RANGE);
    assert_status(read_crafted(VERSION_3, NULL, ALGORITHM, "0401aa"), TPS_DER_UNEXPECTED_TYPE);
    assert_status(read_crafted(VERSION_3, NULL, ALGORITHM, SIGNATURE "0500"), TPS_DER_TRAILING);
    assert_status(read_crafted(VERSION_3, NULL, "0500", SIGNATURE), TPS_DER_UNEXPECTED_TYPE);
}

/* issuerUniqueID and subjectUniqueID: of no use, but part of the module. */
static void unique_identifiers_are_passed_over(void **state)
{
    tps_buf tbs = wrapped("30", VERSION_3 "020101" ALGORITHM NAME VALIDITY NAME_B KEY "81020000 82020000");
    char *hex = hex_of(tbs);
    char text[2000];
    tps_buf der;
    der_certificate out;

    (void)state;
    snprintf(text, sizeof text, "%s" ALGORITHM SIGNATURE, hex);
    der = wrapped("30", text);
    assert_status(der_certificate_read(span_of(der), &out, NULL), TPS_OK);
    free(der.data);
    free(hex);
}

static void a_certificate_cut_or_altered_anywhere_ends_in_a_status(void **state)
{
    tps_buf der = certificate_of(VERSION_3, EXTENSION_KEY_USAGE EXTENSION_BASIC, ALGORITHM, SIGNATURE);
    der_certificate out;

    (void)state;
    for (size_t size = 0; size < der.size; size++) {
        tps_buf cut = exact_copy(tps_span_make(der.data, size));

        assert_status(der_certificate_read(span_of(cut), &out, NULL), TPS_DER_TRUNCATED);
        free(cut.data);
    }
    for (size_t bit = 0; bit < 8 * der.size; bit++) {
        tps_buf flipped = exact_copy(span_of(der));
        tps_error why = {TPS_OK, 0, NULL};

        flipped.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (der_certificate_read(span_of(flipped), &out, &why) != TPS_OK) {
            assert_true(why.offset <= flipped.size);
        }
        free(flipped.data);
    }
    free(der.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_a_certificate_are_found),
        cmocka_unit_test(one_extension_is_found_by_its_kind),
        cmocka_unit_test(a_published_certificate_shows_its_extension),
        cmocka_unit_test(versions_are_1_to_3_and_the_first_is_not_written),
        cmocka_unit_test(extensions_are_strict),
        cmocka_unit_test(extensions_end_at_the_limit),
        cmocka_unit_test(the_signature_and_its_algorithm_are_whole_and_one),
        cmocka_unit_test(unique_identifiers_are_passed_over),
        cmocka_unit_test(a_certificate_cut_or_altered_anywhere_ends_in_a_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
