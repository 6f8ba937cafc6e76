/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the entry function that must end in an error, or in the right answer, and never in a fault: with
 * every address and size that is not this world's, from a handler, with all that they name changing under
 * them. */
#include "nonsecure/hostile.h"

#include <string.h>

#include "component/core/veneer.h"
#include "memory.h"
#include "nonsecure/ask.h"

#define WORD(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* Calls that are to be interrupted, and interrupts that are to come meanwhile. */
enum { ROOM = 1024, RACES = 1000, TICKS = 100, RANDOM = 20000 };

/* GetFeatures, of any service. */
static const uint8_t request[] = {0xc1, 0xa0};
static uint8_t changing_request[sizeof request];
static uint8_t response[ROOM];
static uint32_t connection;
static uint32_t session;

/* ---- words ---- */

static const char *name_of(uint32_t result)
{
    static const char *const names[] = {
        "GENERIC",    "ACCESS_DENIED",  "CANCEL",       "BAD_FORMAT",    "NOT_IMPLEMENTED", "NOT_SUPPORTED",
        "NO_DATA",    "OUT_OF_MEMORY",  "BUSY",         "COMMUNICATION", "SECURITY",        "SHORT_BUFFER",
        "DEPRECATED", "BAD_IDENTIFIER", "NULL_POINTER", "BAD_STATE"};
    uint32_t index = result - TPSC_ERROR_GENERIC;

    return result == TPSC_SUCCESS                   ? "SUCCESS"
           : index < sizeof names / sizeof names[0] ? names[index]
                                                    : "unknown";
}

static void tell(const char *name, const char *what, uint32_t result)
{
    say(name);
    say(what);
    say(": ");
    say(name_of(result));
    say("\n");
}

/* ---- calls ---- */

static tps_veneer_call execution(void)
{
    return (tps_veneer_call){.version = TPS_VENEER_VERSION,
                             .op = TPS_VENEER_EXECUTE,
                             .connection = connection,
                             .session = session,
                             .send = (uintptr_t)request,
                             .send_size = sizeof request,
                             .receive = (uintptr_t)response,
                             .room = sizeof response};
}

static uint32_t connect_as(uint32_t method, uint32_t *made)
{
    tps_veneer_call call = {.version = TPS_VENEER_VERSION, .op = TPS_VENEER_CONNECT, .method = method};
    uint32_t result = tps_veneer(&call);

    *made = call.connection;
    return result;
}

static uint32_t end(uint32_t op, uint32_t of_connection, uint32_t of_session)
{
    tps_veneer_call call = {
        .version = TPS_VENEER_VERSION, .op = op, .connection = of_connection, .session = of_session};

    return tps_veneer(&call);
}

static uint32_t open(uint32_t *made)
{
    static TPSC_ServiceIdentifier services[16];
    tps_veneer_call call = {.version = TPS_VENEER_VERSION,
                            .op = TPS_VENEER_DISCOVER,
                            .connection = connection,
                            .receive = (uintptr_t)services,
                            .room = sizeof services};
    uint32_t result = tps_veneer(&call);

    if (result == TPSC_SUCCESS) {
        call.op = TPS_VENEER_OPEN;
        call.send = (uintptr_t)&services[0].service_instance;
        call.send_size = sizeof services[0].service_instance;
        result = tps_veneer(&call);
        *made = call.session;
    }
    return result;
}

/** What is right is answered, whatever was tried before. */
static void still_answers(const char *after)
{
    tps_veneer_call call = execution();

    tell("a right call after ", after, tps_veneer(&call));
}

/* ---- foreign memory ---- */

typedef struct {
    const char *name;
    uintptr_t address;
} place;

static const place places[] = {
    {"secure memory", AN505_SECURE_RAM + AN505_SECURE_STACK_SIZE},
    {"the secure stack", AN505_SECURE_RAM + AN505_SECURE_STACK_SIZE - 256},
    {"secure memory by its other address", AN505_SECURE_RAM - 0x10000000 + AN505_SECURE_STACK_SIZE},
    {"the secure alias of its own memory", AN505_NONSECURE_RAM + 0x10000000 + 0x1000},
    {"secure code", AN505_SECURE_CODE + 0x1000},
    {"secure code by its other address", AN505_SECURE_CODE - 0x10000000 + 0x1000},
    {"address 0", 0},
    {"the entry function", AN505_VENEERS},
    {"the flash", AN505_FLASH},
    {"the console", AN505_UART1_SECURE},
    {"the line", AN505_UART0_NONSECURE},
    {"the memory's guard", 0x58007000},
    {"registers of the core", 0xE000EDD0},
    {"registers of the core for the other world", 0xE002EDD0},
    {"nothing", 0x60000000},
    {"the 4 bytes before its own", AN505_NONSECURE_RAM - 4},
    {"its own last 4 bytes, and on", AN505_NONSECURE_RAM + AN505_NONSECURE_RAM_SIZE - 4},
    {"the end of all addresses", 0xFFFFFFFC},
};

