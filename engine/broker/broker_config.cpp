// SPDX-License-Identifier: Apache-2.0
#include "broker/broker_config.h"

#include "message/topic_name.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <limits>
#include <type_traits>

namespace gantry {

namespace {

std::string_view trimmed(std::string_view text)
{
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        if (const auto word = trimmed(text.substr(0, end)); !word.empty()) {
            words.push_back(word);
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

Result<std::int64_t> parseInteger(std::string_view key, std::string_view text, std::int64_t least, std::int64_t most)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
        return fail(Errc::InvalidArgument, "{}={}: expected a whole number from {} to {}", key, text, least, most);
    }
    return value;
}

Result<bool> parseBool(std::string_view key, std::string_view text)
{
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (lower == "true" || lower == "false") {
        return lower == "true";
    }
    return fail(Errc::InvalidArgument, "{}={}: expected true or false", key, text);
}

/// One property: how it is read into a configuration and written from one.
struct Binding
{
    std::string_view key;
    std::function<Result<>(BrokerConfig&, std::string_view key, std::string_view text)> read;
    std::function<std::string(const BrokerConfig&)> write;
};

/// Access to a member of the configuration, given as a lambda that returns a reference.
template <typename Access>
Binding integer(std::string_view key, Access access, std::int64_t least, std::int64_t most)
{
    return {key,
            [=](BrokerConfig& config, std::string_view name, std::string_view text) -> Result<> {
                GANTRY_TRY(value, parseInteger(name, text, least, most));
                using Member = std::remove_cvref_t<decltype(access(config))>;
                if constexpr (std::is_arithmetic_v<Member>) {
                    access(config) = static_cast<Member>(value);
                } else {
                    access(config) = Member(value); // a duration
                }
                return {};
            },
            [=](const BrokerConfig& config) {
                const auto& value = access(const_cast<BrokerConfig&>(config));
                if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(value)>>) {
                    return std::to_string(value);
                } else {
                    return std::to_string(value.count());
                }
            }};
}

template <typename Access>
Binding boolean(std::string_view key, Access access)
{
    return {key,
            [=](BrokerConfig& config, std::string_view name, std::string_view text) -> Result<> {
                GANTRY_TRY(value, parseBool(name, text));
                access(config) = value;
                return {};
            },
            [=](const BrokerConfig& config) { return std::string(access(const_cast<BrokerConfig&>(config)) ? "true" : "false"); }};
}

template <typename Access>
Binding text(std::string_view key, Access access)
{
    return {key,
            [=](BrokerConfig& config, std::string_view, std::string_view value) -> Result<> {
                access(config) = std::string(value);
                return {};
            },
            [=](const BrokerConfig& config) {
                const auto& value = access(const_cast<BrokerConfig&>(config));
                if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, std::string>) {
                    return value;
                } else {
                    return value.string(); // a path
                }
            }};
}

/// Topic names are made from these.
template <typename Access>
Binding name(std::string_view key, Access access)
{
    auto binding = text(key, access);
    binding.read = [=](BrokerConfig& config, std::string_view property, std::string_view value) -> Result<> {
        if (auto valid = validateTopicName(value); !valid) {
            return fail(Errc::InvalidArgument, "{}={}: {}", property, value, valid.error().message);
        }
        access(config) = std::string(value);
        return {};
    };
    return binding;
}

