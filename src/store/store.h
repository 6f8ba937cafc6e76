/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store.h
 * What the service side keeps: tenants; what each of them was given or told (items); its sessions, with the
 * nonces that were used and the results; its audit log. A store is a table of operations: sqlite/ is the
 * embedded one, postgresql/ the one that many nodes share. The store knows no meanings: what an item's
 * attributes and body say is the server's business.
 *
 * For implementers:
 * - A handle serves one thread at a time. Several handles, in several threads, processes and machines, may be
 *   open on one store.
 * - Every operation may block, for a bounded time.
 * - An operation by itself is durable and visible to others when it returns TPS_OK. Within a group
 *   (begin_group .. commit_group) operations take part in one transaction: none is durable or visible before
 *   commit_group returns TPS_OK, and then all are, whatever happens afterwards (power cut, kill -9). When an
 *   operation in a group fails with one of the statuses that are named at it, it has changed nothing and the
 *   group goes on; after any other failure the group can only be abandoned.
 * - A commit whose outcome is unknown (the connection broke) is a failure: nothing of it may be acknowledged.
 * - Reads see the last committed state; nothing need be repeatable between two calls.
 * - Spans given to a visitor are valid during the visit only. A visitor calls no operation of the same
 * handle.
 * - Failures are TPS_STORE_FAILED, TPS_STORE_AWAY (a database that cannot be reached, or cannot be written to
 *   now; a later operation connects again by itself), or TPS_OUT_OF_MEMORY; `explain` then has a line for the
 *   log. Statuses beyond these are named with each operation.
 *
 * Risk to know of: the tenants' signing keys (items of kind TPS_STORE_RESULT_KEY) and nonce keys lie in the
 * store as they are. Who reads the store can sign results in the tenants' names. sqlite/ therefore keeps its
 * file at mode 0600; backups need the same care.
 */
#ifndef TPS_STORE_STORE_H
#define TPS_STORE_STORE_H

#include "tps/span.h"
#include "tps/status.h"

#define TPS_STORE_TENANT_NAME_MAX 63u
#define TPS_STORE_SETTINGS_MAX    8192u /**< bytes of a tenant's settings */
#define TPS_STORE_SECRET_SIZE     32u   /**< of a tenant, from which its keys for nonces are derived */
#define TPS_STORE_SESSION_ID_SIZE 16u   /**< a UUID */
#define TPS_STORE_NONCE_MAX       64u
#define TPS_STORE_ITEM_NAME_MAX   128u   /**< bytes */
#define TPS_STORE_ATTRIBUTES_MAX  65536u /**< bytes */
#define TPS_STORE_BODY_MAX        (16u << 20)
#define TPS_STORE_AUDIT_ENTRY_MAX 16384u /**< bytes */
#define TPS_STORE_GENERATION_MAX  32u
#define TPS_STORE_PRUNE_AFTER     60 /**< seconds that a session is kept beyond `expires`, at least */
#define TPS_STORE_SOURCE_MAX      64u

/** The tenant whose interfaces lie at the server's root. */
#define TPS_STORE_DEFAULT_TENANT "default"

/* ---- tenants ---- */

/** A tenant: a service provider with everything of its own. */
typedef struct {
    int64_t id; /**< the store's own number for it, never used again; 0 in one that is to be created */
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
    tps_span settings;                     /**< a JSON object of the server's; TPS_STORE_SETTINGS_MAX */
    int64_t revision;                      /**< grows with each change of its settings or items */
    int64_t created;                       /**< seconds since 1970 */
    uint8_t secret[TPS_STORE_SECRET_SIZE]; /**< wipe it after use */
} tps_store_tenant;

/* ---- items ---- */

/** What a tenant was given or told. Numbers are in stores: they never change. */
enum {
    TPS_STORE_ANCHOR = 1,        /**< a trust anchor with its scopes */
    TPS_STORE_ENDORSEMENT = 2,   /**< a CoRIM, as it was submitted */
    TPS_STORE_POLICY = 3,        /**< a policy's text */
    TPS_STORE_REVOCATION = 4,    /**< a list of what does not count any more */
    TPS_STORE_CRL = 5,           /**< an issuer's list of certificates */
    TPS_STORE_RESULT_KEY = 6,    /**< signs results: a secret */
    TPS_STORE_TOKEN = 7,         /**< an API token, hashed */
    TPS_STORE_ADMINISTRATOR = 8, /**< who may log in otherwise */
};

