/* layout.json -> StoreLayout. */
#include "base/error.h"
#include "base/file.h"
#include "store/plate_ids.h"
#include "store/store_layout.h"

#include <math.h>
#include <string.h>

/* A large hypermarket has some 1,000 gondolas; limits keep a wrong file from filling the memory. */
static const gsize max_file_bytes = 64 << 20;
static const guint max_gondolas = 1024, max_shelves = 8192, max_plates = 65536;
static const guint max_shelves_of_gondola = 256, max_plates_of_shelf = 1024;
static const guint max_products = 1000000, max_zones = 1024, max_cameras = 4096;
static const guint max_polygon_points = 4096, max_plates_of_product = 4096;
/* Metres: what lies further out is a mistake of units. */
static const double max_coordinate = 10000;
static const double max_weight_grams = 1e6;
static const double default_weight_spread = 0.02;

/* A planogram entry, kept until gondolas and products are read: keys come in any order. */
typedef struct {
    char *sku;
    GArray *plates; /* of int[3] */
} Placement;

typedef struct {
    JsonReader *json;
    StoreLayout *layout;
    GArray *zones, *gondolas, *shelves, *plates, *products, *cameras;
    GPtrArray *planogram; /* of Placement */
} Parse;

static void
placement_free(gpointer data)
{
    Placement *placement = data;
    g_free(placement->sku);
    g_array_unref(placement->plates);
    g_free(placement);
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

static double
read_positive(JsonReader *json, const char *what, double maximum)
{
    double value = json_read_double(json);
    if (!(value > 0 && value <= maximum)) {
        json_read_wrong(json, "%s is %g, not above 0 and up to %g", what, value, maximum);
    }
    return value;
}

static void
check_count(JsonReader *json, guint count, guint maximum, const char *what)
{
    if (count >= maximum) {
        json_read_wrong(json, "more than %u %s", maximum, what);
    }
}

static Polygon
read_polygon(JsonReader *json)
{
    g_autoptr(GArray) points = g_array_new(FALSE, FALSE, sizeof(FloorPoint));
    json_read_array(json);
    while (json_read_element(json)) {
        check_count(json, points->len, max_polygon_points, "corners in a polygon");
        double xy[2] = { 0, 0 };
        json_read_doubles(json, "a corner", xy, 2);
        if (fabs(xy[0]) > max_coordinate || fabs(xy[1]) > max_coordinate) {
            json_read_wrong(json, "a corner is further out than %g metres", max_coordinate);
        }
        FloorPoint point = { xy[0], xy[1] };
        g_array_append_val(points, point);
    }
    if (points->len < 3) {
        json_read_wrong(json, "a polygon needs three corners");
    }
    guint num_points = points->len;
    return (Polygon){ num_points, (FloorPoint *)g_array_free(g_steal_pointer(&points), FALSE) };
}

static void
read_zone(Parse *parse)
{
    JsonReader *json = parse->json;
    static const char *const keys[] = { "kind", "polygon" };
    check_count(json, parse->zones->len, max_zones, "zones");
    LayoutZone zone = { .kind = ZONE_ENTRY };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == 0) {
            const char *kind = json_read_string(json);
            zone.kind = strcmp(kind, "exit") == 0 ? ZONE_EXIT : ZONE_ENTRY;
            if (zone.kind == ZONE_ENTRY && strcmp(kind, "entry") != 0) {
                json_read_wrong(json, "a zone's kind is \"%s\", not \"entry\" or \"exit\"", kind);
            }
        } else {
            zone.polygon = read_polygon(json);
        }
    }
    json_read_require(json, keys, seen, 3);
    g_array_append_val(parse->zones, zone);
}

