/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the provider over libcurl, which only connects here; bytes are carried as they are. */
#include "device/bridge_provider.h"

#include <stdio.h>
#include <sys/socket.h>

#include "device/attest.h"
#include "device/http.h"
#include "line/line.h"

enum { CONNECT_TIMEOUT_MS = 10000 };

/* ---- the address ---- */

static tps_status put_parts(CURLU *url, const char *tenant, tps_bridge_address *address,
                            tps_device_problem *problem)
{
    char *scheme = NULL, *host = NULL, *port = NULL, *path = NULL;
    int host_size = 0, path_size = 0;

    (void)curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
    (void)curl_url_get(url, CURLUPART_HOST, &host, 0);
    (void)curl_url_get(url, CURLUPART_PORT, &port, 0);
    (void)curl_url_get(url, CURLUPART_PATH, &path, 0);
    if (scheme != NULL && host != NULL && path != NULL) {
        address->is_https = strcmp(scheme, "https") == 0;
        host_size = snprintf(address->host, sizeof(address->host), "%s%s%s", host, port == NULL ? "" : ":",
                             port == NULL ? "" : port);
        path_size =
            snprintf(address->path, sizeof(address->path), "%s%s%s", strcmp(path, "/") == 0 ? "" : path,
                     tenant == NULL ? "" : "/t/", tenant == NULL ? "" : tenant);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(path);
    if (host_size <= 0) {
        return tps_device_fail_status(problem, TPS_OUT_OF_MEMORY, "URL");
    }
    if ((uint32_t)host_size + (uint32_t)path_size > TPS_LINE_ADDRESS_MAX) {
        return tps_device_fail(problem, TPS_TOO_LARGE, "give the provider a shorter name or path",
                               "%.200s: host and path are longer than the %u bytes that a chip takes",
                               address->url, TPS_LINE_ADDRESS_MAX);
    }
    return TPS_OK;
}

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool consists_of(const char *text, const char *characters)
{
    return strspn(text, characters) == strlen(text);
}

tps_status tps_bridge_address_parse(const char *url, const char *tenant, tps_bridge_address *address,
                                    tps_device_problem *problem)
{
    const tps_device_attest_request asked = {.url = url, .tenant = tenant};
    CURLU *parsed;
    tps_status status;

    memset(address, 0, sizeof(*address));
    TPS_TRY(tps_device_attest_check(&asked, problem));
    TPS_TRY(tps_device_http_base(url, address->url, sizeof(address->url), problem));
    parsed = curl_url();
    if (parsed == NULL || curl_url_set(parsed, CURLUPART_URL, address->url, 0) != CURLUE_OK) {
        status = tps_device_fail_status(problem, TPS_OUT_OF_MEMORY, "URL");
    } else {
        status = put_parts(parsed, tenant, address, problem);
    }
    curl_url_cleanup(parsed);
    if (status == TPS_OK && !(consists_of(address->host, "-._:[]" LETTERS_AND_DIGITS) &&
                              consists_of(address->path, "-._~/" LETTERS_AND_DIGITS))) {
        return tps_device_fail(problem, TPS_BAD_ARGUMENT,
                               "use letters, digits and -._~ only; names as xn--...",
                               "the URL \"%.200s\" has characters that a chip does not take", address->url);
    }
    return status;
}

/* ---- the connection ---- */

tps_status tps_bridge_provider_init(tps_bridge_provider *provider, tps_device_problem *problem)
{
    memset(provider, 0, sizeof(*provider));
    provider->multi = curl_multi_init();
    return provider->multi != NULL ? TPS_OK : tps_device_fail_status(problem, TPS_OUT_OF_MEMORY, "HTTP");
}

void tps_bridge_provider_close(tps_bridge_provider *provider)
{
    if (provider->easy != NULL) {
        (void)curl_multi_remove_handle(provider->multi, provider->easy);
        curl_easy_cleanup(provider->easy);
    }
    provider->easy = NULL;
    provider->state = TPS_BRIDGE_CLOSED;
    provider->is_read_out = false;
    provider->is_shut = false;
    provider->error[0] = '\0';
}

void tps_bridge_provider_free(tps_bridge_provider *provider)
{
    tps_bridge_provider_close(provider);
    if (provider->multi != NULL) {
        (void)curl_multi_cleanup(provider->multi);
    }
    provider->multi = NULL;
}

static void fail_connect(tps_bridge_provider *provider, CURLcode code)
{
    bool is_tls = code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
                  code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CERTPROBLEM ||
                  code == CURLE_SSL_CIPHER;

    if (provider->error[0] == '\0') {
        (void)snprintf(provider->error, sizeof(provider->error), "%s", curl_easy_strerror(code));
    }
    provider->state = TPS_BRIDGE_UNREACHED;
    provider->status = is_tls ? TPS_LINE_INSECURE : TPS_LINE_UNREACHABLE;
}

/** A new connection for each stream; HTTP/1.1 is what TLS is told, since that is what chips speak. */
static bool set_up(tps_bridge_provider *provider, const tps_bridge_address *address, const char *authorities)
{
    CURL *c = provider->easy;

    return curl_easy_setopt(c, CURLOPT_URL, address->url) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_ERRORBUFFER, provider->error) == CURLE_OK &&
           (authorities == NULL || curl_easy_setopt(c, CURLOPT_CAINFO, authorities) == CURLE_OK) &&
           (address->is_https || curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK);
}

