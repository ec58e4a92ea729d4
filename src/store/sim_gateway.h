/* A gateway that reports a shelf only once its weights have settled, at most so often: what stands
 * between the plates and the network in many stores. */
#pragma once

#include "store/recording.h"

typedef struct SimGateway SimGateway;

SimGateway *sim_gateway_new(const StoreLayout *layout, double hz);
void sim_gateway_free(SimGateway *gateway);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimGateway, sim_gateway_free)

/* Takes the next raw batch of a shelf. True when there is something to report: BATCH is then one
 * row of whole grams, valid until the next call. A shelf that does not come to rest is reported as
 * it is three seconds after it changed. */
bool sim_gateway_settle(SimGateway *gateway, WeightBatch *batch);
