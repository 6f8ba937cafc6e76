/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the vault and what is sealed with them. Every key is derived for one use: of a bank's headers from
 * the bank's random salt, each header under its own offset as the nonce; of a value from the value's random
 * salt, used once. */
#include "component/boot/keys.h"
#include "component/vault/internal.h"
#include "tps/crypto.h"
#include "tps/secret.h"

#define LABEL_HEADER "opentps vault header"
#define LABEL_VALUE  "opentps vault value"
#define LABEL_BOUND  "opentps vault bound"

enum { NONCE_SIZE = 12, KEY_SIZE = 32, AT_VERSION = 5, AT_SALT = 8, MATERIAL_MAX = 3 * TPS_KEYS_SIZE };

static tps_status derive_s(const tps_vault *vault, uint32_t v, uint8_t s[TPS_KEYS_SIZE])
{
    return tps_keys_s(vault->handover->sv, vault->handover->security_counter, v, s);
}

/** The key of the headers under this clear part, from memory if it is the last one used. */
static tps_status header_key(tps_vault *vault, const uint8_t clear[TPS_VAULT_CLEAR_SIZE])
{
    tps_vault_header_key *k = &vault->header_key;
    uint8_t s[TPS_KEYS_SIZE];
    tps_status status;

    if (k->is_there && k->v == clear[AT_VERSION] && memcmp(k->salt, clear + AT_SALT, sizeof(k->salt)) == 0) {
        return TPS_OK;
    }
    k->is_there = false;
    status = derive_s(vault, clear[AT_VERSION], s);
    if (status == TPS_OK) {
        status = tps_crypto_hkdf(TPS_SPAN_OF(s), tps_span_make(clear + AT_SALT, TPS_VAULT_SALT_SIZE),
                                 TPS_SPAN_LITERAL(LABEL_HEADER), TPS_BUF_OF(k->key));
    }
    if (status == TPS_OK) {
        k->is_there = true;
        k->v = clear[AT_VERSION];
        memcpy(k->salt, clear + AT_SALT, sizeof(k->salt));
    }
    tps_wipe(s, sizeof(s));
    return status;
}

static void offset_nonce(uint32_t offset, uint8_t nonce[NONCE_SIZE])
{
    memset(nonce, 0, NONCE_SIZE);
    for (unsigned i = 0; i < 4; i++) {
        nonce[i] = (uint8_t)(offset >> (8 * i));
    }
}

tps_status tps_vault_seal_header(tps_vault *vault, uint32_t offset, uint8_t header[TPS_VAULT_HEADER_SIZE])
{
    tps_span aad = tps_span_make(header, TPS_VAULT_CLEAR_SIZE);
    uint8_t *sealed = header + TPS_VAULT_CLEAR_SIZE;
    uint8_t nonce[NONCE_SIZE];

    TPS_TRY(header_key(vault, header));
    offset_nonce(offset, nonce);
    return tps_crypto_aead_seal(TPS_ALG_A256GCM, TPS_SPAN_OF(vault->header_key.key), TPS_SPAN_OF(nonce),
                                (tps_crypto_aad){&aad, 1}, tps_span_make(sealed, TPS_VAULT_SEALED_SIZE),
                                (tps_buf){sealed, TPS_VAULT_SEALED_SIZE + TPS_VAULT_TAG_SIZE});
}

tps_status tps_vault_open_header(tps_vault *vault, uint32_t offset, uint8_t header[TPS_VAULT_HEADER_SIZE])
{
    tps_span aad = tps_span_make(header, TPS_VAULT_CLEAR_SIZE);
    uint8_t *sealed = header + TPS_VAULT_CLEAR_SIZE;
    uint8_t nonce[NONCE_SIZE];
    tps_status status;

    if (header[AT_VERSION] > vault->handover->security_counter) {
        return TPS_COMPONENT_STORAGE_NEWER;
    }
    TPS_TRY(header_key(vault, header));
    offset_nonce(offset, nonce);
    status = tps_crypto_aead_open(TPS_ALG_A256GCM, TPS_SPAN_OF(vault->header_key.key), TPS_SPAN_OF(nonce),
                                  (tps_crypto_aad){&aad, 1},
                                  tps_span_make(sealed, TPS_VAULT_SEALED_SIZE + TPS_VAULT_TAG_SIZE),
                                  (tps_buf){sealed, TPS_VAULT_SEALED_SIZE});
    return status == TPS_CRYPTO_BAD_TAG ? TPS_COMPONENT_STORAGE_CORRUPT : status;
}

