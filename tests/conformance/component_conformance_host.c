/* SPDX-License-Identifier: Apache-2.0 */
/* What the conformance program has from an operating system: standard output, a group, and a second thread,
 * which cancels what the first executes. */
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "component_conformance.h"

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

void conformance_cancelling(conformance *c)
{
    TPSC_Session s = {0};
    bool good = conformance_open_any(c, &s);

    for (unsigned int i = 0; i < 100; i++) {
        good = good && cancel_one(&s, i);
    }
    (void)conformance_line(c, good, "a cancel ends in CANCEL and nothing received, or the answer is whole",
                           NULL);
    good = conformance_ask(c, &s, "1({})", CONFORMANCE_ROOM) == TPSC_SUCCESS;
    (void)conformance_line(c, good, "the session goes on after cancels, with its own answers", NULL);
    (void)TPSC_CloseSession(&s);
}

static void print(void *context, const char *text)
{
    (void)context;
    (void)fputs(text, stdout);
}

conformance_options conformance_on_host(void)
{
    return (conformance_options){
        .gid = (uint32_t)getgid(), .print = print, .cancelling = conformance_cancelling};
}
