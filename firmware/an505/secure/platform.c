/* SPDX-License-Identifier: Apache-2.0 */
/* The board as a tps_chip: the emulated flash, a secret and random bytes from it, the console. */
#include "secure/platform.h"

#include "component/boot/chip_flash.h"
#include "crypto/psa/start.h"
#include "memory.h"
#include "platform/trustzone_m/insecure_secret.h"
#include "secure/console.h"
#include "secure/flash.h"
#include "secure/start.h"
#include "tps/eat.h"

static tps_chip chip;
static tps_insecure_secret secret;

/* From the linker script. */
extern const uint8_t an505_image_start[], an505_image_end[];

/** The emulator's debugger is outside of the machine; nothing in it can tell. */
static uint32_t debug_status(void *context)
{
    (void)context;
    return TPS_EAT_DEBUG_DISABLED_SINCE_BOOT;
}

static void reset(void *context)
{
    (void)context;
    an505_system_reset();
}

static void log_line(void *context, uint32_t level, const char *text, tps_status status)
{
    (void)context;
    if (level <=
        TPS_LOG_WARNING) { /* what a client asks wrongly is its own affair, and would cost it our time */
        an505_console_line(text, status);
    }
}

static void describe(void)
{
    emulated_flash_describe(&chip);
    chip.properties = TPS_PLATFORM_INSECURE;
    chip.context = &secret;
    chip.unique_secret = tps_insecure_unique_secret;
    chip.lock_secret = tps_insecure_lock_secret;
    chip.entropy = tps_insecure_entropy;
    chip.debug_status = debug_status;
    chip.reset = reset;
    chip.log = log_line;
    chip.component_image = tps_span_make(an505_image_start, (size_t)(an505_image_end - an505_image_start));
}

static tps_status begin_secret(void)
{
    tps_chip_layout layout;

    TPS_TRY(tps_chip_layout_make(chip.flash_size, chip.sector_size, chip.unit_size, &layout));
    tps_insecure_secret_begin(&secret, chip.flash + layout.secret);
    return TPS_OK;
}

tps_status an505_platform_init(tps_trustzone_m *platform, const char **what)
{
    tps_psa_entropy entropy = {.fill = tps_insecure_entropy, .context = &secret};

    describe();
    *what = "cryptography";
    TPS_TRY(tps_psa_start(&entropy));
    *what = "flash";
    TPS_TRY(begin_secret());
    TPS_TRY(tps_trustzone_m_init(platform, &chip));
    *what = "INSECURE secret";
    return tps_insecure_entropy_begin(&secret, tps_trustzone_m_start_number(platform));
}