static void
read_plate(Parse *parse, guint shelf, guint column)
{
    JsonReader *json = parse->json;
    enum { ID, CENTER, SIZE, YAW, RATED };
    static const char *const keys[] = { "id", "center", "size", "yaw", "rated_g" };
    check_count(json, parse->plates->len, max_plates, "plates");
    check_count(json, column, max_plates_of_shelf, "plates in a shelf");
    LayoutPlate plate = { .shelf = shelf, .column = column };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case ID:
            plate.id = (int)json_read_int(json, 0, G_MAXINT32);
            break;
        case CENTER:
            json_read_doubles(json, "\"center\"", plate.center, 3);
            break;
        case SIZE:
            json_read_doubles(json, "\"size\"", plate.size, 2);
            break;
        case YAW:
            plate.yaw = read_coordinate(json);
            break;
        default:
            plate.rated_grams = read_positive(json, "\"rated_g\"", max_weight_grams);
        }
    }
    json_read_require(json, keys, seen, 1 << ID | 1 << CENTER | 1 << SIZE);
    for (int i = 0; i < 3 && !json_reader_is_wrong(json); i++) {
        if (fabs(plate.center[i]) > max_coordinate) {
            json_read_wrong(json, "plate %d lies further out than %g metres", plate.id,
                            max_coordinate);
        }
    }
    if (!(plate.size[0] > 0 && plate.size[1] > 0 && plate.size[0] < 100 && plate.size[1] < 100)) {
        json_read_wrong(json, "plate %d measures %g by %g metres", plate.id, plate.size[0],
                        plate.size[1]);
    }
    for (guint i = 1; i <= column; i++) {
        if (g_array_index(parse->plates, LayoutPlate, parse->plates->len - i).id == plate.id) {
            json_read_wrong(json, "plate %d comes twice in a shelf", plate.id);
        }
    }
    g_array_append_val(parse->plates, plate);
}

static void
read_shelf(Parse *parse, guint gondola, guint index)
{
    JsonReader *json = parse->json;
    enum { ID, FRONT, PLATES };
    static const char *const keys[] = { "id", "front", "plates" };
    check_count(json, parse->shelves->len, max_shelves, "shelves");
    check_count(json, index, max_shelves_of_gondola, "shelves in a gondola");
    LayoutShelf shelf = { .gondola = gondola, .first_plate = parse->plates->len };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == ID) {
            shelf.id = (int)json_read_int(json, 0, G_MAXINT32);
        } else if (key == FRONT) {
            double front[2] = { 0, 0 };
            json_read_doubles(json, "\"front\"", front, 2);
            double length = hypot(front[0], front[1]);
            if (!(length > 1e-6 && length < 1e6)) {
                json_read_wrong(json, "\"front\" has no direction");
                length = 1;
            }
            shelf.front = (FloorPoint){ front[0] / length, front[1] / length };
        } else {
            json_read_array(json);
            while (json_read_element(json)) {
                read_plate(parse, parse->shelves->len, shelf.num_plates);
                shelf.num_plates++;
            }
        }
    }
    json_read_require(json, keys, seen, 1 << ID | 1 << PLATES);
    for (guint i = 1; i <= index; i++) {
        if (g_array_index(parse->shelves, LayoutShelf, parse->shelves->len - i).id == shelf.id) {
            json_read_wrong(json, "shelf %d comes twice in a gondola", shelf.id);
        }
    }
    g_array_append_val(parse->shelves, shelf);
}

static void
read_gondola(Parse *parse)
{
    JsonReader *json = parse->json;
    enum { ID, BODY, SHELVES };
    static const char *const keys[] = { "id", "body", "shelves" };
    check_count(json, parse->gondolas->len, max_gondolas, "gondolas");
    LayoutGondola gondola = { .first_shelf = parse->shelves->len, .body_is_derived = true };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == ID) {
            gondola.id = (int)json_read_int(json, 0, G_MAXINT32);
        } else if (key == BODY) {
            gondola.body = read_polygon(json);
            gondola.body_is_derived = false;
        } else {
            json_read_array(json);
            while (json_read_element(json)) {
                read_shelf(parse, parse->gondolas->len, gondola.num_shelves);
                gondola.num_shelves++;
            }
        }
    }
    json_read_require(json, keys, seen, 1 << ID | 1 << SHELVES);
    for (guint i = 0; i < parse->gondolas->len; i++) {
        if (g_array_index(parse->gondolas, LayoutGondola, i).id == gondola.id) {
            json_read_wrong(json, "gondola %d comes twice", gondola.id);
        }
    }
    g_array_append_val(parse->gondolas, gondola);
}

