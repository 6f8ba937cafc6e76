/* SPDX-License-Identifier: Apache-2.0 */
/* Reference values of a TPM's device: banks, registers and events that are almost those that were quoted. */
#include "tpm_maker.h"
#include "tps/revocation.h"
#include "verifier/trust/tpm.h"

#define LENIENT ((tps_verifier_options){.allow_unsigned_endorsements = true})

static tpm_device lamp;

/* A verifier that knows the lamp's key, its class by some name, and what these measurements say. */
static tps_verifier *knowing(const tps_corim_measurement *measurements, size_t count)
{
    const tps_corim_key ak = tpm_key(device_key(1));
    tps_corim_environment device = tpm_environment(tpm_instance(&lamp));
    const tps_corim_key_statement attest = {.environment = device, .keys = ONE(&ak)};
    tpm_words words = {.attest = &attest,
                       .attest_count = 1,
                       .values_of = tpm_environment(TPS_SPAN_EMPTY),
                       .measurements = measurements,
                       .measurement_count = count};
    tps_verifier *v = make_verifier(LENIENT);

    tpm_endorse(v, &words);
    return v;
}

/* ---- several banks ---- */

static const uint32_t three[3] = {TPS_TPM_ALG_SHA1, TPS_TPM_ALG_SHA384, TPS_TPM_ALG_SHA256};
static uint8_t wide[48] = {0x38};

static tps_span value_in_bank(uint32_t alg, uint32_t pcr)
{
    static const uint8_t sha1[20] = {0x11};

    return alg == TPS_TPM_ALG_SHA1     ? TPS_SPAN_OF(sha1)
           : alg == TPS_TPM_ALG_SHA384 ? TPS_SPAN_OF(wide)
                                       : TPS_SPAN_OF(lamp.values[pcr == 0 ? 0 : 1]);
}

/* A quote of PCR 0 and 4 in these banks, of which SHA-512's has no register. */
static tps_span answer_in(const uint32_t *banks, size_t count)
{
    static const uint8_t name[34] = {0, 0x0b};
    builder values = {.size = 0};
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(lamp.pcrs.bytes));

    lamp.quote.size = 0;
    put_be(&lamp.quote, 0xff544347, 4);
    put_be(&lamp.quote, 0x8018, 2);
    put_sized(&lamp.quote, TPS_SPAN_OF(name));
    put_sized(&lamp.quote, tps_span_make(the_nonce, 32));
    put_be(&lamp.quote, 0, 8); /* clock */
    put_be(&lamp.quote, 0, 4 + 4);
    put_be(&lamp.quote, 1, 1);
    put_be(&lamp.quote, 0, 8);
    put_be(&lamp.quote, count + 1, 4);
    put_be(&lamp.quote, TPS_TPM_ALG_SHA512, 2);
    put_be(&lamp.quote, 0x03000000, 4);
    tps_cbor_put_array(&w, count);
    for (size_t i = 0; i < count; i++) {
        put_be(&lamp.quote, banks[i], 2);
        put_be(&lamp.quote, 0x03110000, 4);
        tps_cbor_put_array(&w, 2);
        tps_cbor_put_uint(&w, banks[i]);
        tps_cbor_put_map(&w, 2);
        for (uint32_t pcr = 0; pcr <= 4; pcr += 4) {
            tps_cbor_put_uint(&w, pcr);
            tps_cbor_put_bytes(&w, value_in_bank(banks[i], pcr));
            put(&values, value_in_bank(banks[i], pcr));
        }
    }
    assert_status(tps_cbor_writer_finish(&w, &lamp.evidence.pcrs), TPS_OK);
    put_sized(&lamp.quote, tpm_hash(TPS_ALG_SHA256, built(&values)));
    lamp.evidence.attest = built(&lamp.quote);
    lamp.evidence.event_log = TPS_SPAN_EMPTY;
    lamp.evidence.signature = make_signature(&lamp.signature, device_key(1), lamp.evidence.attest);
    return tpm_wrap(&lamp);
}

static tps_corim_register register_of(const tps_corim_digest *digests, size_t count, uint32_t pcr)
{
    return (tps_corim_register){.id = {.type = TPS_CBOR_UINT, .value = pcr},
                                .digests = {.items = digests, .count = count}};
}

