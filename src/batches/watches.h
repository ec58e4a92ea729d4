/* Inside the room only: all watches of this process (watch.h). */
#pragma once

#include "batches/batches.h"

typedef struct Watches Watches;

Watches *watches_new(Batches *batches);
void watches_free(Watches *watches);
/* Somebody in this process changed the batch. */
void watches_notify(Watches *watches, const Id *batch);
