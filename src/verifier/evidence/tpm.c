/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of a TPM, taken apart. */
#include "verifier/evidence/tpm.h"

/* The nonce, of which the quote has a hash where an audience is told or the nonce is long. */
static tps_status read_nonce(const evidence_tpm *e, tps_span *nonce, tps_error *why)
{
    uint8_t expected[TPS_SHA256_SIZE];
    size_t size = 0;

    *nonce = e->quote.extra_data;
    if (e->parts.nonce.size == 0) {
        return TPS_OK;
    }
    *nonce = e->parts.nonce;
    TPS_TRY(tps_tpm_qualifying_data(e->parts.nonce, e->parts.aud, expected, &size));
    return tps_span_equal(tps_span_make(expected, size), e->quote.extra_data)
               ? TPS_OK
               : tps_fail(why, TPS_TPM_QUALIFYING_DATA, 0, NULL);
}

static tps_status read_key(evidence_tpm *e, tps_error *why)
{
    e->has_ak = e->parts.ak.size != 0;
    if (!e->has_ak) {
        return TPS_OK;
    }
    TPS_TRY(tps_tpm_public_decode(e->parts.ak, &e->ak, why));
    TPS_TRY(tps_tpm_public_is_attestation(&e->ak, why));
    if (e->ak.scheme != e->signature.scheme || e->ak.scheme_hash != e->signature.hash) {
        return tps_fail(why, TPS_TPM_OTHER_SCHEME, 0, NULL);
    }
    return tps_tpm_instance_of(&e->ak, e->instance);
}

tps_status evidence_tpm_read(tps_span bytes, evidence_tpm *out, tps_span *nonce, tps_error *why)
{
    tps_status status;

    TPS_TRY(tps_tpm_evidence_decode(bytes, TPS_BUF_MEASURE, &out->parts, why));
    TPS_TRY(tps_tpm_quote_decode(out->parts.attest, &out->quote, why));
    TPS_TRY(tps_tpm_signature_decode(out->parts.signature, &out->signature, why));
    status = tps_tpm_hash_check(out->signature.hash);
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, "the hash of the signature");
    }
    TPS_TRY(read_key(out, why));
    return read_nonce(out, nonce, why);
}
