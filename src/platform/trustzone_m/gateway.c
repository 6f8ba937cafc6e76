/* SPDX-License-Identifier: Apache-2.0 */
/* One call from the non-secure world: judged, copied, answered, copied out. No pointer of that world is
 * followed here: the table of memory does that. */
#include "platform/trustzone_m/gateway.h"

#include "component/core/applications.h"
#include "tps/secret.h"

_Static_assert(TPS_COMPONENT_SERVICES_MAX * sizeof(TPSC_ServiceIdentifier) <= TPS_COMPONENT_MESSAGE_MAX,
               "all services must fit into one answer");

/** A call that is being served: the only copy that is looked at, and where it came from. */
typedef struct {
    uintptr_t address;
    uint32_t uid; /**< the caller's */
    tps_veneer_call in;
} tps_served;

/* ---- ranges ---- */

static bool wraps(uintptr_t address, size_t size)
{
    return size > 0 && size - 1 > UINTPTR_MAX - address;
}

static bool overlap(uintptr_t a, size_t a_size, uintptr_t b, size_t b_size)
{
    return a_size > 0 && b_size > 0 && (a < b ? b - a < a_size : a - b < b_size);
}

/** No client library does this; said once, since who tries may try often. */
static uint32_t refuse_memory(tps_gateway *gateway)
{
    const tps_platform *p = tps_component_platform(gateway->component);

    if (!gateway->has_told) {
        gateway->has_told = true;
        p->log(p->context, TPS_LOG_WARNING, "the non-secure world named memory that is not its own", TPS_OK);
    }
    return TPSC_ERROR_SECURITY;
}

static uint32_t read_call(tps_gateway *gateway, uintptr_t address, tps_served *served)
{
    const tps_gateway_memory *m = gateway->memory;

    served->address = address;
    served->uid = m->is_privileged(m->context) ? TPS_GATEWAY_UID : TPS_GATEWAY_UID_UNPRIVILEGED;
    if (address % _Alignof(tps_veneer_call) != 0 || wraps(address, sizeof(served->in)) ||
        !m->may_write(m->context, address, sizeof(served->in)) ||
        !m->read(m->context, address, (tps_buf){(uint8_t *)&served->in, sizeof(served->in)})) {
        return refuse_memory(gateway);
    }
    return served->in.version == TPS_VENEER_VERSION ? TPSC_SUCCESS : TPSC_ERROR_NOT_SUPPORTED;
}

/** What is to be sent, in secure memory from here on. */
static uint32_t read_message(tps_gateway *gateway, const tps_served *served)
{
    const tps_gateway_memory *m = gateway->memory;
    size_t size = served->in.send_size;

    if (wraps(served->in.send, size)) {
        return refuse_memory(gateway);
    }
    if (size > sizeof(gateway->message)) {
        return TPSC_ERROR_BAD_FORMAT;
    }
    if (size > 0 && !m->read(m->context, served->in.send, (tps_buf){gateway->message, size})) {
        return refuse_memory(gateway);
    }
    return TPSC_SUCCESS;
}

/** That there will be room for the answer, before anything is done. @param[out] room  How much of it is used.
 */
static uint32_t check_room(tps_gateway *gateway, const tps_served *served, size_t *room)
{
    const tps_gateway_memory *m = gateway->memory;
    size_t size = served->in.room;

    if (wraps(served->in.receive, size) ||
        (size > 0 && !m->may_write(m->context, served->in.receive, size))) {
        return refuse_memory(gateway);
    }
    if (overlap(served->in.receive, size, served->address, sizeof(served->in))) {
        return TPSC_ERROR_BAD_FORMAT;
    }
    *room = size < sizeof(gateway->response) ? size : sizeof(gateway->response);
    return TPSC_SUCCESS;
}

/** Writes one member of the caller's descriptor. */
static uint32_t return_number(tps_gateway *gateway, const tps_served *served, size_t offset, uint32_t value)
{
    const tps_gateway_memory *m = gateway->memory;

    return m->write(m->context, served->address + offset,
                    tps_span_make((const uint8_t *)&value, sizeof(value)))
               ? TPSC_SUCCESS
               : refuse_memory(gateway);
}

/** The answer, if there is one, and then its size. */
static uint32_t return_answer(tps_gateway *gateway, const tps_served *served, tps_status status, size_t size)
{
    const tps_gateway_memory *m = gateway->memory;
    uint32_t written;

    if (status != TPS_OK && status != TPS_BUFFER_TOO_SMALL) {
        return tps_component_result(status);
    }
    if (status == TPS_OK && size > 0 &&
        !m->write(m->context, served->in.receive, tps_span_make(gateway->response, size))) {
        return refuse_memory(gateway);
    }
    written = return_number(gateway, served, offsetof(tps_veneer_call, received), (uint32_t)size);
    return written == TPSC_SUCCESS ? tps_component_result(status) : written;
}

