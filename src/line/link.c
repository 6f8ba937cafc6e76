/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions, numbers, acknowledgements and repetition on the serial line. */
#include "line/link.h"

enum { REPEAT_DOUBLINGS_FACTOR = 8 };

void tps_line_link_init(tps_line_link *link, uint32_t session, uint32_t now_ms)
{
    memset(link, 0, sizeof(*link));
    link->mine = session == 0 ? 1 : session;
    link->now = now_ms;
    link->said_at = now_ms;
    link->heard_at = now_ms;
    link->repeat_ms = TPS_LINE_REPEAT_MS;
    link->is_hello_due = true;
}

/** Times go around after 49 days: only differences mean something. */
static uint32_t since(const tps_line_link *link, uint32_t then)
{
    return link->now - then;
}

static bool is_established(const tps_line_link *link)
{
    return link->peer != 0 && link->is_known;
}

bool tps_line_link_is_up(const tps_line_link *link)
{
    return is_established(link) && since(link, link->heard_at) < TPS_LINE_SILENCE_MS;
}

/* ---- in ---- */

/** The other end is one that was not known: numbers begin anew, and what was under way is nobody's. */
static void adopt(tps_line_link *link, uint32_t peer)
{
    link->peer = peer;
    link->sequence = 0;
    link->next = 0;
    link->flight_size = 0;
    link->repeat_ms = TPS_LINE_REPEAT_MS;
    link->is_repeat_due = false;
    link->is_ack_due = false;
}

static uint32_t take_hello(tps_line_link *link, const tps_line_frame_header *header, tps_span payload)
{
    bool knows_me = header->to == link->mine;
    /* Whoever knew this session and does no longer has begun anew, even under the number that it had. */
    bool is_anew = header->from != link->peer || (link->is_known && !knows_me);

    if (payload.size == 0 || payload.data[0] < TPS_LINE_PAYLOAD_MIN) {
        return TPS_LINE_LINK_NOTHING;
    }
    if (is_anew) {
        adopt(link, header->from);
    }
    link->limit = payload.data[0];
    link->is_known = knows_me;
    link->is_ack_due |=
        knows_me; /* each hello is answered: by an acknowledgement, or by a hello that names both */
    link->is_hello_due |= !knows_me;
    return is_anew ? TPS_LINE_LINK_ANEW : TPS_LINE_LINK_NOTHING;
}

static void take_acknowledgement(tps_line_link *link, uint8_t next)
{
    if (link->flight_size > 0 && next == (uint8_t)(link->sequence + 1)) {
        link->flight_size = 0;
        link->sequence++;
        link->repeat_ms = TPS_LINE_REPEAT_MS;
        link->is_repeat_due = false;
    }
}

uint32_t tps_line_link_receive(tps_line_link *link, uint8_t byte, uint8_t *message, tps_span *payload)
{
    tps_line_frame_header header;

    if (!tps_line_frame_read(&link->reader, byte, &header, payload) || header.from == link->mine) {
        return TPS_LINE_LINK_NOTHING; /* one's own voice: the line is short-circuited */
    }
    if (header.kind == TPS_LINE_FRAME_HELLO) {
        link->heard_at = link->now;
        return take_hello(link, &header, *payload);
    }
    if (header.from != link->peer || header.to != link->mine) {
        link->is_hello_due = true; /* meant for who was here before, or from somebody new */
        return TPS_LINE_LINK_NOTHING;
    }
    link->heard_at = link->now;
    link->is_known = true;
    take_acknowledgement(link, header.next);
    if (header.kind != TPS_LINE_FRAME_DATA) {
        return TPS_LINE_LINK_NOTHING;
    }
    if (header.sequence != link->next) {
        link->is_ack_due = true; /* the acknowledgement was lost: the same message again */
        return TPS_LINE_LINK_NOTHING;
    }
    *message = header.message;
    return TPS_LINE_LINK_MESSAGE;
}

void tps_line_link_accept(tps_line_link *link)
{
    link->next++;
    link->is_ack_due = true;
}

/* ---- out ---- */

bool tps_line_link_is_free(const tps_line_link *link)
{
    /* A frame that is being repeated when its acknowledgement comes still goes out from where the next would
     * be put. */
    return is_established(link) && link->flight_size == 0 && !(link->out_size > 0 && link->is_flight_out);
}

uint8_t *tps_line_link_payload(tps_line_link *link)
{
    return tps_line_frame_payload(link->flight);
}

size_t tps_line_link_room(const tps_line_link *link)
{
    return link->limit < TPS_LINE_PAYLOAD_MAX ? link->limit : TPS_LINE_PAYLOAD_MAX;
}

