/* cloudpick image-worker: the sandboxed process that image/pool.h starts to decode photos in. */
#include "cli/command.h"
#include "image/pool.h"

ExitStatus
image_worker_command(int argc, char **argv)
{
    return (ExitStatus)image_worker_main(argc, argv);
}
