#include "store/contest.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json_reader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const gsize max_file_bytes = 16 << 20;
static const guint max_cases = 10000, max_events = 10000;
static const double lead_s = 10; /* from opening to the first event: time to come in */

static void
product_free(gpointer data)
{
    ContestProduct *product = data;
    g_free(product->sku);
    g_free(product->name);
    g_free(product);
}

static void
event_free(gpointer data)
{
    ContestEvent *event = data;
    g_free(event->person);
    g_array_unref(event->products);
    g_free(event);
}

static void
case_free(gpointer data)
{
    ContestCase *one = data;
    g_free(one->name);
    g_ptr_array_unref(one->events);
    g_free(one);
}

void
contest_free(Contest *contest)
{
    if (contest == NULL) {
        return;
    }
    g_ptr_array_unref(contest->products);
    g_ptr_array_unref(contest->cases);
    g_free(contest);
}

static double
seconds_of(int year, int month, int day, int hour, int minute, int second)
{
    g_autoptr(GDateTime) date = g_date_time_new_utc(year, month, day, hour, minute, second);
    return date == NULL ? NAN : (double)g_date_time_to_unix(date);
}

/* The labels tell time in three ways: a moment, a moment with the month first, or a place in a
 * video that began at a moment. NAN: none of them. */
static double
parse_time(const char *text)
{
    int a, b, c, d, e, f, minutes, seconds;
    if (sscanf(text, "%4d-%2d-%2d_%2d-%2d-%2d", &a, &b, &c, &d, &e, &f) == 6) {
        return seconds_of(a, b, c, d, e, f);
    }
    if (sscanf(text, "%2d_%2d_%4d_%2d:%2d:%2d", &a, &b, &c, &d, &e, &f) == 6) {
        return seconds_of(c, a, b, d, e, f);
    }
    if (sscanf(text, "%3d:%2d + %4d-%2d-%2d_%2d-%2d-%2d", &minutes, &seconds, &a, &b, &c, &d, &e,
               &f) == 8 &&
        minutes >= 0 && seconds >= 0) {
        return seconds_of(a, b, c, d, e, f) + 60.0 * minutes + seconds;
    }
    return NAN;
}

static guint
find_or_add_product(Contest *contest, const char *sku, const char *name, double grams)
{
    for (guint i = 0; i < contest->products->len; i++) {
        if (strcmp(((const ContestProduct *)contest->products->pdata[i])->sku, sku) == 0) {
            return i;
        }
    }
    ContestProduct *product = g_new0(ContestProduct, 1);
    product->sku = g_strdup(sku);
    product->name = g_strdup(name);
    product->grams = grams;
    g_ptr_array_add(contest->products, product);
    return contest->products->len - 1;
}

static void
read_product(JsonReader *json, Contest *contest, ContestEvent *event)
{
    enum { ID, NAME, WEIGHT };
    static const char *const keys[] = { "id", "name", "weight" };
    g_autofree char *sku = NULL, *name = NULL;
    double grams = 0;
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == ID) {
            sku = g_strdup(json_read_string(json));
        } else if (key == NAME) {
            name = g_strdup(json_read_string(json));
        } else {
            grams = json_read_null(json) ? 0 : json_read_double(json);
        }
    }
    json_read_require(json, keys, seen, 7);
    if (json_reader_is_wrong(json)) {
        return;
    }
    if (!(grams > 0 && grams < 20000)) {
        contest->num_unknown++;
        return;
    }
    guint index = find_or_add_product(contest, sku, name, grams);
    g_array_append_val(event->products, index);
}

static void
read_position(JsonReader *json, ContestEvent *event)
{
    enum { GONDOLA, SHELF, PLATES };
    static const char *const keys[] = { "gondola", "shelf", "plates" };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == GONDOLA) {
            event->gondola = (int)json_read_int(json, 0, 10000);
        } else if (key == SHELF) {
            event->shelf = (int)json_read_int(json, 0, 10000);
        } else {
            json_read_array(json);
            while (json_read_element(json)) {
                if (event->num_plates == G_N_ELEMENTS(event->plates)) {
                    json_read_wrong(json, "an event on more than four plates");
                    break;
                }
                event->plates[event->num_plates++] = (int)json_read_int(json, 0, 10000);
            }
        }
    }
    json_read_require(json, keys, seen, 7);
    if (event->num_plates == 0) {
        json_read_wrong(json, "an event on no plate");
    }
}

static void
read_observation(JsonReader *json, Contest *contest, ContestEvent *event)
{
    enum { POSITION, PRODUCTS, TIME, TARGET, NOTE };
    static const char *const keys[] = { "position", "products", "time", "target_id", "note" };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case POSITION:
            read_position(json, event);
            break;
        case PRODUCTS:
            json_read_array(json);
            while (json_read_element(json)) {
                read_product(json, contest, event);
            }
            break;
        case TIME: {
            const char *text = json_read_string(json);
            event->t = parse_time(text);
            if (!isfinite(event->t)) {
                json_read_wrong(json, "\"%s\" is no time of the labels", text);
            }
            break;
        }
        case TARGET:
            event->person = g_strdup(json_read_string(json));
            break;
        default:
            event->is_off_planogram = !json_read_null(json) &&
                                      strstr(json_read_string(json), "planogram is wrong") != NULL;
        }
    }
    json_read_require(json, keys, seen, 1 << POSITION | 1 << PRODUCTS | 1 << TIME | 1 << TARGET);
}

