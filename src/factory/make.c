/* SPDX-License-Identifier: Apache-2.0 */
/* Making devices: secret, identity, certificate and firmware into a folder each, and the endorsements of the
 * batch. */
#include <stdio.h>
#include <stdlib.h>

#include "component/boot/handover.h"
#include "factory/batch.h"
#include "tps/dice.h"
#include "tps/secret.h"

enum { SECRET_SIZE = 32, SERIAL_SIZE = 33 };

/* ---- a software component's secret ---- */

/** A new folder for what only one program of the device may read. */
static tps_status make_private(const factory_batch *b, const char *folder, const char *name,
                               char path[TPS_FACTORY_PATH_MAX])
{
    TPS_TRY(factory_path(path, b->problem, "%s/%s", folder, name));
    return factory_make_folder(path, 0700, b->problem);
}

/** The keys that follow from a new unique secret. */
static tps_status derive_keys(const uint8_t secret[SECRET_SIZE], const tps_keys_inputs *inputs,
                              tps_crypto_key **iak, tps_crypto_key **device_id)
{
    uint8_t s0[TPS_KEYS_SIZE];
    tps_status status = tps_keys_s0(tps_span_make(secret, SECRET_SIZE), inputs, s0);

    if (status == TPS_OK) {
        status = tps_keys_iak(s0, iak);
    }
    if (status == TPS_OK) {
        status = tps_keys_device_id(tps_span_make(secret, SECRET_SIZE), device_id);
    }
    tps_wipe(s0, sizeof(s0));
    return status;
}

/** A unique secret for a component that is software, in boot/, which only the first stage may read; and the
 * counter that says that the device is made, in secure/. */
static tps_status make_secret(const factory_batch *b, const char *folder, const tps_keys_inputs *inputs,
                              tps_crypto_key **iak, tps_crypto_key **device_id)
{
    static const uint8_t secured[8] = {TPS_LIFECYCLE_SECURED}; /* TPS_COUNTER_PROVISIONED */
    char path[TPS_FACTORY_PATH_MAX];
    uint8_t secret[SECRET_SIZE];
    tps_status status;

    TPS_TRY(make_private(b, folder, "secure", path));
    TPS_TRY(factory_batch_write(b, path, "counter-2", 0600, TPS_SPAN_OF(secured)));
    TPS_TRY(make_private(b, folder, "boot", path));
    status = tps_crypto_random(TPS_BUF_OF(secret));
    if (status == TPS_OK) {
        status = derive_keys(secret, inputs, iak, device_id);
    }
    status = status == TPS_OK ? factory_batch_write(b, path, "unique-secret", 0600, TPS_SPAN_OF(secret))
                              : factory_fail_status(b->problem, status, path);
    tps_wipe(secret, sizeof(secret));
    return status;
}

/** The lifecycle of a chip that will make its own secret: its maker is making it. */
static tps_status make_counter(const factory_batch *b, const char *folder)
{
    static const uint8_t provisioning[8] = {TPS_LIFECYCLE_PROVISIONING}; /* TPS_COUNTER_PROVISIONED */
    char path[TPS_FACTORY_PATH_MAX];

    TPS_TRY(make_private(b, folder, "secure", path));
    return factory_batch_write(b, path, "counter-2", 0600, TPS_SPAN_OF(provisioning));
}

/* ---- identity and attestation key ---- */

static tps_status read_device_key(const factory_batch *b, const char *path, tps_crypto_key **key)
{
    tps_buf pem;
    tps_status status;

    TPS_TRY(factory_read(path, 8192, &pem, b->problem));
    status = tps_crypto_key_from_pem(factory_span(pem), key);
    tps_wipe(pem.data, pem.size);
    free(pem.data);
    if (status == TPS_OK && tps_crypto_key_is_private(*key)) {
        return factory_fail(b->problem, TPS_CRYPTO_BAD_KEY,
                            "give the public key only: the private one stays inside",
                            "%s holds a private key", path);
    }
    if (status == TPS_OK && tps_crypto_key_curve(*key) != TPS_CURVE_P256) {
        status = TPS_CRYPTO_ALG_REFUSED;
    }
    return status == TPS_OK ? TPS_OK : factory_fail_status(b->problem, status, path);
}

