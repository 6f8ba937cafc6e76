/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded evidence: see record.h. */
#include "cli/record.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "format/json/writer.h"
#include "tps/base64.h"

/* Bytes of a line beside the evidence: texts of a request are short. */
enum { BESIDE_EVIDENCE = 65536 };

/* The longest line: evidence of a TPM with its event log, in base64url. */
#define LINE_MAX_SIZE ((size_t)8 << 20)

/* ---- writing ---- */

static void put_history(json_writer *w, const tps_device_history *history)
{
    if (history == NULL || !history->is_known) {
        return;
    }
    json_key(w, "history");
    json_begin_object(w);
    json_member_uint(w, "count", history->count);
    json_member_int(w, "first-seen", history->first_seen);
    json_member_int(w, "last-seen", history->last_seen);
    json_member_text(w, "last-status", tps_ear_tier_name(history->last_tier));
    if (history->has_bootcount) {
        json_member_uint(w, "bootcount", history->bootcount);
    }
    if (history->has_security_counter) {
        json_member_uint(w, "security-counter", history->security_counter);
    }
    json_end_object(w);
}

static void put_outcome(json_writer *w, const tps_appraisal *lead, uint8_t tier)
{
    json_member_text(w, "status", tps_ear_tier_name(tier));
    json_key(w, "vector");
    json_begin_object(w);
    for (uint32_t i = 0; i < TPS_EAR_CLAIMS; i++) {
        json_member_int(w, tps_ear_claim_name(i), lead->vector[i]);
    }
    json_end_object(w);
    json_member_text_if_any(w, "policy", tps_span_of_text(lead->policy_id));
}

static tps_status write_line(tps_span evidence, const tps_appraisal_request *request,
                             const tps_appraisal *lead, uint8_t tier, tps_buf room, size_t *size)
{
    json_writer w = json_writer_init(room);

    json_begin_object(&w);
    json_member_int(&w, "time", request->now);
    json_key(&w, "evidence");
    json_base64url(&w, evidence);
    if (request->nonce.size > 0) {
        json_key(&w, "nonce");
        json_base64url(&w, request->nonce);
    }
    json_member_text_if_any(&w, "aud", request->aud);
    json_member_text_if_any(&w, "service", request->service);
    put_history(&w, request->history);
    put_outcome(&w, lead, tier);
    json_end_object(&w);
    return json_writer_finish(&w, size);
}

/* One write() to a file that is open for appending: lines of several writers do not mix. */
static bool append(const char *path, tps_span line)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ssize_t written = fd < 0 ? -1 : write(fd, line.data, line.size);
    bool is_written = written >= 0 && (size_t)written == line.size;

    if (!is_written) {
        cli_fail("check the path, its permissions and the disk", "cannot write %s: %s", path,
                 written >= 0 ? "only a part was written" : strerror(errno));
    }
    if (fd >= 0 && close(fd) != 0 && is_written) {
        cli_fail("check the disk", "cannot write %s: %s", path, strerror(errno));
        is_written = false;
    }
    return is_written;
}

bool record_append(const char *path, tps_span evidence, const tps_appraisal_request *request,
                   const tps_appraisal *lead, uint8_t tier)
{
    tps_buf room = {NULL, evidence.size / 3 * 4 + BESIDE_EVIDENCE};
    size_t size = 0;
    bool is_written = false;

    room.data = malloc(room.size);
    if (room.data == NULL ||
        write_line(evidence, request, lead, tier, (tps_buf){room.data, room.size - 1}, &size) != TPS_OK) {
        cli_fail("give shorter texts, or free memory", "a line for %s cannot be made", path);
    } else {
        room.data[size] = '\n';
        is_written = append(path, tps_span_make(room.data, size + 1));
    }
    free(room.data);
    return is_written;
}

/* ---- reading ---- */

static tps_span text_of(const json_t *root, const char *name)
{
    const json_t *value = json_object_get(root, name);

    return json_is_string(value) ? tps_span_make(json_string_value(value), json_string_length(value))
                                 : TPS_SPAN_EMPTY;
}

