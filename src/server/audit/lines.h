/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lines.h
 * An audit log outside of the store: one entry a line, each a JSON object with all that its hash covers
 * (spec/audit.md). Reading is strict: a line has these members, in any order, and no others.
 */
#ifndef TPS_SERVER_AUDIT_LINES_H
#define TPS_SERVER_AUDIT_LINES_H

#include "store/store.h"

#define TPS_AUDIT_LINES_TYPE "application/jsonl"

/** The longest line, in bytes. */
#define TPS_AUDIT_LINE_MAX (TPS_STORE_AUDIT_ENTRY_MAX + 512u)

/** A line. */
typedef struct {
    tps_span tenant;      /**< its name */
    int64_t sequence;     /**< 1, 2, 3 ... */
    int64_t time;         /**< seconds since 1970 */
    uint8_t previous[32]; /**< hash of the entry before; zeros before the first */
    uint8_t hash[32];
    tps_span entry; /**< the bytes that are hashed, as they stand in the line */
} tps_audit_line;

/**
 * Write a line, without a line break.
 * @param[out] size  Bytes written, or needed.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 */
TPS_MUST_USE tps_status tps_audit_line_write(const tps_audit_line *line, tps_buf out, size_t *size);

/**
 * Read a line. Hashes are not looked at.
 * @param[out] line  Points into `text`.
 * @param[out] why   Where it is wrong; may be NULL.
 * @retval TPS_OK
 * @retval TPS_SERVER_AUDIT_MALFORMED  A member is missing, unknown, of another type or out of range.
 * @retval TPS_JSON_*                  It is no JSON.
 */
TPS_MUST_USE tps_status tps_audit_line_read(tps_span text, tps_audit_line *line, tps_error *why);

/** Gets one line, without a line break, during the call only. Anything but TPS_OK ends the export. */
typedef tps_status (*tps_audit_take_line)(void *context, tps_span line);

/**
 * @brief Export a part of a tenant's chain, in lines.
 * @param name   The tenant's.
 * @param from   The first entry; 1 is the first of all.
 * @param limit  At most so many; 0: all.
 * @retval TPS_OK            Also when there are none.
 * @retval TPS_BAD_ARGUMENT  `from` is below 1.
 * @retval others            What the store or `take` returned; TPS_OUT_OF_MEMORY.
 */
TPS_MUST_USE tps_status tps_audit_export(tps_store *store, int64_t tenant, const char *name, int64_t from,
                                         size_t limit, tps_audit_take_line take, void *context);

#endif
