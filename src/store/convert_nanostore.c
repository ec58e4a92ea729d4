#include "store/convert_nanostore.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json_reader.h"
#include "store/prng.h"

#include <math.h>
#include <string.h>

static const gsize max_file_bytes = 16 << 20;
static const double inch = 0.0254;                             /* the calibration's unit */
static const guint picture_width = 1280, picture_height = 720; /* K comes as shares of these */
static const double rated_grams = 20000;
static const double planogram_seconds = 30 * 86400; /* labels this near tell of one planogram */
/* Where the archive gives no weights: the spread of the 83 products of the contest. */
static const double median_grams = 180, spread_of_logarithm = 0.95;

typedef struct {
    int gondola, shelf, plate; /* ids; those not given are -1 */
    double x, y, z, turn;      /* relative to what it stands in */
    double dim_x, dim_y;
} Part;

typedef struct {
    GArray *gondolas, *shelves, *plates; /* of Part */
    double area[4];                      /* left, top, right, bottom; inches */
    GArray *cameras;                     /* of LayoutCamera */
} Archive;

static void
read_vector(JsonReader *json, double ret_vector[3])
{
    static const char *const keys[] = { "x", "y", "z" };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        ret_vector[key] = json_read_double(json);
        if (fabs(ret_vector[key]) > 1000) {
            json_read_wrong(json, "%g is further out than 1000 metres", ret_vector[key]);
        }
    }
    json_read_require(json, keys, seen, 7);
}

static void
read_transform(JsonReader *json, Part *part)
{
    static const char *const keys[] = { "translation", "rotation" };
    double vectors[2][3] = { { 0 } };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        read_vector(json, vectors[key]);
    }
    json_read_require(json, keys, seen, 3);
    part->x = vectors[0][0];
    part->y = vectors[0][1];
    part->z = vectors[0][2];
    part->turn = vectors[1][2];
    if (vectors[1][0] != 0 || vectors[1][1] != 0) {
        json_read_wrong(json, "a part that leans is not understood");
    }
}

static void
read_coordinates(JsonReader *json, Part *part)
{
    static const char *const keys[] = { "transform", "dim_x", "dim_y" };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == 0) {
            read_transform(json, part);
        } else {
            *(key == 1 ? &part->dim_x : &part->dim_y) = json_read_double(json);
        }
    }
    json_read_require(json, keys, seen, 7);
}

/* Ids are nested: a plate's holds its shelf's, that one its gondola's. */
static void
read_id(JsonReader *json, Part *part)
{
    enum { GONDOLA, SHELF, INNER_SHELF, PLATE, INNER_GONDOLA };
    static const char *const keys[] = { "id", "shelf_index", "shelf_id", "plate_index",
                                        "gondola_id" };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case GONDOLA:
            part->gondola = (int)json_read_int(json, 0, 10000);
            break;
        case SHELF:
            part->shelf = (int)json_read_int(json, 0, 10000);
            break;
        case PLATE:
            part->plate = (int)json_read_int(json, 0, 10000);
            break;
        default:
            read_id(json, part);
        }
    }
}

/* One of the three files: {"LIST": [{"id":..., "coordinates":...}, ...]}. */
static GArray *
read_parts(const char *dir, const char *file, const char *list, GError **error)
{
    const char *const outer_keys[] = { list };
    static const char *const keys[] = { "id", "coordinates" };
    g_autofree char *path = g_build_filename(dir, file, NULL);
    g_autoptr(GBytes) bytes = file_read_whole(path, max_file_bytes, error);
    if (bytes == NULL) {
        return NULL;
    }
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(Part));
    g_autoptr(JsonReader) json = json_reader_new();
    json_reader_start_bytes(json, bytes);
    guint64 outer_seen = json_read_object(json);
    while (json_read_key(json, outer_keys, 1, &outer_seen) >= 0) {
        json_read_array(json);
        while (json_read_element(json)) {
            Part part = { .gondola = -1, .shelf = -1, .plate = -1 };
            guint64 seen = json_read_object(json);
            for (int key; (key = json_read_key(json, keys, 2, &seen)) >= 0;) {
                if (key == 0) {
                    read_id(json, &part);
                } else {
                    read_coordinates(json, &part);
                }
            }
            json_read_require(json, keys, seen, 3);
            g_array_append_val(parts, part);
        }
    }
    json_read_require(json, outer_keys, outer_seen, 1);
    if (!json_reader_finish(json, path, 1, error)) {
        return NULL;
    }
    return g_steal_pointer(&parts);
}

