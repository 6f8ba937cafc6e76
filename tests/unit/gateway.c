/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway between the worlds: what it takes, what it refuses, and what it leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gateway_support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint32_t connection;
static uint32_t session;

static int begin(void **state)
{
    int result = worlds_begin(state);

    connection = connect_as(TPSC_LOGIN_USER);
    session = open_probe(connection);
    return result;
}

/* A call of the probe: `tag` with so many bytes, answered to RECEIVE. */
static tps_veneer_call execution(unsigned int tag, size_t bytes, uint32_t room)
{
    return (tps_veneer_call){.op = TPS_VENEER_EXECUTE,
                             .connection = connection,
                             .session = session,
                             .send = SEND,
                             .send_size = put_message(tag, bytes),
                             .receive = RECEIVE,
                             .room = room};
}

/* ---- what works ---- */

static void a_call_is_answered(void **state)
{
    (void)state;
    assert_int_equal(call(execution(PROBE_ECHO, 300, 1000)), TPSC_SUCCESS);

    assert_int_equal(w->returned.received, 304);
    assert_memory_equal(w->world.bytes + RECEIVE, w->world.bytes + SEND, 304);
    assert_true(is_untouched(RECEIVE + 304, 1000 - 304));
}

static void services_are_listed(void **state)
{
    tps_veneer_call c = {.op = TPS_VENEER_DISCOVER, .connection = connection, .receive = RECEIVE};
    TPSC_ServiceIdentifier found[2];

    (void)state;
    c.room = sizeof(found) - 1;
    assert_int_equal(call(c), TPSC_ERROR_SHORT_BUFFER);
    assert_int_equal(w->returned.received, sizeof(found));
    assert_true(is_untouched(RECEIVE, sizeof(found)));
    c.room = sizeof(found) + 5;
    assert_int_equal(call(c), TPSC_SUCCESS);
    assert_int_equal(w->returned.received, sizeof(found));
    memcpy(found, w->world.bytes + RECEIVE, sizeof(found));
    assert_memory_equal(&found[0].service_instance, &w->component.instances[0], sizeof(TPSC_UUID));
    assert_true(is_untouched(RECEIVE + sizeof(found), 5));
}

static void a_message_may_lie_in_memory_that_is_read_only(void **state)
{
    tps_veneer_call c = execution(PROBE_ECHO, 20, 100);

    (void)state;
    memcpy(w->world.bytes + CODE, w->world.bytes + SEND, c.send_size);
    c.send = CODE;
    assert_int_equal(call(c), TPSC_SUCCESS);
    c.send = CODE + CODE_SIZE - c.send_size;
    memcpy(w->world.bytes + c.send, w->world.bytes + SEND, c.send_size);
    assert_int_equal(call(c), TPSC_SUCCESS);
}

static void a_message_may_lie_where_its_answer_goes(void **state)
{
    tps_veneer_call c = execution(PROBE_ECHO, 20, 100);

    (void)state;
    c.receive = SEND + 3;
    assert_int_equal(call(c), TPSC_SUCCESS);
    assert_int_equal(w->returned.received, 24);
    assert_int_equal(w->world.bytes[SEND + 3], 0xc0 + PROBE_ECHO);
}

static void more_room_than_a_message_can_have_is_used_up_to_that(void **state)
{
    (void)state;
    assert_int_equal(
        call(execution(PROBE_ECHO, TPS_COMPONENT_MESSAGE_MAX - 4, TPS_COMPONENT_MESSAGE_MAX + 99)),
        TPSC_SUCCESS);
    assert_int_equal(w->returned.received, TPS_COMPONENT_MESSAGE_MAX);
    assert_true(is_untouched(RECEIVE + TPS_COMPONENT_MESSAGE_MAX, 99));
}

static void too_little_room_tells_what_is_needed_and_writes_nothing(void **state)
{
    tps_veneer_call c = execution(PROBE_ECHO, 50, 53);

    (void)state;
    assert_int_equal(call(c), TPSC_ERROR_SHORT_BUFFER);
    assert_int_equal(w->returned.received, 54);
    assert_true(is_untouched(RECEIVE, 54));
    c.room = 0;
    c.receive = UINTPTR_MAX; /* nobody looks there */
    assert_int_equal(call(c), TPSC_ERROR_SHORT_BUFFER);
    assert_int_equal(w->returned.received, 54);
    c.room = 54;
    c.receive = RECEIVE;
    assert_int_equal(call(c), TPSC_SUCCESS);
}

