/* SPDX-License-Identifier: Apache-2.0 */
/* Binding a session to a service provider, as spec/session.cddl has it: of every service that takes it, and
 * what is kept for one provider is not seen for another, nor without one. */
#include "component_conformance.h"

/* Two providers that no device has. The mode of a provider stays until the device has another owner. */
#define BIND_ONE "9({1: 2, 2: h'5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a'})"
#define BIND_TWO "9({1: 2, 2: h'5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b'})"

static bool says(conformance *c, const TPSC_Session *session, const char *request, const char *response)
{
    return conformance_ask(c, session, request, CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           conformance_matches(c, response);
}

static void bad_bindings(conformance *c, const TPSC_Session *session)
{
    bool good =
        says(c, session, "9({1: 0, 2: h'5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a'})",
             "9({2: 1})") &&
        says(c, session, "9({1: 4, 2: h'5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a'})",
             "9({2: 1})") &&
        conformance_ask(c, session, "9({1: 2})", CONFORMANCE_ROOM) == TPSC_ERROR_BAD_FORMAT &&
        conformance_ask(c, session, "9({1: 2, 2: h'00'})", CONFORMANCE_ROOM) == TPSC_ERROR_BAD_FORMAT &&
        conformance_ask(
            c, session,
            "9({1: 2, 2: h'5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a', 3: 0})",
            CONFORMANCE_ROOM) == TPSC_ERROR_BAD_FORMAT;

    (void)conformance_line(c, good, "a binding without a mode, or to no provider, is refused", NULL);
}

static void public_is_not_bound(conformance *c)
{
    TPSC_Session session;

    if (conformance_open(c, TPSC_LOGIN_PUBLIC, &session) == TPSC_SUCCESS) {
        (void)conformance_line(
            c, conformance_ask(c, &session, BIND_ONE, CONFORMANCE_ROOM) == TPSC_ERROR_ACCESS_DENIED,
            "the public binds no session", NULL);
        (void)TPSC_CloseSession(&session);
    }
}

void conformance_binding(conformance *c)
{
    TPSC_Session session;
    uint32_t result;

    if (conformance_open(c, TPSC_LOGIN_USER, &session) != TPSC_SUCCESS) {
        return;
    }
    result = conformance_ask(
        c, &session, "9({1: 0, 2: h'5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a'})",
        CONFORMANCE_ROOM);
    if (result == TPSC_ERROR_BAD_FORMAT) {
        conformance_skip(c, "sessions are bound to providers", "not those of this service");
    } else if (c->closed != NULL) {
        (void)conformance_line(c, says(c, &session, BIND_ONE, "9({2: 5})"),
                               "no session is bound, for want of an owner secret", NULL);
    } else {
        bad_bindings(c, &session);
        (void)conformance_line(c, says(c, &session, BIND_ONE, "9({})"), "a session is bound to a provider",
                               NULL);
        (void)conformance_line(
            c, says(c, &session, BIND_ONE, "9({2: 2})") && says(c, &session, BIND_TWO, "9({2: 2})"),
            "once, and to no other", NULL);
        public_is_not_bound(c);
    }
    (void)TPSC_CloseSession(&session);
    if (result != TPSC_ERROR_BAD_FORMAT && c->closed == NULL &&
        conformance_open(c, TPSC_LOGIN_USER, &session) == TPSC_SUCCESS) {
        (void)conformance_line(
            c,
            says(c, &session,
                 "9({1: 1, 2: h'5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a'})",
                 "9({2: 3})"),
            "the provider's mode is what it was bound to first", NULL);
        (void)TPSC_CloseSession(&session);
    }
}

void conformance_isolation(conformance *c, const char *put, const char *get, const char *there,
                           const char *not_there, const char *remove)
{
    TPSC_Session one;
    TPSC_Session two;
    const TPSC_Session *none = conformance_session(c, TPSC_LOGIN_USER);
    bool good;

    if (none == NULL || conformance_open(c, TPSC_LOGIN_USER, &one) != TPSC_SUCCESS) {
        return;
    }
    if (conformance_open(c, TPSC_LOGIN_USER, &two) != TPSC_SUCCESS) {
        (void)TPSC_CloseSession(&one);
        return;
    }
    good = says(c, &one, BIND_ONE, "9({})") && says(c, &two, BIND_TWO, "9({})");
    if (remove != NULL) {
        (void)conformance_ask(c, &one, remove, CONFORMANCE_ROOM);
    }
    (void)conformance_ask(c, &one, put, CONFORMANCE_ROOM);
    good = good && says(c, &one, get, there);
    (void)conformance_line(c, good, "what is kept for a provider is there for it", NULL);
    (void)conformance_line(c, good && says(c, &two, get, not_there), "not for another", NULL);
    (void)conformance_line(c, good && says(c, none, get, not_there), "and not without one", NULL);
    if (remove != NULL) {
        (void)conformance_ask(c, &one, remove, CONFORMANCE_ROOM);
    }
    (void)TPSC_CloseSession(&one);
    (void)TPSC_CloseSession(&two);
}
