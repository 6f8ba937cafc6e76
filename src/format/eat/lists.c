/* SPDX-License-Identifier: Apache-2.0 */
/* Claims that are lists: judged entry by entry when they are decoded, and given entry by entry afterwards, by
 * the same functions. */
#include "format/eat/lists.h"

#include "tps/secret.h"

tps_span eat_bytes_read(tps_cbor_reader *r, size_t low, size_t high)
{
    tps_span bytes = tps_cbor_get_bytes(r);

    if (bytes.size < low || bytes.size > high) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    return bytes;
}

uint32_t eat_small_read(tps_cbor_reader *r, uint32_t low, uint32_t high)
{
    uint64_t value = tps_cbor_get_uint(r);

    if (value < low || value > high) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    return (uint32_t)value;
}

/* True when there is another entry in an array of few; one too many is a fault of its size. */
static void end_tuple(tps_cbor_reader *r, tps_cbor_list *list)
{
    if (tps_cbor_next(r, list)) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
}

/* The next entry of an array must be there. */
static void need(tps_cbor_reader *r, tps_cbor_list *list)
{
    if (!tps_cbor_next(r, list)) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
}

/* ---- one entry of each kind ---- */

static void read_nonce(tps_cbor_reader *r, tps_span *nonce)
{
    *nonce = eat_bytes_read(r, 8, 64);
}

static void read_sueid(tps_cbor_reader *r, tps_eat_sueid *sueid)
{
    sueid->label = tps_cbor_get_text(r);
    sueid->ueid = eat_bytes_read(r, 7, 33);
}

/* [registrar, platform, ?application] */
static void read_dloa(tps_cbor_reader *r, tps_eat_dloa *dloa)
{
    tps_cbor_list list = tps_cbor_enter_array(r);

    need(r, &list);
    dloa->registrar = tps_cbor_get_text(r);
    need(r, &list);
    dloa->platform = tps_cbor_get_text(r);
    dloa->application = TPS_SPAN_EMPTY;
    if (tps_cbor_next(r, &list)) {
        dloa->application = tps_cbor_get_text(r);
        end_tuple(r, &list);
    }
}

/* [content-format, content] */
static void read_manifest(tps_cbor_reader *r, bool may_be_text, tps_eat_manifest *manifest)
{
    tps_cbor_list list = tps_cbor_enter_array(r);

    need(r, &list);
    manifest->format = (uint16_t)eat_small_read(r, 0, UINT16_MAX);
    need(r, &list);
    manifest->is_text = may_be_text && tps_cbor_peek(r) == TPS_CBOR_TEXT;
    manifest->content = manifest->is_text ? tps_cbor_get_text(r) : tps_cbor_get_bytes(r);
    end_tuple(r, &list);
}

/* [id, result] */
static void read_result(tps_cbor_reader *r, tps_eat_result *result)
{
    tps_cbor_list list = tps_cbor_enter_array(r);

    need(r, &list);
    result->is_id_binary = tps_cbor_peek(r) == TPS_CBOR_BYTES;
    result->id = result->is_id_binary ? tps_cbor_get_bytes(r) : tps_cbor_get_text(r);
    need(r, &list);
    result->result = (uint8_t)eat_small_read(r, TPS_EAT_RESULT_SUCCESS, TPS_EAT_RESULT_ABSENT);
    end_tuple(r, &list);
}

/* What lies between a place and the reader's. */
static tps_span since(const tps_cbor_reader *start, const tps_cbor_reader *r)
{
    return tps_span_make(start->at, (size_t)(r->at - start->at));
}

static void check_result(tps_cbor_reader *r)
{
    tps_eat_result result;

    read_result(r, &result);
}

/* An array or a map of at least `least` entries. */
static tps_eat_list read_entries(tps_cbor_reader *r, bool is_map, uint32_t least,
                                 void (*check)(tps_cbor_reader *r))
{
    tps_cbor_reader start = *r;
    tps_cbor_list list = is_map ? tps_cbor_enter_map(r) : tps_cbor_enter_array(r);
    uint32_t count = 0;

    while (tps_cbor_next(r, &list)) {
        check(r);
        count++;
    }
    if (count < least) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    return (tps_eat_list){since(&start, r), count};
}

/* [system, [+ [id, result]]] */
static void read_results(tps_cbor_reader *r, tps_eat_measurement_results *results)
{
    tps_cbor_list list = tps_cbor_enter_array(r);

    need(r, &list);
    results->system = tps_cbor_get_text(r);
    need(r, &list);
    results->results = read_entries(r, false, 1, check_result);
    end_tuple(r, &list);
}

/* ---- whole lists ---- */

static void check_nonce(tps_cbor_reader *r)
{
    tps_span nonce;

    read_nonce(r, &nonce);
}

static void check_sueid(tps_cbor_reader *r)
{
    tps_eat_sueid sueid;

    read_sueid(r, &sueid);
}

static void check_submodule(tps_cbor_reader *r)
{
    tps_eat_submodule submodule;

    eat_submodule_read(r, &submodule);
}

static void check_dloa(tps_cbor_reader *r)
{
    tps_eat_dloa dloa;

    read_dloa(r, &dloa);
}

static void check_manifest(tps_cbor_reader *r)
{
    tps_eat_manifest manifest;

    read_manifest(r, true, &manifest);
}

