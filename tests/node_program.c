#include "tests/node_program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct NodeProgram {
    GPid pid;
    FILE *input, *output;
    char *line;
};

static char *
read_line(FILE *stream)
{
    g_autoptr(GString) line = g_string_new(NULL);
    int c;
    while ((c = getc(stream)) != EOF && c != '\n') {
        g_string_append_c(line, (char)c);
    }
    return c == EOF ? NULL : g_string_free(g_steal_pointer(&line), FALSE);
}

NodeProgram *
node_program_start(const char *name, const char *argument)
{
    g_autofree char *path = g_build_filename(SOURCE_ROOT, "tests", "node", name, NULL);
    g_autofree char *packages =
        g_build_filename(SOURCE_ROOT, "tests", "node", "node_modules", NULL);
    g_autofree char *node = g_find_program_in_path("node");
    if (node == NULL || !g_file_test(packages, G_FILE_TEST_IS_DIR)) {
        return NULL;
    }
    g_autoptr(GError) error = NULL;
    char *argv[] = { node, path, (char *)argument, NULL };
    int input, output;
    NodeProgram *program = g_new0(NodeProgram, 1);
    g_spawn_async_with_pipes(NULL, argv, NULL,
                             G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                             &program->pid, &input, &output, NULL, &error);
    g_assert_no_error(error);
    program->input = fdopen(input, "w");
    program->output = fdopen(output, "r");
    program->line = read_line(program->output);
    if (program->line == NULL) {
        g_error("tests/node/%s does not start", name);
    }
    return program;
}

const char *
node_program_line(const NodeProgram *program)
{
    return program->line;
}

char *
node_program_ask(NodeProgram *program, const char *line)
{
    fprintf(program->input, "%s\n", line);
    fflush(program->input);
    char *answer = read_line(program->output);
    g_assert_nonnull(answer);
    return answer;
}

void
node_program_stop(NodeProgram *program)
{
    if (program == NULL) {
        return;
    }
    fclose(program->input);
    fclose(program->output);
    while (waitpid(program->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    g_free(program->line);
    g_free(program);
}
