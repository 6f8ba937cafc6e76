/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of all routes. spec/openapi.json describes the same ones: tests/conformance/openapi.py compares
 * the two in both directions.
 */
#include "server/access/scope.h"
#include "server/api/sessions.h"

#define SMALL  65536u /* where no body, or a small one, is wanted: read it and go on, rather than close */
#define ATTEST (TPS_SCOPE_APPRAISE | TPS_GUARD_BY_ATTEST)
#define SUBMIT (TPS_SCOPE_ENDORSE | TPS_GUARD_UNLESS_OPEN)
#define CORIM  TPS_SERVICE_CORIM_MAX

/* method, path, largest body, handler, scope (0: anybody), name */
#define TENANT_ROUTES(X)                                                                                     \
    X(POST, "/challenge-response/v1/newSession", SMALL, new_session, ATTEST, "session.new")                  \
    X(POST, "/challenge-response/v1/session/{id}", TPS_EVIDENCE_BODY_MAX, post_evidence, ATTEST,             \
      "session.evidence")                                                                                    \
    X(GET, "/challenge-response/v1/session/{id}", SMALL, get_session, ATTEST, "session.get")                 \
    X(DELETE, "/challenge-response/v1/session/{id}", SMALL, delete_session, ATTEST, "session.delete")        \
    X(POST, "/api/v1/appraisals", TPS_APPRAISAL_BODY_MAX, appraise, TPS_SCOPE_APPRAISE, "appraise")          \
    X(POST, "/endorsement-provisioning/v1/submit", CORIM, submit, SUBMIT, "provisioning.submit")             \
    X(GET, "/.well-known/veraison/verification", SMALL, discover_verification, 0, "discovery.verification")  \
    X(GET, "/.well-known/veraison/provisioning", SMALL, discover_provisioning, 0, "discovery.provisioning")  \
    X(GET, "/.well-known/jwks.json", SMALL, jwks, 0, "jwks")                                                 \
    X(GET, "/.well-known/veraison/management", SMALL, discover_management, 0, "discovery.management")        \
    X(GET, "/api/v1/openapi.json", SMALL, openapi, 0, "openapi")                                             \
    X(GET, "/api/v1/endorsements", SMALL, list_endorsements, TPS_SCOPE_READ, "endorsements.list")            \
    X(POST, "/api/v1/endorsements", CORIM, add_endorsement, SUBMIT, "endorsements.add")                      \
    X(GET, "/api/v1/endorsements/{id}", SMALL, get_endorsement, TPS_SCOPE_READ, "endorsements.get")          \
    X(DELETE, "/api/v1/endorsements/{id}", SMALL, remove_endorsement, TPS_SCOPE_ENDORSE,                     \
      "endorsements.remove")                                                                                 \
    X(GET, "/api/v1/anchors", SMALL, list_anchors, TPS_SCOPE_READ, "anchors.list")                           \
    X(POST, "/api/v1/anchors", SMALL, add_anchor, TPS_SCOPE_TRUST, "anchors.add")                            \
    X(GET, "/api/v1/anchors/{id}", SMALL, get_anchor, TPS_SCOPE_READ, "anchors.get")                         \
    X(DELETE, "/api/v1/anchors/{id}", SMALL, remove_anchor, TPS_SCOPE_TRUST, "anchors.remove")               \
    X(GET, "/api/v1/policies", SMALL, list_policies, TPS_SCOPE_READ, "policies.list")                        \
    X(POST, "/api/v1/policies", 4 * SMALL, add_policy, TPS_SCOPE_POLICY, "policies.add")                     \
    X(GET, "/api/v1/policies/default", SMALL, get_default_policy, TPS_SCOPE_READ, "policies.default")        \
    X(GET, "/api/v1/policies/{id}", SMALL, get_policy, TPS_SCOPE_READ, "policies.get")                       \
    X(DELETE, "/api/v1/policies/{id}", SMALL, remove_policy, TPS_SCOPE_POLICY, "policies.remove")            \
    X(POST, "/api/v1/policies/{id}/activate", SMALL, activate_policy, TPS_SCOPE_POLICY, "policies.activate") \
    X(POST, "/api/v1/policies/{id}/deactivate", SMALL, deactivate_policy, TPS_SCOPE_POLICY,                  \
      "policies.deactivate")                                                                                 \
    X(POST, "/management/v1/policy/{scheme}", SMALL, management_add, TPS_SCOPE_POLICY, "management.create")  \
    X(GET, "/management/v1/policy/{scheme}", SMALL, management_active, TPS_SCOPE_READ, "management.active")  \
    X(GET, "/management/v1/policy/{scheme}/{id}", SMALL, management_get, TPS_SCOPE_READ, "management.get")   \
    X(POST, "/management/v1/policy/{scheme}/{id}/activate", SMALL, management_activate, TPS_SCOPE_POLICY,    \
      "management.activate")                                                                                 \
    X(GET, "/management/v1/policies/{scheme}", SMALL, management_list, TPS_SCOPE_READ, "management.list")    \
    X(POST, "/management/v1/policies/{scheme}/deactivate", SMALL, management_deactivate, TPS_SCOPE_POLICY,   \
      "management.deactivate")                                                                               \
    X(GET, "/api/v1/revocations", SMALL, list_revocations, TPS_SCOPE_READ, "revocations.list")               \
    X(GET, "/api/v1/revocations/{name}", SMALL, get_revocations, TPS_SCOPE_READ, "revocations.get")          \
    X(PUT, "/api/v1/revocations/{name}", CORIM, put_revocations, TPS_SCOPE_TRUST, "revocations.put")         \
    X(DELETE, "/api/v1/revocations/{name}", SMALL, remove_revocations, TPS_SCOPE_TRUST,                      \
      "revocations.remove")                                                                                  \
    X(GET, "/api/v1/crls", SMALL, list_crls, TPS_SCOPE_READ, "crls.list")                                    \
    X(POST, "/api/v1/crls", CORIM, add_crl, TPS_SCOPE_TRUST, "crls.add")                                     \
    X(GET, "/api/v1/crls/{id}", SMALL, get_crl, TPS_SCOPE_READ, "crls.get")                                  \
    X(DELETE, "/api/v1/crls/{id}", SMALL, remove_crl, TPS_SCOPE_TRUST, "crls.remove")                        \
    X(GET, "/api/v1/keys", SMALL, list_keys, TPS_SCOPE_READ, "keys.list")                                    \
    X(POST, "/api/v1/keys", SMALL, add_key, TPS_SCOPE_KEYS, "keys.add")                                      \
    X(DELETE, "/api/v1/keys/{id}", SMALL, remove_key, TPS_SCOPE_KEYS, "keys.remove")                         \
    X(GET, "/api/v1/settings", SMALL, get_settings, TPS_SCOPE_ADMIN, "settings.get")                         \
    X(PATCH, "/api/v1/settings", SMALL, change_settings, TPS_SCOPE_ADMIN, "settings.change")                 \
    X(GET, "/api/v1/tokens", SMALL, list_tokens, TPS_SCOPE_ADMIN, "tokens.list")                             \
    X(POST, "/api/v1/tokens", SMALL, create_token, TPS_SCOPE_ADMIN, "tokens.create")                         \
    X(DELETE, "/api/v1/tokens/{name}", SMALL, remove_token, TPS_SCOPE_ADMIN, "tokens.remove")                \
    X(GET, "/api/v1/administrators", SMALL, list_administrators, TPS_SCOPE_ADMIN, "administrators.list")     \
    X(PUT, "/api/v1/administrators/{name}", SMALL, put_administrator, TPS_SCOPE_ADMIN, "administrators.put") \
    X(DELETE, "/api/v1/administrators/{name}", SMALL, remove_administrator, TPS_SCOPE_ADMIN,                 \
      "administrators.remove")                                                                               \
    X(GET, "/api/v1/audit", SMALL, audit, TPS_SCOPE_AUDIT, "audit.export")                                   \
    X(GET, "/api/v1/audit/checkpoint", SMALL, audit_checkpoint, TPS_SCOPE_AUDIT, "audit.checkpoint")

/* Of the server, not of a tenant: only at the root. */
#define SERVER_ROUTES(X)                                                                           \
    X(GET, "/healthz", SMALL, health, 0, "health")                                                 \
    X(GET, "/readyz", SMALL, ready, 0, "ready")                                                    \
    X(GET, "/metrics", SMALL, metrics, TPS_SCOPE_OPERATOR | TPS_GUARD_METRICS, "metrics")          \
    X(GET, "/api/v1/tenants", SMALL, list_tenants, TPS_SCOPE_OPERATOR, "tenants.list")             \
    X(POST, "/api/v1/tenants", SMALL, create_tenant, TPS_SCOPE_OPERATOR, "tenants.create")         \
    X(GET, "/api/v1/tenants/{name}", SMALL, get_tenant, TPS_SCOPE_OPERATOR, "tenants.get")         \
    X(PATCH, "/api/v1/tenants/{name}", SMALL, change_tenant, TPS_SCOPE_OPERATOR, "tenants.change") \
    X(DELETE, "/api/v1/tenants/{name}", SMALL, remove_tenant, TPS_SCOPE_OPERATOR, "tenants.remove")

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
