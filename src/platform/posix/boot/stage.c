/* SPDX-License-Identifier: Apache-2.0 */
/* The first stage's steps on Linux, from the unique secret to the component's first instruction. */
#include "platform/posix/boot/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "component/boot/boot.h"
#include "platform/posix/boot/confine.h"
#include "platform/posix/first_stage.h"
#include "platform/posix/lockdown.h"
#include "tps/secret.h"

enum { DESCRIPTORS = 256 };

static void fail(const tps_boot_stage *stage, const char *what, tps_status status, const tps_error *why)
{
    char text[256];
    bool detail = why != NULL && why->detail != NULL;

    (void)snprintf(text, sizeof(text), "%s%s%s", what, detail ? ": " : "", detail ? why->detail : "");
    tps_posix_log(stage->posix, TPS_LOG_ERROR, text, status);
}

/* ---- what was found, for the log ---- */

static const char *name_of(uint32_t lifecycle)
{
    static const char *const names[] = {"assembly", "provisioning", "secured", "debug", "decommissioned"};

    return lifecycle < sizeof(names) / sizeof(names[0]) ? names[lifecycle] : "unknown";
}

static void log_image(const tps_boot_stage *stage, const tps_boot_image *image)
{
    char digest[17];
    char text[256];

    for (size_t i = 0; i < 8; i++) {
        (void)snprintf(digest + 2 * i, 3, "%02x", image->digest[i]);
    }
    (void)snprintf(text, sizeof(text), "boot: image %s %s, SHA-256 %s..., security counter %u: %s",
                   image->name, image->version[0] == '\0' ? "(no version)" : image->version, digest,
                   (unsigned int)image->security_counter,
                   !image->is_running ? "REFUSED, it does not run"
                   : image->is_signed ? "signed by its maker"
                                      : "NOT signed");
    tps_posix_log(stage->posix, image->is_running ? TPS_LOG_INFO : TPS_LOG_WARNING, text,
                  image->is_running ? TPS_OK : (tps_status)image->refusal);
}

static void log_start(const tps_boot_stage *stage, const tps_handover *handover)
{
    char text[160];

    (void)snprintf(text, sizeof(text), "boot: start %llu, lifecycle %s, security counter %u, user %u",
                   (unsigned long long)handover->boot_count, name_of(handover->lifecycle),
                   (unsigned int)handover->security_counter, (unsigned int)stage->user.uid);
    tps_posix_log(stage->posix, TPS_LOG_INFO, text, TPS_OK);
    for (size_t i = 0; i < handover->image_count; i++) {
        log_image(stage, &handover->images[i]);
    }
    if (!stage->user.is_separate) {
        tps_posix_log(stage->posix, TPS_LOG_WARNING,
                      "boot: not started as root: the component runs as this user, and nothing separates it "
                      "from the user's other programs",
                      TPS_OK);
    }
}

/* ---- what runs ---- */

static int taken(const tps_boot_stage *stage, const char *name)
{
    for (size_t i = 0; i < TPS_POSIX_TAKEN_MAX; i++) {
        const tps_posix_taken *entry = &stage->posix->taken[i];

        if (entry->name != NULL && strcmp(entry->name, name) == 0) {
            return entry->image;
        }
    }
    return -1;
}

/** The component's program: the verified image, or, where the identity names none, the file that was given.
 */
static tps_status choose_component(const tps_boot_stage *stage, const tps_handover *handover, int *program)
{
    const tps_boot_image *image = tps_handover_image(handover, TPS_IMAGE_COMPONENT);
    char text[256];

    if (image != NULL) {
        *program = taken(stage, TPS_IMAGE_COMPONENT);
        return image->is_running && *program >= 0 ? TPS_OK : TPS_COMPONENT_IMAGE_REFUSED;
    }
    *program = stage->program_image;
    if (*program < 0) {
        return TPS_COMPONENT_NO_IDENTITY;
    }
    (void)snprintf(text, sizeof(text),
                   "boot: the identity names no image \"component\": %s runs, and NOBODY VERIFIED IT",
                   stage->program);
    tps_posix_log(stage->posix, TPS_LOG_WARNING, text, TPS_OK);
    return TPS_OK;
}

static void judge_application(const tps_boot_stage *stage, const tps_handover *handover,
                              tps_boot_report *report)
{
    const tps_boot_image *image;

    if (stage->application == NULL) {
        return;
    }
    image = tps_handover_image(handover, stage->application);
    if (image == NULL) {
        report->application_status = TPS_NOT_FOUND;
    } else if (!image->is_running || !image->is_signed || taken(stage, stage->application) < 0) {
        report->application_status = TPS_COMPONENT_IMAGE_REFUSED;
    } else {
        memcpy(report->application, image->digest, sizeof(report->application));
    }
}

