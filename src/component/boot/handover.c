/* SPDX-License-Identifier: Apache-2.0 */
/* What a handover tells: the images, the lifecycle's name in PSA. */
#include "component/boot/handover.h"

#include "component/boot/measure.h"
#include "tps/dice.h"
#include "tps/psa.h"
#include "tps/secret.h"

static void put_image(tps_cbor_writer *w, const tps_boot_image *image, bool has_signer)
{
    tps_cbor_put_map(w, 2u + (image->is_signed ? 1u : 0u) + (has_signer ? 1u : 0u));
    tps_cbor_pair_text(w, TPS_PSA_COMPONENT_TYPE, image->name);
    tps_cbor_pair_bytes(w, TPS_PSA_COMPONENT_MEASUREMENT, TPS_SPAN_OF(image->digest));
    if (image->is_signed) {
        tps_cbor_pair_text(w, TPS_PSA_COMPONENT_VERSION, image->version);
    }
    if (has_signer) {
        tps_cbor_pair_bytes(w, TPS_PSA_COMPONENT_SIGNER_ID, TPS_SPAN_OF(image->signer_id));
    }
}

void tps_handover_put_images(tps_cbor_writer *w, const tps_handover *h, bool has_all_signers)
{
    tps_cbor_put_array(w, h->image_count);
    for (size_t i = 0; i < h->image_count; i++) {
        put_image(w, &h->images[i], h->images[i].is_signed || has_all_signers);
    }
}

void boot_put_log_entry(tps_cbor_writer *w, const tps_boot_image *image)
{
    tps_cbor_put_array(w, 7);
    tps_cbor_put_text(w, image->name);
    tps_cbor_put_bytes(w, TPS_SPAN_OF(image->digest));
    tps_cbor_put_text(w, image->version);
    tps_cbor_put_bytes(w, TPS_SPAN_OF(image->signer_id));
    tps_cbor_put_uint(w, image->security_counter);
    tps_cbor_put_bytes(w, TPS_SPAN_OF(image->manifest_digest));
    tps_cbor_put_uint(w, image->refusal);
}

void tps_handover_put_log(tps_cbor_writer *w, const tps_handover *h)
{
    tps_cbor_put_array(w, h->image_count);
    for (size_t i = 0; i < h->image_count; i++) {
        boot_put_log_entry(w, &h->images[i]);
    }
}

uint16_t tps_lifecycle_in_psa(uint32_t lifecycle)
{
    switch (lifecycle) {
    case TPS_LIFECYCLE_ASSEMBLY: return TPS_PSA_LIFECYCLE_ASSEMBLY << 8;
    case TPS_LIFECYCLE_PROVISIONING: return TPS_PSA_LIFECYCLE_PROVISIONING << 8;
    case TPS_LIFECYCLE_SECURED: return TPS_PSA_LIFECYCLE_SECURED << 8;
    case TPS_LIFECYCLE_DEBUG: return TPS_PSA_LIFECYCLE_RECOVERABLE_DEBUG << 8;
    case TPS_LIFECYCLE_DECOMMISSIONED: return TPS_PSA_LIFECYCLE_DECOMMISSIONED << 8;
    default: return TPS_PSA_LIFECYCLE_UNKNOWN << 8;
    }
}

uint32_t boot_mode_of(uint32_t lifecycle)
{
    switch (lifecycle) {
    case TPS_LIFECYCLE_SECURED: return TPS_DICE_MODE_NORMAL;
    case TPS_LIFECYCLE_DEBUG: return TPS_DICE_MODE_DEBUG;
    default: return TPS_DICE_MODE_NOT_CONFIGURED;
    }
}

const tps_boot_image *tps_handover_image(const tps_handover *handover, const char *name)
{
    for (size_t i = 0; i < handover->image_count; i++) {
        if (strcmp(handover->images[i].name, name) == 0) {
            return &handover->images[i];
        }
    }
    return NULL;
}

const tps_boot_image *tps_handover_verified(const tps_handover *handover, const char *name)
{
    const tps_boot_image *image = tps_handover_image(handover, name);

    return image != NULL && image->is_running && image->is_signed ? image : NULL;
}

void tps_handover_end(tps_handover *h)
{
    h->lifecycle = TPS_LIFECYCLE_DECOMMISSIONED;
    tps_wipe(h->cdi_attest, sizeof(h->cdi_attest));
    tps_wipe(h->sv, sizeof(h->sv));
    tps_wipe(h->s0, sizeof(h->s0));
    tps_wipe(h->boot_seed, sizeof(h->boot_seed));
}

void tps_handover_wipe(tps_handover *handover)
{
    tps_wipe(handover, sizeof(*handover));
}
