/* SPDX-License-Identifier: Apache-2.0 */
/* A handover as bytes, from a first stage that is a program of its own to the component (spec/handover.cddl).
 */
#include "component/boot/handover.h"
#include "component/boot/measure.h"
#include "tps/secret.h"

enum {
    KEY_LIFECYCLE = 1,
    KEY_BOOT_COUNT = 2,
    KEY_BOOT_SEED = 3,
    KEY_IDENTITY = 4,
    KEY_LOG = 5,
    KEY_LAYER_CERTIFICATE = 6,
    KEY_AK_CERTIFICATE = 7,
    KEY_CDI_ATTEST = 8,
    KEY_SV = 9,
    KEY_LAYER_CWT = 10,
    KEY_SECURITY_COUNTER = 11
};

static const tps_cbor_limits limits = {TPS_HANDOVER_MAX, 4, 16, &tps_cbor_deterministic};

/* A device at its end has neither identity nor secrets. */
static bool has_keys(const tps_handover *h)
{
    return h->lifecycle != TPS_LIFECYCLE_DECOMMISSIONED;
}

/* ---- writing ---- */

static void put_certificates(tps_cbor_writer *w, const tps_handover *h)
{
    if (h->layer_certificate_size != 0) {
        tps_cbor_pair_bytes(w, KEY_LAYER_CERTIFICATE,
                            tps_span_make(h->layer_certificate, h->layer_certificate_size));
        tps_cbor_pair_bytes(w, KEY_AK_CERTIFICATE, tps_span_make(h->ak_certificate, h->ak_certificate_size));
    }
}

tps_status tps_handover_encode(const tps_handover *h, tps_buf out, tps_span *encoded)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);
    size_t pairs = 3u + (h->has_boot_count ? 1u : 0u) + (h->is_made ? 1u : 0u) +
                   (h->layer_certificate_size != 0 ? 2u : 0u) + (has_keys(h) ? 3u : 0u) +
                   (h->layer_cwt_size != 0 ? 1u : 0u);
    tps_status status;

    tps_cbor_put_map(&w, pairs);
    tps_cbor_pair_uint(&w, KEY_LIFECYCLE, h->lifecycle);
    if (h->has_boot_count) {
        tps_cbor_pair_uint(&w, KEY_BOOT_COUNT, h->boot_count);
    }
    tps_cbor_pair_bytes(&w, KEY_BOOT_SEED, TPS_SPAN_OF(h->boot_seed));
    if (h->is_made) {
        tps_cbor_pair_bytes(&w, KEY_IDENTITY, tps_span_make(h->identity_bytes, h->identity_size));
    }
    tps_cbor_put_uint(&w, KEY_LOG);
    tps_handover_put_log(&w, h);
    put_certificates(&w, h);
    if (has_keys(h)) {
        tps_cbor_pair_bytes(&w, KEY_CDI_ATTEST, TPS_SPAN_OF(h->cdi_attest));
        tps_cbor_pair_bytes(&w, KEY_SV, TPS_SPAN_OF(h->sv));
    }
    if (h->layer_cwt_size != 0) {
        tps_cbor_pair_bytes(&w, KEY_LAYER_CWT, tps_span_make(h->layer_cwt, h->layer_cwt_size));
    }
    if (has_keys(h)) {
        tps_cbor_pair_uint(&w, KEY_SECURITY_COUNTER, h->security_counter);
    }
    status = tps_cbor_writer_finish(&w, encoded);
    if (status != TPS_OK && out.data != NULL) {
        tps_wipe(out.data, out.size);
    }
    return status;
}

/* ---- reading ---- */

/* A byte string of `least` to `most` bytes; another is an error of the reader. */
static size_t read_bytes(tps_cbor_reader *r, uint8_t *to, size_t least, size_t most)
{
    tps_span bytes = tps_cbor_get_bytes(r);

    if (bytes.size < least || bytes.size > most) {
        tps_cbor_fail(r, TPS_COMPONENT_BAD_HANDOVER);
        return 0;
    }
    memcpy(to, bytes.data, bytes.size);
    return bytes.size;
}

static void read_text(tps_cbor_reader *r, char *to, size_t most)
{
    tps_span text = tps_cbor_get_text(r);

    if (text.size > most || (text.size > 0 && memchr(text.data, 0, text.size) != NULL)) {
        tps_cbor_fail(r, TPS_COMPONENT_BAD_HANDOVER);
    } else if (text.size > 0) {
        memcpy(to, text.data, text.size);
    }
}

