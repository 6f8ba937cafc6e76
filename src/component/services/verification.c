/* SPDX-License-Identifier: Apache-2.0 */
/* The verification service: goes over the keys of a role until one made the signature. */
#include "component/services/verification.h"

#include "component/core/limits.h"
#include "component/core/ownership.h"
#include "component/services/members.h"
#include "tps/cose.h"
#include "tps/secret.h"

enum { TAG_VERIFY = 10, TAG_LIST = 11, TAG_REGISTER = 12, TAG_REMOVE = 13 };
enum { KEY_KEY = 1, KEY_LABEL = 2 };                                   /* of a stored value */
enum { ENTRY_ROLE = 1, ENTRY_ID = 2, ENTRY_KEY = 3, ENTRY_LABEL = 4 }; /* of the list */
enum { TELL_RESULT = 1, TELL_LABEL = 3 };

/** Bytes of the answer to `register`, with a key id. */
#define ANSWER_ID_SIZE 48u

/** Of the component's work area. */
typedef struct {
    uint8_t value[512]; /**< one registered key */
    uint8_t scratch[TPS_VERIFICATION_SCRATCH];
} work_area;

TPS_WORK_FITS(work_area);

/** One key of a role. */
typedef struct {
    uint8_t id[TPS_SHA256_SIZE]; /**< SHA-256 of its SubjectPublicKeyInfo */
    tps_span key;                /**< encoded COSE_Key; in the identity or in the work area */
    tps_span label;              /**< text; empty for release keys */
} role_key;

/** Where we are among the keys of a role. */
typedef struct {
    const tps_request *request;
    uint32_t role;
    size_t place;
} role_walk;

/* ---- the keys of a role ---- */

static tps_status key_id_of(tps_span encoded, uint8_t id[TPS_SHA256_SIZE])
{
    tps_crypto_key *key;
    tps_status status;

    TPS_TRY(tps_cose_key_read(encoded, &key));
    status = tps_key_id_of(key, id);
    tps_crypto_key_free(key);
    return status;
}

static tps_vault_id vault_id_of(uint32_t role, tps_span id)
{
    uint8_t owner[TPS_VAULT_OWNER_SIZE] = {(uint8_t)role};

    return tps_vault_id_make(TPS_VAULT_VERIFICATION, owner, id);
}

/** What registered keys are sealed with: the owner secret alone, so that a new owner begins without them. */
static tps_status sealing(const tps_component *component, tps_vault_context *context)
{
    const uint8_t *secret;

    memset(context, 0, sizeof(*context));
    TPS_TRY(tps_component_owner_secret(component, &secret));
    memcpy(context->owner, secret, sizeof(context->owner));
    return TPS_OK;
}

static tps_status read_value(tps_span value, role_key *out)
{
    static const tps_member_rule rules[] = {
        {KEY_KEY, TPS_MEMBER_BYTES, false, 1, TPS_VERIFICATION_KEY_SIZE_MAX},
        {KEY_LABEL, TPS_MEMBER_TEXT, false, 1, TPS_VERIFICATION_LABEL_MAX}};
    tps_member found[2];

    if (tps_cbor_check(value, &tps_cbor_limits_message, NULL, NULL) != TPS_OK ||
        tps_members_read(value, rules, 2, found, NULL) != TPS_OK) {
        return TPS_COMPONENT_STORAGE_CORRUPT;
    }
    out->key = found[0].bytes;
    out->label = found[1].bytes;
    return TPS_OK;
}

static tps_status load(const role_walk *walk, tps_vault *vault, const tps_vault_id *id, role_key *out)
{
    work_area *work = tps_component_work(walk->request->component);
    tps_vault_context context;
    size_t size;
    tps_status status = sealing(walk->request->component, &context);

    if (status == TPS_OK) {
        status = tps_vault_get(vault, id, &context, TPS_BUF_OF(work->value), &size);
    }
    tps_wipe(&context, sizeof(context));
    TPS_TRY(status);
    memcpy(out->id, id->name, TPS_SHA256_SIZE);
    return read_value(tps_span_make(work->value, size), out);
}

