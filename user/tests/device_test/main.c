/* Devices as a driver process sees them, and the kernel's single objects. Runs as the first process, on
 * a machine with a virtio entropy device on PCI. */
#include <swos/syscalls.h>

#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/device_test/device_test.h"

int main(int argc, char **argv)
{
    if (argc > 1)
        return driver_process(argv[1]);
    handle_t devices = start_handle_need("devices", OBJECT_DEVICE);
    handle_t root = start_handle_need("root", OBJECT_DIRECTORY);
    handle_t cell = start_handle_need("cell", OBJECT_CELL);
    test_services();
    test_counters(root);
    test_registry(devices);
    test_driver(devices);
    test_windows(devices);
    test_deaths(devices, root, cell);
    int code = test_done();
    status_t status = sys_power_off(start_handle_need("power", OBJECT_POWER));
    return status == STATUS_OK ? code : 1;
}
