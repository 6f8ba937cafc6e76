/* SPDX-License-Identifier: Apache-2.0 */
/* The secure image's program: first stage, Root of Trust, then the application in the non-secure world. After
 * that the secure world runs in answer to calls only. */
#include "component/boot/boot.h"
#include "component/core/component.h"
#include "platform/trustzone_m/gateway.h"
#include "platform/trustzone_m/services.h"
#include "platform/trustzone_m/veneer.h"
#include "secure/application.h"
#include "secure/console.h"
#include "secure/platform.h"
#include "secure/start.h"
#include "tps/crypto.h"

static tps_trustzone_m platform;
static tps_handover handover;
static tps_component component;
static tps_gateway gateway;

/** Nothing further can be started. The console says why; the chip waits for repair, using no power. */
static noreturn void stop(const char *what, tps_status status)
{
    tps_handover_wipe(&handover);
    an505_console_line(what, status);
    for (;;) {
        __asm volatile("dsb\n\twfi" ::: "memory");
    }
}

/** The boot log, for people: a line for each image. */
static void tell_images(void)
{
    for (size_t i = 0; i < handover.image_count; i++) {
        const tps_boot_image *image = &handover.images[i];

        an505_console_put("secure: image ");
        an505_console_put(image->name);
        an505_console_put(" ");
        an505_console_put(image->version);
        an505_console_put(image->is_running ? ": verified" : ": REFUSED");
        an505_console_put_status(image->refusal);
    }
}

noreturn void an505_main(void)
{
    const uint32_t *application = NULL;
    tps_error why = {0};
    tps_status status;

    an505_console_start();
    status = an505_platform_init(&platform, &why.detail);
    if (status != TPS_OK) {
        stop(why.detail, status);
    }
    why.detail = NULL; /* what failed later is another thing */
    status = tps_boot(&platform.table, &handover, &why);
    if (status != TPS_OK) {
        stop(why.detail != NULL ? why.detail : "first stage, so nothing starts", status);
    }
    tell_images();
    status =
        tps_component_init(&component, &platform.table, &handover, (TPSC_UUID)TPSC_UUID_SC_TYPE_INSECURE_TEST,
                           tps_trustzone_m_services, tps_trustzone_m_services_count, &why);
    if (status != TPS_OK) {
        stop(why.detail != NULL ? why.detail : "component", status);
    }
    status = an505_application_load(&platform.table, &handover, &application);
    if (status != TPS_OK) {
        stop(AN505_APPLICATION " does not run", status);
    }
    status = tps_boot_accept(&platform.table, &handover); /* not before: what cannot run is never accepted */
    if (status != TPS_OK) {
        stop("accepting what runs", status);
    }
    status = tps_gateway_init(&gateway, &component, &tps_veneer_memory, AN505_APPLICATION);
    if (status != TPS_OK) {
        stop("gateway", status);
    }
    tps_veneer_open(&gateway);
    an505_console_line("INSECURE root of trust (emulator), for demonstrations: ready", TPS_OK);
    an505_start_nonsecure(application);
}
