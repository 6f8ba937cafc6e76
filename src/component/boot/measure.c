/* SPDX-License-Identifier: Apache-2.0 */
/* Measuring every image of firmware, and verifying that it is what its maker signed, and new enough. */
#include "component/boot/measure.h"

#include "component/boot/boot.h"
#include "tps/crypto.h"

/** Bytes of an image that are read at once. */
#define CHUNK 1024u

_Static_assert(CHUNK <= TPS_BOOT_CERTIFICATE_MAX && TPS_MANIFEST_MAX <= TPS_BOOT_CERTIFICATE_MAX,
               "what is read has room in the handover");

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

/* The room of a certificate, which is made later, serves meanwhile: stacks are small. */
static tps_buf scratch(tps_handover *h, size_t size)
{
    return (tps_buf){h->layer_certificate, size};
}

static tps_status hash_image(const tps_platform *p, const char *name, tps_buf chunk, tps_digest *digest,
                             uint64_t *total)
{
    tps_crypto_hash hash;
    size_t size;

    *total = 0;
    TPS_TRY(tps_crypto_hash_begin(&hash, TPS_ALG_SHA256));
    do {
        tps_status status = p->provided_read(p->context, TPS_PROVIDED_IMAGE, name, *total, chunk, &size);

        if (status != TPS_OK) {
            tps_crypto_hash_abort(&hash);
            return status;
        }
        tps_crypto_hash_update(&hash, tps_span_make(chunk.data, size));
        *total += size;
    } while (size == chunk.size);
    return tps_crypto_hash_finish(&hash, digest);
}

/* Faults of the device, which say nothing about an image. All else that a check returns is a verdict. */
static bool is_fault(tps_status status)
{
    return status == TPS_COMPONENT_STORAGE || status == TPS_CRYPTO_FAILED || status == TPS_OUT_OF_MEMORY ||
           status == TPS_CRYPTO_NO_ENTROPY;
}

static bool describes(const tps_manifest *manifest, const tps_handover *h, uint64_t size,
                      const tps_boot_image *image)
{
    return tps_span_is_text(manifest->image, image->name) && manifest->size == size &&
           tps_span_equal(manifest->digest, TPS_SPAN_OF(image->digest)) &&
           tps_span_equal(manifest->class_id, h->identity.class_id);
}

/* TPS_OK: a release key signed the manifest for exactly this image of this class, and it is new enough. */
static tps_status verify(tps_span encoded, const tps_handover *h, uint64_t accepted, uint64_t size,
                         tps_boot_image *image)
{
    tps_manifest manifest;
    uint8_t signer[32];
    tps_status status = tps_manifest_verify(encoded, h->identity.release_keys, h->identity.release_key_count,
                                            &manifest, signer, NULL);

    if (status != TPS_OK) {
        return is_fault(status) ? status : TPS_COMPONENT_IMAGE_REFUSED;
    }
    if (!describes(&manifest, h, size, image)) {
        return TPS_COMPONENT_IMAGE_REFUSED;
    }
    if (manifest.security_counter < accepted) {
        return TPS_COMPONENT_IMAGE_TOO_OLD;
    }
    memcpy(image->version, manifest.version.data, manifest.version.size);
    memcpy(image->signer_id, signer, sizeof(image->signer_id));
    image->security_counter = manifest.security_counter;
    return TPS_OK;
}

/* The manifest's bytes are measured, believed or not. */
static tps_status judge(const tps_platform *p, tps_handover *h, uint64_t accepted, uint64_t size,
                        tps_boot_image *image)
{
    tps_digest digest;
    tps_span encoded;
    tps_status status =
        tps_provided_read_all(p, TPS_PROVIDED_MANIFEST, image->name, scratch(h, TPS_MANIFEST_MAX), &encoded);

    if (status == TPS_NOT_FOUND || status == TPS_TOO_LARGE) {
        return TPS_COMPONENT_IMAGE_REFUSED;
    }
    TPS_TRY(status);
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, encoded, &digest));
    memcpy(image->manifest_digest, digest.bytes, sizeof(image->manifest_digest));
    return verify(encoded, h, accepted, size, image);
}

/* The names of an identity are valid ones: tps_identity_decode() refuses all others. */
static void begin_image(tps_span name, tps_boot_image *image)
{
    memset(image, 0, sizeof(*image));
    memcpy(image->name, name.data, name.size);
}

