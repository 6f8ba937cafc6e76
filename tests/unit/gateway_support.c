/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway_support.h"

enum { FILL = 0xa5 };

two_worlds *w;

/* ---- memory ---- */

static bool is_in(uintptr_t address, size_t size, uintptr_t start, size_t length)
{
    return address >= start && size <= length && address - start <= length - size;
}

static bool is_taken(uintptr_t address, size_t size)
{
    return w->world.judged > w->world.taken_after && w->world.taken_size > 0 &&
           address < w->world.taken + w->world.taken_size && w->world.taken < address + size;
}

static bool is_ram(uintptr_t address, size_t size)
{
    assert_true(size > 0);
    assert_true(size - 1 <= UINTPTR_MAX - address); /* as gateway.h says */
    w->world.judged++;
    return is_in(address, size, RAM, RAM_SIZE) && !is_taken(address, size);
}

static bool world_read(void *context, uintptr_t address, tps_buf out)
{
    assert_ptr_equal(context, w);
    if (!is_ram(address, out.size) && !is_in(address, out.size, CODE, CODE_SIZE)) {
        return false;
    }
    for (size_t i = 0; i < out.size; i++) {
        assert_int_equal(w->world.reads[address + i]++, 0); /* once */
        out.data[i] = w->world.bytes[address + i];
        w->world.bytes[address + i] ^= w->world.changes ? 0xff : 0;
    }
    return true;
}

static bool world_may_write(void *context, uintptr_t address, size_t size)
{
    assert_ptr_equal(context, w);
    return is_ram(address, size);
}

static bool world_write(void *context, uintptr_t address, tps_span bytes)
{
    assert_ptr_equal(context, w);
    if (!is_ram(address, bytes.size)) {
        return false;
    }
    memcpy(w->world.bytes + address, bytes.data, bytes.size);
    return true;
}

static bool world_is_privileged(void *context)
{
    assert_ptr_equal(context, w);
    return !w->world.is_unprivileged;
}

bool is_untouched(uintptr_t address, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (w->world.bytes[address + i] != FILL) {
            return false;
        }
    }
    return true;
}

/* ---- the service ---- */

static tps_status probe_handle(tps_request *request, tps_error *why)
{
    tps_cbor_writer writer;

    (void)why;
    switch (request->tag) {
    case PROBE_ECHO: break;
    case PROBE_FAIL:
        memset(request->response.data, 0x77, request->response.size);
        return TPS_COMPONENT_DENIED;
    case PROBE_CALL:
        memset(w->world.reads, 1, sizeof(w->world.reads)); /* reading anything now fails the test */
        w->again = tps_gateway_call(&w->gateway, CALL);
        break;
    case PROBE_TAKE:
        w->world.taken = w->taken_next;
        w->world.taken_size = w->taken_next_size;
        break;
    case PROBE_CHANGE: memset(w->world.bytes + RAM, 0x11, RAM_SIZE); break;
    default: return TPS_COMPONENT_BAD_MESSAGE;
    }
    writer = tps_response_begin(request);
    tps_cbor_put_raw(&writer, request->body);
    return tps_response_end(request, &writer);
}

static void probe_close(tps_component *component, void *state, tps_session *session)
{
    (void)component;
    (void)state;
    (void)session;
    w->closed++;
}

static const uint32_t all_logins[] = {TPSC_LOGIN_PUBLIC,
                                      TPSC_LOGIN_USER,
                                      TPSC_LOGIN_GROUP,
                                      TPSC_LOGIN_APPLICATION,
                                      TPSC_LOGIN_USER_APPLICATION,
                                      TPSC_LOGIN_GROUP_APPLICATION};
static const tps_service probe = {.id = {{0x77}},
                                  .name = "probe",
                                  .logins = all_logins,
                                  .logins_count = sizeof(all_logins) / sizeof(all_logins[0]),
                                  .features = {(const uint8_t *)"\xa0", 1},
                                  .handle = probe_handle,
                                  .close = probe_close};
static const tps_service_slot slots[] = {{&probe, NULL, 0}, {&tps_counters_service, NULL, 0}};

/* ---- beginning and end ---- */

static void count_log(void *context, uint32_t level, const char *text, tps_status status)
{
    (void)context;
    (void)level;
    (void)status;
    w->told += strstr(text, "not its own") != NULL ? 1 : 0;
}

int worlds_begin(void **state)
{
    static const TPSC_UUID type = TPSC_UUID_SC_TYPE_INSECURE_TEST;

    (void)state;
    w = calloc(1, sizeof(*w));
    assert_non_null(w);
    memset(w->world.bytes, FILL, sizeof(w->world.bytes));
    w->memory = (tps_gateway_memory){w, world_read, world_may_write, world_write, world_is_privileged};
    w->device = device_new();
    w->device->platform.log = count_log;
    assert_int_equal(tps_boot(&w->device->platform, &w->device->handover, NULL), TPS_OK);
    assert_int_equal(
        tps_component_init(&w->component, &w->device->platform, &w->device->handover, type, slots, 2, NULL),
        TPS_OK);
    assert_int_equal(tps_gateway_init(&w->gateway, &w->component, &w->memory, "application"), TPS_OK);
    return 0;
}

int worlds_end(void **state)
{
    (void)state;
    tps_gateway_finish(&w->gateway);
    tps_component_finish(&w->component);
    device_free(w->device);
    free(w);
    return 0;
}

/* ---- calls ---- */

uint32_t call_at(uintptr_t address, tps_veneer_call c)
{
    bool is_inside = is_in(address, sizeof(c), 0, SPACE);
    uint32_t result;

    c.version = c.version == 0 ? TPS_VENEER_VERSION : c.version;
    if (is_inside) {
        memcpy(w->world.bytes + address, &c, sizeof(c));
    }
    memset(w->world.reads, 0, sizeof(w->world.reads));
    w->world.judged = 0;
    result = tps_gateway_call(&w->gateway, address);
    if (is_inside) {
        memcpy(&w->returned, w->world.bytes + address, sizeof(w->returned));
    }
    return result;
}

uint32_t call(tps_veneer_call c)
{
    return call_at(CALL, c);
}

uint32_t connect_as(uint32_t method)
{
    assert_int_equal(call((tps_veneer_call){.op = TPS_VENEER_CONNECT, .method = method}), TPSC_SUCCESS);
    assert_int_not_equal(w->returned.connection, 0);
    return w->returned.connection;
}

uint32_t open_probe(uint32_t connection)
{
    memcpy(w->world.bytes + SEND, &w->component.instances[0], sizeof(TPSC_UUID));
    assert_int_equal(
        call((tps_veneer_call){
            .op = TPS_VENEER_OPEN, .connection = connection, .send = SEND, .send_size = sizeof(TPSC_UUID)}),
        TPSC_SUCCESS);
    assert_int_not_equal(w->returned.session, 0);
    return w->returned.session;
}

uint32_t put_message(unsigned int tag, size_t bytes)
{
    uint8_t *to = w->world.bytes + SEND;

    *to++ = (uint8_t)(0xc0 + tag);
    *to++ = 0x59;
    *to++ = (uint8_t)(bytes >> 8);
    *to++ = (uint8_t)bytes;
    memset(to, 0x42, bytes);
    return (uint32_t)bytes + 4;
}