/* ---- foreign memory ---- */

/* Ranges of `size` that are not, or not wholly, the other world's to write. */
static size_t foreign_ranges(uintptr_t *out, size_t size)
{
    const uintptr_t all[] = {0,
                             CODE,
                             CODE + CODE_SIZE - size,
                             CODE + CODE_SIZE - 4,
                             RAM - 4,
                             RAM - size,
                             RAM - size + 4,
                             RAM + RAM_SIZE - size + 4,
                             RAM + RAM_SIZE - 4,
                             RAM + RAM_SIZE,
                             RAM + RAM_SIZE + 0x1000,
                             UINTPTR_MAX - size + 5, /* around the end of all addresses */
                             UINTPTR_MAX - 3,
                             UINTPTR_MAX - 15,
                             (UINTPTR_MAX >> 1) + 1};

    memcpy(out, all, sizeof(all));
    return COUNT(all);
}

static void a_descriptor_in_foreign_memory_is_not_looked_at(void **state)
{
    uintptr_t at[20];
    size_t count = foreign_ranges(at, sizeof(tps_veneer_call));

    (void)state;
    for (size_t i = 0; i < count; i++) {
        uint32_t before = w->gateway.last_connection;

        assert_int_equal(call_at(at[i], (tps_veneer_call){.op = TPS_VENEER_CONNECT}), TPSC_ERROR_SECURITY);
        assert_int_equal(w->gateway.last_connection, before);
    }
    assert_int_equal(w->told, 1); /* who tries often does not fill the log */
    for (uintptr_t i = 1; i < 4; i++) {
        assert_int_equal(call_at(CALL + i, (tps_veneer_call){.op = TPS_VENEER_CONNECT}), TPSC_ERROR_SECURITY);
    }
}

static void an_answer_never_goes_to_foreign_memory(void **state)
{
    static uint8_t before[SPACE];
    uintptr_t at[20];
    size_t count = foreign_ranges(at, 100);
    tps_veneer_call c = execution(PROBE_ECHO, 20, 100);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        c.receive = at[i];
        c.op = i % 2 == 0 ? TPS_VENEER_EXECUTE : TPS_VENEER_DISCOVER;
        memcpy(before, w->world.bytes, sizeof(before));
        assert_int_equal(call(c), TPSC_ERROR_SECURITY);
        assert_memory_equal(w->world.bytes, before, CALL);
        assert_memory_equal(w->world.bytes + SEND, before + SEND, SPACE - SEND);
    }
    c.receive = RECEIVE;
    for (size_t i = 0; i < 3; i++) {
        c.room = (const uint32_t[]){UINT32_MAX, RAM_SIZE, RAM + RAM_SIZE - RECEIVE + 1}[i];
        assert_int_equal(call(c), TPSC_ERROR_SECURITY);
    }
    c.room = RAM + RAM_SIZE - RECEIVE; /* to the last byte */
    c.op = TPS_VENEER_EXECUTE;
    assert_int_equal(call(c), TPSC_SUCCESS);
}

static void a_message_is_never_read_from_foreign_memory(void **state)
{
    tps_veneer_call c = execution(PROBE_ECHO, 20, 100);
    const uintptr_t all[] = {0,
                             CODE - 1,
                             CODE + CODE_SIZE - c.send_size + 1,
                             RAM - 1,
                             RAM + RAM_SIZE - c.send_size + 1,
                             RAM + RAM_SIZE,
                             UINTPTR_MAX - c.send_size + 2,
                             UINTPTR_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        c.send = all[i];
        assert_int_equal(call(c), TPSC_ERROR_SECURITY);
        c.op = TPS_VENEER_OPEN;
        c.send_size = sizeof(TPSC_UUID);
        assert_int_equal(call(c), i == 2 || i == 4 ? TPSC_ERROR_BAD_IDENTIFIER : TPSC_ERROR_SECURITY);
        c = execution(PROBE_ECHO, 20, 100);
    }
    assert_true(is_untouched(RECEIVE, 100));
}

