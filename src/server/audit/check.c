/* SPDX-License-Identifier: Apache-2.0 */
/* Checks an exported audit log. */
#include "server/audit/check.h"

#include <stdlib.h>

#include "format/json/reader.h"
#include "server/audit/checkpoint.h"
#include "server/audit/lines.h"
#include "store/audit_chain.h"
#include "verifier/trust/key_read.h"

/* A checkpoint names the entry before it; more only where several nodes write at once. So many hashes are
 * remembered to compare with. */
#define REMEMBERED 1024

typedef struct {
    tps_crypto_key *key;
    char id[TPS_RESULT_KEY_ID_SIZE];
} known_key;

/* A checkpoint that was kept elsewhere. */
typedef struct {
    tps_audit_checkpoint says;
    char key_id[TPS_RESULT_KEY_ID_SIZE];
} kept_checkpoint;

struct tps_audit_checker {
    tps_audit_findings findings;
    known_key keys[TPS_AUDIT_CHECK_KEYS_MAX];
    size_t key_count;
    kept_checkpoint kept[TPS_AUDIT_CHECK_CHECKPOINTS_MAX]; /* by sequence */
    size_t kept_count;
    size_t next_kept;               /* the first whose entry was not taken yet */
    uint8_t hashes[REMEMBERED][32]; /* of entry n at n % REMEMBERED */
    int64_t last_time;
};

tps_status tps_audit_checker_new(tps_audit_checker **checker)
{
    *checker = calloc(1, sizeof(**checker));
    return *checker == NULL ? TPS_OUT_OF_MEMORY : TPS_OK;
}

void tps_audit_checker_free(tps_audit_checker *checker)
{
    if (checker == NULL) {
        return;
    }
    for (size_t i = 0; i < checker->key_count; i++) {
        tps_crypto_key_free(checker->keys[i].key);
    }
    free(checker);
}

const tps_audit_findings *tps_audit_checker_findings(const tps_audit_checker *checker)
{
    return &checker->findings;
}

/* ---- keys ---- */

static known_key *find_key(tps_audit_checker *checker, const char *id)
{
    for (size_t i = 0; i < checker->key_count; i++) {
        if (strcmp(checker->keys[i].id, id) == 0) {
            return &checker->keys[i];
        }
    }
    return NULL;
}

/* Takes the key over, or frees it. */
static tps_status keep_key(tps_audit_checker *checker, tps_crypto_key *key)
{
    tps_result_keys ring = {.count = 0};
    tps_status status = tps_result_keys_add(&ring, key, 0); /* computes the name */

    if (status != TPS_OK || find_key(checker, ring.keys[0].id) != NULL) {
        tps_crypto_key_free(key);
        return status;
    }
    if (checker->key_count == TPS_AUDIT_CHECK_KEYS_MAX) {
        tps_crypto_key_free(key);
        return TPS_TOO_LARGE;
    }
    checker->keys[checker->key_count].key = key;
    memcpy(checker->keys[checker->key_count].id, ring.keys[0].id, TPS_RESULT_KEY_ID_SIZE);
    checker->key_count++;
    return TPS_OK;
}

static tps_status add_key(tps_audit_checker *checker, tps_span text)
{
    found_key found;

    TPS_TRY(key_read(text, &found));
    return keep_key(checker, found.key);
}

/* Of a set, keys of other kinds are none of ours. */
static tps_status add_members(tps_audit_checker *checker, json_reader *r)
{
    json_list list = json_enter_array(r);

    while (json_next(r, &list)) {
        if (add_key(checker, json_skip(r)) == TPS_TOO_LARGE) {
            return TPS_TOO_LARGE;
        }
    }
    return r->status;
}

static tps_status add_set(tps_audit_checker *checker, tps_span text, bool *is_set)
{
    json_reader r = json_reader_init(text);
    json_list list;

    *is_set = false;
    TPS_TRY(json_check(text, &json_limits_message, NULL));
    list = json_enter_object(&r);
    while (json_next(&r, &list)) {
        if (json_str_is(json_get_name(&r), "keys")) {
            *is_set = true;
            TPS_TRY(add_members(checker, &r));
        } else {
            (void)json_skip(&r);
        }
    }
    return json_reader_finish(&r);
}

tps_status tps_audit_checker_add_keys(tps_audit_checker *checker, tps_span text)
{
    tps_span start = key_skip_white(text);
    size_t before = checker->key_count;
    bool is_set = false;

    if (start.size > 0 && start.data[0] == '{') {
        TPS_TRY(add_set(checker, start, &is_set));
    }
    if (!is_set) {
        return add_key(checker, text);
    }
    return checker->key_count > before ? TPS_OK : TPS_CRYPTO_BAD_KEY;
}

