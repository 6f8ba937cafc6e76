/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a device's life that cannot be undone (spec/lifecycle.cddl), after everything else: a new
 * owner, storage that begins anew, the end. */
#include <string.h>

#include "component_conformance.h"
#include "tps/cbor.h"
#include "tps/crypto.h"

enum { STEP_DECOMMISSION = 4, STEP_NEW_OWNER = 5, STEP_FORMAT = 6 };
enum { STORAGE_FAILED = 21 }; /* of spec/sealed-storage.cddl: there is none that could begin anew */

#define PROVIDER "h'5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c'"
#define BIND     "9({1: 2, 2: " PROVIDER "})"
#define BIND_NEW                                                                               \
    "9({1: 1, 2: " PROVIDER "})" /* in another mode: the first owner's does not count any more \
                                  */

/** What is kept before the owner changes, and is looked for after it. */
typedef struct {
    const conformance_service *service;
    const char *put;
    const char *get;
    const char *gone; /**< the answer to `get` where nothing is kept */
} keeper;

extern const conformance_service conformance_key_store, conformance_storage, conformance_lifecycle;

static const keeper keepers[] = {
    {&conformance_storage, "10({1: \"conformance-end\", 2: h'0a'})", "11({1: \"conformance-end\"})",
     "11({2: 1})"},
    {&conformance_key_store, "10({1: \"conformance-end\", 5: 8})", "19({1: \"conformance-end\", 4: h'00'})",
     "19({2: 1})"},
};

enum { KEEPERS = sizeof keepers / sizeof keepers[0] };

