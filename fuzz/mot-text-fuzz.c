/* The reader of MOTChallenge text; what it accepts is also tracked, and scored against itself. */
#include "track/replay.h"
#include "track/score.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(MotText) detections =
        mot_text_parse("fuzz", (const char *)data, size, MOT_DETECTIONS, NULL);
    if (detections != NULL && detections->rows->len < 200) {
        const ReplayOptions options = { tracker_default_options(), 1, 0 };
        g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(MotRow));
        replay_camera(detections, &options, rows);
    }
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
