// SPDX-License-Identifier: Apache-2.0
#include "store/retention.h"

#include "base/log.h"
#include "store/seeded_bug.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>

namespace gantry {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr int kFilesPerRound = 10; // deleteFileBatchMax
/// A wall clock may be off by this much between two rounds without having been set.
constexpr std::int64_t kDriftMs = 60'000;

double share(int percent, int least, int most)
{
    return std::clamp(percent, least, most) / 100.0;
}

} // namespace

double Retention::diskRatio(FileSystem& files, const std::filesystem::path& directory)
{
    const auto space = files.space(directory);
    if (!space || space->totalBytes == 0) {
        return -1;
    }
    return static_cast<double>(space->totalBytes - space->availableBytes) /
           static_cast<double>(space->totalBytes);
}

bool Retention::isDeleteHour() const
{
    const auto seconds = static_cast<std::time_t>(m_parts.clock.wallMs() / 1000);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    const auto& hours = m_parts.config.deleteAtHours;
    return std::find(hours.begin(), hours.end(), local.tm_hour) != hours.end();
}

bool Retention::isExpired(const MappedFile& file) const
{
    const auto modified = m_parts.files.lastModifiedMs(file.path());
    return modified && *modified + duration_cast<milliseconds>(m_parts.config.reservedTime).count() <
                           m_expiryNowMs;
}

/// The wall clock, unless it was set forward while this process runs: then as far as time really went, until messages
/// have been kept for reservedTime by any clock. Somebody's wrong date must not delete everything.
void Retention::lookAtClocks()
{
    const std::int64_t wall = m_parts.clock.wallMs();
    const auto steady = m_parts.clock.steady();
    const std::int64_t expected =
        m_agreedWallMs + duration_cast<milliseconds>(steady - m_agreedAt).count();
    const bool hasWaited = steady - m_agreedAt > m_parts.config.reservedTime;
    if (std::abs(wall - expected) <= kDriftMs || hasWaited ||
        planted(SeededBug::ExpiryTrustsWallClock)) {
        m_agreedAt = steady;
        m_agreedWallMs = wall;
        m_expiryNowMs = wall;
        return;
    }
    m_expiryNowMs = std::min(wall, expected);
}

/// A file that says it was written before this process saw that it was not full yet was written while the wall clock was
/// behind. It would be deleted too early now or, worse, by the next process, which cannot know: it is made to have been
/// written now.
void Retention::correctTimes()
{
    const auto now = m_parts.clock.steady();
    const auto files = m_parts.log.segments().all();
    std::map<std::int64_t, std::chrono::steady_clock::time_point> writtenAfter;
    for (auto file = files.rbegin(); file != files.rend() && (*file)->endOffset() > m_ownFrom; ++file) {
        const bool isLast = file == files.rbegin();
        const auto known = m_writtenAfter.find((*file)->fromOffset());
        const auto since = isLast ? now : known != m_writtenAfter.end() ? known->second : m_lastRound;
        writtenAfter.emplace((*file)->fromOffset(), since);
        const std::int64_t earliest =
            m_parts.clock.wallMs() - duration_cast<milliseconds>(now - since).count() - kDriftMs;
        const auto modified = m_parts.files.lastModifiedMs((*file)->path());
        if (isLast || !modified || *modified >= earliest || !m_parts.health.acceptsWrites()) {
            continue;
        }
        const Result<> touched = touch((*file)->path());
        log::warning("store", "{} was written while the clock was behind, {}", (*file)->path().string(),
                     touched ? "from now on it counts as written now" : touched.error().message);
    }
    m_writtenAfter = std::move(writtenAfter);
    m_lastRound = now;
}

/// The first byte, which never changes, is written again.
Result<> Retention::touch(const std::filesystem::path& path)
{
    std::byte first[1] = {};
    GANTRY_TRY(file, m_parts.files.open(path, OpenMode::ReadWrite));
    GANTRY_TRY(count, file->readAt(0, first));
    return count == 1 ? file->writeAt(0, first) : Result<>{};
}

