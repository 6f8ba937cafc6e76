/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file answer.h
 * What handlers share: texts that grow, answers and refusals, and the small readings of a request. A function
 * that returns bool has answered the exchange itself when it returns false.
 */
#ifndef TPS_SERVER_API_ANSWER_H
#define TPS_SERVER_API_ANSWER_H

#include "format/json/reader.h"
#include "format/json/writer.h"
#include "server/api/handlers.h"
#include "server/audit/audit.h"
#include "server/http/conditional.h"

/** Memory of text that grows. Zero-initialise; free() `data` in the end. */
typedef struct {
    char *data;
    size_t size, capacity;
} tps_text;

/** Appends bytes. @retval TPS_OUT_OF_MEMORY */
TPS_MUST_USE tps_status tps_text_append(tps_text *text, tps_span bytes);

/** Puts one JSON value; called a second time when there was too little room. */
typedef void (*tps_json_putter)(json_writer *writer, const void *context);

/** Appends what `put` writes. @retval TPS_OUT_OF_MEMORY @retval TPS_BAD_ARGUMENT  It is no JSON value. */
TPS_MUST_USE tps_status tps_text_append_json(tps_text *text, tps_json_putter put, const void *context);

/** Answers with a text, which is taken, and its entity tag where `sequence` is not 0: 304 where If-None-Match
 * of a GET names it. `location` may be NULL. */
void tps_answer_text(tps_http_exchange *exchange, unsigned status, const char *type, tps_text *text,
                     int64_t sequence, const char *location);

/** Answers with what `put` writes. */
void tps_answer_json(tps_http_exchange *exchange, unsigned status, tps_json_putter put, const void *context);

/** Answers with a status and no body. */
void tps_answer_nothing(tps_http_exchange *exchange, unsigned status);

/** Answers with what is wrong with what was sent: cause and next step of the status, and its detail. */
void tps_answer_refused(tps_http_exchange *exchange, unsigned http_status, tps_status status,
                        const tps_error *why);

/** The request's media type, one of `types` (without parameters): else 415. */
bool tps_call_media_type(const tps_call *call, const char *const *types, size_t count, tps_media_type *media);

/** The request's body, which must be there: else 400. */
bool tps_call_body(const tps_call *call, tps_span *body);

/** A body that is one JSON object of at most `size` bytes, as application/json: else 400, 413 or 415. */
bool tps_call_json(const tps_call *call, size_t size, tps_span *body);

/** The same, as one of several media types. */
bool tps_call_json_of(const tps_call *call, const char *const *types, size_t count, size_t size,
                      tps_span *body);

/** The end of reading the JSON body: else 400, naming the member that was read last. */
bool tps_call_json_end(const tps_call *call, const json_reader *reader, const char *member);

/** A number in the query: TPS_OK, TPS_NOT_FOUND, or TPS_SERVER_BAD_REQUEST (no number, or not in range). */
TPS_MUST_USE tps_status tps_call_number(const tps_call *call, const char *name, int64_t least, int64_t most,
                                        int64_t *number);

/** A text in the query. @retval TPS_OK, TPS_NOT_FOUND, TPS_SERVER_BAD_REQUEST, TPS_TOO_LARGE */
TPS_MUST_USE tps_status tps_call_text(const tps_call *call, const char *name, tps_buf room, tps_span *text);

/** Pages of lists: so many entries, unless the request says otherwise, and at most. */
#define TPS_PAGE_DEFAULT 100
#define TPS_PAGE_MAX     1000

/** ?after= and ?limit=: else 400. */
bool tps_call_page(const tps_call *call, int64_t *after, size_t *limit);

/** What If-Match and If-None-Match ask of an item. */
typedef struct {
    bool must_exist; /**< If-Match is there */
    bool must_not;   /**< If-None-Match: * is there */
    bool any;        /**< If-Match: * */
    int64_t sequences[TPS_HTTP_TAGS_MAX];
    size_t count; /**< of those that it may have */
} tps_condition;

/** The conditions of a request that changes something: else 400. */
bool tps_call_condition(const tps_call *call, tps_condition *condition);

/** Who asks, for the audit log. */
tps_audit_origin tps_call_origin(const tps_call *call);

/** The path of something of the tenant: with /t/{tenant} before it where the request had that. */
void tps_call_path(const tps_call *call, const char *path, const char *name, char *out, size_t size);

/** Puts a time as RFC 3339 text. */
void tps_json_time(json_writer *writer, const char *name, int64_t time);

/** Whether a member's name is `text`, which is then noted as the last one, for tps_call_json_end(). */
bool tps_json_is(json_str name, const char *text, const char **last);

/** Fails the reader with a name that nobody knows. */
void tps_json_unknown(json_reader *reader, const char **last);

#endif
