/* StoreLayout -> layout.json. */
#include "base/file.h"
#include "base/json_writer.h"
#include "store/store_layout.h"

static void
write_numbers(JsonWriter *json, const char *name, const double *values, guint count, int decimals)
{
    json_begin_array(json, name);
    for (guint i = 0; i < count; i++) {
        json_double(json, NULL, values[i], decimals);
    }
    json_end_array(json);
}

static void
write_polygon(JsonWriter *json, const char *name, const Polygon *polygon)
{
    json_begin_array(json, name);
    for (guint i = 0; i < polygon->num_points; i++) {
        write_numbers(json, NULL, (double[]){ polygon->points[i].x, polygon->points[i].y }, 2, 4);
    }
    json_end_array(json);
}

static void
write_shelf(JsonWriter *json, const StoreLayout *layout, const LayoutShelf *shelf)
{
    json_begin_object(json, NULL);
    json_int(json, "id", shelf->id);
    write_numbers(json, "front", (double[]){ shelf->front.x, shelf->front.y }, 2, 6);
    json_begin_array(json, "plates");
    for (guint i = 0; i < shelf->num_plates; i++) {
        const LayoutPlate *plate = &layout->plates[shelf->first_plate + i];
        json_begin_object(json, NULL);
        json_int(json, "id", plate->id);
        write_numbers(json, "center", plate->center, 3, 4);
        write_numbers(json, "size", plate->size, 2, 4);
        if (plate->yaw != 0) {
            json_double(json, "yaw", plate->yaw, 6);
        }
        if (plate->rated_grams > 0) {
            json_double(json, "rated_g", plate->rated_grams, 0);
        }
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static void
write_gondolas(JsonWriter *json, const StoreLayout *layout)
{
    json_begin_array(json, "gondolas");
    for (guint g = 0; g < layout->num_gondolas; g++) {
        const LayoutGondola *gondola = &layout->gondolas[g];
        json_begin_object(json, NULL);
        json_int(json, "id", gondola->id);
        if (!gondola->body_is_derived) {
            write_polygon(json, "body", &gondola->body);
        }
        json_begin_array(json, "shelves");
        for (guint s = 0; s < gondola->num_shelves; s++) {
            write_shelf(json, layout, &layout->shelves[gondola->first_shelf + s]);
        }
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
}

static void
write_products(JsonWriter *json, const StoreLayout *layout)
{
    json_begin_array(json, "products");
    for (guint i = 0; i < layout->num_products; i++) {
        const LayoutProduct *product = &layout->products[i];
        json_begin_object(json, NULL);
        json_string(json, "sku", product->sku);
        json_string(json, "name", product->name);
        json_int(json, "price", product->price);
        json_double(json, "weight_g", product->weight_grams, 2);
        json_double(json, "weight_sd_g", product->weight_sd_grams, 2);
        json_bool(json, "age_restricted", product->age_restricted);
        json_end_object(json);
    }
    json_end_array(json);
    json_begin_array(json, "planogram");
    for (guint i = 0; i < layout->num_products; i++) {
        const LayoutProduct *product = &layout->products[i];
        if (product->num_plates == 0) {
            continue;
        }
        json_begin_object(json, NULL);
        json_string(json, "sku", product->sku);
        json_begin_array(json, "plates");
        for (guint p = 0; p < product->num_plates; p++) {
            const LayoutPlate *plate = &layout->plates[product->plates[p]];
            const LayoutShelf *shelf = &layout->shelves[plate->shelf];
            json_begin_array(json, NULL);
            json_int(json, NULL, layout->gondolas[shelf->gondola].id);
            json_int(json, NULL, shelf->id);
            json_int(json, NULL, plate->id);
            json_end_array(json);
        }
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
}

static void
write_cameras(JsonWriter *json, const StoreLayout *layout)
{
    json_begin_array(json, "cameras");
    for (guint i = 0; i < layout->num_cameras; i++) {
        const LayoutCamera *camera = &layout->cameras[i];
        json_begin_object(json, NULL);
        json_string(json, "id", camera->id);
        write_numbers(json, "size", (double[]){ camera->width, camera->height }, 2, 0);
        json_begin_array(json, "K");
        for (int row = 0; row < 3; row++) {
            write_numbers(json, NULL, camera->k[row], 3, 6);
        }
        json_end_array(json);
        json_begin_array(json, "R");
        for (int row = 0; row < 3; row++) {
            write_numbers(json, NULL, camera->r[row], 3, 9);
        }
        json_end_array(json);
        write_numbers(json, "t", camera->t, 3, 6);
        write_numbers(json, "dist", camera->dist, 5, 9);
        json_end_object(json);
    }
    json_end_array(json);
}

bool
store_layout_write(const StoreLayout *layout, const char *path, GError **error)
{
    g_autoptr(JsonWriter) json = json_writer_new(false);
    json_begin_object(json, NULL);
    json_int(json, "format", 1);
    json_string(json, "store", layout->store);
    json_string(json, "currency", layout->currency);
    write_polygon(json, "floor", &layout->floor);
    json_begin_array(json, "zones");
    for (guint i = 0; i < layout->num_zones; i++) {
        json_begin_object(json, NULL);
        json_string(json, "kind", layout->zones[i].kind == ZONE_ENTRY ? "entry" : "exit");
        write_polygon(json, "polygon", &layout->zones[i].polygon);
        json_end_object(json);
    }
    json_end_array(json);
    write_gondolas(json, layout);
    write_products(json, layout);
    write_cameras(json, layout);
    json_end_object(json);
    const GString *text = json_writer_text(json);
    return file_write_whole(path, text->str, text->len, error);
}
