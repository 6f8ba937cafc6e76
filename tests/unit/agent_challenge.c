/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's side of challenge-response: requests as servers see them, results and refusals, hostile
 * answers. */
#include "support/check.h"

#include "agent/challenge_response.h"
#include "component/services/attestation/attestation.h"
#include "tps/base64.h"
#include "tps/ear.h"

enum { REQUESTS_MAX = 64, REQUEST_SIZE = 1024, ROOM = 2048 };

#define NONCE_TEXT "AAECAwQFBgcICQoLDA0ODw"
static const uint8_t nonce[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/** One run of the machine against answers that are known before. */
typedef struct {
    const char *const
        *answers; /**< one a request, in full; "" ends the stream instead; NULL behind the last */
    size_t cut;   /**< bytes of each piece that is sent or comes; 0: all at once */
    size_t stop;  /**< if not 0, the stream ends behind so many bytes of answers */
    size_t room_size;
    const char *prefix;
    uint32_t profile;
    tps_agent_challenge challenge;
    char requests[REQUESTS_MAX][REQUEST_SIZE];
    size_t request_count;
    size_t streams;
    size_t waits;
    size_t received;
    uint8_t *room;
} run;

static size_t piece_of(const run *r, size_t size)
{
    return r->cut == 0 || size < r->cut ? size : r->cut;
}

/** Sends a request to its end. */
static void send_request(run *r)
{
    char *request = r->requests[r->request_count++];
    size_t size = 0;
    tps_span out;

    while ((out = tps_agent_challenge_output(&r->challenge)).size > 0) {
        size_t part = piece_of(r, out.size);

        assert_true(size + part < REQUEST_SIZE);
        memcpy(request + size, out.data, part);
        size += part;
        tps_agent_challenge_sent(&r->challenge, part);
    }
    request[size] = '\0';
}

static void give_answer(run *r, const char *answer)
{
    size_t size = strlen(answer);

    for (size_t at = 0; at < size;) {
        size_t part = piece_of(r, size - at);
        tps_buf piece;

        if (r->stop != 0 && r->received + part > r->stop) {
            part = r->stop - r->received;
        }
        piece = exact_copy(tps_span_make(answer + at, part));
        tps_agent_challenge_take(&r->challenge, tps_span_make(piece.data, piece.size));
        free(piece.data);
        at += part;
        r->received += part;
        if (r->stop != 0 && r->received == r->stop) {
            tps_agent_challenge_ended(&r->challenge);
            return;
        }
    }
    if (size == 0) {
        tps_agent_challenge_ended(&r->challenge);
    }
}

static void step(run *r, const char *const **answers)
{
    switch (r->challenge.state) {
    case TPS_AGENT_CONNECT:
        r->streams++;
        assert_status(tps_agent_challenge_connected(&r->challenge, TPS_SPAN_LITERAL("verifier.example:8080"),
                                                    tps_span_of_text(r->prefix)),
                      TPS_OK);
        break;
    case TPS_AGENT_TALK:
        send_request(r);
        assert_non_null(**answers);
        give_answer(r, *(*answers)++);
        break;
    case TPS_AGENT_EVIDENCE:
        assert_span(tps_span_make(r->challenge.nonce, r->challenge.nonce_size), TPS_SPAN_OF(nonce));
        tps_agent_challenge_respond(&r->challenge, TPS_SPAN_LITERAL("evidence"));
        break;
    default:
        r->waits += r->challenge.wait;
        tps_agent_challenge_poll(&r->challenge);
        break;
    }
}

static void go(run *r)
{
    const char *const *answers = r->answers;

    r->room_size = r->room_size == 0 ? ROOM : r->room_size;
    r->prefix = r->prefix == NULL ? "/t/lights" : r->prefix;
    r->profile = r->profile == 0 ? TPS_EVIDENCE_PSA : r->profile;
    r->room = malloc(r->room_size);
    tps_agent_challenge_begin(&r->challenge, r->profile, (tps_buf){r->room, r->room_size});
    while (r->challenge.state != TPS_AGENT_ENDED) {
        step(r, &answers);
    }
}

static void end(run *r)
{
    free(r->room);
    r->room = NULL;
}

/* ---- answers ---- */

static char texts[8][4096];
static size_t text_count;

/** An answer with the length of its body. */
static const char *answer_of(const char *status_and_fields, const char *body)
{
    char *text = texts[text_count++ % 8];

    (void)snprintf(text, sizeof(texts[0]), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status_and_fields,
                   strlen(body), body);
    return text;
}

static const char *session(const char *location)
{
    char fields[512];

    (void)snprintf(fields, sizeof(fields), "201 Created\r\nLocation: %s", location);
    return answer_of(fields, "{\"status\":\"waiting\",\"nonce\":\"" NONCE_TEXT "\",\"accept\":[\"x\"]}");
}

/** A session's body with this payload as JWT. */
static const char *complete(const char *payload)
{
    static char body[4000];
    char jwt[2048];
    size_t size;

    size = (size_t)snprintf(jwt, sizeof(jwt), "e30.");
    size += tps_base64url_write(tps_span_of_text(payload), jwt + size);
    (void)snprintf(jwt + size, sizeof(jwt) - size, ".AAAA");
    (void)snprintf(body, sizeof(body), "{\"status\":\"complete\",\"result\":\"%s\"}", jwt);
    return answer_of("200 OK", body);
}

#define AFFIRMING "{\"submods\":{\"PSA_IOT\":{\"ear.status\":\"affirming\"}}}"

static void ends_with(run *r, tps_status status, const char *cause)
{
    go(r);
    assert_status(r->challenge.report.status, status);
    if (strstr(r->challenge.report.cause, cause) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", r->challenge.report.cause, cause);
    }
    if (status != TPS_OK) {
        assert_int_equal(r->challenge.report.tier, TPS_EAR_TIER_NONE);
        assert_int_equal(r->challenge.jwt.size, 0);
        assert_true(r->challenge.report.next_step[0] != '\0');
    }
    end(r);
}

/* ---- the good way ---- */

static void a_device_is_accepted(void **state)
{
    const char *const answers[] = {session("session/1a-B_2"), complete(AFFIRMING), NULL};
    run r = {.answers = answers};

    (void)state;
    go(&r);
    assert_status(r.challenge.report.status, TPS_OK);
    assert_int_equal(r.challenge.report.tier, TPS_EAR_TIER_AFFIRMING);
    assert_int_equal(r.challenge.report.code, 200);
    assert_string_equal(r.challenge.report.cause, "");
    assert_int_equal(r.streams, 1);
    assert_int_equal(r.request_count, 2);
    assert_string_equal(r.requests[0],
                        "POST /t/lights/challenge-response/v1/newSession?nonceSize=32 HTTP/1.1\r\n"
                        "Host: verifier.example:8080\r\nUser-Agent: tps-agent\r\n"
                        "Content-Length: 0\r\n\r\n");
    assert_string_equal(r.requests[1], "POST /t/lights/challenge-response/v1/session/1a-B_2 HTTP/1.1\r\n"
                                       "Host: verifier.example:8080\r\nUser-Agent: tps-agent\r\n"
                                       "Content-Type: application/eat+cwt; "
                                       "eat_profile=\"tag:psacertified.org,2023:psa#tfm\"\r\n"
                                       "Content-Length: 8\r\n\r\nevidence");
    assert_true(r.challenge.jwt.data == r.room);
    assert_memory_equal(r.challenge.jwt.data, "e30.", 4);
    end(&r);
}

static void the_profile_is_named_as_the_media_type(void **state)
{
    const char *const answers[] = {session("session/1"), complete(AFFIRMING), NULL};
    run r = {.answers = answers, .profile = TPS_EVIDENCE_OPENTPS, .prefix = ""};

    (void)state;
    ends_with(&r, TPS_OK, "");
    assert_non_null(strstr(r.requests[1], "POST /challenge-response/v1/session/1 HTTP/1.1\r\n"));
    assert_non_null(strstr(r.requests[1], "eat_profile=\"tag:opentps.org,2026:device\"\r\n"));
}

static void it_does_not_matter_how_bytes_are_cut(void **state)
{
    const char *const answers[] = {session("session/1"), complete(AFFIRMING), NULL};

    (void)state;
    for (size_t cut = 1; cut < 300; cut++) {
        run r = {.answers = answers, .cut = cut};

        ends_with(&r, TPS_OK, "");
        assert_int_equal(r.challenge.report.tier, TPS_EAR_TIER_AFFIRMING);
        assert_int_equal(r.streams, 1);
    }
}

static void a_stream_that_ends_amid_an_answer_ends_the_attestation(void **state)
{
    const char *const answers[] = {session("session/1"), complete(AFFIRMING), NULL};
    size_t first = strlen(answers[0]);
    size_t all = first + strlen(answers[1]);

    (void)state;
    for (size_t stop = 1; stop < all; stop++) {
        run r = {.answers = answers, .stop = stop};

        if (stop == first) {
            continue; /* between two requests: see below */
        }
        ends_with(&r, TPS_DEVICE_UNREACHABLE,
                  "verifier.example:8080: the connection ended before the answer");
        assert_int_equal(r.challenge.report.code, 0);
    }
}

static void a_server_that_closes_is_asked_over_another_stream(void **state)
{
    const char *const answers[] = {
        answer_of("201 Created\r\nConnection: close\r\nLocation: session/1",
                  "{\"nonce\":\"" NONCE_TEXT "\"}"),
        answer_of("202 Accepted\r\nConnection: close", "{\"status\":\"processing\"}"), complete(AFFIRMING),
        NULL};
    const char *const idle[] = {session("session/1"), complete(AFFIRMING), NULL};
    run r = {.answers = answers};
    run ended = {.answers = idle, .stop = strlen(idle[0])};

    (void)state;
    ends_with(&r, TPS_OK, "");
    assert_int_equal(r.streams, 3);
    ended.stop = strlen(idle[0]);
    go(&ended);
    assert_int_equal(ended.streams, 2);
    end(&ended);
}

static void a_server_that_needs_time_is_asked_again(void **state)
{
    const char *const answers[] = {session("session/1"),
                                   answer_of("202 Accepted", "{\"status\":\"processing\"}"),
                                   answer_of("200 OK\r\nRetry-After: 5", "{\"status\":\"waiting\"}"),
                                   answer_of("200 OK\r\nRetry-After: 3600", "{\"status\":\"processing\"}"),
                                   complete(AFFIRMING),
                                   NULL};
    run r = {.answers = answers};

    (void)state;
    ends_with(&r, TPS_OK, "");
    assert_int_equal(r.waits, 1 + 5 + 60);
    assert_string_equal(r.requests[2], "GET /t/lights/challenge-response/v1/session/1 HTTP/1.1\r\n"
                                       "Host: verifier.example:8080\r\nUser-Agent: tps-agent\r\n\r\n");
}

static void a_server_that_never_ends_is_left(void **state)
{
    const char *answers[TPS_AGENT_POLLS_MAX + 3] = {session("session/1")};
    run r = {.answers = answers};

    (void)state;
    for (size_t i = 1; i < TPS_AGENT_POLLS_MAX + 2; i++) {
        answers[i] = "HTTP/1.1 202 \r\nContent-Length: 23\r\n\r\n{\"status\":\"processing\"}";
    }
    ends_with(&r, TPS_DEVICE_UNREACHABLE, "no result");
    assert_int_equal(r.request_count, TPS_AGENT_POLLS_MAX + 2);
}

static void a_server_that_always_closes_is_left(void **state)
{
    const char *answers[TPS_AGENT_POLLS_MAX + 3] = {session("session/1")};
    run r = {.answers = answers};

    (void)state;
    for (size_t i = 1; i < TPS_AGENT_POLLS_MAX + 2; i++) {
        answers[i] = "HTTP/1.0 202 \r\nContent-Length: 23\r\n\r\n{\"status\":\"processing\"}";
    }
    ends_with(&r, TPS_DEVICE_UNREACHABLE, "ends every connection");
    assert_int_equal(r.streams, TPS_AGENT_CONNECTS_MAX + 1);
}

/* ---- room ---- */

static void an_answer_with_too_much_beside_the_result_is_asked_for_again(void **state)
{
    char body[1200];
    const char *const answers[] = {session("session/1"), answer_of("200 OK", body), complete(AFFIRMING),
                                   NULL};
    run r = {.room_size = 512};

    (void)state;
    memset(body, 'x', sizeof(body) - 1);
    body[sizeof(body) - 1] = '\0';
    r.answers = (const char *const[]){answers[0], answer_of("200 OK", body), answers[2], NULL};
    ends_with(&r, TPS_OK, "");
    assert_memory_equal(r.requests[2], "GET ", 4);
}

static void room_that_is_too_small_is_named_whatever_its_size(void **state)
{
    /* the JWT with two dots, header and signature, and behind it what it holds */
    size_t needed = TPS_BASE64URL_SIZE(strlen(AFFIRMING)) + 9 + strlen(AFFIRMING);

    (void)state;
    for (size_t size = 1; size < 256; size++) {
        const char *const answers[] = {session("session/1"), complete(AFFIRMING), complete(AFFIRMING), NULL};
        run r = {.answers = answers, .room_size = size};

        go(&r);
        if (r.challenge.report.status != TPS_OK) {
            assert_status(r.challenge.report.status, TPS_BUFFER_TOO_SMALL);
            assert_non_null(strstr(r.challenge.report.cause, "larger than this device has room for"));
            assert_int_equal(r.challenge.jwt.size, 0);
        }
        assert_int_equal(r.challenge.report.status == TPS_OK, size >= needed);
        end(&r);
    }
}

/* ---- sessions ---- */

static void a_session_as_path_or_url_is_taken(void **state)
{
    static const char *const places[] = {
        "session/1", "/t/lights/challenge-response/v1/session/1",
        "http://verifier.example:8080/t/lights/challenge-response/v1/session/1",
        "https://verifier.example:8080/t/lights/challenge-response/v1/session/1"};

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *const answers[] = {session(places[i]), complete(AFFIRMING), NULL};
        run r = {.answers = answers};

        ends_with(&r, TPS_OK, "");
        assert_non_null(strstr(r.requests[1], "POST /t/lights/challenge-response/v1/session/1 HTTP/1.1\r\n"));
    }
}

