/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file check.h
 * Checks an exported audit log, line by line: that each entry has its hash and follows the one before, that
 * the checkpoints in it are the tenant's, and that it is the log which checkpoints name that were kept
 * elsewhere. What is proven are the entries up to the last one that a good checkpoint names: a chain by
 * itself can be made anew by anybody who can change all of it.
 *
 *     tps_audit_checker_add_keys(), _add_checkpoint()...   what is believed
 *     tps_audit_checker_line()...                          until one is refused, or the end
 *     tps_audit_checker_finish()
 *
 * Memory does not grow with the log. One thread at a time for each checker.
 */
#ifndef TPS_SERVER_AUDIT_CHECK_H
#define TPS_SERVER_AUDIT_CHECK_H

#include "store/store.h"
#include "tps/result_keys.h"

#define TPS_AUDIT_CHECK_KEYS_MAX        64u
#define TPS_AUDIT_CHECK_CHECKPOINTS_MAX 4096u /**< one a day for eleven years */

/** What was found so far. */
typedef struct {
    char tenant[TPS_STORE_TENANT_NAME_MAX + 1]; /**< empty before the first line */
    int64_t first, last;                        /**< entries; 0 before the first line */
    uint8_t last_hash[32];
    int64_t proven;                         /**< entries up to this one are proven; 0: none */
    int64_t proven_time;                    /**< when that was signed; seconds since 1970 */
    char proven_by[TPS_RESULT_KEY_ID_SIZE]; /**< the name of the key that signed it */
    uint64_t checkpoints;                   /**< good ones, in the log and beside it */
    uint64_t unknown_keys; /**< checkpoints in it that are signed with keys which were not given */
    uint64_t clock_back;   /**< entries whose time is before that of the one before them */
    bool
        ends_signed; /**< the last entry is a good checkpoint of the one before it: nothing is left to sign */
    int64_t at;      /**< the entry that is wrong, or is missing, when something is refused */
} tps_audit_findings;

typedef struct tps_audit_checker tps_audit_checker;

/** @retval TPS_OUT_OF_MEMORY */
TPS_MUST_USE tps_status tps_audit_checker_new(tps_audit_checker **checker);

/** NULL is allowed. */
void tps_audit_checker_free(tps_audit_checker *checker);

/**
 * Believe keys: a JWK Set (of which what is no P-256 key is passed over), or one key as a JWK, in PEM or DER.
 * Names are computed, and not taken from the text.
 * @retval TPS_OK
 * @retval TPS_TOO_LARGE           More than TPS_AUDIT_CHECK_KEYS_MAX in all.
 * @retval TPS_CRYPTO_BAD_KEY      No key that could have signed.
 * @retval TPS_JSON_*, TPS_JWK_*, TPS_CRYPTO_*  As it is read.
 */
TPS_MUST_USE tps_status tps_audit_checker_add_keys(tps_audit_checker *checker, tps_span text);

/**
 * A checkpoint that was kept elsewhere: the log must be the one that it names, and come as far. After the
 * keys.
 * @retval TPS_OK
 * @retval TPS_SERVER_AUDIT_BAD_CHECKPOINT  It is none, or its signature is wrong.
 * @retval TPS_SERVER_AUDIT_UNPROVEN        It is signed with a key that was not given.
 * @retval TPS_TOO_LARGE                    More than TPS_AUDIT_CHECK_CHECKPOINTS_MAX.
 */
TPS_MUST_USE tps_status tps_audit_checker_add_checkpoint(tps_audit_checker *checker, tps_span text);

/**
 * Look at the next line, without its line break.
 * @retval TPS_OK
 * @retval TPS_SERVER_AUDIT_MALFORMED  It is no line, or of another tenant.
 * @retval TPS_SERVER_AUDIT_CHANGED    It does not have its hash, or does not follow the one before.
 * @retval TPS_SERVER_AUDIT_MISSING    Entries are missing before it.
 * @retval TPS_SERVER_AUDIT_ORDER      It belongs before the one before, or is there twice.
 * @retval TPS_SERVER_AUDIT_FORKED     A checkpoint names another entry of this number.
 * @retval TPS_SERVER_AUDIT_BAD_CHECKPOINT  It holds a checkpoint whose signature is wrong, or of another
 * tenant.
 * @retval TPS_CRYPTO_FAILED
 * After a refusal the checker can only be asked for its findings.
 */
TPS_MUST_USE tps_status tps_audit_checker_line(tps_audit_checker *checker, tps_span line, tps_error *why);

/**
 * The end of the log.
 * @retval TPS_OK                      What `findings` calls proven, is.
 * @retval TPS_SERVER_AUDIT_MISSING    A checkpoint names an entry beyond the end.
 * @retval TPS_SERVER_AUDIT_UNPROVEN   The chain is whole, and no good checkpoint names an entry of it.
 */
TPS_MUST_USE tps_status tps_audit_checker_finish(tps_audit_checker *checker);

/** What was found. Valid until the checker is freed. */
const tps_audit_findings *tps_audit_checker_findings(const tps_audit_checker *checker);

#endif