static void every_bank_that_is_endorsed_must_agree(void **state)
{
    static const uint8_t long_one[64] = {5};
    tps_corim_digest digests[3] = {{.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(lamp.values[0])},
                                   {.alg = TPS_ALG_SHA384, .value = TPS_SPAN_OF(wide)},
                                   {.alg = TPS_ALG_SHA512, .value = TPS_SPAN_OF(long_one)}};
    const tps_corim_register one = register_of(digests, 3, 0);
    const tps_corim_measurement m = {.registers = ONE(&one)};
    tps_verifier *v;
    tps_span evidence;
    const tps_appraisal *a;

    (void)state;
    tpm_start(&lamp);
    evidence = answer_in(three, 3);
    v = knowing(&m, 1);
    expect_affirming(appraise(v, evidence)); /* SHA-512 is not quoted, and says nothing */
    tps_verifier_free(v);
    wide[1] ^= 1; /* now the two banks do not agree */
    v = knowing(&m, 1);
    wide[1] ^= 1;
    a = appraise(v, evidence);
    expect_finding(a, "executables.register-changed", TPS_OK);
    assert_non_null(strstr(a->findings[0].evidence, "sha384")); /* the largest */
    tps_verifier_free(v);
}

static void the_largest_bank_counts_wherever_it_stands(void **state)
{
    static const uint32_t rising[2] = {TPS_TPM_ALG_SHA256, TPS_TPM_ALG_SHA384};
    static const uint8_t other[48] = {1};
    tps_corim_digest digests[2] = {{.alg = TPS_ALG_SHA384, .value = TPS_SPAN_OF(other)},
                                   {.alg = TPS_ALG_SHA384, .value = TPS_SPAN_OF(wide)}};
    const tps_corim_register both[2] = {register_of(&digests[0], 1, 0), register_of(&digests[1], 1, 4)};
    const tps_corim_measurement m = {.registers = {.items = both, .count = 2}};
    tps_verifier *v;
    const tps_appraisal *a;

    (void)state;
    tpm_start(&lamp);
    v = knowing(&m, 1);
    a = appraise(v, answer_in(rising, 2));
    expect_finding(a, "executables.register-changed", TPS_OK);
    assert_int_equal(a->finding_count, 2); /* one state, of which one register is another */
    assert_non_null(strstr(a->findings[0].evidence, "sha384"));
    tps_verifier_free(v);
}

static void no_bank_in_common_is_no_value(void **state)
{
    static const uint32_t narrow[1] = {TPS_TPM_ALG_SHA1};
    tps_corim_digest digest = {.alg = TPS_ALG_SHA384, .value = TPS_SPAN_OF(wide)};
    const tps_corim_register one = register_of(&digest, 1, 0);
    const tps_corim_measurement m = {.registers = ONE(&one)};
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    v = knowing(&m, 1);
    expect_finding(appraise(v, tpm_answer(&lamp)), "executables.register-changed", TPS_OK);
    /* SHA-1 alone quotes nothing */
    expect_finding(appraise(v, answer_in(narrow, 1)), "executables.register-not-quoted", TPS_TPM_PCR_MISSING);
    tps_verifier_free(v);
}

static void registers_that_no_tpm_has_are_never_met(void **state)
{
    static const uint64_t numbers[] = {32, 0xffffffffffffull};
    tps_corim_digest digest = {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(lamp.values[0])};
    tps_corim_register both[2] = {register_of(&digest, 1, 0), register_of(&digest, 1, 0)};
    const tps_corim_measurement m = {.registers = {.items = both, .count = 2}};
    tps_corim_measurement alone = {.registers = ONE(&both[1])};
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    for (size_t i = 0; i < 3; i++) {
        both[1].id.type = i < 2 ? TPS_CBOR_UINT : TPS_CBOR_TEXT;
        both[1].id.value = i < 2 ? numbers[i] : 0;
        both[1].id.bytes = i < 2 ? TPS_SPAN_EMPTY : TPS_SPAN_LITERAL("zero");
        v = knowing(&m, 1);
        expect_finding(appraise(v, tpm_answer(&lamp)), "executables.register-changed", TPS_OK);
        tps_verifier_free(v);
        v = knowing(&alone, 1); /* nothing is said of any register that there is */
        expect_finding(appraise(v, tpm_answer(&lamp)), "executables.no-reference-values", TPS_OK);
        tps_verifier_free(v);
    }
}

