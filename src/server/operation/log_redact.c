/* SPDX-License-Identifier: Apache-2.0 */
/* What looks like a secret in a text, replaced: the log's second line of defence. */
#include <strings.h>

#include "server/operation/log.h"

#define TOKEN_DIGITS 43u /* of 32 bytes in base64url */

typedef struct {
    tps_span text;
    size_t at; /* what is before is written */
    tps_buf room;
    size_t size;
} redaction;

static void put(redaction *r, const void *bytes, size_t size)
{
    size_t left = r->room.size - r->size;

    size = size < left ? size : left;
    if (size > 0) {
        memcpy(r->room.data + r->size, bytes, size);
        r->size += size;
    }
}

/* Keeps `kept` bytes, and replaces `secret` bytes behind them. */
static void replace(redaction *r, size_t kept, size_t secret)
{
    put(r, r->text.data + r->at, kept);
    put(r, "[redacted]", 10);
    r->at += kept + secret;
}

static bool is_base64url(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool is_token(uint8_t c)
{
    return is_base64url(c) || (c != '\0' && memchr(".~+/=", c, 5) != NULL);
}

static bool is_value(uint8_t c)
{
    return c > ' ' && c < 0x7f && memchr("&;,'\"", c, 5) == NULL;
}

static bool is_jws(uint8_t c)
{
    return is_base64url(c) || c == '.';
}

static bool is_userinfo(uint8_t c)
{
    return c > ' ' && c < 0x7f && memchr("/?#@\"", c, 5) == NULL;
}

static size_t run(tps_span text, bool (*is_one)(uint8_t))
{
    size_t size = 0;

    while (size < text.size && is_one(text.data[size])) {
        size++;
    }
    return size;
}

static tps_span rest(const redaction *r, size_t skipped)
{
    return tps_span_make(r->text.data + r->at + skipped, r->text.size - r->at - skipped);
}

static bool begins(tps_span text, const char *with)
{
    size_t size = strlen(with);

    return text.size >= size && strncasecmp((const char *)text.data, with, size) == 0;
}

/* ---- the kinds: each true when it has taken something ---- */

static bool take_api_token(redaction *r)
{
    size_t digits;

    if (!begins(rest(r, 0), "tps_")) {
        return false;
    }
    digits = run(rest(r, 4), is_base64url);
    if (digits < TOKEN_DIGITS) {
        return false;
    }
    replace(r, 4, digits);
    return true;
}

/* A word such as "Basic" may stand in a sentence: only what is as long as credentials are counts. */
static bool take_credentials(redaction *r)
{
    size_t scheme = begins(rest(r, 0), "bearer ") ? 7 : begins(rest(r, 0), "basic ") ? 6 : 0;
    size_t size = scheme == 0 ? 0 : run(rest(r, scheme), is_token);

    if (size < 8) {
        return false;
    }
    replace(r, scheme, size);
    return true;
}

static bool take_web_token(redaction *r)
{
    size_t size = begins(rest(r, 0), "eyJ") ? run(rest(r, 0), is_jws) : 0;

    if (size < 16 || memchr(r->text.data + r->at, '.', size) == NULL) {
        return false;
    }
    replace(r, 3, size - 3);
    return true;
}

/* scheme://user:password@host */
static bool take_url(redaction *r)
{
    size_t size = begins(rest(r, 0), "://") ? run(rest(r, 3), is_userinfo) : 0;
    const uint8_t *user = r->text.data + r->at + 3;
    const uint8_t *colon = size == 0 ? NULL : memchr(user, ':', size);
    size_t kept;

    if (colon == NULL || r->at + 3 + size >= r->text.size || user[size] != '@') {
        return false;
    }
    kept = 3 + (size_t)(colon - user) + 1;
    replace(r, kept, 3 + size - kept);
    return true;
}

/* "password=...", and names that end so; the value perhaps in quotes. */
static bool take_named(redaction *r)
{
    static const char *const names[] = {"password=", "passphrase=", "passwd=", "secret=", "token=", "nonce="};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t kept = strlen(names[i]);
        tps_span value;
        const uint8_t *end;

        if (!begins(rest(r, 0), names[i])) {
            continue;
        }
        value = rest(r, kept);
        if (value.size > 0 && (value.data[0] == '\'' || value.data[0] == '"')) {
            end = memchr(value.data + 1, value.data[0], value.size - 1);
            replace(r, kept, end == NULL ? value.size : (size_t)(end - value.data) + 1);
            return true;
        }
        value.size = run(value, is_value);
        if (value.size > 0) {
            replace(r, kept, value.size);
            return true;
        }
    }
    return false;
}

/* PEM of a private key, up to its end or the text's. */
static bool take_private_key(redaction *r)
{
    static const char begin[] = "-----BEGIN ";
    static const char end[] = "-----END ";
    tps_span text = rest(r, 0);
    size_t head = sizeof(begin) - 1;
    const uint8_t *found;

    if (!begins(text, begin) ||
        memmem(text.data, text.size < 48 ? text.size : 48, "PRIVATE KEY", 11) == NULL) {
        return false;
    }
    found = memmem(text.data, text.size, end, sizeof(end) - 1);
    replace(r, head, found == NULL ? text.size - head : (size_t)(found - text.data) - head);
    return true;
}

size_t tps_log_redact(tps_span text, tps_buf room)
{
    static bool (*const kinds[])(redaction *) = {take_api_token, take_credentials, take_web_token,
                                                 take_url,       take_named,       take_private_key};
    redaction r = {.text = text, .room = room};

    while (r.at < text.size) {
        bool taken = false;

        /* All of them begin with one of these. */
        if (memchr("tTbBeE:pPsSnN-", text.data[r.at], 14) != NULL) {
            for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !taken; i++) {
                taken = kinds[i](&r);
            }
        }
        if (!taken) {
            put(&r, text.data + r.at, 1);
            r.at++;
        }
    }
    return r.size;
}