/* ---- checkpoints ---- */

/* TPS_OK, TPS_SERVER_AUDIT_UNPROVEN (the key is not known), TPS_SERVER_AUDIT_BAD_CHECKPOINT. */
static tps_status verify_checkpoint(tps_audit_checker *checker, tps_span text,
                                    tps_audit_checkpoint_parts *parts)
{
    known_key *key;
    tps_status status;

    TPS_TRY(tps_audit_checkpoint_read(text, parts));
    key = find_key(checker, parts->key_id);
    if (key == NULL) {
        return TPS_SERVER_AUDIT_UNPROVEN;
    }
    status = tps_jws_verify(&parts->jws, key->key);
    return status == TPS_OK || status == TPS_CRYPTO_FAILED ? status : TPS_SERVER_AUDIT_BAD_CHECKPOINT;
}

tps_status tps_audit_checker_add_checkpoint(tps_audit_checker *checker, tps_span text)
{
    tps_audit_checkpoint_parts parts;
    size_t place;

    if (checker->kept_count == TPS_AUDIT_CHECK_CHECKPOINTS_MAX) {
        return TPS_TOO_LARGE;
    }
    TPS_TRY(verify_checkpoint(checker, text, &parts));
    place = checker->kept_count++;
    while (place > 0 && checker->kept[place - 1].says.sequence > parts.says.sequence) {
        checker->kept[place] = checker->kept[place - 1];
        place--;
    }
    checker->kept[place].says = parts.says;
    memcpy(checker->kept[place].key_id, parts.key_id, sizeof(parts.key_id));
    return TPS_OK;
}

static void note_proof(tps_audit_findings *found, const tps_audit_checkpoint *says, const char *key_id)
{
    found->checkpoints++;
    if (says->sequence > found->proven) {
        found->proven = says->sequence;
        found->proven_time = says->time;
        memcpy(found->proven_by, key_id, sizeof(found->proven_by));
    }
}

static tps_status refuse(tps_audit_checker *checker, int64_t at, tps_status status, tps_error *why,
                         const char *detail)
{
    checker->findings.at = at;
    return tps_fail(why, status, 0, detail);
}

/* What is signed of an entry of this log must be that entry. */
static tps_status compare(tps_audit_checker *checker, const tps_audit_checkpoint *says, const char *key_id,
                          tps_error *why)
{
    if (strcmp(says->tenant, checker->findings.tenant) != 0) {
        return refuse(checker, checker->findings.last, TPS_SERVER_AUDIT_BAD_CHECKPOINT, why,
                      "the checkpoint is another tenant's");
    }
    if (memcmp(checker->hashes[says->sequence % REMEMBERED], says->hash, sizeof(says->hash)) != 0) {
        return refuse(checker, says->sequence, TPS_SERVER_AUDIT_FORKED, why,
                      "a checkpoint names another entry of this number");
    }
    note_proof(&checker->findings, says, key_id);
    return TPS_OK;
}

/* Of an entry that was just taken: what was kept elsewhere. Of entries before the first nothing can be said.
 */
static tps_status compare_kept(tps_audit_checker *checker, tps_error *why)
{
    while (checker->next_kept < checker->kept_count) {
        const kept_checkpoint *kept = &checker->kept[checker->next_kept];

        if (kept->says.sequence > checker->findings.last) {
            break;
        }
        checker->next_kept++;
        if (kept->says.sequence == checker->findings.last) {
            TPS_TRY(compare(checker, &kept->says, kept->key_id, why));
        }
    }
    return TPS_OK;
}

static tps_status look_at_checkpoint(tps_audit_checker *checker, const tps_audit_line *line, tps_error *why)
{
    uint8_t room[TPS_AUDIT_CHECKPOINT_MAX];
    tps_span text = tps_audit_checkpoint_in(line->entry, TPS_BUF_OF(room));
    tps_audit_findings *found = &checker->findings;
    tps_audit_checkpoint_parts parts;
    tps_status status;

    if (text.size == 0) {
        return TPS_OK;
    }
    status = verify_checkpoint(checker, text, &parts);
    if (status == TPS_SERVER_AUDIT_UNPROVEN) {
        found->unknown_keys++;
        return TPS_OK;
    }
    if (status != TPS_OK) {
        return refuse(checker, line->sequence, status, why, "its signature is not the tenant's");
    }
    if (parts.says.sequence >= line->sequence) {
        return refuse(checker, line->sequence, TPS_SERVER_AUDIT_BAD_CHECKPOINT, why,
                      "it names an entry that was not there yet");
    }
    if (parts.says.sequence < found->first || line->sequence - parts.says.sequence >= REMEMBERED) {
        return TPS_OK; /* of an entry that is not at hand it proves nothing */
    }
    TPS_TRY(compare(checker, &parts.says, parts.key_id, why));
    found->ends_signed = parts.says.sequence == line->sequence - 1;
    return TPS_OK;
}

