/* SPDX-License-Identifier: Apache-2.0 */
/* What test images share: words on the line, and one message to a service. */
#include "nonsecure/ask.h"

#include "nonsecure/board.h"
#include "tps/connector_trustzone_m.h"
#include "tps/tpsc_registry.h"

const ask_service ask_storage = {"sealed-storage",
                                 TPSC_UUID_INIT(0x34, 0x21, 0x3b, 0xc2, 0x15, 0xa1, 0x5a, 0xf6, 0xac, 0xc3,
                                                0x3d, 0x63, 0x53, 0x63, 0x33, 0x8d)};
const ask_service ask_counters = {"counters", TPSC_UUID_INIT(0xaa, 0xc0, 0xaf, 0xe1, 0x6e, 0x84, 0x55, 0x92,
                                                             0xae, 0x4c, 0x23, 0x57, 0xe3, 0xa7, 0xac, 0x8f)};
const ask_service ask_keys = {"key-store", TPSC_UUID_INIT(0xc7, 0x94, 0xf8, 0xa8, 0x52, 0xe1, 0x57, 0x84,
                                                          0xb3, 0x41, 0x8d, 0xd1, 0xc9, 0x40, 0xd3, 0xa5)};
const ask_service ask_attestation = {"attestation",
                                     TPSC_UUID_INIT(0xd4, 0x12, 0xf0, 0xc7, 0x5d, 0x50, 0x5a, 0x44, 0x85,
                                                    0x41, 0xe6, 0xd9, 0x8d, 0x18, 0xcc, 0x3b)};

static uint8_t room[ASK_RESPONSE_MAX];

uint32_t ask_start(void)
{
    return tps_client_register(tps_connector_trustzone_m_table());
}

static uint32_t find(const ask_service *service, TPSC_ServiceIdentifier *found)
{
    TPSC_ServiceSelector selector = {.service_id = service->id,
                                     .service_version_range = TPSC_SERVICE_RANGE_ANY};
    size_t count = 1;
    uint32_t result = TPSC_ServiceDiscovery(&selector, &count, found);

    return result == TPSC_SUCCESS && count != 1 ? TPSC_ERROR_BAD_IDENTIFIER : result;
}

uint32_t ask_open(const ask_service *service, TPSC_Session *session)
{
    static TPSC_ServiceIdentifier found;
    uint32_t result = find(service, &found);

    return result == TPSC_SUCCESS ? TPSC_OpenSession(&found.service_instance, TPSC_LOGIN_USER, NULL, session)
                                  : result;
}

uint32_t ask_execute(const TPSC_Session *session, tps_span request, tps_span *response)
{
    TPSC_MessageBuffer to;
    TPSC_MessageBuffer from;
    uint32_t result;

    (void)TPSC_InitializeTransaction(&to, (uint8_t *)(uintptr_t)request.data, request.size);
    (void)TPSC_InitializeTransaction(&from, room, sizeof room);
    to.size = request.size;
    result = TPSC_ExecuteTransaction(session, &to, &from);
    *response = tps_span_make(room, from.size);
    (void)TPSC_FinalizeTransaction(&to);
    (void)TPSC_FinalizeTransaction(&from);
    return result;
}

uint32_t ask(const ask_service *service, tps_span request, tps_span *response)
{
    TPSC_Session session;
    uint32_t result = ask_open(service, &session);

    *response = TPS_SPAN_EMPTY;
    if (result == TPSC_SUCCESS) {
        result = ask_execute(&session, request, response);
        (void)TPSC_CloseSession(&session);
    }
    return result;
}

static void say_bytes(const void *bytes, size_t size)
{
    const uint8_t *next = bytes;

    while (size > 0) {
        size_t put = board_line_write(next, size);

        next += put;
        size -= put;
    }
}

void say(const char *text)
{
    say_bytes(text, strlen(text));
}

void say_number(uint32_t number)
{
    char digits[10];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    say_bytes(&digits[at], sizeof digits - at);
}

void say_hex(tps_span bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.size; i++) {
        char pair[2] = {digits[bytes.data[i] >> 4], digits[bytes.data[i] & 15]};

        say_bytes(pair, sizeof pair);
    }
}
