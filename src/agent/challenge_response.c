/* SPDX-License-Identifier: Apache-2.0 */
/* Challenge-response from a small chip: requests as lists of pieces, answers by http_message.h, what they
 * mean. */
#include "agent/challenge_response.h"

#include "agent/result.h"
#include "component/services/attestation/attestation.h"
#include "tps/base64.h"
#include "tps/device_claims.h"
#include "tps/ear.h"
#include "tps/psa.h"

#define INTERFACE "/challenge-response/v1/"
#define SESSION   "session/"

/* What a request asks for. */
enum { ASK_SESSION, ASK_APPRAISAL, ASK_RESULT };

enum { NONCE_MIN = 8, NONCE_TEXT_MAX = 128, WAIT_DEFAULT = 1, WAIT_MAX = 60 };

/* ---- how it ends ---- */

static tps_agent_text end(tps_agent_challenge *c, tps_status status, const char *next_step)
{
    tps_agent_text step = tps_agent_text_begin(c->report.next_step, sizeof(c->report.next_step));

    c->state = TPS_AGENT_ENDED;
    c->report.status = status;
    tps_agent_text_add(&step, next_step);
    return tps_agent_text_begin(c->report.cause, sizeof(c->report.cause));
}

static void fail(tps_agent_challenge *c, tps_status status, const char *cause, const char *next_step)
{
    tps_agent_text text = end(c, status, next_step);

    tps_agent_text_add_span(&text, c->host);
    tps_agent_text_add(&text, c->host.size == 0 ? "" : ": ");
    tps_agent_text_add(&text, cause);
}

static void fail_answer(tps_agent_challenge *c, const char *cause)
{
    fail(c, TPS_DEVICE_BAD_ANSWER, cause, "check that the address is a verifier's");
}

static void fail_room(tps_agent_challenge *c)
{
    fail(c, TPS_BUFFER_TOO_SMALL, "its answer is larger than this device has room for",
         "update the device to firmware with more room for answers");
}

/* ---- requests ---- */

static void add(tps_agent_challenge *c, tps_span piece)
{
    if (piece.size > 0) {
        c->pieces[c->piece_count++] = piece;
    }
}

static void add_text(tps_agent_challenge *c, const char *text)
{
    add(c, tps_span_of_text(text));
}

/** Content-Type, and Content-Length in decimal. */
static void add_body(tps_agent_challenge *c)
{
    size_t at = sizeof(c->digits);
    size_t number = c->evidence.size;

    do {
        c->digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    add_text(c, c->profile == TPS_EVIDENCE_PSA
                    ? "\r\nContent-Type: application/eat+cwt; eat_profile=\"" TPS_PSA_PROFILE "\""
                    : "\r\nContent-Type: application/eat+cwt; eat_profile=\"" TPS_DEVICE_PROFILE "\"");
    add_text(c, "\r\nContent-Length: ");
    add(c, tps_span_make(c->digits + at, sizeof(c->digits) - at));
    add_text(c, "\r\n\r\n");
    add(c, c->evidence);
}

/** The request that `asks` says; it is written piece by piece from where it lies, so that no room is needed.
 */
static void write_request(tps_agent_challenge *c)
{
    c->piece = c->piece_count = 0;
    add_text(c, c->asks == ASK_RESULT ? "GET " : "POST ");
    add(c, c->prefix);
    if (c->asks == ASK_SESSION) {
        add_text(c, INTERFACE "newSession?nonceSize=32");
    } else {
        add_text(c, INTERFACE SESSION);
        add(c, tps_span_make(c->session, c->session_size));
    }
    add_text(c, " HTTP/1.1\r\nHost: ");
    add(c, c->host);
    add_text(c, "\r\nUser-Agent: tps-agent");
    if (c->asks == ASK_APPRAISAL) {
        add_body(c);
    } else {
        add_text(c, c->asks == ASK_SESSION ? "\r\nContent-Length: 0\r\n\r\n" : "\r\n\r\n");
    }
    tps_agent_answer_begin(&c->answer, c->room);
    c->has_sent = false;
    c->report.code = 0;
    c->state = TPS_AGENT_TALK;
}

/** The same once there is a stream. */
static void ask(tps_agent_challenge *c, uint32_t asks)
{
    c->asks = asks;
    if (c->is_connected) {
        write_request(c);
    } else {
        c->state = TPS_AGENT_CONNECT;
    }
}

/* ---- refusals ---- */

/** What a server says when it refuses: a problem (RFC 9457); ours adds the next step. */
typedef struct {
    json_str title;
    json_str detail;
    json_str next_step;
} problem;

static problem read_problem(tps_span body)
{
    json_reader r = json_reader_init(body);
    problem p = {0};
    json_list list;

    if (json_check(body, &json_limits_message, NULL) != TPS_OK || json_peek(&r) != JSON_OBJECT) {
        return p;
    }
    list = json_enter_object(&r);
    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);
        json_str *member = json_str_is(name, "title")       ? &p.title
                           : json_str_is(name, "detail")    ? &p.detail
                           : json_str_is(name, "next_step") ? &p.next_step
                                                            : NULL;
        if (member != NULL && json_peek(&r) == JSON_STRING) {
            *member = json_get_string(&r);
        } else {
            (void)json_skip(&r);
        }
    }
    return p;
}

