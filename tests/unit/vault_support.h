/* SPDX-License-Identifier: Apache-2.0 */
/* A vault on flash in memory, with counters and keys that a test can turn. */
#ifndef TPS_TEST_VAULT_SUPPORT_H
#define TPS_TEST_VAULT_SUPPORT_H

#include "component/vault/vault.h"
#include "flash_support.h"

typedef struct {
    flash flash;
    uint64_t counters[TPS_COUNTERS_MAX];
    bool has_no_counters;
    unsigned calls;     /* of operations that can fail, so far */
    unsigned fail_at;   /* the call that fails; 0: none */
    unsigned fail_more; /* and so many after it */
    tps_platform platform;
    tps_handover handover;
    tps_vault vault;
    uint8_t room[TPS_VAULT_VALUE_MAX + 1]; /* what was read */
    size_t size;
} rig;

/* A device with erased flash, security counter 0; the vault is not open. */
rig *rig_new(uint32_t size, uint32_t sector, uint32_t unit);
void rig_free(rig *r);

/* Runs code of another security counter from the next start on. */
void rig_run(rig *r, uint32_t security_counter);

/* Power on, and open the vault; rig_open() must work. */
tps_status rig_try_open(rig *r);
void rig_open(rig *r);

/* One operation on a value of the space TPS_VAULT_TEST, without owner, context and flags. */
tps_status rig_put(rig *r, const char *name, const char *value);
tps_status rig_delete(rig *r, const char *name);
tps_status rig_get(rig *r, const char *name);
tps_vault_id rig_id(const char *name);

/* Storage and counters as they are at a moment. */
typedef struct {
    flash flash;
    uint64_t counters[TPS_COUNTERS_MAX];
} snapshot;

snapshot rig_save(const rig *r);
void rig_restore(rig *r, const snapshot *s);        /* all of it */
void rig_put_image_back(rig *r, const snapshot *s); /* storage alone: what an attacker can do */
void snapshot_free(snapshot *s);

/* The value is there and is this. */
void rig_expect(rig *r, const char *name, const char *value);

#endif
