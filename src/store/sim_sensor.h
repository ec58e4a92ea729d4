/* The weight plates of a simulated store, sample by sample. The model and how it was fitted to real
 * signals: docs/simulator.md. */
#pragma once

#include "store/prng.h"
#include "store/store_layout.h"

typedef struct {
    double spikes_per_hour; /* of a plate */
    double dead_share;      /* of the plates give nothing, or always the same */
    double lost_share;      /* of the batches */
    double skew_seconds;    /* clocks of the gondolas are off by up to this */
    double drift_grams;     /* a plate's random walk, in one second */
} SimSensorFaults;

typedef struct SimSensor SimSensor;

SimSensor *sim_sensor_new(const StoreLayout *layout, guint64 seed, const SimSensorFaults *faults);
void sim_sensor_free(SimSensor *sensor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimSensor, sim_sensor_free)

/* The load before anything happens. */
void sim_sensor_set_load(SimSensor *sensor, guint plate, double grams);

/* The load changes for good at T, with the ring-down of a pick or the overshoot of a put-back. */
void sim_sensor_change(SimSensor *sensor, guint plate, double t, double grams);
/* GRAMS are pressed, or lifted when negative, from T for SECONDS, not quite steadily. */
void sim_sensor_press(SimSensor *sensor, guint plate, double t, double seconds, double grams);
/* The whole gondola shakes from T for SECONDS with up to GRAMS on a shelf's sum. */
void sim_sensor_shake(SimSensor *sensor, guint gondola, double t, double seconds, double grams);
/* How many people stand at a gondola: they shake it without taking anything. */
void sim_sensor_set_people(SimSensor *sensor, guint gondola, guint count);

/* NUM_ROWS rows of a shelf from T in steps of 1/HZ, into GRAMS. Shelves in turn, time forward.
 * False: this batch is lost. RET_T is the time stamp that the shelf's own clock gives it. */
bool sim_sensor_sample(SimSensor *sensor, guint shelf, double t, double hz, guint num_rows,
                       float *grams, double *ret_t);
