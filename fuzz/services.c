/* SPDX-License-Identifier: Apache-2.0 */
/* The component's services. The first byte chooses what the rest is: a message to one of them, under one of
 * two logins; or what a maker or a disk hands over: identity, manifest, certificates, the key store's table.
 */
#include <stdlib.h>

#include "component/boot/boot.h"
#include "component/boot/manifest.h"
#include "component/core/component.h"
#include "component/services/attestation.h"
#include "component/services/identification.h"
#include "component/services/key_store.h"
#include "component/services/measurement.h"
#include "tps/eat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SERVICES = 4, AS_IDENTITY = 4, AS_MANIFEST = 5, AS_CERTIFICATES = 6, AS_TABLE = 7, CHOICES = 8 };

/* {1: "Acme", 2: "bulb", 3: 3 bytes, 4: 32 bytes, 5: "1", 6: "1", 7: ["a"], 8: [a key that is none]} */
static const uint8_t made[] = {0xa8, 1,    0x64, 'A', 'c',  'm',  'e', 2, 0x64, 'b', 'u', 'l', 'b',  3,
                               0x43, 1,    2,    3,   4,    0x58, 32,  0, 0,    0,   0,   0,   0,    0,
                               0,    0,    0,    0,   0,    0,    0,   0, 0,    0,   0,   0,   0,    0,
                               0,    0,    0,    0,   0,    0,    0,   0, 0,    0,   0,   5,   0x61, '1',
                               6,    0x61, '1',  7,   0x81, 0x61, 'a', 8, 0x81, 0xa0};

/* What the platform hands out as the part under test. */
static uint32_t chosen;
static tps_span content;

static tps_status give_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE])
{
    (void)context;
    memset(secret, 0x42, TPS_UNIQUE_SECRET_SIZE);
    return TPS_OK;
}

static tps_status give_bytes(void *context, tps_buf out)
{
    (void)context;
    memset(out.data, 0x42, out.size);
    return TPS_OK;
}

static tps_status give(tps_span what, uint64_t offset, tps_buf out, size_t *size)
{
    *size = offset >= what.size ? 0 : what.size - (size_t)offset;
    *size = *size < out.size ? *size : out.size;
    if (*size > 0) {
        memcpy(out.data, what.data + offset, *size);
    }
    return TPS_OK;
}

/* Raw storage and counters in memory, new for each input, so that the services have their vault. */
enum { RAW_SIZE = 65536, RAW_SECTOR = 4096 };
static uint8_t raw[RAW_SIZE];
static uint64_t counters[TPS_COUNTERS_MAX];

static tps_status read_raw(void *context, uint32_t offset, tps_buf out)
{
    (void)context;
    memcpy(out.data, raw + offset, out.size);
    return TPS_OK;
}

static tps_status write_raw(void *context, uint32_t offset, tps_span bytes)
{
    (void)context;
    memcpy(raw + offset, bytes.data, bytes.size);
    return TPS_OK;
}

static tps_status erase_raw(void *context, uint32_t offset)
{
    (void)context;
    memset(raw + offset, 0xff, RAW_SECTOR);
    return TPS_OK;
}

static tps_status count(void *context, uint32_t counter, uint64_t *value)
{
    (void)context;
    *value = counters[counter];
    return TPS_OK;
}

static tps_status step(void *context, uint32_t counter, uint64_t *value)
{
    (void)context;
    *value = ++counters[counter];
    return TPS_OK;
}

static tps_status provide(void *context, uint32_t part, const char *image, uint64_t offset, tps_buf out,
                          size_t *size)
{
    (void)context;
    (void)image;
    switch (part) {
    case TPS_PROVIDED_IDENTITY:
        return give(chosen == AS_IDENTITY ? content : TPS_SPAN_OF(made), offset, out, size);
    case TPS_PROVIDED_IMAGE: return give(TPS_SPAN_LITERAL("image"), offset, out, size);
    case TPS_PROVIDED_MANIFEST:
        return chosen == AS_MANIFEST ? give(content, offset, out, size) : TPS_NOT_FOUND;
    default: return chosen == AS_CERTIFICATES ? give(content, offset, out, size) : TPS_NOT_FOUND;
    }
}

