/* The geometry of a real research store (AiFi's NanoStore, used by the CPS-IoT 2020 contest) as a
 * layout: Gondolas.json, Shelves.json, Plates.json and calibration.json of its archive. */
#pragma once

#include "store/contest.h"

/* CONTEST (or NULL) gives products and where they lay in the month of the case called CASE_NAME
 * (NULL: of the newest one); plates that it says nothing about are filled with made-up goods
 * ("sim-...") whose weights are like the real ones', so that no shelf is empty. The archive has no
 * doors and no walls: the floor is the calibrated area in front of the gondolas, with the entry at
 * its left end and the exit at its right one. */
StoreLayout *convert_nanostore(const char *dir, const Contest *contest, const char *case_name,
                               GError **error);