static void a_session_elsewhere_is_refused(void **state)
{
    static const char *const places[] = {
        "",
        "session",
        "session/",
        "session/../admin",
        "session/1/2",
        "session/1?x",
        "session/%31",
        "session/1.2",
        "/session/1",
        "//evil/session/1",
        "session//1",
        "/admin",
        "Session/1",
        "./session/1",
        "/challenge-response/v1/session/1",
        "/t/other/challenge-response/v1/session/1",
        "http://evil/t/lights/challenge-response/v1/session/1",
        "http://verifier.example:80801/t/lights/challenge-response/v1/session/1",
        "http://verifier.example:8080",
        "http://verifier.example:8080session/1",
        "http://x@verifier.example:8080/t/lights/challenge-response/v1/session/1",
        "ftp://verifier.example:8080/t/lights/challenge-response/v1/session/1",
        "http://",
        "/t/lights/challenge-response/v1/"};
    char name[TPS_AGENT_SESSION_MAX + 16] = "session/";

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *const answers[] = {session(places[i]), NULL};
        run r = {.answers = answers};

        ends_with(&r, TPS_DEVICE_BAD_ANSWER, "its session lies where it may not");
        assert_int_equal(r.request_count, 1);
    }
    memset(name + 8, 'x', TPS_AGENT_SESSION_MAX + 1);
    {
        const char *const longer[] = {session(name), NULL};
        run r = {.answers = longer};
        ends_with(&r, TPS_DEVICE_BAD_ANSWER, "its session lies where it may not");
    }
    name[8 + TPS_AGENT_SESSION_MAX] = '\0';
    {
        const char *const longest[] = {session(name), complete(AFFIRMING), NULL};
        run r = {.answers = longest};
        ends_with(&r, TPS_OK, "");
    }
}

