/* SPDX-License-Identifier: Apache-2.0 */
/* PSA attestation token claims, written; and judged before, for who wants that. */
#include "format/eat/psa_table.h"

/* Decoders take no more. */
enum { ENCODED_MAX = 65536 };

/* ---- writing ---- */

/* Puts one entry, if it is there; returns whether it is. `base` are the claims or a component. */
static uint32_t put_entry(tps_cbor_writer *w, const void *base, uint32_t entry)
{
    const tps_psa_claims *claims = base;
    const tps_span *value = psa_span_at(base, entry);
    uint32_t rule = psa_claims[entry].rule;

    if (entry == PSA_SEED_ENTRY || entry == PSA_OLD_SEED_ENTRY) {
        value = &claims->boot_seed;
        if (claims->is_2_0_0 != (entry == PSA_OLD_SEED_ENTRY)) {
            return 0;
        }
    }
    if (rule < PSA_CLIENT && rule != PSA_PROFILE && value->size == 0) {
        return 0;
    }
    tps_cbor_put_int(w, psa_claims[entry].label);
    switch (rule) {
    case PSA_TEXT:
    case PSA_REFERENCE: tps_cbor_put_text_span(w, *value); break;
    case PSA_PROFILE: tps_cbor_put_text(w, claims->is_2_0_0 ? TPS_PSA_PROFILE_2_0_0 : TPS_PSA_PROFILE); break;
    case PSA_CLIENT: tps_cbor_put_int(w, claims->client_id); break;
    case PSA_STATE: tps_cbor_put_int(w, claims->lifecycle); break;
    case PSA_LIST: tps_cbor_put_array(w, claims->component_count); break;
    default: tps_cbor_put_bytes(w, *value); break;
    }
    return 1;
}

/* Puts entries [entry, end); returns how many are there. */
static uint32_t put_entries(tps_cbor_writer *w, const void *base, uint32_t entry, uint32_t end)
{
    uint32_t count = 0;

    for (; entry < end; entry++) {
        count += put_entry(w, base, entry);
    }
    return count;
}

static void put_head(tps_cbor_writer *w, const void *base, uint32_t entry, uint32_t end)
{
    tps_cbor_writer measure = tps_cbor_writer_init(TPS_BUF_MEASURE);

    tps_cbor_put_map(w, put_entries(&measure, base, entry, end));
}

tps_status tps_psa_write(const tps_psa_claims *claims, tps_buf out, tps_span *encoded)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);

    put_head(&w, claims, 0, PSA_MEMBERS);
    put_entries(&w, claims, 0, PSA_LIST_ENTRY + 1);
    for (size_t i = 0; i < claims->component_count; i++) {
        put_head(&w, &claims->components[i], PSA_MEMBERS, PSA_END);
        put_entries(&w, &claims->components[i], PSA_MEMBERS, PSA_END);
    }
    put_entries(&w, claims, PSA_LIST_ENTRY + 1, PSA_MEMBERS);
    return tps_cbor_writer_finish(&w, encoded);
}

/* ---- judging ---- */

/* The strings of entries [entry, end). */
static tps_status check_strings(const void *base, uint32_t entry, uint32_t end, tps_error *why)
{
    for (; entry < end; entry++) {
        const tps_span *value = psa_span_at(base, entry);
        uint32_t rule = psa_claims[entry].rule;
        tps_status status = TPS_OK;

        if (rule == PSA_PROFILE || rule >= PSA_CLIENT || entry == PSA_OLD_SEED_ENTRY) {
            continue;
        }
        if (value->data != NULL) {
            status = psa_judge(entry, *value);
        } else if ((PSA_MUST >> entry & 1) != 0) {
            status = TPS_CLAIM_MISSING;
        }
        if (status != TPS_OK) {
            return tps_fail(why, status, 0, psa_name(entry));
        }
    }
    return TPS_OK;
}

static tps_status check_claims(const tps_psa_claims *claims, tps_error *why)
{
    uint32_t fault;

    TPS_TRY(check_strings(claims, 0, PSA_MEMBERS, why));
    fault = psa_find_fault(claims);
    if (fault != PSA_END) {
        bool is_absent = fault == PSA_SEED_ENTRY && claims->boot_seed.data == NULL;
        return tps_fail(why, is_absent ? TPS_CLAIM_MISSING : TPS_CLAIM_BAD_VALUE, 0, psa_name(fault));
    }
    for (size_t i = 0; i < claims->component_count; i++) {
        TPS_TRY(check_strings(&claims->components[i], PSA_MEMBERS, PSA_END, why));
    }
    return TPS_OK;
}

tps_status tps_psa_encode(const tps_psa_claims *claims, tps_buf out, tps_span *encoded, tps_error *why)
{
    tps_status status = check_claims(claims, why);

    *encoded = TPS_SPAN_EMPTY;
    if (status == TPS_OK) {
        status = tps_psa_write(claims, out, encoded);
    }
    if (encoded->size > ENCODED_MAX) {
        *encoded = TPS_SPAN_EMPTY;
        return tps_fail(why, TPS_CBOR_TOO_LONG, 0, "claims");
    }
    return status;
}
