/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of keys, and the thread that fetches them: one curl_multi for all, so that a provider that is slow
 * delays nobody else. The lock is held for moments; never during I/O.
 */
#include "server/access/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "format/json/reader.h"

#define DISCOVERY    "/.well-known/openid-configuration"
#define URL_SIZE     (TPS_KEYS_URL_MAX + sizeof DISCOVERY)
#define RETRY_MAX_MS 300000u
#define IDLE_MS      60000u
#define END_WAIT_S   2

struct tps_key_source {
    char issuer[TPS_KEYS_URL_MAX + 1];
    char jwks_uri[TPS_KEYS_URL_MAX + 1]; /* empty: by discovery */
    tps_key_source *next;
    unsigned users; /* 0: the thread ends it */
    tps_jwks *keys;
    uint64_t fetched_ms; /* when `keys` came */
    uint64_t next_ms;    /* when to fetch again */
    uint64_t demand_ms;  /* when somebody last came with an unknown key; 0: never */
    unsigned failures;   /* since the last success */
    bool is_under_way;
    tps_status state;
    const char *text;
    /* The thread's alone: what is under way. */
    CURL *transfer;
    bool is_discovery;
    char url[URL_SIZE]; /* that is being asked */
    char *body;
    size_t size;
};

static struct {
    _Atomic uint32_t refresh, retry, demand, kept;
} times = {TPS_KEYS_REFRESH_S * 1000, 5000, TPS_KEYS_DEMAND_S * 1000, TPS_KEYS_KEPT_S * 1000};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static tps_key_source *sources;
static size_t source_count;
static CURLM *multi; /* while the thread runs */
static bool is_stopping;

static void (*observer)(const char *issuer, tps_status status, const char *text);

void tps_keys_set_observer(void (*told)(const char *issuer, tps_status status, const char *text))
{
    observer = told;
}

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u + 1; /* never 0 */
}

void tps_keys_set_times(uint32_t refresh_ms, uint32_t retry_ms, uint32_t demand_ms, uint32_t kept_ms)
{
    times.refresh = refresh_ms;
    times.retry = retry_ms;
    times.demand = demand_ms;
    times.kept = kept_ms;
}

/* ---- URLs ---- */

/* A text that is known to fit. */
static void copy_text(char *to, const char *from)
{
    memcpy(to, from, strlen(from) + 1);
}

