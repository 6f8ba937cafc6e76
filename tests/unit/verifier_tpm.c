/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes of a TPM, appraised: whose key, which registers, what the log tells. The TPM is made here, of a key.
 */
#include "crypto/x509.h"
#include "support/keys.h"
#include "tpm_support.h"
#include "tps/base64.h"
#include "tps/policy.h"
#include "tps/revocation.h"
#include "verifier_support.h"

/* A TPM that was quoted, and what goes with it; to be changed before it is put together. */
typedef struct {
    uint8_t values[3][32]; /* PCR 0, 4 and 7 */
    builder ak;
    builder log;
    builder quote;
    builder signature;
    builder pcrs;
    tps_tpm_evidence evidence;
    tps_tpm_registers replayed;
} device;

static const uint32_t quoted[3] = {0, 4, 7};
static device lamp;
static uint8_t evidence_room[16384];
static uint8_t corim_room[8192];
static const uint8_t class_id[32] = {0x7e};

static tps_span values_of(device *d)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(d->pcrs.bytes));
    tps_span encoded;

    tps_cbor_put_array(&w, 1);
    tps_cbor_put_array(&w, 2);
    tps_cbor_put_uint(&w, TPS_TPM_ALG_SHA256);
    tps_cbor_put_map(&w, 3);
    for (size_t i = 0; i < 3; i++) {
        tps_cbor_put_uint(&w, quoted[i]);
        tps_cbor_put_bytes(&w, TPS_SPAN_OF(d->values[i]));
    }
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

/* The registers that the log leads to. */
static void run_log(device *d)
{
    tps_tpm_log log;

    assert_status(tps_tpm_log_decode(built(&d->log), &log, NULL), TPS_OK);
    assert_status(tps_tpm_log_replay(&log, TPS_TPM_ALG_SHA256, &d->replayed), TPS_OK);
    for (size_t i = 0; i < 3; i++) {
        memcpy(d->values[i], d->replayed.values[quoted[i]], 32);
    }
}

static tps_span quote_again(device *d, tps_crypto_key *key, tps_span nonce)
{
    tps_digest digest;
    tps_span encoded;

    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(d->values), &digest), TPS_OK);
    d->evidence.attest =
        make_quote(&d->quote, nonce, 1 << 0 | 1 << 4 | 1 << 7, tps_span_make(digest.bytes, 32));
    d->evidence.signature = make_signature(&d->signature, key, d->evidence.attest);
    d->evidence.pcrs = values_of(d);
    assert_status(tps_tpm_evidence_encode(&d->evidence, TPS_BUF_OF(evidence_room), &encoded), TPS_OK);
    return encoded;
}

static tps_span nonce_span(void)
{
    return tps_span_make(the_nonce, sizeof the_nonce);
}

/* A device that ran these programs behind its loader. */
static tps_span run(const char *program)
{
    memset(&lamp, 0, sizeof lamp);
    lamp.evidence.ak = make_ak(&lamp.ak, device_key(1), AK_ATTRIBUTES);
    begin_log(&lamp.log, TPS_TPM_ALG_SHA256, 32);
    put_text_event(&lamp.log, 0, TPS_TPM_EV_S_CRTM_VERSION, "firmware 1");
    put_text_event(&lamp.log, 4, TPS_TPM_EV_IPL, "loader");
    put_text_event(&lamp.log, 4, TPS_TPM_EV_IPL, program);
    lamp.evidence.event_log = built(&lamp.log);
    run_log(&lamp);
    return quote_again(&lamp, device_key(1), nonce_span());
}

/* ---- endorsements ---- */

typedef struct {
    bool has_registers;
    bool has_events;
    bool has_composite;
    bool is_keyed_otherwise; /* the key of another device */
    bool is_of_key;          /* the key is endorsed, for no instance */
} knowing;

static tps_corim_digest digest_of_text(const char *text, uint8_t room[32])
{
    tps_digest digest;

    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_of_text(text), &digest), TPS_OK);
    memcpy(room, digest.bytes, 32);
    return (tps_corim_digest){.alg = TPS_ALG_SHA256, .value = tps_span_make(room, 32)};
}

