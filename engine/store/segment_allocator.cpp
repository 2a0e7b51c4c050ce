// SPDX-License-Identifier: Apache-2.0
#include "store/segment_allocator.h"

#include "base/log.h"
#include "base/thread.h"
#include "base/units.h"

#include <limits>
#include <utility>

namespace gantry {

namespace {
constexpr std::int64_t kPopulateWindow = 1 * kMiB;
}

SegmentAllocator::SegmentAllocator(MappedFileQueue& segments, StoreHealth& health, bool isDriven)
    : m_segments(segments)
    , m_health(health)
    , m_isDriven(isDriven)
    , m_populateAt(std::numeric_limits<std::int64_t>::max())
{}

SegmentAllocator::~SegmentAllocator()
{
    stop();
}

void SegmentAllocator::start(LogTail& memory, std::int64_t tail)
{
    m_memory = &memory;
    if (!m_isDriven) {
        m_memory->populateTo(tail + kPopulateWindow);
        m_populateAt = nextNote(tail + kPopulateWindow);
        m_thread = std::thread([this] { run(); });
    }
}

/// The memory is a ring: after its first lap all of it was touched.
std::int64_t SegmentAllocator::nextNote(std::int64_t populatedTo) const
{
    return populatedTo < m_memory->endOfFirstLap() ? populatedTo - kPopulateWindow / 2 : std::numeric_limits<std::int64_t>::max();
}

bool SegmentAllocator::step()
{
    std::unique_lock lock(m_mutex);
    if (m_stop || !m_wanted) {
        return false;
    }
    createWanted(lock);
    return true;
}

void SegmentAllocator::stop()
{
    {
        const std::lock_guard guard(m_mutex);
        m_stop = true;
        m_changed.notify_all();
    }
    if (m_thread.joinable()) {
        m_thread.join();
    }
    if (m_ready) {
        m_ready->closeForWriting();
        if (auto removed = m_segments.fileSystem().remove(m_ready->path()); !removed) {
            log::warning("store", "an unused CommitLog file stays: {}", removed.error().message);
        }
        m_ready.reset();
    }
}

void SegmentAllocator::request(std::int64_t fromOffset)
{
    const std::lock_guard guard(m_mutex);
    if (m_wanted == fromOffset || (m_ready && m_ready->fromOffset() == fromOffset)) {
        return;
    }
    m_wanted = fromOffset;
    m_error.reset();
    m_changed.notify_all();
}

Result<MappedFilePtr> SegmentAllocator::take(std::int64_t fromOffset,
                                             std::chrono::milliseconds timeout)
{
    request(fromOffset);
    if (m_isDriven) {
        step();
    }
    std::unique_lock lock(m_mutex);
    const bool done = m_changed.wait_for(lock, timeout, [&] {
        return m_stop || m_error || (m_ready && m_ready->fromOffset() == fromOffset);
    });
    if (m_ready && m_ready->fromOffset() == fromOffset) {
        return std::exchange(m_ready, nullptr);
    }
    if (m_error) {
        tl::unexpected<Error> error(std::move(*m_error));
        m_error.reset();
        return error;
    }
    return done ? fail(Errc::Cancelled, "the store is stopping")
                : fail(Errc::Timeout, "the next CommitLog file was not ready within {} ms",
                       timeout.count());
}

void SegmentAllocator::noteTail(std::int64_t tail)
{
    m_populateAt.store(std::numeric_limits<std::int64_t>::max(), std::memory_order_relaxed);
    const std::lock_guard guard(m_mutex);
    m_tail = tail;
    m_changed.notify_all();
}

void SegmentAllocator::run()
{
    nameThisThread("gantry-alloc");
    std::unique_lock lock(m_mutex);
    while (!m_stop) {
        if (m_wanted) {
            createWanted(lock);
        } else if (m_tail) {
            populateAhead(lock);
        } else {
            m_changed.wait(lock);
        }
    }
}

void SegmentAllocator::createWanted(std::unique_lock<std::mutex>& lock)
{
    const std::int64_t fromOffset = *m_wanted;
    lock.unlock();
    auto file = std::make_shared<MappedFile>(m_segments.pathOf(fromOffset), fromOffset,
                                             m_segments.fileSize());
    Result<> opened = file->openForWriting(m_segments.fileSystem());
    if (!opened) {
        // It may have a wrong length, and after a failed sync nobody knows what is on disk: never
        // used.
        log::warning("store", "the next CommitLog file could not be made: {}",
                     opened.error().message);
        (void)m_segments.fileSystem().remove(file->path());
        if (opened.error().code == Errc::StorePoisoned) {
            m_health.poison(opened.error());
        }
    }
    lock.lock();
    if (m_wanted == fromOffset) {
        m_wanted.reset();
    }
    if (opened) {
        m_ready = std::move(file);
    } else {
        m_error = std::move(opened.error());
    }
    m_changed.notify_all();
}

void SegmentAllocator::populateAhead(std::unique_lock<std::mutex>& lock)
{
    const std::int64_t end = *std::exchange(m_tail, std::nullopt) + kPopulateWindow;
    lock.unlock();
    m_memory->populateTo(end);
    m_populateAt.store(nextNote(end), std::memory_order_relaxed);
    lock.lock();
}

} // namespace gantry