/** The body of the answer; empty if it did not fit. */
static tps_span body_of(const tps_agent_challenge *c)
{
    bool fits = c->answer.body_size <= c->room.size;

    return tps_span_make(c->room.data, fits ? c->answer.body_size : 0);
}

static void fail_refused(tps_agent_challenge *c)
{
    problem p = read_problem(body_of(c));
    json_str why = p.detail.raw.size > 0 ? p.detail : p.title;
    tps_agent_text text = end(c, TPS_DEVICE_SERVER_REFUSED,
                              p.next_step.raw.size > 0 ? "" : "check the address and the provider's name");

    tps_agent_text_add_span(&text, c->host);
    tps_agent_text_add(&text, " answers ");
    tps_agent_text_add_number(&text, c->answer.code);
    tps_agent_text_add(&text, why.raw.size > 0 ? ": " : "");
    tps_agent_text_add_json(&text, why);
    if (p.next_step.raw.size > 0) {
        text = tps_agent_text_begin(c->report.next_step, sizeof(c->report.next_step));
        tps_agent_text_add_json(&text, p.next_step);
    }
}

/* ---- the session ---- */

static bool skip(tps_span *text, tps_span front)
{
    if (text->size < front.size || !tps_span_equal(tps_span_make(text->data, front.size), front)) {
        return false;
    }
    *text = tps_span_make(text->data + front.size, text->size - front.size);
    return true;
}

static bool is_letter_or_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/** True when all characters are letters, digits or among `others`. */
static bool consists_of(tps_span text, const char *others)
{
    size_t count = strlen(others);

    for (size_t i = 0; i < text.size; i++) {
        if (!is_letter_or_digit(text.data[i]) && memchr(others, text.data[i], count) == NULL) {
            return false;
        }
    }
    return true;
}

/** Behind scheme and host of this server, in a URL; a path stays as it is. False for another server's. */
static bool skip_server(const tps_agent_challenge *c, tps_span *location)
{
    bool is_url = skip(location, TPS_SPAN_LITERAL("https://")) || skip(location, TPS_SPAN_LITERAL("http://"));

    return !is_url || (skip(location, c->host) && location->size > 0 && location->data[0] == '/');
}

/** Only this server's own sessions: "session/ID" below the interface, as relative path, path or URL. */
static bool take_location(tps_agent_challenge *c)
{
    tps_span rest = tps_span_make(c->answer.location, c->answer.location_size);

    if (!skip_server(c, &rest)) {
        return false;
    }
    if (rest.size > 0 && rest.data[0] == '/' &&
        !(skip(&rest, c->prefix) && skip(&rest, TPS_SPAN_LITERAL(INTERFACE)))) {
        return false;
    }
    if (!skip(&rest, TPS_SPAN_LITERAL(SESSION)) || rest.size == 0 || rest.size > sizeof(c->session) ||
        !consists_of(rest, "-_")) {
        return false;
    }
    memcpy(c->session, rest.data, rest.size);
    c->session_size = rest.size;
    return true;
}

