/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSA attestation token claims, read in one pass: each label once, each value by its rule. What is unknown is
 * skipped; that it is well-formed, and its label there once, is seen to.
 */
#include "format/eat/psa_table.h"

/* More claims than this are an attack: to find a label twice costs their number squared. */
enum { ENCODED_MAX = 65536, PAIRS_MAX = 64 };

/* Claims under way. */
typedef struct {
    tps_cbor_reader r;
    const uint8_t *list; /* where the components stand */
    tps_psa_claims *out;
    uint32_t seen;     /* entries of the map that is read, a bit each */
    uint32_t fault;    /* the first entry with a fault of its value, or where reading ended */
    tps_status status; /* of it */
} decoding;

/* The first fault counts. Reading goes on: the profile may stand behind, and decides whose rules count. */
static void note(decoding *d, tps_status status, uint32_t entry)
{
    if (d->status == TPS_OK && status != TPS_OK) {
        d->status = status;
        d->fault = entry;
    }
}

/* The head of a map or an array; the number of its entries. */
static size_t enter(decoding *d, uint32_t type)
{
    tps_cbor_item item;

    if (tps_cbor_read(&d->r, &item) && item.type == type) {
        return (size_t)item.value; /* no larger than the bytes that are left, or SIZE_MAX */
    }
    tps_cbor_fail(&d->r, TPS_CLAIM_BAD_TYPE);
    return 0;
}

/* The next item of a map or array; false at its end. */
static bool next(decoding *d, size_t *left, tps_cbor_item *item)
{
    bool is_open = *left == SIZE_MAX;

    if (*left == 0) {
        return false;
    }
    *left -= !is_open;
    if (tps_cbor_read(&d->r, item) && item->type == TPS_CBOR_BREAK && !is_open) {
        tps_cbor_fail(&d->r, TPS_CBOR_BAD_BREAK);
    }
    return d->r.status == TPS_OK && item->type != TPS_CBOR_BREAK;
}

/* Passes over an unknown label and its value. The label may not come again. */
static void pass(decoding *d, const uint8_t *label, size_t left)
{
    tps_cbor_reader ahead;
    tps_span key;

    d->out->has_others = true;
    d->r.at = label;
    key = tps_cbor_skip(&d->r);
    tps_cbor_skip(&d->r);
    ahead = d->r;
    for (; left > 0 && ahead.status == TPS_OK; left--) {
        if (tps_span_equal(tps_cbor_skip(&ahead), key)) {
            tps_cbor_fail(&d->r, TPS_CBOR_DUPLICATE_KEY);
        }
        tps_cbor_skip(&ahead);
    }
}

/* Stores a value whose item is read, and judges it. */
static tps_status store(void *base, uint32_t entry, const tps_cbor_item *item)
{
    uint32_t rule = psa_claims[entry].rule;
    tps_psa_claims *claims = base;

    if (rule < PSA_CLIENT) {
        if (item->type != (rule < PSA_BYTES ? TPS_CBOR_TEXT : TPS_CBOR_BYTES) || item->bytes.data == NULL) {
            return TPS_CLAIM_BAD_TYPE;
        }
        *psa_span_at(base, entry) = item->bytes;
        return psa_judge(entry, item->bytes);
    }
    if (item->type > (rule == PSA_CLIENT ? TPS_CBOR_NINT : TPS_CBOR_UINT)) {
        return TPS_CLAIM_BAD_TYPE;
    }
    if (item->value >> (rule == PSA_CLIENT ? 31 : 16) != 0) {
        return TPS_CLAIM_BAD_VALUE;
    }
    if (rule == PSA_STATE) {
        claims->lifecycle = (uint16_t)item->value;
    } else {
        claims->client_id = (int32_t)item->value ^ -(int32_t)(item->type == TPS_CBOR_NINT);
    }
    return TPS_OK;
}

/* Reads the value of a known label. */
static void read_value(decoding *d, void *base, uint32_t entry)
{
    const uint8_t *start = d->r.at;
    tps_cbor_item item;

    if (!tps_cbor_read(&d->r, &item)) {
        return;
    }
    if (entry == PSA_LIST_ENTRY) {
        d->list = start;
    } else {
        note(d, store(base, entry, &item), entry);
    }
    d->r.at = start;
    tps_cbor_skip(&d->r);
}

/* The entry with this label among [entry, end), or PSA_END. */
static uint32_t find(const tps_cbor_item *label, uint32_t entry, uint32_t end)
{
    for (; entry < end; entry++) {
        if (label->type == TPS_CBOR_UINT && label->value == psa_claims[entry].label) {
            return entry;
        }
    }
    return PSA_END;
}