static tps_span pem_of(tps_crypto_key *key, char *pem, size_t size)
{
    uint8_t spki[128];
    char text[256];
    size_t length;
    size_t used;

    assert_status(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &length), TPS_OK);
    used = tps_base64_write(tps_span_make(spki, length), text);
    used = (size_t)snprintf(pem, size, "-----BEGIN PUBLIC KEY-----\n%.*s\n-----END PUBLIC KEY-----\n",
                            (int)used, text);
    return tps_span_make(pem, used);
}

static tps_span write_manifest(const tps_corim_comid *comid)
{
    const tps_corim_tag tag = {.tag = TPS_CORIM_TAG_COMID, .comid = comid};
    tps_corim corim;
    tps_span encoded;

    memset(&corim, 0, sizeof corim);
    corim.id = comid->identity.id;
    corim.tags = (tps_corim_tags){.items = &tag, .count = 1};
    assert_status(tps_corim_write(&corim, TPS_BUF_OF(corim_room), &encoded, NULL), TPS_OK);
    return encoded;
}

/* What is known of the lamp as it runs now. */
static tps_span manifest(knowing what)
{
    static uint8_t rooms[4][32];
    static uint8_t instance[TPS_TPM_INSTANCE_SIZE];
    static char pem[512];
    static const char *const texts[] = {"loader", "system", "recovery"};
    tps_corim_digest register_digests[2] = {{.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(lamp.values[0])},
                                            {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(lamp.values[1])}};
    tps_corim_register registers[2] = {
        {.id = {.type = TPS_CBOR_UINT, .value = 0}, .digests = {.items = &register_digests[0], .count = 1}},
        {.id = {.type = TPS_CBOR_UINT, .value = 4}, .digests = {.items = &register_digests[1], .count = 1}}};
    tps_corim_digest event_digests[3];
    tps_corim_measurement measurements[5];
    tps_corim_statement values = {
        .environment = {.class_id = {.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(class_id)},
                        .vendor = TPS_SPAN_LITERAL("ACME"),
                        .model = TPS_SPAN_LITERAL("Lamp")},
        .measurements = {.items = measurements}};
    tps_corim_key key = {.tag = TPS_CORIM_TAG_KEY_PEM,
                         .value = pem_of(device_key(what.is_keyed_otherwise ? 2 : 1), pem, sizeof pem)};
    tps_corim_key_statement keys = {.environment = values.environment, .keys = {.items = &key, .count = 1}};
    tps_corim_comid comid;
    tps_digest composite;
    tps_corim_digest composite_digest;
    tps_tpm_public ak;
    size_t count = 0;

    memset(measurements, 0, sizeof measurements);
    if (what.has_registers) {
        measurements[count++].registers = (tps_corim_registers){.items = registers, .count = 2};
    }
    for (size_t i = 0; what.has_events && i < 3; i++) {
        event_digests[i] = digest_of_text(texts[i], rooms[i]);
        measurements[count++] =
            (tps_corim_measurement){.key = {.kind = TPS_CORIM_UINT, .number = 4},
                                    .digests = {.items = &event_digests[i], .count = 1},
                                    .name = tps_span_of_text(i == 0 ? "loader" : "system")};
    }
    if (what.has_composite) {
        assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(lamp.values), &composite), TPS_OK);
        composite_digest =
            (tps_corim_digest){.alg = TPS_ALG_SHA256, .value = tps_span_make(composite.bytes, 32)};
        measurements[count++].digests = (tps_corim_digests){.items = &composite_digest, .count = 1};
    }
    values.measurements.count = count;
    assert_status(tps_tpm_public_decode(lamp.evidence.ak, &ak, NULL), TPS_OK);
    assert_status(tps_tpm_instance_of(&ak, instance), TPS_OK);
    if (!what.is_of_key) {
        keys.environment.instance = (tps_corim_value){.kind = TPS_CORIM_UEID, .bytes = TPS_SPAN_OF(instance)};
    }
    memset(&comid, 0, sizeof comid);
    comid.identity.id = (tps_corim_value){.kind = TPS_CORIM_TEXT, .bytes = TPS_SPAN_LITERAL("lamp")};
    comid.attest_keys = (tps_corim_key_statements){.items = &keys, .count = 1};
    comid.reference_values = (tps_corim_statements){.items = &values, .count = count != 0};
    return write_manifest(&comid);
}

