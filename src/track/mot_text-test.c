#include "track/mot_text.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

static MotText *
parse(const char *text, MotKind kind, GError **error)
{
    return mot_text_parse("a.txt", text, strlen(text), kind, error);
}

static void
assert_refused(const char *text, MotKind kind, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MotText) parsed = parse(text, kind, &error);
    g_assert_null(parsed);
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_cmpstr(error->message, ==, message);
}

static void
test_reads_detections(void)
{
    g_autoptr(MotText) text =
        parse("\xef\xbb\xbf"
              "1,-1,10.5,20,30,40,0.9,-1,-1,-1\r\n\n 3 , -1, 1,2,3,4,5e-1,1.5,-2.5,0",
              MOT_DETECTIONS, NULL);
    g_assert_nonnull(text);
    g_assert_cmpuint(text->rows->len, ==, 2);
    g_assert_cmpuint(text->last_frame, ==, 3);
    const MotRow *first = mot_text_row(text, 0), *second = mot_text_row(text, 1);
    g_assert_cmpfloat(first->left, ==, 10.5);
    g_assert_cmpfloat(first->confidence, ==, 0.9);
    g_assert_true(isnan(first->x));
    g_assert_cmpuint(second->frame, ==, 3);
    g_assert_cmpuint(second->line, ==, 3);
    g_assert_cmpfloat(second->confidence, ==, 0.5);
    g_assert_cmpfloat(second->y, ==, -2.5);
}

static void
test_reads_truth_of_2016(void)
{
    g_autoptr(MotText) text = parse("2,7,1,2,3,4,0,1,0.5\n1,7,1,2,3,4,1,8,1\n", MOT_TRACKS, NULL);
    g_assert_nonnull(text);
    g_assert_cmpuint(mot_text_row(text, 0)->frame, ==, 1);
    g_assert_cmpint(mot_text_row(text, 0)->object_class, ==, 8);
    g_assert_true(mot_text_row(text, 0)->counts);
    g_assert_false(mot_text_row(text, 1)->counts);
}

static void
test_reads_appearance(void)
{
    g_autoptr(MotText) text = parse("1,-1,1,2,3,4,1,-1,-1,-1,0.25,0.75\n"
                                    "1,-1,1,2,3,4,1,-1,-1,-1,0.5,0.5\n",
                                    MOT_DETECTIONS, NULL);
    g_assert_nonnull(text);
    g_assert_cmpuint(text->appearance_size, ==, 2);
    g_assert_cmpfloat(mot_text_appearance(text, 1)[1], ==, 0.5);
}

static void
test_what_is_written_is_read_back(void)
{
    MotRow row = { .frame = 7,
                   .id = 3,
                   .left = -1.25,
                   .top = 2,
                   .width = 3,
                   .height = 4.5,
                   .confidence = 0.75,
                   .x = 1.5,
                   .y = -0.25 };
    g_autoptr(GString) out = g_string_new(NULL);
    mot_text_append_row(out, &row);
    row.frame = 8;
    row.x = NAN;
    mot_text_append_row(out, &row);
    g_assert_cmpstr(out->str, ==,
                    "7,3,-1.25,2.00,3.00,4.50,0.7500,1.500,-0.250,0\n"
                    "8,3,-1.25,2.00,3.00,4.50,0.7500,-1,-1,-1\n");
    g_autoptr(MotText) text = parse(out->str, MOT_TRACKS, NULL);
    g_assert_nonnull(text);
    g_assert_cmpint(mot_text_row(text, 0)->id, ==, 3);
    g_assert_cmpfloat(mot_text_row(text, 0)->x, ==, 1.5);
    g_assert_true(isnan(mot_text_row(text, 1)->x));
}

static void
test_no_rows_are_no_error(void)
{
    g_autoptr(MotText) text = parse("\n", MOT_TRACKS, NULL);
    g_assert_nonnull(text);
    g_assert_cmpuint(text->last_frame, ==, 0);
}