static void one_of_several_states_is_enough(void **state)
{
    static const uint8_t old[32] = {7};
    tps_corim_digest digests[2] = {{.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(old)},
                                   {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(lamp.values[0])}};
    const tps_corim_register registers[2] = {register_of(&digests[0], 1, 0), register_of(&digests[1], 1, 0)};
    const tps_corim_measurement states[2] = {{.registers = ONE(&registers[0])},
                                             {.registers = ONE(&registers[1])}};
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    v = knowing(states, 2);
    expect_affirming(appraise(v, tpm_answer(&lamp)));
    tps_verifier_free(v);
    v = knowing(states, 1);
    expect_finding(appraise(v, tpm_answer(&lamp)), "executables.register-changed", TPS_OK);
    tps_verifier_free(v);
}

/* ---- measurements of other kinds ---- */

static void digests_over_all_are_of_the_signatures_hash(void **state)
{
    static const uint8_t values[48] = {1};
    tps_corim_digest digests[2] = {{.alg = TPS_ALG_SHA384, .value = TPS_SPAN_OF(values)},
                                   {.alg = TPS_ALG_SHA256}};
    tps_corim_measurement m = {.digests = {.items = digests, .count = 2}};
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    digests[1].value = tpm_hash(TPS_ALG_SHA256, TPS_SPAN_OF(lamp.values));
    v = knowing(&m, 1);
    expect_affirming(appraise(v, tpm_answer(&lamp)));
    tps_verifier_free(v);
    digests[1].value = tpm_hash(TPS_ALG_SHA256, TPS_SPAN_OF(values));
    v = knowing(&m, 1);
    expect_finding(appraise(v, tpm_answer(&lamp)), "executables.registers-changed", TPS_OK);
    tps_verifier_free(v);
}

static void measurements_that_say_nothing_of_registers_are_passed_over(void **state)
{
    static const uint8_t digest[32] = {1};
    const tps_corim_digest one = {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(digest)};
    const tps_corim_measurement others[] = {
        {.key = {.kind = TPS_CORIM_UINT, .number = 32}, .digests = ONE(&one)},
        {.key = {.kind = TPS_CORIM_UINT, .number = 4}, .name = TPS_SPAN_LITERAL("loader")},
        {.key = {.kind = TPS_CORIM_TEXT, .bytes = TPS_SPAN_LITERAL("firmware")}, .digests = ONE(&one)},
        {.name = TPS_SPAN_LITERAL("nothing")}};
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    v = knowing(others, sizeof others / sizeof others[0]);
    expect_finding(appraise(v, tpm_answer(&lamp)), "executables.no-reference-values", TPS_OK);
    tps_verifier_free(v);
}

/* ---- events ---- */

static tps_corim_measurement event_of(tps_corim_digest *room, const char *text, const char *name)
{
    *room =
        (tps_corim_digest){.alg = TPS_ALG_SHA256, .value = tpm_hash(TPS_ALG_SHA256, tps_span_of_text(text))};
    return (tps_corim_measurement){.key = {.kind = TPS_CORIM_UINT, .number = 4},
                                   .digests = {.items = room, .count = 1},
                                   .name = tps_span_of_text(name)};
}

static void every_event_of_a_register_must_be_endorsed(void **state)
{
    tps_corim_digest rooms[2];
    tps_corim_measurement m[2] = {event_of(&rooms[0], "loader", ""), event_of(&rooms[1], "system", "")};
    tps_verifier *v;
    const tps_appraisal *a;

    (void)state;
    tpm_start(&lamp);
    v = knowing(m, 2);
    expect_affirming(appraise(v, tpm_answer(&lamp)));
    tps_verifier_free(v);
    m[0] = event_of(&rooms[0], "another", "loader");
    m[1] = event_of(&rooms[1], "third", "loader"); /* the same name: one of the two must be there */
    v = knowing(m, 2);
    a = appraise(v, tpm_answer(&lamp));
    expect_finding(a, "executables.event-unknown", TPS_OK);
    assert_non_null(strstr(a->findings[0].cause, "nor are others"));
    assert_non_null(strstr(a->findings[0].evidence, "2 of the register's events"));
    expect_finding(a, "executables.event-missing", TPS_OK);
    assert_int_equal(a->finding_count, 2);
    tps_verifier_free(v);
}