/* ---- the chain ---- */

static void begin(tps_audit_checker *checker, const tps_audit_line *line)
{
    tps_audit_findings *found = &checker->findings;

    memcpy(found->tenant, line->tenant.data, line->tenant.size); /* it is a tenant's name: it fits */
    found->first = line->sequence;
    found->last = line->sequence - 1;
    memcpy(found->last_hash, line->previous, sizeof(found->last_hash));
    checker->last_time = line->time;
}

static tps_status check_place(tps_audit_checker *checker, const tps_audit_line *line, tps_error *why)
{
    static const uint8_t nothing[32];
    const tps_audit_findings *found = &checker->findings;

    if (!tps_span_is_text(line->tenant, found->tenant)) {
        return refuse(checker, line->sequence, TPS_SERVER_AUDIT_MALFORMED, why,
                      "an entry of another tenant stands among these");
    }
    if (line->sequence > found->last + 1) {
        return refuse(checker, found->last + 1, TPS_SERVER_AUDIT_MISSING, why, NULL);
    }
    if (line->sequence <= found->last) {
        return refuse(checker, line->sequence, TPS_SERVER_AUDIT_ORDER, why, NULL);
    }
    if (memcmp(line->previous, found->last_hash, sizeof(line->previous)) != 0 ||
        (line->sequence == 1 && memcmp(line->previous, nothing, sizeof(nothing)) != 0)) {
        return refuse(checker, line->sequence, TPS_SERVER_AUDIT_CHANGED, why,
                      "it does not follow the entry before");
    }
    return TPS_OK;
}

static tps_status check_hash(tps_audit_checker *checker, const tps_audit_line *line, tps_error *why)
{
    uint8_t hash[32];

    TPS_TRY(tps_audit_hash(checker->findings.tenant, line->sequence, line->time, line->previous, line->entry,
                           hash));
    if (memcmp(hash, line->hash, sizeof(hash)) != 0) {
        return refuse(checker, line->sequence, TPS_SERVER_AUDIT_CHANGED, why, "it does not have its hash");
    }
    return TPS_OK;
}

static void step(tps_audit_checker *checker, const tps_audit_line *line)
{
    tps_audit_findings *found = &checker->findings;

    found->last = line->sequence;
    found->ends_signed = false;
    memcpy(found->last_hash, line->hash, sizeof(found->last_hash));
    memcpy(checker->hashes[line->sequence % REMEMBERED], line->hash, sizeof(line->hash));
    found->clock_back += line->time < checker->last_time;
    checker->last_time = line->time;
}

tps_status tps_audit_checker_line(tps_audit_checker *checker, tps_span text, tps_error *why)
{
    tps_audit_line line;
    tps_status status = tps_audit_line_read(text, &line, why);

    if (status != TPS_OK) {
        checker->findings.at = checker->findings.last + 1;
        return status;
    }
    if (checker->findings.first == 0) {
        begin(checker, &line);
    }
    TPS_TRY(check_place(checker, &line, why));
    TPS_TRY(check_hash(checker, &line, why));
    step(checker, &line);
    TPS_TRY(compare_kept(checker, why));
    return look_at_checkpoint(checker, &line, why);
}

tps_status tps_audit_checker_finish(tps_audit_checker *checker)
{
    tps_audit_findings *found = &checker->findings;

    for (size_t i = 0; i < checker->kept_count; i++) {
        if (checker->kept[i].says.sequence > found->last) {
            found->at = found->last + 1;
            return TPS_SERVER_AUDIT_MISSING;
        }
        if (found->first != 0 && strcmp(checker->kept[i].says.tenant, found->tenant) != 0) {
            return TPS_SERVER_AUDIT_BAD_CHECKPOINT;
        }
    }
    return found->proven == 0 ? TPS_SERVER_AUDIT_UNPROVEN : TPS_OK;
}
