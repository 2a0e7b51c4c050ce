// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/broker_core.h"
#include "remoting/dispatcher.h"

#include <memory>
#include <optional>

namespace gantry {

/// Reads messages for consumers: 11 and 361. A pull at the end of its queue is held until something arrives. Reads
/// that need the disk, and while somebody sends those far behind the end of the log, are done on a background thread.
class PullMessageProcessor final : public Processor
{
public:
    explicit PullMessageProcessor(BrokerCore& core);
    void handle(const ConnectionPtr& connection, RemotingCommand request, Responder responder) override;
    /// Answers a pull that was held, with whatever there is now. On any thread; the work happens on the connection's
    /// loop.
    void wake(HeldPull pull);

private:
    enum class Pass { First, AfterHold };
    struct Checked
    {
        TopicConfigManager::TopicPtr topic;
        SubscriptionGroupManager::GroupPtr group;
        std::shared_ptr<const MessageFilter> filter;
    };

    /// False if the request was answered with a refusal.
    bool check(const PullMessageHeader& header, Responder& responder, Checked& checked) const;
    bool checkSubscription(const PullMessageHeader& header, Responder& responder, Checked& checked) const;
    void readOrDefer(HeldPull pull, Pass pass);
    /// Gives the pull back when that would wait for the disk and must not.
    [[nodiscard]] std::optional<HeldPull> read(HeldPull pull, Pass pass, bool mayWait);
    /// On a background thread, in the pace of backlog.
    void readAside(HeldPull pull, Pass pass);
    void answer(HeldPull& pull, GetResult result) const;
    void hold(HeldPull pull, const GetResult& result);

    BrokerCore& m_core;
};

} // namespace gantry