static tps_verifier *knows(knowing what)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_error why = {0};

    assert_status(tps_verifier_add_corim(v, manifest(what), NOW, &why), TPS_OK);
    return v;
}

/* ---- the tests ---- */

static void registers_as_endorsed_are_affirming(void **state)
{
    tps_span evidence = run("system");
    tps_verifier *v = knows((knowing){.has_registers = true});
    const tps_appraisal *a = appraise(v, evidence);

    (void)state;
    expect_affirming(a);
    assert_int_equal(a->scheme, TPS_SCHEME_TPM);
    assert_string_equal(a->device_class, "ACME Lamp");
    assert_int_equal(a->instance_id_size, 33);
    tps_verifier_free(v);
}

static void a_changed_register_is_refused_naming_the_event(void **state)
{
    tps_verifier *v;
    const tps_appraisal *a;

    (void)state;
    (void)run("system");
    v = knows((knowing){.has_registers = true, .has_events = true});
    a = appraise(v, run("rootkit"));
    expect_finding(a, "executables.register-changed", TPS_OK);
    assert_int_equal(a->vector[TPS_EAR_EXECUTABLES], TPS_EAR_EXEC_UNRECOGNIZED);
    /* the measurement with PCR 0 and 4 is not met as a whole; the event is PCR 4's */
    assert_int_equal(a->finding_count, 2);
    assert_string_equal(a->findings[1].cause, "PCR 4: event 3 (EV_IPL, \"rootkit\") is not endorsed");
    tps_verifier_free(v);
}

static void without_a_log_the_register_is_named(void **state)
{
    tps_verifier *v;
    tps_span evidence;
    const tps_appraisal *a;

    (void)state;
    (void)run("system");
    v = knows((knowing){.has_registers = true, .has_events = true});
    (void)run("rootkit");
    lamp.evidence.event_log = TPS_SPAN_EMPTY;
    evidence = quote_again(&lamp, device_key(1), nonce_span());
    a = appraise(v, evidence);
    expect_finding(a, "executables.register-changed", TPS_OK);
    assert_non_null(strstr(a->findings[1].cause, "PCR 4 has a value that is not endorsed"));
    assert_non_null(strstr(a->findings[1].next_step, "event log"));
    tps_verifier_free(v);
}

static void events_alone_decide_where_no_value_is_endorsed(void **state)
{
    tps_verifier *v;
    tps_span evidence;

    (void)state;
    (void)run("system");
    v = knows((knowing){.has_events = true});
    expect_affirming(appraise(v, run("system")));
    expect_affirming(appraise(v, run("recovery"))); /* another one of the same name */
    expect_finding(appraise(v, run("rootkit")), "executables.event-unknown", TPS_OK);
    expect_finding(appraise(v, run("loader")), "executables.event-missing", TPS_OK);
    (void)run("system");
    lamp.evidence.event_log = TPS_SPAN_EMPTY;
    evidence = quote_again(&lamp, device_key(1), nonce_span());
    expect_finding(appraise(v, evidence), "executables.no-event-log", TPS_OK);
    tps_verifier_free(v);
}

static void a_digest_over_all_is_taken_as_a_whole(void **state)
{
    tps_verifier *v;

    (void)state;
    (void)run("system");
    v = knows((knowing){.has_composite = true});
    expect_affirming(appraise(v, run("system")));
    expect_finding(appraise(v, run("rootkit")), "executables.registers-changed", TPS_OK);
    tps_verifier_free(v);
}

