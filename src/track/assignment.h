/* Optimal assignment on sparse graphs: which row goes with which column so that the sum of weights
 * is the largest possible. A row or column may stay alone, at weight 0.
 *
 * Shortest augmenting paths with dual variables (R. Jonker and A. Volgenant, "A shortest augmenting
 * path algorithm for dense and sparse linear assignment problems", Computing 38, 1987). A search
 * touches only what is connected with its row, so rows in separate groups cost nothing to each
 * other: a crowd in which everybody has few candidates is solved in nearly linear time. */
#pragma once

#include <glib.h>

typedef struct {
    guint row;
    guint column;
    double weight; /* above 0, finite; what is not listed cannot be assigned */
} AssignmentEdge;

typedef struct AssignmentSolver AssignmentSolver;

/* A solver keeps its buffers between calls, so that a call a frame allocates nothing. */
AssignmentSolver *assignment_solver_new(void);
void assignment_solver_free(AssignmentSolver *solver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AssignmentSolver, assignment_solver_free)

/* Returns, for each of NUM_ROWS rows, the index in EDGES of the edge that was chosen, or -1. The
 * array belongs to SOLVER and stands until its next call. Of equal solutions the one found first
 * in the order of EDGES is returned: same input, same answer. */
const int *assignment_solve(AssignmentSolver *solver, const AssignmentEdge *edges, guint num_edges,
                            guint num_rows, guint num_columns);
