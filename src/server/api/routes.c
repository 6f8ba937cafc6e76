/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of all routes. spec/openapi.json describes the same ones: tests/conformance/openapi.py compares
 * the two in both directions.
 */
#include "server/access/scope.h"
#include "server/api/handlers.h"

#define SMALL  65536u /* where no body, or a small one, is wanted: read it and go on, rather than close */
#define ATTEST (TPS_SCOPE_APPRAISE | TPS_GUARD_BY_ATTEST)

/* method, path, largest body, handler, scope (0: anybody, or the handler looks itself), name */
#define TENANT_ROUTES(X)                                                                                    \
    X(POST, "/challenge-response/v1/newSession", SMALL, new_session, ATTEST, "session.new")                 \
    X(POST, "/challenge-response/v1/session/{id}", TPS_SERVICE_EVIDENCE_MAX, post_evidence, ATTEST,         \
      "session.evidence")                                                                                   \
    X(GET, "/challenge-response/v1/session/{id}", SMALL, get_session, ATTEST, "session.get")                \
    X(DELETE, "/challenge-response/v1/session/{id}", SMALL, delete_session, ATTEST, "session.delete")       \
    X(POST, "/api/v1/appraisals", 2 * TPS_SERVICE_EVIDENCE_MAX, appraise, TPS_SCOPE_APPRAISE, "appraise")   \
    X(POST, "/endorsement-provisioning/v1/submit", TPS_SERVICE_CORIM_MAX, submit, 0, "provisioning.submit") \
    X(GET, "/.well-known/veraison/verification", SMALL, discover_verification, 0, "discovery.verification") \
    X(GET, "/.well-known/veraison/provisioning", SMALL, discover_provisioning, 0, "discovery.provisioning") \
    X(GET, "/.well-known/jwks.json", SMALL, jwks, 0, "jwks")                                                \
    X(GET, "/api/v1/audit", SMALL, audit, TPS_SCOPE_AUDIT, "audit.export")                                  \
    X(GET, "/api/v1/audit/checkpoint", SMALL, audit_checkpoint, TPS_SCOPE_AUDIT, "audit.checkpoint")

/* Of the server, not of a tenant: only at the root. */
#define SERVER_ROUTES(X)                           \
    X(GET, "/healthz", SMALL, health, 0, "health") \
    X(GET, "/readyz", SMALL, ready, 0, "ready")

enum {
#define AS_PLACE(method, path, max, handler, scope, name) PLACE_##handler,
    TENANT_ROUTES(AS_PLACE) SERVER_ROUTES(AS_PLACE) PLACE_COUNT
};

#define AS_ROW(method, path, max, handler, scope, of_server, name) \
    {{path, max, TPS_HTTP_##method, PLACE_##handler}, tps_handle_##handler, scope, of_server, name},
#define AS_TENANT_ROW(method, path, max, handler, scope, name) \
    AS_ROW(method, path, max, handler, scope, false, name)
#define AS_SERVER_ROW(method, path, max, handler, scope, name) \
    AS_ROW(method, path, max, handler, scope, true, name)

const tps_route tps_routes[] = {TENANT_ROUTES(AS_TENANT_ROW) SERVER_ROUTES(AS_SERVER_ROW)};
const size_t tps_route_count = PLACE_COUNT;
