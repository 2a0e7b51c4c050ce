// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/file_system.h"
#include "broker/config_file.h"
#include "broker/snapshot_pointer.h"
#include "protocol/bodies/subscription_group.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// The consumer groups' settings (subscriptionGroup.json) and which topics a group may not read. Thread-safe; reading
/// never waits for the disk.
class SubscriptionGroupManager
{
public:
    using GroupPtr = std::shared_ptr<const SubscriptionGroupConfig>;
    using Table = std::map<std::string, GroupPtr, std::less<>>;
    /// group -> topic -> bits; bit 2 (as in topic permissions) set = reading forbidden.
    using Forbidden = std::map<std::string, std::map<std::string, std::int32_t, std::less<>>, std::less<>>;
    static constexpr std::int32_t kReadForbiddenBit = 1 << 2;

    SubscriptionGroupManager(FileSystem& files, std::filesystem::path path, Clock& clock, bool autoCreate);

    /// Reads the file and adds the built-in groups that it lacks. Before traffic.
    [[nodiscard]] Result<> load();
    /// Writes what findOrCreate() added since the last time. Waits for the disk.
    [[nodiscard]] Result<> persist();

    [[nodiscard]] GroupPtr find(std::string_view group) const; ///< null if there is none
    /// Makes the group with default settings if that is allowed, else null. Does not wait: a group that a crash
    /// forgets is made again by its next heartbeat.
    [[nodiscard]] GroupPtr findOrCreate(std::string_view group);
    [[nodiscard]] std::shared_ptr<const Table> table() const { return m_table.load(); }
    [[nodiscard]] DataVersion dataVersion() const;
    /// All there is, as GET_ALL_SUBSCRIPTIONGROUP_CONFIG answers.
    [[nodiscard]] SubscriptionGroupTable toTable() const;

    /// Creates or replaces; durable when it returns, so not on an event loop.
    [[nodiscard]] Result<> update(std::vector<SubscriptionGroupConfig> groups);
    [[nodiscard]] Result<> update(SubscriptionGroupConfig group);
    /// False if there was none. Durable when it returns.
    [[nodiscard]] Result<bool> remove(std::string_view group);

    [[nodiscard]] bool isReadForbidden(std::string_view group, std::string_view topic) const;
    /// Durable when it returns.
    [[nodiscard]] Result<> setReadForbidden(std::string_view group, std::string_view topic, bool isForbidden);

private:
    void publish(std::shared_ptr<const Table> next); ///< under m_changeMutex
    Result<> save();                                 ///< under m_changeMutex

    ConfigFile m_file;
    Clock& m_clock;
    const bool m_autoCreate;
    SnapshotPointer<Table> m_table;
    SnapshotPointer<Forbidden> m_forbidden;
    std::mutex m_changeMutex; ///< one change at a time
    std::mutex m_saveMutex;   ///< one writer of the file; taken before m_changeMutex
    std::atomic<std::uint64_t> m_changes{0};
    std::uint64_t m_savedChanges = 0; ///< under m_saveMutex
    mutable std::mutex m_versionMutex;
    DataVersion m_version;
};

} // namespace gantry
