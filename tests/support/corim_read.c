/* SPDX-License-Identifier: Apache-2.0 */
#include "support/corim_read.h"

#include "support/check.h"
#include "support/vectors.h"
#include "tps/cbor_diagnostic.h"

static tps_status see_comid(void *context, const tps_corim_comid *comid)
{
    (void)comid;
    ++*(size_t *)context;
    return TPS_OK;
}

static tps_status see_value(void *context, const tps_corim_environment *environment,
                            const tps_corim_measurement *measurement)
{
    (void)environment;
    (void)measurement;
    ++*(size_t *)context;
    return TPS_OK;
}

static tps_status see_keys(void *context, const tps_corim_key_statement *statement)
{
    (void)statement;
    ++*(size_t *)context;
    return TPS_OK;
}

static tps_status see_domain(void *context, const tps_corim_domain *domain)
{
    (void)domain;
    ++*(size_t *)context;
    return TPS_OK;
}

static tps_status see_link(void *context, const tps_corim_coswid_link *link)
{
    (void)link;
    ++*(size_t *)context;
    return TPS_OK;
}

static tps_status see_series(void *context, const tps_corim_series *series)
{
    (void)series;
    ++*(size_t *)context;
    return TPS_OK;
}

static tps_status see_conditional(void *context, const tps_corim_conditional *conditional)
{
    (void)conditional;
    ++*(size_t *)context;
    return TPS_OK;
}

static tps_status see_cotl(void *context, const tps_corim_cotl *cotl)
{
    (void)cotl;
    ++*(size_t *)context;
    return TPS_OK;
}

static tps_status see_coswid(void *context, tps_span content)
{
    tps_coswid coswid;

    ++*(size_t *)context;
    return tps_coswid_decode(content, &coswid, NULL);
}

static tps_status see_unsupported(void *context, const char *name)
{
    (void)name;
    ++*(size_t *)context;
    return TPS_OK;
}

tps_status corim_read_whole(tps_span input, size_t *seen, tps_error *why)
{
    size_t count = 0;
    tps_corim corim;
    tps_corim_visitor visitor = {&count,          see_comid,  see_value,  see_value,      see_keys,
                                 see_keys,        see_domain, see_domain, see_link,       see_series,
                                 see_conditional, see_cotl,   see_coswid, see_unsupported};
    tps_status status;

    TPS_TRY(tps_corim_decode(input, &corim, why));
    status = tps_corim_visit(&corim, &visitor, why);
    if (seen != NULL) {
        *seen = count;
    }
    return status;
}

const char *const corim_examples[] = {
    "attest-keys",       "conditional-endorsement", "conditional-series", "coswid",      "coswid-link",
    "domain-dependency", "domain-membership",       "endorsed-values",    "every-value", "identity-keys",
    "manifest",          "reference-values",        "tag-list",           NULL};

static tps_buf read_file_of(const char *name, const char *ending)
{
    char path[128];

    snprintf(path, sizeof path, "spec/corim/%s%s", name, ending);
    return file_read(path);
}

tps_buf corim_example_hex(const char *name)
{
    tps_buf text = read_file_of(name, ".hex");
    char *digits = calloc(text.size + 1, 1);
    tps_buf bytes;

    assert_non_null(digits);
    memcpy(digits, text.data, text.size);
    bytes = bytes_from_hex(digits);
    free(digits);
    free(text.data);
    return bytes;
}

tps_buf corim_example_notation(const char *name)
{
    tps_buf text = read_file_of(name, ".diag");
    tps_buf room = {malloc(65536), 65536};
    tps_span encoded;

    assert_non_null(room.data);
    assert_status(tps_cbor_from_diagnostic(tps_span_make(text.data, text.size), room, &encoded, NULL),
                  TPS_OK);
    free(text.data);
    room.size = encoded.size;
    return room;
}