static void
test_malformed_lines_are_named(void)
{
    assert_refused("1,-1,1,2,3,4\n1,-1,1,two,3,4\n", MOT_DETECTIONS,
                   "a.txt:2: field 4 is \"two\", not a number");
    assert_refused("1,-1,nan,2,3,4\n", MOT_DETECTIONS, "a.txt:1: field 3 is \"nan\", not a number");
    assert_refused("1,-1,1e999,2,3,4\n", MOT_DETECTIONS,
                   "a.txt:1: field 3 is \"1e999\", not a number");
    assert_refused("1,-1,,2,3,4\n", MOT_DETECTIONS, "a.txt:1: field 3 is \"\", not a number");
    assert_refused("1,-1,1,2,3\n", MOT_DETECTIONS,
                   "a.txt:1: 5 fields; frame, id, left, top, width and height are needed");
    assert_refused("0,-1,1,2,3,4\n", MOT_DETECTIONS,
                   "a.txt:1: the frame is not a whole number from 1 to 1,000,000,000");
    assert_refused("1.5,-1,1,2,3,4\n", MOT_DETECTIONS,
                   "a.txt:1: the frame is not a whole number from 1 to 1,000,000,000");
    assert_refused("1,-1,1,2,0,4\n", MOT_DETECTIONS, "a.txt:1: the box has no width or no height");
    assert_refused("1,-1,1,2e8,3,4\n", MOT_DETECTIONS,
                   "a.txt:1: the box is farther out than 10,000,000");
    assert_refused("1,-1,1,2,3,4,1,-1,-1,-1,5\n1,-1,1,2,3,4,1,-1,-1,-1\n", MOT_DETECTIONS,
                   "a.txt:2: 0 appearance fields, but 1 in the lines before");
}

static void
test_detections_cannot_run_backwards(void)
{
    assert_refused("9,-1,1,2,3,4\n5,-1,1,2,3,4\n", MOT_DETECTIONS,
                   "a.txt:2: frame 5 comes after frame 9: detections must be in order of "
                   "frames");
}

static void
test_tracks_need_ids_once_a_frame(void)
{
    assert_refused("1,-1,1,2,3,4\n", MOT_TRACKS,
                   "a.txt:1: the id is not a whole number from 0 to 1,000,000,000");
    assert_refused("1,99999999999,1,2,3,4\n", MOT_TRACKS,
                   "a.txt:1: the id is not a whole number from 0 to 1,000,000,000");
    assert_refused("1,5,1,2,3,4\n2,5,1,2,3,4\n1,5,9,2,3,4\n", MOT_TRACKS,
                   "a.txt:3: id 5 is in frame 1 a second time (first in line 1)");
}

static void
test_a_frame_can_be_too_full(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i <= MOT_MAX_BOXES; i++) {
        g_string_append(text, "7,-1,1,2,3,4\n");
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(MotText) parsed = parse(text->str, MOT_DETECTIONS, &error);
    g_assert_null(parsed);
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
    g_assert_cmpstr(error->message, ==, "a.txt:2001: more than 2000 boxes in frame 7");
}

static void
test_bytes_that_are_no_text_are_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MotText) text = mot_text_parse("a.txt", "1\0,2", 4, MOT_TRACKS, &error);
    g_assert_null(text);
    g_assert_cmpstr(error->message, ==, "a.txt: not a text file");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mot-text/detections", test_reads_detections);
    g_test_add_func("/mot-text/truth-of-2016", test_reads_truth_of_2016);
    g_test_add_func("/mot-text/appearance", test_reads_appearance);
    g_test_add_func("/mot-text/round-trip", test_what_is_written_is_read_back);
    g_test_add_func("/mot-text/no-rows", test_no_rows_are_no_error);
    g_test_add_func("/mot-text/malformed", test_malformed_lines_are_named);
    g_test_add_func("/mot-text/backwards", test_detections_cannot_run_backwards);
    g_test_add_func("/mot-text/ids", test_tracks_need_ids_once_a_frame);
    g_test_add_func("/mot-text/too-full", test_a_frame_can_be_too_full);
    g_test_add_func("/mot-text/no-text", test_bytes_that_are_no_text_are_refused);
    return g_test_run();
}
