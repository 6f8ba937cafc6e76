# What `make install` leaves: the programs, the public headers, the libraries behind them, and how pkg-config and CMake find
# these. Folders of src/ that no public header leads to stay inside the programs.
#
# Libraries come in parts, so that who wants a part links nothing else. format has cbor in it: ask for one of them.
#
#   part      pkg-config         CMake              what it has                                  what it needs besides
#   cbor      opentps-cbor       opentps::cbor      CBOR, its notation, base 64                  nothing
#   format    opentps-format     opentps::format    COSE, CWT, EAT, PSA tokens, EAR, CoRIM, ...  libcrypto
#   client    opentps-client     opentps::client    TPSC_*, the local connector                  format
#   verifier  opentps-verifier   opentps::verifier  appraisal of evidence                        format, Lua 5.4
#   (all)     opentps            opentps::opentps   all of these
#
# A build for a microcontroller (TPS_PORTABLE_ONLY) installs headers, archives and the CMake package: format then has PSA
# Crypto behind it, or, where mbedTLS is not there, leaves cryptography to whoever links it.
include(CMakePackageConfigHelpers)

# The libraries of each part, in the order of linking, and what it needs from the system; parts stand before those they need.
set(TPS_PARTS verifier client format cbor)
set(TPS_PART_verifier_LIBRARIES tps_verifier)
set(TPS_PART_verifier_NEEDS format)
set(TPS_PART_verifier_REQUIRES "opentps-format, ${LUA_MODULE_NAME}")
set(TPS_PART_verifier_TEXT "appraisal of evidence, and its result")
set(TPS_PART_client_LIBRARIES tps_connector_local tps_client tps_component)
set(TPS_PART_client_NEEDS format)
set(TPS_PART_client_REQUIRES "opentps-format")
set(TPS_PART_client_TEXT "the TPS Client API and the local connector")
set(TPS_PART_format_LIBRARIES tps_format tps_crypto tps_base)
set(TPS_PART_format_NEEDS "")
set(TPS_PART_format_REQUIRES "libcrypto >= 3.0")
set(TPS_PART_format_TEXT "COSE, CWT, EAT, PSA tokens, attestation results, CoRIM")
set(TPS_PART_cbor_LIBRARIES tps_format tps_base)
set(TPS_PART_cbor_NEEDS "")
set(TPS_PART_cbor_REQUIRES "")
set(TPS_PART_cbor_TEXT "CBOR, without cryptography")

if(TPS_PORTABLE_ONLY)
  set(TPS_PART_format_LIBRARIES tps_format tps_crypto_psa tps_mbedcrypto tps_base)
  set(TPS_PART_client_LIBRARIES tps_client tps_component)
endif()

# A library that this build does not have is left out, and so is a part without libraries.
set(parts "")
set(all_libraries "")
foreach(part ${TPS_PARTS})
  set(present "")
  foreach(library ${TPS_PART_${part}_LIBRARIES})
    if(TARGET ${library})
      list(APPEND present ${library})
    endif()
  endforeach()
  set(TPS_PART_${part}_LIBRARIES ${present})
  list(APPEND all_libraries ${present})
  if(present)
    list(APPEND parts ${part})
  endif()
endforeach()
set(TPS_PARTS ${parts})
list(REMOVE_DUPLICATES all_libraries)
list(TRANSFORM all_libraries REPLACE "^tps_crypto$" tps_crypto_openssl) # the target behind the interface
install(TARGETS ${all_libraries} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/tps DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

foreach(program tps tps-component)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

if(TPS_PORTABLE_ONLY)
  set(TPS_PACKAGE_NEEDS_OPENSSL FALSE)
else()
  set(TPS_PACKAGE_NEEDS_OPENSSL TRUE)
endif()

# Both descriptions find the prefix from where they lie, so that an installation can be moved, or packed from a DESTDIR.
file(RELATIVE_PATH TPS_PKGCONFIG_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")

# tps_install_pkgconfig(NAME TEXT REQUIRES LIBRARIES...): NAME.pc.
function(tps_install_pkgconfig name text requires)
  set(TPS_PKGCONFIG_NAME ${name})
  set(TPS_PKGCONFIG_TEXT "${PROJECT_DESCRIPTION}: ${text}")
  set(TPS_PKGCONFIG_REQUIRES "${requires}")
  list(TRANSFORM ARGN PREPEND "-l")
  if(requires)
    list(APPEND ARGN -pthread)
  endif()
  list(JOIN ARGN " " TPS_PKGCONFIG_LIBS)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/opentps.pc.in ${name}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

if(NOT TPS_PORTABLE_ONLY) # pkg-config is for programs of this system
  foreach(part ${TPS_PARTS})
    tps_install_pkgconfig(opentps-${part} "${TPS_PART_${part}_TEXT}" "${TPS_PART_${part}_REQUIRES}"
      ${TPS_PART_${part}_LIBRARIES})
  endforeach()
  set(all_parts ${TPS_PARTS})
  list(REMOVE_ITEM all_parts cbor) # in format
  list(TRANSFORM all_parts PREPEND "opentps-")
  list(JOIN all_parts ", " all_parts)
  tps_install_pkgconfig(opentps "all libraries" "${all_parts}")
endif()

# The package file gets the same table.
set(TPS_PACKAGE_TABLE "")
foreach(part ${TPS_PARTS})
  string(APPEND TPS_PACKAGE_TABLE "set(opentps_${part}_LIBRARIES ${TPS_PART_${part}_LIBRARIES})\n"
    "set(opentps_${part}_NEEDS ${TPS_PART_${part}_NEEDS})\n")
endforeach()
list(REVERSE TPS_PARTS) # each behind those it needs
set(TPS_PACKAGE_FOLDER ${CMAKE_INSTALL_LIBDIR}/cmake/opentps)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/opentps-config.cmake.in opentps-config.cmake
  INSTALL_DESTINATION ${TPS_PACKAGE_FOLDER} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(opentps-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/opentps-config.cmake ${CMAKE_BINARY_DIR}/opentps-config-version.cmake
  DESTINATION ${TPS_PACKAGE_FOLDER})

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
