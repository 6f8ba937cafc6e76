/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks around functions, a clock and a stack of parts: what profile.h tells. */
#include "secure/profile.h"

#include "component/boot/boot.h"
#include "component/core/component.h"
#include "component/services/attestation/parts.h"
#include "component/vault/vault.h"
#include "platform/trustzone_m/veneer.h"
#include "secure/console.h"
#include "secure/flash.h"
#include "tps/cose.h"
#include "tps/crypto.h"

#define NUMBER(name, text) PART_##name,
#define NAME(name, text)   text,
enum { PROFILE_PARTS(NUMBER) PARTS };
static const char *const names[PARTS] = {PROFILE_PARTS(NAME)};

/* CMSDK timer 0, the secure world's. It counts down. */
#define TIMER_CTRL   (*(volatile uint32_t *)0x50000000)
#define TIMER_VALUE  (*(volatile uint32_t *)0x50000004)
#define TIMER_RELOAD (*(volatile uint32_t *)0x50000008)

/* ---- the clock and the parts ---- */

enum { DEPTH_MAX = 24 };

static struct {
    uint32_t ticks[PARTS];
    uint32_t calls[PARTS];
    uint32_t stack[DEPTH_MAX];
    uint32_t depth;
    uint32_t since; /**< when the innermost part began to count */
    bool is_told;   /**< not to be printed: printed already, or no transaction */
} record = {.is_told = true};

static uint32_t now(void)
{
    return UINT32_MAX - TIMER_VALUE;
}

static void enter(uint32_t part)
{
    uint32_t at = now();

    if (record.depth > 0) {
        record.ticks[record.stack[record.depth - 1]] += at - record.since;
    }
    if (record.depth < DEPTH_MAX) {
        record.stack[record.depth] = part;
    }
    record.depth++;
    record.calls[part]++;
    record.since = now();
}

static void leave(void)
{
    uint32_t at = now();

    record.depth--;
    record.ticks[record.stack[record.depth]] += at - record.since;
    record.since = now();
}

static void begin(void)
{
    memset(&record, 0, sizeof record);
}

static void tell(void)
{
    uint32_t total = 0;

    if (record.is_told) {
        return;
    }
    record.is_told = true;
    an505_console_put("cost begin\n");
    for (uint32_t i = 0; i < PARTS; i++) {
        if (record.calls[i] > 0) {
            an505_console_put("cost ");
            an505_console_put(names[i]);
            an505_console_put(" ");
            an505_console_put_hex(record.ticks[i]);
            an505_console_put(" ");
            an505_console_put_hex(record.calls[i]);
            an505_console_put("\n");
            total += record.ticks[i];
        }
    }
    an505_console_put("cost end ");
    an505_console_put_hex(total);
    an505_console_put("\n");
}

/* ---- hooks ---- */

