// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/posix_file_system.h"
#include "broker/broker.h"
#include "message/record_codec.h"
#include "protocol/bodies/heartbeat_data.h"
#include "protocol/header_codec.h"
#include "protocol/headers/pull_message.h"
#include "protocol/headers/send_message.h"
#include "remoting/remoting_client.h"

#include <QTemporaryDir>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

namespace gantry {

/// A broker with a small store in a temporary directory and a client on loopback.
class BrokerHarness
{
public:
    using Configure = std::function<void(BrokerConfig&)>;

    explicit BrokerHarness(Configure configure = {})
        : m_configure(std::move(configure))
        , m_notices(std::make_shared<Notices>())
    {
        auto requests = std::make_shared<Dispatcher>();
        requests->add(RequestCode::NotifyConsumerIdsChanged, [notices = m_notices](const ConnectionPtr&, RemotingCommand request, Responder) {
            const std::scoped_lock guard(notices->mutex);
            notices->groups.emplace_back(request.fields.find("consumerGroup").value_or("?"));
            notices->changed.notify_all();
        });
        m_client = std::make_unique<RemotingClient>(m_runtime, RemotingClient::Options{}, requests);
    }
    ~BrokerHarness()
    {
        m_client->stop();
        m_broker.reset();
    }

    [[nodiscard]] BrokerConfig config() const
    {
        BrokerConfig config;
        config.clusterName = "TestCluster";
        config.brokerName = "bk-1";
        config.port = 0;
        config.store.rootDirectory = m_directory.path().toStdString();
        config.store.commitLogFileSize = 16 * kMiB;
        config.store.consumeQueueFileSize = 20'000;
        config.store.indexSlotCount = 1000;
        config.store.indexEntryCount = 4000;
        config.store.diskDeleteRatio = 99;
        config.store.diskForceDeleteRatio = 99;
        config.store.diskWarningRatio = 99;
        if (m_configure) {
            m_configure(config);
        }
        return config;
    }
    [[nodiscard]] Result<> start()
    {
        FileSystem& files = m_otherFiles != nullptr ? *m_otherFiles : m_files;
        m_broker = std::make_unique<Broker>(config(), Broker::Dependencies{files, SystemClock::instance(), m_runtime});
        return m_broker->start();
    }
    void stop() { m_broker.reset(); }
    /// From the next start on. Must outlive the harness.
    void useFiles(FileSystem& files) { m_otherFiles = &files; }
    [[nodiscard]] Result<> restart()
    {
        stop();
        return start();
    }
    [[nodiscard]] Broker& broker() { return *m_broker; }
    [[nodiscard]] RemotingClient& client() { return *m_client; }
    [[nodiscard]] IoRuntime& runtime() { return m_runtime; }
    [[nodiscard]] FileSystem& files() { return m_files; }
    [[nodiscard]] std::string directory() const { return m_directory.path().toStdString(); }
    /// One more client process, so to say: an own connection.
    [[nodiscard]] std::unique_ptr<RemotingClient> anotherClient(HeaderEncoding encoding = HeaderEncoding::Json)
    {
        RemotingClient::Options options;
        options.encoding = encoding;
        return std::make_unique<RemotingClient>(m_runtime, options);
    }

    /// A response whose code is -1 stands for a failed call.
    [[nodiscard]] RemotingCommand call(RemotingCommand request, RemotingClient* through = nullptr)
    {
        auto answer = (through != nullptr ? *through : *m_client).invokeSync(m_broker->address(), std::move(request), std::chrono::seconds(20));
        if (answer) {
            return std::move(*answer);
        }
        RemotingCommand failed;
        failed.code = -1;
        failed.remark = answer.error().message;
        return failed;
    }
    template <typename Header>
    [[nodiscard]] static RemotingCommand make(RequestCode code, const Header& header)
    {
        auto request = RemotingCommand::request(code);
        encodeHeader(header, request.fields);
        return request;
    }

