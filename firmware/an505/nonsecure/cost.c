/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image for tests/firmware/cost.py: what an application asks most often, one after the other, each twice,
 * and how long it takes from the call of TPSC_ExecuteTransaction() to its return. On the line, TICKS being
 * those of this world's system timer:
 *
 *     NAME TICKS BYTES-OF-REQUEST BYTES-OF-RESPONSE
 *     end
 */
#include "nonsecure/ask.h"
#include "nonsecure/board.h"
#include "tps/cbor.h"

/* The system timer of this world (Armv8-M, SysTick): 24 bits, down, an interrupt at its end. */
#define SYST_CSR (*(volatile uint32_t *)0xE000E010)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018)
#define TURN     0x01000000u

enum { REQUEST_MAX = 256 };

static volatile uint32_t turns;
static uint8_t request_room[REQUEST_MAX];
static const uint8_t nonce[32] = {1, 2, 3, 4, 5, 6, 7, 8};

void board_tick(void);

/** In place of the board's clock, whose interrupt comes each millisecond and would be counted. */
void board_tick(void)
{
    turns++;
}

static void start_clock(void)
{
    SYST_CSR = 0;
    SYST_RVR = TURN - 1;
    SYST_CVR = 0;
    SYST_CSR = 7; /* the processor's clock, with interrupt */
}

static uint32_t ticks(void)
{
    uint32_t before;
    uint32_t value;

    do {
        before = turns;
        value = SYST_CVR;
    } while (before != turns);
    return before * TURN + (TURN - 1 - value);
}

/** One request over a session of its own; only the transaction is measured. */
static void measure(const char *name, const ask_service *service, tps_span request)
{
    TPSC_Session session;
    tps_span response = TPS_SPAN_EMPTY;
    uint32_t result = ask_open(service, &session);
    uint32_t begun = ticks();
    uint32_t taken;

    if (result == TPSC_SUCCESS) {
        result = ask_execute(&session, request, &response);
    }
    taken = ticks() - begun;
    (void)TPSC_CloseSession(&session);
    say(name);
    say(" ");
    say_number(taken);
    say(" ");
    say_number((uint32_t)request.size);
    say(" ");
    say_number(result == TPSC_SUCCESS ? (uint32_t)response.size : 0);
    say("\n");
}

/** Tag `tag` around {1: ..., 2: ...}, of which `name` (or `number`) is the first and `bytes` the second. */
static tps_span make_request(uint64_t tag, const char *name, uint64_t number, uint64_t second, tps_span bytes)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(request_room));
    tps_span request = TPS_SPAN_EMPTY;

    tps_cbor_put_tag(&w, tag);
    tps_cbor_put_map(&w, bytes.size > 0 ? 2 : 1);
    tps_cbor_put_uint(&w, 1);
    if (name != NULL) {
        tps_cbor_put_text(&w, name);
    } else {
        tps_cbor_put_uint(&w, number);
    }
    if (bytes.size > 0) {
        tps_cbor_put_uint(&w, second);
        tps_cbor_put_bytes(&w, bytes);
    }
    return tps_cbor_writer_finish(&w, &request) == TPS_OK ? request : TPS_SPAN_EMPTY;
}

static void measure_all(void)
{
    measure("evidence-psa", &ask_attestation, make_request(10, NULL, 1, 2, TPS_SPAN_OF(nonce)));
    measure("evidence-opentps", &ask_attestation, make_request(10, NULL, 2, 2, TPS_SPAN_OF(nonce)));
    measure("storage-put", &ask_storage, make_request(10, "value", 0, 2, TPS_SPAN_OF(nonce)));
    measure("storage-get", &ask_storage, make_request(11, "value", 0, 0, TPS_SPAN_EMPTY));
    measure("counter-increase", &ask_counters, make_request(12, "steps", 0, 0, TPS_SPAN_EMPTY));
    measure("key-sign", &ask_keys, make_request(11, "key", 0, 3, TPS_SPAN_OF(nonce)));
}

noreturn void board_main(void)
{
    tps_span response;

    start_clock();
    (void)ask_start();
    (void)ask(&ask_counters, make_request(10, "steps", 0, 0, TPS_SPAN_EMPTY), &response);
    measure("key-generate", &ask_keys, make_request(10, "key", 0, 0, TPS_SPAN_EMPTY));
    measure_all();
    measure_all();
    say("end\n");
    for (;;) {
        __asm volatile("wfi");
    }
}