static void foreign_places(void)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        tps_veneer_call call = execution();

        tell("a descriptor in ", places[i].name, tps_veneer((tps_veneer_call *)places[i].address));
        call.receive = places[i].address;
        tell("an answer to ", places[i].name, tps_veneer(&call));
        call.op = TPS_VENEER_DISCOVER;
        tell("a list to ", places[i].name, tps_veneer(&call));
        call = execution();
        call.send = places[i].address;
        call.send_size = 16;
        tell("a message in ", places[i].name, tps_veneer(&call));
        call.op = TPS_VENEER_OPEN;
        tell("a name in ", places[i].name, tps_veneer(&call));
    }
}

/** Across the borders of this world's memory, by one byte. */
static void borders(void)
{
    tps_veneer_call call = execution();
    uintptr_t end_of_ram = AN505_NONSECURE_RAM + AN505_NONSECURE_RAM_SIZE;

    call.receive = AN505_NONSECURE_RAM - 1;
    tell("an answer", " whose first byte is not its own", tps_veneer(&call));
    call.receive = end_of_ram - call.room + 1;
    tell("an answer", " whose last byte is not its own", tps_veneer(&call));
    call = execution();
    call.send = AN505_NONSECURE_RAM - 1;
    tell("a message", " whose first byte is not its own", tps_veneer(&call));
    call.send = end_of_ram - 1;
    tell("a message", " whose last byte is not its own", tps_veneer(&call));
    for (uintptr_t i = 1; i < 4; i++) {
        static tps_veneer_call room[2];

        tell("a descriptor", " that is not aligned", tps_veneer((tps_veneer_call *)((uintptr_t)room + i)));
    }
}

static void sizes(void)
{
    static const uint32_t all[] = {AN505_NONSECURE_RAM_SIZE,         0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
                                   0xFFFFFFFF - AN505_NONSECURE_RAM, 0x10000000};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        tps_veneer_call call = execution();

        call.room = all[i];
        tell("room", " that is too long", tps_veneer(&call));
        call = execution();
        call.send_size = all[i];
        tell("a message", " that is too long", tps_veneer(&call));
        call.send = 0 - (uintptr_t)(all[i] / 2);
        tell("a message", " around the end of all addresses", tps_veneer(&call));
        call = execution();
        call.room = all[i];
        call.receive = 0 - (uintptr_t)(all[i] / 2);
        tell("room", " around the end of all addresses", tps_veneer(&call));
    }
}

static void nonsense(void)
{
    tps_veneer_call call = execution();

    call.receive = (uintptr_t)&call;
    call.room = 16;
    tell("an answer", " onto its descriptor", tps_veneer(&call));
    call = execution();
    call.version = 2;
    tell("another version", "", tps_veneer(&call));
    call = execution();
    call.op = 7;
    tell("an operation", " that there is not", tps_veneer(&call));
    call = execution();
    call.connection++;
    tell("a connection", " that there is not", tps_veneer(&call));
    call = execution();
    call.session++;
    tell("a session", " that there is not", tps_veneer(&call));
}

/* ---- floods ---- */

static void flood_of_connections(void)
{
    static uint32_t made[64];
    uint32_t count = 0;
    uint32_t refused = 0;

    while (count < 64 && connect_as(TPSC_LOGIN_PUBLIC, &made[count]) == TPSC_SUCCESS) {
        count++;
    }
    for (uint32_t i = 0; i < 10000; i++) {
        uint32_t none;

        refused += connect_as(TPSC_LOGIN_PUBLIC, &none) == TPSC_ERROR_OUT_OF_MEMORY ? 1 : 0;
    }
    say("a flood of connections: ");
    say_number(count);
    say(" made, ");
    say_number(refused);
    say(" OUT_OF_MEMORY\n");
    still_answers("a flood of connections");
    while (count > 0) {
        (void)end(TPS_VENEER_DISCONNECT, made[--count], 0);
    }
    tell("a connection", " after the flood", connect_as(TPSC_LOGIN_PUBLIC, &made[0]));
    (void)end(TPS_VENEER_DISCONNECT, made[0], 0);
}

