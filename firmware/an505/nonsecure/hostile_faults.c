/* SPDX-License-Identifier: Apache-2.0 */
/* What the hardware's guards must stop: reading, writing, running and returning into what is secure. */
#include "nonsecure/hostile.h"

#include "component/core/veneer.h"
#include "memory.h"
#include "nonsecure/ask.h"

#define WORD(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* The same memory, as the other alias shows it. */
#define OTHER_ALIAS(address) ((uintptr_t)(address) & ~(uintptr_t)0x10000000)

/* Registers as the non-secure world sees them. */
#define VTOR      0xE000ED08
#define SAU_CTRL  0xE000EDD0
#define SCB_AIRCR 0xE000ED0C

#define FNC_RETURN                0xFEFFFFFF
#define EXC_RETURN_SECURE_THREAD  0xFFFFFFF9
#define EXC_RETURN_SECURE_PROCESS 0xFFFFFFFD
/* The same of an exception that was this world's: what its handler finds if it interrupted the secure world.
 */
#define EXC_RETURN_INTERRUPTED         0xFFFFFFF8
#define EXC_RETURN_INTERRUPTED_PROCESS 0xFFFFFFFC

static uint32_t read_word(uintptr_t address)
{
    return WORD(address);
}

static uint32_t write_word(uintptr_t address)
{
    WORD(address) = 0x41414141;
    return WORD(address);
}

static uint32_t run(uintptr_t address)
{
    uint32_t (*code)(void) = (uint32_t(*)(void))(address | 1);

    return code();
}

/** A branch to a value that only a return may have. */
static uint32_t branch(uintptr_t target)
{
    __asm volatile("bx %0" ::"r"(target) : "memory");
    return 0;
}

static volatile uintptr_t return_target;

static void return_from_tick(void)
{
    __asm volatile("bx %0" ::"r"(return_target) : "memory");
}

/** An exception's return into the secure world, which interrupted nothing. */
static uint32_t return_from_handler(uintptr_t target)
{
    return_target = target;
    hostile_on_tick = return_from_tick;
    while (hostile_on_tick != NULL) {
    }
    return 0;
}

/** The next exception is stacked where the stack pointer is. */
static uint32_t put_stack(uintptr_t address)
{
    __asm volatile("msr msp, %0\n1: b 1b" ::"r"(address) : "memory");
    return 0;
}

/** A fault whose frame lies where this world may write, and the secure world reaches nothing. */
static uint32_t read_with_stack_on_line(uintptr_t address)
{
    __asm volatile("msr msp, %0\n\tldr r0, [%1]" ::"r"(AN505_UART0_NONSECURE + 0x100), "r"(address)
                   : "r0", "memory");
    return 0;
}

/** The next exception finds its handler's address there. */
static uint32_t put_vectors(uintptr_t address)
{
    WORD(VTOR) = (uint32_t)address;
    __asm volatile("dsb\n1: b 1b" ::: "memory");
    return 0;
}

/** The attribution unit is out of this world's reach: it stays on, and so does what it guards. */
static uint32_t switch_attribution_off(uintptr_t address)
{
    WORD(SAU_CTRL) = 2; /* all is non-secure */
    __asm volatile("dsb\n\tisb" ::: "memory");
    return WORD(address);
}

/** The entry function with a stack of this world that lies in secure memory: it needs none of it, but the
 * function that calls it does. */
static uint32_t call_on_secure_stack(uintptr_t address)
{
    __asm volatile("mov r4, sp\n\tmov sp, %0\n\tpush {r0}\n\tmov sp, r4" ::"r"(address) : "r4", "memory");
    return 0;
}

typedef struct {
    const char *name;
    uint32_t (*attempt)(uintptr_t address);
    uintptr_t address;
} attempt;

