# mbedTLS for the back end src/crypto/psa, when its source is there: tps_mbedcrypto, and on hosts, for tests,
# tps_mbedcrypto_chip, which is what a build with TPS_CRYPTO_CHIP has as tps_mbedcrypto. scripts/mbedtls.sh brings the source;
# nothing is fetched from here. Only what the configurations in src/crypto/psa turn on ends up in the libraries.
set(TPS_MBEDTLS "${PROJECT_SOURCE_DIR}/build-mbedtls/source" CACHE PATH
  "Source of mbedTLS 3.6 for the PSA Crypto back end; without it, that back end is left out")

if(NOT EXISTS ${TPS_MBEDTLS}/include/psa/crypto.h)
  message(STATUS "psa: no mbedTLS in ${TPS_MBEDTLS}; to have this back end: scripts/mbedtls.sh build-mbedtls")
  return()
endif()

# tps_mbedtls(NAME CONFIGURATION source...): a library of these files of mbedTLS.
function(tps_mbedtls name configuration)
  list(TRANSFORM ARGN PREPEND ${TPS_MBEDTLS}/ OUTPUT_VARIABLE sources)
  list(TRANSFORM sources APPEND .c)
  add_library(${name} STATIC ${sources})
  set_target_properties(${name} PROPERTIES ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/mbedtls)
  # As a system's header: its style is its own.
  target_include_directories(${name} SYSTEM PUBLIC ${TPS_MBEDTLS}/include)
  target_include_directories(${name} PRIVATE ${TPS_MBEDTLS}/library)
  target_compile_definitions(${name} PUBLIC
    MBEDTLS_CONFIG_FILE="${PROJECT_SOURCE_DIR}/src/crypto/psa/${configuration}")
  # Optimised in every build: the tests ask what it computes, not how.
  target_compile_options(${name} PRIVATE -w $<IF:$<BOOL:${TPS_PORTABLE_ONLY}>,-Os,-O2>)
endfunction()

# As a chip has it: P-256 is p256-m's (3rdparty), so there are no big numbers; memory is the back end's (psa/start.h).
function(tps_mbedtls_chip name)
  set(sources aes block_cipher cipher cipher_wrap constant_time gcm nist_kw platform platform_util psa_crypto psa_crypto_aead
    psa_crypto_cipher psa_crypto_client psa_crypto_driver_wrappers_no_static psa_crypto_hash psa_crypto_mac
    psa_crypto_rsa psa_crypto_slot_management sha1 sha256)
  list(TRANSFORM sources PREPEND library/)
  set(p256 3rdparty/p256-m)
  tps_mbedtls(${name} mbedtls_config_chip.h ${sources} ${p256}/p256-m_driver_entrypoints ${p256}/p256-m/p256-m)
  target_include_directories(${name} PRIVATE ${TPS_MBEDTLS}/${p256} ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(${name} PUBLIC
    MBEDTLS_PSA_CRYPTO_CONFIG_FILE="${PROJECT_SOURCE_DIR}/src/crypto/psa/mbedtls_config_chip.h")
endfunction()

if(TPS_CRYPTO_CHIP)
  tps_mbedtls_chip(tps_mbedcrypto)
  # GCC takes what is the same in each round out of AES's loops, which needs 330 bytes more than it saves.
  set_source_files_properties(${TPS_MBEDTLS}/library/aes.c PROPERTIES
    COMPILE_OPTIONS $<$<C_COMPILER_ID:GNU>:-fno-tree-loop-im>)
  return()
endif()

set(sources
  aes aesce aesni asn1parse asn1write base64 bignum bignum_core bignum_mod bignum_mod_raw block_cipher ccm cipher
  cipher_wrap constant_time ctr_drbg ecdh ecdsa ecp ecp_curves entropy entropy_poll gcm hkdf md memory_buffer_alloc nist_kw oid pem pk pk_ecc
  pk_wrap pkparse pkwrite platform platform_util psa_crypto psa_crypto_aead psa_crypto_cipher psa_crypto_client
  psa_crypto_driver_wrappers_no_static psa_crypto_ecp psa_crypto_ffdh psa_crypto_hash psa_crypto_mac psa_crypto_pake
  psa_crypto_random psa_crypto_rsa psa_crypto_slot_management psa_crypto_storage psa_util rsa rsa_alt_helpers sha1 sha256
  sha512 threading)
list(TRANSFORM sources PREPEND library/)
tps_mbedtls(tps_mbedcrypto mbedtls_config.h ${sources})
if(NOT TPS_PORTABLE_ONLY)
  find_package(Threads REQUIRED)
  target_link_libraries(tps_mbedcrypto PUBLIC Threads::Threads)
  tps_mbedtls_chip(tps_mbedcrypto_chip)
endif()
