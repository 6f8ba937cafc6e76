# The compiler's flags for all of our code, and the few functions that declare a library, a test, a program.
include(GNUInstallDirs)

add_library(tps_flags INTERFACE)
target_include_directories(tps_flags INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
target_compile_options(tps_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings
  -Wpointer-arith -Wcast-qual -Wundef -fno-common)
if(TPS_WERROR)
  target_compile_options(tps_flags INTERFACE -Werror)
endif()
if(NOT TPS_PORTABLE_ONLY)
  target_compile_definitions(tps_flags INTERFACE _GNU_SOURCE)
  target_compile_options(tps_flags INTERFACE -fstack-protector-strong)
  if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" AND NOT TPS_SANITIZE)
    target_compile_definitions(tps_flags INTERFACE _FORTIFY_SOURCE=2)
    target_link_options(tps_flags INTERFACE -Wl,-z,relro,-z,now)
  endif()
endif()
if(TPS_SANITIZE)
  target_compile_options(tps_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(tps_flags INTERFACE -fsanitize=address,undefined)
endif()
if(TPS_COVERAGE)
  target_compile_options(tps_flags INTERFACE -O0 --coverage)
  target_link_options(tps_flags INTERFACE --coverage)
endif()
if(TPS_FUZZ)
  target_compile_options(tps_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(tps_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# tps_library(NAME SOURCES ... LINKS ...): one folder of src/ as a static library.
function(tps_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC tps_flags ${ARG_LINKS})
endfunction()

# tps_unit_test(NAME LINKS ...): tests/unit/NAME.c, a cmocka program, as the test unit.NAME.
function(tps_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(test_${name} ${name}.c ${ARG_SOURCES})
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(test_${name} PRIVATE tps_flags ${ARG_LINKS} tps_test_support PkgConfig::CMOCKA)
  add_test(NAME unit.${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(unit.${name} PROPERTIES TIMEOUT 120)
endfunction()