static tps_status next_release_key(role_walk *walk, role_key *out)
{
    const tps_handover *h = tps_component_handover(walk->request->component);

    if (!h->is_made || walk->place == h->identity.release_key_count) {
        return TPS_NOT_FOUND;
    }
    out->key = h->identity.release_keys[walk->place++];
    out->label = TPS_SPAN_EMPTY;
    return key_id_of(out->key, out->id);
}

/** A bound session sees of the providers its own; of the owner's keys none, if others must not know the
 * device by them. */
static bool is_visible(const tps_request *request, uint32_t role, const uint8_t *id)
{
    const tps_binding *binding = &request->session->binding;

    if (role == TPS_ROLE_OWNER) {
        return binding->mode == TPS_MODE_NONE || binding->mode == TPS_MODE_DIRECT;
    }
    return role != TPS_ROLE_PROVIDER || binding->mode == TPS_MODE_NONE ||
           memcmp(binding->provider, id, sizeof(binding->provider)) == 0;
}

/**
 * The next key; TPS_NOT_FOUND behind the last. It lies in the work area until the next call. A value
 * that cannot be read is no key, and hides no other.
 */
static tps_status next_key(role_walk *walk, role_key *out)
{
    uint8_t owner[TPS_VAULT_OWNER_SIZE] = {(uint8_t)walk->role};
    tps_vault *vault;
    tps_vault_id id;

    if (walk->role == TPS_ROLE_RELEASE) {
        return next_release_key(walk, out);
    }
    TPS_TRY(tps_component_vault(walk->request->component, &vault));
    while (tps_vault_next(vault, TPS_VAULT_VERIFICATION, owner, &walk->place, &id)) {
        tps_status status;

        if (!is_visible(walk->request, walk->role, id.name)) {
            continue;
        }
        status = load(walk, vault, &id, out);
        if (status != TPS_COMPONENT_STORAGE_CORRUPT && status != TPS_COMPONENT_STORAGE_NEWER) {
            return status;
        }
    }
    return TPS_NOT_FOUND;
}

/* ---- verify ---- */

enum { ASK_ROLE, ASK_ALG, ASK_DIGEST, ASK_MESSAGE, ASK_SIGNATURE, ASK_ID, ASK_SIGN1, ASK_DETACHED, ASK_AAD };

static const tps_member_rule verify_rules[] = {
    [ASK_ROLE] = {1, TPS_MEMBER_UINT, false, TPS_ROLE_RELEASE, TPS_ROLE_OWNER},
    [ASK_ALG] = {2, TPS_MEMBER_INT, true, 0, 0},
    [ASK_DIGEST] = {3, TPS_MEMBER_BYTES, true, 32, TPS_HASH_SIZE_MAX},
    [ASK_MESSAGE] = {4, TPS_MEMBER_BYTES, true, 0, TPS_COMPONENT_MESSAGE_MAX},
    [ASK_SIGNATURE] = {5, TPS_MEMBER_BYTES, true, 1, TPS_EC_SIGNATURE_SIZE_MAX},
    [ASK_ID] = {6, TPS_MEMBER_BYTES, true, TPS_SHA256_SIZE, TPS_SHA256_SIZE},
    [ASK_SIGN1] = {7, TPS_MEMBER_BYTES, true, 1, TPS_COMPONENT_MESSAGE_MAX},
    [ASK_DETACHED] = {8, TPS_MEMBER_BYTES, true, 0, TPS_COMPONENT_MESSAGE_MAX},
    [ASK_AAD] = {9, TPS_MEMBER_BYTES, true, 0, TPS_COMPONENT_MESSAGE_MAX}};
enum { VERIFY_MEMBERS = sizeof(verify_rules) / sizeof(verify_rules[0]) };

/** What is to be verified. */
typedef struct {
    tps_member asked[VERIFY_MEMBERS];
    tps_cose_sign1 sign1; /**< taken apart, if there is one */
    tps_cose_terms terms;
} verify_job;