/* Begins a log of PCR 4 anew, and puts the registers where it leads. */
static void run(void (*fill)(builder *log))
{
    tps_tpm_log log;
    tps_tpm_registers replayed;

    tpm_start(&lamp);
    begin_log(&lamp.log, TPS_TPM_ALG_SHA256, 32);
    fill(&lamp.log);
    lamp.evidence.event_log = built(&lamp.log);
    assert_status(tps_tpm_log_decode(built(&lamp.log), &log, NULL), TPS_OK);
    assert_status(tps_tpm_log_replay(&log, TPS_TPM_ALG_SHA256, &replayed), TPS_OK);
    memcpy(lamp.values[0], replayed.values[0], 32);
    memcpy(lamp.values[1], replayed.values[4], 32);
}

static void fill_twice_and_silent(builder *log)
{
    static const uint8_t zeros[32] = {0};
    static const uint8_t nothing[3] = {1, 2, 3};

    put_event(log, 4, TPS_TPM_EV_NO_ACTION, TPS_SPAN_OF(zeros), TPS_SPAN_OF(nothing));
    put_text_event(log, 4, TPS_TPM_EV_IPL, "loader");
    put_text_event(log, 4, TPS_TPM_EV_IPL, "loader");
    put_text_event(log, 4, TPS_TPM_EV_IPL, "loader");
    put_event(log, 4, TPS_TPM_EV_POST_CODE, TPS_SPAN_OF(zeros), TPS_SPAN_OF(nothing));
    put_text_event(log, 5, TPS_TPM_EV_IPL, "of another register, which was not quoted");
}

static void an_event_that_says_nothing_is_named_by_its_number(void **state)
{
    tps_corim_digest rooms[2];
    tps_corim_measurement m = event_of(&rooms[0], "loader", "loader");
    tps_verifier *v;
    const tps_appraisal *a;

    (void)state;
    run(fill_twice_and_silent);
    v = knowing(&m, 1);
    a = appraise(v, tpm_answer(&lamp));
    assert_int_equal(a->finding_count, 1); /* each of the same events is endorsed, NO_ACTION is none */
    assert_string_equal(a->findings[0].cause, "PCR 4: event 5 (EV_POST_CODE) is not endorsed");
    tps_verifier_free(v);
}

static void fill_nothing(builder *log)
{
    (void)log;
}

static void names_are_of_one_register(void **state)
{
    tps_corim_digest rooms[3];
    tps_corim_measurement m[3] = {event_of(&rooms[0], "loader", "program"), event_of(&rooms[1], "system", ""),
                                  event_of(&rooms[2], "firmware 2", "program")};
    tps_verifier *v;
    const tps_appraisal *a;

    (void)state;
    tpm_start(&lamp);
    m[2].name =
        tps_span_of_text("pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp"
                         "pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp");
    m[0].name = m[2].name;
    m[2].key.number = 0;
    v = knowing(m, 3);
    a = appraise(v, tpm_answer(&lamp));
    expect_finding(a, "executables.event-unknown", TPS_OK);
    assert_int_equal(a->finding_count, 2);
    assert_non_null(strstr(a->findings[1].cause, "PCR 0: no event is the endorsed \"p"));
    tps_verifier_free(v);
}

static void a_log_without_events_has_none_of_the_endorsed(void **state)
{
    tps_corim_digest room;
    tps_corim_digest wide_one = {.alg = TPS_ALG_SHA384, .value = TPS_SPAN_OF(wide)};
    tps_corim_measurement m[2] = {event_of(&room, "loader", "loader"),
                                  {.key = {.kind = TPS_CORIM_UINT, .number = 4}, .digests = ONE(&wide_one)}};
    tps_verifier *v;

    (void)state;
    run(fill_nothing);
    v = knowing(m, 2);
    expect_finding(appraise(v, tpm_answer(&lamp)), "executables.event-missing", TPS_OK);
    tps_verifier_free(v);
}