static bool says(conformance *c, const TPSC_Session *session, const char *request, const char *response)
{
    return conformance_ask(c, session, request, CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           (response == NULL || conformance_matches(c, response));
}

/** A session with a service that is there; bound, if `bind` says how. */
static bool open_with(conformance *c, const conformance_service *service, const char *bind,
                      TPSC_Session *session)
{
    return conformance_select(c, service) && conformance_open(c, TPSC_LOGIN_USER, session) == TPSC_SUCCESS &&
           (bind == NULL || says(c, session, bind, "9({})"));
}

/* ---- a step ---- */

/** SHA-256(["opentps lifecycle", step, challenge, nonce]), the nonce being the challenge once more. */
static bool confirm(uint64_t step, tps_span challenge, tps_digest *confirmation)
{
    uint8_t room[160];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_span whole;

    tps_cbor_put_array(&w, 4);
    tps_cbor_put_text(&w, "opentps lifecycle");
    tps_cbor_put_uint(&w, step);
    tps_cbor_put_bytes(&w, challenge);
    tps_cbor_put_bytes(&w, challenge);
    return tps_cbor_writer_finish(&w, &whole) == TPS_OK &&
           tps_crypto_hash_of(TPS_ALG_SHA256, whole, confirmation) == TPS_OK;
}

/** Prepares a step and makes the request that confirms it. @return what `prepare` came to. */
static uint32_t prepare(conformance *c, const TPSC_Session *life, uint64_t step, tps_buf room,
                        tps_span *request)
{
    char notation[16] = "11({1: ?})";
    tps_cbor_writer w = tps_cbor_writer_init(room);
    tps_span challenge;
    tps_digest confirmation;
    uint32_t result;

    notation[7] = (char)('0' + step);
    result = conformance_ask(c, life, notation, CONFORMANCE_ROOM);
    if (result != TPSC_SUCCESS) {
        return result;
    }
    if (!conformance_matches(c, "11({1: \"?bytes 32\"})")) {
        return TPSC_ERROR_GENERIC;
    }
    challenge = tps_span_make(c->response + c->response_size - 32, 32); /* its last bytes */
    if (!confirm(step, challenge, &confirmation)) {
        return TPSC_ERROR_GENERIC;
    }
    tps_cbor_put_tag(&w, 12);
    tps_cbor_put_map(&w, 3);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_uint(&w, step);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_bytes(&w, tps_span_make(confirmation.bytes, 32));
    tps_cbor_put_uint(&w, 3);
    tps_cbor_put_bytes(&w, challenge);
    return tps_cbor_writer_finish(&w, request) == TPS_OK ? TPSC_SUCCESS : TPSC_ERROR_GENERIC;
}

/** Takes a step; and asks for it with the same words once more, which must be refused. */
static bool take(conformance *c, const TPSC_Session *life, uint64_t step, const char *answer)
{
    uint8_t room[160];
    tps_span request = TPS_SPAN_EMPTY;

    return prepare(c, life, step, TPS_BUF_OF(room), &request) == TPSC_SUCCESS &&
           conformance_send(c, life, request.data, request.size, CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           conformance_matches(c, answer) &&
           conformance_send(c, life, request.data, request.size, CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           conformance_matches(c, "12({2: 2})");
}

/* ---- another owner, other storage ---- */

/** Puts what each keeper keeps, in a session of its own, which is left open. */
static bool keep(conformance *c, const char *bind, TPSC_Session sessions[KEEPERS])
{
    bool good = true;

    for (size_t i = 0; i < KEEPERS; i++) {
        good = open_with(c, keepers[i].service, bind, &sessions[i]) && good;
        good = good && says(c, &sessions[i], keepers[i].put, NULL) &&
               says(c, &sessions[i], keepers[i].get, NULL) && !conformance_matches(c, keepers[i].gone);
    }
    return good;
}

/** That each keeper's is there, or gone, in a new session. */
static bool is_kept(conformance *c, const char *bind, bool expected)
{
    bool good = true;

    for (size_t i = 0; i < KEEPERS; i++) {
        TPSC_Session session = {0};

        good = open_with(c, keepers[i].service, bind, &session) && says(c, &session, keepers[i].get, NULL) &&
               conformance_matches(c, keepers[i].gone) == !expected && good;
        (void)TPSC_CloseSession(&session);
    }
    return good;
}

/** That no session is served any more; closes them. */
static bool are_ended(conformance *c, TPSC_Session sessions[KEEPERS])
{
    bool good = true;

    for (size_t i = 0; i < KEEPERS; i++) {
        good = conformance_ask(c, &sessions[i], "1({})", CONFORMANCE_ROOM) != TPSC_SUCCESS && good;
        (void)TPSC_CloseSession(&sessions[i]);
    }
    return good;
}

static void new_owner(conformance *c, const TPSC_Session *life)
{
    TPSC_Session bound[KEEPERS] = {{0}};
    TPSC_Session unbound[KEEPERS] = {{0}};
    bool good = keep(c, BIND, bound) && keep(c, NULL, unbound);

    c->service = &conformance_lifecycle;
    (void)conformance_line(c, good && take(c, life, STEP_NEW_OWNER, "12({3: \"?uint\"})"),
                           "the device gets a new owner, once for one confirmation", NULL);
    (void)conformance_line(c, are_ended(c, bound), "sessions of the old owner's providers are ended", NULL);
    good = is_kept(c, BIND_NEW, false);
    c->service = &conformance_lifecycle;
    (void)conformance_line(c, good, "what was kept for them is gone, and the mode of their binding", NULL);
    good = is_kept(c, NULL, true);
    c->service = &conformance_lifecycle;
    (void)conformance_line(c, good, "what was kept for no provider stays", NULL);
    for (size_t i = 0; i < KEEPERS; i++) {
        (void)TPSC_CloseSession(&unbound[i]);
    }
}

static void format(conformance *c, const TPSC_Session *life)
{
    bool good = take(c, life, STEP_FORMAT, "12({3: \"?uint\"})");

    (void)conformance_line(c, good, "storage begins anew", NULL);
    good = is_kept(c, NULL, false);
    c->service = &conformance_lifecycle;
    (void)conformance_line(c, good, "and holds nothing of before", NULL);
}

/* ---- the end ---- */

/** That the selected service says what it is, and refuses all of its requests. */
static bool is_at_its_end(conformance *c)
{
    const conformance_service *service = c->service;
    TPSC_Session session;
    uint32_t login = TPSC_LOGIN_USER;
    bool good;

    if (conformance_open(c, login, &session) != TPSC_SUCCESS) {
        login = TPSC_LOGIN_PUBLIC;
        if (conformance_open(c, login, &session) != TPSC_SUCCESS) {
            return false;
        }
    }
    good = says(c, &session, "1({})", NULL);
    for (size_t i = 0; good && i < service->count; i++) {
        good = service->rows[i].login != login ||
               conformance_ask(c, &session, service->rows[i].request, CONFORMANCE_ROOM) == TPSC_ERROR_GENERIC;
    }
    (void)TPSC_CloseSession(&session);
    return good;
}

static void decommission(conformance *c, const TPSC_Session *life)
{
    bool good = take(c, life, STEP_DECOMMISSION, "12({1: \"?optional bytes\", 3: 4, 4: \"?bool\"})");

    (void)conformance_line(c, good, "the device is decommissioned", NULL);
    (void)conformance_line(c, says(c, life, "10({})", "10({1: 4, 3: \"?uint\"})"), "and tells so", NULL);
    good = true;
    for (char step = '1'; step <= '6'; step++) {
        char request[16] = "11({1: ?})";

        request[7] = step;
        good = good && says(c, life, request, "11({2: 1})");
    }
    (void)conformance_line(c, good, "no step leads on from there", NULL);
    for (size_t i = 0; i < conformance_services_count; i++) {
        if (conformance_services[i] != &conformance_lifecycle &&
            conformance_select(c, conformance_services[i])) {
            (void)conformance_line(c, is_at_its_end(c), "at the end it says what it is, and does nothing",
                                   NULL);
        }
    }
}

void conformance_end(conformance *c)
{
    TPSC_Session life = {0};
    uint8_t room[160];
    tps_span request;

    if (!conformance_select(c, &conformance_lifecycle)) {
        return; /* its rows said so */
    }
    if (!c->options.destructive) {
        conformance_skip(c, "a new owner, new storage, the end", "cannot be undone: --destructive");
        return;
    }
    if (conformance_open(c, TPSC_LOGIN_USER, &life) != TPSC_SUCCESS ||
        prepare(c, &life, STEP_NEW_OWNER, TPS_BUF_OF(room), &request) == TPSC_ERROR_ACCESS_DENIED) {
        conformance_skip(c, "a new owner, new storage, the end",
                         "this login does not speak for the device's owner");
    } else {
        if (c->closed == NULL) {
            new_owner(c, &life);
        } else {
            conformance_skip(c, "a new owner", c->closed);
        }
        if (c->closed_error != STORAGE_FAILED) {
            format(c, &life);
        } else {
            conformance_skip(c, "storage begins anew", c->closed);
        }
        decommission(c, &life);
    }
    (void)TPSC_CloseSession(&life);
}
