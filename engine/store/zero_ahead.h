// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/mapped_file_queue.h"
#include "store/store_health.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace gantry {

/// Writes zeros to the disk ahead of the log, under sync flush, on a thread of its own. Blocks that are only reserved
/// are marked as unwritten, and the sync after their first write has to put the mark's end into the file system's
/// journal: more than the write itself when a few messages are synced at a time. Blocks that were written before cost
/// only their bytes. Syncs of many bytes gain nothing and would share the disk with the zeros, so they are left alone.
/// All offsets are bytes of the log.
class ZeroAhead
{
public:
    /// `window`: so far ahead, in bytes; 0 switches it off. `isDriven`: no thread, step() instead.
    ZeroAhead(const MappedFileQueue& segments, const StoreHealth& health, std::int64_t window, bool isDriven);
    ~ZeroAhead();
    ZeroAhead(const ZeroAhead&) = delete;
    ZeroAhead& operator=(const ZeroAhead&) = delete;

    /// Nothing is done before the first reserve().
    void start(std::int64_t tail);
    void stop();
    /// Writes one piece of zeros, if there is reason to; on the calling thread.
    bool step();

    /// After this no zeros are written before `end`, none are under way either. To be called before anything is written
    /// there, by one thread at a time. Waits for the disk if zeros are just being written there, which needs a writer that
    /// comes a megabyte closer during one write of the disk.
    void reserve(std::int64_t end)
    {
        if (m_isOn && end > m_reserved.load(std::memory_order_relaxed)) {
            reserveMore(end);
        }
    }
    /// How many bytes a sync brought to the disk.
    void noteSync(std::int64_t bytes);

private:
    struct Piece
    {
        MappedFilePtr file;
        std::int64_t begin = 0;
        std::int64_t end = 0;
    };

    void reserveMore(std::int64_t end);
    void run();
    /// What to write next; nothing while the writer is far from the end of the zeros, or syncs much at a time.
    [[nodiscard]] std::optional<Piece> nextPiece() const;
    void writePiece(std::unique_lock<std::mutex>& lock, const Piece& piece);

    const MappedFileQueue& m_segments;
    const StoreHealth& m_health;
    const std::int64_t m_window;
    const std::int64_t m_pieceSize;
    const bool m_isOn;
    const bool m_isDriven;
    std::atomic<std::int64_t> m_reserved{0}; // written under the mutex
    std::atomic<std::int64_t> m_syncBytes{0}; // of a usual sync, smoothed; written by the flush thread

    std::mutex m_mutex; // guards what follows
    std::condition_variable m_changed;
    std::int64_t m_zeroedTo = 0;
    std::int64_t m_writingFrom = -1; // of the zeros under way
    bool m_hasWriter = false;        // something was reserved
    bool m_isStopping = false;
    std::unique_ptr<ZeroWriter> m_target; // used by the thread only
    std::int64_t m_targetOffset = -1;     // the file it belongs to
    std::thread m_thread;
};

} // namespace gantry