/** Either algorithm, signature and one of digest and message; or a COSE_Sign1 with what belongs to it. */
static bool is_whole(const tps_member *a)
{
    bool has_raw =
        a[ASK_ALG].is_there && a[ASK_SIGNATURE].is_there && a[ASK_DIGEST].is_there != a[ASK_MESSAGE].is_there;
    bool has_any_raw =
        a[ASK_ALG].is_there || a[ASK_SIGNATURE].is_there || a[ASK_DIGEST].is_there || a[ASK_MESSAGE].is_there;
    bool has_beside = a[ASK_DETACHED].is_there || a[ASK_AAD].is_there;

    return a[ASK_SIGN1].is_there ? !has_any_raw : has_raw && !has_beside;
}

static tps_status verify_raw(const verify_job *job, tps_crypto_key *key)
{
    const tps_member *a = job->asked;
    int32_t alg = (int32_t)a[ASK_ALG].integer;
    tps_digest digest = {.size = a[ASK_DIGEST].bytes.size};

    if (a[ASK_MESSAGE].is_there) {
        return tps_crypto_verify_message(key, alg, a[ASK_MESSAGE].bytes, a[ASK_SIGNATURE].bytes);
    }
    memcpy(digest.bytes, a[ASK_DIGEST].bytes.data, digest.size);
    return tps_crypto_verify(key, alg, &digest, a[ASK_SIGNATURE].bytes);
}

static tps_status verify_with(const verify_job *job, const role_key *candidate)
{
    bool is_sign1 = job->asked[ASK_SIGN1].is_there;
    int64_t alg = is_sign1 ? job->sign1.headers.alg : job->asked[ASK_ALG].integer;
    tps_crypto_key *key;
    tps_status status;

    if (alg < INT32_MIN || alg > INT32_MAX) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    TPS_TRY(tps_cose_key_read_for(candidate->key, (int32_t)alg, TPS_KEY_OP_VERIFY, &key));
    status = is_sign1 ? tps_cose_sign1_verify_parsed(&job->sign1, key, &job->terms) : verify_raw(job, key);
    tps_crypto_key_free(key);
    return status;
}

/** A refusal as an error of the response; 0 for a failure that says nothing about the signature. */
static uint32_t refusal(tps_status status)
{
    switch (status) {
    case TPS_NOT_FOUND: return TPS_VERIFICATION_ERROR_NO_KEY;
    case TPS_COSE_BAD_SIGNATURE:
    case TPS_CRYPTO_BAD_SIGNATURE: return TPS_VERIFICATION_ERROR_SIGNATURE;
    case TPS_COSE_ALG_REFUSED:
    case TPS_CRYPTO_ALG_REFUSED:
    case TPS_COSE_KEY_USE: return TPS_VERIFICATION_ERROR_ALGORITHM;
    case TPS_COSE_DETACHED:
    case TPS_COSE_ATTACHED: return TPS_VERIFICATION_ERROR_PAYLOAD;
    case TPS_BUFFER_TOO_SMALL: return TPS_VERIFICATION_ERROR_TOO_LARGE; /* the scratch */
    default: break;
    }
    return status >> 16 == TPS_LAYER_COSE || status >> 16 == TPS_LAYER_CBOR ? TPS_VERIFICATION_ERROR_MALFORMED
                                                                            : 0;
}

/** Of two refusals the one that came closer: a signature that was checked, before a key that does not fit. */
static tps_status closer(tps_status so_far, tps_status now)
{
    bool says_little = so_far == TPS_NOT_FOUND || refusal(so_far) == TPS_VERIFICATION_ERROR_ALGORITHM;

    return says_little ? now : so_far;
}

