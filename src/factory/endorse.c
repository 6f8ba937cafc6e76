/* SPDX-License-Identifier: Apache-2.0 */
/* Endorsements: the same facts in two profiles, signed by the endorsement signer, its chain enclosed. */
#include "factory/endorse.h"

#include <stdio.h>
#include <stdlib.h>

#define ID_MAX 256u

static tps_status fail(tps_factory_problem *problem, tps_status status, const char *path,
                       const tps_error *why)
{
    if (why->detail == NULL) {
        return factory_fail_status(problem, status, path);
    }
    return factory_fail(problem, status, tps_status_next_step(status), "%s: %s (%s)", path,
                        tps_status_cause(status), why->detail);
}

/** Verifiers of PSA tokens know ES256; what is for our own profile says which curve it means (RFC 9864). */
static int32_t algorithm_of(uint32_t profile_kind)
{
    return profile_kind == TPS_CORIM_PROFILE_PSA ? TPS_ALG_ES256 : TPS_ALG_ESP256;
}

tps_status factory_sign_corim(const factory_maker *maker, tps_span corim, int32_t alg, tps_buf *signed_corim)
{
    const tps_span chain[] = {maker->endorsement.der, maker->ca.der};
    tps_corim_signer who = {.name = tps_span_of_text(maker->name), .x5chain = chain, .x5chain_count = 2};
    tps_cose_signer signer = tps_cose_signer_of_key(maker->endorsement.key, alg);
    tps_span needed;

    *signed_corim = (tps_buf){NULL, 0};
    TPS_TRY(tps_corim_sign(corim, &who, &signer, TPS_BUF_MEASURE, &needed));
    *signed_corim = (tps_buf){malloc(needed.size), needed.size};
    return signed_corim->data == NULL ? TPS_OUT_OF_MEMORY
                                      : tps_corim_sign(corim, &who, &signer, *signed_corim, &needed);
}

/** Encodes and signs; `*signed_corim` is heap memory for the caller to free. */
static tps_status encode(const factory_maker *maker, const tps_corim_manifest *manifest,
                         tps_buf *signed_corim, tps_error *why)
{
    tps_span needed;
    tps_span body;
    tps_buf room;
    tps_status status;

    *signed_corim = (tps_buf){NULL, 0};
    TPS_TRY(tps_corim_encode(manifest, TPS_BUF_MEASURE, &needed, why));
    room = (tps_buf){malloc(needed.size), needed.size};
    if (room.data == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    status = tps_corim_encode(manifest, room, &body, why);
    if (status == TPS_OK) {
        status = factory_sign_corim(maker, body, algorithm_of(manifest->profile_kind), signed_corim);
    }
    free(room.data);
    return status;
}

static tps_status endorse_in(const factory_maker *maker, const factory_endorsement *e, uint32_t profile,
                             const char *ending, char path[TPS_FACTORY_PATH_MAX],
                             tps_factory_problem *problem)
{
    uint8_t class_id[32];
    uint8_t tag_id[16];
    char id[ID_MAX];
    tps_corim_manifest manifest = {.profile_kind = profile,
                                   .tag_id = TPS_SPAN_OF(tag_id),
                                   .entity_name = tps_span_of_text(maker->name),
                                   .class_id = TPS_SPAN_OF(class_id),
                                   .vendor = tps_span_of_text(maker->name),
                                   .model = tps_span_of_text(e->model),
                                   .components = e->components,
                                   .component_count = e->component_count,
                                   .devices = e->devices,
                                   .device_count = e->device_count};
    tps_error why = {TPS_OK, 0, NULL};
    tps_buf corim = {NULL, 0};
    tps_status status;

    TPS_TRY(factory_path(path, problem, "%s/endorsements/%s.%s.corim", maker->folder, e->title, ending));
    TPS_TRY(factory_class_id(maker, e->model, class_id, problem));
    (void)snprintf(id, sizeof(id), "%s.%s", e->title, ending);
    manifest.id = tps_span_of_text(id);
    status = tps_crypto_uuid5(maker->ca_id, manifest.id, tag_id);
    if (status == TPS_OK) {
        status = encode(maker, &manifest, &corim, &why);
    }
    status = status == TPS_OK ? factory_write(path, 0644, factory_span(corim), problem)
                              : fail(problem, status, path, &why);
    free(corim.data);
    return status;
}

tps_status factory_endorse(const factory_maker *maker, const factory_endorsement *endorsement,
                           char psa[TPS_FACTORY_PATH_MAX], char opentps[TPS_FACTORY_PATH_MAX],
                           tps_factory_problem *problem)
{
    TPS_TRY(endorse_in(maker, endorsement, TPS_CORIM_PROFILE_PSA, "psa", psa, problem));
    return endorse_in(maker, endorsement, TPS_CORIM_PROFILE_OPENTPS, "opentps", opentps, problem);
}