static void
read_matrix(JsonReader *json, guint rows, guint columns, double *matrix)
{
    guint row = 0;
    json_read_array(json);
    for (; json_read_element(json); row++) {
        double values[4] = { 0 };
        json_read_doubles(json, "a row", values, columns);
        if (row < rows) {
            memcpy(matrix + row * columns, values, columns * sizeof *matrix);
        }
    }
    if (row != rows) {
        json_read_wrong(json, "a matrix of %u rows instead of %u", row, rows);
    }
}

/* "Tw" leads from the camera, which looks along its z, to the world in inches. */
static void
read_camera(JsonReader *json, const char *id, Archive *archive)
{
    enum { K, TW, DIST };
    static const char *const keys[] = { "K", "Tw", "dist_coeffs" };
    LayoutCamera camera = { .width = picture_width, .height = picture_height };
    double k[9] = { 0 }, to_world[16] = { 0 };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == K) {
            read_matrix(json, 3, 3, k);
        } else if (key == TW) {
            read_matrix(json, 4, 4, to_world);
        } else {
            json_read_doubles(json, "\"dist_coeffs\"", camera.dist, 5);
        }
    }
    json_read_require(json, keys, seen, 7);
    /* 13 and above are depth cameras. */
    guint64 number = 0;
    if (!g_ascii_string_to_unsigned(id, 10, 1, 12, &number, NULL)) {
        return;
    }
    camera.id = g_strdup_printf("c%" G_GUINT64_FORMAT, number);
    for (int i = 0; i < 3; i++) {
        camera.k[0][i] = k[i] * picture_width;
        camera.k[1][i] = k[3 + i] * picture_height;
        camera.k[2][i] = k[6 + i];
        for (int n = 0; n < 3; n++) {
            camera.r[i][n] = to_world[4 * n + i];
            camera.t[i] -= to_world[4 * n + i] * to_world[4 * n + 3] * inch;
        }
    }
    g_array_append_val(archive->cameras, camera);
}

static void
camera_clear(gpointer camera)
{
    g_free(((LayoutCamera *)camera)->id);
}

static bool
read_calibration(const char *dir, Archive *archive, GError **error)
{
    static const char *const keys[] = { "world_ltrb", "cameras" };
    static const char *const camera_ids[] = { "1", "2", "3", "4",  "5",  "6",
                                              "7", "8", "9", "10", "11", "12" };
    g_autofree char *path = g_build_filename(dir, "calibration.json", NULL);
    g_autoptr(GBytes) bytes = file_read_whole(path, max_file_bytes, error);
    if (bytes == NULL) {
        return false;
    }
    g_autoptr(JsonReader) json = json_reader_new();
    json_reader_start_bytes(json, bytes);
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == 0) {
            json_read_doubles(json, "\"world_ltrb\"", archive->area, 4);
            continue;
        }
        guint64 cameras_seen = json_read_object(json);
        for (int id; (id = json_read_key(json, camera_ids, G_N_ELEMENTS(camera_ids),
                                         &cameras_seen)) >= 0;) {
            read_camera(json, camera_ids[id], archive);
        }
    }
    json_read_require(json, keys, seen, 3);
    return json_reader_finish(json, path, 1, error);
}

/* A point of PART, which stands in OUTER, in OUTER's own terms. */
static FloorPoint
out_of(const Part *part, double x, double y)
{
    double c = cos(part->turn), s = sin(part->turn);
    return (FloorPoint){ part->x + c * x - s * y, part->y + s * x + c * y };
}

static const Part *
find_part(const GArray *parts, int gondola, int shelf)
{
    for (guint i = 0; i < parts->len; i++) {
        const Part *part = &g_array_index(parts, Part, i);
        if (part->gondola == gondola && (shelf < 0 || part->shelf == shelf)) {
            return part;
        }
    }
    return NULL;
}

static Polygon
rectangle(double low_x, double low_y, double high_x, double high_y)
{
    const FloorPoint corners[4] = {
        { low_x, low_y }, { high_x, low_y }, { high_x, high_y }, { low_x, high_y }
    };
    return (Polygon){ 4, g_memdup2(corners, sizeof corners) };
}

