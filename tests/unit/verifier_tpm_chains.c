/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of attestation keys and of endorsement keys, and endorsement keys that are revoked. */
#include "crypto/demonstration.h"
#include "crypto/x509.h"
#include "support/vectors.h"
#include "tpm_maker.h"
#include "tps/anchor.h"
#include "tps/revocation.h"

#define NO_CLASS ((tpm_plan){"2.23.133.8.3", "critical,digitalSignature", false, NOW + 1000})
#define LENIENT  ((tps_verifier_options){.allow_unsigned_endorsements = true})

static tpm_device lamp;
static tps_span root;

/* A verifier that trusts a TPM maker's root, within a scope, and knows the lamp's registers. */
static tps_verifier *trusting(const tps_anchor_scope *scope)
{
    tps_verifier *v = make_verifier(LENIENT);
    tpm_words words = {.registers = &lamp, .values_of = tpm_environment(TPS_SPAN_EMPTY)};

    root = make_ca("TPM maker", device_key(20), TPS_SPAN_EMPTY, NULL);
    assert_status(tps_verifier_add_scoped_anchor(v, root, scope), TPS_OK);
    tpm_endorse(v, &words);
    return v;
}

static const tps_anchor_scope for_tpms = {.uses = TPS_ANCHOR_TPM};

static tps_span answer_with(tps_span certificate)
{
    lamp.evidence.chain[0] = certificate;
    lamp.evidence.chain_count = certificate.size != 0;
    return tpm_answer(&lamp);
}

static tps_span certified(tpm_plan plan)
{
    return answer_with(tpm_certify(plan, device_key(1), root, device_key(20)));
}

/* ---- of attestation keys ---- */

static void a_makers_certificate_vouches_for_the_key_and_its_class(void **state)
{
    tps_verifier *v;
    const tps_appraisal *a;

    (void)state;
    tpm_start(&lamp);
    v = trusting(&for_tpms);
    a = appraise(v, certified(tpm_plan_ak));
    expect_affirming(a);
    assert_int_equal(a->vector[TPS_EAR_HARDWARE], TPS_EAR_HARDWARE_GENUINE);
    assert_span(tps_span_make(a->instance_id, a->instance_id_size), tpm_instance(&lamp));
    /* without a class in it, nothing is known of the registers */
    expect_finding(appraise(v, certified(NO_CLASS)), "executables.no-reference-values", TPS_OK);
    tps_verifier_free(v);
}

/* Two makers are trusted, and the class is the other's: a TPM of one's own runs whatever one likes. */
static void a_certificate_proves_no_class_of_another_maker(void **state)
{
    tps_corim_manifest others = lamp_manifest();
    tps_span ca;
    tps_span leaf;
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    v = trusting(&for_tpms);
    ca = make_ca("Other maker", device_key(21), TPS_SPAN_EMPTY, NULL);
    leaf =
        make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), ca, device_key(21), NOW + 1000);
    assert_status(tps_verifier_add_anchor(v, ca), TPS_OK);
    others.class_id = TPS_SPAN_OF(tpm_class);
    others.device_count = 0;
    assert_status(
        tps_verifier_add_corim(v, sign_manifest(&others, device_key(22), &leaf, 1, (tps_corim_validity){0}),
                               NOW, NULL),
        TPS_OK);
    expect_finding(appraise(v, certified(tpm_plan_ak)), "instance-identity.class-of-another",
                   TPS_VERIFIER_CLASS_OF_ANOTHER);
    tps_verifier_free(v);
}

static void a_certificate_for_anything_else_vouches_for_nothing(void **state)
{
    static const tpm_plan plans[] = {
        {NULL, "critical,digitalSignature", true, NOW + 1000},
        {"clientAuth", "critical,digitalSignature", true, NOW + 1000},
        {"2.23.133.8.1", "critical,digitalSignature", true, NOW + 1000},
        {"2.23.133.8.3", "critical,keyAgreement", true, NOW + 1000},
    };
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    v = trusting(&for_tpms);
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        expect_finding(appraise(v, certified(plans[i])), "instance-identity.other-purpose",
                       TPS_CRYPTO_CHAIN_PURPOSE);
    }
    tps_verifier_free(v);
}

