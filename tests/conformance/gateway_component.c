/* SPDX-License-Identifier: Apache-2.0 */
/* A microcontroller in one process, for examples/ram_component's main(): TPSC_*, the connector to a secure
 * world, the veneer, the gateway, the component. Both worlds share this process's memory, but for what
 * belongs to the gateway and the component: that the other world may not name. */
#include "component.h"

#include "component/boot/boot.h"
#include "component/core/veneer.h"
#include "platform/trustzone_m/gateway.h"
#include "platform/trustzone_m/services.h"
#include "tps/connector_trustzone_m.h"

/** What the secure world owns. */
static struct {
    tps_component component;
    tps_handover handover;
    tps_gateway gateway;
} secure;

static bool is_ours(uintptr_t address, size_t size)
{
    uintptr_t start = (uintptr_t)&secure;

    return address < start + sizeof secure && start < address + size;
}

static bool read_once(void *context, uintptr_t address, tps_buf out)
{
    (void)context;
    if (is_ours(address, out.size)) {
        return false;
    }
    memcpy(out.data, (const void *)address, out.size);
    return true;
}

static bool may_write(void *context, uintptr_t address, size_t size)
{
    (void)context;
    return !is_ours(address, size);
}

static bool write_out(void *context, uintptr_t address, tps_span bytes)
{
    if (!may_write(context, address, bytes.size)) {
        return false;
    }
    memcpy((void *)address, bytes.data, bytes.size);
    return true;
}

static bool is_privileged(void *context)
{
    (void)context;
    return true; /* ram_component_caller() says so, too */
}

static const tps_gateway_memory memory = {NULL, read_once, may_write, write_out, is_privileged};

uint32_t tps_veneer(tps_veneer_call *call)
{
    return tps_gateway_call(&secure.gateway, (uintptr_t)call);
}

tps_status ram_component_start(const tps_platform *platform, tps_error *why)
{
    static const TPSC_UUID type = TPSC_UUID_SC_TYPE_INSECURE_TEST;
    tps_status status = tps_boot(platform, &secure.handover, why);

    if (status == TPS_OK) {
        status = tps_component_init(&secure.component, platform, &secure.handover, type,
                                    tps_trustzone_m_services, tps_trustzone_m_services_count, why);
    }
    if (status == TPS_OK) {
        status = tps_boot_accept(platform, &secure.handover);
    }
    if (status == TPS_OK) {
        status = tps_gateway_init(&secure.gateway, &secure.component, &memory, "application");
    }
    if (status != TPS_OK) {
        tps_handover_wipe(&secure.handover);
    }
    return status;
}

void ram_component_stop(void)
{
    tps_gateway_finish(&secure.gateway);
    tps_component_finish(&secure.component);
    tps_handover_wipe(&secure.handover);
}

tps_login ram_component_caller(void)
{
    return (tps_login){.uid = TPS_GATEWAY_UID, .gid = TPS_GATEWAY_GID};
}

const TPSC_Connector2 *ram_component_connector(void)
{
    return tps_connector_trustzone_m_table();
}
