/* One line of a recording, or one message of a live store: the same JSON object. */
#pragma once

#include "store/recording.h"

typedef struct RecordingParser RecordingParser;

/* LAYOUT must live as long as the parser. */
RecordingParser *recording_parser_new(const StoreLayout *layout);
void recording_parser_free(RecordingParser *parser);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RecordingParser, recording_parser_free)

/* NAME and LINE tell in errors where the text stood. What is returned points into the parser and
 * stays until the next call. A shelf that the layout does not know is no error: its index is
 * LAYOUT_NONE. */
bool recording_parse_weights(RecordingParser *parser, const char *text, gsize size,
                             const char *name, guint64 line, WeightBatch *ret_batch,
                             GError **error);
bool recording_parse_targets(RecordingParser *parser, const char *text, gsize size,
                             const char *name, guint64 line, TargetFrame *ret_frame,
                             GError **error);
bool recording_parse_gate(RecordingParser *parser, const char *text, gsize size, const char *name,
                          guint64 line, GateLine *ret_gate, GError **error);