/** identity.cbor, and what the keys of a device with this identity are derived from in normal mode. */
static tps_status write_identity(const factory_batch *b, const char *folder, const char *serial,
                                 tps_keys_inputs *inputs)
{
    uint8_t encoded[TPS_IDENTITY_MAX];
    tps_device_identity identity = {
        .vendor = tps_span_of_text(b->maker->name),
        .model = tps_span_of_text(b->request->model),
        .oemid = factory_oemid(b->maker),
        .class_id = TPS_SPAN_OF(b->class_id),
        .hwversion = tps_span_of_text(b->maker->is_demonstration ? "1.0 insecure demonstration" : "1.0"),
        .serial = tps_span_of_text(serial),
        .image_count = b->latest.count,
        .release_key_count = 1,
        .release_keys = {tps_span_make(b->release_key, b->release_key_size)},
    };
    tps_error why = {TPS_OK, 0, NULL};
    tps_digest digest;
    tps_span content;
    tps_status status;

    for (size_t i = 0; i < b->latest.count; i++) {
        identity.images[i] = tps_span_of_text(b->latest.images[i].name);
    }
    status = tps_identity_encode(&identity, TPS_BUF_OF(encoded), &content, &why);
    if (status == TPS_OK) {
        status = tps_crypto_hash_of(TPS_ALG_SHA256, content, &digest);
    }
    if (status != TPS_OK) {
        return factory_fail_status(b->problem, status, why.detail == NULL ? serial : why.detail);
    }
    *inputs = (tps_keys_inputs){.mode = TPS_DICE_MODE_NORMAL};
    memcpy(inputs->authority, digest.bytes, sizeof(inputs->authority));
    return factory_batch_write(b, folder, "identity.cbor", 0644, content);
}

static tps_status copy_firmware(const factory_batch *b, const char *folder)
{
    static const char *const endings[] = {"bin", "manifest"};
    char from[TPS_FACTORY_PATH_MAX];
    char to[TPS_FACTORY_PATH_MAX];

    TPS_TRY(factory_path(to, b->problem, "%s/firmware", folder));
    TPS_TRY(factory_batch_make_public(b, to));
    for (size_t i = 0; i < b->latest.count * 2; i++) {
        const factory_latest_image *image = &b->latest.images[i / 2];
        tps_buf content;
        tps_status status;

        TPS_TRY(factory_path(from, b->problem, "%s/releases/%s/%s-%s.%s", b->request->folder,
                             b->request->model, image->name, image->version, endings[i % 2]));
        TPS_TRY(factory_path(to, b->problem, "%s/firmware/%s.%s", folder, image->name, endings[i % 2]));
        TPS_TRY(factory_read(from, FACTORY_IMAGE_MAX, &content, b->problem));
        status = factory_write(to, 0644, factory_span(content), b->problem);
        free(content.data);
        TPS_TRY(status);
        TPS_TRY(factory_set_mode(to, 0644, b->problem));
    }
    return TPS_OK;
}

static void serial_of(const factory_batch *b, size_t index, char serial[SERIAL_SIZE])
{
    (void)snprintf(serial, SERIAL_SIZE, "%s-%04zu", b->request->model, b->first_number + index);
}

static tps_status folder_of(const factory_batch *b, size_t index, char folder[TPS_FACTORY_PATH_MAX])
{
    char serial[SERIAL_SIZE];

    serial_of(b, index, serial);
    return b->request->out == NULL
               ? factory_path(folder, b->problem, "%s/devices/%s", b->request->folder, serial)
               : factory_path(folder, b->problem, "%s/%s", b->request->out, serial);
}

/** Its keys, and what is said of them. A chip's come later: tps_factory_certify(). */
static tps_status make_keys(factory_batch *b, size_t index, const char *folder, const char *serial,
                            const tps_keys_inputs *inputs)
{
    tps_crypto_key *key = NULL;
    tps_crypto_key *device_id = NULL;
    tps_status status;

    if (b->request->device_key_count == 0) {
        status = make_secret(b, folder, inputs, &key, &device_id);
        if (status == TPS_OK) {
            status = factory_batch_certify_device_id(b, folder, serial, device_id);
        }
        tps_crypto_key_free(device_id);
    } else {
        status = read_device_key(b, b->request->device_keys[index], &key);
    }
    if (status == TPS_OK) {
        status = factory_batch_certify(b, folder, serial, key);
    }
    if (status == TPS_OK) {
        status = factory_batch_describe(b, serial, key, &b->devices[index]);
    }
    tps_crypto_key_free(key);
    return status;
}

static tps_status make_device(factory_batch *b, size_t index)
{
    char folder[TPS_FACTORY_PATH_MAX];
    char serial[SERIAL_SIZE];
    tps_keys_inputs inputs;

    serial_of(b, index, serial);
    TPS_TRY(folder_of(b, index, folder));
    if (factory_exists(folder)) {
        return factory_fail(b->problem, TPS_STORE_EXISTS, "move it away; no device is made twice",
                            "%s is there already", folder);
    }
    TPS_TRY(factory_batch_make_public(b, folder));
    TPS_TRY(write_identity(b, folder, serial, &inputs));
    TPS_TRY(b->request->is_chip ? make_counter(b, folder) : make_keys(b, index, folder, serial, &inputs));
    TPS_TRY(copy_firmware(b, folder));
    return factory_batch_record(b, serial, b->request->is_chip ? NULL : &b->devices[index]);
}

