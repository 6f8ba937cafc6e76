/* SPDX-License-Identifier: Apache-2.0 */
/* Certifying the keys that a chip made itself, by its certification request. */
#include <stdio.h>
#include <stdlib.h>

#include "component/boot/request.h"
#include "factory/batch.h"

/** A device that is certified. */
typedef struct {
    const tps_factory_certify_request *request;
    tps_buf identity_bytes;
    tps_device_identity identity;
    char serial[33];
    char model[TPS_FACTORY_MODEL_MAX + 1];
    tps_request_keys keys;
    factory_batch batch; /* of one */
    factory_endorsed endorsed;
} certified;

static tps_status read_identity(certified *c)
{
    char path[TPS_FACTORY_PATH_MAX];
    tps_factory_problem *problem = c->batch.problem;
    tps_error why;

    TPS_TRY(factory_path(path, problem, "%s/identity.cbor", c->request->device));
    if (!factory_exists(path)) {
        return factory_fail_status(problem, TPS_DEVICE_BAD_FOLDER, c->request->device);
    }
    TPS_TRY(factory_read(path, TPS_IDENTITY_MAX, &c->identity_bytes, problem));
    if (tps_identity_decode(factory_span(c->identity_bytes), &c->identity, &why) != TPS_OK ||
        c->identity.model.size > TPS_FACTORY_MODEL_MAX) {
        return factory_fail_status(problem, TPS_COMPONENT_BAD_IDENTITY, path);
    }
    memcpy(c->serial, c->identity.serial.data, c->identity.serial.size);
    memcpy(c->model, c->identity.model.data, c->identity.model.size);
    return TPS_OK;
}

/** The device is of this maker, who alone can have given it this class. */
static tps_status check_maker(certified *c)
{
    factory_batch *b = &c->batch;

    TPS_TRY(factory_class_id(b->maker, c->model, b->class_id, b->problem));
    if (tps_span_equal(c->identity.class_id, TPS_SPAN_OF(b->class_id)) &&
        tps_span_is_text(c->identity.vendor, b->maker->name)) {
        return TPS_OK;
    }
    return factory_fail(b->problem, TPS_BAD_ARGUMENT, "give the folder of the maker who made it",
                        "the device in %s is another maker's", c->request->device);
}

static tps_status read_request(certified *c)
{
    tps_factory_problem *problem = c->batch.problem;
    tps_error why = {TPS_OK, 0, NULL};
    tps_digest digest;
    tps_buf bytes;
    tps_status status;

    TPS_TRY(factory_read(c->request->request, TPS_REQUEST_MAX, &bytes, problem));
    status = tps_request_verify(factory_span(bytes), &c->keys, &why);
    free(bytes.data);
    if (status == TPS_OK) {
        status = tps_crypto_hash_of(TPS_ALG_SHA256, factory_span(c->identity_bytes), &digest);
    }
    if (status != TPS_OK) {
        return factory_fail(problem, status, "let the device make it again",
                            "%s is no certification request: %s%s%s", c->request->request,
                            tps_status_cause(status), why.detail == NULL ? "" : ": ",
                            why.detail == NULL ? "" : why.detail);
    }
    return memcmp(digest.bytes, c->keys.identity, sizeof(c->keys.identity)) == 0
               ? TPS_OK
               : factory_fail(problem, TPS_BAD_ARGUMENT,
                              "give the request of this device, made with the identity.cbor of its folder",
                              "%s is the request of another device", c->request->request);
}

/** devices.csv has the serial number, from tps_factory_make(), and no device with this key. */
static tps_status consult_registry(certified *c)
{
    const factory_batch *b = &c->batch;
    char path[TPS_FACTORY_PATH_MAX];
    char line[128];
    char hex[2 * TPS_KEYS_UEID_SIZE + 1];
    bool is_known;
    bool is_made;
    tps_buf text;

    TPS_TRY(factory_path(path, b->problem, "%s/devices.csv", b->request->folder));
    TPS_TRY(factory_read(path, FACTORY_REGISTRY_MAX, &text, b->problem));
    (void)snprintf(line, sizeof(line), "\n%s,%s,,", c->serial, c->model);
    factory_instance_hex(c->endorsed.instance_id, hex);
    is_made = strstr((const char *)text.data, line) != NULL;
    is_known = strstr((const char *)text.data, hex) != NULL;
    free(text.data);
    if (!is_made) {
        return factory_fail(b->problem, TPS_BAD_ARGUMENT,
                            "make it: tps factory make DIR --model MODEL --chip",
                            "%s was not made as a chip that makes its own keys", c->serial);
    }
    return !is_known ? TPS_OK
                     : factory_fail(b->problem, TPS_STORE_EXISTS,
                                    "each device has a key of its own; devices.csv lists those made",
                                    "the key of %s is another device's already", c->request->request);
}

static tps_status check_first_time(const certified *c)
{
    char path[TPS_FACTORY_PATH_MAX];

    TPS_TRY(factory_path(path, c->batch.problem, "%s/certificates.cbor", c->request->device));
    return !factory_exists(path)
               ? TPS_OK
               : factory_fail(c->batch.problem, TPS_STORE_EXISTS,
                              "a device is certified once; make another one", "%s is there already", path);
}

/** The number at the end of the serial number names the endorsements. */
static void find_number(certified *c)
{
    const char *dash = strrchr(c->serial, '-');

    c->batch.first_number = dash == NULL ? 0 : (size_t)strtoul(dash + 1, NULL, 10);
}

static tps_status certify(certified *c, tps_factory_made *out)
{
    factory_batch *b = &c->batch;
    const char *folder = c->request->device;

    TPS_TRY(read_identity(c));
    TPS_TRY(check_maker(c));
    TPS_TRY(check_first_time(c));
    TPS_TRY(read_request(c));
    TPS_TRY(factory_batch_describe(b, c->serial, c->keys.iak, &c->endorsed));
    TPS_TRY(consult_registry(c));
    find_number(c);
    TPS_TRY(factory_batch_certify_device_id(b, folder, c->serial, c->keys.device_id));
    TPS_TRY(factory_batch_certify(b, folder, c->serial, c->keys.iak));
    TPS_TRY(factory_batch_record(b, c->serial, &c->endorsed));
    TPS_TRY(factory_batch_endorse(b, 1, out));
    TPS_TRY(factory_path(out->first, b->problem, "%s", folder));
    TPS_TRY(factory_path(out->last, b->problem, "%s", folder));
    out->count = 1;
    out->is_demonstration = b->maker->is_demonstration;
    return TPS_OK;
}

tps_status tps_factory_certify(const tps_factory_certify_request *request, tps_factory_made *out,
                               tps_factory_problem *problem)
{
    certified c = {.request = request};
    tps_factory_make_request as_made = {.folder = request->folder, .model = c.model};
    factory_maker maker;
    tps_status status;

    TPS_TRY(factory_maker_open(request->folder, &maker, problem));
    c.batch = (factory_batch){
        .request = &as_made, .maker = &maker, .devices = &c.endorsed, .made = out, .problem = problem};
    status = certify(&c, out);
    tps_request_keys_free(&c.keys);
    free(c.identity_bytes.data);
    factory_maker_close(&maker);
    return status;
}
