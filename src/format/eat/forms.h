/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How claims stand in JSON and in CBOR (RFC 9711, 7.2 and 7.3): each value has a form, and a form says by
 * which names the members of an object have their labels, which texts stand for numbers, and what form the
 * parts have. Both directions between the encodings walk these tables.
 */
#ifndef TPS_FORMAT_EAT_FORMS_H
#define TPS_FORMAT_EAT_FORMS_H

#include "tps/eat.h"

enum {
    FORM_ANY = 0,    /**< what is the same in both: text, number, truth value, null, and lists of these */
    FORM_CLAIMS = 1, /**< a claims set */
    FORM_BYTES = 2,  /**< bytes; in JSON base64url */
    FORM_LOOSE_BYTES = 3,   /**< bytes; in JSON base64url, or any text, which then stands for its UTF-8 */
    FORM_NONCES = 4,        /**< FORM_LOOSE_BYTES, or a list of them */
    FORM_SUEIDS = 5,        /**< names to bytes */
    FORM_VERSION = 6,       /**< [text, ?FORM_SCHEME] */
    FORM_SCHEME = 7,        /**< a version scheme's number or name */
    FORM_DEBUG = 8,         /**< a number; in JSON its name */
    FORM_USE = 9,           /**< as FORM_DEBUG */
    FORM_RESULT = 10,       /**< as FORM_DEBUG */
    FORM_LOCATION = 11,     /**< members with labels */
    FORM_PROFILE = 12,      /**< URI, or OID: bytes, in JSON dotted text */
    FORM_SUBMODS = 13,      /**< names to FORM_SUBMODULE */
    FORM_SUBMODULE = 14,    /**< claims, a nested token, or a digest */
    FORM_DIGEST = 15,       /**< [algorithm, bytes] */
    FORM_MANIFESTS = 16,    /**< list of FORM_MANIFEST */
    FORM_MANIFEST = 17,     /**< [number, FORM_BODY] */
    FORM_BODY = 18,         /**< bytes, or text that is no base64url */
    FORM_MEASUREMENTS = 19, /**< list of FORM_MEASUREMENT */
    FORM_MEASUREMENT = 20,  /**< [number, bytes] */
    FORM_MEASRES = 21,      /**< list of FORM_GROUP */
    FORM_GROUP = 22,        /**< [text, FORM_RESULTS] */
    FORM_RESULTS = 23,      /**< list of FORM_OUTCOME */
    FORM_OUTCOME = 24,      /**< [FORM_ID, FORM_RESULT] */
    FORM_ID = 25,           /**< text or bytes; in JSON text, which does not say which it was */
    FORM_CNF = 26,          /**< a confirmation: members with labels */
    FORM_KEY = 27,          /**< COSE_Key; in JSON a JWK */
    FORM_KEY_TYPE = 28,     /**< as FORM_DEBUG */
    FORM_CURVE = 29,        /**< as FORM_DEBUG */
    FORM_ALGORITHM = 30     /**< as FORM_DEBUG */
};

/** A label or value of CBOR, its name in JSON, and the form of what stands under it. */
typedef struct {
    int32_t label;
    uint8_t form;
    const char *name;
} form_name;

/** The names that a form has; those of members if it is a map, else those of values. NULL if it has none. */
const form_name *form_names(uint32_t form, size_t *count);

/** The form of entry `index` of a list. */
uint32_t form_of_entry(uint32_t form, uint32_t index);

/** The form of what stands under a name of the sender's own choice. */
uint32_t form_of_named(uint32_t form);

/** True for forms of maps whose members must be known ones: nothing else has a meaning in them. */
bool form_is_closed(uint32_t form);

/** Finds a name by its label; NULL if there is none. */
const form_name *form_find_label(uint32_t form, int64_t label);

#endif