static void a_session_without_a_nonce_is_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "{",
        "[]",
        "7",
        "\xff",
        "{\"nonce\":1}",
        "{\"nonce\":\"\"}",
        "{\"nonce\":\"AAAA\"}",
        "{\"nonce\":\"!!!!!!!!!!!!\"}",
        "{\"nonce\":\"" NONCE_TEXT "\"} x",
        "{\"nonce\":\"" NONCE_TEXT "\",\"nonce\":\"" NONCE_TEXT "\"}",
        "{\"nonce\":{\"nonce\":\"" NONCE_TEXT "\"}}",
        "{\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "{\"a\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]],\"nonce\":\"" NONCE_TEXT "\"}"};

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const char *const answers[] = {answer_of("201 Created\r\nLocation: session/1", bodies[i]), NULL};
        run r = {.answers = answers};

        ends_with(&r, TPS_DEVICE_BAD_ANSWER, "its session has no nonce");
    }
}

static void a_nonce_in_plain_base64_with_escapes_is_taken(void **state)
{
    const char *const answers[] = {
        answer_of("201 Created\r\nLocation: session/1", "{\"nonce\":\"AAECAwQFBgcICQoLDA0OD\\u0077==\"}"),
        complete(AFFIRMING), NULL};
    run r = {.answers = answers};

    (void)state;
    ends_with(&r, TPS_OK, "");
}

