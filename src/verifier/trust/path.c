/* SPDX-License-Identifier: Apache-2.0 */
/* The path from a signer to its anchor, asked for what is revoked. */
#include "verifier/trust/path.h"

#include "crypto/x509.h"
#include "verifier/state.h"
#include "verifier/trust/crl.h"

static path_link *next_link(trust_path *path)
{
    path_link *link = path->count == PATH_LINKS_MAX ? NULL : &path->links[path->count++];

    if (link != NULL) {
        *link = (path_link){.has_certificate = false};
    }
    return link;
}

tps_status path_add_certificate(trust_path *path, tps_span der, int64_t *from, int64_t *until)
{
    tps_x509_identity identity;
    path_link *link;

    TPS_TRY(tps_x509_identify(der, &identity));
    link = next_link(path);
    if (link == NULL) {
        return TPS_TOO_LARGE;
    }
    link->has_certificate = true;
    link->serial = identity.serial;
    memcpy(link->key, identity.spki_sha256, sizeof link->key);
    memcpy(link->certificate, identity.sha256, sizeof link->certificate);
    if (from != NULL && identity.not_before > *from) {
        *from = identity.not_before;
    }
    if (until != NULL && identity.not_after < *until) {
        *until = identity.not_after;
    }
    return TPS_OK;
}

tps_status path_add_key(trust_path *path, const uint8_t key[32])
{
    path_link *link;

    if (path->count > 0 && memcmp(path->links[path->count - 1].key, key, 32) == 0) {
        return TPS_OK;
    }
    link = next_link(path);
    if (link == NULL) {
        return TPS_TOO_LARGE;
    }
    memcpy(link->key, key, sizeof link->key);
    return TPS_OK;
}

/* ---- what is revoked ---- */

/* The earliest moment from which on something does not count, and why. */
typedef struct {
    int64_t since;
    tps_status why;
} verdict;

static void take(verdict *v, int64_t since, tps_status why)
{
    if (since < v->since) {
        *v = (verdict){.since = since, .why = why};
    }
}

static void look_up(const revocations *list, uint32_t kind, const uint8_t value[32], tps_status why,
                    verdict *v)
{
    const tps_revocation *found = revocation_find(list, kind, tps_span_make(value, 32));

    if (found != NULL) {
        take(v, found->since == 0 ? INT64_MIN : found->since, why);
    }
}

static void look_into_crl(const tps_verifier *v, const path_link *link, const path_link *issuer, verdict *out)
{
    const issuer_crl *crl = crl_of(&v->crls, issuer->key);

    if (crl == NULL) {
        return;
    }
    if (crl_revokes(crl, &link->serial)) {
        take(out, INT64_MIN, TPS_VERIFIER_REVOKED_CERTIFICATE);
    }
    take(out, crl->next_update == INT64_MAX ? INT64_MAX : crl->next_update + 1, TPS_VERIFIER_CRL_OUTDATED);
}

int64_t path_counts_until(const tps_verifier *v, const trust_path *path, tps_status *why)
{
    verdict out = {.since = INT64_MAX, .why = TPS_OK};

    for (size_t i = 0; i < path->count; i++) {
        const path_link *link = &path->links[i];

        look_up(v->revoked, TPS_REVOKED_KEY, link->key, TPS_VERIFIER_REVOKED_KEY, &out);
        if (link->has_certificate) {
            look_up(v->revoked, TPS_REVOKED_CERTIFICATE, link->certificate, TPS_VERIFIER_REVOKED_CERTIFICATE,
                    &out);
        }
        if (link->has_certificate && i + 1 < path->count) {
            look_into_crl(v, link, &path->links[i + 1], &out);
        }
    }
    if (why != NULL) {
        *why = out.why;
    }
    return out.since;
}

tps_status path_check(const tps_verifier *v, const trust_path *path, int64_t now)
{
    tps_status why;

    return path_counts_until(v, path, &why) <= now ? why : TPS_OK;
}
