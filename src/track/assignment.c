#include "track/assignment.h"

#include <math.h>

struct AssignmentSolver {
    GArray *chosen;       /* int, a row: edge or -1 */
    GArray *first_edge;   /* guint, a row and one more: where its edges start in `order` */
    GArray *order;        /* guint: edges grouped by row, in their order */
    GArray *row_dual;     /* double, a row */
    GArray *column_dual;  /* double, a column */
    GArray *column_edge;  /* int, a column: the edge that holds it, or -1 */
    GArray *distance;     /* double, a column: length of the shortest path found */
    GArray *arrival;      /* int, a column: the edge by which that path arrives */
    GArray *settled;      /* guint8, a column: its distance is final */
    GArray *reached;      /* guint: the columns with a distance, in order of discovery */
    GArray *settled_list; /* guint: the columns that are settled */
};

#define ROW_DUAL(solver, row) g_array_index((solver)->row_dual, double, (row))
#define COLUMN_DUAL(solver, column) g_array_index((solver)->column_dual, double, (column))
#define CHOSEN(solver, row) g_array_index((solver)->chosen, int, (row))
#define COLUMN_EDGE(solver, column) g_array_index((solver)->column_edge, int, (column))
#define DISTANCE(solver, column) g_array_index((solver)->distance, double, (column))
#define ARRIVAL(solver, column) g_array_index((solver)->arrival, int, (column))
#define SETTLED(solver, column) g_array_index((solver)->settled, guint8, (column))

AssignmentSolver *
assignment_solver_new(void)
{
    AssignmentSolver *solver = g_new0(AssignmentSolver, 1);
    solver->chosen = g_array_new(FALSE, FALSE, sizeof(int));
    solver->first_edge = g_array_new(FALSE, FALSE, sizeof(guint));
    solver->order = g_array_new(FALSE, FALSE, sizeof(guint));
    solver->row_dual = g_array_new(FALSE, FALSE, sizeof(double));
    solver->column_dual = g_array_new(FALSE, FALSE, sizeof(double));
    solver->column_edge = g_array_new(FALSE, FALSE, sizeof(int));
    solver->distance = g_array_new(FALSE, FALSE, sizeof(double));
    solver->arrival = g_array_new(FALSE, FALSE, sizeof(int));
    solver->settled = g_array_new(FALSE, FALSE, sizeof(guint8));
    solver->reached = g_array_new(FALSE, FALSE, sizeof(guint));
    solver->settled_list = g_array_new(FALSE, FALSE, sizeof(guint));
    return solver;
}

void
assignment_solver_free(AssignmentSolver *solver)
{
    if (solver == NULL) {
        return;
    }
    GArray *arrays[] = { solver->chosen,   solver->first_edge,  solver->order,
                         solver->row_dual, solver->column_dual, solver->column_edge,
                         solver->distance, solver->arrival,     solver->settled,
                         solver->reached,  solver->settled_list };
    for (gsize i = 0; i < G_N_ELEMENTS(arrays); i++) {
        g_array_unref(arrays[i]);
    }
    g_free(solver);
}

static void
group_edges_by_row(AssignmentSolver *solver, const AssignmentEdge *edges, guint num_edges,
                   guint num_rows)
{
    g_array_set_size(solver->first_edge, num_rows + 1);
    g_array_set_size(solver->order, num_edges);
    guint *first = (guint *)(void *)solver->first_edge->data;
    for (guint row = 0; row <= num_rows; row++) {
        first[row] = 0;
    }
    for (guint i = 0; i < num_edges; i++) {
        first[edges[i].row + 1]++;
    }
    for (guint row = 0; row < num_rows; row++) {
        first[row + 1] += first[row];
    }
    for (guint i = num_edges; i-- > 0;) {
        g_array_index(solver->order, guint, --first[edges[i].row + 1]) = i;
    }
    /* The loop above moved each start into its right neighbour's place. */
    for (guint row = 0; row < num_rows; row++) {
        first[row] = first[row + 1];
    }
    first[num_rows] = num_edges;
}

static void
reset(AssignmentSolver *solver, guint num_rows, guint num_columns)
{
    g_array_set_size(solver->chosen, num_rows);
    g_array_set_size(solver->row_dual, num_rows);
    g_array_set_size(solver->column_dual, num_columns);
    g_array_set_size(solver->column_edge, num_columns);
    g_array_set_size(solver->distance, num_columns);
    g_array_set_size(solver->arrival, num_columns);
    g_array_set_size(solver->settled, num_columns);
    for (guint row = 0; row < num_rows; row++) {
        CHOSEN(solver, row) = -1;
        ROW_DUAL(solver, row) = 0;
    }
    for (guint column = 0; column < num_columns; column++) {
        COLUMN_DUAL(solver, column) = 0;
        COLUMN_EDGE(solver, column) = -1;
        DISTANCE(solver, column) = INFINITY;
        SETTLED(solver, column) = 0;
    }
}

