/* SPDX-License-Identifier: Apache-2.0 */
/* The program: counts its starts by a counter of the component, so that each start makes the next attempt
 * that must end in a fault, and the last one all the others. */
#include "nonsecure/hostile.h"

#include "nonsecure/ask.h"
#include "nonsecure/board.h"
#include "tps/cbor.h"

#define SYST_CSR (*(volatile uint32_t *)0xE000E010)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018)

/** In an exception's LR: the secure world was interrupted. */
#define EXC_RETURN_SECURE (1u << 6)

static const ask_service ask_measurement = {"measurement",
                                            TPSC_UUID_INIT(0x13, 0x8b, 0x2f, 0x98, 0xe7, 0x69, 0x58, 0xd1,
                                                           0xa8, 0x65, 0x00, 0x5e, 0x37, 0xa6, 0xa9, 0x03)};

void (*volatile hostile_on_tick)(void);
volatile uint32_t hostile_ticks_within;
volatile uint32_t hostile_seen_within;

void board_tick(void);
void hostile_tick(const uint32_t *registers, uint32_t exc_return);

/** In place of the board's clock: keeps r0 to r12 as the handler finds them. */
__attribute__((naked)) void board_tick(void)
{
    __asm volatile("push {r0-r12, lr}\n\t"
                   "mov r0, sp\n\tmov r1, lr\n\t"
                   "bl hostile_tick\n\t"
                   "pop {r0-r12, pc}");
}

__attribute__((used)) void hostile_tick(const uint32_t *registers, uint32_t exc_return)
{
    if ((exc_return & EXC_RETURN_SECURE) != 0) {
        hostile_ticks_within++;
        for (uint32_t i = 0; i <= 12; i++) {
            hostile_seen_within |= registers[i];
        }
    }
    if (hostile_on_tick != NULL) {
        hostile_on_tick();
    }
}

void hostile_tick_each(uint32_t cycles)
{
    SYST_CSR = 0;
    SYST_RVR = cycles - 1;
    SYST_CVR = 0;
    SYST_CSR = 7;
}

/** How many starts there were before this one. */
static uint32_t count_starts(void)
{
    static const uint8_t create[] = {0xca, 0xa1, 0x01, 0x65, 's', 't', 'a', 'r', 't'};
    static const uint8_t increase[] = {0xcc, 0xa1, 0x01, 0x65, 's', 't', 'a', 'r', 't'};
    tps_span response;
    tps_cbor_reader r;
    tps_cbor_list pairs;

    (void)ask(&ask_counters, TPS_SPAN_OF(create), &response);
    if (ask(&ask_counters, TPS_SPAN_OF(increase), &response) != TPSC_SUCCESS) {
        return UINT32_MAX;
    }
    r = tps_cbor_reader_init(response);
    (void)tps_cbor_take_tag(&r, 12);
    pairs = tps_cbor_enter_map(&r);
    return tps_cbor_next(&r, &pairs) && tps_cbor_get_int(&r) == 1 ? (uint32_t)tps_cbor_get_uint(&r) - 1
                                                                  : UINT32_MAX;
}

/** What the host needs to derive this device's secrets. */
static void tell_facts(void)
{
    static const uint8_t boot[] = {0xca, 0xa0};
    static const uint8_t key[] = {0xcb, 0xa0};
    tps_span response;

    say("facts: ");
    (void)ask(&ask_measurement, TPS_SPAN_OF(boot), &response);
    say_hex(response);
    say(" ");
    (void)ask(&ask_attestation, TPS_SPAN_OF(key), &response);
    say_hex(response);
    say("\n");
}

noreturn void board_main(void)
{
    uint32_t number = ask_start() == TPSC_SUCCESS ? count_starts() : UINT32_MAX;

    while (number != UINT32_MAX && hostile_fault(number)) {
        number = count_starts(); /* there was no fault */
    }
    if (number == UINT32_MAX) {
        say("no component\n");
    } else {
        tell_facts();
        hostile_errors();
        hostile_interrupts();
        say("done\n");
    }
    for (;;) {
        __asm volatile("wfi");
    }
}
