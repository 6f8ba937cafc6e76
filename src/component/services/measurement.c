/* SPDX-License-Identifier: Apache-2.0 */
/* Measuring the firmware at start, and the service that tells what was found. What becomes of it in evidence
 * is said in attestation.c. */
#include "component/services/measurement.h"

#include "component/core/core.h"
#include "tps/crypto.h"
#include "tps/device_claims.h"
#include "tps/psa.h"

enum { TAG_LIST = 10, KEY_IMAGES = 1, KEY_BOOT_COUNT = 2, KEY_BOOT_DIGEST = 3 };

/** Bytes of an image that are read at once. */
#define CHUNK 1024u

tps_status tps_provided_read_all(const tps_platform *p, uint32_t part, const char *image, tps_buf out,
                                 tps_span *content)
{
    uint8_t more;
    size_t size;

    if (p->provided_read == NULL) {
        return TPS_NOT_FOUND;
    }
    TPS_TRY(p->provided_read(p->context, part, image, 0, out, &size));
    *content = tps_span_make(out.data, size);
    if (size < out.size) {
        return TPS_OK;
    }
    TPS_TRY(p->provided_read(p->context, part, image, size, (tps_buf){&more, 1}, &size));
    return size == 0 ? TPS_OK : TPS_TOO_LARGE;
}

static tps_status hash_image(const tps_platform *p, const char *name, tps_digest *digest, uint64_t *total)
{
    uint8_t chunk[CHUNK];
    tps_crypto_hash hash;
    size_t size;

    *total = 0;
    TPS_TRY(tps_crypto_hash_begin(&hash, TPS_ALG_SHA256));
    do {
        tps_status status =
            p->provided_read(p->context, TPS_PROVIDED_IMAGE, name, *total, TPS_BUF_OF(chunk), &size);

        if (status != TPS_OK) {
            tps_crypto_hash_abort(&hash);
            return status;
        }
        tps_crypto_hash_update(&hash, tps_span_make(chunk, size));
        *total += size;
    } while (size == sizeof(chunk));
    return tps_crypto_hash_finish(&hash, digest);
}

/** Believes the manifest only if a release key signed it for exactly this image of this class. */
static tps_status apply_manifest(const tps_platform *p, tps_measured *m, uint64_t size,
                                 tps_measured_image *image)
{
    tps_span encoded;
    tps_manifest manifest;
    uint8_t signer[32];
    tps_status status =
        tps_provided_read_all(p, TPS_PROVIDED_MANIFEST, image->name, TPS_BUF_OF(m->scratch), &encoded);

    if (status == TPS_COMPONENT_STORAGE) {
        return status;
    }
    if (status == TPS_OK) {
        status = tps_manifest_verify(encoded, m->identity.release_keys, m->identity.release_key_count,
                                     &manifest, signer, NULL);
    }
    if (status != TPS_OK) {
        p->log(p->context, TPS_LOG_WARNING, "an image of firmware has no manifest that can be believed",
               status);
        return TPS_OK;
    }
    if (!tps_span_is_text(manifest.image, image->name) || manifest.size != size ||
        !tps_span_equal(manifest.digest, TPS_SPAN_OF(image->digest)) ||
        !tps_span_equal(manifest.class_id, m->identity.class_id)) {
        p->log(p->context, TPS_LOG_WARNING, "an image of firmware is not the one its manifest describes",
               TPS_OK);
        return TPS_OK;
    }
    memcpy(image->version, manifest.version.data, manifest.version.size);
    memcpy(image->signer_id, signer, sizeof(image->signer_id));
    image->is_signed = true;
    return TPS_OK;
}

static tps_status measure_image(const tps_platform *p, tps_measured *m, tps_span name)
{
    tps_measured_image *image = &m->images[m->image_count];
    tps_digest digest;
    uint64_t size;
    tps_status status;

    if (name.size > TPS_STORAGE_NAME_MAX || memchr(name.data, 0, name.size) != NULL) {
        return TPS_COMPONENT_BAD_IDENTITY;
    }
    memset(image, 0, sizeof(*image));
    memcpy(image->name, name.data, name.size);
    if (!tps_storage_name_is_valid(image->name)) {
        return TPS_COMPONENT_BAD_IDENTITY;
    }
    status = hash_image(p, image->name, &digest, &size);
    if (status == TPS_NOT_FOUND) {
        p->log(p->context, TPS_LOG_WARNING, "an image of firmware that the identity names is missing",
               status);
        return TPS_OK;
    }
    TPS_TRY(status);
    memcpy(image->digest, digest.bytes, sizeof(image->digest));
    TPS_TRY(apply_manifest(p, m, size, image));
    m->image_count++;
    return TPS_OK;
}

static void put_image(tps_cbor_writer *w, const tps_measured_image *image)
{
    tps_cbor_put_map(w, image->is_signed ? 4 : 2);
    tps_cbor_put_uint(w, TPS_PSA_COMPONENT_TYPE);
    tps_cbor_put_text(w, image->name);
    tps_cbor_put_uint(w, TPS_PSA_COMPONENT_MEASUREMENT);
    tps_cbor_put_bytes(w, TPS_SPAN_OF(image->digest));
    if (image->is_signed) {
        tps_cbor_put_uint(w, TPS_PSA_COMPONENT_VERSION);
        tps_cbor_put_text(w, image->version);
        tps_cbor_put_uint(w, TPS_PSA_COMPONENT_SIGNER_ID);
        tps_cbor_put_bytes(w, TPS_SPAN_OF(image->signer_id));
    }
}

