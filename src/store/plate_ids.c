#include "store/plate_ids.h"

GArray *
plate_ids_read(JsonReader *json, guint max_count)
{
    GArray *plates = g_array_new(FALSE, FALSE, sizeof(int[3]));
    json_read_array(json);
    while (json_read_element(json)) {
        int ids[3] = { 0 };
        guint found = 0;
        json_read_array(json);
        while (json_read_element(json)) {
            int id = (int)json_read_int(json, 0, G_MAXINT32);
            if (found < 3) {
                ids[found] = id;
            }
            found++;
        }
        if (found != 3) {
            json_read_wrong(json, "a plate is three ids (gondola, shelf, plate), not %u", found);
        }
        if (plates->len >= max_count) {
            json_read_wrong(json, "more than %u plates", max_count);
        }
        g_array_append_val(plates, ids);
    }
    return plates;
}

void
plate_ids_write(JsonWriter *json, const char *name, const int (*plates)[3], guint count)
{
    json_begin_array(json, name);
    for (guint i = 0; i < count; i++) {
        json_begin_array(json, NULL);
        for (int k = 0; k < 3; k++) {
            json_int(json, NULL, plates[i][k]);
        }
        json_end_array(json);
    }
    json_end_array(json);
}
