/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: the tags of a manifest, CoMIDs triple by triple, for people. */
#include "inspect/corim_tags.h"

/* What the visitor fills. */
typedef struct {
    const tps_corim *corim;
    inspect_node *root;
    inspect_node *comids;
    inspect_node *comid; /* the one under way */
    const char *list_name;
    inspect_node *list; /* the kind of triples under way */
    corim_counts counts;
} visit;

static inspect_node *next_record(visit *v, const char *name)
{
    if (v->list_name != name) {
        v->list_name = name;
        v->list = inspect_list(v->comid == NULL ? v->comids : v->comid, name);
    }
    return inspect_object(v->list, NULL);
}

static void add_identity(inspect_node *into, const tps_corim_identity *identity)
{
    corim_add_value(into, "id", &identity->id);
    inspect_uint(into, "version", identity->version);
}

static void add_linked_tags(inspect_node *into, const tps_corim_linked_tags *linked)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*linked);
    tps_corim_linked_tag one;
    inspect_node *list;

    if (linked->count == 0) {
        return;
    }
    list = inspect_list(into, "linked_tags");
    while (tps_corim_next_linked_tag(&cursor, &one)) {
        inspect_node *node = inspect_object(list, NULL);
        corim_add_value(node, "id", &one.id);
        if (one.relation.text.size > 0) {
            inspect_text(node, "relation", one.relation.text);
        } else {
            inspect_means(inspect_int(node, "relation", one.relation.number),
                          one.relation.number == 0   ? "this tag supplements it"
                          : one.relation.number == 1 ? "this tag replaces it"
                                                     : NULL);
        }
    }
}

static tps_status take_comid(void *context, const tps_corim_comid *comid)
{
    visit *v = context;

    v->comid = inspect_object(v->comids, NULL);
    v->list_name = NULL;
    v->counts.comids++;
    add_identity(v->comid, &comid->identity);
    corim_add_text(v->comid, "language", comid->language);
    corim_add_entities(v->comid, &comid->entities, false);
    add_linked_tags(v->comid, &comid->linked_tags);
    corim_add_extensions(v->comid, &comid->extensions);
    if (comid->triples_extensions.count > 0) {
        corim_add_extensions(inspect_object(v->comid, "other_triples"), &comid->triples_extensions);
    }
    return TPS_OK;
}

/* A piece of software that a known profile describes, or the members as they stand. */
static void add_values(visit *v, inspect_node *node, const tps_corim_environment *environment,
                       const tps_corim_measurement *measurement)
{
    tps_corim_component component;

    if (tps_corim_component_of(measurement, v->corim->profile_kind, &component, NULL) == TPS_OK) {
        corim_add_text(node, "component", component.name);
        corim_add_text(node, "version", component.version);
        inspect_bytes(node, "digest", component.digest);
        if (component.signer_id.size > 0) {
            inspect_bytes(node, "signer_id", component.signer_id);
        }
    } else {
        corim_add_measurement(node, measurement);
    }
    corim_add_environment(node, "environment", environment);
}

static tps_status take_reference(void *context, const tps_corim_environment *environment,
                                 const tps_corim_measurement *measurement)
{
    visit *v = context;

    v->counts.reference_values++;
    add_values(v, next_record(v, "reference_values"), environment, measurement);
    return TPS_OK;
}

static tps_status take_endorsed(void *context, const tps_corim_environment *environment,
                                const tps_corim_measurement *measurement)
{
    visit *v = context;

    v->counts.others++;
    add_values(v, next_record(v, "endorsed_values"), environment, measurement);
    return TPS_OK;
}

static tps_status take_keys(visit *v, const char *name, const tps_corim_key_statement *statement)
{
    inspect_node *node = next_record(v, name);

    v->counts.keys += statement->keys.count;
    corim_add_environment(node, "environment", &statement->environment);
    corim_add_keys(node, "keys", &statement->keys);
    corim_add_value(node, "measurement_key", &statement->element);
    corim_add_keys(node, "authorized_by", &statement->authorized_by);
    return TPS_OK;
}

static tps_status take_attest_keys(void *context, const tps_corim_key_statement *statement)
{
    return take_keys(context, "attest_keys", statement);
}

static tps_status take_identity_keys(void *context, const tps_corim_key_statement *statement)
{
    return take_keys(context, "identity_keys", statement);
}

static tps_status take_domain(visit *v, const char *name, const char *members, const tps_corim_domain *domain)
{
    inspect_node *node = next_record(v, name);
    tps_corim_cursor cursor = TPS_CORIM_WALK(domain->members);
    tps_corim_environment member;
    inspect_node *list;

    v->counts.others++;
    corim_add_environment(node, "domain", &domain->domain);
    list = inspect_list(node, members);
    while (tps_corim_next_environment(&cursor, &member)) {
        corim_add_environment(list, NULL, &member);
    }
    return TPS_OK;
}

