/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file administrator.h
 * What a tenant says of tokens and administrators: the attributes of their items, as JSON objects. Read
 * strictly: a member that is not known could be a condition that somebody relies on, and is refused.
 *
 * A token (TPS_STORE_TOKEN): {"scopes": ["read"], "expires": 1790000000 or null}; its hash is the body.
 *
 * An administrator (TPS_STORE_ADMINISTRATOR) by an identity provider's tokens: {"scopes": [...], "oidc":
 * {"issuer": URL, "audience": text, "subject": text, "claims": {name: text}, "jwks_uri": URL, "jwks":
 * {...}}}. At least one of subject and claims is there, and all of them must fit; a claim fits when it is the
 * text or an array that has it; a name that begins with a slash is a JSON pointer (jwt.h). Keys come from
 * jwks, which is never fetched anew, from jwks_uri, or without both by discovery.
 *
 * An administrator by a client certificate: {"scopes": [...], "certificate": {"spki_sha256": hex} or
 * {"subject": "CN=ops,O=Example"}}; with both, both must fit.
 */
#ifndef TPS_SERVER_ACCESS_ADMINISTRATOR_H
#define TPS_SERVER_ACCESS_ADMINISTRATOR_H

#include "server/access/certificate.h"
#include "server/access/fetch.h"
#include "server/access/jwt.h"
#include "server/access/principal.h"
#include "server/access/scope.h"

#define TPS_ADMINISTRATOR_TEXT_MAX   255u /**< bytes of audience, subject, a claim's name or value */
#define TPS_ADMINISTRATOR_CLAIMS_MAX 8u

typedef char tps_administrator_text[TPS_ADMINISTRATOR_TEXT_MAX + 1];

#define TPS_ACCESS_NAME_MAX 64u /**< of a token's or an administrator's name */

/** True for a name that a token or an administrator may be given: 1 to TPS_ACCESS_NAME_MAX of a-z, A-Z, 0-9
 * and -._~, which stand in a path as they are; not a dot first. */
bool tps_access_name_is_valid(tps_span name);

/**
 * Whether somebody with the scope admin may give these scopes to a token or an administrator of this tenant:
 * all but operator, which only who has it may give, in the default tenant.
 * @retval TPS_OK
 * @retval TPS_SERVER_FORBIDDEN   They have not operator themselves.
 * @retval TPS_SERVER_BAD_ACCESS  It is another tenant.
 */
TPS_MUST_USE tps_status tps_access_may_give(const tps_principal *who, const char *tenant, uint32_t scopes,
                                            tps_error *why);

/** A token's attributes. */
typedef struct {
    uint32_t scopes;
    int64_t expires; /**< seconds since 1970, or TPS_TOKEN_NO_EXPIRY (token.h) */
} tps_token_attributes;

/** An administrator's attributes. Large: not for the stack of deep calls. */
typedef struct {
    uint32_t scopes;
    bool is_oidc; /**< else by certificate */
    struct {
        char issuer[TPS_KEYS_URL_MAX + 1];
        char jwks_uri[TPS_KEYS_URL_MAX + 1]; /**< empty: none */
        tps_administrator_text audience;
        tps_administrator_text subject; /**< empty: any */
        struct {
            tps_administrator_text name, value;
        } claims[TPS_ADMINISTRATOR_CLAIMS_MAX];
        size_t claim_count;
        tps_span jwks; /**< inside the JSON; empty: none */
    } oidc;
    struct {
        bool has_spki;
        uint8_t spki_sha256[TPS_SHA256_SIZE];
        tps_administrator_text subject; /**< empty: any */
    } certificate;
} tps_administrator;

/**
 * @brief Read a token's attributes.
 * @param[out] why  Names the member; may be NULL.
 * @retval TPS_OK
 * @retval TPS_SERVER_BAD_ACCESS     A member is absent, unknown, or of a wrong type or value.
 * @retval TPS_SERVER_UNKNOWN_SCOPE  @retval TPS_JSON_*  No JSON.
 */
TPS_MUST_USE tps_status tps_token_attributes_read(tps_span json, tps_token_attributes *out, tps_error *why);

/** Writes them. @retval TPS_OK, TPS_BUFFER_TOO_SMALL */
TPS_MUST_USE tps_status tps_token_attributes_write(const tps_token_attributes *token, tps_buf out,
                                                   size_t *size);

/**
 * @brief Read an administrator's attributes. A jwks within is looked at when the table is built.
 * @param[out] out  `oidc.jwks` points into `json`.
 * Errors as tps_token_attributes_read().
 */
TPS_MUST_USE tps_status tps_administrator_read(tps_span json, tps_administrator *out, tps_error *why);

/** Writes them, as they are read. @retval TPS_OK, TPS_BUFFER_TOO_SMALL */
TPS_MUST_USE tps_status tps_administrator_write(const tps_administrator *administrator, tps_buf out,
                                                size_t *size);

/** Whether a verified certificate is this administrator's. */
bool tps_administrator_fits_certificate(const tps_administrator *administrator,
                                        const tps_certificate *certificate);

/** Whether the claims of a verified token are this administrator's; tps_jwt_check() sees to the others.
 * @return NULL, or what does not fit: "sub", "the claims". */
const char *tps_administrator_misfit_of_token(const tps_administrator *administrator, const tps_jwt *jwt);

#endif
