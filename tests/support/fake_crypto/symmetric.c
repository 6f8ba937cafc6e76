/* SPDX-License-Identifier: Apache-2.0 */
/* INSECURE: hashes, authentication codes, derivation, encryption and key wrap without cryptography. */
#include "crypto/algorithms.h"
#include "support/fake_crypto/mix.h"
#include "tps/secret.h"

enum { LIVE = 0x11fe, FAILED = 0xfa11 };

/* A state: what it is, the numbers mixed so far, the size that comes of it. */
static bool is_live(const uint64_t *state)
{
    return state[0] == LIVE || state[0] == FAILED;
}

static void begin(uint64_t *state, insecure_mix mix, size_t size)
{
    state[0] = LIVE;
    state[1] = mix.number;
    state[2] = size;
}

static void update(uint64_t *state, tps_span bytes)
{
    insecure_mix mix = {state[1]};

    if (state[0] != LIVE) {
        return;
    }
    if (insecure_fake_fails()) {
        state[0] = FAILED;
        return;
    }
    insecure_mix_stream(&mix, bytes);
    state[1] = mix.number;
}

static tps_status finish(uint64_t *state, tps_digest *out)
{
    bool is_good = state[0] == LIVE && !insecure_fake_fails();

    *out = (tps_digest){.size = is_good ? (size_t)state[2] : 0};
    insecure_mix_out((insecure_mix){state[1]}, (tps_buf){out->bytes, out->size});
    state[0] = 0;
    return is_good ? TPS_OK : TPS_CRYPTO_FAILED;
}

/* ---- hashes ---- */

tps_status tps_crypto_hash_begin(tps_crypto_hash *hash, int32_t alg)
{
    hash->state[0] = 0;
    if (crypto_hash_size(alg) == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (insecure_fake_fails()) {
        return TPS_CRYPTO_FAILED;
    }
    begin(hash->state, insecure_mix_begin("hash"), crypto_hash_size(alg));
    insecure_live.hashes++;
    return TPS_OK;
}

void tps_crypto_hash_update(tps_crypto_hash *hash, tps_span bytes)
{
    update(hash->state, bytes);
}

tps_status tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest)
{
    insecure_live.hashes -= is_live(hash->state);
    return finish(hash->state, digest);
}

void tps_crypto_hash_abort(tps_crypto_hash *hash)
{
    insecure_live.hashes -= is_live(hash->state);
    hash->state[0] = 0;
}

tps_status tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest)
{
    tps_crypto_hash hash;

    TPS_TRY(tps_crypto_hash_begin(&hash, alg));
    tps_crypto_hash_update(&hash, bytes);
    return tps_crypto_hash_finish(&hash, digest);
}

tps_status tps_crypto_uuid5(const uint8_t space[16], tps_span name, uint8_t uuid[16])
{
    insecure_mix mix = insecure_mix_begin("uuid");

    if (insecure_fake_fails()) {
        return TPS_CRYPTO_FAILED;
    }
    insecure_mix_add(&mix, tps_span_make(space, 16));
    insecure_mix_add(&mix, name);
    insecure_mix_out(mix, (tps_buf){uuid, 16});
    uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x50);
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
    return TPS_OK;
}

/* ---- random, authentication codes, derivation ---- */

static uint64_t drawn;

void insecure_fake_begin_random(void)
{
    drawn = 0;
}

tps_status tps_crypto_random(tps_buf out)
{
    insecure_mix mix = insecure_mix_begin("random");

    if (insecure_fake_fails()) {
        tps_wipe(out.data, out.size);
        return TPS_CRYPTO_NO_ENTROPY;
    }
    drawn++;
    insecure_mix_add(&mix, TPS_SPAN_OF(&drawn));
    insecure_mix_out(mix, out);
    return TPS_OK;
}

static insecure_mix keyed(tps_span key)
{
    insecure_mix mix = insecure_mix_begin("hmac");

    insecure_mix_add(&mix, key);
    return mix;
}

