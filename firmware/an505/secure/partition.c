/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs to which world. Four guards have to agree: the SAU says what an address is, the memory and
 * peripheral protection controllers (MPC, PPC) what a transaction may reach, and the MPU what the secure
 * world itself may do where, so that an error in it does not run data or write code. */
#include "secure/partition.h"

#include "memory.h"
#include "secure/core.h"

enum { SSRAM1 = 0, SSRAM2 = 1, SSRAM3 = 2 };

/* ---- who: SAU ---- */

static void attribute(uint32_t region, uint32_t first, uint32_t size, uint32_t is_callable)
{
    SAU_RNR = region;
    SAU_RBAR = first;
    SAU_RLAR = (first + size - 32u) | is_callable << 1 | 1u;
}

static void set_attribution(void)
{
    attribute(0, AN505_NONSECURE_RAM, AN505_NONSECURE_RAM_SIZE, 0);
    attribute(1, AN505_UART0_NONSECURE, 0x1000, 0);
    attribute(2, AN505_VENEERS, AN505_VENEERS_SIZE, 1);
    SPC_NSCCFG = 1; /* the veneers lie in the code region */
    SAU_CTRL = 1;   /* what no region names is secure */
}

/* ---- what reaches it: MPC, PPC ---- */

static void set_memory(uint32_t n, uint32_t is_nonsecure)
{
    uint32_t blocks = MPC_BLK_MAX(n);

    for (uint32_t i = 0; i <= blocks; i++) {
        MPC_BLK_IDX(n) = i;
        MPC_BLK_LUT(n) = is_nonsecure ? 0xFFFFFFFFu : 0;
    }
    MPC_CTRL(n) = MPC_CTRL_LOCKDOWN | MPC_CTRL_SEC_RESP;
}

static void set_controllers(void)
{
    SPC_SECRESPCFG = 1;
    set_memory(SSRAM1, 0);
    set_memory(SSRAM2, 0);
    set_memory(SSRAM3, 1);
    SPC_APBNSPPCEXP1 = PPCEXP1_UART0;
}

/* ---- how: MPU ---- */

/** Attributes of memory in MAIR0: 0 normal, not cached by others; 1 device. */
enum { NORMAL = 0, DEVICE = 1 };
/** Access in RBAR: read and write, or read alone, by privileged code; executed or never. */
enum { READ_WRITE = 0u << 1, READ_ONLY = 2u << 1, NO_EXECUTE = 1 };

static void protect(uint32_t region, uint32_t first, uint32_t size, uint32_t access, uint32_t memory)
{
    MPU_RNR = region;
    MPU_RBAR = first | access;
    MPU_RLAR = (first + size - 32u) | memory << 1 | 1u;
}

static void set_protection(void)
{
    MPU_MAIR0 = 0x44u | 0x00u << 8;
    protect(0, AN505_SECURE_CODE, AN505_SECURE_CODE_SIZE, READ_ONLY, NORMAL);
    protect(1, AN505_SECURE_RAM, AN505_SECURE_RAM_SIZE, READ_WRITE | NO_EXECUTE, NORMAL);
    protect(2, AN505_NONSECURE_RAM, AN505_NONSECURE_RAM_SIZE, READ_WRITE | NO_EXECUTE, NORMAL);
    protect(3, AN505_FLASH, AN505_FLASH_MEMORY_SIZE, READ_WRITE | NO_EXECUTE, NORMAL);
    protect(4, 0x50000000, 0x10000000, READ_WRITE | NO_EXECUTE, DEVICE);
    MPU_CTRL = 1; /* and nothing elsewhere, not even for privileged code */
    __asm volatile("dsb\n\tisb" ::: "memory");
}

void an505_partition_set(void)
{
    set_attribution();
    set_controllers();
    set_protection();

    SCB_AIRCR = AIRCR_KEY | AIRCR_PRIS | AIRCR_SYSRESETREQS; /* faults of hardware stay secure, too */
    SCB_SHCSR = SHCSR_SECUREFAULTENA | SHCSR_USGFAULTENA | SHCSR_BUSFAULTENA | SHCSR_MEMFAULTENA;
    SCB_CPACR = 0;
    SCB_NSACR = 0;
    NVIC_ITNS(1) = 0xFFFFFFFFu; /* the board's: UARTs and what is behind them; the subsystem's own stay */
    __asm volatile("dsb\n\tisb" ::: "memory");
}