static void flood_of_sessions(void)
{
    static uint32_t made[64];
    uint32_t count = 0;
    uint32_t refused = 0;

    while (count < 64 && open(&made[count]) == TPSC_SUCCESS) {
        count++;
    }
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t none;

        refused += open(&none) == TPSC_ERROR_OUT_OF_MEMORY ? 1 : 0;
    }
    say("a flood of sessions: ");
    say_number(count);
    say(" made, ");
    say_number(refused);
    say(" OUT_OF_MEMORY\n");
    still_answers("a flood of sessions");
    while (count > 0) {
        (void)end(TPS_VENEER_CLOSE, connection, made[--count]);
    }
    tell("a session", " after the flood", open(&made[0]));
    (void)end(TPS_VENEER_CLOSE, connection, made[0]);
}

void hostile_errors(void)
{
    tell("a connection", "", connect_as(TPSC_LOGIN_USER, &connection));
    tell("a session", "", open(&session));
    foreign_places();
    borders();
    sizes();
    nonsense();
    still_answers("all errors");
    flood_of_connections();
    flood_of_sessions();
}

/* ---- calls from a handler, and what changes during a call ---- */

static volatile uint32_t ticks;
static volatile uint32_t busy;
static volatile uint32_t others;
static tps_veneer_call changing;

static void call_from_tick(void)
{
    tps_veneer_call call = execution();

    ticks++;
    if (tps_veneer(&call) == TPSC_ERROR_BUSY) {
        busy++;
    } else {
        others++;
    }
}

/** What a call names is another each time: its own, or the secure world's. */
static void change_from_tick(void)
{
    static const uint32_t sizes_of_messages[] = {sizeof request, 0xFFFFFFFF, 4096, 0};
    tps_veneer_call good = execution();
    uint32_t turn = ++ticks;

    changing.send = turn % 5 == 0 ? AN505_SECURE_RAM + turn % 4096 : (uintptr_t)changing_request;
    changing.send_size = turn % 3 == 0 ? sizes_of_messages[turn / 3 % 4] : good.send_size;
    changing.receive =
        turn % 2 == 0 ? AN505_SECURE_RAM + AN505_SECURE_STACK_SIZE + turn % 4096 : good.receive;
    changing.room = turn % 7 == 0 ? 0xFFFFFFFF : good.room;
    changing.session = turn % 11 == 0 ? turn : good.session;
    changing_request[0] = turn % 4 == 0 ? 0x1b : 0xc1;
    call_from_tick();
}

static void calls_from_handlers(void)
{
    uint32_t answered = 0;
    uint32_t made;

    ticks = busy = others = hostile_ticks_within = 0;
    hostile_on_tick = call_from_tick;
    hostile_tick_each(1000);
    for (made = 0; made < RACES || (hostile_ticks_within < TICKS && made < 100 * RACES); made++) {
        tps_veneer_call call = execution();

        answered += tps_veneer(&call) == TPSC_SUCCESS ? 1 : 0;
    }
    hostile_on_tick = NULL;
    say("calls from a handler: ");
    say(answered == made && hostile_ticks_within >= TICKS && busy == ticks && others == 0
            ? "all BUSY, no other disturbed\n"
            : "not all BUSY\n");
}

static void changes_during_calls(void)
{
    uint32_t answered = 0;
    uint32_t refused = 0;
    uint32_t wrong = 0;

    ticks = busy = others = hostile_ticks_within = 0;
    hostile_on_tick = change_from_tick;
    for (uint32_t i = 0; i < RACES || (hostile_ticks_within < TICKS && i < 100 * RACES); i++) {
        uint32_t result;

        changing = execution();
        changing.send = (uintptr_t)changing_request;
        memcpy(changing_request, request, sizeof request);
        if (i % 16 == 0) {
            hostile_tick_each(500 + i % RACES); /* within 16 calls, however many there are */
        }
        result = tps_veneer(&changing);
        if (result == TPSC_SUCCESS) {
            answered++;
        } else if (result == TPSC_ERROR_SECURITY || result == TPSC_ERROR_BAD_FORMAT ||
                   result == TPSC_ERROR_BAD_STATE) {
            refused++;
        } else {
            wrong++;
        }
    }
    hostile_on_tick = NULL;
    say("registers in a handler within a call: ");
    say(hostile_seen_within == 0 ? "nothing of the secure world\n" : "not all 0\n");
    say("changes during calls: ");
    say(wrong == 0 && others == 0 && hostile_ticks_within >= TICKS ? "each answered or refused" : "wrong");
    say(answered > 0 && refused > 0 ? ", both seen\n" : ", only one of both seen\n");
    still_answers("changes during calls");
}

