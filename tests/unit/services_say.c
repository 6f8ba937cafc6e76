/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services_say.h"

asker as_user(uint32_t uid)
{
    return (asker){.login = user(uid)};
}

asker as_application(uint8_t first)
{
    return (asker){.login = {.method = TPSC_LOGIN_APPLICATION, .application = {first, 0xaa}}};
}

asker as_provider(uint32_t uid, const uint8_t provider[32])
{
    return (asker){.login = user(uid), .provider = provider};
}

/* ---- messages ---- */

tps_cbor_writer say(uint64_t tag, uint64_t members)
{
    static uint8_t bytes[3 * TPS_VAULT_VALUE_MAX];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

    tps_cbor_put_tag(&w, tag);
    tps_cbor_put_map(&w, members);
    return w;
}

void say_uint(tps_cbor_writer *w, uint64_t key, uint64_t value)
{
    tps_cbor_put_uint(w, key);
    tps_cbor_put_uint(w, value);
}

void say_bytes(tps_cbor_writer *w, uint64_t key, tps_span value)
{
    tps_cbor_put_uint(w, key);
    tps_cbor_put_bytes(w, value);
}

void say_text(tps_cbor_writer *w, uint64_t key, const char *value)
{
    tps_cbor_put_uint(w, key);
    tps_cbor_put_text(w, value);
}

/* ---- sessions ---- */

static uint32_t open_session(device *d, const tps_service *service, const asker *who)
{
    TPSC_ServiceIdentifier services[TPS_COMPONENT_SERVICES_MAX];
    uint32_t session = 0;
    size_t count;

    assert_int_equal(tps_component_discover(&d->component, services, TPS_COMPONENT_SERVICES_MAX, &count),
                     TPS_OK);
    for (size_t i = 0; i < count; i++) {
        if (memcmp(&services[i].service_id, &service->id, sizeof(TPSC_UUID)) == 0) {
            assert_int_equal(
                tps_component_open(&d->component, 1, &who->login, &services[i].service_instance, &session),
                TPS_OK);
        }
    }
    assert_int_not_equal(session, 0);
    return session;
}

/* What the message of spec/session.cddl does to a session, without its rules, which are tested elsewhere. */
static void bind_session(device *d, uint32_t session, const uint8_t *provider)
{
    for (size_t i = 0; i < TPS_COMPONENT_SESSIONS_MAX; i++) {
        tps_session *entry = &d->component.sessions[i];

        if (entry->service != NULL && entry->id == session && provider != NULL) {
            entry->binding.mode = TPS_MODE_PAIRWISE;
            memcpy(entry->binding.provider, provider, sizeof(entry->binding.provider));
        }
    }
}

tps_status try_send(device *d, const tps_service *service, asker who, const tps_cbor_writer *w, tps_buf room,
                    tps_span *answer)
{
    uint32_t session = open_session(d, service, &who);
    tps_span message;
    size_t size;
    tps_status status;

    bind_session(d, session, who.provider);
    assert_int_equal(tps_cbor_writer_finish(w, &message), TPS_OK);
    status = tps_component_execute(&d->component, 1, session, message, room, &size, NULL);
    *answer = tps_span_make(room.data, size);
    assert_int_equal(tps_component_close(&d->component, 1, session), TPS_OK);
    return status;
}

tps_span send(device *d, const tps_service *service, asker who, const tps_cbor_writer *w)
{
    static uint8_t room[16384];
    tps_span answer;

    assert_int_equal(try_send(d, service, who, w, TPS_BUF_OF(room), &answer), TPS_OK);
    assert_int_equal(tps_cbor_check(answer, &tps_cbor_limits_message, NULL, NULL), TPS_OK);
    return answer;
}

/* ---- answers ---- */

static bool find(tps_span answer, uint64_t key, tps_cbor_reader *value)
{
    tps_cbor_reader r = tps_cbor_reader_init(answer);
    tps_cbor_list map;
    bool is_found = false;

    (void)tps_cbor_get_tag(&r);
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        if (tps_cbor_get_uint(&r) == key) {
            *value = r;
            is_found = true;
        }
        (void)tps_cbor_skip(&r);
    }
    assert_int_equal(r.status, TPS_OK);
    return is_found;
}

bool has(tps_span answer, uint64_t key)
{
    tps_cbor_reader value;

    return find(answer, key, &value);
}

uint64_t number(tps_span answer, uint64_t key)
{
    tps_cbor_reader value;
    uint64_t found;

    assert_true(find(answer, key, &value));
    found = tps_cbor_get_uint(&value);
    assert_int_equal(value.status, TPS_OK);
    return found;
}
