// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/histogram.h"
#include "store/mapped_file_queue.h"
#include "store/put_result.h"
#include "store/segment_allocator.h"
#include "store/store_config.h"
#include "store/store_health.h"

#include <atomic>
#include <mutex>
#include <span>

namespace gantry {

/// Gives out the logical offsets of one queue. Guarded by the CommitLog's append lock.
struct QueueCounter
{
    std::int64_t next = 0;
    bool isRemoved = false; ///< the queue was deleted; look it up again
};

/// The log of all messages: appending under one short lock, reading by offset, making durable.
/// Thread-safe where a function does not say otherwise.
class CommitLog
{
public:
    struct Append
    {
        MutableByteView bytes;                ///< whole records, one after another
        std::span<const std::uint32_t> sizes; ///< of each record
        QueueCounter* counter = nullptr;
        bool isCounted = true; ///< false: prepared and rollback records get queue offset 0
    };
    struct Appended
    {
        PutStatus status = PutStatus::Ok;
        bool retryLookup =
            false; ///< the counter's queue was removed meanwhile; nothing was appended
        std::string reason;
        std::int64_t offset = 0;
        std::int64_t end = 0;
        std::int64_t queueOffset = 0;
        std::int64_t storeTimestampMs = 0;
    };

    CommitLog(const StoreConfig& config, FileSystem& files, FileCache& cache, Clock& clock,
              StoreHealth& health, bool isDriven);

    [[nodiscard]] MappedFileQueue& segments() { return m_segments; }
    [[nodiscard]] const MappedFileQueue& segments() const { return m_segments; }

    /// Begins appending at `tail`, which recovery found. Starts the allocator. Not thread-safe.
    Result<> start(std::int64_t tail, std::int64_t lastStoreTimestampMs);
    /// Stops the allocator and closes the files; no append or flush may be under way.
    void stop();

    /// Patches queue offset, physical offset and store time into the records, copies them,
    /// publishes the new tail.
    Appended append(const Append& append, LatencyHistogram& latency);
    /// Runs `change` while nothing is appended.
    template <typename Change>
    void withoutAppends(Change&& change)
    {
        const std::lock_guard guard(m_appendMutex);
        change();
    }

    /// Makes everything up to `target` durable. One thread only (the flush thread). Poisons the
    /// store on failure.
    Result<> flushTo(std::int64_t target);

    /// Behind the last written byte.
    [[nodiscard]] std::int64_t tail() const { return m_tail.load(std::memory_order_acquire); }
    [[nodiscard]] std::int64_t flushedOffset() const
    {
        return m_flushed.load(std::memory_order_acquire);
    }
    [[nodiscard]] std::int64_t minOffset() const { return m_segments.minOffset(); }
    /// Of some record that lies before any tail() read afterwards.
    [[nodiscard]] std::int64_t lastStoreTimestampMs() const
    {
        return m_lastTimestamp.load(std::memory_order_acquire);
    }

    /// Up to target.size() bytes of one file, never behind the tail.
    Result<std::size_t> readAt(std::int64_t offset, MutableByteView target,
                               ReadWait wait = ReadWait::Allowed) const;
    /// One whole record, looked at; NotFound when there is none, Corruption when it is damaged.
    Result<std::string> record(std::int64_t offset, std::int32_t sizeHint) const;
    /// Only the store time; -1 when there is no record.
    [[nodiscard]] std::int64_t storeTimestampAt(std::int64_t offset) const;
    /// Of the first record that is still there, -1 if none.
    [[nodiscard]] std::int64_t earliestStoreTimestampMs() const;

    /// Tries to get a file to write to, after the disk was full.
    void retryAllocation();
    /// Prepares what was asked for; instead of the allocator's thread, in a driven store.
    bool stepAllocator() { return m_allocator.step(); }

private:
    Result<> roll();
    [[nodiscard]] std::int64_t nextTimestamp();
    void afterAppend(std::int64_t end);

    const StoreConfig& m_config;
    Clock& m_clock;
    StoreHealth& m_health;
    MappedFileQueue m_segments;
    SegmentAllocator m_allocator;

    std::mutex
        m_appendMutex; // guards what follows; the atomics are written under it and read anywhere
    MappedFilePtr m_active; // null until the first file could be made
    std::int64_t m_clockTimestamp = 0;
    std::int64_t m_askedFor = -1; // the file the allocator was asked for
    std::atomic<std::int64_t> m_tail{0};
    std::atomic<std::int64_t> m_lastTimestamp{0};

    std::atomic<std::int64_t> m_flushed{0}; // written by the flush thread
    std::int64_t m_released = 0;            // flush thread
};

} // namespace gantry