static const attempt attempts[] = {
    {"reads secure memory", read_word, AN505_SECURE_RAM + AN505_SECURE_STACK_SIZE},
    {"reads it by its other address", read_word, OTHER_ALIAS(AN505_SECURE_RAM) + AN505_SECURE_STACK_SIZE},
    {"reads its last word", read_word, AN505_SECURE_RAM + AN505_SECURE_RAM_SIZE - 4},
    {"reads across the border before its own", read_word, AN505_NONSECURE_RAM - 2},
    {"reads across the border behind its own", read_word, AN505_NONSECURE_RAM + AN505_NONSECURE_RAM_SIZE - 2},
    {"reads the secure alias of its own", read_word, AN505_NONSECURE_RAM + 0x10000000},
    {"reads secure code", read_word, AN505_SECURE_CODE},
    {"reads it by its other address", read_word, OTHER_ALIAS(AN505_SECURE_CODE)},
    {"reads the entry function", read_word, AN505_VENEERS},
    {"reads the flash", read_word, AN505_FLASH},
    {"reads it by its other address", read_word, AN505_FLASH + 0x10000000},
    {"reads the flash's last word", read_word, AN505_FLASH + AN505_FLASH_SIZE - 4},
    {"reads the console", read_word, AN505_UART1_SECURE},
    {"reads it by its other address", read_word, OTHER_ALIAS(AN505_UART1_SECURE)},
    {"reads the memory's guard", read_word, 0x58007000},
    {"reads it by its other address", read_word, 0x48007000},
    {"reads the subsystem's secure registers", read_word, 0x50080010},
    {"reads the engine that copies memory", read_word, 0x40110000},
    {"writes secure memory", write_word, AN505_SECURE_RAM + AN505_SECURE_STACK_SIZE},
    {"writes the secure stack", write_word, AN505_SECURE_RAM + AN505_SECURE_STACK_SIZE - 16},
    {"writes secure code", write_word, AN505_SECURE_CODE + 0x1000},
    {"writes the flash", write_word, AN505_FLASH},
    {"runs secure code", run, AN505_SECURE_CODE + 0x1000},
    {"runs secure code by its other address", run, OTHER_ALIAS(AN505_SECURE_CODE) + 0x1000},
    {"runs secure data", run, AN505_SECURE_RAM},
    {"enters behind the gate of the entry function", run, AN505_VENEERS + 4},
    {"enters in the middle of the gate", run, AN505_VENEERS + 2},
    {"enters behind the entry function", run, AN505_VENEERS + 8},
    {"enters at the end of its region", run, AN505_VENEERS + AN505_VENEERS_SIZE - 4},
    {"enters at the secure image's start", run, AN505_SECURE_CODE},
    {"returns into the secure world, uncalled", branch, FNC_RETURN},
    {"returns from an exception, uninterrupted", branch, EXC_RETURN_SECURE_THREAD},
    {"returns from a handler into the secure world", return_from_handler, EXC_RETURN_SECURE_THREAD},
    {"returns from a handler to its process stack", return_from_handler, EXC_RETURN_SECURE_PROCESS},
    {"returns as if it had interrupted the secure world", return_from_handler, EXC_RETURN_INTERRUPTED},
    {"returns as if it had interrupted its process stack", return_from_handler,
     EXC_RETURN_INTERRUPTED_PROCESS},
    {"reads secure memory with its stack in the line's registers", read_with_stack_on_line,
     AN505_SECURE_RAM + AN505_SECURE_STACK_SIZE},
    {"is interrupted with a stack in secure memory", put_stack, AN505_SECURE_RAM + AN505_SECURE_RAM_SIZE},
    {"keeps its vectors in secure memory", put_vectors, AN505_SECURE_RAM + AN505_SECURE_STACK_SIZE},
    {"switches the attribution off and reads", switch_attribution_off, AN505_SECURE_RAM},
    {"pushes onto a secure stack", call_on_secure_stack, AN505_SECURE_RAM + AN505_SECURE_STACK_SIZE},
};

bool hostile_fault(uint32_t number)
{
    if (number >= sizeof attempts / sizeof attempts[0]) {
        return false;
    }
    say("fault ");
    say_number(number);
    say(": ");
    say(attempts[number].name);
    say("\n");
    say_number(attempts[number].attempt(attempts[number].address));
    say("\nno fault\n");
    return true;
}
