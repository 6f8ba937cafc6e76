/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tpsc_client_api.h
 * The GlobalPlatform TPS Client API: how an application finds the services of the secure components of its
 * platform, opens a session with one, and exchanges CBOR messages with it.
 *
 * ABI-compatible with the published reference implementation, commit 95ebcaf: same names, same values, same
 * layout (asserted at the end of this file). Where that implementation contradicts itself, this header says
 * what holds here.
 *
 * A minute's tour:
 * @code
 *     TPSC_ServiceSelector any_rot13 = {.service_id = TPSC_UUID_SERVICE_GPP_ROT13,
 *                                       .service_version_range = TPSC_SERVICE_RANGE_ANY};
 *     TPSC_ServiceIdentifier found[8];
 *     size_t count = 8;
 *     TPSC_Session session;
 *     TPSC_MessageBuffer request, response;
 *
 *     TPSC_ServiceDiscovery(&any_rot13, &count, found);
 *     TPSC_OpenSession(&found[0].service_instance, TPSC_LOGIN_PUBLIC, NULL, &session);
 *     TPSC_InitializeTransaction(&request, request_bytes, sizeof(request_bytes));
 *     TPSC_InitializeTransaction(&response, response_bytes, sizeof(response_bytes));
 *     request.size = encode_my_request(request.message, request.maxsize);
 *     TPSC_ExecuteTransaction(&session, &request, &response);   // response.message holds response.size bytes
 *     TPSC_FinalizeTransaction(&request);
 *     TPSC_FinalizeTransaction(&response);
 *     TPSC_CloseSession(&session);
 * @endcode
 * Every function returns TPSC_SUCCESS or one of TPSC_ERROR_*; nothing is thrown away silently.
 *
 * Threads: all functions may be called from any thread at any time, on distinct structures. On one structure,
 * only TPSC_CancelTransaction() may run beside another function. No function may be called from an interrupt
 * or signal handler. A short internal spin guard is taken; it is never held while a connector works.
 *
 * Memory: the library keeps one static table and allocates nothing. Its limits are in client/limits.h:
 * sessions (TPSC_ERROR_OUT_OF_MEMORY beyond), executions at the same time (TPSC_ERROR_BUSY beyond), services
 * known.
 */
#ifndef TPS_TPSC_CLIENT_API_H
#define TPS_TPSC_CLIENT_API_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Results ---- */

/** It worked. */
#define TPSC_SUCCESS 0x00000000u
/** It failed, and none of the other values says why. */
#define TPSC_ERROR_GENERIC 0xF0090000u
/** The login does not permit this. Next step: open the session with another login method. */
#define TPSC_ERROR_ACCESS_DENIED 0xF0090001u
/** TPSC_CancelTransaction() ended the execution; nothing was received. */
#define TPSC_ERROR_CANCEL 0xF0090002u
/** The message is not what the service expects. Next step: see the service's CDDL in spec/. */
#define TPSC_ERROR_BAD_FORMAT 0xF0090003u
/** Specified, but not built yet. The reference's header has 0xF0000004 by mistake: see
 * TPSC_IS_NOT_IMPLEMENTED(). */
#define TPSC_ERROR_NOT_IMPLEMENTED 0xF0090004u
/** Valid, but this component does not offer it. */
#define TPSC_ERROR_NOT_SUPPORTED 0xF0090005u
/** Something that is needed is not there: an empty message, a key that does not exist. */
#define TPSC_ERROR_NO_DATA 0xF0090006u
/** No room is left: close a session, destroy a key, or raise a limit. */
#define TPSC_ERROR_OUT_OF_MEMORY 0xF0090007u
/** What is asked for is in use at this moment. Next step: try again a little later. */
#define TPSC_ERROR_BUSY 0xF0090008u
/** The secure component does not answer, or answers nonsense. Next step: check that it runs. */
#define TPSC_ERROR_COMMUNICATION 0xF0090009u
/** A security fault was found; no returned value may be used. */
#define TPSC_ERROR_SECURITY 0xF009000Au
/** A buffer or array is too small; the size that is needed has been returned where it would have been filled.
 */
