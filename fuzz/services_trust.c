/* SPDX-License-Identifier: Apache-2.0 */
/* The services of trust: verification, update authorisation, device authentication, lifecycle. The first byte
 * chooses the service, the second the login; the rest are messages of one session, each behind its size in
 * two bytes. An answer is always well-formed, and without room it only says how much it needs. */
#include <stdlib.h>

#include "component/core/component.h"
#include "component/services/authentication.h"
#include "component/services/lifecycle.h"
#include "component/services/update.h"
#include "component/services/verification.h"
#include "tps/eat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SERVICES = 4, RAW_SIZE = 65536, RAW_SECTOR = 4096 };

/* A device "a", class of zeros, whose release key is the base point of P-256 (its private key is 1). */
static const uint8_t key[] = {0xa4, 1,    2,    0x20, 1,    0x21, 0x58, 32,   0x6b, 0x17, 0xd1, 0xf2, 0xe1,
                              0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03,
                              0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2,
                              0x96, 0x22, 0x58, 32,   0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e,
                              0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31,
                              0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

static uint8_t raw[RAW_SIZE];
static uint64_t counters[TPS_COUNTERS_MAX];
static uint8_t random_byte;

static tps_status no_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE])
{
    (void)context;
    (void)secret;
    return TPS_COMPONENT_NO_SECRET;
}

static tps_status lock(void *context)
{
    (void)context;
    return TPS_OK;
}

static tps_status entropy(void *context, tps_buf out)
{
    (void)context;
    memset(out.data, ++random_byte, out.size);
    return TPS_OK;
}

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

static uint32_t debug(void *context)
{
    (void)context;
    return TPS_EAT_DEBUG_DISABLED_SINCE_BOOT;
}

static bool is_root(void *context, uint32_t method, uint32_t uid, uint32_t gid, const uint8_t *application)
{
    (void)context;
    (void)method;
    (void)gid;
    (void)application;
    return uid == 0;
}

static tps_status clock_of(void *context, uint64_t *seconds)
{
    (void)context;
    *seconds = 1800000000;
    return TPS_OK;
}

static void no_log(void *context, uint32_t level, const char *text, tps_status status)
{
    (void)context;
    (void)level;
    (void)text;
    (void)status;
}

static const tps_platform platform = {.version = TPS_PLATFORM_VERSION,
                                      .unique_secret = no_secret,
                                      .lock_secret = lock,
                                      .debug_status = debug,
                                      .entropy = entropy,
                                      .storage_size = RAW_SIZE,
                                      .sector_size = RAW_SECTOR,
                                      .unit_size = 16,
                                      .storage_read = read_raw,
                                      .storage_write = write_raw,
                                      .storage_erase = erase_raw,
                                      .counter_read = count,
                                      .counter_increase = step,
                                      .is_administrator = is_root,
                                      .time = clock_of,
                                      .log = no_log};

static tps_handover handover;
static tps_verification_state verification;
static tps_update_state update;
static tps_lifecycle_state lifecycle;
static tps_component component;
static const tps_service_slot slots[SERVICES] = {
    {&tps_verification_service, &verification, sizeof(verification)},
    {&tps_update_service, &update, sizeof(update)},
    {&tps_authentication_service, NULL, 0},
    {&tps_lifecycle_service, &lifecycle, sizeof(lifecycle)}};

static void make_device(void)
{
    static const uint8_t class_id[TPS_CLASS_ID_SIZE];

    memset(raw, 0xff, sizeof(raw));
    memset(counters, 0, sizeof(counters));
    memset(&handover, 0, sizeof(handover));
    random_byte = 0;
    counters[TPS_COUNTER_PROVISIONED] = TPS_LIFECYCLE_SECURED;
    handover.is_made = true;
    handover.lifecycle = TPS_LIFECYCLE_SECURED;
    handover.identity.class_id = TPS_SPAN_OF(class_id);
    handover.identity.image_count = 1;
    handover.identity.images[0] = TPS_SPAN_LITERAL("a");
    handover.identity.release_key_count = 1;
    handover.identity.release_keys[0] = TPS_SPAN_OF(key);
}

static void send_message(uint32_t session, tps_span message)
{
    static uint8_t room[TPS_COMPONENT_MESSAGE_MAX];
    size_t size;
    tps_status status =
        tps_component_execute(&component, 1, session, message, (tps_buf){NULL, 0}, &size, NULL);

    if (status == TPS_OK) {
        abort(); /* without room nothing is answered */
    }
    status = tps_component_execute(&component, 1, session, message, TPS_BUF_OF(room), &size, NULL);
    if (status == TPS_OK &&
        tps_cbor_check(tps_span_make(room, size), &tps_cbor_limits_message, NULL, NULL) != TPS_OK) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_login login = {.method = TPSC_LOGIN_USER};
    uint32_t session;
    size_t at = 2;

    if (size < 2) {
        return 0;
    }
    make_device();
    if (tps_component_init(&component, &platform, &handover, (TPSC_UUID)TPSC_UUID_SC_TYPE_INSECURE_TEST,
                           slots, SERVICES, NULL) != TPS_OK) {
        abort();
    }
    login.uid = data[1] & 1;
    if (tps_component_open(&component, 1, &login, &component.instances[data[0] % SERVICES], &session) !=
        TPS_OK) {
        abort();
    }
    while (size - at > 2) {
        size_t wanted = data[at] | (size_t)data[at + 1] << 8;

        at += 2;
        wanted = wanted < size - at ? wanted : size - at;
        send_message(session, tps_span_make(data + at, wanted));
        at += wanted;
    }
    tps_component_finish(&component);
    return 0;
}
