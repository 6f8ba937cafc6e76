/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file postgresql_store.h
 * The store that many nodes share: a PostgreSQL database, version 13 or newer, in which everything of ours
 * lies in the schema `tps`. One handle is one connection.
 *
 * What it promises beside store.h:
 * - Durability is the database's: synchronous_commit is never below `on` in our connections, whatever the
 *   database's or role's setting (remote_apply stays). fsync and full_page_writes are the operator's to leave
 *   on. With synchronous_standby_names set, what was acknowledged is on the standby, too: a commit that came
 *   back with a warning, as one does whose wait for the standby was cancelled, counts as failed.
 * - Whatever breaks, nothing waits for longer than about TPS_POSTGRESQL_PATIENCE_MS: an operation that gets
 *   no answer by then ends with TPS_STORE_AWAY and its connection is dropped. TPS_STORE_AWAY are also: a
 *   server that shuts down, restarts, recovers, has no connections left, or takes reads only (a standby);
 *   locks that others keep; deadlocks and serialization failures. After it, connecting is tried again by
 *   later operations, after 100 ms, then at growing intervals of up to 2 s; in between they end at once with
 *   TPS_STORE_AWAY. A group whose connection broke stays broken to its end.
 * - A later connection may be to another server (several hosts in the URL) and so to another history.
 *   generation() tells that of the present connection, without asking the database. Within a group it is that
 *   of the group's connection, so a writer that compares it after begin_group knows what history its commit
 *   will be part of.
 * - A node whose clock differs from the database's by more than TPS_POSTGRESQL_SKEW_MAX_S seconds is not
 *   connected (TPS_STORE_AWAY; `explain` names the difference). prune drops only what has expired by the
 *   database's clock, too.
 * - Items' sequences become visible in their order: who read up to sequence N will find all later changes
 *   behind N.
 *
 * What the role needs: CONNECT, and either CREATE on the database or to own a schema `tps`. A connection
 * pooler must pool sessions, not transactions (prepared statements, LISTEN).
 */
#ifndef TPS_STORE_POSTGRESQL_STORE_H
#define TPS_STORE_POSTGRESQL_STORE_H

#include "store/migration.h"
#include "store/store.h"

#define TPS_POSTGRESQL_PATIENCE_MS 7000 /**< longest wait for an answer */
#define TPS_POSTGRESQL_CONNECT_S                                              \
    3 /**< longest wait for each host; "connect_timeout" in the URL overrides \
       */
#define TPS_POSTGRESQL_SKEW_MAX_S 5

/** True for what tps_postgresql_store_open() takes: it begins with postgresql:// or postgres://. */
bool tps_postgresql_is_url(const char *url);

/**
 * @brief Connect to the store in a database; make its tables, or bring older ones up to date.
 *
 * Several nodes may do this at once: one makes the tables, the others wait for it.
 *
 * @param url          postgresql://[user[:password]@][host[:port][,...]][/database][?parameter=value[&...]],
 *                     as libpq takes it. With several hosts, the one that can be written to is used. Say
 *                     sslmode=verify-full (and sslrootcert=...) wherever the network is not trusted: libpq's
 *                     default encrypts where the server offers it and checks nobody's name. Passwords belong
 *                     into a passfile or PGPASSFILE; everyone on the machine can read a program's arguments.
 * @param[out] store   The handle; end it with store->ops->close(store).
 * @param explanation  When not NULL, takes a line for people on failure, cut to `explanation_size`.
 *
 * @retval TPS_BAD_ARGUMENT   libpq does not understand the URL.
 * @retval TPS_STORE_AWAY     No server can be reached, logged in to, or written to; or the clocks differ.
 * @retval TPS_STORE_FAILED   The database cannot hold the store, or what lies in `tps` is not ours.
 * @retval TPS_STORE_NEWER    A newer version of this program has changed it in a way that this one cannot
 *                            work with; nothing was changed.
 * @retval TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_postgresql_store_open(const char *url, tps_store **store, char *explanation,
                                                  size_t explanation_size);

/** As tps_postgresql_store_open(), as a program of schema version `version` does it (schema.h); for tests. */
TPS_MUST_USE tps_status tps_postgresql_store_open_as(const char *url, int version, tps_store **store,
                                                     char *explanation, size_t explanation_size);

/**
 * @brief Bring a database's tables to a version, up or down, all or nothing. No node may be at work on it
 * that cannot use that version.
 *
 * @param version   0: changes nothing, and tells only.
 * @param lose      Has no meaning here: what the versions below lack are indexes.
 * @param[out] out  Set on TPS_OK.
 * @retval TPS_BAD_ARGUMENT   This program knows no such version, or libpq does not understand the URL.
 * @retval TPS_STORE_NEWER    The tables are of a version that this program does not know.
 * @retval TPS_STORE_AWAY, TPS_STORE_FAILED, TPS_OUT_OF_MEMORY  As tps_postgresql_store_open().
 */
TPS_MUST_USE tps_status tps_postgresql_store_migrate(const char *url, int version, bool lose,
                                                     tps_store_migration *out, char *explanation,
                                                     size_t explanation_size);

#endif
