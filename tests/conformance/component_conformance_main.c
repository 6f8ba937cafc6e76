/* SPDX-License-Identifier: Apache-2.0 */
/* tps-conformance: the conformance program over the local connector. */
#include <getopt.h>
#include <stdlib.h>

#include "component_conformance.h"
#include "tps/connector_local.h"
#include "tps/tpsc_registry.h"

static const char usage[] =
    "usage: tps-conformance [--destructive] [SOCKET]\n"
    "  SOCKET         of the component; $TPS_SOCKET if not given\n"
    "  --destructive  also what cannot be undone\n"
    "Prints a line a test. Exit status: 0 nothing failed, 1 something did, 2 no component.\n";

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"destructive", no_argument, NULL, 'd'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    conformance_options options = {.out = stdout};
    const char *path = getenv("TPS_SOCKET");
    tps_connector_local *local = NULL;
    int result;

    for (int c = getopt_long(argc, argv, "", known, NULL); c != -1;
         c = getopt_long(argc, argv, "", known, NULL)) {
        if (c != 'd') {
            (void)fputs(usage, c == 'h' ? stdout : stderr);
            return c == 'h' ? 0 : 2;
        }
        options.destructive = true;
    }
    path = optind < argc ? argv[optind] : path;
    if (path == NULL || tps_connector_local_new(path, &local) != TPS_OK ||
        tps_client_register(tps_connector_local_table(local)) != TPSC_SUCCESS) {
        (void)fputs(usage, stderr);
        return 2;
    }
    result = conformance_run(&options);
    (void)tps_client_unregister(tps_connector_local_table(local));
    tps_connector_local_free(local);
    return result;
}