/* A program that was started later extends PCR 8 to 10, still at zero, by the log of a good start. */
static void a_digest_over_other_registers_proves_nothing(void **state)
{
    uint8_t bytes[256];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    tps_verifier *v;
    tps_span encoded;
    tps_digest digest;

    (void)state;
    (void)run("system");
    v = knows((knowing){.has_composite = true});
    tps_cbor_put_array(&w, 1);
    tps_cbor_put_array(&w, 2);
    tps_cbor_put_uint(&w, TPS_TPM_ALG_SHA256);
    tps_cbor_put_map(&w, 3);
    for (size_t i = 0; i < 3; i++) {
        tps_cbor_put_uint(&w, 8 + i);
        tps_cbor_put_bytes(&w, TPS_SPAN_OF(lamp.values[i]));
    }
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(lamp.values), &digest), TPS_OK);
    lamp.evidence.attest =
        make_quote(&lamp.quote, nonce_span(), 1 << 8 | 1 << 9 | 1 << 10, tps_span_make(digest.bytes, 32));
    lamp.evidence.signature = make_signature(&lamp.signature, device_key(1), lamp.evidence.attest);
    lamp.evidence.event_log = TPS_SPAN_EMPTY;
    lamp.evidence.pcrs = tps_span_make(bytes, w.size);
    assert_status(tps_tpm_evidence_encode(&lamp.evidence, TPS_BUF_OF(evidence_room), &encoded), TPS_OK);
    expect_finding(appraise(v, encoded), "executables.registers-changed", TPS_OK);
    tps_verifier_free(v);
}

static void a_log_that_leads_elsewhere_is_refused(void **state)
{
    tps_verifier *v;
    tps_span evidence;

    (void)state;
    (void)run("system");
    v = knows((knowing){.has_registers = true});
    put_text_event(&lamp.log, 0, TPS_TPM_EV_POST_CODE, "more");
    lamp.evidence.event_log = built(&lamp.log);
    evidence = quote_again(&lamp, device_key(1), nonce_span());
    expect_finding(appraise(v, evidence), "executables.event-log-differs", TPS_TPM_LOG_DIFFERS);
    (void)run("system");
    lamp.evidence.event_log = TPS_SPAN_LITERAL("no log");
    evidence = quote_again(&lamp, device_key(1), nonce_span());
    expect_finding(appraise(v, evidence), "executables.event-log", TPS_TPM_TRUNCATED);
    tps_verifier_free(v);
}

static void other_values_than_the_quoted_are_refused(void **state)
{
    tps_verifier *v;
    tps_span encoded;

    (void)state;
    (void)run("system");
    v = knows((knowing){.has_registers = true});
    lamp.values[2][0] ^= 1;
    lamp.evidence.pcrs = values_of(&lamp);
    assert_status(tps_tpm_evidence_encode(&lamp.evidence, TPS_BUF_OF(evidence_room), &encoded), TPS_OK);
    expect_finding(appraise(v, encoded), "executables.register-values", TPS_TPM_PCR_DIGEST);
    lamp.evidence.pcrs = TPS_SPAN_EMPTY;
    assert_status(tps_tpm_evidence_encode(&lamp.evidence, TPS_BUF_OF(evidence_room), &encoded), TPS_OK);
    expect_finding(appraise(v, encoded), "executables.register-not-quoted", TPS_TPM_PCR_MISSING);
    tps_verifier_free(v);
}

/* One bank as it is, and another with what somebody would like to be there. */
static tps_span values_of_two_banks(uint8_t wanted[3][32], uint8_t (*real)[48], builder *b)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(b->bytes));
    tps_span encoded;

    tps_cbor_put_array(&w, 2);
    for (int bank = 0; bank < 2; bank++) {
        tps_cbor_put_array(&w, 2);
        tps_cbor_put_uint(&w, bank == 0 ? TPS_TPM_ALG_SHA256 : TPS_TPM_ALG_SHA384);
        tps_cbor_put_map(&w, 3);
        for (size_t i = 0; i < 3; i++) {
            tps_cbor_put_uint(&w, quoted[i]);
            tps_cbor_put_bytes(&w, bank == 0 ? tps_span_make(wanted[i], 32) : tps_span_make(real[i], 48));
        }
    }
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

/* The reference values are of SHA-256. A device that runs something else quotes its SHA-384 bank, and puts
 * the endorsed values of the other beside it: nobody signed them. */