/* ---- refusals ---- */

static void what_the_server_says_is_passed_on(void **state)
{
    const char *const first[] = {answer_of("404 Not Found",
                                           "{\"title\":\"Not Found\",\"status\":404,\"detail\":\"no such "
                                           "tenant\",\"next_step\":\"ask the operator\"}"),
                                 NULL};
    const char *const second[] = {
        session("session/1"),
        answer_of("409 Conflict",
                  "{\"title\":\"Conf\\u006cict\\u001b[31m\",\"detail\":7,\"x\":{\"detail\":\"y\"}}"),
        NULL};
    run r = {.answers = first};
    run later = {.answers = second};

    (void)state;
    ends_with(&r, TPS_DEVICE_SERVER_REFUSED, "verifier.example:8080 answers 404: no such tenant");
    assert_string_equal(r.challenge.report.next_step, "ask the operator");
    assert_int_equal(r.challenge.report.code, 404);
    ends_with(&later, TPS_DEVICE_SERVER_REFUSED, "verifier.example:8080 answers 409: Conflict?[31m");
    assert_string_equal(later.challenge.report.next_step, "check the address and the provider's name");
}

static void a_refusal_without_words_is_one_all_the_same(void **state)
{
    static const char *const bodies[] = {
        "", "{", "[]", "no", "{\"detail\":\"\"}", "{\"detail\":\"x\",\"detail\":\"y\"}"};

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const char *const answers[] = {answer_of("503 Busy", bodies[i]), NULL};
        run r = {.answers = answers};

        ends_with(&r, TPS_DEVICE_SERVER_REFUSED, "verifier.example:8080 answers 503");
        assert_int_equal(strlen(r.challenge.report.cause), strlen("verifier.example:8080 answers 503"));
    }
}

