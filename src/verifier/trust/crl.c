/* SPDX-License-Identifier: Apache-2.0 */
/* Taking revocation lists in: who signed them, whether they count now; and looking numbers up. */
#include "verifier/trust/crl.h"

#include <stdlib.h>

#include "tps/revocation.h"
#include "verifier/state.h"
#include "verifier/trust/chain.h"
#include "verifier/trust/path.h"
#include "verifier/trust/revocation.h"

enum { ISSUERS_MAX = 1024, ENTRIES_MAX = 1 << 20, CHAIN_BYTES_MAX = 65536 };

/* ---- looking up ---- */

static int compare(const void *a, const void *b)
{
    const tps_x509_serial *left = a;
    const tps_x509_serial *right = b;

    return left->size != right->size ? (left->size < right->size ? -1 : 1)
                                     : memcmp(left->bytes, right->bytes, left->size);
}

const issuer_crl *crl_of(const crl_list *lists, const uint8_t issuer[32])
{
    for (size_t i = 0; i < lists->count; i++) {
        if (memcmp(lists->items[i].issuer, issuer, 32) == 0) {
            return &lists->items[i];
        }
    }
    return NULL;
}

bool crl_revokes(const issuer_crl *crl, const tps_x509_serial *serial)
{
    return serial->size == 0 || (crl->count > 0 && bsearch(serial, crl->serials, crl->count,
                                                           sizeof *crl->serials, compare) != NULL);
}

void crl_free(crl_list *lists)
{
    for (size_t i = 0; i < lists->count; i++) {
        free(lists->items[i].serials);
    }
    free(lists->items);
    *lists = (crl_list){.items = NULL};
}

/* ---- who signed it ---- */

static tps_status check_anchors(const tps_verifier *v, const tps_x509_crl *crl, uint8_t issuer[32])
{
    tps_status status = TPS_VERIFIER_NO_TRUST_ANCHOR;

    for (size_t i = 0; i < v->anchor_count; i++) {
        tps_status checked = tps_x509_crl_check(crl, v->anchors[i].der);
        if (checked == TPS_OK) {
            memcpy(issuer, v->anchors[i].maker, 32);
            return TPS_OK;
        }
        status = checked == TPS_CRYPTO_CHAIN_RULES ? checked : status;
    }
    return status;
}

/* The certificates beside the list, its signer's first, lead to an anchor. */
static tps_status check_chain(tps_verifier *v, const tps_x509_crl *crl, const tps_span *chain, size_t count,
                              int64_t now, uint8_t issuer[32])
{
    verified_chain verified;

    TPS_TRY(chain_verify(v, chain, count, 0, now, &verified));
    tps_crypto_key_free(verified.key);
    memcpy(issuer, verified.path.links[0].key, 32);
    return tps_x509_crl_check(crl, chain[0]);
}

static tps_status find_issuer(tps_verifier *v, const tps_x509_crl *crl, tps_span text, int64_t now,
                              uint8_t issuer[32])
{
    tps_span chain[TPS_X509_CHAIN_MAX];
    size_t count = TPS_X509_CHAIN_MAX;
    tps_status status = check_anchors(v, crl, issuer);
    uint8_t *room;

    if (status == TPS_OK || text.data[0] == 0x30) {
        return status;
    }
    room = malloc(CHAIN_BYTES_MAX);
    if (room == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    if (tps_x509_from_pem(text, (tps_buf){room, CHAIN_BYTES_MAX}, chain, &count) == TPS_OK) {
        status = check_chain(v, crl, chain, count, now, issuer);
    }
    free(room);
    return status;
}

/* ---- keeping it ---- */

static tps_status copy_serials(const tps_x509_crl *crl, issuer_crl *made)
{
    if (made->count == 0) {
        return TPS_OK;
    }
    made->serials = malloc(made->count * sizeof *made->serials);
    if (made->serials == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < made->count; i++) {
        made->serials[i] = tps_x509_crl_serial(crl, i);
    }
    qsort(made->serials, made->count, sizeof *made->serials, compare);
    return TPS_OK;
}

static tps_status append(crl_list *lists, const issuer_crl *made)
{
    issuer_crl *items;

    if (lists->count == ISSUERS_MAX) {
        return TPS_TOO_LARGE;
    }
    items = realloc(lists->items, (lists->count + 1) * sizeof *items);
    if (items == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    lists->items = items;
    lists->items[lists->count++] = *made;
    return TPS_OK;
}

/* In the place of an older one of the same issuer. */
static tps_status put(crl_list *lists, const issuer_crl *made)
{
    issuer_crl *known = (issuer_crl *)(uintptr_t)crl_of(lists, made->issuer);

    if (known == NULL) {
        return append(lists, made);
    }
    free(known->serials);
    *known = *made;
    return TPS_OK;
}

static tps_status keep(tps_verifier *v, const tps_x509_crl *crl, const tps_x509_crl_info *info,
                       const uint8_t issuer[32])
{
    const issuer_crl *known = crl_of(&v->crls, issuer);
    issuer_crl made = {
        .this_update = info->this_update, .next_update = info->next_update, .count = info->count};
    tps_status status;

    if (known != NULL && known->this_update >= info->this_update) {
        return TPS_OK; /* somebody plays an old one again */
    }
    memcpy(made.issuer, issuer, sizeof made.issuer);
    status = copy_serials(crl, &made);
    status = status == TPS_OK ? put(&v->crls, &made) : status;
    if (status != TPS_OK) {
        free(made.serials);
    }
    return status;
}

static tps_status take(tps_verifier *v, tps_span bytes, const tps_x509_crl *crl, int64_t now, tps_error *why)
{
    uint8_t issuer[32];
    tps_x509_crl_info info;
    tps_status status;

    tps_x509_crl_describe(crl, &info);
    if (info.count > ENTRIES_MAX) {
        return tps_fail(why, TPS_TOO_LARGE, 0, "more than 1,048,576 revoked certificates");
    }
    if (now < info.this_update || now > info.next_update) {
        return tps_fail(why, TPS_VERIFIER_CRL_OUTDATED, 0,
                        now < info.this_update ? "its thisUpdate is to come" : "its nextUpdate is over");
    }
    status = find_issuer(v, crl, bytes, now, issuer);
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, "the signer of the revocation list");
    }
    status = keep(v, crl, &info, issuer);
    revocations_changed(v);
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, 0, NULL);
}

tps_status tps_verifier_add_crl(tps_verifier *v, tps_span bytes, int64_t now, tps_error *why)
{
    tps_x509_crl *crl;
    tps_status status = tps_x509_crl_read(bytes, &crl);

    if (status != TPS_OK) {
        return tps_fail(why, status, 0,
                        status == TPS_UNSUPPORTED ? "a delta, an indirect list, or one of some reasons"
                                                  : NULL);
    }
    status = take(v, bytes, crl, now, why);
    tps_x509_crl_free(crl);
    return status;
}