static void values_of_a_bank_that_is_not_quoted_are_refused(void **state)
{
    enum { DIGEST_AND_SELECTION = 2 + 32 + 3 + 1 + 2 };
    uint8_t wanted[3][32];
    uint8_t real[3][48] = {{1}, {2}, {3}};
    tps_digest digest;
    tps_verifier *v;
    tps_span encoded;

    (void)state;
    (void)run("system");
    v = knows((knowing){.has_registers = true});
    memcpy(wanted, lamp.values, sizeof wanted);
    (void)run("rootkit");
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(real), &digest), TPS_OK);
    (void)make_quote(&lamp.quote, nonce_span(), 1 << 0 | 1 << 4 | 1 << 7, tps_span_make(digest.bytes, 32));
    lamp.quote.bytes[lamp.quote.size - DIGEST_AND_SELECTION + 1] = TPS_TPM_ALG_SHA384;
    lamp.evidence.attest = built(&lamp.quote);
    lamp.evidence.signature = make_signature(&lamp.signature, device_key(1), lamp.evidence.attest);
    lamp.evidence.event_log = TPS_SPAN_EMPTY;
    lamp.evidence.pcrs = values_of_two_banks(wanted, real, &lamp.pcrs);
    assert_status(tps_tpm_evidence_encode(&lamp.evidence, TPS_BUF_OF(evidence_room), &encoded), TPS_OK);
    expect_finding(appraise(v, encoded), "executables.register-values", TPS_TPM_BAD_VALUE);
    tps_verifier_free(v);
}