static void redirections_and_other_codes_are_refusals(void **state)
{
    static const char *const codes[] = {
        "200 OK", "202 Accepted", "204 No Content", "301 Moved\r\nLocation: session/1",
        "307 x",  "401 x",        "500 x"};

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        const char *const answers[] = {answer_of(codes[i], ""), NULL};
        run r = {.answers = answers};

        ends_with(&r, TPS_DEVICE_SERVER_REFUSED, " answers ");
    }
    for (size_t i = 2; i < sizeof(codes) / sizeof(codes[0]); i++) {
        const char *const answers[] = {session("session/1"), answer_of(codes[i], ""), NULL};
        run r = {.answers = answers};

        ends_with(&r, TPS_DEVICE_SERVER_REFUSED, " answers ");
    }
}

static void a_refusal_that_does_not_fit_is_told_by_its_number(void **state)
{
    char body[600] = "{\"detail\":\"";
    run r = {.room_size = 512};

    (void)state;
    memset(body + 11, 'x', 586);
    memcpy(body + 597, "\"}", 3);
    r.answers = (const char *const[]){answer_of("400 Bad Request", body), NULL};
    ends_with(&r, TPS_DEVICE_SERVER_REFUSED, "answers 400");
}

static void a_long_reason_is_cut_between_characters(void **state)
{
    char body[700] = "{\"detail\":\"";
    run r = {.answers = NULL};
    const char *cause = r.challenge.report.cause;

    (void)state;
    for (size_t i = 0; i < 300; i++) {
        memcpy(body + 11 + 2 * i, "\xc3\xa4", 2);
    }
    memcpy(body + 611, "\"}", 3);
    r.answers = (const char *const[]){answer_of("400 Bad Request", body), NULL};
    ends_with(&r, TPS_DEVICE_SERVER_REFUSED, "answers 400: ");
    assert_int_equal((uint8_t)cause[strlen(cause) - 1], 0xa4);
    assert_in_range(strlen(cause), sizeof(r.challenge.report.cause) - 2,
                    sizeof(r.challenge.report.cause) - 1);
}

