/* Where cameras stand and how they see, and from there to places on the floor.
 *
 * The file is JSON with a member "cameras", so that a store's layout.json serves as it is:
 *
 *     {"cameras":[{"id":"c1","size":[w,h],"K":[[..],[..],[..]],"R":[[..],[..],[..]],"t":[..],
 *                  "dist":[k1,k2,p1,p2,k3]}]}
 *
 * K in pixels; R and t take the world (metres, z up, the floor at 0) to the camera, as OpenCV's do:
 * x right, y down, z ahead. "size" and "dist" may be absent. */
#pragma once

#include "track/motion.h"

#define CALIBRATION_MAX_CAMERAS 256

typedef struct Camera Camera;
typedef struct Calibration Calibration;

/* Errors name the file, the line and the camera. */
Calibration *calibration_read(const char *path, GError **error);
Calibration *calibration_parse(const char *name, const char *text, gsize size, GError **error);
void calibration_free(Calibration *calibration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Calibration, calibration_free)

/* NULL when there is no camera of that name. Belongs to the calibration. */
const Camera *calibration_find(const Calibration *calibration, const char *id);

/* A place on the floor and how certain it is. */
typedef struct {
    double x, y;       /* metres */
    double xx, xy, yy; /* covariance, square metres */
} FloorPlace;

/* Both together: the mean, weighted by certainty. */
FloorPlace floor_place_fuse(const FloorPlace *a, const FloorPlace *b);

/* Where a person stands who fills BOX. The feet tell where they are seen, the head does where a
 * shelf hides them. False when the box tells nothing (all of it above the horizon). */
bool camera_place(const Camera *camera, const Box *box, FloorPlace *ret_place);

/* The pixel at which the camera sees a point of the world; false when it lies behind. */
bool camera_project(const Camera *camera, double x, double y, double z, double *ret_u,
                    double *ret_v);

/* The point at height Z that the camera sees at a pixel; false when the view goes above it or
 * farther than a store can be (1 km). */
bool camera_unproject(const Camera *camera, double u, double v, double z, double *ret_x,
                      double *ret_y);
