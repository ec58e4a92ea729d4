/* The reader of MOTChallenge text; what it accepts is also scored against itself. */
#include "track/score.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(MotText) detections =
        mot_text_parse("fuzz", (const char *)data, size, MOT_DETECTIONS, NULL);
    g_autoptr(MotText) tracks = mot_text_parse("fuzz", (const char *)data, size, MOT_TRACKS, NULL);
    if (tracks == NULL) {
        return 0;
    }
    const ScoreOptions options[] = { { SCORE_BOXES, 0 }, { SCORE_FLOOR, 1 } };
    for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
        ScoreCounts counts;
        if (score_sequence(tracks, tracks, &options[i], &counts, NULL)) {
            g_assert(counts.true_positives + counts.false_negatives == counts.num_truth_boxes);
            g_assert(score_figures(&counts).idf1 <= 1);
        }
    }
    return 0;
}
