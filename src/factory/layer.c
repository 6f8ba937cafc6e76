/* SPDX-License-Identifier: Apache-2.0 */
/* The boot digest that devices with a model's latest images come to, computed as their first stage does. */
#include "factory/layer.h"

#include <stdio.h>
#include <stdlib.h>

#include "component/boot/measure.h"
#include "factory/endorse.h"
#include "factory/release.h"

enum { LAYER_R = 1, ROLE_CREATOR = 1, SHOWN = 4, MEASUREMENTS = 2 };

/* One image as the first stage finds it on a device, where its release key has signed it. */
static tps_status find_image(const factory_maker *maker, const char *model,
                             const factory_latest_image *latest, tps_boot_image *image,
                             tps_factory_problem *problem)
{
    char path[TPS_FACTORY_PATH_MAX];
    tps_manifest manifest;
    tps_digest digest;
    tps_buf bytes;
    tps_status status;

    TPS_TRY(factory_path(path, problem, "%s/releases/%s/%s-%s.manifest", maker->folder, model, latest->name,
                         latest->version));
    status = factory_manifest_read(maker, path, &manifest, &bytes, problem);
    if (status == TPS_OK) {
        (void)snprintf(image->name, sizeof(image->name), "%s", latest->name);
        memcpy(image->version, manifest.version.data, manifest.version.size);
        memcpy(image->digest, manifest.digest.data, sizeof(image->digest));
        image->security_counter = manifest.security_counter;
        image->is_signed = true;
        image->is_running = true;
        image->refusal = TPS_OK;
        status = tps_crypto_hash_of(TPS_ALG_SHA256, factory_span(bytes), &digest);
        if (status == TPS_OK) {
            memcpy(image->manifest_digest, digest.bytes, sizeof(image->manifest_digest));
            status = tps_manifest_signer_id(maker->release.key, image->signer_id);
        }
        status = status == TPS_OK ? TPS_OK : factory_fail_status(problem, status, path);
    }
    free(bytes.data);
    return status;
}

/* What a start with these images hands over, as far as it follows from them. */
static tps_status start(const factory_maker *maker, const char *model, const factory_latest *latest,
                        tps_handover *h, tps_factory_problem *problem)
{
    tps_status status;

    h->is_made = true;
    h->image_count = latest->count;
    h->identity.image_count = (uint32_t)latest->count;
    for (size_t i = 0; i < latest->count; i++) {
        TPS_TRY(find_image(maker, model, &latest->images[i], &h->images[i], problem));
    }
    status = boot_summarize(h, 0);
    return status == TPS_OK ? TPS_OK : factory_fail_status(problem, status, model);
}

/* Two digests of one hash are two measurements; the second is known by its number. */
static void measure(const tps_handover *h, const tps_corim_digest digests[2],
                    tps_corim_measurement *measurements)
{
    measurements[0].version = tps_span_of_text(h->images[0].version);
    measurements[0].has_svn = true;
    measurements[0].svn = h->security_counter;
    measurements[0].digests = (tps_corim_digests){.items = &digests[0], .count = 1};
    measurements[0].flags_present = 1u << TPS_CORIM_FLAG_CONFIGURED | 1u << TPS_CORIM_FLAG_DEBUG;
    measurements[0].flags = 1u << TPS_CORIM_FLAG_CONFIGURED;
    measurements[1].key = (tps_corim_value){.kind = TPS_CORIM_UINT, .number = 1};
    measurements[1].digests = (tps_corim_digests){.items = &digests[1], .count = 1};
}

