/* SPDX-License-Identifier: Apache-2.0 */
/* Layers of DICE as claims in the general form, member by member; their limits; and what follows from them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dice_maker.h"
#include "support/check.h"
#include "verifier/evidence/accept.h"
#include "verifier/evidence/dice.h"
#include "verifier/trust/dice.h"

static dice_chain chain;
static accepted_claims accepted;
static tps_appraisal appraisal;
static trust signer;
static const evidence_claims answer = {.scheme = TPS_SCHEME_DICE};
static const uint8_t digests[8][64] = {{1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}};

static int set_up(void **state)
{
    (void)state;
    memset(&chain, 0, sizeof chain);
    memset(&accepted, 0, sizeof accepted);
    memset(&appraisal, 0, sizeof appraisal);
    memset(&signer, 0, sizeof signer);
    signer.dice = &chain;
    return 0;
}

static tps_dice_tcb_info *add_layer(void)
{
    tps_dice_layer *layer = &chain.layers[chain.layer_count++];

    layer->has_tcb_info = true;
    return &layer->tcb_info;
}

static tps_span encode_fwids(const tps_dice_fwid *fwids, size_t count)
{
    static uint8_t room[8192];
    tps_span encoded;

    assert_status(tps_dice_fwids_encode(fwids, count, TPS_BUF_OF(room), &encoded), TPS_OK);
    return encoded;
}

static void accept_all(void)
{
    evidence_accept(&answer, &signer, &accepted, &appraisal);
}

static tps_corim_digest digest_at(const tps_corim_measurement *m, size_t index)
{
    assert_true(index < m->digests.count);
    return m->digests.items[index];
}

static void evidence_without_layers_adds_nothing(void **state)
{
    (void)state;
    signer.dice = NULL;
    accept_all();
    assert_int_equal(accepted.count, 0);
    assert_int_equal(appraisal.finding_count, 0);
}

static void every_hash_has_one_digest_in_a_measurement(void **state)
{
    static const uint8_t oid[] = {0x2a, 0x03, 0x04};
    const tps_dice_fwid fwids[] = {{.alg = TPS_ALG_SHA256, .digest = {digests[0], 32}},
                                   {.alg = TPS_ALG_SHA384, .digest = {digests[1], 48}},
                                   {.alg = TPS_ALG_SHA256, .digest = {digests[2], 32}},
                                   {.alg = TPS_ALG_SHA512, .digest = {digests[3], 64}},
                                   {.alg = TPS_ALG_SHA256, .digest = {digests[4], 32}},
                                   {.oid = TPS_SPAN_OF(oid), .digest = {digests[5], 20}},
                                   {.oid = TPS_SPAN_OF(oid), .digest = {digests[6], 20}}};
    tps_dice_tcb_info *info = add_layer();

    (void)state;
    info->present = 1u << TPS_DICE_FWIDS;
    info->fwids = encode_fwids(fwids, 7);
    accept_all();
    assert_int_equal(accepted.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(accepted.claims[i].must_match);
        assert_int_equal(accepted.claims[i].origin, ACCEPTED_EVIDENCE);
        assert_int_equal(accepted.claims[i].measurement.key.kind, i == 0 ? TPS_CORIM_ABSENT : TPS_CORIM_UINT);
        assert_int_equal(accepted.claims[i].measurement.key.number, i);
    }
    assert_int_equal(accepted.claims[0].measurement.digests.count, 4);
    assert_int_equal(accepted.claims[1].measurement.digests.count, 2);
    assert_int_equal(accepted.claims[2].measurement.digests.count, 1);
    assert_int_equal(digest_at(&accepted.claims[0].measurement, 1).alg, TPS_ALG_SHA384);
    assert_span(digest_at(&accepted.claims[0].measurement, 3).name.text, TPS_SPAN_OF(oid));
    assert_span(digest_at(&accepted.claims[1].measurement, 0).value, tps_span_make(digests[2], 32));
    assert_span(digest_at(&accepted.claims[1].measurement, 1).value, tps_span_make(digests[6], 20));
    assert_span(digest_at(&accepted.claims[2].measurement, 0).value, tps_span_make(digests[4], 32));
}

static void a_layer_that_tells_nothing_must_match_all_the_same(void **state)
{
    (void)state;
    add_layer()->present = 0;
    accept_all();
    assert_int_equal(accepted.count, 1);
    assert_true(accepted.claims[0].must_match);
    assert_int_equal(accepted.claims[0].environment.class_id.kind, TPS_CORIM_ABSENT);
    assert_int_equal(accepted.claims[0].environment.instance.kind, TPS_CORIM_ABSENT);
    assert_false(accepted.claims[0].environment.has_layer);
    assert_false(accepted.claims[0].measurement.has_svn);
    assert_false(chain.are_states_told);
    assert_int_equal(appraisal.instance_id_size, 0);
}

static void the_environment_is_what_layer_and_chain_say(void **state)
{
    static const uint8_t ueid[40] = {1, 2};
    tps_dice_tcb_info *info = add_layer();

    (void)state;
    info->present = 1u << TPS_DICE_VENDOR | 1u << TPS_DICE_LAYER | 1u << TPS_DICE_INDEX;
    info->vendor = TPS_SPAN_LITERAL("V");
    info->layer = 4;
    info->index = 5;
    signer.is_certified = true;
    memset(signer.class_id, 7, sizeof signer.class_id);
    chain.ueid = tps_span_make(ueid, 17);
    accept_all();
    assert_int_equal(accepted.claims[0].environment.class_id.kind, TPS_CORIM_BYTES);
    assert_span(accepted.claims[0].environment.class_id.bytes, TPS_SPAN_OF(signer.class_id));
    assert_int_equal(accepted.claims[0].environment.instance.kind, TPS_CORIM_UEID);
    assert_int_equal(accepted.claims[0].environment.layer, 4);
    assert_int_equal(accepted.claims[0].environment.index, 5);
    assert_int_equal(accepted.claims[0].environment.model.size, 0);
    assert_int_equal(appraisal.instance_id_size, 17);

    accepted.count = 0;
    appraisal.instance_id_size = 0;
    for (size_t size = 3; size <= 40; size += 37) { /* what some makers put in its place */
        chain.ueid = tps_span_make(ueid, size);
        accept_all();
        assert_int_equal(accepted.claims[accepted.count - 1].environment.instance.kind, TPS_CORIM_BYTES);
    }
    assert_int_equal(appraisal.instance_id_size, 3);
}

