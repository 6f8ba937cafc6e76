/* SPDX-License-Identifier: Apache-2.0 */
/* The vault's start and its making: which bank counts, by the counters, and what to do about a write that the
 * power cut. spec/vault.md has the table of states, and why there are two counters. */
#include "component/vault/internal.h"
#include "tps/secret.h"

/** How good a bank is for the counters as they are. */
enum {
    NO_USE = 0,
    STATE_BEFORE = 1, /**< it is the state before the write under way, which is not there */
    STATE_NOW = 2     /**< its newest record is the one that the counter knows */
};

static uint64_t rounded(uint64_t recovery)
{
    return recovery + (recovery & 1);
}

static uint32_t judge(const tps_vault *vault, const tps_vault_found *found)
{
    uint64_t n = vault->counter;
    uint64_t m = vault->recoveries;

    if (!found->is_started || found->is_full) {
        return NO_USE;
    }
    if (found->sequence == ((n & 1) != 0 ? n : n - 1) && found->recovery == rounded(m)) {
        return STATE_NOW;
    }
    /* a recovery that has begun took one step already */
    if ((n & 1) != 0 && found->sequence + 2 == n && found->recovery == (m & ~(uint64_t)1)) {
        return STATE_BEFORE;
    }
    return NO_USE;
}

/** Why neither bank is of use. */
static tps_status name_failure(const tps_vault_found found[2], tps_error *why)
{
    const tps_vault_found *newest =
        &found[found[1].is_started && found[1].sequence > found[0].sequence ? 1 : 0];

    if (found[0].is_full || found[1].is_full) {
        return tps_fail(why, TPS_COMPONENT_STORAGE_FULL, 0, "more values than this build has room for");
    }
    if (!found[0].is_started && !found[1].is_started &&
        (found[0].is_of_other_mode || found[1].is_of_other_mode)) {
        return tps_fail(why, TPS_COMPONENT_STORAGE_MODE, 0, "the first record");
    }
    if (found[0].is_newer || found[1].is_newer) {
        return tps_fail(why, TPS_COMPONENT_STORAGE_NEWER, 0, "the log");
    }
    if (found[0].is_unread || found[1].is_unread) {
        return tps_fail(why, TPS_COMPONENT_STORAGE, 0, "the log cannot be read");
    }
    if (newest->is_started ? newest->is_damaged : found[0].is_damaged || found[1].is_damaged) {
        return tps_fail(why, TPS_COMPONENT_STORAGE_CORRUPT, newest->at, "a record's header");
    }
    return tps_fail(why, TPS_COMPONENT_STORAGE_ROLLED_BACK, newest->at, "the log is older than the counter");
}

static void adopt(tps_vault *vault, uint32_t bank, const tps_vault_found *found)
{
    uint32_t end = tps_vault_bank_begin(vault, bank) + tps_vault_bank_size(vault);

    vault->bank = bank;
    vault->at = found->is_blank ? found->at : end; /* what is not blank cannot be written */
    memcpy(vault->salt, found->salt, sizeof(vault->salt));
}

/** Finds the better bank and its values. */
static tps_status choose(tps_vault *vault, uint32_t *use, tps_error *why)
{
    tps_vault_found found[2];
    uint32_t uses[2];
    uint32_t bank;

    for (bank = 0; bank < 2; bank++) {
        tps_vault_scan(vault, bank, &found[bank]);
        uses[bank] = judge(vault, &found[bank]);
    }
    if (uses[0] == NO_USE && uses[1] == NO_USE) {
        tps_vault_forget(vault);
        *use = NO_USE;
        return name_failure(found, why);
    }
    /* of two equal states the shorter log: it was made of the other */
    bank = uses[1] > uses[0] ||
                   (uses[1] == uses[0] && found[1].at - tps_vault_bank_begin(vault, 1) < found[0].at)
               ? 1
               : 0;
    tps_vault_scan(vault, bank, &found[bank]);
    *use = judge(vault, &found[bank]);
    adopt(vault, bank, &found[bank]);
    return *use == uses[bank]
               ? TPS_OK
               : tps_fail(why, TPS_COMPONENT_STORAGE, 0, "the log reads differently each time");
}

/** Takes both counters to even. */
static tps_status settle(tps_vault *vault)
{
    if ((vault->counter & 1) != 0) {
        TPS_TRY(tps_vault_step(vault, TPS_COUNTER_STORAGE, &vault->counter));
    }
    if ((vault->recoveries & 1) != 0) {
        TPS_TRY(tps_vault_step(vault, TPS_COUNTER_RECOVERY, &vault->recoveries));
    }
    return TPS_OK;
}

