#include "store/sim_script.h"

#include "base/file.h"
#include "store/plate_ids.h"

#include <string.h>

static const gsize max_file_bytes = 16 << 20;
static const guint max_visitors = 100000, max_acts = 10000;
static const double max_seconds = 86400;

static const char *const act_names[] = { "pick", "put",       "touch", "rest",
                                         "look", "hand-over", "leave", "restock" };
static const char *const role_names[] = { "shopper", "staff", "stranger" };

static void
act_clear(gpointer act)
{
    g_free(((SimAct *)act)->to);
}

SimVisitor *
sim_visitor_new(const char *id, const char *visit, SimRole role, double t)
{
    SimVisitor *visitor = g_new0(SimVisitor, 1);
    visitor->id = g_strdup(id);
    visitor->visit = g_strdup(visit);
    visitor->role = role;
    visitor->party = role == ROLE_SHOPPER ? 1 : 0;
    visitor->t = t;
    visitor->acts = g_array_new(FALSE, TRUE, sizeof(SimAct));
    g_array_set_clear_func(visitor->acts, act_clear);
    return visitor;
}

void
sim_visitor_free(SimVisitor *visitor)
{
    if (visitor == NULL) {
        return;
    }
    g_free(visitor->id);
    g_free(visitor->visit);
    g_array_unref(visitor->acts);
    g_free(visitor);
}

SimScript *
sim_script_new(const char *name)
{
    SimScript *script = g_new0(SimScript, 1);
    script->name = g_strdup(name);
    script->visitors = g_ptr_array_new_with_free_func((GDestroyNotify)sim_visitor_free);
    return script;
}

void
sim_script_free(SimScript *script)
{
    if (script == NULL) {
        return;
    }
    g_free(script->name);
    g_ptr_array_unref(script->visitors);
    g_free(script);
}

static int
read_word(JsonReader *json, const char *what, const char *const *words, guint num_words)
{
    const char *word = json_read_string(json);
    for (guint i = 0; i < num_words; i++) {
        if (strcmp(word, words[i]) == 0) {
            return (int)i;
        }
    }
    json_read_wrong(json, "%s is \"%s\", which is none of those known", what, word);
    return 0;
}

static double
read_seconds(JsonReader *json)
{
    double seconds = json_read_double(json);
    if (!(seconds >= 0 && seconds <= max_seconds)) {
        json_read_wrong(json, "%g seconds, not from 0 to %g", seconds, max_seconds);
    }
    return seconds;
}

static void
read_plates(JsonReader *json, const StoreLayout *layout, SimAct *act)
{
    g_autoptr(GArray) ids = plate_ids_read(json, G_N_ELEMENTS(act->plates));
    for (guint i = 0; i < ids->len && !json_reader_is_wrong(json); i++) {
        const int *id = &((const int *)(gpointer)ids->data)[3 * i];
        act->plates[i] = store_layout_find_plate(layout, id[0], id[1], id[2]);
        if (act->plates[i] == LAYOUT_NONE) {
            json_read_wrong(json, "there is no plate %d on shelf %d of gondola %d", id[2], id[1],
                            id[0]);
            return;
        }
        if (layout->plates[act->plates[i]].shelf != layout->plates[act->plates[0]].shelf) {
            json_read_wrong(json, "the plates of one act lie on two shelves");
            return;
        }
        act->num_plates++;
    }
}

static void
read_act(JsonReader *json, const StoreLayout *layout, SimVisitor *visitor)
{
    enum { KIND, T, SKU, QUANTITY, PLATES, SECONDS, GRAMS, TOGETHER, TO };
    static const char *const keys[] = { "kind",    "t",     "sku",      "quantity", "plates",
                                        "seconds", "grams", "together", "to" };
    SimAct act = { .product = LAYOUT_NONE, .quantity = 1, .grams = 100 };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case KIND:
            act.kind = (ActKind)read_word(json, "\"kind\"", act_names, G_N_ELEMENTS(act_names));
            break;
        case T:
            act.t = read_seconds(json);
            break;
        case SKU: {
            const char *sku = json_read_string(json);
            act.product = store_layout_find_product(layout, sku);
            if (act.product == LAYOUT_NONE) {
                json_read_wrong(json, "\"%s\" is no product of the layout", sku);
            }
            break;
        }
        case QUANTITY:
            act.quantity = (guint)json_read_int(json, 1, 100);
            break;
        case PLATES:
            read_plates(json, layout, &act);
            break;
        case SECONDS:
            act.seconds = read_seconds(json);
            break;
        case GRAMS:
            act.grams = json_read_double(json);
            if (!(act.grams > 0 && act.grams <= 20000)) {
                json_read_wrong(json, "%g grams, not above 0 and up to 20000", act.grams);
            }
            break;
        case TOGETHER:
            act.is_together = json_read_bool(json);
            break;
        default:
            g_free(act.to);
            act.to = g_strdup(json_read_string(json));
        }
    }
    bool needs_product = act.kind == ACT_PICK || act.kind == ACT_PUT || act.kind == ACT_HAND ||
                         act.kind == ACT_RESTOCK;
    bool needs_plates = act.kind != ACT_HAND;
    json_read_require(json, keys, seen,
                      1 << KIND | (needs_product ? 1 << SKU : 0) |
                          (needs_plates ? 1 << PLATES : 1 << TO));
    if (needs_plates && act.num_plates == 0) {
        json_read_wrong(json, "\"plates\" is empty");
    }
    if (visitor->acts->len >= max_acts) {
        json_read_wrong(json, "more than %u acts of a visitor", max_acts);
    }
    g_array_append_val(visitor->acts, act);
}

