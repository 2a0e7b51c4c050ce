// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/log_tail.h"
#include "store/mapped_file_queue.h"
#include "store/store_health.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace gantry {

/// Makes the CommitLog's next file before it is needed and touches the memory that appending is about to use, on a
/// thread of its own, so that appending meets neither a system call nor a page fault.
class SegmentAllocator
{
public:
    /// `isDriven`: no thread, step() instead.
    SegmentAllocator(MappedFileQueue& segments, StoreHealth& health, bool isDriven);
    ~SegmentAllocator();
    SegmentAllocator(const SegmentAllocator&) = delete;
    SegmentAllocator& operator=(const SegmentAllocator&) = delete;

    /// The memory must live until stop(); it was started at the tail.
    void start(LogTail& memory, std::int64_t tail);
    /// Joins the thread and deletes a file that was made but never used.
    void stop();
    /// Makes the file that was asked for, if one was; on the calling thread.
    bool step();

    /// Asks for the file at this offset. Cheap when it is already asked for.
    void request(std::int64_t fromOffset);
    /// The file at this offset; waits for it up to `timeout`. An error (e.g. DiskFull) is given
    /// once and immediately, the next call tries again.
    Result<MappedFilePtr> take(std::int64_t fromOffset, std::chrono::milliseconds timeout);

    /// Tells where appends are; may be called for every one.
    void noteTail(std::int64_t tail);
    /// True when noteTail() is worth calling.
    [[nodiscard]] bool wantsTail(std::int64_t tail) const
    {
        return tail >= m_populateAt.load(std::memory_order_relaxed);
    }

private:
    void run();
    void createWanted(std::unique_lock<std::mutex>& lock);
    void populateAhead(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] std::int64_t nextNote(std::int64_t populatedTo) const;

    MappedFileQueue& m_segments;
    StoreHealth& m_health;
    const bool m_isDriven;
    LogTail* m_memory = nullptr;
    std::atomic<std::int64_t> m_populateAt; // tail from which the writer tells again

    std::mutex m_mutex; // guards what follows
    std::condition_variable m_changed;
    std::optional<std::int64_t> m_wanted;
    MappedFilePtr m_ready;
    std::optional<Error> m_error;
    std::optional<std::int64_t> m_tail; // told and not yet looked at
    bool m_stop = false;
    std::thread m_thread;
};

} // namespace gantry
