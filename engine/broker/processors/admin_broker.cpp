// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/admin.h"

#include "base/json.h"
#include "base/log.h"
#include "broker/name_server_link.h"
#include "broker/processors/runtime_info.h"
#include "message/topic_name.h"
#include "protocol/bodies/broker_stats.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/headers/admin_broker.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <mutex>
#include <set>

namespace gantry {

namespace {

constexpr std::string_view kPermissionKey = "brokerPermission";

/// How often the configuration was changed over the network; part of GET_BROKER_CONFIG's answer.
class ConfigVersion
{
public:
    void step(std::int64_t nowMs)
    {
        const std::lock_guard lock(m_mutex);
        m_version.next(nowMs);
    }
    [[nodiscard]] std::string text() const
    {
        const std::lock_guard lock(m_mutex);
        return m_version.encode();
    }

private:
    mutable std::mutex m_mutex;
    DataVersion m_version;
};

Result<int> parsePermission(std::string_view text)
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0 ||
        value > perm::kReadWrite || value == 1) {
        return fail(Errc::InvalidArgument,
                    "{}={}: expected 6 (read and write), 4 (read), 2 (write) or 0", kPermissionKey,
                    text);
    }
    return value;
}

/// Only what can change without a restart, and nothing that names a path or an address. All or
/// nothing.
AdminResult updateConfig(BrokerCore& core, ConfigVersion& version, const RemotingCommand& request)
{
    GANTRY_TRY(changes, parseProperties(request.body));
    for (const auto& [key, value] : changes) {
        if (key != kPermissionKey) {
            return fail(Errc::PermissionDenied,
                        "the key '{}' cannot be changed while the broker runs; only {} can. Put it "
                        "into the broker's file and "
                        "restart it",
                        key, kPermissionKey);
        }
    }
    const auto wanted = changes.find(kPermissionKey);
    if (wanted == changes.end()) {
        return adminSuccess();
    }
    GANTRY_TRY(permission, parsePermission(wanted->second));
    if (core.permission.exchange(permission) != permission) {
        version.step(core.clock.wallMs());
        log::info("broker", "{}={}", kPermissionKey, permission);
        GANTRY_CHECK(
            core.topics.stepVersion()); // NameServers look at the version, not at the permissions
    }
    return adminSuccess();
}

AdminResult config(const BrokerCore& core, const ConfigVersion& version)
{
    PropertyTable table = core.config.toProperties();
    table[std::string(kPermissionKey)] = std::to_string(core.permission.load());
    auto response = adminSuccess(formatProperties(table));
    encodeHeader(GetBrokerConfigResponseHeader{version.text()}, response.fields);
    return response;
}

BrokerStatsItem itemOf(const StatsInterval& interval)
{
    return {static_cast<std::int64_t>(interval.sum), interval.tps, interval.averagePerCall};
}

AdminResult statsData(const BrokerCore& core, const ViewBrokerStatsDataHeader& header)
{
    const auto data = core.stats.find(header.statsName, header.statsKey);
    if (!data) {
        return RemotingCommand::response(
            ResponseCode::SystemError,
            fmt::format("The stats <{}> <{}> not exist", header.statsName, header.statsKey));
    }
    return adminSuccess(
        BrokerStatsData{itemOf(data->minute), itemOf(data->hour), itemOf(data->day)}.encode());
}

AdminResult deleteExpired(const BrokerCore& core)
{
    const int deleted = core.store->deleteExpiredFiles();
    log::info("broker", "an administrator had expired files deleted: {}", deleted);
    return adminSuccess();
}

/// Queues of topics that no longer exist.
AdminResult cleanUnusedTopics(BrokerCore& core)
{
    std::set<std::string> unused;
    for (const auto& [topic, queueId] : core.store->queues()) {
        if (!core.topics.find(topic) && !isSystemTopic(topic) && !isRetryTopic(topic) &&
            !isDeadLetterTopic(topic)) {
            unused.insert(topic);
        }
    }
    for (const std::string& topic : unused) {
        GANTRY_CHECK(core.store->deleteTopic(topic));
        log::info("broker", "queues of the topic {}, which does not exist, removed", topic);
    }
    return adminSuccess();
}

/// A master without replicas.
AdminResult haStatus(const BrokerCore& core)
{
    const nlohmann::json client{{"lastReadTimestamp", 0},
                                {"lastWriteTimestamp", 0},
                                {"masterFlushOffset", 0},
                                {"maxOffset", 0},
                                {"transferredByteInSecond", 0}};
    const nlohmann::json status{{"haClientRuntimeInfo", client},
                                {"haConnectionInfo", nlohmann::json::array()},
                                {"inSyncSlaveNums", 0},
                                {"master", true},
                                {"masterCommitLogMaxOffset", core.store->positions().maxOffset}};
    return adminSuccess(dumpJson(status));
}

} // namespace

void addAdminBrokerHandlers(Dispatcher& dispatcher, BrokerCore& core)
{
    using Request = RemotingCommand;
    using enum RequestCode;
    const auto version = std::make_shared<ConfigVersion>();
    addAdmin(dispatcher, core, UpdateBrokerConfig, [&core, version](const Request& request) {
        return updateConfig(core, *version, request);
    });
    addAdmin(dispatcher, core, GetBrokerConfig,
             [&core, version](const Request&) { return config(core, *version); });
    addAdmin(dispatcher, core, GetBrokerRuntimeInfo, [&core](const Request&) -> AdminResult {
        return adminSuccess(KvTable{runtimeInfo(core)}.encode());
    });
    addAdmin(dispatcher, core, ViewBrokerStatsData, statsData);
    for (const RequestCode code : {CleanExpiredConsumequeue, DeleteExpiredCommitlog}) {
        addAdmin(dispatcher, core, code, [&core](const Request&) { return deleteExpired(core); });
    }
    addAdmin(dispatcher, core, CleanUnusedTopic,
             [&core](const Request&) { return cleanUnusedTopics(core); });
    addAdmin(dispatcher, core, GetBrokerHaStatus,
             [&core](const Request&) { return haStatus(core); });
}

} // namespace gantry
