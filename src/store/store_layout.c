#include "store/store_layout.h"

#include <math.h>
#include <string.h>

static void
polygon_clear(Polygon *polygon)
{
    g_clear_pointer(&polygon->points, g_free);
}

void
store_layout_free(StoreLayout *layout)
{
    if (layout == NULL) {
        return;
    }
    g_free(layout->store);
    g_free(layout->currency);
    polygon_clear(&layout->floor);
    for (guint i = 0; i < layout->num_zones; i++) {
        polygon_clear(&layout->zones[i].polygon);
    }
    g_free(layout->zones);
    for (guint i = 0; i < layout->num_gondolas; i++) {
        polygon_clear(&layout->gondolas[i].body);
    }
    g_free(layout->gondolas);
    g_free(layout->shelves);
    for (guint i = 0; i < layout->num_plates; i++) {
        g_free(layout->plates[i].products);
    }
    g_free(layout->plates);
    for (guint i = 0; i < layout->num_products; i++) {
        g_free(layout->products[i].sku);
        g_free(layout->products[i].name);
        g_free(layout->products[i].plates);
    }
    g_free(layout->products);
    for (guint i = 0; i < layout->num_cameras; i++) {
        g_free(layout->cameras[i].id);
    }
    g_free(layout->cameras);
    g_free(layout);
}

guint
store_layout_find_shelf(const StoreLayout *layout, int gondola_id, int shelf_id)
{
    for (guint g = 0; g < layout->num_gondolas; g++) {
        const LayoutGondola *gondola = &layout->gondolas[g];
        if (gondola->id != gondola_id) {
            continue;
        }
        for (guint i = 0; i < gondola->num_shelves; i++) {
            if (layout->shelves[gondola->first_shelf + i].id == shelf_id) {
                return gondola->first_shelf + i;
            }
        }
    }
    return LAYOUT_NONE;
}

guint
store_layout_find_plate(const StoreLayout *layout, int gondola_id, int shelf_id, int plate_id)
{
    guint shelf_index = store_layout_find_shelf(layout, gondola_id, shelf_id);
    if (shelf_index == LAYOUT_NONE) {
        return LAYOUT_NONE;
    }
    const LayoutShelf *shelf = &layout->shelves[shelf_index];
    for (guint i = 0; i < shelf->num_plates; i++) {
        if (layout->plates[shelf->first_plate + i].id == plate_id) {
            return shelf->first_plate + i;
        }
    }
    return LAYOUT_NONE;
}

guint
store_layout_find_product(const StoreLayout *layout, const char *sku)
{
    for (guint i = 0; i < layout->num_products; i++) {
        if (strcmp(layout->products[i].sku, sku) == 0) {
            return i;
        }
    }
    return LAYOUT_NONE;
}

bool
store_layout_is_free(const StoreLayout *layout, FloorPoint point)
{
    if (!polygon_contains(&layout->floor, point)) {
        return false;
    }
    for (guint i = 0; i < layout->num_gondolas; i++) {
        if (polygon_contains(&layout->gondolas[i].body, point)) {
            return false;
        }
    }
    return true;
}

bool
store_layout_in_zone(const StoreLayout *layout, ZoneKind kind, FloorPoint point)
{
    for (guint i = 0; i < layout->num_zones; i++) {
        if (layout->zones[i].kind == kind && polygon_contains(&layout->zones[i].polygon, point)) {
            return true;
        }
    }
    return false;
}
