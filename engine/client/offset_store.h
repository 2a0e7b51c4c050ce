// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "client/client_instance.h"
#include "message/message_queue.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace gantry::client {

/// A group's consume offsets: kept here, brought to where they survive. Thread-safe.
class OffsetStore
{
public:
    virtual ~OffsetStore() = default;

    void update(const MessageQueue& queue, std::int64_t offset, bool increaseOnly);
    /// Sets the offset and ignores updates until remove(): late listeners must not undo a
    /// correction.
    void updateAndFreeze(const MessageQueue& queue, std::int64_t offset);
    [[nodiscard]] std::optional<std::int64_t> cached(const MessageQueue& queue) const;
    [[nodiscard]] std::map<MessageQueue, std::int64_t> snapshot(const std::string& topic) const;

    /// Before the first use.
    [[nodiscard]] virtual Result<> load() = 0;
    /// What is stored; -1 if nothing is. May wait. The cache takes the value over.
    [[nodiscard]] virtual Result<std::int64_t> read(const MessageQueue& queue) = 0;
    /// These do not wait for the network.
    virtual void persist(const MessageQueue& queue) = 0;
    virtual void persistAll(const std::set<MessageQueue>& queues) = 0;
    /// As persist(), but waits until it is stored.
    [[nodiscard]] virtual Result<> persistNow(const MessageQueue& queue) = 0;
    virtual void remove(const MessageQueue& queue) = 0;

protected:
    struct Offset
    {
        std::int64_t value = 0;
        bool isFrozen = false;
    };
    void erase(const MessageQueue& queue);

    mutable std::mutex m_mutex;
    std::map<MessageQueue, Offset> m_offsets;
};

/// On the brokers, for clustering.
[[nodiscard]] std::unique_ptr<OffsetStore>
makeRemoteOffsetStore(std::shared_ptr<ClientInstance::Impl> instance, std::string group);
/// In <directory>/<clientId>/<group>/offsets.json, for broadcasting; the layout of Apache's client.
[[nodiscard]] std::unique_ptr<OffsetStore>
makeLocalOffsetStore(const std::filesystem::path& directory, const std::string& clientId,
                     const std::string& group);

} // namespace gantry::client