/* ---- handing over ---- */

/** A pipe that holds the handover: read once, it is nowhere. */
static tps_status put_handover(const tps_handover *handover, int *reader)
{
    static uint8_t room[TPS_HANDOVER_MAX];
    tps_span encoded;
    int ends[2];
    tps_status status;

    *reader = -1;
    (void)mlock(room, sizeof(room));
    status = tps_handover_encode(handover, TPS_BUF_OF(room), &encoded);
    if (status == TPS_OK && pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        status = TPS_IO;
    }
    if (status == TPS_OK) {
        ssize_t written = write(ends[1], encoded.data, encoded.size);

        close(ends[1]);
        if (written == (ssize_t)encoded.size) {
            *reader = ends[0];
        } else {
            close(ends[0]);
            status = TPS_IO;
        }
    }
    tps_wipe(room, sizeof(room));
    return status;
}

/** Descriptors where the component expects them, and no other. All of ours lie above. */
static bool lay_out(const tps_boot_stage *stage, int handover)
{
    const int from[] = {stage->posix->device, stage->posix->secure, stage->listener, stage->control,
                        handover};

    for (int i = 0; i < (int)(sizeof(from) / sizeof(from[0])); i++) {
        if (from[i] < TPS_STAGE_END || dup2(from[i], TPS_STAGE_DEVICE + i) < 0) {
            return false;
        }
    }
    return true;
}

static tps_status become(const tps_boot_stage *stage, int program, int handover,
                         const tps_boot_report *report, const sigset_t *mask)
{
    static char name[] = "tps-component";
    static char staged[] = "--first-stage";
    static char verbose[] = "--verbose";
    char *const arguments[] = {name, staged, stage->verbose ? verbose : NULL, NULL};

    if (!lay_out(stage, handover) || prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0 || setsid() < 0 ||
        write(stage->report, report, sizeof(*report)) != (ssize_t)sizeof(*report)) {
        return TPS_IO;
    }
    sigprocmask(SIG_SETMASK, mask, NULL);
    (void)fexecve(program, arguments, tps_boot_component_environment());
    return TPS_IO;
}

static tps_status run(tps_boot_stage *stage, tps_handover *handover, const sigset_t *mask, const char **step,
                      tps_error *why)
{
    tps_boot_report report = {.application_status = TPS_OK};
    int program = -1;
    int reader = -1;

    *step = "boot: the unique secret";
    TPS_TRY(tps_posix_open_secret(stage->posix, why));
    *step = "boot: the component's user";
    TPS_TRY(tps_boot_user_become(&stage->user));
    *step = "boot: the component's user cannot enter DIR (chmod go+rx DIR)";
    if (faccessat(stage->posix->device, ".", X_OK, AT_EACCESS) != 0) {
        return TPS_IO;
    }
    *step = "boot: refused";
    TPS_TRY(tps_boot(&stage->posix->table, handover, why));
    log_start(stage, handover);
    *step = "boot: the device has no component of its own, and --component gives none that is there";
    TPS_TRY(choose_component(stage, handover, &program));
    judge_application(stage, handover, &report);
    *step = "boot: handing over";
    TPS_TRY(put_handover(handover, &reader));
    tps_handover_wipe(handover);
    return become(stage, program, reader, &report, mask);
}

/** Room for as many clients as the component serves, if the limit can be raised that far. */
static void allow_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < DESCRIPTORS) {
        limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/** Secrets stay out of swap: root locks all that this process has and will have, and lets the component do
 * so; others lock what their limit (RLIMIT_MEMLOCK) allows. */
static void lock_memory(const tps_boot_stage *stage, const tps_handover *handover)
{
    const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

    if (!stage->user.is_separate || setrlimit(RLIMIT_MEMLOCK, &all) != 0 || !tps_lockdown_memory()) {
        (void)mlock(handover, sizeof(*handover));
    }
}

void tps_boot_stage_run(tps_boot_stage *stage, const sigset_t *mask)
{
    static tps_handover handover;
    const char *step = NULL;
    tps_error why = {0};
    tps_status status;

    allow_descriptors();
    lock_memory(stage, &handover);
    status = run(stage, &handover, mask, &step, &why);
    tps_handover_wipe(&handover);
    fail(stage, step, status, &why);
}
