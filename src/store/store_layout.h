/* What a store is made of: floor, gondolas, shelves, plates, products, planogram, cameras
 * (layout.json, docs/store-files.md). Read once, then const; everything refers to everything else
 * by index into the flat arrays, and the ids of the file are kept beside. */
#pragma once

#include "store/polygon.h"

/* No index. */
#define LAYOUT_NONE G_MAXUINT

typedef struct {
    int id;
    guint shelf;      /* index */
    guint column;     /* its place in the shelf's rows of weights */
    double center[3]; /* the middle of the upper surface */
    double size[2];   /* along its own axes */
    double yaw;
    double rated_grams; /* 0: unknown */
    guint num_products; /* that the planogram puts on it */
    guint *products;    /* indices */
} LayoutPlate;

typedef struct {
    int id;
    guint gondola;
    guint first_plate, num_plates; /* a run of layout->plates */
    FloorPoint front; /* unit vector towards the shopper; derived where the file has none */
    double height;    /* mean z of the plates */
} LayoutShelf;

typedef struct {
    int id;
    guint first_shelf, num_shelves;
    Polygon body; /* footprint; the plates' bounding box where the file has none */
    bool body_is_derived;
} LayoutGondola;

typedef struct {
    char *sku;
    char *name; /* the sku where the file has none */
    gint64 price;
    double weight_grams;    /* the master weight: it may be wrong */
    double weight_sd_grams; /* from item to item */
    bool age_restricted;
    guint num_plates; /* where the planogram puts it; 0: nowhere */
    guint *plates;
} LayoutProduct;

typedef enum { ZONE_ENTRY, ZONE_EXIT } ZoneKind;

typedef struct {
    ZoneKind kind;
    Polygon polygon;
} LayoutZone;

/* OpenCV's model: x_image = K distort(R x + t). */
typedef struct {
    char *id;
    guint width, height;
    double k[3][3], r[3][3], t[3], dist[5];
} LayoutCamera;

typedef struct {
    char *store;
    char *currency;
    Polygon floor;
    guint num_zones;
    LayoutZone *zones;
    guint num_gondolas;
    LayoutGondola *gondolas;
    guint num_shelves;
    LayoutShelf *shelves;
    guint num_plates;
    LayoutPlate *plates; /* shelf by shelf, in the file's order */
    guint num_products;
    LayoutProduct *products;
    guint num_cameras;
    LayoutCamera *cameras;
} StoreLayout;

/* Reads a layout.json. What is missing, of the wrong kind, twice the same id, or refers to a plate
 * or product that is not there is INVALID, with file and line. */
StoreLayout *store_layout_read(const char *path, GError **error);
/* The same from memory; NAME stands for the file in errors. */
StoreLayout *store_layout_parse(const char *text, gsize size, const char *name, GError **error);
void store_layout_free(StoreLayout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreLayout, store_layout_free)

/* Writes what store_layout_read reads; the file appears whole. */
bool store_layout_write(const StoreLayout *layout, const char *path, GError **error);

/* Index, or LAYOUT_NONE. */
guint store_layout_find_shelf(const StoreLayout *layout, int gondola_id, int shelf_id);
guint store_layout_find_plate(const StoreLayout *layout, int gondola_id, int shelf_id,
                              int plate_id);
guint store_layout_find_product(const StoreLayout *layout, const char *sku);

/* Whether one can stand there: inside the floor, outside every gondola. */
bool store_layout_is_free(const StoreLayout *layout, FloorPoint point);
/* Whether the point lies in a zone of that kind. */
bool store_layout_in_zone(const StoreLayout *layout, ZoneKind kind, FloorPoint point);
