/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of either world. Nothing is repaired: who broke a rule gets no second try in the same start. What is
 * said are addresses and names alone, never the content of a register. Compiled with -mcmse, to ask what an
 * address is. */
#include "secure/faults.h"

#include <arm_cmse.h>
#include <stdbool.h>

#include "secure/console.h"
#include "secure/core.h"
#include "secure/start.h"

/* Bits of EXC_RETURN. */
enum { EXC_RETURN_SPSEL = 1u << 2, EXC_RETURN_THREAD = 1u << 3, EXC_RETURN_SECURE = 1u << 6 };
/* What the hardware puts on the stack, in words; in front of it a secure frame may have ten more. */
enum { FRAME_PC = 6, FRAME_WORDS = 8, FRAME_MORE = 10, EXC_RETURN_DCRS = 1u << 5 };

typedef struct {
    uint32_t bit;
    const char *name;
} bit_name;

static const bit_name configurable[] = {
    {1u << 0, "executed what is not code"},
    {1u << 1, "reached for memory it may not"},
    {1u << 3, "an exception's return from memory it may not reach"},
    {1u << 4, "an exception's frame where it may not write"},
    {1u << 8, "fetched an instruction that the bus refused"},
    {1u << 9, "the bus refused an access"},
    {1u << 10, "the bus refused an access, some time before"},
    {1u << 16, "no instruction"},
    {1u << 17, "no state of the processor"},
    {1u << 18, "an exception's return that is none"},
    {1u << 19, "no coprocessor"},
    {1u << 20, "stack overflow"},
    {1u << 24, "address not aligned"},
    {1u << 25, "division by zero"},
};

static const bit_name secure[] = {
    {1u << 0, "entered the secure world elsewhere than at an entry function"},
    {1u << 1, "an exception's frame without integrity signature"},
    {1u << 2, "an exception's return that is none"},
    {1u << 3, "reached for secure memory"},
    {1u << 4, "left the secure world other than by its ways out"},
    {1u << 5, "lazy state of the floating-point unit"},
};

static void name_bits(uint32_t bits, const bit_name *names, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if ((bits & names[i].bit) != 0) {
            an505_console_put(": ");
            an505_console_put(names[i].name);
        }
    }
}

static void say_address(uint32_t is_valid, const char *what, uint32_t address)
{
    if (is_valid != 0) {
        an505_console_put(what);
        an505_console_put_hex(address);
    }
}

static void say_causes(bool is_secure)
{
    uint32_t cfsr = SCB_CFSR;
    uint32_t sfsr = SAU_SFSR;

    name_bits(cfsr, configurable, sizeof configurable / sizeof configurable[0]);
    name_bits(sfsr, secure, sizeof secure / sizeof secure[0]);
    if (!is_secure) {
        uint32_t other = SCB_CFSR_NS & 0xFFFF00FFu; /* the bus's byte is not banked */

        name_bits(other, configurable, sizeof configurable / sizeof configurable[0]);
        say_address(other & 1u << 7, ", address ", SCB_MMFAR_NS);
    }
    say_address(cfsr & 1u << 7, ", address ", SCB_MMFAR);
    say_address(cfsr & 1u << 15, ", address ", SCB_BFAR);
    say_address(sfsr & 1u << 6, ", address ", SAU_SFAR);
}

/** The frame of the world that was interrupted; NULL where its stack pointer is not worth following. */
static const uint32_t *find_frame(uint32_t exc_return, const uint32_t *msp)
{
    uint32_t sp;

    if ((exc_return & EXC_RETURN_SECURE) != 0) {
        return msp + ((exc_return & EXC_RETURN_DCRS) == 0 ? FRAME_MORE : 0);
    }
    if ((exc_return & EXC_RETURN_THREAD) != 0 && (exc_return & EXC_RETURN_SPSEL) != 0) {
        __asm volatile("mrs %0, psp_ns" : "=r"(sp));
    } else {
        __asm volatile("mrs %0, msp_ns" : "=r"(sp));
    }
    if (cmse_check_address_range((void *)(uintptr_t)sp, FRAME_WORDS * sizeof(uint32_t),
                                 CMSE_AU_NONSECURE | CMSE_MPU_READ) == NULL) {
        return NULL; /* its own, and not for this world: a fault here would be told as this one's */
    }
    return cmse_check_address_range((void *)(uintptr_t)sp, FRAME_WORDS * sizeof(uint32_t),
                                    CMSE_NONSECURE | CMSE_MPU_READ);
}

/** `exc_return` says whom the exception interrupted; `msp` is the secure stack as it was then. */
__attribute__((used)) static void an505_fault(uint32_t exc_return, const uint32_t *msp)
{
    static const char *const names[] = {"exception", "exception", "NMI",        "HardFault",
                                        "MemManage", "BusFault",  "UsageFault", "SecureFault"};
    bool is_secure = (exc_return & EXC_RETURN_SECURE) != 0;
    bool is_overflow = (SCB_CFSR & 1u << 20) != 0 && is_secure;
    const uint32_t *frame = is_overflow ? NULL : find_frame(exc_return, msp);
    uint32_t number;

    __asm volatile("mrs %0, ipsr" : "=r"(number));
    an505_console_put(is_secure ? "fault: secure world: " : "fault: non-secure world: ");
    an505_console_put(names[number < 8 ? number : 0]);
    say_causes(is_secure);
    if (frame != NULL) {
        an505_console_put(", at ");
        an505_console_put_hex(frame[FRAME_PC]);
    }
    an505_console_put("; starting anew\n");
    an505_system_reset();
}

/* Where the stack is what broke, go on at its top. */
__attribute__((naked)) void an505_fault_entry(void)
{
    __asm volatile("mov r0, lr\n\t"
                   "mrs r1, msp\n\t"
                   "ldr r2, =0xE000ED28\n\t" /* SCB_CFSR */
                   "ldr r2, [r2]\n\t"
                   "lsls r2, r2, #11\n\t" /* STKOF, bit 20, becomes the sign */
                   "bpl 1f\n\t"
                   "ldr r2, =an505_stack_top\n\t"
                   "msr msp, r2\n"
                   "1: b an505_fault\n\t"
                   ".ltorg");
}