static void
add_plates(const Archive *archive, const Part *gondola, const Part *shelf, GArray *plates,
           guint shelf_index, LayoutShelf *layout_shelf)
{
    for (guint i = 0; i < archive->plates->len; i++) {
        const Part *part = &g_array_index(archive->plates, Part, i);
        if (part->gondola != shelf->gondola || part->shelf != shelf->shelf) {
            continue;
        }
        /* Parts are placed by their corner. */
        FloorPoint in_shelf = out_of(part, part->dim_x / 2, part->dim_y / 2);
        FloorPoint in_gondola = out_of(shelf, in_shelf.x, in_shelf.y);
        FloorPoint in_world = out_of(gondola, in_gondola.x, in_gondola.y);
        LayoutPlate plate = { .id = part->plate,
                              .shelf = shelf_index,
                              .column = layout_shelf->num_plates++,
                              .center = { in_world.x, in_world.y, gondola->z + shelf->z + part->z },
                              .size = { part->dim_x, part->dim_y },
                              .yaw = gondola->turn + shelf->turn + part->turn,
                              .rated_grams = rated_grams };
        layout_shelf->height = plate.center[2];
        g_array_append_val(plates, plate);
    }
}

/* Gondolas face along their own -y: the shelves stand out on that side. */
static bool
build_shelves(const Archive *archive, StoreLayout *layout, GError **error)
{
    g_autoptr(GArray) gondolas = g_array_new(FALSE, FALSE, sizeof(LayoutGondola));
    g_autoptr(GArray) shelves = g_array_new(FALSE, FALSE, sizeof(LayoutShelf));
    g_autoptr(GArray) plates = g_array_new(FALSE, FALSE, sizeof(LayoutPlate));
    for (guint g = 0; g < archive->gondolas->len; g++) {
        const Part *part = &g_array_index(archive->gondolas, Part, g);
        LayoutGondola gondola = { .id = part->gondola, .first_shelf = shelves->len };
        double depth = 0;
        for (guint s = 0; s < archive->shelves->len; s++) {
            const Part *shelf_part = &g_array_index(archive->shelves, Part, s);
            if (shelf_part->gondola != part->gondola) {
                continue;
            }
            LayoutShelf shelf = { .id = shelf_part->shelf,
                                  .gondola = g,
                                  .first_plate = plates->len,
                                  .front = { sin(part->turn), -cos(part->turn) } };
            add_plates(archive, part, shelf_part, plates, shelves->len, &shelf);
            depth = MIN(depth, shelf_part->y);
            g_array_append_val(shelves, shelf);
            gondola.num_shelves++;
        }
        FloorPoint corners[4] = { out_of(part, 0, depth), out_of(part, part->dim_x, depth),
                                  out_of(part, part->dim_x, part->dim_y),
                                  out_of(part, 0, part->dim_y) };
        gondola.body = (Polygon){ 4, g_memdup2(corners, sizeof corners) };
        g_array_append_val(gondolas, gondola);
    }
    guint num_plates = plates->len;
    layout->num_gondolas = gondolas->len;
    layout->gondolas = (LayoutGondola *)g_array_free(g_steal_pointer(&gondolas), FALSE);
    layout->num_shelves = shelves->len;
    layout->shelves = (LayoutShelf *)g_array_free(g_steal_pointer(&shelves), FALSE);
    layout->num_plates = num_plates;
    layout->plates = (LayoutPlate *)g_array_free(g_steal_pointer(&plates), FALSE);
    if (num_plates != archive->plates->len) {
        return fail(error, APP_ERROR_INVALID, "%u plates belong to no shelf",
                    archive->plates->len - num_plates);
    }
    return true;
}

static void
build_floor(const Archive *archive, StoreLayout *layout)
{
    double left = archive->area[0] * inch, low = archive->area[1] * inch;
    double right = archive->area[2] * inch, back = -INFINITY;
    for (guint g = 0; g < layout->num_gondolas; g++) {
        for (guint i = 0; i < layout->gondolas[g].body.num_points; i++) {
            back = MAX(back, layout->gondolas[g].body.points[i].y);
        }
    }
    layout->floor = rectangle(left, low, right, back);
    layout->num_zones = 2;
    layout->zones = g_new0(LayoutZone, 2);
    layout->zones[0] = (LayoutZone){ ZONE_ENTRY, rectangle(left, low, left + 1, low + 1.5) };
    layout->zones[1] = (LayoutZone){ ZONE_EXIT, rectangle(right - 1, low, right, low + 1.2) };
}