/* ---- connections ---- */

static tps_gateway_connection *find(tps_gateway *gateway, uint32_t id)
{
    for (size_t i = 0; i < TPS_GATEWAY_CONNECTIONS_MAX; i++) {
        if (gateway->connections[i].id == id) {
            return &gateway->connections[i];
        }
    }
    return NULL;
}

/** Only who made a connection finds it. */
static tps_gateway_connection *find_own(tps_gateway *gateway, const tps_served *served)
{
    tps_gateway_connection *found = served->in.connection == 0 ? NULL : find(gateway, served->in.connection);

    return found != NULL && found->login.uid == served->uid ? found : NULL;
}

/** NULL if there is none, or if this user has enough. */
static tps_gateway_connection *find_free(tps_gateway *gateway, uint32_t uid)
{
    size_t mine = 0;

    for (size_t i = 0; i < TPS_GATEWAY_CONNECTIONS_MAX; i++) {
        const tps_gateway_connection *c = &gateway->connections[i];

        mine += c->id != 0 && c->login.uid == uid ? 1u : 0u;
    }
    return mine < TPS_GATEWAY_CONNECTIONS_PER_USER ? find(gateway, 0) : NULL;
}

static uint32_t new_id(tps_gateway *gateway)
{
    do {
        gateway->last_connection++;
    } while (gateway->last_connection == 0 || find(gateway, gateway->last_connection) != NULL);
    return gateway->last_connection;
}

/** Who the caller is under a login method: all that it can be, it is. */
static uint32_t prove(const tps_gateway *gateway, const tps_served *served, tps_login *login)
{
    uint32_t method = served->in.method;
    bool is_privileged = served->uid == TPS_GATEWAY_UID;
    uint32_t gid = is_privileged ? TPS_GATEWAY_GID : TPS_GATEWAY_GID_UNPRIVILEGED;
    bool of_application = method >= TPSC_LOGIN_APPLICATION && method <= TPSC_LOGIN_GROUP_APPLICATION;
    bool of_group = method == TPSC_LOGIN_GROUP || method == TPSC_LOGIN_GROUP_APPLICATION;

    if (!of_application && !of_group && method != TPSC_LOGIN_PUBLIC && method != TPSC_LOGIN_USER) {
        return TPSC_ERROR_BAD_FORMAT;
    }
    if ((of_application && !(gateway->has_application && is_privileged)) ||
        (of_group && served->in.gid != gid)) {
        return TPSC_ERROR_ACCESS_DENIED;
    }
    *login = (tps_login){.method = method, .uid = served->uid, .gid = gid};
    if (of_application) {
        memcpy(login->application, gateway->application, sizeof(login->application));
    }
    return TPSC_SUCCESS;
}

static void hang_up(tps_gateway *gateway, tps_gateway_connection *connection)
{
    tps_component_hang_up(gateway->component, connection->id);
    memset(connection, 0, sizeof(*connection));
}

/* ---- what a call asks for ---- */

static uint32_t connect_new(tps_gateway *gateway, const tps_served *served)
{
    tps_gateway_connection *connection = find_free(gateway, served->uid);
    tps_login login;
    uint32_t result = prove(gateway, served, &login);

    if (result != TPSC_SUCCESS) {
        return result;
    }
    if (connection == NULL) {
        return TPSC_ERROR_OUT_OF_MEMORY;
    }
    *connection = (tps_gateway_connection){.id = new_id(gateway), .login = login};
    result = return_number(gateway, served, offsetof(tps_veneer_call, connection), connection->id);
    if (result != TPSC_SUCCESS) {
        hang_up(gateway, connection);
    }
    return result;
}

static uint32_t discover(tps_gateway *gateway, const tps_served *served)
{
    TPSC_ServiceIdentifier *services = (TPSC_ServiceIdentifier *)(void *)gateway->response;
    size_t room = 0;
    size_t count = 0;
    uint32_t result = check_room(gateway, served, &room);
    tps_status status;

    if (result != TPSC_SUCCESS) {
        return result;
    }
    status = tps_component_discover(gateway->component, services, room / sizeof(*services), &count);
    return return_answer(gateway, served, status, count * sizeof(*services));
}