static void a_revoked_event_counts_from_then_on(void **state)
{
    tps_corim_digest rooms[2];
    tps_corim_measurement m[2] = {event_of(&rooms[0], "loader", ""), event_of(&rooms[1], "system", "")};
    tps_revocation gone = {.kind = TPS_REVOKED_IMAGE, .since = NOW + 1};
    tps_verifier *v;
    const tps_appraisal *a;

    (void)state;
    tpm_start(&lamp);
    gone.value = tpm_hash(TPS_ALG_SHA256, TPS_SPAN_LITERAL("system"));
    v = knowing(m, 2);
    assert_status(tps_verifier_revoke(v, &gone), TPS_OK);
    expect_affirming(appraise(v, tpm_answer(&lamp)));
    gone.since = NOW;
    assert_status(tps_verifier_revoke(v, &gone), TPS_OK);
    a = appraise(v, tpm_answer(&lamp));
    expect_finding(a, "executables.known-bad", TPS_OK);
    assert_string_equal(a->findings[0].cause, "PCR 4: event 3 (EV_IPL, \"system\") is known to be bad");
    tps_verifier_free(v);
}

static void too_many_names_are_not_taken_for_all(void **state)
{
    static tps_corim_digest room;
    static char names[TPM_NAMES_MAX + 1][8];
    tps_verifier *v = NULL;

    (void)state;
    tpm_start(&lamp);
    for (size_t i = 0; i <= TPM_NAMES_MAX; i++) {
        tps_corim_measurement m = event_of(&room, i % 2 == 0 ? "loader" : "system", names[i]);
        tpm_words words = {
            .values_of = tpm_environment(TPS_SPAN_EMPTY), .measurements = &m, .measurement_count = 1};
        (void)snprintf(names[i], sizeof names[i], "n%u", (unsigned)i);
        m.name = tps_span_of_text(names[i]);
        if (i == 0) {
            v = knowing(&m, 1);
        } else {
            tpm_endorse(v, &words);
        }
        if (i == TPM_NAMES_MAX - 1) {
            expect_affirming(appraise(v, tpm_answer(&lamp)));
        }
    }
    expect_finding(appraise(v, tpm_answer(&lamp)), "executables.too-many-names", TPS_OK);
    tps_verifier_free(v);
}

/* ---- the class ---- */

static void a_class_is_called_by_what_is_known_of_it(void **state)
{
    static const struct {
        const char *vendor;
        const char *model;
        const char *name;
    } classes[] = {{"ACME", "Lamp", "ACME Lamp"}, {"ACME", "", "ACME"}, {"", "", ""}};
    const tps_corim_key ak = tpm_key(device_key(1));

    (void)state;
    tpm_start(&lamp);
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        tps_corim_key_statement attest = {.environment = tpm_environment(TPS_SPAN_EMPTY), .keys = ONE(&ak)};
        tpm_words words = {.attest = &attest, .attest_count = 1};
        tps_verifier *v = make_verifier(LENIENT);

        if (classes[i].vendor[0] != '\0') {
            attest.environment.vendor = tps_span_of_text(classes[i].vendor);
        }
        if (classes[i].model[0] != '\0') {
            attest.environment.model = tps_span_of_text(classes[i].model);
        }
        tpm_endorse(v, &words);
        assert_string_equal(appraise(v, tpm_answer(&lamp))->device_class, classes[i].name);
        tps_verifier_free(v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bank_that_is_endorsed_must_agree),
        cmocka_unit_test(the_largest_bank_counts_wherever_it_stands),
        cmocka_unit_test(no_bank_in_common_is_no_value),
        cmocka_unit_test(registers_that_no_tpm_has_are_never_met),
        cmocka_unit_test(one_of_several_states_is_enough),
        cmocka_unit_test(digests_over_all_are_of_the_signatures_hash),
        cmocka_unit_test(measurements_that_say_nothing_of_registers_are_passed_over),
        cmocka_unit_test(every_event_of_a_register_must_be_endorsed),
        cmocka_unit_test(an_event_that_says_nothing_is_named_by_its_number),
        cmocka_unit_test(names_are_of_one_register),
        cmocka_unit_test(a_log_without_events_has_none_of_the_endorsed),
        cmocka_unit_test(a_revoked_event_counts_from_then_on),
        cmocka_unit_test(too_many_names_are_not_taken_for_all),
        cmocka_unit_test(a_class_is_called_by_what_is_known_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