#define TPSC_ERROR_SHORT_BUFFER 0xF009000Bu
/** It worked, but the function will be withdrawn. Not returned by this version. */
#define TPSC_ERROR_DEPRECATED 0xF009000Cu
/** The UUID names nothing that is known here. Next step: TPSC_ServiceDiscovery(). */
#define TPSC_ERROR_BAD_IDENTIFIER 0xF009000Du
/** A pointer is NULL that must not be. */
#define TPSC_ERROR_NULL_POINTER 0xF009000Eu
/** The structure is not in the state that the function needs: not initialised, closed, or not executing. */
#define TPSC_ERROR_BAD_STATE 0xF009000Fu

/** The value that the reference's header gives to NOT_IMPLEMENTED. Accepted from connectors, never returned.
 */
#define TPSC_ERROR_NOT_IMPLEMENTED_REFERENCE 0xF0000004u
/** True for both values of NOT_IMPLEMENTED. */
#define TPSC_IS_NOT_IMPLEMENTED(result) \
    ((result) == TPSC_ERROR_NOT_IMPLEMENTED || (result) == TPSC_ERROR_NOT_IMPLEMENTED_REFERENCE)

/* ---- UUIDs. The published ones are literals; do not compute them. ---- */

/** A UUID, as its 16 bytes in the order in which it is written. */
typedef struct {
    uint8_t bytes[16];
} TPSC_UUID;

/* clang-format off */
/** An initialiser for a TPSC_UUID from its 16 bytes. */
#define TPSC_UUID_INIT(b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15)               \
    {{b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15}}

/* clang-format on */

/** No UUID: a wildcard in a TPSC_ServiceSelector, an error everywhere else. */
#define TPSC_UUID_NIL TPSC_UUID_INIT(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
/** The namespace of TPS: 9913673c-2332-422c-8213-1ec1f74936e8. */
#define TPSC_UUID_NAMESPACE                                                                                  \
    TPSC_UUID_INIT(0x99, 0x13, 0x67, 0x3c, 0x23, 0x32, 0x42, 0x2c, 0x82, 0x13, 0x1e, 0xc1, 0xf7, 0x49, 0x36, \
                   0xe8)
/** Component type "GPD-TEE", a trusted execution environment: 59846875-1e02-53c8-922f-5d60dd103a58. */
#define TPSC_UUID_SC_TYPE_GPD_TEE                                                                            \
    TPSC_UUID_INIT(0x59, 0x84, 0x68, 0x75, 0x1e, 0x02, 0x53, 0xc8, 0x92, 0x2f, 0x5d, 0x60, 0xdd, 0x10, 0x3a, \
                   0x58)
/** Component type "GPC-SE", a secure element: bdd658fa-44c1-5e59-b3a1-1a8f038ceb50. */
#define TPSC_UUID_SC_TYPE_GPC_SE                                                                             \
    TPSC_UUID_INIT(0xbd, 0xd6, 0x58, 0xfa, 0x44, 0xc1, 0x5e, 0x59, 0xb3, 0xa1, 0x1a, 0x8f, 0x03, 0x8c, 0xeb, \
                   0x50)
/** Component type "GPP-REE", the rich environment itself: d2dc120c-3e4a-5b1f-bece-df3825c933ae. */
#define TPSC_UUID_SC_TYPE_GPP_REE                                                                            \
    TPSC_UUID_INIT(0xd2, 0xdc, 0x12, 0x0c, 0x3e, 0x4a, 0x5b, 0x1f, 0xbe, 0xce, 0xdf, 0x38, 0x25, 0xc9, 0x33, \
                   0xae)
/** Component type "Insecure Test SC": software only, for demonstrations:
 * 0a288f23-b736-5826-a81a-9fe66e331661. */
#define TPSC_UUID_SC_TYPE_INSECURE_TEST                                                                      \
    TPSC_UUID_INIT(0x0a, 0x28, 0x8f, 0x23, 0xb7, 0x36, 0x58, 0x26, 0xa8, 0x1a, 0x9f, 0xe6, 0x6e, 0x33, 0x16, \
                   0x61)
