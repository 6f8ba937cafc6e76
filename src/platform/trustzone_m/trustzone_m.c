/* SPDX-License-Identifier: Apache-2.0 */
/* The platform's table on a chip: what the chip does itself is passed on, the rest is in the files beside. */
#include "platform/trustzone_m/trustzone_m.h"

#include "component/core/service.h"
#include "platform/trustzone_m/counters.h"
#include "platform/trustzone_m/gateway.h"
#include "platform/trustzone_m/provided.h"
#include "platform/trustzone_m/storage.h"

static tps_status pass_unique_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE])
{
    const tps_chip *chip = ((const tps_trustzone_m *)context)->chip;

    return chip->unique_secret(chip->context, secret);
}

static tps_status pass_lock_secret(void *context)
{
    const tps_chip *chip = ((const tps_trustzone_m *)context)->chip;

    return chip->lock_secret(chip->context);
}

static tps_status pass_entropy(void *context, tps_buf out)
{
    const tps_chip *chip = ((const tps_trustzone_m *)context)->chip;

    return chip->entropy(chip->context, out);
}

static uint32_t pass_debug_status(void *context)
{
    const tps_chip *chip = ((const tps_trustzone_m *)context)->chip;

    return chip->debug_status(chip->context);
}

static void pass_reset(void *context)
{
    const tps_chip *chip = ((const tps_trustzone_m *)context)->chip;

    chip->reset(chip->context);
}

static void pass_log(void *context, uint32_t level, const char *text, tps_status status)
{
    const tps_chip *chip = ((const tps_trustzone_m *)context)->chip;

    chip->log(chip->context, level, text, status);
}

/* Privileged code of the non-secure world, whose image was verified: all of it speaks for the owner who logs
 * in at all. */
static bool is_administrator(void *context, uint32_t method, uint32_t uid, uint32_t gid,
                             const uint8_t *application)
{
    (void)context;
    (void)gid;
    (void)application;
    return method != TPSC_LOGIN_PUBLIC && uid == TPS_GATEWAY_UID;
}

static tps_status no_time(void *context, uint64_t *seconds)
{
    (void)context;
    (void)seconds;
    return TPS_UNSUPPORTED;
}

static bool is_whole(const tps_chip *chip)
{
    return chip->flash != NULL && chip->flash_program != NULL && chip->flash_erase != NULL &&
           chip->unique_secret != NULL && chip->lock_secret != NULL && chip->entropy != NULL &&
           chip->debug_status != NULL && chip->log != NULL;
}

static void fill_table(tps_trustzone_m *platform, const tps_chip *chip)
{
    platform->table = (tps_platform){
        .version = TPS_PLATFORM_VERSION,
        .properties = chip->properties & TPS_PLATFORM_INSECURE,
        .context = platform,
        .unique_secret = pass_unique_secret,
        .lock_secret = pass_lock_secret,
        .entropy = pass_entropy,
        .storage_size = platform->layout.storage_size,
        .sector_size = chip->sector_size,
        .unit_size = chip->unit_size,
        .storage_read = tps_trustzone_m_storage_read,
        .storage_write = tps_trustzone_m_storage_write,
        .storage_erase = tps_trustzone_m_storage_erase,
        .counter_read = tps_trustzone_m_counter_read,
        .counter_increase = tps_trustzone_m_counter_increase,
        .provided_read = tps_trustzone_m_provided_read,
        .debug_status = pass_debug_status,
        .is_administrator = is_administrator,
        .reset = chip->reset == NULL ? NULL : pass_reset,
        .time = no_time,
        .log = pass_log,
    };
}

/** What is not there, or not whole, is told by the first stage once more; here by its reason. */
static void find_parts(tps_trustzone_m *platform)
{
    tps_status status =
        tps_chip_parts_newest(platform->chip->flash, &platform->layout, &platform->parts, NULL);

    platform->has_parts = status == TPS_OK;
    if (!platform->has_parts) {
        pass_log(platform, TPS_LOG_WARNING, "what the maker put onto the device", status);
    }
}

tps_status tps_trustzone_m_init(tps_trustzone_m *platform, const tps_chip *chip)
{
    tps_status status;

    memset(platform, 0, sizeof(*platform));
    if (!is_whole(chip) || tps_chip_layout_make(chip->flash_size, chip->sector_size, chip->unit_size,
                                                &platform->layout) != TPS_OK) {
        return TPS_BAD_ARGUMENT;
    }
    platform->chip = chip;
    fill_table(platform, chip);
    find_parts(platform);
    status = tps_trustzone_m_counters_open(platform);
    if (status != TPS_OK) {
        pass_log(platform, TPS_LOG_ERROR, "the counters in flash", status);
    }
    return status;
}

uint64_t tps_trustzone_m_start_number(const tps_trustzone_m *platform)
{
    return platform->counters.start;
}
