/* SPDX-License-Identifier: Apache-2.0 */
/* What every component and connector must do whatever its services are: discovery, sessions, message buffers.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>

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

/** Opens a session with any service, under any login that it takes. */
static bool open_any(conformance *c, TPSC_Session *session)
{
    return conformance_open(c, TPSC_LOGIN_USER, session) == TPSC_SUCCESS ||
           conformance_open(c, TPSC_LOGIN_PUBLIC, session) == TPSC_SUCCESS;
}

static void sessions(conformance *c)
{
    TPSC_Session s = {0};
    TPSC_Session copy;
    bool good;

    good = open_any(c, &s) && conformance_ask(c, &s, "1({})", CONFORMANCE_ROOM) == TPSC_SUCCESS;
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

    while (open < SESSIONS && open_any(c, &all[open])) {
        open++;
    }
    good = open > 0 && conformance_ask(c, &all[0], "1({})", CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           conformance_ask(c, &all[open - 1], "1({})", CONFORMANCE_ROOM) == TPSC_SUCCESS;
    while (open > 0) {
        good = TPSC_CloseSession(&all[--open]) == TPSC_SUCCESS && good;
    }
    good = open_any(c, &one) && TPSC_CloseSession(&one) == TPSC_SUCCESS && good;
    (void)conformance_line(c, good, "as many sessions as there may be work, and their room comes back", NULL);
}

static void buffers(conformance *c)
{
    TPSC_Session s = {0};
    static const uint8_t features[] = {0xc1, 0xa0};
    size_t needed;
    bool good =
        open_any(c, &s) && conformance_send(c, &s, features, sizeof features, 1) == TPSC_ERROR_SHORT_BUFFER;

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

typedef struct {
    TPSC_Session *session;
    TPSC_MessageBuffer to, from;
    uint8_t request[2];
    uint8_t room[512];
    uint32_t result;
} call;

static void *execute(void *context)
{
    call *one = context;

    one->result = TPSC_ExecuteTransaction(one->session, &one->to, &one->from);
    return NULL;
}

/** Either the cancel came in time and nothing was received, or it is BAD_STATE and the answer is whole. */
static bool cancel_one(TPSC_Session *session, unsigned int delay)
{
    call one = {.session = session, .request = {0xc1, 0xa0}};
    pthread_t thread;
    uint32_t cancelled;

    (void)TPSC_InitializeTransaction(&one.to, one.request, sizeof one.request);
    (void)TPSC_InitializeTransaction(&one.from, one.room, sizeof one.room);
    one.to.size = sizeof one.request;
    if (pthread_create(&thread, NULL, execute, &one) != 0) {
        return false;
    }
    nanosleep(&(struct timespec){0, (long)delay * 2000}, NULL);
    cancelled = TPSC_CancelTransaction(&one.from);
    (void)pthread_join(thread, NULL);
    if (cancelled == TPSC_SUCCESS) {
        return one.result == TPSC_ERROR_CANCEL && one.from.size == 0;
    }
    return cancelled == TPSC_ERROR_BAD_STATE && one.result == TPSC_SUCCESS && one.from.size > 1;
}

static void cancelling(conformance *c)
{
    TPSC_Session s = {0};
    bool good = open_any(c, &s);

    for (unsigned int i = 0; i < 100; i++) {
        good = good && cancel_one(&s, i);
    }
    (void)conformance_line(c, good, "a cancel ends in CANCEL and nothing received, or the answer is whole",
                           NULL);
    good = conformance_ask(c, &s, "1({})", CONFORMANCE_ROOM) == TPSC_SUCCESS;
    (void)conformance_line(c, good, "the session goes on after cancels, with its own answers", NULL);
    (void)TPSC_CloseSession(&s);
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