static uint32_t read_uint(tps_cbor_reader *r, uint32_t most)
{
    uint64_t value = tps_cbor_get_uint(r);

    if (value > most) {
        tps_cbor_fail(r, TPS_COMPONENT_BAD_HANDOVER);
        return 0;
    }
    return (uint32_t)value;
}

static void read_image(tps_cbor_reader *r, tps_boot_image *image)
{
    static const uint8_t nobody[sizeof(image->signer_id)];
    tps_cbor_list entry = tps_cbor_enter_array(r);

    if (entry.left != 7) {
        tps_cbor_fail(r, TPS_COMPONENT_BAD_HANDOVER);
        return;
    }
    read_text(r, image->name, TPS_IMAGE_NAME_MAX);
    (void)read_bytes(r, image->digest, 32, 32);
    read_text(r, image->version, TPS_VERSION_MAX);
    (void)read_bytes(r, image->signer_id, 32, 32);
    image->security_counter = read_uint(r, TPS_SECURITY_COUNTER_MAX);
    (void)read_bytes(r, image->manifest_digest, 32, 32);
    image->refusal = read_uint(r, UINT32_MAX);
    image->is_running = image->refusal == TPS_OK;
    image->is_signed = image->is_running;
    if (image->is_running != (image->version[0] != '\0') ||
        (!image->is_running && (image->security_counter != 0 ||
                                !tps_span_equal(TPS_SPAN_OF(image->signer_id), TPS_SPAN_OF(nobody)))) ||
        !tps_image_name_is_valid(image->name)) {
        tps_cbor_fail(r, TPS_COMPONENT_BAD_HANDOVER);
    }
}

static void read_log(tps_cbor_reader *r, tps_handover *out)
{
    tps_cbor_list log = tps_cbor_enter_array(r);

    if (log.left > TPS_IMAGES_MAX) {
        tps_cbor_fail(r, TPS_COMPONENT_BAD_HANDOVER);
        return;
    }
    for (size_t left = (size_t)log.left; left > 0; left--) {
        read_image(r, &out->images[out->image_count]);
        out->image_count++;
    }
}

static void read_member(tps_cbor_reader *r, uint64_t key, tps_handover *out)
{
    switch (key) {
    case KEY_LIFECYCLE: out->lifecycle = read_uint(r, TPS_LIFECYCLE_DECOMMISSIONED); break;
    case KEY_BOOT_COUNT:
        out->boot_count = tps_cbor_get_uint(r);
        out->has_boot_count = true;
        break;
    case KEY_BOOT_SEED: (void)read_bytes(r, out->boot_seed, 32, 32); break;
    case KEY_IDENTITY: out->identity_size = read_bytes(r, out->identity_bytes, 1, TPS_IDENTITY_MAX); break;
    case KEY_LOG: read_log(r, out); break;
    case KEY_LAYER_CERTIFICATE:
        out->layer_certificate_size = read_bytes(r, out->layer_certificate, 1, TPS_BOOT_CERTIFICATE_MAX);
        break;
    case KEY_AK_CERTIFICATE:
        out->ak_certificate_size = read_bytes(r, out->ak_certificate, 1, TPS_BOOT_CERTIFICATE_MAX);
        break;
    case KEY_CDI_ATTEST: (void)read_bytes(r, out->cdi_attest, TPS_KEYS_SIZE, TPS_KEYS_SIZE); break;
    case KEY_SV: (void)read_bytes(r, out->sv, TPS_KEYS_SIZE, TPS_KEYS_SIZE); break;
    case KEY_LAYER_CWT: out->layer_cwt_size = read_bytes(r, out->layer_cwt, 1, TPS_BOOT_CWT_MAX); break;
    case KEY_SECURITY_COUNTER: out->security_counter = read_uint(r, TPS_SECURITY_COUNTER_MAX); break;
    default: tps_cbor_fail(r, TPS_COMPONENT_BAD_HANDOVER); break;
    }
}

static tps_status fail(tps_error *why, const char *detail)
{
    return tps_fail(why, TPS_COMPONENT_BAD_HANDOVER, 0, detail);
}

