/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of mbedTLS 3.6 the back end psa/ needs, and nothing else: PSA Crypto over the algorithms of crypto.h.
 * A product may build mbedTLS (or TF-M's crypto service) in its own way, as long as this is in it; SHA-1
 * serves names (tps_crypto_uuid5()) only.
 */
#ifndef TPS_CRYPTO_PSA_MBEDTLS_CONFIG_H
#define TPS_CRYPTO_PSA_MBEDTLS_CONFIG_H

/* PSA Crypto. The buffers that it is given belong to one caller, so it need not copy them. */
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS

/* Where random numbers come from: the system, or, on a microcontroller, the firmware's
 * mbedtls_psa_external_get_random(). */
#define MBEDTLS_PLATFORM_C
#if defined(__unix__)
#define MBEDTLS_ENTROPY_C
#define MBEDTLS_CTR_DRBG_C
#define MBEDTLS_THREADING_C
#define MBEDTLS_THREADING_PTHREAD
#else
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
/* The heap is a buffer that the firmware gives: mbedtls_memory_buffer_alloc_init(). */
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C
#endif

/* Hashes, HMAC, HKDF. */
#define MBEDTLS_MD_C
#define MBEDTLS_SHA1_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#define MBEDTLS_HKDF_C

/* AES-GCM, AES-CCM, key wrap. */
#define MBEDTLS_AES_C
#define MBEDTLS_CIPHER_C
#define MBEDTLS_GCM_C
#define MBEDTLS_CCM_C
#define MBEDTLS_NIST_KW_C

/* P-256, P-384, P-521: ECDSA and ECDH. */
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_DP_SECP521R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ECDH_C

/* RSA, for PS256. */
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V21

/* Keys as others write them. */
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_OID_C
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_PARSE_EC_COMPRESSED

/* Speed on hosts, size on microcontrollers. */
#if defined(__unix__)
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_AESNI_C
#else
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_SHA512_SMALLER
#endif

#endif
