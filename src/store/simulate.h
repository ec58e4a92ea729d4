/* A simulated store: plays a script, or random shopping, and writes what the sensors of a real
 * store would have recorded, with the truth beside it. It exists to test and to size; how well the
 * engine does on it says nothing certain about a real store (docs/simulator.md).
 *
 * The same layout, script, options and seed give the same bytes. */
#pragma once

#include "store/sim_script.h"

typedef enum {
    SIM_FAULT_DEAD_PLATE,
    SIM_FAULT_SPIKES,
    SIM_FAULT_LOST_BATCHES,
    SIM_FAULT_CLOCK_SKEW,
    SIM_FAULT_DRIFT,
    SIM_FAULT_TRACK_SWAPS,
    SIM_FAULT_TRACK_BREAKS,
    SIM_FAULT_OCCLUSION,
    SIM_FAULT_WRONG_WEIGHT,
    SIM_NUM_FAULTS,
} SimFault;

typedef struct {
    guint64 seed;
    double start_t;          /* store's clock at the script's second 0 */
    guint faults;            /* bits by SimFault */
    double hz;               /* of the weights: 60; 1 or less for a gateway of settled weights */
    const SimScript *script; /* NULL: random shopping, with the two below */
    guint num_shoppers;      /* at once */
    double minutes;          /* that the door is open */
} SimOptions;

/* Sets the bits for a comma-separated list of names ("dead-plate,spikes"). INVALID names the known.
 */
bool sim_faults_parse(const char *names, guint *ret_faults, GError **error);

typedef struct {
    double seconds; /* of store time */
    guint num_people;
    guint num_events; /* in the truth */
    guint num_receipts;
    guint num_skipped; /* acts that could not be played */
} SimResult;

/* Writes the recording into DIR, which is made, and the truth to TRUTH_PATH. */
bool simulate(const StoreLayout *layout, const SimOptions *options, const char *dir,
              const char *truth_path, SimResult *ret_result, GError **error);