/* ---- registers ---- */

enum { R0_TO_R12 = 13, LR = 13, APSR = 14, SAVED = 15 };

void hostile_call_and_keep(tps_veneer_call *call, uint32_t *kept);

/** Calls with a known value in every register and all flags set; then keeps what is in them. r4 to r11 hold
 * the number of the register, times 0x01010101. */
__attribute__((naked, noipa)) void hostile_call_and_keep(__attribute__((unused)) tps_veneer_call *call,
                                                         __attribute__((unused)) uint32_t *kept)
{
    __asm volatile(
        "push {r1, r4-r11, lr}\n\t"
        "ldr r4, =0x04040404\n\tldr r5, =0x05050505\n\tldr r6, =0x06060606\n\tldr r7, =0x07070707\n\t"
        "ldr r8, =0x08080808\n\tldr r9, =0x09090909\n\tldr r10, =0x0a0a0a0a\n\tldr r11, =0x0b0b0b0b\n\t"
        "ldr r1, =0xF8000000\n\tmsr apsr_nzcvq, r1\n\t"
        "ldr r1, =0x01010101\n\tldr r2, =0x02020202\n\tldr r3, =0x03030303\n\tldr r12, =0x0c0c0c0c\n\t"
        "bl tps_veneer\n\t"
        "push {r0-r12, lr}\n\t"
        "mrs r2, apsr\n\t"
        "ldr r1, [sp, #56]\n\t" /* kept */
        "str r2, [r1, #56]\n\t"
        "movs r3, #0\n"
        "1: ldr r2, [sp, r3]\n\tstr r2, [r1, r3]\n\tadds r3, #4\n\tcmp r3, #56\n\tbne 1b\n\t"
        "add sp, #56\n\t"
        "pop {r1, r4-r11, pc}\n\t"
        ".ltorg");
}

static void say_register(const char *name, uint32_t number, uint32_t value)
{
    static const char digits[] = "0123456789abcdef";
    char text[9] = {0};

    for (uint32_t i = 0; i < 8; i++) {
        text[i] = digits[value >> (28 - 4 * i) & 15];
    }
    say(name);
    say_number(number);
    say("=");
    say(text);
    say(" ");
}

/** What comes back is the result, what was there before, and the address to return to, which this world
 * knows. */
static void registers(void)
{
    static uint32_t kept[SAVED];
    tps_veneer_call call = execution();
    bool good;

    hostile_call_and_keep(&call, kept);
    good = kept[0] == TPSC_SUCCESS && call.received > 0;
    for (uint32_t i = 4; i <= 11; i++) {
        good = good && kept[i] == i * 0x01010101u;
    }
    for (uint32_t i = 1; i < R0_TO_R12; i = i == 3 ? 12 : i + 1) {
        good = good && (kept[i] == 0 || (kept[i] | 1) == (kept[LR] | 1));
    }
    good = good && ((kept[APSR] ^ kept[LR]) & 0xF8000000u) == 0;
    say("registers after a call: ");
    if (good) {
        say("nothing of the secure world\n");
        return;
    }
    for (uint32_t i = 0; i < SAVED; i++) {
        say_register("r", i, kept[i]);
    }
    say("\n");
}

/* ---- a thread without privilege ---- */

#define MPU_CTRL  0xE000ED94
#define MPU_RNR   0xE000ED98
#define MPU_RBAR  0xE000ED9C
#define MPU_RLAR  0xE000EDA0
#define MPU_MAIR0 0xE000EDC0

enum { PRIVATE_SIZE = 128, ALL_READ_WRITE = 1u << 1, PRIVILEGED_READ_WRITE = 0 };

static _Alignas(32) uint8_t private_room[PRIVATE_SIZE];
static volatile bool wants_privilege;

static void protect(uint32_t region, uintptr_t first, uintptr_t behind, uint32_t access)
{
    WORD(MPU_RNR) = region;
    WORD(MPU_RBAR) = (uint32_t)first | access;
    WORD(MPU_RLAR) = (uint32_t)(behind - 32) | 1u;
}

static void give_privilege(void)
{
    uint32_t control;

    if (wants_privilege) {
        wants_privilege = false;
        __asm volatile("mrs %0, control\n\tbic %0, #1\n\tmsr control, %0\n\tisb" : "=r"(control)::"memory");
    }
}