/* Between one and three percent, the same for a SKU each time. */
static double
weight_spread(const char *sku, double grams)
{
    Prng prng = prng_new(g_str_hash(sku), "spread", 0);
    return grams * prng_range(&prng, 0.01, 0.03);
}

static LayoutProduct
make_product(const char *sku, const char *name, double grams)
{
    return (LayoutProduct){ .sku = g_strdup(sku),
                            .name = g_strdup(name),
                            .price = 100,
                            .weight_grams = grams,
                            .weight_sd_grams = weight_spread(sku, grams) };
}

static void
place(StoreLayout *layout, GArray *products, guint product_index, guint plate_index)
{
    LayoutProduct *product = &g_array_index(products, LayoutProduct, product_index);
    LayoutPlate *plate = &layout->plates[plate_index];
    for (guint i = 0; i < plate->num_products; i++) {
        if (plate->products[i] == product_index) {
            return;
        }
    }
    product->plates = g_renew(guint, product->plates, product->num_plates + 1);
    product->plates[product->num_plates++] = plate_index;
    plate->products = g_renew(guint, plate->products, plate->num_products + 1);
    plate->products[plate->num_products++] = product_index;
}

/* Whether the product had been put there, out of its place, earlier in the same case. */
static bool
was_misplaced(const ContestCase *one, guint index, guint product)
{
    const ContestEvent *pick = one->events->pdata[index];
    for (guint i = 0; i < index; i++) {
        const ContestEvent *put = one->events->pdata[i];
        bool same_shelf = put->is_put && put->gondola == pick->gondola && put->shelf == pick->shelf;
        for (guint k = 0; k < put->products->len && same_shelf; k++) {
            if (g_array_index(put->products, guint, k) == product) {
                return true;
            }
        }
    }
    return false;
}

/* When the case was recorded; the newest of all for NULL. NAN: there is no such case with events.
 */
static double
day_of(const Contest *contest, const char *case_name)
{
    double day = NAN;
    for (guint c = 0; c < contest->cases->len; c++) {
        const ContestCase *one = contest->cases->pdata[c];
        if (case_name != NULL && strcmp(one->name, case_name) != 0) {
            continue;
        }
        for (guint e = 0; e < one->events->len; e++) {
            day = fmax(day, ((const ContestEvent *)one->events->pdata[e])->t);
        }
    }
    return day;
}

/* Where the contest's shoppers took a product from, there it belonged at that time: goods had moved
 * between one month's recordings and the next. */
static void
place_by_contest(StoreLayout *layout, GArray *products, const Contest *contest, double day)
{
    for (guint c = 0; c < contest->cases->len; c++) {
        const ContestCase *one = contest->cases->pdata[c];
        if (!(fabs(day_of(contest, one->name) - day) < planogram_seconds)) {
            continue;
        }
        for (guint e = 0; e < one->events->len; e++) {
            const ContestEvent *event = one->events->pdata[e];
            for (guint i = 0; i < event->products->len; i++) {
                guint product = g_array_index(event->products, guint, i);
                bool is_home =
                    !event->is_put && !event->is_off_planogram && !was_misplaced(one, e, product);
                bool one_each =
                    event->products->len > 1 && event->products->len == event->num_plates;
                for (guint p = 0; p < event->num_plates && is_home; p++) {
                    guint plate = store_layout_find_plate(layout, event->gondola, event->shelf,
                                                          event->plates[p]);
                    if (plate != LAYOUT_NONE && (!one_each || p == i)) {
                        place(layout, products, product, plate);
                    }
                }
            }
        }
    }
}

static double
made_up_weight(const Contest *contest, Prng *prng)
{
    if (contest != NULL && contest->products->len > 0) {
        const ContestProduct *like =
            contest->products->pdata[prng_below(prng, contest->products->len)];
        double grams = like->grams + prng_range(prng, -6, 6);
        return MAX(grams, 24);
    }
    return prng_lognormal_within(prng, median_grams, spread_of_logarithm, 24, 1600);
}

static gint
compare_plate_ids(gconstpointer a, gconstpointer b, gpointer layout)
{
    const LayoutPlate *plates = ((const StoreLayout *)layout)->plates;
    return plates[*(const guint *)a].id - plates[*(const guint *)b].id;
}

