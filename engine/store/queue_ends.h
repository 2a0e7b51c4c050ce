// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "base/file_system.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gantry {

/// Which ConsumeQueue entries were durable at a checkpoint (README, "Queue ends"), to notice at the next start that
/// files or parts of them are gone. Nothing is ever read from here that the CommitLog has.
struct QueueEndsTable
{
    struct Queue
    {
        std::string topic;
        std::int32_t queueId = 0;
        std::int64_t firstFile = 0; ///< begin offset of the first file
        std::int64_t end = 0;       ///< number behind the last entry in the files

        /// Whatever its files have by now, it is being made anew from the CommitLog.
        [[nodiscard]] static Queue madeAnew(std::string topic, std::int32_t queueId)
        {
            return {std::move(topic), queueId, -1, std::numeric_limits<std::int64_t>::max()};
        }
        [[nodiscard]] bool isMadeAnew() const { return firstFile < 0; }
        bool operator==(const Queue&) const = default;
    };
    std::int64_t logBegin = 0; ///< first offset of the CommitLog; while it is the same no file of a queue was deleted
    std::vector<Queue> queues;
    bool operator==(const QueueEndsTable&) const = default;
};

/// The files queues.0 and queues.1: written in turns, so that the one a checkpoint names is whole whatever happens.
class QueueEnds
{
public:
    QueueEnds(FileSystem& files, const std::filesystem::path& root)
        : m_files(files)
        , m_paths{root / "queues.0", root / "queues.1"}
    {}
    /// The table of that generation; nothing where its file is missing, damaged, or of another one.
    [[nodiscard]] std::optional<QueueEndsTable> load(std::int64_t generation);
    /// Writes and syncs. DiskFull: nothing was lost. StorePoisoned: a write or sync failed.
    Result<> save(std::int64_t generation, const QueueEndsTable& table);

private:
    [[nodiscard]] const std::filesystem::path& pathOf(std::int64_t generation) const
    {
        return m_paths[static_cast<std::size_t>(generation & 1)];
    }

    FileSystem& m_files;
    const std::array<std::filesystem::path, 2> m_paths;
};

} // namespace gantry
