/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: telling a visitor what a manifest's tags say; what it has no function for, it is told by name. */
#include "format/corim/walk.h"

typedef struct {
    const tps_corim_visitor *visitor;
    tps_status status; /* the first that is not TPS_OK */
} visit;

/* False when there is nothing more to do. */
static bool take(visit *v, tps_status status)
{
    if (v->status == TPS_OK) {
        v->status = status;
    }
    return v->status == TPS_OK;
}

static bool tell(visit *v, const char *name)
{
    return take(v, v->visitor->unsupported == NULL ? TPS_OK
                                                   : v->visitor->unsupported(v->visitor->context, name));
}

/* True when the list is there and has a function; a list without one is told by name. */
static bool is_wanted(visit *v, size_t count, bool has_function, const char *name)
{
    if (count == 0 || v->status != TPS_OK) {
        return false;
    }
    return has_function || (tell(v, name) && false);
}

typedef tps_status take_value(void *context, const tps_corim_environment *environment,
                              const tps_corim_measurement *measurement);

static void visit_values(visit *v, const tps_corim_statements *list, take_value *function, const char *name)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_statement statement;
    tps_corim_measurement measurement;

    if (!is_wanted(v, list->count, function != NULL, name)) {
        return;
    }
    while (v->status == TPS_OK && tps_corim_next_statement(&cursor, &statement)) {
        tps_corim_cursor inner = TPS_CORIM_WALK(statement.measurements);
        while (tps_corim_next_measurement(&inner, &measurement) &&
               take(v, function(v->visitor->context, &statement.environment, &measurement))) {
        }
    }
}

typedef tps_status take_keys(void *context, const tps_corim_key_statement *statement);

static void visit_keys(visit *v, const tps_corim_key_statements *list, take_keys *function, const char *name)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_key_statement statement;

    if (is_wanted(v, list->count, function != NULL, name)) {
        while (tps_corim_next_key_statement(&cursor, &statement) &&
               take(v, function(v->visitor->context, &statement))) {
        }
    }
}

typedef tps_status take_domain(void *context, const tps_corim_domain *domain);

static void visit_domains(visit *v, const tps_corim_domains *list, take_domain *function, const char *name)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_domain domain;

    if (is_wanted(v, list->count, function != NULL, name)) {
        while (tps_corim_next_domain(&cursor, &domain) && take(v, function(v->visitor->context, &domain))) {
        }
    }
}

static void visit_coswid_links(visit *v, const tps_corim_coswid_links *list)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_coswid_link link;

    if (is_wanted(v, list->count, v->visitor->coswid_link != NULL, "CoSWID links")) {
        while (tps_corim_next_coswid_link(&cursor, &link) &&
               take(v, v->visitor->coswid_link(v->visitor->context, &link))) {
        }
    }
}

static void visit_series(visit *v, const tps_corim_series_list *list)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_series series;

    if (is_wanted(v, list->count, v->visitor->series != NULL, "conditional endorsement series")) {
        while (tps_corim_next_series(&cursor, &series) &&
               take(v, v->visitor->series(v->visitor->context, &series))) {
        }
    }
}

static void visit_conditionals(visit *v, const tps_corim_conditionals *list)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_conditional conditional;

    if (is_wanted(v, list->count, v->visitor->conditional != NULL, "conditional endorsements")) {
        while (tps_corim_next_conditional(&cursor, &conditional) &&
               take(v, v->visitor->conditional(v->visitor->context, &conditional))) {
        }
    }
}

static void visit_comid(visit *v, tps_span content, tps_error *why)
{
    const tps_corim_visitor *to = v->visitor;
    tps_corim_comid comid;

    if (!take(v, tps_corim_comid_decode(content, &comid, why)) ||
        (to->comid != NULL && !take(v, to->comid(to->context, &comid)))) {
        return;
    }
    (void)is_wanted(v, comid.extensions.count, false, "members of a CoMID that are not the draft's");
    visit_values(v, &comid.reference_values, to->reference_value, "reference values");
    visit_values(v, &comid.endorsed_values, to->endorsed_value, "endorsed values");
    visit_keys(v, &comid.identity_keys, to->identity_keys, "identity keys");
    visit_keys(v, &comid.attest_keys, to->attest_keys, "attestation keys");
    visit_domains(v, &comid.dependencies, to->dependency, "domain dependencies");
    visit_domains(v, &comid.memberships, to->membership, "domain memberships");
    visit_coswid_links(v, &comid.coswid_links);
    visit_series(v, &comid.series);
    visit_conditionals(v, &comid.conditionals);
    (void)is_wanted(v, comid.triples_extensions.count, false, "triples of an unknown kind");
}

static void visit_cotl(visit *v, tps_span content, tps_error *why)
{
    tps_corim_cotl cotl;

    if (take(v, tps_corim_cotl_decode(content, &cotl, why)) &&
        is_wanted(v, 1, v->visitor->cotl != NULL, "CoTL")) {
        take(v, v->visitor->cotl(v->visitor->context, &cotl));
    }
}

static void visit_coswid(visit *v, tps_span content, tps_error *why)
{
    if (take(v, tps_cbor_check(content, &tps_cbor_limits_file, NULL, why)) &&
        is_wanted(v, 1, v->visitor->coswid != NULL, "CoSWID")) {
        take(v, v->visitor->coswid(v->visitor->context, content));
    }
}

tps_status tps_corim_visit(const tps_corim *corim, const tps_corim_visitor *visitor, tps_error *why)
{
    visit v = {visitor, TPS_OK};
    tps_corim_cursor cursor = TPS_CORIM_WALK(corim->tags);
    tps_corim_tag tag;

    (void)is_wanted(&v, corim->extensions.count, false, "members of the manifest that are not the draft's");
    while (v.status == TPS_OK && tps_corim_next_tag(&cursor, &tag)) {
        if (why != NULL) {
            why->status = TPS_OK;
        }
        switch (tag.tag) {
        case TPS_CORIM_TAG_COMID: visit_comid(&v, tag.content, why); break;
        case TPS_CORIM_TAG_COTL: visit_cotl(&v, tag.content, why); break;
        case TPS_CORIM_TAG_COSWID: visit_coswid(&v, tag.content, why); break;
        default: (void)tell(&v, "a tag that is neither CoMID, CoSWID nor CoTL"); break;
        }
    }
    if (v.status != TPS_OK && why != NULL && why->status != v.status) {
        (void)tps_fail(why, v.status, 0, "the visitor ended it");
    }
    return v.status;
}
