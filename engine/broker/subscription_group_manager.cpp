// SPDX-License-Identifier: Apache-2.0
#include "broker/subscription_group_manager.h"

#include "base/log.h"
#include "message/topic_name.h"

#include <array>

namespace gantry {

namespace {

/// Groups that RocketMQ's own tools and services use.
constexpr std::array<std::string_view, 8> kBuiltInGroups{
    "TOOLS_CONSUMER",  "FILTERSRV_CONSUMER",    "SELF_TEST_C_GROUP", "CID_ONS-HTTP-PROXY",
    "CID_ONSAPI_PULL", "CID_ONSAPI_PERMISSION", "CID_ONSAPI_OWNER",  "CID_RMQ_SYS_TRANS",
};

SubscriptionGroupConfig makeGroup(std::string_view name)
{
    SubscriptionGroupConfig group;
    group.groupName = name;
    return group;
}

} // namespace

SubscriptionGroupManager::SubscriptionGroupManager(FileSystem& files, std::filesystem::path path, Clock& clock, bool autoCreate)
    : m_file(files, std::move(path))
    , m_clock(clock)
    , m_autoCreate(autoCreate)
{}

Result<> SubscriptionGroupManager::load()
{
    auto next = std::make_shared<Table>();
    auto forbidden = std::make_shared<Forbidden>();
    const auto parse = [&](std::string_view text) -> Result<> {
        GANTRY_TRY(decoded, SubscriptionGroupTable::decode(text));
        for (auto& [name, group] : decoded.groups) {
            next->insert_or_assign(name, std::make_shared<const SubscriptionGroupConfig>(std::move(group)));
        }
        for (const auto& [group, topics] : decoded.forbidden) {
            (*forbidden)[group].insert(topics.begin(), topics.end());
        }
        const std::scoped_lock guard(m_versionMutex);
        m_version = decoded.dataVersion;
        return {};
    };
    GANTRY_CHECK(m_file.load(parse));
    for (const auto name : kBuiltInGroups) {
        next->try_emplace(std::string(name), std::make_shared<const SubscriptionGroupConfig>(makeGroup(name)));
    }
    m_table.store(std::move(next));
    m_forbidden.store(std::move(forbidden));
    return {};
}

Result<> SubscriptionGroupManager::persist()
{
    const std::scoped_lock guard(m_saveMutex);
    return save();
}

Result<> SubscriptionGroupManager::save()
{
    const auto changes = m_changes.load();
    if (changes == m_savedChanges) {
        return {};
    }
    GANTRY_CHECK(m_file.save(toTable().encodeFile()));
    m_savedChanges = changes;
    return {};
}

SubscriptionGroupManager::GroupPtr SubscriptionGroupManager::find(std::string_view group) const
{
    const auto table = m_table.load();
    const auto position = table->find(group);
    return position == table->end() ? nullptr : position->second;
}

SubscriptionGroupManager::GroupPtr SubscriptionGroupManager::findOrCreate(std::string_view group)
{
    if (auto existing = find(group)) {
        return existing;
    }
    if ((!m_autoCreate && !isSystemGroup(group)) || !validateGroupName(group)) {
        return nullptr;
    }
    const std::scoped_lock guard(m_changeMutex);
    if (auto existing = find(group)) {
        return existing;
    }
    auto created = std::make_shared<const SubscriptionGroupConfig>(makeGroup(group));
    auto next = std::make_shared<Table>(*m_table.load());
    next->insert_or_assign(created->groupName, created);
    publish(std::move(next));
    log::info("broker", "consumer group {} created", group);
    return created;
}

DataVersion SubscriptionGroupManager::dataVersion() const
{
    const std::scoped_lock guard(m_versionMutex);
    return m_version;
}

SubscriptionGroupTable SubscriptionGroupManager::toTable() const
{
    SubscriptionGroupTable result;
    result.dataVersion = dataVersion();
    const auto table = m_table.load(); // held while it is read, as the other below
    for (const auto& [name, group] : *table) {
        result.groups.emplace(name, *group);
    }
    const auto forbidden = m_forbidden.load();
    for (const auto& [group, topics] : *forbidden) {
        result.forbidden[group].insert(topics.begin(), topics.end());
    }
    return result;
}

Result<> SubscriptionGroupManager::update(SubscriptionGroupConfig group)
{
    std::vector<SubscriptionGroupConfig> groups;
    groups.push_back(std::move(group));
    return update(std::move(groups));
}

Result<> SubscriptionGroupManager::update(std::vector<SubscriptionGroupConfig> groups)
{
    const std::scoped_lock saveGuard(m_saveMutex);
    {
        const std::scoped_lock guard(m_changeMutex);
        auto next = std::make_shared<Table>(*m_table.load());
        for (auto& group : groups) {
            auto name = group.groupName;
            next->insert_or_assign(std::move(name), std::make_shared<const SubscriptionGroupConfig>(std::move(group)));
        }
        publish(std::move(next));
    }
    return save();
}

Result<bool> SubscriptionGroupManager::remove(std::string_view group)
{
    const std::scoped_lock saveGuard(m_saveMutex);
    {
        const std::scoped_lock guard(m_changeMutex);
        auto next = std::make_shared<Table>(*m_table.load());
        const auto position = next->find(group);
        if (position == next->end()) {
            return false;
        }
        next->erase(position);
        auto forbidden = std::make_shared<Forbidden>(*m_forbidden.load());
        if (const auto entry = forbidden->find(group); entry != forbidden->end()) {
            forbidden->erase(entry);
            m_forbidden.store(std::move(forbidden));
        }
        publish(std::move(next));
    }
    log::info("broker", "consumer group {} removed", group);
    GANTRY_CHECK(save());
    return true;
}

bool SubscriptionGroupManager::isReadForbidden(std::string_view group, std::string_view topic) const
{
    const auto forbidden = m_forbidden.load();
    if (forbidden->empty()) {
        return false;
    }
    const auto topics = forbidden->find(group);
    if (topics == forbidden->end()) {
        return false;
    }
    const auto bits = topics->second.find(topic);
    return bits != topics->second.end() && (bits->second & kReadForbiddenBit) != 0;
}

Result<> SubscriptionGroupManager::setReadForbidden(std::string_view group, std::string_view topic, bool isForbidden)
{
    const std::scoped_lock saveGuard(m_saveMutex);
    {
        const std::scoped_lock guard(m_changeMutex);
        auto next = std::make_shared<Forbidden>(*m_forbidden.load());
        auto& topics = (*next)[std::string(group)];
        auto& bits = topics[std::string(topic)];
        bits = isForbidden ? bits | kReadForbiddenBit : bits & ~kReadForbiddenBit;
        if (bits == 0) {
            topics.erase(std::string(topic));
        }
        if (topics.empty()) {
            next->erase(std::string(group));
        }
        m_forbidden.store(std::move(next));
        publish(m_table.load());
    }
    return save();
}

void SubscriptionGroupManager::publish(std::shared_ptr<const Table> next)
{
    m_table.store(std::move(next));
    {
        const std::scoped_lock guard(m_versionMutex);
        m_version.next(m_clock.wallMs());
    }
    ++m_changes;
}

} // namespace gantry
