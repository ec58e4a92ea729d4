#include "listing/match_rest.h"

#include "listing/match_word_table.h"

#include <string.h>

/* Above this a number is a year, a size in pixels, a camera's counter. */
static const guint32 max_number = 99;
static const gsize max_number_digits = 3;

static const PlaceWord *
find_word(const char *text, gsize length)
{
    gsize low = 0;
    gsize high = place_word_count;
    while (low < high) {
        gsize middle = (low + high) / 2;
        const char *word = place_word_table[middle].text;
        int order = strncmp(text, word, length);
        if (order == 0 && word[length] == '\0') {
            return &place_word_table[middle];
        }
        if (order > 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static bool
read_number(const char *text, gsize length, guint16 *ret_number)
{
    if (length == 0 || length > max_number_digits) {
        return false;
    }
    guint32 number = 0;
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isdigit(text[i])) {
            return false;
        }
        number = number * 10 + (guint32)(text[i] - '0');
    }
    if (number > max_number) {
        return false;
    }
    *ret_number = (guint16)number;
    return true;
}

static gsize
length_without_digits(const char *text, gsize length)
{
    while (length > 0 && g_ascii_isdigit(text[length - 1])) {
        length--;
    }
    return length;
}

/* A word with its number, which may be glued to it ("img2") or be the next word ("img 2"). */
typedef struct {
    const PlaceWord *word; /* NULL: a number alone, or unknown text */
    guint16 number;
    bool has_number;
    bool has_other_digits; /* digits that are no picture number: "DSC00815", "img_4711" */
} Piece;

static Piece
read_piece(const char *text, gsize length)
{
    Piece piece = { 0 };
    gsize letters = length_without_digits(text, length);
    piece.word = letters > 0 ? find_word(text, letters) : NULL;
    if (piece.word != NULL || letters == 0) {
        piece.has_number = read_number(text + letters, length - letters, &piece.number);
    }
    piece.has_other_digits = letters < length && !piece.has_number;
    return piece;
}

/* BACK, SIDE, LEFT and PAIR are codes and words. They are codes where a name is written for
 * Amazon's bulk uploader: ID.CODE.ext, in capitals. */
static bool
is_english_word(Slot slot)
{
    if (slot.kind != SLOT_OTHER_CODE) {
        return false;
    }
    static const char *const words[] = { "BACK", "SIDE", "LEFT", "PAIR" };
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(slot_code_table[slot.number], words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool
is_written_as_code(const Name *name, const NameWord *word)
{
    if (word->end != name->folded_length || word->start == 0 ||
        name->folded[word->start - 1] != '.' || name->plain_length < word->end - word->start) {
        return false;
    }
    for (guint32 i = name->plain_length - (word->end - word->start); i < name->plain_length; i++) {
        if (!g_ascii_isupper(name->plain[i])) {
            return false;
        }
    }
    return true;
}

static bool
read_code(const Name *name, const NameWord *word, guint32 start, Slot *ret_slot)
{
    Slot slot;
    if (!slot_from_code(name->folded + start, word->end - start, &slot) ||
        (is_english_word(slot) && !is_written_as_code(name, word))) {
        return false;
    }
    *ret_slot = slot;
    return true;
}

static Claim
claim_of_piece(const Piece *piece)
{
    if (piece->word == NULL) {
        return (Claim){ .kind = CLAIM_NUMBER, .number = piece->number };
    }
    switch (piece->word->meaning) {
    case WORD_MAIN:
        return (Claim){ .kind = CLAIM_SLOT, .slot = { SLOT_MAIN, 0 } };
    case WORD_SWATCH:
        return (Claim){ .kind = CLAIM_SLOT, .slot = { SLOT_SWATCH, 0 } };
    case WORD_ENERGY_LABEL:
        return (Claim){ .kind = CLAIM_SLOT, .slot = { SLOT_ENERGY_LABEL, 0 } };
    case WORD_EXTRA:
        if (piece->has_number && piece->number > 0) {
            return (Claim){ .kind = CLAIM_SLOT, .slot = { SLOT_EXTRA, piece->number } };
        }
        return (Claim){ .kind = CLAIM_FREE };
    case WORD_PICTURE:
        return (Claim){ .kind = CLAIM_NUMBER, .number = piece->number };
    case WORD_COPY:
        return (Claim){ .kind = CLAIM_BARE };
    case WORD_VIEW:
        return (Claim){ .kind = CLAIM_VIEW, .order = piece->word->view, .number = piece->number };
    }
    g_assert_not_reached();
}

Claim
claim_read(const Name *name, guint32 from, guint32 to)
{
    Claim best = { .kind = CLAIM_BARE };
    for (guint32 i = 0; i < name->num_words; i++) {
        const NameWord *word = &name->words[i];
        if (word->end <= from || word->end > to) {
            continue;
        }
        guint32 start = MAX(word->start, from);
        Slot slot;
        if (read_code(name, word, start, &slot)) {
            return (Claim){ .kind = CLAIM_SLOT, .slot = slot };
        }
        Piece piece = read_piece(name->folded + start, word->end - start);
        bool extra = piece.word != NULL && piece.word->meaning == WORD_EXTRA;
        while (extra && !piece.has_number && i + 1 < name->num_words) { /* "other image 2" */
            Piece next = read_piece(name->folded + word[1].start, word[1].end - word[1].start);
            if (next.word != NULL && next.word->meaning != WORD_PICTURE) {
                break;
            }
            if (next.word == NULL && !next.has_number) {
                break;
            }
            piece.number = next.number;
            piece.has_number = next.has_number;
            word = &name->words[++i];
        }
        if (piece.word != NULL && !extra && !piece.has_number && !piece.has_other_digits &&
            i + 1 < name->num_words &&
            read_number(name->folded + word[1].start, word[1].end - word[1].start, &piece.number)) {
            piece.has_number = true;
            i++;
        }
        Claim claim = { .kind = CLAIM_FREE };
        if (piece.word == NULL ? piece.has_number : !piece.has_other_digits) {
            claim = claim_of_piece(&piece);
        }
        if (claim.kind == CLAIM_BARE || (claim.kind == CLAIM_NUMBER && !piece.has_number)) {
            continue; /* a copy mark, "image" alone */
        }
        if (claim.kind < best.kind || best.kind == CLAIM_BARE) {
            best = claim;
        }
    }
    return best;
}

bool
claim_read_folder(const Name *name, Claim *ret_claim)
{
    if (name->num_words == 0) {
        return false;
    }
    bool only_number = length_without_digits(name->folded, name->folded_length) == 0;
    for (guint32 i = 0; i < name->num_words; i++) {
        const NameWord *word = &name->words[i];
        Slot slot;
        guint16 number;
        if (!slot_from_code(name->folded + word->start, word->end - word->start, &slot) &&
            !read_number(name->folded + word->start, word->end - word->start, &number) &&
            read_piece(name->folded + word->start, word->end - word->start).word == NULL) {
            return false;
        }
    }
    Claim claim = claim_read(name, 0, name->folded_length);
    if (only_number || claim.kind == CLAIM_BARE || claim.kind == CLAIM_FREE ||
        claim.kind == CLAIM_NUMBER) {
        return false;
    }
    *ret_claim = claim;
    return true;
}

bool
claim_word_is_known(const char *text, gsize length)
{
    return find_word(text, length_without_digits(text, length)) != NULL;
}
