/* A build without Node.js, or with -Dui=disabled, has no pages. */
#include "web/asset.h"

const WebAsset web_assets[] = { { NULL } };
