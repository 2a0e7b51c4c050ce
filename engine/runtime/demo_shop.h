// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/cluster_session.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace gantry {

class DedupLog;
class IoRuntime;

inline constexpr const char* kDemoBillingGroup = "shop-billing";

/// A small shop whose traffic shows what RocketMQ does: keyed and tagged orders, some sent twice, delayed reminders; a
/// billing group of two members that is idempotent by the dedup log and fails on purpose (retries, finally dead
/// letters), orderly shipping, analytics that fall behind and catch up. Real clients over real sockets. Thread-safe.
class DemoShop
{
public:
    struct Environment
    {
        std::vector<std::string> nameServers;
        std::vector<std::string> brokerAddresses; ///< masters; the shop's topics and groups are created there
        DedupLog* dedup = nullptr;
        IoRuntime* runtime = nullptr;
    };

    /// Creates topics and groups, starts consumers, then orders. Waits for answers: not on an event loop.
    [[nodiscard]] static Result<std::unique_ptr<DemoShop>> start(const Environment& environment, const DemoOptions& options);
    ~DemoShop(); ///< stop()
    DemoShop(const DemoShop&) = delete;
    DemoShop& operator=(const DemoShop&) = delete;

    /// Stops the orders, then the consumers. Waits. Idempotent.
    void stop();
    void setDedupMode(DedupMode mode);
    [[nodiscard]] DedupMode dedupMode() const;
    [[nodiscard]] DemoInfo info() const;
    [[nodiscard]] std::set<std::string> clientIds() const;

private:
    struct Impl;
    explicit DemoShop(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace gantry
