/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of the opentps device profile that are its own (spec/device-profile.cddl). Lists are kept as they
 * are encoded: each is walked once, by its form in the table, and its reader walks it again. */
#include "format/eat/device_state.h"

#include "format/eat/claims.h"

#define DIGEST_SIZE 32u

/** A list, and what an entry of it is made of: d digest, u unsigned integer, t text of 1..255 bytes. */
typedef struct {
    int64_t label;
    const char *name;
    size_t offset;     /**< of its span in tps_device_claims */
    const char *entry; /**< the members of an entry, an array */
    uint32_t least;    /**< members of an entry: the others may be left out from behind */
    uint32_t max;      /**< entries */
} list_claim;

static const list_claim lists[] = {
    {TPS_DEVICE_CLAIM_REGISTERS, "registers", offsetof(tps_device_claims, registers), "udud", 2,
     TPS_DEVICE_REGISTERS_MAX},
    {TPS_DEVICE_CLAIM_APPLICATIONS, "applications", offsetof(tps_device_claims, applications), "du", 2,
     TPS_DEVICE_APPLICATIONS_MAX},
    {TPS_DEVICE_CLAIM_STAGED, "staged-update", offsetof(tps_device_claims, staged), "ttd", 3,
     TPS_DEVICE_STAGED_MAX},
};
#define LISTS (sizeof lists / sizeof lists[0])

static tps_span *span_of(tps_device_claims *claims, const list_claim *list)
{
    return (tps_span *)(void *)((uint8_t *)claims + list->offset);
}

static tps_span span_in(const tps_device_claims *claims, const list_claim *list)
{
    return *(const tps_span *)(const void *)((const uint8_t *)claims + list->offset);
}

/* ---- forms ---- */

static void walk_member(tps_cbor_reader *r, char kind)
{
    tps_span bytes;

    switch (kind) {
    case 'u': (void)tps_cbor_get_uint(r); return;
    case 't': bytes = tps_cbor_get_text(r); break;
    default: bytes = tps_cbor_get_bytes(r); break;
    }
    if (kind == 't' ? bytes.size == 0 || bytes.size > 255 : bytes.size != DIGEST_SIZE) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
}

static void walk_entry(tps_cbor_reader *r, const list_claim *list)
{
    tps_cbor_list entry = tps_cbor_enter_array(r);

    if (entry.left < list->least || entry.left > strlen(list->entry)) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    for (size_t i = 0; tps_cbor_next(r, &entry); i++) {
        walk_member(r, list->entry[i]);
    }
}

static void walk_list(tps_cbor_reader *r, const list_claim *list)
{
    tps_cbor_list array;

    if (list->label == TPS_DEVICE_CLAIM_STAGED && tps_cbor_peek(r) == TPS_CBOR_SIMPLE) {
        tps_cbor_get_null(r); /* not known */
        return;
    }
    if (list->label == TPS_DEVICE_CLAIM_APPLICATIONS && tps_cbor_peek(r) == TPS_CBOR_BYTES) {
        walk_member(r, 'd'); /* towards a provider in pairwise mode */
        return;
    }
    array = tps_cbor_enter_array(r);
    if (array.left > list->max) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    while (tps_cbor_next(r, &array)) {
        walk_entry(r, list);
    }
}

/* { + name => bytes }: nested tokens, each under the signature of its own maker (RFC 9711, 4.2.18.1.2). */
static void walk_submods(tps_cbor_reader *r)
{
    tps_cbor_list map = tps_cbor_enter_map(r);

    if (map.left == 0 || map.left > TPS_DEVICE_SUBMODS_MAX) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    while (tps_cbor_next(r, &map)) {
        walk_member(r, 't');
        if (tps_cbor_get_bytes(r).size == 0) {
            tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
        }
    }
}

/** A claim's value as it is encoded, walked: a list, or (NULL) submods. */
static tps_span take(tps_cbor_reader *r, const list_claim *list)
{
    tps_cbor_reader inside = *r;
    tps_span encoded = tps_cbor_skip(r);

    if (list != NULL) {
        walk_list(&inside, list);
    } else {
        walk_submods(&inside);
    }
    if (inside.status != TPS_OK) {
        tps_cbor_fail(r, inside.status);
    }
    return encoded;
}

/* ---- decoding ---- */

static uint32_t read_small(tps_cbor_reader *r, uint32_t least, uint32_t most)
{
    uint64_t number = tps_cbor_get_uint(r);

    if (number < least || number > most) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    return (uint32_t)number;
}

static const char *read_list(tps_cbor_reader *r, int64_t label, tps_device_claims *out)
{
    for (size_t i = 0; i < LISTS; i++) {
        if (lists[i].label == label) {
            *span_of(out, &lists[i]) = take(r, &lists[i]);
            return lists[i].name;
        }
    }
    return NULL;
}

