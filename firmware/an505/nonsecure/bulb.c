/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A light bulb: the application of a small device. It is switched by commands over the serial line, keeps in
 * the component's storage whether it was on, and shows its service provider, at the start and when asked,
 * that it is the bulb that its maker built, with the firmware that he released.
 *
 *     on, off     switch the light
 *     status      whether it is on, how often it was switched, its name, how its last attestation ended
 *     attest      attest now; the answer comes when the provider has answered
 *     help        what it understands
 *
 * One loop that never waits, but for calls of the component. No heap, no operating system.
 */
#include "agent/challenge_response.h"
#include "agent/evidence.h"
#include "agent/services.h"
#include "agent/text.h"
#include "component/services/attestation/attestation.h"
#include "line/line.h"
#include "nonsecure/board.h"
#include "tps/cbor.h"
#include "tps/connector_trustzone_m.h"
#include "tps/ear.h"
#include "tps/tpsc_registry.h"

/* As the device as such, whose things stay when an update brings another application. */
#define BULB_LOGIN TPSC_LOGIN_USER
/* The smallest evidence that providers in the field understand. */
#define BULB_PROFILE TPS_EVIDENCE_PSA

enum { ROOM_SIZE = 6144, EVIDENCE_ROOM = 2048, ID_SIZE = 4, STATE_FORMAT = 1 };

/* An exchange with the provider in which nothing moves for so long is given up; what failed is tried again,
 * at first soon. */
enum { STALL_MS = 20000, RETRY_FIRST_MS = 10000, RETRY_LAST_MS = 3600000 };

static const char state_name[] = "bulb";

static struct {
    /* kept over a power cut */
    bool is_on;
    uint32_t switches;
    uint8_t id[ID_SIZE];
    bool is_kept; /* what is above, as it is now */

    /* the line */
    tps_line line;
    uint8_t out[32];
    size_t out_at, out_size;

    /* the attestation */
    tps_agent_challenge challenge;
    uint8_t room[ROOM_SIZE];
    uint8_t evidence[EVIDENCE_ROOM];
    tps_agent_refusal refusal; /* why there was no evidence */
    bool is_attesting, is_dialled;
    bool has_asker;   /* a command waits for the end */
    uint32_t asker;   /* its ticket */
    uint32_t moved;   /* when something moved last */
    uint32_t retry;   /* how long to wait before the next; 0: none follows */
    uint32_t retries; /* since when */
    const char *last; /* how the last one ended */
} bulb;

/* ---- words ---- */

static tps_agent_text begin_text(char room[TPS_LINE_TEXT_MAX + 1])
{
    return tps_agent_text_begin(room, TPS_LINE_TEXT_MAX + 1);
}

static tps_span span_of(const tps_agent_text *text)
{
    return tps_span_make(text->data, text->used);
}

/** A line for people; what is longer than the line takes goes into several. */
static void say(const char *subject, const char *text)
{
    char room[TPS_LINE_TEXT_MAX + 1];
    size_t left = strlen(text);

    while (left > 0) {
        tps_agent_text line = begin_text(room);
        size_t before;
        size_t part;

        tps_agent_text_add(&line, subject);
        tps_agent_text_add(&line, ": ");
        before = line.used;
        tps_agent_text_add(&line, text);
        part = line.used - before;
        if (part == 0) {
            return; /* the subject alone fills a line */
        }
        tps_line_log(&bulb.line, span_of(&line));
        text += part;
        left -= part;
    }
}

static void add_hex(tps_agent_text *text, tps_span bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.size; i++) {
        char pair[] = {digits[bytes.data[i] >> 4], digits[bytes.data[i] & 15], '\0'};

        tps_agent_text_add(text, pair);
    }
}

static void answer(uint32_t ticket, uint32_t result, const tps_agent_text *text)
{
    if (tps_line_answer(&bulb.line, ticket, result, span_of(text)) != TPS_OK) {
        say("nobody waits any more for", text->data);
    }
}

/* ---- what is kept: [format, is on, switches, id] ---- */

static tps_status keep(tps_agent_refusal *why)
{
    uint8_t bytes[32];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    tps_span state;

    tps_cbor_put_array(&w, 4);
    tps_cbor_put_uint(&w, STATE_FORMAT);
    tps_cbor_put_bool(&w, bulb.is_on);
    tps_cbor_put_uint(&w, bulb.switches);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(bulb.id));
    TPS_TRY(tps_cbor_writer_finish(&w, &state));
    return tps_agent_put(BULB_LOGIN, tps_span_of_text(state_name), state, why);
}

