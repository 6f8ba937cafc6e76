/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding claims of the device profile: what decoding would refuse is not encoded; what is encoded comes
 * back. */
#include "support/cbor_hex.h"
#include "support/check.h"
#include "tps/device_claims.h"

static const uint8_t bytes32[32] = {1, 2, 3};
static const uint8_t ueid[33] = {1};
static const uint8_t cnf[] = {0xa1, 0x03, 0x41, 0x31};

static tps_device_claims good(void)
{
    tps_device_claims claims = {
        .profile = TPS_SPAN_LITERAL(TPS_DEVICE_PROFILE),
        .nonce = TPS_SPAN_OF(bytes32),
        .ueid = TPS_SPAN_OF(ueid),
        .oemid = tps_span_make(bytes32, 3),
        .hwmodel = TPS_SPAN_LITERAL("bulb"),
        .dbgstat = TPS_EAT_DEBUG_DISABLED,
        .component_count = 2,
    };

    claims.components[0] =
        (tps_device_component){.name = TPS_SPAN_LITERAL("boot"), .digest = TPS_SPAN_OF(bytes32)};
    claims.components[1] = (tps_device_component){.name = TPS_SPAN_LITERAL("application"),
                                                  .version = TPS_SPAN_LITERAL("1.2"),
                                                  .digest = TPS_SPAN_OF(bytes32),
                                                  .signer_id = TPS_SPAN_OF(bytes32)};
    return claims;
}

static tps_device_claims full(void)
{
    tps_device_claims claims = good();

    claims.present = TPS_DEVICE_HAS_EXP | TPS_DEVICE_HAS_IAT | TPS_DEVICE_HAS_OEMBOOT |
                     TPS_DEVICE_HAS_BOOTCOUNT | TPS_DEVICE_HAS_INTUSE;
    claims.aud = TPS_SPAN_LITERAL("acme");
    claims.ueid = TPS_SPAN_EMPTY;
    claims.sueid_label = TPS_SPAN_LITERAL("acme");
    claims.sueid = TPS_SPAN_OF(ueid);
    claims.hwversion = TPS_SPAN_LITERAL("B");
    claims.swname = TPS_SPAN_LITERAL("bulb");
    claims.swversion = TPS_SPAN_LITERAL("1.0");
    claims.bootseed = TPS_SPAN_OF(bytes32);
    claims.cnf = TPS_SPAN_OF(cnf);
    claims.exp = INT64_MAX;
    claims.iat = INT64_MIN;
    claims.bootcount = UINT64_MAX;
    claims.intuse = 5;
    claims.oemboot = true;
    return claims;
}

static void assert_same(const tps_device_claims *a, const tps_device_claims *b)
{
    const tps_span left[] = {a->profile,   a->nonce,    a->aud,     a->ueid,      a->sueid_label,
                             a->sueid,     a->oemid,    a->hwmodel, a->hwversion, a->swname,
                             a->swversion, a->bootseed, a->cnf};
    const tps_span right[] = {b->profile,   b->nonce,    b->aud,     b->ueid,      b->sueid_label,
                              b->sueid,     b->oemid,    b->hwmodel, b->hwversion, b->swname,
                              b->swversion, b->bootseed, b->cnf};

    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        assert_span(left[i], right[i]);
    }
    assert_int_equal(a->present, b->present);
    assert_true(a->exp == b->exp && a->iat == b->iat && a->bootcount == b->bootcount);
    assert_true(a->intuse == b->intuse && a->dbgstat == b->dbgstat && a->oemboot == b->oemboot);
    assert_int_equal(a->component_count, b->component_count);
    for (size_t i = 0; i < a->component_count; i++) {
        assert_span(a->components[i].name, b->components[i].name);
        assert_span(a->components[i].version, b->components[i].version);
        assert_span(a->components[i].digest, b->components[i].digest);
        assert_span(a->components[i].signer_id, b->components[i].signer_id);
    }
}

static void assert_comes_back(const tps_device_claims *claims)
{
    uint8_t bytes[1024];
    tps_span encoded;
    tps_device_claims back;

    assert_status(tps_device_claims_encode(claims, TPS_BUF_OF(bytes), &encoded, NULL), TPS_OK);
    assert_status(tps_cbor_check(encoded, &cbor_limits_deterministic, NULL, NULL), TPS_OK);
    assert_status(tps_device_claims_decode(encoded, &back, NULL), TPS_OK);
    assert_same(&back, claims);
}

static void what_is_encoded_comes_back(void **state)
{
    tps_device_claims claims = good();

    (void)state;
    assert_comes_back(&claims);
    claims = full();
    assert_comes_back(&claims);
    for (unsigned bit = 0; bit < 5; bit++) {
        claims = good();
        claims.present = 1u << bit;
        claims.intuse = bit == 4;
        assert_comes_back(&claims);
    }
}