static tps_status tell_time(void *context, uint64_t *seconds)
{
    (void)context;
    (void)seconds;
    return TPS_UNSUPPORTED;
}

static void no_log(void *context, uint32_t level, const char *text, tps_status status)
{
    (void)context;
    (void)level;
    (void)text;
    (void)status;
}

static tps_status keep_secret(void *context)
{
    (void)context;
    return TPS_OK;
}

static uint32_t tell_debug(void *context)
{
    (void)context;
    return TPS_EAT_DEBUG_DISABLED_SINCE_BOOT;
}

static const tps_platform platform = {.version = TPS_PLATFORM_VERSION,
                                      .unique_secret = give_secret,
                                      .lock_secret = keep_secret,
                                      .debug_status = tell_debug,
                                      .entropy = give_bytes,
                                      .storage_size = RAW_SIZE,
                                      .sector_size = RAW_SECTOR,
                                      .unit_size = 16,
                                      .storage_read = read_raw,
                                      .storage_write = write_raw,
                                      .storage_erase = erase_raw,
                                      .counter_read = count,
                                      .counter_increase = step,
                                      .provided_read = provide,
                                      .time = tell_time,
                                      .log = no_log};

static tps_handover handover;
static tps_measurement_state measurement;
static tps_attestation_state attestation;
static tps_key_store_state key_store;
static tps_component component;
static const tps_service_slot slots[SERVICES] = {
    {&tps_measurement_service, &measurement, sizeof(measurement)},
    {&tps_attestation_service, &attestation, sizeof(attestation)},
    {&tps_identification_service, NULL, 0},
    {&tps_key_store_service, &key_store, sizeof(key_store)}};

static void send_message(uint32_t service, tps_span message)
{
    static uint8_t room[TPS_COMPONENT_MESSAGE_MAX];
    tps_login login = {.method = TPSC_LOGIN_USER, .uid = 1};
    uint32_t session;
    size_t size;

    if (tps_component_open(&component, 1, &login, &component.instances[service], &session) != TPS_OK) {
        abort();
    }
    if (tps_component_execute(&component, 1, session, message, TPS_BUF_OF(room), &size, NULL) == TPS_OK &&
        tps_cbor_check(tps_span_make(room, size), &tps_cbor_limits_message, NULL, NULL) != TPS_OK) {
        abort(); /* an answer is always well-formed */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_device_identity identity;
    tps_status status;

    if (size == 0) {
        return 0;
    }
    memset(counters, 0, sizeof(counters));
    counters[TPS_COUNTER_PROVISIONED] = TPS_LIFECYCLE_SECURED;
    chosen = data[0] % CHOICES;
    content = tps_span_make(data + 1, size - 1);
    if (chosen == AS_IDENTITY && tps_identity_decode(content, &identity, NULL) == TPS_OK) {
        uint8_t again[TPS_IDENTITY_MAX * 2];
        tps_span encoded;

        if (tps_identity_encode(&identity, TPS_BUF_OF(again), &encoded, NULL) == TPS_BAD_ARGUMENT) {
            abort();
        }
    }
    if (tps_boot(&platform, &handover, NULL) != TPS_OK) {
        return 0;
    }
    status = tps_component_init(&component, &platform, &handover, (TPSC_UUID)TPSC_UUID_SC_TYPE_INSECURE_TEST,
                                slots, SERVICES, NULL);
    if (status != TPS_OK) {
        return 0;
    }
    if (chosen < SERVICES) {
        send_message(chosen, content);
    } else {
        send_message(1, TPS_SPAN_LITERAL("\xca\xa2\x01\x02\x02\x48\x01\x02\x03\x04\x05\x06\x07\x08"));
        send_message(3, TPS_SPAN_LITERAL("\xcd\xa0"));
    }
    tps_component_finish(&component);
    return 0;
}
