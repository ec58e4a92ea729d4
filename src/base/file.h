/* Files that are whole or absent. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Replaces PATH by SIZE bytes of DATA: written beside it, synced to the disk, renamed over it. A
 * reader, or the machine after a power cut, sees the old file or the new one, never a part. INVALID
 * for a device or a pipe, here and below. */
bool file_write_whole(const char *path, const void *data, gsize size, GError **error);

/* The same without waiting for the disk: whole for every reader from now on and after kill -9, but
 * a power cut may lose it or leave it empty. For what can be checked and made again. */
bool file_write_quickly(const char *path, const void *data, gsize size, GError **error);

/* The same as file_write_whole in two steps, for what is written by somebody else: a path beside
 * PATH to write to (free it), and the step that puts it in place. */
char *file_partial_path(const char *path);
bool file_put_in_place(const char *partial_path, const char *path, GError **error);

/* Removes from the folder DIR what a killed process was in the middle of writing with the functions
 * above. Call it only where no other process writes. */
void file_remove_partials(const char *dir);

/* Reads a whole file of at most MAX_SIZE bytes. */
GBytes *file_read_whole(const char *path, gsize max_size, GError **error);

/* Whether both paths lead to one file or folder that exists. */
bool file_is_same(const char *path_a, const char *path_b);

/* Makes a directory and its parents. */
bool file_make_directories(const char *path, GError **error);
