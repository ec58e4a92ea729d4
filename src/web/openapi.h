/* The description of the API (OpenAPI 3.1.0), made of route_table.c and schema_table.c. */
#pragma once

#include <glib.h>

GBytes *openapi_document(void);