static void drop_privilege(void)
{
    uint32_t control;

    __asm volatile("mrs %0, control\n\torr %0, #1\n\tmsr control, %0\n\tisb" : "=r"(control)::"memory");
}

/** The MPU of this world: code without privilege reaches all of its memory but `private_room`. */
static void protect_room(void)
{
    uintptr_t start = (uintptr_t)private_room;

    WORD(MPU_MAIR0) = 0x44;
    protect(0, AN505_NONSECURE_RAM, start, ALL_READ_WRITE);
    protect(1, start, start + PRIVATE_SIZE, PRIVILEGED_READ_WRITE);
    protect(2, start + PRIVATE_SIZE, AN505_NONSECURE_RAM + AN505_NONSECURE_RAM_SIZE, ALL_READ_WRITE);
    WORD(MPU_CTRL) = 5; /* on; the default map for privileged code */
    __asm volatile("dsb\n\tisb" ::: "memory");
}

/** What a thread tries without privilege, and what the same thread does with it; told afterwards, since the
 * line is not its own meanwhile. */
typedef struct {
    const char *name;
    const char *what;
    uint32_t result;
} attempt;

enum { ATTEMPTS_MAX = 32, FLOOD_MAX = 16 };

static attempt attempts[ATTEMPTS_MAX];
static uint32_t attempts_count;

static void tried(const char *name, const char *what, uint32_t result)
{
    if (attempts_count < ATTEMPTS_MAX) {
        attempts[attempts_count++] = (attempt){name, what, result};
    }
}

static TPSC_UUID lifecycle;
static uint32_t flood_connections;
static uint32_t flood_sessions;

/** A session of the lifecycle service on a connection of its own asks to begin anew. */
static uint32_t prepare_restart(void)
{
    static const uint8_t prepare[] = {0xcb, 0xa1, 0x01, 0x07};
    tps_veneer_call call = execution();
    uint32_t result = connect_as(TPSC_LOGIN_USER, &call.connection);

    call.op = TPS_VENEER_OPEN;
    call.send = (uintptr_t)&lifecycle;
    call.send_size = sizeof lifecycle;
    result = result == TPSC_SUCCESS ? tps_veneer(&call) : result;
    call.op = TPS_VENEER_EXECUTE;
    call.send = (uintptr_t)prepare;
    call.send_size = sizeof prepare;
    result = result == TPSC_SUCCESS ? tps_veneer(&call) : result;
    (void)end(TPS_VENEER_DISCONNECT, call.connection, 0);
    return result;
}

/** Every operation on a connection and a session that are the other user's. */
static void try_strangers(const char *name, tps_veneer_call call)
{
    static const char *const what[] = {" that is disconnected", " that is asked for services",
                                       " that opens a session", " whose session is closed",
                                       " whose session is used"};

    for (uint32_t op = TPS_VENEER_DISCONNECT; op <= TPS_VENEER_EXECUTE; op++) {
        call.op = op;
        tried(name, what[op - TPS_VENEER_DISCONNECT], tps_veneer(&call));
    }
}

static void try_logins(void)
{
    static const struct {
        const char *what;
        uint32_t method;
    } all[] = {{" as the privileged group", TPSC_LOGIN_GROUP},
               {" as the image", TPSC_LOGIN_APPLICATION},
               {" as the image's user", TPSC_LOGIN_USER_APPLICATION},
               {" as the image's group", TPSC_LOGIN_GROUP_APPLICATION}};
    uint32_t made;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        tried("a login without privilege", all[i].what, connect_as(all[i].method, &made));
    }
}

/** All that one user gets: first sessions on the connection that it has, then connections. */
static void take_all(void)
{
    uint32_t made;

    while (flood_sessions < FLOOD_MAX && open(&made) == TPSC_SUCCESS) {
        flood_sessions++;
    }
    while (flood_connections < FLOOD_MAX && connect_as(TPSC_LOGIN_PUBLIC, &made) == TPSC_SUCCESS) {
        flood_connections++;
    }
}

/** Runs without privilege. @param privileged  A call over the privileged side's session. */
static void attack(tps_veneer_call privileged)
{
    uintptr_t start = (uintptr_t)private_room;
    tps_veneer_call call;

    tried("a thread without privilege", "", connect_as(TPSC_LOGIN_USER, &connection));
    tried("its session", "", open(&session));
    call = execution();
    tried("its message", "", tps_veneer(&call));
    call.send = start;
    tried("its message in memory", " that needs privilege", tps_veneer(&call));
    call = execution();
    call.receive = start;
    call.room = PRIVATE_SIZE;
    tried("its answer to memory", " that needs privilege", tps_veneer(&call));
    tried("its step of the device's life", "", prepare_restart());
    try_logins();
    try_strangers("a connection of privileged code", privileged);
    take_all();
}