static void sizes_that_no_message_has_are_refused(void **state)
{
    static const uint32_t sizes[] = {TPS_COMPONENT_MESSAGE_MAX + 1, 0x80000000u, UINT32_MAX};
    tps_veneer_call c = execution(PROBE_ECHO, 20, 100);

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        c.send_size = sizes[i];
        c.send = SEND;
        assert_int_equal(call(c), TPSC_ERROR_BAD_FORMAT);
        c.send = UINTPTR_MAX - 4;
        assert_int_equal(call(c), TPSC_ERROR_SECURITY);
    }
    c.send_size = 0;
    c.send = UINTPTR_MAX; /* nobody looks there */
    assert_int_equal(call(c), TPSC_ERROR_BAD_FORMAT);
    for (uint32_t size = 0; size < 40; size++) {
        c = (tps_veneer_call){
            .op = TPS_VENEER_OPEN, .connection = connection, .send = SEND, .send_size = size};
        assert_int_equal(call(c), size == 16 ? TPSC_ERROR_BAD_IDENTIFIER : TPSC_ERROR_BAD_FORMAT);
    }
}

static void an_answer_does_not_go_onto_its_descriptor(void **state)
{
    tps_veneer_call c = execution(PROBE_ECHO, 20, 100);

    (void)state;
    for (size_t i = 1; i < 100 + sizeof(c); i++) {
        c.receive = CALL + sizeof(c) - i;
        assert_int_equal(call(c), TPSC_ERROR_BAD_FORMAT);
    }
    c.receive = CALL + sizeof(c);
    assert_int_equal(call(c), TPSC_SUCCESS);
    c.receive = CALL - 100;
    assert_int_equal(call(c), TPSC_SUCCESS);
    c.receive = CALL + 8;
    c.room = 0; /* so it does not */
    assert_int_equal(call(c), TPSC_ERROR_SHORT_BUFFER);
}

/* ---- memory that changes ---- */

static void every_byte_is_read_once_and_what_was_read_counts(void **state)
{
    tps_veneer_call c = execution(PROBE_ECHO, 300, 1000);

    (void)state;
    w->world.changes = true;
    assert_int_equal(call(c), TPSC_SUCCESS); /* a byte read twice fails the test */
    assert_int_equal(w->world.bytes[SEND], 0xff ^ (0xc0 + PROBE_ECHO));
    assert_int_equal(w->world.bytes[RECEIVE], 0xc0 + PROBE_ECHO);
    assert_int_equal(w->world.bytes[RECEIVE + 303], 0x42);
}

static void what_changes_during_the_call_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(call(execution(PROBE_CHANGE, 300, 1000)), TPSC_SUCCESS);

    assert_int_equal(w->world.bytes[RECEIVE], 0xc0 + PROBE_CHANGE);
    assert_int_equal(w->world.bytes[RECEIVE + 303], 0x42);
    assert_int_equal(w->world.bytes[RECEIVE + 304], 0x11);
    assert_int_equal(w->returned.received, 304);
    assert_int_equal(w->returned.receive, (uintptr_t)0x1111111111111111u); /* nothing else was written */
}

static void memory_taken_away_during_the_call_is_not_written(void **state)
{
    const struct {
        uintptr_t at;
        size_t size;
    } all[] = {{RECEIVE, 1}, {RECEIVE + 30, 1}, {RECEIVE + 53, 1}, {CALL, sizeof(tps_veneer_call)}};

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        w->taken_next = all[i].at;
        w->taken_next_size = all[i].size;
        assert_int_equal(call(execution(PROBE_TAKE, 50, 1000)), TPSC_ERROR_SECURITY);
        assert_int_equal(w->returned.received, 0);
        assert_int_equal(is_untouched(RECEIVE, 1000), i < 3);
        w->world.taken_size = 0;
    }
    w->taken_next = RECEIVE + 54; /* behind the answer: it is not needed any more */
    assert_int_equal(call(execution(PROBE_TAKE, 50, 1000)), TPSC_SUCCESS);
}

static void what_could_not_be_told_is_undone(void **state)
{
    uint32_t closed = w->closed;

    (void)state;
    w->world.taken = CALL;
    w->world.taken_size = sizeof(tps_veneer_call);
    w->world.taken_after = 2; /* after the descriptor was judged and read */
    for (size_t i = 0; i < TPS_GATEWAY_CONNECTIONS_MAX; i++) {
        assert_int_equal(call((tps_veneer_call){.op = TPS_VENEER_CONNECT}), TPSC_ERROR_SECURITY);
    }
    w->world.taken_after = 3; /* and the UUID */
    memcpy(w->world.bytes + SEND, &w->component.instances[0], sizeof(TPSC_UUID));
    assert_int_equal(
        call((tps_veneer_call){
            .op = TPS_VENEER_OPEN, .connection = connection, .send = SEND, .send_size = sizeof(TPSC_UUID)}),
        TPSC_ERROR_SECURITY);
    assert_int_equal(w->closed, closed + 1);
    w->world.taken_size = 0;
    assert_int_not_equal(connect_as(TPSC_LOGIN_PUBLIC), 0);
}