static void check_measurement(tps_cbor_reader *r)
{
    tps_eat_manifest manifest;

    read_manifest(r, false, &manifest);
}

static void check_results(tps_cbor_reader *r)
{
    tps_eat_measurement_results results;

    read_results(r, &results);
}

/* One nonce, or two at least: a list of one has a form of its own (RFC 9711, 4.1). */
static tps_eat_list read_nonces(tps_cbor_reader *r)
{
    tps_cbor_reader start = *r;

    if (tps_cbor_peek(r) != TPS_CBOR_BYTES) {
        return read_entries(r, false, 2, check_nonce);
    }
    check_nonce(r);
    return (tps_eat_list){since(&start, r), 1};
}

bool eat_list_read(tps_cbor_reader *r, int64_t label, tps_eat_list *list)
{
    switch (label) {
    case TPS_EAT_NONCE: *list = read_nonces(r); return true;
    case TPS_EAT_SUEIDS: *list = read_entries(r, true, 1, check_sueid); return true;
    case TPS_EAT_SUBMODS: *list = read_entries(r, true, 1, check_submodule); return true;
    case TPS_EAT_DLOAS: *list = read_entries(r, false, 1, check_dloa); return true;
    case TPS_EAT_MANIFESTS: *list = read_entries(r, false, 1, check_manifest); return true;
    case TPS_EAT_MEASUREMENTS: *list = read_entries(r, false, 1, check_measurement); return true;
    case TPS_EAT_MEASRES: *list = read_entries(r, false, 1, check_results); return true;
    default: return false;
    }
}

size_t eat_list_offset(int64_t label)
{
    switch (label) {
    case TPS_EAT_NONCE: return offsetof(tps_eat_claims, nonces);
    case TPS_EAT_SUEIDS: return offsetof(tps_eat_claims, sueids);
    case TPS_EAT_SUBMODS: return offsetof(tps_eat_claims, submods);
    case TPS_EAT_DLOAS: return offsetof(tps_eat_claims, dloas);
    case TPS_EAT_MANIFESTS: return offsetof(tps_eat_claims, manifests);
    case TPS_EAT_MEASUREMENTS: return offsetof(tps_eat_claims, measurements);
    case TPS_EAT_MEASRES: return offsetof(tps_eat_claims, measres);
    default: return 0;
    }
}

/* ---- iterators ---- */

tps_eat_iterator tps_eat_each(const tps_eat_list *list)
{
    tps_eat_iterator it = {.reader = tps_cbor_reader_init(list->encoded)};

    if (list->count == 0) {
        return it;
    }
    switch (tps_cbor_peek(&it.reader)) {
    case TPS_CBOR_MAP: it.list = tps_cbor_enter_map(&it.reader); break;
    case TPS_CBOR_ARRAY: it.list = tps_cbor_enter_array(&it.reader); break;
    default: it.is_single = true; break;
    }
    return it;
}

static bool advance(tps_eat_iterator *it)
{
    if (it->is_single) {
        it->is_single = false;
        return true;
    }
    return tps_cbor_next(&it->reader, &it->list);
}

bool tps_eat_next_nonce(tps_eat_iterator *it, tps_span *nonce)
{
    if (!advance(it)) {
        return false;
    }
    read_nonce(&it->reader, nonce);
    return it->reader.status == TPS_OK;
}

bool tps_eat_answers(const tps_eat_claims *claims, tps_span nonce)
{
    tps_eat_iterator it = tps_eat_each(&claims->nonces);
    tps_span one;

    while (tps_eat_next_nonce(&it, &one)) {
        if (one.size == nonce.size && tps_equal_secret(one.data, nonce.data, nonce.size)) {
            return true;
        }
    }
    return false;
}

bool tps_eat_next_sueid(tps_eat_iterator *it, tps_eat_sueid *sueid)
{
    if (!advance(it)) {
        return false;
    }
    read_sueid(&it->reader, sueid);
    return it->reader.status == TPS_OK;
}

bool tps_eat_next_dloa(tps_eat_iterator *it, tps_eat_dloa *dloa)
{
    if (!advance(it)) {
        return false;
    }
    read_dloa(&it->reader, dloa);
    return it->reader.status == TPS_OK;
}

bool tps_eat_next_manifest(tps_eat_iterator *it, tps_eat_manifest *manifest)
{
    if (!advance(it)) {
        return false;
    }
    read_manifest(&it->reader, true, manifest);
    return it->reader.status == TPS_OK;
}

bool tps_eat_next_measurement_results(tps_eat_iterator *it, tps_eat_measurement_results *results)
{
    if (!advance(it)) {
        return false;
    }
    read_results(&it->reader, results);
    return it->reader.status == TPS_OK;
}

bool tps_eat_next_result(tps_eat_iterator *it, tps_eat_result *result)
{
    if (!advance(it)) {
        return false;
    }
    read_result(&it->reader, result);
    return it->reader.status == TPS_OK;
}

bool tps_eat_next_submodule(tps_eat_iterator *it, tps_eat_submodule *submodule)
{
    if (!advance(it)) {
        return false;
    }
    eat_submodule_read(&it->reader, submodule);
    return it->reader.status == TPS_OK;
}
