/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of the Armv8-M core and of the board's guards that the start-up sets: names and addresses alone.
 * Sources: Armv8-M Architecture Reference Manual (DDI 0553), D1; Application Note AN505 (DAI 0505);
 * CoreLink SIE-200 (DDI 0571), memory protection controller. */
#ifndef AN505_CORE_H
#define AN505_CORE_H

#include <stdint.h>

#define AN505_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* System control block */
#define SCB_VTOR     AN505_REGISTER(0xE000ED08)
#define SCB_AIRCR    AN505_REGISTER(0xE000ED0C)
#define SCB_SHCSR    AN505_REGISTER(0xE000ED24)
#define SCB_CFSR     AN505_REGISTER(0xE000ED28)
#define SCB_MMFAR    AN505_REGISTER(0xE000ED34)
#define SCB_BFAR     AN505_REGISTER(0xE000ED38)
#define SCB_CPACR    AN505_REGISTER(0xE000ED88)
#define SCB_NSACR    AN505_REGISTER(0xE000ED8C)
#define SCB_VTOR_NS  AN505_REGISTER(0xE002ED08)
#define SCB_CFSR_NS  AN505_REGISTER(0xE002ED28)
#define SCB_MMFAR_NS AN505_REGISTER(0xE002ED34)

#define AIRCR_KEY          0x05FA0000u
#define AIRCR_PRIS         (1u << 14) /* exceptions of the non-secure world are less urgent */
#define AIRCR_SYSRESETREQS (1u << 3)  /* only the secure world resets the chip */
#define AIRCR_SYSRESETREQ  (1u << 2)

#define SHCSR_SECUREFAULTENA (1u << 19)
#define SHCSR_USGFAULTENA    (1u << 18)
#define SHCSR_BUSFAULTENA    (1u << 17)
#define SHCSR_MEMFAULTENA    (1u << 16)

/* Interrupts: which world takes them */
#define NVIC_ITNS(n) AN505_REGISTER(0xE000E380 + 4u * (n))

/* Memory protection unit of the secure world */
#define MPU_CTRL  AN505_REGISTER(0xE000ED94)
#define MPU_RNR   AN505_REGISTER(0xE000ED98)
#define MPU_RBAR  AN505_REGISTER(0xE000ED9C)
#define MPU_RLAR  AN505_REGISTER(0xE000EDA0)
#define MPU_MAIR0 AN505_REGISTER(0xE000EDC0)

/* Security attribution unit */
#define SAU_CTRL AN505_REGISTER(0xE000EDD0)
#define SAU_RNR  AN505_REGISTER(0xE000EDD8)
#define SAU_RBAR AN505_REGISTER(0xE000EDDC)
#define SAU_RLAR AN505_REGISTER(0xE000EDE0)
#define SAU_SFSR AN505_REGISTER(0xE000EDE4)
#define SAU_SFAR AN505_REGISTER(0xE000EDE8)

/* Secure privilege control block of the subsystem (IoT Kit) */
#define SPC_SECRESPCFG   AN505_REGISTER(0x50080010) /* 1: a forbidden access is a bus error, not zero */
#define SPC_NSCCFG       AN505_REGISTER(0x50080014) /* bit 0: the code region may hold veneers */
#define SPC_APBNSPPCEXP1 AN505_REGISTER(0x50080084) /* peripherals of the non-secure world; bit 5: UART 0 */
#define PPCEXP1_UART0    (1u << 5)

/* Memory protection controllers of SSRAM1, 2 and 3 */
#define MPC_CTRL(n)       AN505_REGISTER(0x58007000 + 0x1000u * (n))
#define MPC_BLK_MAX(n)    AN505_REGISTER(0x58007010 + 0x1000u * (n))
#define MPC_BLK_IDX(n)    AN505_REGISTER(0x58007018 + 0x1000u * (n))
#define MPC_BLK_LUT(n)    AN505_REGISTER(0x5800701C + 0x1000u * (n))
#define MPC_CTRL_SEC_RESP (1u << 4)
#define MPC_CTRL_LOCKDOWN (1u << 31)

#endif
