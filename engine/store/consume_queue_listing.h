// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "base/file_system.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gantry {

/// The names below <root>/consumequeue, read once when a store is opened: with fifty thousand queues
/// every call per queue counts.
struct ListedQueue
{
    std::int32_t queueId = 0;
    std::vector<DirectoryEntry> files;
};

struct ListedTopic
{
    std::string name;
    std::vector<ListedQueue> queues;
};

struct ConsumeQueueListing
{
    std::vector<ListedTopic> topics;
    std::vector<std::string> others; ///< what is not a directory
};

/// Topics by name; queues in the order of their names, which is not that of their ids.
Result<ConsumeQueueListing> listConsumeQueues(FileSystem& files, const std::filesystem::path& directory,
                                              bool mayUseThreads);

/// Calls `work` for 0 to count - 1, many of them on several threads where that pays off. The first failure by index of
/// those that happened; after one, what has not begun does not begin.
Result<> forEachIndex(std::size_t count, bool mayUseThreads, const std::function<Result<>(std::size_t)>& work);

} // namespace gantry
