/* SPDX-License-Identifier: Apache-2.0 */
/* What scripts see of the evidence: its claims by their names. */
#include <lauxlib.h>

#include "format/eat/lists.h"
#include "verifier/policy/acts.h"
#include "verifier/policy/script.h"
#include "verifier/policy/view.h"

static const tps_psa_claims *psa_of(const judgement *j)
{
    return j->evidence->scheme == TPS_SCHEME_PSA ? &j->evidence->claims.psa : NULL;
}

static const tps_device_claims *eat_of(const judgement *j)
{
    return j->evidence->scheme == TPS_SCHEME_OPENTPS ? &j->evidence->claims.eat : NULL;
}

static const tps_tpm_quote *quote_of(const judgement *j)
{
    return j->evidence->scheme == TPS_SCHEME_TPM ? &j->evidence->claims.tpm.quote : NULL;
}

#define MEMBER(name, action)                                      \
    static void name(lua_State *L, const judgement *j, size_t at) \
    {                                                             \
        (void)at;                                                 \
        action;                                                   \
    }

/* A claim of one of the profiles: nil in others, and where it is absent. */
#define MEMBER_OF(profile, name, condition, action)               \
    static void name(lua_State *L, const judgement *j, size_t at) \
    {                                                             \
        const tps_##profile##_claims *claims = profile##_of(j);   \
                                                                  \
        (void)at;                                                 \
        if (claims != NULL && (condition)) {                      \
            action;                                               \
        } else {                                                  \
            lua_pushnil(L);                                       \
        }                                                         \
    }

#define device_of eat_of

/* ---- of every profile ---- */

MEMBER(push_scheme, value_literal(L, tps_scheme_name(j->evidence->scheme)))
MEMBER(push_instance, value_hex(L, j->evidence->instance_id))
MEMBER(push_class, value_hex(L, j->evidence->class_id))
MEMBER(push_nonce, value_hex(L, j->evidence->nonce))
MEMBER(push_aud, value_text(L, j->evidence->aud))
MEMBER(push_submods, lua_pushboolean(L, j->evidence->has_submods))

/* Seconds since 1970, rounded up. */
static void push_date(lua_State *L, const judgement *j, uint32_t has, tps_number date)
{
    if ((j->evidence->cwt.present & has) == 0) {
        lua_pushnil(L);
    } else {
        lua_pushinteger(L, tps_number_ceiling(date));
    }
}

MEMBER(push_exp, push_date(L, j, TPS_CWT_HAS_EXP, j->evidence->cwt.exp))
MEMBER(push_nbf, push_date(L, j, TPS_CWT_HAS_NBF, j->evidence->cwt.nbf))
MEMBER(push_iat, push_date(L, j, TPS_CWT_HAS_IAT, j->evidence->cwt.iat))

/* The names that the two profiles have for a lifecycle are the same where they mean the same: "secured". */
static void push_lifecycle(lua_State *L, const judgement *j, size_t at)
{
    static const char *const names[] = {"assembly", "provisioning", "secured", "debug", "decommissioned"};
    const tps_psa_claims *psa = psa_of(j);
    const tps_device_claims *eat = eat_of(j);

    (void)at;
    if (psa != NULL) {
        value_literal(L, tps_psa_lifecycle_name(psa->lifecycle));
    } else if (eat != NULL && (eat->present & TPS_DEVICE_HAS_LIFECYCLE) != 0) {
        value_literal(L, names[eat->lifecycle]);
    } else {
        lua_pushnil(L);
    }
}

static void push_bootseed(lua_State *L, const judgement *j, size_t at)
{
    const tps_psa_claims *psa = psa_of(j);
    const tps_device_claims *eat = eat_of(j);

    (void)at;
    value_hex(L, psa != NULL ? psa->boot_seed : eat != NULL ? eat->bootseed : TPS_SPAN_EMPTY);
}

/* ---- of PSA tokens (RFC 9783) ---- */

MEMBER_OF(psa, push_lifecycle_code, true, lua_pushinteger(L, claims->lifecycle))
MEMBER_OF(psa, push_lifecycle_state, true, lua_pushinteger(L, claims->lifecycle >> 8))
MEMBER_OF(psa, push_client_id, true, lua_pushinteger(L, claims->client_id))
MEMBER_OF(psa, push_implementation_id, true, value_hex(L, claims->implementation_id))
MEMBER_OF(psa, push_certification_reference, true, value_text(L, claims->certification_reference))
MEMBER_OF(psa, push_verification_service, true, value_text(L, claims->verification_service))

/* ---- of the opentps profile ---- */

#define HAS(claim) ((claims->present & TPS_DEVICE_HAS_##claim) != 0)

