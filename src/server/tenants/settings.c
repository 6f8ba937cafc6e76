/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of a tenant, from JSON and to it: a row of the table each member. */
#include "server/tenants/settings.h"

#include <stddef.h>

#include "format/json/reader.h"
#include "format/json/writer.h"

enum { SWITCH, NUMBER };

typedef struct {
    const char *name;
    size_t at; /* in tps_tenant_settings */
    uint32_t kind;
    uint32_t least, most;
} member;

static const member members[] = {
    {"allow_unsigned", offsetof(tps_tenant_settings, allow_unsigned), SWITCH, 0, 0},
    {"open", offsetof(tps_tenant_settings, open), SWITCH, 0, 0},
    {"annotated", offsetof(tps_tenant_settings, annotated), SWITCH, 0, 0},
    {"session_seconds", offsetof(tps_tenant_settings, session_seconds), NUMBER, 10, 86400},
    {"requests_per_second", offsetof(tps_tenant_settings, requests_per_second), NUMBER, 0, 1000000},
    {"client_requests_per_second", offsetof(tps_tenant_settings, client_requests_per_second), NUMBER, 0,
     1000000},
};

#define MEMBER_COUNT (sizeof(members) / sizeof(members[0]))

tps_tenant_settings tps_tenant_settings_defaults(void)
{
    return (tps_tenant_settings){.session_seconds = 300};
}

/* Lower-case letters, digits, dots, hyphens; a port is no part of it. "[::1]" is one, too. */
static bool is_host(tps_span text)
{
    if (text.size == 0 || text.size >= TPS_SETTINGS_HOST_SIZE) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (memchr("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]", text.data[i], 42) == NULL) {
            return false;
        }
    }
    return true;
}

static void read_hosts(json_reader *r, tps_tenant_settings *settings)
{
    json_list list = json_enter_array(r);

    while (json_next(r, &list)) {
        json_str host = json_get_string(r);

        if (r->status == TPS_OK &&
            (host.is_escaped || !is_host(host.raw) || settings->host_count == TPS_SETTINGS_HOSTS_MAX)) {
            json_fail(r, TPS_SERVER_BAD_SETTINGS);
        } else if (r->status == TPS_OK) {
            memcpy(settings->hosts[settings->host_count], host.raw.data, host.raw.size);
            settings->hosts[settings->host_count++][host.raw.size] = '\0';
        }
    }
}

static void read_attest(json_reader *r, tps_tenant_settings *settings)
{
    json_str who = json_get_string(r);

    settings->attest_by_token = json_str_is(who, "token");
    if (r->status == TPS_OK && !settings->attest_by_token && !json_str_is(who, "anybody")) {
        json_fail(r, TPS_SERVER_BAD_SETTINGS);
    }
}

static void read_row(json_reader *r, const member *m, tps_tenant_settings *settings)
{
    uint8_t *place = (uint8_t *)settings + m->at;

    if (m->kind == SWITCH) {
        bool value = json_get_bool(r);

        memcpy(place, &value, sizeof(value));
    } else {
        uint64_t value = json_get_uint(r);
        uint32_t number = (uint32_t)value;

        if (r->status == TPS_OK && (value < m->least || value > m->most)) {
            json_fail(r, TPS_SERVER_BAD_SETTINGS);
        }
        memcpy(place, &number, sizeof(number));
    }
}

/* The name of the member, for whoever made a mistake in it; NULL: there is no such member. */
static const char *read_member(json_reader *r, tps_tenant_settings *settings)
{
    json_str name = json_get_name(r);

    if (json_str_is(name, "hosts")) {
        read_hosts(r, settings);
        return "hosts";
    }
    if (json_str_is(name, "attest")) {
        read_attest(r, settings);
        return "attest";
    }
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (json_str_is(name, members[i].name)) {
            read_row(r, &members[i], settings);
            return members[i].name;
        }
    }
    json_fail(r, TPS_SERVER_BAD_SETTINGS);
    return NULL;
}

tps_status tps_tenant_settings_read(tps_span json, tps_tenant_settings *settings, tps_error *why)
{
    json_limits limits = {TPS_STORE_SETTINGS_MAX, 3, 64};
    json_reader r = json_reader_init(json);
    tps_tenant_settings read = tps_tenant_settings_defaults();
    json_list list;

    TPS_TRY(json_check(json, &limits, why));
    list = json_enter_object(&r);
    while (json_next(&r, &list)) {
        const char *name = read_member(&r, &read);

        if (r.status != TPS_OK) {
            if (why != NULL) {
                *why =
                    (tps_error){r.status, json_offset(&r), name == NULL ? "there is no such member" : name};
            }
            return TPS_SERVER_BAD_SETTINGS;
        }
    }
    TPS_TRY(json_reader_finish(&r));
    *settings = read;
    return TPS_OK;
}

tps_status tps_tenant_settings_write(const tps_tenant_settings *settings, tps_buf out, size_t *size)
{
    json_writer w = json_writer_init(out);

    json_begin_object(&w);
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        const uint8_t *place = (const uint8_t *)settings + members[i].at;

        if (members[i].kind == SWITCH) {
            json_member_bool(&w, members[i].name, *(const bool *)place);
        } else {
            uint32_t number;

            memcpy(&number, place, sizeof(number));
            json_member_uint(&w, members[i].name, number);
        }
    }
    json_member_text(&w, "attest", settings->attest_by_token ? "token" : "anybody");
    json_key(&w, "hosts");
    json_begin_array(&w);
    for (size_t i = 0; i < settings->host_count; i++) {
        json_text(&w, settings->hosts[i]);
    }
    json_end_array(&w);
    json_end_object(&w);
    return json_writer_finish(&w, size);
}
