/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's reader of HTTP answers: what it reads, what it refuses, and that splits never matter. */
#include "support/check.h"

#include "agent/http_message.h"

enum { ROOM = 64 };

/** An answer of a server's; `text` in full. */
static const struct {
    const char *text;
    uint32_t code;
    const char *body;
    const char *location;
    uint32_t wait;
    bool is_kept_open;
} good[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", "", 0, true},
    {"HTTP/1.1 201 Created\r\nLocation: session/1\r\ncontent-LENGTH:2\r\n\r\n{}", 201, "{}", "session/1", 0,
     true},
    {"HTTP/1.0 200 \r\nContent-Length: 0\r\n\r\n", 200, "", "", 0, false},
    {"HTTP/1.1 204 No Content\r\n\r\n", 204, "", "", 0, true},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n", 304, "", "", 0, true},
    {"HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\nContent-Length: 1\r\n\r\nx", 200, "x", "", 0,
     false},
    {"HTTP/1.1 200 OK\r\nConnection: upgrade\r\nConnection: \tclose\t\r\nContent-Length: 1\r\n\r\nx", 200,
     "x", "", 0, false},
    {"HTTP/1.1 200 OK\r\nConnection: closed\r\nContent-Length: 1\r\n\r\nx", 200, "x", "", 0, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=\"b\"\r\n world\r\n0\r\n\r\n",
     200, "hello world", "", 0, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n\r\n00000A \t; x\r\n0123456789\r\n0;last\r\n"
     "Trailer: dropped\r\nContent-Length: 7\r\n\r\n",
     200, "0123456789", "", 0, false},
    {"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", 503, "", "", 7, true},
    {"HTTP/1.1 503 Busy\r\nRetry-After: 9999999\r\nContent-Length: 0\r\n\r\n", 503, "", "", 3600, true},
    {"HTTP/1.1 503 Busy\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\nContent-Length: 0\r\n\r\n", 503, "",
     "", 0, true},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLocation: other\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1",
     200, "1", "", 0, true},
    {"HTTP/1.1 200 \xc3\xa4\r\nX:\r\nContent-Encoding: identity\r\nContent-Length: 2\r\n\r\n\r\n", 200,
     "\r\n", "", 0, true},
};

/** Reads an answer of which `cut` bytes come at first, and then `slice` at a time. */
static size_t read_sliced(const char *text, size_t size, size_t cut, size_t slice, tps_buf room,
                          tps_agent_answer *answer)
{
    size_t used = 0;

    tps_agent_answer_begin(answer, room);
    for (size_t at = 0, step = cut; at < size; at += step, step = slice) {
        tps_buf piece = exact_copy(tps_span_make(text + at, step < size - at ? step : size - at));

        used += tps_agent_answer_take(answer, tps_span_make(piece.data, piece.size));
        free(piece.data);
    }
    return used;
}

static void assert_good(size_t i, const tps_agent_answer *answer, const uint8_t *room)
{
    assert_status(answer->status, TPS_OK);
    assert_true(answer->is_complete);
    assert_null(answer->fault);
    assert_int_equal(answer->code, good[i].code);
    assert_int_equal(answer->wait, good[i].wait);
    assert_int_equal(answer->is_kept_open, good[i].is_kept_open);
    assert_span_text(tps_span_make(room, answer->body_size), good[i].body);
    assert_span_text(tps_span_make(answer->location, answer->location_size), good[i].location);
}

static void answers_are_read_however_they_are_cut(void **state)
{
    uint8_t room[ROOM];
    tps_agent_answer answer;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        size_t size = strlen(good[i].text);

        for (size_t cut = 1; cut <= size; cut++) {
            assert_int_equal(read_sliced(good[i].text, size, cut, size, TPS_BUF_OF(room), &answer), size);
            assert_good(i, &answer, room);
        }
        for (size_t slice = 1; slice < 9; slice++) {
            assert_int_equal(read_sliced(good[i].text, size, slice, slice, TPS_BUF_OF(room), &answer), size);
            assert_good(i, &answer, room);
        }
    }
}

static void an_answer_that_is_cut_off_is_never_complete(void **state)
{
    uint8_t room[ROOM];
    tps_agent_answer answer;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        for (size_t size = 0; size < strlen(good[i].text); size++) {
            assert_int_equal(read_sliced(good[i].text, size, size, 1, TPS_BUF_OF(room), &answer), size);
            assert_status(answer.status, TPS_OK);
            assert_false(answer.is_complete);
        }
    }
}