MEMBER_OF(device, push_ueid, true, value_hex(L, claims->ueid))
MEMBER_OF(device, push_sueid, true, value_hex(L, claims->sueid))
MEMBER_OF(device, push_oemid, true, value_hex(L, claims->oemid))
MEMBER_OF(device, push_hwmodel, true, value_hex(L, claims->hwmodel))
MEMBER_OF(device, push_hwversion, true, value_text(L, claims->hwversion))
MEMBER_OF(device, push_swname, true, value_text(L, claims->swname))
MEMBER_OF(device, push_swversion, true, value_text(L, claims->swversion))
MEMBER_OF(device, push_dbgstat, claims->dbgstat != TPS_EAT_DEBUG_ABSENT, lua_pushinteger(L, claims->dbgstat))
MEMBER_OF(device, push_debug, true, value_literal(L, tps_eat_debug_name(claims->dbgstat)))
MEMBER_OF(device, push_oemboot, HAS(OEMBOOT), lua_pushboolean(L, claims->oemboot))
MEMBER_OF(device, push_bootcount, HAS(BOOTCOUNT), value_uint(L, claims->bootcount))
MEMBER_OF(device, push_intuse, HAS(INTUSE), value_literal(L, tps_eat_use_name((uint8_t)claims->intuse)))
MEMBER_OF(device, push_counter, HAS(SECURITY_COUNTER), value_uint(L, claims->security_counter))
MEMBER_OF(device, push_application, true, value_hex(L, claims->application))
MEMBER_OF(device, push_applications, claims->applications.size != 0, value_cbor(L, claims->applications))
MEMBER_OF(device, push_registers, claims->registers.size != 0, value_cbor(L, claims->registers))
MEMBER_OF(device, push_staged, claims->staged.size != 0, value_cbor(L, claims->staged))
MEMBER_OF(device, push_confirmation, claims->cnf.size != 0, value_cbor(L, claims->cnf))

static void push_binder_origin(lua_State *L, const judgement *j, size_t at)
{
    static const char *const names[] = {NULL, "component", "application", "caller"};
    const tps_device_claims *eat = eat_of(j);

    (void)at;
    if (eat == NULL || eat->binder_origin == TPS_DEVICE_BINDER_ABSENT) {
        lua_pushnil(L);
    } else {
        value_literal(L, names[eat->binder_origin]);
    }
}

/* ---- of a TPM's quote (TPM 2.0 Library, Part 2, 10.12) ---- */

#define QUOTE_MEMBER(name, action)                                \
    static void name(lua_State *L, const judgement *j, size_t at) \
    {                                                             \
        const tps_tpm_quote *quote = quote_of(j);                 \
                                                                  \
        (void)at;                                                 \
        if (quote != NULL) {                                      \
            action;                                               \
        } else {                                                  \
            lua_pushnil(L);                                       \
        }                                                         \
    }

QUOTE_MEMBER(push_clock, value_uint(L, quote->clock))
QUOTE_MEMBER(push_clock_safe, lua_pushboolean(L, quote->is_clock_safe))
QUOTE_MEMBER(push_reset_count, value_uint(L, quote->reset_count))
QUOTE_MEMBER(push_restart_count, value_uint(L, quote->restart_count))
QUOTE_MEMBER(push_firmware_version, value_uint(L, quote->firmware_version))

/* ---- components ---- */

static void push_component_name(lua_State *L, const judgement *j, size_t at)
{
    value_text(L, j->evidence->components[at].name);
}

static void push_component_version(lua_State *L, const judgement *j, size_t at)
{
    value_text(L, j->evidence->components[at].version);
}

static void push_component_digest(lua_State *L, const judgement *j, size_t at)
{
    value_hex(L, j->evidence->components[at].digest);
}

static void push_component_signer(lua_State *L, const judgement *j, size_t at)
{
    value_hex(L, j->evidence->components[at].signer_id);
}

static const view_member component_members[] = {
    {"name", push_component_name},
    {"version", push_component_version},
    {"digest", push_component_digest},
    {"signer", push_component_signer},
    {NULL, NULL},
};

static const view_kind component = {.name = "a component", .members = component_members};

static size_t count_components(const judgement *j)
{
    return j->evidence->component_count;
}

static const view_kind components = {
    .name = "evidence.components", .count = count_components, .element = &component, .key = "name"};

static void push_components(lua_State *L, const judgement *j, size_t at)
{
    (void)j;
    view_push(L, &components, at);
}

/* ---- any claim ---- */

/* A claim of the signed payload as it came; empty when it is absent. */
static tps_span find_claim(lua_State *L, const judgement *j, tps_cbor_label label)
{
    tps_cbor_reader r = tps_cbor_reader_init(j->appraisal->payload);
    tps_span found = TPS_SPAN_EMPTY;

    script_work(L, j->appraisal->payload.size / 64);
    tps_cbor_find(&r, &label, &found, 1);
    return r.status == TPS_OK ? found : TPS_SPAN_EMPTY;
}

