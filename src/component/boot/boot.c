/* SPDX-License-Identifier: Apache-2.0 */
/* The first stage: its steps. How images are measured is in measure.c, what is derived in keys.c. */
#include "component/boot/boot.h"

#include "component/boot/measure.h"
#include "tps/crypto.h"
#include "tps/eat.h"
#include "tps/secret.h"

static tps_status read_identity(const tps_platform *p, tps_handover *h, tps_error *why)
{
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
    h->is_made = true;
    return TPS_OK;
}

static tps_status count_boot(const tps_platform *p, tps_handover *h)
{
    tps_status status = p->counter_increase(p->context, TPS_COUNTER_BOOT, &h->boot_count);

    h->has_boot_count = status == TPS_OK;
    return status == TPS_UNSUPPORTED ? TPS_OK : status;
}

static void judge_state(const tps_platform *p, tps_handover *h)
{
    bool is_open = p->debug_status(p->context) == TPS_EAT_DEBUG_ENABLED;

    h->lifecycle = !h->is_made ? TPS_LIFECYCLE_ASSEMBLY
                   : is_open   ? TPS_LIFECYCLE_DEBUG
                               : TPS_LIFECYCLE_SECURED;
}

/* The unique secret is in memory here, and nowhere else. */
static tps_status derive(const tps_platform *p, tps_handover *h)
{
    uint8_t secret[TPS_UNIQUE_SECRET_SIZE] = {0};
    tps_status status = p->unique_secret(p->context, secret);

    if (status == TPS_OK) {
        status = tps_keys_s0(TPS_SPAN_OF(secret), h->s0);
    }
    if (status == TPS_OK) {
        status = tps_keys_cdi_attest(TPS_SPAN_OF(secret), h->boot_digest, h->cdi_attest);
    }
    tps_wipe(secret, sizeof(secret));
    return status;
}

static tps_status run(const tps_platform *p, tps_handover *h, tps_error *why)
{
    TPS_TRY(read_identity(p, h, why));
    judge_state(p, h);
    TPS_TRY(boot_measure_all(p, h));
    TPS_TRY(p->entropy(p->context, TPS_BUF_OF(h->boot_seed)));
    TPS_TRY(count_boot(p, h));
    return derive(p, h);
}

tps_status tps_boot(const tps_platform *platform, tps_handover *handover, tps_error *why)
{
    tps_status status;
    tps_status locked;

    tps_fail(why, TPS_OK, 0, NULL);
    memset(handover, 0, sizeof(*handover));
    status = run(platform, handover, why);
    locked = platform->lock_secret(platform->context);
    status = status == TPS_OK ? locked : status;
    if (status != TPS_OK) {
        tps_handover_wipe(handover);
        if (why != NULL) {
            why->status = status;
        }
    }
    return status;
}
