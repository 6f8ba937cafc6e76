/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's HTTP over libcurl. */
#include "device/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { CONNECT_TIMEOUT_S = 5, TOTAL_TIMEOUT_S = 30, TYPE_SIZE = 192, LOCATION_SIZE = 512 };

struct tps_device_http {
    CURL *curl;
    char *body;
    size_t size;
    size_t capacity;
    bool is_too_large;
    char type[TYPE_SIZE];
    char location[LOCATION_SIZE];
};

static size_t take_body(char *data, size_t one, size_t count, void *context)
{
    tps_device_http *http = context;
    size_t size = one * count;

    if (size > TPS_DEVICE_ANSWER_MAX - http->size) {
        http->is_too_large = true;
        return 0;
    }
    if (http->size + size + 1 > http->capacity) {
        size_t capacity = (http->size + size + 1) * 2;
        char *more = realloc(http->body, capacity);

        if (more == NULL) {
            return 0;
        }
        http->body = more;
        http->capacity = capacity;
    }
    memcpy(http->body + http->size, data, size);
    http->size += size;
    http->body[http->size] = '\0';
    return size;
}

/** Keeps one header field's value, without the white space around it; what does not fit is dropped. */
static void keep_field(const char *line, size_t size, const char *name, char *value, size_t room)
{
    size_t from = strlen(name);

    if (size <= from || strncasecmp(line, name, from) != 0) {
        return;
    }
    while (from < size && (line[from] == ' ' || line[from] == '\t')) {
        from++;
    }
    while (size > from && (line[size - 1] == '\r' || line[size - 1] == '\n' || line[size - 1] == ' ')) {
        size--;
    }
    if (size - from < room) {
        memcpy(value, line + from, size - from);
        value[size - from] = '\0';
    }
}

static size_t take_field(char *line, size_t one, size_t count, void *context)
{
    tps_device_http *http = context;

    keep_field(line, one * count, "Content-Type:", http->type, sizeof(http->type));
    keep_field(line, one * count, "Location:", http->location, sizeof(http->location));
    return one * count;
}

tps_status tps_device_http_new(tps_device_http **http, tps_device_problem *problem)
{
    tps_device_http *made = calloc(1, sizeof(*made));

    if (made != NULL) {
        made->curl = curl_easy_init();
        made->body = calloc(1, 1);
        made->capacity = 1;
    }
    if (made == NULL || made->curl == NULL || made->body == NULL) {
        tps_device_http_free(made);
        return tps_device_fail_status(problem, TPS_OUT_OF_MEMORY, "HTTP");
    }
    *http = made;
    return TPS_OK;
}

void tps_device_http_free(tps_device_http *http)
{
    if (http != NULL) {
        curl_easy_cleanup(http->curl);
        free(http->body);
        free(http);
    }
}

/* ---- URLs ---- */

static bool is_loopback(const char *host)
{
    unsigned a;
    unsigned b;
    unsigned c;
    char rest;

    return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           sscanf(host, "127.%3u.%3u.%3u%c", &a, &b, &c, &rest) == 3;
}