static void every_buffer_size_is_told_the_size_needed(void **state)
{
    tps_device_claims claims = full();
    tps_span measured;

    (void)state;
    assert_status(tps_device_claims_encode(&claims, TPS_BUF_MEASURE, &measured, NULL), TPS_OK);
    for (size_t room = 0; room <= measured.size; room++) {
        uint8_t *exact = malloc(room == 0 ? 1 : room);
        tps_span encoded;

        assert_status(tps_device_claims_encode(&claims, (tps_buf){exact, room}, &encoded, NULL),
                      room < measured.size ? TPS_BUFFER_TOO_SMALL : TPS_OK);
        assert_int_equal(encoded.size, measured.size);
        free(exact);
    }
}

static void assert_refused(const tps_device_claims *claims, tps_status expected)
{
    uint8_t bytes[1024];
    tps_span encoded;
    tps_error why = {0};

    assert_status(tps_device_claims_encode(claims, TPS_BUF_OF(bytes), &encoded, &why), expected);
    assert_int_equal(why.status, expected);
    assert_null(encoded.data);
}

static void what_decoding_would_refuse_is_not_encoded(void **state)
{
    tps_device_claims claims = good();

    (void)state;
    claims.profile = TPS_SPAN_LITERAL("tag:example.org,2026:other");
    assert_refused(&claims, TPS_CLAIM_UNKNOWN_PROFILE);
    claims = good();
    claims.nonce = TPS_SPAN_EMPTY;
    assert_refused(&claims, TPS_CLAIM_MISSING);
    claims = good();
    claims.sueid = claims.ueid;
    assert_refused(&claims, TPS_CLAIM_BAD_VALUE);
    claims = good();
    claims.dbgstat = TPS_EAT_DEBUG_ABSENT;
    assert_refused(&claims, TPS_CLAIM_MISSING);
    claims.dbgstat = 5;
    assert_refused(&claims, TPS_CLAIM_BAD_VALUE);
    claims = full();
    claims.intuse = 0;
    assert_refused(&claims, TPS_CLAIM_BAD_VALUE);
    claims.intuse = 6;
    assert_refused(&claims, TPS_CLAIM_BAD_VALUE);
    claims = good();
    claims.component_count = TPS_DEVICE_COMPONENTS_MAX + 1;
    assert_refused(&claims, TPS_CLAIM_BAD_VALUE);
    claims.component_count = 0;
    assert_refused(&claims, TPS_CLAIM_MISSING);
}

static void texts_that_are_no_utf8_are_not_encoded(void **state)
{
    const tps_span bad = TPS_SPAN_LITERAL("\xff");

    (void)state;
    for (int i = 0; i < 7; i++) {
        tps_device_claims claims = full();
        tps_span *texts[] = {&claims.aud,
                             &claims.sueid_label,
                             &claims.hwversion,
                             &claims.swname,
                             &claims.swversion,
                             &claims.components[1].name,
                             &claims.components[1].version};

        *texts[i] = bad;
        assert_refused(&claims, TPS_CBOR_BAD_UTF8);
    }
}

static void a_confirmation_must_be_one_map_in_deterministic_form(void **state)
{
    const uint8_t cut[] = {0xa1, 0x03};
    const uint8_t two[] = {0xa0, 0xa0};
    const uint8_t array[] = {0x80};
    const uint8_t unsorted[] = {0xa2, 0x02, 0x00, 0x01, 0x00};
    tps_device_claims claims = full();

    (void)state;
    claims.cnf = TPS_SPAN_OF(cut);
    assert_refused(&claims, TPS_CBOR_TRUNCATED);
    claims.cnf = TPS_SPAN_OF(two);
    assert_refused(&claims, TPS_CBOR_TRAILING);
    claims.cnf = TPS_SPAN_OF(array);
    assert_refused(&claims, TPS_CLAIM_BAD_TYPE);
    claims.cnf = TPS_SPAN_OF(unsorted);
    assert_refused(&claims, TPS_CBOR_NOT_DETERMINISTIC);
}

static void a_bit_of_presence_that_is_unknown_is_refused(void **state)
{
    tps_device_claims claims = good();

    (void)state;
    claims.present = 1u << 7;
    assert_refused(&claims, TPS_BAD_ARGUMENT);
}

static void claims_that_no_decoder_would_take_for_their_size_are_not_encoded(void **state)
{
    tps_device_claims claims = good();
    char *text = malloc(65536);

    (void)state;
    memset(text, 'x', 65536);
    claims.swname = tps_span_make(text, 65536);
    assert_refused(&claims, TPS_CBOR_TOO_LONG);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_comes_back),
        cmocka_unit_test(every_buffer_size_is_told_the_size_needed),
        cmocka_unit_test(what_decoding_would_refuse_is_not_encoded),
        cmocka_unit_test(texts_that_are_no_utf8_are_not_encoded),
        cmocka_unit_test(a_confirmation_must_be_one_map_in_deterministic_form),
        cmocka_unit_test(a_bit_of_presence_that_is_unknown_is_refused),
        cmocka_unit_test(claims_that_no_decoder_would_take_for_their_size_are_not_encoded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
