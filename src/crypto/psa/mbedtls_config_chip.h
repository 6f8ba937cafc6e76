/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mbedTLS 3.6 as small as a secure microcontroller needs it: PSA Crypto with P-256, SHA-256, AES-GCM and key
 * wrap, without big numbers, without parsers and without a heap. P-256 is p256-m's, which comes with mbedTLS:
 * no branch and no address depends on a secret, and on cores with UMAAL (Cortex-M33) no time. AES reads
 * tables by secret bytes: that takes the same time from flash and RAM without a data cache, and may not
 * through one. SHA-1 serves names (tps_crypto_uuid5()) only. What is not here is refused by name:
 * tps_crypto_supports().
 *
 * It is the configuration (MBEDTLS_CONFIG_FILE) and, read a second time, the list of what is wanted
 * (MBEDTLS_PSA_CRYPTO_CONFIG_FILE), too. crypto/psa/start.h is what the firmware gives.
 */
#ifndef TPS_CRYPTO_PSA_MBEDTLS_CONFIG_CHIP_H
#define TPS_CRYPTO_PSA_MBEDTLS_CONFIG_CHIP_H

#include "crypto/psa/start.h"

#if MBEDTLS_VERSION_NUMBER < 0x03060300
#error "mbedTLS has static slots for keys since 3.6.3"
#endif

/* PSA Crypto for one caller, whose buffers need not be copied. */
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG

/* Keys lie in slots of fixed size: the largest is a public point (65 bytes), or a key of HMAC, which is
 * hashed before if it is longer than a block (64). */
#define MBEDTLS_PSA_STATIC_KEY_SLOTS
#define MBEDTLS_PSA_STATIC_KEY_SLOT_BUFFER_SIZE 68
#ifndef MBEDTLS_PSA_KEY_SLOT_COUNT
#define MBEDTLS_PSA_KEY_SLOT_COUNT 16
#endif

/* The rest of memory is one block. */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_CALLOC_MACRO tps_psa_take_block
#define MBEDTLS_PLATFORM_FREE_MACRO   tps_psa_give_block

/* What is wanted. Keys on P-256 are p256-m's. */
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED
#define PSA_WANT_ALG_ECDH                     1
#define PSA_WANT_ALG_ECDSA                    1
#define PSA_WANT_ALG_GCM                      1
#define PSA_WANT_ALG_HKDF                     1
#define PSA_WANT_ALG_HMAC                     1
#define PSA_WANT_ALG_SHA_1                    1
#define PSA_WANT_ALG_SHA_256                  1
#define PSA_WANT_ECC_SECP_R1_256              1
#define PSA_WANT_KEY_TYPE_AES                 1
#define PSA_WANT_KEY_TYPE_DERIVE              1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_BASIC  1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_EXPORT 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_IMPORT 1
#define PSA_WANT_KEY_TYPE_ECC_PUBLIC_KEY      1
#define PSA_WANT_KEY_TYPE_HMAC                1

/* Key wrap, which PSA Crypto has not, goes through mbedTLS's layer of ciphers; AES-GCM need not, and then
 * takes no memory beside the caller's. */
#define MBEDTLS_BLOCK_CIPHER_C
#define MBEDTLS_CIPHER_C
#define MBEDTLS_NIST_KW_C

/* Size before speed. */
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_SHA256_SMALLER

#endif