static bool is_loopback_name(const char *host)
{
    struct in_addr address;

    return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

static char *part_of(CURLU *url, CURLUPart part)
{
    char *text = NULL;

    return curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

static bool is_allowed(CURLU *url)
{
    char *scheme = part_of(url, CURLUPART_SCHEME);
    char *host = part_of(url, CURLUPART_HOST);
    char *user = part_of(url, CURLUPART_USER);
    bool good = scheme != NULL && host != NULL && user == NULL &&
                (strcmp(scheme, "https") == 0 || (strcmp(scheme, "http") == 0 && is_loopback_name(host)));

    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    return good;
}

bool tps_keys_url_is_allowed(const char *url)
{
    CURLU *parsed;
    bool good;

    if (strlen(url) > TPS_KEYS_URL_MAX || strpbrk(url, "?#@\\\"") != NULL ||
        (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)) {
        return false;
    }
    for (const char *c = url; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~') {
            return false;
        }
    }
    parsed = curl_url();
    good = parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK && is_allowed(parsed);
    curl_url_cleanup(parsed);
    return good;
}

/* ---- one transfer: in the thread, without the lock ---- */

static size_t take_body(char *data, size_t one, size_t count, void *context)
{
    tps_key_source *source = context;
    size_t size = one * count;

    if (size > TPS_JWKS_SIZE_MAX - source->size) {
        return 0;
    }
    memcpy(source->body + source->size, data, size);
    source->size += size;
    return size;
}

/* This machine, its link, or nowhere: where a public name must not lead. */
static bool is_near(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        uint32_t a = ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr);
        return a >> 24 == 127 || a >> 24 == 0 || a >> 16 == 0xa9fe || a >> 28 >= 14;
    }
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *a = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        return IN6_IS_ADDR_LOOPBACK(a) || IN6_IS_ADDR_UNSPECIFIED(a) || IN6_IS_ADDR_LINKLOCAL(a) ||
               IN6_IS_ADDR_MULTICAST(a) || IN6_IS_ADDR_V4MAPPED(a);
    }
    return true;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)context;
    (void)purpose;
    if (is_near(&address->addr)) {
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool has_proxy(void)
{
    return getenv("https_proxy") != NULL || getenv("HTTPS_PROXY") != NULL || getenv("ALL_PROXY") != NULL ||
           getenv("all_proxy") != NULL;
}

bool tps_keys_url_is_local(const char *url)
{
    CURLU *parsed = curl_url();
    char *host = NULL;
    bool local = false;

    if (parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK) {
        host = part_of(parsed, CURLUPART_HOST);
        local = host != NULL && is_loopback_name(host);
    }
    curl_free(host);
    curl_url_cleanup(parsed);
    return local;
}

static bool set_up(tps_key_source *source)
{
    CURL *c = source->transfer;
    bool local = tps_keys_url_is_local(source->url);
    bool guarded = !local && !has_proxy();

    return curl_easy_setopt(c, CURLOPT_URL, source->url) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, local ? "http,https" : "https") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 5L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_TIMEOUT, 10L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_USERAGENT, "tps-serve") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEDATA, source) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PRIVATE, source) == CURLE_OK &&
           (!local || curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK) &&
           (!guarded || curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK);
}

static void end_transfer(tps_key_source *source)
{
    if (source->transfer != NULL) {
        (void)curl_multi_remove_handle(multi, source->transfer);
        curl_easy_cleanup(source->transfer);
        source->transfer = NULL;
    }
    free(source->body);
    source->body = NULL;
    source->size = 0;
}

/* Asks `source->url`. */
static bool begin_transfer(tps_key_source *source)
{
    source->transfer = curl_easy_init();
    source->body = malloc(TPS_JWKS_SIZE_MAX);
    if (source->transfer == NULL || source->body == NULL || !set_up(source) ||
        curl_multi_add_handle(multi, source->transfer) != CURLM_OK) {
        end_transfer(source);
        return false;
    }
    return true;
}

/* ---- what came ---- */

/* What is as it was is told once. */
static void tell(const tps_key_source *source, tps_status before, const char *text_before)
{
    if (observer != NULL && (source->state != before || strcmp(source->text, text_before) != 0)) {
        observer(source->issuer, source->state, source->text);
    }
}

static void failed(tps_key_source *source, tps_status status, const char *text)
{
    uint32_t pause = times.retry << (source->failures < 6 ? source->failures : 6);
    const char *text_before = source->text;
    tps_status state_before = source->state;

    pthread_mutex_lock(&lock);
    source->is_under_way = false;
    source->failures++;
    source->state = status;
    source->text = text;
    source->next_ms = now_ms() + (pause < RETRY_MAX_MS ? pause : RETRY_MAX_MS);
    pthread_mutex_unlock(&lock);
    tell(source, state_before, text_before);
}

static void take_keys(tps_key_source *source, tps_span json)
{
    tps_error why = {TPS_OK, 0, NULL};
    tps_jwks *keys;
    tps_jwks *before;
    const char *text_before = source->text;
    tps_status state_before = source->state;
    tps_status status = tps_jwks_read(json, &keys, &why);

    if (status != TPS_OK) {
        failed(source, TPS_SERVER_BAD_KEY_SET, why.detail == NULL ? tps_status_cause(status) : why.detail);
        return;
    }
    pthread_mutex_lock(&lock);
    before = source->keys;
    source->is_under_way = false;
    source->keys = keys;
    source->fetched_ms = now_ms();
    source->next_ms = source->fetched_ms + times.refresh;
    source->failures = 0;
    source->state = TPS_OK;
    source->text = "";
    pthread_mutex_unlock(&lock);
    tps_jwks_release(before);
    tell(source, state_before, text_before);
}