static void flags_are_turned_to_what_is_so(void **state)
{
    tps_dice_tcb_info *info = add_layer();
    const tps_corim_measurement *m = &accepted.claims[0].measurement;

    (void)state;
    info->present = 1u << TPS_DICE_FLAGS | 1u << TPS_DICE_FLAGS_MASK;
    info->flags_mask = 0x1ff;
    accept_all();
    assert_int_equal(m->flags_present, 0x1ff);
    assert_int_equal(m->flags, 0x1f3); /* all but recovery and debug */
    assert_true(chain.are_states_told);

    accepted.count = 0;
    info->flags = 0x1ff;
    accept_all();
    assert_int_equal(m->flags, 1u << TPS_CORIM_FLAG_RECOVERY | 1u << TPS_CORIM_FLAG_DEBUG);
    assert_int_equal(appraisal.finding_count, 4);

    accepted.count = 0;
    info->flags = TPS_DICE_FLAG_NOT_SECURE | 0x80000000u; /* a flag that nobody knows */
    info->present = 1u << TPS_DICE_FLAGS;
    accept_all();
    assert_int_equal(m->flags_present, 1u << TPS_CORIM_FLAG_SECURE);
    assert_int_equal(m->flags, 0);
}

static void not_secure_is_excused_where_nothing_is(void **state)
{
    tps_dice_tcb_info *info = add_layer();

    (void)state;
    info->present = 1u << TPS_DICE_FLAGS;
    info->flags = TPS_DICE_FLAG_NOT_SECURE;
    signer.is_demonstration = true;
    accept_all();
    assert_int_equal(appraisal.finding_count, 0);
    info->flags |= TPS_DICE_FLAG_DEBUG;
    accept_all();
    assert_int_equal(appraisal.finding_count, 1);
}

static tps_dice_input *add_inputs(void)
{
    tps_dice_input *input = &chain.layers[chain.layer_count++].input;

    input->mode = TPS_DICE_MODE_NORMAL;
    return input;
}

