// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/byte_cursor.h"
#include "base/compress.h"
#include "base/posix_file_system.h"
#include "namesrv/name_server.h"
#include "protocol/bodies/register_broker_body.h"
#include "protocol/bodies/topic_route.h"
#include "protocol/header_codec.h"
#include "protocol/headers/namesrv.h"
#include "remoting/remoting_client.h"
#include "support/manual_clock.h"

#include <QTemporaryDir>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gantry::test {

inline constexpr std::chrono::seconds kPatience{5};

/// Somebody who asks a NameServer over a real socket; a broker of the test is one of these, too.
class Peer
{
public:
    explicit Peer(IoRuntime& runtime)
        : m_client(std::make_unique<RemotingClient>(runtime, RemotingClient::Options{}))
    {}

    /// The response whatever its code, or one with code -1 and the error as remark.
    RemotingCommand ask(const std::string& address, RemotingCommand request)
    {
        auto response = m_client->invokeSync(address, std::move(request), kPatience);
        if (!response) {
            RemotingCommand failed;
            failed.code = -1;
            failed.remark = response.error().message;
            return failed;
        }
        return std::move(*response);
    }
    RemotingCommand ask(const std::string& address, RequestCode code)
    {
        return ask(address, RemotingCommand::request(code));
    }
    template <typename Header>
    RemotingCommand ask(const std::string& address, RequestCode code, const Header& header,
                        std::string body = {}, std::int32_t version = kProtocolVersion)
    {
        auto request = RemotingCommand::request(code);
        encodeHeader(header, request.fields);
        request.body = std::move(body);
        request.version = version;
        return ask(address, std::move(request));
    }
    /// Closes all connections at once.
    void leave() { m_client->stop(); }

private:
    std::unique_ptr<RemotingClient> m_client;
};

/// What a broker of the test tells about itself.
struct BrokerFacts
{
    std::string cluster = "East";
    std::string name = "broker-a";
    std::int64_t id = 0;
    std::string address = "127.0.0.1:10911";
    std::string haAddress = "127.0.0.1:10912";
    std::int64_t version = 1; ///< counter of the data version
    std::int64_t stateVersion = 0;
    std::vector<std::string> topics = {"Orders", "Payments"};
    int perm = 6;
    int topicSysFlag = 0;
    std::optional<std::int64_t> expiryMs;
    std::optional<bool> enableActingMaster = false;
    bool compressed = false;

    [[nodiscard]] RegisterBrokerHeader header() const
    {
        RegisterBrokerHeader header;
        header.brokerName = name;
        header.brokerAddr = address;
        header.clusterName = cluster;
        header.haServerAddr = haAddress;
        header.brokerId = id;
        header.heartbeatTimeoutMillis = expiryMs;
        header.enableActingMaster = enableActingMaster;
        header.compressed = compressed;
        return header;
    }
    [[nodiscard]] DataVersion dataVersion() const
    {
        DataVersion data;
        data.counter = version;
        data.stateVersion = stateVersion;
        data.timestamp = 1'700'000'000'000;
        return data;
    }
    /// The form of brokers with compressedRegister: zlib over counted texts.
    [[nodiscard]] std::string packed() const
    {
        std::string plain;
        const auto number = [&](std::size_t value) {
            std::array<std::byte, 4> bytes{};
            storeBig(bytes.data(), static_cast<std::int32_t>(value));
            plain += asText(bytes);
        };
        const auto text = [&](const std::string& value) {
            number(value.size());
            plain += value;
        };
        text(dataVersion().encode());
        number(topics.size());
        for (const std::string& topic : topics) {
            text(fmt::format("{} 4 4 {} SINGLE_TAG {{}}", topic, perm));
        }
        text("[]");
        number(0);
        return compress(plain, CompressionType::Zlib, 9).value();
    }
    [[nodiscard]] std::string body() const
    {
        RegisterBrokerBody body;
        body.topicTable.dataVersion = dataVersion();
        for (const std::string& topicName : topics) {
            TopicConfig topic;
            topic.topicName = topicName;
            topic.readQueueNums = 4;
            topic.writeQueueNums = 4;
            topic.perm = perm;
            topic.topicSysFlag = topicSysFlag;
            body.topicTable.topics[topicName] = topic;
        }
        return compressed ? packed() : body.encode();
    }
};

inline RemotingCommand registerAt(Peer& peer, const std::string& address, const BrokerFacts& broker)
{
    return peer.ask(address, RequestCode::RegisterBroker, broker.header(), broker.body());
}

inline RemotingCommand routeOf(Peer& peer, const std::string& address, const std::string& topic,
                               std::int32_t version = kProtocolVersion)
{
    return peer.ask(address, RequestCode::GetRouteInfoByTopic, GetRouteInfoHeader{topic, {}}, {},
                    version);
}

/// A runtime, a clock, files in a directory of their own, and NameServers on free ports.
class Site
{
public:
    Site()
        : runtime({2, 1, 100})
    {}

    NameServerConfig config() const
    {
        NameServerConfig config;
        config.port = 0;
        config.kvConfigPath = kvPath();
        config.scanInterval = std::chrono::milliseconds(10);
        return config;
    }
    std::filesystem::path kvPath() const
    {
        return (directory.path() + "/namesrv/kvConfig.json").toStdString();
    }
    std::unique_ptr<NameServer> start(const NameServerConfig& config)
    {
        auto server = std::make_unique<NameServer>(config, runtime, files, clock);
        if (const auto started = server->start(); !started) {
            qWarning("%s", started.error().message.c_str());
            return nullptr;
        }
        return server;
    }

    QTemporaryDir directory;
    PosixFileSystem files;
    ManualClock clock;
    IoRuntime runtime; ///< last: its threads end before what they use
};

} // namespace gantry::test
