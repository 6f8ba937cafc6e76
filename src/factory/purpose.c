/* SPDX-License-Identifier: Apache-2.0 */
/* Endorsed values of a model: each file is a version of one tag, and takes the place of those before. */
#include <stdio.h>
#include <stdlib.h>

#include "factory/endorse.h"
#include "factory/factory.h"

enum { ROLE_CREATOR = 1, VERSIONS_MAX = 1000, ID_MAX = 64 };

static bool is_text(const char *text)
{
    size_t size = strlen(text);

    for (const char *c = text; *c != '\0'; c++) {
        if ((uint8_t)*c < 0x20 || *c == 0x7f) {
            return false;
        }
    }
    return size >= 1 && size <= TPS_FACTORY_VALUE_MAX;
}

static tps_status check(const tps_factory_endorse_request *request, tps_factory_problem *problem)
{
    const char *texts[] = {request->purpose, request->certification};

    if (!factory_is_name(request->model, TPS_FACTORY_MODEL_MAX)) {
        return factory_fail(problem, TPS_BAD_ARGUMENT,
                            "use small letters, digits, - and ., beginning with a letter or digit",
                            "\"%.64s\" cannot name a model", request->model);
    }
    if (request->purpose == NULL && request->certification == NULL) {
        return factory_fail(problem, TPS_BAD_ARGUMENT, "give a purpose, a certification, or both",
                            "there is nothing to endorse");
    }
    for (size_t i = 0; i < 2; i++) {
        if (texts[i] != NULL && !is_text(texts[i])) {
            return factory_fail(problem, TPS_BAD_ARGUMENT, "use 1 to 64 bytes of text in one line",
                                "the %s cannot be endorsed", i == 0 ? "purpose" : "certification");
        }
    }
    return TPS_OK;
}

static tps_corim_value key_of(const char *text)
{
    return (tps_corim_value){.kind = TPS_CORIM_TEXT, .bytes = tps_span_of_text(text)};
}

static tps_span name_of(const char *text)
{
    return text == NULL ? TPS_SPAN_EMPTY : tps_span_of_text(text);
}

static tps_status write_values(const factory_maker *maker, const tps_factory_endorse_request *request,
                               const char *id, const uint8_t class_id[32], uint64_t version, tps_buf out,
                               tps_span *corim, tps_error *why)
{
    const tps_corim_measurement purpose = {.key = key_of("opentps.purpose"),
                                           .name = name_of(request->purpose)};
    const tps_corim_measurement certification = {.key = key_of("opentps.certification"),
                                                 .name = name_of(request->certification)};
    const tps_corim_environment environment = {
        .class_id = {TPS_CORIM_BYTES, TPS_CORIM_TAG_BYTES, {class_id, 32}},
        .vendor = tps_span_of_text(maker->name),
        .model = tps_span_of_text(request->model)};
    const tps_corim_statement both[] = {{environment, {.items = &purpose, .count = 1}},
                                        {environment, {.items = &certification, .count = 1}}};
    const tps_corim_statements endorsed = {.items = request->purpose == NULL ? &both[1] : both,
                                           .count =
                                               (request->purpose != NULL) + (request->certification != NULL)};
    uint8_t tag_id[16];
    const tps_corim_label creator = {.number = ROLE_CREATOR};
    const tps_corim_entity entity = {.name = tps_span_of_text(maker->name),
                                     .roles = {.items = &creator, .count = 1}};
    const tps_corim_comid comid = {.identity = {.id = {.kind = TPS_CORIM_UUID, .bytes = TPS_SPAN_OF(tag_id)},
                                                .has_version = true,
                                                .version = version},
                                   .entities = {.items = &entity, .count = 1},
                                   .endorsed_values = endorsed};
    const tps_corim_tag tag = {.tag = TPS_CORIM_TAG_COMID, .comid = &comid};
    const tps_corim manifest = {
        .id = {.kind = TPS_CORIM_TEXT, .bytes = tps_span_of_text(id)},
        .tags = {.items = &tag, .count = 1},
        .profile = {TPS_CORIM_TEXT, TPS_CORIM_TAG_URI, tps_span_of_text(TPS_CORIM_PROFILE_OPENTPS_URI)},
        .entities = {.items = &entity, .count = 1}};

    TPS_TRY(tps_crypto_uuid5(maker->ca_id, tps_span_of_text(id), tag_id));
    return tps_corim_write(&manifest, out, corim, why);
}

/* The first version that is free. */
static tps_status choose(const factory_maker *maker, const char *model, uint64_t *version,
                         char path[TPS_FACTORY_PATH_MAX], tps_factory_problem *problem)
{
    for (*version = 1; *version <= VERSIONS_MAX; ++*version) {
        TPS_TRY(factory_path(path, problem, "%s/endorsements/%s-purpose-%u.opentps.corim", maker->folder,
                             model, (unsigned)*version));
        if (!factory_exists(path)) {
            return TPS_OK;
        }
    }
    return factory_fail(problem, TPS_TOO_LARGE, "move older ones elsewhere, but never the last",
                        "%s: there are %d versions", path, VERSIONS_MAX);
}

static tps_status endorse(const factory_maker *maker, const tps_factory_endorse_request *request,
                          char path[TPS_FACTORY_PATH_MAX], tps_factory_problem *problem)
{
    uint8_t room[1024];
    uint8_t class_id[32];
    tps_error why = {TPS_OK, 0, NULL};
    tps_buf signed_corim = {NULL, 0};
    tps_span corim;
    uint64_t version;
    char id[ID_MAX];
    tps_status status;

    (void)snprintf(id, sizeof(id), "%s-purpose", request->model);
    TPS_TRY(choose(maker, request->model, &version, path, problem));
    TPS_TRY(factory_class_id(maker, request->model, class_id, problem));
    status = write_values(maker, request, id, class_id, version, TPS_BUF_OF(room), &corim, &why);
    if (status == TPS_OK) {
        status = factory_sign_corim(maker, corim, TPS_ALG_ESP256, &signed_corim);
    }
    status = status == TPS_OK ? factory_write(path, 0644, factory_span(signed_corim), problem)
                              : factory_fail_status(problem, status, why.detail == NULL ? path : why.detail);
    free(signed_corim.data);
    return status;
}

tps_status tps_factory_endorse(const tps_factory_endorse_request *request, char path[TPS_FACTORY_PATH_MAX],
                               tps_factory_problem *problem)
{
    factory_maker maker;
    tps_status status;

    TPS_TRY(check(request, problem));
    TPS_TRY(factory_maker_open(request->folder, &maker, problem));
    status = endorse(&maker, request, path, problem);
    factory_maker_close(&maker);
    return status;
}
