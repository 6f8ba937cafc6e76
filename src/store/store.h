/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store.h
 * What the service side keeps: tenants with their signing keys, trust anchors and endorsements, and the
 * results of sessions with the nonces they used. A store is a table of operations; sqlite/ is the embedded
 * one.
 *
 * For implementers:
 * - A handle serves one thread at a time. Several handles, in several threads and processes, may be open on
 * one store.
 * - Every operation but those on results is durable and visible to others when it returns. Every operation
 * may block.
 * - Within a group (begin_group .. commit_group) the same operations take part in one transaction: none is
 * durable or visible before commit_group returns TPS_OK, and then all are, whatever happens afterwards (power
 * cut, kill -9). When an operation in a group fails with TPS_STORE_EXISTS or TPS_NOT_FOUND it has changed
 * nothing and the group goes on; after any other failure the group can only be abandoned.
 * - What reads must see the last committed state; nothing need be repeatable between two calls.
 * - Spans given to a visitor are valid during the visit only.
 * - Failures are TPS_STORE_FAILED, or TPS_OUT_OF_MEMORY; `explain` then has a line for the log. Statuses
 * beyond these are named with each operation.
 *
 * Risk to know of: the tenants' signing keys (private scalars) lie in the store as they are. Who reads the
 * store can sign results in the tenants' names. sqlite/ therefore keeps its file at mode 0600; backups need
 * the same care.
 */
#ifndef TPS_STORE_STORE_H
#define TPS_STORE_STORE_H

#include "tps/span.h"
#include "tps/status.h"

#define TPS_STORE_TENANT_NAME_MAX  63u
#define TPS_STORE_SIGNING_KEY_SIZE 32u /**< a private P-256 scalar */
#define TPS_STORE_SESSION_ID_SIZE  16u /**< a UUID */
#define TPS_STORE_NONCE_MAX        64u

/** The tenant whose interfaces lie at the server's root. */
#define TPS_STORE_DEFAULT_TENANT "default"

/** A tenant: a service provider with everything of its own. */
typedef struct {
    int64_t id; /**< the store's own number for it; 0 in a tenant that is to be created */
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
    bool allow_unsigned;                             /**< takes endorsements that nobody signed */
    uint8_t signing_key[TPS_STORE_SIGNING_KEY_SIZE]; /**< signs its results; wipe it after use */
} tps_store_tenant;

/** A session that has taken its evidence. */
typedef struct {
    int64_t tenant;
    uint8_t session[TPS_STORE_SESSION_ID_SIZE];
    tps_span nonce;         /**< 1..TPS_STORE_NONCE_MAX bytes */
    bool nonce_from_client; /**< then it stays used for ever, else at least until `expires` */
    tps_span type;          /**< media type of the evidence */
    uint8_t evidence_sha256[32];
    tps_span result; /**< the EAR as JWT */
    int64_t expires; /**< seconds since 1970: kept until then */
} tps_store_result;

typedef struct tps_store tps_store;

/** Gets one stored thing. Anything but TPS_OK ends the visits and is returned by the operation. */
typedef tps_status (*tps_store_visit_bytes)(void *context, tps_span bytes);
typedef tps_status (*tps_store_visit_tenant)(void *context, const tps_store_tenant *tenant);
typedef tps_status (*tps_store_visit_result)(void *context, const tps_store_result *result);

/** The operations of a store. */
typedef struct {
    /** Ends the handle. An open group is abandoned. */
    void (*close)(tps_store *store);
    /** One line, for logs, on why the last operation failed. */
    const char *(*explain)(tps_store *store);

    tps_status (*begin_group)(tps_store *store);
    /** After a failure nothing of the group is kept, and the group is over. */
    tps_status (*commit_group)(tps_store *store);
    void (*abandon_group)(tps_store *store);

    /** A number that grows whenever tenants, anchors or endorsements change. Cheap: asked every second. */
    tps_status (*revision)(tps_store *store, int64_t *revision);

    /** @retval TPS_STORE_EXISTS  The name is taken. @retval TPS_BAD_ARGUMENT  It is no tenant's name. */
    tps_status (*create_tenant)(tps_store *store, const tps_store_tenant *tenant, int64_t now);
    /** @retval TPS_NOT_FOUND */
    tps_status (*find_tenant)(tps_store *store, const char *name, tps_store_tenant *tenant);
    /** All tenants by name. */
    tps_status (*each_tenant)(tps_store *store, tps_store_visit_tenant visit, void *context);

    /** Trust a certificate (DER). @retval TPS_STORE_EXISTS  The tenant trusts it already.
     * @retval TPS_NOT_FOUND  There is no such tenant. */
    tps_status (*add_anchor)(tps_store *store, int64_t tenant, const uint8_t sha256[32], tps_span der,
                             int64_t now);
    tps_status (*each_anchor)(tps_store *store, int64_t tenant, tps_store_visit_bytes visit, void *context);

    /** Keep a CoRIM as it was submitted. @retval TPS_STORE_EXISTS  The tenant has one under this `sha256`.
     * @retval TPS_NOT_FOUND  There is no such tenant. */
    tps_status (*add_endorsement)(tps_store *store, int64_t tenant, const uint8_t sha256[32], tps_span corim,
                                  int64_t now);
    /** In the order of submission. */
    tps_status (*each_endorsement)(tps_store *store, int64_t tenant, tps_store_visit_bytes visit,
                                   void *context);

    /**
     * Records in one step that the session's nonce is used and what came of it.
     * @retval TPS_STORE_EXISTS  The tenant has seen this nonce, or the session: nothing was changed.
     */
    tps_status (*put_result)(tps_store *store, const tps_store_result *result);
    /** TPS_OK when the tenant has seen this nonce, else TPS_NOT_FOUND. */
    tps_status (*find_nonce)(tps_store *store, int64_t tenant, tps_span nonce);
    /** @retval TPS_NOT_FOUND  Of this tenant there is none, or it was removed, or expired at `now`. */
    tps_status (*find_result)(tps_store *store, int64_t tenant,
                              const uint8_t session[TPS_STORE_SESSION_ID_SIZE], int64_t now,
                              tps_store_visit_result visit, void *context);
    /** Forgets the result; the nonce stays used. @retval TPS_NOT_FOUND */
    tps_status (*remove_result)(tps_store *store, int64_t tenant,
                                const uint8_t session[TPS_STORE_SESSION_ID_SIZE], int64_t now);
    /** Drops at most `limit` of the oldest results that have expired at `now`. */
    tps_status (*prune)(tps_store *store, int64_t now, size_t limit);
} tps_store_ops;

/** What every implementation's handle begins with. Call as `store->ops->find_tenant(store, ...)`. */
struct tps_store {
    const tps_store_ops *ops;
};

/** True for a name that a tenant may have: 1 to 63 of a-z, 0-9 and "-", not beginning with "-". */
bool tps_store_tenant_name_is_valid(const char *name);

#endif
