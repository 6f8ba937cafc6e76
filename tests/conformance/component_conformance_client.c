/* SPDX-License-Identifier: Apache-2.0 */
/* What every component and connector must do whatever its services are: discovery, sessions, message buffers.
 */
#include <string.h>

#include "component_conformance.h"

enum { SERVICES = 64, SESSIONS = 64 };

static TPSC_ServiceSelector any_service(void)
{
    return (TPSC_ServiceSelector){.service_version_range = TPSC_SERVICE_RANGE_ANY};
}

static bool same_uuid(const TPSC_UUID *a, const TPSC_UUID *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static void discovery(conformance *c)
{
    static TPSC_ServiceIdentifier found[SERVICES];
    static TPSC_ServiceIdentifier again[SERVICES];
    TPSC_ServiceSelector selector = any_service();
    size_t count = SERVICES;
    size_t count_again = SERVICES;
    size_t few = 0;
    bool good;

    good = TPSC_ServiceDiscovery(&selector, &count, found) == TPSC_SUCCESS && count > 0;
    (void)conformance_line(c, good, "discovery lists services", NULL);
    good = good && TPSC_ServiceDiscovery(&selector, &count_again, again) == TPSC_SUCCESS &&
           count == count_again && memcmp(found, again, count * sizeof found[0]) == 0;
    (void)conformance_line(c, good, "and the same ones when asked again", NULL);
    good = TPSC_ServiceDiscovery(&selector, &few, NULL) == TPSC_ERROR_SHORT_BUFFER && few == count;
    (void)conformance_line(c, good, "without room it tells how many there are", NULL);
    good = true;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            good = good && !same_uuid(&found[i].service_instance, &found[j].service_instance);
        }
        selector = any_service();
        selector.service_id = found[i].service_id;
        selector.secure_component_instance = found[i].secure_component_instance;
        few = 1;
        good = good && TPSC_ServiceDiscovery(&selector, &few, again) == TPSC_SUCCESS && few == 1 &&
               same_uuid(&again[0].service_instance, &found[i].service_instance);
    }
    (void)conformance_line(c, good, "each service has an instance of its own, and is found by its type",
                           NULL);
    c->identifier = found[0];
}

static void opening(conformance *c)
{
    TPSC_UUID unknown = {{1, 2, 3}};
    TPSC_UUID nil = TPSC_UUID_NIL;
    TPSC_ConnectionData foreign = {.tag = TPSC_CONNECTIONDATA_GID, {.gid = 4294967000u}};
    const TPSC_UUID *known = &c->identifier.service_instance;
    TPSC_Session s;

    (void)conformance_line(
        c,
        TPSC_OpenSession(&unknown, TPSC_LOGIN_PUBLIC, NULL, &s) == TPSC_ERROR_BAD_IDENTIFIER &&
            TPSC_OpenSession(&nil, TPSC_LOGIN_PUBLIC, NULL, &s) == TPSC_ERROR_BAD_IDENTIFIER,
        "an instance that is not there is BAD_IDENTIFIER", NULL);
    (void)conformance_line(c,
                           TPSC_OpenSession(known, 3, NULL, &s) == TPSC_ERROR_BAD_FORMAT &&
                               TPSC_OpenSession(known, 77, NULL, &s) == TPSC_ERROR_BAD_FORMAT &&
                               TPSC_OpenSession(known, TPSC_LOGIN_GROUP, NULL, &s) == TPSC_ERROR_BAD_FORMAT,
                           "a login that is none, or lacks its group, is BAD_FORMAT", NULL);
    (void)conformance_line(
        c, TPSC_OpenSession(known, TPSC_LOGIN_GROUP, &foreign, &s) == TPSC_ERROR_ACCESS_DENIED,
        "a group that the caller is not in is ACCESS_DENIED", NULL);
}

