/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file handlers.h
 * All handlers of the service's routes (routes.c has the table). A handler is called in the event loop, for a
 * principal who has the route's scope, and answers the exchange, now or later.
 */
#ifndef TPS_SERVER_API_HANDLERS_H
#define TPS_SERVER_API_HANDLERS_H

#include "server/service_internal.h"

#define TPS_TYPE_SESSION      "application/vnd.veraison.challenge-response-session+json"
#define TPS_TYPE_PROVISIONING "application/vnd.veraison.provisioning-session+json"
#define TPS_TYPE_DISCOVERY    "application/vnd.veraison.discovery+json"
#define TPS_TYPE_JSON         "application/json"

/* discovery.c */
void tps_handle_discover_verification(const tps_call *call);
void tps_handle_discover_provisioning(const tps_call *call);
void tps_handle_discover_management(const tps_call *call);
void tps_handle_jwks(const tps_call *call);

/* session_begin.c, session_evidence.c, session_lookup.c */
void tps_handle_new_session(const tps_call *call);
void tps_handle_post_evidence(const tps_call *call);
void tps_handle_get_session(const tps_call *call);
void tps_handle_delete_session(const tps_call *call);

/* appraisals.c */
void tps_handle_appraise(const tps_call *call);

/* provisioning.c */
void tps_handle_submit(const tps_call *call);

/* endorsements.c */
void tps_handle_list_endorsements(const tps_call *call);
void tps_handle_add_endorsement(const tps_call *call);
void tps_handle_get_endorsement(const tps_call *call);
void tps_handle_remove_endorsement(const tps_call *call);

/* anchors.c */
void tps_handle_list_anchors(const tps_call *call);
void tps_handle_add_anchor(const tps_call *call);
void tps_handle_get_anchor(const tps_call *call);
void tps_handle_remove_anchor(const tps_call *call);

/* policies.c */
void tps_handle_list_policies(const tps_call *call);
void tps_handle_add_policy(const tps_call *call);
void tps_handle_get_default_policy(const tps_call *call);
void tps_handle_get_policy(const tps_call *call);
void tps_handle_remove_policy(const tps_call *call);
void tps_handle_activate_policy(const tps_call *call);
void tps_handle_deactivate_policy(const tps_call *call);

/* management.c */
void tps_handle_management_add(const tps_call *call);
void tps_handle_management_active(const tps_call *call);
void tps_handle_management_get(const tps_call *call);
void tps_handle_management_activate(const tps_call *call);
void tps_handle_management_list(const tps_call *call);
void tps_handle_management_deactivate(const tps_call *call);

/* revocations.c, crls.c */
void tps_handle_list_revocations(const tps_call *call);
void tps_handle_get_revocations(const tps_call *call);
void tps_handle_put_revocations(const tps_call *call);
void tps_handle_remove_revocations(const tps_call *call);
void tps_handle_list_crls(const tps_call *call);
void tps_handle_add_crl(const tps_call *call);
void tps_handle_get_crl(const tps_call *call);
void tps_handle_remove_crl(const tps_call *call);

/* keys.c */
void tps_handle_list_keys(const tps_call *call);
void tps_handle_add_key(const tps_call *call);
void tps_handle_remove_key(const tps_call *call);

/* tokens.c */
void tps_handle_list_tokens(const tps_call *call);
void tps_handle_create_token(const tps_call *call);
void tps_handle_remove_token(const tps_call *call);

/* administrators.c */
void tps_handle_list_administrators(const tps_call *call);
void tps_handle_put_administrator(const tps_call *call);
void tps_handle_remove_administrator(const tps_call *call);

/* audit.c */
void tps_handle_audit(const tps_call *call);
void tps_handle_audit_checkpoint(const tps_call *call);

/* settings.c */
void tps_handle_get_settings(const tps_call *call);
void tps_handle_change_settings(const tps_call *call);

/* tenants.c */
void tps_handle_list_tenants(const tps_call *call);
void tps_handle_create_tenant(const tps_call *call);
void tps_handle_get_tenant(const tps_call *call);
void tps_handle_change_tenant(const tps_call *call);
void tps_handle_remove_tenant(const tps_call *call);

/* openapi.c */
void tps_handle_openapi(const tps_call *call);

/* Of the server itself: service.c, operation/. */
void tps_handle_health(const tps_call *call);
void tps_handle_ready(const tps_call *call);
void tps_handle_metrics(const tps_call *call);

#endif