/** TPS_OK with the key that made the signature, or why none did. */
static tps_status find_signer(role_walk *walk, const verify_job *job, role_key *signer)
{
    const tps_member *wanted = &job->asked[ASK_ID];
    tps_status so_far = TPS_NOT_FOUND;

    for (;;) {
        tps_status status = next_key(walk, signer);

        if (status == TPS_NOT_FOUND) {
            return so_far;
        }
        TPS_TRY(status);
        if (wanted->is_there && !tps_span_equal(wanted->bytes, TPS_SPAN_OF(signer->id))) {
            continue;
        }
        status = verify_with(job, signer);
        if (status == TPS_OK || refusal(status) == 0) {
            return status;
        }
        so_far = closer(so_far, status);
    }
}

static tps_status answer_signer(tps_request *request, const role_key *signer)
{
    tps_cbor_writer w = tps_response_begin(request);

    tps_cbor_put_map(&w, signer->label.size > 0 ? 2 : 1);
    tps_cbor_pair_bytes(&w, TELL_RESULT, TPS_SPAN_OF(signer->id));
    if (signer->label.size > 0) {
        tps_cbor_pair_text_span(&w, TELL_LABEL, signer->label);
    }
    return tps_response_end(request, &w);
}

static tps_status verify(tps_request *request, tps_error *why)
{
    work_area *work = tps_component_work(request->component);
    verify_job job = {.terms = {.scratch = TPS_BUF_OF(work->scratch)}};
    role_walk walk = {.request = request};
    role_key signer;
    tps_status status = TPS_OK;

    TPS_TRY(tps_members_read(request->body, verify_rules, VERIFY_MEMBERS, job.asked, why));
    if (!is_whole(job.asked)) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0,
                        "a signature over a digest or message, or a Sign1");
    }
    walk.role = (uint32_t)job.asked[ASK_ROLE].number;
    if (job.asked[ASK_SIGN1].is_there) {
        job.terms.aad = job.asked[ASK_AAD].bytes;
        job.terms.detached = job.asked[ASK_DETACHED].bytes;
        status = tps_cose_sign1_parse(job.asked[ASK_SIGN1].bytes, &job.sign1, why);
    }
    if (status == TPS_OK) {
        status = find_signer(&walk, &job, &signer);
    }
    if (status == TPS_OK) {
        return answer_signer(request, &signer);
    }
    return refusal(status) == 0 ? status : tps_answer_error(request, refusal(status));
}

/* ---- list ---- */

static void put_entry(tps_cbor_writer *w, uint32_t role, const role_key *key)
{
    tps_cbor_put_map(w, key->label.size > 0 ? 4 : 3);
    tps_cbor_pair_uint(w, ENTRY_ROLE, role);
    tps_cbor_pair_bytes(w, ENTRY_ID, TPS_SPAN_OF(key->id));
    tps_cbor_put_uint(w, ENTRY_KEY);
    tps_cbor_put_raw(w, key->key);
    if (key->label.size > 0) {
        tps_cbor_pair_text_span(w, ENTRY_LABEL, key->label);
    }
}

/** Counts the keys of all roles, and puts them where there is a writer. */
static tps_status go_over(tps_request *request, tps_cbor_writer *writer, uint64_t *count)
{
    *count = 0;
    for (uint32_t role = TPS_ROLE_RELEASE; role <= TPS_ROLE_OWNER; role++) {
        role_walk walk = {.request = request, .role = role};
        role_key key;
        tps_status status;

        while ((status = next_key(&walk, &key)) == TPS_OK) {
            ++*count;
            if (writer != NULL) {
                put_entry(writer, role, &key);
            }
        }
        if (status != TPS_NOT_FOUND) {
            return status;
        }
    }
    return TPS_OK;
}

static tps_status list(tps_request *request, tps_error *why)
{
    tps_cbor_writer w = tps_response_begin(request);
    uint64_t count;

    TPS_TRY(tps_request_expect_empty(request, why));
    TPS_TRY(go_over(request, NULL, &count));
    tps_cbor_put_map(&w, 1);
    tps_cbor_pair_array(&w, TELL_RESULT, count);
    TPS_TRY(go_over(request, &w, &count));
    return tps_response_end(request, &w);
}

/* ---- register and remove ---- */

