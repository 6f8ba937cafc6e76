/* SPDX-License-Identifier: Apache-2.0 */
/* The first stage: its steps. How images are measured is in measure.c, what is derived in keys.c. */
#include "component/boot/boot.h"

#include "component/boot/certify.h"
#include "component/boot/measure.h"
#include "tps/crypto.h"
#include "tps/eat.h"
#include "tps/secret.h"

static tps_status read_identity(const tps_platform *p, tps_handover *h, tps_error *why)
{
    tps_digest digest;
    tps_span encoded;
    tps_status status =
        tps_provided_read_all(p, TPS_PROVIDED_IDENTITY, NULL, TPS_BUF_OF(h->identity_bytes), &encoded);

    if (status == TPS_NOT_FOUND) {
        p->log(p->context, TPS_LOG_WARNING, "the device has no identity: it was not made yet", status);
        return TPS_OK;
    }
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, "identity");
    }
    TPS_TRY(tps_identity_decode(encoded, &h->identity, why));
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, encoded, &digest));
    memcpy(h->inputs.authority, digest.bytes, sizeof(h->inputs.authority));
    h->identity_size = encoded.size;
    h->is_made = true;
    return TPS_OK;
}

static tps_status count_boot(const tps_platform *p, tps_handover *h)
{
    tps_status status = p->counter_increase(p->context, TPS_COUNTER_BOOT, &h->boot_count);

    h->has_boot_count = status == TPS_OK;
    return status == TPS_UNSUPPORTED ? TPS_OK : status;
}

/** Counters that say what a device may do. */
typedef struct {
    uint64_t provisioned;
    uint64_t security;
    uint64_t debug;
    uint64_t decommissioned;
    bool are_there; /* all of them */
} state_counters;

static tps_status read_counter(const tps_platform *p, uint32_t counter, uint64_t *value, bool *is_there)
{
    tps_status status = p->counter_read(p->context, counter, value);

    if (status == TPS_UNSUPPORTED) {
        *is_there = false;
        *value = 0;
        return TPS_OK;
    }
    return status;
}

static tps_status read_counters(const tps_platform *p, state_counters *c, tps_error *why)
{
    tps_status status;

    *c = (state_counters){.are_there = true};
    status = read_counter(p, TPS_COUNTER_PROVISIONED, &c->provisioned, &c->are_there);
    if (status == TPS_OK) {
        status = read_counter(p, TPS_COUNTER_SECURITY, &c->security, &c->are_there);
    }
    if (status == TPS_OK) {
        status = read_counter(p, TPS_COUNTER_DEBUG, &c->debug, &c->are_there);
    }
    if (status == TPS_OK) {
        status = read_counter(p, TPS_COUNTER_DECOMMISSIONED, &c->decommissioned, &c->are_there);
    }
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, 0, "a counter of the lifecycle");
}

/* "Disabled" does not say since when: a debugger may have been there before this ran. */
static bool is_open_to_debug(const tps_platform *p)
{
    uint32_t status = p->debug_status(p->context);

    return status < TPS_EAT_DEBUG_DISABLED_SINCE_BOOT ||
           status > TPS_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY;
}

/* A platform that lacks one of the counters can promise nothing: its device is never secured. */
static uint32_t judge_lifecycle(const tps_platform *p, const tps_handover *h, const state_counters *c)
{
    if (c->decommissioned != 0) {
        return TPS_LIFECYCLE_DECOMMISSIONED;
    }
    if (!h->is_made || (c->are_there && c->provisioned == 0)) {
        return TPS_LIFECYCLE_ASSEMBLY;
    }
    if (c->debug != 0 || is_open_to_debug(p)) {
        return TPS_LIFECYCLE_DEBUG;
    }
    return !c->are_there || c->provisioned == 1 ? TPS_LIFECYCLE_PROVISIONING : TPS_LIFECYCLE_SECURED;
}