static tps_status write_reference(const factory_maker *maker, const char *model, const char *id,
                                  const tps_corim_measurement *measurements, tps_buf out, tps_span *corim,
                                  tps_error *why)
{
    const tps_corim_statement reference = {.environment = {.vendor = tps_span_of_text(maker->name),
                                                           .model = tps_span_of_text(model),
                                                           .has_layer = true,
                                                           .layer = LAYER_R},
                                           .measurements = {.items = measurements, .count = MEASUREMENTS}};
    const tps_corim_label creator = {.number = ROLE_CREATOR};
    const tps_corim_entity entity = {.name = tps_span_of_text(maker->name),
                                     .roles = {.items = &creator, .count = 1}};
    uint8_t tag_id[16];
    const tps_corim_comid comid = {.identity = {.id = {.kind = TPS_CORIM_UUID, .bytes = TPS_SPAN_OF(tag_id)}},
                                   .entities = {.items = &entity, .count = 1},
                                   .reference_values = {.items = &reference, .count = 1}};
    const tps_corim_tag tag = {.tag = TPS_CORIM_TAG_COMID, .comid = &comid};
    const tps_corim manifest = {.id = {.kind = TPS_CORIM_TEXT, .bytes = tps_span_of_text(id)},
                                .tags = {.items = &tag, .count = 1},
                                .entities = {.items = &entity, .count = 1}};

    TPS_TRY(tps_crypto_uuid5(maker->ca_id, tps_span_of_text(id), tag_id));
    return tps_corim_write(&manifest, out, corim, why);
}

/* `*signed_corim` is heap memory for the caller to free. */
static tps_status make(const factory_maker *maker, const char *model, const char *id, const tps_handover *h,
                       tps_buf *signed_corim, tps_error *why)
{
    const tps_corim_digest digests[MEASUREMENTS] = {
        {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(h->inputs.code)},
        {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(h->boot_digest)}};
    tps_corim_measurement *measurements = calloc(MEASUREMENTS, sizeof(*measurements));
    uint8_t room[1024];
    tps_span corim;
    tps_status status;

    if (measurements == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    measure(h, digests, measurements);
    status = write_reference(maker, model, id, measurements, TPS_BUF_OF(room), &corim, why);
    free(measurements);
    return status == TPS_OK ? factory_sign_corim(maker, corim, TPS_ALG_ESP256, signed_corim) : status;
}

static tps_status endorse(const factory_maker *maker, const char *model, const tps_handover *h,
                          char path[TPS_FACTORY_PATH_MAX], tps_factory_problem *problem)
{
    char id[64];
    tps_error why = {TPS_OK, 0, NULL};
    tps_buf signed_corim = {NULL, 0};
    tps_status status;

    (void)snprintf(id, sizeof(id), "%s-layer-%02x%02x%02x%02x", model, h->boot_digest[0], h->boot_digest[1],
                   h->boot_digest[2], h->boot_digest[SHOWN - 1]);
    TPS_TRY(factory_path(path, problem, "%s/endorsements/%s.dice.corim", maker->folder, id));
    if (factory_exists(path)) {
        return TPS_OK;
    }
    status = make(maker, model, id, h, &signed_corim, &why);
    status = status == TPS_OK ? factory_write(path, 0644, factory_span(signed_corim), problem)
                              : factory_fail_status(problem, status, why.detail == NULL ? path : why.detail);
    free(signed_corim.data);
    return status;
}

tps_status factory_endorse_layer(const factory_maker *maker, const char *model,
                                 char path[TPS_FACTORY_PATH_MAX], tps_factory_problem *problem)
{
    factory_latest latest;
    tps_handover *h;
    tps_status status;

    path[0] = '\0';
    TPS_TRY(factory_latest_read(maker->folder, model, &latest, problem));
    if (latest.count < 2 || strcmp(latest.images[0].name, TPS_IMAGE_COMPONENT) != 0) {
        return TPS_OK;
    }
    h = calloc(1, sizeof(*h));
    if (h == NULL) {
        return factory_fail_status(problem, TPS_OUT_OF_MEMORY, model);
    }
    status = start(maker, model, &latest, h, problem);
    if (status == TPS_OK) {
        status = endorse(maker, model, h, path, problem);
    }
    free(h);
    return status;
}
