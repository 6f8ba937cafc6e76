/* SPDX-License-Identifier: Apache-2.0 */
/* Two devices of one release, a component process on one, the same component in this process on the other,
 * and the operations that are timed on both. */
#include "bench/device.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/measure.h"
#include "component/boot/boot.h"
#include "component/core/component.h"
#include "platform/posix/posix.h"
#include "platform/posix/services.h"
#include "tps/cbor.h"
#include "tps/connector_local.h"

enum { SERVICE_ATTESTATION, SERVICE_KEY_STORE, SERVICE_STORAGE, SERVICES };

static const TPSC_UUID service_ids[SERVICES] = {
    [SERVICE_ATTESTATION] = {{0xd4, 0x12, 0xf0, 0xc7, 0x5d, 0x50, 0x5a, 0x44, 0x85, 0x41, 0xe6, 0xd9, 0x8d,
                              0x18, 0xcc, 0x3b}},
    [SERVICE_KEY_STORE] = {{0xc7, 0x94, 0xf8, 0xa8, 0x52, 0xe1, 0x57, 0x84, 0xb3, 0x41, 0x8d, 0xd1, 0xc9,
                            0x40, 0xd3, 0xa5}},
    [SERVICE_STORAGE] = {{0x34, 0x21, 0x3b, 0xc2, 0x15, 0xa1, 0x5a, 0xf6, 0xac, 0xc3, 0x3d, 0x63, 0x53, 0x63,
                          0x33, 0x8d}},
};

/** The component in this process. */
static struct {
    tps_posix posix;
    tps_handover handover;
    tps_component component;
    uint32_t sessions[SERVICES];
} inside;

/** The way to the other. */
static tps_connector_local *connector;
static TPSC_Session sessions[SERVICES];

/* ---- the messages ---- */

static size_t finish(const tps_cbor_writer *w)
{
    tps_span encoded;

    bench_require(tps_cbor_writer_finish(w, &encoded) == TPS_OK, "a message does not fit");
    return encoded.size;
}

static size_t write_attest(uint8_t *message, size_t capacity)
{
    static const uint8_t nonce[32] = {7};
    tps_cbor_writer w = tps_cbor_writer_init((tps_buf){message, capacity});

    tps_cbor_put_tag(&w, 10);
    tps_cbor_put_map(&w, 2);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(nonce));
    return finish(&w);
}

static size_t write_generate(uint8_t *message, size_t capacity)
{
    tps_cbor_writer w = tps_cbor_writer_init((tps_buf){message, capacity});

    tps_cbor_put_tag(&w, 10);
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_text(&w, "bench");
    return finish(&w);
}

static size_t write_sign(uint8_t *message, size_t capacity)
{
    static const uint8_t digest[32] = {9};
    tps_cbor_writer w = tps_cbor_writer_init((tps_buf){message, capacity});

    tps_cbor_put_tag(&w, 11);
    tps_cbor_put_map(&w, 2);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_text(&w, "bench");
    tps_cbor_put_uint(&w, 3);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(digest));
    return finish(&w);
}

/** A record of 256 bytes, sealed for whoever keeps it. */
static size_t write_seal(uint8_t *message, size_t capacity)
{
    static const uint8_t plain[256] = {11};
    tps_cbor_writer w = tps_cbor_writer_init((tps_buf){message, capacity});

    tps_cbor_put_tag(&w, 15);
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(plain));
    return finish(&w);
}

const bench_operation bench_operations[BENCH_OPERATIONS_MAX] = {
    {"attest", SERVICE_ATTESTATION, write_attest},
    {"sign", SERVICE_KEY_STORE, write_sign},
    {"seal", SERVICE_STORAGE, write_seal},
};
const size_t bench_operations_count = 3;

/** Before the others: makes what they use. */
static const bench_operation preparation[] = {{"generate", SERVICE_KEY_STORE, write_generate}};

/* ---- devices ---- */

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *format, ...)
{
    char command[1024];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    bench_require(system(command) == 0, command);
}

static void make_devices(const char *tps, const char *folder)
{
    run("head -c 4096 /dev/zero > '%s/image'", folder);
    run("'%s' factory init '%s/maker' --name Bench --demo > /dev/null", tps, folder);
    run("'%s' factory release '%s/maker' --model unit --version 1.0.0 --image '%s/image' > /dev/null", tps,
        folder, folder);
    run("'%s' factory make '%s/maker' --model unit > /dev/null", tps, folder);
    run("'%s' factory make '%s/maker' --model unit > /dev/null", tps, folder);
}

static void start_process(bench_device *device, const char *program, const char *folder)
{
    char path[200];
    char component[400];

    (void)snprintf(component, sizeof component, "%.*s/tps-component", (int)(strrchr(program, '/') - program),
                   program);
    (void)snprintf(path, sizeof path, "%s/maker/devices/unit-0001", folder);
    bench_require((size_t)snprintf(device->socket, sizeof device->socket, "%s/socket", folder) <
                      sizeof device->socket,
                  "the folder's name is too long");
    device->pid = fork();
    bench_require(device->pid >= 0, "no process");
    if (device->pid == 0) {
        int log = open("/dev/null", O_WRONLY);

        (void)dup2(log, STDERR_FILENO);
        execl(program, program, "--device", path, "--socket", device->socket, "--component", component,
              "--parent-death", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; access(device->socket, F_OK) != 0; i++) {
        bench_require(i < 500, "the component does not start");
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
}

/** The first stage stays to watch over the component: its child, whose CPU time counts. */
static pid_t find_component(pid_t first_stage)
{
    char path[64];
    char line[32] = {0};
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)first_stage, (int)first_stage);
    file = fopen(path, "r");
    bench_require(file != NULL && fgets(line, sizeof line, file) != NULL, "the first stage has no child");
    (void)fclose(file);
    return (pid_t)strtol(line, NULL, 10);
}