static uint32_t open_session(tps_gateway *gateway, const tps_gateway_connection *connection,
                             const tps_served *served)
{
    TPSC_UUID instance;
    uint32_t session = 0;
    uint32_t result;

    if (served->in.send_size != sizeof(instance)) {
        return TPSC_ERROR_BAD_FORMAT;
    }
    result = read_message(gateway, served);
    if (result != TPSC_SUCCESS) {
        return result;
    }
    memcpy(&instance, gateway->message, sizeof(instance));
    result = tps_component_result(
        tps_component_open(gateway->component, connection->id, &connection->login, &instance, &session));
    if (result != TPSC_SUCCESS) {
        return result;
    }
    result = return_number(gateway, served, offsetof(tps_veneer_call, session), session);
    if (result != TPSC_SUCCESS) {
        (void)!tps_component_close(gateway->component, connection->id, session);
    }
    return result;
}

static void tell_failure(const tps_gateway *gateway, tps_status status, const tps_error *why)
{
    const tps_platform *p = tps_component_platform(gateway->component);

    p->log(p->context, TPS_LOG_INFO, why->detail == NULL ? "a request failed" : why->detail, status);
}

static uint32_t execute(tps_gateway *gateway, uint32_t connection, const tps_served *served)
{
    tps_error why = {TPS_OK, 0, NULL};
    size_t room = 0;
    size_t size = 0;
    uint32_t result = check_room(gateway, served, &room);
    tps_status status;

    if (result == TPSC_SUCCESS) {
        result = read_message(gateway, served);
    }
    if (result != TPSC_SUCCESS) {
        return result;
    }
    status = tps_component_execute(gateway->component, connection, served->in.session,
                                   tps_span_make(gateway->message, served->in.send_size),
                                   (tps_buf){room == 0 ? NULL : gateway->response, room}, &size, &why);
    if (status != TPS_OK && status != TPS_BUFFER_TOO_SMALL) {
        tell_failure(gateway, status, &why);
    }
    result = return_answer(gateway, served, status, size);
    tps_wipe(gateway->message, served->in.send_size);
    tps_wipe(gateway->response, room);
    return result;
}

/** What needs a connection. */
static uint32_t act_on(tps_gateway *gateway, tps_gateway_connection *connection, const tps_served *served)
{
    switch (served->in.op) {
    case TPS_VENEER_DISCONNECT: hang_up(gateway, connection); return TPSC_SUCCESS;
    case TPS_VENEER_DISCOVER: return discover(gateway, served);
    case TPS_VENEER_OPEN: return open_session(gateway, connection, served);
    case TPS_VENEER_CLOSE:
        return tps_component_result(
            tps_component_close(gateway->component, connection->id, served->in.session));
    default: return execute(gateway, connection->id, served);
    }
}

static uint32_t serve(tps_gateway *gateway, uintptr_t address)
{
    tps_gateway_connection *connection;
    tps_served served;
    uint32_t result = read_call(gateway, address, &served);

    if (result != TPSC_SUCCESS) {
        return result;
    }
    if (served.in.op == TPS_VENEER_CONNECT) {
        return connect_new(gateway, &served);
    }
    if (served.in.op < TPS_VENEER_CONNECT || served.in.op > TPS_VENEER_EXECUTE) {
        return TPSC_ERROR_NOT_SUPPORTED;
    }
    connection = find_own(gateway, &served);
    return connection == NULL ? TPSC_ERROR_BAD_STATE : act_on(gateway, connection, &served);
}

uint32_t tps_gateway_call(tps_gateway *gateway, uintptr_t address)
{
    uint32_t result;

    if (atomic_flag_test_and_set_explicit(&gateway->busy, memory_order_acquire)) {
        return TPSC_ERROR_BUSY;
    }
    result = serve(gateway, address);
    atomic_flag_clear_explicit(&gateway->busy, memory_order_release);
    return result;
}

/* ---- beginning and end ---- */

tps_status tps_gateway_init(tps_gateway *gateway, tps_component *component, const tps_gateway_memory *memory,
                            const char *image)
{
    const tps_boot_image *verified =
        image == NULL ? NULL : tps_handover_verified(tps_component_handover(component), image);

    memset(gateway, 0, sizeof(*gateway));
    gateway->component = component;
    gateway->memory = memory;
    atomic_flag_clear(&gateway->busy);
    if (verified == NULL) {
        return TPS_OK;
    }
    TPS_TRY(tps_component_application_started(component, verified->digest));
    memcpy(gateway->application, verified->digest, sizeof(gateway->application));
    gateway->has_application = true;
    return TPS_OK;
}

void tps_gateway_finish(tps_gateway *gateway)
{
    for (size_t i = 0; i < TPS_GATEWAY_CONNECTIONS_MAX; i++) {
        if (gateway->connections[i].id != 0) {
            hang_up(gateway, &gateway->connections[i]);
        }
    }
    tps_wipe(gateway, sizeof(*gateway));
}
