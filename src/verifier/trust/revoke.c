/* SPDX-License-Identifier: Apache-2.0 */
/* Revoking, one thing or a file of them. */
#include "verifier/endorsements/signers.h"
#include "verifier/state.h"
#include "verifier/trust/json_file.h"

/* Escapes need room, and nobody needs escapes in anything but a reason. */
enum { ROOM = TPS_REVOCATION_REASON_MAX * 6 };

/* ---- what follows ---- */

void revocations_changed(tps_verifier *v)
{
    chain_cache_clear(v->chains);
    signers_recheck(v);
    established_free(&v->established);
}

/* Devices and images are looked up at each appraisal; what was verified of keys is remembered. */
static bool concerns_keys(const tps_revocation *r)
{
    return r->kind == TPS_REVOKED_KEY || r->kind == TPS_REVOKED_CERTIFICATE;
}

static bool says_more(const revocations *list, const revocations *than)
{
    for (size_t i = 0; i < revocation_count(list); i++) {
        const tps_revocation *r = revocation_get(list, i);
        const tps_revocation *known = revocation_find(than, r->kind, r->value);

        if (concerns_keys(r) && (known == NULL || known->since > r->since)) {
            return true;
        }
    }
    return false;
}

bool revocations_say_more(const tps_verifier *v, const tps_verifier *than)
{
    for (size_t i = 0; i < v->crls.count; i++) {
        const issuer_crl *crl = &v->crls.items[i];
        const issuer_crl *known = crl_of(&than->crls, crl->issuer);

        if (known == NULL || known->this_update != crl->this_update) {
            return true;
        }
    }
    return says_more(v->revoked, than->revoked);
}

tps_status tps_verifier_revoke(tps_verifier *v, const tps_revocation *revocation)
{
    bool is_new;

    TPS_TRY(revocation_add(&v->revoked, revocation, &is_new));
    if (is_new && concerns_keys(revocation)) {
        revocations_changed(v);
    }
    return TPS_OK;
}

/* ---- a file ---- */

static void get_reason(json_reader *r, tps_buf *room, char reason[TPS_REVOCATION_REASON_MAX])
{
    tps_span text = json_get_text(r, room);

    if (text.size >= TPS_REVOCATION_REASON_MAX) {
        json_fail(r, TPS_TOO_LARGE);
        return;
    }
    if (text.size > 0) {
        memcpy(reason, text.data, text.size);
    }
    reason[text.size] = '\0';
}

static void get_member(json_reader *r, tps_buf *room, tps_revocation *out)
{
    static const json_word kinds[] = {{"key", TPS_REVOKED_KEY},
                                      {"certificate", TPS_REVOKED_CERTIFICATE},
                                      {"image", TPS_REVOKED_IMAGE},
                                      {"device", TPS_REVOKED_DEVICE}};
    json_str name = json_get_name(r);

    if (json_str_is(name, "kind")) {
        out->kind = json_get_word(r, kinds, sizeof kinds / sizeof kinds[0]);
    } else if (json_str_is(name, "value")) {
        out->value = json_get_hex(r, room);
    } else if (json_str_is(name, "since")) {
        out->since = json_get_int(r);
    } else if (json_str_is(name, "reason")) {
        get_reason(r, room, out->reason);
    } else {
        json_fail(r, TPS_BAD_ARGUMENT);
    }
}

/* Its value lies in `room`. */
static void get_revocation(json_reader *r, tps_buf room, tps_revocation *out)
{
    json_list members = json_enter_object(r);

    *out = (tps_revocation){.kind = 0};
    while (json_next(r, &members)) {
        get_member(r, &room, out);
    }
}

/* Goes over the whole text: into a list, or, without one, to see whether it is good. */
static tps_status walk(tps_span text, revocations **list, size_t *offset)
{
    json_reader r = json_reader_init(text);
    json_list file = json_enter_object(&r);
    json_list entries;
    uint8_t room[ROOM];
    tps_revocation one;
    bool is_new;

    if (!json_next(&r, &file) || !json_str_is(json_get_name(&r), "revoked")) {
        json_fail(&r, TPS_BAD_ARGUMENT);
    }
    entries = json_enter_array(&r);
    while (json_next(&r, &entries)) {
        *offset = json_offset(&r);
        get_revocation(&r, TPS_BUF_OF(room), &one);
        if (r.status == TPS_OK) {
            json_fail(&r, list == NULL ? revocation_check(&one) : revocation_add(list, &one, &is_new));
        }
    }
    if (r.status == TPS_OK && json_next(&r, &file)) {
        json_fail(&r, TPS_BAD_ARGUMENT);
    }
    return json_reader_finish(&r);
}

tps_status tps_verifier_revoke_list(tps_verifier *v, tps_span text, tps_error *why)
{
    size_t offset = 0;
    tps_status status;

    TPS_TRY(json_check(text, &json_limits_file, why));
    status = walk(text, NULL, &offset);
    if (status == TPS_OK) {
        status = walk(text, &v->revoked, &offset);
        revocations_changed(v);
    }
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, offset, "an entry of the revocation list");
}