/** How many keys a role has, readable or not. */
static size_t count_keys(const tps_vault *vault, uint32_t role)
{
    uint8_t owner[TPS_VAULT_OWNER_SIZE] = {(uint8_t)role};
    size_t place = 0;
    size_t count = 0;
    tps_vault_id id;

    while (tps_vault_next(vault, TPS_VAULT_VERIFICATION, owner, &place, &id)) {
        count++;
    }
    return count;
}

static bool exists(const tps_vault *vault, const tps_vault_id *wanted)
{
    size_t place = 0;
    tps_vault_id id;

    while (tps_vault_next(vault, TPS_VAULT_VERIFICATION, wanted->owner, &place, &id)) {
        if (memcmp(id.name, wanted->name, TPS_SHA256_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

static tps_status store(tps_request *request, tps_vault *vault, const tps_vault_id *id, tps_span key,
                        tps_span label)
{
    work_area *work = tps_component_work(request->component);
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(work->value));
    tps_vault_context context;
    tps_span value;
    tps_status status;

    tps_cbor_put_map(&w, 2);
    tps_cbor_pair_bytes(&w, KEY_KEY, key);
    tps_cbor_pair_text_span(&w, KEY_LABEL, label);
    TPS_TRY(tps_cbor_writer_finish(&w, &value));
    status = sealing(request->component, &context);
    if (status == TPS_OK) {
        status = tps_vault_put(vault, id, &context, value, 0);
    }
    tps_wipe(&context, sizeof(context));
    return status;
}

/** TPS_OK, with an error of the response or 0. */
static tps_status judge_key(tps_span encoded, uint8_t id[TPS_SHA256_SIZE], uint32_t *error)
{
    tps_crypto_key *key;
    tps_status status = tps_cose_key_read_for(encoded, TPS_ALG_NONE, TPS_KEY_OP_VERIFY, &key);

    *error = 0;
    if (status == TPS_OK && tps_crypto_key_kind(key) == TPS_KEY_RSA) {
        status = TPS_CRYPTO_ALG_REFUSED;
    }
    if (status == TPS_OK) {
        status = tps_key_id_of(key, id);
    }
    tps_crypto_key_free(key);
    if (status == TPS_COSE_KEY_USE || status == TPS_CRYPTO_ALG_REFUSED) {
        *error = TPS_VERIFICATION_ERROR_ALGORITHM;
    } else if (status == TPS_CRYPTO_BAD_KEY || refusal(status) == TPS_VERIFICATION_ERROR_MALFORMED) {
        *error = TPS_VERIFICATION_ERROR_MALFORMED;
    }
    return *error != 0 ? TPS_OK : status;
}

static tps_status register_key(tps_request *request, tps_error *why)
{
    static const tps_member_rule rules[] = {{1, TPS_MEMBER_UINT, false, TPS_ROLE_PROVIDER, TPS_ROLE_OWNER},
                                            {2, TPS_MEMBER_ITEM, false, 1, TPS_VERIFICATION_KEY_SIZE_MAX},
                                            {3, TPS_MEMBER_TEXT, false, 1, TPS_VERIFICATION_LABEL_MAX}};
    tps_member asked[3];
    role_key registered = {.label = TPS_SPAN_EMPTY};
    tps_vault *vault;
    tps_vault_id id;
    uint32_t error;
    tps_status status;

    TPS_TRY(tps_members_read(request->body, rules, 3, asked, why));
    TPS_TRY(tps_answer_needs(request, ANSWER_ID_SIZE));
    TPS_TRY(judge_key(asked[1].bytes, registered.id, &error));
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    TPS_TRY(tps_component_vault(request->component, &vault));
    id = vault_id_of((uint32_t)asked[0].number, TPS_SPAN_OF(registered.id));
    if (exists(vault, &id)) {
        return tps_answer_error(request, TPS_VERIFICATION_ERROR_EXISTS);
    }
    if (count_keys(vault, (uint32_t)asked[0].number) >= TPS_VERIFICATION_KEYS_MAX) {
        return tps_answer_error(request, TPS_VERIFICATION_ERROR_FULL);
    }
    status = store(request, vault, &id, asked[1].bytes, asked[2].bytes);
    if (status == TPS_COMPONENT_STORAGE_FULL) {
        return tps_answer_error(request, TPS_VERIFICATION_ERROR_FULL);
    }
    TPS_TRY(status);
    return answer_signer(request, &registered);
}

static tps_status remove_key(tps_request *request, tps_error *why)
{
    static const tps_member_rule rules[] = {{1, TPS_MEMBER_UINT, false, TPS_ROLE_PROVIDER, TPS_ROLE_OWNER},
                                            {2, TPS_MEMBER_BYTES, false, TPS_SHA256_SIZE, TPS_SHA256_SIZE}};
    tps_member asked[2];
    tps_vault *vault;
    tps_vault_id id;
    tps_status status;

    TPS_TRY(tps_members_read(request->body, rules, 2, asked, why));
    TPS_TRY(tps_answer_needs(request, TPS_ANSWER_SMALL));
    TPS_TRY(tps_component_vault(request->component, &vault));
    id = vault_id_of((uint32_t)asked[0].number, asked[1].bytes);
    status = tps_vault_delete(vault, &id);
    if (status == TPS_NOT_FOUND) {
        return tps_answer_error(request, TPS_VERIFICATION_ERROR_NO_KEY);
    }
    TPS_TRY(status);
    return tps_answer_empty(request);
}

static tps_status handle(tps_request *request, tps_error *why)
{
    bool is_change = request->tag == TAG_REGISTER || request->tag == TAG_REMOVE;

    if (is_change && !tps_session_is_administrator(request->component, request->session)) {
        return TPS_COMPONENT_DENIED;
    }
    switch (request->tag) {
    case TAG_VERIFY: return verify(request, why);
    case TAG_LIST: return list(request, why);
    case TAG_REGISTER: return register_key(request, why);
    case TAG_REMOVE: return remove_key(request, why);
    default: return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
}

enum { FEATURE_ALGORITHMS = 1, FEATURE_KEYS = 2, FEATURE_SCRATCH = 3 };

static const int8_t algorithms[] = {
    TPS_ALG_ES256, TPS_ALG_ESP256,  TPS_ALG_ES384, TPS_ALG_ESP384, TPS_ALG_ES512, TPS_ALG_ESP512,
#ifndef TPS_WITHOUT_EDDSA
    TPS_ALG_EDDSA, TPS_ALG_ED25519,
#endif
};

/* {1: algorithms that the back end has, 2: keys a role, 3: bytes of a message for EdDSA} */
static void put_features(tps_cbor_writer *w)
{
    size_t count = 0;

    for (size_t i = 0; i < sizeof(algorithms); i++) {
        count += tps_crypto_supports(algorithms[i]);
    }
    tps_cbor_put_map(w, 3);
    tps_cbor_pair_array(w, FEATURE_ALGORITHMS, count);
    for (size_t i = 0; i < sizeof(algorithms); i++) {
        if (tps_crypto_supports(algorithms[i])) {
            tps_cbor_put_int(w, algorithms[i]);
        }
    }
    tps_cbor_pair_uint(w, FEATURE_KEYS, TPS_VERIFICATION_KEYS_MAX);
    tps_cbor_pair_uint(w, FEATURE_SCRATCH, TPS_VERIFICATION_SCRATCH);
}

const tps_service tps_verification_service = {
    .id = TPSC_UUID_INIT(0x51, 0xbb, 0xdb, 0xcb, 0x22, 0x64, 0x51, 0x9e, 0x8e, 0xd2, 0x07, 0x5f, 0x40, 0x24,
                         0x68, 0x73),
    .name = "opentps verification",
    .version = {0, 1, 0},
    .logins = tps_logins_named,
    .logins_count = TPS_LOGINS_NAMED_COUNT,
    .put_features = put_features,
    .work_size = sizeof(work_area),
    .takes_bindings = true,
    .handle = handle,
};
