/* SPDX-License-Identifier: Apache-2.0 */
/* The log: what a line looks like, what never comes into one, and that nobody waits for it. */
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/operation/log_internal.h"

static const char *record_text(tps_log_format format, const char *message, const tps_log_member *members,
                               size_t count)
{
    static char line[TPS_LOG_LINE_MAX + 1];
    tps_log_record record = {.time = {1795472270, 123999999},
                             .level = TPS_LOG_INFO,
                             .format = format,
                             .message = tps_span_of_text(message),
                             .members = members,
                             .count = count};
    size_t size = tps_log_write_record(&record, line);

    assert_true(size <= TPS_LOG_LINE_MAX);
    line[size] = '\0';
    return line;
}

#define RECORD(format, message, ...)                                    \
    record_text(format, message, (const tps_log_member[]){__VA_ARGS__}, \
                sizeof((const tps_log_member[]){__VA_ARGS__}) / sizeof(tps_log_member))

static void text_is_time_level_message_and_members(void **state)
{
    static const uint8_t id[] = {0x00, 0xf0, 0x67};

    (void)state;
    assert_string_equal(RECORD(TPS_LOG_AS_TEXT, "tenant loaded", tps_log_text("tenant", "acme"),
                               tps_log_text("cause", "no such thing"), tps_log_number("duration_us", -3),
                               tps_log_hex("span_id", TPS_SPAN_OF(id)), tps_log_bool("open", true)),
                        "2026-11-23T22:17:50.123Z info: tenant loaded: tenant=acme cause=\"no such thing\" "
                        "duration_us=-3 span_id=00f067 open=true\n");
}

static void json_is_one_object_a_line(void **state)
{
    static const uint8_t id[] = {0x00, 0xf0, 0x67};

    (void)state;
    assert_string_equal(
        RECORD(TPS_LOG_AS_JSON, "tenant loaded", tps_log_text("tenant", "acme"),
               tps_log_number("duration_us", 1503), tps_log_hex("span_id", TPS_SPAN_OF(id)),
               tps_log_bool("open", false)),
        "{\"time\":\"2026-11-23T22:17:50.123Z\",\"level\":\"info\",\"message\":\"tenant loaded\","
        "\"tenant\":\"acme\",\"duration_us\":1503,\"span_id\":\"00f067\",\"open\":false}\n");
}

static void members_without_a_value_are_left_out(void **state)
{
    (void)state;
    assert_string_equal(RECORD(TPS_LOG_AS_TEXT, "m", tps_log_text("tenant", NULL),
                               tps_log_span("route", TPS_SPAN_EMPTY), tps_log_hex("x", TPS_SPAN_EMPTY)),
                        "2026-11-23T22:17:50.123Z info: m\n");
}

static void what_came_from_outside_forges_no_line(void **state)
{
    static const char hostile[] = "a\n2026 error: forged\r\x1b[31m\xc2\x85\xe2\x80\xae\xff\"}";
    const char *text;
    json_t *line;

    (void)state;
    text = RECORD(TPS_LOG_AS_TEXT, hostile, tps_log_text("peer", hostile));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_null(strchr(text, '\x1b'));
    assert_null(strstr(text, "\xe2\x80\xae"));
    text = RECORD(TPS_LOG_AS_JSON, hostile, tps_log_text("peer", hostile));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    line = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(line);
    assert_non_null(strstr(json_string_value(json_object_get(line, "peer")), "a\n2026 error: forged\r\x1b"));
    json_decref(line);
}

