// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/runtime_info.h"

#include "broker/delay_service.h"
#include "message/topic_name.h"
#include "protocol/command.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace gantry {

namespace {

using Info = std::map<std::string, std::string>;

constexpr double kNanosPerMs = 1e6;

std::uint64_t load(const std::atomic<std::uint64_t>& counter)
{
    return counter.load(std::memory_order_relaxed);
}

/// "1.5 GiB", as Apache's tools print sizes.
std::string readableBytes(std::uint64_t bytes)
{
    constexpr std::string_view kPrefixes = "KMGTPE";
    if (bytes < 1024) {
        return fmt::format("{} B", bytes);
    }
    auto value = static_cast<double>(bytes) / 1024;
    std::size_t prefix = 0;
    while (value >= 1024 && prefix + 1 < kPrefixes.size()) {
        value /= 1024;
        ++prefix;
    }
    return fmt::format("{:.1f} {}iB", value, kPrefixes[prefix]);
}

std::string readableDuration(std::int64_t milliseconds)
{
    const std::int64_t seconds = std::max<std::int64_t>(milliseconds, 0) / 1000;
    return fmt::format("[ {} days, {} hours, {} minutes, {} seconds ]", seconds / 86'400,
                       seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}

/// How many puts took how long, in Apache's steps.
std::string distribution(const HistogramSnapshot& latency)
{
    struct Step
    {
        std::string_view name;
        std::uint64_t upToMs; ///< inclusive
    };
    constexpr std::array<Step, 13> kSteps{{{"<=0ms", 0},
                                           {"0~10ms", 10},
                                           {"10~50ms", 50},
                                           {"50~100ms", 100},
                                           {"100~200ms", 200},
                                           {"200~500ms", 500},
                                           {"500ms~1s", 1000},
                                           {"1~2s", 2000},
                                           {"2~3s", 3000},
                                           {"3~4s", 4000},
                                           {"4~5s", 5000},
                                           {"5~10s", 10'000},
                                           {"10s~", std::numeric_limits<std::uint64_t>::max()}}};
    std::array<std::uint64_t, kSteps.size()> counts{};
    for (std::size_t bucket = 0; bucket < latency.counts.size(); ++bucket) {
        // Apache measures whole milliseconds, cut off.
        const auto ms = static_cast<std::uint64_t>(
            static_cast<double>(LatencyHistogram::upperBound(bucket)) / kNanosPerMs);
        const auto step =
            std::ranges::find_if(kSteps, [&](const Step& each) { return ms <= each.upToMs; });
        counts[static_cast<std::size_t>(step - kSteps.begin())] += latency.counts[bucket];
    }
    std::string text;
    for (std::size_t i = 0; i < kSteps.size(); ++i) {
        text += fmt::format("{}[{}]:{}", text.empty() ? "" : " ", kSteps[i].name, counts[i]);
    }
    return text;
}

void addIdentity(const BrokerCore& core, Info& info)
{
    info["brokerVersionDesc"] = "V5_3_3";
    info["brokerVersion"] = std::to_string(kProtocolVersion);
    info["brokerActive"] = core.isServing ? "true" : "false";
    info["startAcceptSendRequestTimeStamp"] = "0";
    info["bootTimestamp"] = std::to_string(core.startedAtMs);
    info["runtime"] = readableDuration(core.clock.wallMs() - core.startedAtMs);
}

void addTraffic(const BrokerCore& core, Info& info)
{
    const auto put = core.stats.putTotals();
    info["msgPutTotalYesterdayMorning"] = std::to_string(put.yesterdayMorning);
    info["msgPutTotalTodayMorning"] = std::to_string(put.todayMorning);
    info["msgPutTotalTodayNow"] = std::to_string(put.now);
    const auto get = core.stats.getTotals();
    info["msgGetTotalYesterdayMorning"] = std::to_string(get.yesterdayMorning);
    info["msgGetTotalTodayMorning"] = std::to_string(get.todayMorning);
    info["msgGetTotalTodayNow"] = std::to_string(get.now);
    const auto rates = core.stats.storeRates();
    info["putTps"] = rates.put;
    info["getFoundTps"] = rates.getFound;
    info["getMissTps"] = rates.getMiss;
    info["getTotalTps"] = rates.getTotal;
    info["getTransferredTps"] = rates.transferred;
    info["getTransferedTps"] = rates.transferred; // older readers look for the old spelling
}

void addPuts(const BrokerCore& core, Info& info)
{
    const StoreMetrics& metrics = core.store->metrics();
    const auto latency = metrics.putLatency.snapshot();
    const std::uint64_t messages = load(metrics.messagesPut);
    const std::uint64_t bytes = load(metrics.bytesPut);
    const auto inMs = [](std::uint64_t nanoseconds) {
        return fmt::format("{:.2f}", static_cast<double>(nanoseconds) / kNanosPerMs);
    };
    info["putMessageEntireTimeMax"] =
        fmt::format("{:.0f}", std::floor(static_cast<double>(latency.max) / kNanosPerMs));
    info["putMessageTimesTotal"] = std::to_string(messages);
    info["putMessageFailedTimes"] = std::to_string(load(metrics.putsFailed));
    info["putMessageSizeTotal"] = std::to_string(bytes);
    info["putMessageDistributeTime"] = distribution(latency);
    info["putMessageAverageSize"] =
        fmt::format("{:.2f}", static_cast<double>(bytes) /
                                  static_cast<double>(std::max<std::uint64_t>(messages, 1)));
    info["putLatency99"] = inMs(latency.quantile(0.99));
    info["putLatency999"] = inMs(latency.quantile(0.999));
    info["getMessageEntireTimeMax"] = "0";
    info["dispatchMaxBuffer"] = "0";
}

void addStore(const BrokerCore& core, Info& info)
{
    const StorePositions at = core.store->positions();
    const auto ratio = [](double value) { return fmt::format("{}", value < 0 ? 0.0 : value); };
    const auto& config = core.store->config();
    const auto commitLog = config.commitLogDirectory.empty() ? config.rootDirectory / "commitlog"
                                                             : config.commitLogDirectory;
    info["dispatchBehindBytes"] =
        std::to_string(std::max<std::int64_t>(at.maxOffset - at.dispatchedOffset, 0));
    info["pageCacheLockTimeMills"] = "0";
    info["earliestMessageTimeStamp"] = std::to_string(at.earliestStoreTimestampMs);
    info["remainTransientStoreBufferNumbs"] =
        std::to_string(std::numeric_limits<std::int32_t>::max());
    info["remainHowManyDataToFlush"] = readableBytes(
        static_cast<std::uint64_t>(std::max<std::int64_t>(at.maxOffset - at.flushedOffset, 0)));
    info["commitLogDirCapacity"] =
        fmt::format("Total : {}, Free : {}.", readableBytes(at.diskTotalBytes),
                    readableBytes(at.diskAvailableBytes));
    info["commitLogDiskRatio"] = ratio(at.commitLogDiskRatio);
    info["commitLogDiskRatio_" + commitLog.string()] = ratio(at.commitLogDiskRatio);
    info["consumeQueueDiskRatio"] = ratio(at.consumeQueueDiskRatio);
    info["commitLogMinOffset"] = std::to_string(at.minOffset);
    info["commitLogMaxOffset"] = std::to_string(at.maxOffset);
}

/// Requests are served on event loops: there are no pools whose queues could grow.
void addThreadPools(Info& info)
{
    for (const char* pool : {"send", "pull", "litePull", "query", "ack"}) {
        info[fmt::format("{}ThreadPoolQueueSize", pool)] = "0";
        info[fmt::format("{}ThreadPoolQueueCapacity", pool)] = "0";
        info[fmt::format("{}ThreadPoolQueueHeadWaitTimeMills", pool)] = "0";
    }
    info["EndTransactionQueueSize"] = "0";
    info["EndTransactionThreadPoolQueueCapacity"] = "0";
}

void addDelays(const BrokerCore& core, Info& info)
{
    for (const char* key : {"timerReadBehind", "timerOffsetBehind", "timerCongestNum"}) {
        info[key] = "0";
    }
    info["timerEnqueueTps"] = "0.0";
    info["timerDequeueTps"] = "0.0";
    for (const auto& [level, offset] : core.delay->offsets()) {
        info[fmt::format("scheduleMessageOffset_{}", level)] =
            fmt::format("{},{}", offset, core.store->maxOffset(kScheduleTopic, level - 1));
    }
}

} // namespace

std::map<std::string, std::string> runtimeInfo(const BrokerCore& core)
{
    Info info;
    addIdentity(core, info);
    addTraffic(core, info);
    addPuts(core, info);
    addStore(core, info);
    addThreadPools(info);
    addDelays(core, info);
    return info;
}

} // namespace gantry
