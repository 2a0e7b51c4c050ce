// SPDX-License-Identifier: Apache-2.0
#include "store/zero_ahead.h"

#include "base/log.h"
#include "base/thread.h"
#include "base/units.h"
#include "store/seeded_bug.h"

#include <algorithm>

namespace gantry {

namespace {

constexpr std::int64_t kPage = ZeroWriter::kAlignment;
/// Measured with 1 KiB messages: 16 to a sync gain 1.7 times the rate, 64 up to 1.6, 512 lose a quarter.
constexpr std::int64_t kSyncBytesMax = 128 * kKiB;
constexpr std::int64_t kPiecesPerWindow = 128;
/// Between what the writer has reserved and the next zeros: so that it hardly ever meets them.
constexpr std::int64_t kGapPieces = 4;

std::int64_t roundUp(std::int64_t value, std::int64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

} // namespace

ZeroAhead::ZeroAhead(const MappedFileQueue& segments, const StoreHealth& health, std::int64_t window, bool isDriven)
    : m_segments(segments)
    , m_health(health)
    , m_window(window)
    , m_pieceSize(roundUp(std::max(window / kPiecesPerWindow, kPage), kPage))
    , m_isOn(window > 0)
    , m_isDriven(isDriven)
{}

ZeroAhead::~ZeroAhead()
{
    stop();
}

void ZeroAhead::start(std::int64_t tail)
{
    m_reserved = tail;
    m_zeroedTo = tail;
    if (m_isOn && !m_isDriven) {
        m_thread = std::thread([this] { run(); });
    }
}

void ZeroAhead::stop()
{
    {
        const std::lock_guard guard(m_mutex);
        m_isStopping = true;
        m_changed.notify_all();
    }
    if (m_thread.joinable()) {
        m_thread.join();
    }
    m_target.reset();
}

bool ZeroAhead::step()
{
    std::unique_lock lock(m_mutex);
    const std::optional<Piece> piece = m_isOn ? nextPiece() : std::nullopt;
    if (piece) {
        writePiece(lock, *piece);
    }
    return piece.has_value();
}

void ZeroAhead::reserveMore(std::int64_t end)
{
    std::unique_lock lock(m_mutex);
    // Beyond what is asked for, so that most writes find it reserved.
    m_reserved.store(roundUp(end, kPage) + m_pieceSize / 4, std::memory_order_relaxed);
    m_hasWriter = true;
    m_changed.notify_all();
    m_changed.wait(lock, [this] { return m_writingFrom < 0 || m_writingFrom >= m_reserved.load(std::memory_order_relaxed); });
}

void ZeroAhead::noteSync(std::int64_t bytes)
{
    const std::int64_t before = m_syncBytes.load(std::memory_order_relaxed);
    m_syncBytes.store(before + (bytes - before) / 8, std::memory_order_relaxed);
}

void ZeroAhead::run()
{
    nameThisThread("gantry-zero");
    std::unique_lock lock(m_mutex);
    while (!m_isStopping) {
        if (const std::optional<Piece> piece = nextPiece()) {
            writePiece(lock, *piece);
        } else {
            m_changed.wait(lock); // for the writer to come closer
        }
    }
}

std::optional<ZeroAhead::Piece> ZeroAhead::nextPiece() const
{
    if (!m_hasWriter || m_isStopping || m_health.isPoisoned() || m_syncBytes.load(std::memory_order_relaxed) > kSyncBytesMax) {
        return std::nullopt;
    }
    const std::int64_t reserved = m_reserved.load(std::memory_order_relaxed);
    const std::int64_t from = planted(SeededBug::ZerosOverRecords) ? m_zeroedTo : std::max(m_zeroedTo, reserved + kGapPieces * m_pieceSize);
    Piece piece;
    piece.file = m_segments.find(from);
    if (!piece.file) {
        return std::nullopt; // the next file is not in use yet
    }
    const std::int64_t base = piece.file->fromOffset();
    piece.begin = base + (planted(SeededBug::ZerosOverRecords) ? (from - base) / kPage * kPage : roundUp(from - base, m_pieceSize));
    piece.end = std::min(piece.begin + m_pieceSize, base + piece.file->size() / kPage * kPage);
    if (piece.end <= piece.begin || piece.end > reserved + m_window) {
        return std::nullopt;
    }
    return piece;
}

void ZeroAhead::writePiece(std::unique_lock<std::mutex>& lock, const Piece& piece)
{
    m_writingFrom = piece.begin;
    lock.unlock();
    const std::int64_t base = piece.file->fromOffset();
    Result<> written;
    if (m_targetOffset != base) {
        m_targetOffset = base;
        auto opened = m_segments.fileSystem().zeroWriter(piece.file->path());
        m_target = opened ? std::move(*opened) : nullptr;
        written = opened ? Result<>{} : tl::unexpected<Error>(std::move(opened.error()));
    }
    if (m_target) {
        written = m_target->write(static_cast<std::uint64_t>(piece.begin - base), static_cast<std::uint64_t>(piece.end - piece.begin));
    }
    if (!written) {
        // Nothing was promised about these bytes; what the writer meets there itself is another matter.
        m_target.reset();
        const std::string text = "no zeros are written ahead in this CommitLog file: " + written.error().message;
        log::write(written.error().code == Errc::Unsupported ? log::Level::Debug : log::Level::Warning, "store", text);
    }
    lock.lock();
    m_writingFrom = -1;
    m_zeroedTo = m_target ? piece.end : piece.file->endOffset();
    m_changed.notify_all();
}

} // namespace gantry
