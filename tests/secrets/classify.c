/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says to valgrind's memcheck what is secret. The linker puts the functions below in the place of those of
 * crypto.h: what comes out of a derivation, an agreement or an opened seal is marked undefined, so that
 * memcheck reports every branch and every address of our own code that depends on it. The library itself sees
 * its inputs as defined: how it treats secrets is its own matter. What it makes public (ciphertext,
 * signatures, points) is defined again.
 *
 * A response that leaves the component with an undefined byte in it carries a secret: that is reported, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <valgrind/memcheck.h>

#include "component/core/component.h"
#include "component/core/core.h"
#include "tps/crypto.h"
#include "tps/secret.h"

#define REAL_AND_WRAP(type, name, ...) \
    type __real_##name(__VA_ARGS__);   \
    type __wrap_##name(__VA_ARGS__);   \
    type __wrap_##name(__VA_ARGS__)

/* ---- bytes that are secret for now not ---- */

/** Bytes that memcheck takes for defined until settle(). */
typedef struct {
    void *bytes;
    size_t size;
    unsigned char *bits;
} lifted;

static lifted lift(const void *bytes, size_t size)
{
    lifted l = {.size = size};

    memcpy(&l.bytes, &bytes,
           sizeof(bytes)); /* the bytes stay as they are: only what memcheck knows of them changes */
    if (size == 0 || bytes == NULL) {
        l.size = 0;
        return l;
    }
    l.bits = calloc(1, size);
    if (l.bits == NULL) {
        abort();
    }
    (void)VALGRIND_GET_VBITS(bytes, l.bits, size);
    (void)VALGRIND_MAKE_MEM_DEFINED(bytes, size);
    return l;
}

static bool was_secret(const lifted *l)
{
    for (size_t i = 0; i < l->size; i++) {
        if (l->bits[i] != 0) {
            return true;
        }
    }
    return false;
}

static void settle(lifted *l)
{
    if (l->size > 0) {
        (void)VALGRIND_SET_VBITS(l->bytes, l->bits, l->size);
    }
    free(l->bits);
}

static void make_secret(void *bytes, size_t size)
{
    if (size > 0) {
        (void)VALGRIND_MAKE_MEM_UNDEFINED(bytes, size);
    }
}

static void make_public(void *bytes, size_t size)
{
    if (size > 0 && bytes != NULL) {
        (void)VALGRIND_MAKE_MEM_DEFINED(bytes, size);
    }
}

/* ---- secrets by value: a secret that was sealed is one again when it is opened ---- */

#define KNOWN_MAX 4096u
#define KNOWN_MIN 16u

static struct {
    uint8_t bytes[64];
    size_t size;
} known[KNOWN_MAX];
static size_t known_count;

static void remember(const void *bytes, size_t size)
{
    if (size < KNOWN_MIN || size > sizeof(known[0].bytes)) {
        return;
    }
    known[known_count % KNOWN_MAX].size = size;
    memcpy(known[known_count % KNOWN_MAX].bytes, bytes, size);
    make_public(known[known_count % KNOWN_MAX].bytes, size);
    known_count++;
}

/** Marks every secret that is known inside `bytes`; or, where `is_told`, knows it no more. */
static void find_known(uint8_t *bytes, size_t size, bool is_told)
{
    size_t count = known_count < KNOWN_MAX ? known_count : KNOWN_MAX;

    for (size_t k = 0; k < count; k++) {
        for (size_t at = 0; known[k].size > 0 && at + known[k].size <= size; at++) {
            if (bytes[at] != known[k].bytes[0] || memcmp(bytes + at, known[k].bytes, known[k].size) != 0) {
                continue;
            }
            if (is_told) {
                known[k].size = 0;
            } else {
                make_secret(bytes + at, known[k].size);
            }
        }
    }
}

/* ---- hashes, authentication codes, derivation ---- */