static void open_session(size_t service)
{
    TPSC_ServiceSelector selector = {.service_id = service_ids[service],
                                     .service_version_range = TPSC_SERVICE_RANGE_ANY};
    TPSC_ServiceIdentifier found;
    size_t count = 1;

    bench_require(TPSC_ServiceDiscovery(&selector, &count, &found) == TPSC_SUCCESS && count == 1 &&
                      TPSC_OpenSession(&found.service_instance, TPSC_LOGIN_USER, NULL, &sessions[service]) ==
                          TPSC_SUCCESS,
                  "no session");
}

static void open_sessions(const bench_device *device)
{
    bench_require(tps_connector_local_new(device->socket, &connector) == TPS_OK &&
                      tps_client_register(tps_connector_local_table(connector)) == TPSC_SUCCESS,
                  "no connector");
    for (size_t i = 0; i < SERVICES; i++) {
        open_session(i);
    }
}

void bench_device_join(const bench_operation *operation)
{
    open_session(operation->service); /* its parent's sessions stay its parent's: they are not used here */
}

static void open_inside(const char *folder)
{
    TPSC_UUID type = TPSC_UUID_SC_TYPE_INSECURE_TEST;
    tps_login login = {.method = TPSC_LOGIN_USER, .uid = getuid(), .gid = getgid()};
    char path[200];
    tps_error why = {0};

    (void)snprintf(path, sizeof path, "%s/maker/devices/unit-0002", folder);
    bench_require(tps_posix_open(&inside.posix, path, &why) == TPS_OK, "the second device cannot be opened");
    inside.posix.log_level = 0;
    bench_require(tps_posix_open_secret(&inside.posix, &why) == TPS_OK, "the second device has no secret");
    bench_require(tps_boot(&inside.posix.table, &inside.handover, &why) == TPS_OK, "no first stage");
    bench_require(tps_component_init(&inside.component, &inside.posix.table, &inside.handover, type,
                                     tps_posix_services, tps_posix_services_count, &why) == TPS_OK,
                  "the second device does not start");
    for (size_t i = 0; i < SERVICES; i++) {
        for (size_t j = 0; j < tps_posix_services_count; j++) {
            if (memcmp(&tps_posix_services[j].service->id, &service_ids[i], sizeof service_ids[i]) == 0) {
                bench_require(tps_component_open(&inside.component, 1, &login, &inside.component.instances[j],
                                                 &inside.sessions[i]) == TPS_OK,
                              "no session with the second device");
            }
        }
    }
}

void bench_device_start(bench_device *device, const char *tps, const char *component, const char *folder)
{
    make_devices(tps, folder);
    start_process(device, component, folder);
    open_sessions(device);
    device->component = find_component(device->pid);
    open_inside(folder);
    for (size_t i = 0; i < sizeof preparation / sizeof preparation[0]; i++) {
        uint8_t request[512];
        uint8_t room[512];
        size_t size = preparation[i].write(request, sizeof request);

        (void)bench_device_call(&preparation[i], request, size, room, sizeof room);
        (void)bench_device_answer(&preparation[i], request, size, room, sizeof room);
    }
}

size_t bench_device_call(const bench_operation *operation, const uint8_t *request, size_t size, uint8_t *room,
                         size_t capacity)
{
    TPSC_MessageBuffer to;
    TPSC_MessageBuffer from;

    bench_require(TPSC_InitializeTransaction(&to, (uint8_t *)(uintptr_t)request, size) == TPSC_SUCCESS &&
                      TPSC_InitializeTransaction(&from, room, capacity) == TPSC_SUCCESS,
                  "no transaction");
    to.size = size;
    bench_require(TPSC_ExecuteTransaction(&sessions[operation->service], &to, &from) == TPSC_SUCCESS,
                  operation->name);
    size = from.size;
    (void)TPSC_FinalizeTransaction(&to);
    (void)TPSC_FinalizeTransaction(&from);
    return size;
}

size_t bench_device_answer(const bench_operation *operation, const uint8_t *request, size_t size,
                           uint8_t *room, size_t capacity)
{
    size_t answered = 0;

    bench_require(tps_component_execute(&inside.component, 1, inside.sessions[operation->service],
                                        tps_span_make(request, size), (tps_buf){room, capacity}, &answered,
                                        NULL) == TPS_OK,
                  operation->name);
    return answered;
}

void bench_device_stop(bench_device *device)
{
    for (size_t i = 0; i < SERVICES; i++) {
        (void)TPSC_CloseSession(&sessions[i]);
    }
    (void)tps_client_unregister(tps_connector_local_table(connector));
    tps_connector_local_free(connector);
    kill(device->pid, SIGTERM);
    (void)waitpid(device->pid, NULL, 0);
    tps_component_finish(&inside.component);
    tps_handover_wipe(&inside.handover);
    tps_posix_close(&inside.posix);
}
