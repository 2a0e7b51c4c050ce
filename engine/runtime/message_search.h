// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/cluster_session.h"
#include "store/message_store.h"

#include <string>
#include <vector>

/// Finding messages in the stores of brokers of this process. Functions wait for disks; not on an event loop.
namespace gantry {

/// A store that is being looked at; it outlives the call.
struct StoreRef
{
    std::string brokerName;
    MessageStore* store = nullptr;
};

[[nodiscard]] Result<MessagePage> browseQueue(const std::vector<StoreRef>& stores, const MessageQueue& queue,
                                              std::int64_t fromOffset, int countMax, const CancelToken& cancel);
/// Newest first over all queues of the topic with a store time in [beginMs, endMs].
[[nodiscard]] Result<MessagePage> browseTime(const std::vector<StoreRef>& stores, const std::string& topic,
                                             std::int64_t beginMs, std::int64_t endMs, int countMax, const CancelToken& cancel);
/// Messages that really carry the key (hashes collide), newest first.
[[nodiscard]] Result<MessagePage> searchKey(const std::vector<StoreRef>& stores, const std::string& topic,
                                            const std::string& key, int countMax);
/// By offset id (which names broker and place), else by unique key in the topic.
[[nodiscard]] Result<MessagePage> searchId(const std::vector<StoreRef>& stores, const std::string& topic, const std::string& id);

/// One record as the window shows it: decompressed where that is possible, as stored otherwise.
[[nodiscard]] Result<MessageExt> decodeForViewing(std::string_view record, const std::string& brokerName);

} // namespace gantry
