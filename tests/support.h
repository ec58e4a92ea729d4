/* What whole-program tests share: run a command, keep its output, look at files. Everything here
 * fails the test itself, so callers need no checks. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    int status; /* the exit status; 128 + the signal's number when a signal ended it */
    char *out;
    char *err;
} CommandResult;

void command_result_clear(CommandResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CommandResult, command_result_clear)

/* Runs ARGV (NULL-terminated, argv[0] looked up on PATH) in DIRECTORY (NULL: here) and waits. */
CommandResult run_command(const char *directory, const char *const *argv);

/* run_command(NULL, { the cloudpick under test, ... , NULL }). */
CommandResult run_cloudpick(const char *first_argument, ...) G_GNUC_NULL_TERMINATED;

/* Fails the test, with the command's output, unless it ended with STATUS. */
void assert_status(const CommandResult *result, int status);

/* A directory that is removed, with what is in it, when the scope ends. */
typedef char *TempDir;
TempDir temp_dir_new(void);
void temp_dir_clear(TempDir *dir);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TempDir, temp_dir_clear)

/* The text of DIR/NAME; fails the test if it is not there. */
char *read_file(const char *dir, const char *name);
GBytes *read_bytes(const char *path);
void write_file(const char *dir, const char *name, const void *data, gsize size);

/* All regular files below DIR as paths relative to it, sorted. */
GPtrArray *list_files(const char *dir);

/* Ends the process as a power cut would and reaps it. */
void kill_and_wait(GPid pid);

/* Whether a process that was started has ended (it is then reaped). */
bool has_ended(GPid pid);

/* Asks ExifTool, an independent reader, what it finds in every picture below DIR, and fails the
 * test for anything beyond the bare structure of a JPEG: size, components, sampling, JFIF. */
void assert_nothing_private(const char *dir);

/* The folder of sample data beside the checkout, or NULL (the test then says g_test_skip). */
const char *sample_data_dir(void);