static void inputs_of_the_open_profile_are_three_claims(void **state)
{
    static const char *const keys[] = {"code", "configuration", "authority"};
    tps_dice_input *input = add_inputs();

    (void)state;
    input->present = 0x7f;
    input->value[TPS_DICE_CODE_HASH] = tps_span_make(digests[0], 64);
    input->value[TPS_DICE_CODE_DESCRIPTOR] = TPS_SPAN_LITERAL("code is");
    input->value[TPS_DICE_CONFIGURATION_HASH] = tps_span_make(digests[1], 48);
    input->value[TPS_DICE_CONFIGURATION_DESCRIPTOR] = TPS_SPAN_LITERAL("configured as");
    input->value[TPS_DICE_AUTHORITY_HASH] = tps_span_make(digests[2], 32);
    input->value[TPS_DICE_AUTHORITY_DESCRIPTOR] = TPS_SPAN_LITERAL("signed by");
    accept_all();
    assert_int_equal(accepted.count, 3);
    for (size_t i = 0; i < 3; i++) {
        const accepted_claim *claim = &accepted.claims[i];
        const int32_t algs[] = {TPS_ALG_SHA512, TPS_ALG_SHA384, TPS_ALG_SHA256};
        assert_span_text(claim->measurement.key.bytes, keys[i]);
        assert_int_equal(claim->environment.layer, 1);
        assert_int_equal(claim->must_match, i != 2);
        assert_int_equal(digest_at(&claim->measurement, 0).alg, algs[i]);
        assert_int_equal(claim->measurement.raw_tag, TPS_CORIM_TAG_BYTES);
    }
    assert_true(chain.are_states_told);
    assert_int_equal(accepted.claims[0].measurement.flags, 1u << TPS_CORIM_FLAG_CONFIGURED);
}

static void inputs_that_are_absent_are_not_made_up(void **state)
{
    tps_dice_input *input = add_inputs();

    (void)state;
    input->present = 1u << TPS_DICE_MODE | 1u << TPS_DICE_CODE_HASH;
    accept_all();
    assert_int_equal(accepted.claims[0].measurement.digests.count, 0);
    assert_int_equal(accepted.claims[1].measurement.raw_tag, 0);
    assert_true(accepted.claims[1].must_match);
}

/* ---- limits ---- */

static void expect_too_many(void)
{
    bool is_found = false;

    for (size_t i = 0; i < appraisal.finding_count; i++) {
        is_found = is_found || strcmp(appraisal.findings[i].name, "executables.too-many-layers") == 0;
    }
    assert_true(is_found);
    assert_int_equal(appraisal.vector[TPS_EAR_EXECUTABLES], TPS_EAR_EXEC_UNRECOGNIZED);
}

static void more_digests_than_there_is_room_for_are_a_finding(void **state)
{
    tps_dice_fwid fwids[64];
    tps_span encoded;

    (void)state;
    for (size_t i = 0; i < 64; i++) {
        fwids[i] = (tps_dice_fwid){.alg = TPS_ALG_SHA256, .digest = {digests[0], 32}};
    }
    encoded = encode_fwids(fwids, 64);
    for (size_t i = 0; i < 5; i++) {
        tps_dice_tcb_info *info = add_layer();
        info->present = 1u << TPS_DICE_FWIDS;
        info->fwids = encoded;
    }
    accept_all();
    expect_too_many();
    assert_true(accepted.count <= ACCEPTED_MAX);
    assert_true(chain.digest_count <= DICE_DIGESTS_MAX);
}

static void more_registers_than_there_is_room_for_are_a_finding(void **state)
{
    static uint8_t room[16384];
    tps_dice_fwid fwid = {.alg = TPS_ALG_SHA256, .digest = {digests[0], 32}};
    tps_dice_register registers[64];
    tps_span encoded;

    (void)state;
    for (size_t i = 0; i < 64; i++) {
        registers[i] =
            (tps_dice_register){.has_number = true, .number = i, .digests = encode_fwids(&fwid, 1)};
    }
    assert_status(tps_dice_registers_encode(registers, 64, TPS_BUF_OF(room), &encoded), TPS_OK);
    for (size_t i = 0; i < 3; i++) {
        tps_dice_tcb_info *info = add_layer();
        info->present = 1u << TPS_DICE_REGISTERS;
        info->registers = encoded;
    }
    accept_all();
    expect_too_many();
    assert_int_equal(chain.register_count, DICE_REGISTERS_MAX);
}

static void more_digests_in_registers_than_there_is_room_for_are_a_finding(void **state)
{
    static uint8_t room[32768];
    static const uint8_t oids[5][3] = {{0x2a, 1, 1}, {0x2a, 1, 2}, {0x2a, 1, 3}, {0x2a, 1, 4}, {0x2a, 1, 5}};
    tps_dice_fwid fwids[5];
    tps_dice_register registers[64];
    tps_dice_tcb_info *info = add_layer();

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        fwids[i] = (tps_dice_fwid){.oid = TPS_SPAN_OF(oids[i]), .digest = {digests[0], 32}};
    }
    for (size_t i = 0; i < 64; i++) {
        registers[i] =
            (tps_dice_register){.has_number = true, .number = i, .digests = encode_fwids(fwids, 5)};
    }
    assert_status(tps_dice_registers_encode(registers, 64, TPS_BUF_OF(room), &info->registers), TPS_OK);
    info->present = 1u << TPS_DICE_REGISTERS;
    accept_all();
    expect_too_many();
    assert_int_equal(chain.digest_count, DICE_DIGESTS_MAX);
}

