/* For tests that need a program of tests/node: it prints a line when it is ready and ends with its
 * input. */
#pragma once

#include <glib.h>

#define NODE_PROGRAM_MISSING "node, or `npm ci` in tests/node, is missing"

typedef struct NodeProgram NodeProgram;

/* Starts tests/node/NAME with ARGUMENT (NULL: none). NULL where node or its packages are not
 * installed. */
NodeProgram *node_program_start(const char *name, const char *argument);
/* What it printed first. */
const char *node_program_line(const NodeProgram *program);
/* Writes LINE to its input and returns the next line it prints. */
char *node_program_ask(NodeProgram *program, const char *line);
void node_program_stop(NodeProgram *program);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NodeProgram, node_program_stop)
