// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/histogram.h"
#include "store/log_tail.h"
#include "store/mapped_file_queue.h"
#include "store/put_result.h"
#include "store/segment_allocator.h"
#include "store/store_config.h"
#include "store/store_health.h"
#include "store/zero_ahead.h"

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <span>

namespace gantry {

/// Gives out the logical offsets of one queue. Guarded by the CommitLog's append lock.
struct QueueCounter
{
    std::int64_t next = 0;
    bool isRemoved = false; ///< the queue was deleted; look it up again
};

/// The log of all messages. A record goes three steps, each a position that only grows: appended (in memory, its
/// offsets final), written (in its file: other processes see it, it survives this one), flushed (on the disk).
/// Thread-safe where a function does not say otherwise.
class CommitLog
{
public:
    struct Append
    {
        MutableByteView bytes;                ///< whole records, one after another; at most StoreConfig::appendBytesMax()
        std::span<const std::uint32_t> sizes; ///< of each record
        QueueCounter* counter = nullptr;
        bool isCounted = true; ///< false: prepared and rollback records get queue offset 0
    };
    struct Appended
    {
        PutStatus status = PutStatus::Ok;
        /// The counter's queue was removed meanwhile, or there is no room before writeOut(): nothing was appended.
        bool retryLookup = false;
        bool retryWritten = false;
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

    /// Patches queue offset, physical offset and store time into the records, copies them into memory,
    /// publishes the new tail.
    Appended append(const Append& append, LatencyHistogram& latency);
    /// Runs `change` while nothing is appended.
    template <typename Change>
    void withoutAppends(Change&& change)
    {
        const std::lock_guard guard(m_appendMutex);
        change();
    }

    /// Brings everything that is appended into the files, into the page cache that is. Any thread; waits for another one
    /// that does the same. Poisons the store on failure.
    Result<> writeOut();
    /// The same, unless another thread is at it; for those who must not wait for a disk that hangs.
    void tryWriteOut();
    /// Makes everything up to `target` durable. One thread only (the flush thread). Poisons the
    /// store on failure.
    Result<> flushTo(std::int64_t target);

    /// Behind the last appended byte.
    [[nodiscard]] std::int64_t tail() const { return m_tail.load(std::memory_order_acquire); }
    [[nodiscard]] std::int64_t writtenOffset() const { return m_written.load(std::memory_order_acquire); }
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

    /// Up to target.size() bytes of one file, never behind what is written.
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
    /// Prepares what comes next; instead of threads, in a driven store.
    bool stepAllocator() { return m_allocator.step() || m_zeros.step(); }

private:
    /// Pages are written whole, so that the system never has to read one first.
    static constexpr std::size_t kPageSize = 4096;

    Result<> roll();
    Result<> writeAppended();
    Result<> writeRange(MappedFile& file, std::int64_t begin, std::int64_t end);
    Result<> readPageHead(std::int64_t tail);
    [[nodiscard]] std::int64_t nextTimestamp();
    void afterAppend(std::int64_t end);

    const StoreConfig& m_config;
    Clock& m_clock;
    StoreHealth& m_health;
    MappedFileQueue m_segments;
    std::optional<LogTail> m_memory; // from start() on
    SegmentAllocator m_allocator;    // its thread uses the memory
    ZeroAhead m_zeros;

    std::mutex
        m_appendMutex; // guards what follows; the atomics are written under it and read anywhere
    MappedFilePtr m_active; // null until the first file could be made
    std::uint64_t m_appendCount = 0;
    std::int64_t m_clockTimestamp = 0;
    std::int64_t m_askedFor = -1; // the file the allocator was asked for
    std::atomic<std::int64_t> m_tail{0};
    std::atomic<std::int64_t> m_lastTimestamp{0};

    std::mutex m_writeMutex; // guards what follows; the atomic is written under it and read anywhere
    std::atomic<std::int64_t> m_written{0};
    std::array<std::byte, kPageSize> m_pageHead{}; // of the page that holds m_written: what is before it

    std::atomic<std::int64_t> m_flushed{0}; // written by the flush thread
    std::int64_t m_released = 0;            // flush thread
};

} // namespace gantry