/* ---- what a failure leaves ---- */

static void an_answer_that_failed_is_not_seen(void **state)
{
    (void)state;
    assert_int_equal(call(execution(PROBE_FAIL, 20, 1000)), TPSC_ERROR_ACCESS_DENIED);

    assert_true(is_untouched(RECEIVE, 1000));
    assert_int_equal(w->returned.received, 0);
}

static void nothing_of_a_call_stays_in_secure_memory(void **state)
{
    static const unsigned int tags[] = {PROBE_ECHO, PROBE_FAIL};

    (void)state;
    for (size_t i = 0; i < COUNT(tags); i++) {
        (void)call(execution(tags[i], 400, 1000));
        for (size_t at = 0; at < TPS_COMPONENT_MESSAGE_MAX; at++) {
            assert_int_not_equal(w->gateway.message[at], 0x42);
            assert_int_not_equal(w->gateway.response[at], 0x42);
            assert_int_not_equal(w->gateway.response[at], 0x77);
        }
    }
}

static void a_call_within_a_call_is_busy_and_not_read(void **state)
{
    (void)state;
    assert_int_equal(call(execution(PROBE_CALL, 20, 100)), TPSC_SUCCESS);

    assert_int_equal(w->again, TPSC_ERROR_BUSY);
    assert_int_equal(call(execution(PROBE_ECHO, 20, 100)), TPSC_SUCCESS); /* and it is over */
}

static void what_is_not_known_is_not_supported(void **state)
{
    static const uint32_t unknown[] = {0, TPS_VENEER_EXECUTE + 1, 0x80000001u, UINT32_MAX};
    tps_veneer_call c = execution(PROBE_ECHO, 20, 100);

    (void)state;
    for (size_t i = 0; i < COUNT(unknown); i++) {
        c.op = unknown[i];
        assert_int_equal(call(c), TPSC_ERROR_NOT_SUPPORTED);
    }
    c.op = TPS_VENEER_CONNECT;
    c.version = TPS_VENEER_VERSION + 1;
    assert_int_equal(call(c), TPSC_ERROR_NOT_SUPPORTED);
}

/* ---- connections, sessions, logins ---- */

static void a_session_belongs_to_its_connection(void **state)
{
    tps_veneer_call c = execution(PROBE_ECHO, 20, 100);
    uint32_t other = connect_as(TPSC_LOGIN_USER);

    (void)state;
    c.connection = other;
    assert_int_equal(call(c), TPSC_ERROR_BAD_STATE);
    c.op = TPS_VENEER_CLOSE;
    assert_int_equal(call(c), TPSC_ERROR_BAD_STATE);
    for (uint32_t op = TPS_VENEER_DISCONNECT; op <= TPS_VENEER_EXECUTE; op++) {
        c.op = op;
        c.connection = 0;
        assert_int_equal(call(c), TPSC_ERROR_BAD_STATE);
        c.connection = other + 1;
        assert_int_equal(call(c), TPSC_ERROR_BAD_STATE);
    }
    c = execution(PROBE_ECHO, 20, 100);
    assert_int_equal(call(c), TPSC_SUCCESS);
    c.op = TPS_VENEER_CLOSE;
    assert_int_equal(call(c), TPSC_SUCCESS);
    assert_int_equal(call(c), TPSC_ERROR_BAD_STATE);
    assert_int_equal(w->closed, 1);
}

static void a_connection_takes_its_sessions_with_it(void **state)
{
    tps_veneer_call c = {.op = TPS_VENEER_DISCONNECT, .connection = connection};

    (void)state;
    (void)open_probe(connection);
    assert_int_equal(call(c), TPSC_SUCCESS);

    assert_int_equal(w->closed, 2);
    assert_int_equal(call(c), TPSC_ERROR_BAD_STATE);
}