static void nonce_and_key_are_the_right_ones(void **state)
{
    static const uint8_t other[32] = {7};
    tps_verifier *v;

    (void)state;
    (void)run("system");
    v = knows((knowing){.has_registers = true});
    expect_finding(appraise(v, quote_again(&lamp, device_key(1), TPS_SPAN_OF(other))),
                   "freshness.nonce-mismatch", TPS_VERIFIER_NONCE_MISMATCH);
    expect_finding(appraise(v, quote_again(&lamp, device_key(2), nonce_span())), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    tps_verifier_free(v);
    (void)run("system");
    v = knows((knowing){.has_registers = true, .is_keyed_otherwise = true});
    expect_finding(appraise(v, run("system")), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    expect_finding(appraise(v, run("system")), "instance-identity.unknown-signer",
                   TPS_VERIFIER_NO_TRUST_ANCHOR);
    tps_verifier_free(v);
}

static void a_key_may_be_endorsed_for_no_instance(void **state)
{
    tps_verifier *v;

    (void)state;
    (void)run("system");
    v = knows((knowing){.has_registers = true, .is_of_key = true});
    expect_affirming(appraise(v, run("system")));
    tps_verifier_free(v);
    v = knows((knowing){.has_registers = true, .is_of_key = true, .is_keyed_otherwise = true});
    expect_finding(appraise(v, run("system")), "instance-identity.unknown-signer",
                   TPS_VERIFIER_NO_TRUST_ANCHOR);
    tps_verifier_free(v);
}

/* The holder of a key that is endorsed for a class, and for no instance, chooses no other's name. */
static void a_key_of_no_instance_speaks_for_its_own_alone(void **state)
{
    static const uint8_t other[33] = {0x01, 0x77};
    tps_verifier *v;
    tps_span evidence;

    (void)state;
    (void)run("system");
    v = knows((knowing){.has_registers = true, .is_of_key = true});
    lamp.evidence.instance = TPS_SPAN_OF(other);
    evidence = quote_again(&lamp, device_key(1), nonce_span());
    expect_finding(appraise(v, evidence), "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
}

/* A quote claims no class; its device has one all the same. */
static void the_policy_for_a_class_judges_its_tpms(void **state)
{
    static const char strict[] = "policy { name = \"strict\", version = \"1\" }\n"
                                 "warn { claim = \"configuration\", cause = \"no\", next_step = \"no\" }\n";
    const tps_policy_selector lamps = {.class_id = TPS_SPAN_OF(class_id)};
    tps_policy_problem problem = {.text = ""};
    tps_verifier *v;

    (void)state;
    (void)run("system");
    v = knows((knowing){.has_registers = true});
    assert_status(tps_verifier_add_policy(v, tps_span_of_text(strict), &lamps, &problem), TPS_OK);
    expect_finding(appraise(v, run("system")), "configuration.policy", TPS_OK);
    tps_verifier_free(v);
}

/* ---- two makers ---- */

static tps_span signed_by(tps_span corim, uint8_t signer, tps_span leaf)
{
    static uint8_t room[16384];
    tps_corim_signer who = {.name = TPS_SPAN_LITERAL("Somebody"), .x5chain = &leaf, .x5chain_count = 1};
    tps_cose_signer key = tps_cose_signer_of_key(device_key(signer), TPS_ALG_ESP256);
    tps_span message;

    assert_status(tps_corim_sign(corim, &who, &key, TPS_BUF_OF(room), &message), TPS_OK);
    return message;
}

/* What another trusted maker says of the registers of all of ACME's devices. */
static tps_span manifest_of_another(void)
{
    tps_corim_digest digests[2] = {{.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(lamp.values[0])},
                                   {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(lamp.values[1])}};
    tps_corim_register registers[2] = {
        {.id = {.type = TPS_CBOR_UINT, .value = 0}, .digests = {.items = &digests[0], .count = 1}},
        {.id = {.type = TPS_CBOR_UINT, .value = 4}, .digests = {.items = &digests[1], .count = 1}}};
    tps_corim_measurement measurement;
    tps_corim_statement values = {.environment = {.vendor = TPS_SPAN_LITERAL("ACME")},
                                  .measurements = {.items = &measurement, .count = 1}};
    tps_corim_comid comid;

    memset(&measurement, 0, sizeof measurement);
    measurement.registers = (tps_corim_registers){.items = registers, .count = 2};
    memset(&comid, 0, sizeof comid);
    comid.identity.id = (tps_corim_value){.kind = TPS_CORIM_TEXT, .bytes = TPS_SPAN_LITERAL("other")};
    comid.reference_values = (tps_corim_statements){.items = &values, .count = 1};
    return write_manifest(&comid);
}

static void another_maker_endorses_no_registers_of_a_class(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_demonstration = false});
    tps_span leaves[2];

    (void)state;
    for (uint8_t i = 0; i < 2; i++) {
        tps_span ca = make_ca(i == 0 ? "ACME" : "Other", device_key(20 + i), TPS_SPAN_EMPTY, NULL);
        leaves[i] = make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(30 + i), ca,
                                  device_key(20 + i), NOW + 1000);
        assert_status(tps_verifier_add_anchor(v, ca), TPS_OK);
    }
    (void)run("system");
    assert_status(tps_verifier_add_corim(
                      v, signed_by(manifest((knowing){.has_registers = true}), 30, leaves[0]), NOW, NULL),
                  TPS_OK);
    (void)run("rootkit");
    assert_status(tps_verifier_add_corim(v, signed_by(manifest_of_another(), 31, leaves[1]), NOW, NULL),
                  TPS_OK);
    expect_affirming(appraise(v, run("system")));
    expect_finding(appraise(v, run("rootkit")), "executables.register-changed", TPS_OK);
    tps_verifier_free(v);
}

static void a_key_that_was_added_says_nothing_of_the_hardware(void **state)
{
    uint8_t spki[128];
    size_t size;

    (void)state;
    for (uint8_t number = 1; number <= 2; number++) {
        for (int required = 0; required < 2; required++) {
            tps_verifier *v = make_verifier((tps_verifier_options){.require_key = required != 0});
            const tps_appraisal *a;
            assert_status(tps_crypto_key_spki(device_key(number), TPS_BUF_OF(spki), &size), TPS_OK);
            assert_status(tps_verifier_add_key(v, tps_span_make(spki, size)), TPS_OK);
            a = appraise(v, run("system"));
            if (number == 1) {
                expect_finding(a, "hardware.unknown-class", TPS_OK);
                assert_int_equal(a->vector[TPS_EAR_INSTANCE_IDENTITY], TPS_EAR_IDENTITY_TRUSTWORTHY);
            } else {
                expect_finding(a, "instance-identity.unknown-signer", TPS_VERIFIER_NO_TRUST_ANCHOR);
            }
            tps_verifier_free(v);
        }
    }
}

