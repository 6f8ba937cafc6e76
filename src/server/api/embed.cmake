# SPDX-License-Identifier: Apache-2.0
# cmake -DFROM=file -DTO=file.c -P embed.cmake: a C source that holds a file's bytes.
file(READ ${FROM} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${TO} "#include \"server/api/openapi_text.h\"\nconst uint8_t tps_openapi_text[] = {${bytes}};\nconst size_t tps_openapi_size = sizeof(tps_openapi_text);\n")