static void a_flood_of_connections_ends_and_leaves_room_when_they_do(void **state)
{
    tps_veneer_call c = {.op = TPS_VENEER_CONNECT};

    (void)state;
    for (size_t i = 1; i < TPS_GATEWAY_CONNECTIONS_PER_USER; i++) {
        assert_int_not_equal(connect_as(TPSC_LOGIN_PUBLIC), connection);
    }
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(call(c), TPSC_ERROR_OUT_OF_MEMORY);
    }
    assert_int_equal(call(execution(PROBE_ECHO, 20, 100)), TPSC_SUCCESS); /* who was there first goes on */
    assert_int_equal(call((tps_veneer_call){.op = TPS_VENEER_DISCONNECT, .connection = connection}),
                     TPSC_SUCCESS);
    assert_int_not_equal(connect_as(TPSC_LOGIN_PUBLIC), connection);
}

static void a_flood_of_sessions_ends_and_leaves_room_when_they_do(void **state)
{
    tps_veneer_call c = {
        .op = TPS_VENEER_OPEN, .connection = connection, .send = SEND, .send_size = sizeof(TPSC_UUID)};
    uint32_t last = session;

    (void)state;
    for (size_t i = 1; i < TPS_COMPONENT_SESSIONS_PER_CONNECTION; i++) {
        last = open_probe(connection);
    }
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(call(c), TPSC_ERROR_OUT_OF_MEMORY);
    }
    assert_int_equal(
        call((tps_veneer_call){.op = TPS_VENEER_CLOSE, .connection = connection, .session = last}),
        TPSC_SUCCESS);
    (void)open_probe(connection);
}

static void one_user_does_not_shut_the_other_out(void **state)
{
    static const uint32_t left = TPS_COMPONENT_SESSIONS_MAX - TPS_COMPONENT_SESSIONS_PER_USER;
    tps_veneer_call c = {.op = TPS_VENEER_OPEN, .send = SEND, .send_size = sizeof(TPSC_UUID)};
    uint32_t of[TPS_GATEWAY_CONNECTIONS_PER_USER];

    (void)state;
    w->world.is_unprivileged = true;
    for (size_t i = 0; i < COUNT(of); i++) {
        of[i] = connect_as(TPSC_LOGIN_PUBLIC);
    }
    for (size_t i = 0; i < TPS_COMPONENT_SESSIONS_PER_USER; i++) {
        (void)open_probe(of[i]);
    }
    assert_int_equal(call((tps_veneer_call){.op = TPS_VENEER_CONNECT}), TPSC_ERROR_OUT_OF_MEMORY);
    c.connection = of[COUNT(of) - 1];
    assert_int_equal(call(c), TPSC_ERROR_OUT_OF_MEMORY);

    w->world.is_unprivileged = false;
    for (size_t i = 1; i < left; i++) { /* one is there from the beginning */
        (void)open_probe(connect_as(TPSC_LOGIN_USER));
    }
    (void)connect_as(TPSC_LOGIN_PUBLIC); /* and for discovery */
}

static void names_of_connections_go_round_without_0_and_without_those_in_use(void **state)
{
    (void)state;
    w->gateway.last_connection = UINT32_MAX - 1;
    assert_int_equal(connect_as(TPSC_LOGIN_PUBLIC), UINT32_MAX);
    assert_int_equal(connect_as(TPSC_LOGIN_PUBLIC), 2); /* 1 is there from the beginning */
}

typedef struct {
    uint32_t method, gid, result;
} login_case;

/* Logs in, and looks at what the component was told. */
static void check_login(const login_case *login, uint32_t user, const tps_digest *digest)
{
    tps_veneer_call c = {.op = TPS_VENEER_CONNECT, .method = login->method, .gid = login->gid};
    const tps_session *made = w->component.sessions;
    uint32_t mine;
    uint32_t opened;

    assert_int_equal(call(c), login->result);
    if (login->result != TPSC_SUCCESS) {
        return;
    }
    mine = w->returned.connection;
    opened = open_probe(mine);
    while (made->id != opened) {
        made++;
    }
    assert_int_equal(made->login.method, login->method);
    assert_int_equal(made->login.uid, user);
    assert_int_equal(made->login.gid, user);
    assert_int_equal(memcmp(made->login.application, digest->bytes, 32) == 0, login->method >= 4);
    assert_int_equal(call((tps_veneer_call){.op = TPS_VENEER_DISCONNECT, .connection = mine}), TPSC_SUCCESS);
}

