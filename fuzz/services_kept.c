/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations with the services that keep things: sealed storage, counters, registers, random bytes. The
 * input is a row of records, each a byte that chooses service, login and whether the component starts anew, a
 * byte that says how long the message is, and the message. Answers are well-formed, what a value or a counter
 * was is so after each start, and no counter ever goes back. */
#include <stdlib.h>

#include "component/boot/boot.h"
#include "component/core/component.h"
#include "component/services/counters.h"
#include "component/services/measurement.h"
#include "component/services/random.h"
#include "component/services/storage.h"
#include "tps/eat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SERVICES = 4, LOGINS = 4, RAW_SIZE = 65536, RAW_SECTOR = 4096, RAW_UNIT = 16 };

static uint64_t counters[TPS_COUNTERS_MAX];
static uint8_t raw[RAW_SIZE];
static uint8_t random_byte;

static tps_status give_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE])
{
    (void)context;
    memset(secret, 0x42, TPS_UNIQUE_SECRET_SIZE);
    return TPS_OK;
}

static tps_status keep_secret(void *context)
{
    (void)context;
    return TPS_OK;
}

static tps_status give_bytes(void *context, tps_buf out)
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

static tps_status provide(void *context, uint32_t part, const char *image, uint64_t offset, tps_buf out,
                          size_t *size)
{
    (void)context;
    (void)part;
    (void)image;
    (void)offset;
    (void)out;
    (void)size;
    return TPS_NOT_FOUND;
}

static uint32_t tell_debug(void *context)
{
    (void)context;
    return TPS_EAT_DEBUG_DISABLED_SINCE_BOOT;
}

/* User 0 owns the device. */
static bool is_root(void *context, uint32_t method, uint32_t uid, uint32_t gid, const uint8_t *application)
{
    (void)context;
    (void)gid;
    (void)application;
    return method == TPSC_LOGIN_USER && uid == 0;
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

static const tps_platform platform = {.version = TPS_PLATFORM_VERSION,
                                      .unique_secret = give_secret,
                                      .lock_secret = keep_secret,
                                      .debug_status = tell_debug,
                                      .entropy = give_bytes,
                                      .storage_size = RAW_SIZE,
                                      .sector_size = RAW_SECTOR,
                                      .unit_size = RAW_UNIT,
                                      .storage_read = read_raw,
                                      .storage_write = write_raw,
                                      .storage_erase = erase_raw,
                                      .counter_read = count,
                                      .counter_increase = step,
                                      .provided_read = provide,
                                      .is_administrator = is_root,
                                      .time = tell_time,
                                      .log = no_log};

static tps_handover handover;
static tps_component component;
static tps_measurement_state measurement;
static tps_storage_state storage;
static tps_random_state random_bytes;
static const tps_service_slot slots[SERVICES] = {
    {&tps_storage_service, &storage, sizeof(storage)},
    {&tps_counters_service, NULL, 0},
    {&tps_measurement_service, &measurement, sizeof(measurement)},
    {&tps_random_service, &random_bytes, sizeof(random_bytes)},
};
static const tps_login logins[LOGINS] = {{.method = TPSC_LOGIN_USER, .uid = 0},
                                         {.method = TPSC_LOGIN_USER, .uid = 1},
                                         {.method = TPSC_LOGIN_APPLICATION, .application = {1}},
                                         {.method = TPSC_LOGIN_GROUP_APPLICATION, .application = {2}}};

static void start(void)
{
    if (tps_component_init(&component, &platform, &handover, (TPSC_UUID)TPSC_UUID_SC_TYPE_INSECURE_TEST,
                           slots, SERVICES, NULL) != TPS_OK ||
        component.vault_status != TPS_OK) {
        abort(); /* whatever was stored, it can be read again */
    }
}

static tps_span send_message(uint32_t service, uint32_t login, tps_span message)
{
    static uint8_t room[8192];
    uint32_t session;
    size_t size = 0;
    tps_status status;

    if (tps_component_open(&component, 1, &logins[login], &component.instances[service], &session) !=
        TPS_OK) {
        abort();
    }
    status = tps_component_execute(&component, 1, session, message, TPS_BUF_OF(room), &size, NULL);
    if (tps_component_close(&component, 1, session) != TPS_OK) {
        abort();
    }
    if (status != TPS_OK) {
        return TPS_SPAN_EMPTY;
    }
    if (tps_cbor_check(tps_span_make(room, size), &tps_cbor_limits_message, NULL, NULL) != TPS_OK) {
        abort(); /* an answer is always well-formed */
    }
    return tps_span_make(room, size);
}

/* The counter "a" of a login; 0 if there is none. */
static uint64_t counter_of(uint32_t login)
{
    tps_cbor_reader r =
        tps_cbor_reader_init(send_message(1, login, TPS_SPAN_LITERAL("\xcb\xa1\x01\x61\x61")));
    tps_cbor_list map;

    (void)tps_cbor_get_tag(&r);
    map = tps_cbor_enter_map(&r);
    return tps_cbor_next(&r, &map) && tps_cbor_get_uint(&r) == 1 ? tps_cbor_get_uint(&r) : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_booted;
    uint64_t seen[LOGINS] = {0};

    memset(counters, 0, sizeof(counters));
    memset(raw, 0xff, sizeof(raw));
    random_byte = 0;
    if (!is_booted && tps_boot(&platform, &handover, NULL) != TPS_OK) {
        abort();
    }
    is_booted = true; /* once: it is the same each time */
    start();
    while (size >= 2) {
        uint32_t service = data[0] % SERVICES;
        uint32_t login = data[0] / SERVICES % LOGINS;
        bool is_start = (data[0] & 0x80) != 0;
        size_t length = data[1] < size - 2 ? data[1] : size - 2;
        uint64_t now;

        (void)send_message(service, login, tps_span_make(data + 2, length));
        data += 2 + length;
        size -= 2 + length;
        if (is_start) {
            tps_component_finish(&component);
            start();
        }
        now = counter_of(login);
        if (now < seen[login]) {
            abort();
        }
        seen[login] = now;
    }
    tps_component_finish(&component);
    return 0;
}
