/* SPDX-License-Identifier: Apache-2.0 */
/* tps-conformance: the conformance program over the local connector. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "component_conformance.h"
#include "tps/connector_local.h"
#include "tps/secret.h"
#include "tps/tpsc_registry.h"

static const char usage[] =
    "usage: tps-conformance [--destructive] [--release-key FILE] [SOCKET]\n"
    "  SOCKET              of the component; $TPS_SOCKET if not given\n"
    "  --destructive       also what cannot be undone: in the end the device is decommissioned\n"
    "  --release-key FILE  private key (PEM) of who signs firmware for the device: also releases, none of\n"
    "                      which is installed\n"
    "Prints a line a test. Exit status: 0 nothing failed, 1 something did, 2 no component.\n";

/** The key in a PEM file; NULL if there is none. */
static tps_crypto_key *read_key(const char *path)
{
    char text[4096];
    FILE *file = fopen(path, "rb");
    tps_crypto_key *key = NULL;
    size_t size;

    if (file == NULL) {
        return NULL;
    }
    size = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    if (tps_crypto_key_from_pem(tps_span_make(text, size), &key) != TPS_OK) {
        key = NULL;
    }
    tps_wipe(text, sizeof text);
    return key;
}

/** @return -1: go on; else the exit status. */
static int read_options(int argc, char **argv, conformance_options *options)
{
    static const struct option known[] = {{"destructive", no_argument, NULL, 'd'},
                                          {"release-key", required_argument, NULL, 'r'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};

    for (int c = getopt_long(argc, argv, "", known, NULL); c != -1;
         c = getopt_long(argc, argv, "", known, NULL)) {
        if (c == 'd') {
            options->destructive = true;
        } else if (c == 'r') {
            tps_crypto_key_free(options->release_key);
            options->release_key = read_key(optarg);
            if (options->release_key == NULL) {
                (void)fprintf(stderr, "tps-conformance: %s: no private key in PEM\n", optarg);
                return 2;
            }
        } else {
            (void)fputs(usage, c == 'h' ? stdout : stderr);
            return c == 'h' ? 0 : 2;
        }
    }
    return -1;
}

int main(int argc, char **argv)
{
    conformance_options options = conformance_on_host();
    const char *path = getenv("TPS_SOCKET");
    tps_connector_local *local = NULL;
    int result = read_options(argc, argv, &options);

    path = optind < argc ? argv[optind] : path;
    if (result >= 0) {
        tps_crypto_key_free(options.release_key);
        return result;
    }
    if (path == NULL || tps_connector_local_new(path, &local) != TPS_OK ||
        tps_client_register(tps_connector_local_table(local)) != TPSC_SUCCESS) {
        (void)fputs(usage, stderr);
        result = 2;
    } else {
        result = conformance_run(&options);
        (void)tps_client_unregister(tps_connector_local_table(local));
    }
    tps_connector_local_free(local);
    tps_crypto_key_free(options.release_key);
    return result;
}