/* Extends the search by the edges of ROW, which lies at DISTANCE_OF_ROW from the start. */
static void
relax_row(AssignmentSolver *solver, const AssignmentEdge *edges, guint row, double distance_of_row)
{
    guint end = g_array_index(solver->first_edge, guint, row + 1);
    for (guint i = g_array_index(solver->first_edge, guint, row); i < end; i++) {
        guint edge = g_array_index(solver->order, guint, i);
        guint column = edges[edge].column;
        if (SETTLED(solver, column)) {
            continue;
        }
        double length = distance_of_row - edges[edge].weight - ROW_DUAL(solver, row) -
                        COLUMN_DUAL(solver, column);
        if (length < DISTANCE(solver, column)) {
            if (isinf(DISTANCE(solver, column))) {
                g_array_append_val(solver->reached, column);
            }
            DISTANCE(solver, column) = length;
            ARRIVAL(solver, column) = (int)edge;
        }
    }
}

static int
nearest_reached_column(AssignmentSolver *solver)
{
    int nearest = -1;
    double nearest_distance = INFINITY;
    for (guint i = 0; i < solver->reached->len; i++) {
        guint column = g_array_index(solver->reached, guint, i);
        if (!SETTLED(solver, column) && DISTANCE(solver, column) < nearest_distance) {
            nearest = (int)column;
            nearest_distance = DISTANCE(solver, column);
        }
    }
    return nearest;
}

/* Turns the path that ends in COLUMN: each row on it takes the edge by which it was left. */
static void
augment(AssignmentSolver *solver, const AssignmentEdge *edges, guint column)
{
    for (;;) {
        int edge = ARRIVAL(solver, column);
        guint row = edges[edge].row;
        int old_edge = CHOSEN(solver, row);
        CHOSEN(solver, row) = edge;
        COLUMN_EDGE(solver, column) = edge;
        if (old_edge < 0) {
            return;
        }
        column = edges[old_edge].column;
    }
}

/* Finds the cheapest way to place START: in a free column, or by leaving one row alone (which may
 * be START itself), the rows in between moving on. */
static void
place_row(AssignmentSolver *solver, const AssignmentEdge *edges, guint start)
{
    /* Staying alone costs 0 less the row's dual: `alone` is the best such end seen so far. */
    double alone_distance = 0 - ROW_DUAL(solver, start);
    guint alone_row = start;
    double end_distance;
    int end_column = -1;
    relax_row(solver, edges, start, 0);
    for (;;) {
        int column = nearest_reached_column(solver);
        if (column < 0 || DISTANCE(solver, column) >= alone_distance) {
            end_distance = alone_distance;
            break;
        }
        if (COLUMN_EDGE(solver, column) < 0) {
            end_distance = DISTANCE(solver, column);
            end_column = column;
            break;
        }
        SETTLED(solver, column) = 1;
        guint settled_column = (guint)column;
        g_array_append_val(solver->settled_list, settled_column);
        guint row = edges[COLUMN_EDGE(solver, column)].row;
        double distance = DISTANCE(solver, column);
        if (distance - ROW_DUAL(solver, row) < alone_distance) {
            alone_distance = distance - ROW_DUAL(solver, row);
            alone_row = row;
        }
        relax_row(solver, edges, row, distance);
    }

    ROW_DUAL(solver, start) += end_distance;
    for (guint i = 0; i < solver->settled_list->len; i++) {
        guint column = g_array_index(solver->settled_list, guint, i);
        double slack = end_distance - DISTANCE(solver, column);
        ROW_DUAL(solver, edges[COLUMN_EDGE(solver, column)].row) += slack;
        COLUMN_DUAL(solver, column) -= slack;
    }
    if (end_column >= 0) {
        augment(solver, edges, (guint)end_column);
    } else if (alone_row != start) {
        guint column = edges[CHOSEN(solver, alone_row)].column;
        CHOSEN(solver, alone_row) = -1;
        augment(solver, edges, column);
    }

    for (guint i = 0; i < solver->reached->len; i++) {
        guint column = g_array_index(solver->reached, guint, i);
        DISTANCE(solver, column) = INFINITY;
        SETTLED(solver, column) = 0;
    }
    g_array_set_size(solver->reached, 0);
    g_array_set_size(solver->settled_list, 0);
}

const int *
assignment_solve(AssignmentSolver *solver, const AssignmentEdge *edges, guint num_edges,
                 guint num_rows, guint num_columns)
{
    group_edges_by_row(solver, edges, num_edges, num_rows);
    reset(solver, num_rows, num_columns);
    for (guint row = 0; row < num_rows; row++) {
        /* The dual that makes every reduced cost of the row, staying alone included, at least 0. */
        double least = 0;
        guint end = g_array_index(solver->first_edge, guint, row + 1);
        for (guint i = g_array_index(solver->first_edge, guint, row); i < end; i++) {
            const AssignmentEdge *edge = &edges[g_array_index(solver->order, guint, i)];
            g_assert(edge->weight > 0 && edge->column < num_columns);
            least = MIN(least, -edge->weight - COLUMN_DUAL(solver, edge->column));
        }
        ROW_DUAL(solver, row) = least;
        place_row(solver, edges, row);
    }
    return (const int *)(const void *)solver->chosen->data;
}
