// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/broker_core.h"
#include "remoting/dispatcher.h"

#include <memory>
#include <optional>

namespace gantry {

/// Reads messages for consumers: 11 and 361. A pull at the end of its queue is held until something arrives. Near the end
/// of the log, reads that need the disk are done on a blocking thread. Those far behind it that need the disk, and while
/// somebody sends all of them, are done on a background thread, in the pace of backlog (PacedPulls).
class PullMessageProcessor final : public Processor
{
public:
    explicit PullMessageProcessor(BrokerCore& core);
    void handle(const ConnectionPtr& connection, RemotingCommand request, Responder responder) override;
    /// Answers a pull that was held, with whatever there is now. On any thread; the work happens on the connection's
    /// loop.
    void wake(HeldPull pull);
    /// Reads far behind the log's end on a background thread; false if too much waits for those. What PacedPulls calls.
    [[nodiscard]] bool beginFar(const std::shared_ptr<HeldPull>& pull);

private:
    /// Loop: nothing from the disk, and nothing far away while somebody sends. Blocking: nothing far away.
    enum class Place { Loop, Blocking, Background };
    struct Deferred
    {
        HeldPull pull;
        bool isFar = false;
    };
    struct Checked
    {
        TopicConfigManager::TopicPtr topic;
        SubscriptionGroupManager::GroupPtr group;
        std::shared_ptr<const MessageFilter> filter;
    };

    /// False if the request was answered with a refusal.
    bool check(const PullMessageHeader& header, Responder& responder, Checked& checked) const;
    bool checkSubscription(const PullMessageHeader& header, Responder& responder, Checked& checked) const;
    void readOrDefer(HeldPull pull);
    void readNear(HeldPull pull);
    void readFar(HeldPull pull);
    /// Gives the pull back when it must not be read there.
    [[nodiscard]] std::optional<Deferred> read(HeldPull pull, Place place);
    void refuseToRead(HeldPull& pull) const;
    void answer(HeldPull& pull, GetResult result) const;
    void hold(HeldPull pull, const GetResult& result);

    BrokerCore& m_core;
};

} // namespace gantry