/** A part of a URL; "" if it has none. The caller frees it with curl_free(). */
static char *part_of(CURLU *url, CURLUPart part)
{
    char *text = NULL;

    return curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

static const char *find_fault(CURLU *url, const char *text)
{
    char *scheme = part_of(url, CURLUPART_SCHEME);
    char *host = part_of(url, CURLUPART_HOST);
    char *user = part_of(url, CURLUPART_USER);
    const char *fault = NULL;

    if (scheme == NULL || host == NULL || user != NULL || strpbrk(text, "?# \t\r\n") != NULL) {
        fault = "it is not of the form https://HOST[:PORT][/PATH]";
    } else if (strcmp(scheme, "http") == 0) {
        fault = is_loopback(host) ? NULL : "http without TLS is for this machine only";
    } else if (strcmp(scheme, "https") != 0) {
        fault = "only https, and http to this machine, are spoken";
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    return fault;
}

tps_status tps_device_http_base(const char *url, char *base, size_t size, tps_device_problem *problem)
{
    CURLU *parsed = curl_url();
    size_t length = strlen(url);
    const char *fault = strstr(url, "://") == NULL ? "it does not begin with https:// (or http://)"
                                                   : "it is not of the form https://HOST[:PORT][/PATH]";

    if (parsed != NULL && strstr(url, "://") != NULL &&
        curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK) {
        fault = find_fault(parsed, url);
    }
    curl_url_cleanup(parsed);
    while (length > 0 && url[length - 1] == '/') {
        length--;
    }
    if (fault == NULL && length >= size) {
        fault = "it is too long";
    }
    if (fault != NULL) {
        return tps_device_fail(problem, TPS_BAD_ARGUMENT,
                               "give the server's, such as https://verifier.example",
                               "the URL \"%.200s\" cannot be used: %s", url, fault);
    }
    memcpy(base, url, length);
    base[length] = '\0';
    return TPS_OK;
}

/* ---- requests ---- */

static bool set_up(tps_device_http *http, const char *url, const char *type, tps_span body,
                   struct curl_slist *fields, char error[CURL_ERROR_SIZE])
{
    CURL *c = http->curl;
    bool is_local = strncmp(url, "http://", 7) == 0;

    curl_easy_reset(c);
    return curl_easy_setopt(c, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)TOTAL_TIMEOUT_S) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_USERAGENT, "tps-device") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEDATA, http) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_field) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HEADERDATA, http) == CURLE_OK &&
           (!is_local || curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK) &&
           (type == NULL || (curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)body.size) == CURLE_OK &&
                             curl_easy_setopt(c, CURLOPT_POSTFIELDS,
                                              body.size == 0 ? "" : (const char *)body.data) == CURLE_OK));
}

static tps_status fail_request(const tps_device_http *http, const char *url, CURLcode code, const char *error,
                               tps_device_problem *problem)
{
    if (http->is_too_large) {
        return tps_device_fail(problem, TPS_TOO_LARGE, "check that the URL is a verifier's",
                               "%.300s: the answer is larger than %u bytes", url, TPS_DEVICE_ANSWER_MAX);
    }
    if (code == CURLE_SSL_CONNECT_ERROR) {
        return tps_device_fail(problem, TPS_DEVICE_UNREACHABLE,
                               "check that TLS is spoken at this port; tps serve itself speaks http://",
                               "%.300s: no TLS connection can be made: %.200s", url,
                               error[0] != '\0' ? error : curl_easy_strerror(code));
    }
    return tps_device_fail(problem, TPS_DEVICE_UNREACHABLE, "check the URL and that the server runs",
                           "%.300s: the server does not answer: %.200s", url,
                           error[0] != '\0' ? error : curl_easy_strerror(code));
}

tps_status tps_device_http_request(tps_device_http *http, const char *url, const char *type, tps_span body,
                                   tps_device_answer *answer, tps_device_problem *problem)
{
    char field[TYPE_SIZE + 32];
    char error[CURL_ERROR_SIZE] = "";
    struct curl_slist *fields = NULL;
    CURLcode code = CURLE_FAILED_INIT;

    http->size = 0;
    http->body[0] = '\0';
    http->is_too_large = false;
    http->type[0] = '\0';
    http->location[0] = '\0';
    (void)snprintf(field, sizeof(field), "Content-Type: %s", type == NULL ? "" : type);
    fields = type == NULL ? NULL : curl_slist_append(NULL, type[0] == '\0' ? "Content-Type:" : field);
    if ((type == NULL || fields != NULL) && set_up(http, url, type, body, fields, error)) {
        code = curl_easy_perform(http->curl);
    }
    curl_slist_free_all(fields);
    if (code != CURLE_OK) {
        return fail_request(http, url, code, error, problem);
    }
    *answer = (tps_device_answer){
        .type = http->type, .location = http->location, .body = http->body, .size = http->size};
    (void)curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    return TPS_OK;
}