static void more_claims_than_there_is_room_for_are_a_finding(void **state)
{
    tps_dice_input *input = add_inputs();

    (void)state;
    for (size_t left = 0; left < 3; left++) {
        appraisal.finding_count = 0;
        accepted.count = ACCEPTED_MAX - left;
        input->present = 1u << TPS_DICE_CODE_HASH;
        accept_all();
        expect_too_many();
        assert_int_equal(accepted.count, ACCEPTED_MAX);
    }
    chain.layer_count = 0;
    add_layer()->present = 0;
    appraisal.finding_count = 0;
    accept_all();
    expect_too_many();
}

static void two_digests_of_one_hash_in_a_register_stay_two(void **state)
{
    uint8_t room[256];
    const tps_dice_fwid fwids[] = {{.alg = TPS_ALG_SHA256, .digest = {digests[0], 32}},
                                   {.alg = TPS_ALG_SHA256, .digest = {digests[1], 32}}};
    tps_dice_register one = {.name = TPS_SPAN_LITERAL("r"), .digests = encode_fwids(fwids, 2)};
    tps_dice_tcb_info *info = add_layer();

    (void)state;
    assert_status(tps_dice_registers_encode(&one, 1, TPS_BUF_OF(room), &info->registers), TPS_OK);
    info->present = 1u << TPS_DICE_REGISTERS;
    accept_all();
    assert_int_equal(accepted.claims[0].measurement.registers.count, 1);
    assert_int_equal(accepted.claims[0].measurement.registers.items[0].digests.count, 2);
}

/* ---- what follows ---- */

static accepted_claim *put_claim(bool must_match, bool is_corroborated)
{
    accepted_claim *claim = accepted_add(&accepted, ACCEPTED_EVIDENCE);

    claim->must_match = must_match;
    claim->is_corroborated = is_corroborated;
    return claim;
}

static void conclude(uint32_t scheme)
{
    const evidence_claims e = {.scheme = scheme};

    evidence_conclude(&e, &signer, &accepted, &appraisal);
}

static void other_schemes_have_rules_of_their_own(void **state)
{
    (void)state;
    (void)put_claim(true, true);
    conclude(TPS_SCHEME_OPENTPS);
    conclude(TPS_SCHEME_PSA);
    assert_int_equal(appraisal.vector[TPS_EAR_HARDWARE], TPS_EAR_NO_CLAIM);
    assert_int_equal(appraisal.finding_count, 0);
}

static void all_that_must_match_approves(void **state)
{
    (void)state;
    chain.are_states_told = true;
    put_claim(true, true)->environment.vendor = TPS_SPAN_LITERAL("V");
    (void)put_claim(false, false);
    accepted_add(&accepted, ACCEPTED_ENDORSED)->must_match = true;
    conclude(TPS_SCHEME_DICE);
    assert_int_equal(appraisal.vector[TPS_EAR_EXECUTABLES], TPS_EAR_EXEC_APPROVED);
    assert_int_equal(appraisal.vector[TPS_EAR_HARDWARE], TPS_EAR_HARDWARE_GENUINE);
    assert_int_equal(appraisal.vector[TPS_EAR_CONFIGURATION], TPS_EAR_CONFIG_APPROVED);
    assert_string_equal(appraisal.device_class, "V");
}

static void registers_without_a_chain_tell_no_configuration(void **state)
{
    (void)state;
    signer.dice = NULL;
    (void)put_claim(true, true);
    conclude(TPS_SCHEME_TPM);
    assert_int_equal(appraisal.vector[TPS_EAR_EXECUTABLES], TPS_EAR_EXEC_APPROVED);
    assert_int_equal(appraisal.vector[TPS_EAR_CONFIGURATION], TPS_EAR_NO_CLAIM);
}

static void one_that_does_not_match_approves_no_software(void **state)
{
    (void)state;
    (void)put_claim(true, true);
    (void)put_claim(true, false);
    appraisal.vector[TPS_EAR_HARDWARE] = TPS_EAR_HARDWARE_UNSAFE;
    conclude(TPS_SCHEME_DICE);
    assert_int_equal(appraisal.vector[TPS_EAR_EXECUTABLES], TPS_EAR_NO_CLAIM);
    assert_int_equal(appraisal.vector[TPS_EAR_HARDWARE], TPS_EAR_HARDWARE_UNSAFE); /* as found before */
    assert_int_equal(appraisal.vector[TPS_EAR_CONFIGURATION], TPS_EAR_NO_CLAIM);
    assert_string_equal(appraisal.device_class, "");
}