static tps_status read_members(tps_span encoded, tps_handover *out, uint32_t *seen, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list map = tps_cbor_enter_map(&r);

    *seen = 0;
    while (tps_cbor_next(&r, &map)) {
        uint64_t key = tps_cbor_get_uint(&r);

        read_member(&r, key, out);
        *seen |= key <= KEY_SECURITY_COUNTER ? 1u << key : 0u;
    }
    if (tps_cbor_reader_finish(&r) != TPS_OK) {
        return tps_fail(why, TPS_COMPONENT_BAD_HANDOVER, tps_cbor_offset(&r), "a member");
    }
    return TPS_OK;
}

static bool has(uint32_t seen, uint32_t key)
{
    return (seen >> key & 1u) != 0;
}

/* Which members go together: see spec/handover.cddl. */
static tps_status check_members(uint32_t seen, const tps_handover *h, tps_error *why)
{
    bool is_made = has(seen, KEY_IDENTITY);

    if (!has(seen, KEY_LIFECYCLE) || !has(seen, KEY_BOOT_SEED) || !has(seen, KEY_LOG)) {
        return fail(why, "a member is missing");
    }
    if (has(seen, KEY_CDI_ATTEST) != has_keys(h) || has(seen, KEY_SV) != has_keys(h) ||
        has(seen, KEY_SECURITY_COUNTER) != has_keys(h)) {
        return fail(why, "secrets");
    }
    if (has(seen, KEY_LAYER_CERTIFICATE) != has(seen, KEY_AK_CERTIFICATE) ||
        (has(seen, KEY_LAYER_CERTIFICATE) && !is_made) ||
        (has(seen, KEY_LAYER_CWT) && !has(seen, KEY_LAYER_CERTIFICATE))) {
        return fail(why, "certificates");
    }
    if ((is_made && !has_keys(h)) ||
        (!is_made && has_keys(h) && (h->lifecycle != TPS_LIFECYCLE_ASSEMBLY || h->image_count != 0))) {
        return fail(why, "lifecycle");
    }
    return TPS_OK;
}

/* The images that are there are some of those that the identity names, in its order; the first is R, and
 * runs. */
static tps_status check_images(const tps_handover *h, tps_error *why)
{
    size_t at = 0;

    if (h->image_count == 0 || !h->images[0].is_running) {
        return fail(why, "images");
    }
    for (size_t i = 0; i < h->identity.image_count && at < h->image_count; i++) {
        if (tps_span_is_text(h->identity.images[i], h->images[at].name)) {
            at++;
        } else if (i == 0) {
            return fail(why, "images");
        }
    }
    return at == h->image_count ? TPS_OK : fail(why, "images");
}

static tps_status complete(tps_handover *out, tps_error *why)
{
    uint32_t v = out->security_counter;
    tps_digest digest;

    out->is_made = out->identity_size != 0;
    if (out->is_made) {
        tps_span identity = tps_span_make(out->identity_bytes, out->identity_size);

        TPS_TRY(tps_identity_decode(identity, &out->identity, why));
        TPS_TRY(check_images(out, why));
        TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, identity, &digest));
        memcpy(out->inputs.authority, digest.bytes, sizeof(out->inputs.authority));
    }
    out->inputs.mode = boot_mode_of(out->lifecycle);
    TPS_TRY(boot_summarize(out, v));
    if (out->security_counter != v) {
        return fail(why, "security counter");
    }
    if (!has_keys(out)) {
        return TPS_OK;
    }
    TPS_TRY(tps_keys_s(out->sv, out->security_counter, 0, out->s0));
    return tps_keys_ueid(out->s0, out->ueid);
}

static tps_status decode(tps_span encoded, tps_handover *out, tps_error *why)
{
    uint32_t seen;

    if (tps_cbor_check(encoded, &limits, NULL, why) != TPS_OK) {
        return fail(why, "encoding");
    }
    TPS_TRY(read_members(encoded, out, &seen, why));
    TPS_TRY(check_members(seen, out, why));
    return complete(out, why);
}

tps_status tps_handover_decode(tps_span encoded, tps_handover *out, tps_error *why)
{
    tps_status status;

    memset(out, 0, sizeof(*out));
    status = decode(encoded, out, why);
    if (status != TPS_OK) {
        tps_handover_wipe(out);
        if (why != NULL) {
            why->status = status;
        }
    }
    return status;
}