static size_t write_frame(const tps_line_link *link, uint8_t *wire, uint32_t kind, uint8_t message,
                          size_t payload_size)
{
    const tps_line_frame_header header = {.kind = kind,
                                          .sequence = kind == TPS_LINE_FRAME_DATA ? link->sequence : 0,
                                          .next = link->next,
                                          .message = message,
                                          .from = link->mine,
                                          .to = link->peer};

    return tps_line_frame_write(wire, &header, payload_size);
}

void tps_line_link_put(tps_line_link *link, uint8_t message, size_t payload_size)
{
    link->flight_size = (uint16_t)write_frame(link, link->flight, TPS_LINE_FRAME_DATA, message, payload_size);
    link->repeat_ms = TPS_LINE_REPEAT_MS;
    link->is_repeat_due = true; /* the first time, too */
    link->is_ack_due = false;   /* the frame says what is expected next */
}

static void start_brief(tps_line_link *link, uint32_t kind)
{
    size_t payload_size = kind == TPS_LINE_FRAME_HELLO ? 1 : 0;

    tps_line_frame_payload(link->brief)[0] = TPS_LINE_PAYLOAD_MAX;
    link->out_size = (uint16_t)write_frame(link, link->brief, kind, 0, payload_size);
    link->is_flight_out = false;
}

/** Chooses the frame that goes out next, if there is one. */
static void start_next(tps_line_link *link)
{
    link->out_at = 0;
    link->out_size = 0;
    if (link->is_hello_due) {
        link->is_hello_due = false;
        start_brief(link, TPS_LINE_FRAME_HELLO);
    } else if (!is_established(link)) {
        link->is_ack_due = false; /* nobody is there to whom it would mean something */
    } else if (link->flight_size > 0 && link->is_repeat_due) {
        link->is_repeat_due = false;
        link->out_size = link->flight_size;
        link->is_flight_out = true;
    } else if (link->is_ack_due) {
        link->is_ack_due = false;
        start_brief(link, TPS_LINE_FRAME_ACK);
    }
}

/** The wait begins when the frame's last byte was given out; who gives it to a slow line asks for bytes
 * slowly. */
static void end_frame(tps_line_link *link)
{
    link->said_at = link->now;
    if (link->is_flight_out) {
        link->repeat_at = link->now + link->repeat_ms;
        if (link->repeat_ms < REPEAT_DOUBLINGS_FACTOR * TPS_LINE_REPEAT_MS) {
            link->repeat_ms *= 2;
        }
    }
    link->out_size = 0;
}

size_t tps_line_link_transmit(tps_line_link *link, uint8_t *bytes, size_t room)
{
    size_t size;

    if (link->out_size == 0) {
        start_next(link);
    }
    size = (size_t)link->out_size - link->out_at;
    if (size > room) {
        size = room;
    }
    if (size == 0) {
        return 0;
    }
    memcpy(bytes, (link->is_flight_out ? link->flight : link->brief) + link->out_at, size);
    link->out_at = (uint16_t)(link->out_at + size);
    if (link->out_at == link->out_size) {
        link->out_at = 0;
        end_frame(link);
    }
    return size;
}

/* ---- time ---- */

/** How much of `span` is left since `then`; 0: it is over. */
static uint32_t left_of(const tps_line_link *link, uint32_t then, uint32_t span)
{
    return since(link, then) >= span ? 0 : span - since(link, then);
}

static uint32_t earlier(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/** When something that is due since `then` is to be said: never while a frame still goes out. */
static uint32_t wait_to_say(const tps_line_link *link, uint32_t span)
{
    return link->out_size > 0 ? span : left_of(link, link->said_at, span);
}

/** The same for the repetition of the message under way. */
static uint32_t wait_to_repeat(const tps_line_link *link)
{
    uint32_t left = link->repeat_at - link->now;

    if (link->flight_size == 0 || link->is_repeat_due || link->out_size > 0) {
        return UINT32_MAX;
    }
    return left > INT32_MAX ? 0 : left;
}

uint32_t tps_line_link_tick(tps_line_link *link, uint32_t now_ms)
{
    uint32_t wait = TPS_LINE_HELLO_MS;
    uint32_t repeat;

    link->now = now_ms;
    if (!is_established(link)) {
        wait = wait_to_say(link, TPS_LINE_HELLO_MS);
        link->is_hello_due |= wait == 0;
        return wait;
    }
    if (TPS_LINE_ALIVE_MS > 0) {
        wait = wait_to_say(link, TPS_LINE_ALIVE_MS);
        link->is_ack_due |= wait == 0;
    }
    repeat = wait_to_repeat(link);
    if (repeat == 0) {
        link->is_repeat_due = true;
        link->repeated++;
    }
    return earlier(wait, repeat);
}
