// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry {

/// Reserved property names (remoting-level constants of RocketMQ).
namespace property {
inline constexpr std::string_view kKeys = "KEYS";
inline constexpr std::string_view kTags = "TAGS";
inline constexpr std::string_view kWaitStoreOk = "WAIT";
inline constexpr std::string_view kDelayLevel = "DELAY";
inline constexpr std::string_view kRetryTopic = "RETRY_TOPIC";
inline constexpr std::string_view kRealTopic = "REAL_TOPIC";
inline constexpr std::string_view kRealQueueId = "REAL_QID";
inline constexpr std::string_view kTransactionPrepared = "TRAN_MSG";
inline constexpr std::string_view kProducerGroup = "PGROUP";
inline constexpr std::string_view kMinOffset = "MIN_OFFSET";
inline constexpr std::string_view kMaxOffset = "MAX_OFFSET";
inline constexpr std::string_view kOriginMessageId = "ORIGIN_MESSAGE_ID";
inline constexpr std::string_view kReconsumeTime = "RECONSUME_TIME";
inline constexpr std::string_view kMaxReconsumeTimes = "MAX_RECONSUME_TIMES";
inline constexpr std::string_view kMessageRegion = "MSG_REGION";
inline constexpr std::string_view kTraceOn = "TRACE_ON";
inline constexpr std::string_view kUniqueKey = "UNIQ_KEY";
inline constexpr std::string_view kConsumeStartTime = "CONSUME_START_TIME";
inline constexpr std::string_view kCluster = "CLUSTER";
inline constexpr std::string_view kPopCheckpoint = "POP_CK";
inline constexpr std::string_view kTimerDelaySec = "TIMER_DELAY_SEC";
inline constexpr std::string_view kTimerDelayMs = "TIMER_DELAY_MS";
inline constexpr std::string_view kTimerDeliverMs = "TIMER_DELIVER_MS";
inline constexpr std::string_view kShardingKey = "__SHARDINGKEY";
inline constexpr std::string_view kCrc32 = "__CRC32#";
} // namespace property

/// The properties of a message in insertion order. Messages have few, so a flat list beats a map.
/// Wire and disk form: key 0x01 value 0x02, repeated.
class PropertyList
{
public:
    [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const;
    /// The value, or an empty view when absent.
    [[nodiscard]] std::string_view value(std::string_view key) const;
    /// Replaces or appends.
    void set(std::string_view key, std::string_view value);
    void remove(std::string_view key);
    [[nodiscard]] bool empty() const { return m_entries.empty(); }
    [[nodiscard]] std::size_t size() const { return m_entries.size(); }
    [[nodiscard]] auto begin() const { return m_entries.begin(); }
    [[nodiscard]] auto end() const { return m_entries.end(); }
    bool operator==(const PropertyList&) const = default;

    /// Accepts a missing trailing 0x02; drops pairs that Apache drops (shorter than 3 characters, empty value);
    /// the last of equal keys wins.
    [[nodiscard]] static PropertyList decode(std::string_view text);
    /// With a trailing 0x02 after the last pair.
    [[nodiscard]] std::string encode() const;

private:
    std::vector<std::pair<std::string, std::string>> m_entries;
};

/// Calls visitor(key, value) for every pair Apache would keep (a name and a value, neither empty), in order; of equal
/// names the last one counts. For whoever wants several properties: one walk instead of one per name.
template <typename Visitor>
void forEachEncodedProperty(std::string_view encoded, Visitor&& visitor)
{
    while (!encoded.empty()) {
        const std::size_t end = encoded.find('\x02');
        const std::string_view pair = encoded.substr(0, end);
        const std::size_t middle = pair.find('\x01');
        if (middle != std::string_view::npos && middle > 0 && middle + 1 < pair.size()) {
            visitor(pair.substr(0, middle), pair.substr(middle + 1));
        }
        if (end == std::string_view::npos) {
            return;
        }
        encoded.remove_prefix(end + 1);
    }
}

/// Finds one property in the encoded form without decoding the rest.
[[nodiscard]] std::optional<std::string_view> findEncodedProperty(std::string_view encoded, std::string_view key);
/// The encoded form with `key` set (appended or replaced) or removed.
[[nodiscard]] std::string withEncodedProperty(std::string_view encoded, std::string_view key, std::string_view value);
[[nodiscard]] std::string withoutEncodedProperty(std::string_view encoded, std::string_view key);

} // namespace gantry
