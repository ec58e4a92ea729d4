#include "listing/compliance.h"

#include "base/error.h"

#include <string.h>

static void
note_free(gpointer data)
{
    g_free(((ComplianceNote *)data)->text);
    g_free(data);
}

static void G_GNUC_PRINTF(3, 4) add_note(GPtrArray *notes, bool is_refusal, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ComplianceNote *note = g_new0(ComplianceNote, 1);
    note->is_refusal = is_refusal;
    note->text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(notes, note);
}

static void
check_size(const Marketplace *marketplace, const PublishedFacts *facts, GPtrArray *notes)
{
    const PictureRules *rules = &marketplace->rules;
    guint32 longest = MAX(facts->width, facts->height);
    guint64 num_pixels = (guint64)facts->width * facts->height;
    if (longest < rules->min_longest_side) {
        add_note(notes, true, "too small: %u px on its longest side, %s refuses less than %u px",
                 longest, marketplace->title, rules->min_longest_side);
    } else if (longest < rules->zoom_side) {
        add_note(notes, false, "no zoom: %u px on its longest side, %s zooms from %u px", longest,
                 marketplace->title, rules->zoom_side);
    }
    if (rules->max_side != 0 && longest > rules->max_side) {
        add_note(notes, true, "too large: %u px on its longest side, %s takes up to %u px", longest,
                 marketplace->title, rules->max_side);
    }
    if (rules->max_pixels != 0 && num_pixels > rules->max_pixels) {
        add_note(notes, true, "too large: %.1f megapixels, %s takes up to %.1f",
                 (double)num_pixels / 1e6, marketplace->title, (double)rules->max_pixels / 1e6);
    }
    if (rules->max_bytes != 0 && facts->num_bytes > rules->max_bytes) {
        add_note(notes, true, "file too large: %.1f MB, %s takes up to %.1f MB",
                 (double)facts->num_bytes / 1e6, marketplace->title,
                 (double)rules->max_bytes / 1e6);
    }
}

/* How much of the frame is filled is known only where the background is white. Both are judged by
 * people at the marketplace in the end: advice, however firm the rule. */
static void
check_main_picture(const Marketplace *marketplace, const PublishedFacts *facts, GPtrArray *notes)
{
    const PictureRules *rules = &marketplace->rules;
    if (facts->border_white_share < rules->main_border_white) {
        add_note(notes, false, "main background not white: %.0f %% of the border is",
                 facts->border_white_share * 100);
    } else if (facts->frame_fill < rules->main_frame_fill) {
        add_note(notes, false, "product fills only %.0f %% of the frame, %s asks for %.0f %%",
                 facts->frame_fill * 100, marketplace->title, rules->main_frame_fill * 100);
    }
}

GPtrArray *
compliance_notes(const Marketplace *marketplace, Slot slot, const PublishedFacts *facts)
{
    GPtrArray *notes = g_ptr_array_new_with_free_func(note_free);
    /* A swatch is shown at 30 px: the sizes are those of pictures to look at. */
    if (slot.kind != SLOT_SWATCH) {
        check_size(marketplace, facts, notes);
    }
    if (slot.kind == SLOT_MAIN) {
        check_main_picture(marketplace, facts, notes);
    }
    if (facts->was_truncated) {
        add_note(notes, false, "the photo is cut short: its end was filled in");
    }
    return notes;
}

/* RFC 3986's characters that may stand in a path as they are; '%' begins an escaped one. */
static bool
is_path_character(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("-._~!$&'()*+,;=:@/%", c) != NULL);
}

bool
compliance_check_url(const Marketplace *marketplace, const char *url, GError **error)
{
    const UrlRules *rules = &marketplace->url_rules;
    bool is_https = g_str_has_prefix(url, "https://");
    if (!is_https && (rules->https_only || !g_str_has_prefix(url, "http://"))) {
        return fail(error, APP_ERROR_INVALID, "%s: %s takes URLs that begin with https://", url,
                    marketplace->title);
    }
    if (rules->max_length != 0 && strlen(url) > rules->max_length) {
        return fail(error, APP_ERROR_INVALID, "%.60s...: %s takes URLs of up to %u characters", url,
                    marketplace->title, rules->max_length);
    }
    for (const char *p = url; *p != '\0'; p++) {
        if (!is_path_character(*p)) {
            return fail(error, APP_ERROR_INVALID,
                        "%s: a picture's URL has neither a query nor unescaped characters", url);
        }
        if (rules->forbidden != NULL && strchr(rules->forbidden, *p) != NULL) {
            return fail(error, APP_ERROR_INVALID, "%s: %s takes no URLs with \"%c\"", url,
                        marketplace->title, *p);
        }
    }
    return true;
}
