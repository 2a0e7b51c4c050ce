// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/file_system.h"
#include "broker/config_file.h"
#include "broker/snapshot_pointer.h"
#include "protocol/bodies/topic_config.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// The broker's topics: topics.json, the topics every broker has, and automatic creation.
///
/// Thread-safe. Reading never waits. Everything that changes the table is durable when it returns and so waits for the
/// disk: not on an event loop.
class TopicConfigManager
{
public:
    using TopicPtr = std::shared_ptr<const TopicConfig>;
    using Table = std::map<std::string, TopicPtr, std::less<>>;
    /// Called after a change is durable and visible, on the changing thread. `changed` is empty for removals.
    using ChangeListener = std::function<void(const std::vector<TopicPtr>& changed)>;

    struct Options
    {
        std::string clusterName;
        std::string brokerName;
        int defaultQueueCount = 8; ///< of TBW102
        bool autoCreate = true;
        bool traceTopic = false;
    };

    TopicConfigManager(FileSystem& files, std::filesystem::path path, Clock& clock, Options options);

    /// Reads the file and adds the built-in topics that it lacks. Before traffic.
    [[nodiscard]] Result<> load();
    void setChangeListener(ChangeListener listener) { m_listener = std::move(listener); }

    [[nodiscard]] TopicPtr find(std::string_view topic) const; ///< null if there is none
    [[nodiscard]] std::shared_ptr<const Table> table() const { return m_table.load(); }
    [[nodiscard]] DataVersion dataVersion() const;
    /// Table and version, as registrations and GET_ALL_TOPIC_CONFIG carry them.
    [[nodiscard]] TopicConfigTable toTable() const;
    /// One of the topics that this manager makes by itself.
    [[nodiscard]] bool isBuiltIn(std::string_view topic) const;

    /// Creates or replaces. Does nothing (and steps no version) for configurations that are there already.
    [[nodiscard]] Result<> update(std::vector<TopicConfig> topics);
    [[nodiscard]] Result<> update(TopicConfig topic);
    /// A new version of the same table, for what is announced beside it (the broker's permission) has changed.
    [[nodiscard]] Result<> stepVersion();
    /// False if there was none.
    [[nodiscard]] Result<bool> remove(std::string_view topic);

    /// For the first send to an unknown topic: made after the template `defaultTopic` if that lets others inherit.
    /// NotFound says why the topic cannot be made.
    [[nodiscard]] Result<TopicPtr> createForSend(std::string_view topic, std::string_view defaultTopic, int queueCountWanted,
                                                 int topicSysFlag);
    /// Retry, dead-letter and system topics: returns the existing one or makes it.
    [[nodiscard]] Result<TopicPtr> findOrCreate(std::string_view topic, int queueCount, int permission, int topicSysFlag = 0);

private:
    [[nodiscard]] std::vector<TopicConfig> builtInTopics() const;
    /// Saves and publishes; under m_changeMutex.
    Result<> commit(std::shared_ptr<Table> next);
    [[nodiscard]] static TopicConfigTable tableOf(const Table& table, const DataVersion& version);

    ConfigFile m_file;
    Clock& m_clock;
    Options m_options;
    ChangeListener m_listener;
    SnapshotPointer<Table> m_table;
    std::mutex m_changeMutex;  ///< one change at a time; held while the file is written
    mutable std::mutex m_versionMutex;
    DataVersion m_version;
};

} // namespace gantry
