/* SPDX-License-Identifier: Apache-2.0 */
/* Published endorsements, and the examples of spec/corim, matched with claims: what they say, and nothing
 * else. */
#include "support/check.h"
#include "support/corim_read.h"
#include "support/vectors.h"
#include "verifier/match/statements.h"
#include "verifier/state.h"
#include "verifier_support.h"

#define TEXT(text) TPS_SPAN_LITERAL(text)
#define ONE(pointer)                   \
    {                                  \
        .items = (pointer), .count = 1 \
    }

static accepted_claims set;
static tps_appraisal appraisal;

/* A verifier that knows one manifest, and no claims. */
static tps_verifier *know(tps_buf corim)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});

    assert_status(tps_verifier_add_corim(v, span_of(corim), NOW, NULL), TPS_OK);
    free(corim.data);
    memset(&set, 0, sizeof set);
    return v;
}

static accepted_claim *claim(tps_corim_environment environment, tps_corim_measurement measurement)
{
    accepted_claim *made = accepted_add(&set, ACCEPTED_EVIDENCE);

    made->environment = environment;
    made->measurement = measurement;
    made->must_match = true;
    return made;
}

/* The name of the first finding, or "". */
static const char *match(tps_verifier *v)
{
    memset(&appraisal, 0, sizeof appraisal);
    (void)match_statements(&v->knowledge, &set, NULL, NULL, NOW, &appraisal);
    return appraisal.findings[0].name;
}

static tps_corim_environment acme(const char *model)
{
    return (tps_corim_environment){.vendor = TEXT("ACME"), .model = tps_span_of_text(model)};
}

static void enacttrusts_node_has_one_golden_value(void **state)
{
    static const uint8_t node[] = {0x7d, 0xf7, 0x71, 0x4e, 0xaa, 0x04, 0x46, 0x38,
                                   0xbc, 0xbf, 0x43, 0x4b, 0x1d, 0xd7, 0x20, 0xf1};
    static const char golden[] = "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7";
    tps_corim_digest digest = {.alg = TPS_ALG_SHA256};
    tps_corim_environment environment = {.instance = {TPS_CORIM_UUID, TPS_CORIM_TAG_UUID, TPS_SPAN_OF(node)}};
    tps_verifier *v;
    tps_buf value;

    (void)state;
    vectors_require();
    value = bytes_from_hex(golden);
    digest.value = span_of(value);
    v = know(vector_read("veraison/corim-enacttrust-valid.cbor"));
    claim(environment, (tps_corim_measurement){.digests = ONE(&digest)});
    assert_string_equal(match(v), "");
    assert_true(set.claims[0].is_corroborated);

    set.claims[0].is_corroborated = false;
    value.data[31] ^= 1;
    assert_string_equal(match(v), "executables.unknown-measurement");

    set.claims[0].environment.instance.bytes = tps_span_make(lamp_class, 16);
    assert_string_equal(match(v), "executables.no-reference-values");
    free(value.data);
    tps_verifier_free(v);
}

static void a_gateway_has_both_of_its_radios(void **state)
{
    tps_corim_environment radio = acme("Radio");
    tps_verifier *v = know(corim_example_hex("domain-membership"));

    (void)state;
    radio.has_index = true;
    claim(acme("Gateway"), (tps_corim_measurement){.has_svn = true})->must_match = false;
    claim(radio, (tps_corim_measurement){.has_svn = true})->must_match = false;
    assert_string_equal(match(v), "hardware.missing-part");

    radio.index = 1;
    claim(radio, (tps_corim_measurement){.has_svn = true})->must_match = false;
    assert_string_equal(match(v), "");
    assert_int_equal(set.count, 4);
    assert_int_equal(set.claims[3].origin, ACCEPTED_ENDORSED);
    tps_verifier_free(v);
}

static void a_system_rests_on_its_bootloader(void **state)
{
    tps_corim_environment lamp = acme("Lamp");
    tps_verifier *v = know(corim_example_hex("domain-dependency"));

    (void)state;
    lamp.has_layer = true;
    claim(lamp, (tps_corim_measurement){.has_svn = true});
    lamp.layer = 1;
    claim(lamp, (tps_corim_measurement){.has_svn = true})->must_match = false;
    assert_string_equal(match(v), "executables.no-reference-values");
    assert_string_equal(appraisal.findings[1].name, "executables.unproven-dependency");
    tps_verifier_free(v);
}

static void a_condition_of_nobodys_key_does_not_hold(void **state)
{
    tps_verifier *v = know(corim_example_hex("conditional-series"));
    tps_corim_measurement application = {.name = TEXT("application"), .has_svn = true, .svn = 2};
    tps_corim_measurement debug = {.flags_present = 1u << TPS_CORIM_FLAG_DEBUG,
                                   .flags = 1u << TPS_CORIM_FLAG_DEBUG};

    (void)state;
    claim(acme("Lamp"), application)->must_match = false;
    assert_string_equal(match(v), "");
    assert_int_equal(set.count, 1); /* authorized-by names a key that is none */

    claim(acme("Lock"), debug)->must_match = false;
    assert_string_equal(match(v), "");
    assert_int_equal(set.count, 3);
    assert_span_text(set.claims[2].measurement.name, "not certified");
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enacttrusts_node_has_one_golden_value),
        cmocka_unit_test(a_gateway_has_both_of_its_radios),
        cmocka_unit_test(a_system_rests_on_its_bootloader),
        cmocka_unit_test(a_condition_of_nobodys_key_does_not_hold),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
