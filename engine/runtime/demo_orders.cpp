// SPDX-License-Identifier: Apache-2.0
#include "runtime/demo_orders.h"

#include "base/json.h"

#include <nlohmann/json.hpp>

#include <array>
#include <string_view>

namespace gantry {

namespace {

constexpr std::array<std::string_view, 12> kCustomers{"Ada Lindqvist", "Bao Nguyen", "Carla Rossi", "Deniz Kaya", "Elif Demir", "Farid Haddad",
                                                      "Greta Novak", "Hiro Tanaka", "Ines Moreau", "Jonas Weber", "Kofi Mensah", "李娜"};
struct Article
{
    std::string_view name;
    int cents;
};
constexpr std::array<Article, 8> kArticles{{{"espresso beans 1 kg", 2190}, {"hand grinder", 8900}, {"filter papers", 490}, {"gooseneck kettle", 5450},
                                            {"travel mug", 1990}, {"scale 0.1 g", 3290}, {"milk jug", 1490}, {"descaler", 790}}};
constexpr double kPoisonShare = 0.012;

} // namespace

DemoOrders::DemoOrders(std::uint64_t seed)
    : m_random(seed)
    , m_number(static_cast<std::int64_t>(seed % 900'000) + 100'000)
{}

bool DemoOrders::chance(double share)
{
    return std::bernoulli_distribution(share)(m_random);
}

DemoOrders::Order DemoOrders::next(std::int64_t nowMs)
{
    const auto pick = [&](std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(m_random); };
    Order order;
    order.customer = std::string(kCustomers[pick(kCustomers.size())]);
    const std::string id = "order-" + std::to_string(m_number++);
    nlohmann::json items = nlohmann::json::array();
    std::int64_t total = 0;
    for (std::size_t i = 0, count = 1 + pick(3); i < count; ++i) {
        const Article& article = kArticles[pick(kArticles.size())];
        const auto quantity = static_cast<int>(1 + pick(2));
        items.push_back({{"article", std::string(article.name)}, {"quantity", quantity}, {"cents", article.cents}});
        total += std::int64_t{article.cents} * quantity;
    }
    nlohmann::json body{{"orderId", id}, {"customer", order.customer}, {"items", items}, {"totalCents", total}, {"currency", "EUR"}, {"placedAt", nowMs}};
    if (chance(kPoisonShare)) {
        body["coupon"] = "EXPIRED-COUPON"; // billing cannot handle it, so it ends as a dead letter
    }
    order.message.topic = kDemoOrdersTopic;
    order.message.setKeys(id);
    const auto kind = pick(10);
    order.message.setTags(kind < 6 ? "standard" : kind < 9 ? "express" : "gift");
    order.message.properties.set("channel", pick(3) == 0 ? "app" : "web");
    order.message.body = dumpJson(body);
    return order;
}

Message DemoOrders::reminderFor(const Order& order, int delayLevel) const
{
    Message reminder;
    reminder.topic = kDemoRemindersTopic;
    reminder.setKeys(order.message.keys());
    reminder.setTags("how-was-it");
    reminder.setDelayLevel(delayLevel);
    reminder.body = dumpJson({{"to", order.customer}, {"about", std::string(order.message.keys())}});
    return reminder;
}

bool isPoisoned(const Message& order)
{
    return order.body.find("EXPIRED-COUPON") != std::string::npos;
}

std::int64_t amountCentsOf(const Message& order)
{
    const auto body = parseJson(order.body, "an order");
    return body && body->is_object() ? body->value("totalCents", std::int64_t{0}) : 0;
}

} // namespace gantry