/** The service "GPP ROT13", for tests: 87bae713-b08f-5e28-b9ee-4aa6e202440e. */
#define TPSC_UUID_SERVICE_GPP_ROT13                                                                          \
    TPSC_UUID_INIT(0x87, 0xba, 0xe7, 0x13, 0xb0, 0x8f, 0x5e, 0x28, 0xb9, 0xee, 0x4a, 0xa6, 0xe2, 0x02, 0x44, \
                   0x0e)

/* ---- Logins ---- */

/*
 * The values are those of the GlobalPlatform TEE Client API. The reference's header gives 1 to USER,
 * APPLICATION and USER_APPLICATION and 2 to both groups, so that a component could not tell them apart;
 * PUBLIC, USER and GROUP agree.
 */
/** Nobody in particular. */
#define TPSC_LOGIN_PUBLIC 0u
/** The user that runs the application (the uid on Unix). */
#define TPSC_LOGIN_USER 1u
/** A group that the user is a member of; its gid in a TPSC_ConnectionData. */
#define TPSC_LOGIN_GROUP 2u
/** The application itself, as the platform identifies it. */
#define TPSC_LOGIN_APPLICATION 4u
/** The application as run by this user. */
#define TPSC_LOGIN_USER_APPLICATION 5u
/** The application as run by a member of a group; its gid in a TPSC_ConnectionData. */
#define TPSC_LOGIN_GROUP_APPLICATION 6u

/** TPSC_ConnectionData holds nothing. */
#define TPSC_CONNECTIONDATA_NONE 0u
/** TPSC_ConnectionData holds `gid`. */
#define TPSC_CONNECTIONDATA_GID 1u
/** TPSC_ConnectionData holds `proprietary`, a pointer that the connector and its users agree on. */
#define TPSC_CONNECTIONDATA_PROPRIETARY 2u
/** The last value that the standard reserves. */
#define TPSC_CONNECTIONDATA_LAST_ITEM 0x7FFFFFFFu

/** What a login method needs beside its name. */
typedef struct {
    uint32_t tag; /**< one of TPSC_CONNECTIONDATA_* */
    union {
        uint32_t gid;            /**< a Unix group id */
        const void *proprietary; /**< the connector says what it points to */
    };
} TPSC_ConnectionData;

/* ---- Services and how to select them ---- */

/** A semantic version; compared by major, then minor, then patch. */
typedef struct {
    uint32_t major_version;
    uint32_t minor_version;
    uint32_t patch_version;
} TPSC_ServiceVersion;

/** The version named is itself within the bound. */
#define TPSC_BOUNDS_INCLUSIVE 0u
/** The version named is just outside the bound. */
#define TPSC_BOUNDS_EXCLUSIVE 1u
/** There is no bound on this side. */
#define TPSC_BOUNDS_NONE 2u

/** One end of a range of versions. */
typedef struct {
    uint32_t tag; /**< one of TPSC_BOUNDS_* */
    union {
        TPSC_ServiceVersion inclusive; /**< for TPSC_BOUNDS_INCLUSIVE */
        TPSC_ServiceVersion exclusive; /**< for TPSC_BOUNDS_EXCLUSIVE */
    };
} TPSC_ServiceBounds;

/**
 * The versions that are acceptable: from `lowest_acceptable_version` to `highest_acceptable_version`, except
 * those from `first_excluded_version` to `last_excluded_version`. Each end counts or not, as it is tagged.
 * TPSC_BOUNDS_NONE leaves an end open: no lowest, no highest; an excluded range with one open end excludes
 * everything on that side, and with both ends open it excludes nothing.
 */
typedef struct {
    TPSC_ServiceBounds lowest_acceptable_version;
    TPSC_ServiceBounds first_excluded_version;
    TPSC_ServiceBounds last_excluded_version;
    TPSC_ServiceBounds highest_acceptable_version;
} TPSC_ServiceRange;

/* clang-format off */
/** A bound that is open. */
#define TPSC_SERVICE_BOUNDS_OPEN {TPSC_BOUNDS_NONE, {{0, 0, 0}}}