/* Reads a map into entries [first, end) of `base`. */
static void read_map(decoding *d, void *base, uint32_t first, uint32_t end)
{
    size_t left = enter(d, TPS_CBOR_MAP);
    const uint8_t *label = d->r.at;
    uint32_t pairs = 0;
    tps_cbor_item item;

    d->seen = 0;
    for (; next(d, &left, &item); label = d->r.at) {
        uint32_t entry = find(&item, first, end);
        if (pairs++ == PAIRS_MAX) {
            tps_cbor_fail(&d->r, TPS_CBOR_TOO_MANY);
        } else if ((d->seen >> entry & 1) != 0) {
            tps_cbor_fail(&d->r, TPS_CBOR_DUPLICATE_KEY);
        } else if (entry == PSA_END) {
            pass(d, label, left);
        } else {
            d->seen |= 1u << entry;
            read_value(d, base, entry);
        }
    }
}

/* Notes the first entry among [entry, end) that is missing. */
static void find_missing(decoding *d, uint32_t entry, uint32_t end)
{
    for (; entry < end && d->r.status == TPS_OK; entry++) {
        if ((PSA_MUST & ~d->seen) >> entry & 1) {
            note(d, TPS_CLAIM_MISSING, entry);
        }
    }
}

static void read_components(decoding *d)
{
    tps_psa_claims *out = d->out;
    const uint8_t *start;
    tps_cbor_item item;
    size_t left;

    d->r.at = d->list;
    left = enter(d, TPS_CBOR_ARRAY);
    for (start = d->r.at; d->status == TPS_OK && next(d, &left, &item); start = d->r.at) {
        tps_psa_component *component = &out->components[out->component_count];
        if (out->component_count == TPS_PSA_COMPONENTS_MAX) {
            note(d, TPS_CBOR_TOO_MANY, PSA_LIST_ENTRY);
            return;
        }
        out->component_count++;
        memset(component, 0, sizeof *component);
        d->r.at = start;
        read_map(d, component, PSA_MEMBERS, PSA_END);
        find_missing(d, PSA_MEMBERS, PSA_END);
    }
}

/* What was kept in the first component decides which rules count. The two profiles differ in size. */
static bool settle_profile(tps_psa_claims *out)
{
    tps_span profile = out->components[0].type;

    out->is_2_0_0 = profile.size == sizeof TPS_PSA_PROFILE_2_0_0 - 1;
    if (out->is_2_0_0) {
        out->boot_seed = out->components[0].version;
    }
    return tps_span_is_text(profile, out->is_2_0_0 ? TPS_PSA_PROFILE_2_0_0 : TPS_PSA_PROFILE);
}

/* What can be judged when all is read. */
static void judge(decoding *d)
{
    uint32_t entry = psa_find_fault(d->out);

    if (entry != PSA_END) {
        note(d,
             entry == PSA_SEED_ENTRY && d->out->boot_seed.data == NULL ? TPS_CLAIM_MISSING
                                                                       : TPS_CLAIM_BAD_VALUE,
             entry);
    }
}

/* The rest of reading, when the profile is known. */
static void read_rest(decoding *d)
{
    find_missing(d, 0, PSA_MEMBERS);
    if (d->status == TPS_OK) {
        read_components(d);
        note(d, d->r.status, PSA_LIST_ENTRY);
        judge(d);
    }
}

tps_status tps_psa_decode(tps_span encoded, tps_psa_claims *out, tps_error *why)
{
    decoding d = {.r = tps_cbor_reader_init(encoded), .out = out};

    memset(out, 0, offsetof(tps_psa_claims, components[1]));
    if (encoded.size > ENCODED_MAX) {
        d.r.status = TPS_CBOR_TOO_LONG;
    }
    read_map(&d, out, 0, PSA_MEMBERS);
    if (tps_cbor_reader_finish(&d.r) != TPS_OK) {
        d.status = d.r.status;
        d.fault = PSA_END;
    } else if (d.fault != PSA_PROFILE_ENTRY && !settle_profile(out)) {
        d.status = TPS_CLAIM_UNKNOWN_PROFILE;
        d.fault = PSA_PROFILE_ENTRY;
    } else {
        read_rest(&d);
    }
    return d.status == TPS_OK ? TPS_OK : tps_fail(why, d.status, tps_cbor_offset(&d.r), psa_name(d.fault));
}
