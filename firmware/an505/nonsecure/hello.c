/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest application that is worth something: to copy, and to begin from. It asks the secure world what
 * it offers and how often this device has started, and tells whoever sends a command, whatever that says.
 */
#include "agent/services.h"
#include "agent/text.h"
#include "line/line.h"
#include "nonsecure/board.h"
#include "tps/connector_trustzone_m.h"
#include "tps/tpsc_client_api.h"
#include "tps/tpsc_registry.h"

enum { SERVICES_MAX = 16 };

static tps_line line;

/** How many services the secure world has: TPSC_*, as on any platform. 0 if it does not answer. */
static uint32_t count_services(void)
{
    static TPSC_ServiceIdentifier found[SERVICES_MAX];
    TPSC_ServiceSelector all = {.service_id = TPSC_UUID_NIL, .service_version_range = TPSC_SERVICE_RANGE_ANY};
    size_t count = SERVICES_MAX;

    return TPSC_ServiceDiscovery(&all, &count, found) == TPSC_SUCCESS ? (uint32_t)count : 0;
}

/** This start's number, kept in sealed storage. 0 if it cannot be kept. */
static uint32_t count_starts(void)
{
    tps_span name = tps_span_of_text("starts");
    uint8_t room[TPS_AGENT_VALUE_MAX];
    tps_agent_refusal why;
    uint32_t starts = 0;
    tps_span value;

    if (tps_agent_get(TPSC_LOGIN_USER, name, TPS_BUF_OF(room), &value, &why) == TPS_OK &&
        value.size == sizeof(starts)) {
        memcpy(&starts, value.data, sizeof(starts));
    }
    starts++;
    value = tps_span_make((const uint8_t *)&starts, sizeof(starts));
    return tps_agent_put(TPSC_LOGIN_USER, name, value, &why) == TPS_OK ? starts : 0;
}

static void answer(uint32_t ticket, uint32_t starts, uint32_t services)
{
    char room[TPS_LINE_TEXT_MAX + 1];
    tps_agent_text text = tps_agent_text_begin(room, sizeof(room));

    tps_agent_text_add(&text, "hello from start ");
    tps_agent_text_add_number(&text, starts);
    tps_agent_text_add(&text, ", with ");
    tps_agent_text_add_number(&text, services);
    tps_agent_text_add(&text, " services");
    if (tps_line_answer(&line, ticket, TPS_LINE_GOOD, tps_span_make(text.data, text.used)) != TPS_OK) {
        return; /* who asked has gone */
    }
}

/** Bytes between the line and the serial port; none of it waits. */
static void move_line(void)
{
    static uint8_t out[32];
    static size_t at, size;
    uint8_t in[64];

    tps_line_receive(&line, in, board_line_read(in, sizeof(in)));
    if (at == size) {
        at = 0;
        size = tps_line_transmit(&line, out, sizeof(out));
    }
    at += board_line_write(out + at, size - at);
    (void)tps_line_tick(&line, board_milliseconds());
}

noreturn void board_main(void)
{
    uint32_t session = 0, ticket, starts = 0, services = 0;
    tps_agent_refusal why;
    tps_span command;

    if (tps_client_register(tps_connector_trustzone_m_table()) == TPSC_SUCCESS) {
        services = count_services();
        starts = count_starts();
        if (tps_agent_random((tps_buf){(uint8_t *)&session, sizeof(session)}, &why) != TPS_OK) {
            session = starts; /* counted is as good as random */
        }
    }
    tps_line_init(&line, TPS_LINE_CHIP, session, board_milliseconds());
    for (;;) {
        move_line();
        if (tps_line_command(&line, &ticket, &command)) {
            answer(ticket, starts, services);
        }
    }
}
