/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be true of every store, whatever is behind it (store.h). A test program brings a way to make an
 * empty store and to open it, and runs the suite.
 */
#ifndef TPS_TESTS_STORE_SUITE_H
#define TPS_TESTS_STORE_SUITE_H

#include "store/store.h"

typedef struct {
    const char *name;
    /** From now on `open` opens an empty store; the one before may be dropped: no handle is open on it. */
    void (*fresh)(void *context);
    /** Another handle on the store; fails the test rather than return NULL. */
    tps_store *(*open)(void *context);
    void *context;
} store_suite;

/** Runs everything; returns the number of tests that failed. */
int store_suite_run(const store_suite *suite);

/* ---- for the files of the suite, and for tests of one store ---- */

/** The groups of tests that store_suite_run() runs. */
int store_suite_run_items(void);
int store_suite_run_sessions(void);
int store_suite_run_whole(void);

/** cmocka's setup and teardown: a fresh store, its handle in *state. */
int store_suite_setup(void **state);
int store_suite_teardown(void **state);

/** Another handle on the same store. */
tps_store *store_suite_open(void);

/** Makes a tenant, and returns its number. */
int64_t store_suite_tenant(tps_store *store, const char *name);

/** What a visitor copied. */
typedef struct {
    unsigned count; /**< visits */
    tps_store_tenant tenant;
    tps_store_item item;
    tps_store_session session;
    tps_store_audit_entry audit;
    uint8_t bytes[4][4096]; /**< what the spans point to: settings|name|type|entry, attributes|nonce,
                               body|result, evidence */
    char all[512];          /**< names, or ids' first bytes, of all visits, with a space behind each */
    tps_status answer;      /**< what the visitor returns */
} store_suite_seen;

tps_status store_suite_see_tenant(void *context, const tps_store_tenant *tenant);
tps_status store_suite_see_item(void *context, const tps_store_item *item);
tps_status store_suite_see_session(void *context, const tps_store_session *session);
tps_status store_suite_see_audit(void *context, const tps_store_audit_entry *entry);
tps_status store_suite_see_nonce(void *context, tps_span nonce);

/** An item of kind and name, with text as attributes and body. */
tps_store_item store_suite_item(uint32_t kind, const char *name, const char *body);
/** Puts one; returns the status. */
tps_status store_suite_put(tps_store *store, int64_t tenant, uint32_t kind, const char *name,
                           const char *body, int64_t expected, int64_t *sequence);

/** A session whose id is filled with one byte, that is complete, was created at 10 and expires at 1000. */
tps_store_session store_suite_session(int64_t tenant, uint8_t id);
/** Takes one step at `now`; returns its status. */
tps_status store_suite_step(tps_store *store, uint32_t from, const tps_store_session *to, int64_t now);

#endif