/* S(v) and S(0); what lies between CDI_S and them stays here. */
static tps_status derive_sealing(tps_span secret, tps_handover *h)
{
    uint8_t newest[TPS_KEYS_SIZE];
    tps_status status = tps_keys_cdi_seal(secret, &h->inputs, newest);

    if (status == TPS_OK) {
        status = tps_keys_newest(newest, newest);
    }
    if (status == TPS_OK) {
        status = tps_keys_s(newest, TPS_KEYS_NEWEST, h->security_counter, h->sv);
    }
    if (status == TPS_OK) {
        status = tps_keys_s(h->sv, h->security_counter, 0, h->s0);
    }
    tps_wipe(newest, sizeof(newest));
    return status;
}

/* DeviceID lives as long as it takes to certify what runs above it. */
static tps_status certify(const tps_platform *p, tps_span secret, tps_handover *h)
{
    tps_crypto_key *device_id;
    tps_status status;

    if (!h->is_made) {
        return TPS_OK;
    }
    TPS_TRY(tps_keys_device_id(secret, &device_id));
    status = boot_certify(h, device_id, (p->properties & TPS_PLATFORM_INSECURE) != 0);
    tps_crypto_key_free(device_id);
    return status;
}

/* The unique secret is in memory here, and nowhere else. */
static tps_status derive(const tps_platform *p, tps_handover *h)
{
    uint8_t secret[TPS_UNIQUE_SECRET_SIZE] = {0};
    tps_status status = p->unique_secret(p->context, secret);

    if (status == TPS_OK) {
        status = tps_keys_cdi_attest(TPS_SPAN_OF(secret), &h->inputs, h->cdi_attest);
    }
    if (status == TPS_OK) {
        status = derive_sealing(TPS_SPAN_OF(secret), h);
    }
    if (status == TPS_OK) {
        status = tps_keys_ueid(h->s0, h->ueid);
    }
    if (status == TPS_OK) {
        status = certify(p, TPS_SPAN_OF(secret), h);
    }
    tps_wipe(secret, sizeof(secret));
    return status;
}

static tps_status run(const tps_platform *p, tps_handover *h, tps_error *why)
{
    state_counters counters;

    TPS_TRY(read_counters(p, &counters, why));
    TPS_TRY(read_identity(p, h, why));
    h->lifecycle = judge_lifecycle(p, h, &counters);
    h->inputs.mode = boot_mode_of(h->lifecycle);
    TPS_TRY(boot_measure_all(p, h, counters.security, why));
    TPS_TRY(p->entropy(p->context, TPS_BUF_OF(h->boot_seed)));
    TPS_TRY(count_boot(p, h));
    if (h->lifecycle == TPS_LIFECYCLE_DECOMMISSIONED) {
        h->is_made = false;
        h->identity_size = 0;
        memset(&h->identity, 0, sizeof(h->identity));
        memset(h->identity_bytes, 0, sizeof(h->identity_bytes));
        memset(&h->inputs, 0, sizeof(h->inputs));
        return boot_summarize(h, 0);
    }
    return derive(p, h);
}

tps_status tps_boot(const tps_platform *platform, tps_handover *handover, tps_error *why)
{
    tps_status status;
    tps_status locked;

    tps_fail(why, TPS_OK, 0, NULL);
    memset(handover, 0, sizeof(*handover));
    if (platform->version != TPS_PLATFORM_VERSION) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "the platform's version");
    }
    status = run(platform, handover, why);
    locked = platform->lock_secret(platform->context);
    if (locked != TPS_OK) { /* the worst of all: who goes on after another failure must know */
        status = tps_fail(why, locked, 0, "the unique secret");
    }
    if (status != TPS_OK) {
        tps_handover_wipe(handover);
        if (why != NULL) {
            why->status = status;
        }
    }
    return status;
}

tps_status tps_boot_accept(const tps_platform *platform, const tps_handover *handover)
{
    uint64_t accepted;
    tps_status status = platform->counter_read(platform->context, TPS_COUNTER_SECURITY, &accepted);

    if (status == TPS_UNSUPPORTED || !handover->is_made) {
        return TPS_OK;
    }
    while (status == TPS_OK && accepted < handover->security_counter) {
        status = platform->counter_increase(platform->context, TPS_COUNTER_SECURITY, &accepted);
    }
    return status;
}
