/* SPDX-License-Identifier: Apache-2.0 */
/** @file openapi_text.h  spec/openapi.json in the program: made by embed.cmake. */
#ifndef TPS_SERVER_API_OPENAPI_TEXT_H
#define TPS_SERVER_API_OPENAPI_TEXT_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t tps_openapi_text[];
extern const size_t tps_openapi_size;

#endif