static void
read_visitor(JsonReader *json, const StoreLayout *layout, SimScript *script)
{
    enum { ID, VISIT, ROLE, PARTY, T, ACTS };
    static const char *const keys[] = { "id", "visit", "role", "party", "t", "acts" };
    SimVisitor *visitor = sim_visitor_new(NULL, NULL, ROLE_SHOPPER, 0);
    g_ptr_array_add(script->visitors, visitor);
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case ID:
            visitor->id = g_strdup(json_read_string(json));
            break;
        case VISIT:
            visitor->visit = json_read_null(json) ? NULL : g_strdup(json_read_string(json));
            break;
        case ROLE:
            visitor->role =
                (SimRole)read_word(json, "\"role\"", role_names, G_N_ELEMENTS(role_names));
            break;
        case PARTY:
            visitor->party = (guint)json_read_int(json, 0, 20);
            break;
        case T:
            visitor->t = read_seconds(json);
            break;
        default:
            json_read_array(json);
            while (json_read_element(json)) {
                read_act(json, layout, visitor);
            }
        }
    }
    json_read_require(json, keys, seen, 1 << ID);
    if (visitor->role != ROLE_SHOPPER) {
        visitor->party = 0;
        g_clear_pointer(&visitor->visit, g_free);
    } else if (visitor->visit == NULL) {
        visitor->visit = g_strdup(visitor->id);
    }
    if (script->visitors->len > max_visitors) {
        json_read_wrong(json, "more than %u visitors", max_visitors);
    }
}

static gint
compare_visitors(gconstpointer a, gconstpointer b)
{
    const SimVisitor *left = *(const SimVisitor *const *)a, *right = *(const SimVisitor *const *)b;
    return left->t < right->t ? -1 : left->t > right->t;
}

SimScript *
sim_script_parse(GBytes *bytes, const char *file_name, const StoreLayout *layout, GError **error)
{
    enum { FORMAT, NAME, VISITORS };
    static const char *const keys[] = { "format", "name", "visitors" };
    g_autoptr(SimScript) script = sim_script_new(NULL);
    g_autoptr(JsonReader) json = json_reader_new();
    json_reader_start_bytes(json, bytes);
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == FORMAT) {
            if (json_read_int(json, 0, G_MAXINT32) != 1) {
                json_read_wrong(json, "this program reads format 1 only");
            }
        } else if (key == NAME) {
            script->name = g_strdup(json_read_string(json));
        } else {
            json_read_array(json);
            while (json_read_element(json)) {
                read_visitor(json, layout, script);
            }
        }
    }
    json_read_require(json, keys, seen, 1 << FORMAT | 1 << VISITORS);
    if (!json_reader_finish(json, file_name, 1, error)) {
        return NULL;
    }
    g_ptr_array_sort(script->visitors, compare_visitors);
    return g_steal_pointer(&script);
}

SimScript *
sim_script_read(const char *path, const StoreLayout *layout, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_whole(path, max_file_bytes, error);
    return bytes == NULL ? NULL : sim_script_parse(bytes, path, layout, error);
}

static void
write_act(JsonWriter *json, const StoreLayout *layout, const SimAct *act)
{
    json_begin_object(json, NULL);
    json_double(json, "t", act->t, 2);
    json_string(json, "kind", act_names[act->kind]);
    if (act->product != LAYOUT_NONE) {
        json_string(json, "sku", layout->products[act->product].sku);
        json_int(json, "quantity", act->quantity);
    }
    if (act->num_plates > 0) {
        int ids[G_N_ELEMENTS(act->plates)][3];
        for (guint i = 0; i < act->num_plates; i++) {
            const LayoutPlate *plate = &layout->plates[act->plates[i]];
            const LayoutShelf *shelf = &layout->shelves[plate->shelf];
            ids[i][0] = layout->gondolas[shelf->gondola].id;
            ids[i][1] = shelf->id;
            ids[i][2] = plate->id;
        }
        plate_ids_write(json, "plates", (const int(*)[3])ids, act->num_plates);
    }
    if (act->seconds > 0) {
        json_double(json, "seconds", act->seconds, 2);
    }
    if (act->kind == ACT_LEAVE) {
        json_double(json, "grams", act->grams, 1);
    }
    if (act->is_together) {
        json_bool(json, "together", true);
    }
    if (act->to != NULL) {
        json_string(json, "to", act->to);
    }
    json_end_object(json);
}

bool
sim_script_write(const SimScript *script, const StoreLayout *layout, const char *path,
                 GError **error)
{
    g_autoptr(JsonWriter) json = json_writer_new(true);
    json_begin_object(json, NULL);
    json_int(json, "format", 1);
    json_string(json, "name", script->name == NULL ? "" : script->name);
    json_begin_array(json, "visitors");
    for (guint i = 0; i < script->visitors->len; i++) {
        const SimVisitor *visitor = script->visitors->pdata[i];
        json_begin_object(json, NULL);
        json_string(json, "id", visitor->id);
        json_string(json, "visit", visitor->visit);
        json_string(json, "role", role_names[visitor->role]);
        json_int(json, "party", visitor->party);
        json_double(json, "t", visitor->t, 2);
        json_begin_array(json, "acts");
        for (guint k = 0; k < visitor->acts->len; k++) {
            write_act(json, layout, &g_array_index(visitor->acts, SimAct, k));
        }
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
    const GString *text = json_writer_text(json);
    return file_write_whole(path, text->str, text->len, error);
}
