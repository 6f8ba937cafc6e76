/* SPDX-License-Identifier: Apache-2.0 */
/* Users of the processes that the first stage starts. */
#include "platform/posix/boot/user.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

tps_status tps_boot_user_find(const char *name, tps_boot_user *out)
{
    const struct passwd *account = getpwnam(name);
    unsigned long number;
    char *end;

    if (account == NULL && name[0] >= '0' && name[0] <= '9') {
        number = strtoul(name, &end, 10);
        if (*end != '\0' || number >= UINT32_MAX) {
            return TPS_NOT_FOUND;
        }
        account = getpwuid((uid_t)number);
        *out = (tps_boot_user){(uid_t)number, account == NULL ? (gid_t)number : account->pw_gid, true};
    } else if (account != NULL) {
        *out = (tps_boot_user){account->pw_uid, account->pw_gid, true};
    } else {
        return TPS_NOT_FOUND;
    }
    return out->uid == 0 || out->gid == 0 ? TPS_BAD_ARGUMENT : TPS_OK;
}

/** The device's place in the file system chooses, so that devices of one system have different users. */
static tps_status choose(const struct stat *secure, tps_boot_user *out)
{
    const uint32_t range = TPS_BOOT_UID_LAST - TPS_BOOT_UID_FIRST + 1;
    uint32_t start = (uint32_t)(((uint64_t)secure->st_ino * 2654435761u) ^ (uint64_t)secure->st_dev);

    for (uint32_t i = 0; i < range; i++) {
        uid_t uid = TPS_BOOT_UID_FIRST + (start % range + i) % range;

        if (getpwuid(uid) == NULL && getgrgid((gid_t)uid) == NULL) {
            *out = (tps_boot_user){uid, (gid_t)uid, true};
            return TPS_OK;
        }
    }
    return TPS_NOT_FOUND;
}

/** Gives one entry of DIR/secure away; nothing there but plain files. */
static bool give_entry(int secure, const char *name, const tps_boot_user *user)
{
    struct stat info;
    int file;
    bool good;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        return true;
    }
    file = openat(secure, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    good = fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 1 &&
           fchown(file, user->uid, user->gid) == 0;
    close(file);
    return good;
}

/** The folder last: once it belongs to the user, so does everything in it. */
static tps_status give(int secure, const tps_boot_user *user)
{
    int again = openat(secure, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = again < 0 ? NULL : fdopendir(again);
    const struct dirent *entry;
    bool good = folder != NULL;

    if (folder == NULL && again >= 0) {
        close(again);
    }
    while (good && (entry = readdir(folder)) != NULL) {
        good = give_entry(secure, entry->d_name, user);
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return good && fchown(secure, user->uid, user->gid) == 0 ? TPS_OK : TPS_COMPONENT_STORAGE;
}

tps_status tps_boot_user_of_component(const tps_posix *posix, const char *name, tps_boot_user *out,
                                      tps_error *why)
{
    struct stat info;

    if (geteuid() != 0) {
        *out = (tps_boot_user){geteuid(), getegid(), false};
        return name == NULL ? TPS_OK : tps_fail(why, TPS_BAD_ARGUMENT, 0, "--component-user needs root");
    }
    if (fstat(posix->secure, &info) != 0) {
        return tps_fail(why, TPS_COMPONENT_STORAGE, 0, "DIR/secure");
    }
    if (name != NULL) {
        tps_status status = tps_boot_user_find(name, out);

        if (status != TPS_OK) {
            return tps_fail(why, status, 0, name);
        }
    } else if (info.st_uid != 0) {
        *out = (tps_boot_user){info.st_uid, info.st_gid == 0 ? (gid_t)info.st_uid : info.st_gid, true};
    } else if (choose(&info, out) != TPS_OK) {
        return tps_fail(why, TPS_NOT_FOUND, 0, "no user is free for the component: give --component-user");
    }
    if (info.st_uid != out->uid && give(posix->secure, out) != TPS_OK) {
        return tps_fail(why, TPS_COMPONENT_STORAGE, 0, "DIR/secure cannot be given to the component's user");
    }
    return TPS_OK;
}

tps_status tps_boot_user_become(const tps_boot_user *user)
{
    if (!user->is_separate) {
        return TPS_OK;
    }
    if (setgroups(0, NULL) != 0 || setresgid(user->gid, user->gid, user->gid) != 0 ||
        setresuid(user->uid, user->uid, user->uid) != 0 ||
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
        return TPS_COMPONENT_NOT_LOCKED;
    }
    if (geteuid() != user->uid || getegid() != user->gid || setresuid(0, 0, 0) == 0 ||
        setgroups(0, NULL) == 0) {
        return TPS_COMPONENT_NOT_LOCKED;
    }
    /* A change of user sets it anew, to what the system's fs.suid_dumpable says. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return TPS_COMPONENT_NOT_LOCKED;
    }
    return TPS_OK;
}