const char *device_state_read(tps_cbor_reader *r, int64_t label, tps_device_claims *out)
{
    switch (label) {
    case TPS_EAT_SUBMODS: out->submods = take(r, NULL); return "submods";
    case TPS_DEVICE_CLAIM_LIFECYCLE:
        out->lifecycle = read_small(r, 0, TPS_DEVICE_LIFECYCLE_DECOMMISSIONED);
        out->present |= TPS_DEVICE_HAS_LIFECYCLE;
        return "lifecycle";
    case TPS_DEVICE_CLAIM_SECURITY_COUNTER:
        out->security_counter = read_small(r, 0, UINT32_MAX);
        out->present |= TPS_DEVICE_HAS_SECURITY_COUNTER;
        return "security-counter";
    case TPS_DEVICE_CLAIM_BINDER_ORIGIN:
        out->binder_origin = read_small(r, TPS_DEVICE_BINDER_COMPONENT, TPS_DEVICE_BINDER_CALLER);
        return "binder-origin";
    case TPS_DEVICE_CLAIM_APPLICATION: out->application = tps_cbor_get_bytes(r); return "application";
    case TPS_DEVICE_CLAIM_PAIRWISE: out->pairwise_id = tps_cbor_get_bytes(r); return "pairwise-id";
    default: return read_list(r, label, out);
    }
}

tps_status device_state_check(const tps_device_claims *claims, tps_error *why)
{
    bool by_application = claims->binder_origin == TPS_DEVICE_BINDER_APPLICATION;

    if ((claims->application.data != NULL) != by_application) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "application goes with a binder of its own");
    }
    if (by_application) {
        TPS_TRY(claim_size_in(claims->application, DIGEST_SIZE, DIGEST_SIZE, "application", why));
    }
    if (claims->pairwise_id.data != NULL) {
        TPS_TRY(claim_size_in(claims->pairwise_id, 33, 33, "pairwise-id", why));
        if (claims->ueid.data == NULL || claims->cnf.data == NULL) {
            return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "pairwise-id goes with ueid and cnf");
        }
    }
    return TPS_OK;
}

/* ---- encoding ---- */

/** What the encoder puts as it is: walked as in decoding, and in deterministic form. */
static tps_status check_raw(tps_span encoded, const list_claim *list, const char *name, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);

    if (encoded.size == 0) {
        return TPS_OK;
    }
    TPS_TRY(claim_is_deterministic(encoded, name, why));
    (void)take(&r, list);
    return claim_read_status(&r, name, why);
}

tps_status device_state_check_encoding(const tps_device_claims *claims, tps_error *why)
{
    if (((claims->present & TPS_DEVICE_HAS_LIFECYCLE) != 0 &&
         claims->lifecycle > TPS_DEVICE_LIFECYCLE_DECOMMISSIONED) ||
        claims->binder_origin > TPS_DEVICE_BINDER_CALLER) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "lifecycle or binder-origin");
    }
    for (size_t i = 0; i < LISTS; i++) {
        TPS_TRY(check_raw(span_in(claims, &lists[i]), &lists[i], lists[i].name, why));
    }
    return check_raw(claims->submods, NULL, "submods", why);
}

size_t device_state_count(const tps_device_claims *claims)
{
    size_t count =
        (claims->binder_origin != 0) + (claims->application.size > 0u) + (claims->pairwise_id.size > 0u);

    for (size_t i = 0; i < LISTS; i++) {
        count += span_in(claims, &lists[i]).size > 0u;
    }
    return count;
}

static void put_raw(tps_cbor_writer *w, int64_t label, tps_span encoded)
{
    if (encoded.size > 0) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_raw(w, encoded);
    }
}

static void put_number(tps_cbor_writer *w, bool is_there, int64_t label, uint32_t value)
{
    if (is_there) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_uint(w, value);
    }
}

static void put_bytes(tps_cbor_writer *w, int64_t label, tps_span bytes)
{
    if (bytes.size > 0) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_bytes(w, bytes);
    }
}

void device_state_put(tps_cbor_writer *w, const tps_device_claims *claims)
{
    put_number(w, (claims->present & TPS_DEVICE_HAS_LIFECYCLE) != 0, TPS_DEVICE_CLAIM_LIFECYCLE,
               claims->lifecycle);
    put_number(w, (claims->present & TPS_DEVICE_HAS_SECURITY_COUNTER) != 0, TPS_DEVICE_CLAIM_SECURITY_COUNTER,
               claims->security_counter);
    put_number(w, claims->binder_origin != 0, TPS_DEVICE_CLAIM_BINDER_ORIGIN, claims->binder_origin);
    put_bytes(w, TPS_DEVICE_CLAIM_APPLICATION, claims->application);
    put_raw(w, TPS_DEVICE_CLAIM_REGISTERS, claims->registers);
    put_raw(w, TPS_DEVICE_CLAIM_APPLICATIONS, claims->applications);
    put_raw(w, TPS_DEVICE_CLAIM_STAGED, claims->staged);
    put_bytes(w, TPS_DEVICE_CLAIM_PAIRWISE, claims->pairwise_id);
}