/** A range that accepts every version. A range of zeros does not: it means exactly 0.0.0, and excludes that. */
#define TPSC_SERVICE_RANGE_ANY                                                                             \
    {TPSC_SERVICE_BOUNDS_OPEN, TPSC_SERVICE_BOUNDS_OPEN, TPSC_SERVICE_BOUNDS_OPEN, TPSC_SERVICE_BOUNDS_OPEN}

/* clang-format on */

/** Which services to discover. TPSC_UUID_NIL in a UUID accepts any. */
typedef struct {
    TPSC_UUID service_id;                    /**< the type of service */
    TPSC_UUID secure_component_type;         /**< one of TPSC_UUID_SC_TYPE_*, or a maker's own */
    TPSC_UUID secure_component_instance;     /**< one component of this platform */
    TPSC_ServiceRange service_version_range; /**< the versions that are acceptable */
} TPSC_ServiceSelector;

/** One service of one secure component. */
typedef struct {
    TPSC_UUID service_instance;          /**< names this one; stable over restarts; for TPSC_OpenSession() */
    TPSC_UUID service_id;                /**< the type of service, the same in every component */
    TPSC_UUID secure_component_type;     /**< what kind of component offers it */
    TPSC_UUID secure_component_instance; /**< which component of this platform offers it */
    TPSC_ServiceVersion service_version; /**< its version */
} TPSC_ServiceIdentifier;

/* ---- Sessions and messages ---- */

/** In TPSC_Session.imp.guard while the session is open. */
#define TPSC_GUARD_SESSION 0xACCE55EDu
/** In TPSC_MessageBuffer.imp.guard between Initialize and Finalize. */
#define TPSC_GUARD_TRANSACTION 0x5CA1AB1Eu
/** Reserved by the reference for service specifications; unused. */
#define TPSC_GUARD_SERVICE_SPEC 0xCA5CADEDu

/** The library's own; do not read or write it. */
typedef struct {
    uint32_t connection_id;
    uint32_t guard;
} TPSC_SessionPriv;

/** An open session. Filled by TPSC_OpenSession(); copies name the same session. */
typedef struct {
    const TPSC_UUID
        *service_id;     /**< the instance in use, in the library's memory; valid while the session is open */
    uint32_t session_id; /**< names the session within this process */
    TPSC_SessionPriv imp; /**< private */
} TPSC_Session;

/** The library's own; do not read or write it. */
typedef struct {
    uint32_t guard;
} TPSC_MessageBufferPriv;

/** A message and the room it lies in. The room is the caller's. */
typedef struct {
    uint8_t *message; /**< the room */
    size_t size;      /**< of the message, in bytes: set by the caller to send, by the library on receipt */
    size_t maxsize;   /**< of the room, in bytes */
    TPSC_MessageBufferPriv imp; /**< private */
} TPSC_MessageBuffer;

/**
 * @brief List the services that match a selector.
 *
 * Asks every registered connector anew. A connector that fails is passed over as long as another answers. The
 * order is that of registration, then the component's own. If two connectors claim one instance, the first
 * registered has it.
 *
 * @param selector              Which services; see TPSC_ServiceSelector.
 * @param[in,out] no_of_services  In: the capacity of `service_array`, in entries, not bytes. Out, on SUCCESS:
 * how many were filled; on SHORT_BUFFER: how many there are. Otherwise unchanged.
 * @param[out] service_array    Filled on SUCCESS; otherwise what it holds means nothing. May be NULL if the
 * capacity is 0, to ask for the number.
 *
 * @retval TPSC_SUCCESS               Also when nothing matches: the number is then 0.
 * @retval TPSC_ERROR_NULL_POINTER    `selector` or `no_of_services` is NULL, or `service_array` with a
 * capacity.
 * @retval TPSC_ERROR_BAD_FORMAT      A bound's tag is none of TPSC_BOUNDS_*.
 * @retval TPSC_ERROR_SHORT_BUFFER    More services match than there is room for; the number needed was
 * returned.
 * @retval TPSC_ERROR_NO_DATA         No connector is registered.
 * @retval TPSC_ERROR_OUT_OF_MEMORY   There are more services than the library's table can hold.
 * @retval other                      Every connector failed: what the first of them said, often
 * COMMUNICATION.
 *
 * Blocks as long as the connectors do.
 */