/* A member of the discovery document as a text with a final zero; false if it has another type or does not
 * fit. */
static bool read_text(json_reader *r, char out[TPS_KEYS_URL_MAX + 1])
{
    uint8_t space[TPS_KEYS_URL_MAX];
    tps_buf room = TPS_BUF_OF(space);
    tps_span text = json_get_text(r, &room);

    if (r->status != TPS_OK || text.size > TPS_KEYS_URL_MAX || memchr(text.data, '\0', text.size) != NULL) {
        return false;
    }
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return true;
}

/* OpenID Connect Discovery, 3 and 4.3. NULL, or what is wrong. */
static const char *read_discovery(tps_key_source *source, tps_span json)
{
    static const json_limits limits = {.size = TPS_JWKS_SIZE_MAX, .depth = 16, .entries = 512};
    char issuer[TPS_KEYS_URL_MAX + 1] = "";
    char uri[TPS_KEYS_URL_MAX + 1] = "";
    json_reader r = json_reader_init(json);
    json_list list;

    if (json_check(json, &limits, NULL) != TPS_OK || json_peek(&r) != JSON_OBJECT) {
        return "the discovery document is no JSON object";
    }
    list = json_enter_object(&r);
    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);

        if (json_str_is(name, "issuer") || json_str_is(name, "jwks_uri")) {
            if (!read_text(&r, json_str_is(name, "issuer") ? issuer : uri)) {
                return "the discovery document's issuer or jwks_uri is no text";
            }
        } else {
            (void)json_skip(&r);
        }
    }
    if (strcmp(issuer, source->issuer) != 0) {
        return "the discovery document is of another issuer";
    }
    if (!tps_keys_url_is_allowed(uri)) {
        return "the discovery document's jwks_uri is no https URL";
    }
    if (tps_keys_url_is_local(uri) && !tps_keys_url_is_local(source->issuer)) {
        return "the discovery document's jwks_uri leads to this machine";
    }
    copy_text(source->url, uri);
    return NULL;
}

static void go_on_from_discovery(tps_key_source *source, tps_span json)
{
    const char *wrong = read_discovery(source, json);

    end_transfer(source);
    if (wrong != NULL) {
        failed(source, TPS_SERVER_BAD_KEY_SET, wrong);
        return;
    }
    source->is_discovery = false;
    if (!begin_transfer(source)) {
        failed(source, TPS_OUT_OF_MEMORY, tps_status_cause(TPS_OUT_OF_MEMORY));
    }
}

static void on_done(tps_key_source *source, CURLcode code)
{
    tps_span body = tps_span_make(source->body, source->size);
    long http = 0;

    (void)curl_easy_getinfo(source->transfer, CURLINFO_RESPONSE_CODE, &http);
    if (code != CURLE_OK) {
        end_transfer(source);
        failed(source, TPS_SERVER_ISSUER_AWAY,
               code == CURLE_WRITE_ERROR ? "the answer is too large" : curl_easy_strerror(code));
    } else if (http != 200) {
        end_transfer(source);
        failed(source, TPS_SERVER_ISSUER_AWAY, "the answer has not status 200");
    } else if (source->is_discovery) {
        go_on_from_discovery(source, body);
    } else {
        take_keys(source, body);
        end_transfer(source);
    }
}

/* ---- the thread ---- */

