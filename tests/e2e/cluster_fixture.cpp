// SPDX-License-Identifier: GPL-3.0-or-later
#include "cluster_fixture.h"

#include "base/posix_file_system.h"
#include "base/units.h"
#include "broker/broker.h"
#include "namesrv/name_server.h"

#include <QTemporaryDir>
#include <QTest>

#include <random>

namespace gantry::test {

Message makeMessage(const std::string& topic, std::string body, std::string_view tag)
{
    Message message;
    message.topic = topic;
    message.body = std::move(body);
    if (!tag.empty()) {
        message.setTags(tag);
    }
    return message;
}

struct ClusterFixture::OwnCluster
{
    IoRuntime runtime{IoRuntime::Options{}};
    QTemporaryDir directory;
    std::unique_ptr<NameServer> nameServer;
    std::unique_ptr<Broker> broker;

    OwnCluster()
    {
        auto& files = PosixFileSystem::instance();
        auto& clock = SystemClock::instance();
        NameServerConfig nameServerConfig;
        nameServerConfig.port = 0;
        nameServer = std::make_unique<NameServer>(nameServerConfig, runtime, files, clock);
        need(nameServer->start());
        const auto root = directory.path().toStdString();
        const PropertyTable properties = {
            {"listenPort", "0"},
            {"namesrvAddr", nameServer->address()},
            {"storePathRootDir", root},
            {"storePathCommitLog", root + "/commitlog"},
            {"mappedFileSizeCommitLog", std::to_string(64 * kMiB)},
            {"mappedFileSizeConsumeQueue", "600000"},
            {"maxHashSlotNum", "50000"},
            {"maxIndexNum", "200000"},
            {"messageDelayLevel", "1s 2s 3s 1s 1s 1s 1s 1s 1s 1s 1s 1s 1s 1s 1s 1s 1s 1s"},
        };
        broker = std::make_unique<Broker>(need(BrokerConfig::fromProperties(properties)),
                                          Broker::Dependencies{files, clock, runtime});
        need(broker->start());
    }
    ~OwnCluster()
    {
        broker->stop();
        nameServer->stop();
    }
};

ClusterFixture::ClusterFixture()
    : m_suffix(std::to_string(std::random_device{}() % 1'000'000))
    , m_runtime(std::make_unique<IoRuntime>(IoRuntime::Options{}))
{
    const auto given = qEnvironmentVariable("GANTRY_NAMESRV").toStdString();
    if (given.empty()) {
        m_own = std::make_unique<OwnCluster>();
    }
    m_config.nameServers = {given.empty() ? m_own->nameServer->address() : given};
    m_instance = newInstance();
    m_admin = std::make_unique<AdminClient>(*m_instance);
    m_producer =
        std::make_unique<Producer>(*m_instance, Producer::Options{.group = unique("shop")});
    need(m_producer->start());
    for (int i = 0; i < 400 && m_broker.empty(); ++i) { // brokers register every 30 s
        const auto cluster = need(m_admin->clusterInfo());
        if (!cluster.brokerAddrTable.empty()) {
            m_broker = cluster.brokerAddrTable.begin()->second.address();
        } else {
            QTest::qWait(100);
        }
    }
    if (m_broker.empty()) {
        qFatal("no broker has registered");
    }
}

ClusterFixture::~ClusterFixture()
{
    m_producer.reset();
    m_admin.reset();
    m_instance.reset();
    m_own.reset();
}

std::unique_ptr<ClientInstance> ClusterFixture::newInstance(const std::string& name)
{
    auto config = m_config;
    config.instanceName = name;
    return std::make_unique<ClientInstance>(*m_runtime, config);
}

std::string ClusterFixture::newTopic(const std::string& name, int queues)
{
    TopicConfig config;
    config.topicName = unique(name);
    config.readQueueNums = queues;
    config.writeQueueNums = queues;
    need(m_admin->createTopic(m_broker, config));
    for (int i = 0; i < 200 && !m_admin->topicRoute(config.topicName); ++i) {
        QTest::qWait(20);
    }
    return config.topicName;
}

std::unique_ptr<PushConsumer> ClusterFixture::newConsumer(ClientInstance& instance,
                                                          PushConsumer::Options options,
                                                          const std::string& topic,
                                                          const std::string& expression)
{
    auto consumer = std::make_unique<PushConsumer>(instance, std::move(options));
    need(consumer->subscribe(topic, expression));
    return consumer;
}

} // namespace gantry::test
