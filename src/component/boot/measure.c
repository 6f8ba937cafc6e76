/* SPDX-License-Identifier: Apache-2.0 */
/* Measuring every image of firmware, and comparing it with what its maker signed. */
#include "component/boot/measure.h"

#include "component/boot/boot.h"
#include "tps/crypto.h"

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
static tps_status apply_manifest(const tps_platform *p, tps_handover *h, uint64_t size, tps_boot_image *image)
{
    uint8_t scratch[TPS_MANIFEST_MAX];
    tps_span encoded;
    tps_manifest manifest;
    uint8_t signer[32];
    tps_status status =
        tps_provided_read_all(p, TPS_PROVIDED_MANIFEST, image->name, TPS_BUF_OF(scratch), &encoded);

    if (status == TPS_COMPONENT_STORAGE) {
        return status;
    }
    if (status == TPS_OK) {
        status = tps_manifest_verify(encoded, h->identity.release_keys, h->identity.release_key_count,
                                     &manifest, signer, NULL);
    }
    if (status != TPS_OK) {
        p->log(p->context, TPS_LOG_WARNING, "an image of firmware has no manifest that can be believed",
               status);
        return TPS_OK;
    }
    if (!tps_span_is_text(manifest.image, image->name) || manifest.size != size ||
        !tps_span_equal(manifest.digest, TPS_SPAN_OF(image->digest)) ||
        !tps_span_equal(manifest.class_id, h->identity.class_id)) {
        p->log(p->context, TPS_LOG_WARNING, "an image of firmware is not the one its manifest describes",
               TPS_OK);
        return TPS_OK;
    }
    memcpy(image->version, manifest.version.data, manifest.version.size);
    memcpy(image->signer_id, signer, sizeof(image->signer_id));
    image->is_signed = true;
    return TPS_OK;
}

static tps_status measure_image(const tps_platform *p, tps_handover *h, tps_span name)
{
    tps_boot_image *image = &h->images[h->image_count];
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
    TPS_TRY(apply_manifest(p, h, size, image));
    h->image_count++;
    return TPS_OK;
}

/** The boot digest: SHA-256 of the measurements as tps_handover_put_images() writes them. */
static tps_status hash_images(tps_handover *h)
{
    uint8_t encoded[TPS_IMAGES_MAX * 192];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(encoded));
    tps_digest digest;
    tps_span list;

    tps_handover_put_images(&w, h);
    TPS_TRY(tps_cbor_writer_finish(&w, &list));
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, list, &digest));
    memcpy(h->boot_digest, digest.bytes, sizeof(h->boot_digest));
    return TPS_OK;
}

tps_status boot_measure_all(const tps_platform *p, tps_handover *h)
{
    h->are_all_signed = h->is_made;
    for (size_t i = 0; i < h->identity.image_count; i++) {
        TPS_TRY(measure_image(p, h, h->identity.images[i]));
    }
    for (size_t i = 0; i < h->image_count; i++) {
        h->are_all_signed = h->are_all_signed && h->images[i].is_signed;
    }
    h->are_all_signed = h->are_all_signed && h->image_count == h->identity.image_count;
    return hash_images(h);
}