static tps_status read_state(tps_span state)
{
    tps_cbor_reader r = tps_cbor_reader_init(state);
    uint64_t format, switches;
    bool is_on;
    tps_cbor_list list;
    tps_span id;

    TPS_TRY(tps_cbor_check(state, &tps_cbor_limits_message, NULL, NULL));
    list = tps_cbor_enter_array(&r);
    format = tps_cbor_next(&r, &list) ? tps_cbor_get_uint(&r) : 0;
    is_on = tps_cbor_next(&r, &list) && tps_cbor_get_bool(&r);
    switches = tps_cbor_next(&r, &list) ? tps_cbor_get_uint(&r) : 0;
    id = tps_cbor_next(&r, &list) ? tps_cbor_get_bytes(&r) : TPS_SPAN_EMPTY;
    if (r.status != TPS_OK || format != STATE_FORMAT || switches > UINT32_MAX || id.size != ID_SIZE) {
        return TPS_COMPONENT_STORAGE_CORRUPT;
    }
    bulb.is_on = is_on;
    bulb.switches = (uint32_t)switches;
    memcpy(bulb.id, id.data, ID_SIZE);
    return TPS_OK;
}

/** As it was before the power went; a new bulb is off, and draws a name. */
static void remember(void)
{
    uint8_t room[TPS_AGENT_VALUE_MAX];
    tps_agent_refusal why = {0};
    tps_span state;
    tps_status status =
        tps_agent_get(BULB_LOGIN, tps_span_of_text(state_name), TPS_BUF_OF(room), &state, &why);

    if (status == TPS_OK && read_state(state) != TPS_OK) {
        why.cause = "another program wrote it";
        status = TPS_COMPONENT_STORAGE_CORRUPT;
    }
    if (status == TPS_NOT_FOUND) {
        status = tps_agent_random(TPS_BUF_OF(bulb.id), &why);
        status = status == TPS_OK ? keep(&why) : status;
    }
    bulb.is_kept = status == TPS_OK;
    if (!bulb.is_kept) {
        say("its state is not kept", why.cause);
    }
    board_light(bulb.is_on);
}

/* ---- commands ---- */

/** Switches, and keeps it in one put: after a power cut the light is as it was before this command or behind
 * it. */
static void do_switch(uint32_t ticket, bool on)
{
    char room[TPS_LINE_TEXT_MAX + 1];
    tps_agent_text text = begin_text(room);
    tps_agent_refusal why = {0};

    bulb.switches += on != bulb.is_on;
    bulb.is_kept = bulb.is_kept && on == bulb.is_on;
    bulb.is_on = on;
    if (!bulb.is_kept) {
        bulb.is_kept = keep(&why) == TPS_OK;
    }
    board_light(on);
    tps_agent_text_add(&text, on ? "on" : "off");
    if (!bulb.is_kept) { /* who stands in the dark wants light, and to know the rest afterwards */
        tps_agent_text_add(&text, ", but a power cut may undo it: ");
        tps_agent_text_add(&text, why.cause);
    }
    answer(ticket, bulb.is_kept ? TPS_LINE_GOOD : TPS_LINE_FAILED, &text);
}

static void do_on(uint32_t ticket)
{
    do_switch(ticket, true);
}

static void do_off(uint32_t ticket)
{
    do_switch(ticket, false);
}

static void do_status(uint32_t ticket)
{
    char room[TPS_LINE_TEXT_MAX + 1];
    tps_agent_text text = begin_text(room);

    tps_agent_text_add(&text, board_is_lit() ? "on, " : "off, ");
    tps_agent_text_add_number(&text, bulb.switches);
    tps_agent_text_add(&text, " switches, bulb ");
    add_hex(&text, TPS_SPAN_OF(bulb.id));
    tps_agent_text_add(&text, ", attestation: ");
    tps_agent_text_add(&text, bulb.last);
    answer(ticket, TPS_LINE_GOOD, &text);
}

static void begin_attestation(void)
{
    tps_agent_challenge_begin(&bulb.challenge, BULB_PROFILE, TPS_BUF_OF(bulb.room));
    bulb.is_attesting = true;
    bulb.is_dialled = false;
    bulb.moved = board_milliseconds();
}

