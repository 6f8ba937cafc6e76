/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of one device in every scheme. */
#include "every_scheme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tpm_support.h"
#include "tps/base64.h"

const char *const scheme_names[SCHEMES] = {"PSA", "PSA 2.0.0", "OPENTPS", "DICE"};

static tps_span label_of(int64_t label)
{
    static uint8_t room[9];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_span encoded;

    tps_cbor_put_int(&w, label);
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

/* Claims with another value of one of them, as it is encoded; an empty one takes the claim away. */
static tps_span edit(tps_span claims, int64_t label, tps_span value)
{
    static uint8_t room[8192];
    tps_cbor_reader r = tps_cbor_reader_init(claims);
    tps_cbor_reader there = r;
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    const tps_cbor_label looked_for = {.number = label};
    tps_span old;
    tps_cbor_list map = tps_cbor_enter_map(&r);
    tps_span encoded;

    tps_cbor_find(&there, &looked_for, &old, 1);
    tps_cbor_put_map(&w, map.left - (old.size > 0) + (value.size > 0));
    while (tps_cbor_next(&r, &map)) {
        tps_span key = tps_cbor_skip(&r);
        tps_span kept = tps_cbor_skip(&r);
        if (!tps_span_equal(key, label_of(label))) {
            tps_cbor_put_raw(&w, key);
            tps_cbor_put_raw(&w, kept);
        }
    }
    if (value.size > 0) {
        tps_cbor_put_raw(&w, label_of(label));
        tps_cbor_put_raw(&w, value);
    }
    assert_status(r.status, TPS_OK);
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

static tps_span claims_of(unsigned scheme)
{
    static uint8_t room[8192];
    tps_psa_claims psa = lamp_psa();
    tps_device_claims eat = lamp_eat();
    tps_span claims;

    psa.is_2_0_0 = scheme == PSA_2_0_0;
    switch (scheme) {
    case OPENTPS:
        assert_status(tps_device_claims_encode(&eat, TPS_BUF_OF(room), &claims, NULL), TPS_OK);
        break;
    case DICE: claims = answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY); break;
    default: assert_status(tps_psa_encode(&psa, TPS_BUF_OF(room), &claims, NULL), TPS_OK); break;
    }
    return claims;
}

/* The lamp's evidence with a claim changed; see edit(). */
tps_span answer_with(unsigned scheme, int64_t label, tps_span value)
{
    tps_span claims = edit(claims_of(scheme), label, value);
    dice_device device = dice_lamp();
    size_t count;
    const tps_span *chain;

    if (scheme != DICE) {
        return sign_bytes(claims, device_key(1), TPS_ALG_ES256);
    }
    chain = chain_of(&device, &count);
    return sign_under(claims, chain, count);
}

/* A byte string, encoded; an absent one (data NULL) stays so. */
static tps_span in_cbor(tps_span bytes)
{
    static uint8_t room[128];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_span encoded;

    if (bytes.data == NULL) {
        return TPS_SPAN_EMPTY;
    }
    tps_cbor_put_bytes(&w, bytes);
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

tps_span answer(unsigned scheme, tps_span nonce)
{
    return answer_with(scheme, TPS_EAT_NONCE, in_cbor(nonce));
}

const tps_appraisal *ask(tps_verifier *v, tps_span evidence, const tps_appraisal_request *request)
{
    static tps_appraisal outcome;

    tps_verifier_appraise(v, evidence, request, &outcome);
    return &outcome;
}

bool has(const tps_appraisal *a, const char *name)
{
    for (size_t i = 0; i < a->finding_count; i++) {
        if (strcmp(a->findings[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- a TPM ---- */

static uint8_t register_0[32];

/* Its quote of PCR 0 over `extra`. */
tps_span quote(tps_span extra)
{
    static uint8_t room[8192];
    static uint8_t pcrs[64];
    static builder ak;
    static builder attest;
    static builder signature;
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(pcrs));
    tps_tpm_evidence evidence = {.ak = make_ak(&ak, device_key(1), AK_ATTRIBUTES)};
    tps_digest digest;
    tps_span encoded;

    tps_cbor_put_array(&w, 1);
    tps_cbor_put_array(&w, 2);
    tps_cbor_put_uint(&w, TPS_TPM_ALG_SHA256);
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, 0);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(register_0));
    assert_status(tps_cbor_writer_finish(&w, &evidence.pcrs), TPS_OK);
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(register_0), &digest), TPS_OK);
    evidence.attest = make_quote(&attest, extra, 1, tps_span_make(digest.bytes, 32));
    evidence.signature = make_signature(&signature, device_key(1), evidence.attest);
    assert_status(tps_tpm_evidence_encode(&evidence, TPS_BUF_OF(room), &encoded), TPS_OK);
    return encoded;
}

static tps_span in_pem(tps_crypto_key *key)
{
    static char pem[512];
    uint8_t spki[128];
    char text[256];
    size_t size;
    size_t used;

    assert_status(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size), TPS_OK);
    used = tps_base64_write(tps_span_make(spki, size), text);
    (void)snprintf(pem, sizeof pem, "-----BEGIN PUBLIC KEY-----\n%.*s\n-----END PUBLIC KEY-----\n", (int)used,
                   text);
    return tps_span_of_text(pem);
}

tps_span write_comid(const tps_corim_comid *comid)
{
    static uint8_t room[8192];
    const tps_corim_tag tag = {.tag = TPS_CORIM_TAG_COMID, .comid = comid};
    tps_corim corim;
    tps_span encoded;

    memset(&corim, 0, sizeof corim);
    corim.id = comid->identity.id;
    corim.tags = (tps_corim_tags){.items = &tag, .count = 1};
    assert_status(tps_corim_write(&corim, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    return encoded;
}

/* A verifier that knows its key and what PCR 0 should be. */
tps_verifier *tpm_verifier(void)
{
    static const uint8_t class_id[32] = {0x7e};
    static builder room;
    uint8_t instance[TPS_TPM_INSTANCE_SIZE];
    tps_corim_digest digest = {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(register_0)};
    tps_corim_register pcr_0 = {.id = {.type = TPS_CBOR_UINT}, .digests = {.items = &digest, .count = 1}};
    tps_corim_measurement measured = {.registers = {.items = &pcr_0, .count = 1}};
    tps_corim_statement values = {
        .environment = {.class_id = {.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(class_id)}},
        .measurements = {.items = &measured, .count = 1}};
    tps_corim_key key = {.tag = TPS_CORIM_TAG_KEY_PEM, .value = in_pem(device_key(1))};
    tps_corim_key_statement keys = {.environment = values.environment, .keys = {.items = &key, .count = 1}};
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_comid comid;
    tps_tpm_public ak;

    assert_status(tps_tpm_public_decode(make_ak(&room, device_key(1), AK_ATTRIBUTES), &ak, NULL), TPS_OK);
    assert_status(tps_tpm_instance_of(&ak, instance), TPS_OK);
    keys.environment.instance = (tps_corim_value){.kind = TPS_CORIM_UEID, .bytes = TPS_SPAN_OF(instance)};
    memset(&comid, 0, sizeof comid);
    comid.identity.id = (tps_corim_value){.kind = TPS_CORIM_TEXT, .bytes = TPS_SPAN_LITERAL("tpm")};
    comid.attest_keys = (tps_corim_key_statements){.items = &keys, .count = 1};
    comid.reference_values = (tps_corim_statements){.items = &values, .count = 1};
    assert_status(tps_verifier_add_corim(v, write_comid(&comid), NOW, NULL), TPS_OK);
    return v;
}
