/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services_session.h"

static uint8_t sent[TPS_COMPONENT_MESSAGE_MAX];
static tps_cbor_writer writer;
static uint8_t received[32768];

tps_login administrator(void)
{
    return (tps_login){.method = TPSC_LOGIN_USER, .uid = 0};
}

tps_login somebody(void)
{
    return (tps_login){.method = TPSC_LOGIN_USER, .uid = 1000};
}

uint32_t open_session(device *d, const tps_service *service, tps_login login)
{
    TPSC_ServiceIdentifier services[TPS_COMPONENT_SERVICES_MAX];
    size_t count;
    uint32_t session = 0;

    assert_int_equal(tps_component_discover(&d->component, services, TPS_COMPONENT_SERVICES_MAX, &count),
                     TPS_OK);
    for (size_t i = 0; i < count; i++) {
        if (memcmp(&services[i].service_id, &service->id, sizeof(TPSC_UUID)) == 0) {
            assert_int_equal(
                tps_component_open(&d->component, 1, &login, &services[i].service_instance, &session),
                TPS_OK);
        }
    }
    assert_true(session != 0);
    return session;
}

void close_session(device *d, uint32_t session)
{
    assert_int_equal(tps_component_close(&d->component, 1, session), TPS_OK);
}

tps_cbor_writer *message(uint64_t tag, uint64_t members)
{
    writer = tps_cbor_writer_init(TPS_BUF_OF(sent));
    tps_cbor_put_tag(&writer, tag);
    tps_cbor_put_map(&writer, members);
    return &writer;
}

void put_bytes(uint64_t key, tps_span bytes)
{
    tps_cbor_put_uint(&writer, key);
    tps_cbor_put_bytes(&writer, bytes);
}

void put_text(uint64_t key, const char *text)
{
    tps_cbor_put_uint(&writer, key);
    tps_cbor_put_text(&writer, text);
}

void put_uint(uint64_t key, uint64_t value)
{
    tps_cbor_put_uint(&writer, key);
    tps_cbor_put_uint(&writer, value);
}

tps_status try_send(device *d, uint32_t session, size_t room, tps_span *answer)
{
    size_t size = 0;
    tps_span encoded;
    tps_status status;

    assert_true(room <= sizeof(received));
    assert_int_equal(tps_cbor_writer_finish(&writer, &encoded), TPS_OK);
    status =
        tps_component_execute(&d->component, 1, session, encoded, (tps_buf){received, room}, &size, NULL);
    *answer = tps_span_make(received, size);
    return status;
}

tps_span send_message(device *d, uint32_t session)
{
    tps_span answer;

    assert_int_equal(try_send(d, session, sizeof(received), &answer), TPS_OK);
    assert_int_equal(tps_cbor_check(answer, &tps_cbor_limits_message, NULL, NULL), TPS_OK);
    return answer;
}

void send_expecting(device *d, uint32_t session, uint64_t error)
{
    assert_int_equal(error_of(send_message(d, session)), error);
}

uint64_t number(tps_span answer, uint64_t key)
{
    tps_cbor_reader r = tps_cbor_reader_init(answer);
    tps_cbor_list map;
    uint64_t found = 0;
    bool is_there = false;

    (void)tps_cbor_get_tag(&r);
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        if (tps_cbor_get_uint(&r) != key) {
            (void)tps_cbor_skip(&r);
            continue;
        }
        is_there = true;
        found =
            tps_cbor_peek(&r) == TPS_CBOR_UINT ? tps_cbor_get_uint(&r) : (tps_cbor_get_bool(&r) ? 1u : 0u);
    }
    assert_int_equal(r.status, TPS_OK);
    assert_true(is_there);
    return found;
}

bool tells_feature(device *d, const tps_service *service, int64_t wanted)
{
    tps_login login = somebody();
    tps_cbor_reader r = tps_cbor_reader_init(member(ask_hex(d, service, &login, "c1a0"), 0x80));
    tps_cbor_list map = tps_cbor_enter_map(&r);
    tps_cbor_list list;
    bool is_there = false;

    assert_true(tps_cbor_next(&r, &map));
    assert_int_equal(tps_cbor_get_uint(&r), 1);
    list = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &list)) {
        is_there = tps_cbor_get_int(&r) == wanted || is_there;
    }
    return is_there;
}

size_t room_for(device *d, uint32_t session)
{
    tps_span answer;

    assert_int_equal(try_send(d, session, 0, &answer), TPS_BUFFER_TOO_SMALL);
    assert_true(answer.size > 0);
    return answer.size;
}

/* One try; true if nothing went wrong any more. */
static bool try_with_cut(const power_test *test, unsigned step, uint32_t pattern)
{
    device *d = test->make();
    uint32_t session = test->prepare(d);
    tps_span answer;
    tps_status status;
    bool is_over;

    flash_cut(&d->flash, step, pattern);
    status = try_send(d, session, sizeof(received), &answer);
    is_over = !d->flash.is_off;
    flash_power_on(&d->flash);
    device_start(d);
    test->check(d, status == TPS_OK && error_of(answer) == 0);
    device_free(d);
    return is_over;
}

void cut_power_at_every_step(const power_test *test)
{
    bool is_judged = getenv("TPS_SECRETS") != NULL; /* by tests/secrets, a hundred times slower: then fewer */

    for (uint32_t pattern = 0; pattern < (is_judged ? 1 : CUT_PATTERNS); pattern++) {
        unsigned step = 1;

        while (!try_with_cut(test, step, pattern)) {
            step += is_judged ? 11 : 1;
            assert_true(step < 500);
        }
        assert_true(step > 1);
    }
}

void fail_every_call(const power_test *test)
{
    for (unsigned n = 1;; n++) {
        device *d = test->make();
        uint32_t session = test->prepare(d);
        tps_span answer;
        tps_status status;
        bool has_failed;

        d->calls = 0;
        d->fail_at = n;
        status = try_send(d, session, sizeof(received), &answer);
        has_failed = d->calls >= n;
        d->fail_at = 0;
        device_start(d);
        test->check(d, status == TPS_OK && error_of(answer) == 0);
        device_free(d);
        if (!has_failed) {
            return;
        }
        assert_true(n < 500);
    }
}

void bind_session(device *d, uint32_t session, uint32_t mode, const uint8_t provider[32])
{
    message(9, 2);
    put_uint(1, mode);
    put_bytes(2, tps_span_make(provider, 32));
    send_expecting(d, session, 0);
}

uint32_t confirm_step(device *d, uint64_t step, const uint8_t nonce[32])
{
    uint32_t session = open_session(d, &tps_lifecycle_service, administrator());
    uint8_t room[160];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    uint8_t challenge[32];
    tps_digest digest;

    message(11, 1);
    put_uint(1, step);
    memcpy(challenge, member(send_message(d, session), 1).data, 32);
    tps_cbor_put_array(&w, 4);
    tps_cbor_put_text(&w, TPS_LIFECYCLE_LABEL);
    tps_cbor_put_uint(&w, step);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(challenge));
    tps_cbor_put_bytes(&w, tps_span_make(nonce, 32));
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(room, w.size), &digest), TPS_OK);
    message(12, 3);
    put_uint(1, step);
    put_bytes(2, tps_span_make(digest.bytes, 32));
    put_bytes(3, tps_span_make(nonce, 32));
    return session;
}
