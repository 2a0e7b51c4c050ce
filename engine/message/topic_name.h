// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace gantry {

inline constexpr std::string_view kRetryTopicPrefix = "%RETRY%";
inline constexpr std::string_view kDeadLetterTopicPrefix = "%DLQ%";
inline constexpr std::string_view kAutoCreateTopic = "TBW102";
inline constexpr std::string_view kScheduleTopic = "SCHEDULE_TOPIC_XXXX";
inline constexpr std::string_view kTransactionHalfTopic = "RMQ_SYS_TRANS_HALF_TOPIC";
inline constexpr std::string_view kTransactionOpTopic = "RMQ_SYS_TRANS_OP_HALF_TOPIC";
inline constexpr std::string_view kTransactionCheckMaxTopic = "TRANS_CHECK_MAX_TIME_TOPIC";
inline constexpr std::string_view kTraceTopic = "RMQ_SYS_TRACE_TOPIC";
inline constexpr std::string_view kSelfTestTopic = "SELF_TEST_TOPIC";
inline constexpr std::string_view kOffsetMovedTopic = "OFFSET_MOVED_EVENT";
inline constexpr std::string_view kBenchmarkTopic = "BenchmarkTest";

[[nodiscard]] std::string retryTopicOf(std::string_view group);
[[nodiscard]] std::string deadLetterTopicOf(std::string_view group);
[[nodiscard]] bool isRetryTopic(std::string_view topic);
[[nodiscard]] bool isDeadLetterTopic(std::string_view topic);
/// The group of a retry or dead-letter topic, else empty.
[[nodiscard]] std::string_view groupOfTopic(std::string_view topic);
/// Topics that brokers make for themselves (by name or prefix); not retry or dead-letter topics.
[[nodiscard]] bool isSystemTopic(std::string_view topic);
/// Topics no client may send to.
[[nodiscard]] bool isSendForbidden(std::string_view topic);
[[nodiscard]] bool isSystemGroup(std::string_view group);

/// 1 to 127 bytes of letters, digits, % | _ -; the error says which character or length is wrong.
[[nodiscard]] Result<> validateTopicName(std::string_view topic);
/// The same characters, up to 255 bytes.
[[nodiscard]] Result<> validateGroupName(std::string_view group);

} // namespace gantry
