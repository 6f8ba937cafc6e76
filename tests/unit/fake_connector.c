/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/fake_connector.h"

#include <sched.h>
#include <string.h>

static uint32_t count(fake_connector *f)
{
    return ++f->calls == f->fail_at ? f->fail_with : TPSC_SUCCESS;
}

static uint32_t fake_connect(void *context, uint32_t method, const TPSC_ConnectionData *data,
                             uint32_t *connection_id)
{
    fake_connector *f = context;
    uint32_t result = count(f);

    (void)data;
    if (result == TPSC_SUCCESS) {
        f->method = method;
        f->connections++;
        *connection_id = ++f->next_id;
    }
    return result;
}

static uint32_t fake_disconnect(void *context, uint32_t connection_id)
{
    fake_connector *f = context;

    (void)connection_id;
    f->connections--;
    return count(f);
}

static uint32_t fake_discovery(void *context, uint32_t connection_id, TPSC_ServiceIdentifier *services,
                               size_t *size)
{
    fake_connector *f = context;
    uint32_t result = count(f);
    size_t room = *size;

    (void)connection_id;
    f->discoveries++;
    if (result != TPSC_SUCCESS) {
        return result;
    }
    *size = f->services_count;
    if (room < f->services_count) {
        return TPSC_ERROR_SHORT_BUFFER;
    }
    memcpy(services, f->services, f->services_count * sizeof(*services));
    return TPSC_SUCCESS;
}

static uint32_t fake_open(void *context, uint32_t connection_id, const TPSC_UUID *instance,
                          uint32_t *session_id)
{
    fake_connector *f = context;
    uint32_t result = count(f);

    (void)connection_id;
    (void)instance;
    if (result == TPSC_SUCCESS) {
        f->sessions++;
        *session_id = 1000 + ++f->next_id;
    }
    return result;
}

static uint32_t fake_close(void *context, uint32_t connection_id, uint32_t session_id)
{
    fake_connector *f = context;

    (void)connection_id;
    (void)session_id;
    f->sessions--;
    return count(f);
}

static uint32_t fake_execute(void *context, uint32_t connection_id, uint32_t session_id,
                             uint32_t transaction_id, const uint8_t *send_buf, size_t send_len,
                             uint8_t *recv_buf, size_t *recv_len)
{
    fake_connector *f = context;
    uint32_t result = count(f);
    const uint8_t *response = f->response == NULL ? send_buf : f->response;
    size_t size = f->response == NULL ? send_len : f->response_size;
    size_t room = *recv_len;

    f->last_connection = connection_id;
    f->last_session = session_id;
    *recv_len = size;
    if (result != TPSC_SUCCESS) {
        memset(recv_buf, 0xEE, room);
        return result;
    }
    f->executing_id = transaction_id;
    while (f->hold) {
        if (f->cancelled_id == transaction_id && !f->ignores_cancel) {
            f->executing_id = 0;
            return TPSC_ERROR_CANCEL;
        }
        sched_yield();
    }
    f->executing_id = 0;
    if (size > room) {
        return TPSC_ERROR_SHORT_BUFFER;
    }
    memcpy(recv_buf, response, size);
    *recv_len = f->claims_size != 0 ? f->claims_size : size;
    return TPSC_SUCCESS;
}

static uint32_t fake_cancel(void *context, uint32_t connection_id, uint32_t transaction_id)
{
    fake_connector *f = context;

    (void)connection_id;
    f->cancels++;
    f->cancelled_id = transaction_id;
    return f->ignores_cancel ? TPSC_ERROR_NOT_SUPPORTED : TPSC_SUCCESS;
}

void fake_connector_add(fake_connector *fake, uint8_t mark, TPSC_ServiceVersion version)
{
    fake->services[fake->services_count++] = (TPSC_ServiceIdentifier){
        .service_instance = {{mark, 1}},
        .service_id = TPSC_UUID_SERVICE_GPP_ROT13,
        .secure_component_type = TPSC_UUID_SC_TYPE_INSECURE_TEST,
        .secure_component_instance = {{mark, 2}},
        .service_version = version,
    };
}

void fake_connector_init(fake_connector *fake, uint8_t mark)
{
    memset(fake, 0, sizeof(*fake));
    fake->table = (TPSC_Connector2){
        .abi_version = TPSC_CONNECTOR_ABI_VERSION,
        .context = fake,
        .connect = fake_connect,
        .disconnect = fake_disconnect,
        .service_discovery = fake_discovery,
        .open_session = fake_open,
        .close_session = fake_close,
        .execute_transaction = fake_execute,
        .cancel_transaction = fake_cancel,
    };
    fake_connector_add(fake, mark, (TPSC_ServiceVersion){0, 0, 16});
}