static void begin(tps_key_source *source)
{
    source->is_discovery = source->jwks_uri[0] == '\0';
    if (source->is_discovery) {
        size_t size = strlen(source->issuer);

        while (size > 0 && source->issuer[size - 1] == '/') {
            size--;
        }
        memcpy(source->url, source->issuer, size);
        copy_text(source->url + size, DISCOVERY);
    } else {
        copy_text(source->url, source->jwks_uri);
    }
    if (!begin_transfer(source)) {
        failed(source, TPS_OUT_OF_MEMORY, tps_status_cause(TPS_OUT_OF_MEMORY));
    }
}

static void free_source(tps_key_source *source)
{
    end_transfer(source);
    tps_jwks_release(source->keys);
    free(source);
}

/* Takes a source that nobody uses out of the list; NULL: there is none. */
static tps_key_source *take_unused(void)
{
    tps_key_source *found = NULL;

    pthread_mutex_lock(&lock);
    for (tps_key_source **at = &sources; *at != NULL && found == NULL;) {
        if ((*at)->users == 0) {
            found = *at;
            *at = found->next;
            source_count--;
        } else {
            at = &(*at)->next;
        }
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static void free_unused(void)
{
    tps_key_source *source;

    while ((source = take_unused()) != NULL) {
        free_source(source);
    }
}

/* A source that is due and has no transfer; sets how long to wait if there is none. Sources are freed by this
 * thread alone, so what is returned stays. */
static tps_key_source *take_due(int *wait_ms)
{
    uint64_t now = now_ms();
    uint64_t first = now + IDLE_MS;
    tps_key_source *due = NULL;

    pthread_mutex_lock(&lock);
    for (tps_key_source *at = sources; at != NULL && due == NULL; at = at->next) {
        if (at->transfer != NULL) {
            continue;
        }
        if (at->next_ms <= now) {
            due = at;
            due->is_under_way = true;
        } else if (at->next_ms < first) {
            first = at->next_ms;
        }
    }
    pthread_mutex_unlock(&lock);
    *wait_ms = (int)(first - now);
    return due;
}

/* True when there is nothing left to do; then the thread is none any more. */
static bool has_ended(void)
{
    bool end;

    pthread_mutex_lock(&lock);
    end = is_stopping || sources == NULL;
    if (end) {
        for (tps_key_source *at = sources; at != NULL; at = at->next) {
            end_transfer(at);
        }
        (void)curl_multi_cleanup(multi);
        multi = NULL;
        pthread_cond_broadcast(&ended);
    }
    pthread_mutex_unlock(&lock);
    return end;
}

static void *run(void *context)
{
    (void)context;
    free_unused();
    while (!has_ended()) {
        tps_key_source *source;
        int running = 0;
        int wait_ms = 0;
        int left = 0;
        CURLMsg *message;

        while ((source = take_due(&wait_ms)) != NULL) {
            begin(source);
        }
        (void)curl_multi_perform(multi, &running);
        while ((message = curl_multi_info_read(multi, &left)) != NULL) {
            CURLcode code = message->data.result;

            if (curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&source) == CURLE_OK) {
                on_done(source, code);
                wait_ms = 0;
            }
        }
        (void)curl_multi_poll(multi, NULL, 0, wait_ms, NULL);
        free_unused();
    }
    return NULL;
}

/* At the end of the program, so that the thread does not use what is torn down. */
static void stop(void)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += END_WAIT_S;
    pthread_mutex_lock(&lock);
    is_stopping = true;
    while (multi != NULL) {
        (void)curl_multi_wakeup(multi);
        if (pthread_cond_timedwait(&ended, &lock, &until) != 0) {
            break;
        }
    }
    pthread_mutex_unlock(&lock);
}

static void start_once(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)atexit(stop);
}

/* With the lock. */
static tps_status start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_attr_t attributes;
    pthread_t thread;
    bool good;

    if (multi != NULL) {
        return TPS_OK;
    }
    (void)pthread_once(&once, start_once);
    multi = curl_multi_init();
    good = multi != NULL && pthread_attr_init(&attributes) == 0;
    if (good) {
        good = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
               pthread_create(&thread, &attributes, run, NULL) == 0;
        (void)pthread_attr_destroy(&attributes);
    }
    if (!good && multi != NULL) {
        (void)curl_multi_cleanup(multi);
        multi = NULL;
    }
    return good ? TPS_OK : TPS_IO;
}