static void do_attest(uint32_t ticket)
{
    bulb.has_asker = true; /* the one before has its answer, or has gone: there is one command at a time */
    bulb.asker = ticket;
    if (!bulb.is_attesting) {
        begin_attestation();
    }
}

static void do_help(uint32_t ticket)
{
    char room[TPS_LINE_TEXT_MAX + 1];
    tps_agent_text text = begin_text(room);

    tps_agent_text_add(&text, "on, off, status, attest (shows the provider that this bulb is genuine), help");
    answer(ticket, TPS_LINE_GOOD, &text);
}

static void obey(uint32_t ticket, tps_span command)
{
    static const struct {
        const char *name;
        void (*obey)(uint32_t ticket);
    } commands[] = {
        {"on", do_on}, {"off", do_off}, {"status", do_status}, {"attest", do_attest}, {"help", do_help}};
    char room[TPS_LINE_TEXT_MAX + 1];
    tps_agent_text text = begin_text(room);

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (tps_span_is_text(command, commands[i].name)) {
            commands[i].obey(ticket);
            return;
        }
    }
    tps_agent_text_add(&text, "there is no such command: try help");
    answer(ticket, TPS_LINE_FAILED, &text);
}

/* ---- the attestation ---- */

static bool is_stalled(void)
{
    return board_milliseconds() - bulb.moved > STALL_MS;
}

static void move(bool moved)
{
    if (moved) {
        bulb.moved = board_milliseconds();
    }
}

/** A new stream; until there is a bridge, that takes as long as it takes. */
static void connect(void)
{
    uint32_t stream = tps_line_stream(&bulb.line);

    if (!bulb.is_dialled) {
        tps_line_reset(&bulb.line, TPS_LINE_ABORTED); /* an old one that the other end has not finished */
        bulb.is_dialled = tps_line_dial(&bulb.line) == TPS_OK;
        return;
    }
    move(!tps_line_is_up(&bulb.line));
    if (stream == TPS_LINE_OPEN) {
        bulb.is_dialled = false;
        move(true);
        if (tps_agent_challenge_connected(&bulb.challenge, tps_line_host(&bulb.line),
                                          tps_line_path(&bulb.line)) != TPS_OK) {
            tps_agent_challenge_ended(&bulb.challenge);
        }
    } else if (stream != TPS_LINE_DIALLING || is_stalled()) {
        tps_agent_challenge_ended(&bulb.challenge);
    }
}

static void talk(void)
{
    tps_span out = tps_agent_challenge_output(&bulb.challenge);
    uint8_t in[128];
    size_t size = tps_line_write(&bulb.line, out);

    tps_agent_challenge_sent(&bulb.challenge, size);
    move(size > 0);
    size = tps_line_read(&bulb.line, TPS_BUF_OF(in));
    move(size > 0);
    if (size > 0) {
        tps_agent_challenge_take(&bulb.challenge, tps_span_make(in, size));
    } else if (tps_line_is_at_end(&bulb.line) || is_stalled()) {
        tps_agent_challenge_ended(&bulb.challenge);
    }
}

static void give_evidence(void)
{
    tps_agent_evidence_request request = {
        .login = BULB_LOGIN,
        .profile = BULB_PROFILE,
        .nonce = tps_span_make(bulb.challenge.nonce, bulb.challenge.nonce_size),
    };
    tps_span evidence = TPS_SPAN_EMPTY;

    if (tps_agent_evidence(&request, TPS_BUF_OF(bulb.evidence), &evidence, &bulb.refusal) != TPS_OK) {
        evidence = TPS_SPAN_EMPTY;
    }
    tps_agent_challenge_respond(&bulb.challenge, evidence);
    move(true);
}

/** What the bridge met, where there was no stream to the provider. */
static const char *describe_line(void)
{
    switch (tps_line_stream_status(&bulb.line)) {
    case TPS_LINE_UNREACHABLE: return "the bridge cannot reach the provider";
    case TPS_LINE_INSECURE: return "the bridge finds no TLS that it trusts at the provider";
    case TPS_LINE_BROKEN: return "the connection between bridge and provider broke";
    case TPS_LINE_RESTARTED: return "the bridge began anew";
    default: return bulb.challenge.report.cause;
    }
}