uint32_t TPSC_ServiceDiscovery(const TPSC_ServiceSelector *selector, size_t *no_of_services,
                               TPSC_ServiceIdentifier *service_array);

/**
 * @brief Open a session with a service.
 *
 * An instance that was not discovered in this process yet is looked for first, so that its UUID may be kept
 * over restarts. Whatever fails, nothing stays open behind it.
 *
 * @param service_instance   From TPSC_ServiceIdentifier. Copied.
 * @param connection_method  One of TPSC_LOGIN_*.
 * @param connection_data    The group for TPSC_LOGIN_GROUP and TPSC_LOGIN_GROUP_APPLICATION; otherwise NULL
 * or NONE.
 * @param[out] session       Filled on SUCCESS; otherwise all zero. Close it with TPSC_CloseSession().
 *
 * @retval TPSC_SUCCESS               The session is open.
 * @retval TPSC_ERROR_NULL_POINTER    `service_instance` or `session` is NULL.
 * @retval TPSC_ERROR_BAD_IDENTIFIER  No such instance, or TPSC_UUID_NIL.
 * @retval TPSC_ERROR_BAD_FORMAT      The login method is unknown, or `connection_data` does not fit it.
 * @retval TPSC_ERROR_ACCESS_DENIED   The component does not accept this login, or the service needs another.
 * @retval TPSC_ERROR_OUT_OF_MEMORY   Too many sessions, in this process or in the component.
 * @retval TPSC_ERROR_BUSY            The connector allows fewer sessions (version 1 allows one).
 * @retval TPSC_ERROR_COMMUNICATION   The component does not answer.
 */
uint32_t TPSC_OpenSession(const TPSC_UUID *service_instance, uint32_t connection_method,
                          const TPSC_ConnectionData *connection_data, TPSC_Session *session);

/**
 * @brief Close a session.
 *
 * The session is over in any case but BUSY and BAD_STATE, even if the component cannot be told: it notices
 * that the connection has ended. `session` becomes all zero.
 *
 * @retval TPSC_SUCCESS             It is closed.
 * @retval TPSC_ERROR_NULL_POINTER  `session` is NULL.
 * @retval TPSC_ERROR_BAD_STATE     It is not open: never opened, closed already (also through a copy).
 * @retval TPSC_ERROR_BUSY          A transaction is executing on it. Cancel that, or wait.
 */
uint32_t TPSC_CloseSession(TPSC_Session *session);

/**
 * @brief Give a message buffer its room.
 *
 * @param[out] transaction  What it held before is not looked at. Its size becomes 0.
 * @param buffer            The room; stays the caller's and must live until TPSC_FinalizeTransaction().
 * @param maxsize           Its size in bytes.
 *
 * @retval TPSC_SUCCESS             It can be used.
 * @retval TPSC_ERROR_NULL_POINTER  `transaction` or `buffer` is NULL.
 * @retval TPSC_ERROR_SHORT_BUFFER  `maxsize` is 0.
 * @retval TPSC_ERROR_BUSY          It takes part in an execution at this moment.
 */
uint32_t TPSC_InitializeTransaction(TPSC_MessageBuffer *transaction, uint8_t *buffer, size_t maxsize);