int Retention::run(bool atAnyHour)
{
    const std::lock_guard guard(m_mutex);
    lookAtClocks();
    if (!planted(SeededBug::WrittenInThePastIsOld)) {
        correctTimes();
    }
    const StoreConfig& config = m_parts.config;
    const double ratio = std::max(diskRatio(m_parts.files, m_parts.log.segments().directory()),
                                  diskRatio(m_parts.files, m_parts.queues.directory()));
    const bool isTight = ratio > share(config.diskDeleteRatio, 10, 95);
    const bool mustFree = ratio > share(config.diskForceDeleteRatio, 30, 85);
    std::string problem;
    const int logFiles = deleteLogFiles(atAnyHour || isTight || isDeleteHour(), mustFree, problem);
    int others = 0;
    // Also when it failed in the round before: those files are still there.
    if (const std::int64_t minOffset = m_parts.log.minOffset(); minOffset != m_droppedBefore) {
        const auto dropped = planted(SeededBug::QueuesKeepDeletedMessages) ? Result<int>(0) : m_parts.queues.dropBefore(minOffset);
        if (dropped) {
            m_droppedBefore = minOffset;
        } else {
            problem = fmt::format("expired ConsumeQueue files stay: {}", dropped.error().message);
        }
        others = dropped.value_or(0) + m_parts.index.dropBefore(minOffset);
    }
    note(logFiles, others, mustFree, std::move(problem));
    judgeDisk(diskRatio(m_parts.files, m_parts.log.segments().directory()));
    return logFiles + others;
}

void Retention::note(int logFiles, int others, bool wasForced, std::string problem)
{
    const std::lock_guard guard(m_reportMutex);
    if (!problem.empty() && problem != m_report.problem) {
        log::warning("store", "{}", problem);
    }
    m_report.problem = std::move(problem);
    m_report.commitLogFilesDeleted += logFiles;
    m_report.queueAndIndexFilesDeleted += others;
    if (logFiles > 0) {
        m_report.lastDeletedAtMs = m_parts.clock.wallMs();
        m_report.lastWasForced = wasForced;
    }
}

RetentionReport Retention::report() const
{
    const std::lock_guard guard(m_reportMutex);
    return m_report;
}

int Retention::deleteLogFiles(bool mayDeleteExpired, bool mustFree, std::string& problem)
{
    int count = 0;
    const std::int64_t done =
        std::min(m_parts.log.flushedOffset(), m_parts.reput.dispatchedOffset());
    for (const MappedFilePtr& file : m_parts.log.segments().all()) {
        const bool isLast = file == m_parts.log.segments().last();
        const bool isDue = mustFree || (mayDeleteExpired && isExpired(*file));
        if (isLast || !isDue || file->endOffset() > done || count == kFilesPerRound) {
            break;
        }
        if (auto removed = m_parts.log.segments().remove(file); !removed) {
            problem = fmt::format("an expired CommitLog file stays: {}", removed.error().message);
            break;
        }
        log::info("store", "deleted {} ({})", file->path().string(),
                  mustFree ? "the disk is nearly full" : "expired");
        ++count;
    }
    return count;
}

/// Writes stop above the warning mark and come back below the mark from which files are deleted by
/// force.
void Retention::judgeDisk(double ratio)
{
    const StoreConfig& config = m_parts.config;
    if (ratio < 0) {
        return;
    }
    if (ratio > share(config.diskWarningRatio, 35, 90)) {
        m_parts.health.setDiskFull(fmt::format(
            "the disk of {} is {:.0f} % full, above diskSpaceWarningLevelRatio {}",
            m_parts.log.segments().directory().string(), ratio * 100, config.diskWarningRatio));
        return;
    }
    const auto space = m_parts.files.space(m_parts.log.segments().directory());
    const bool hasRoom =
        space && space->availableBytes >= static_cast<std::uint64_t>(config.commitLogFileSize);
    if (ratio <= share(config.diskForceDeleteRatio, 30, 85) && hasRoom &&
        !planted(SeededBug::DiskFullForever) &&
        m_parts.health.state() == StoreState::DiskFull) {
        m_parts.health.clearDiskFull();
        m_parts.log.retryAllocation();
    }
}

} // namespace gantry
