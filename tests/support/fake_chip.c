/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_chip.h"

#include <string.h>

#include "tps/crypto.h"
#include "tps/eat.h"

static uint8_t *memory;
static uint32_t sector_size;

static tps_status program(void *context, uint32_t offset, tps_span bytes)
{
    (void)context;
    for (size_t i = 0; i < bytes.size; i++) {
        memory[offset + i] &= bytes.data[i];
    }
    return TPS_OK;
}

static tps_status erase(void *context, uint32_t offset)
{
    (void)context;
    memset(memory + offset, 0xff, sector_size);
    return TPS_OK;
}

static tps_status no_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE])
{
    (void)context;
    (void)secret;
    return TPS_COMPONENT_NO_SECRET;
}

static tps_status no_lock(void *context)
{
    (void)context;
    return TPS_COMPONENT_NOT_LOCKED;
}

static tps_status entropy(void *context, tps_buf out)
{
    (void)context;
    return tps_crypto_random(out);
}

static uint32_t debug_status(void *context)
{
    (void)context;
    return TPS_EAT_DEBUG_DISABLED_SINCE_BOOT;
}

static void no_log(void *context, uint32_t level, const char *text, tps_status status)
{
    (void)context;
    (void)level;
    (void)text;
    (void)status;
}

tps_chip fake_chip(uint8_t *flash, uint32_t size, uint32_t sector, uint32_t unit)
{
    memory = flash;
    sector_size = sector;
    return (tps_chip){.flash = flash,
                      .flash_size = size,
                      .sector_size = sector,
                      .unit_size = unit,
                      .flash_program = program,
                      .flash_erase = erase,
                      .unique_secret = no_secret,
                      .lock_secret = no_lock,
                      .entropy = entropy,
                      .debug_status = debug_status,
                      .log = no_log};
}