/** One item. Of a tenant and kind there is one of a name. */
typedef struct {
    uint32_t kind;
    tps_span name;       /**< 1..TPS_STORE_ITEM_NAME_MAX bytes of printable ASCII without spaces */
    tps_span attributes; /**< a JSON object of the server's; TPS_STORE_ATTRIBUTES_MAX */
    tps_span body;       /**< TPS_STORE_BODY_MAX; empty where only heads were asked for */
    uint64_t body_size;  /**< set by the store */
    int64_t sequence;    /**< set by the store: of its last change; no two changes in a store share one */
    int64_t changed;     /**< set by the store: seconds since 1970 */
} tps_store_item;

/** What put_item and remove_item expect to find: these, or the very sequence of the item. */
#define TPS_STORE_ANY  (-1)
#define TPS_STORE_NONE 0 /**< of put_item: there must be none */

/* ---- sessions ---- */

/** How a session stands. Numbers are in stores: they never change. */
enum {
    TPS_STORE_SESSION_NEW = 0, /**< not in the store: sessions of our own nonces until their evidence comes */
    TPS_STORE_SESSION_WAITING = 1,    /**< it has a nonce that cannot be derived, and no evidence yet */
    TPS_STORE_SESSION_PROCESSING = 2, /**< it has taken its evidence, which is kept; the result is to come */
    TPS_STORE_SESSION_COMPLETE = 3,   /**< it has its result */
    TPS_STORE_SESSION_FAILED = 4,     /**< no result will come; `result` may say why */
    TPS_STORE_SESSION_REMOVED = 5,    /**< nothing is known of it but that it was: its nonce stays used */
};

/** A session as it is to be, or as it is. */
typedef struct {
    int64_t tenant;
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    uint32_t state;         /**< TPS_STORE_SESSION_* */
    tps_span nonce;         /**< 0..TPS_STORE_NONCE_MAX bytes; empty where it can be derived from the id */
    bool nonce_from_client; /**< then it is used for ever, once the session leaves WAITING for another state
                               than REMOVED */
    tps_span type;          /**< media type of the evidence */
    tps_span evidence;      /**< kept while PROCESSING only */
    uint8_t evidence_sha256[32];
    tps_span result; /**< the attestation result, or why there is none */
    int64_t created; /**< seconds since 1970 */
    int64_t expires; /**< seconds since 1970: kept at least until then */
} tps_store_session;

/** One step of a session. */
typedef struct {
    uint32_t from; /**< the state that it must be in; TPS_STORE_SESSION_NEW: it must not be there */
    const tps_store_session *to;
    tps_status status; /**< set by put_sessions */
} tps_store_session_step;

/* ---- the audit log ---- */

/** An entry. tps_audit_hash() (audit_chain.h) chains them, a chain a tenant. */
typedef struct {
    int64_t sequence; /**< 1, 2, 3 ... within the tenant, without gaps */
    int64_t time;     /**< seconds since 1970 */
    tps_span entry;   /**< a JSON object of the server's */
    uint8_t hash[32]; /**< of this entry and the hash before */
} tps_store_audit_entry;

typedef struct tps_store tps_store;

/** Gets one stored thing. Anything but TPS_OK ends the visits and is returned by the operation. */
typedef tps_status (*tps_store_visit_tenant)(void *context, const tps_store_tenant *tenant);
typedef tps_status (*tps_store_visit_item)(void *context, const tps_store_item *item);
typedef tps_status (*tps_store_visit_session)(void *context, const tps_store_session *session);
typedef tps_status (*tps_store_visit_audit)(void *context, const tps_store_audit_entry *entry);
typedef tps_status (*tps_store_visit_nonce)(void *context, tps_span nonce);

