/* SPDX-License-Identifier: Apache-2.0 */
/* platform.h over plain memory, an operation after the other. Where a chip has hardware for something, the
 * comment says what would stand there. */
#include "platform.h"

#include <stdio.h>
#include <string.h>

#include "tps/crypto.h"
#include "tps/eat.h"
#include "tps/secret.h"
#include "tps/tpsc_client_api.h"

/* ---- secret and entropy ---- */

/* A chip reads fuses, or a key that its hardware derives. */
static tps_status ram_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE])
{
    const ram_hardware *hw = context;

    if (!hw->has_secret || hw->is_latched) {
        return TPS_COMPONENT_NO_SECRET;
    }
    memcpy(secret, hw->fuses, TPS_UNIQUE_SECRET_SIZE);
    return TPS_OK;
}

/* A chip sets the sticky bit that closes the fuses until reset. */
static tps_status ram_lock(void *context)
{
    ram_hardware *hw = context;

    hw->is_latched = true;
    return TPS_OK;
}

/* A chip asks its noise source, with its health tests. */
static tps_status ram_entropy(void *context, tps_buf out)
{
    (void)context;
    return tps_crypto_random(out) == TPS_OK ? TPS_OK : TPS_CRYPTO_NO_ENTROPY;
}

/* ---- flash ---- */

static bool is_inside(uint32_t offset, size_t size)
{
    return offset <= RAM_FLASH_SIZE && size <= RAM_FLASH_SIZE - offset;
}

static tps_status ram_read(void *context, uint32_t offset, tps_buf out)
{
    const ram_hardware *hw = context;

    if (!is_inside(offset, out.size)) {
        return TPS_COMPONENT_STORAGE;
    }
    memcpy(out.data, hw->flash + offset, out.size);
    return TPS_OK;
}

static tps_status ram_write(void *context, uint32_t offset, tps_span bytes)
{
    ram_hardware *hw = context;

    if (!is_inside(offset, bytes.size) || offset % RAM_FLASH_UNIT != 0 || bytes.size % RAM_FLASH_UNIT != 0) {
        return TPS_COMPONENT_STORAGE;
    }
    for (size_t i = 0; i < bytes.size; i++) {
        if (hw->flash[offset + i] != 0xff) {
            return TPS_COMPONENT_STORAGE; /* not erased: flash with error correction would now be spoilt */
        }
    }
    memcpy(hw->flash + offset, bytes.data, bytes.size);
    return TPS_OK;
}

static tps_status ram_erase(void *context, uint32_t offset)
{
    ram_hardware *hw = context;

    if (!is_inside(offset, RAM_FLASH_SECTOR) || offset % RAM_FLASH_SECTOR != 0) {
        return TPS_COMPONENT_STORAGE;
    }
    memset(hw->flash + offset, 0xff, RAM_FLASH_SECTOR);
    return TPS_OK;
}

/* ---- counters: a chip burns a fuse a step, or has a protected block of a secure flash ---- */

static tps_status ram_counter(void *context, uint32_t counter, uint64_t *value)
{
    const ram_hardware *hw = context;

    if (counter >= TPS_COUNTERS_MAX) {
        return TPS_UNSUPPORTED;
    }
    *value = hw->counters[counter];
    return TPS_OK;
}

static tps_status ram_increase(void *context, uint32_t counter, uint64_t *value)
{
    ram_hardware *hw = context;

    if (counter >= TPS_COUNTERS_MAX) {
        return TPS_UNSUPPORTED;
    }
    *value = ++hw->counters[counter];
    return TPS_OK;
}

/* ---- what the maker provided, and what the device is ---- */

static tps_status ram_provided(void *context, uint32_t part, const char *image, uint64_t offset, tps_buf out,
                               size_t *size)
{
    const ram_hardware *hw = context;

    for (size_t i = 0; i < hw->parts_count; i++) {
        const ram_part *p = &hw->parts[i];

        if (p->part == part && strcmp(p->image, image == NULL ? "" : image) == 0) {
            uint64_t left = offset < p->bytes.size ? p->bytes.size - offset : 0;

            *size = left < out.size ? (size_t)left : out.size;
            if (*size > 0) {
                memcpy(out.data, p->bytes.data + offset, *size);
            }
            return TPS_OK;
        }
    }
    return TPS_NOT_FOUND;
}

/* A chip reads its debug port's state. */
static uint32_t ram_debug(void *context)
{
    (void)context;
    return TPS_EAT_DEBUG_DISABLED_SINCE_BOOT;
}

static bool ram_administrator(void *context, uint32_t method, uint32_t uid, uint32_t gid,
                              const uint8_t *application)
{
    const ram_hardware *hw = context;

    (void)gid;
    (void)application;
    return method == TPSC_LOGIN_USER && uid == hw->owner;
}

/* A chip pulls its reset line, and does not return. Here main.c may look. */
static void ram_reset(void *context)
{
    ram_hardware *hw = context;

    hw->is_reset_wanted = true;
}

static tps_status ram_time(void *context, uint64_t *seconds)
{
    (void)context;
    (void)seconds;
    return TPS_UNSUPPORTED; /* no clock: what needs one says so */
}

static void ram_log(void *context, uint32_t level, const char *text, tps_status status)
{
    (void)context;
    if (level <= TPS_LOG_WARNING) {
        (void)fprintf(stderr, "ram: %s%s%s\n", text, status == TPS_OK ? "" : ": ",
                      status == TPS_OK ? "" : tps_status_cause(status));
    }
}

/* ---- the table ---- */

void ram_hardware_init(ram_hardware *hardware)
{
    memset(hardware, 0, sizeof *hardware);
    memset(hardware->flash, 0xff, sizeof hardware->flash);
}

void ram_hardware_reset(ram_hardware *hardware)
{
    hardware->is_latched = false;
    hardware->is_reset_wanted = false;
}

tps_platform ram_platform(ram_hardware *hardware)
{
    return (tps_platform){
        .version = TPS_PLATFORM_VERSION,
        .properties = TPS_PLATFORM_INSECURE,
        .context = hardware,
        .unique_secret = ram_secret,
        .lock_secret = ram_lock,
        .entropy = ram_entropy,
        .storage_size = RAM_FLASH_SIZE,
        .sector_size = RAM_FLASH_SECTOR,
        .unit_size = RAM_FLASH_UNIT,
        .storage_read = ram_read,
        .storage_write = ram_write,
        .storage_erase = ram_erase,
        .counter_read = ram_counter,
        .counter_increase = ram_increase,
        .provided_read = ram_provided,
        .debug_status = ram_debug,
        .is_administrator = ram_administrator,
        .reset = ram_reset,
        .time = ram_time,
        .log = ram_log,
    };
}