static void answers_that_are_no_http_are_refused(void **state)
{
    static const char *const texts_of[] = {
        "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 201 Created\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 201 Created\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 201 Created\r\n\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts_of) / sizeof(texts_of[0]); i++) {
        const char *const answers[] = {texts_of[i], NULL};
        run r = {.answers = answers};

        ends_with(&r, TPS_DEVICE_BAD_ANSWER, "verifier.example:8080: ");
    }
    {
        const char *const answers[] = {"HTTP/1.1 201 Created\r\nContent-Length: 65537\r\n\r\n", NULL};
        run r = {.answers = answers};
        ends_with(&r, TPS_TOO_LARGE, "larger than is read here");
    }
}

/* ---- results ---- */

static void a_bad_result_is_a_result(void **state)
{
    const char *const answers[] = {
        session("session/1"),
        complete(
            "{\"submods\":{\"A\":{\"ear.status\":\"warning\",\"opentps.findings\":[{\"cause\":\"unknown\","
            "\"next-step\":\"update\"}]}},\"eat_nonce\":\"" NONCE_TEXT "\"}"),
        NULL};
    run r = {.answers = answers};

    (void)state;
    ends_with(&r, TPS_OK, "unknown");
    assert_int_equal(r.challenge.report.tier, TPS_EAR_TIER_WARNING);
    assert_string_equal(r.challenge.report.next_step, "update");
    assert_true(r.challenge.jwt.size > 0);
}

static void what_is_no_result_is_refused(void **state)
{
    static const char *const bodies[] = {"{\"result\":\"\"}", "{\"status\":\"complete\"}", "{}", "",
                                         "{\"result\":7}",    "{\"status\":\"failed\"}",   "[]"};
    const char *const other[] = {
        session("session/1"),
        complete("{\"submods\":{\"A\":{\"ear.status\":\"none\"}},\"eat_nonce\":\"AAAA\"}"), NULL};
    const char *const none[] = {session("session/1"), complete("{}"), NULL};
    run of_other = {.answers = other};
    run of_none = {.answers = none};

    (void)state;
    ends_with(&of_other, TPS_DEVICE_BAD_ANSWER, "its result is for other evidence");
    ends_with(&of_none, TPS_DEVICE_BAD_ANSWER, "its result is none that is understood");
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const char *const answers[] = {session("session/1"), answer_of("200 OK", bodies[i]), NULL};
        run r = {.answers = answers};

        ends_with(&r, TPS_DEVICE_BAD_ANSWER, "its session ended without a result");
    }
}

/* ---- streams and misuse ---- */

static void connect_one(tps_agent_challenge *c)
{
    assert_status(tps_agent_challenge_connected(c, TPS_SPAN_LITERAL("h"), TPS_SPAN_EMPTY), TPS_OK);
}

