// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/byte_cursor.h"
#include "base/saturating.h"

#include <cstdint>
#include <limits>

/// The 20 bytes of a ConsumeQueue entry: i64 CommitLog offset, i32 record size, i64 tags code
/// (README, "ConsumeQueue").
namespace gantry {

inline constexpr std::int64_t kConsumeQueueEntrySize = 8 + 4 + 8;
static_assert(kConsumeQueueEntrySize == 20);

struct RawQueueEntry
{
    std::int64_t offset = 0;
    std::int32_t size = 0;
    std::int64_t tagsCode = 0;

    /// Something is there; also true for fillers.
    [[nodiscard]] bool isValid() const { return offset >= 0 && size > 0; }
    /// Stands where no message is: before a queue's first message in a file, or for a message lost
    /// to damage.
    [[nodiscard]] bool isFiller() const
    {
        return offset == 0 && size == std::numeric_limits<std::int32_t>::max();
    }
    /// It names a place in the CommitLog. Zeros do not, though they are an offset that everything else lies behind.
    [[nodiscard]] bool hasPlace() const { return isValid() && !isFiller(); }
    [[nodiscard]] std::int64_t end() const { return saturatingAdd(offset, size); }
};

inline constexpr RawQueueEntry kFillerEntry{0, std::numeric_limits<std::int32_t>::max(), 0};

inline RawQueueEntry loadQueueEntry(const std::byte* at)
{
    return {loadBig<std::int64_t>(at), loadBig<std::int32_t>(at + 8),
            loadBig<std::int64_t>(at + 12)};
}

inline void storeQueueEntry(std::byte* at, const RawQueueEntry& entry)
{
    storeBig(at, entry.offset);
    storeBig(at + 8, entry.size);
    storeBig(at + 12, entry.tagsCode);
}

} // namespace gantry