/** A member of the session's body that is a string; false if it is none. */
static bool find_text(tps_span body, const char *name, json_str *text)
{
    json_reader r = json_reader_init(body);
    bool is_found = false;
    json_list list;

    if (json_check(body, &json_limits_message, NULL) != TPS_OK) {
        return false;
    }
    list = json_enter_object(&r);
    while (json_next(&r, &list)) {
        if (json_str_is(json_get_name(&r), name) && json_peek(&r) == JSON_STRING) {
            *text = json_get_string(&r);
            is_found = true;
        } else {
            (void)json_skip(&r);
        }
    }
    return is_found && r.status == TPS_OK;
}

static bool take_nonce(tps_agent_challenge *c)
{
    uint8_t unescaped[NONCE_TEXT_MAX];
    tps_buf room = TPS_BUF_OF(unescaped);
    tps_span value;
    json_str text;

    return find_text(body_of(c), "nonce", &text) && json_str_value(text, &room, &value) == TPS_OK &&
           tps_base64_read(value, TPS_BUF_OF(c->nonce), &c->nonce_size) == TPS_OK &&
           c->nonce_size >= NONCE_MIN;
}

static void take_session(tps_agent_challenge *c)
{
    if (c->answer.code != 201) {
        fail_refused(c);
    } else if (c->answer.body_size > c->room.size) {
        fail_room(c);
    } else if (!take_location(c)) {
        fail_answer(c, "its session lies where it may not");
    } else if (!take_nonce(c)) {
        fail_answer(c, "its session has no nonce");
    } else {
        c->state = TPS_AGENT_EVIDENCE;
    }
}

/* ---- the result ---- */

/**
 * The JWT moves to the room's front, so that what is decoded of it has all the rest.
 * @return false if there is none.
 */
static bool take_jwt(tps_agent_challenge *c, tps_buf *rest)
{
    tps_span body = body_of(c);
    tps_buf behind = {c->room.data + body.size, c->room.size - body.size};
    tps_span value;
    json_str text;

    if (!find_text(body, "result", &text) || json_str_value(text, &behind, &value) != TPS_OK ||
        value.size == 0) {
        return false;
    }
    memmove(c->room.data, value.data, value.size);
    c->jwt = tps_span_make(c->room.data, value.size);
    *rest = (tps_buf){c->room.data + value.size, c->room.size - value.size};
    return true;
}

static void read_result(tps_agent_challenge *c)
{
    tps_agent_text cause = end(c, TPS_OK, "");
    tps_agent_text next_step = tps_agent_text_begin(c->report.next_step, sizeof(c->report.next_step));
    tps_span nonce = tps_span_make(c->nonce, c->nonce_size);
    tps_buf rest;
    tps_status status;

    if (!take_jwt(c, &rest)) {
        fail_answer(c, "its session ended without a result");
        return;
    }
    status = tps_agent_result_read(c->jwt, nonce, rest, &c->report.tier, &cause, &next_step);
    if (status == TPS_OK) {
        return;
    }
    c->jwt = TPS_SPAN_EMPTY;
    if (status == TPS_BUFFER_TOO_SMALL) {
        fail_room(c);
    } else if (status == TPS_EAR_BAD_CLAIM) {
        fail_answer(c, "its result is for other evidence");
    } else {
        fail_answer(c, "its result is none that is understood (EAR as JWT)");
    }
}

static void take_appraisal(tps_agent_challenge *c)
{
    json_str state;

    if (c->answer.code != 200 && c->answer.code != 202) {
        fail_refused(c);
    } else if (c->answer.body_size > c->room.size && c->asks == ASK_APPRAISAL) {
        ask(c, ASK_RESULT); /* the same again, without the evidence */
    } else if (c->answer.body_size > c->room.size) {
        fail_room(c);
    } else if (find_text(body_of(c), "status", &state) &&
               (json_str_is(state, "processing") || json_str_is(state, "waiting"))) {
        c->wait = c->answer.wait == 0 ? WAIT_DEFAULT : c->answer.wait < WAIT_MAX ? c->answer.wait : WAIT_MAX;
        c->state = TPS_AGENT_WAIT;
    } else {
        read_result(c);
    }
}

/* ---- the machine ---- */

void tps_agent_challenge_begin(tps_agent_challenge *c, uint32_t profile, tps_buf room)
{
    memset(c, 0, sizeof(*c));
    c->state = TPS_AGENT_CONNECT;
    c->profile = profile;
    c->asks = ASK_SESSION;
    c->room = room;
}

