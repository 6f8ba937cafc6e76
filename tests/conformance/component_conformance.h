/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file component_conformance.h
 * One conformance program for every secure component: it speaks TPSC_* and knows nothing else of what is
 * behind the connector. A service is a table of rows in a file of its own (component_conformance_NAME.c): a
 * request and what must come back, both in CBOR's diagnostic notation, in the order in which they are sent.
 *
 * What the rows do not say is done for all of them: a row that succeeds is first asked with too little room,
 * which must change nothing; every truncation of every request must be refused; tags that the service has not
 * must be; each login that the service does not list must be denied. A service that the component does not
 * have is skipped; and on a device whose vault is not open, what says so.
 *
 * It needs no operating system: what one gives (standard output, groups, a second thread) comes in by
 * conformance_options, and component_conformance_host.c has that of a host. A program for a microcontroller
 * takes all files but that and component_conformance_main.c (firmware/an505/nonsecure/conformance.c).
 */
#ifndef TPS_COMPONENT_CONFORMANCE_H
#define TPS_COMPONENT_CONFORMANCE_H

#include <stdbool.h>

#include "tps/crypto.h"
#include "tps/span.h"
#include "tps/tpsc_client_api.h"

/** Room for a request and for a response, in bytes. */
#define CONFORMANCE_ROOM 65536u

/** What of a row is not as with the others; bits of `flags`. */
enum {
    /** Puts the device into the state that the next rows begin with; whatever comes back is right. */
    ROW_PREPARES = 1u << 0,
    /** ACCESS_DENIED, too, is right: only who owns the device may, and whether that is this login is the
       platform's to say. Skipped then. */
    ROW_MAY_BE_DENIED = 1u << 1,
    /** NOT_SUPPORTED, too, is right: the component need not have it. Skipped then. */
    ROW_IS_OPTIONAL = 1u << 2,
    /** Cannot be undone; only with the option --destructive. */
    ROW_DESTROYS = 1u << 3,
    /** Succeeds a second time only with another response: not asked with too little room first. */
    ROW_ONCE = 1u << 4
};

/** In `flags`: skipped unless the service's features list this kind (spec/key-store.cddl), 1..255. */
#define ROW_NEEDS(kind) ((uint32_t)(kind) << 8)

/**
 * One message. `response` is a pattern: notation in which a text that begins with '?' stands for what it
 * names: "?any", "?uint", "?int", "?bytes", "?bytes 32", "?text", "?bool", "?array", "?map"; with "?optional
 * " in front, the pair need not be there. "?more" as a key: further pairs may follow.
 */
typedef struct {
    const char *name;     /**< what must be true */
    uint32_t login;       /**< TPSC_LOGIN_*: the session that it is sent in, one for each login */
    const char *request;  /**< notation */
    uint32_t result;      /**< TPSC_SUCCESS or TPSC_ERROR_* */
    const char *response; /**< pattern; NULL unless it succeeds */
    uint32_t flags;       /**< bits of ROW_* */
} conformance_row;

typedef struct conformance conformance;

/** A service, as one file describes it. */
typedef struct {
    const char *name;
    TPSC_UUID id;
    const conformance_row *rows;
    size_t count;
    /** What no table says; NULL if nothing. Called after the rows, with the service there. */
    void (*further)(conformance *c);
} conformance_service;

/** What one run is told. */
typedef struct {
    bool destructive; /**< also what cannot be undone */
    /** A private key among the device's release keys; NULL: what needs one is skipped. The caller's. */
    tps_crypto_key *release_key;
    uint32_t gid; /**< a group that the caller is in, for the group logins */
    /** Takes the lines, in pieces. `context` is the caller's. */
    void (*print)(void *context, const char *text);
    void *context;
    /** Cancels what another thread executes (conformance_cancelling()); NULL where there is one thread. */
    void (*cancelling)(conformance *c);
} conformance_options;

