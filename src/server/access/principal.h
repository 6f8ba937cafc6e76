/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file principal.h
 * Who asks. One function takes what a request brought (the field Authorization, the certificate of its TLS
 * connection) and what the tenant has (its tokens and administrators, in a table that is made whole and never
 * changed), and says who it is and what they may do, or by name why not.
 *
 * Credentials, in this order: where the field Authorization is there it decides, and the certificate is not
 * looked at.
 * - `Bearer tps_...`: an API token of this tenant (token.h).
 * - `Bearer ` and a JWT: a token of an identity provider that an administrator entry names (jwt.h). Scopes of
 *   all entries that it fits are joined.
 * - `Basic ` and base64 of anything, a colon and an API token: for clients that know only passwords.
 * - A client certificate that TLS has verified, and an administrator entry names (certificate.h).
 * Who brings nothing, or a certificate that nobody knows, is anybody.
 *
 * Nothing secret is in a name or in a refusal. A token of another tenant, one that was revoked and one that
 * never was are refused with the same words.
 */
#ifndef TPS_SERVER_ACCESS_PRINCIPAL_H
#define TPS_SERVER_ACCESS_PRINCIPAL_H

#include "server/access/scope.h"
#include "store/store.h"

/** Who asks. */
typedef struct {
    char kind[16];   /**< "anybody", "token", "oidc", "certificate", "command line" */
    char name[192];  /**< for logs and the audit log; printable ASCII, no secret. Empty for anybody */
    uint32_t scopes; /**< TPS_SCOPE_* */
} tps_principal;

/** A tenant's tokens and administrators. Immutable; belongs to one thread at a time. */
typedef struct tps_access_table tps_access_table;

/**
 * @brief Build the table of what the store has for a tenant (kinds TPS_STORE_TOKEN, TPS_STORE_ADMINISTRATOR).
 *
 * An item that cannot be used is left out, and counts for nobody: tps_access_table_fault() tells of it. Keys
 * of identity providers are asked for from now on, in a thread of their own; nothing here waits for them.
 *
 * @param name  The tenant's: the default one alone can give the scope operator.
 * @param[out] table  Ended by tps_access_table_free(); NULL on failure.
 * @retval TPS_STORE_*, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_access_table_build(tps_store *store, int64_t tenant, const char *name,
                                               tps_access_table **table);

/** NULL is allowed. */
void tps_access_table_free(tps_access_table *table);

/** How many items were left out; of the first, its name ("administrator ops") and why. */
size_t tps_access_table_fault(const tps_access_table *table, const char **name, tps_status *status,
                              const char **detail);

/** What a request brought. */
typedef struct {
    bool has_authorization; /**< the field is there */
    tps_span authorization; /**< its value */
    tps_span certificate;   /**< DER of the verified client certificate; empty: none */
    int64_t now;            /**< seconds since 1970 */
} tps_credentials;

/** Why somebody is refused. */
typedef struct {
    unsigned http_status; /**< 400, 401, 403, 503 */
    tps_status status;    /**< cause and next step */
    const char *detail;   /**< static text: what is wrong with it, such as "aud"; NULL: nothing more */
    const char *www_authenticate; /**< value of the field, to be sent with 401 and 403; NULL: none */
    uint32_t retry_after_s;       /**< of 503 */
} tps_refusal;

/**
 * @brief Find out who asks.
 *
 * @param table          Of the tenant that is asked; NULL: it is not loaded yet, and knows nobody.
 * @param[out] who       Set if TPS_OK.
 * @param[out] refusal   Set otherwise.
 * @retval TPS_OK
 * @retval TPS_SERVER_BAD_CREDENTIAL      400: the field is malformed. 401: a scheme that is not taken.
 * @retval TPS_SERVER_UNAUTHENTICATED     401: nobody is known by it.
 * @retval TPS_SERVER_CREDENTIAL_EXPIRED  401.
 * @retval TPS_SERVER_TOKEN_REFUSED       401: a JWT that does not count; `detail` names the claim.
 * @retval TPS_SERVER_ISSUER_AWAY         503: the issuer's keys are not at hand, or are fetched anew.
 * @retval TPS_CRYPTO_FAILED, TPS_OUT_OF_MEMORY  503.
 *
 * For one thread of a process, whatever the table: keys of providers are shared by all tables.
 */
TPS_MUST_USE tps_status tps_access_identify(const tps_access_table *table, const tps_credentials *credentials,
                                            tps_principal *who, tps_refusal *refusal);

/**
 * Whether they may do what needs this scope.
 * @param scope  One TPS_SCOPE_*; 0: everybody may.
 * @retval TPS_OK
 * @retval TPS_SERVER_NO_CREDENTIAL  401: they are anybody. @retval TPS_SERVER_FORBIDDEN  403: `detail` names
 * the scope that they lack.
 */
TPS_MUST_USE tps_status tps_access_require(const tps_principal *who, uint32_t scope, tps_refusal *refusal);

#endif