REAL_AND_WRAP(tps_status, tps_crypto_random, tps_buf out)
{
    tps_status status = __real_tps_crypto_random(out);

    if (status == TPS_OK) {
        remember(out.data, out.size);
    }
    return status;
}

REAL_AND_WRAP(tps_status, tps_crypto_hash_of, int32_t alg, tps_span bytes, tps_digest *digest)
{
    lifted in = lift(bytes.data, bytes.size);
    tps_status status = __real_tps_crypto_hash_of(alg, bytes, digest);

    if (status == TPS_OK && was_secret(&in)) {
        make_secret(digest->bytes, digest->size);
    }
    settle(&in);
    return status;
}

REAL_AND_WRAP(void, tps_crypto_hash_update, tps_crypto_hash *hash, tps_span bytes)
{
    lifted in = lift(bytes.data, bytes.size);

    __real_tps_crypto_hash_update(hash, bytes);
    settle(&in);
}

REAL_AND_WRAP(tps_status, tps_crypto_hmac_sha256, tps_span key, tps_span bytes, uint8_t mac[TPS_SHA256_SIZE])
{
    lifted k = lift(key.data, key.size);
    lifted in = lift(bytes.data, bytes.size);
    tps_status status = __real_tps_crypto_hmac_sha256(key, bytes, mac);

    settle(&in);
    settle(&k);
    return status;
}

REAL_AND_WRAP(tps_status, tps_crypto_mac_begin, tps_crypto_mac *mac, int32_t alg, tps_span key)
{
    lifted k = lift(key.data, key.size);
    tps_status status = __real_tps_crypto_mac_begin(mac, alg, key);

    settle(&k);
    return status;
}

/** What is derived to be shown: by the first bytes of HKDF's info (spec/keys.md). */
static bool is_shown(tps_span info)
{
    static const char *const labels[] = {"sueid", "opentps component instance", "opentps vault bound",
                                         "random service"};

    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        size_t size = strlen(labels[i]);

        if (info.size >= size && memcmp(info.data, labels[i], size) == 0) {
            return true;
        }
    }
    return info.size == TPS_SHA256_SIZE; /* bootseed_p: the info is P */
}

REAL_AND_WRAP(tps_status, tps_crypto_hkdf, tps_span secret, tps_span salt, tps_span info, tps_buf out)
{
    lifted key = lift(secret.data, secret.size);
    lifted with = lift(salt.data, salt.size);
    lifted label = lift(info.data, info.size);
    tps_status status = __real_tps_crypto_hkdf(secret, salt, info, out);

    if (status == TPS_OK && !is_shown(info)) {
        remember(out.data, out.size);
        make_secret(out.data, out.size);
    }
    settle(&label);
    settle(&with);
    settle(&key);
    return status;
}

/* ---- seals ---- */

static size_t lift_all(tps_crypto_aad aad, lifted parts[TPS_AAD_PARTS_MAX])
{
    size_t count = aad.count < TPS_AAD_PARTS_MAX ? aad.count : TPS_AAD_PARTS_MAX;

    for (size_t i = 0; i < count; i++) {
        parts[i] = lift(aad.parts[i].data, aad.parts[i].size);
    }
    return count;
}

REAL_AND_WRAP(tps_status, tps_crypto_aead_seal, int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad,
              tps_span plain, tps_buf out)
{
    lifted parts[TPS_AAD_PARTS_MAX];
    size_t count = lift_all(aad, parts);
    lifted k = lift(key.data, key.size);
    lifted in = lift(plain.data, plain.size);
    tps_status status = __real_tps_crypto_aead_seal(alg, key, nonce, aad, plain, out);

    settle(&in);
    make_public(out.data, out.size); /* after `plain`, which may lie in the same place */
    settle(&k);
    while (count > 0) {
        settle(&parts[--count]);
    }
    return status;
}

