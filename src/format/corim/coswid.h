/* SPDX-License-Identifier: Apache-2.0 */
/* CoSWID: what its reader and its writer share. */
#ifndef TPS_FORMAT_CORIM_COSWID_H
#define TPS_FORMAT_CORIM_COSWID_H

#include "format/corim/walk.h"
#include "tps/coswid.h"

/** Members by their numbers in the CDDL of RFC 9393; those that are not here are kept as extensions. */
enum {
    COSWID_TAG_ID = 0,
    COSWID_SOFTWARE_NAME = 1,
    COSWID_ENTITY = 2,
    COSWID_EVIDENCE = 3,
    COSWID_PAYLOAD = 6,
    COSWID_HASH = 7,
    COSWID_CORPUS = 8,
    COSWID_PATCH = 9,
    COSWID_SUPPLEMENTAL = 11,
    COSWID_TAG_VERSION = 12,
    COSWID_SOFTWARE_VERSION = 13,
    COSWID_VERSION_SCHEME = 14,
    COSWID_DIRECTORY = 16,
    COSWID_FILE_ENTRY = 17,
    COSWID_FILE_SIZE = 20,
    COSWID_FILE_VERSION = 21,
    COSWID_IS_KEY = 22,
    COSWID_LOCATION = 23,
    COSWID_FILE_NAME = 24,
    COSWID_ROOT = 25,
    COSWID_PATH_ELEMENTS = 26,
    COSWID_ENTITY_NAME = 31,
    COSWID_ENTITY_REG_ID = 32,
    COSWID_ENTITY_ROLE = 33,
    COSWID_ENTITY_THUMBPRINT = 34,
    COSWID_DATE = 35,
    COSWID_DEVICE_ID = 36
};

#define COSWID_BIT(key) (UINT64_C(1) << (key))

void coswid_read_entity(corim_walk *walk, tps_coswid_entity *entity);

#endif
