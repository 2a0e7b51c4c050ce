// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "client/admin_client.h"
#include "client/producer.h"
#include "client/push_consumer.h"
#include "remoting/io_runtime.h"

#include <QtGlobal>

#include <memory>
#include <string>

namespace gantry::test {

/// The value; ends the test program with the error's text when there is none.
template <typename T>
T need(Result<T> result)
{
    if (!result) {
        qFatal("%s", result.error().message.c_str());
    }
    return std::move(*result);
}

inline void need(const Result<>& result)
{
    if (!result) {
        qFatal("%s", result.error().message.c_str());
    }
}

[[nodiscard]] Message makeMessage(const std::string& topic, std::string body,
                                  std::string_view tag = {});

/// A cluster and our client on it: the one whose NameServer GANTRY_NAMESRV (ip:port) names, be it
/// Apache's, else a NameServer and a broker of our own in this process, with delay levels of a few
/// seconds.
class ClusterFixture
{
public:
    ClusterFixture();
    ~ClusterFixture();

    /// Names differ from run to run, so that a cluster can be used again.
    [[nodiscard]] std::string unique(const std::string& name) const
    {
        return name + "-" + m_suffix;
    }
    [[nodiscard]] std::unique_ptr<ClientInstance> newInstance(const std::string& name = {});
    /// On one broker, known to the NameServer when this returns.
    [[nodiscard]] std::string newTopic(const std::string& name, int queues);
    [[nodiscard]] static std::unique_ptr<PushConsumer>
    newConsumer(ClientInstance& instance, PushConsumer::Options options, const std::string& topic,
                const std::string& expression = "*");

    [[nodiscard]] ClientInstance& instance() { return *m_instance; }
    [[nodiscard]] AdminClient& admin() { return *m_admin; }
    [[nodiscard]] Producer& producer() { return *m_producer; }
    [[nodiscard]] const std::string& broker() const { return m_broker; }

private:
    struct OwnCluster;
    std::string m_suffix;
    std::unique_ptr<IoRuntime> m_runtime;
    std::unique_ptr<OwnCluster> m_own;
    ClientConfig m_config;
    std::unique_ptr<ClientInstance> m_instance;
    std::unique_ptr<AdminClient> m_admin;
    std::unique_ptr<Producer> m_producer;
    std::string m_broker;
};

} // namespace gantry::test