/** A run. */
struct conformance {
    conformance_options options;
    const conformance_service *service;   /**< under test */
    TPSC_ServiceIdentifier identifier;    /**< of it */
    bool is_open[8];                      /**< by login method */
    TPSC_Session sessions[8];             /**< by login method, opened when a row first needs it */
    bool takes[8];                        /**< logins that GetFeatures lists */
    bool kinds[256];                      /**< of its features, what 1 lists */
    unsigned int number, failed, skipped; /**< of lines so far */
    const char *closed;                   /**< why the component's vault is not open, in words; NULL: it is */
    uint8_t closed_error;                 /**< the error by which services that have one for it say so */
    bool was_closed;                      /**< a row of the service under test was skipped for it */
    uint8_t request[CONFORMANCE_ROOM];
    uint8_t response[CONFORMANCE_ROOM];
    size_t response_size; /**< of the last exchange: received, or needed after SHORT_BUFFER */
};

/** What a process gives: its standard output, its group, threads. The rest is not set. */
conformance_options conformance_on_host(void);

/**
 * Runs all there is against the connectors that are registered.
 * @return 0 when nothing failed, 1 when something did, 2 when there is no component.
 */
int conformance_run(const conformance_options *options);

/* ---- for the files of services ---- */

/** Pieces of a line. */
void conformance_say(const conformance *c, const char *text);
void conformance_say_number(const conformance *c, unsigned int number);

/** One line: ok or not ok, with what went wrong (or NULL). @return `good`. */
bool conformance_line(conformance *c, bool good, const char *name, const char *detail);

/** One line: skipped, and why. */
void conformance_skip(conformance *c, const char *name, const char *reason);

/** Makes this the service under test. @return false: the component has it not. */
bool conformance_select(conformance *c, const conformance_service *service);

/** The session of a login with the service under test; NULL when it cannot be opened. */
TPSC_Session *conformance_session(conformance *c, uint32_t login);

/** Opens a session with any service, under any login that it takes. */
bool conformance_open_any(const conformance *c, TPSC_Session *session);

/** Opens one more session with the service under test. @return TPSC_*. */
uint32_t conformance_open(const conformance *c, uint32_t login, TPSC_Session *session);

/** Sends a request in notation; the response is in c->response. @return TPSC_*, or GENERIC for bad notation.
 */
uint32_t conformance_ask(conformance *c, const TPSC_Session *session, const char *request, size_t room);

/** Sends bytes. */
uint32_t conformance_send(conformance *c, const TPSC_Session *session, const uint8_t *bytes, size_t size,
                          size_t room);

/** True when the last response is as the pattern says. */
bool conformance_matches(const conformance *c, const char *pattern);

/** The name of a result, such as "ACCESS_DENIED". */
const char *conformance_result_name(uint32_t result);

/** Compares an encoded item with an encoded pattern (component_conformance_match.c). */
bool conformance_match(tps_span pattern, tps_span item);

/** Asks sealed storage whether the vault is open: c->closed (component_conformance_vault.c). */
void conformance_vault(conformance *c);

/** True when the last answer, which came with this result, says that the vault is not open. */
bool conformance_is_closed(const conformance *c, uint32_t result);

/** Binding, of the service under test (component_conformance_binding.c). */
void conformance_binding(conformance *c);

/**
 * That what is put in a session of one provider is `there` for it, and `not_there` for another or for none.
 * @param remove  What undoes it, before and after; NULL if nothing does.
 */
void conformance_isolation(conformance *c, const char *put, const char *get, const char *there,
                           const char *not_there, const char *remove);

/** Wrapped import, of the key store (component_conformance_import.c). */
void conformance_import(conformance *c);

/** Releases signed by options.release_key, of the update service (component_conformance_release.c). */
void conformance_release(conformance *c);

/** What cannot be undone: a new owner, new storage, the end (component_conformance_end.c). After all else. */
void conformance_end(conformance *c);

/** What goes before the services: discovery, sessions, buffers, cancelling (component_conformance_client.c).
 */
void conformance_client(conformance *c);

/** Executions that another thread cancels (component_conformance_host.c). */
void conformance_cancelling(conformance *c);

/** The services, in the order in which they are tested (component_conformance_services.c). */
extern const conformance_service *const conformance_services[];
extern const size_t conformance_services_count;

#endif
