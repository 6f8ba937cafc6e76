/* SPDX-License-Identifier: Apache-2.0 */
/* The first instructions after a reset, the vector table, and the way out to the non-secure world. */
#include "secure/start.h"

#include "secure/core.h"
#include "secure/faults.h"
#include "secure/partition.h"
#include "tps/secret.h"

/* From the linker script. */
extern uint32_t an505_stack_limit[], an505_stack_top[];
extern uint32_t an505_data_start[], an505_data_end[], an505_data_load[];
extern uint32_t an505_bss_start[], an505_bss_end[];

/** What seals the stack's upper end (Arm: Secure software guidelines for Armv8-M, stack sealing): no
 * exception return and no function return can go on above it. */
#define STACK_SEAL 0xFEF5EDA5u

void an505_reset(void);

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
    (uintptr_t)an505_stack_top,   (uintptr_t)an505_reset,       (uintptr_t)an505_fault_entry, /* NMI */
    (uintptr_t)an505_fault_entry,                                                             /* HardFault */
    (uintptr_t)an505_fault_entry,                                                             /* MemManage */
    (uintptr_t)an505_fault_entry,                                                             /* BusFault */
    (uintptr_t)an505_fault_entry,                                                             /* UsageFault */
    (uintptr_t)an505_fault_entry, /* SecureFault */
    (uintptr_t)an505_fault_entry, (uintptr_t)an505_fault_entry, (uintptr_t)an505_fault_entry,
    (uintptr_t)an505_fault_entry,                                                             /* SVC */
    (uintptr_t)an505_fault_entry, (uintptr_t)an505_fault_entry, (uintptr_t)an505_fault_entry, /* PendSV */
    (uintptr_t)an505_fault_entry,                                                             /* SysTick */
};

static void set_up_memory(void)
{
    const uint32_t *from = an505_data_load;

    for (uint32_t *to = an505_data_start; to < an505_data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = an505_bss_start; to < an505_bss_end; to++) {
        *to = 0;
    }
}

void an505_reset(void)
{
    __asm volatile("msr msplim, %0" ::"r"(an505_stack_limit));
    SCB_VTOR = (uint32_t)(uintptr_t)vectors;
    an505_stack_top[0] = STACK_SEAL;
    an505_stack_top[1] = STACK_SEAL;
    /* Nothing here runs on the process stack, whose register is unknown after a reset: it is the seal, too.
     */
    __asm volatile("msr psp, %0\n\tmsr psplim, %0" ::"r"(an505_stack_top));
    an505_partition_set();
    set_up_memory();
    an505_main();
}

void an505_system_reset(void)
{
    __asm volatile("dsb" ::: "memory");
    SCB_AIRCR = AIRCR_KEY | AIRCR_PRIS | AIRCR_SYSRESETREQS | AIRCR_SYSRESETREQ;
    for (;;) {
        __asm volatile("dsb\n\twfi" ::: "memory");
    }
}

/** Wipes what the start left on the stack: calls from now on begin at its top again. */
static void wipe_stack(void)
{
    uint32_t *stack_pointer;

    __asm volatile("mov %0, sp" : "=r"(stack_pointer));
    tps_wipe(an505_stack_limit, (size_t)(stack_pointer - an505_stack_limit) * sizeof(uint32_t) - 64u);
}

void an505_start_nonsecure(const uint32_t *image)
{
    SCB_VTOR_NS = (uint32_t)(uintptr_t)image;
    wipe_stack();
    __asm volatile("msr msp_ns, %0\n\t"
                   "movs r2, #0\n\t"
                   "msr psp_ns, r2\n\t"
                   "msr control_ns, r2\n\t"
                   "msr msplim_ns, r2\n\t"
                   "msr psplim_ns, r2\n\t"
                   "msr primask_ns, r2\n\t"
                   "msr msp, %2\n\t"
                   "bic r0, %1, #1\n\t"
                   "movs r1, #0\n\t"
                   "mov r3, r1\n\tmov r4, r1\n\tmov r5, r1\n\tmov r6, r1\n\tmov r7, r1\n\t"
                   "mov r8, r1\n\tmov r9, r1\n\tmov r10, r1\n\tmov r11, r1\n\tmov r12, r1\n\tmov lr, r1\n\t"
                   "msr apsr_nzcvq, r1\n\t"
                   "bxns r0"
                   :
                   : "r"(image[0]), "r"(image[1]), "r"(an505_stack_top)
                   : "r0", "r1", "r2", "r3", "memory");
    __builtin_unreachable();
}
