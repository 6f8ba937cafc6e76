/* SPDX-License-Identifier: Apache-2.0 */
/* Message buffers and transactions of the TPS Client API. A transaction is known by its receive buffer as
 * long as it executes, which is how TPSC_CancelTransaction() finds it. */
#include <string.h>

#include "client/state.h"
#include "tps/secret.h"

static tps_client_transaction *find_locked(const TPSC_MessageBuffer *recv)
{
    for (size_t i = 0; i < TPS_CLIENT_TRANSACTIONS_MAX; i++) {
        if (tps_client.transactions[i].recv == recv) {
            return &tps_client.transactions[i];
        }
    }
    return NULL;
}

static bool is_in_use_locked(const TPSC_MessageBuffer *buffer)
{
    for (size_t i = 0; i < TPS_CLIENT_TRANSACTIONS_MAX; i++) {
        const tps_client_transaction *t = &tps_client.transactions[i];

        if (t->recv != NULL && (t->recv == buffer || t->send == buffer)) {
            return true;
        }
    }
    return false;
}

static bool is_in_use(const TPSC_MessageBuffer *buffer)
{
    bool used;

    tps_client_lock();
    used = is_in_use_locked(buffer);
    tps_client_unlock();
    return used;
}

uint32_t TPSC_InitializeTransaction(TPSC_MessageBuffer *transaction, uint8_t *buffer, size_t maxsize)
{
    if (transaction == NULL || buffer == NULL) {
        return TPSC_ERROR_NULL_POINTER;
    }
    if (maxsize == 0) {
        return TPSC_ERROR_SHORT_BUFFER;
    }
    if (is_in_use(transaction)) {
        return TPSC_ERROR_BUSY;
    }
    *transaction = (TPSC_MessageBuffer){buffer, 0, maxsize, {TPSC_GUARD_TRANSACTION}};
    return TPSC_SUCCESS;
}

uint32_t TPSC_FinalizeTransaction(TPSC_MessageBuffer *transaction)
{
    if (transaction == NULL) {
        return TPSC_ERROR_NULL_POINTER;
    }
    if (transaction->imp.guard != TPSC_GUARD_TRANSACTION) {
        return TPSC_ERROR_BAD_STATE;
    }
    if (is_in_use(transaction)) {
        return TPSC_ERROR_BUSY;
    }
    memset(transaction, 0, sizeof(*transaction));
    return TPSC_SUCCESS;
}

uint32_t TPSC_ClearTransaction(TPSC_MessageBuffer *transaction)
{
    if (transaction == NULL) {
        return TPSC_ERROR_NULL_POINTER;
    }
    if (transaction->imp.guard != TPSC_GUARD_TRANSACTION) {
        return TPSC_ERROR_BAD_STATE;
    }
    if (transaction->message == NULL) {
        return TPSC_ERROR_NULL_POINTER;
    }
    if (is_in_use(transaction)) {
        return TPSC_ERROR_BUSY;
    }
    tps_wipe(transaction->message, transaction->maxsize);
    transaction->size = 0;
    return TPSC_SUCCESS;
}

static bool overlap(const TPSC_MessageBuffer *a, const TPSC_MessageBuffer *b)
{
    uintptr_t a_start = (uintptr_t)a->message;
    uintptr_t b_start = (uintptr_t)b->message;

    return a == b || (a_start < b_start ? b_start - a_start < a->maxsize : a_start - b_start < b->maxsize);
}

static uint32_t check(const TPSC_Session *session, const TPSC_MessageBuffer *send,
                      const TPSC_MessageBuffer *recv)
{
    if (session == NULL || send == NULL || recv == NULL) {
        return TPSC_ERROR_NULL_POINTER;
    }
    if (session->imp.guard != TPSC_GUARD_SESSION || send->imp.guard != TPSC_GUARD_TRANSACTION ||
        recv->imp.guard != TPSC_GUARD_TRANSACTION) {
        return TPSC_ERROR_BAD_STATE;
    }
    if (send->message == NULL || recv->message == NULL) {
        return TPSC_ERROR_NULL_POINTER;
    }
    if (send->size == 0) {
        return TPSC_ERROR_NO_DATA;
    }
    return send->size > send->maxsize || overlap(send, recv) ? TPSC_ERROR_BAD_FORMAT : TPSC_SUCCESS;
}