void tps_measured_put(tps_cbor_writer *w, const tps_measured *m)
{
    tps_cbor_put_array(w, m->image_count);
    for (size_t i = 0; i < m->image_count; i++) {
        put_image(w, &m->images[i]);
    }
}

/** The boot digest: SHA-256 of the measurements as tps_measured_put() writes them. */
static tps_status hash_images(tps_measured *m)
{
    uint8_t encoded[TPS_IMAGES_MAX * 192];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(encoded));
    tps_digest digest;
    tps_span list;

    tps_measured_put(&w, m);
    TPS_TRY(tps_cbor_writer_finish(&w, &list));
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, list, &digest));
    memcpy(m->boot_digest, digest.bytes, sizeof(m->boot_digest));
    return TPS_OK;
}

static tps_status read_identity(const tps_platform *p, tps_measured *m, tps_error *why)
{
    tps_span encoded;
    tps_status status =
        tps_provided_read_all(p, TPS_PROVIDED_IDENTITY, NULL, TPS_BUF_OF(m->identity_bytes), &encoded);

    if (status == TPS_NOT_FOUND) {
        p->log(p->context, TPS_LOG_WARNING, "the device has no identity: it was not made yet", status);
        return TPS_OK;
    }
    TPS_TRY(status);
    TPS_TRY(tps_identity_decode(encoded, &m->identity, why));
    m->is_made = true;
    return TPS_OK;
}

static tps_status measure_all(const tps_platform *p, tps_measured *m)
{
    m->are_all_signed = m->is_made;
    for (size_t i = 0; i < m->identity.image_count; i++) {
        TPS_TRY(measure_image(p, m, m->identity.images[i]));
    }
    for (size_t i = 0; i < m->image_count; i++) {
        m->are_all_signed = m->are_all_signed && m->images[i].is_signed;
    }
    m->are_all_signed = m->are_all_signed && m->image_count == m->identity.image_count;
    return hash_images(m);
}

static tps_status count_boot(const tps_platform *p, tps_measured *m)
{
    tps_status status = p->counter_increase(p->context, TPS_COUNTER_BOOT, &m->boot_count);

    m->has_boot_count = status == TPS_OK;
    return status == TPS_UNSUPPORTED ? TPS_OK : status;
}

static void judge_state(const tps_platform *p, tps_measured *m)
{
    bool is_open = (p->properties & TPS_PLATFORM_DEBUG_ENABLED) != 0;
    uint32_t state = !m->is_made ? TPS_PSA_LIFECYCLE_PROVISIONING
                     : is_open   ? TPS_PSA_LIFECYCLE_RECOVERABLE_DEBUG
                                 : TPS_PSA_LIFECYCLE_SECURED;

    m->lifecycle = state << 8;
    m->dbgstat = is_open ? TPS_EAT_DEBUG_ENABLED : TPS_EAT_DEBUG_DISABLED_SINCE_BOOT;
}

static tps_status start(tps_component *component, void *state, tps_error *why)
{
    const tps_platform *p = tps_component_platform(component);
    tps_measured *m = state;

    TPS_TRY(read_identity(p, m, why));
    TPS_TRY(measure_all(p, m));
    TPS_TRY(p->entropy(p->context, TPS_BUF_OF(m->boot_seed)));
    TPS_TRY(count_boot(p, m));
    judge_state(p, m);
    return TPS_OK;
}

tps_status tps_measured_of(const tps_component *component, const tps_measured **measured)
{
    const tps_measured *m = tps_component_state_of(component, &tps_measurement_service);

    if (m == NULL || m->lifecycle == 0) {
        return TPS_COMPONENT_NO_SERVICE;
    }
    *measured = m;
    return m->is_made ? TPS_OK : TPS_COMPONENT_NO_IDENTITY;
}

static tps_status handle(tps_request *request, tps_error *why)
{
    const tps_measured *m = request->state;
    tps_cbor_writer w = tps_response_begin(request);

    if (request->tag != TAG_LIST) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
    TPS_TRY(tps_request_expect_empty(request, why));
    tps_cbor_put_map(&w, m->has_boot_count ? 3 : 2);
    tps_cbor_put_uint(&w, KEY_IMAGES);
    tps_measured_put(&w, m);
    if (m->has_boot_count) {
        tps_cbor_put_uint(&w, KEY_BOOT_COUNT);
        tps_cbor_put_uint(&w, m->boot_count);
    }
    tps_cbor_put_uint(&w, KEY_BOOT_DIGEST);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(m->boot_digest));
    return tps_response_end(request, &w);
}

/* A boot count tells devices apart, so nobody in particular may not ask for it. */
static const uint32_t logins[] = {TPSC_LOGIN_USER, TPSC_LOGIN_GROUP, TPSC_LOGIN_APPLICATION,
                                  TPSC_LOGIN_USER_APPLICATION, TPSC_LOGIN_GROUP_APPLICATION};
static const uint8_t features[] = {0x81, 0x0a}; /* [list] */

const tps_service tps_measurement_service = {
    .id = TPSC_UUID_INIT(0x13, 0x8b, 0x2f, 0x98, 0xe7, 0x69, 0x58, 0xd1, 0xa8, 0x65, 0x00, 0x5e, 0x37, 0xa6,
                         0xa9, 0x03),
    .name = "opentps measurement",
    .version = {0, 1, 0},
    .logins = logins,
    .logins_count = sizeof(logins) / sizeof(logins[0]),
    .features = {features, sizeof(features)},
    .state_size = sizeof(tps_measured),
    .start = start,
    .handle = handle,
};
