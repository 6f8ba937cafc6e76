/* SPDX-License-Identifier: Apache-2.0 */
/* What the non-secure world may call: one descriptor after the other, 16 bytes of the input each, over memory
 * that holds the input. Whatever they say, no byte is read twice or from elsewhere, none is written
 * elsewhere, an answer that is no success leaves nothing behind, and no user makes or ends a connection of
 * the other. */
#include "platform/trustzone_m/gateway.h"
#include "component/services/rot13.h"
#include "device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Addresses of the other world's memory, which is somewhere else on the host. */
enum { RAM = 0x20000, RAM_SIZE = 0x4000, CALL = RAM + 0x3f00, CALL_SIZE = 16 };

static struct {
    uint8_t bytes[RAM_SIZE];
    uint8_t before[RAM_SIZE];
    uint8_t reads[RAM_SIZE];
    bool is_written;
    bool is_privileged;
    uintptr_t call;
} ram;

static tps_component component;
static tps_handover handover = {.s0 = {1}};
static const tps_service_slot slots[] = {{&tps_rot13_service, NULL, 0}};
static tps_gateway gateway;

static bool is_inside(uintptr_t address, size_t size)
{
    return address >= RAM && size <= RAM_SIZE && address - RAM <= RAM_SIZE - size;
}

static bool is_ram(uintptr_t address, size_t size)
{
    must(size > 0 && size - 1 <= UINTPTR_MAX - address); /* as gateway.h promises */
    return is_inside(address, size);
}

/* A message may lie over its descriptor; only then are bytes read as both. */
static bool is_call(uintptr_t address)
{
    return address >= ram.call && address - ram.call < sizeof(tps_veneer_call);
}

static bool read_ram(void *context, uintptr_t address, tps_buf out)
{
    (void)context;
    for (size_t i = 0; i < out.size && is_ram(address, out.size); i++) {
        must(ram.reads[address - RAM + i]++ == 0 || is_call(address + i));
        out.data[i] = ram.bytes[address - RAM + i];
    }
    return is_ram(address, out.size);
}

static bool may_write(void *context, uintptr_t address, size_t size)
{
    (void)context;
    return is_ram(address, size);
}

static bool write_ram(void *context, uintptr_t address, tps_span bytes)
{
    (void)context;
    must(is_ram(address, bytes.size)); /* it was judged before */
    memcpy(ram.bytes + (address - RAM), bytes.data, bytes.size);
    ram.is_written = true;
    return true;
}

static bool is_privileged(void *context)
{
    (void)context;
    return ram.is_privileged;
}

static const tps_gateway_memory memory = {NULL, read_ram, may_write, write_ram, is_privileged};

/* An address: mostly in memory, at its ends, or nowhere. */
static uintptr_t place(uint8_t where, uint16_t offset)
{
    switch (where % 4) {
    case 0: return RAM + offset % RAM_SIZE;
    case 1: return RAM + RAM_SIZE - offset % 64;
    case 2: return RAM - offset % 64;
    default: return UINTPTR_MAX - offset;
    }
}

static tps_veneer_call make_call(const uint8_t *d)
{
    return (tps_veneer_call){
        .version = TPS_VENEER_VERSION,
        .op = d[0] & 0x7f, /* the bit beyond says who calls */
        .connection = d[1],
        .session = d[2] % 4 == 0 ? component.next_session : d[2],
        .method = d[3],
        .gid = d[4],
        .send = place(d[5], (uint16_t)(d[6] << 8 | d[7])),
        .send_size = d[8] == 0xff ? UINT32_MAX - d[9] : (uint32_t)(d[8] << 8 | d[9]),
        .receive = place(d[10], (uint16_t)(d[11] << 8 | d[12])),
        .room = d[13] == 0xff ? UINT32_MAX - d[14] : (uint32_t)(d[13] << 8 | d[14]),
    };
}

/* How many connections there are of each kind of caller. */
static size_t connections_of(uint32_t uid)
{
    size_t count = 0;

    for (size_t i = 0; i < TPS_GATEWAY_CONNECTIONS_MAX; i++) {
        count += gateway.connections[i].id != 0 && gateway.connections[i].login.uid == uid ? 1 : 0;
    }
    return count;
}

static void make_one_call(const uint8_t *d)
{
    tps_veneer_call call = make_call(d);
    uintptr_t address = d[15] == 0 ? CALL : place(d[15], d[15]);
    uint32_t other = d[0] < 0x80 ? TPS_GATEWAY_UID_UNPRIVILEGED : TPS_GATEWAY_UID;
    size_t of_other = connections_of(other);
    uint32_t result;

    if (is_inside(address, sizeof(call))) {
        memcpy(ram.bytes + (address - RAM), &call, sizeof(call));
    }
    memcpy(ram.before, ram.bytes, sizeof(ram.before));
    memset(ram.reads, 0, sizeof(ram.reads));
    ram.is_written = false;
    ram.call = address;
    ram.is_privileged = other != TPS_GATEWAY_UID;
    result = tps_gateway_call(&gateway, address);
    must(connections_of(other) == of_other);
    must(result == TPSC_SUCCESS || (result >= TPSC_ERROR_GENERIC && result <= TPSC_ERROR_BAD_STATE));
    must(result != TPSC_ERROR_BUSY);
    must(result == TPSC_SUCCESS || result == TPSC_ERROR_SHORT_BUFFER || !ram.is_written);
    if (result == TPSC_ERROR_SHORT_BUFFER) { /* the size needed, and nothing else */
        size_t at = address - RAM + offsetof(tps_veneer_call, received);

        memcpy(ram.before + at, ram.bytes + at, sizeof(call.received));
        must(memcmp(ram.before, ram.bytes, sizeof(ram.before)) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (component.platform == NULL) {
        device_erase();
        device_start(&component, &handover, slots, 1);
    }
    must(tps_gateway_init(&gateway, &component, &memory, "a") == TPS_OK);
    memset(ram.bytes, 0, sizeof(ram.bytes));
    memcpy(ram.bytes, &component.instances[0], sizeof(TPSC_UUID));
    memcpy(ram.bytes + 16, data, size < RAM_SIZE - 16 ? size : RAM_SIZE - 16);
    for (size_t at = 0; size - at >= CALL_SIZE && at < 64 * CALL_SIZE; at += CALL_SIZE) {
        make_one_call(data + at);
    }
    tps_gateway_finish(&gateway);
    for (size_t i = 0; i < TPS_COMPONENT_SESSIONS_MAX; i++) {
        must(component.sessions[i].service == NULL);
    }
    return 0;
}
