/* SPDX-License-Identifier: Apache-2.0 */
/* A device with a TPM, its certificates and what its maker says of it. */
#include "tpm_maker.h"

#include <openssl/x509v3.h>

#include "crypto/openssl/key.h"
#include "crypto/x509.h"
#include "tps/base64.h"

enum { PLACES = 64, PLACE_SIZE = 4096 };

const uint8_t tpm_class[32] = {0x7e};
const tpm_plan tpm_plan_ak = {"2.23.133.8.3", "critical,digitalSignature", true, NOW + 1000};
const tpm_plan tpm_plan_ek = {"2.23.133.8.1", "critical,keyAgreement", false, NOW + 1000};

static const uint32_t quoted[2] = {0, 4};

/* A copy that lives until many more were made. */
static tps_span keep(tps_span bytes)
{
    static uint8_t places[PLACES][PLACE_SIZE];
    static size_t next;
    uint8_t *place = places[next++ % PLACES];

    assert_in_range(bytes.size, 1, PLACE_SIZE);
    memcpy(place, bytes.data, bytes.size);
    return tps_span_make(place, bytes.size);
}

/* ---- the device ---- */

static tps_span values_of(tpm_device *d)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(d->pcrs.bytes));
    tps_span encoded;

    tps_cbor_put_array(&w, 1);
    tps_cbor_put_array(&w, 2);
    tps_cbor_put_uint(&w, TPS_TPM_ALG_SHA256);
    tps_cbor_put_map(&w, 2);
    for (size_t i = 0; i < 2; i++) {
        tps_cbor_put_uint(&w, quoted[i]);
        tps_cbor_put_bytes(&w, TPS_SPAN_OF(d->values[i]));
    }
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

void tpm_start(tpm_device *d)
{
    tps_tpm_registers replayed;
    tps_tpm_log log;

    memset(d, 0, sizeof *d);
    d->key = device_key(1);
    d->hash = TPS_ALG_SHA256;
    d->qualifying = tps_span_make(the_nonce, sizeof the_nonce);
    d->evidence.ak = make_ak(&d->ak, d->key, AK_ATTRIBUTES);
    begin_log(&d->log, TPS_TPM_ALG_SHA256, 32);
    put_text_event(&d->log, 0, TPS_TPM_EV_S_CRTM_VERSION, "firmware 1");
    put_text_event(&d->log, 4, TPS_TPM_EV_IPL, "loader");
    put_text_event(&d->log, 4, TPS_TPM_EV_IPL, "system");
    d->evidence.event_log = built(&d->log);
    assert_status(tps_tpm_log_decode(built(&d->log), &log, NULL), TPS_OK);
    assert_status(tps_tpm_log_replay(&log, TPS_TPM_ALG_SHA256, &replayed), TPS_OK);
    for (size_t i = 0; i < 2; i++) {
        memcpy(d->values[i], replayed.values[quoted[i]], 32);
    }
}

tps_span tpm_instance(const tpm_device *d)
{
    uint8_t instance[TPS_TPM_INSTANCE_SIZE];
    tps_tpm_public ak;

    assert_status(tps_tpm_public_decode(d->evidence.ak, &ak, NULL), TPS_OK);
    assert_status(tps_tpm_instance_of(&ak, instance), TPS_OK);
    return keep(TPS_SPAN_OF(instance));
}

tps_span tpm_wrap(const tpm_device *d)
{
    uint8_t room[16384];
    tps_span encoded;

    assert_status(tps_tpm_evidence_encode(&d->evidence, TPS_BUF_OF(room), &encoded), TPS_OK);
    return keep(encoded);
}

static void quote(tpm_device *d)
{
    tps_span digest = tpm_hash(d->hash, TPS_SPAN_OF(d->values));

    d->evidence.attest = make_quote(&d->quote, d->qualifying, 1 << 0 | 1 << 4, digest);
    d->evidence.pcrs = values_of(d);
}

tps_span tpm_answer(tpm_device *d)
{
    quote(d);
    d->evidence.signature = make_signature(&d->signature, d->key, d->evidence.attest);
    return tpm_wrap(d);
}

tps_span tpm_answer_by(tpm_device *d, void (*sign)(builder *b, tps_span attest))
{
    quote(d);
    sign(&d->signature, d->evidence.attest);
    d->evidence.signature = built(&d->signature);
    return tpm_wrap(d);
}

/* ---- the maker's words ---- */

tps_corim_environment tpm_environment(tps_span instance)
{
    tps_corim_environment environment = {
        .class_id = {.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(tpm_class)}};

    if (instance.size != 0) {
        environment.instance = (tps_corim_value){.kind = TPS_CORIM_UEID, .bytes = instance};
    }
    return environment;
}

