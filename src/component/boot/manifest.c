/* SPDX-License-Identifier: Apache-2.0 */
/* Release manifests: made by the factory, verified by the component before it believes an image's version. */
#include "component/boot/manifest.h"

#include "component/boot/identity.h"
#include "tps/crypto.h"

enum {
    KEY_IMAGE = 1,
    KEY_VERSION = 2,
    KEY_DIGEST = 3,
    KEY_SIZE = 4,
    KEY_CLASS_ID = 5,
    KEY_MODEL = 6,
    KEY_SECURITY_COUNTER = 7,
    MEMBERS = 7
};

/** Bytes of the payload, at most. */
#define PAYLOAD_MAX 512u

static const char *find_fault(const tps_manifest *m)
{
    if (!tps_identity_is_image_name(m->image)) {
        return "image";
    }
    if (!tps_identity_is_text(m->version, TPS_VERSION_MAX)) {
        return "version";
    }
    if (m->digest.size != TPS_SHA256_SIZE) {
        return "digest";
    }
    if (m->class_id.size != TPS_CLASS_ID_SIZE) {
        return "class id";
    }
    if (!tps_identity_is_text(m->model, TPS_MODEL_MAX)) {
        return "model";
    }
    return m->security_counter > TPS_SECURITY_COUNTER_MAX ? "security counter" : NULL;
}

tps_status tps_manifest_signer_id(const tps_crypto_key *key, uint8_t id[32])
{
    uint8_t spki[128];
    size_t size;
    tps_digest digest;

    TPS_TRY(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size));
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, size), &digest));
    memcpy(id, digest.bytes, TPS_SHA256_SIZE);
    return TPS_OK;
}

/** The key among `keys` that the kid names; `*key` is NULL if there is none. */
static tps_status find_key(tps_span kid, const tps_span *keys, size_t count, tps_crypto_key **key)
{
    *key = NULL;
    for (size_t i = 0; i < count; i++) {
        uint8_t id[32];
        tps_crypto_key *candidate;
        tps_status status;

        TPS_TRY(tps_cose_key_read(keys[i], &candidate));
        status = tps_manifest_signer_id(candidate, id);
        if (status == TPS_OK && tps_span_equal(kid, TPS_SPAN_OF(id))) {
            *key = candidate;
            return TPS_OK;
        }
        tps_crypto_key_free(candidate);
        TPS_TRY(status);
    }
    return TPS_COSE_NO_KEY;
}

static uint32_t read_counter(tps_cbor_reader *r)
{
    uint64_t counter = tps_cbor_get_uint(r);

    return counter > TPS_SECURITY_COUNTER_MAX ? UINT32_MAX : (uint32_t)counter;
}

static tps_status read_payload(tps_span payload, tps_manifest *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(payload);
    tps_cbor_list map;
    const char *fault;

    TPS_TRY(tps_cbor_check(payload, &tps_cbor_limits_message, NULL, why));
    *out = (tps_manifest){.security_counter = UINT32_MAX}; /* without one it is none */
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        switch (tps_cbor_get_uint(&r)) {
        case KEY_IMAGE: out->image = tps_cbor_get_text(&r); break;
        case KEY_VERSION: out->version = tps_cbor_get_text(&r); break;
        case KEY_DIGEST: out->digest = tps_cbor_get_bytes(&r); break;
        case KEY_SIZE: out->size = tps_cbor_get_uint(&r); break;
        case KEY_CLASS_ID: out->class_id = tps_cbor_get_bytes(&r); break;
        case KEY_MODEL: out->model = tps_cbor_get_text(&r); break;
        case KEY_SECURITY_COUNTER: out->security_counter = read_counter(&r); break;
        default: tps_cbor_fail(&r, TPS_CLAIM_BAD_VALUE); break;
        }
    }
    if (tps_cbor_reader_finish(&r) != TPS_OK) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, tps_cbor_offset(&r), "manifest");
    }
    fault = find_fault(out);
    return fault == NULL ? TPS_OK : tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, fault);
}

/* The content type must be protected: beside a signature over something else anybody could write it. */
static bool says_manifest(tps_span protected_raw)
{
    tps_span value;
    tps_cbor_reader r;

    if (!tps_cose_header_find(protected_raw, TPS_HEADER_CONTENT_TYPE, &value)) {
        return false;
    }
    r = tps_cbor_reader_init(value);
    return tps_span_is_text(tps_cbor_get_text(&r), TPS_MANIFEST_CONTENT_TYPE);
}

tps_status tps_manifest_verify(tps_span encoded, const tps_span *keys, size_t count, tps_manifest *out,
                               uint8_t signer[32], tps_error *why)
{
    tps_cose_sign1 message;
    tps_crypto_key *key;
    tps_status status;

    TPS_TRY(tps_cose_sign1_parse(encoded, &message, why));
    if (!says_manifest(message.protected_raw)) {
        return tps_fail(why, TPS_COSE_BAD_HEADER, 0, "content type");
    }
    if (message.headers.alg != TPS_ALG_ESP256) {
        return tps_fail(why, TPS_COSE_ALG_REFUSED, 0, "alg");
    }
    status = find_key(message.headers.kid, keys, count, &key);
    if (status == TPS_OK) {
        status = tps_cose_sign1_verify_parsed(&message, key, NULL);
    }
    tps_crypto_key_free(key);
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, "manifest");
    }
    TPS_TRY(read_payload(message.payload, out, why));
    memcpy(signer, message.headers.kid.data, 32);
    return TPS_OK;
}

tps_status tps_manifest_make(const tps_manifest *m, tps_crypto_key *key, tps_buf out, tps_span *encoded,
                             tps_error *why)
{
    uint8_t payload[PAYLOAD_MAX];
    uint8_t signer[32];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(payload));
    tps_cose_sign1_options options = {.content_type = TPS_SPAN_LITERAL(TPS_MANIFEST_CONTENT_TYPE)};
    tps_cose_signer by_key = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    const char *fault = find_fault(m);
    tps_span body;

    if (fault != NULL) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, fault);
    }
    tps_cbor_put_map(&w, MEMBERS);
    tps_cbor_pair_text_span(&w, KEY_IMAGE, m->image);
    tps_cbor_pair_text_span(&w, KEY_VERSION, m->version);
    tps_cbor_pair_bytes(&w, KEY_DIGEST, m->digest);
    tps_cbor_pair_uint(&w, KEY_SIZE, m->size);
    tps_cbor_pair_bytes(&w, KEY_CLASS_ID, m->class_id);
    tps_cbor_pair_text_span(&w, KEY_MODEL, m->model);
    tps_cbor_pair_uint(&w, KEY_SECURITY_COUNTER, m->security_counter);
    TPS_TRY(tps_cbor_writer_finish(&w, &body));

    TPS_TRY(tps_manifest_signer_id(key, signer));
    options.kid = TPS_SPAN_OF(signer);
    return tps_cose_sign1_make(body, &options, &by_key, out, encoded);
}
