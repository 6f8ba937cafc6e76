# Writes a C file that holds a file's bytes and their SHA-256: cmake -D IN=default.lua -D OUT=default_text.c -P embed.cmake
file(READ ${IN} bytes HEX)
file(SHA256 ${IN} digest)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," digest "${digest}")
file(WRITE ${OUT} "/* Made from default.lua by embed.cmake. */
#include \"verifier/policy/default.h\"

const uint8_t policy_default_text[] = {${bytes}};
const size_t policy_default_size = sizeof policy_default_text;
const uint8_t policy_default_sha256[32] = {${digest}};
")