/* ---- the batch ---- */

/* The instance id that the device of this key will have. */
static tps_status instance_id_of(const factory_batch *b, const char *path, uint8_t id[TPS_KEYS_UEID_SIZE])
{
    tps_crypto_key *key = NULL;
    tps_status status = read_device_key(b, path, &key);

    if (status == TPS_OK && tps_keys_instance_id(key, id) != TPS_OK) {
        status = factory_fail_status(b->problem, TPS_CRYPTO_FAILED, path);
    }
    tps_crypto_key_free(key);
    return status;
}

/* A device whose key cannot be taken must be found before the first folder is made: nothing is made twice, so
 * half a batch would be in the way of the next try. `registry` is devices.csv. */
static tps_status check_device_keys(const factory_batch *b, const char *registry)
{
    const tps_factory_make_request *request = b->request;

    for (size_t i = 0; i < request->device_key_count; i++) {
        factory_endorsed *device = &b->devices[i];
        char hex[2 * TPS_KEYS_UEID_SIZE + 1];
        bool is_known;

        TPS_TRY(instance_id_of(b, request->device_keys[i], device->instance_id));
        factory_instance_hex(device->instance_id, hex);
        is_known = strstr(registry, hex) != NULL;
        for (size_t other = 0; other < i && !is_known; other++) {
            is_known = memcmp(b->devices[other].instance_id, device->instance_id, TPS_KEYS_UEID_SIZE) == 0;
        }
        if (is_known) {
            return factory_fail(b->problem, TPS_STORE_EXISTS,
                                "each device has a key of its own; devices.csv lists those made",
                                "the key of %s is another device's already", request->device_keys[i]);
        }
    }
    return TPS_OK;
}