static void sessions(conformance *c)
{
    TPSC_Session s = {0};
    TPSC_Session copy;
    bool good;

    good = conformance_open_any(c, &s) && conformance_ask(c, &s, "1({})", CONFORMANCE_ROOM) == TPSC_SUCCESS;
    (void)conformance_line(c, good, "a session opens and answers", NULL);
    copy = s;
    good = TPSC_CloseSession(&s) == TPSC_SUCCESS && TPSC_CloseSession(&s) == TPSC_ERROR_BAD_STATE &&
           TPSC_CloseSession(&copy) == TPSC_ERROR_BAD_STATE &&
           conformance_ask(c, &copy, "1({})", CONFORMANCE_ROOM) == TPSC_ERROR_BAD_STATE;
    (void)conformance_line(c, good, "a closed session is BAD_STATE, through a copy, too", NULL);
}

static void sessions_are_bounded(conformance *c)
{
    static TPSC_Session all[SESSIONS];
    TPSC_Session one;
    size_t open = 0;
    bool good;

    while (open < SESSIONS && conformance_open_any(c, &all[open])) {
        open++;
    }
    good = open > 0 && conformance_ask(c, &all[0], "1({})", CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           conformance_ask(c, &all[open - 1], "1({})", CONFORMANCE_ROOM) == TPSC_SUCCESS;
    while (open > 0) {
        good = TPSC_CloseSession(&all[--open]) == TPSC_SUCCESS && good;
    }
    good = conformance_open_any(c, &one) && TPSC_CloseSession(&one) == TPSC_SUCCESS && good;
    (void)conformance_line(c, good, "as many sessions as there may be work, and their room comes back", NULL);
}

static void buffers(conformance *c)
{
    TPSC_Session s = {0};
    static const uint8_t features[] = {0xc1, 0xa0};
    size_t needed;
    bool good = conformance_open_any(c, &s) &&
                conformance_send(c, &s, features, sizeof features, 1) == TPSC_ERROR_SHORT_BUFFER;

    needed = c->response_size;
    good = good && needed > 1 &&
           conformance_send(c, &s, features, sizeof features, needed - 1) == TPSC_ERROR_SHORT_BUFFER &&
           conformance_send(c, &s, features, sizeof features, needed) == TPSC_SUCCESS &&
           c->response_size == needed;
    (void)conformance_line(c, good, "SHORT_BUFFER tells the size with which it works, and no less", NULL);
    memset(c->request, 0, sizeof c->request);
    c->request[0] = 0xca;
    c->request[1] = 0x59; /* a byte string of all the room that is left */
    c->request[2] = 0xff;
    c->request[3] = 0xfc;
    good =
        conformance_send(c, &s, c->request, sizeof c->request, CONFORMANCE_ROOM) == TPSC_ERROR_BAD_FORMAT &&
        conformance_ask(c, &s, "1({})", CONFORMANCE_ROOM) == TPSC_SUCCESS;
    (void)conformance_line(c, good, "the largest message is carried, and refused by its content", NULL);
    (void)TPSC_CloseSession(&s);
}

/* ---- cancelling ---- */

/** A component whose calls run to their end says so; else it is another thread that cancels. */
static void cancelling(conformance *c)
{
    static const char name[] = "executions are cancelled";
    TPSC_MessageBuffer idle;
    uint8_t room[8];
    uint32_t result;

    (void)TPSC_InitializeTransaction(&idle, room, sizeof room);
    result = TPSC_CancelTransaction(&idle);
    (void)conformance_line(
        c, result == TPSC_ERROR_BAD_STATE || result == TPSC_ERROR_NOT_SUPPORTED,
        "a cancel where nothing executes is BAD_STATE, or NOT_SUPPORTED where nothing can be",
        conformance_result_name(result));
    if (result == TPSC_ERROR_NOT_SUPPORTED) {
        conformance_skip(c, name, "the connector says NOT_SUPPORTED: every call runs to its end");
    } else if (c->options.cancelling == NULL) {
        conformance_skip(c, name, "there is one thread");
    } else {
        c->options.cancelling(c);
    }
}

void conformance_client(conformance *c)
{
    discovery(c);
    opening(c);
    sessions(c);
    sessions_are_bounded(c);
    buffers(c);
    cancelling(c);
}
