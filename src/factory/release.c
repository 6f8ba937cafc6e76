/* SPDX-License-Identifier: Apache-2.0 */
/* Releases: an image gets a signed manifest for devices, reference values for verifiers, and becomes what new
 * devices of its model are made with. */
#include "factory/release.h"

#include <stdio.h>
#include <stdlib.h>

#include "factory/endorse.h"
#include "factory/layer.h"
#include "factory/maker.h"

#define LATEST_MAX (TPS_IMAGES_MAX * 96u)

static bool is_version(const char *version)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-+_";
    size_t size = strlen(version);

    return size > 0 && size <= TPS_VERSION_MAX && strspn(version, allowed) == size && version[0] != '.';
}

static tps_status check(const tps_factory_release_request *request, tps_factory_problem *problem)
{
    static const char names[] = "use small letters, digits, - and ., beginning with a letter or digit";

    if (!factory_is_name(request->model, TPS_FACTORY_MODEL_MAX)) {
        return factory_fail(problem, TPS_BAD_ARGUMENT, names, "\"%.64s\" cannot name a model",
                            request->model);
    }
    if (!factory_is_name(request->name, TPS_FACTORY_MODEL_MAX) || strcmp(request->name, "devices") == 0) {
        return factory_fail(problem, TPS_BAD_ARGUMENT, names, "\"%.64s\" cannot name an image",
                            request->name);
    }
    if (!is_version(request->version)) {
        return factory_fail(problem, TPS_BAD_ARGUMENT,
                            "use 1 to 32 letters, digits and . - + _, such as 1.0.0",
                            "\"%.64s\" cannot be a version", request->version);
    }
    if (request->security_counter < TPS_FACTORY_COUNTER_AS_BEFORE ||
        request->security_counter > (int)TPS_SECURITY_COUNTER_MAX) {
        return factory_fail(problem, TPS_BAD_ARGUMENT,
                            "use 0 to 255, and raise it only to shut older ones out",
                            "%d cannot be a security counter", request->security_counter);
    }
    return TPS_OK;
}

/* ---- the latest images ---- */

tps_status factory_latest_read(const char *folder, const char *model, factory_latest *latest,
                               tps_factory_problem *problem)
{
    char path[TPS_FACTORY_PATH_MAX];
    tps_buf text;
    char *rest;
    tps_status status = TPS_OK;

    latest->count = 0;
    TPS_TRY(factory_path(path, problem, "%s/releases/%s/latest", folder, model));
    if (!factory_exists(path)) {
        return TPS_OK;
    }
    TPS_TRY(factory_read(path, LATEST_MAX, &text, problem));
    for (char *line = strtok_r((char *)text.data, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        factory_latest_image *image = &latest->images[latest->count];

        if (latest->count == TPS_IMAGES_MAX || sscanf(line, "%48s %32s", image->name, image->version) != 2 ||
            !factory_is_name(image->name, TPS_FACTORY_MODEL_MAX) || !is_version(image->version)) {
            status = factory_fail(problem, TPS_BAD_ARGUMENT, "restore it from a backup",
                                  "%s cannot be understood", path);
            break;
        }
        latest->count++;
    }
    free(text.data);
    return status;
}

/** Room for one more image: behind the others, or, for the component, before them. */
static factory_latest_image *add_image(factory_latest *latest, bool is_first)
{
    size_t at = is_first ? 0 : latest->count;

    memmove(&latest->images[at + 1], &latest->images[at], (latest->count - at) * sizeof(latest->images[0]));
    latest->count++;
    return &latest->images[at];
}

/** Puts the released version in the image's line, or appends a line. */
static tps_status latest_set(const tps_factory_release_request *request, tps_factory_problem *problem)
{
    factory_latest latest;
    factory_latest_image *image = NULL;
    char path[TPS_FACTORY_PATH_MAX];
    char text[LATEST_MAX];
    size_t at = 0;

    TPS_TRY(factory_latest_read(request->folder, request->model, &latest, problem));
    for (size_t i = 0; i < latest.count; i++) {
        if (strcmp(latest.images[i].name, request->name) == 0) {
            image = &latest.images[i];
        }
    }
    if (image == NULL && latest.count == TPS_IMAGES_MAX) {
        return factory_fail(problem, TPS_COMPONENT_FULL, "use the names of images that there are",
                            "%s has %u images already", request->model, TPS_IMAGES_MAX);
    }
    if (image == NULL) {
        image = add_image(&latest, strcmp(request->name, TPS_IMAGE_COMPONENT) == 0);
        (void)snprintf(image->name, sizeof(image->name), "%s", request->name);
    }
    (void)snprintf(image->version, sizeof(image->version), "%s", request->version);
    for (size_t i = 0; i < latest.count; i++) {
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %s\n", latest.images[i].name,
                               latest.images[i].version);
    }
    TPS_TRY(factory_path(path, problem, "%s/releases/%s/latest", request->folder, request->model));
    return factory_replace(path, 0644, tps_span_make(text, at), problem);
}

