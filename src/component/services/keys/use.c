/* SPDX-License-Identifier: Apache-2.0 */
/* The key store's operations, and the counting of uses. */
#include "component/services/keys/use.h"

#include "tps/secret.h"

#define TAG_SIZE 16u

/* ---- counting ---- */

static bool is_block_of(const tps_key_block *block, const uint8_t owner[TPS_LOGIN_OWNER_SIZE], tps_span name)
{
    return block->name_size != 0 && memcmp(block->owner, owner, TPS_LOGIN_OWNER_SIZE) == 0 &&
           tps_span_equal(tps_span_make(block->name, block->name_size), name);
}

static tps_key_block *find_block(tps_key_store_state *state, const uint8_t owner[TPS_LOGIN_OWNER_SIZE],
                                 tps_span name)
{
    for (size_t i = 0; i < TPS_KEY_BLOCKS; i++) {
        if (is_block_of(&state->blocks[i], owner, name)) {
            return &state->blocks[i];
        }
    }
    return NULL;
}

void tps_key_use_forget(tps_key_store_state *state, const uint8_t owner[TPS_LOGIN_OWNER_SIZE], tps_span name)
{
    tps_key_block *block = find_block(state, owner, name);

    if (block != NULL) {
        memset(block, 0, sizeof(*block));
    }
    tps_key_use_close_signer(state);
}

/** Remembers that `left` encryptions are counted already; the oldest of the others is given up. */
static void remember_block(tps_key_store_state *state, const tps_key_entry *entry, uint32_t left)
{
    tps_key_block *block = find_block(state, entry->owner, tps_key_entry_name(entry));

    if (block == NULL) {
        block = &state->blocks[state->next_block];
        state->next_block = (state->next_block + 1) % TPS_KEY_BLOCKS;
    }
    memcpy(block->owner, entry->owner, sizeof(block->owner));
    memcpy(block->name, entry->name, sizeof(block->name));
    block->name_size = entry->name_size;
    block->left = left;
}

/** Counts `count` uses in one change. */
static tps_status add_uses(tps_key_call *call, uint32_t count)
{
    tps_key_entry *entry = &call->work->entry;

    entry->uses += count;
    return tps_key_refuse_for(call, tps_key_put(&call->asker, entry));
}

/** One encryption under a stored key without a limit: every so often a block is counted ahead. */
static tps_status count_in_blocks(tps_key_call *call)
{
    const tps_key_entry *entry = &call->work->entry;
    tps_key_block *block = find_block(call->state, entry->owner, tps_key_entry_name(entry));

    if (block != NULL && block->left > 0) {
        block->left--;
        return TPS_OK;
    }
    if (entry->uses >= TPS_KEY_ENCRYPTIONS_MAX) {
        return tps_key_refuse(call, TPS_KEY_ERROR_USED_UP);
    }
    TPS_TRY(add_uses(call, TPS_KEY_ENCRYPTIONS_BLOCK));
    remember_block(call->state, entry, TPS_KEY_ENCRYPTIONS_BLOCK - 1u);
    return TPS_OK;
}

tps_status tps_key_use_count(tps_key_call *call, uint32_t op)
{
    const tps_key_entry *entry = &call->work->entry;
    uint64_t most = entry->limit != 0 ? entry->limit : TPS_KEY_ENCRYPTIONS_MAX;

    if (entry->limit == 0 && op != TPS_KEY_OP_ENCRYPT) {
        return TPS_OK;
    }
    if (entry->limit == 0 && entry->lifetime == TPS_KEY_PERSISTENT) {
        return count_in_blocks(call);
    }
    return entry->uses < most ? add_uses(call, 1) : tps_key_refuse(call, TPS_KEY_ERROR_USED_UP);
}

tps_status tps_key_use_find(tps_key_call *call, tps_span name, uint32_t op)
{
    tps_key_entry *entry = &call->work->entry;

    TPS_TRY(tps_key_refuse_for(call, tps_key_find(&call->asker, name, entry)));
    return (entry->usages & TPS_KEY_USE(op)) != 0 ? TPS_OK : tps_key_refuse(call, TPS_KEY_ERROR_USE);
}