/** How it ended, in words: outcome, reason, and what can be done. @return the result for who asked. */
static uint32_t describe(const char **outcome, const char **cause, const char **next_step)
{
    const tps_agent_report *report = &bulb.challenge.report;
    bool is_good = report->status == TPS_OK && report->tier == TPS_EAR_TIER_AFFIRMING;

    *cause = report->cause;
    *next_step = report->next_step;
    if (report->status == TPS_OK) {
        *outcome = is_good ? "accepted" : report->tier == TPS_EAR_TIER_NONE ? "not judged" : "refused";
        return is_good ? TPS_LINE_GOOD : TPS_LINE_REFUSED;
    }
    *outcome = "failed";
    if (report->status == TPS_COMPONENT_NO_IDENTITY) {
        *cause = bulb.refusal.cause;
        *next_step = bulb.refusal.next_step;
    } else if (report->status == TPS_DEVICE_UNREACHABLE) {
        *cause = describe_line();
    }
    return TPS_LINE_FAILED;
}

static void conclude(void)
{
    char room[TPS_LINE_TEXT_MAX + 1];
    tps_agent_text text = begin_text(room);
    const char *outcome, *cause, *next_step;
    uint32_t result = describe(&outcome, &cause, &next_step);

    tps_line_finish(&bulb.line);
    bulb.is_attesting = false;
    bulb.last = outcome;
    say("attestation", outcome);
    if (cause[0] != '\0') {
        say("  cause", cause);
    }
    if (next_step[0] != '\0') {
        say("  next step", next_step);
    }
    if (bulb.has_asker) {
        tps_agent_text_add(&text, outcome);
        tps_agent_text_add(&text, cause[0] != '\0' ? ": " : "");
        tps_agent_text_add(&text, cause);
        answer(bulb.asker, result, &text);
        bulb.has_asker = false;
    }
    if (bulb.challenge.report.status == TPS_OK) {
        bulb.retry = 0;
        return;
    }
    bulb.retries = board_milliseconds();
    bulb.retry = bulb.retry == 0                  ? RETRY_FIRST_MS
                 : bulb.retry < RETRY_LAST_MS / 2 ? bulb.retry * 2
                                                  : RETRY_LAST_MS;
}

static void attest(void)
{
    if (!bulb.is_attesting) {
        if (bulb.retry != 0 && board_milliseconds() - bulb.retries >= bulb.retry) {
            begin_attestation();
        }
        return;
    }
    switch (bulb.challenge.state) {
    case TPS_AGENT_CONNECT: connect(); break;
    case TPS_AGENT_TALK: talk(); break;
    case TPS_AGENT_EVIDENCE: give_evidence(); break;
    case TPS_AGENT_WAIT:
        if (board_milliseconds() - bulb.moved >= bulb.challenge.wait * 1000u) {
            move(true);
            tps_agent_challenge_poll(&bulb.challenge);
        }
        break;
    default: conclude(); break;
    }
}

/* ---- the loop ---- */

static void move_line(void)
{
    uint8_t in[64];
    size_t size = board_line_read(in, sizeof(in));

    tps_line_receive(&bulb.line, in, size);
    if (bulb.out_at == bulb.out_size) {
        bulb.out_at = 0;
        bulb.out_size = tps_line_transmit(&bulb.line, bulb.out, sizeof(bulb.out));
    }
    bulb.out_at += board_line_write(bulb.out + bulb.out_at, bulb.out_size - bulb.out_at);
    (void)tps_line_tick(&bulb.line, board_milliseconds());
}

static uint32_t number_of(const uint8_t bytes[4])
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void start(void)
{
    uint8_t session[4];
    tps_agent_refusal why;
    tps_status status = TPS_COMPONENT_UNREACHABLE;

    if (tps_client_register(tps_connector_trustzone_m_table()) == TPSC_SUCCESS) {
        status = tps_agent_random(TPS_BUF_OF(session), &why);
    }
    tps_line_init(&bulb.line, TPS_LINE_CHIP, status == TPS_OK ? number_of(session) : 0, board_milliseconds());
    bulb.last = "not yet";
    remember();
    begin_attestation();
}

noreturn void board_main(void)
{
    uint32_t ticket;
    tps_span command;

    start();
    for (;;) {
        move_line();
        if (tps_line_command(&bulb.line, &ticket, &command)) {
            obey(ticket, command);
        }
        attest();
    }
}
