#include "shelf/explain.h"

#include <math.h>
#include <stdlib.h>

/* An explanation so far behind the best (e^-16) is left out. */
static const double hopeless = 16;
/* Share of the changes. */
static const double p_second_product = 0.04;
static const double p_third_product = 0.15;
static const double p_exchange = 0.01; /* one put, another taken, at once */
static const double p_nothing = 0.2;
static const double p_rough_nudge = 0.1;
static const double p_unfinished = 0.01;
static const double p_trembling = 0.1; /* the same, where it does not lie still */
static const double p_unknown_came = 0.001;
static const double p_unknown_went = 0.0004; /* somebody must have put it there unseen */
/* Of a second unit of the same, and of each more: a hand holds two. */
static const double p_another = 0.06;
static const double p_yet_another = 0.008;
static const double p_another_restocked = 0.8;
/* Something unknown may weigh anything up to here. */
static const double unknown_grams = 2000;
static const double resting_grams = 700; /* a hand, an arm */
/* What a weighing is off by beside its noise: where on the plate it stands, temperature. */
static const double scale_sd_grams = 0.6;
static const double scale_share = 0.002;
/* Now and then it was measured worse than it is said to be: a hand came or went with the goods. */
static const double p_rough = 0.04;
static const double rough_grams = 3;
static const double rough_sds = 3;
static const double rough_share = 0.15; /* of the goods, at most */
/* So much less likely is it that goods, once at rest, tremble like a hand. */
static const double log_trembling_goods = -1.5;
/* A wrong master weight is that of another pack, not of another kind of thing. */
static const double least_wrong_share = 0.6;
static const double most_wrong_share = 1.5;

typedef struct {
    const ShelfChange *change;
    const Candidate *candidates;
    guint num_candidates;
    guint num_plates;
    double deltas[EXPLAIN_MAX_PLATES];
    bool is_restock;
    Explanation *best;
    guint num_best, max;
} Search;

static void
keep(Search *search, const Explanation *explanation)
{
    guint at = search->num_best;
    if (at == search->max) {
        if (search->best[at - 1].log_score >= explanation->log_score) {
            return;
        }
        at--;
    } else {
        search->num_best++;
    }
    for (; at > 0 && search->best[at - 1].log_score < explanation->log_score; at--) {
        search->best[at] = search->best[at - 1];
    }
    search->best[at] = *explanation;
}

static double
log_normal(double x, double variance)
{
    return -0.5 * (x * x / variance + log(2 * G_PI * variance));
}

static double
log_sum(double a, double b)
{
    double high = MAX(a, b);
    return high + log1p(exp(MIN(a, b) - high));
}

static double
signed_grams(const Search *search, const ExplanationPart *part)
{
    const Candidate *candidate = &search->candidates[part->candidate];
    return (candidate->is_put ? 1 : -1) * candidate->grams * part->num_units;
}

/* How well the weight fits, without regard to where. */
static void
score_weight(const Search *search, Explanation *explanation)
{
    const ShelfChange *change = search->change;
    double variance = change->sd_grams * change->sd_grams + scale_sd_grams * scale_sd_grams;
    variance += pow(scale_share * change->delta_grams, 2);
    explanation->expected_grams = 0;
    for (guint i = 0; i < explanation->num_parts; i++) {
        const ExplanationPart *part = &explanation->parts[i];
        double sd = search->candidates[part->candidate].sd_grams;
        variance += part->num_units * sd * sd;
        explanation->expected_grams += signed_grams(search, part);
    }
    double residual = change->delta_grams - explanation->expected_grams;
    double rough = pow(MIN(rough_grams + rough_sds * sqrt(variance),
                           sqrt(variance) + rough_share * fabs(explanation->expected_grams)),
                       2);
    explanation->log_weight = log_sum(log(1 - p_rough) + log_normal(residual, variance),
                                      log(p_rough) + log_normal(residual, rough));
    if (explanation->num_parts > 1) {
        return;
    }
    const Candidate *candidate = &search->candidates[explanation->parts[0].candidate];
    bool same_sign = (change->delta_grams > 0) == candidate->is_put;
    double share = change->delta_grams / explanation->expected_grams;
    if (change->is_beside_dead && same_sign && share < 1) {
        /* Any part of it may have stood on the plate that gives nothing. */
        double unseen = log(0.3 / fabs(explanation->expected_grams));
        explanation->log_weight = log_sum(explanation->log_weight, unseen);
    }
    if (candidate->wrong_weight_probability > 0 && same_sign &&
        explanation->parts[0].num_units == 1) {
        bool may_be_wrong = share > least_wrong_share && share < most_wrong_share;
        double wrong = log(candidate->wrong_weight_probability) -
                       log((most_wrong_share - least_wrong_share) * candidate->grams);
        if (may_be_wrong) {
            explanation->has_wrong_weight = wrong > explanation->log_weight;
            explanation->log_weight = log_sum(explanation->log_weight, wrong);
        }
    }
}