/* Goods for the empty plates, one to three side by side. */
static void
fill_shelf(StoreLayout *layout, const LayoutShelf *shelf, const Contest *contest, GArray *products,
           Prng *prng)
{
    g_autoptr(GArray) order = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < shelf->num_plates; i++) {
        guint plate = shelf->first_plate + i;
        g_array_append_val(order, plate);
    }
    g_array_sort_with_data(order, compare_plate_ids, layout);
    guint room = 0;
    for (guint i = 0; i < order->len; i++) {
        guint plate = g_array_index(order, guint, i);
        if (layout->plates[plate].num_products > 0) {
            room = 0;
            continue;
        }
        if (room == 0) {
            room = 1 + prng_below(prng, 3);
            g_autofree char *sku = g_strdup_printf("sim-%04u", products->len);
            g_autofree char *name = g_strdup_printf("Made-up goods %u", products->len);
            LayoutProduct product =
                make_product(sku, name, round(10 * made_up_weight(contest, prng)) / 10);
            g_array_append_val(products, product);
        }
        place(layout, products, products->len - 1, plate);
        room--;
    }
}

static void
build_products(StoreLayout *layout, const Contest *contest, double day)
{
    g_autoptr(GArray) products = g_array_new(FALSE, FALSE, sizeof(LayoutProduct));
    for (guint i = 0; contest != NULL && i < contest->products->len; i++) {
        const ContestProduct *from = contest->products->pdata[i];
        LayoutProduct product = make_product(from->sku, from->name, from->grams);
        g_array_append_val(products, product);
    }
    if (contest != NULL) {
        place_by_contest(layout, products, contest, day);
    }
    Prng prng = prng_new(2020, "goods", 0);
    for (guint i = 0; i < layout->num_shelves; i++) {
        fill_shelf(layout, &layout->shelves[i], contest, products, &prng);
    }
    layout->num_products = products->len;
    layout->products = (LayoutProduct *)g_array_free(g_steal_pointer(&products), FALSE);
}

static bool
read_archive(const char *dir, Archive *archive, GError **error)
{
    archive->gondolas = read_parts(dir, "Gondolas.json", "gondolas", error);
    archive->shelves =
        archive->gondolas == NULL ? NULL : read_parts(dir, "Shelves.json", "shelves", error);
    archive->plates =
        archive->shelves == NULL ? NULL : read_parts(dir, "Plates.json", "plates", error);
    if (archive->plates == NULL || !read_calibration(dir, archive, error)) {
        return false;
    }
    for (guint i = 0; i < archive->plates->len; i++) {
        const Part *plate = &g_array_index(archive->plates, Part, i);
        if (find_part(archive->gondolas, plate->gondola, -1) == NULL ||
            find_part(archive->shelves, plate->gondola, plate->shelf) == NULL) {
            return fail(error, APP_ERROR_INVALID,
                        "plate %d belongs to shelf %d of gondola %d, which does not exist",
                        plate->plate, plate->shelf, plate->gondola);
        }
    }
    return true;
}

StoreLayout *
convert_nanostore(const char *dir, const Contest *contest, const char *case_name, GError **error)
{
    double day = contest == NULL ? NAN : day_of(contest, case_name);
    if (case_name != NULL && isnan(day)) {
        (void)fail(error, APP_ERROR_NOT_FOUND, "there is no labelled case \"%s\"", case_name);
        return NULL;
    }
    g_autoptr(StoreLayout) layout = g_new0(StoreLayout, 1);
    Archive archive = { .cameras = g_array_new(FALSE, FALSE, sizeof(LayoutCamera)) };
    g_array_set_clear_func(archive.cameras, camera_clear);
    bool built = read_archive(dir, &archive, error) && build_shelves(&archive, layout, error);
    if (built) {
        layout->store = g_strdup("nanostore");
        layout->currency = g_strdup("USD");
        build_floor(&archive, layout);
        build_products(layout, contest, day);
        layout->num_cameras = archive.cameras->len;
        g_array_set_clear_func(archive.cameras, NULL);
        layout->cameras = (LayoutCamera *)g_array_free(g_steal_pointer(&archive.cameras), FALSE);
    }
    g_clear_pointer(&archive.gondolas, g_array_unref);
    g_clear_pointer(&archive.shelves, g_array_unref);
    g_clear_pointer(&archive.plates, g_array_unref);
    g_clear_pointer(&archive.cameras, g_array_unref);
    return built ? g_steal_pointer(&layout) : NULL;
}