/** S(v), then CDI_A if it is bound, then the context key if it has one; which of them, the flags in `info`
 * say. */
static tps_status value_key(const tps_vault *vault, const tps_vault_record *record,
                            const tps_vault_context *context, uint8_t key[KEY_SIZE])
{
    uint8_t flags = record->flags & (TPS_VAULT_FLAG_BOUND | TPS_VAULT_FLAG_CONTEXT);
    uint8_t info[sizeof(LABEL_VALUE)] = LABEL_VALUE; /* the flags take the place of the final zero */
    uint8_t material[MATERIAL_MAX];
    size_t size = TPS_KEYS_SIZE;
    tps_status status = derive_s(vault, record->value_v, material);

    info[sizeof(info) - 1] = flags;
    if ((flags & TPS_VAULT_FLAG_BOUND) != 0) {
        memcpy(material + size, vault->handover->cdi_attest, TPS_KEYS_SIZE);
        size += TPS_KEYS_SIZE;
    }
    if (status == TPS_OK && (flags & TPS_VAULT_FLAG_CONTEXT) != 0) {
        status = tps_keys_context(material, context->provider, context->owner, material + size);
        size += TPS_KEYS_SIZE;
    }
    if (status == TPS_OK) {
        status = tps_crypto_hkdf(tps_span_make(material, size), TPS_SPAN_OF(record->value_salt),
                                 TPS_SPAN_OF(info), (tps_buf){key, KEY_SIZE});
    }
    tps_wipe(material, sizeof(material));
    return status;
}

typedef tps_status (*aead)(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad, tps_span in,
                           tps_buf out);

static tps_status run(aead operation, const tps_vault *vault, const tps_vault_record *record,
                      const tps_vault_context *context, tps_span in, tps_buf out)
{
    static const uint8_t nonce[NONCE_SIZE] = {0}; /* the key is used once */
    tps_span aad[] = {{&record->id.space, 1},
                      {&record->id.name_size, 1},
                      TPS_SPAN_OF(record->id.owner),
                      TPS_SPAN_OF(record->id.name)};
    uint8_t key[KEY_SIZE];
    tps_status status = value_key(vault, record, context, key);

    if (status == TPS_OK) {
        status = operation(TPS_ALG_A256GCM, TPS_SPAN_OF(key), TPS_SPAN_OF(nonce),
                           (tps_crypto_aad){aad, sizeof(aad) / sizeof(aad[0])}, in, out);
    }
    tps_wipe(key, sizeof(key));
    return status;
}

tps_status tps_vault_seal_value(const tps_vault *vault, const tps_vault_record *record,
                                const tps_vault_context *context, tps_span value, tps_buf out)
{
    return run(tps_crypto_aead_seal, vault, record, context, value, out);
}

tps_status tps_vault_open_value(const tps_vault *vault, const tps_vault_record *record,
                                const tps_vault_context *context, tps_span sealed, tps_buf out)
{
    return run(tps_crypto_aead_open, vault, record, context, sealed, out);
}

tps_status tps_vault_bound_mark(const tps_vault *vault, uint32_t *mark)
{
    uint8_t bytes[4];

    TPS_TRY(tps_crypto_hkdf(TPS_SPAN_OF(vault->handover->cdi_attest), TPS_SPAN_EMPTY,
                            TPS_SPAN_LITERAL(LABEL_BOUND), TPS_BUF_OF(bytes)));
    *mark =
        (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return TPS_OK;
}