void tps_bridge_provider_connect(tps_bridge_provider *provider, const tps_bridge_address *address,
                                 const char *authorities)
{
    tps_bridge_provider_close(provider);
    provider->is_https = address->is_https;
    provider->easy = curl_easy_init();
    if (provider->easy == NULL || !set_up(provider, address, authorities) ||
        curl_multi_add_handle(provider->multi, provider->easy) != CURLM_OK) {
        fail_connect(provider, CURLE_OUT_OF_MEMORY);
        return;
    }
    provider->state = TPS_BRIDGE_CONNECTING;
}

void tps_bridge_provider_step(tps_bridge_provider *provider)
{
    int running;
    int left;
    CURLMsg *message;

    if (provider->state != TPS_BRIDGE_CONNECTING) {
        return;
    }
    (void)curl_multi_perform(provider->multi, &running);
    while ((message = curl_multi_info_read(provider->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE || message->easy_handle != provider->easy) {
            continue;
        }
        if (message->data.result != CURLE_OK) {
            fail_connect(provider, message->data.result);
            return;
        }
        if (curl_easy_getinfo(provider->easy, CURLINFO_ACTIVESOCKET, &provider->socket) != CURLE_OK ||
            provider->socket == CURL_SOCKET_BAD) {
            fail_connect(provider, CURLE_COULDNT_CONNECT);
            return;
        }
        provider->state = TPS_BRIDGE_CONNECTED;
    }
}

int tps_bridge_provider_read(tps_bridge_provider *provider, uint8_t *bytes, size_t room)
{
    size_t size = 0;
    CURLcode code;

    if (provider->state != TPS_BRIDGE_CONNECTED || provider->is_read_out) {
        return 0;
    }
    code = curl_easy_recv(provider->easy, bytes, room, &size);
    if (code == CURLE_AGAIN) {
        return 0;
    }
    provider->is_read_out = code == CURLE_OK && size == 0;
    return code == CURLE_OK ? (int)size : -1;
}

int tps_bridge_provider_write(tps_bridge_provider *provider, const uint8_t *bytes, size_t size)
{
    size_t sent = 0;
    CURLcode code;

    if (provider->state != TPS_BRIDGE_CONNECTED || size == 0) {
        return 0;
    }
    code = curl_easy_send(provider->easy, bytes, size, &sent);
    return code == CURLE_OK ? (int)sent : code == CURLE_AGAIN ? 0 : -1;
}

void tps_bridge_provider_finish(tps_bridge_provider *provider)
{
    if (provider->state == TPS_BRIDGE_CONNECTED && !provider->is_shut && !provider->is_https) {
        (void)shutdown(provider->socket, SHUT_WR);
    }
    provider->is_shut = true;
}