/* What part of plate PLATE's change part PART accounts for, given what is left. Plates go first to
 * the part that they suit most in comparison, which for two parts is the best division. */
typedef struct {
    double preference;
    guint plate;
} Choice;

static int
compare_choices(const void *a, const void *b)
{
    const Choice *ca = a;
    const Choice *cb = b;
    if (ca->preference != cb->preference) {
        return ca->preference > cb->preference ? -1 : 1;
    }
    return ca->plate < cb->plate ? -1 : 1;
}

/* Divides the plates among the parts and scores how usual it is that they lie there. */
static void
score_place(const Search *search, Explanation *explanation)
{
    double left[EXPLAIN_MAX_PLATES];
    for (guint i = 0; i < search->num_plates; i++) {
        left[i] = search->deltas[i];
    }
    explanation->log_place = 0;
    for (guint p = 0; p < explanation->num_parts; p++) {
        ExplanationPart *part = &explanation->parts[p];
        const Candidate *candidate = &search->candidates[part->candidate];
        Choice choices[EXPLAIN_MAX_PLATES];
        for (guint i = 0; i < search->num_plates; i++) {
            double others = -INFINITY;
            for (guint q = p + 1; q < explanation->num_parts; q++) {
                const Candidate *other = &search->candidates[explanation->parts[q].candidate];
                others = MAX(others, other->log_place[i]);
            }
            choices[i].preference = candidate->log_place[i] - (isinf(others) ? 0 : others);
            choices[i].plate = i;
        }
        bool is_last = p + 1 == explanation->num_parts;
        if (!is_last) {
            qsort(choices, search->num_plates, sizeof *choices, compare_choices);
        }
        double wanted = fabs(signed_grams(search, part));
        double sign = candidate->is_put ? 1 : -1;
        double taken = 0;
        double sum_place = 0;
        double sum_log = 0;
        for (guint k = 0; k < search->num_plates; k++) {
            guint i = choices[k].plate;
            double here = MAX(0, sign * left[i]);
            if (!is_last) {
                here = MIN(here, wanted - taken);
            }
            left[i] -= sign * here;
            taken += here;
            sum_place += here * i;
            sum_log += here * candidate->log_place[i];
        }
        part->grams = taken;
        part->place = taken > 0 ? sum_place / taken : (search->num_plates - 1) / 2.0;
        explanation->log_place += taken > 0 ? sum_log / taken : -hopeless;
    }
}

/* Whether it does not lie still: its weight is known worse than that of goods at rest. */
static bool
trembles(const ShelfChange *change)
{
    return change->sd_grams > 1.5 + 0.005 * fabs(change->delta_grams);
}

static void
consider(Search *search, Explanation *explanation, double log_number)
{
    score_weight(search, explanation);
    explanation->log_prior = log_number;
    for (guint i = 0; i < explanation->num_parts; i++) {
        const ExplanationPart *part = &explanation->parts[i];
        explanation->log_prior += search->candidates[part->candidate].log_prior;
        if (part->num_units > 1) {
            bool is_stock = search->is_restock && search->candidates[part->candidate].is_put;
            explanation->log_prior +=
                log(is_stock ? p_another_restocked : p_another) +
                (part->num_units - 2) * log(is_stock ? p_another_restocked : p_yet_another);
        }
    }
    double bound = explanation->log_weight + explanation->log_prior;
    if (search->num_best > 0 && bound < search->best[0].log_score - hopeless) {
        return;
    }
    score_place(search, explanation);
    explanation->kind = EXPLAIN_GOODS;
    explanation->log_score =
        (trembles(search->change) ? log_trembling_goods : 0) + bound + explanation->log_place;
    keep(search, explanation);
}