/* Says why an image does not run; for the first image, R, it is the end. */
static tps_status refuse(const tps_platform *p, bool is_first, tps_status verdict, tps_error *why)
{
    p->log(p->context, is_first ? TPS_LOG_ERROR : TPS_LOG_WARNING,
           verdict == TPS_NOT_FOUND ? "an image of firmware that the identity names is missing"
                                    : "an image of firmware is refused, and does not run",
           verdict);
    if (!is_first) {
        return TPS_OK;
    }
    return verdict == TPS_NOT_FOUND
               ? tps_fail(why, TPS_COMPONENT_IMAGE_REFUSED, 0, "the component's own image is missing")
               : tps_fail(why, verdict, 0, "the component's own image");
}

static tps_status measure_image(const tps_platform *p, tps_handover *h, size_t index, uint64_t accepted,
                                tps_error *why)
{
    tps_boot_image *image = &h->images[h->image_count];
    tps_digest digest;
    uint64_t size;
    tps_status status;

    begin_image(h->identity.images[index], image);
    status = hash_image(p, image->name, scratch(h, CHUNK), &digest, &size);
    if (status == TPS_NOT_FOUND) {
        memset(image, 0, sizeof(*image));
        return refuse(p, index == 0, status, why);
    }
    TPS_TRY(status);
    memcpy(image->digest, digest.bytes, sizeof(image->digest));
    h->image_count++;
    status = judge(p, h, accepted, size, image);
    if (is_fault(status)) {
        return tps_fail(why, status, 0, "an image's manifest");
    }
    image->is_running = status == TPS_OK;
    image->is_signed = status == TPS_OK;
    image->refusal = status;
    return status == TPS_OK ? TPS_OK : refuse(p, index == 0, status, why);
}

/* SHA-256 of the boot log, entry by entry: all of it at once would be large on a small stack. */
static tps_status hash_log(const tps_handover *h, tps_digest *digest)
{
    uint8_t bytes[BOOT_LOG_ENTRY_MAX];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    tps_crypto_hash hash;
    tps_status status = tps_crypto_hash_begin(&hash, TPS_ALG_SHA256);

    if (status != TPS_OK) {
        return status;
    }
    tps_cbor_put_array(&w, h->image_count);
    tps_crypto_hash_update(&hash, tps_span_make(bytes, w.size));
    for (size_t i = 0; i < h->image_count; i++) {
        w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
        boot_put_log_entry(&w, &h->images[i]);
        tps_crypto_hash_update(&hash, tps_span_make(bytes, w.size));
    }
    return tps_crypto_hash_finish(&hash, digest);
}

tps_status boot_summarize(tps_handover *h, uint32_t accepted)
{
    uint32_t least = TPS_SECURITY_COUNTER_MAX;
    tps_digest digest;

    h->are_all_signed = h->is_made && h->image_count == h->identity.image_count;
    for (size_t i = 0; i < h->image_count; i++) {
        const tps_boot_image *image = &h->images[i];

        h->are_all_signed = h->are_all_signed && image->is_running;
        if (image->is_running && image->security_counter < least) {
            least = image->security_counter;
        }
    }
    /* An image that is missing or refused must not raise v: once accepted, it could never run again. */
    if (!h->are_all_signed && accepted < least) {
        least = accepted;
    }
    h->security_counter = h->is_made ? least : 0;
    TPS_TRY(hash_log(h, &digest));
    memcpy(h->boot_digest, digest.bytes, sizeof(h->boot_digest));
    memcpy(h->inputs.configuration, digest.bytes, sizeof(h->inputs.configuration));
    memcpy(h->inputs.code, h->images[0].digest, sizeof(h->inputs.code));
    return TPS_OK;
}

tps_status boot_measure_all(const tps_platform *p, tps_handover *h, uint64_t accepted, tps_error *why)
{
    for (size_t i = 0; i < h->identity.image_count; i++) {
        TPS_TRY(measure_image(p, h, i, accepted, why));
    }
    memset(h->layer_certificate, 0, sizeof(h->layer_certificate)); /* it was scratch() */
    /* above the largest, no image runs, and the first is the end */
    return boot_summarize(h, accepted < TPS_SECURITY_COUNTER_MAX ? (uint32_t)accepted
                                                                 : TPS_SECURITY_COUNTER_MAX);
}
