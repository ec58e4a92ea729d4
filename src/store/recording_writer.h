/* Writes a recording: a folder with layout.json and the three files of lines. */
#pragma once

#include "store/recording.h"

typedef struct RecordingWriter RecordingWriter;

/* Makes DIR and writes LAYOUT into it. A folder that has a recording already is CONFLICT. */
RecordingWriter *recording_writer_new(const char *dir, const StoreLayout *layout, GError **error);
/* Without finish, what was written stays, unsynced. */
void recording_writer_free(RecordingWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RecordingWriter, recording_writer_free)

/* Each appends one line. The caller keeps the order that the format asks for. A failure to write is
 * remembered and told by finish. Weights are written to a tenth of a gram. */
void recording_write_weights(RecordingWriter *writer, const WeightBatch *batch);
void recording_write_targets(RecordingWriter *writer, const TargetFrame *frame);
void recording_write_gate(RecordingWriter *writer, const GateLine *gate);

/* Flushes, syncs and closes. */
bool recording_writer_finish(RecordingWriter *writer, GError **error);