static void a_class_that_has_a_name_keeps_it(void **state)
{
    (void)state;
    put_claim(true, true)->environment =
        (tps_corim_environment){.vendor = TPS_SPAN_LITERAL("V\x1b"), .model = TPS_SPAN_LITERAL("M")};
    snprintf(appraisal.device_class, sizeof appraisal.device_class, "known");
    conclude(TPS_SCHEME_DICE);
    assert_string_equal(appraisal.device_class, "known");
    appraisal.device_class[0] = '\0';
    conclude(TPS_SCHEME_DICE);
    assert_string_equal(appraisal.device_class, "V? M"); /* no device writes to a terminal */
}

/* ---- the answer ---- */

static tps_status read(const char *bytes, size_t size)
{
    evidence_claims e = {.scheme = TPS_SCHEME_DICE};

    return dice_answer_read(tps_span_make(bytes, size), &e, NULL);
}

#define READ(bytes) read(bytes, sizeof(bytes) - 1)
#define NONCE       "\x0a\x48\x01\x02\x03\x04\x05\x06\x07\x08"

static void an_answers_claims_are_read_strictly(void **state)
{
    static char long_nonce[80] = "\xa1\x0a\x58\x41";
    static char long_aud[300] = "\xa1\x03\x79\x01\x01";

    (void)state;
    memset(long_aud + 5, 'a', 257);
    assert_status(READ("\xa1" NONCE), TPS_OK);
    assert_status(READ("\xa4\x61x\xf4\x20\x80\x19\x12\x34\x01" NONCE),
                  TPS_OK); /* what is unknown is passed over */
    assert_status(READ("\xa2\x03\x61x" NONCE), TPS_OK);
    assert_status(READ("\xa2\x03\x60" NONCE), TPS_CLAIM_BAD_VALUE);
    assert_status(READ("\xa2\x03\x41x" NONCE), TPS_CLAIM_BAD_TYPE);
    assert_status(READ("\xa1\x0a\x68"
                       "12345678"),
                  TPS_CLAIM_BAD_TYPE);
    assert_status(READ("\xa2\x19\x01\x00\x46"
                       "123456" NONCE),
                  TPS_CLAIM_BAD_VALUE);
    assert_status(READ("\xa2\x19\x01\x00\x47"
                       "1234567" NONCE),
                  TPS_OK);
    assert_status(READ("\xa2" NONCE), TPS_CBOR_TRUNCATED);
    assert_status(READ("\xa2" NONCE NONCE), TPS_CBOR_DUPLICATE_KEY);
    assert_status(READ("\xa0"), TPS_CLAIM_MISSING);
    assert_status(READ("\x80"), TPS_CBOR_UNEXPECTED_TYPE);
    assert_status(READ("\xa2\x1b\xff\xff\xff\xff\xff\xff\xff\xff\x01" NONCE), TPS_CBOR_OUT_OF_RANGE);
    assert_status(read(long_nonce, 4 + 65), TPS_CLAIM_BAD_VALUE);
    assert_status(read(long_aud, 5 + 257), TPS_CLAIM_BAD_VALUE);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(evidence_without_layers_adds_nothing),
        TEST(every_hash_has_one_digest_in_a_measurement),
        TEST(a_layer_that_tells_nothing_must_match_all_the_same),
        TEST(the_environment_is_what_layer_and_chain_say),
        TEST(flags_are_turned_to_what_is_so),
        TEST(not_secure_is_excused_where_nothing_is),
        TEST(inputs_of_the_open_profile_are_three_claims),
        TEST(inputs_that_are_absent_are_not_made_up),
        TEST(more_digests_than_there_is_room_for_are_a_finding),
        TEST(more_registers_than_there_is_room_for_are_a_finding),
        TEST(more_digests_in_registers_than_there_is_room_for_are_a_finding),
        TEST(more_claims_than_there_is_room_for_are_a_finding),
        TEST(two_digests_of_one_hash_in_a_register_stay_two),
        TEST(other_schemes_have_rules_of_their_own),
        TEST(all_that_must_match_approves),
        TEST(registers_without_a_chain_tell_no_configuration),
        TEST(one_that_does_not_match_approves_no_software),
        TEST(a_class_that_has_a_name_keeps_it),
        TEST(an_answers_claims_are_read_strictly),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