/* Digital letters of approval (RFC 9711, 4.2.14), which a token of any profile may name. A claim of another
 * form is an error, for it must not look like one that is absent: a policy may ask for the letter of one
 * registrar only where there are some. */
static void push_dloas(lua_State *L, const judgement *j, size_t at)
{
    tps_span claim = find_claim(L, j, (tps_cbor_label){.number = TPS_EAT_DLOAS});
    tps_cbor_reader r = tps_cbor_reader_init(claim);
    tps_eat_list list = {.count = 0};
    tps_eat_iterator it;
    tps_eat_dloa dloa;

    (void)at;
    if (claim.size == 0) {
        lua_pushnil(L);
        return;
    }
    if (tps_cbor_check(claim, &tps_cbor_limits_message, NULL, NULL) != TPS_OK ||
        !eat_list_read(&r, TPS_EAT_DLOAS, &list) || r.status != TPS_OK) {
        luaL_error(L, "the claim dloas is not as RFC 9711, 4.2.14, has it");
        return;
    }
    script_work(L, list.count);
    it = tps_eat_each(&list);
    lua_createtable(L, (int)list.count, 0);
    for (lua_Integer i = 1; tps_eat_next_dloa(&it, &dloa); i++) {
        lua_createtable(L, 0, 3);
        value_text(L, dloa.registrar);
        lua_setfield(L, -2, "registrar");
        value_text(L, dloa.platform);
        lua_setfield(L, -2, "platform");
        value_text(L, dloa.application);
        lua_setfield(L, -2, "application");
        lua_rawseti(L, -2, i);
    }
}

/* ---- all of it ---- */

static const view_member evidence_members[] = {
    {"scheme", push_scheme},
    {"instance", push_instance},
    {"class", push_class},
    {"nonce", push_nonce},
    {"aud", push_aud},
    {"exp", push_exp},
    {"nbf", push_nbf},
    {"iat", push_iat},
    {"has_submods", push_submods},
    {"lifecycle", push_lifecycle},
    {"lifecycle_code", push_lifecycle_code},
    {"lifecycle_state", push_lifecycle_state},
    {"bootseed", push_bootseed},
    {"components", push_components},
    {"measurements", view_measurements},
    {"client_id", push_client_id},
    {"implementation_id", push_implementation_id},
    {"certification_reference", push_certification_reference},
    {"verification_service", push_verification_service},
    {"ueid", push_ueid},
    {"sueid", push_sueid},
    {"oemid", push_oemid},
    {"hwmodel", push_hwmodel},
    {"hwversion", push_hwversion},
    {"swname", push_swname},
    {"swversion", push_swversion},
    {"dbgstat", push_dbgstat},
    {"debug", push_debug},
    {"oemboot", push_oemboot},
    {"bootcount", push_bootcount},
    {"intuse", push_intuse},
    {"security_counter", push_counter},
    {"binder_origin", push_binder_origin},
    {"application", push_application},
    {"applications", push_applications},
    {"registers", push_registers},
    {"staged", push_staged},
    {"cnf", push_confirmation},
    {"dloas", push_dloas},
    {"clock", push_clock},
    {"clock_safe", push_clock_safe},
    {"reset_count", push_reset_count},
    {"restart_count", push_restart_count},
    {"firmware_version", push_firmware_version},
    {NULL, NULL},
};

const view_kind view_evidence = {.name = "evidence", .members = evidence_members};

/* The label of a claim by its name in JSON (RFC 9711, 10.2), or 0, which is none's. */
static int64_t label_of(const char *name)
{
    for (int64_t label = 1; label <= TPS_EAT_INTUSE; label++) {
        const char *known = tps_eat_claim_name(label);
        if (known != NULL && strcmp(known, name) == 0) {
            return label;
        }
    }
    return 0;
}

/* claim(label): a claim of the signed payload as it came, by its number or its name; nil when it is absent.
 */
int act_claim(lua_State *L)
{
    tps_cbor_label label = {.number = 0};
    tps_span found;

    if (lua_isinteger(L, 1) != 0) {
        label.number = lua_tointeger(L, 1);
    } else {
        label.number = label_of(luaL_checkstring(L, 1));
        luaL_argcheck(L, label.number != 0, 1,
                      "no claim of RFC 8392 or RFC 9711 has this name: use its number");
    }
    found = find_claim(L, script_judgement(L), label);
    if (found.size == 0) {
        lua_pushnil(L);
    } else {
        value_cbor(L, found);
    }
    return 1;
}
