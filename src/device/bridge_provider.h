/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file bridge_provider.h
 * The bridge's connection to the service provider: TCP, or TLS where the URL says https (libcurl). It is
 * bytes in both directions; what they mean is between chip and provider.
 */
#ifndef TPS_DEVICE_BRIDGE_PROVIDER_H
#define TPS_DEVICE_BRIDGE_PROVIDER_H

#include <curl/curl.h>

#include "device/problem.h"

enum { TPS_BRIDGE_URL_SIZE = 512, TPS_BRIDGE_ADDRESS_SIZE = 256 };

/** Where the provider is. */
typedef struct {
    char url[TPS_BRIDGE_URL_SIZE];      /**< without a slash at its end */
    char host[TPS_BRIDGE_ADDRESS_SIZE]; /**< as HTTP's Host field wants it */
    char path[TPS_BRIDGE_ADDRESS_SIZE]; /**< what goes before each path: the URL's own, then the tenant's */
    bool is_https;
} tps_bridge_address;

/**
 * @param tenant  NULL for the default one.
 * @retval TPS_BAD_ARGUMENT  URL or tenant.
 * @retval TPS_TOO_LARGE     Host and path are longer than any chip takes.
 */
TPS_MUST_USE tps_status tps_bridge_address_parse(const char *url, const char *tenant,
                                                 tps_bridge_address *address, tps_device_problem *problem);

enum {
    TPS_BRIDGE_CLOSED = 0,
    TPS_BRIDGE_CONNECTING = 1,
    TPS_BRIDGE_CONNECTED = 2,
    TPS_BRIDGE_UNREACHED = 3 /**< `status` and `error` tell why */
};

typedef struct {
    CURLM *multi;
    CURL *easy; /**< NULL: closed */
    uint32_t state;
    tps_status status; /**< TPS_LINE_UNREACHABLE or TPS_LINE_INSECURE, when unreached */
    curl_socket_t socket;
    bool is_https;
    bool is_read_out; /**< the provider sends no more */
    bool is_shut;     /**< it was told that no more comes */
    char error[CURL_ERROR_SIZE];
} tps_bridge_provider;

/** @retval TPS_OUT_OF_MEMORY */
TPS_MUST_USE tps_status tps_bridge_provider_init(tps_bridge_provider *provider, tps_device_problem *problem);

void tps_bridge_provider_free(tps_bridge_provider *provider);

/** Begins to connect; what was open is closed. @param authorities  See tps_device_bridge_request. */
void tps_bridge_provider_connect(tps_bridge_provider *provider, const tps_bridge_address *address,
                                 const char *authorities);

/** Goes on with connecting. */
void tps_bridge_provider_step(tps_bridge_provider *provider);

void tps_bridge_provider_close(tps_bridge_provider *provider);

/**
 * Bytes that are there now.
 * @return how many; 0: none now, none any more if `is_read_out`; -1: the connection broke.
 */
int tps_bridge_provider_read(tps_bridge_provider *provider, uint8_t *bytes, size_t room);

/** Bytes that are taken now. @return how many; -1: the connection broke. */
int tps_bridge_provider_write(tps_bridge_provider *provider, const uint8_t *bytes, size_t size);

/** No more will be written. TCP is told so; of TLS, which libcurl does not end in one direction, the provider
 * hears nothing. */
void tps_bridge_provider_finish(tps_bridge_provider *provider);

#endif