static void what_follows_an_answer_is_left(void **state)
{
    static const char two[] = "HTTP/1.1 204 \r\n\r\nHTTP/1.1 200 OK\r\n";
    uint8_t room[ROOM];
    tps_agent_answer answer;

    (void)state;
    for (size_t slice = 1; slice < sizeof(two); slice++) {
        assert_int_equal(read_sliced(two, sizeof(two) - 1, slice, slice, TPS_BUF_OF(room), &answer), 17);
        assert_true(answer.is_complete);
    }
}

static void a_body_that_does_not_fit_is_counted(void **state)
{
    static const char *const texts[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n012\r\n7\r\n3456789\r\n0\r\n\r\n"};
    tps_agent_answer answer;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (size_t room_size = 0; room_size < 12; room_size++) {
            tps_buf room = {malloc(room_size + 1), room_size};

            memset(room.data, '?', room_size + 1);
            (void)read_sliced(texts[i], strlen(texts[i]), 4, 4, room, &answer);
            assert_true(answer.is_complete);
            assert_int_equal(answer.body_size, 10);
            assert_memory_equal(room.data, "0123456789", room_size < 10 ? room_size : 10);
            assert_int_equal(room.data[room_size < 10 ? room_size : 10], '?');
            free(room.data);
        }
    }
}

/* ---- what is refused ---- */

/** The same whether the bytes come at once or one by one; once refused, nothing more is taken. */
static void refused_with(const char *text, size_t size, tps_status status)
{
    uint8_t room[ROOM];
    tps_agent_answer answer;
    tps_agent_answer slow;
    size_t used = read_sliced(text, size, size, 1, TPS_BUF_OF(room), &answer);

    assert_int_equal(read_sliced(text, size, 1, 1, TPS_BUF_OF(room), &slow), used);
    assert_status(answer.status, status);
    assert_status(slow.status, status);
    assert_false(answer.is_complete || slow.is_complete);
    assert_string_equal(answer.fault, slow.fault);
    assert_int_equal(tps_agent_answer_take(&answer, TPS_SPAN_LITERAL("HTTP/1.1 200 OK\r\n")), 0);
}

static void refused(const char *text)
{
    refused_with(text, strlen(text), TPS_DEVICE_BAD_ANSWER);
}

static void what_is_no_answer_is_refused(void **state)
{
    static const char *const lines[] = {"HTTP/2 200 OK",
                                        "HTTP/1.x 200 OK",
                                        "HTTP/1.1  200 OK",
                                        "HTTP/1.1 200",
                                        "HTTP/1.1 2000 OK",
                                        "HTTP/1.1 20 OK ",
                                        "HTTP/1.1 -20 OK",
                                        "HTTP/1.1 099 OK",
                                        "HTTP/1.1 600 OK",
                                        "HTTP/1.1 101 Switching Protocols",
                                        "http/1.1 200 OK",
                                        "ICY 200 OK and more",
                                        "",
                                        " HTTP/1.1 200 OK",
                                        "HTTP/1.1\t200 OK"};
    char text[128];

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        (void)snprintf(text, sizeof(text), "%s\r\nContent-Length: 0\r\n\r\n", lines[i]);
        refused(text);
    }
}

static void a_head_that_two_could_read_differently_is_refused(void **state)
{
    static const char *const fields[] = {"Content-Length: 1\r\nContent-Length: 1",
                                         "Content-Length: 1\r\nContent-Length: 2",
                                         "Content-Length: 1, 1",
                                         "Content-Length: +1",
                                         "Content-Length: -1",
                                         "Content-Length: 0x1",
                                         "Content-Length:",
                                         "Content-Length: 1 2",
                                         "Content-Length: 00000000001",
                                         "Content-Length : 1",
                                         " Content-Length: 1",
                                         "Content-Length: 1\r\n 2",
                                         "Content-Length: 1\nX: y",
                                         "Content-Length: 1\rX: y",
                                         "Content-Length: 1\r\n: x",
                                         "no colon",
                                         "Content-Length: 1\r\nTransfer-Encoding: chunked",
                                         "Transfer-Encoding: chunked\r\nContent-Length: 1",
                                         "Transfer-Encoding: gzip, chunked",
                                         "Transfer-Encoding: chunked, chunked",
                                         "Transfer-Encoding: identity",
                                         "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                                         "Transfer-Encoding:",
                                         "Content-Encoding: gzip\r\nContent-Length: 1",
                                         "Content-Length: 1\r\nLocation: a\r\nLocation: b",
                                         "Content-Length: 1\r\nLocation: a b",
                                         "Content-Length: 1\r\nLocation: \xc3\xa4",
                                         "X\x01: y",
                                         "X: a\x7f",
                                         "X: \x1b[1m",
                                         "X: y",
                                         ""};
    char text[192];

    (void)state;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        (void)snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n%s%s\r\n1", fields[i],
                       fields[i][0] != '\0' ? "\r\n" : "");
        refused(text);
    }
    refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    refused_with("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", 27, TPS_DEVICE_BAD_ANSWER);
}