/** The write under way is given up, for good: a bank under a number that it cannot have. */
static tps_status give_up(tps_vault *vault)
{
    if ((vault->recoveries & 1) == 0) {
        TPS_TRY(tps_vault_step(vault, TPS_COUNTER_RECOVERY, &vault->recoveries));
    }
    return tps_vault_renew(vault, vault->counter, vault->recoveries, NULL);
}

static tps_status read_counter(const tps_platform *p, uint32_t counter, uint64_t *value)
{
    tps_status status = p->counter_read(p->context, counter, value);

    return status == TPS_OK || status == TPS_UNSUPPORTED ? status : TPS_COMPONENT_STORAGE;
}

static tps_status prepare(tps_vault *vault, const tps_platform *platform, const tps_handover *handover,
                          tps_error *why)
{
    tps_status status;

    memset(vault, 0, sizeof(*vault));
    vault->platform = platform;
    vault->handover = handover;
    if (tps_vault_check_sizes(platform) != TPS_OK) {
        return tps_fail(why, TPS_COMPONENT_STORAGE, 0, "the sizes of raw storage");
    }
    status = read_counter(platform, TPS_COUNTER_STORAGE, &vault->counter);
    if (status == TPS_OK) {
        status = read_counter(platform, TPS_COUNTER_RECOVERY, &vault->recoveries);
    }
    if (status == TPS_OK && (vault->recoveries >= UINT32_MAX - 2 || vault->counter >= UINT64_MAX - 4)) {
        status = TPS_COMPONENT_STORAGE;
    }
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, 0, "the counters of storage");
}

/** Storage that was never used: whatever it holds, it is empty. */
static tps_status begin(tps_vault *vault, uint32_t bank)
{
    tps_vault_forget(vault);
    vault->bank = 1 - bank;
    if (vault->counter == 0) {
        TPS_TRY(tps_vault_step(vault, TPS_COUNTER_STORAGE, &vault->counter));
    }
    return tps_vault_renew(vault, vault->counter, vault->recoveries, NULL);
}

static tps_status open_at(tps_vault *vault, tps_error *why)
{
    uint32_t use = NO_USE;
    tps_status status = TPS_OK;

    if (vault->counter > 0) {
        status = choose(vault, &use, why);
    }
    if (use != STATE_NOW && vault->counter <= 1) {
        TPS_TRY(begin(vault, 0));
    } else if (use == STATE_BEFORE && status == TPS_OK) {
        TPS_TRY(give_up(vault));
    } else if (status != TPS_OK) {
        return status;
    }
    return settle(vault);
}

tps_status tps_vault_open(tps_vault *vault, const tps_platform *platform, const tps_handover *handover,
                          tps_error *why)
{
    tps_status status;

    tps_fail(why, TPS_OK, 0, NULL);
    status = prepare(vault, platform, handover, why);
    if (status == TPS_OK) {
        status = open_at(vault, why);
    }
    if (status != TPS_OK) {
        tps_vault_close(vault);
        if (why != NULL) {
            why->status = status;
        }
    }
    return status;
}

/** Takes the counter to an odd number that no record has. */
static tps_status begin_anew(tps_vault *vault)
{
    TPS_TRY(settle(vault));
    return tps_vault_step(vault, TPS_COUNTER_STORAGE, &vault->counter);
}

tps_status tps_vault_format(tps_vault *vault, const tps_platform *platform, const tps_handover *handover)
{
    uint32_t bank = 0; /* to be used */
    tps_status status = tps_vault_open(vault, platform, handover, NULL);

    if (status == TPS_OK) {
        bank = 1 - vault->bank;
    } else {
        status = prepare(vault, platform, handover, NULL);
    }
    if (status == TPS_OK) {
        status = begin_anew(vault);
    }
    if (status == TPS_OK) {
        status = begin(vault, bank);
    }
    if (status == TPS_OK) {
        status = settle(vault);
    }
    if (status == TPS_OK) {
        status = tps_vault_erase(vault, 1 - vault->bank);
        vault->is_other_blank = status == TPS_OK;
    }
    if (status != TPS_OK) {
        vault->is_broken = true;
    }
    return status;
}

void tps_vault_close(tps_vault *vault)
{
    tps_wipe(vault, sizeof(*vault));
}