Binding nameServers()
{
    return {"namesrvAddr",
            [](BrokerConfig& config, std::string_view key, std::string_view value) -> Result<> {
                config.nameServers.clear();
                for (const auto address : split(value, ';')) {
                    const auto colon = address.rfind(':');
                    if (colon == std::string_view::npos || colon == 0 || !parseInteger(key, address.substr(colon + 1), 1, 65'535)) {
                        return fail(Errc::InvalidArgument, "{}={}: '{}' is not host:port; separate several with ';'", key, value, address);
                    }
                    config.nameServers.emplace_back(address);
                }
                return {};
            },
            [](const BrokerConfig& config) {
                std::string joined;
                for (const auto& address : config.nameServers) {
                    joined += (joined.empty() ? "" : ";") + address;
                }
                return joined;
            }};
}

Binding flushDiskType()
{
    return {"flushDiskType",
            [](BrokerConfig& config, std::string_view key, std::string_view value) -> Result<> {
                if (value != "SYNC_FLUSH" && value != "ASYNC_FLUSH") {
                    return fail(Errc::InvalidArgument, "{}={}: expected SYNC_FLUSH or ASYNC_FLUSH", key, value);
                }
                config.store.flushMode = value == "SYNC_FLUSH" ? FlushMode::Sync : FlushMode::Async;
                return {};
            },
            [](const BrokerConfig& config) { return std::string(config.store.flushMode == FlushMode::Sync ? "SYNC_FLUSH" : "ASYNC_FLUSH"); }};
}

Binding brokerRole()
{
    return {"brokerRole",
            [](BrokerConfig&, std::string_view key, std::string_view value) -> Result<> {
                if (value != "ASYNC_MASTER" && value != "SYNC_MASTER") {
                    return fail(Errc::InvalidArgument, "{}={}: expected ASYNC_MASTER or SYNC_MASTER; this broker does not replicate from another",
                                key, value);
                }
                return {};
            },
            [](const BrokerConfig&) { return std::string("ASYNC_MASTER"); }};
}

Binding deleteWhen()
{
    return {"deleteWhen",
            [](BrokerConfig& config, std::string_view key, std::string_view value) -> Result<> {
                std::vector<int> hours;
                for (const auto hour : split(value, ';')) {
                    GANTRY_TRY(number, parseInteger(key, hour, 0, 23));
                    hours.push_back(static_cast<int>(number));
                }
                if (hours.empty()) {
                    return fail(Errc::InvalidArgument, "{}={}: expected hours from 00 to 23, separated by ';'", key, value);
                }
                config.store.deleteAtHours = std::move(hours);
                return {};
            },
            [](const BrokerConfig& config) {
                std::string joined;
                for (const int hour : config.store.deleteAtHours) {
                    joined += fmt::format("{}{:02}", joined.empty() ? "" : ";", hour);
                }
                return joined;
            }};
}

Binding messageDelayLevel()
{
    return {"messageDelayLevel",
            [](BrokerConfig& config, std::string_view key, std::string_view value) -> Result<> {
                auto levels = parseDelayLevels(value);
                if (!levels) {
                    return fail(Errc::InvalidArgument, "{}={}: {}", key, value, levels.error().message);
                }
                config.messageDelayLevel = std::string(value);
                return {};
            },
            [](const BrokerConfig& config) { return config.messageDelayLevel; }};
}

/// With less than a MiB a second one large message would keep all readers of backlog waiting for a long time.
Binding coldReadLimit(std::string_view key)
{
    static constexpr std::int64_t kLimitMin = kMiB;
    static constexpr std::int64_t kLimitMax = 1024 * kGiB;
    auto binding = integer(key, [](BrokerConfig& config) -> auto& { return config.coldReadBytesPerSecondMax; }, 0, kLimitMax);
    binding.read = [](BrokerConfig& config, std::string_view property, std::string_view value) -> Result<> {
        const auto limit = parseInteger(property, value, 0, kLimitMax);
        if (!limit || (*limit != 0 && *limit < kLimitMin)) {
            return fail(Errc::InvalidArgument, "{}={}: expected 0, or from {} to {} (bytes a second)", property, value, kLimitMin, kLimitMax);
        }
        config.coldReadBytesPerSecondMax = *limit;
        return {};
    };
    return binding;
}

#define GANTRY_MEMBER(path) [](BrokerConfig& config) -> auto& { return config.path; }

std::vector<Binding> brokerBindings()
{
    constexpr std::int64_t kMsMax = 1'000'000'000;
    constexpr std::int64_t kIntMax = std::numeric_limits<std::int32_t>::max();
    std::vector<Binding> list;
    list.push_back(name("brokerClusterName", GANTRY_MEMBER(clusterName)));
    list.push_back(name("brokerName", GANTRY_MEMBER(brokerName)));
    list.push_back(integer("brokerId", GANTRY_MEMBER(brokerId), 0, 0));
    list.push_back(brokerRole());
    list.push_back(text("bindAddress", GANTRY_MEMBER(bindAddress)));
    list.push_back(text("brokerIP1", GANTRY_MEMBER(advertisedIp)));
    list.push_back(integer("listenPort", GANTRY_MEMBER(port), 0, 65'535));
    list.push_back(boolean("fastPortEnabled", GANTRY_MEMBER(fastPortEnabled)));
    list.push_back(nameServers());
    list.push_back(integer("registerNameServerPeriod", GANTRY_MEMBER(registerPeriod), 1, kMsMax));
    list.push_back(integer("defaultTopicQueueNums", GANTRY_MEMBER(defaultTopicQueueCount), 1, kIntMax));
    list.push_back(boolean("autoCreateTopicEnable", GANTRY_MEMBER(autoCreateTopic)));
    list.push_back(boolean("autoCreateSubscriptionGroup", GANTRY_MEMBER(autoCreateGroup)));
    list.push_back(integer("brokerPermission", GANTRY_MEMBER(permission), 0, 15));
    list.push_back(boolean("longPollingEnable", GANTRY_MEMBER(longPolling)));
    list.push_back(integer("shortPollingTimeMills", GANTRY_MEMBER(shortPolling), 1, kMsMax));
    list.push_back(coldReadLimit("globalColdReadThreshold"));
    list.push_back(integer("channelExpiredTimeout", GANTRY_MEMBER(clientExpiry), 1, kMsMax));
    list.push_back(integer("flushConsumerOffsetInterval", GANTRY_MEMBER(offsetFlushInterval), 1, kMsMax));
    list.push_back(integer("flushDelayOffsetInterval", GANTRY_MEMBER(delayOffsetFlushInterval), 1, kMsMax));
    list.push_back(boolean("traceTopicEnable", GANTRY_MEMBER(traceTopic)));
    list.push_back(messageDelayLevel());
    return list;
}

std::vector<Binding> storeBindings()
{
    constexpr std::int64_t kMsMax = 1'000'000'000;
    constexpr std::int64_t kIntMax = std::numeric_limits<std::int32_t>::max();
    constexpr std::int64_t kEntrySize = 20;
    std::vector<Binding> list;
    list.push_back(text("storePathRootDir", GANTRY_MEMBER(store.rootDirectory)));
    list.push_back(text("storePathCommitLog", GANTRY_MEMBER(store.commitLogDirectory)));
    list.push_back(integer("mappedFileSizeCommitLog", GANTRY_MEMBER(store.commitLogFileSize), 4096, kIntMax));
    list.push_back(integer("mappedFileSizeConsumeQueue", GANTRY_MEMBER(store.consumeQueueFileSize), kEntrySize, kIntMax));
    list.push_back(integer("maxHashSlotNum", GANTRY_MEMBER(store.indexSlotCount), 1, 100'000'000));
    list.push_back(integer("maxIndexNum", GANTRY_MEMBER(store.indexEntryCount), 2, 100'000'000));
    list.push_back(boolean("messageIndexEnable", GANTRY_MEMBER(store.indexEnabled)));
    list.push_back(integer("maxMessageSize", GANTRY_MEMBER(store.messageBytesMax), 1, kIntMax));
    list.push_back(flushDiskType());
    list.push_back(integer("flushIntervalCommitLog", GANTRY_MEMBER(store.flushInterval), 1, kMsMax));
    list.push_back(integer("flushIntervalConsumeQueue", GANTRY_MEMBER(store.consumeQueueFlushInterval), 1, kMsMax));
    list.push_back(integer("syncFlushTimeout", GANTRY_MEMBER(store.syncFlushTimeout), 1, kMsMax));
    list.push_back(integer("fileReservedTime", GANTRY_MEMBER(store.reservedTime), 1, 1'000'000));
    list.push_back(deleteWhen());
    list.push_back(integer("diskMaxUsedSpaceRatio", GANTRY_MEMBER(store.diskDeleteRatio), 1, 100));
    list.push_back(integer("diskSpaceCleanForciblyRatio", GANTRY_MEMBER(store.diskForceDeleteRatio), 1, 100));
    list.push_back(integer("diskSpaceWarningLevelRatio", GANTRY_MEMBER(store.diskWarningRatio), 1, 100));
    list.push_back(boolean("checkCRCOnRecover", GANTRY_MEMBER(store.checkCrcOnRecover)));
    list.push_back(integer("maxTransferCountOnMessageInMemory", GANTRY_MEMBER(store.transferMessagesInMemoryMax), 1, kIntMax));
    list.push_back(integer("maxTransferBytesOnMessageInMemory", GANTRY_MEMBER(store.transferBytesInMemoryMax), 1, kIntMax));
    list.push_back(integer("maxTransferCountOnMessageInDisk", GANTRY_MEMBER(store.transferMessagesOnDiskMax), 1, kIntMax));
    list.push_back(integer("maxTransferBytesOnMessageInDisk", GANTRY_MEMBER(store.transferBytesOnDiskMax), 1, kIntMax));
    return list;
}

#undef GANTRY_MEMBER

const std::vector<Binding>& bindings()
{
    static const std::vector<Binding> all = [] {
        auto list = brokerBindings();
        auto more = storeBindings();
        std::move(more.begin(), more.end(), std::back_inserter(list));
        return list;
    }();
    return all;
}

/// Java's ${user.home}, which broker.conf files may name.
std::string withHome(std::string_view value)
{
    constexpr std::string_view kHome = "${user.home}";
    std::string result(value);
    if (const auto at = result.find(kHome); at != std::string::npos) {
        const char* home = std::getenv("HOME");
        result.replace(at, kHome.size(), home != nullptr ? home : "/");
    }
    return result;
}

} // namespace

Result<std::vector<std::chrono::milliseconds>> parseDelayLevels(std::string_view value)
{
    std::vector<std::chrono::milliseconds> levels;
    for (const auto word : split(value, ' ')) {
        std::int64_t count = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
        const auto unit = std::string_view(end, static_cast<std::size_t>(word.data() + word.size() - end));
        const std::int64_t unitMs = unit == "s" ? 1000 : unit == "m" ? 60'000 : unit == "h" ? 3'600'000 : unit == "d" ? 86'400'000 : 0;
        if (error != std::errc{} || unitMs == 0 || count < 0 || count > 100'000) {
            return fail(Errc::InvalidArgument, "'{}' is not a delay; expected a number and s, m, h or d, e.g. 30s", word);
        }
        levels.emplace_back(count * unitMs);
    }
    if (levels.empty()) {
        return fail(Errc::InvalidArgument, "no delay is given; expected e.g. 1s 5s 10s");
    }
    return levels;
}

Result<BrokerConfig> BrokerConfig::fromProperties(const PropertyTable& table, std::vector<std::string>* unknownKeys)
{
    BrokerConfig config;
    for (const auto& [key, raw] : table) {
        const auto binding = std::find_if(bindings().begin(), bindings().end(), [&name = key](const Binding& each) { return each.key == name; });
        if (binding == bindings().end()) {
            if (unknownKeys != nullptr) {
                unknownKeys->push_back(key);
            }
            continue;
        }
        GANTRY_CHECK(binding->read(config, key, withHome(trimmed(raw))));
    }
    return config;
}

PropertyTable BrokerConfig::toProperties() const
{
    PropertyTable table;
    for (const auto& binding : bindings()) {
        table.emplace(binding.key, binding.write(*this));
    }
    return table;
}

} // namespace gantry
