// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message/message.h"

#include <cstdint>
#include <random>
#include <string>

namespace gantry {

inline constexpr const char* kDemoOrdersTopic = "shop-orders";
inline constexpr const char* kDemoRemindersTopic = "shop-reminders";

/// Makes the shop's orders. Not thread-safe.
class DemoOrders
{
public:
    explicit DemoOrders(std::uint64_t seed);
    struct Order
    {
        Message message;
        std::string customer; ///< orders of one customer keep their order
    };
    [[nodiscard]] Order next(std::int64_t nowMs);
    /// A reminder that is delivered some seconds later.
    [[nodiscard]] Message reminderFor(const Order& order, int delayLevel) const;
    [[nodiscard]] bool chance(double share);

private:
    std::mt19937_64 m_random;
    std::int64_t m_number;
};

/// An order nobody can bill, whatever the number of attempts.
[[nodiscard]] bool isPoisoned(const Message& order);
[[nodiscard]] std::int64_t amountCentsOf(const Message& order);

} // namespace gantry
