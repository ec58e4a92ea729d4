#include "web/master_keys.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE_BYTES (64 * 1024)
#define MAX_KEYS 100

static bool
create_file(const char *path, GError **error)
{
    Digest key;
    secret_random(key.bytes, sizeof key.bytes);
    g_autofree char *hex = digest_to_hex(&key, 64);
    g_autofree char *text = g_strconcat(
        "# Master key of cloudpick. Whoever has it and the keyring can read everything;\n"
        "# without it nobody can. Keep a copy apart from backups of the data.\n",
        hex, "\n", NULL);
    mode_t mask = umask(0077);
    bool is_written = file_write_whole(path, text, strlen(text), error);
    umask(mask);
    secret_clear(&key, sizeof key);
    secret_clear(hex, strlen(hex));
    secret_clear(text, strlen(text));
    return is_written;
}

static bool
check_mode(const char *path, GError **error)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return fail_errno(error, errno, path);
    }
    return (status.st_mode & S_IRWXO) == 0 ||
           fail(error, APP_ERROR_INVALID, "%s holds a key and everybody may read it: chmod o= it",
                path);
}

static bool
add_keys(GArray *keys, const char *path, char **lines, GError **error)
{
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *line = g_strstrip(lines[i]);
        Digest digest;
        if (line[0] == '\0' || line[0] == '#') {
            continue;
        }
        if (strlen(line) != 64 || !digest_from_hex(line, &digest) || keys->len == MAX_KEYS) {
            return fail(error, APP_ERROR_INVALID, "%s:%u: not a key of 64 hexadecimal characters",
                        path, i + 1);
        }
        MasterKey key;
        G_STATIC_ASSERT(sizeof key.bytes == sizeof digest.bytes);
        memcpy(key.bytes, digest.bytes, sizeof key.bytes);
        g_array_append_val(keys, key);
        secret_clear(&key, sizeof key);
        secret_clear(&digest, sizeof digest);
    }
    return keys->len > 0 || fail(error, APP_ERROR_INVALID, "%s holds no key", path);
}

static void
wipe_key(gpointer key)
{
    secret_clear(key, sizeof(MasterKey));
}

GArray *
master_keys_read(const char *path, bool may_create, GError **error)
{
    if (may_create && !g_file_test(path, G_FILE_TEST_EXISTS) && !create_file(path, error)) {
        return NULL;
    }
    g_autoptr(GBytes) bytes = file_read_whole(path, MAX_FILE_BYTES, error);
    if (bytes == NULL || !check_mode(path, error)) {
        return NULL;
    }
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autofree char *text = g_strndup(data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(MasterKey));
    g_array_set_clear_func(keys, wipe_key);
    bool is_read = add_keys(keys, path, lines, error);
    secret_clear(text, size);
    return is_read ? g_steal_pointer(&keys) : NULL;
}
