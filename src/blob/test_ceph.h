/* For tests: an S3 server that verifies signatures (scripts/private-ceph): the one that
 * CLOUDPICK_CEPH names, or one for this process, started by the first test that wants it and gone
 * with the process. */
#pragma once

#include "blob/s3.h"

/* Settings for a new, empty bucket. False, and the test is skipped, where Ceph is not installed. */
bool test_ceph_bucket(S3Settings *ret_settings);
