/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file service.h
 * How a service of the Root of Trust is written: a constant table (`tps_service`) with one function that
 * answers messages. rot13.c is the smallest example.
 *
 * A message is one CBOR item with a tag, and so is its response, with the same tag. Before a service sees a
 * message, the core (dispatch.c) has checked that it is well-formed within tps_cbor_limits_message, that maps
 * have no key twice, and that the session is open; and it has answered tag 1 (GetFeatures) from the table. A
 * service handles the rest:
 *
 *     static tps_status handle(tps_request *request, tps_error *why)
 *     {
 *         tps_cbor_reader r = tps_cbor_reader_init(request->body);
 *         ... read, act ...
 *         tps_cbor_writer w = tps_response_map(request, 1);    // tag and head are put
 *         tps_cbor_pair_uint(&w, 1, 42);
 *         return tps_response_end(request, &w);
 *     }
 *
 * Two kinds of failure. What the service's own CDDL can say ("no such key") goes into a response, and TPS_OK
 * is returned. What it cannot is returned as a status, and the client sees the TPSC_ERROR_* of
 * tps_component_result().
 */
#ifndef TPS_COMPONENT_SERVICE_H
#define TPS_COMPONENT_SERVICE_H

#include "component/boot/handover.h"
#include "component/core/limits.h"
#include "component/platform.h"
#include "component/vault/vault.h"
#include "tps/cbor.h"
#include "tps/tpsc_client_api.h"

typedef struct tps_component tps_component;
typedef struct tps_service tps_service;

/** Bytes that a service may keep in each of its sessions. */
#define TPS_SESSION_CONTEXT_SIZE 64u

/** Bytes of what tps_login_owner() writes. */
#define TPS_LOGIN_OWNER_SIZE 16u

/** Who the client is, as the platform (never the client) says. */
typedef struct {
    uint32_t method; /**< one of TPSC_LOGIN_*: the identity the session was opened under */
    uint32_t uid;    /**< the peer's effective user id */
    uint32_t gid; /**< for the group logins the group that was proven; else the peer's effective group id */
    uint32_t pid; /**< of the peer, for the log only: it proves nothing */
    uint8_t application[32]; /**< for the application logins the digest of the application; else zero */
} tps_login;

/** All logins, PUBLIC first. */
#define TPS_LOGINS_ALL_COUNT 6u
extern const uint32_t tps_logins_all[TPS_LOGINS_ALL_COUNT];

/** The logins that say who the client is: all but PUBLIC. */
#define TPS_LOGINS_NAMED_COUNT (TPS_LOGINS_ALL_COUNT - 1)
#define tps_logins_named       (tps_logins_all + 1)

/** How a session shows the device to the provider that it speaks for (spec/keys.md). Sent; never change a
 * number. */
enum {
    TPS_MODE_NONE = 0,     /**< the session speaks for no provider: for the device as such */
    TPS_MODE_DIRECT = 1,   /**< AK_0 or IAK: the provider can tell the device, and so can others */
    TPS_MODE_PAIRWISE = 2, /**< AK_p and SUEID_p: nobody else knows it by these */
    TPS_MODE_PASSPORT = 3  /**< the provider sees results of a verifier only, never evidence */
};

/** What a session was bound to, by the message of spec/session.cddl; it cannot be changed. */
typedef struct {
    uint32_t mode; /**< TPS_MODE_* */
    uint8_t
        provider[32]; /**< P: SHA-256 of the SubjectPublicKeyInfo of the provider's root; zeros without one */
} tps_binding;

/** One open session. Belongs to the core; a service may write `context` only. */
typedef struct {
    const tps_service *service; /**< NULL: this entry is free */
    uint32_t id;                /**< what the client names it by */
    uint32_t connection; /**< the client's connection; the core closes a connection's sessions when it ends */
    tps_login login;     /**< who opened it */
    tps_binding binding; /**< whom it speaks for */
    /** The service's own, all zero at open, wiped at close: such as a challenge that is outstanding. Aligned
     * for 8. */
    _Alignas(8) uint8_t context[TPS_SESSION_CONTEXT_SIZE];
} tps_session;