/** The steps before every use: size of the data, room for the answer, count. */
static tps_status begin_use(tps_key_call *call, uint32_t op, size_t answer, tps_buf *room)
{
    size_t most = TPS_KEY_DATA_MAX + (op == TPS_KEY_OP_DECRYPT ? TAG_SIZE : 0);

    if (call->asked.data.size > most) {
        return tps_key_refuse(call, TPS_KEY_ERROR_DATA);
    }
    TPS_TRY(tps_key_need_room_for_bytes(call, answer, room));
    return tps_key_use_count(call, op);
}

/* ---- signatures ---- */

void tps_key_use_close_signer(tps_key_store_state *state)
{
    tps_crypto_key_free(state->signer.key);
    tps_wipe(&state->signer, sizeof(state->signer));
}

static bool is_signer_of(const tps_key_signer *signer, const tps_key_entry *entry)
{
    return signer->key != NULL && signer->kind == entry->kind && signer->secret_size == entry->secret_size &&
           tps_equal_secret(signer->secret, entry->secret, entry->secret_size);
}

/** The key of the entry that was found, open. What may be done with it was asked before, of the entry itself.
 */
static tps_status open_signer(tps_key_call *call)
{
    const tps_key_entry *entry = &call->work->entry;
    tps_key_signer *signer = &call->state->signer;

    if (is_signer_of(signer, entry)) {
        return TPS_OK;
    }
    tps_key_use_close_signer(call->state);
    TPS_TRY(tps_key_entry_private(entry, &signer->key));
    signer->kind = entry->kind;
    signer->secret_size = entry->secret_size;
    memcpy(signer->secret, entry->secret, entry->secret_size);
    return TPS_OK;
}

static tps_status sign_digest(tps_key_call *call, const tps_key_kind *kind, tps_crypto_key *key,
                              tps_buf signature, size_t *size)
{
    int32_t hash = tps_crypto_alg_hash(kind->alg);
    tps_digest digest;

    if (tps_key_has(call, TPS_KEY_DATA)) {
        TPS_TRY(tps_crypto_hash_of(hash, call->asked.data, &digest));
    } else {
        digest.size = call->asked.digest.size;
        memcpy(digest.bytes, call->asked.digest.data, digest.size);
    }
    return tps_crypto_sign(key, kind->alg, &digest, signature, size);
}

static tps_status sign_any(tps_key_call *call, const tps_key_kind *kind, tps_crypto_key *key,
                           tps_buf signature, size_t *size)
{
#ifndef TPS_WITHOUT_EDDSA
    if (kind->curve == TPS_CURVE_ED25519) {
        return tps_crypto_sign_message(key, kind->alg, call->asked.data, signature, size);
    }
#endif
    return sign_digest(call, kind, key, signature, size);
}

/** A message, or, where the algorithm signs digests, one of its size; not both. */
static bool is_signable(const tps_key_call *call, const tps_key_kind *kind)
{
    bool has_digest = tps_key_has(call, TPS_KEY_DIGEST);
    size_t size = kind->curve == TPS_CURVE_ED25519 ? 0 : tps_crypto_curve_size(kind->curve);

    return has_digest != tps_key_has(call, TPS_KEY_DATA) &&
           (!has_digest || (size != 0 && call->asked.digest.size == size));
}

tps_status tps_key_sign(tps_key_call *call)
{
    const tps_key_kind *kind;
    tps_buf signature;
    size_t size = 0;

    TPS_TRY(tps_key_use_find(call, call->asked.name, TPS_KEY_OP_SIGN));
    kind = tps_key_kind_find(call->work->entry.kind);
    if (!is_signable(call, kind)) {
        return tps_key_refuse(call, TPS_KEY_ERROR_DATA);
    }
    TPS_TRY(begin_use(call, TPS_KEY_OP_SIGN, tps_crypto_alg_signature_size(kind->alg), &signature));
    TPS_TRY(open_signer(call));
    TPS_TRY(sign_any(call, kind, call->state->signer.key, signature, &size));
    return tps_key_answer_bytes(call, tps_span_make(signature.data, size), TPS_SPAN_EMPTY);
}

/* ---- authentication codes ---- */

