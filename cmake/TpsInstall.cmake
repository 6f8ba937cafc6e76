# What `make install` leaves: the programs, the public headers, the libraries behind them, and how pkg-config and CMake find
# these. Folders of src/ that no public header leads to stay inside the programs.
include(CMakePackageConfigHelpers)

# In the order of linking: each before those it needs. A library that this build does not have is left out.
set(TPS_INSTALLED_LIBRARIES "")
foreach(library tps_verifier tps_connector_local tps_client tps_component tps_format tps_crypto tps_base)
  if(TARGET ${library})
    list(APPEND TPS_INSTALLED_LIBRARIES ${library})
  endif()
endforeach()
list(TRANSFORM TPS_INSTALLED_LIBRARIES REPLACE "^tps_crypto$" tps_crypto_openssl OUTPUT_VARIABLE installed_targets)
install(TARGETS ${installed_targets} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/tps DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

foreach(program tps tps-component)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

# Both descriptions find the prefix from where they lie, so that an installation can be moved, or packed from a DESTDIR.
list(TRANSFORM TPS_INSTALLED_LIBRARIES PREPEND "-l" OUTPUT_VARIABLE TPS_PKGCONFIG_LIBS)
list(JOIN TPS_PKGCONFIG_LIBS " " TPS_PKGCONFIG_LIBS)
file(RELATIVE_PATH TPS_PKGCONFIG_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(${CMAKE_CURRENT_LIST_DIR}/opentps.pc.in opentps.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/opentps.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(TPS_PACKAGE_FOLDER ${CMAKE_INSTALL_LIBDIR}/cmake/opentps)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/opentps-config.cmake.in opentps-config.cmake
  INSTALL_DESTINATION ${TPS_PACKAGE_FOLDER} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(opentps-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/opentps-config.cmake ${CMAKE_BINARY_DIR}/opentps-config-version.cmake
  DESTINATION ${TPS_PACKAGE_FOLDER})

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