static void
read_product(Parse *parse)
{
    JsonReader *json = parse->json;
    enum { SKU, NAME, PRICE, WEIGHT, SPREAD, AGE };
    static const char *const keys[] = { "sku",      "name",        "price",
                                        "weight_g", "weight_sd_g", "age_restricted" };
    check_count(json, parse->products->len, max_products, "products");
    LayoutProduct product = { 0 };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case SKU:
            product.sku = g_strdup(json_read_string(json));
            if (*product.sku == '\0') {
                json_read_wrong(json, "\"sku\" is empty");
            }
            break;
        case NAME:
            product.name = g_strdup(json_read_string(json));
            break;
        case PRICE:
            product.price = json_read_int(json, 0, 1000000000);
            break;
        case WEIGHT:
            product.weight_grams = read_positive(json, "\"weight_g\"", max_weight_grams);
            break;
        case SPREAD:
            product.weight_sd_grams = json_read_double(json);
            if (!(product.weight_sd_grams >= 0 && product.weight_sd_grams <= max_weight_grams)) {
                json_read_wrong(json, "\"weight_sd_g\" is %g", product.weight_sd_grams);
            }
            break;
        default:
            product.age_restricted = json_read_bool(json);
        }
    }
    json_read_require(json, keys, seen, 1 << SKU | 1 << PRICE | 1 << WEIGHT);
    if (product.name == NULL) {
        product.name = g_strdup(product.sku);
    }
    if ((seen & 1 << SPREAD) == 0) {
        product.weight_sd_grams = product.weight_grams * default_weight_spread;
    }
    g_array_append_val(parse->products, product);
}

static void
read_placement(Parse *parse)
{
    JsonReader *json = parse->json;
    static const char *const keys[] = { "sku", "plates" };
    check_count(json, parse->planogram->len, max_products, "planogram entries");
    Placement *placement = g_new0(Placement, 1);
    placement->plates = g_array_new(FALSE, FALSE, sizeof(int[3]));
    g_ptr_array_add(parse->planogram, placement);
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == 0) {
            placement->sku = g_strdup(json_read_string(json));
            continue;
        }
        g_clear_pointer(&placement->plates, g_array_unref);
        placement->plates = plate_ids_read(json, max_plates_of_product);
    }
    json_read_require(json, keys, seen, 3);
}

static void
read_matrix(JsonReader *json, const char *what, double matrix[3][3])
{
    int row = 0;
    json_read_array(json);
    while (json_read_element(json)) {
        double values[3] = { 0, 0, 0 };
        json_read_doubles(json, what, values, 3);
        if (row < 3) {
            memcpy(matrix[row], values, sizeof values);
        }
        row++;
    }
    if (row != 3) {
        json_read_wrong(json, "%s has %d rows instead of 3", what, row);
    }
}

static void
read_camera(Parse *parse)
{
    JsonReader *json = parse->json;
    enum { ID, SIZE, K, R, T, DIST };
    static const char *const keys[] = { "id", "size", "K", "R", "t", "dist" };
    check_count(json, parse->cameras->len, max_cameras, "cameras");
    LayoutCamera camera = { 0 };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case ID:
            camera.id = g_strdup(json_read_string(json));
            break;
        case SIZE: {
            double size[2] = { 0, 0 };
            json_read_doubles(json, "\"size\"", size, 2);
            if (!(size[0] >= 1 && size[1] >= 1 && size[0] <= 65535 && size[1] <= 65535)) {
                json_read_wrong(json, "a camera's size is %g by %g", size[0], size[1]);
                break;
            }
            camera.width = (guint)size[0];
            camera.height = (guint)size[1];
            break;
        }
        case K:
            read_matrix(json, "\"K\"", camera.k);
            break;
        case R:
            read_matrix(json, "\"R\"", camera.r);
            break;
        case T:
            json_read_doubles(json, "\"t\"", camera.t, 3);
            break;
        default:
            json_read_doubles(json, "\"dist\"", camera.dist, 5);
        }
    }
    json_read_require(json, keys, seen, 1 << ID | 1 << SIZE | 1 << K | 1 << R | 1 << T);
    g_array_append_val(parse->cameras, camera);
}

static void
read_list(Parse *parse, void (*read_one)(Parse *parse))
{
    json_read_array(parse->json);
    while (json_read_element(parse->json)) {
        read_one(parse);
    }
}

static void
read_document(Parse *parse)
{
    JsonReader *json = parse->json;
    StoreLayout *layout = parse->layout;
    enum { FORMAT, STORE, CURRENCY, FLOOR, ZONES, GONDOLAS, PRODUCTS, PLANOGRAM, CAMERAS };
    static const char *const keys[] = { "format",   "store",    "currency",  "floor",  "zones",
                                        "gondolas", "products", "planogram", "cameras" };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case FORMAT:
            if (json_read_int(json, 0, G_MAXINT32) != 1) {
                json_read_wrong(json, "this program reads format 1 only");
            }
            break;
        case STORE:
            layout->store = g_strdup(json_read_string(json));
            break;
        case CURRENCY:
            layout->currency = g_strdup(json_read_string(json));
            break;
        case FLOOR:
            layout->floor = read_polygon(json);
            break;
        case ZONES:
            read_list(parse, read_zone);
            break;
        case GONDOLAS:
            read_list(parse, read_gondola);
            break;
        case PRODUCTS:
            read_list(parse, read_product);
            break;
        case PLANOGRAM:
            read_list(parse, read_placement);
            break;
        default:
            read_list(parse, read_camera);
        }
    }
    json_read_require(json, keys, seen, (1 << CAMERAS) - 1);
}