/** A number that no executing transaction has; never 0. */
static uint32_t new_id_locked(void)
{
    for (;;) {
        bool taken = ++tps_client.last_transaction == 0;

        for (size_t i = 0; i < TPS_CLIENT_TRANSACTIONS_MAX; i++) {
            const tps_client_transaction *t = &tps_client.transactions[i];

            taken = taken || (t->recv != NULL && t->id == tps_client.last_transaction);
        }
        if (!taken) {
            return tps_client.last_transaction;
        }
    }
}

static uint32_t begin_locked(const TPSC_Session *session, const TPSC_MessageBuffer *send,
                             const TPSC_MessageBuffer *recv, tps_client_transaction **out)
{
    tps_client_session *s = tps_client_find_session_locked(session);
    tps_client_transaction *t = find_locked(NULL);

    if (s == NULL) {
        return TPSC_ERROR_BAD_STATE;
    }
    if (t == NULL || is_in_use_locked(recv)) {
        return TPSC_ERROR_BUSY;
    }
    *t = (tps_client_transaction){recv, send, s, new_id_locked(), false};
    s->executing++;
    *out = t;
    return TPSC_SUCCESS;
}

/** Ends the transaction; true if it was cancelled before this moment. */
static bool end(tps_client_transaction *t)
{
    bool cancelled;

    tps_client_lock();
    cancelled = t->cancelled;
    t->session->executing--;
    t->recv = NULL;
    tps_client_unlock();
    return cancelled;
}

static uint32_t receive(uint32_t result, size_t size, TPSC_MessageBuffer *recv)
{
    recv->size = 0;
    if (result == TPSC_SUCCESS && size > 0 && size <= recv->maxsize) {
        recv->size = size;
        return TPSC_SUCCESS;
    }
    tps_wipe(recv->message, recv->maxsize);
    if (result == TPSC_ERROR_SHORT_BUFFER) {
        recv->size = size > recv->maxsize ? size : 0;
    }
    return result == TPSC_SUCCESS ? TPSC_ERROR_COMMUNICATION : tps_client_result(result);
}

uint32_t TPSC_ExecuteTransaction(const TPSC_Session *session, const TPSC_MessageBuffer *send_buf,
                                 TPSC_MessageBuffer *recv_buf)
{
    uint32_t result = check(session, send_buf, recv_buf);
    tps_client_transaction *t = NULL;
    const TPSC_Connector2 *c;
    size_t size;

    if (result != TPSC_SUCCESS) {
        return result;
    }
    tps_client_lock();
    result = begin_locked(session, send_buf, recv_buf, &t);
    tps_client_unlock();
    if (result != TPSC_SUCCESS) {
        return result;
    }

    c = t->session->owner->connector;
    size = recv_buf->maxsize;
    result = c->execute_transaction(c->context, t->session->connection_id, t->session->session_id, t->id,
                                    send_buf->message, send_buf->size, recv_buf->message, &size);
    if (end(t)) {
        result = TPSC_ERROR_CANCEL;
    }
    return receive(result, size, recv_buf);
}

/** Marks the execution with this receive buffer as cancelled, if there is one and it can be. */
static uint32_t mark_locked(const TPSC_MessageBuffer *recv, tps_client_transaction **out)
{
    tps_client_transaction *t = find_locked(recv);

    if (t == NULL) {
        return tps_client_can_cancel_locked() ? TPSC_ERROR_BAD_STATE : TPSC_ERROR_NOT_SUPPORTED;
    }
    if (t->session->owner->connector->cancel_transaction == NULL) {
        return TPSC_ERROR_NOT_SUPPORTED;
    }
    t->cancelled = true;
    tps_client_use_locked(t->session->owner);
    *out = t;
    return TPSC_SUCCESS;
}

uint32_t TPSC_CancelTransaction(TPSC_MessageBuffer *transaction)
{
    tps_client_transaction *t = NULL;
    tps_client_connector *owner = NULL;
    uint32_t connection = 0;
    uint32_t id = 0;
    uint32_t result;

    if (transaction == NULL) {
        return TPSC_ERROR_NULL_POINTER;
    }
    tps_client_lock();
    result = mark_locked(transaction, &t);
    if (result == TPSC_SUCCESS) {
        owner = t->session->owner;
        connection = t->session->connection_id;
        id = t->id;
    }
    tps_client_unlock();
    if (result != TPSC_SUCCESS) {
        return result;
    }

    /* Whatever the connector answers: the mark above makes the execution end with CANCEL. */
    (void)owner->connector->cancel_transaction(owner->connector->context, connection, id);
    tps_client_release(owner);
    return TPSC_SUCCESS;
}