static tps_status take_dependency(void *context, const tps_corim_domain *domain)
{
    return take_domain(context, "domain_dependencies", "depends_on", domain);
}

static tps_status take_membership(void *context, const tps_corim_domain *domain)
{
    return take_domain(context, "domain_memberships", "members", domain);
}

static tps_status take_coswid_link(void *context, const tps_corim_coswid_link *link)
{
    visit *v = context;
    inspect_node *node = next_record(v, "coswid_links");
    tps_corim_cursor cursor = TPS_CORIM_WALK(link->tag_ids);
    tps_corim_value id;
    inspect_node *list;

    v->counts.others++;
    corim_add_environment(node, "environment", &link->environment);
    list = inspect_list(node, "tags");
    while (tps_corim_next_value(&cursor, &id)) {
        corim_add_value(list, NULL, &id);
    }
    return TPS_OK;
}

static void add_measurements(inspect_node *into, const char *name, const tps_corim_measurements *list)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_measurement measurement;
    inspect_node *node = inspect_list(into, name);

    while (tps_corim_next_measurement(&cursor, &measurement)) {
        corim_add_measurement(inspect_object(node, NULL), &measurement);
    }
}

static void add_statements(inspect_node *into, const char *name, const tps_corim_statements *list)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_statement statement;
    inspect_node *node = inspect_list(into, name);

    while (tps_corim_next_statement(&cursor, &statement)) {
        inspect_node *one = inspect_object(node, NULL);
        corim_add_environment(one, "environment", &statement.environment);
        add_measurements(one, "measurements", &statement.measurements);
    }
}

static tps_status take_series(void *context, const tps_corim_series *series)
{
    visit *v = context;
    inspect_node *node = next_record(v, "conditional_endorsement_series");
    inspect_node *condition = inspect_object(node, "condition");
    tps_corim_cursor cursor = TPS_CORIM_WALK(series->steps);
    tps_corim_series_step step;
    inspect_node *steps;

    v->counts.others++;
    corim_add_environment(condition, "environment", &series->environment);
    add_measurements(condition, "measurements", &series->claims);
    corim_add_keys(condition, "authorized_by", &series->authorized_by);
    steps = inspect_list(node, "steps");
    while (tps_corim_next_series_step(&cursor, &step)) {
        inspect_node *one = inspect_object(steps, NULL);
        add_measurements(one, "selection", &step.selection);
        add_measurements(one, "addition", &step.addition);
    }
    return TPS_OK;
}

static tps_status take_conditional(void *context, const tps_corim_conditional *conditional)
{
    visit *v = context;
    inspect_node *node = next_record(v, "conditional_endorsements");

    v->counts.others++;
    add_statements(node, "conditions", &conditional->conditions);
    add_statements(node, "endorsements", &conditional->endorsements);
    return TPS_OK;
}

static tps_status take_cotl(void *context, const tps_corim_cotl *cotl)
{
    visit *v = context;
    inspect_node *node = inspect_object(v->root, "tag_list");
    tps_corim_cursor cursor = TPS_CORIM_WALK(cotl->tags);
    tps_corim_identity identity;
    inspect_node *list;

    v->counts.others++;
    add_identity(node, &cotl->identity);
    list = inspect_list(node, "tags");
    while (tps_corim_next_identity(&cursor, &identity)) {
        add_identity(inspect_object(list, NULL), &identity);
    }
    corim_add_validity(node, "validity", &cotl->validity);
    return TPS_OK;
}

static tps_status take_coswid(void *context, tps_span content)
{
    visit *v = context;

    v->counts.others++;
    coswid_explain(inspect_object(v->root, "coswid"), content);
    return TPS_OK;
}

static tps_status take_unsupported(void *context, const char *name)
{
    visit *v = context;

    inspect_warn(v->root->document, "it also holds what is not read here: %s", name);
    return TPS_OK;
}

corim_counts corim_tags_explain(inspect_node *into, const tps_corim *corim)
{
    visit v = {.corim = corim, .root = into, .comids = inspect_list(into, "comids")};
    tps_corim_visitor visitor = {
        .context = &v,
        .comid = take_comid,
        .reference_value = take_reference,
        .endorsed_value = take_endorsed,
        .identity_keys = take_identity_keys,
        .attest_keys = take_attest_keys,
        .dependency = take_dependency,
        .membership = take_membership,
        .coswid_link = take_coswid_link,
        .series = take_series,
        .conditional = take_conditional,
        .cotl = take_cotl,
        .coswid = take_coswid,
        .unsupported = take_unsupported,
    };
    tps_error why = {TPS_OK, 0, NULL};
    tps_status status = tps_corim_visit(corim, &visitor, &why);

    if (status != TPS_OK) {
        inspect_warn(into->document, "it is not shown to its end: %s%s%s%s", tps_status_cause(status),
                     why.detail == NULL ? "" : " (", why.detail == NULL ? "" : why.detail,
                     why.detail == NULL ? "" : ")");
    }
    return v.counts;
}
