# mbedTLS for the back end src/crypto/psa: the target tps_mbedcrypto, when its source is there. scripts/mbedtls.sh brings
# it; nothing is fetched from here. Only what src/crypto/psa/mbedtls_config.h turns on ends up in the library.
set(TPS_MBEDTLS "${PROJECT_SOURCE_DIR}/build-mbedtls/source" CACHE PATH
  "Source of mbedTLS 3.6 for the PSA Crypto back end; without it, that back end is left out")

if(NOT EXISTS ${TPS_MBEDTLS}/include/psa/crypto.h)
  message(STATUS "psa: no mbedTLS in ${TPS_MBEDTLS}; to have this back end: scripts/mbedtls.sh build-mbedtls")
  return()
endif()

set(sources
  aes aesce aesni asn1parse asn1write base64 bignum bignum_core bignum_mod bignum_mod_raw block_cipher ccm cipher
  cipher_wrap constant_time ctr_drbg ecdh ecdsa ecp ecp_curves entropy entropy_poll gcm hkdf md memory_buffer_alloc nist_kw oid pem pk pk_ecc
  pk_wrap pkparse pkwrite platform platform_util psa_crypto psa_crypto_aead psa_crypto_cipher psa_crypto_client
  psa_crypto_driver_wrappers_no_static psa_crypto_ecp psa_crypto_ffdh psa_crypto_hash psa_crypto_mac psa_crypto_pake
  psa_crypto_random psa_crypto_rsa psa_crypto_slot_management psa_crypto_storage psa_util rsa rsa_alt_helpers sha1 sha256
  sha512 threading)
list(TRANSFORM sources PREPEND ${TPS_MBEDTLS}/library/)
list(TRANSFORM sources APPEND .c)
add_library(tps_mbedcrypto STATIC ${sources})
set_target_properties(tps_mbedcrypto PROPERTIES ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/mbedtls)
# As a system's header: its style is its own.
target_include_directories(tps_mbedcrypto SYSTEM PUBLIC ${TPS_MBEDTLS}/include)
target_include_directories(tps_mbedcrypto PRIVATE ${TPS_MBEDTLS}/library)
target_compile_definitions(tps_mbedcrypto PUBLIC
  MBEDTLS_CONFIG_FILE="${PROJECT_SOURCE_DIR}/src/crypto/psa/mbedtls_config.h")
# Optimised in every build: the tests ask what it computes, not how.
target_compile_options(tps_mbedcrypto PRIVATE -w $<IF:$<BOOL:${TPS_PORTABLE_ONLY}>,-Os,-O2>)
if(NOT TPS_PORTABLE_ONLY)
  find_package(Threads REQUIRED)
  target_link_libraries(tps_mbedcrypto PUBLIC Threads::Threads)
endif()
