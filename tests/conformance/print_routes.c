/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the server's routes, a line each: method, path, scope, guard, whose it is. openapi.py compares them
 * with the document. */
#include <stdio.h>

#include "server/access/scope.h"
#include "server/service_internal.h"

int main(void)
{
    for (size_t i = 0; i < tps_route_count; i++) {
        const tps_route *route = &tps_routes[i];
        uint32_t scope = route->scope & TPS_SCOPES_ALL;
        const char *guard = (route->scope & TPS_GUARD_UNLESS_OPEN) != 0 ? "unless-open"
                            : (route->scope & TPS_GUARD_BY_ATTEST) != 0 ? "by-attest"
                            : (route->scope & TPS_GUARD_METRICS) != 0   ? "by-option"
                                                                        : "always";

        printf("%s %s %s %s %s %llu\n", tps_http_method_name(route->http.method), route->http.pattern,
               scope == 0 ? "anybody" : tps_scope_name(scope), guard, route->of_server ? "server" : "tenant",
               (unsigned long long)route->http.body_max);
    }
    return 0;
}
