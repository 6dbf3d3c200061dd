/* The bytes of recording.h. */
#include "lib/trace/recording.h"

#include "lib/base/assert.h"

status_t recording_request_read(const uint8_t bytes[RECORDING_REQUEST_SIZE],
                                struct recording_request *out_request)
{
    struct reader reader = reader_of(bytes, RECORDING_REQUEST_SIZE);
    uint64_t magic = reader_le64(&reader);
    struct recording_request request;
    request.mask = reader_le64(&reader);
    request.duration_ms = reader_le32(&reader);
    request.records_max = reader_le32(&reader);
    if (magic != RECORDING_REQUEST_MAGIC || request.mask >= TRACE_BIT(TRACE_KINDS))
        return STATUS_INVALID;
    *out_request = request;
    return STATUS_OK;
}

void recording_request_write(uint8_t bytes[RECORDING_REQUEST_SIZE],
                             const struct recording_request *request)
{
    struct writer writer = writer_of(bytes, RECORDING_REQUEST_SIZE);
    writer_le64(&writer, RECORDING_REQUEST_MAGIC);
    writer_le64(&writer, request->mask);
    writer_le32(&writer, request->duration_ms);
    writer_le32(&writer, request->records_max);
    ASSERT(!writer.overrun);
}

void recording_header_write(struct writer *writer, const struct recording_header *header)
{
    writer_le64(writer, RECORDING_MAGIC);
    writer_le64(writer, header->ticks_hz);
    writer_le64(writer, header->begin_ticks);
    writer_le64(writer, header->end_ticks);
    writer_le64(writer, header->lost);
    writer_le32(writer, header->cpu_count);
    writer_le32(writer, header->process_count);
    writer_le32(writer, header->record_count);
    writer_le32(writer, header->flags);
}

void recording_process_write(struct writer *writer, const struct recording_process *process)
{
    writer_le64(writer, process->id);
    writer_bytes(writer, process->name, sizeof process->name);
    writer_bytes(writer, process->cell, sizeof process->cell);
}

static bool header_is_sane(const struct recording_header *header)
{
    return header->ticks_hz >= 1000 && header->ticks_hz <= 100000000000ull &&
           header->begin_ticks <= header->end_ticks && header->cpu_count >= 1 &&
           header->cpu_count <= RECORDING_CPUS_MAX &&
           header->process_count <= RECORDING_PROCESSES_MAX;
}

status_t recording_open(const void *bytes, size_t len, struct recording *out_recording)
{
    struct reader reader = reader_of(bytes, len);
    struct recording recording;
    uint64_t magic = reader_le64(&reader);
    recording.header.ticks_hz = reader_le64(&reader);
    recording.header.begin_ticks = reader_le64(&reader);
    recording.header.end_ticks = reader_le64(&reader);
    recording.header.lost = reader_le64(&reader);
    recording.header.cpu_count = reader_le32(&reader);
    recording.header.process_count = reader_le32(&reader);
    recording.header.record_count = reader_le32(&reader);
    recording.header.flags = reader_le32(&reader);
    if (reader.overrun || magic != RECORDING_MAGIC)
        return STATUS_INVALID;
    if (!header_is_sane(&recording.header))
        return STATUS_CORRUPT;
    recording.processes =
        reader_take(&reader, (size_t)recording.header.process_count * RECORDING_PROCESS_SIZE);
    recording.records =
        reader_take(&reader, (size_t)recording.header.record_count * RECORDING_RECORD_SIZE);
    if (reader.overrun || reader_left(&reader) != 0)
        return STATUS_CORRUPT;
    *out_recording = recording;
    return STATUS_OK;
}

struct recording_process recording_process_at(const struct recording *recording, uint32_t index)
{
    ASSERT(index < recording->header.process_count);
    struct recording_process process;
    struct reader reader = reader_of(recording->processes + (size_t)index * RECORDING_PROCESS_SIZE,
                                     RECORDING_PROCESS_SIZE);
    process.id = reader_le64(&reader);
    memcpy(process.name, reader_take(&reader, sizeof process.name), sizeof process.name);
    memcpy(process.cell, reader_take(&reader, sizeof process.cell), sizeof process.cell);
    process.name[sizeof process.name - 1] = 0;
    process.cell[sizeof process.cell - 1] = 0;
    return process;
}

struct trace_record recording_record_at(const struct recording *recording, uint32_t index)
{
    ASSERT(index < recording->header.record_count);
    struct trace_record record;
    struct reader reader = reader_of(recording->records + (size_t)index * RECORDING_RECORD_SIZE,
                                     RECORDING_RECORD_SIZE);
    record.ticks = reader_le64(&reader);
    record.kind = reader_le16(&reader);
    record.cpu = reader_le16(&reader);
    record.thread = reader_le32(&reader);
    record.a = reader_le64(&reader);
    record.b = reader_le64(&reader);
    return record;
}
