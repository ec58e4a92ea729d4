/* The folder `pictures/` of a build: pictures/DIGEST/NAME.jpg. The digest is of the bytes, so a
 * path, and a URL made of it, never means two different pictures; the name is for people and for
 * marketplaces that look at it. */
#pragma once

#include "base/digest.h"

#include <glib.h>
#include <stdbool.h>

/* "pictures/DIGEST/NAME.jpg", by picture_url_path (naming.h). */
char *picture_path(const Digest *picture, const char *name);

/* BASE_URL + '/' + PATH. */
char *picture_url(const char *base_url, const char *path);

/* INVALID unless BASE_URL is http or https with a host, and without query, fragment, user or
 * characters that a marketplace would stumble over. */
bool picture_check_base_url(const char *base_url, GError **error);

/* Writes OUT_DIR/PATH. */
bool picture_put(const char *out_dir, const char *path, GBytes *jpeg, GError **error);

/* Whether OUT_DIR/PATH is there and its bytes are PICTURE's; a picture that lies there under
 * another name is given this one as well. */
bool picture_has(const char *out_dir, const char *path, const Digest *picture);

/* Removes from OUT_DIR/pictures what is not in KEEP (paths as above), the left-overs of a crash
 * always, whole pictures only if REMOVE_PICTURES. Returns how many whole pictures were found that
 * are not in KEEP. */
gsize picture_prune(const char *out_dir, GHashTable *keep, bool remove_pictures);
