// SPDX-License-Identifier: Apache-2.0
#include "client/allocate_strategy.h"

#include <algorithm>

namespace gantry {

namespace {

std::vector<MessageQueue> average(std::size_t index, const std::vector<MessageQueue>& queues,
                                  std::size_t members)
{
    const std::size_t remainder = queues.size() % members;
    std::size_t size = 1;
    if (queues.size() > members) {
        size = queues.size() / members + (index < remainder ? 1 : 0);
    }
    const std::size_t start = index < remainder ? index * size : index * size + remainder;
    if (start >= queues.size()) {
        return {};
    }
    const std::size_t count = std::min(size, queues.size() - start);
    const auto first = queues.begin() + static_cast<std::ptrdiff_t>(start);
    return {first, first + static_cast<std::ptrdiff_t>(count)};
}

std::vector<MessageQueue> byCircle(std::size_t index, const std::vector<MessageQueue>& queues,
                                   std::size_t members)
{
    std::vector<MessageQueue> mine;
    for (std::size_t i = index; i < queues.size(); i += members) {
        mine.push_back(queues[i]);
    }
    return mine;
}

} // namespace

std::string_view toString(AllocateStrategy strategy)
{
    return strategy == AllocateStrategy::Average ? "AVG" : "AVG_BY_CIRCLE";
}

std::vector<MessageQueue> allocateQueues(AllocateStrategy strategy, const std::string& clientId,
                                         const std::vector<MessageQueue>& queues,
                                         const std::vector<std::string>& members)
{
    const auto found = std::find(members.begin(), members.end(), clientId);
    if (found == members.end() || queues.empty()) {
        return {};
    }
    const auto index = static_cast<std::size_t>(found - members.begin());
    return strategy == AllocateStrategy::Average ? average(index, queues, members.size())
                                                 : byCircle(index, queues, members.size());
}

} // namespace gantry
