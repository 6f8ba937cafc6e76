/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fetch.h
 * Where an identity provider's keys come from: its jwks_uri, given or found by OpenID Connect Discovery,
 * asked in a thread of its own. Nobody who wants keys ever waits: there are some, or there are none yet.
 *
 * A source is fetched when it is opened, again every TPS_KEYS_REFRESH_S, after a failure again and again with
 * longer pauses, and when somebody comes with a key that is not known (a provider changed its keys), once in
 * TPS_KEYS_DEMAND_S. While the provider is away the last good keys count, for TPS_KEYS_KEPT_S.
 *
 * What may go wrong out there is bounded: no redirects, no more than TPS_JWKS_SIZE_MAX bytes, 5 seconds to
 * connect and 10 in all, TLS 1.2 and the system's certificates; a discovery document must name the issuer
 * that was asked. Plain http is spoken to this machine alone, and only where the address says so; names that
 * lead to this machine or to its link are not connected to.
 *
 * All of it is thread-safe. The thread is started with the first source and ends with the last one.
 */
#ifndef TPS_SERVER_ACCESS_FETCH_H
#define TPS_SERVER_ACCESS_FETCH_H

#include "server/access/jwks.h"

#define TPS_KEYS_URL_MAX     512u  /**< characters */
#define TPS_KEYS_SOURCES_MAX 1024u /**< of a process */
#define TPS_KEYS_REFRESH_S   900u
#define TPS_KEYS_DEMAND_S    60u
#define TPS_KEYS_KEPT_S      86400u

typedef struct tps_key_source tps_key_source;

/**
 * True for a URL that keys may come from, and that an issuer may have: https://, or http:// with 127.0.0.0/8,
 * [::1] or localhost; no user, query or fragment; at most TPS_KEYS_URL_MAX printable characters.
 */
bool tps_keys_url_is_allowed(const char *url);

/** True for one that leads to this machine: its host is 127.*, [::1] or localhost. What answers there is
 * nothing that tenants have a say in, so that only the operator may name it. */
bool tps_keys_url_is_local(const char *url);

/**
 * @brief The source of an issuer's keys. Who asks for the same gets the same: an issuer is fetched once,
 * however many tenants and entries name it.
 *
 * @param issuer        As tokens name it.
 * @param jwks_uri      NULL: by discovery, at ISSUER/.well-known/openid-configuration.
 * @param[out] source   Given back by tps_key_source_close(); NULL on failure.
 * @retval TPS_OK
 * @retval TPS_BAD_ARGUMENT  A URL is not allowed. @retval TPS_TOO_LARGE  There are TPS_KEYS_SOURCES_MAX.
 * @retval TPS_OUT_OF_MEMORY, TPS_IO (no thread)
 */
TPS_MUST_USE tps_status tps_key_source_open(const char *issuer, const char *jwks_uri,
                                            tps_key_source **source);

/** Gives it back. NULL is allowed. */
void tps_key_source_close(tps_key_source *source);

/**
 * The keys as they are.
 * @param[out] keys  A reference, given back by tps_jwks_release().
 * @retval TPS_OK, TPS_SERVER_ISSUER_AWAY (none were fetched yet, or the last good ones are too old)
 */
TPS_MUST_USE tps_status tps_key_source_keys(tps_key_source *source, tps_jwks **keys);

/**
 * Somebody came with a key that is not among them.
 * @return True: newer ones are on their way; ask again. False: these were asked for less than
 * TPS_KEYS_DEMAND_S ago, so there is no such key.
 */
bool tps_key_source_demand(tps_key_source *source);

/** What became of the last attempt, for a log: TPS_OK, or why it failed. `text` is static. */
tps_status tps_key_source_state(tps_key_source *source, const char **text);

/**
 * Who is told when keys of an issuer cannot be had, for another reason than before, and when they are there
 * again (TPS_OK): for the log. Called in the thread of the keys; `text` is static. Before the first source.
 */
void tps_keys_set_observer(void (*told)(const char *issuer, tps_status status, const char *text));

/** Other times than those above, in milliseconds; for tests. */
void tps_keys_set_times(uint32_t refresh_ms, uint32_t retry_ms, uint32_t demand_ms, uint32_t kept_ms);

#endif
