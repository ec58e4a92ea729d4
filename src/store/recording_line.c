#include "store/recording_line.h"

#include "base/json_reader.h"

#include <math.h>
#include <string.h>

static const double max_t = 1e11; /* the year 5138 */
static const double max_coordinate = 10000;
static const guint max_columns = 1024;
static const double max_grams = 1e7;

struct RecordingParser {
    const StoreLayout *layout;
    JsonReader *json;
    GArray *grams;      /* of float */
    GArray *appearance; /* of float; a target's part of it is known by its offset until the end */
    GArray *targets;    /* of Target */
    GStringChunk *strings;
};

RecordingParser *
recording_parser_new(const StoreLayout *layout)
{
    RecordingParser *parser = g_new0(RecordingParser, 1);
    parser->layout = layout;
    parser->json = json_reader_new();
    parser->grams = g_array_new(FALSE, FALSE, sizeof(float));
    parser->appearance = g_array_new(FALSE, FALSE, sizeof(float));
    parser->targets = g_array_new(FALSE, FALSE, sizeof(Target));
    parser->strings = g_string_chunk_new(1024);
    return parser;
}

void
recording_parser_free(RecordingParser *parser)
{
    if (parser == NULL) {
        return;
    }
    json_reader_free(parser->json);
    g_array_unref(parser->grams);
    g_array_unref(parser->appearance);
    g_array_unref(parser->targets);
    g_string_chunk_free(parser->strings);
    g_free(parser);
}

static double
read_t(JsonReader *json)
{
    double t = json_read_double(json);
    if (!(t >= 0 && t <= max_t)) {
        json_read_wrong(json, "\"t\" is %g, not from 0 to %g", t, max_t);
    }
    return t;
}

/* Rows of equal length. */
static void
read_rows(RecordingParser *parser, WeightBatch *batch)
{
    JsonReader *json = parser->json;
    json_read_array(json);
    while (json_read_element(json)) {
        guint before = parser->grams->len;
        json_read_floats(json, parser->grams, max_columns);
        guint num_columns = parser->grams->len - before;
        if (batch->num_rows == 0) {
            batch->num_columns = num_columns;
        }
        if (num_columns != batch->num_columns) {
            json_read_wrong(json, "row %u has %u numbers, the first row %u", batch->num_rows + 1,
                            num_columns, batch->num_columns);
        }
        if (++batch->num_rows > RECORDING_MAX_ROWS) {
            json_read_wrong(json, "more than %u rows in a batch", RECORDING_MAX_ROWS);
        }
    }
    if (batch->num_rows == 0) {
        json_read_wrong(json, "\"grams\" has no rows");
    }
    for (guint i = 0; i < parser->grams->len && !json_reader_is_wrong(json); i++) {
        if (fabsf(g_array_index(parser->grams, float, i)) > max_grams) {
            json_read_wrong(json, "%g grams on a plate", g_array_index(parser->grams, float, i));
        }
    }
}

bool
recording_parse_weights(RecordingParser *parser, const char *text, gsize size, const char *name,
                        guint64 line, WeightBatch *ret_batch, GError **error)
{
    JsonReader *json = parser->json;
    enum { T, GONDOLA, SHELF, HZ, GRAMS };
    static const char *const keys[] = { "t", "gondola", "shelf", "hz", "grams" };
    WeightBatch batch = { .shelf = LAYOUT_NONE };
    g_array_set_size(parser->grams, 0);
    json_reader_start(json, text, size);
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case T:
            batch.t = read_t(json);
            break;
        case GONDOLA:
            batch.gondola_id = (int)json_read_int(json, 0, G_MAXINT32);
            break;
        case SHELF:
            batch.shelf_id = (int)json_read_int(json, 0, G_MAXINT32);
            break;
        case HZ:
            batch.hz = json_read_double(json);
            if (!(batch.hz >= 1e-4 && batch.hz <= RECORDING_MAX_HZ)) {
                json_read_wrong(json, "\"hz\" is %g, not from 0.0001 to %g", batch.hz,
                                RECORDING_MAX_HZ);
            }
            break;
        default:
            read_rows(parser, &batch);
        }
    }
    json_read_require(json, keys, seen, 0x1f);
    if (!json_reader_is_wrong(json)) {
        batch.shelf = store_layout_find_shelf(parser->layout, batch.gondola_id, batch.shelf_id);
    }
    if (batch.shelf != LAYOUT_NONE &&
        batch.num_columns != parser->layout->shelves[batch.shelf].num_plates) {
        json_read_wrong(json, "%u numbers in a row, but shelf %d of gondola %d has %u plates",
                        batch.num_columns, batch.shelf_id, batch.gondola_id,
                        parser->layout->shelves[batch.shelf].num_plates);
    }
    if (!json_reader_finish(json, name, line, error)) {
        return false;
    }
    batch.grams = (const float *)(gpointer)parser->grams->data;
    *ret_batch = batch;
    return true;
}

static const char *
read_id(RecordingParser *parser, const char *what)
{
    const char *id = json_read_string(parser->json);
    gsize size = strlen(id);
    if (size == 0 || size > RECORDING_MAX_ID_BYTES) {
        json_read_wrong(parser->json, "%s has %" G_GSIZE_FORMAT " bytes, not 1 to %u", what, size,
                        RECORDING_MAX_ID_BYTES);
    }
    return g_string_chunk_insert(parser->strings, id);
}

static double
read_coordinate(JsonReader *json)
{
    double value = json_read_double(json);
    if (fabs(value) > max_coordinate) {
        json_read_wrong(json, "%g is further out than %g metres", value, max_coordinate);
    }
    return value;
}