static void bodies_where_none_can_be_are_refused(void **state)
{
    (void)state;
    refused("HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\nx");
    refused("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n");
    refused("HTTP/1.1 304 Not Modified\r\nContent-Length: 1\r\n\r\nx");
    refused("HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n");
    refused("HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n");
}

static void malformed_chunks_are_refused(void **state)
{
    static const char *const chunks[] = {"\r\n",
                                         ";x\r\n",
                                         "x\r\n",
                                         "-1\r\n",
                                         "+1\r\n",
                                         " 1\r\n",
                                         "0x1\r\n",
                                         "1 1\r\n",
                                         "1,\r\n",
                                         "1 \r\nx\r\n",
                                         "000000001\r\n",
                                         "1\nx",
                                         "1\r\nxy\r\n",
                                         "1\r\nx\n",
                                         "1\r\nx\rx",
                                         "1;\x01\r\n",
                                         "0\r\nno colon\r\n",
                                         "0\r\n folded: x\r\n",
                                         "0\r\nX: \x02\r\n",
                                         "0\r\n\n"};
    char text[128];

    (void)state;
    for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        (void)snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s",
                       chunks[i]);
        refused(text);
    }
}

/** A head with `count` bytes of `filler` in the middle. */
static char *with_filler(const char *before, size_t count, const char *filler, const char *after)
{
    size_t one = strlen(filler);
    char *text = malloc(strlen(before) + count * one + strlen(after) + 1);
    char *at = text + strlen(before);

    strcpy(text, before);
    for (size_t i = 0; i < count; i++, at += one) {
        memcpy(at, filler, one);
    }
    strcpy(at, after);
    return text;
}

static tps_status status_of(char *text, tps_agent_answer *answer)
{
    uint8_t room[ROOM];

    (void)read_sliced(text, strlen(text), 100, 100, TPS_BUF_OF(room), answer);
    free(text);
    return answer->status;
}

static void long_lines_that_mean_nothing_here_are_passed_over(void **state)
{
    tps_agent_answer answer;

    (void)state;
    assert_status(
        status_of(with_filler("HTTP/1.1 200 OK\r\nSet-Cookie: ", 7000, "x", "\r\nContent-Length: 1\r\n\r\n1"),
                  &answer),
        TPS_OK);
    assert_true(answer.is_complete);
    assert_status(
        status_of(with_filler("HTTP/1.1 200 ", 7000, "x", "\r\nContent-Length: 1\r\n\r\n1"), &answer),
        TPS_OK);
    assert_true(answer.is_complete);
}