static void names_that_could_forge_a_request_are_refused(void **state)
{
    static const char *const hosts[] = {"", "a b", "a\r\nX: y", "a/b", "a@b", "a\x01", "a?b", "\xc3\xa4"};
    static const char *const prefixes[] = {"x",    "/",     "/a/", "/a b", "/a\r\n",
                                           "/a?b", "/a%41", "/a#", "/\xff"};
    static char longer[300];
    uint8_t room[ROOM];
    tps_agent_challenge c;

    (void)state;
    memset(longer, 'a', sizeof(longer));
    longer[0] = '/';
    tps_agent_challenge_begin(&c, TPS_EVIDENCE_PSA, TPS_BUF_OF(room));
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        assert_status(tps_agent_challenge_connected(&c, tps_span_of_text(hosts[i]), TPS_SPAN_EMPTY),
                      TPS_BAD_ARGUMENT);
    }
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        assert_status(tps_agent_challenge_connected(&c, TPS_SPAN_LITERAL("h"), tps_span_of_text(prefixes[i])),
                      TPS_BAD_ARGUMENT);
    }
    assert_status(
        tps_agent_challenge_connected(&c, tps_span_make(longer + 1, TPS_AGENT_HOST_MAX + 1), TPS_SPAN_EMPTY),
        TPS_BAD_ARGUMENT);
    assert_status(tps_agent_challenge_connected(&c, TPS_SPAN_LITERAL("h"),
                                                tps_span_make(longer, TPS_AGENT_PREFIX_MAX + 1)),
                  TPS_BAD_ARGUMENT);
    assert_int_equal(c.state, TPS_AGENT_CONNECT);
    assert_status(tps_agent_challenge_connected(&c, tps_span_make(longer + 1, TPS_AGENT_HOST_MAX),
                                                tps_span_make(longer, TPS_AGENT_PREFIX_MAX)),
                  TPS_OK);
    assert_status(tps_agent_challenge_connected(&c, TPS_SPAN_LITERAL("h"), TPS_SPAN_EMPTY), TPS_BAD_ARGUMENT);
}

static void what_was_not_asked_for_gives_the_stream_up(void **state)
{
    const char *const answers[] = {session("session/1")};
    uint8_t room[ROOM];
    tps_agent_challenge c;

    (void)state;
    tps_agent_challenge_begin(&c, TPS_EVIDENCE_PSA, TPS_BUF_OF(room));
    tps_agent_challenge_take(&c, TPS_SPAN_LITERAL("x")); /* of an old stream: nobody looks at it */
    assert_int_equal(c.state, TPS_AGENT_CONNECT);
    connect_one(&c);
    tps_agent_challenge_take(&c, TPS_SPAN_LITERAL("HTTP/1.1 408 \r\n")); /* before anything was asked */
    assert_int_equal(c.state, TPS_AGENT_CONNECT);
    connect_one(&c);
    tps_agent_challenge_sent(&c, 100000);
    tps_agent_challenge_take(&c, TPS_SPAN_EMPTY);
    tps_agent_challenge_take(&c, tps_span_of_text(answers[0]));
    assert_int_equal(c.state, TPS_AGENT_EVIDENCE);
    tps_agent_challenge_take(&c, TPS_SPAN_LITERAL("HTTP/1.1 408 \r\n"));
    assert_int_equal(c.state, TPS_AGENT_EVIDENCE);
    tps_agent_challenge_respond(&c, TPS_SPAN_LITERAL("e"));
    assert_int_equal(c.state, TPS_AGENT_CONNECT);
    assert_int_equal(tps_agent_challenge_output(&c).size, 0);
}

static void more_than_the_answer_or_an_early_one_needs_another_stream(void **state)
{
    static const char more[] = "HTTP/1.1 200 OK\r\n";
    char text[1024];
    uint8_t room[ROOM];
    tps_agent_challenge c;

    (void)state;
    (void)snprintf(text, sizeof(text), "%s%s", session("session/1"), more);
    tps_agent_challenge_begin(&c, TPS_EVIDENCE_PSA, TPS_BUF_OF(room));
    connect_one(&c);
    tps_agent_challenge_sent(&c, 100000);
    tps_agent_challenge_take(&c, tps_span_of_text(text));
    tps_agent_challenge_respond(&c, TPS_SPAN_LITERAL("e"));
    assert_int_equal(c.state, TPS_AGENT_CONNECT);

    tps_agent_challenge_begin(&c, TPS_EVIDENCE_PSA, TPS_BUF_OF(room));
    connect_one(&c);
    tps_agent_challenge_sent(&c, 1);
    tps_agent_challenge_take(&c, tps_span_of_text(session("session/1")));
    assert_int_equal(c.state, TPS_AGENT_EVIDENCE);
    tps_agent_challenge_respond(&c, TPS_SPAN_LITERAL("e"));
    assert_int_equal(c.state, TPS_AGENT_CONNECT);
}