/* Every length of a value, so that each way to run out of room is met. */
static void a_line_that_would_be_too_long_is_cut_and_stays_json(void **state)
{
    static char value[2000];

    (void)state;
    for (size_t size = 0; size < sizeof(value) - 1; size += 7) {
        json_t *line;

        memset(value, size % 2 == 0 ? '\x01' : 'x', size);
        value[size] = '\0';
        line = json_loads(RECORD(TPS_LOG_AS_JSON, size % 3 == 0 ? value : "m", tps_log_text("a", value),
                                 tps_log_text("b", value), tps_log_text("c", value),
                                 tps_log_text("d", value + size % 5 * size / 5), tps_log_number("n", 1),
                                 tps_log_hex("h", tps_span_of_text(value))),
                          JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
        assert_non_null(line);
        assert_true(size == 0 || json_object_get(line, "h") != NULL ||
                    json_is_true(json_object_get(line, "cut")));
        json_decref(line);
    }
}

/* Each length of the last value, so that it ends before, at and behind the line's end. */
static void a_line_that_ends_at_its_limit_is_whole(void **state)
{
    static char full[TPS_LOG_TEXT_MAX + 1];
    static char value[TPS_LOG_TEXT_MAX + 1];

    (void)state;
    memset(full, 'x', TPS_LOG_TEXT_MAX);
    memset(value, 'y', TPS_LOG_TEXT_MAX);
    for (size_t size = 1; size < TPS_LOG_TEXT_MAX; size++) {
        json_t *line;

        value[size] = '\0';
        line = json_loads(RECORD(TPS_LOG_AS_JSON, "m", tps_log_text("a", full), tps_log_text("b", full),
                                 tps_log_text("c", full), tps_log_text("d", value), tps_log_number("n", 1),
                                 tps_log_text("e", full), tps_log_text("f", full)),
                          JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(line);
        assert_true(json_is_true(json_object_get(line, "cut")));
        json_decref(line);
        value[size] = 'y';
    }
}

static void a_long_value_is_cut_between_characters(void **state)
{
    char value[TPS_LOG_TEXT_MAX + 4];
    json_t *line;

    (void)state;
    memset(value, 'x', sizeof(value));
    memcpy(value + TPS_LOG_TEXT_MAX - 1, "\xc3\xa9", 3);
    line = json_loads(RECORD(TPS_LOG_AS_JSON, "m", tps_log_text("v", value)), 0, NULL);
    assert_non_null(line);
    assert_int_equal(json_string_length(json_object_get(line, "v")), TPS_LOG_TEXT_MAX - 1 + 3);
    json_decref(line);
}

/* ---- secrets ---- */

static void assert_redacted(const char *text, const char *expected)
{
    uint8_t room[512];
    size_t size = tps_log_redact(tps_span_of_text(text), TPS_BUF_OF(room));

    assert_int_equal(size, strlen(expected));
    assert_memory_equal(room, expected, size);
}

static void what_looks_like_a_secret_is_replaced(void **state)
{
    (void)state;
    assert_redacted("token tps_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_ was", "token tps_[redacted] was");
    assert_redacted("Authorization: bearer abcdefgh.ij=", "Authorization: bearer [redacted]");
    assert_redacted("Basic dXNlcjpwYXNz", "Basic [redacted]");
    assert_redacted("jwt eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.c2ln end", "jwt eyJ[redacted] end");
    assert_redacted("postgresql://tps:hunter2@db/x failed", "postgresql://tps:[redacted]@db/x failed");
    assert_redacted("host=db password='a b' user=x", "host=db password=[redacted] user=x");
    assert_redacted("SSLPASSWORD=abc", "SSLPASSWORD=[redacted]");
    assert_redacted("?nonce=abc&x=1", "?nonce=[redacted]&x=1");
    assert_redacted("-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----",
                    "-----BEGIN [redacted]-----END EC PRIVATE KEY-----");
    assert_redacted("-----BEGIN PRIVATE KEY-----\nMHcC", "-----BEGIN [redacted]");
}

static void other_words_stay(void **state)
{
    static const char *const texts[] = {"",
                                        "tps_short",
                                        "Basic auth is off",
                                        "bearer of bad news",
                                        "eyJust.a.word",
                                        "https://verifier.example/t/acme/x@y",
                                        "postgresql://db/x",
                                        "the token is missing",
                                        "password=",
                                        "-----BEGIN CERTIFICATE-----",
                                        "://",
                                        "password"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_redacted(texts[i], texts[i]);
    }
}

static void both_message_and_members_are_redacted(void **state)
{
    const char *line =
        RECORD(TPS_LOG_AS_JSON, "connect postgresql://a:geheim@h", tps_log_text("cause", "password=geheim"));

    (void)state;
    assert_null(strstr(line, "geheim"));
}

/* ---- the ring ---- */

typedef struct {
    int ends[2];
} log_pipe;

static int begin_on_pipe(void **state)
{
    static log_pipe pipes;

    assert_int_equal(pipe2(pipes.ends, O_CLOEXEC), 0);
    assert_int_equal(tps_log_begin(&(tps_log_options){
                         .level = TPS_LOG_INFO, .format = TPS_LOG_AS_JSON, .fd = pipes.ends[1], .worker = 3}),
                     TPS_OK);
    *state = &pipes;
    return 0;
}

static int end_on_pipe(void **state)
{
    log_pipe *pipes = *state;

    tps_log_end(100);
    (void)close(pipes->ends[0]);
    (void)close(pipes->ends[1]);
    return 0;
}

/* All that is in the pipe after the log has ended. */
static char *read_all(log_pipe *pipes)
{
    static char text[1 << 20];
    size_t size = 0;
    struct pollfd wanted = {.fd = pipes->ends[0], .events = POLLIN};

    while (poll(&wanted, 1, 50) == 1 && size < sizeof(text) - 1) {
        ssize_t got = read(pipes->ends[0], text + size, sizeof(text) - 1 - size);

        assert_true(got > 0);
        size += (size_t)got;
    }
    text[size] = '\0';
    return text;
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;

    while ((text = strstr(text, word)) != NULL) {
        count++;
        text++;
    }
    return count;
}

static void lines_come_in_order_with_the_workers_number(void **state)
{
    char *text;

    tps_log_line(TPS_LOG_INFO, "first %d", 1);
    tps_log_event(TPS_LOG_ERROR, "second", tps_log_number("n", 2));
    tps_log_line(TPS_LOG_DEBUG, "unwanted");
    tps_log_set_level(TPS_LOG_DEBUG);
    assert_true(tps_log_wants(TPS_LOG_DEBUG | TPS_LOG_EACH));
    tps_log_line(TPS_LOG_DEBUG, "third");
    tps_log_end(1000);
    text = read_all(*state);

    assert_int_equal(count_of(text, "\n"), 3);
    assert_int_equal(count_of(text, "\"worker\":3"), 3);
    assert_true(strstr(text, "first 1") < strstr(text, "second"));
    assert_true(strstr(text, "second") < strstr(text, "third"));
    assert_int_equal(count_of(text, "unwanted"), 0);
    assert_int_equal(tps_log_count().written, 3);
}

static void repetitions_are_held_back_and_told(void **state)
{
    char *text;

    for (int i = 0; i < 500; i++) {
        tps_log_line(TPS_LOG_WARNING, "again %d", i);
        tps_log_line(TPS_LOG_INFO | TPS_LOG_EACH, "each %d", i);
    }
    tps_log_end(2000);
    text = read_all(*state);

    assert_int_equal(count_of(text, "\"message\":\"again "), TPS_LOG_REPEATS);
    assert_int_equal(count_of(text, "\"message\":\"each "), 500);
    assert_int_equal(count_of(text, "\"like\":\"again %d\",\"count\":490"), 1);
    assert_int_equal(tps_log_count().held_back, 490);
}

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static void nobody_waits_for_a_pipe_that_nobody_reads(void **state)
{
    log_pipe *pipes = *state;
    uint64_t start = now_ms();
    char *text;

    for (int i = 0; i < 20000; i++) {
        tps_log_event(TPS_LOG_INFO | TPS_LOG_EACH, "request", tps_log_number("n", i),
                      tps_log_text("pad", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
    }
    assert_true(now_ms() - start < 5000);
    assert_true(tps_log_count().dropped > 10000);
    start = now_ms();
    tps_log_end(200);
    assert_true(now_ms() - start < 3000);
    text = read_all(pipes);

    /* Whole lines only, up to what the pipe took. */
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        json_t *json = json_loads(line, 0, NULL);

        assert_non_null(json);
        json_decref(json);
    }
}

static void who_reads_again_is_told_what_was_dropped(void **state)
{
    log_pipe *pipes = *state;
    size_t told = 0;

    for (int i = 0; i < 20000; i++) {
        tps_log_event(TPS_LOG_INFO | TPS_LOG_EACH, "request",
                      tps_log_text("pad", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
    }
    for (int i = 0; i < 40 && told == 0; i++) {
        told += count_of(read_all(pipes), "lines of log were dropped");
    }
    assert_int_equal(told, 1);
}

static void a_reader_that_has_gone_harms_nothing(void **state)
{
    log_pipe *pipes = *state;

    (void)close(pipes->ends[0]);
    for (int i = 0; i < 100; i++) {
        tps_log_line(TPS_LOG_INFO | TPS_LOG_EACH, "to nobody");
    }
    tps_log_end(1000);
    assert_int_equal(tps_log_count().written, 0);
    pipes->ends[0] = dup(pipes->ends[1]);
}

static void levels_have_names(void **state)
{
    tps_log_level level;

    (void)state;
    assert_true(tps_log_level_of("warning", &level));
    assert_int_equal(level, TPS_LOG_WARNING);
    assert_false(tps_log_level_of("Warning", &level));
    assert_false(tps_log_level_of("", &level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_time_level_message_and_members),
        cmocka_unit_test(json_is_one_object_a_line),
        cmocka_unit_test(members_without_a_value_are_left_out),
        cmocka_unit_test(what_came_from_outside_forges_no_line),
        cmocka_unit_test(a_line_that_would_be_too_long_is_cut_and_stays_json),
        cmocka_unit_test(a_line_that_ends_at_its_limit_is_whole),
        cmocka_unit_test(a_long_value_is_cut_between_characters),
        cmocka_unit_test(what_looks_like_a_secret_is_replaced),
        cmocka_unit_test(other_words_stay),
        cmocka_unit_test(both_message_and_members_are_redacted),
        cmocka_unit_test_setup_teardown(lines_come_in_order_with_the_workers_number, begin_on_pipe,
                                        end_on_pipe),
        cmocka_unit_test_setup_teardown(repetitions_are_held_back_and_told, begin_on_pipe, end_on_pipe),
        cmocka_unit_test_setup_teardown(nobody_waits_for_a_pipe_that_nobody_reads, begin_on_pipe,
                                        end_on_pipe),
        cmocka_unit_test_setup_teardown(who_reads_again_is_told_what_was_dropped, begin_on_pipe, end_on_pipe),
        cmocka_unit_test_setup_teardown(a_reader_that_has_gone_harms_nothing, begin_on_pipe, end_on_pipe),
        cmocka_unit_test(levels_have_names),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
