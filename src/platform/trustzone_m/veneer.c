/* SPDX-License-Identifier: Apache-2.0 */
/* The entry function, and the memory of the non-secure world as CMSE judges it. */
#include "platform/trustzone_m/veneer.h"

#include <arm_cmse.h>

#if !defined(__ARM_FEATURE_CMSE) || __ARM_FEATURE_CMSE != 3
#error "the secure image is built with -mcmse"
#endif

/** Behind it are registers of the core. They belong to whoever reaches for them, so the instructions that
 * judge an address call them non-secure, and what would be reached from here are those of the secure world.
 */
#define SYSTEM_SPACE ((uintptr_t)0xE0000000u)

static tps_gateway *opened;

/** CONTROL_NS.nPRIV is that of the thread that called. */
static bool is_privileged(void *context)
{
    uint32_t control;

    (void)context;
    __asm__ volatile("mrs %0, control_ns" : "=r"(control));
    return (control & 1u) == 0;
}

/** What the code that called may do, as its privilege is. */
static bool caller_may(int access, void *from, size_t size)
{
    if (!is_privileged(NULL)) {
        access |= CMSE_MPU_UNPRIV;
    }
    return cmse_check_address_range(from, size, access | CMSE_NONSECURE) != NULL;
}

/** And what this world may do there: so that no call ends in a fault here. */
static bool may(int access, uintptr_t address, size_t size)
{
    void *from = (void *)address;

    return size <= SYSTEM_SPACE && address <= SYSTEM_SPACE - size && caller_may(access, from, size) &&
           cmse_check_address_range(from, size, access | CMSE_AU_NONSECURE) != NULL;
}

static bool read_once(void *context, uintptr_t address, tps_buf out)
{
    (void)context;
    if (!may(CMSE_MPU_READ, address, out.size)) {
        return false;
    }
    memcpy(out.data, (const void *)address, out.size);
    return true;
}

static bool may_write(void *context, uintptr_t address, size_t size)
{
    (void)context;
    return may(CMSE_MPU_READWRITE, address, size);
}

static bool write_out(void *context, uintptr_t address, tps_span bytes)
{
    (void)context;
    if (!may(CMSE_MPU_READWRITE, address, bytes.size)) {
        return false;
    }
    memcpy((void *)address, bytes.data, bytes.size);
    return true;
}

const tps_gateway_memory tps_veneer_memory = {
    .read = read_once, .may_write = may_write, .write = write_out, .is_privileged = is_privileged};

void tps_veneer_open(tps_gateway *gateway)
{
    opened = gateway;
}

uint32_t __attribute__((cmse_nonsecure_entry)) tps_veneer(tps_veneer_call *call)
{
    uint32_t exception;

    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    if (exception != 0) {
        return TPSC_ERROR_BUSY;
    }
    return opened == NULL ? TPSC_ERROR_COMMUNICATION : tps_gateway_call(opened, (uintptr_t)call);
}