    [[nodiscard]] static SendMessageHeader sendHeader(const std::string& topic, std::int32_t queueId, const std::string& properties = {})
    {
        SendMessageHeader header;
        header.producerGroup = "pg";
        header.topic = topic;
        header.defaultTopic = "TBW102";
        header.defaultTopicQueueNums = 4;
        header.queueId = queueId;
        header.bornTimestamp = SystemClock::instance().wallMs();
        header.properties = properties;
        return header;
    }
    [[nodiscard]] static RemotingCommand sendRequest(const SendMessageHeader& header, const std::string& body, RequestCode code = RequestCode::SendMessageV2)
    {
        auto request = RemotingCommand::request(code);
        if (code == RequestCode::SendMessage) {
            encodeHeader(header, request.fields);
        } else {
            SendMessageHeaderV2 shortNames;
            static_cast<SendMessageHeader&>(shortNames) = header;
            encodeHeader(shortNames, request.fields);
        }
        request.body = body;
        return request;
    }
    [[nodiscard]] RemotingCommand send(const std::string& topic, std::int32_t queueId, const std::string& body, const std::string& properties = {})
    {
        return call(sendRequest(sendHeader(topic, queueId, properties), body));
    }

    [[nodiscard]] static PullMessageHeader pullHeader(const std::string& group, const std::string& topic, std::int32_t queueId, std::int64_t offset,
                                                      const std::string& expression = "*")
    {
        PullMessageHeader header;
        header.consumerGroup = group;
        header.topic = topic;
        header.queueId = queueId;
        header.queueOffset = offset;
        header.maxMsgNums = 32;
        header.sysFlag = pullflag::kSubscription;
        header.subscription = expression;
        return header;
    }
    [[nodiscard]] RemotingCommand pull(const PullMessageHeader& header) { return call(make(RequestCode::PullMessage, header)); }
    /// Pulls until the queue has `count` messages after `offset`; arrival in queues trails the send's answer a little.
    [[nodiscard]] std::vector<MessageExt> pullMessages(const std::string& topic, std::int32_t queueId, std::int64_t offset, std::size_t count,
                                                       std::chrono::milliseconds patience = std::chrono::seconds(10))
    {
        std::vector<MessageExt> messages;
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (messages.size() < count && std::chrono::steady_clock::now() < deadline) {
            auto header = pullHeader("reader", topic, queueId, offset);
            header.sysFlag |= pullflag::kSuspend;
            header.suspendTimeoutMillis = 500;
            const auto answer = pull(header);
            if (answer.code == 17) {
                continue; // the topic is made by the first message
            }
            auto decoded = decodeMessages(answer.body);
            if (!decoded) {
                break;
            }
            for (auto& message : *decoded) {
                offset = message.queueOffset + 1;
                messages.push_back(std::move(message));
            }
        }
        return messages;
    }

    [[nodiscard]] static RemotingCommand heartbeat(const std::string& clientId, const std::string& group, const std::string& topic,
                                                   const std::string& expression = "*", std::int64_t version = 1)
    {
        HeartbeatData data;
        data.clientId = clientId;
        ConsumerData consumer;
        consumer.groupName = group;
        auto subscription = makeSubscription(topic, expression);
        subscription.subVersion = version;
        consumer.subscriptions.push_back(subscription);
        data.consumers.push_back(consumer);
        auto request = RemotingCommand::request(RequestCode::HeartBeat);
        request.body = data.encode();
        return request;
    }
    /// Waits until so many notices (40) have come to the main client.
    [[nodiscard]] bool waitForNotices(std::size_t count)
    {
        std::unique_lock guard(m_notices->mutex);
        return m_notices->changed.wait_for(guard, std::chrono::seconds(10), [&] { return m_notices->groups.size() >= count; });
    }
    [[nodiscard]] std::size_t noticeCount() const
    {
        const std::scoped_lock guard(m_notices->mutex);
        return m_notices->groups.size();
    }

private:
    struct Notices
    {
        mutable std::mutex mutex;
        std::condition_variable changed;
        std::vector<std::string> groups;
    };

    QTemporaryDir m_directory;
    PosixFileSystem m_files;
    FileSystem* m_otherFiles = nullptr;
    Configure m_configure;
    std::shared_ptr<Notices> m_notices;
    IoRuntime m_runtime{IoRuntime::Options{}};
    std::unique_ptr<RemotingClient> m_client;
    std::unique_ptr<Broker> m_broker;
};

} // namespace gantry
