// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"
#include "ui/models/field_model.h"

#include <cstdint>
#include <vector>

/// What the tabs of the Brokers page say of a node, line by line. Values nobody knows are shown as unknown.
namespace gantry::ui {

[[nodiscard]] std::vector<Field> brokerSummary(const BrokerInfo& broker, std::int64_t nowMs);
[[nodiscard]] std::vector<Field> brokerStore(const BrokerInfo& broker);
[[nodiscard]] std::vector<Field> brokerLatency(const BrokerInfo& broker);
/// How long messages are kept, and which files were deleted.
[[nodiscard]] std::vector<Field> brokerRetention(const BrokerInfo& broker, std::int64_t nowMs);
/// How its store was opened: clean or not, what was cut, what is damaged.
[[nodiscard]] std::vector<Field> brokerLastStart(const BrokerInfo& broker);
[[nodiscard]] std::vector<Field> nameServerSummary(const NameServerInfo& server);

} // namespace gantry::ui
