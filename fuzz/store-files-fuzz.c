/* The other files of the store that come from outside; the first byte chooses. */
#include "store/contest.h"
#include "store/receipts.h"
#include "store/sim_script.h"
#include "store/test_store.h"
#include "store/truth.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static StoreLayout *layout;
    if (layout == NULL) {
        layout = test_store_layout();
    }
    if (size == 0) {
        return 0;
    }
    g_autoptr(GBytes) bytes = g_bytes_new_static(data + 1, size - 1);
    if (data[0] == 't') {
        g_autoptr(Truth) truth = truth_parse(bytes, "truth.json", NULL);
    } else if (data[0] == 'r') {
        g_autoptr(Receipts) receipts = receipts_parse(bytes, "receipts.json", NULL);
    } else if (data[0] == 's') {
        g_autoptr(SimScript) script = sim_script_parse(bytes, "script.json", layout, NULL);
    } else if (data[0] == 'c') {
        g_autoptr(Contest) contest = contest_parse(bytes, "ground-truth.json", NULL);
        for (guint i = 0; contest != NULL && i < contest->cases->len; i++) {
            g_autoptr(SimScript) script =
                contest_script(contest, contest->cases->pdata[i], layout, NULL);
        }
    }
    return 0;
}