static void a_key_for_anything_quotes_nothing(void **state)
{
    tps_verifier *v;
    tps_span evidence;

    (void)state;
    (void)run("system");
    v = knows((knowing){.has_registers = true});
    lamp.evidence.ak = make_ak(&lamp.ak, device_key(1), AK_ATTRIBUTES & ~(uint32_t)TPS_TPM_RESTRICTED);
    evidence = quote_again(&lamp, device_key(1), nonce_span());
    expect_finding(appraise(v, evidence), "evidence.malformed", TPS_TPM_KEY_ATTRIBUTES);
    tps_verifier_free(v);
}

static void revoked_images_keys_and_devices_do_not_count(void **state)
{
    uint8_t room[32];
    tps_revocation image = {.kind = TPS_REVOKED_IMAGE, .reason = "CVE-2026-1"};
    tps_revocation gone = {.kind = TPS_REVOKED_DEVICE};
    tps_verifier *v;
    tps_span evidence;
    const tps_appraisal *a;

    (void)state;
    (void)run("system");
    v = knows((knowing){.has_registers = true});
    image.value = digest_of_text("loader", room).value;
    assert_status(tps_verifier_revoke(v, &image), TPS_OK);
    evidence = run("system");
    a = appraise(v, evidence);
    expect_finding(a, "executables.known-bad", TPS_OK);
    assert_int_equal(a->vector[TPS_EAR_EXECUTABLES], TPS_EAR_EXEC_CONTRAINDICATED);
    gone.value = tps_span_make(a->instance_id, a->instance_id_size);
    assert_status(tps_verifier_revoke(v, &gone), TPS_OK);
    a = appraise(v, evidence);
    assert_int_equal(a->tier, TPS_EAR_TIER_CONTRAINDICATED);
    assert_int_equal(a->findings[0].status, TPS_VERIFIER_REVOKED_DEVICE);
    tps_verifier_free(v);
}

static void no_changed_bit_of_evidence_is_affirming_otherwise(void **state)
{
    static uint8_t changed[16384];
    tps_span evidence = run("system");
    tps_verifier *v = knows((knowing){.has_registers = true});
    const tps_appraisal *a;

    (void)state;
    for (size_t i = 0; i < 8 * evidence.size; i += 3) {
        memcpy(changed, evidence.data, evidence.size);
        changed[i / 8] ^= (uint8_t)(1 << i % 8);
        a = appraise(v, tps_span_make(changed, evidence.size));
        if (a->tier == TPS_EAR_TIER_AFFIRMING) {
            /* only what the firmware says in words, which proves nothing, may differ */
            size_t at = i / 8;
            const uint8_t *found = memmem(evidence.data, evidence.size, lamp.log.bytes, lamp.log.size);
            assert_non_null(found);
            assert_true(evidence.data + at >= found && evidence.data + at < found + lamp.log.size);
        }
    }
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_as_endorsed_are_affirming),
        cmocka_unit_test(a_changed_register_is_refused_naming_the_event),
        cmocka_unit_test(without_a_log_the_register_is_named),
        cmocka_unit_test(events_alone_decide_where_no_value_is_endorsed),
        cmocka_unit_test(a_digest_over_all_is_taken_as_a_whole),
        cmocka_unit_test(a_digest_over_other_registers_proves_nothing),
        cmocka_unit_test(a_log_that_leads_elsewhere_is_refused),
        cmocka_unit_test(other_values_than_the_quoted_are_refused),
        cmocka_unit_test(values_of_a_bank_that_is_not_quoted_are_refused),
        cmocka_unit_test(nonce_and_key_are_the_right_ones),
        cmocka_unit_test(a_key_may_be_endorsed_for_no_instance),
        cmocka_unit_test(a_key_of_no_instance_speaks_for_its_own_alone),
        cmocka_unit_test(the_policy_for_a_class_judges_its_tpms),
        cmocka_unit_test(another_maker_endorses_no_registers_of_a_class),
        cmocka_unit_test(a_key_that_was_added_says_nothing_of_the_hardware),
        cmocka_unit_test(a_key_for_anything_quotes_nothing),
        cmocka_unit_test(revoked_images_keys_and_devices_do_not_count),
        cmocka_unit_test(no_changed_bit_of_evidence_is_affirming_otherwise),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
