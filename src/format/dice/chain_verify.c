/* SPDX-License-Identifier: Apache-2.0 */
/* A chain of X.509 certificates of DICE, verified: signatures and times. What issuers may is judged where the
 * layers are listed. */
#include "format/der/certificate.h"
#include "format/der/time.h"
#include "tps/dice.h"

/* Signature algorithms (RFC 5758, 3.2; RFC 8410, 3). */
static const struct {
    int32_t alg;
    uint8_t size;
    uint8_t oid[8];
} algorithms[] = {
    {TPS_ALG_ES256, 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}},
    {TPS_ALG_ES384, 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03}},
    {TPS_ALG_ES512, 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04}},
    {TPS_ALG_EDDSA, 3, {0x2b, 0x65, 0x70}},
};

/* The algorithm that an AlgorithmIdentifier names; TPS_ALG_NONE for others. */
static int32_t read_algorithm(tps_span identifier)
{
    der_reader r = der_reader_init(identifier);
    const uint8_t *outer = der_enter(&r, DER_SEQUENCE);
    tps_span oid = der_get_oid(&r, DER_OID);
    tps_span parameters;

    (void)der_take(&r, DER_NULL, &parameters);
    der_leave(&r, outer);
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0] && r.status == TPS_OK; i++) {
        if (tps_span_equal(oid, tps_span_make(algorithms[i].oid, algorithms[i].size))) {
            return algorithms[i].alg;
        }
    }
    return TPS_ALG_NONE;
}

/* One positive INTEGER as a number of `size` bytes. */
static void read_number(der_reader *r, uint8_t *out, size_t size)
{
    tps_span number = der_get_integer(r, DER_INTEGER);

    if (number.size > 0 && number.data[0] == 0) {
        number = tps_span_make(number.data + 1, number.size - 1);
    } else if (number.size > 0 && number.data[0] >= 0x80) {
        number.size = SIZE_MAX; /* negative */
    }
    if (number.size > size) {
        der_fail(r, TPS_CRYPTO_BAD_SIGNATURE);
        return;
    }
    memset(out, 0, size - number.size);
    if (number.size > 0) {
        memcpy(out + (size - number.size), number.data, number.size);
    }
}

/* Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } (RFC 3279, 2.2.3) as r followed by s. */
static tps_status read_ecdsa(tps_span encoded, uint8_t *raw, size_t size)
{
    der_reader r = der_reader_init(encoded);
    const uint8_t *outer = der_enter(&r, DER_SEQUENCE);

    read_number(&r, raw, size);
    read_number(&r, raw + size, size);
    der_leave(&r, outer);
    return der_reader_finish(&r) == TPS_OK ? TPS_OK : TPS_CRYPTO_BAD_SIGNATURE;
}

static tps_status verify_signature(const der_certificate *certificate, tps_crypto_key *key)
{
    uint8_t raw[TPS_EC_SIGNATURE_SIZE_MAX];
    int32_t alg = read_algorithm(certificate->signature_algorithm);
    tps_span signature = certificate->signature;

    if (alg == TPS_ALG_NONE || tps_crypto_alg_fits(alg, key) != TPS_OK) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (alg != TPS_ALG_EDDSA) {
        size_t size = tps_crypto_curve_size(tps_crypto_key_curve(key));

        TPS_TRY(read_ecdsa(signature, raw, size));
        signature = tps_span_make(raw, 2 * size);
    }
    return tps_crypto_verify_message(key, alg, certificate->tbs, signature);
}

/* Validity ::= SEQUENCE { notBefore Time, notAfter Time }; both are within it. */
static tps_status check_times(tps_span validity, int64_t now, tps_error *why)
{
    der_reader r = der_reader_init(validity);
    const uint8_t *outer = der_enter(&r, DER_SEQUENCE);
    int64_t not_before = der_get_time(&r);
    int64_t not_after = der_get_time(&r);

    der_leave(&r, outer);
    if (r.status != TPS_OK) {
        return der_reader_why(&r, why, "the validity");
    }
    return now == 0 || (now >= not_before && now <= not_after)
               ? TPS_OK
               : tps_fail(why, TPS_CRYPTO_CHAIN_EXPIRED, 0, NULL);
}

/* Verifies one certificate with the key of its issuer, and takes its own in that one's place. */
static tps_status step_down(tps_span encoded, const tps_dice_anchor *anchor, tps_crypto_key **key,
                            tps_error *why)
{
    tps_crypto_key *signer = *key == NULL ? anchor->root : *key;
    tps_crypto_key *own = NULL;
    der_certificate certificate;
    tps_status status;

    TPS_TRY(der_certificate_read(encoded, &certificate, why));
    if (*key == NULL && anchor->issuer.size > 0 && !tps_span_equal(anchor->issuer, certificate.issuer)) {
        return tps_fail(why, TPS_DICE_CHAIN_BROKEN, 0, "the issuer of the last certificate");
    }
    TPS_TRY(check_times(certificate.validity, anchor->now, why));
    status = verify_signature(&certificate, signer);
    if (status == TPS_OK) {
        status = tps_crypto_key_from_spki(certificate.public_key, &own);
    }
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, NULL);
    }
    tps_crypto_key_free(*key);
    *key = own;
    return TPS_OK;
}

tps_status tps_dice_chain_verify(const tps_span *chain, size_t count, const tps_dice_anchor *anchor,
                                 tps_dice_layer *layers, size_t *layer_count, tps_crypto_key **leaf,
                                 tps_error *why)
{
    tps_crypto_key *key = NULL;
    tps_status status = TPS_OK;

    if (leaf != NULL) {
        *leaf = NULL;
    }
    if (anchor->root == NULL) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "the root");
    }
    TPS_TRY(tps_dice_chain_layers(chain, count, layers, layer_count, why));
    for (size_t i = count; i-- > 0 && status == TPS_OK;) {
        status = step_down(chain[i], anchor, &key, why);
    }
    if (status == TPS_OK && leaf != NULL) {
        *leaf = key;
    } else {
        tps_crypto_key_free(key);
    }
    return status;
}