/** What privileged code has beside one that took all: and that is its own. */
static void answer_attack(tps_veneer_call privileged)
{
    tps_veneer_call stranger = execution();
    uint32_t second = 0;

    tried("the privileged session", " afterwards", tps_veneer(&privileged));
    privileged.receive = (uintptr_t)private_room;
    privileged.room = PRIVATE_SIZE;
    privileged.send = (uintptr_t)private_room;
    tried("the same", " with privilege", tps_veneer(&privileged));
    tried("a step of the device's life", " with privilege", prepare_restart());
    try_strangers("a connection of code without privilege", stranger);
    connection = privileged.connection;
    session = privileged.session;
    tried("another privileged session", " beside a flood", open(&second));
    (void)end(TPS_VENEER_CLOSE, connection, second);
}

static void find_lifecycle(void)
{
    static const TPSC_UUID id = TPSC_UUID_INIT(0xa3, 0xdc, 0xe4, 0x4b, 0x99, 0xe0, 0x5c, 0x3c, 0x97, 0xfe,
                                               0x57, 0x8f, 0x19, 0x21, 0xcb, 0xd9);
    TPSC_ServiceSelector selector = {.service_id = id, .service_version_range = TPSC_SERVICE_RANGE_ANY};
    static TPSC_ServiceIdentifier found;
    size_t count = 1;

    (void)TPSC_ServiceDiscovery(&selector, &count, &found);
    lifecycle = found.service_instance;
}

/** Tells what was tried. What was taken without privilege stays taken: only its own kind could give it back.
 */
static void without_privilege(void)
{
    tps_veneer_call privileged = execution();

    find_lifecycle();
    memcpy(private_room, request, sizeof request);
    protect_room();
    hostile_on_tick = give_privilege;
    hostile_tick_each(5000);

    drop_privilege();
    attack(privileged);
    wants_privilege = true;
    while (wants_privilege) {
    }
    answer_attack(privileged);
    hostile_on_tick = NULL;
    WORD(MPU_CTRL) = 0;

    for (uint32_t i = 0; i < attempts_count; i++) {
        tell(attempts[i].name, attempts[i].what, attempts[i].result);
    }
    say("a flood without privilege: ");
    say_number(flood_sessions);
    say(" sessions, ");
    say_number(flood_connections);
    say(" connections\n");
}

/* ---- calls that nobody thought of ---- */

static uint8_t scratch[8192];

/** The next of a row of numbers that looks random; the same in each run. */
static uint32_t next_number(void)
{
    static uint32_t state = 1;

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

/** Anywhere but in what this image needs. */
static uintptr_t any_address(void)
{
    uintptr_t address = next_number();

    if (next_number() % 2 == 0 || address - AN505_NONSECURE_RAM < AN505_NONSECURE_RAM_SIZE) {
        address = (uintptr_t)scratch + address % sizeof scratch;
    }
    return address;
}

static uint32_t any_size(void)
{
    uint32_t size = next_number();

    return next_number() % 4 == 0 ? size : size % 64;
}

static void random_calls(void)
{
    uint32_t answered = 0;

    for (uint32_t i = 0; i < RANDOM; i++) {
        tps_veneer_call call = execution();

        call.op = next_number() % 8;
        call.session = next_number() % 8 == 0 ? next_number() % 16 : session;
        call.method = next_number() % 8;
        call.gid = next_number() % 2;
        call.send = any_address();
        call.send_size = any_size();
        call.receive = any_address();
        call.room = any_size();
        if (call.op == TPS_VENEER_DISCONNECT || call.op == TPS_VENEER_CLOSE) {
            call.connection = next_number() % 64 + connection + 1; /* of those that were made here */
        }
        scratch[next_number() % sizeof scratch] = (uint8_t)next_number();
        answered += tps_veneer(&call) == TPSC_SUCCESS ? 1 : 0;
    }
    say("random calls: ");
    say(answered > 0 ? "some answered\n" : "none answered\n");
    still_answers("random calls");
}

void hostile_interrupts(void)
{
    registers();
    calls_from_handlers();
    changes_during_calls();
    without_privilege();
    random_calls();
}