static void add(tps_verifier *v, const tps_corim_comid *comid, int64_t not_after)
{
    const tps_corim_tag tag = {.tag = TPS_CORIM_TAG_COMID, .comid = comid};
    uint8_t room[32768];
    tps_corim corim;
    tps_error why = {0};
    tps_span encoded;

    memset(&corim, 0, sizeof corim);
    corim.id = comid->identity.id;
    corim.tags = (tps_corim_tags)ONE(&tag);
    corim.validity = (tps_corim_validity){.is_present = not_after != 0, .not_after = not_after};
    assert_status(tps_corim_write(&corim, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
    assert_status(tps_verifier_add_corim(v, encoded, NOW, &why), TPS_OK);
}

void tpm_endorse(tps_verifier *v, const tpm_words *words)
{
    static uint32_t number;
    char name[16];
    tps_corim_digest digests[2];
    tps_corim_register registers[2];
    tps_corim_measurement measurements[8];
    tps_corim_statement values = {.environment = words->values_of, .measurements = {.items = measurements}};
    tps_corim_comid comid;
    size_t count = 0;

    memset(&comid, 0, sizeof comid);
    memset(measurements, 0, sizeof measurements);
    for (size_t i = 0; words->registers != NULL && i < 2; i++) {
        digests[i] =
            (tps_corim_digest){.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(words->registers->values[i])};
        registers[i] = (tps_corim_register){.id = {.type = TPS_CBOR_UINT, .value = quoted[i]},
                                            .digests = ONE(&digests[i])};
        measurements[0].registers = (tps_corim_registers){.items = registers, .count = 2};
        count = 1;
    }
    for (size_t i = 0; i < words->measurement_count; i++) {
        measurements[count++] = words->measurements[i];
    }
    values.measurements.count = count;
    (void)snprintf(name, sizeof name, "words %u", (unsigned)number++);
    comid.identity.id = (tps_corim_value){.kind = TPS_CORIM_TEXT, .bytes = tps_span_of_text(name)};
    comid.attest_keys = (tps_corim_key_statements){.items = words->attest, .count = words->attest_count};
    comid.identity_keys =
        (tps_corim_key_statements){.items = words->identity, .count = words->identity_count};
    comid.reference_values = (tps_corim_statements){.items = &values, .count = count != 0};
    add(v, &comid, words->not_after);
}

/* ---- keys and certificates ---- */

tps_span tpm_hash(int32_t alg, tps_span bytes)
{
    tps_digest digest;

    assert_status(tps_crypto_hash_of(alg, bytes, &digest), TPS_OK);
    return keep(tps_span_make(digest.bytes, digest.size));
}

tps_span tpm_spki(const tps_crypto_key *key)
{
    uint8_t spki[TPS_SPKI_SIZE_MAX];
    size_t size;

    assert_status(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size), TPS_OK);
    return keep(tps_span_make(spki, size));
}

tps_span tpm_pem(tps_span der, const char *label)
{
    char pem[PLACE_SIZE];
    char text[PLACE_SIZE];
    size_t size = tps_base64_write(der, text);
    size_t at = (size_t)snprintf(pem, sizeof pem, "-----BEGIN %s-----\n", label);

    for (size_t i = 0; i < size; i += 64) {
        at += (size_t)snprintf(pem + at, sizeof pem - at, "%.*s\n", (int)(size - i < 64 ? size - i : 64),
                               text + i);
    }
    at += (size_t)snprintf(pem + at, sizeof pem - at, "-----END %s-----\n", label);
    return keep(tps_span_make(pem, at));
}

tps_corim_key tpm_key(const tps_crypto_key *key)
{
    return (tps_corim_key){.tag = TPS_CORIM_TAG_KEY_PEM, .value = tpm_pem(tpm_spki(key), "PUBLIC KEY")};
}

/* One extension in the place of what the certificate has of its kind. */
static void change(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *made;
    int at = X509_get_ext_by_NID(certificate, nid, -1);

    if (at >= 0) {
        X509_EXTENSION_free(X509_delete_ext(certificate, at));
    }
    if (value != NULL) {
        made = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
        assert_non_null(made);
        assert_int_equal(X509_add_ext(certificate, made, -1), 1);
        X509_EXTENSION_free(made);
    }
}

tps_span tpm_certify(tpm_plan plan, tps_crypto_key *subject, tps_span issuer, tps_crypto_key *issuer_key)
{
    tps_x509_request request = {.common_name = "TPM", .not_before = NOW - 1000, .not_after = plan.not_after};
    uint8_t der[PLACE_SIZE];
    const unsigned char *from = der;
    unsigned char *to = der;
    X509 *certificate;
    size_t size;

    request.class_id = plan.has_class ? TPS_SPAN_OF(tpm_class) : TPS_SPAN_EMPTY;
    assert_status(tps_x509_issue(&request, subject, issuer, issuer_key, TPS_BUF_OF(der), &size), TPS_OK);
    certificate = d2i_X509(NULL, &from, (long)size);
    assert_non_null(certificate);
    change(certificate, NID_ext_key_usage, plan.extended);
    change(certificate, NID_key_usage, plan.usage);
    assert_true(X509_sign(certificate, issuer_key->pkey, EVP_sha256()) > 0);
    size = (size_t)i2d_X509(certificate, &to);
    X509_free(certificate);
    return keep(tps_span_make(der, size));
}