static void no_stream_and_no_evidence_end_it(void **state)
{
    uint8_t room[ROOM];
    tps_agent_challenge c;

    (void)state;
    tps_agent_challenge_begin(&c, TPS_EVIDENCE_PSA, TPS_BUF_OF(room));
    tps_agent_challenge_ended(&c);
    assert_status(c.report.status, TPS_DEVICE_UNREACHABLE);
    assert_string_equal(c.report.cause, "no connection can be made");
    tps_agent_challenge_ended(&c);
    assert_status(c.report.status, TPS_DEVICE_UNREACHABLE);

    tps_agent_challenge_begin(&c, TPS_EVIDENCE_PSA, TPS_BUF_OF(room));
    connect_one(&c);
    tps_agent_challenge_sent(&c, 100000);
    tps_agent_challenge_take(&c, tps_span_of_text(session("session/1")));
    tps_agent_challenge_respond(&c, TPS_SPAN_EMPTY);
    assert_int_equal(c.state, TPS_AGENT_ENDED);
    assert_status(c.report.status, TPS_COMPONENT_NO_IDENTITY);
}

static void calls_out_of_turn_change_nothing(void **state)
{
    uint8_t room[ROOM];
    tps_agent_challenge c;

    (void)state;
    tps_agent_challenge_begin(&c, TPS_EVIDENCE_PSA, TPS_BUF_OF(room));
    tps_agent_challenge_respond(&c, TPS_SPAN_LITERAL("e"));
    tps_agent_challenge_poll(&c);
    tps_agent_challenge_sent(&c, 7);
    assert_int_equal(c.state, TPS_AGENT_CONNECT);
    connect_one(&c);
    tps_agent_challenge_poll(&c);
    tps_agent_challenge_respond(&c, TPS_SPAN_LITERAL("e"));
    assert_int_equal(c.state, TPS_AGENT_TALK);
    tps_agent_challenge_ended(&c);
    assert_int_equal(c.state, TPS_AGENT_CONNECT);
    tps_agent_challenge_ended(&c);
    tps_agent_challenge_take(&c, TPS_SPAN_LITERAL("x"));
    tps_agent_challenge_sent(&c, 7);
    assert_int_equal(c.state, TPS_AGENT_ENDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_is_accepted),
        cmocka_unit_test(the_profile_is_named_as_the_media_type),
        cmocka_unit_test(it_does_not_matter_how_bytes_are_cut),
        cmocka_unit_test(a_stream_that_ends_amid_an_answer_ends_the_attestation),
        cmocka_unit_test(a_server_that_closes_is_asked_over_another_stream),
        cmocka_unit_test(a_server_that_needs_time_is_asked_again),
        cmocka_unit_test(a_server_that_never_ends_is_left),
        cmocka_unit_test(a_server_that_always_closes_is_left),
        cmocka_unit_test(an_answer_with_too_much_beside_the_result_is_asked_for_again),
        cmocka_unit_test(room_that_is_too_small_is_named_whatever_its_size),
        cmocka_unit_test(a_session_as_path_or_url_is_taken),
        cmocka_unit_test(a_session_elsewhere_is_refused),
        cmocka_unit_test(a_session_without_a_nonce_is_refused),
        cmocka_unit_test(a_nonce_in_plain_base64_with_escapes_is_taken),
        cmocka_unit_test(what_the_server_says_is_passed_on),
        cmocka_unit_test(a_refusal_without_words_is_one_all_the_same),
        cmocka_unit_test(redirections_and_other_codes_are_refusals),
        cmocka_unit_test(a_refusal_that_does_not_fit_is_told_by_its_number),
        cmocka_unit_test(a_long_reason_is_cut_between_characters),
        cmocka_unit_test(answers_that_are_no_http_are_refused),
        cmocka_unit_test(a_bad_result_is_a_result),
        cmocka_unit_test(what_is_no_result_is_refused),
        cmocka_unit_test(names_that_could_forge_a_request_are_refused),
        cmocka_unit_test(what_was_not_asked_for_gives_the_stream_up),
        cmocka_unit_test(more_than_the_answer_or_an_early_one_needs_another_stream),
        cmocka_unit_test(no_stream_and_no_evidence_end_it),
        cmocka_unit_test(calls_out_of_turn_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