static int64_t number_of(const json_t *root, const char *name)
{
    return json_integer_value(json_object_get(root, name)); /* 0 for what is none */
}

static bool read_tier(tps_span name, uint8_t *tier)
{
    static const uint8_t tiers[] = {TPS_EAR_TIER_NONE, TPS_EAR_TIER_AFFIRMING, TPS_EAR_TIER_WARNING,
                                    TPS_EAR_TIER_CONTRAINDICATED};

    for (size_t i = 0; i < sizeof tiers; i++) {
        if (tps_span_is_text(name, tps_ear_tier_name(tiers[i]))) {
            *tier = tiers[i];
            return true;
        }
    }
    return false;
}

static void read_history(const json_t *root, record *out)
{
    const json_t *from = json_object_get(root, "history");
    tps_device_history *history = &out->history;

    if (!json_is_object(from)) {
        return;
    }
    history->is_known = true;
    history->count = (uint64_t)number_of(from, "count");
    history->first_seen = number_of(from, "first-seen");
    history->last_seen = number_of(from, "last-seen");
    (void)read_tier(text_of(from, "last-status"), &history->last_tier);
    history->has_bootcount = json_is_integer(json_object_get(from, "bootcount"));
    history->bootcount = (uint64_t)number_of(from, "bootcount");
    history->has_security_counter = json_is_integer(json_object_get(from, "security-counter"));
    history->security_counter = (uint64_t)number_of(from, "security-counter");
    out->request.history = history;
}

static void read_outcome(const json_t *root, record *out)
{
    const json_t *vector = json_object_get(root, "vector");

    out->has_outcome = read_tier(text_of(root, "status"), &out->tier) && json_is_object(vector);
    for (uint32_t i = 0; out->has_outcome && i < TPS_EAR_CLAIMS; i++) {
        int64_t value = number_of(vector, tps_ear_claim_name(i));
        out->has_outcome = value >= INT8_MIN && value <= INT8_MAX;
        out->vector[i] = (int8_t)value;
    }
}

static bool read_bytes(const json_t *root, record *out)
{
    tps_span evidence = text_of(root, "evidence");
    tps_span nonce = text_of(root, "nonce");
    size_t size = 0;

    out->bytes = malloc(evidence.size + 1);
    if (evidence.size == 0 || out->bytes == NULL ||
        tps_base64_read(evidence, (tps_buf){out->bytes, evidence.size}, &size) != TPS_OK) {
        return false;
    }
    out->evidence = tps_span_make(out->bytes, size);
    if (nonce.size > 0) {
        if (tps_base64_read(nonce, TPS_BUF_OF(out->nonce), &size) != TPS_OK) {
            return false;
        }
        out->request.nonce = tps_span_make(out->nonce, size);
    }
    return true;
}

static bool read_line(const char *text, size_t size, record *out)
{
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);

    memset(out, 0, sizeof *out);
    out->root = root;
    if (!json_is_object(root) || !json_is_integer(json_object_get(root, "time")) || !read_bytes(root, out)) {
        record_end(out);
        return false;
    }
    out->request.now = number_of(root, "time");
    out->request.aud = text_of(root, "aud");
    out->request.service = text_of(root, "service");
    read_history(root, out);
    read_outcome(root, out);
    return true;
}

int record_read(FILE *from, const char *path, size_t *line, record *out)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t size;
    bool is_read = false;

    do {
        size = getline(&text, &room, from);
        (*line)++;
    } while (size >= 0 && strspn(text, " \t\r\n") == (size_t)size);
    if (size >= 0) {
        is_read = (size_t)size <= LINE_MAX_SIZE && read_line(text, (size_t)size, out);
        if (!is_read) {
            cli_fail("give what tps verify --record wrote", "%s: line %zu is no recorded evidence", path,
                     *line);
        }
    }
    free(text);
    return size < 0 ? 0 : is_read ? 1 : -1;
}

void record_end(record *r)
{
    json_decref(r->root);
    free(r->bytes);
    r->root = NULL;
    r->bytes = NULL;
}
