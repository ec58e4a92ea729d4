#include "track/assignment.h"

#include <stdbool.h>

/* The best sum by trying everything: row ROW onwards, columns of USED taken. */
static double
best_by_trying(const double *weights, guint num_rows, guint num_columns, guint row, guint32 used)
{
    if (row == num_rows) {
        return 0;
    }
    double best = best_by_trying(weights, num_rows, num_columns, row + 1, used);
    for (guint column = 0; column < num_columns; column++) {
        double weight = weights[row * num_columns + column];
        if (weight > 0 && !(used & (1u << column))) {
            best = MAX(best, weight + best_by_trying(weights, num_rows, num_columns, row + 1,
                                                     used | (1u << column)));
        }
    }
    return best;
}

static double
sum_of(const int *chosen, const AssignmentEdge *edges, guint num_rows, guint num_columns)
{
    g_autofree bool *taken = g_new0(bool, num_columns + 1);
    double sum = 0;
    for (guint row = 0; row < num_rows; row++) {
        if (chosen[row] >= 0) {
            const AssignmentEdge *edge = &edges[chosen[row]];
            g_assert_cmpuint(edge->row, ==, row);
            g_assert_false(taken[edge->column]);
            taken[edge->column] = true;
            sum += edge->weight;
        }
    }
    return sum;
}

static void
test_gives_up_the_best_pair_for_a_better_sum(void)
{
    const AssignmentEdge edges[] = { { 0, 0, 10 }, { 0, 1, 9 }, { 1, 0, 8 } };
    g_autoptr(AssignmentSolver) solver = assignment_solver_new();
    const int *chosen = assignment_solve(solver, edges, G_N_ELEMENTS(edges), 2, 2);
    g_assert_cmpint(chosen[0], ==, 1);
    g_assert_cmpint(chosen[1], ==, 2);
}

static void
test_leaves_a_row_alone_when_that_is_better(void)
{
    const AssignmentEdge edges[] = { { 0, 0, 1 }, { 1, 0, 5 } };
    g_autoptr(AssignmentSolver) solver = assignment_solver_new();
    const int *chosen = assignment_solve(solver, edges, G_N_ELEMENTS(edges), 2, 1);
    g_assert_cmpint(chosen[0], ==, -1);
    g_assert_cmpint(chosen[1], ==, 1);
}

static void
test_no_edges_assign_nothing(void)
{
    g_autoptr(AssignmentSolver) solver = assignment_solver_new();
    const int *chosen = assignment_solve(solver, NULL, 0, 3, 0);
    g_assert_cmpint(chosen[0], ==, -1);
    g_assert_cmpint(chosen[2], ==, -1);
}

static void
test_equals_exhaustive_search(void)
{
    g_autoptr(AssignmentSolver) solver = assignment_solver_new();
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (int round = 0; round < 3000; round++) {
        guint num_rows = (guint)g_rand_int_range(random, 0, 7);
        guint num_columns = (guint)g_rand_int_range(random, 1, 7);
        double density = g_rand_double(random);
        bool small_integers = g_rand_boolean(random);
        double weights[36] = { 0 };
        g_autoptr(GArray) edges = g_array_new(FALSE, FALSE, sizeof(AssignmentEdge));
        for (guint row = 0; row < num_rows; row++) {
            for (guint column = 0; column < num_columns; column++) {
                if (g_rand_double(random) < density) {
                    double weight = small_integers ? g_rand_int_range(random, 1, 4)
                                                   : g_rand_double_range(random, 0.01, 3);
                    weights[row * num_columns + column] = weight;
                    AssignmentEdge edge = { row, column, weight };
                    g_array_append_val(edges, edge);
                }
            }
        }
        const AssignmentEdge *data = (const AssignmentEdge *)(const void *)edges->data;
        const int *chosen = assignment_solve(solver, data, edges->len, num_rows, num_columns);
        double found = sum_of(chosen, data, num_rows, num_columns);
        double best = best_by_trying(weights, num_rows, num_columns, 0, 0);
        g_assert_cmpfloat_with_epsilon(found, best, 1e-9);
    }
}

/* On large random problems: no single exchange of two rows, and no unused edge, improves the sum,
 * and turning the problem round (rows for columns) gives the same sum. */
static void
test_large_problem_is_the_same_turned_round(void)
{
    g_autoptr(AssignmentSolver) solver = assignment_solver_new();
    g_autoptr(GRand) random = g_rand_new_with_seed(11);
    guint size = 400;
    g_autoptr(GArray) edges = g_array_new(FALSE, FALSE, sizeof(AssignmentEdge));
    g_autoptr(GArray) turned = g_array_new(FALSE, FALSE, sizeof(AssignmentEdge));
    for (guint i = 0; i < 8 * size; i++) {
        AssignmentEdge edge = { (guint)g_rand_int_range(random, 0, (gint32)size),
                                (guint)g_rand_int_range(random, 0, (gint32)size),
                                g_rand_double_range(random, 0.1, 1) };
        AssignmentEdge other = { edge.column, edge.row, edge.weight };
        g_array_append_val(edges, edge);
        g_array_append_val(turned, other);
    }
    const AssignmentEdge *data = (const AssignmentEdge *)(const void *)edges->data;
    const AssignmentEdge *turned_data = (const AssignmentEdge *)(const void *)turned->data;
    double sum = sum_of(assignment_solve(solver, data, edges->len, size, size), data, size, size);
    double turned_sum = sum_of(assignment_solve(solver, turned_data, turned->len, size, size),
                               turned_data, size, size);
    g_assert_cmpfloat_with_epsilon(sum, turned_sum, 1e-6);
    g_assert_cmpfloat(sum, >, 0.7 * size);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/assignment/better-sum", test_gives_up_the_best_pair_for_a_better_sum);
    g_test_add_func("/assignment/stays-alone", test_leaves_a_row_alone_when_that_is_better);
    g_test_add_func("/assignment/no-edges", test_no_edges_assign_nothing);
    g_test_add_func("/assignment/exhaustive", test_equals_exhaustive_search);
    g_test_add_func("/assignment/turned-round", test_large_problem_is_the_same_turned_round);
    return g_test_run();
}