REAL_AND_WRAP(tps_status, tps_crypto_aead_open, int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad,
              tps_span sealed, tps_buf out)
{
    lifted parts[TPS_AAD_PARTS_MAX];
    size_t count = lift_all(aad, parts);
    lifted k = lift(key.data, key.size);
    tps_status status = __real_tps_crypto_aead_open(alg, key, nonce, aad, sealed, out);

    if (status == TPS_OK) {
        find_known(out.data, out.size, false);
    }
    settle(&k);
    while (count > 0) {
        settle(&parts[--count]);
    }
    return status;
}

REAL_AND_WRAP(tps_status, tps_crypto_wrap, int32_t alg, tps_span kek, tps_span plain, tps_buf out)
{
    lifted k = lift(kek.data, kek.size);
    lifted in = lift(plain.data, plain.size);
    tps_status status = __real_tps_crypto_wrap(alg, kek, plain, out);

    settle(&in);
    make_public(out.data, out.size);
    settle(&k);
    return status;
}

REAL_AND_WRAP(tps_status, tps_crypto_unwrap, int32_t alg, tps_span kek, tps_span wrapped, tps_buf out)
{
    lifted k = lift(kek.data, kek.size);
    tps_status status = __real_tps_crypto_unwrap(alg, kek, wrapped, out);

    if (status == TPS_OK) {
        remember(out.data, out.size);
        make_secret(out.data, out.size);
    }
    settle(&k);
    return status;
}

/* ---- keys ---- */

REAL_AND_WRAP(tps_status, tps_crypto_key_derive_p256, const uint8_t seed[48], tps_crypto_key **key)
{
    lifted in = lift(seed, 48);
    tps_status status = __real_tps_crypto_key_derive_p256(seed, key);

    settle(&in);
    return status;
}

REAL_AND_WRAP(tps_status, tps_crypto_key_from_scalar, int32_t curve, tps_span scalar, tps_crypto_key **key)
{
    lifted in = lift(scalar.data, scalar.size);
    tps_status status = __real_tps_crypto_key_from_scalar(curve, scalar, key);

    settle(&in);
    return status;
}

REAL_AND_WRAP(tps_status, tps_crypto_ecdh, const tps_crypto_key *own, const tps_crypto_key *peer,
              tps_buf secret)
{
    tps_status status = __real_tps_crypto_ecdh(own, peer, secret);

    if (status == TPS_OK) {
        remember(secret.data, secret.size);
        make_secret(secret.data, secret.size);
    }
    return status;
}

/* ---- where a secret may become known ---- */

/** Whether two secrets are equal is said aloud; how they differ is not. */
REAL_AND_WRAP(bool, tps_equal_secret, const void *a, const void *b, size_t size)
{
    bool is_equal = __real_tps_equal_secret(a, b, size);

    make_public(&is_equal, sizeof(is_equal));
    return is_equal;
}

/** A new counter's id is random and is told to whoever made it: no secret from then on. */
static bool tells_an_id(tps_component *component, uint32_t connection, uint32_t session, tps_span message)
{
    const tps_session *found = tps_component_find_session(component, connection, session);

    return found != NULL && strcmp(found->service->name, "opentps counters") == 0 && message.size > 0 &&
           message.data[0] == 0xca;
}

REAL_AND_WRAP(tps_status, tps_component_execute, tps_component *component, uint32_t connection,
              uint32_t session, tps_span message, tps_buf response, size_t *size, tps_error *why)
{
    tps_status status =
        __real_tps_component_execute(component, connection, session, message, response, size, why);

    if (status == TPS_OK && response.data != NULL && *size <= response.size) {
        lifted out = lift(response.data, *size);

        if (was_secret(&out)) {
            (void)fprintf(stderr, "SECRET IN A RESPONSE: %zu bytes, message tag byte %02x\n", *size,
                          message.size > 0 ? message.data[0] : 0);
        }
        free(out.bits); /* and they stay defined: what was said is known */
        if (tells_an_id(component, connection, session, message)) {
            find_known(response.data, *size, true);
        }
    }
    return status;
}