/** One message to answer. The pointers are valid during handle() only. */
typedef struct {
    tps_component *component;
    const tps_platform *platform; /**< the component's */
    tps_session *session;
    void *state;      /**< the service's own memory, given to tps_component_init() */
    uint64_t tag;     /**< of the message */
    tps_span body;    /**< the tagged item, encoded: one checked CBOR item */
    tps_buf response; /**< room for the response, tag included; `data` may be NULL if the client gave none */
    size_t response_size; /**< out: bytes of the response, or needed if TPS_BUFFER_TOO_SMALL is returned */
} tps_request;

/**
 * The work area: memory for what a service needs only while it runs, in start() and in handle(). Services
 * have it in turn, so it costs a component once. Undefined at first; the first `work_size` bytes are wiped
 * when the service returns. What a service offers to others (a function in its header) does not use it,
 * unless that says so.
 *
 *     typedef struct { uint8_t value[TPS_VAULT_VALUE_MAX]; } tps_example_work;
 *     TPS_WORK_FITS(tps_example_work);
 *     ...
 *     tps_example_work *work = tps_component_work(request->component);
 *
 * @return TPS_COMPONENT_WORK_SIZE bytes, aligned for 8; never NULL.
 */
void *tps_component_work(tps_component *component);

/** Refuses to compile where a service's work does not fit into the area. */
#define TPS_WORK_FITS(type) \
    _Static_assert(sizeof(type) <= TPS_COMPONENT_WORK_SIZE, "set TPS_COMPONENT_WORK_SIZE: " #type)

/** A service: constant, made at compile time. Optional functions may be NULL. */
struct tps_service {
    TPSC_UUID id;     /**< the type of service: `service_id` in discovery */
    const char *name; /**< the instance UUID is made from the component's and this name; never change it */
    TPSC_ServiceVersion version; /**< of the service */
    const uint32_t *logins;      /**< the TPSC_LOGIN_* that may open a session; at least one */
    size_t logins_count;
    const char *profile; /**< profile_name in GetFeatures, or NULL to leave it out */
    tps_span features;   /**< one encoded CBOR item: the value of key 0x80 in GetFeatures */
    void (*put_features)(tps_cbor_writer *w); /**< or what writes it, where it is the back end's to say */
    size_t state_size;                        /**< bytes of `state` that it needs; 0 for none */
    size_t work_size;                         /**< bytes of tps_component_work() that it uses; 0 for none */
    bool takes_bindings;                      /**< its sessions can be bound to a provider */
    bool serves_to_the_end; /**< answers on a decommissioned device, too; no other service does */

    /**
     * Once, before the first session, with `state` all zero: read what is kept in storage. Optional.
     * A failure stops the component from starting; say why in `why`.
     */
    tps_status (*start)(tps_component *component, void *state, tps_error *why);

    /**
     * The component ends, or could not start: give back what `state` holds of others, such as keys. `state`
     * is all zero if start() was not reached; it is wiped afterwards. Optional.
     */
    void (*stop)(tps_component *component, void *state);

    /**
     * A session is being opened; the login is one of `logins`. May fill session->context. Optional.
     * @return TPS_OK, or a reason to refuse: TPS_COMPONENT_DENIED, TPS_COMPONENT_FULL ...
     */
    tps_status (*open)(tps_component *component, void *state, tps_session *session);

    /**
     * The device has another owner: what `state` holds for providers of the old one is to be wiped. Their
     * sessions are closed already. Optional.
     */
    void (*forget)(tps_component *component, void *state);

    /** A session ends, for whatever reason; session->context is wiped afterwards. Optional. */
    void (*close)(tps_component *component, void *state, tps_session *session);

    /**
     * Answer one message; see above. Must not keep pointers into the request.
     *
     * A service that changes something must know before it does whether the response fits, since the client
     * cannot repeat the message: check `request->response.size` against the response's largest size first,
     * and return TPS_BUFFER_TOO_SMALL with request->response_size set. One that changes nothing may just
     * write.
     *
     * @retval TPS_OK                       request->response_size bytes of the response were written.
     * @retval TPS_BUFFER_TOO_SMALL         request->response_size is the size needed; nothing has changed.
     * @retval TPS_COMPONENT_BAD_MESSAGE    Not understood: unknown tag, missing or wrong member. The statuses
     * of CBOR mean the same to the client.
     * @retval TPS_COMPONENT_DENIED         This login may not do this.
     * @retval other                        See tps_component_result().
     */
    tps_status (*handle)(tps_request *request, tps_error *why);
};

/**
 * For messages without members.
 * @retval TPS_COMPONENT_BAD_MESSAGE  The body is no empty map.
 */
TPS_MUST_USE tps_status tps_request_expect_empty(const tps_request *request, tps_error *why);

/** A writer over the response's room, with the request's tag put. */
tps_cbor_writer tps_response_begin(const tps_request *request);

/** The same, and the head of a map of `pairs` put: what most responses are. */
tps_cbor_writer tps_response_map(const tps_request *request, uint32_t pairs);

/** Ends the response: sets request->response_size and returns TPS_OK or TPS_BUFFER_TOO_SMALL. */
TPS_MUST_USE tps_status tps_response_end(tps_request *request, const tps_cbor_writer *writer);

/**
 * Sixteen bytes that are equal exactly when two logins have the same rights to what is stored: the method,
 * then the uid, the gid or the start of the application's digest, as the method says. Keep them with an
 * object; compare before use. PUBLIC logins are all one owner. Uids are little-endian; the bytes are stable
 * and may be stored.
 */
void tps_login_owner(const tps_login *login, uint8_t owner[TPS_LOGIN_OWNER_SIZE]);

/**
 * Whose the things are that this session stores: tps_login_owner() for a session that is not bound. For a
 * bound one the first bytes of SHA-256 of that and P, so that what is stored for one provider is invisible to
 * another.
 */
TPS_MUST_USE tps_status tps_session_owner(const tps_session *session, uint8_t owner[TPS_LOGIN_OWNER_SIZE]);

/**
 * With what a session's values are sealed in the vault beside the device's own secrets: provider and owner
 * secret, for a bound session. New owner, and none of them can be opened again.
 * @param room     Filled for a bound session; wipe it.
 * @param[out] out `room`, or NULL for a session that is not bound.
 * @return TPS_OK, or why the owner secret cannot be had: as tps_component_vault().
 */
TPS_MUST_USE tps_status tps_session_sealing(const tps_component *component, const tps_session *session,
                                            tps_vault_context *room, const tps_vault_context **out);

/** True when the session's login speaks for the owner of the device: the platform says so. */
bool tps_session_is_administrator(const tps_component *component, const tps_session *session);

/**
 * The component's vault, open.
 * @return TPS_OK, or why it could not be opened at start: a status of tps_vault_open(). Services that need it
 * return that; all others go on.
 */
TPS_MUST_USE tps_status tps_component_vault(const tps_component *component, tps_vault **vault);

/**
 * Applications that the first stage started under their digest (APPLICATION logins): how often, since this
 * start. Part of every evidence: a restarted application is another one.
 */
typedef struct {
    uint8_t digest[32]; /**< SHA-256 of its image */
    uint32_t starts;    /**< at least 1 */
} tps_application;

/** @param[out] count  How many. @return the list; valid until the next is started. */
const tps_application *tps_component_applications(const tps_component *component, size_t *count);

/** The platform of a component; never NULL. */
const tps_platform *tps_component_platform(const tps_component *component);

/** What the first stage handed over: the facts of this start. Never NULL. Its secrets are for the core and
 * for what spec/keys.md derives from them. */
const tps_handover *tps_component_handover(const tps_component *component);

/**
 * TPS_LIFECYCLE_*: as the first stage found it, and what the lifecycle service has made of it since. Whoever
 * is told of it is told tps_lifecycle_under_debug().
 */
uint32_t tps_component_lifecycle(const tps_component *component);

/** The debug status now, TPS_EAT_DEBUG_*: as the platform says; what it may not say is the worst. */
uint32_t tps_component_debug(const tps_component *component);

/** A lifecycle as it is true under a debug status: whoever can debug, or could since the start, has undone
 * "secured". */
uint32_t tps_lifecycle_under_debug(uint32_t lifecycle, uint32_t debug);

/** The UUID of this secure component's instance: the same at every start. */
TPSC_UUID tps_component_instance(const tps_component *component);

#endif