/* ---- security counters ---- */

tps_status factory_manifest_read(const factory_maker *maker, const char *path, tps_manifest *manifest,
                                 tps_buf *bytes, tps_factory_problem *problem)
{
    uint8_t encoded[128];
    uint8_t signer[32];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(encoded));
    tps_span key;
    tps_status status = tps_cose_key_put(&w, maker->release.key);

    *bytes = (tps_buf){NULL, 0};
    if (status == TPS_OK) {
        status = tps_cbor_writer_finish(&w, &key);
    }
    if (status != TPS_OK) {
        return factory_fail_status(problem, status, "the release key");
    }
    TPS_TRY(factory_read(path, TPS_MANIFEST_MAX, bytes, problem));
    status = tps_manifest_verify(factory_span(*bytes), &key, 1, manifest, signer, NULL);
    return status == TPS_OK ? TPS_OK : factory_fail_status(problem, status, path);
}

/** The security counter of a model's latest image, from its manifest. */
static tps_status latest_counter(const factory_maker *maker, const char *model,
                                 const factory_latest_image *image, uint32_t *counter,
                                 tps_factory_problem *problem)
{
    char path[TPS_FACTORY_PATH_MAX];
    tps_manifest manifest = {.size = 0};
    tps_buf bytes;
    tps_status status;

    TPS_TRY(factory_path(path, problem, "%s/releases/%s/%s-%s.manifest", maker->folder, model, image->name,
                         image->version));
    status = factory_manifest_read(maker, path, &manifest, &bytes, problem);
    if (status == TPS_OK) {
        *counter = manifest.security_counter;
    }
    free(bytes.data);
    return status;
}

/** The counter that a release must have at least: see tps_factory_release_request. */
static tps_status counter_before(const factory_maker *maker, const tps_factory_release_request *request,
                                 uint32_t *before, tps_factory_problem *problem)
{
    factory_latest latest;
    uint32_t least = TPS_SECURITY_COUNTER_MAX;

    TPS_TRY(factory_latest_read(request->folder, request->model, &latest, problem));
    for (size_t i = 0; i < latest.count; i++) {
        uint32_t counter = 0;

        TPS_TRY(latest_counter(maker, request->model, &latest.images[i], &counter, problem));
        if (strcmp(latest.images[i].name, request->name) == 0) {
            *before = counter;
            return TPS_OK;
        }
        least = counter < least ? counter : least;
    }
    *before = latest.count == 0 ? 0 : least;
    return TPS_OK;
}

static tps_status choose_counter(const factory_maker *maker, const tps_factory_release_request *request,
                                 uint32_t *counter, tps_factory_problem *problem)
{
    uint32_t before = 0;

    TPS_TRY(counter_before(maker, request, &before, problem));
    if (request->security_counter == TPS_FACTORY_COUNTER_AS_BEFORE) {
        *counter = before;
        return TPS_OK;
    }
    *counter = (uint32_t)request->security_counter;
    if (*counter < before && !request->may_lower_counter) {
        return factory_fail(problem, TPS_BAD_ARGUMENT,
                            "keep it; or add --force, for devices that never ran what came before",
                            "security counter %u is below %u: devices that ran the latest release refuse it",
                            (unsigned)*counter, (unsigned)before);
    }
    return TPS_OK;
}

/* ---- releasing ---- */

static tps_status write_manifest(factory_maker *maker, const tps_factory_release_request *request,
                                 tps_span image, const tps_factory_released *released,
                                 tps_factory_problem *problem)
{
    uint8_t encoded[TPS_MANIFEST_MAX];
    tps_manifest manifest = {.image = tps_span_of_text(request->name),
                             .version = tps_span_of_text(request->version),
                             .digest = TPS_SPAN_OF(released->digest),
                             .size = image.size,
                             .class_id = TPS_SPAN_OF(released->class_id),
                             .model = tps_span_of_text(request->model),
                             .security_counter = released->security_counter};
    tps_span signed_manifest;
    tps_status status =
        tps_manifest_make(&manifest, maker->release.key, TPS_BUF_OF(encoded), &signed_manifest, NULL);

    if (status != TPS_OK) {
        return factory_fail_status(problem, status, released->manifest);
    }
    return factory_write(released->manifest, 0644, signed_manifest, problem);
}

