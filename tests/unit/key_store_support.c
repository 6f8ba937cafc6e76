/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "key_store_support.h"

static void put_field(tps_cbor_writer *w, const field *f)
{
    uint64_t count = 0;

    tps_cbor_put_uint(w, f->member);
    switch (f->type) {
    case 't': tps_cbor_put_text_span(w, f->bytes); break;
    case 'n': tps_cbor_put_uint(w, f->number); break;
    case 'b': tps_cbor_put_bytes(w, f->bytes); break;
    case 'r': tps_cbor_put_raw(w, f->bytes); break;
    case 'f': tps_cbor_put_bool(w, f->number != 0); break;
    default:
        for (uint32_t op = 0; op < 32; op++) {
            count += (f->number & TPS_KEY_USE(op)) != 0 ? 1u : 0u;
        }
        tps_cbor_put_array(w, count);
        for (uint32_t op = 0; op < 32; op++) {
            if ((f->number & TPS_KEY_USE(op)) != 0) {
                tps_cbor_put_uint(w, op);
            }
        }
    }
}

static tps_span build(uint64_t tag, const field *fields, size_t count)
{
    static uint8_t message[TPS_COMPONENT_MESSAGE_MAX];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(message));
    tps_span encoded;

    tps_cbor_put_tag(&w, tag);
    tps_cbor_put_map(&w, count);
    for (size_t i = 0; i < count; i++) {
        put_field(&w, &fields[i]);
    }
    assert_int_equal(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

static void record(device *d, tps_span bytes)
{
    if (bytes.size > 0 && bytes.size <= TRACE_MAX - d->trace_size) {
        memcpy(d->trace + d->trace_size, bytes.data, bytes.size);
        d->trace_size += bytes.size;
    }
}

uint32_t key_open(device *d, const tps_login *login)
{
    TPSC_ServiceIdentifier services[TPS_COMPONENT_SERVICES_MAX];
    uint32_t session = 0;
    size_t count;

    assert_int_equal(tps_component_discover(&d->component, services, TPS_COMPONENT_SERVICES_MAX, &count),
                     TPS_OK);
    for (size_t i = 0; i < count; i++) {
        if (memcmp(&services[i].service_id, &tps_key_store_service.id, sizeof(TPSC_UUID)) == 0) {
            assert_int_equal(
                tps_component_open(&d->component, 1, login, &services[i].service_instance, &session), TPS_OK);
        }
    }
    assert_int_not_equal(session, 0);
    return session;
}

void key_close(device *d, uint32_t session)
{
    assert_int_equal(tps_component_close(&d->component, 1, session), TPS_OK);
}

tps_status key_try(device *d, uint32_t session, const tps_login *login, uint64_t tag, const field *fields,
                   size_t count, tps_buf room, tps_span *answer)
{
    uint32_t used = session != 0 ? session : key_open(d, login);
    tps_span message = build(tag, fields, count);
    size_t size = 0;
    tps_status status;

    record(d, message);
    status = tps_component_execute(&d->component, 1, used, message, room, &size, NULL);
    *answer = tps_span_make(room.data, size);
    if (status == TPS_OK) {
        record(d, *answer);
        assert_int_equal(tps_cbor_check(*answer, &tps_cbor_limits_message, NULL, NULL), TPS_OK);
    }
    if (session == 0) {
        key_close(d, used);
    }
    return status;
}

tps_span key_send(device *d, uint32_t session, const tps_login *login, uint64_t tag, const field *fields,
                  size_t count)
{
    static uint8_t room[TPS_COMPONENT_MESSAGE_MAX];
    tps_span answer;

    assert_int_equal(key_try(d, session, login, tag, fields, count, TPS_BUF_OF(room), &answer), TPS_OK);
    return answer;
}

tps_span key_copy(tps_span bytes)
{
    static uint8_t copies[4][TPS_KEY_DATA_MAX + 64];
    static size_t next;
    uint8_t *copy = copies[next++ % 4];

    assert_true(bytes.size <= sizeof(copies[0]));
    memcpy(copy, bytes.data, bytes.size);
    return tps_span_make(copy, bytes.size);
}

tps_crypto_key *key_public(device *d, const tps_login *login, const char *name)
{
    tps_crypto_key *key = NULL;
    tps_span answer = ASK(d, login, TPS_KEY_TAG_PUBLIC_KEY, NAME(name));

    assert_int_equal(error_of(answer), 0);
    assert_int_equal(tps_cose_key_read(member(answer, TPS_KEY_RESULT), &key), TPS_OK);
    return key;
}

tps_span key_wrap(device *d, const tps_login *login, const char *to, tps_span cose_key)
{
    static uint8_t room[1024];
    tps_crypto_key *peer = key_public(d, login, to);
    tps_cose_recipient recipient = {.alg = TPS_ALG_ECDH_ES_A256KW, .peer = peer};
    tps_span encoded;

    assert_int_equal(
        tps_cose_encrypt_make(cose_key, NULL, TPS_ALG_A256GCM, &recipient, 1, TPS_BUF_OF(room), &encoded),
        TPS_OK);
    tps_crypto_key_free(peer);
    return encoded;
}

tps_span key_symmetric(tps_span secret, int64_t alg, uint32_t ops)
{
    static uint8_t room[256];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    field usages = {4, 'u', ops, {NULL, 0}}; /* key_ops */
    tps_span encoded;

    tps_cbor_put_map(&w, 2u + (alg != 0 ? 1u : 0u) + (ops != 0 ? 1u : 0u));
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_uint(&w, TPS_KEY_SYMMETRIC);
    if (alg != 0) {
        tps_cbor_put_uint(&w, 3);
        tps_cbor_put_int(&w, alg);
    }
    if (ops != 0) {
        put_field(&w, &usages);
    }
    tps_cbor_put_int(&w, -1);
    tps_cbor_put_bytes(&w, secret);
    assert_int_equal(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

tps_span key_private(const tps_crypto_key *key)
{
    static uint8_t room[256];
    uint8_t public_part[256];
    uint8_t scalar[TPS_COORDINATE_SIZE_MAX];
    size_t size = tps_crypto_curve_size(tps_crypto_key_curve(key));
    tps_cbor_writer p = tps_cbor_writer_init(TPS_BUF_OF(public_part));
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_span encoded;

    assert_int_equal(tps_cose_key_put(&p, key), TPS_OK);
    assert_int_equal(tps_crypto_key_scalar(key, (tps_buf){scalar, size}), TPS_OK);
    tps_cbor_put_map(&w, (public_part[0] & 0x1fu) + 1u);
    tps_cbor_put_raw(&w, tps_span_make(public_part + 1, p.size - 1));
    tps_cbor_put_int(&w, -4);
    tps_cbor_put_bytes(&w, tps_span_make(scalar, size));
    assert_int_equal(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

tps_key_entry key_stored(device *d, const tps_login *login, const char *name)
{
    tps_session session = {.service = &tps_key_store_service, .login = *login};
    tps_key_asker asker;
    tps_key_entry entry;

    assert_int_equal(tps_key_asker_begin(&asker, &d->component, &session, &d->key_store), TPS_OK);
    assert_int_equal(tps_key_find(&asker, tps_span_of_text(name), &entry), TPS_OK);
    tps_key_asker_end(&asker);
    return entry;
}

static bool contains(tps_span bytes, tps_span part)
{
    for (size_t i = 0; i + part.size <= bytes.size; i++) {
        if (memcmp(bytes.data + i, part.data, part.size) == 0) {
            return true;
        }
    }
    return false;
}

void assert_untold(const device *d, tps_span secret)
{
    assert_true(secret.size >= 8);
    assert_true(d->trace_size > 0);
    assert_true(d->trace_size < TRACE_MAX - 2000); /* nothing was left out */
    for (size_t i = 0; i + 8 <= secret.size; i++) {
        assert_false(contains(tps_span_make(d->trace, d->trace_size), tps_span_make(secret.data + i, 8)));
    }
}
