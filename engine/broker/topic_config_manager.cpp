// SPDX-License-Identifier: Apache-2.0
#include "broker/topic_config_manager.h"

#include "base/log.h"
#include "message/topic_name.h"

#include <algorithm>

namespace gantry {

namespace {

constexpr int kTemplate = perm::kReadWrite | perm::kInherit;
constexpr int kBenchmarkQueueCount = 1024;
constexpr int kScheduleQueueCount = 18;
constexpr int kClusterQueueCount = 16;
constexpr int kReviveQueueCount = 8;

TopicConfig makeTopic(std::string_view name, int queueCount, int permission, int topicSysFlag = 0)
{
    TopicConfig topic;
    topic.topicName = name;
    topic.readQueueNums = queueCount;
    topic.writeQueueNums = queueCount;
    topic.perm = permission;
    topic.topicSysFlag = topicSysFlag;
    return topic;
}

} // namespace

TopicConfigManager::TopicConfigManager(FileSystem& files, std::filesystem::path path, Clock& clock, Options options)
    : m_file(files, std::move(path))
    , m_clock(clock)
    , m_options(std::move(options))
{}

Result<> TopicConfigManager::load()
{
    const std::scoped_lock guard(m_changeMutex);
    auto next = std::make_shared<Table>();
    const auto parse = [&](std::string_view text) -> Result<> {
        GANTRY_TRY(decoded, TopicConfigTable::decode(text));
        for (auto& [name, topic] : decoded.topics) {
            next->insert_or_assign(name, std::make_shared<const TopicConfig>(std::move(topic)));
        }
        const std::scoped_lock versionGuard(m_versionMutex);
        m_version = decoded.dataVersion;
        return {};
    };
    GANTRY_CHECK(m_file.load(parse));
    bool isComplete = true;
    for (auto& topic : builtInTopics()) {
        auto name = topic.topicName;
        isComplete = !next->try_emplace(std::move(name), std::make_shared<const TopicConfig>(std::move(topic))).second && isComplete;
    }
    if (!isComplete) {
        return commit(std::move(next));
    }
    m_table.store(std::move(next));
    return {};
}

TopicConfigManager::TopicPtr TopicConfigManager::find(std::string_view topic) const
{
    const auto table = m_table.load();
    const auto position = table->find(topic);
    return position == table->end() ? nullptr : position->second;
}

DataVersion TopicConfigManager::dataVersion() const
{
    const std::scoped_lock guard(m_versionMutex);
    return m_version;
}

TopicConfigTable TopicConfigManager::toTable() const
{
    const auto version = dataVersion(); // before the table: an older version than the table's registers once more, no harm
    return tableOf(*m_table.load(), version);
}

TopicConfigTable TopicConfigManager::tableOf(const Table& table, const DataVersion& version)
{
    TopicConfigTable result;
    result.dataVersion = version;
    for (const auto& [name, topic] : table) {
        result.topics.emplace(name, *topic);
    }
    return result;
}

bool TopicConfigManager::isBuiltIn(std::string_view topic) const
{
    const auto topics = builtInTopics();
    return std::any_of(topics.begin(), topics.end(), [&](const auto& each) { return each.topicName == topic; });
}

Result<> TopicConfigManager::update(TopicConfig topic)
{
    std::vector<TopicConfig> topics;
    topics.push_back(std::move(topic));
    return update(std::move(topics));
}

Result<> TopicConfigManager::update(std::vector<TopicConfig> topics)
{
    std::vector<TopicPtr> changed;
    {
        const std::scoped_lock guard(m_changeMutex);
        auto next = std::make_shared<Table>(*m_table.load());
        for (auto& topic : topics) {
            auto& slot = (*next)[topic.topicName];
            if (!slot || *slot != topic) {
                slot = std::make_shared<const TopicConfig>(std::move(topic));
                changed.push_back(slot);
            }
        }
        if (changed.empty()) {
            return {};
        }
        GANTRY_CHECK(commit(std::move(next)));
    }
    for (const auto& topic : changed) {
        log::info("broker", "topic {}: {} write and {} read queues, perm {}", topic->topicName, topic->writeQueueNums, topic->readQueueNums,
                  topic->perm);
    }
    if (m_listener) {
        m_listener(changed);
    }
    return {};
}

Result<> TopicConfigManager::stepVersion()
{
    {
        const std::scoped_lock guard(m_changeMutex);
        GANTRY_CHECK(commit(std::make_shared<Table>(*m_table.load())));
    }
    if (m_listener) {
        m_listener({});
    }
    return {};
}

Result<bool> TopicConfigManager::remove(std::string_view topic)
{
    {
        const std::scoped_lock guard(m_changeMutex);
        auto next = std::make_shared<Table>(*m_table.load());
        const auto position = next->find(topic);
        if (position == next->end()) {
            return false;
        }
        next->erase(position);
        GANTRY_CHECK(commit(std::move(next)));
    }
    log::info("broker", "topic {} removed", topic);
    if (m_listener) {
        m_listener({});
    }
    return true;
}

Result<TopicConfigManager::TopicPtr> TopicConfigManager::createForSend(std::string_view topic, std::string_view defaultTopic,
                                                                       int queueCountWanted, int topicSysFlag)
{
    TopicPtr created;
    {
        const std::scoped_lock guard(m_changeMutex);
        if (auto existing = find(topic)) {
            return existing; // another sender was faster
        }
        const auto pattern = find(defaultTopic);
        if (!pattern) {
            return fail(Errc::NotFound, "the template topic {} does not exist on this broker", defaultTopic);
        }
        const bool isForbidden = defaultTopic == kAutoCreateTopic && !m_options.autoCreate;
        if (isForbidden || (pattern->perm & perm::kInherit) == 0) {
            return fail(Errc::NotFound, "topics are not created automatically here (autoCreateTopicEnable) after {}", defaultTopic);
        }
        const int queueCount = std::max(0, std::min(queueCountWanted, pattern->writeQueueNums));
        auto config = makeTopic(topic, queueCount, pattern->perm & ~perm::kInherit, topicSysFlag);
        config.topicFilterType = pattern->topicFilterType;
        created = std::make_shared<const TopicConfig>(std::move(config));
        auto next = std::make_shared<Table>(*m_table.load());
        next->insert_or_assign(created->topicName, created);
        GANTRY_CHECK(commit(std::move(next)));
    }
    log::info("broker", "topic {} created by a send, {} queues", topic, created->writeQueueNums);
    if (m_listener) {
        m_listener({created});
    }
    return created;
}

Result<TopicConfigManager::TopicPtr> TopicConfigManager::findOrCreate(std::string_view topic, int queueCount, int permission, int topicSysFlag)
{
    if (auto existing = find(topic)) {
        return existing;
    }
    TopicPtr created;
    {
        const std::scoped_lock guard(m_changeMutex);
        if (auto existing = find(topic)) {
            return existing;
        }
        created = std::make_shared<const TopicConfig>(makeTopic(topic, queueCount, permission, topicSysFlag));
        auto next = std::make_shared<Table>(*m_table.load());
        next->insert_or_assign(created->topicName, created);
        GANTRY_CHECK(commit(std::move(next)));
    }
    if (m_listener) {
        m_listener({created});
    }
    return created;
}

std::vector<TopicConfig> TopicConfigManager::builtInTopics() const
{
    std::vector<TopicConfig> topics;
    topics.push_back(makeTopic(kSelfTestTopic, 1, perm::kReadWrite));
    if (m_options.autoCreate) {
        topics.push_back(makeTopic(kAutoCreateTopic, m_options.defaultQueueCount, kTemplate));
    }
    topics.push_back(makeTopic(kBenchmarkTopic, kBenchmarkQueueCount, perm::kReadWrite));
    topics.push_back(makeTopic(m_options.clusterName, kClusterQueueCount, kTemplate));
    topics.push_back(makeTopic(m_options.brokerName, 1, kTemplate));
    topics.push_back(makeTopic(kOffsetMovedTopic, 1, perm::kReadWrite));
    topics.push_back(makeTopic(kScheduleTopic, kScheduleQueueCount, perm::kReadWrite));
    if (m_options.traceTopic) {
        topics.push_back(makeTopic(kTraceTopic, 1, perm::kReadWrite));
    }
    topics.push_back(makeTopic(m_options.clusterName + "_REPLY_TOPIC", 1, perm::kReadWrite));
    topics.push_back(makeTopic("rmq_sys_REVIVE_LOG_" + m_options.clusterName, kReviveQueueCount, perm::kReadWrite));
    topics.push_back(makeTopic("rmq_sys_SYNC_BROKER_MEMBER_" + m_options.brokerName, 1, perm::kInherit));
    topics.push_back(makeTopic(kTransactionHalfTopic, 1, perm::kReadWrite));
    topics.push_back(makeTopic(kTransactionOpTopic, 1, perm::kReadWrite));
    return topics;
}

Result<> TopicConfigManager::commit(std::shared_ptr<Table> next)
{
    auto version = dataVersion();
    version.next(m_clock.wallMs());
    GANTRY_CHECK(m_file.save(tableOf(*next, version).encodeFile()));
    m_table.store(std::move(next));
    const std::scoped_lock guard(m_versionMutex);
    m_version = version;
    return {};
}

} // namespace gantry