tps_status tps_agent_challenge_connected(tps_agent_challenge *c, tps_span host, tps_span prefix)
{
    bool has_path = prefix.size > 0;

    if (c->state != TPS_AGENT_CONNECT || host.size == 0 || host.size > TPS_AGENT_HOST_MAX ||
        !consists_of(host, "-._:[]") || prefix.size > TPS_AGENT_PREFIX_MAX || !consists_of(prefix, "-._~/") ||
        (has_path && (prefix.data[0] != '/' || prefix.data[prefix.size - 1] == '/'))) {
        return TPS_BAD_ARGUMENT;
    }
    c->host = host;
    c->prefix = prefix;
    if (++c->connects > TPS_AGENT_CONNECTS_MAX) {
        fail(c, TPS_DEVICE_UNREACHABLE, "it ends every connection", "try again later");
        return TPS_OK;
    }
    c->is_connected = true;
    write_request(c);
    return TPS_OK;
}

tps_span tps_agent_challenge_output(const tps_agent_challenge *c)
{
    return c->state == TPS_AGENT_TALK && c->piece < c->piece_count ? c->pieces[c->piece] : TPS_SPAN_EMPTY;
}

void tps_agent_challenge_sent(tps_agent_challenge *c, size_t size)
{
    while (c->state == TPS_AGENT_TALK && size > 0 && c->piece < c->piece_count) {
        tps_span *piece = &c->pieces[c->piece];
        size_t part = size < piece->size ? size : piece->size;

        *piece = tps_span_make(piece->data + part, piece->size - part);
        size -= part;
        c->piece += piece->size == 0;
        c->has_sent = true;
    }
}

/** All of an answer has come; whatever more the request needed, or the stream has, is not used. */
static void take_answer(tps_agent_challenge *c, bool has_more)
{
    c->report.code = c->answer.code;
    if (!c->answer.is_kept_open || has_more || c->piece < c->piece_count) {
        c->is_connected = false;
    }
    if (c->asks == ASK_SESSION) {
        take_session(c);
    } else {
        take_appraisal(c);
    }
}

void tps_agent_challenge_take(tps_agent_challenge *c, tps_span bytes)
{
    size_t used;

    if (bytes.size == 0 || c->state == TPS_AGENT_ENDED || c->state == TPS_AGENT_CONNECT) {
        return;
    }
    if (c->state != TPS_AGENT_TALK ||
        !c->has_sent) { /* an answer to nothing: such as 408 to an idle stream */
        tps_agent_challenge_ended(c);
        return;
    }
    used = tps_agent_answer_take(&c->answer, bytes);
    if (c->answer.status != TPS_OK) {
        fail(c, c->answer.status, c->answer.fault, "check that the address is a verifier's");
    } else if (c->answer.is_complete) {
        take_answer(c, used < bytes.size);
    }
}

void tps_agent_challenge_ended(tps_agent_challenge *c)
{
    c->is_connected = false;
    if (c->state == TPS_AGENT_CONNECT) {
        fail(c, TPS_DEVICE_UNREACHABLE, "no connection can be made", "check that the server runs");
    } else if (c->state == TPS_AGENT_TALK && c->has_sent) {
        fail(c, TPS_DEVICE_UNREACHABLE, "the connection ended before the answer", "try again");
    } else if (c->state == TPS_AGENT_TALK) {
        c->state = TPS_AGENT_CONNECT; /* nothing was asked yet */
    }
}

void tps_agent_challenge_respond(tps_agent_challenge *c, tps_span evidence)
{
    if (c->state != TPS_AGENT_EVIDENCE) {
        return;
    }
    if (evidence.size == 0) {
        (void)end(c, TPS_COMPONENT_NO_IDENTITY, "");
        return;
    }
    c->evidence = evidence;
    ask(c, ASK_APPRAISAL);
}

void tps_agent_challenge_poll(tps_agent_challenge *c)
{
    if (c->state != TPS_AGENT_WAIT) {
        return;
    }
    if (++c->polls > TPS_AGENT_POLLS_MAX) {
        fail(c, TPS_DEVICE_UNREACHABLE, "it has no result after many questions", "try again later");
        return;
    }
    ask(c, ASK_RESULT);
}