/* ---- for everybody ---- */

/* With the lock. One that nobody uses any more is about to be freed, and is passed over. */
static tps_key_source *find(const char *issuer, const char *jwks_uri)
{
    for (tps_key_source *at = sources; at != NULL; at = at->next) {
        if (at->users > 0 && strcmp(at->issuer, issuer) == 0 && strcmp(at->jwks_uri, jwks_uri) == 0) {
            return at;
        }
    }
    return NULL;
}

/* With the lock. */
static tps_status add(const char *issuer, const char *jwks_uri, tps_key_source **source)
{
    tps_key_source *made;

    if (source_count >= TPS_KEYS_SOURCES_MAX) {
        return TPS_TOO_LARGE;
    }
    made = calloc(1, sizeof *made);
    if (made == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    copy_text(made->issuer, issuer);
    copy_text(made->jwks_uri, jwks_uri);
    made->state = TPS_SERVER_ISSUER_AWAY;
    made->text = "not fetched yet";
    made->next = sources;
    sources = made;
    source_count++;
    *source = made;
    if (start() != TPS_OK) {
        sources = made->next;
        source_count--;
        free(made);
        *source = NULL;
        return TPS_IO;
    }
    return TPS_OK;
}

tps_status tps_key_source_open(const char *issuer, const char *jwks_uri, tps_key_source **source)
{
    const char *uri = jwks_uri == NULL ? "" : jwks_uri;
    tps_status status = TPS_OK;

    *source = NULL;
    if (!tps_keys_url_is_allowed(issuer) || (jwks_uri != NULL && !tps_keys_url_is_allowed(jwks_uri))) {
        return TPS_BAD_ARGUMENT;
    }
    pthread_mutex_lock(&lock);
    *source = find(issuer, uri);
    if (*source == NULL) {
        status = add(issuer, uri, source);
    }
    if (status == TPS_OK) {
        (*source)->users++;
        (void)curl_multi_wakeup(multi);
    }
    pthread_mutex_unlock(&lock);
    return status;
}

void tps_key_source_close(tps_key_source *source)
{
    if (source == NULL) {
        return;
    }
    pthread_mutex_lock(&lock);
    source->users--;
    if (source->users == 0 && multi != NULL) {
        (void)curl_multi_wakeup(multi);
    }
    pthread_mutex_unlock(&lock);
}

tps_status tps_key_source_keys(tps_key_source *source, tps_jwks **keys)
{
    *keys = NULL;
    pthread_mutex_lock(&lock);
    if (source->keys != NULL && now_ms() - source->fetched_ms <= times.kept) {
        *keys = tps_jwks_retain(source->keys);
    }
    pthread_mutex_unlock(&lock);
    return *keys == NULL ? TPS_SERVER_ISSUER_AWAY : TPS_OK;
}

bool tps_key_source_demand(tps_key_source *source)
{
    uint64_t now = now_ms();
    bool is_coming;

    pthread_mutex_lock(&lock);
    is_coming = source->is_under_way || source->next_ms <= now;
    if (!is_coming && (source->demand_ms == 0 || now - source->demand_ms >= times.demand)) {
        source->demand_ms = now;
        source->next_ms = now;
        is_coming = true;
        if (multi != NULL) {
            (void)curl_multi_wakeup(multi);
        }
    }
    pthread_mutex_unlock(&lock);
    return is_coming;
}

tps_status tps_key_source_state(tps_key_source *source, const char **text)
{
    tps_status state;

    pthread_mutex_lock(&lock);
    state = source->state;
    *text = source->text;
    pthread_mutex_unlock(&lock);
    return state;
}
