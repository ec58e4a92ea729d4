#include "listing/picture_store.h"

#include "base/error.h"
#include "base/file.h"
#include "listing/naming.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static const gsize max_picture_bytes = G_MAXINT32;

char *
picture_path(const Digest *picture, const char *name)
{
    g_autofree char *path = picture_url_path(picture, name);
    return g_strconcat("pictures/", path, NULL);
}

char *
picture_url(const char *base_url, const char *path)
{
    gsize length = strlen(base_url);
    while (length > 0 && base_url[length - 1] == '/') {
        length--;
    }
    return g_strdup_printf("%.*s/%s", (int)length, base_url, path);
}

bool
picture_check_base_url(const char *base_url, GError **error)
{
    g_autoptr(GError) parse_error = NULL;
    g_autoptr(GUri) uri = g_uri_parse(base_url, G_URI_FLAGS_NONE, &parse_error);
    const char *reason = NULL;
    if (uri == NULL) {
        reason = parse_error->message;
    } else if (strcmp(g_uri_get_scheme(uri), "https") != 0 &&
               strcmp(g_uri_get_scheme(uri), "http") != 0) {
        reason = "it does not begin with https:// or http://";
    } else if (g_uri_get_host(uri) == NULL || g_uri_get_host(uri)[0] == '\0') {
        reason = "there is no host in it";
    } else if (g_uri_get_query(uri) != NULL || g_uri_get_fragment(uri) != NULL) {
        reason = "marketplaces refuse a URL with a query or a fragment";
    } else if (g_uri_get_userinfo(uri) != NULL) {
        reason = "there is a user name in it, which everybody would see";
    } else {
        for (const char *p = base_url; *p != '\0' && reason == NULL; p++) {
            if (!g_ascii_isalnum(*p) && strchr("-._~/:%[]@", *p) == NULL) {
                reason = "it holds a character that must be percent-encoded";
            }
        }
    }
    return reason == NULL ||
           fail(error, APP_ERROR_INVALID, "base URL \"%s\": %s", base_url, reason);
}

bool
picture_put(const char *out_dir, const char *path, GBytes *jpeg, GError **error)
{
    g_autofree char *full = g_build_filename(out_dir, path, NULL);
    g_autofree char *folder = g_path_get_dirname(full);
    return file_make_directories(folder, error) &&
           file_write_quickly(full, g_bytes_get_data(jpeg, NULL), g_bytes_get_size(jpeg), error);
}

static bool
holds(const char *full_path, const Digest *picture)
{
    g_autoptr(GBytes) bytes = file_read_whole(full_path, max_picture_bytes, NULL);
    if (bytes == NULL) {
        return false;
    }
    Digest digest = digest_of(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    return digest_equal(&digest, picture);
}

bool
picture_has(const char *out_dir, const char *path, const Digest *picture)
{
    g_autofree char *full = g_build_filename(out_dir, path, NULL);
    if (holds(full, picture)) {
        return true;
    }
    g_autofree char *folder = g_path_get_dirname(full);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *other = g_build_filename(folder, name, NULL);
        if (g_str_has_suffix(name, ".jpg") && holds(other, picture)) {
            (void)g_unlink(full);
            return link(other, full) == 0;
        }
    }
    return false;
}

static gsize
prune_folder(const char *folder, const char *relative, GHashTable *keep, bool remove_pictures)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    gsize num_others = 0;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_strconcat(relative, "/", name, NULL);
        g_autofree char *full = g_build_filename(folder, name, NULL);
        bool is_picture = g_str_has_suffix(name, ".jpg");
        bool is_other = is_picture && !g_hash_table_contains(keep, path);
        num_others += is_other ? 1 : 0;
        if (is_other && remove_pictures) {
            (void)g_unlink(full);
        }
    }
    file_remove_partials(folder);
    return num_others;
}

gsize
picture_prune(const char *out_dir, GHashTable *keep, bool remove_pictures)
{
    g_autofree char *root = g_build_filename(out_dir, "pictures", NULL);
    g_autoptr(GDir) dir = g_dir_open(root, 0, NULL);
    const char *name;
    gsize num_others = 0;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        /* Only folders that we made: somebody may keep other things here. */
        if (strlen(name) != PICTURE_DIGEST_CHARS ||
            strspn(name, "0123456789abcdef") != PICTURE_DIGEST_CHARS) {
            continue;
        }
        g_autofree char *folder = g_build_filename(root, name, NULL);
        g_autofree char *relative = g_strconcat("pictures/", name, NULL);
        num_others += prune_folder(folder, relative, keep, remove_pictures);
        (void)g_rmdir(folder); /* when nothing is left in it */
    }
    return num_others;
}