static gpointer
steal_array(GArray **array, guint *ret_count)
{
    *ret_count = (*array)->len;
    return g_array_free(g_steal_pointer(array), FALSE);
}

static void
move_arrays(Parse *parse)
{
    StoreLayout *layout = parse->layout;
    layout->zones = steal_array(&parse->zones, &layout->num_zones);
    layout->gondolas = steal_array(&parse->gondolas, &layout->num_gondolas);
    layout->shelves = steal_array(&parse->shelves, &layout->num_shelves);
    layout->plates = steal_array(&parse->plates, &layout->num_plates);
    layout->products = steal_array(&parse->products, &layout->num_products);
    layout->cameras = steal_array(&parse->cameras, &layout->num_cameras);
}

static bool
apply_placement(StoreLayout *layout, const Placement *placement, guint product_index,
                const char *name, GError **error)
{
    LayoutProduct *product = &layout->products[product_index];
    if (product->plates != NULL) {
        return fail(error, APP_ERROR_INVALID, "%s: the planogram has two entries for %s", name,
                    product->sku);
    }
    product->plates = g_new0(guint, placement->plates->len + 1);
    for (guint i = 0; i < placement->plates->len; i++) {
        const int *ids = &((const int *)(gpointer)placement->plates->data)[3 * i];
        guint plate_index = store_layout_find_plate(layout, ids[0], ids[1], ids[2]);
        if (plate_index == LAYOUT_NONE) {
            return fail(error, APP_ERROR_INVALID,
                        "%s: the planogram puts %s on plate %d of shelf %d of gondola %d, which "
                        "does not exist",
                        name, product->sku, ids[2], ids[1], ids[0]);
        }
        LayoutPlate *plate = &layout->plates[plate_index];
        bool is_known = false;
        for (guint p = 0; p < plate->num_products; p++) {
            is_known |= plate->products[p] == product_index;
        }
        if (!is_known) {
            product->plates[product->num_plates++] = plate_index;
            plate->products = g_renew(guint, plate->products, plate->num_products + 1);
            plate->products[plate->num_products++] = product_index;
        }
    }
    return true;
}

static bool
apply_planogram(StoreLayout *layout, GPtrArray *planogram, const char *name, GError **error)
{
    g_autoptr(GHashTable) by_sku = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < layout->num_products; i++) {
        if (!g_hash_table_insert(by_sku, layout->products[i].sku, GUINT_TO_POINTER(i + 1))) {
            return fail(error, APP_ERROR_INVALID, "%s: product %s comes twice", name,
                        layout->products[i].sku);
        }
    }
    for (guint i = 0; i < planogram->len; i++) {
        const Placement *placement = planogram->pdata[i];
        guint found = GPOINTER_TO_UINT(g_hash_table_lookup(by_sku, placement->sku));
        if (found == 0) {
            return fail(error, APP_ERROR_INVALID,
                        "%s: the planogram names %s, which is no product of this layout", name,
                        placement->sku);
        }
        if (!apply_placement(layout, placement, found - 1, name, error)) {
            return false;
        }
    }
    return true;
}

static void
derive_body(const StoreLayout *layout, LayoutGondola *gondola)
{
    double low_x = INFINITY, low_y = INFINITY, high_x = -INFINITY, high_y = -INFINITY;
    guint first = 0, end = 0;
    if (gondola->num_shelves > 0) {
        const LayoutShelf *last = &layout->shelves[gondola->first_shelf + gondola->num_shelves - 1];
        first = layout->shelves[gondola->first_shelf].first_plate;
        end = last->first_plate + last->num_plates;
    }
    for (guint p = first; p < end; p++) {
        const LayoutPlate *plate = &layout->plates[p];
        double c = fabs(cos(plate->yaw)), s = fabs(sin(plate->yaw));
        double half_x = (c * plate->size[0] + s * plate->size[1]) / 2;
        double half_y = (s * plate->size[0] + c * plate->size[1]) / 2;
        low_x = MIN(low_x, plate->center[0] - half_x);
        low_y = MIN(low_y, plate->center[1] - half_y);
        high_x = MAX(high_x, plate->center[0] + half_x);
        high_y = MAX(high_y, plate->center[1] + half_y);
    }
    if (low_x > high_x) { /* no plates: nothing stands there */
        low_x = low_y = high_x = high_y = 2 * max_coordinate;
    }
    FloorPoint corners[4] = {
        { low_x, low_y }, { high_x, low_y }, { high_x, high_y }, { low_x, high_y }
    };
    gondola->body = (Polygon){ 4, g_memdup2(corners, sizeof corners) };
}

