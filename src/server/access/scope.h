/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file scope.h
 * What somebody may do with a tenant, as a set of bits with names. Each route of the server asks for at most
 * one scope; no scope contains another.
 */
#ifndef TPS_SERVER_ACCESS_SCOPE_H
#define TPS_SERVER_ACCESS_SCOPE_H

#include "format/json/reader.h"
#include "format/json/writer.h"

/** Scopes. A set is some of them, joined by |. */
enum {
    TPS_SCOPE_READ = 1u << 0,     /**< "read": see what the tenant has, but for tokens and the audit log */
    TPS_SCOPE_ENDORSE = 1u << 1,  /**< "endorse": submit and remove endorsements */
    TPS_SCOPE_POLICY = 1u << 2,   /**< "policy": make, choose and remove policies */
    TPS_SCOPE_TRUST = 1u << 3,    /**< "trust": trust anchors and revocations */
    TPS_SCOPE_KEYS = 1u << 4,     /**< "keys": the keys that sign results */
    TPS_SCOPE_ADMIN = 1u << 5,    /**< "admin": tokens, administrators and settings, so indirectly all */
    TPS_SCOPE_APPRAISE = 1u << 6, /**< "appraise": have evidence appraised where that is not for anybody */
    TPS_SCOPE_AUDIT = 1u << 7,    /**< "audit": read the audit log */
    TPS_SCOPE_OPERATOR = 1u << 8, /**< "operator": make and remove tenants; in the tenant default alone */
};

/** All scopes that exist, and those that a tenant other than the default one may give. */
#define TPS_SCOPES_ALL       0x1ffu
#define TPS_SCOPES_OF_TENANT (TPS_SCOPES_ALL & ~(uint32_t)TPS_SCOPE_OPERATOR)

/** Room for the names of all scopes with a space between, and a final zero. */
#define TPS_SCOPES_TEXT_SIZE 72u

/** The name of one scope, or NULL if `scope` is not exactly one. */
const char *tps_scope_name(uint32_t scope);

/**
 * Reads the next value of `reader`, an array of names. An empty array is refused, and so is a name twice.
 * @return  The set; 0 when the reader has an error: TPS_SERVER_UNKNOWN_SCOPE, or of its own.
 */
uint32_t tps_scopes_get(json_reader *reader);

/**
 * Reads names with one space, or one comma, between.
 * @retval TPS_OK
 * @retval TPS_SERVER_UNKNOWN_SCOPE  A name is unknown or empty, or there twice.
 */
TPS_MUST_USE tps_status tps_scopes_read(tps_span text, uint32_t *scopes);

/** Writes the set as a JSON array of names, in the order above. */
void tps_scopes_put(json_writer *writer, uint32_t scopes);

/** Writes the names with a space between, and a final zero. Returns `out`. */
const char *tps_scopes_write(uint32_t scopes, char out[TPS_SCOPES_TEXT_SIZE]);

#endif