static void
read_event(JsonReader *json, Contest *contest, ContestCase *one)
{
    static const char *const keys[] = { "observation", "putback" };
    ContestEvent *event = g_new0(ContestEvent, 1);
    event->products = g_array_new(FALSE, FALSE, sizeof(guint));
    g_ptr_array_add(one->events, event);
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == 0) {
            read_observation(json, contest, event);
        } else {
            event->is_put = json_read_int(json, 0, 1) == 1;
        }
    }
    json_read_require(json, keys, seen, 3);
    if (one->events->len > max_events) {
        json_read_wrong(json, "more than %u events in a case", max_events);
    }
}

static void
read_case(JsonReader *json, Contest *contest)
{
    static const char *const keys[] = { "dataset", "events" };
    ContestCase *one = g_new0(ContestCase, 1);
    one->events = g_ptr_array_new_with_free_func(event_free);
    g_ptr_array_add(contest->cases, one);
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == 0) {
            one->name = g_strdup(json_read_string(json));
            /* It becomes a file's name. */
            if (*one->name == '\0' || *one->name == '.' || strchr(one->name, '/') != NULL) {
                json_read_wrong(json, "\"%s\" cannot name a case", one->name);
            }
            continue;
        }
        json_read_array(json);
        while (json_read_element(json)) {
            read_event(json, contest, one);
        }
    }
    json_read_require(json, keys, seen, 3);
    if (contest->cases->len > max_cases) {
        json_read_wrong(json, "more than %u cases", max_cases);
    }
}

Contest *
contest_parse(GBytes *bytes, const char *file_name, GError **error)
{
    static const char *const keys[] = { "lists" };
    g_autoptr(Contest) contest = g_new0(Contest, 1);
    contest->products = g_ptr_array_new_with_free_func(product_free);
    contest->cases = g_ptr_array_new_with_free_func(case_free);
    g_autoptr(JsonReader) json = json_reader_new();
    json_reader_start_bytes(json, bytes);
    guint64 seen = json_read_object(json);
    while (json_read_key(json, keys, G_N_ELEMENTS(keys), &seen) >= 0) {
        json_read_array(json);
        while (json_read_element(json)) {
            read_case(json, contest);
        }
    }
    json_read_require(json, keys, seen, 1);
    if (!json_reader_finish(json, file_name, 1, error)) {
        return NULL;
    }
    return g_steal_pointer(&contest);
}

Contest *
contest_read(const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_whole(path, max_file_bytes, error);
    return bytes == NULL ? NULL : contest_parse(bytes, path, error);
}

static SimVisitor *
find_or_add_visitor(SimScript *script, const char *person)
{
    for (guint i = 0; i < script->visitors->len; i++) {
        SimVisitor *visitor = script->visitors->pdata[i];
        if (strcmp(visitor->id, person) == 0) {
            return visitor;
        }
    }
    SimVisitor *visitor = sim_visitor_new(person, person, ROLE_SHOPPER, 0);
    g_ptr_array_add(script->visitors, visitor);
    return visitor;
}

/* Two products at one moment, of as many plates: each has its own. */
static bool
add_acts(const Contest *contest, const ContestCase *one, const ContestEvent *event, double first_t,
         const StoreLayout *layout, SimVisitor *visitor, GError **error)
{
    bool one_plate_each = event->products->len > 1 && event->products->len == event->num_plates;
    for (guint i = 0; i < event->products->len; i++) {
        const ContestProduct *product =
            contest->products->pdata[g_array_index(event->products, guint, i)];
        SimAct act = { .kind = event->is_put ? ACT_PUT : ACT_PICK,
                       .t = event->t - first_t + lead_s,
                       .product = store_layout_find_product(layout, product->sku),
                       .quantity = 1,
                       .is_together = i > 0 };
        if (act.product == LAYOUT_NONE) {
            return fail(error, APP_ERROR_INVALID, "%s: the layout has no product %s", one->name,
                        product->sku);
        }
        for (guint p = one_plate_each ? i : 0; p < (one_plate_each ? i + 1 : event->num_plates);
             p++) {
            act.plates[act.num_plates] =
                store_layout_find_plate(layout, event->gondola, event->shelf, event->plates[p]);
            if (act.plates[act.num_plates++] == LAYOUT_NONE) {
                return fail(error, APP_ERROR_INVALID,
                            "%s: the layout has no plate %d on shelf %d of gondola %d", one->name,
                            event->plates[p], event->shelf, event->gondola);
            }
        }
        g_array_append_val(visitor->acts, act);
    }
    return true;
}

SimScript *
contest_script(const Contest *contest, const ContestCase *one, const StoreLayout *layout,
               GError **error)
{
    g_autoptr(SimScript) script = sim_script_new(one->name);
    double first_t = INFINITY;
    for (guint i = 0; i < one->events->len; i++) {
        first_t = MIN(first_t, ((const ContestEvent *)one->events->pdata[i])->t);
    }
    for (guint i = 0; i < one->events->len; i++) {
        const ContestEvent *event = one->events->pdata[i];
        if (event->products->len == 0) {
            continue;
        }
        SimVisitor *visitor = find_or_add_visitor(script, event->person);
        if (!add_acts(contest, one, event, first_t, layout, visitor, error)) {
            return NULL;
        }
    }
    for (guint i = 0; i < script->visitors->len; i++) {
        ((SimVisitor *)script->visitors->pdata[i])->t = 2.0 * i;
    }
    return g_steal_pointer(&script);
}
