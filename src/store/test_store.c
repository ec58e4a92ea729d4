#include "store/test_store.h"

#include <string.h>

const char *const test_store_json =
    "{\"format\":1,\"store\":\"test\",\"currency\":\"CNY\",\n"
    "\"floor\":[[0,0],[6,0],[6,5],[0,5]],\n"
    "\"zones\":[{\"kind\":\"entry\",\"polygon\":[[4.6,0],[6,0],[6,1.4],[4.6,1.4]]},\n"
    " {\"kind\":\"exit\",\"polygon\":[[4.6,3.6],[6,3.6],[6,5],[4.6,5]]}],\n"
    "\"gondolas\":[\n"
    " {\"id\":1,\"body\":[[1,0],[3,0],[3,0.5],[1,0.5]],\"shelves\":[\n"
    "  {\"id\":1,\"front\":[0,1],\"plates\":[\n"
    "   {\"id\":2,\"center\":[1.6,0.25,0.5],\"size\":[0.3,0.4],\"rated_g\":20000},\n"
    "   {\"id\":1,\"center\":[1.3,0.25,0.5],\"size\":[0.3,0.4]},\n"
    "   {\"id\":3,\"center\":[1.9,0.25,0.5],\"size\":[0.3,0.4]}]},\n"
    "  {\"id\":2,\"plates\":[\n"
    "   {\"id\":1,\"center\":[1.3,0.25,1.2],\"size\":[0.3,0.4]},\n"
    "   {\"id\":2,\"center\":[1.6,0.25,1.2],\"size\":[0.3,0.4]}]}]},\n"
    " {\"id\":2,\"shelves\":[\n"
    "  {\"id\":1,\"plates\":[\n"
    "   {\"id\":1,\"center\":[1.3,4.8,0.8],\"size\":[0.3,0.4]},\n"
    "   {\"id\":2,\"center\":[1.7,4.8,0.8],\"size\":[0.3,0.4]}]}]}],\n"
    "\"products\":[{\"sku\":\"tea\",\"name\":\"Tea\",\"price\":350,\"weight_g\":540.5},\n"
    " {\"sku\":\"gum\",\"price\":200,\"weight_g\":30,\"weight_sd_g\":0.5},\n"
    " {\"sku\":\"chips\",\"name\":\"Chips\",\"price\":600,\"weight_g\":110},\n"
    " {\"sku\":\"beer\",\"price\":700,\"weight_g\":381,\"age_restricted\":true}],\n"
    "\"planogram\":[{\"sku\":\"tea\",\"plates\":[[1,1,1],[1,1,2]]},\n"
    " {\"sku\":\"gum\",\"plates\":[[1,2,1]]},{\"sku\":\"chips\",\"plates\":[[1,2,2],[2,1,1]]},\n"
    " {\"sku\":\"beer\",\"plates\":[[2,1,2],[1,1,3]]}],\n"
    "\"cameras\":[{\"id\":\"c1\",\"size\":[1280,720],\"K\":[[900,0,640],[0,900,360],[0,0,1]],\n"
    " \"R\":[[1,0,0],[0,0,-1],[0,1,0]],\"t\":[0,2.5,3]}]}\n";

StoreLayout *
test_store_layout(void)
{
    GError *error = NULL;
    StoreLayout *layout =
        store_layout_parse(test_store_json, strlen(test_store_json), "layout.json", &error);
    g_assert_no_error(error);
    return layout;
}
