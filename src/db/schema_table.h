/* The tables of the service; schema_table.c is the data dictionary. */
#pragma once

#include "db/db.h"

extern const DbMigration schema_migrations[];
extern const gsize num_schema_migrations;