/**
 * @brief Send a request and wait for the response.
 *
 * @param session       An open session.
 * @param send_buf      The request: `size` bytes of one CBOR item. Not changed.
 * @param[out] recv_buf Receives the response; `size` becomes its true size. Untouched when an argument is
 * refused (NULL_POINTER, BAD_STATE, NO_DATA, BUSY); when anything else fails, the room is wiped and `size` is
 * 0, or the size needed after SHORT_BUFFER. Must not share memory with `send_buf`.
 *
 * @retval TPSC_SUCCESS              A response came. Whether the service did what was asked is said in the
 * response.
 * @retval TPSC_ERROR_NULL_POINTER   An argument, or a buffer's room, is NULL.
 * @retval TPSC_ERROR_BAD_STATE      The session is not open, or a buffer was not initialised.
 * @retval TPSC_ERROR_NO_DATA        The request is empty.
 * @retval TPSC_ERROR_BAD_FORMAT     The request's size is larger than its room or than the connector carries,
 * the buffers share memory, or the service does not understand the request.
 * @retval TPSC_ERROR_SHORT_BUFFER   The response does not fit; `recv_buf->size` is the size needed (0:
 * unknown). A service that changes something sees the room before it begins, and so does nothing.
 * @retval TPSC_ERROR_BUSY           `recv_buf` is in use by another execution, or too many execute at once.
 * @retval TPSC_ERROR_CANCEL         TPSC_CancelTransaction() was called. The service may have done it or not.
 * @retval TPSC_ERROR_COMMUNICATION  The component is gone, even if it was started again since. The service
 * may have done it or not: ask it before asking again. Close the session and open another with the same
 * service instance, which keeps its UUID, as what is stored keeps; until the component runs again that
 * returns COMMUNICATION, too. Gone with the session are its binding and what was in the component's memory,
 * such as volatile keys.
 * @retval other                     What the service returned, such as ACCESS_DENIED or NOT_SUPPORTED.
 *
 * Several threads may execute on one session with buffers of their own; the connector may serve them one by
 * one.
 */
uint32_t TPSC_ExecuteTransaction(const TPSC_Session *session, const TPSC_MessageBuffer *send_buf,
                                 TPSC_MessageBuffer *recv_buf);

/**
 * @brief End the use of a message buffer.
 *
 * The structure becomes all zero; the room is the caller's again, and holds what it held
 * (TPSC_ClearTransaction() wipes).
 *
 * @retval TPSC_SUCCESS             Done.
 * @retval TPSC_ERROR_NULL_POINTER  `transaction` is NULL.
 * @retval TPSC_ERROR_BAD_STATE     It was not initialised, or is finalised already.
 * @retval TPSC_ERROR_BUSY          It takes part in an execution at this moment.
 */
uint32_t TPSC_FinalizeTransaction(TPSC_MessageBuffer *transaction);

/**
 * @brief Wipe a message.
 *
 * All `maxsize` bytes of the room become zero, and the size too; the buffer can be used again at once. The
 * compiler cannot leave the wiping out.
 *
 * @retval TPSC_SUCCESS             Done.
 * @retval TPSC_ERROR_NULL_POINTER  `transaction` or its room is NULL.
 * @retval TPSC_ERROR_BAD_STATE     It was not initialised.
 * @retval TPSC_ERROR_BUSY          It takes part in an execution at this moment.
 */
uint32_t TPSC_ClearTransaction(TPSC_MessageBuffer *transaction);

/**
 * @brief End an execution from another thread.
 *
 * The thread that waits in TPSC_ExecuteTransaction() returns TPSC_ERROR_CANCEL, at once where the connector
 * can do so (over a version 1 connector, when that comes back), also while it still waits to send. A request
 * that has not begun is not begun. One that is under way is done to its end by the component, so that what a
 * service stores is never left between two states; its response is dropped and never reaches a later
 * transaction. What takes long, such as the check of an update, is a message a part, and can be cancelled
 * between any two; the longest single request is one whose value makes the component tidy its storage.
 *
 * @param transaction  The *receive* buffer of the execution.
 *
 * @retval TPSC_SUCCESS             The execution ends with TPSC_ERROR_CANCEL. Calling again changes nothing.
 * @retval TPSC_ERROR_NULL_POINTER  `transaction` is NULL.
 * @retval TPSC_ERROR_BAD_STATE     Nothing executes with this buffer: it has not begun yet, or it is over. A
 * caller that may come too early tries again until the other thread has returned.
 * @retval TPSC_ERROR_NOT_SUPPORTED The connector of this execution runs every call to its end, as that of a
 * microcontroller does: the execution goes on. Where all connectors are so, it is returned in place of
 * BAD_STATE, too.
 */
