// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/message_store.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gantry {

/// Knows which parked messages (SCHEDULE_TOPIC_XXXX) of one broker wait for which topic, by reading each level's
/// queue once as it grows. An entry's tagsCode is its due time. One thread uses it.
class DelayTracker
{
public:
    /// Looks at what was parked since the last call and forgets what is due.
    void update(const MessageStore& store, std::int64_t nowMs);
    /// Messages waiting for the topic (e.g. a group's retry topic); nothing when more are parked than are tracked.
    [[nodiscard]] std::optional<std::int64_t> waitingFor(const std::string& topic) const;

private:
    struct Level
    {
        std::int64_t nextOffset = -1; ///< -1 = not looked at yet
        std::deque<std::pair<std::int64_t, std::string>> waiting; ///< due time, real topic; due times ascend
    };
    std::vector<Level> m_levels;
    std::map<std::string, std::int64_t> m_waitingByTopic;
    bool m_isIncomplete = false;
};

} // namespace gantry