tps_status tps_crypto_mac_begin(tps_crypto_mac *mac, int32_t alg, tps_span key)
{
    mac->state[0] = 0;
    if (tps_crypto_alg_mac_size(alg) == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (key.size == 0) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (insecure_fake_fails()) {
        return TPS_CRYPTO_FAILED;
    }
    begin(mac->state, keyed(key), tps_crypto_alg_mac_size(alg));
    insecure_live.macs++;
    return TPS_OK;
}

void tps_crypto_mac_update(tps_crypto_mac *mac, tps_span bytes)
{
    update(mac->state, bytes);
}

tps_status tps_crypto_mac_finish(tps_crypto_mac *mac, tps_digest *tag)
{
    insecure_live.macs -= is_live(mac->state);
    return finish(mac->state, tag);
}

void tps_crypto_mac_abort(tps_crypto_mac *mac)
{
    insecure_live.macs -= is_live(mac->state);
    mac->state[0] = 0;
}

tps_status tps_crypto_hmac_sha256(tps_span key, tps_span bytes, uint8_t mac[TPS_SHA256_SIZE])
{
    insecure_mix mix = keyed(key);

    if (insecure_fake_fails()) {
        tps_wipe(mac, TPS_SHA256_SIZE);
        return TPS_CRYPTO_FAILED;
    }
    insecure_mix_stream(&mix, bytes);
    insecure_mix_out(mix, (tps_buf){mac, TPS_SHA256_SIZE});
    return TPS_OK;
}

tps_status tps_crypto_hkdf(tps_span secret, tps_span salt, tps_span info, tps_buf out)
{
    insecure_mix mix = insecure_mix_begin("hkdf");

    tps_status status = crypto_check_hkdf(secret, out.size);

    if (status == TPS_OK && insecure_fake_fails()) {
        status = TPS_CRYPTO_FAILED;
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
        return status;
    }
    insecure_mix_add(&mix, secret);
    insecure_mix_add(&mix, salt);
    insecure_mix_add(&mix, info);
    insecure_mix_out(mix, out);
    return TPS_OK;
}

/* ---- authenticated encryption ---- */

static void crypt(insecure_mix mix, tps_span in, uint8_t *out)
{
    uint8_t stream[64];

    for (size_t at = 0; at < in.size; at++) {
        if (at % sizeof stream == 0) {
            insecure_mix_stream(&mix, TPS_SPAN_LITERAL("+"));
            insecure_mix_out(mix, TPS_BUF_OF(stream));
        }
        out[at] = in.data[at] ^ stream[at % sizeof stream];
    }
}

static void tag_of(insecure_mix mix, tps_crypto_aad aad, tps_span sealed, tps_buf tag)
{
    for (size_t i = 0; i < aad.count; i++) {
        insecure_mix_stream(&mix, aad.parts[i]);
    }
    insecure_mix_add(&mix, TPS_SPAN_EMPTY);
    insecure_mix_add(&mix, sealed);
    insecure_mix_out(mix, tag);
}

static insecure_mix aead_mix(int32_t alg, tps_span key, tps_span nonce)
{
    insecure_mix mix = insecure_mix_begin("aead");
    const uint8_t name = (uint8_t)alg;

    insecure_mix_add(&mix, tps_span_make(&name, 1));
    insecure_mix_add(&mix, key);
    insecure_mix_add(&mix, nonce);
    return mix;
}

tps_status tps_crypto_aead_seal(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad, tps_span plain,
                                tps_buf out)
{
    tps_status status = crypto_check_aead(alg, key, nonce, aad, plain.size, out.size);
    insecure_mix mix = aead_mix(alg, key, nonce);

    if (status == TPS_OK && insecure_fake_fails()) {
        status = TPS_CRYPTO_FAILED;
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
        return status;
    }
    crypt(mix, plain, out.data);
    tag_of(mix, aad, tps_span_make(out.data, plain.size),
           (tps_buf){out.data + plain.size, tps_crypto_aead_tag_size(alg)});
    return TPS_OK;
}

tps_status tps_crypto_aead_open(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad,
                                tps_span sealed, tps_buf out)
{
    tps_status status = crypto_check_open(alg, key, nonce, aad, sealed.size, out.size);
    insecure_mix mix = aead_mix(alg, key, nonce);
    tps_span body = tps_span_make(sealed.data, out.size);
    uint8_t tag[16];

    if (status == TPS_OK && insecure_fake_fails()) {
        status = TPS_CRYPTO_FAILED;
    }
    if (status == TPS_OK) {
        tag_of(mix, aad, body, (tps_buf){tag, tps_crypto_aead_tag_size(alg)});
        if (memcmp(tag, sealed.data + out.size, tps_crypto_aead_tag_size(alg)) != 0) {
            status = TPS_CRYPTO_BAD_TAG;
        }
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
        return status;
    }
    crypt(mix, body, out.data);
    return TPS_OK;
}

/* ---- key wrap: eight bytes of tag, then the key ---- */

static insecure_mix wrap_mix(tps_span kek)
{
    insecure_mix mix = insecure_mix_begin("wrap");

    insecure_mix_add(&mix, kek);
    return mix;
}

tps_status tps_crypto_wrap(int32_t alg, tps_span kek, tps_span plain, tps_buf out)
{
    tps_status status = crypto_check_wrap(alg, kek, plain.size, out.size);

    if (status == TPS_OK && insecure_fake_fails()) {
        status = TPS_CRYPTO_FAILED;
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
        return status;
    }
    crypt(wrap_mix(kek), plain, out.data + 8);
    tag_of(wrap_mix(kek), (tps_crypto_aad){NULL, 0}, plain, (tps_buf){out.data, 8});
    return TPS_OK;
}

tps_status tps_crypto_unwrap(int32_t alg, tps_span kek, tps_span wrapped, tps_buf out)
{
    tps_status status = crypto_check_wrap(alg, kek, out.size, wrapped.size);
    uint8_t tag[8];

    if (status == TPS_OK && insecure_fake_fails()) {
        status = TPS_CRYPTO_FAILED;
    }
    if (status == TPS_OK) {
        crypt(wrap_mix(kek), tps_span_make(wrapped.data + 8, out.size), out.data);
        tag_of(wrap_mix(kek), (tps_crypto_aad){NULL, 0}, tps_span_make(out.data, out.size), TPS_BUF_OF(tag));
        status = memcmp(tag, wrapped.data, sizeof tag) == 0 ? TPS_OK : TPS_CRYPTO_BAD_TAG;
    }
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
    }
    return status;
}
