/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file coswid.h
 * Concise software identification tags (RFC 9393): which files a piece of software has, and their hashes.
 * Read in place and written into the caller's buffer; no heap.
 *
 * Read: identity, names, versions, entities, and of payload or evidence the files in all directories. What is
 * there beside (links, metadata, processes, resources, extensions) is checked to be well-formed, counted, and
 * kept as it stands.
 *
 * Lists and cursors are those of corim.h. Thread-safe for distinct outputs. Stack on a Cortex-M33: 3.6 KiB to
 * read a tag, 4 KiB to write one.
 */
#ifndef TPS_COSWID_H
#define TPS_COSWID_H

#include "tps/corim.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How deep directories may lie in each other. */
#define TPS_COSWID_DIRECTORIES_MAX 6u

/** Somebody with a part in the software. Roles: 1 tag creator, 2 software creator, 3 aggregator, 4
 * distributor, 5 licensor, 6 maintainer. */
typedef struct {
    tps_span name;
    tps_span reg_id; /**< a URI; empty when absent */
    tps_corim_labels roles;
    tps_corim_digest thumbprint; /**< its value is empty when absent */
    tps_corim_extensions extensions;
} tps_coswid_entity;
TPS_CORIM_LIST(tps_coswid_entities, tps_coswid_entity);

/** A file, or the directory itself. Members that are absent are empty. */
typedef struct {
    tps_span name;
    tps_span location;
    tps_span root;
    bool has_key;
    bool is_key; /**< matters for the software */
    bool has_size;
    uint64_t size; /**< in bytes */
    tps_span version;
    tps_corim_digest hash; /**< its value is empty when absent; the algorithm is a number */
    tps_corim_extensions extensions;
} tps_coswid_file;

/** What the software consists of (payload), or what was found of it (evidence). */
typedef struct {
    bool is_present;
    bool is_evidence;
    const tps_coswid_file *files; /**< to be written: an array of the caller's; else NULL */
    size_t file_count;            /**< in all directories */
    size_t directory_count;
    size_t skipped_count; /**< processes, resources and extensions, in all directories */
    bool has_date;
    int64_t date;       /**< of evidence: seconds since 1970 */
    tps_span device_id; /**< of evidence */
    tps_span location;  /**< of evidence */
    tps_span encoded;   /**< the map, when it was read */
} tps_coswid_content;

/** A tag. */
typedef struct {
    tps_corim_value id; /**< text or UUID */
    int64_t tag_version;
    bool has_corpus;
    bool is_corpus; /**< of software before its installation */
    bool has_patch;
    bool is_patch;
    bool has_supplemental;
    bool is_supplemental;
    tps_span software_name;
    tps_span software_version; /**< empty when absent */
    bool has_version_scheme;
    tps_corim_label version_scheme; /**< 16384 is semver */
    tps_coswid_entities entities;   /**< at least one */
    tps_coswid_content content;
    tps_corim_extensions extensions; /**< links, metadata, media, language, and extensions */
} tps_coswid;

/**
 * @brief Read a tag to the last file.
 *
 * @param content   An encoded concise-swid-tag without CBOR tag, as in tag 505 of a CoRIM; at most 16 MiB.
 * @param[out] out  Points into `content`; undefined unless TPS_OK.
 * @param[out] why  Offset and `detail`; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CORIM_BAD_VALUE    It breaks the CDDL of RFC 9393.
 * @retval TPS_CORIM_UNSUPPORTED  Directories lie too deep in each other, or there are too many extensions.
 * @retval TPS_CBOR_*             From tps_cbor_check() under tps_cbor_limits_file.
 *
 * RFC 9393, 2.
 */
TPS_MUST_USE tps_status tps_coswid_decode(tps_span content, tps_coswid *out, tps_error *why);

/** The next entity of `coswid.entities`; see TPS_CORIM_WALK(). */
bool tps_coswid_next_entity(tps_corim_cursor *cursor, tps_coswid_entity *out);

/** One level of what is walked through. Private. */
typedef struct {
    tps_cbor_list list;
    uint32_t kind;
} tps_coswid_level;

/** A walk through the files. Private, but for the directories around the file that was last returned,
 * outermost first, and `reader.status`. */
typedef struct {
    tps_cbor_reader reader;
    const tps_coswid_file *files;
    size_t left;
    uint32_t depth;
    uint32_t directory_depth; /**< how many of `directories` lie around the file */
    size_t directory_count;
    size_t skipped_count;
    const char *where;
    tps_coswid_file directories[TPS_COSWID_DIRECTORIES_MAX];
    tps_coswid_level levels[3 * (TPS_COSWID_DIRECTORIES_MAX + 1)];
} tps_coswid_files;

/** A walk from the first file on. */
tps_coswid_files tps_coswid_walk_files(const tps_coswid_content *content);

/** The next file; false at the end, and where it cannot be read (`files->reader.status`). Without recursion.
 */
bool tps_coswid_next_file(tps_coswid_files *files, tps_coswid_file *out);

/**
 * @brief Write a tag deterministically.
 *
 * @param coswid        From tps_coswid_decode(), whose content is written as it stands; or of the caller's
 * making, with `content.files` in no directory.
 * @param out           Room; TPS_BUF_MEASURE only measures.
 * @param[out] encoded  Inside `out`; measured, or with too little room, `data` is NULL and `size` the size
 * needed.
 * @param[out] why      Why it would be refused; may be NULL.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_CORIM_*, TPS_CBOR_*  tps_coswid_decode() would refuse it. Measuring does not find it.
 */
TPS_MUST_USE tps_status tps_coswid_write(const tps_coswid *coswid, tps_buf out, tps_span *encoded,
                                         tps_error *why);

#ifdef __cplusplus
}
#endif

#endif
