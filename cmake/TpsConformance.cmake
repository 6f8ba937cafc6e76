# The conformance program as a library: whoever brings a component or a connector puts it under a main() of their own, as
# examples/ram_component does. tps-conformance is the same over the local connector.
find_package(Threads REQUIRED)
file(GLOB conformance_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/conformance/component_conformance*.c)
list(FILTER conformance_sources EXCLUDE REGEX "component_conformance_main.c$")
add_library(tps_conformance STATIC ${conformance_sources})
target_include_directories(tps_conformance PUBLIC ${PROJECT_SOURCE_DIR}/tests/conformance)
target_link_libraries(tps_conformance PUBLIC tps_flags tps_client tps_format Threads::Threads)
add_library(opentps::conformance ALIAS tps_conformance)

if(TARGET tps_connector_local)
  add_executable(tps_conformance_program ${PROJECT_SOURCE_DIR}/tests/conformance/component_conformance_main.c)
  set_target_properties(tps_conformance_program PROPERTIES OUTPUT_NAME tps-conformance)
  target_link_libraries(tps_conformance_program PRIVATE tps_conformance tps_connector_local)
  install(TARGETS tps_conformance_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