/** The operations of a store. */
typedef struct {
    /** Ends the handle. An open group is abandoned. */
    void (*close)(tps_store *store);
    /** One line, for logs, on why the last operation failed. No secrets. */
    const char *(*explain)(tps_store *store);

    tps_status (*begin_group)(tps_store *store);
    /** After a failure nothing of the group is acknowledged, and the group is over. */
    tps_status (*commit_group)(tps_store *store);
    void (*abandon_group)(tps_store *store);

    /* -- changes -- */

    /** A number that grows whenever a tenant, its settings or its items change. */
    tps_status (*revision)(tps_store *store, int64_t *revision);
    /**
     * Waits until something may have changed since this handle's last call (the first one returns at once),
     * `timeout_ms` have passed, or `wake_fd` is readable (it is not read; -1: none). PostgreSQL is told
     * (LISTEN), SQLite looks several times a second.
     * @param[out] changed  False: surely nothing has.
     */
    tps_status (*wait_for_change)(tps_store *store, uint32_t timeout_ms, int wake_fd, bool *changed);
    /**
     * Names the history that this database tells: another name after a failover or restore, which may have
     * forgotten the last commits. Keys for nonces are derived with it. Text of at most
     * TPS_STORE_GENERATION_MAX - 1 characters.
     * @retval TPS_STORE_AWAY  Also while the store is being filled from another one (begin_import), so that
     *                         nobody serves half of it.
     */
    tps_status (*generation)(tps_store *store, char generation[TPS_STORE_GENERATION_MAX]);

    /* -- tenants -- */

    /** `id`, `revision` and `created` are the store's to set.
     * @retval TPS_STORE_EXISTS  The name is taken. @retval TPS_BAD_ARGUMENT  It is no tenant's name. */
    tps_status (*create_tenant)(tps_store *store, const tps_store_tenant *tenant, int64_t now);
    /** The visit is within the call. @retval TPS_NOT_FOUND */
    tps_status (*find_tenant)(tps_store *store, const char *name, tps_store_visit_tenant visit,
                              void *context);
    /** All tenants by name. */
    tps_status (*each_tenant)(tps_store *store, tps_store_visit_tenant visit, void *context);
    /** New settings. @param expected  The tenant's revision, or TPS_STORE_ANY.
     * @retval TPS_NOT_FOUND @retval TPS_STORE_CHANGED  It has another revision. */
    tps_status (*set_settings)(tps_store *store, int64_t tenant, tps_span settings, int64_t expected);
    /** A new secret: sessions that were begun and have no evidence end. @retval TPS_NOT_FOUND */
    tps_status (*set_secret)(tps_store *store, int64_t tenant, const uint8_t secret[TPS_STORE_SECRET_SIZE]);
    /** Removes a tenant with all that it has, its audit log too. @retval TPS_NOT_FOUND */
    tps_status (*remove_tenant)(tps_store *store, int64_t tenant);

    /* -- items -- */

    /**
     * Adds or replaces an item.
     * @param expected       TPS_STORE_NONE, TPS_STORE_ANY, or the sequence that it must have.
     * @param[out] sequence  Its new sequence; may be NULL.
     * @retval TPS_STORE_EXISTS   There is one, and there must be none.
     * @retval TPS_STORE_CHANGED  It has another sequence, or is gone.
     * @retval TPS_NOT_FOUND      There is no such tenant.
     * @retval TPS_BAD_ARGUMENT   The name cannot be one. @retval TPS_TOO_LARGE
     */
    tps_status (*put_item)(tps_store *store, int64_t tenant, const tps_store_item *item, int64_t expected,
                           int64_t now, int64_t *sequence);
    /** @retval TPS_NOT_FOUND @retval TPS_STORE_CHANGED */
    tps_status (*remove_item)(tps_store *store, int64_t tenant, uint32_t kind, tps_span name,
                              int64_t expected);
    /** @retval TPS_NOT_FOUND */
    tps_status (*find_item)(tps_store *store, int64_t tenant, uint32_t kind, tps_span name,
                            tps_store_visit_item visit, void *context);
    /**
     * Items in the order of their sequence.
     * @param kind         TPS_STORE_*, or 0 for all kinds.
     * @param after        Only those with a larger sequence; 0 for all.
     * @param limit        At most so many; 0 for all.
     * @param with_bodies  Else `body` is empty, and only `body_size` tells.
     */
    tps_status (*each_item)(tps_store *store, int64_t tenant, uint32_t kind, int64_t after, size_t limit,
                            bool with_bodies, tps_store_visit_item visit, void *context);

    /* -- sessions -- */

    /**
     * Takes steps of sessions, each wholly or not at all, and sets its status:
     * - TPS_OK
     * - TPS_STORE_EXISTS   From NEW: the session is there. Else: it is in another state.
     * - TPS_STORE_USED     The client's nonce was used by another session of this tenant.
     * - TPS_STORE_PASSED   From NEW: `expires` is not after everything that was pruned, so nobody can know
     *                      whether it was there.
     * - TPS_NOT_FOUND      Not from NEW: there is none, or it has expired at `now`.
     * - TPS_BAD_ARGUMENT   A nonce that is too long, no such state, or `expires` outside of 0 .. 2^40.
     * A step changes state, type, evidence, evidence_sha256, result and expires; one to REMOVED forgets all
     * but id, nonce and expires. Taking a session into PROCESSING claims it (claim_sessions) at `now`.
     *
     * That nothing is accepted twice rests on `expires`: for one id it must never be computed larger later
     * than it was before, or what was pruned could pass.
     * @return TPS_OK when every step has its status; else all that was done in the group is lost.
     */
    tps_status (*put_sessions)(tps_store *store, tps_store_session_step *steps, size_t count, int64_t now);
    /** Also one that is REMOVED. @retval TPS_NOT_FOUND  The tenant has none, or it has expired at `now`. */
    tps_status (*find_session)(tps_store *store, int64_t tenant, const uint8_t id[TPS_STORE_SESSION_ID_SIZE],
                               int64_t now, tps_store_visit_session visit, void *context);
    /** TPS_OK when a session of the tenant has used this nonce of a client, else TPS_NOT_FOUND. */
    tps_status (*find_nonce)(tps_store *store, int64_t tenant, tps_span nonce);
    /**
     * Claims at most `limit` sessions that are PROCESSING, of all tenants, and that nobody claimed since
     * `before`: work that a node left behind. They are claimed at `now`.
     */
    tps_status (*claim_sessions)(tps_store *store, int64_t now, int64_t before, size_t limit,
                                 tps_store_visit_session visit, void *context);
    /**
     * Drops at most `limit` of the sessions that expired at least TPS_STORE_PRUNE_AFTER seconds before `now`,
     * those that expired first before the others, and remembers up to which `expires`: the watermark.
     */
    tps_status (*prune)(tps_store *store, int64_t now, size_t limit);

    /* -- the audit log -- */

    /** Appends, as the next of the tenant's chain. @param[out] out  All but `entry`; may be NULL.
     * @retval TPS_NOT_FOUND  There is no such tenant. @retval TPS_TOO_LARGE */
    tps_status (*append_audit)(tps_store *store, int64_t tenant, int64_t time, tps_span entry,
                               tps_store_audit_entry *out);
    /** Entries from sequence `from` on, at most `limit` (0: all). */
    tps_status (*each_audit)(tps_store *store, int64_t tenant, int64_t from, size_t limit,
                             tps_store_visit_audit visit, void *context);

    /* -- whole stores: what copy.h is made of -- */

    /** Until end_snapshot every read sees one and the same state. Not within a group, nor a group within it.
     */
    tps_status (*begin_snapshot)(tps_store *store);
    void (*end_snapshot)(tps_store *store);
    /** The watermark: the largest `expires` that was pruned, or 0. */
    tps_status (*watermark)(tps_store *store, int64_t *expires);
    /** All sessions of all tenants, also expired ones, in the order of (id, tenant). @param after  Only those
     * behind this one's id and tenant; NULL: from the first. @param limit  At most so many; 0: all. */
    tps_status (*each_session)(tps_store *store, const tps_store_session *after, size_t limit,
                               tps_store_visit_session visit, void *context);
    /** A tenant's used nonces of clients, in the order of their bytes. @param after  Only those behind it. */
    tps_status (*each_nonce)(tps_store *store, int64_t tenant, tps_span after, size_t limit,
                             tps_store_visit_nonce visit, void *context);

    /**
     * Begins to fill an empty store from another, or goes on with it. From here to end_import, import_*
     * keeps what it is given as it is, with its numbers; what is there already under the same key is left as
     * it is, and TPS_OK. The caller compares at the end (tps_store_digest()).
     * @param source  Names where it comes from: 1..TPS_STORE_SOURCE_MAX - 1 characters.
     * @retval TPS_STORE_EXISTS  The store has tenants, or is being filled from somewhere else.
     */
    tps_status (*begin_import)(tps_store *store, const char *source);
    tps_status (*import_tenant)(tps_store *store, const tps_store_tenant *tenant);
    /** @retval TPS_NOT_FOUND  There is no such tenant; of the next three, too. */
    tps_status (*import_item)(tps_store *store, int64_t tenant, const tps_store_item *item);
    tps_status (*import_session)(tps_store *store, const tps_store_session *session);
    tps_status (*import_nonce)(tps_store *store, int64_t tenant, tps_span nonce);
    tps_status (*import_audit)(tps_store *store, int64_t tenant, const tps_store_audit_entry *entry);
    /** Ends it: the store is whole, with this revision, unless its own is larger, and watermark. */
    tps_status (*end_import)(tps_store *store, int64_t revision, int64_t watermark);
} tps_store_ops;

/** What every implementation's handle begins with. Call as `store->ops->find_tenant(store, ...)`. */
struct tps_store {
    const tps_store_ops *ops;
};

/** True for a name that a tenant may have: 1 to 63 of a-z, 0-9 and "-", not beginning with "-". */
bool tps_store_tenant_name_is_valid(const char *name);

/** True for a name that an item may have: 1 to TPS_STORE_ITEM_NAME_MAX characters, '!' to '~'. */
bool tps_store_item_name_is_valid(tps_span name);

#endif