/** The code of the data. Secret until it is known to be wanted: wipe it. */
static tps_status make_mac(tps_key_call *call, tps_digest *tag)
{
    const tps_key_entry *entry = &call->work->entry;
    tps_crypto_mac mac;

    TPS_TRY(tps_crypto_mac_begin(&mac, tps_key_kind_find(entry->kind)->alg, tps_key_entry_secret(entry)));
    tps_crypto_mac_update(&mac, call->asked.data);
    return tps_crypto_mac_finish(&mac, tag);
}

static tps_status begin_mac(tps_key_call *call, uint32_t op)
{
    tps_buf room;
    size_t answer = 0;

    TPS_TRY(tps_key_use_find(call, call->asked.name, op));
    if (op == TPS_KEY_OP_MAC_CREATE) {
        answer = tps_crypto_alg_mac_size(tps_key_kind_find(call->work->entry.kind)->alg);
    }
    return begin_use(call, op, answer, &room);
}

tps_status tps_key_mac(tps_key_call *call)
{
    tps_digest tag;

    TPS_TRY(begin_mac(call, TPS_KEY_OP_MAC_CREATE));
    TPS_TRY(make_mac(call, &tag));
    return tps_key_answer_bytes(call, tps_span_make(tag.bytes, tag.size), TPS_SPAN_EMPTY);
}

tps_status tps_key_verify_mac(tps_key_call *call)
{
    tps_digest tag;
    bool is_right;

    TPS_TRY(begin_mac(call, TPS_KEY_OP_MAC_VERIFY));
    TPS_TRY(make_mac(call, &tag));
    is_right =
        call->asked.mac.size == tag.size && tps_equal_secret(call->asked.mac.data, tag.bytes, tag.size);
    tps_wipe(&tag, sizeof(tag));
    return tps_key_answer_bool(call, is_right);
}

/* ---- encryption ---- */

tps_status tps_key_encrypt(tps_key_call *call)
{
    const tps_platform *p = call->request->platform;
    const tps_key_entry *entry = &call->work->entry;
    uint8_t nonce[TPS_KEY_NONCE_SIZE];
    tps_buf sealed;

    TPS_TRY(tps_key_use_find(call, call->asked.name, TPS_KEY_OP_ENCRYPT));
    TPS_TRY(begin_use(call, TPS_KEY_OP_ENCRYPT, call->asked.data.size + TAG_SIZE, &sealed));
    TPS_TRY(p->entropy(p->context, TPS_BUF_OF(nonce)));
    TPS_TRY(tps_crypto_aead_seal(tps_key_kind_find(entry->kind)->alg, tps_key_entry_secret(entry),
                                 TPS_SPAN_OF(nonce), (tps_crypto_aad){&call->asked.aad, 1}, call->asked.data,
                                 sealed));
    return tps_key_answer_bytes(call, tps_span_make(sealed.data, sealed.size), TPS_SPAN_OF(nonce));
}

tps_status tps_key_decrypt(tps_key_call *call)
{
    const tps_key_entry *entry = &call->work->entry;
    tps_buf plain;
    tps_status status;

    TPS_TRY(tps_key_use_find(call, call->asked.name, TPS_KEY_OP_DECRYPT));
    if (call->asked.data.size < TAG_SIZE || call->asked.nonce.size != TPS_KEY_NONCE_SIZE) {
        return tps_key_refuse(call, TPS_KEY_ERROR_DATA);
    }
    TPS_TRY(begin_use(call, TPS_KEY_OP_DECRYPT, call->asked.data.size - TAG_SIZE, &plain));
    status = tps_crypto_aead_open(tps_key_kind_find(entry->kind)->alg, tps_key_entry_secret(entry),
                                  call->asked.nonce, (tps_crypto_aad){&call->asked.aad, 1}, call->asked.data,
                                  plain);
    if (status == TPS_CRYPTO_BAD_TAG) {
        return tps_key_refuse(call, TPS_KEY_ERROR_REFUSED);
    }
    TPS_TRY(status);
    return tps_key_answer_bytes(call, tps_span_make(plain.data, plain.size), TPS_SPAN_EMPTY);
}