/** Checks the keys, and finds the number behind the last one of this model, against devices.csv. */
static tps_status consult_registry(factory_batch *b)
{
    char path[TPS_FACTORY_PATH_MAX];
    size_t model_size = strlen(b->request->model);
    tps_status status;
    tps_buf text;
    char *rest;

    b->first_number = 1;
    TPS_TRY(factory_path(path, b->problem, "%s/devices.csv", b->request->folder));
    if (!factory_exists(path)) {
        TPS_TRY(check_device_keys(b, ""));
        return factory_append(path, "serial,model,instance-id,made\n", b->problem);
    }
    TPS_TRY(factory_read(path, FACTORY_REGISTRY_MAX, &text, b->problem));
    status = check_device_keys(b, (const char *)text.data);
    for (char *line = strtok_r((char *)text.data, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        size_t number;
        int end = 0;

        if (strncmp(line, b->request->model, model_size) == 0 && line[model_size] == '-' &&
            sscanf(line + model_size + 1, "%9zu,%n", &number, &end) == 1 && end > 0 &&
            number >= b->first_number) {
            b->first_number = number + 1;
        }
    }
    free(text.data);
    return status;
}

static bool has_component(const factory_latest *latest)
{
    return latest->count > 0 && strcmp(latest->images[0].name, TPS_IMAGE_COMPONENT) == 0;
}

/* A person who names a program means that one. */
static tps_status compare_component(const factory_batch *b)
{
    const factory_latest_image *image = &b->latest.images[0];
    char path[TPS_FACTORY_PATH_MAX];
    tps_buf chosen = {NULL, 0};
    tps_buf released = {NULL, 0};
    tps_status status;

    TPS_TRY(factory_path(path, b->problem, "%s/releases/%s/%s-%s.bin", b->request->folder, b->request->model,
                         image->name, image->version));
    status = factory_read(b->request->component, FACTORY_IMAGE_MAX, &chosen, b->problem);
    if (status == TPS_OK) {
        status = factory_read(path, FACTORY_IMAGE_MAX, &released, b->problem);
    }
    if (status == TPS_OK && !tps_span_equal(factory_span(chosen), factory_span(released))) {
        status =
            factory_fail(b->problem, TPS_STORE_EXISTS,
                         "release it: tps factory release DIR --model MODEL --name component --version V "
                         "--image FILE",
                         "the component of %s is another: %s", b->request->model, path);
    }
    free(chosen.data);
    free(released.data);
    return status;
}

/** The component's own program is an image, too: the first. */
static tps_status release_component(factory_batch *b)
{
    tps_factory_release_request request = {.folder = b->request->folder,
                                           .model = b->request->model,
                                           .version = b->request->component_version,
                                           .image = b->request->component,
                                           .name = TPS_IMAGE_COMPONENT,
                                           .security_counter = TPS_FACTORY_COUNTER_AS_BEFORE};
    tps_factory_released *released;
    tps_status status;

    if (has_component(&b->latest)) {
        return b->request->is_component_chosen ? compare_component(b) : TPS_OK;
    }
    if (b->request->is_chip) {
        return factory_fail(b->problem, TPS_NOT_FOUND,
                            "release it: tps factory release DIR --model MODEL --name component --version V "
                            "--image FILE",
                            "the secure image of the chips of %s is not released", b->request->model);
    }
    if (b->request->component == NULL) {
        return factory_fail(b->problem, TPS_NOT_FOUND,
                            "install tps-component beside tps, or name it: --component FILE",
                            "the secure component's program is not found");
    }
    released = calloc(1, sizeof(*released));
    if (released == NULL) {
        return factory_fail_status(b->problem, TPS_OUT_OF_MEMORY, b->request->component);
    }
    status = factory_release(b->maker, &request, released, b->problem);
    if (status == TPS_OK) {
        memcpy(b->made->component_psa, released->psa, sizeof(released->psa));
        memcpy(b->made->component_opentps, released->opentps, sizeof(released->opentps));
        memcpy(b->made->component_layer, released->layer, sizeof(released->layer));
    }
    free(released);
    TPS_TRY(status);
    return factory_latest_read(b->request->folder, b->request->model, &b->latest, b->problem);
}

static tps_status prepare(factory_batch *b)
{
    const tps_factory_make_request *request = b->request;
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(b->release_key));
    tps_span encoded;
    tps_status status;

    if (!b->maker->is_demonstration && request->device_key_count == 0 && !request->is_chip) {
        return factory_fail(
            b->problem, TPS_UNSUPPORTED,
            "let the chip make its keys: --chip; or give each device's public key: --device-key "
            "PUB.pem (or make a demonstration's maker: tps factory init --demo)",
            "a real maker's devices keep their secret in hardware, not in a file");
    }
    TPS_TRY(factory_latest_read(request->folder, request->model, &b->latest, b->problem));
    if (b->latest.count == 0 || (b->latest.count == 1 && has_component(&b->latest))) {
        return factory_fail(b->problem, TPS_NOT_FOUND,
                            "release one: tps factory release DIR --model MODEL --version 1.0.0 --image FILE",
                            "the model \"%.64s\" has no firmware yet", request->model);
    }
    if (request->device_key_count == 0) {
        TPS_TRY(release_component(b));
    }
    TPS_TRY(factory_class_id(b->maker, request->model, b->class_id, b->problem));
    status = tps_cose_key_put(&w, b->maker->release.key);
    if (status == TPS_OK) {
        status = tps_cbor_writer_finish(&w, &encoded);
    }
    if (status != TPS_OK) {
        return factory_fail_status(b->problem, status, "the release key");
    }
    b->release_key_size = encoded.size;
    TPS_TRY(consult_registry(b));
    return request->out == NULL ? TPS_OK : factory_make_folder(request->out, 0755, b->problem);
}

static tps_status run_batch(factory_batch *b, size_t count, tps_factory_made *out)
{
    TPS_TRY(prepare(b));
    for (size_t i = 0; i < count; i++) {
        TPS_TRY(make_device(b, i));
    }
    if (!b->request->is_chip) {
        TPS_TRY(factory_batch_endorse(b, count, out));
    }
    TPS_TRY(folder_of(b, 0, out->first));
    TPS_TRY(folder_of(b, count - 1, out->last));
    out->count = count;
    out->is_demonstration = b->maker->is_demonstration;
    return TPS_OK;
}

tps_status tps_factory_make(const tps_factory_make_request *request, tps_factory_made *out,
                            tps_factory_problem *problem)
{
    size_t count = request->device_key_count != 0 ? request->device_key_count : request->count;
    factory_maker maker;
    factory_batch b = {.request = request, .maker = &maker, .made = out, .problem = problem};
    tps_status status;

    if (!factory_is_name(request->model, TPS_FACTORY_MODEL_MAX)) {
        return factory_fail(problem, TPS_BAD_ARGUMENT,
                            "use small letters, digits, - and ., beginning with a letter or digit",
                            "\"%.64s\" cannot name a model", request->model);
    }
    if (count == 0 || count > TPS_FACTORY_BATCH_MAX) {
        return factory_fail(problem, TPS_BAD_ARGUMENT, "give --count 1 to 100000", "no batch has %zu devices",
                            count);
    }
    TPS_TRY(factory_maker_open(request->folder, &maker, problem));
    b.devices = calloc(count, sizeof(*b.devices));
    status = b.devices == NULL ? factory_fail_status(problem, TPS_OUT_OF_MEMORY, "devices")
                               : run_batch(&b, count, out);
    free(b.devices);
    factory_maker_close(&maker);
    return status;
}