/* The linker makes `__real_NAME` of the function and sends its callers to `__wrap_NAME`. */
#define HOOK(part, type, name, parameters, arguments)     \
    extern __typeof__(name) __real_##name, __wrap_##name; \
    type __wrap_##name parameters                         \
    {                                                     \
        type result;                                      \
                                                          \
        enter(PART_##part);                               \
        result = __real_##name arguments;                 \
        leave();                                          \
        return result;                                    \
    }
#define HOOK_VOID(part, name, parameters, arguments)      \
    extern __typeof__(name) __real_##name, __wrap_##name; \
    void __wrap_##name parameters                         \
    {                                                     \
        enter(PART_##part);                               \
        __real_##name arguments;                          \
        leave();                                          \
    }

HOOK(CORE, tps_status, tps_component_execute,
     (tps_component * a, uint32_t b, uint32_t c, tps_span d, tps_buf e, size_t *f, tps_error *g),
     (a, b, c, d, e, f, g))
HOOK(SERVICES, tps_status, tps_component_init,
     (tps_component * a, const tps_platform *b, tps_handover *c, TPSC_UUID d, const tps_service_slot *e,
      size_t f, tps_error *g),
     (a, b, c, d, e, f, g))
HOOK(FACTS, tps_status, attestation_make_evidence, (tps_request * a, tps_error *b), (a, b))
HOOK_VOID(CLAIMS, attestation_put_claims, (tps_cbor_writer * a, const attestation_facts *b), (a, b))
HOOK(COSE, tps_status, tps_cose_sign1_make,
     (tps_span a, const tps_cose_make_options *b, const tps_cose_signer *c, tps_buf d, tps_span *e),
     (a, b, c, d, e))
HOOK(HASH, tps_status, tps_crypto_hash_begin, (tps_crypto_hash * a, int32_t b), (a, b))
HOOK_VOID(HASH, tps_crypto_hash_update, (tps_crypto_hash * a, tps_span b), (a, b))
HOOK(HASH, tps_status, tps_crypto_hash_finish, (tps_crypto_hash * a, tps_digest *b), (a, b))
HOOK(HASH, tps_status, tps_crypto_hash_of, (int32_t a, tps_span b, tps_digest *c), (a, b, c))
HOOK(SIGN, tps_status, tps_crypto_sign,
     (tps_crypto_key * a, int32_t b, const tps_digest *c, tps_buf d, size_t *e), (a, b, c, d, e))
HOOK(SIGN, tps_status, tps_crypto_sign_message,
     (tps_crypto_key * a, int32_t b, tps_span c, tps_buf d, size_t *e), (a, b, c, d, e))
HOOK(VERIFY, tps_status, tps_crypto_verify, (tps_crypto_key * a, int32_t b, const tps_digest *c, tps_span d),
     (a, b, c, d))
HOOK(KEYS, tps_status, tps_crypto_key_generate, (int32_t a, tps_crypto_key **b), (a, b))
HOOK(KEYS, tps_status, tps_crypto_key_derive_p256, (const uint8_t a[48], tps_crypto_key **b), (a, b))
HOOK(KEYS, tps_status, tps_crypto_key_from_scalar, (int32_t a, tps_span b, tps_crypto_key **c), (a, b, c))
HOOK(KEYS, tps_status, tps_crypto_key_from_point, (const tps_crypto_point *a, tps_crypto_key **b), (a, b))
HOOK(KEYS, tps_status, tps_crypto_key_point, (const tps_crypto_key *a, tps_crypto_point *b), (a, b))
HOOK(DERIVE, tps_status, tps_crypto_hkdf, (tps_span a, tps_span b, tps_span c, tps_buf d), (a, b, c, d))
HOOK(DERIVE, tps_status, tps_crypto_hmac_sha256, (tps_span a, tps_span b, uint8_t c[TPS_SHA256_SIZE]),
     (a, b, c))
HOOK(AEAD, tps_status, tps_crypto_aead_seal,
     (int32_t a, tps_span b, tps_span c, tps_crypto_aad d, tps_span e, tps_buf f), (a, b, c, d, e, f))
HOOK(AEAD, tps_status, tps_crypto_aead_open,
     (int32_t a, tps_span b, tps_span c, tps_crypto_aad d, tps_span e, tps_buf f), (a, b, c, d, e, f))
HOOK(RANDOM, tps_status, tps_crypto_random, (tps_buf a), (a))
HOOK(VAULT, tps_status, tps_vault_open,
     (tps_vault * a, const tps_platform *b, const tps_handover *c, tps_error *d), (a, b, c, d))
HOOK(VAULT, tps_status, tps_vault_get,
     (tps_vault * a, const tps_vault_id *b, const tps_vault_context *c, tps_buf d, size_t *e),
     (a, b, c, d, e))
HOOK(VAULT, tps_status, tps_vault_put,
     (tps_vault * a, const tps_vault_id *b, const tps_vault_context *c, tps_span d, uint32_t e),
     (a, b, c, d, e))
HOOK(VAULT, tps_status, tps_vault_delete, (tps_vault * a, const tps_vault_id *b), (a, b))

/* ---- the flash, which is a table of operations ---- */

static tps_chip flash;

static tps_status program(void *context, uint32_t offset, tps_span bytes)
{
    tps_status status;

    enter(PART_FLASH);
    status = flash.flash_program(context, offset, bytes);
    leave();
    return status;
}

static tps_status erase(void *context, uint32_t offset)
{
    tps_status status;

    enter(PART_FLASH);
    status = flash.flash_erase(context, offset);
    leave();
    return status;
}

extern __typeof__(emulated_flash_describe) __real_emulated_flash_describe, __wrap_emulated_flash_describe;
void __wrap_emulated_flash_describe(tps_chip *chip)
{
    __real_emulated_flash_describe(chip);
    flash = *chip;
    chip->flash_program = program;
    chip->flash_erase = erase;
}

/* ---- what a record is of ---- */

extern __typeof__(tps_boot) __real_tps_boot, __wrap_tps_boot;
tps_status __wrap_tps_boot(const tps_platform *platform, tps_handover *handover, tps_error *why)
{
    tps_status status;

    TIMER_RELOAD = UINT32_MAX;
    TIMER_VALUE = UINT32_MAX;
    TIMER_CTRL = 1;
    begin();
    enter(PART_START);
    status = __real_tps_boot(platform, handover, why);
    leave();
    return status;
}

/** A transaction has a record of its own; what opens and closes sessions has none. */
extern __typeof__(tps_gateway_call) __real_tps_gateway_call, __wrap_tps_gateway_call;
uint32_t __wrap_tps_gateway_call(tps_gateway *gateway, uintptr_t address)
{
    uint32_t result;

    tell();
    begin();
    record.is_told = ((const tps_veneer_call *)address)->op != TPS_VENEER_EXECUTE;
    enter(PART_GATEWAY);
    result = __real_tps_gateway_call(gateway, address);
    leave();
    return result;
}
