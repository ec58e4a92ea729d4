#include "store/gate_match.h"

/* Visits are numbered 1, 2, ...; seconds count from the first code. */
static const double later = 5;

static guint
visit_of(const GateSeat *seats, const GateAnswer *answer, guint track)
{
    guint seat = answer->seats[track];
    return seat == GATE_NO_SEAT ? 0 : seats[seat].visit;
}

static void
test_who_stood_there_has_the_visit(void)
{
    GateSeat seats[] = { { 1, true, 0, 10 } };
    GateTrack tracks[] = { { -0.8, 0, true } };
    GateAnswer answers[4];
    g_assert_cmpuint(gate_match(seats, 1, tracks, 1, later, answers, 4), >=, 1);
    g_assert_cmpuint(visit_of(seats, &answers[0], 0), ==, 1);
    g_assert_cmpfloat(answers[0].probability, >, 0.97);
}

static void
test_two_who_follow_each_other_keep_their_order(void)
{
    GateSeat seats[] = { { 1, true, 0, 1.1 }, { 2, true, 1.1, 11 } };
    GateTrack tracks[] = { { -0.9, 0, true }, { 0.5, 0, true } };
    GateAnswer answers[4];
    gate_match(seats, 2, tracks, 2, later, answers, 4);
    g_assert_cmpuint(visit_of(seats, &answers[0], 0), ==, 1);
    g_assert_cmpuint(visit_of(seats, &answers[0], 1), ==, 2);
    g_assert_cmpfloat(answers[0].probability, >, 0.9);
}

static void
test_one_of_a_group_comes_before_its_code(void)
{
    /* The one who shows the code is known; the next code is shown at 7. */
    GateSeat seats[] = { { 1, false, 0, 7 }, { 2, true, 7, 17 } };
    GateTrack tracks[] = { { -1.6, 0, true }, { 6.2, 0, true } };
    GateAnswer answers[4];
    gate_match(seats, 2, tracks, 2, 10, answers, 4);
    g_assert_cmpuint(visit_of(seats, &answers[0], 0), ==, 1);
    g_assert_cmpuint(visit_of(seats, &answers[0], 1), ==, 2);
}

static void
test_who_comes_without_a_code_is_nobodys(void)
{
    GateSeat seats[] = { { 1, true, 0, 10 } };
    GateTrack tracks[] = { { -0.8, 0, true }, { 2.5, 0, true } };
    GateAnswer answers[4];
    gate_match(seats, 1, tracks, 2, 10, answers, 4);
    g_assert_cmpuint(visit_of(seats, &answers[0], 0), ==, 1);
    g_assert_cmpuint(visit_of(seats, &answers[0], 1), ==, 0);
}

static void
test_two_at_once_are_in_doubt(void)
{
    GateSeat seats[] = { { 1, true, 0, 0.1 }, { 2, true, 0.1, 10 } };
    GateTrack tracks[] = { { -0.9, 0, true }, { -0.8, 0, true } };
    GateAnswer answers[4];
    guint count = gate_match(seats, 2, tracks, 2, later, answers, 4);
    g_assert_cmpuint(count, >=, 2);
    g_assert_cmpfloat(answers[0].probability, <, 0.8);
    g_assert_cmpfloat(answers[1].probability, >, 0.2);
}

static void
test_only_the_visits_of_those_asked_make_answers(void)
{
    GateSeat seats[] = { { 1, true, 0, 0.1 }, { 2, true, 0.1, 10 } };
    GateTrack tracks[] = { { -0.9, 0, false }, { -0.8, 0, false } };
    GateAnswer answers[4];
    g_assert_cmpuint(gate_match(seats, 2, tracks, 2, later, answers, 4), ==, 1);
    g_assert_cmpfloat_with_epsilon(answers[0].probability, 1, 1e-9);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/gate-match/one", test_who_stood_there_has_the_visit);
    g_test_add_func("/store/gate-match/order", test_two_who_follow_each_other_keep_their_order);
    g_test_add_func("/store/gate-match/group", test_one_of_a_group_comes_before_its_code);
    g_test_add_func("/store/gate-match/nobody", test_who_comes_without_a_code_is_nobodys);
    g_test_add_func("/store/gate-match/doubt", test_two_at_once_are_in_doubt);
    g_test_add_func("/store/gate-match/asked", test_only_the_visits_of_those_asked_make_answers);
    return g_test_run();
}