uint32_t TPSC_CancelTransaction(TPSC_MessageBuffer *transaction);

/* ---- The layout. LP64: 64-bit pointers and size_t, as on x86-64 and AArch64; ILP32: 32-bit, as on Cortex-M.
 * ---- */

#if defined(__cplusplus)
#define TPSC_ASSERT_LAYOUT(condition, text) static_assert(condition, text)
#else
#define TPSC_ASSERT_LAYOUT(condition, text) _Static_assert(condition, text)
#endif

TPSC_ASSERT_LAYOUT(sizeof(TPSC_UUID) == 16, "TPSC_UUID");
TPSC_ASSERT_LAYOUT(sizeof(TPSC_ServiceVersion) == 12, "TPSC_ServiceVersion");
TPSC_ASSERT_LAYOUT(sizeof(TPSC_ServiceBounds) == 16, "TPSC_ServiceBounds");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_ServiceBounds, inclusive) == 4, "TPSC_ServiceBounds.inclusive");
TPSC_ASSERT_LAYOUT(sizeof(TPSC_ServiceRange) == 64, "TPSC_ServiceRange");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_ServiceRange, first_excluded_version) == 16, "first_excluded_version");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_ServiceRange, last_excluded_version) == 32, "last_excluded_version");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_ServiceRange, highest_acceptable_version) == 48,
                   "highest_acceptable_version");
TPSC_ASSERT_LAYOUT(sizeof(TPSC_ServiceSelector) == 112, "TPSC_ServiceSelector");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_ServiceSelector, secure_component_type) == 16, "selector: component type");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_ServiceSelector, secure_component_instance) == 32,
                   "selector: component instance");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_ServiceSelector, service_version_range) == 48, "selector: version range");
TPSC_ASSERT_LAYOUT(sizeof(TPSC_ServiceIdentifier) == 76, "TPSC_ServiceIdentifier");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_ServiceIdentifier, service_id) == 16, "identifier: service id");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_ServiceIdentifier, secure_component_type) == 32,
                   "identifier: component type");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_ServiceIdentifier, secure_component_instance) == 48, "identifier: instance");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_ServiceIdentifier, service_version) == 64, "identifier: version");

#if SIZE_MAX == UINT64_MAX
TPSC_ASSERT_LAYOUT(sizeof(TPSC_ConnectionData) == 16, "TPSC_ConnectionData, LP64");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_ConnectionData, gid) == 8, "TPSC_ConnectionData.gid, LP64");
TPSC_ASSERT_LAYOUT(sizeof(TPSC_Session) == 24, "TPSC_Session, LP64");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_Session, session_id) == 8, "TPSC_Session.session_id, LP64");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_Session, imp) == 12, "TPSC_Session.imp, LP64");
TPSC_ASSERT_LAYOUT(sizeof(TPSC_MessageBuffer) == 32, "TPSC_MessageBuffer, LP64");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_MessageBuffer, size) == 8, "TPSC_MessageBuffer.size, LP64");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_MessageBuffer, maxsize) == 16, "TPSC_MessageBuffer.maxsize, LP64");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_MessageBuffer, imp) == 24, "TPSC_MessageBuffer.imp, LP64");
#elif SIZE_MAX == UINT32_MAX
TPSC_ASSERT_LAYOUT(sizeof(TPSC_ConnectionData) == 8, "TPSC_ConnectionData, ILP32");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_ConnectionData, gid) == 4, "TPSC_ConnectionData.gid, ILP32");
TPSC_ASSERT_LAYOUT(sizeof(TPSC_Session) == 16, "TPSC_Session, ILP32");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_Session, imp) == 8, "TPSC_Session.imp, ILP32");
TPSC_ASSERT_LAYOUT(sizeof(TPSC_MessageBuffer) == 16, "TPSC_MessageBuffer, ILP32");
TPSC_ASSERT_LAYOUT(offsetof(TPSC_MessageBuffer, imp) == 12, "TPSC_MessageBuffer.imp, ILP32");
#endif

#ifdef __cplusplus
}
#endif

#endif
