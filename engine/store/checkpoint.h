// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "base/file_system.h"

#include <cstdint>

namespace gantry {

/// The `checkpoint` file: how far each kind of file is known to be durable (README, "Checkpoint").
struct CheckpointValues
{
    std::int64_t physicMsgTimestamp = 0; ///< store time of the newest durable CommitLog record
    std::int64_t logicsMsgTimestamp =
        0; ///< ... of the newest record whose ConsumeQueue entry is durable
    std::int64_t indexMsgTimestamp =
        0; ///< ... of the newest record whose index entries are durable
    std::int64_t masterFlushedOffset = 0;
    std::int64_t confirmPhyOffset = 0; ///< before this CommitLog offset all three are durable
    std::int64_t queueEndsGeneration = 0; ///< of the table in QueueEnds that belongs to this; 0 = none
    /// Loaded only: this broker wrote the file, and nobody wrote to it since. An Apache broker means something else by
    /// confirmPhyOffset, and leaves what is behind its five values.
    bool isSealed = false;

    /// Records up to this store time need no second look after a crash.
    [[nodiscard]] std::int64_t minTimestamp() const;
    bool operator==(const CheckpointValues&) const = default;
};

class Checkpoint
{
public:
    Checkpoint(FileSystem& files, std::filesystem::path path)
        : m_files(files)
        , m_path(std::move(path))
    {}
    /// A missing or short file gives zeros: everything is looked at again.
    Result<CheckpointValues> load();
    /// Makes durable what load() gave: the process that wrote it may have died before it could.
    Result<> sync();
    /// Writes and syncs, sealed.
    Result<> save(const CheckpointValues& values);

private:
    FileSystem& m_files;
    const std::filesystem::path m_path;
};

} // namespace gantry