static void check_logins(const login_case *all, size_t count, uint32_t user)
{
    tps_digest digest;

    w->world.is_unprivileged = user != TPS_GATEWAY_UID;
    assert_int_equal(
        tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(w->device->image, w->device->image_size), &digest),
        TPS_OK);
    for (size_t i = 0; i < count; i++) {
        check_login(&all[i], user, &digest);
    }
}

static void privileged_code_logs_in_as_all_that_its_world_can_be(void **state)
{
    static const login_case all[] = {{TPSC_LOGIN_PUBLIC, 7, TPSC_SUCCESS},
                                     {TPSC_LOGIN_USER, 7, TPSC_SUCCESS},
                                     {TPSC_LOGIN_GROUP, 0, TPSC_SUCCESS},
                                     {TPSC_LOGIN_GROUP, 1, TPSC_ERROR_ACCESS_DENIED},
                                     {3, 0, TPSC_ERROR_BAD_FORMAT},
                                     {TPSC_LOGIN_APPLICATION, 7, TPSC_SUCCESS},
                                     {TPSC_LOGIN_USER_APPLICATION, 7, TPSC_SUCCESS},
                                     {TPSC_LOGIN_GROUP_APPLICATION, 0, TPSC_SUCCESS},
                                     {TPSC_LOGIN_GROUP_APPLICATION, 1, TPSC_ERROR_ACCESS_DENIED},
                                     {7, 0, TPSC_ERROR_BAD_FORMAT},
                                     {UINT32_MAX, 0, TPSC_ERROR_BAD_FORMAT}};

    (void)state;
    check_logins(all, COUNT(all), 0);
}

static void code_without_privilege_logs_in_as_another_user_and_never_as_the_image(void **state)
{
    static const login_case all[] = {{TPSC_LOGIN_PUBLIC, 7, TPSC_SUCCESS},
                                     {TPSC_LOGIN_USER, 7, TPSC_SUCCESS},
                                     {TPSC_LOGIN_GROUP, 0, TPSC_ERROR_ACCESS_DENIED},
                                     {TPSC_LOGIN_GROUP, 1, TPSC_SUCCESS},
                                     {TPSC_LOGIN_GROUP, 2, TPSC_ERROR_ACCESS_DENIED},
                                     {3, 1, TPSC_ERROR_BAD_FORMAT},
                                     {TPSC_LOGIN_APPLICATION, 7, TPSC_ERROR_ACCESS_DENIED},
                                     {TPSC_LOGIN_USER_APPLICATION, 7, TPSC_ERROR_ACCESS_DENIED},
                                     {TPSC_LOGIN_GROUP_APPLICATION, 0, TPSC_ERROR_ACCESS_DENIED},
                                     {TPSC_LOGIN_GROUP_APPLICATION, 1, TPSC_ERROR_ACCESS_DENIED},
                                     {7, 1, TPSC_ERROR_BAD_FORMAT}};

    (void)state;
    check_logins(all, COUNT(all), 1);
}

/* Whose connections they are is judged in both directions. */
static void a_connection_of_the_other_user_does_not_exist(void **state)
{
    tps_veneer_call c = execution(PROBE_ECHO, 20, 100);
    uint32_t missing;

    for (size_t turn = 0; turn < 2; turn++) {
        w->world.is_unprivileged = turn == 0;
        for (uint32_t op = TPS_VENEER_DISCONNECT; op <= TPS_VENEER_EXECUTE; op++) {
            tps_veneer_call none = c;

            c.op = none.op = op;
            none.connection = 999;
            missing = call(none);
            assert_int_equal(missing, TPSC_ERROR_BAD_STATE);
            assert_int_equal(call(c), missing);
            assert_true(is_untouched(RECEIVE, 100));
        }
        w->world.is_unprivileged = turn == 1; /* whose it is goes on */
        c.op = TPS_VENEER_EXECUTE;
        assert_int_equal(call(c), TPSC_SUCCESS);
        assert_int_equal(w->closed, 0);
        w->world.is_unprivileged = true;
        connection = connect_as(TPSC_LOGIN_USER);
        session = open_probe(connection);
        c = execution(PROBE_ECHO, 20, 100);
        memset(w->world.bytes + RECEIVE, w->world.bytes[RECEIVE + 100], 100);
    }
    (void)state;
}