static void everything_is_bounded(void **state)
{
    static const char end[] = "\r\nContent-Length: 1\r\n\r\n1";
    tps_agent_answer answer;

    (void)state;
    assert_status(status_of(with_filler("HTTP/1.1 200 OK\r\nX: ", TPS_AGENT_HEAD_MAX, "x", end), &answer),
                  TPS_DEVICE_BAD_ANSWER);
    assert_status(status_of(with_filler("HTTP/1.1 200 ", TPS_AGENT_HEAD_MAX, "x", end), &answer),
                  TPS_DEVICE_BAD_ANSWER);
    assert_status(status_of(with_filler("HTTP/1.1 200 OK\r\n", 300, "x", ": y\r\n\r\n"), &answer),
                  TPS_DEVICE_BAD_ANSWER);
    assert_status(
        status_of(with_filler("HTTP/1.1 200 OK\r\nLocation: ", TPS_AGENT_LOCATION_MAX, "x", end), &answer),
        TPS_OK);
    assert_status(
        status_of(with_filler("HTTP/1.1 200 OK\r\nLocation: ", TPS_AGENT_LOCATION_MAX + 1, "x", end),
                  &answer),
        TPS_DEVICE_BAD_ANSWER);
    assert_status(status_of(with_filler("HTTP/1.1 200 OK\r\nConnection: ", 300, "x", end), &answer),
                  TPS_DEVICE_BAD_ANSWER);
    assert_status(
        status_of(with_filler("HTTP/1.1 200 OK\r\nContent-Length: 1", 300, " ", "2\r\n\r\n1"), &answer),
        TPS_DEVICE_BAD_ANSWER);
    assert_status(
        status_of(with_filler("HTTP/1.1 200 OK", TPS_AGENT_FIELDS_MAX - 1, "\r\nX: y", end), &answer),
        TPS_OK);
    assert_status(status_of(with_filler("HTTP/1.1 200 OK", TPS_AGENT_FIELDS_MAX, "\r\nX: y", end), &answer),
                  TPS_DEVICE_BAD_ANSWER);
    assert_status(
        status_of(with_filler("", TPS_AGENT_INTERIM_MAX, "HTTP/1.1 100 \r\n\r\n", "HTTP/1.1 204 \r\n\r\n"),
                  &answer),
        TPS_OK);
    assert_true(answer.is_complete);
    assert_status(status_of(with_filler("", TPS_AGENT_INTERIM_MAX + 1, "HTTP/1.1 100 \r\n\r\n", ""), &answer),
                  TPS_DEVICE_BAD_ANSWER);
}

static void chunked_bodies_are_bounded(void **state)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    tps_agent_answer answer;

    (void)state;
    assert_status(status_of(with_filler(head, TPS_AGENT_BODY_MAX, "1\r\nx\r\n", "0\r\n\r\n"), &answer),
                  TPS_OK);
    assert_true(answer.is_complete);
    assert_int_equal(answer.body_size, TPS_AGENT_BODY_MAX);
    assert_status(status_of(with_filler(head, TPS_AGENT_BODY_MAX, "1\r\nx\r\n", "1\r\n"), &answer),
                  TPS_TOO_LARGE);
    assert_status(status_of(with_filler(head, 1, "10001\r\n", ""), &answer), TPS_TOO_LARGE);
    assert_status(status_of(with_filler(head, 1, "ffffffff\r\n", ""), &answer), TPS_TOO_LARGE);
    assert_status(
        status_of(with_filler("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", 300, "x", "\r\n"),
                  &answer),
        TPS_DEVICE_BAD_ANSWER);
    assert_status(status_of(with_filler("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                                        TPS_AGENT_FIELDS_MAX + 1, "X: y\r\n", ""),
                            &answer),
                  TPS_DEVICE_BAD_ANSWER);
    assert_status(status_of(with_filler("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
                                        TPS_AGENT_HEAD_MAX, "x", ""),
                            &answer),
                  TPS_DEVICE_BAD_ANSWER);
}

static void a_length_beyond_the_bound_is_refused_before_the_body_comes(void **state)
{
    tps_agent_answer answer;

    (void)state;
    assert_status(
        status_of(with_filler("HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n", 0, "", ""), &answer),
        TPS_OK);
    assert_status(
        status_of(with_filler("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", 0, "", ""), &answer),
        TPS_TOO_LARGE);
    assert_status(
        status_of(with_filler("HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n", 0, "", ""), &answer),
        TPS_TOO_LARGE);
    assert_status(
        status_of(with_filler("HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n", 0, "", ""), &answer),
        TPS_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_read_however_they_are_cut),
        cmocka_unit_test(an_answer_that_is_cut_off_is_never_complete),
        cmocka_unit_test(what_follows_an_answer_is_left),
        cmocka_unit_test(a_body_that_does_not_fit_is_counted),
        cmocka_unit_test(what_is_no_answer_is_refused),
        cmocka_unit_test(a_head_that_two_could_read_differently_is_refused),
        cmocka_unit_test(bodies_where_none_can_be_are_refused),
        cmocka_unit_test(malformed_chunks_are_refused),
        cmocka_unit_test(long_lines_that_mean_nothing_here_are_passed_over),
        cmocka_unit_test(everything_is_bounded),
        cmocka_unit_test(chunked_bodies_are_bounded),
        cmocka_unit_test(a_length_beyond_the_bound_is_refused_before_the_body_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