static void
read_hands(JsonReader *json, Target *target)
{
    json_read_array(json);
    while (json_read_element(json)) {
        double values[4] = { 0 };
        json_read_doubles(json, "a hand", values, 4);
        if (target->num_hands == G_N_ELEMENTS(target->hands)) {
            json_read_wrong(json, "a target with more than two hands");
            return;
        }
        for (int i = 0; i < 3; i++) {
            if (fabs(values[i]) > max_coordinate) {
                json_read_wrong(json, "a hand is further out than %g metres", max_coordinate);
            }
        }
        if (!(values[3] >= 0 && values[3] <= 1)) {
            json_read_wrong(json, "a hand's score is %g, not from 0 to 1", values[3]);
        }
        target->hands[target->num_hands++] =
            (TargetHand){ values[0], values[1], values[2], values[3] };
    }
}

static void
read_target(RecordingParser *parser)
{
    JsonReader *json = parser->json;
    enum { ID, X, Y, HEAD, HANDS, APPEARANCE };
    static const char *const keys[] = { "id", "x", "y", "head", "hands", "appearance" };
    Target target = { 0 };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case ID:
            target.id = read_id(parser, "a target's \"id\"");
            break;
        case X:
            target.x = read_coordinate(json);
            break;
        case Y:
            target.y = read_coordinate(json);
            break;
        case HEAD:
            json_read_doubles(json, "\"head\"", target.head, 3);
            target.has_head = true;
            for (int i = 0; i < 3; i++) {
                if (fabs(target.head[i]) > max_coordinate) {
                    json_read_wrong(json, "a head is further out than %g metres", max_coordinate);
                }
            }
            break;
        case HANDS:
            read_hands(json, &target);
            break;
        default: {
            guint before = parser->appearance->len;
            json_read_floats(json, parser->appearance, RECORDING_MAX_APPEARANCE);
            target.num_appearance = parser->appearance->len - before;
        }
        }
    }
    json_read_require(json, keys, seen, 1 << ID | 1 << X | 1 << Y);
    if (parser->targets->len >= RECORDING_MAX_TARGETS) {
        json_read_wrong(json, "more than %u targets", RECORDING_MAX_TARGETS);
    }
    for (guint i = 0; i < parser->targets->len && !json_reader_is_wrong(json); i++) {
        if (strcmp(g_array_index(parser->targets, Target, i).id, target.id) == 0) {
            json_read_wrong(json, "target \"%s\" comes twice", target.id);
        }
    }
    g_array_append_val(parser->targets, target);
}

bool
recording_parse_targets(RecordingParser *parser, const char *text, gsize size, const char *name,
                        guint64 line, TargetFrame *ret_frame, GError **error)
{
    JsonReader *json = parser->json;
    static const char *const keys[] = { "t", "targets" };
    TargetFrame frame = { 0 };
    g_string_chunk_clear(parser->strings);
    g_array_set_size(parser->targets, 0);
    g_array_set_size(parser->appearance, 0);
    json_reader_start(json, text, size);
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == 0) {
            frame.t = read_t(json);
            continue;
        }
        json_read_array(json);
        while (json_read_element(json)) {
            read_target(parser);
        }
    }
    json_read_require(json, keys, seen, 3);
    if (!json_reader_finish(json, name, line, error)) {
        return false;
    }
    const float *appearance = (const float *)(gpointer)parser->appearance->data;
    for (guint i = 0; i < parser->targets->len; i++) {
        Target *target = &g_array_index(parser->targets, Target, i);
        target->appearance = target->num_appearance == 0 ? NULL : appearance;
        appearance += target->num_appearance;
    }
    frame.num_targets = parser->targets->len;
    frame.targets = (const Target *)(gpointer)parser->targets->data;
    *ret_frame = frame;
    return true;
}

static GateKind
read_gate_kind(JsonReader *json)
{
    const char *kind = json_read_string(json);
    if (strcmp(kind, "exit") == 0) {
        return GATE_EXIT;
    }
    if (strcmp(kind, "staff") == 0) {
        return GATE_STAFF;
    }
    if (strcmp(kind, "enter") != 0) {
        json_read_wrong(json, "\"kind\" is \"%s\", not \"enter\", \"exit\" or \"staff\"", kind);
    }
    return GATE_ENTER;
}

bool
recording_parse_gate(RecordingParser *parser, const char *text, gsize size, const char *name,
                     guint64 line, GateLine *ret_gate, GError **error)
{
    JsonReader *json = parser->json;
    enum { T, KIND, VISIT, PARTY, TARGET };
    static const char *const keys[] = { "t", "kind", "visit", "party", "target" };
    GateLine gate = { .party = 1 };
    g_string_chunk_clear(parser->strings);
    json_reader_start(json, text, size);
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case T:
            gate.t = read_t(json);
            break;
        case KIND:
            gate.kind = read_gate_kind(json);
            break;
        case VISIT:
            gate.visit = json_read_null(json) ? NULL : read_id(parser, "\"visit\"");
            break;
        case PARTY:
            gate.party = (guint)json_read_int(json, 1, 100);
            break;
        default:
            gate.target = json_read_null(json) ? NULL : read_id(parser, "\"target\"");
        }
    }
    json_read_require(json, keys, seen, 1 << T | 1 << KIND);
    if (gate.kind == GATE_ENTER && gate.visit == NULL) {
        json_read_wrong(json, "\"visit\" is missing");
    }
    if (!json_reader_finish(json, name, line, error)) {
        return false;
    }
    *ret_gate = gate;
    return true;
}