/* The same session, named over a connection of one's own: it is not on it. */
static void a_session_of_the_other_user_is_not_reached_either(void **state)
{
    tps_veneer_call c = execution(PROBE_ECHO, 20, 100);

    (void)state;
    w->world.is_unprivileged = true;
    c.connection = connect_as(TPSC_LOGIN_USER);
    assert_int_equal(call(c), TPSC_ERROR_BAD_STATE);
    c.op = TPS_VENEER_CLOSE;
    assert_int_equal(call(c), TPSC_ERROR_BAD_STATE);
    assert_int_equal(w->closed, 0);
}

/* ---- beginning and end ---- */

static void without_a_verified_image_there_are_no_application_logins(void **state)
{
    static const char *const names[] = {NULL, "none", "application"};
    tps_veneer_call c = {.op = TPS_VENEER_CONNECT, .method = TPSC_LOGIN_APPLICATION};

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(names); i++) {
        w->device->handover.images[1].is_running = i % 2 == 0;
        w->device->handover.images[1].is_signed = i % 2 != 0;
        tps_gateway_finish(&w->gateway);
        assert_int_equal(tps_gateway_init(&w->gateway, &w->component, &w->memory, names[i / 2]), TPS_OK);
        assert_int_equal(call(c), TPSC_ERROR_ACCESS_DENIED);
    }
}

static void the_start_of_the_image_is_counted(void **state)
{
    size_t count = 0;
    const tps_application *started = tps_component_applications(&w->component, &count);

    (void)state;
    assert_int_equal(count, 1);
    assert_memory_equal(started->digest, w->device->handover.images[1].digest, 32);
    w->component.applications_count = TPS_COMPONENT_APPLICATIONS_MAX;
    memset(w->component.applications, 0x11, sizeof(w->component.applications));
    assert_int_equal(tps_gateway_init(&w->gateway, &w->component, &w->memory, "application"),
                     TPS_COMPONENT_FULL);
}

static void the_end_closes_every_session(void **state)
{
    static const uint8_t zeros[sizeof(tps_gateway_connection)];

    (void)state;
    (void)open_probe(connect_as(TPSC_LOGIN_PUBLIC));
    tps_gateway_finish(&w->gateway);

    assert_int_equal(w->closed, 2);
    assert_memory_equal(&w->gateway.connections[0], zeros, sizeof(zeros));
    assert_int_equal(tps_gateway_init(&w->gateway, &w->component, &w->memory, NULL), TPS_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, worlds_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_is_answered),
        TEST(services_are_listed),
        TEST(a_message_may_lie_in_memory_that_is_read_only),
        TEST(a_message_may_lie_where_its_answer_goes),
        TEST(more_room_than_a_message_can_have_is_used_up_to_that),
        TEST(too_little_room_tells_what_is_needed_and_writes_nothing),
        TEST(a_descriptor_in_foreign_memory_is_not_looked_at),
        TEST(an_answer_never_goes_to_foreign_memory),
        TEST(a_message_is_never_read_from_foreign_memory),
        TEST(sizes_that_no_message_has_are_refused),
        TEST(an_answer_does_not_go_onto_its_descriptor),
        TEST(every_byte_is_read_once_and_what_was_read_counts),
        TEST(what_changes_during_the_call_changes_nothing),
        TEST(memory_taken_away_during_the_call_is_not_written),
        TEST(what_could_not_be_told_is_undone),
        TEST(an_answer_that_failed_is_not_seen),
        TEST(nothing_of_a_call_stays_in_secure_memory),
        TEST(a_call_within_a_call_is_busy_and_not_read),
        TEST(what_is_not_known_is_not_supported),
        TEST(a_session_belongs_to_its_connection),
        TEST(a_connection_takes_its_sessions_with_it),
        TEST(a_flood_of_connections_ends_and_leaves_room_when_they_do),
        TEST(a_flood_of_sessions_ends_and_leaves_room_when_they_do),
        TEST(one_user_does_not_shut_the_other_out),
        TEST(names_of_connections_go_round_without_0_and_without_those_in_use),
        TEST(privileged_code_logs_in_as_all_that_its_world_can_be),
        TEST(code_without_privilege_logs_in_as_another_user_and_never_as_the_image),
        TEST(a_connection_of_the_other_user_does_not_exist),
        TEST(a_session_of_the_other_user_is_not_reached_either),
        TEST(without_a_verified_image_there_are_no_application_logins),
        TEST(the_start_of_the_image_is_counted),
        TEST(the_end_closes_every_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
