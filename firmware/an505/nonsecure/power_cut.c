/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image for tests of power cuts: tells what it finds, then changes what the device stores, step after
 * step, for ever. All that is asked and answered goes to the line, in hexadecimal, for the host to judge
 * (tests/firmware/power_cut.py):
 *
 *     found SERVICE REQUEST RESPONSE      of each value, counter and key there can be, at the start
 *     try NUMBER SERVICE REQUEST          before a step
 *     done NUMBER RESPONSE                after it: what was asked for is acknowledged
 *     failed NUMBER RESULT                a TPSC_ERROR_*, in decimal: it was not done, or is not known to be
 *     rest                                nothing is under way for a moment: every 32 steps
 */
#include "nonsecure/ask.h"
#include "nonsecure/board.h"
#include "tps/cbor.h"

enum { VALUES = 4, KEYS = 2, REQUEST_MAX = 1200, VALUE_MAX = 700 };
enum { REST_AFTER = 32, REST_MILLISECONDS = 300 };
enum { STORAGE_PUT = 10, STORAGE_GET = 11, STORAGE_DELETE = 12 };
enum { COUNTERS_CREATE = 10, COUNTERS_READ = 11, COUNTERS_INCREASE = 12 };
enum { KEYS_GENERATE = 10, KEYS_PUBLIC = 12, KEYS_DESTROY = 14 };

static const char *const value_names[VALUES] = {"value-0", "value-1", "value-2", "value-3"};
static const char *const key_names[KEYS] = {"key-0", "key-1"};
static const char counter_name[] = "steps";

static uint8_t request_room[REQUEST_MAX];
static tps_span request, response;

/** Tag `tag` around {1: name}, and around 2: `value` if there is one. */
static void write_request(uint64_t tag, const char *name, tps_span value)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(request_room));

    tps_cbor_put_tag(&w, tag);
    tps_cbor_put_map(&w, value.size > 0 ? 2 : 1);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_text(&w, name);
    if (value.size > 0) {
        tps_cbor_put_uint(&w, 2);
        tps_cbor_put_bytes(&w, value);
    }
    if (tps_cbor_writer_finish(&w, &request) != TPS_OK) {
        request = TPS_SPAN_EMPTY;
    }
}

static void find(const ask_service *service, uint64_t tag, const char *name)
{
    write_request(tag, name, TPS_SPAN_EMPTY);
    if (ask(service, request, &response) != TPSC_SUCCESS) {
        response = TPS_SPAN_EMPTY;
    }
    say("found ");
    say(service->name);
    say(" ");
    say_hex(request);
    say(" ");
    say_hex(response);
    say("\n");
}

static void find_all(void)
{
    find(&ask_counters, COUNTERS_READ, counter_name);
    for (size_t i = 0; i < VALUES; i++) {
        find(&ask_storage, STORAGE_GET, value_names[i]);
    }
    for (size_t i = 0; i < KEYS; i++) {
        find(&ask_keys, KEYS_PUBLIC, key_names[i]);
    }
}

/** One step; `request` is written already. */
static void try(uint32_t number, const ask_service *service)
{
    uint32_t result;

    say("try ");
    say_number(number);
    say(" ");
    say(service->name);
    say(" ");
    say_hex(request);
    say("\n");
    result = ask(service, request, &response);
    say(result == TPSC_SUCCESS ? "done " : "failed ");
    say_number(number);
    say(" ");
    if (result == TPSC_SUCCESS) {
        say_hex(response);
    } else {
        say_number(result);
    }
    say("\n");
}

/** Bytes that tell start and step that they come from. */
static tps_span make_value(uint32_t seed, uint32_t number)
{
    static uint8_t value[VALUE_MAX];
    uint32_t state = seed * 2654435761u + number;
    size_t size = 4 + number * 97 % (VALUE_MAX - 4);

    for (size_t i = 0; i < size; i++) {
        state = state * 1664525u + 1013904223u;
        value[i] = (uint8_t)(state >> 24);
    }
    return tps_span_make(value, size);
}

/** Puts, counts, makes keys and takes them away again, in turn. */
static void do_step(uint32_t seed, uint32_t number)
{
    switch (number % 8) {
    case 3:
    case 6:
        write_request(COUNTERS_INCREASE, counter_name, TPS_SPAN_EMPTY);
        try(number, &ask_counters);
        break;
    case 4:
        write_request(KEYS_GENERATE, key_names[number / 8 % KEYS], TPS_SPAN_EMPTY);
        try(number, &ask_keys);
        break;
    case 5:
        write_request(KEYS_DESTROY, key_names[(number / 8 + 1) % KEYS], TPS_SPAN_EMPTY);
        try(number, &ask_keys);
        break;
    case 7:
        write_request(STORAGE_DELETE, value_names[number / 8 % VALUES], TPS_SPAN_EMPTY);
        try(number, &ask_storage);
        break;
    default:
        write_request(STORAGE_PUT, value_names[number % VALUES], make_value(seed, number));
        try(number, &ask_storage);
    }
}

/** The counter's value, which is another at each start: what this start writes is unlike what others wrote.
 */
static uint32_t count_start(void)
{
    tps_cbor_reader r;
    tps_cbor_list pairs;
    uint32_t value = 0;

    write_request(COUNTERS_CREATE, counter_name, TPS_SPAN_EMPTY);
    try(0, &ask_counters);
    write_request(COUNTERS_INCREASE, counter_name, TPS_SPAN_EMPTY);
    try(0, &ask_counters);
    r = tps_cbor_reader_init(response);
    (void)tps_cbor_take_tag(&r, COUNTERS_INCREASE);
    pairs = tps_cbor_enter_map(&r);
    if (tps_cbor_next(&r, &pairs) && tps_cbor_get_int(&r) == 1) {
        value = (uint32_t)tps_cbor_get_uint(&r);
    }
    return value;
}

/** A moment in which the host can take the power away between two steps. */
static void rest(void)
{
    uint32_t begun = board_milliseconds();

    say("rest\n");
    while (board_milliseconds() - begun < REST_MILLISECONDS) {
    }
}

noreturn void board_main(void)
{
    uint32_t seed;

    if (ask_start() != TPSC_SUCCESS) {
        say("failed 0 0\n");
    }
    say("start\n");
    find_all();
    say("begin\n");
    seed = count_start();
    for (uint32_t number = 1;; number++) {
        do_step(seed, number);
        if (number % REST_AFTER == 0) {
            rest();
        }
    }
}