/* How far one can walk from POINT along DIRECTION; the first metre may lie in the gondola. */
static double
free_distance(const StoreLayout *layout, FloorPoint point, FloorPoint direction)
{
    const double step = 0.05, reach = 4.0;
    double walked = 0;
    for (double r = step; r < reach; r += step) {
        FloorPoint at = { point.x + r * direction.x, point.y + r * direction.y };
        if (store_layout_is_free(layout, at)) {
            walked += step;
        } else if (walked > 0 || r > 1.0) {
            break;
        }
    }
    return walked;
}

static void
derive_front(const StoreLayout *layout, LayoutShelf *shelf)
{
    if (shelf->num_plates == 0) {
        shelf->front = (FloorPoint){ 1, 0 };
        return;
    }
    const LayoutPlate *first = &layout->plates[shelf->first_plate];
    FloorPoint center = { 0, 0 };
    for (guint i = 0; i < shelf->num_plates; i++) {
        center.x += first[i].center[0] / shelf->num_plates;
        center.y += first[i].center[1] / shelf->num_plates;
    }
    /* Plates stand side by side along the shelf, so it runs from the first to the last; a single
     * plate is deeper than it is wide. */
    const LayoutPlate *last = &first[shelf->num_plates - 1];
    double along_x = last->center[0] - first->center[0];
    double along_y = last->center[1] - first->center[1];
    double length = hypot(along_x, along_y);
    FloorPoint normal = { -sin(first->yaw), cos(first->yaw) };
    if (length > 1e-6) {
        normal = (FloorPoint){ -along_y / length, along_x / length };
    }
    FloorPoint opposite = { -normal.x, -normal.y };
    bool is_forward =
        free_distance(layout, center, normal) >= free_distance(layout, center, opposite);
    shelf->front = is_forward ? normal : opposite;
}

static void
derive(StoreLayout *layout)
{
    for (guint i = 0; i < layout->num_gondolas; i++) {
        if (layout->gondolas[i].body_is_derived) {
            derive_body(layout, &layout->gondolas[i]);
        }
    }
    for (guint i = 0; i < layout->num_shelves; i++) {
        LayoutShelf *shelf = &layout->shelves[i];
        for (guint p = 0; p < shelf->num_plates; p++) {
            shelf->height += layout->plates[shelf->first_plate + p].center[2] / shelf->num_plates;
        }
        if (shelf->front.x == 0 && shelf->front.y == 0) {
            derive_front(layout, shelf);
        }
    }
}

StoreLayout *
store_layout_parse(const char *text, gsize size, const char *name, GError **error)
{
    g_autoptr(StoreLayout) layout = g_new0(StoreLayout, 1);
    g_autoptr(JsonReader) json = json_reader_new();
    json_reader_start(json, text, size);
    Parse parse = {
        .json = json,
        .layout = layout,
        .zones = g_array_new(FALSE, FALSE, sizeof(LayoutZone)),
        .gondolas = g_array_new(FALSE, FALSE, sizeof(LayoutGondola)),
        .shelves = g_array_new(FALSE, FALSE, sizeof(LayoutShelf)),
        .plates = g_array_new(FALSE, FALSE, sizeof(LayoutPlate)),
        .products = g_array_new(FALSE, FALSE, sizeof(LayoutProduct)),
        .cameras = g_array_new(FALSE, FALSE, sizeof(LayoutCamera)),
    };
    g_autoptr(GPtrArray) planogram = g_ptr_array_new_with_free_func(placement_free);
    parse.planogram = planogram;
    read_document(&parse);
    move_arrays(&parse);
    if (!json_reader_finish(json, name, 1, error) ||
        !apply_planogram(layout, planogram, name, error)) {
        return NULL;
    }
    derive(layout);
    return g_steal_pointer(&layout);
}

StoreLayout *
store_layout_read(const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_whole(path, max_file_bytes, error);
    if (bytes == NULL) {
        return NULL;
    }
    gsize size;
    const char *text = g_bytes_get_data(bytes, &size);
    g_autofree char *name = g_path_get_basename(path);
    return store_layout_parse(text == NULL ? "" : text, size, name, error);
}