static tps_status endorse(const factory_maker *maker, const tps_factory_release_request *request,
                          tps_factory_released *released, tps_factory_problem *problem)
{
    uint8_t signer[32];
    char title[160];
    tps_corim_component component = {.name = tps_span_of_text(request->name),
                                     .version = tps_span_of_text(request->version),
                                     .digest = TPS_SPAN_OF(released->digest),
                                     .signer_id = TPS_SPAN_OF(signer)};
    factory_endorsement endorsement = {
        .model = request->model, .title = title, .components = &component, .component_count = 1};
    tps_status status = tps_manifest_signer_id(maker->release.key, signer);

    if (status != TPS_OK) {
        return factory_fail_status(problem, status, "the release key");
    }
    (void)snprintf(title, sizeof(title), "%s-%s-%s", request->model, request->name, request->version);
    return factory_endorse(maker, &endorsement, released->psa, released->opentps, problem);
}

/**
 * "-" joins model, name and version, and may be in each: "b-c" of model "a" and "c" of "a-b" would have one
 * file. Said before anything is written, so that no release is left without its endorsements. (An image named
 * "devices" would clash with a batch of devices.)
 */
static tps_status check_title(const tps_factory_release_request *request, tps_factory_problem *problem)
{
    char path[TPS_FACTORY_PATH_MAX];

    TPS_TRY(factory_path(path, problem, "%s/endorsements/%s-%s-%s.psa.corim", request->folder, request->model,
                         request->name, request->version));
    return !factory_exists(path) ? TPS_OK
                                 : factory_fail(problem, TPS_STORE_EXISTS, "choose another name or version",
                                                "%s is of another release", path);
}

static tps_status release_image(factory_maker *maker, const tps_factory_release_request *request,
                                tps_span image, tps_factory_released *out, tps_factory_problem *problem)
{
    char path[TPS_FACTORY_PATH_MAX];
    tps_digest digest;
    tps_status status = tps_crypto_hash_of(TPS_ALG_SHA256, image, &digest);

    if (status != TPS_OK) {
        return factory_fail_status(problem, status, request->image);
    }
    memcpy(out->digest, digest.bytes, sizeof(out->digest));
    TPS_TRY(choose_counter(maker, request, &out->security_counter, problem));
    TPS_TRY(factory_class_id(maker, request->model, out->class_id, problem));
    TPS_TRY(factory_path(path, problem, "%s/releases/%s", request->folder, request->model));
    TPS_TRY(factory_make_folder(path, 0755, problem));
    TPS_TRY(factory_path(path, problem, "%s/releases/%s/%s-%s.bin", request->folder, request->model,
                         request->name, request->version));
    TPS_TRY(factory_path(out->manifest, problem, "%s/releases/%s/%s-%s.manifest", request->folder,
                         request->model, request->name, request->version));
    if (factory_exists(path)) {
        return factory_fail(problem, TPS_STORE_EXISTS, "a version is released once: choose the next one",
                            "%s %s of %s is released already", request->name, request->version,
                            request->model);
    }
    TPS_TRY(check_title(request, problem));
    TPS_TRY(factory_write(path, 0644, image, problem));
    TPS_TRY(write_manifest(maker, request, image, out, problem));
    TPS_TRY(endorse(maker, request, out, problem));
    TPS_TRY(latest_set(request, problem));
    return factory_endorse_layer(maker, request->model, out->layer, problem);
}

tps_status factory_release(factory_maker *maker, const tps_factory_release_request *request,
                           tps_factory_released *out, tps_factory_problem *problem)
{
    tps_buf image = {NULL, 0};
    tps_status status;

    TPS_TRY(check(request, problem));
    status = factory_read(request->image, FACTORY_IMAGE_MAX, &image, problem);
    if (status == TPS_OK && image.size == 0) {
        status =
            factory_fail(problem, TPS_BAD_ARGUMENT, "give the image's file", "%s is empty", request->image);
    }
    if (status == TPS_OK) {
        status = release_image(maker, request, factory_span(image), out, problem);
    }
    free(image.data);
    return status;
}

tps_status tps_factory_release(const tps_factory_release_request *request, tps_factory_released *out,
                               tps_factory_problem *problem)
{
    factory_maker maker;
    tps_status status;

    TPS_TRY(check(request, problem));
    TPS_TRY(factory_maker_open(request->folder, &maker, problem));
    status = factory_release(&maker, request, out, problem);
    factory_maker_close(&maker);
    return status;
}
