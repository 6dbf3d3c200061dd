// Calls of areas that have not landed: they answer NOT_SUPPORTED. Goes when the last one is here.
    .text
    .weak syscall_device_list
syscall_device_list:
    .weak syscall_boot_arguments
syscall_boot_arguments:
    .weak syscall_cell_create
syscall_cell_create:
    .weak syscall_cell_destroy
syscall_cell_destroy:
    .weak syscall_cell_info
syscall_cell_info:
    .weak syscall_clock_set
syscall_clock_set:
    .weak syscall_clock_wall
syscall_clock_wall:
    .weak syscall_device_config
syscall_device_config:
    .weak syscall_device_dma
syscall_device_dma:
    .weak syscall_device_enable
syscall_device_enable:
    .weak syscall_device_irq
syscall_device_irq:
    .weak syscall_device_mmio
syscall_device_mmio:
    .weak syscall_device_open
syscall_device_open:
    .weak syscall_device_reset
syscall_device_reset:
    .weak syscall_dma_addresses
syscall_dma_addresses:
    .weak syscall_entropy_read
syscall_entropy_read:
    .weak syscall_irq_ack
syscall_irq_ack:
    .weak syscall_listener_accept
syscall_listener_accept:
    .weak syscall_listener_create
syscall_listener_create:
    .weak syscall_listener_info
syscall_listener_info:
    .weak syscall_listener_post
syscall_listener_post:
    .weak syscall_log_read
syscall_log_read:
    .weak syscall_pool_create
syscall_pool_create:
    .weak syscall_pool_give
syscall_pool_give:
    .weak syscall_pool_take
syscall_pool_take:
    .weak syscall_power_off
syscall_power_off:
    .weak syscall_power_reset
syscall_power_reset:
    .weak syscall_stream_batch
syscall_stream_batch:
    .weak syscall_stream_create
syscall_stream_create:
    .weak syscall_stream_create_net
syscall_stream_create_net:
    .weak syscall_stream_info
syscall_stream_info:
    .weak syscall_stream_read
syscall_stream_read:
    .weak syscall_stream_shutdown
syscall_stream_shutdown:
    .weak syscall_stream_splice
syscall_stream_splice:
    .weak syscall_stream_write
syscall_stream_write:
    .weak syscall_system_cells
syscall_system_cells:
    .weak syscall_system_drop_cache
syscall_system_drop_cache:
    .weak syscall_system_memory
syscall_system_memory:
    .weak syscall_system_processes
syscall_system_processes:
    .weak syscall_trace_control
syscall_trace_control:
    .weak syscall_trace_counters
syscall_trace_counters:
    .weak syscall_trace_read
syscall_trace_read:
    .weak syscall_tty_read
syscall_tty_read:
    .weak syscall_tty_write
syscall_tty_write:
    mov     w0, #22
    ret
    .weak kernel_services_init
kernel_services_init:
    .weak service_object
service_object:
    .weak mmio_vmo
mmio_vmo:
    mov     x0, #0
    ret
    .weak vfs_time_ns
vfs_time_ns:
    mov     x0, #0
    ret