static void a_certificate_of_another_key_vouches_for_that(void **state)
{
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    v = trusting(&for_tpms);
    expect_finding(appraise(v, answer_with(tpm_certify(tpm_plan_ak, device_key(2), root, device_key(20)))),
                   "evidence.unverifiable", TPS_TPM_OTHER_KEY);
    tps_verifier_free(v);
}

static void a_certificate_speaks_of_the_key_in_the_evidence_alone(void **state)
{
    static const uint8_t other[16] = {9};
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    v = trusting(&for_tpms);
    lamp.evidence.instance = TPS_SPAN_OF(other);
    expect_finding(appraise(v, certified(tpm_plan_ak)), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    lamp.evidence.ak = TPS_SPAN_EMPTY;
    expect_finding(appraise(v, certified(tpm_plan_ak)), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    lamp.evidence.instance = TPS_SPAN_EMPTY;
    expect_finding(appraise(v, certified(tpm_plan_ak)), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
}

static void other_roots_other_uses_and_old_certificates_do_not_count(void **state)
{
    static const tps_anchor_scope for_dice = {.uses = TPS_ANCHOR_DICE};
    tpm_plan old = tpm_plan_ak;
    tps_verifier *v;
    tps_span other;

    (void)state;
    tpm_start(&lamp);
    v = trusting(&for_dice);
    expect_finding(appraise(v, certified(tpm_plan_ak)), "instance-identity.out-of-scope",
                   TPS_VERIFIER_OUT_OF_SCOPE);
    tps_verifier_free(v);
    v = trusting(&for_tpms);
    other = make_ca("Somebody", device_key(21), TPS_SPAN_EMPTY, NULL);
    expect_finding(appraise(v, answer_with(tpm_certify(tpm_plan_ak, device_key(1), other, device_key(21)))),
                   "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    old.not_after = NOW - 1;
    expect_finding(appraise(v, certified(old)), "instance-identity.certificate-expired",
                   TPS_CRYPTO_CHAIN_EXPIRED);
    tps_verifier_free(v);
}

static void a_root_vouches_within_its_scope(void **state)
{
    static const uint8_t another[32] = {0x7f};
    static const uint8_t low[33] = {0};
    static const uint8_t high[33] = {0x00, 0xff};
    tps_scope_class class = {.id = TPS_SPAN_OF(another)};
    tps_scope_instances range = {TPS_SPAN_OF(low), TPS_SPAN_OF(high)};
    const tps_anchor_scope classes = {.uses = TPS_ANCHOR_TPM, .classes = &class, .class_count = 1};
    const tps_anchor_scope instances = {.uses = TPS_ANCHOR_TPM, .instances = &range, .instance_count = 1};
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    v = trusting(&classes);
    expect_finding(appraise(v, certified(tpm_plan_ak)), "instance-identity.out-of-scope",
                   TPS_VERIFIER_OUT_OF_SCOPE);
    expect_finding(appraise(v, certified(NO_CLASS)), "instance-identity.out-of-scope",
                   TPS_VERIFIER_OUT_OF_SCOPE);
    tps_verifier_free(v);
    class.id = TPS_SPAN_OF(tpm_class);
    v = trusting(&classes);
    expect_affirming(appraise(v, certified(tpm_plan_ak)));
    tps_verifier_free(v);
    v = trusting(&instances);
    expect_finding(appraise(v, certified(tpm_plan_ak)), "instance-identity.out-of-scope",
                   TPS_VERIFIER_OUT_OF_SCOPE);
    tps_verifier_free(v);
}

static void what_is_revoked_of_the_path_refuses_the_key(void **state)
{
    tps_revocation gone = {.kind = TPS_REVOKED_KEY};
    tps_span certificate;
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    v = trusting(&for_tpms);
    gone.value = tpm_hash(TPS_ALG_SHA256, tpm_spki(device_key(20)));
    assert_status(tps_verifier_revoke(v, &gone), TPS_OK);
    expect_finding(appraise(v, certified(tpm_plan_ak)), "instance-identity.revoked",
                   TPS_VERIFIER_REVOKED_KEY);
    tps_verifier_free(v);
    v = trusting(&for_tpms);
    certificate = tpm_certify(tpm_plan_ak, device_key(1), root, device_key(20));
    gone = (tps_revocation){.kind = TPS_REVOKED_CERTIFICATE, .value = tpm_hash(TPS_ALG_SHA256, certificate)};
    assert_status(tps_verifier_revoke(v, &gone), TPS_OK);
    expect_finding(appraise(v, answer_with(certificate)), "instance-identity.revoked",
                   TPS_VERIFIER_REVOKED_CERTIFICATE);
    tps_verifier_free(v);
}

static void a_key_that_was_added_counts_where_no_certificate_does(void **state)
{
    tps_verifier *v;
    tps_span other;
    const tps_appraisal *a;

    (void)state;
    tpm_start(&lamp);
    v = trusting(&for_tpms);
    other = make_ca("Somebody", device_key(21), TPS_SPAN_EMPTY, NULL);
    other = answer_with(tpm_certify(tpm_plan_ak, device_key(1), other, device_key(21)));
    assert_status(tps_verifier_add_key(v, tpm_spki(device_key(2))), TPS_OK);
    expect_finding(appraise(v, other), "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    assert_status(tps_verifier_add_key(v, tpm_spki(device_key(1))), TPS_OK);
    a = appraise(v, other);
    expect_finding(a, "hardware.unknown-class", TPS_OK);
    assert_int_equal(a->vector[TPS_EAR_INSTANCE_IDENTITY], TPS_EAR_IDENTITY_TRUSTWORTHY);
    tps_verifier_free(v);
}

static void a_key_that_was_added_needs_no_name(void **state)
{
    tps_verifier *v;
    tps_revocation gone = {.kind = TPS_REVOKED_KEY};
    const tps_appraisal *a;

    (void)state;
    tpm_start(&lamp);
    v = trusting(&for_tpms);
    assert_status(tps_verifier_add_key(v, tpm_spki(device_key(1))), TPS_OK);
    lamp.evidence.ak = TPS_SPAN_EMPTY;
    a = appraise(v, tpm_answer(&lamp));
    expect_finding(a, "hardware.unknown-class", TPS_OK);
    assert_int_equal(a->instance_id_size, 0);
    gone.value = tpm_hash(TPS_ALG_SHA256, tpm_spki(device_key(1)));
    assert_status(tps_verifier_revoke(v, &gone), TPS_OK);
    expect_finding(appraise(v, tpm_answer(&lamp)), "instance-identity.revoked", TPS_VERIFIER_REVOKED_KEY);
    tps_verifier_free(v);
}

/* ---- endorsement keys that a record of activation names ---- */

enum { EK = 5, EK_ISSUER = 20 };

/* The record: the lamp's AK, and what it has as the EK of this instance. */
static void bind(tps_verifier *v, const tps_corim_environment *device, const tps_corim_key *eks, size_t count)
{
    const tps_corim_key ak = tpm_key(device_key(1));
    const tps_corim_key_statement attest = {.environment = *device, .keys = ONE(&ak)};
    const tps_corim_key_statement identity = {.environment = *device, .keys = {.items = eks, .count = count}};
    tpm_words words = {.attest = &attest, .attest_count = 1, .identity = &identity, .identity_count = 1};

    tpm_endorse(v, &words);
}

static tps_verifier *bound_to(const tps_corim_key *eks, size_t count)
{
    tps_verifier *v = trusting(&for_tpms);
    const tps_corim_environment device = tpm_environment(tpm_instance(&lamp));

    bind(v, &device, eks, count);
    return v;
}

static void revoke(tps_verifier *v, uint32_t kind, tps_span value, int64_t since)
{
    const tps_revocation gone = {.kind = kind, .value = value, .since = since};

    assert_status(tps_verifier_revoke(v, &gone), TPS_OK);
}

/* The EK as a record can have it. */
static tps_corim_key written(uint32_t tag, tps_span certificate)
{
    tps_span spki = tpm_spki(device_key(EK));
    tps_corim_key key = {.tag = tag};

    switch (tag) {
    case TPS_CORIM_TAG_KEY_PEM: return tpm_key(device_key(EK));
    case TPS_CORIM_TAG_CERTIFICATE_PEM:
    case TPS_CORIM_TAG_PATH_PEM: key.value = tpm_pem(certificate, "CERTIFICATE"); break;
    case TPS_CORIM_TAG_CERTIFICATE_DER: key.value = certificate; break;
    case TPS_CORIM_TAG_KEY_THUMBPRINT:
        key.digest = (tps_corim_digest){.alg = TPS_ALG_SHA256, .value = tpm_hash(TPS_ALG_SHA256, spki)};
        break;
    default:
        key.digest =
            (tps_corim_digest){.alg = TPS_ALG_SHA256, .value = tpm_hash(TPS_ALG_SHA256, certificate)};
        break;
    }
    return key;
}

static tps_span ek_certificate(void)
{
    root = make_ca("TPM maker", device_key(EK_ISSUER), TPS_SPAN_EMPTY, NULL);
    return tpm_certify(tpm_plan_ek, device_key(EK), root, device_key(EK_ISSUER));
}

static void a_revoked_endorsement_key_refuses_the_attestation_key(void **state)
{
    static const uint32_t tags[] = {TPS_CORIM_TAG_KEY_PEM, TPS_CORIM_TAG_CERTIFICATE_PEM,
                                    TPS_CORIM_TAG_PATH_PEM, TPS_CORIM_TAG_CERTIFICATE_DER,
                                    TPS_CORIM_TAG_KEY_THUMBPRINT};

    (void)state;
    tpm_start(&lamp);
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        tps_corim_key ek = written(tags[i], ek_certificate());
        tps_verifier *v = bound_to(&ek, 1);
        expect_affirming(appraise(v, tpm_answer(&lamp)));
        revoke(v, TPS_REVOKED_KEY, tpm_hash(TPS_ALG_SHA256, tpm_spki(device_key(2))), 0);
        expect_affirming(appraise(v, tpm_answer(&lamp)));
        revoke(v, TPS_REVOKED_KEY, tpm_hash(TPS_ALG_SHA256, tpm_spki(device_key(EK))), NOW + 1);
        expect_affirming(appraise(v, tpm_answer(&lamp)));
        revoke(v, TPS_REVOKED_KEY, tpm_hash(TPS_ALG_SHA256, tpm_spki(device_key(EK))), NOW);
        expect_finding(appraise(v, tpm_answer(&lamp)), "instance-identity.revoked", TPS_VERIFIER_REVOKED_KEY);
        tps_verifier_free(v);
    }
}

static void a_revoked_certificate_of_the_endorsement_key_does_too(void **state)
{
    static const uint32_t tags[] = {TPS_CORIM_TAG_CERTIFICATE_PEM, TPS_CORIM_TAG_PATH_PEM,
                                    TPS_CORIM_TAG_CERTIFICATE_DER, TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT};

    (void)state;
    tpm_start(&lamp);
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        tps_span certificate = ek_certificate();
        tps_corim_key eks[2] = {tpm_key(device_key(EK)), written(tags[i], certificate)};
        tps_verifier *v = bound_to(eks, 2);
        revoke(v, TPS_REVOKED_CERTIFICATE, tpm_hash(TPS_ALG_SHA256, root), 0);
        expect_affirming(appraise(v, tpm_answer(&lamp))); /* the record vouches for the EK, not the root */
        revoke(v, TPS_REVOKED_CERTIFICATE, tpm_hash(TPS_ALG_SHA256, certificate), 0);
        expect_finding(appraise(v, tpm_answer(&lamp)), "instance-identity.revoked",
                       TPS_VERIFIER_REVOKED_CERTIFICATE);
        tps_verifier_free(v);
    }
}

static void thumbprints_by_other_hashes_tell_nobody_who_is_revoked(void **state)
{
    static const uint8_t identifier[8] = {1};
    tps_span certificate = ek_certificate();
    tps_corim_key eks[3] = {{.tag = TPS_CORIM_TAG_KEY_THUMBPRINT},
                            {.tag = TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT},
                            {.tag = TPS_CORIM_TAG_BYTES, .value = TPS_SPAN_OF(identifier)}};
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    eks[0].digest = (tps_corim_digest){.alg = TPS_ALG_SHA384,
                                       .value = tpm_hash(TPS_ALG_SHA384, tpm_spki(device_key(EK)))};
    eks[1].digest = (tps_corim_digest){.alg = TPS_ALG_SHA384, .value = tpm_hash(TPS_ALG_SHA384, certificate)};
    v = bound_to(eks, 3);
    revoke(v, TPS_REVOKED_KEY, tpm_hash(TPS_ALG_SHA256, tpm_spki(device_key(EK))), 0);
    expect_affirming(appraise(v, tpm_answer(&lamp)));
    /* but with the certificate at hand */
    lamp.evidence.ek_chain[0] = certificate;
    lamp.evidence.ek_chain_count = 1;
    expect_finding(appraise(v, tpm_answer(&lamp)), "instance-identity.revoked", TPS_VERIFIER_REVOKED_KEY);
    tps_verifier_free(v);
}

static void the_endorsement_key_of_another_is_of_no_matter(void **state)
{
    static const uint8_t other[33] = {1, 2, 3};
    const tps_corim_key ek = tpm_key(device_key(EK));
    const tps_corim_environment whole_class = tpm_environment(TPS_SPAN_EMPTY);
    tps_corim_key_statement identities[2] = {
        {.environment = tpm_environment(TPS_SPAN_OF(other)), .keys = ONE(&ek)},
        {.environment = whole_class, .keys = ONE(&ek)}};
    tpm_words words = {.identity = identities, .identity_count = 2};
    tps_corim_key mine = tpm_key(device_key(6));
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    v = bound_to(&mine, 1);
    tpm_endorse(v, &words);
    revoke(v, TPS_REVOKED_KEY, tpm_hash(TPS_ALG_SHA256, tpm_spki(device_key(EK))), 0);
    expect_affirming(appraise(v, tpm_answer(&lamp)));
    tps_verifier_free(v);
}

/* Instances can be told in other ways than by a UEID. */
static void a_record_may_name_the_instance_otherwise(void **state)
{
    static const uint8_t node[16] = {0x7d, 0xf7};
    const tps_corim_key ek = tpm_key(device_key(EK));
    tps_corim_value instances[] = {
        {.kind = TPS_CORIM_UUID, .number = TPS_CORIM_TAG_UUID, .bytes = TPS_SPAN_OF(node)},
        {.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(node)},
        {.kind = TPS_CORIM_KEY, .number = TPS_CORIM_TAG_KEY_PEM, .bytes = tpm_key(device_key(1)).value}};

    (void)state;
    for (size_t i = 0; i < sizeof instances / sizeof instances[0]; i++) {
        tps_corim_environment device = tpm_environment(TPS_SPAN_EMPTY);
        tps_verifier *v;

        tpm_start(&lamp);
        device.instance = instances[i];
        lamp.evidence.instance = instances[i].kind == TPS_CORIM_KEY ? TPS_SPAN_EMPTY : TPS_SPAN_OF(node);
        v = trusting(&for_tpms);
        bind(v, &device, &ek, 1);
        expect_affirming(appraise(v, tpm_answer(&lamp)));
        revoke(v, TPS_REVOKED_KEY, tpm_hash(TPS_ALG_SHA256, tpm_spki(device_key(EK))), 0);
        expect_finding(appraise(v, tpm_answer(&lamp)), "instance-identity.revoked", TPS_VERIFIER_REVOKED_KEY);
        tps_verifier_free(v);
    }
}

/* ---- certificates of endorsement keys in the evidence ---- */

static tps_span answer_with_ek(tps_span certificate)
{
    lamp.evidence.ek_chain[0] = certificate;
    lamp.evidence.ek_chain_count = 1;
    return tpm_answer(&lamp);
}

static void an_endorsement_certificate_must_be_of_the_bound_key(void **state)
{
    static const uint32_t tags[] = {TPS_CORIM_TAG_KEY_PEM, TPS_CORIM_TAG_KEY_THUMBPRINT,
                                    TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT, TPS_CORIM_TAG_CERTIFICATE_DER};
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        tps_span certificate = ek_certificate();
        tps_corim_key ek = written(tags[i], certificate);
        v = bound_to(&ek, 1);
        expect_affirming(appraise(v, answer_with_ek(certificate)));
        expect_finding(
            appraise(v, answer_with_ek(tpm_certify(tpm_plan_ek, device_key(6), root, device_key(EK_ISSUER)))),
            "evidence.unverifiable", TPS_TPM_OTHER_KEY);
        tps_verifier_free(v);
    }
}

static void an_endorsement_certificate_that_nothing_binds_is_refused(void **state)
{
    static const uint8_t other[33] = {1, 2, 3};
    const tps_corim_key ak = tpm_key(device_key(1));
    const tps_corim_key ek = tpm_key(device_key(EK));
    tps_corim_key_statement attest;
    tps_corim_key_statement identity = {.environment = tpm_environment(TPS_SPAN_OF(other)), .keys = ONE(&ek)};
    tpm_words words = {.attest = &attest, .attest_count = 1, .identity = &identity, .identity_count = 1};
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    attest = (tps_corim_key_statement){.environment = tpm_environment(tpm_instance(&lamp)), .keys = ONE(&ak)};
    v = trusting(&for_tpms);
    tpm_endorse(v, &words);
    expect_affirming(appraise(v, tpm_answer(&lamp)));
    expect_finding(appraise(v, answer_with_ek(ek_certificate())), "evidence.unverifiable", TPS_TPM_OTHER_KEY);
    tps_verifier_free(v);
}

static void an_endorsement_certificate_must_be_one_of_a_tpm_maker(void **state)
{
    static const tps_anchor_scope for_dice = {.uses = TPS_ANCHOR_DICE};
    static const tpm_plan otherwise = {"2.23.133.8.3", "critical,digitalSignature", false, NOW + 1000};
    const tps_corim_key ek = tpm_key(device_key(EK));
    tps_corim_environment device;
    tps_verifier *v;
    tps_span other;

    (void)state;
    tpm_start(&lamp);
    v = bound_to(&ek, 1);
    other = make_ca("Somebody", device_key(21), TPS_SPAN_EMPTY, NULL);
    expect_finding(
        appraise(v, answer_with_ek(tpm_certify(tpm_plan_ek, device_key(EK), other, device_key(21)))),
        "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    expect_finding(
        appraise(v, answer_with_ek(tpm_certify(otherwise, device_key(EK), root, device_key(EK_ISSUER)))),
        "instance-identity.other-purpose", TPS_CRYPTO_CHAIN_PURPOSE);
    revoke(v, TPS_REVOKED_CERTIFICATE, tpm_hash(TPS_ALG_SHA256, root), 0);
    expect_finding(appraise(v, answer_with_ek(ek_certificate())), "instance-identity.revoked",
                   TPS_VERIFIER_REVOKED_CERTIFICATE);
    tps_verifier_free(v);
    v = trusting(&for_dice);
    device = tpm_environment(tpm_instance(&lamp));
    bind(v, &device, &ek, 1);
    expect_finding(appraise(v, answer_with_ek(ek_certificate())), "instance-identity.out-of-scope",
                   TPS_VERIFIER_OUT_OF_SCOPE);
    tps_verifier_free(v);
}

static void an_endorsement_certificate_is_judged_within_the_scope_of_its_anchor(void **state)
{
    static const uint8_t another[32] = {0x7f};
    const tps_scope_class class = {.id = TPS_SPAN_OF(another)};
    const tps_anchor_scope scope = {.uses = TPS_ANCHOR_TPM, .classes = &class, .class_count = 1};
    const tps_corim_key ek = tpm_key(device_key(EK));
    tps_corim_environment device;
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    v = trusting(&scope);
    device = tpm_environment(tpm_instance(&lamp));
    bind(v, &device, &ek, 1);
    expect_affirming(appraise(v, tpm_answer(&lamp)));
    expect_finding(appraise(v, answer_with_ek(ek_certificate())), "instance-identity.out-of-scope",
                   TPS_VERIFIER_OUT_OF_SCOPE);
    tps_verifier_free(v);
}

/* ---- the demonstration CA ---- */

static tps_crypto_key *demonstration_key(void)
{
    tps_buf pem = file_read("share/demo-ca/opentps-INSECURE-demonstration-ca.key.pem");
    tps_crypto_key *key;

    assert_status(tps_crypto_key_from_pem(span_of(pem), &key), TPS_OK);
    free(pem.data);
    return key;
}

static void the_demonstration_ca_vouches_only_where_it_may(void **state)
{
    const tps_corim_key ek = tpm_key(device_key(EK));
    tps_crypto_key *key = demonstration_key();
    tps_span demo = TPS_SPAN_OF(tps_demonstration_certificate);
    tps_corim_environment device;
    tps_verifier *v;
    const tps_appraisal *a;

    (void)state;
    tpm_start(&lamp);
    v = bound_to(&ek, 1);
    expect_finding(appraise(v, answer_with_ek(tpm_certify(tpm_plan_ek, device_key(EK), demo, key))),
                   "instance-identity.demonstration", TPS_VERIFIER_DEMONSTRATION);
    tps_verifier_free(v);
    tpm_start(&lamp);
    v = trusting(&for_tpms);
    expect_finding(appraise(v, answer_with(tpm_certify(tpm_plan_ak, device_key(1), demo, key))),
                   "instance-identity.demonstration", TPS_VERIFIER_DEMONSTRATION);
    tps_verifier_free(v);

    v = make_verifier(
        (tps_verifier_options){.allow_unsigned_endorsements = true, .allow_demonstration = true});
    assert_status(tps_verifier_add_anchor(v, demo), TPS_OK);
    a = appraise(v, answer_with(tpm_certify(tpm_plan_ak, device_key(1), demo, key)));
    assert_int_equal(a->vector[TPS_EAR_INSTANCE_IDENTITY], TPS_EAR_IDENTITY_TRUSTWORTHY);
    assert_true(a->is_demonstration);
    tpm_start(&lamp);
    device = tpm_environment(tpm_instance(&lamp));
    bind(v, &device, &ek, 1);
    assert_false(appraise(v, tpm_answer(&lamp))->is_demonstration);
    a = appraise(v, answer_with_ek(tpm_certify(tpm_plan_ek, device_key(EK), demo, key)));
    assert_int_equal(a->vector[TPS_EAR_INSTANCE_IDENTITY], TPS_EAR_IDENTITY_TRUSTWORTHY);
    assert_true(a->is_demonstration);
    tps_verifier_free(v);
    tps_crypto_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_makers_certificate_vouches_for_the_key_and_its_class),
        cmocka_unit_test(a_certificate_proves_no_class_of_another_maker),
        cmocka_unit_test(a_certificate_for_anything_else_vouches_for_nothing),
        cmocka_unit_test(a_certificate_of_another_key_vouches_for_that),
        cmocka_unit_test(a_certificate_speaks_of_the_key_in_the_evidence_alone),
        cmocka_unit_test(other_roots_other_uses_and_old_certificates_do_not_count),
        cmocka_unit_test(a_root_vouches_within_its_scope),
        cmocka_unit_test(what_is_revoked_of_the_path_refuses_the_key),
        cmocka_unit_test(a_key_that_was_added_counts_where_no_certificate_does),
        cmocka_unit_test(a_key_that_was_added_needs_no_name),
        cmocka_unit_test(a_revoked_endorsement_key_refuses_the_attestation_key),
        cmocka_unit_test(a_revoked_certificate_of_the_endorsement_key_does_too),
        cmocka_unit_test(thumbprints_by_other_hashes_tell_nobody_who_is_revoked),
        cmocka_unit_test(the_endorsement_key_of_another_is_of_no_matter),
        cmocka_unit_test(a_record_may_name_the_instance_otherwise),
        cmocka_unit_test(an_endorsement_certificate_must_be_of_the_bound_key),
        cmocka_unit_test(an_endorsement_certificate_that_nothing_binds_is_refused),
        cmocka_unit_test(an_endorsement_certificate_must_be_one_of_a_tpm_maker),
        cmocka_unit_test(an_endorsement_certificate_is_judged_within_the_scope_of_its_anchor),
        cmocka_unit_test(the_demonstration_ca_vouches_only_where_it_may),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