static void
consider_without_goods(Search *search)
{
    const ShelfChange *change = search->change;
    double moved = 0;
    for (guint i = 0; i < search->num_plates; i++) {
        moved += fabs(search->deltas[i]);
    }
    double nudge_variance = pow(1.5 + 0.01 * moved, 2) + change->sd_grams * change->sd_grams;
    double p_rest = change->is_forced || trembles(change) ? p_trembling : p_unfinished;
    const Explanation without[] = {
        { .kind = EXPLAIN_NOTHING,
          .log_prior = log(p_nothing),
          .log_weight =
              log_sum(log(1 - p_rough_nudge) + log_normal(change->delta_grams, nudge_variance),
                      log(p_rough_nudge) + log_normal(change->delta_grams, 16 * nudge_variance)) },
        { .kind = EXPLAIN_UNKNOWN,
          .log_prior = log(change->delta_grams > 0 ? p_unknown_came : p_unknown_went),
          .log_weight = -log(unknown_grams),
          .expected_grams = change->delta_grams },
        { .kind = EXPLAIN_UNFINISHED, .log_prior = log(p_rest), .log_weight = -log(resting_grams) },
    };
    for (guint i = 0; i < G_N_ELEMENTS(without); i++) {
        Explanation explanation = without[i];
        explanation.log_score = explanation.log_weight + explanation.log_prior;
        keep(search, &explanation);
    }
}

static void
consider_one(Search *search)
{
    for (guint i = 0; i < search->num_candidates; i++) {
        for (guint units = 1; units <= search->candidates[i].max_units; units++) {
            Explanation explanation = { .num_parts = 1, .parts = { { i, units } } };
            consider(search, &explanation, 0);
        }
    }
}

static void
consider_two(Search *search)
{
    for (guint i = 0; i < search->num_candidates; i++) {
        for (guint j = i + 1; j < search->num_candidates; j++) {
            const Candidate *a = &search->candidates[i];
            const Candidate *b = &search->candidates[j];
            double log_number = log(a->is_put == b->is_put ? p_second_product : p_exchange);
            for (guint units_a = 1; units_a <= MIN(2, a->max_units); units_a++) {
                for (guint units_b = 1; units_b <= MIN(2, b->max_units); units_b++) {
                    Explanation explanation = { .num_parts = 2,
                                                .parts = { { i, units_a }, { j, units_b } } };
                    consider(search, &explanation, log_number);
                }
            }
        }
    }
}

/* Only of what weighs in the right direction, and one of each. */
static void
consider_three(Search *search)
{
    bool is_put = search->change->delta_grams > 0;
    double log_number = log(p_second_product * p_third_product);
    for (guint i = 0; i < search->num_candidates; i++) {
        for (guint j = i + 1; j < search->num_candidates; j++) {
            for (guint k = j + 1; k < search->num_candidates; k++) {
                const Candidate *c = search->candidates;
                if (c[i].is_put == is_put && c[j].is_put == is_put && c[k].is_put == is_put) {
                    Explanation explanation = { .num_parts = 3,
                                                .parts = { { i, 1 }, { j, 1 }, { k, 1 } } };
                    consider(search, &explanation, log_number);
                }
            }
        }
    }
}

guint
explain_change(const ShelfChange *change, const Candidate *candidates, guint num_candidates,
               guint flags, Explanation *ret_explanations, guint max)
{
    Search search = {
        .change = change,
        .candidates = candidates,
        .num_candidates = num_candidates,
        .num_plates = MIN(change->num_plates, EXPLAIN_MAX_PLATES),
        .is_restock = (flags & EXPLAIN_RESTOCK) != 0,
        .best = ret_explanations,
        .max = max,
    };
    for (guint i = 0; i < change->num_plates; i++) {
        search.deltas[MIN(i, EXPLAIN_MAX_PLATES - 1)] += change->plates[i].delta_grams;
    }
    consider_without_goods(&search);
    consider_one(&search);
    consider_two(&search);
    /* The number of triples grows with the cube: not for a crowded shelf, nor without need. */
    if (num_candidates <= 24 && search.best[0].kind != EXPLAIN_GOODS) {
        consider_three(&search);
    }
    guint count = search.num_best;
    while (count > 1 && search.best[count - 1].log_score < search.best[0].log_score - hopeless) {
        count--;
    }
    return count;
}
